"""F_missing by hand, and its models: closed forms in mpmath, what they cannot tell apart, bounds, what is refused."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.microphysics.missing_models import (
    RADIUS_REF,
    SIGMA_REF,
    ConstantRatio,
    DispersionRatio,
    MassRatio,
    PowerRatio,
    VelocityRatio,
)
from solvers.microphysics.missing_problem import monomial
from solvers.microphysics.missing_ratio import CoherenceRise, gated_ratio, missing_ratio, power_ratio
from solvers.microphysics.potential_depth import potential_depth, saturating
from solvers.microphysics.systems import systems_of
from solvers.published.mass_coherence import published_of

MASS, SIZE = st.floats(1e6, 1e13), st.floats(0.1, 200.0)
DISPERSION, EXPONENT = st.floats(0.1, 300.0), st.floats(0.0, 3.0)
PUBLISHED = {"k_max": 19.579, "psi0": 7.341e-8, "gamma": 0.1361, "factor": 1.3329}
MASS_FIT, VELOCITY_FIT = (
    MassRatio(params=PUBLISHED),
    VelocityRatio(params={"f_max": 10.376, "psi0": 9.8e-3, "delta": 2.035, "v_ref": 125.5}),
)
POWER = PowerRatio(params={"amplitude": 10.0, "a": 0.1, "b": 0.3})
MODELS = {
    "constant": (ConstantRatio(params={"mean": 10.3}), {"mean": [1.0, 10.3, -2.0]}),
    "dispersion": (
        DispersionRatio(params={"amplitude": 10.0, "a": 0.4}),
        {"amplitude": [1.0, 10.0, 20.0], "a": [0.0, 0.4, 2.0]},
    ),
    "power": (POWER, {"amplitude": [1.0, 10.0, 20.0], "a": [-0.1, 0.1, 2.0], "b": [0.0, 0.3, 1.0]}),
    "mass": (
        MASS_FIT,
        {"k_max": [1, 14, 20], "psi0": [1e-10, 1e-8, 1e-6], "gamma": [0.1, 0.5, 0.9], "factor": [1.0, 1.3, 4.6]},
    ),
    "velocity": (
        VELOCITY_FIT,
        {"f_max": [1, 10, 40], "psi0": [1e-3, 1e-2, 1.0], "delta": [0.1, 2, 3], "v_ref": [50.0, 125.0, 400.0]},
    ),
}


def exact_depth(mass, r_eff, ell0):
    """G M_coh/(ℓ0 c²), with the mass that one coherence volume holds."""
    with mpmath.workdps(40):
        mass, r_eff, ell0 = map(mpmath.mpf, (mass, r_eff, ell0))
        coherent = mass * (ell0 / r_eff) ** 3
        return mpmath.mpf("4.30091e-6") * coherent / (ell0 * mpmath.mpf("299792.458") ** 2)


def exact_saturating(depth, largest, scale, power):
    """K_max [1 − exp(−(Ψ/Ψ0)^γ)] at so many digits that none is lost."""
    with mpmath.workdps(80):
        depth, largest, scale, power = map(mpmath.mpf, (depth, largest, scale, power))
        return largest * (1 - mpmath.exp(-((depth / scale) ** power)))


def exact_gated(sigma_v, radius, f_max, sigma_gate, gamma_gate):
    """F = 1 + (F_c − 1) G step by step (`microphysics.md` §7)."""
    with mpmath.workdps(40):
        sigma_v, radius, f_max, sigma_gate = map(mpmath.mpf, (sigma_v, radius, f_max, sigma_gate))
        raw = mpmath.mpf("10.02") * (mpmath.mpf("14.8") / sigma_v) ** mpmath.mpf("0.10")
        raw *= (mpmath.mpf("12.3") / radius) ** mpmath.mpf("0.31")
        limited = 1 + min(raw - 1, f_max - 1)
        x = (sigma_gate / sigma_v) ** gamma_gate
        gate = max(x / (1 + x), mpmath.mpf("0.1")) if gamma_gate > 0 else 1
        return float(1 + (limited - 1) * gate)


# reference/galaxies.json, microphysics, "Psi(M_b, R_eff, ell0)"
@pytest.mark.parametrize(
    ("mass", "r_eff", "expected"),
    [(1e10, 10.0, 1.196351938145e-08), (49435000.0, 2.3858, 4.355032428986e-09), (5e11, 40.0, 9.346499516761e-09)],
)
def test_depth_of_the_reference(mass, r_eff, expected):
    assert (
        potential_depth(mass, r_eff, 5.0) == pytest.approx(expected, rel=1e-12, abs=0) == potential_depth(mass, r_eff)
    )


@given(mass=MASS, r_eff=SIZE, ell0=st.floats(0.1, 50.0))
@settings(deadline=None, derandomize=True, max_examples=80)
def test_depth_is_that_of_one_coherence_volume(mass, r_eff, ell0):
    found = potential_depth(mass, r_eff, ell0)
    assert found == pytest.approx(float(exact_depth(mass, r_eff, ell0)), rel=1e-12, abs=0)


@given(depth=st.floats(1e-20, 1e3), largest=st.floats(0.1, 50.0), scale=st.floats(1e-10, 1.0), power=st.floats(0.1, 3))
@settings(deadline=None, derandomize=True, max_examples=80)
def test_saturation_keeps_all_digits_and_its_bounds(depth, largest, scale, power):
    found = float(saturating(depth, largest, scale, power))
    assert found == pytest.approx(float(exact_saturating(depth, largest, scale, power)), rel=1e-12, abs=0)
    assert 0.0 <= found <= largest
    assert float(saturating(1.1 * depth, largest, scale, power)) >= found


# the same file, "K_missing(M_b=1e10,R_eff=10,ell0=5; published fit)", to the six digits of the fit's parameters
def test_published_depth_fit_of_the_reference():
    found = saturating(potential_depth(1e10, 10.0), 19.5793, 7.34107e-8, 0.136124)
    assert found == pytest.approx(10.61456419953, rel=1e-6, abs=0)


# "F_power(sigma=20,R=10)", "F_gated(sigma=20,R=10; default)"
def test_ratios_of_the_reference():
    assert power_ratio(20.0, 10.0, 10.02, 0.10, 0.31) == pytest.approx(10.36720002849, rel=1e-12, abs=0)
    assert gated_ratio(20.0, 10.0) == pytest.approx(3.222222222222, rel=1e-12, abs=0)
    assert gated_ratio(20.0, 10.0, f_max=1e9, gamma_gate=0.0) == pytest.approx(10.36720002849, rel=1e-12, abs=0)


@given(
    sigma_v=DISPERSION,
    radius=SIZE,
    f_max=st.floats(1.0, 20.0),
    sigma_gate=st.floats(5.0, 50.0),
    gamma_gate=st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0]),
)
@settings(deadline=None, derandomize=True, max_examples=120)
def test_gated_ratio_is_the_closed_form_within_its_bounds(sigma_v, radius, f_max, sigma_gate, gamma_gate):
    found = float(gated_ratio(sigma_v, radius, f_max=f_max, sigma_gate=sigma_gate, gamma_gate=gamma_gate))
    assert found == pytest.approx(exact_gated(sigma_v, radius, f_max, sigma_gate, gamma_gate), rel=1e-12, abs=0)
    assert 1.0 <= found <= f_max
    open_gate = float(gated_ratio(sigma_v, radius, f_max=f_max, gamma_gate=0.0))
    assert found <= open_gate * (1 + 1e-15)
    hotter = float(gated_ratio(1.2 * sigma_v, radius, f_max=f_max, sigma_gate=sigma_gate, gamma_gate=gamma_gate))
    assert hotter <= found


def test_the_gate_never_closes_below_a_tenth():
    for sigma_v in (1e3, 1e5):
        raw = power_ratio(sigma_v, 1.0, 10.02, 0.10, 0.31)
        assert gated_ratio(sigma_v, 1.0, gamma_gate=2.0) == pytest.approx(
            1.0 + 0.1 * min(raw - 1.0, 4.0), rel=1e-14, abs=0
        )


def test_a_ratio_below_one_stays_below_one_where_the_system_is_hot_and_large():
    # F_raw falls below 1 there and only its upper side is limited
    found = float(gated_ratio(1e4, 1e4, gamma_gate=0.0))
    assert found == pytest.approx(float(power_ratio(1e4, 1e4, 10.02, 0.10, 0.31)), rel=1e-14, abs=0) and found < 1.0


def by_hand(curves, i, sigma_v):
    """Ξ, K_rough, the amplitude and F of one galaxy, where τ_geom sits at its clip."""
    mine = curves.galaxy == i
    radius, v_bar2, v_obs = curves.radius[mine], curves.v_bar_squared[mine], curves.v_obs[mine]
    noise = radius * 3.086e13 / sigma_v**1.5
    period = 2.0 * np.pi * radius * 3.086e13 / np.sqrt(v_bar2)
    xi = np.mean(1.0 / (1.0 / noise + 1e-20) / period)
    required = [v * v / square - 1.0 for v, square in zip(v_obs, v_bar2, strict=True) if v * v > square]
    rise = [1.0 - (1.0 + (r / 5.0) ** 0.757) ** -0.5 for r in radius]
    amplitude = np.mean(required) / np.mean(rise) if required else np.nan
    k_rough = 0.774 * max(xi, 1e-6) ** 0.1
    return xi, k_rough, amplitude, amplitude / k_rough, len(required)


def test_missing_ratio_is_that_by_hand(galaxies):
    # The last galaxy asks for nothing.
    curves = replace(galaxies, v_obs=np.where(galaxies.galaxy == 2, 1.0, galaxies.v_obs))
    systems = systems_of(curves)
    found = missing_ratio(curves, systems)
    for i in range(3):
        expected = by_hand(curves, i, systems.sigma_v[i])
        values = (found.xi_mean, found.k_rough, found.amplitude, found.ratio, found.n_positive)
        assert [value[i] for value in values] == pytest.approx(list(expected), rel=1e-12, nan_ok=True, abs=0)
    assert np.isfinite(found.ratio[:2]).all() and np.isnan(found.ratio[2]) and found.n_positive[2] == 0


@given(K0=st.floats(0.01, 10.0), gamma=st.floats(-0.3, 2.0))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_the_amplitude_does_not_know_of_roughness_and_the_ratio_does(K0, gamma, galaxies):
    systems = systems_of(galaxies)
    usual, other = (missing_ratio(galaxies, systems, rise) for rise in (None, CoherenceRise(K0=K0, gamma=gamma)))
    np.testing.assert_array_equal(usual.amplitude, other.amplitude)
    np.testing.assert_allclose(other.k_rough, K0 * usual.xi_mean**gamma, rtol=1e-13)
    np.testing.assert_allclose(other.ratio * other.k_rough, usual.amplitude, rtol=1e-13)


def test_points_without_baryons_are_refused(galaxies):
    still = replace(galaxies, v_bar_squared=np.where(np.arange(24) == 3, 0.0, galaxies.v_bar_squared))
    message = "v_bar: must be > 0 at every point; leave out points without baryons"
    with pytest.raises(InvalidInput, match=f"^{message}$"):
        missing_ratio(still, systems_of(still))


@given(radius=st.floats(1e-9, 1e5), ell0=st.floats(0.1, 50.0), p=st.floats(0.2, 3.0), n_coh=st.floats(0.1, 2.0))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_the_rise_is_between_0_and_1(radius, ell0, p, n_coh, exact_burr):
    found = float(CoherenceRise(ell0=ell0, p=p, n_coh=n_coh)(radius))
    assert 0.0 <= found <= 1.0
    with mpmath.workdps(80):
        expected = 1 - (1 + (mpmath.mpf(radius) / ell0) ** mpmath.mpf(p)) ** -mpmath.mpf(n_coh)
    assert found == pytest.approx(float(expected), rel=1e-12, abs=0)


@pytest.mark.parametrize("name", ["K0", "ell0", "p", "n_coh"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_a_rise_of_illegal_numbers_is_one_line(name, value):
    with pytest.raises(InvalidInput, match=rf"^{name}={value}: must be > 0$"):
        CoherenceRise(**{name: value})


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_the_exponent_of_a_rise_is_finite(value):
    with pytest.raises(InvalidInput, match=f"^gamma={value}: must be a finite number$"):
        CoherenceRise(gamma=value)


@pytest.mark.parametrize("value", [0.0, -5.0, float("inf"), float("nan")])
def test_the_length_of_the_mass_model_is_positive(value):
    with pytest.raises(InvalidInput, match=f"^ell0={value}: must be > 0 kpc$"):
        MassRatio(ell0=value, params=PUBLISHED)


def test_one_dispersion_makes_one_number_of_amplitude_and_exponent(galaxies):
    one, own = systems_of(galaxies, "source", 20.0), systems_of(galaxies)
    dispersion = MODELS["dispersion"][0]
    for model in (dispersion, POWER):
        assert model.degenerate_in(own) == ()
        assert model.degenerate_in(one) == ("amplitude * (14.76375/20.0)**a",)
    values = {"amplitude": 10.0, "a": 0.4}
    expected = monomial(dispersion.degenerate_in(one)[0], values)
    np.testing.assert_allclose(dispersion.predict(one), [expected] * 3, rtol=1e-14)
    assert MASS_FIT.degenerate_in(one) == MassRatio.degenerate


def test_published_numbers_of_the_mass_model_are_those_of_one_length():
    assert published_of(MASS_FIT)["k_max"] == 19.5793
    assert published_of(MassRatio(ell0=3.0, params=PUBLISHED)) is None
    assert published_of(MODELS["constant"][0]) is None


@pytest.mark.parametrize("name", MODELS)
def test_parameters_one_after_the_other_are_an_array_of_them(name, galaxies):
    model, values = MODELS[name]
    systems = systems_of(galaxies)
    theta = {key: np.asarray(value, float) for key, value in values.items()}
    together = model.predict(systems, **theta)
    assert together.shape == (3, 3)
    for i in range(3):
        alone = model.predict(systems, **{key: float(value[i]) for key, value in theta.items()})
        assert alone.shape == (3,)
        np.testing.assert_allclose(together[i], alone, rtol=1e-14)


def test_models_are_their_closed_forms(galaxies):
    systems = systems_of(galaxies)
    rows = list(zip(systems.sigma_v, systems.radius, systems.mass, systems.v_flat, strict=True))
    expected = [exact_saturating(exact_depth(m, 1.3329 * r, 5), 19.579, 7.341e-8, 0.1361) for _, r, m, _ in rows]
    np.testing.assert_allclose(MASS_FIT.predict(systems), np.array(expected, float), rtol=1e-12)
    expected = [exact_saturating((mpmath.mpf(v) / 125.5) ** 2, 10.376, 9.8e-3, 2.035) for *_, v in rows]
    np.testing.assert_allclose(VELOCITY_FIT.predict(systems), np.array(expected, float), rtol=1e-12)
    expected = [10.0 * (14.76375 / s) ** 0.1 * (12.35 / r) ** 0.3 for s, r, *_ in rows]
    np.testing.assert_allclose(POWER.predict(systems), expected, rtol=1e-13)
    expected = [10.0 * (14.76375 / s) ** 0.4 for s, *_ in rows]
    np.testing.assert_allclose(MODELS["dispersion"][0].predict(systems), expected, rtol=1e-13)
    np.testing.assert_array_equal(MODELS["constant"][0].predict(systems), [10.3] * 3)
    assert (SIGMA_REF, RADIUS_REF) == (14.76375, 12.35)


@given(factor=st.floats(1.0, 5.0), psi0=st.floats(1e-10, 1e-5), scale=st.floats(0.3, 3.0))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_what_the_models_cannot_tell_apart(factor, psi0, scale, galaxies):
    systems = systems_of(galaxies)
    same = {"k_max": 14.0, "gamma": 0.9}
    one = MASS_FIT.predict(systems, psi0=psi0, factor=factor, **same)
    other = MASS_FIT.predict(systems, psi0=psi0 / scale**3, factor=scale * factor, **same)
    np.testing.assert_allclose(one, other, rtol=1e-11)
    assert MassRatio.degenerate == ("psi0 * factor**3",)
    same = {"f_max": 10.0, "delta": 1.3}
    one = VELOCITY_FIT.predict(systems, psi0=psi0, v_ref=100.0 * factor, **same)
    other = VELOCITY_FIT.predict(systems, psi0=psi0 / scale**2, v_ref=100.0 * factor * scale, **same)
    np.testing.assert_allclose(one, other, rtol=1e-11)
    assert VelocityRatio.degenerate == ("psi0 * v_ref**2",)


def test_a_model_of_mass_needs_masses(galaxies):
    systems = systems_of(replace(galaxies, baryonic_mass=None), "photometric", 20.0)
    with pytest.raises(InvalidInput, match="^mass: this catalogue has no baryonic masses, which the model needs$"):
        MASS_FIT.predict(systems)


def test_a_model_of_velocity_needs_velocities(galaxies):
    with pytest.raises(InvalidInput, match="^v_flat: "):
        VELOCITY_FIT.predict(systems_of(galaxies, "photometric", 20.0))


def test_parameters_that_are_not_legal_are_one_line(galaxies):
    systems = systems_of(galaxies)
    with pytest.raises(ValueError, match=r"^params\.psi0=0: must be > 0$"):
        MassRatio(params={**PUBLISHED, "psi0": 0.0})
    with pytest.raises(InvalidInput, match="^amplitude=-1: must be > 0$"):
        POWER.predict(systems, amplitude=-1.0)
    with pytest.raises(InvalidInput, match="^b: not fixed by params, give its value$"):
        PowerRatio(params={"amplitude": 10.0, "a": 0.1, "b": {"prior": {"min": 0.0, "max": 1.0}}}).predict(systems)
    with pytest.raises(ValueError, match=r"^params\.b: missing, give a number or a prior$"):
        PowerRatio(params={"amplitude": 10.0, "a": 0.1})
    with pytest.raises(InvalidInput, match="^k_maxi: unknown parameter; did you mean k_max"):
        MASS_FIT.predict(systems, k_maxi=3.0)
