"""Resonance: the source's sum against NumPy's, the integral against scipy's and mpmath's, floors and limits."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from solvers.errors import InvalidInput
from solvers.microphysics.resonance import QUADRATURES, Resonance

SUM, INTEGRAL = Resonance(), Resonance(quadrature="integral")
RADIUS, SPEED, DISPERSION = st.floats(0.02, 300.0), st.floats(10.0, 400.0), st.floats(1.0, 40.0)

# reference/galaxies.json, microphysics, "resonance(R, v, sigma)"
REFERENCE = [
    (0.5, 40.0, 8.0, 3.252517272323, 3.198740361),
    (2.0, 80.0, 12.0, 0.704065428548, 0.6977445797),
    (8.0, 220.0, 30.0, 0.08153925302671, 0.08105896405),
    (8.0, 220.0, 10.0, 0.5826357512496, 0.5783203864),
    (20.0, 150.0, 20.0, 0.01684857756273, 0.01676817473),
    (50.0, 200.0, 30.0, 0.002566640459225, 0.002556475441),
]


def integrand(wavelength, radius, v, sigma_v, alpha=2.0, lam_cut=2000.0, beta_Q=1.0):
    """P C W as `microphysics.md` §4 writes it, with its floors."""
    orbit, inner = np.maximum(2.0 * np.pi * radius, 1e-6), np.maximum(radius, 1e-3)
    q = (v / max(sigma_v, 1e-3)) ** beta_Q
    power = wavelength**-alpha * np.exp(-wavelength / lam_cut)
    filtered = q**2 / (q**2 + (wavelength / orbit - orbit / wavelength) ** 2)
    return power * filtered / (1.0 + (wavelength / inner) ** 2)


def summed(radius, v, sigma_v, **changed):
    """256 wavelengths with full weights at both ends."""
    wavelength = np.logspace(-1.0, 4.0, 256)
    step = np.diff(np.log(wavelength)).mean()
    return math.fsum(step * integrand(wavelength, radius, v, sigma_v, **changed))


def exact(radius, q, alpha=2, lam_cut=2000):
    """The integral by mpmath, cut where the integrand bends."""
    with mpmath.workdps(20):
        radius, q, alpha, lam_cut = map(mpmath.mpf, (radius, q, alpha, lam_cut))
        orbit, low, high = 2 * mpmath.pi * radius, mpmath.log(mpmath.mpf(1) / 10), mpmath.log(10**4)

        def of_logarithm(u):
            wavelength = mpmath.exp(u)
            mismatch = (wavelength / orbit - orbit / wavelength) ** 2
            power = wavelength**-alpha * mpmath.exp(-wavelength / lam_cut)
            return power * q**2 / (q**2 + mismatch) / (1 + (wavelength / radius) ** 2)

        crest = mpmath.log(orbit)
        bends = [crest + k * q for k in (-4, -1, 0, 1, 4)] + [mpmath.log(radius), mpmath.log(lam_cut)]
        even = [low + (high - low) * i / 8 for i in range(1, 8)]
        return float(mpmath.quad(of_logarithm, sorted([low, high, *even, *(u for u in bends if low < u < high)])))


@pytest.mark.parametrize(("radius", "v", "sigma_v", "rect256", "integral"), REFERENCE)
def test_both_rules_of_the_reference(radius, v, sigma_v, rect256, integral):
    assert float(SUM.excess_at(radius, v, sigma_v)) == pytest.approx(rect256, rel=1e-11, abs=0)
    assert float(INTEGRAL.excess_at(radius, v, sigma_v)) == pytest.approx(integral, rel=1e-9, abs=0)


@given(radius=st.floats(1e-8, 1e3), v=SPEED, sigma_v=st.floats(1e-4, 1e3))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_the_sum_is_numpys(radius, v, sigma_v):
    assert float(SUM.excess_at(radius, v, sigma_v)) == pytest.approx(summed(radius, v, sigma_v), rel=1e-11, abs=0)


@given(alpha=st.floats(-1.0, 5.0), lam_cut=st.floats(1.0, 1e4), beta_Q=st.floats(0.2, 2.0))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_all_parameters_enter_as_written(alpha, lam_cut, beta_Q):
    changed = {"alpha": alpha, "lam_cut": lam_cut, "beta_Q": beta_Q}
    for radius, v, sigma_v in ((0.5, 40.0, 8.0), (8.0, 220.0, 30.0)):
        expected = summed(radius, v, sigma_v, **changed)
        assert float(SUM.excess_at(radius, v, sigma_v, **changed)) == pytest.approx(expected, rel=1e-11, abs=0)
        assert float(SUM.excess_at(radius, v, sigma_v, **changed, amplitude=3.0)) == pytest.approx(
            3.0 * expected, rel=1e-11, abs=0
        )


@given(radius=RADIUS, v=SPEED, sigma_v=DISPERSION)
@settings(deadline=None, derandomize=True, max_examples=25)
def test_the_integral_is_scipys(radius, v, sigma_v):
    crest = math.log(2.0 * math.pi * radius)
    expected, _ = quad(
        lambda u: integrand(math.exp(u), radius, v, sigma_v),
        math.log(0.1),
        math.log(1e4),
        points=[min(max(crest, -2.3), 9.2)],
        epsabs=0.0,
        epsrel=1e-12,
        limit=400,
    )
    assert float(INTEGRAL.excess_at(radius, v, sigma_v)) == pytest.approx(expected, rel=1e-9, abs=0)


@pytest.mark.parametrize(("q", "accuracy"), [(0.25, 1e-9), (0.31, 1e-11), (1.0, 1e-12), (15.0, 1e-12)])
def test_the_integral_is_good_where_its_filter_is_wide_enough(q, accuracy):
    # 0.31 is the least V_GR/σ_v of SPARC; radii with the crest at either end of the range and between nodes
    for radius in (0.1 / (2.0 * math.pi), 0.018, 0.03, 0.05, 0.35, 3.1, 40.0):
        found = float(INTEGRAL.excess_at(radius, 10.0 * q, 10.0))
        assert found == pytest.approx(exact(radius, q), rel=accuracy, abs=0), radius


@pytest.mark.parametrize("changed", [{"alpha": 0.0}, {"alpha": 6.0}, {"lam_cut": 0.1}, {"lam_cut": 1e6}])
def test_the_integral_is_good_for_other_spectra(changed):
    for radius in (0.05, 3.0, 200.0):
        found = float(INTEGRAL.excess_at(radius, 20.0, 10.0, **changed))
        assert found == pytest.approx(exact(radius, 2.0, **changed), rel=1e-12, abs=0), radius


def test_the_sum_exceeds_the_integral_at_the_radii_of_the_reference():
    excess = [float(SUM.excess_at(*place) / INTEGRAL.excess_at(*place)) - 1.0 for *place, _, _ in REFERENCE]
    assert min(excess) == pytest.approx(0.00398, abs=1e-5) and max(excess) == pytest.approx(0.01681, abs=1e-5)


# reference/galaxies.json, microphysics_aggregates, "mp[resonance]"
def test_the_solar_system_is_spared_by_the_floors():
    assert float(SUM.excess_at(5e-9, 29.78, 10.0)) == pytest.approx(1.6870776772215834e-12, rel=1e-11, abs=0)
    assert float(SUM.excess_at(200.0, 1500.0, 1000.0)) == pytest.approx(1.0637240620455913e-05, rel=1e-11, abs=0)
    # Any radius below 1e-6/(2π) kpc gives the same: both floors are reached.
    assert float(SUM.excess_at(1e-12, 29.78, 10.0)) == float(SUM.excess_at(1e-7, 29.78, 10.0))


@given(radius=RADIUS, v=SPEED, sigma_v=DISPERSION, factor=st.floats(1.01, 5.0))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_the_filter_widens_with_q_and_is_never_above_one(radius, v, sigma_v, factor):
    for model in (SUM, INTEGRAL):
        here = float(model.excess_at(radius, v, sigma_v))
        assert 0.0 < here < float(model.excess_at(radius, factor * v, sigma_v))
        assert here > float(model.excess_at(radius, v, factor * sigma_v))
        # Without the filter, the spectrum and its window would give at most ∫ λ⁻² d ln λ.
        assert here < 1.05 * 0.5 * (0.1**-2)


def test_the_lower_end_enters_by_its_logarithm():
    # For α = 2 the integrand is Q²/λ_orb² per d ln λ below λ_orb/Q; the first tenth of the range is all of that kind.
    wavelength = np.geomspace(0.1, 1.0, 5)
    floor = integrand(wavelength, 50.0, 200.0, 30.0)
    np.testing.assert_allclose(floor, (200.0 / 30.0 / (100.0 * math.pi)) ** 2, rtol=0.002)


@pytest.mark.parametrize("quadrature", QUADRATURES)
def test_where_nothing_moves_there_is_no_enhancement(quadrature, galaxies):
    still = replace(galaxies, v_bar_squared=np.where(np.arange(24) % 5 == 0, 0.0, galaxies.v_bar_squared))
    found = Resonance(quadrature=quadrature).excess(still)
    assert np.all(found[still.v_bar_squared == 0] == 0.0) and np.all(found[still.v_bar_squared > 0] > 0.0)
    # also on the crest of the filter, where the mismatch is 0
    crest = float(np.logspace(-1.0, 4.0, 256)[60]) / (2.0 * math.pi)
    assert float(SUM.excess_at(crest, 0.0, 10.0)) == 0.0


def test_points_of_galaxies_are_single_places(galaxies):
    found = SUM.excess(galaxies)
    for row, i in enumerate(galaxies.galaxy):
        last = galaxies.v_obs[galaxies.galaxy == i][-10:]
        sigma_v = 25.0 if i == 1 else 0.15 * np.median(last)
        expected = summed(galaxies.radius[row], math.sqrt(galaxies.v_bar_squared[row]), sigma_v)
        assert found[row] == pytest.approx(expected, rel=1e-11, abs=0)


def test_an_unknown_rule_is_one_line():
    with pytest.raises(InvalidInput, match="^quadrature='simpson': must be one of rect256, integral$"):
        Resonance(quadrature="simpson")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"amplitude": -1.0}, r"params\.amplitude=-1: must be >= 0"),
        ({"lam_cut": 0.0}, r"params\.lam_cut=0: must be > 0"),
        ({"lam_coh": 10.0}, r"params\.lam_coh: unknown parameter"),
        ({"Q0": 5.0}, r"params\.Q0: unknown parameter"),
    ],
)
def test_parameters_that_are_not_legal_are_one_line(params, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Resonance(params=params)
