"""What follows from the Σ-Friedmann equation: derivative, bounds, scaling, limits and closed forms."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import friedmann, friedmann_limits
from solvers.laws import CriticalAcceleration, MondSimple, Sigma

LAW = Sigma()
KAPPA_2E, KAPPA_4 = 0.18393972058572117, 0.14104739588693907
U = st.floats(np.log(0.5), np.log(1101.0))
OMEGA_B = st.floats(1e-3, 1.0)
AMPLITUDE = st.one_of(st.just(0.0), st.floats(-3.0, 12.0).map(lambda exponent: 10.0**exponent))
RADIATION = st.one_of(st.just(0.0), st.floats(1e-6, 1e-3))
KAPPA = st.floats(-3.0, 1.0).map(lambda exponent: 10.0**exponent)
few = settings(deadline=None, derandomize=True, max_examples=200)


@given(u=U, omega_b=OMEGA_B, a_cos=AMPLITUDE, omega_r=RADIATION, kappa=KAPPA)
@few
def test_root_lies_between_gr_and_its_image(u, omega_b, a_cos, omega_r, kappa):
    matter, radiation = omega_b * np.exp(3 * u), omega_r * np.exp(4 * u)
    general_relativity = np.sqrt(matter + radiation)
    x = general_relativity / kappa
    image = np.sqrt(matter * (1.0 + a_cos / (np.sqrt(x) * (1.0 + x))) + radiation)
    efunc = np.exp(friedmann.ln_efunc(u, omega_b, a_cos, omega_r, kappa, LAW))
    assert general_relativity * (1 - 1e-14) <= efunc <= image * (1 + 1e-14)


@pytest.mark.parametrize("mode", ["proportional", "evolving"])
@pytest.mark.parametrize("a_cos", [0.0, 8.83, 1e5])
@pytest.mark.parametrize(("z", "omega_r"), [(-0.4, 0.0), (0.0, 0.0), (0.7, 8.5e-5), (30.0, 8.5e-5), (1100.0, 1e-3)])
def test_derivative_agrees_with_a_difference_at_40_digits(z, omega_r, a_cos, mode, exact_ln_efunc):
    law = Sigma(g_dagger=CriticalAcceleration(mode=mode))
    u, step = float(np.log1p(z)), mpmath.mpf("1e-10")

    def exact(v):
        if mode == "proportional":
            return exact_ln_efunc(v, 0.05, a_cos, omega_r, KAPPA_2E, digits=40)
        x = 1 / mpmath.mpf(KAPPA_2E)
        total = 0.05 * mpmath.exp(3 * v) * (1 + a_cos / (mpmath.sqrt(x) * (1 + x))) + omega_r * mpmath.exp(4 * v)
        return mpmath.log(total) / 2

    with mpmath.workdps(45):
        slope = float((exact(u + step) - exact(u - step)) / (2 * step))
    arguments = (0.05, a_cos, omega_r, KAPPA_2E, law)
    ln_e = friedmann.ln_efunc(u, *arguments)
    assert friedmann.log_derivative(u, ln_e, *arguments) == pytest.approx(slope, rel=1e-13)


@given(u=U, omega_b=OMEGA_B, a_cos=AMPLITUDE, kappa=KAPPA)
@few
def test_derivative_without_radiation_lies_between_six_sevenths_and_three_halves(u, omega_b, a_cos, kappa):
    ln_e = friedmann.ln_efunc(u, omega_b, a_cos, 0.0, kappa, LAW)
    slope = friedmann.log_derivative(u, ln_e, omega_b, a_cos, 0.0, kappa, LAW)
    assert 6.0 / 7.0 - 1e-15 <= slope <= 1.5 + 1e-15


def test_derivative_reaches_both_ends_of_its_range():
    u = 1.0
    for a_cos, kappa, limit in ((0.0, 0.2, 1.5), (1e12, 1e-3, 6.0 / 7.0)):
        ln_e = friedmann.ln_efunc(u, 0.05, a_cos, 0.0, kappa, LAW)
        slope = friedmann.log_derivative(u, ln_e, 0.05, a_cos, 0.0, kappa, LAW)
        assert slope == pytest.approx(limit, rel=1e-4)


@given(u=U, omega_b=OMEGA_B, a_cos=AMPLITUDE, kappa=KAPPA)
@few
def test_closed_inverse_returns_the_redshift(u, omega_b, a_cos, kappa):
    efunc = np.exp(friedmann.ln_efunc(u, omega_b, a_cos, 0.0, kappa, LAW))
    z = friedmann_limits.redshift_of_efunc(efunc, omega_b, a_cos, kappa, LAW)
    assert z + 1.0 == pytest.approx(np.exp(u), rel=1e-10)


@pytest.mark.parametrize("a_cos", [0.0, 8.83, 1e6])
def test_closed_inverse_is_the_equation_solved_by_hand(a_cos):
    h = np.sqrt(KAPPA_2E / 0.7) * KAPPA_2E / (KAPPA_2E + 0.7)
    by_hand = (0.49 / (0.05 * (1.0 + a_cos * h))) ** (1.0 / 3.0) - 1.0
    found = friedmann_limits.redshift_of_efunc(0.7, 0.05, a_cos, KAPPA_2E, LAW)
    assert found == pytest.approx(by_hand, rel=1e-14)


@given(u=U, omega_b=OMEGA_B, a_cos=AMPLITUDE, kappa=KAPPA, ratio=st.floats(0.1, 10.0))
@few
def test_kappa_is_no_independent_physics(u, omega_b, a_cos, kappa, ratio):
    scaled = friedmann_limits.equivalent_omega_b(omega_b, kappa, kappa * ratio)
    before = friedmann.ln_efunc(u, omega_b, a_cos, 0.0, kappa, LAW)
    after = friedmann.ln_efunc(u, scaled, a_cos, 0.0, kappa * ratio, LAW)
    assert after - before == pytest.approx(np.log(ratio), abs=1e-13)


def test_the_two_forms_differ_by_0_588_in_baryons():
    assert friedmann_limits.equivalent_omega_b(1.0, KAPPA_2E, KAPPA_4) == pytest.approx(0.588, abs=5e-4)


@pytest.mark.parametrize("z", [-0.5, 0.0, 2.0, 10.0])
def test_large_amplitude_limit(z):
    # A h >> 1 and E >> κ: the first correction is of order κ/E and 1/(A h).
    exact = np.exp(friedmann.ln_efunc(np.log1p(z), 0.05, 1e12, 0.0, 1e-3, LAW))
    limit = friedmann_limits.large_amplitude_efunc(z, 0.05, 1e12, 1e-3)
    assert exact == pytest.approx(limit, rel=1e-3)
    assert limit == pytest.approx((1e12 * 1e-3**1.5 * 0.05) ** (2 / 7) * (1 + z) ** (6 / 7), rel=1e-13)


@pytest.mark.parametrize("z", [-0.5, 0.0, 2.0])
def test_low_acceleration_limit(z):
    kappa, omega_b, a_cos = 1e8, 1e-2, 1.0
    exact = np.exp(friedmann.ln_efunc(np.log1p(z), omega_b, a_cos, 0.0, kappa, LAW))
    limit = friedmann_limits.low_acceleration_efunc(z, omega_b, a_cos, kappa)
    assert exact == pytest.approx(limit, rel=1e-3)
    assert limit == pytest.approx((kappa**0.5 * omega_b) ** 0.4 * (1 + z) ** 1.2, rel=1e-13)


@pytest.mark.parametrize("a_cos", [0.0, 8.83])
def test_high_redshift_limit_is_general_relativity(a_cos):
    exact = np.exp(friedmann.ln_efunc(np.log1p(1e6), 0.05, a_cos, 0.0, KAPPA_2E, LAW))
    limit = friedmann_limits.einstein_de_sitter_efunc(1e6, 0.05)
    assert exact == pytest.approx(limit, rel=1e-9)
    assert limit == pytest.approx(np.sqrt(0.05) * 1000001.0**1.5, rel=1e-14)


@pytest.mark.parametrize(("kappa", "amplitude"), [(KAPPA_2E, 285.147723343577), (KAPPA_4, 409.26978)])
def test_closure_amplitude_of_five_per_cent_baryons(kappa, amplitude):
    found = friedmann_limits.closure_amplitude(0.05, 0.0, kappa, LAW)
    assert found == pytest.approx(amplitude, rel=1e-8)


@given(omega_b=OMEGA_B.filter(lambda value: value < 0.99), omega_r=RADIATION, kappa=KAPPA)
@few
def test_closure_amplitude_normalises_the_expansion_today(omega_b, omega_r, kappa):
    a_cos = friedmann_limits.closure_amplitude(omega_b, omega_r, kappa, LAW)
    assert friedmann.ln_efunc(0.0, omega_b, a_cos, omega_r, kappa, LAW) == pytest.approx(0.0, abs=1e-13)


@pytest.mark.parametrize("cls", [Sigma, MondSimple])
@given(u=U, omega_b=OMEGA_B, a_cos=AMPLITUDE, kappa=KAPPA)
@few
def test_an_evolving_acceleration_gives_the_shape_of_einstein_de_sitter(cls, u, omega_b, a_cos, kappa):
    law = cls(g_dagger=CriticalAcceleration(mode="evolving"))
    today = friedmann.ln_efunc(0.0, omega_b, a_cos, 0.0, kappa, law)
    then = friedmann.ln_efunc(u, omega_b, a_cos, 0.0, kappa, law)
    assert then - today == pytest.approx(1.5 * u, abs=1e-13)
    assert today == pytest.approx(0.5 * np.log(omega_b * (1 + a_cos * law.h(1 / kappa))), abs=1e-13)
