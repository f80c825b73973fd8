"""The Σ-Friedmann background: reference values, quad, its equation of state, and how H0 enters."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from solvers import friedmann_limits
from solvers.backgrounds import DarkEnergy, GRBaryons
from solvers.laws import Sigma

PI_ROOT_2 = 4.442882938158366
CLOSURE = 285.147723343577
SAMPLE_Z = np.array([0.1, 0.3, 0.5, 0.7, 1.0])

# Reference values of the background table: settings, E(0), E(1), D_M(1)/Mpc, μ(1), all at H0 = 70 and Ω_b = 0.05.
TABLE = [
    ({"a_cos": 8.83}, 0.38540724912081586, 0.8359474301720463, 7437.304198228363, 45.86222770444104),
    (
        {"a_cos": 8.83, "omega_r": 8.5e-5},
        *(0.385486559206786, 0.8365818058186113, 7434.16612676006, 45.861311287225426),
    ),
    ({"a_cos": PI_ROOT_2}, 0.3305290467111125, 0.7560047990018217, 8458.210428792365, 46.14154240633184),
    (
        {"a_cos": 8.4, "form": "4sqrtpi", "omega_r": 8.5e-5},
        *(0.35431430686006193, 0.7860626339590958, 8011.971143263498, 46.023846860444074),
    ),
    ({"a_cos": CLOSURE}, 1.0, 1.8873522309231072, 3057.502955759057, 43.9319844060753),
]


@pytest.mark.parametrize(("model", "today", "then", "distance", "modulus"), TABLE)
def test_reference_values(sigma, model, today, then, distance, modulus):
    background = sigma(**model)
    assert background.efunc([0.0, 1.0]) == pytest.approx([today, then], rel=1e-12)
    assert background.comoving_distance(1.0)[0] == pytest.approx(distance, rel=1e-9)
    assert background.distance_modulus(1.0)[0] == pytest.approx(modulus, abs=1e-9)


@pytest.mark.parametrize(
    ("a_cos", "two_e", "four_sqrt_pi"),
    [
        (0.0, 0.223607, 0.223607),
        (PI_ROOT_2, 0.330529, 0.310947),
        (8.4, 0.380863, 0.354226),
        (8.83, 0.385407, 0.358163),
    ],
)
def test_expansion_today_is_not_normalised(sigma, a_cos, two_e, four_sqrt_pi):
    for form, published in (("2e", two_e), ("4sqrtpi", four_sqrt_pi)):
        assert sigma(a_cos=a_cos, form=form).efunc(0.0)[0] == pytest.approx(published, abs=6e-7)


@pytest.mark.parametrize("omega_r", [0.0, 8.5e-5])
@pytest.mark.parametrize("a_cos", [8.83, 1e6])
def test_distances_agree_with_quad_over_the_exact_root(sigma, exact_ln_efunc, a_cos, omega_r):
    kappa = 0.18393972058572117

    def integrand(z):
        return float(mpmath.exp(-exact_ln_efunc(mpmath.log(1 + z), 0.05, a_cos, omega_r, kappa, digits=18)))

    exact = quad(integrand, 0.0, 1.5, epsabs=0, epsrel=1e-12)[0] * 299792.458 / 70.0
    assert sigma(a_cos=a_cos, omega_r=omega_r).comoving_distance(1.5)[0] == pytest.approx(exact, rel=1e-11)


def test_zero_amplitude_is_general_relativity(sigma):
    z, gr = np.array([-0.3, 0.5, 1100.0]), GRBaryons(params={"omega_b": 0.05})
    np.testing.assert_allclose(sigma(a_cos=0.0).comoving_distance(z), gr.comoving_distance(z), rtol=1e-12)
    assert np.all(np.isnan(sigma(a_cos=0.0).w_eff(z)))


def test_age_agrees_with_quad_over_the_expansion(sigma):
    # t = ∫ dE/(E² E′) turns the closed inverse into an age: here dt = −d ln(1+z)/E with 1+z from E.
    law = sigma().law
    ln_e = np.linspace(np.log(sigma().efunc(0.0)[0]), 40.0, 400001)
    u = np.log1p(friedmann_limits.redshift_of_efunc(np.exp(ln_e), 0.05, 8.83, law.g_dagger.kappa(70.0), law))
    rate = np.exp(-ln_e)
    hubble_time = 3.0856775814913673e19 / 70.0 / (365.25 * 86400e9)
    exact = hubble_time * np.sum(0.5 * (rate[1:] + rate[:-1]) * np.diff(u))
    assert sigma().age(0.0)[0] == pytest.approx(exact, rel=1e-8)


def test_mean_equation_of_state_is_minus_0_473_and_the_sources_sign_gives_minus_1_527(sigma):
    model = sigma(a_cos=8.83)
    assert np.mean(model.w_eff(SAMPLE_Z)) == pytest.approx(-0.473, abs=1e-3)
    assert np.mean(model.w_eff_source_sign(SAMPLE_Z)) == pytest.approx(-1.527, abs=1e-3)


@pytest.mark.parametrize("omega_r", [0.0, 8.5e-5])
def test_equation_of_state_is_the_slope_of_the_third_component(sigma, omega_r):
    model, step = sigma(omega_r=omega_r), 1e-4
    for z in (0.0, 1.0, 50.0):
        near = (1.0 + z) * np.exp(np.array([-step, step])) - 1.0
        density = model.efunc(near) ** 2 - 0.05 * (1 + near) ** 3 - omega_r * (1 + near) ** 4
        exact = -1.0 + np.log(density[1] / density[0]) / (6.0 * step)
        assert model.w_eff(z)[0] == pytest.approx(exact, abs=1e-7)
        assert model.w_eff_source_sign(z)[0] == pytest.approx(-2.0 - exact, abs=1e-7)


@given(a_cos=st.floats(-3, 12).map(lambda e: 10.0**e), z=st.floats(-0.5, 1100.0), omega_b=st.floats(1e-3, 1.0))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_equation_of_state_without_radiation_is_bounded(sigma, a_cos, z, omega_b):
    w = sigma(a_cos=a_cos, omega_b=omega_b).w_eff(z)[0]
    assert -0.75 - 1e-14 <= w < -0.2


def test_radiation_takes_it_below_minus_three_quarters_but_never_to_minus_one(sigma):
    w = sigma(omega_r=8.5e-5).w_eff(np.array([1.0, 30.0, 1100.0, 1e6]))
    assert (w < -0.75).tolist() == [False, True, True, True]
    assert np.all(w > -1.0)


def test_an_evolving_acceleration_is_einstein_de_sitter(sigma):
    z = np.array([0.5, 3.0, 30.0])
    model = sigma(mode="evolving")
    np.testing.assert_allclose(model.efunc(z) / model.efunc(0.0), (1 + z) ** 1.5, rtol=1e-13)
    np.testing.assert_array_equal(model.w_eff(z), np.zeros(3))
    assert model.compiled_efunc((), 1.0 + z) is None


def test_h0_cancels_from_the_shape_unless_the_acceleration_is_held_in_si(sigma):
    z, rates = np.array([0.0, 1.0]), (40.0, 70.0, 100.0)
    shapes = [sigma().efunc(z, H0=rate) for rate in rates]
    np.testing.assert_array_equal(shapes[0], shapes[2])
    held = [sigma(mode="fixed_SI").efunc(z, H0=rate) for rate in rates]
    np.testing.assert_allclose(held[1], shapes[1], rtol=1e-13)
    assert np.all(held[0] > 1.05 * held[1])
    assert np.all(held[1] > 1.02 * held[2])


@pytest.mark.parametrize("mode", ["proportional", "fixed_SI"])
def test_compiled_expansion_takes_parameters_by_name(sigma, mode):
    model, ratio = sigma(mode=mode), np.linspace(1.0, 3.0, 9)
    efunc = model.compiled_efunc(("H0", "a_cos"), ratio)
    for H0, a_cos in ((70.0, 8.83), (50.0, 1e4), (70.0, 0.0)):
        out = np.empty(9)
        efunc((H0, a_cos), out)
        np.testing.assert_allclose(out, model.efunc(ratio - 1.0, H0=H0, a_cos=a_cos), rtol=1e-14)


def test_a_model_closed_by_its_amplitude_is_flat_lcdm_at_first_order_only(sigma):
    """E(0) = 1 fixes D_M ≈ cz/H0; the deceleration differs from ΛCDM, so the second order does."""
    z, lcdm = np.array([1e-4, 0.1]), DarkEnergy(params={"omega_m": 0.3})
    ratio = sigma(a_cos=CLOSURE).comoving_distance(z) / lcdm.comoving_distance(z)
    assert ratio[0] == pytest.approx(1.0, abs=1e-4)
    assert ratio[1] < 0.99
    assert Sigma.steepest_slope == 1.5
