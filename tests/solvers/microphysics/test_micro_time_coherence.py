"""The chain of times: each link against mpmath in the source's units, its clips, and K that depends on σ_v alone."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.microphysics.roughness import xi_bounded
from solvers.microphysics.time_coherence import TIME_CLIP, TimeCoherence, time_coherence, xi_chain

# radii, rotation and dispersion of galaxies
RADIUS, SPEED, DISPERSION = st.floats(0.05, 200.0), st.floats(2.0, 500.0), st.floats(0.5, 100.0)

# reference/galaxies.json, microphysics, "time_coherence(R, Vgr, sigma)":
# R, V, sigma, tau_noise, tau_coh, T_orb, Xi, ell, K; tau_geom is 1e20 in all
REFERENCE = [
    (0.16, 4.18, 1.635, 2361779066226.0, 2361779010446.0, 7421975065246.0, 0.3182143553008, 0.8489180423653)
    + (0.1170566003486,),
    (1.0, 40.0, 10.0, 975878885928.0, 975878876404.6, 4847477464489.0, 0.2013168464533, 0.3507699838464)
    + (0.4418658207543,),
    (8.0, 200.0, 30.0, 1502463833299.0, 1502463810725.0, 7755963943182.0, 0.1937172248003, 0.5400457160826)
    + (0.6608640758113,),
    (30.0, 150.0, 25.0, 7406400000000.0, 7406399451452.0, 38779819715910.0, 0.1909859175651, 2.66215682987)
    + (0.6287563430766,),
]


def exact_chain(radius, v, sigma_v):
    """Every link as `microphysics.md` §5 writes it: T_orb, τ_geom, τ_noise, τ_coh, Ξ, ℓ and K."""
    with mpmath.workdps(40):
        radius, v, sigma_v = map(mpmath.mpf, (radius, v, sigma_v))
        G, c, kpc = mpmath.mpf("4.302e-6"), mpmath.mpf("299792.458"), mpmath.mpf("3.086e16")
        low, high = mpmath.mpf(10) ** 6, mpmath.mpf(10) ** 20
        g = v**2 / (1000 * radius)
        density = g / (1000 * G * radius) / 10**9
        period = max(2 * mpmath.pi * radius * kpc / (1000 * mpmath.sqrt(1000 * g * radius)), mpmath.mpf(10) ** 10)
        fluctuation = max(G * density / 100 / c**2, 1 / mpmath.mpf(10) ** 10)
        geometric = min(max(2 * mpmath.pi * period / fluctuation, low), high)
        noise = min(max(radius * kpc / (1000 * sigma_v ** mpmath.mpf("1.5")), low), high)
        coherence = 1 / (1 / geometric + 1 / noise)
        length = mpmath.mpf("0.037") * c * coherence / kpc
        kernel = 1 - (1 + (radius / length) ** mpmath.mpf("0.757")) ** mpmath.mpf("-0.5")
        if radius < mpmath.mpf("0.01"):
            kernel *= (radius * 100) ** 4
        return tuple(map(float, (period, geometric, noise, coherence, coherence / period, length, min(kernel, 10))))


def links(chain):
    """In the order of `exact_chain`, without K."""
    names = ("orbital_period", "tau_geom", "tau_noise", "tau_coh", "xi", "length")
    return tuple(float(getattr(chain, name)) for name in names)


@pytest.mark.parametrize("row", REFERENCE)
def test_chain_of_the_reference(row):
    radius, v, sigma_v, noise, coherence, period, xi, length, kernel = row
    chain = time_coherence(radius, v, sigma_v)
    assert links(chain) == pytest.approx((period, 1e20, noise, coherence, xi, length), rel=1e-12, abs=0)
    assert bool(chain.is_geom_clipped) and not bool(chain.is_noise_clipped)
    assert float(TimeCoherence().excess_at(radius, v, sigma_v)) == pytest.approx(kernel, rel=1e-12, abs=0)


@given(radius=st.floats(1e-10, 1e3), v=st.floats(1.0, 1e4), sigma_v=st.floats(0.01, 1e3))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_every_link_is_what_the_formulas_give(radius, v, sigma_v):
    *expected, kernel = exact_chain(radius, v, sigma_v)
    assert links(time_coherence(radius, v, sigma_v)) == pytest.approx(expected, rel=1e-12, abs=0)
    assert float(TimeCoherence().excess_at(radius, v, sigma_v)) == pytest.approx(kernel, rel=1e-12, abs=0)


# (R, V, σ_v) with: no clip, τ_geom at its upper end, τ_noise at its upper end, τ_noise at its lower end
@pytest.mark.parametrize(
    ("place", "geom_clipped", "noise_clipped"),
    [
        ((1e-5, 1e5, 10.0), False, False),
        ((8.0, 200.0, 30.0), True, False),
        ((8.0, 200.0, 1e-5), True, True),
        ((5e-9, 29.78, 10.0), False, True),
    ],
)
def test_clips_are_visible(place, geom_clipped, noise_clipped):
    chain = time_coherence(*place)
    assert (bool(chain.is_geom_clipped), bool(chain.is_noise_clipped)) == (geom_clipped, noise_clipped)
    assert (float(chain.tau_geom) in TIME_CLIP) == geom_clipped
    assert (float(chain.tau_noise) in TIME_CLIP) == noise_clipped
    assert links(chain) == pytest.approx(exact_chain(*place)[:-1], rel=1e-12, abs=0)


def test_the_orbit_has_a_least_period():
    assert float(time_coherence(5e-9, 29.78, 10.0).orbital_period) == 1e10
    year = 2.0 * math.pi * 5e-9 * 3.086e16 / 29.78
    assert year == pytest.approx(3.2556e7, rel=1e-4, abs=0) and year < 1e10


@given(radius=RADIUS, v=SPEED, sigma_v=DISPERSION)
@settings(deadline=None, derandomize=True, max_examples=80)
def test_in_galaxies_xi_is_a_ratio_and_the_kernel_knows_the_dispersion_alone(radius, v, sigma_v):
    chain = time_coherence(radius, v, sigma_v)
    assert bool(chain.is_geom_clipped)
    # What the clipped time still contributes.
    rest = 1.01 * float(chain.tau_noise) / 1e20 + 1e-12
    assert float(chain.xi) == pytest.approx(v / (2.0 * math.pi * sigma_v**1.5), rel=rest, abs=0)
    x = 1000.0 * sigma_v**1.5 / (0.037 * 299792.458)
    expected = 1.0 - (1.0 + x**0.757) ** -0.5
    assert float(TimeCoherence().excess_at(radius, v, sigma_v)) == pytest.approx(expected, rel=rest, abs=0)


def test_the_milky_way_has_one_kernel():
    # `microphysics.md` §5: K(σ_v = 30) = 0.6608640741 where τ_geom plays no part
    x = 1000.0 * 30.0**1.5 / (0.037 * 299792.458)
    assert 1.0 - (1.0 + x**0.757) ** -0.5 == pytest.approx(0.6608640741, abs=5.1e-11)
    radius = np.geomspace(1.0, 25.0, 50)
    for v in (150.0, 220.0, 260.0):
        np.testing.assert_allclose(TimeCoherence().excess_at(radius, v, 30.0), 0.6608640741, rtol=1e-7)


def test_this_xi_is_another_one_and_may_exceed_1():
    assert float(xi_chain(8.0, 200.0, 2.0)) > 1.0 > xi_bounded(200.0, 2.0, 1.5)
    assert float(xi_chain(8.0, 200.0, 30.0)) == pytest.approx(0.1937172248003, rel=1e-12, abs=0)
    # 1/Ξ_bounded = 1 + 1/Ξ_chain where τ_geom is clipped
    for place in ((8.0, 200.0, 30.0), (1.0, 40.0, 10.0)):
        bounded, chained = xi_bounded(*place[1:], 1.5), float(xi_chain(*place))
        assert 1.0 / bounded == pytest.approx(1.0 + 1.0 / chained, rel=1e-6, abs=0)


def test_the_solar_system_passes_its_own_check():
    # `microphysics.md` §5: 1, 10, 1e3, 1e4 AU about the Sun, σ_v = 10 km/s, limit 1e-6, at most 2.44e-10
    au = 1.0 / 206264.806e3
    radius = np.array([1.0, 10.0, 1e3, 1e4]) * au
    v = np.sqrt(4.302e-6 / radius)
    found = TimeCoherence().excess_at(radius, v, 10.0)
    assert np.all(found < 1e-6) and found.argmax() == 3
    assert found[3] == pytest.approx(2.44e-10, abs=5e-13)
    np.testing.assert_allclose(
        found, [exact_chain(*place, 10.0)[-1] for place in zip(radius, v, strict=True)], rtol=1e-12
    )


@given(amplitude=st.floats(0.0, 100.0), radius=st.floats(1e-6, 300.0), v=SPEED, sigma_v=DISPERSION)
@settings(deadline=None, derandomize=True, max_examples=80)
def test_the_kernel_is_proportional_to_its_amplitude_up_to_10(amplitude, radius, v, sigma_v):
    once = float(TimeCoherence().excess_at(radius, v, sigma_v))
    found = float(TimeCoherence().excess_at(radius, v, sigma_v, amplitude=amplitude))
    assert 0.0 < once < 1.0
    assert found == pytest.approx(min(amplitude * once, 10.0), rel=1e-12, abs=0)


def test_inside_10_parsec_the_kernel_falls_by_the_fourth_power(exact_burr):
    for radius in (1e-3, 0.0099, 0.01, 0.5):
        length = float(time_coherence(radius, 50.0, 10.0).length)
        expected = float(exact_burr(radius, length)) * min(radius / 0.01, 1.0) ** 4
        assert float(TimeCoherence().excess_at(radius, 50.0, 10.0)) == pytest.approx(expected, rel=1e-12, abs=0)


def test_parameters_of_the_rise_enter(exact_burr):
    changed = {"p": 1.2, "n_coh": 0.8, "alpha_length": 0.1}
    length = float(time_coherence(3.0, 90.0, 12.0, 0.1).length)
    assert length == pytest.approx(0.1 / 0.037 * float(time_coherence(3.0, 90.0, 12.0).length), rel=1e-14, abs=0)
    expected = float(exact_burr(3.0, length, 1.2, 0.8))
    assert float(TimeCoherence().excess_at(3.0, 90.0, 12.0, **changed)) == pytest.approx(expected, rel=1e-12, abs=0)


def test_arrays_are_numbers_one_after_the_other(galaxies):
    v = np.sqrt(galaxies.v_bar_squared)
    together = xi_chain(galaxies.radius[:, None], v[:, None], np.array([5.0, 20.0]))
    assert together.shape == (24, 2)
    for i in range(24):
        for j, sigma_v in enumerate((5.0, 20.0)):
            assert together[i, j] == xi_chain(galaxies.radius[i], v[i], sigma_v)


def test_points_without_baryons_leave_the_others_as_they_are(galaxies):
    still = replace(galaxies, v_bar_squared=np.where(np.arange(24) == 3, 0.0, galaxies.v_bar_squared))
    with np.errstate(divide="ignore"):
        found = TimeCoherence().excess(still)
    others = np.arange(24) != 3
    assert np.isfinite(found[3])
    np.testing.assert_array_equal(found[others], TimeCoherence().excess(galaxies)[others])


@pytest.mark.parametrize("name", ["p", "n_coh", "alpha_length"])
def test_parameters_that_are_not_legal_are_one_line(name):
    with pytest.raises(ValueError, match=rf"^params\.{name}=0: must be > 0$"):
        TimeCoherence(params={name: 0.0})
    with pytest.raises(ValueError, match=r"^params\.amplitude=-1: must be >= 0$"):
        TimeCoherence(params={"amplitude": -1.0})
