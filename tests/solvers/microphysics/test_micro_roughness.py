"""Roughness: Ξ against the times it is made of, limits and monotony, and one K for a whole galaxy."""

from dataclasses import replace
from statistics import median

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.curves import Curves
from solvers.galaxies.metrics import rar_scatter
from solvers.microphysics.roughness import XI_FLOOR, Roughness, rough_kernel, xi_bounded

SPEED, DISPERSION, EXPONENT = st.floats(1.0, 1e4), st.floats(0.01, 2e3), st.floats(0.1, 3.0)


def exact_xi(radius, v, sigma_v, beta):
    """τ_coh/T_orb from the times themselves, as they are written in `microphysics.md` §2."""
    with mpmath.workdps(40):
        radius, v, sigma_v, beta = map(mpmath.mpf, (radius, v, sigma_v, beta))
        period = 2 * mpmath.pi * radius / v
        geometric, noise = 2 * mpmath.pi * radius / v, radius / sigma_v**beta
        return 1 / (1 / geometric + 1 / noise) / period


# reference/galaxies.json, microphysics, "Xi(v,sigma,beta=1.5)"
@pytest.mark.parametrize(
    ("v", "sigma_v", "expected"),
    [
        (220.0, 20.0, 0.2813352555182),
        (60.0, 8.0, 0.2967766288729),
        (29.78, 10.0, 0.1303443336152),
        (1500.0, 1000.0, 0.007492815689161),
        (100.0, 0.5, 0.9782683413856),
    ],
)
def test_xi_of_the_reference(v, sigma_v, expected):
    assert xi_bounded(v, sigma_v, 1.5) == pytest.approx(expected, rel=1e-12, abs=0)


# the same, "K_rough(Xi)" for K0 = 0.774, γ = 0.1
@pytest.mark.parametrize(
    ("xi", "expected"),
    [
        (1e-8, 0.1944200097988),
        (1e-6, 0.1944200097988),
        (0.001, 0.3879189188275),
        (0.1, 0.6148100536766),
        (0.5, 0.7221675354495),
        (1.0, 0.774),
    ],
)
def test_kernel_of_the_reference(xi, expected):
    assert rough_kernel(xi, 0.774, 0.1) == pytest.approx(expected, rel=1e-12, abs=0)


@given(radius=st.floats(1e-9, 1e3), v=SPEED, sigma_v=DISPERSION, beta=EXPONENT)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_xi_is_the_ratio_of_the_times_at_any_radius(radius, v, sigma_v, beta):
    assert xi_bounded(v, sigma_v, beta) == pytest.approx(float(exact_xi(radius, v, sigma_v, beta)), rel=1e-12, abs=0)


@given(v=SPEED, sigma_v=DISPERSION, beta=EXPONENT, factor=st.floats(1.001, 10.0))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_xi_is_between_0_and_1_grows_with_rotation_and_falls_with_dispersion(v, sigma_v, beta, factor):
    xi = xi_bounded(v, sigma_v, beta)
    assert 0.0 < xi < 1.0
    assert xi_bounded(factor * v, sigma_v, beta) > xi > xi_bounded(v, factor * sigma_v, beta)


def test_nothing_that_moves_has_no_coherence():
    assert xi_bounded(0.0, 10.0, 1.5) == 0.0
    assert rough_kernel(0.0, 0.774, 0.1) == 0.774 * XI_FLOOR**0.1


@given(xi=st.floats(0.0, 1.0), K0=st.floats(0.0, 100.0), gamma=st.floats(0.0, 5.0))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_kernel_is_a_power_between_its_floor_and_its_amplitude(xi, K0, gamma):
    found = float(rough_kernel(xi, K0, gamma))
    assert K0 * XI_FLOOR**gamma * (1 - 1e-14) <= found <= K0
    assert found == pytest.approx(K0 * max(xi, XI_FLOOR) ** gamma, rel=1e-12, abs=0)


def test_a_galaxy_has_the_kernel_of_its_median(galaxies):
    found = Roughness().excess(galaxies)
    for i in range(galaxies.n_galaxies):
        mine = galaxies.galaxy == i
        last = galaxies.v_obs[mine][-10:]
        sigma_v = 0.15 * median(last) if mine.sum() >= 6 else 25.0
        xi = median(float(exact_xi(1.0, v, sigma_v, 1.5)) for v in np.sqrt(galaxies.v_bar_squared[mine]))
        np.testing.assert_allclose(found[mine], 0.774 * xi**0.1, rtol=1e-12)
        assert np.ptp(found[mine]) == 0.0


@given(factors=st.lists(st.floats(1e-3, 1e3), min_size=24, max_size=24))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_radii_change_nothing(factors, galaxies):
    moved = replace(galaxies, radius=galaxies.radius * np.array(factors))
    for model in (Roughness(), Roughness(sigma_v=30.0), Roughness(inputs="photometric", sigma_v=30.0)):
        np.testing.assert_array_equal(model.excess(moved), model.excess(galaxies))


def test_any_radius_gives_the_same_at_a_single_place():
    radius = np.geomspace(5e-9, 1e3, 40)
    found = Roughness().excess_at(radius, 220.0, 20.0)
    np.testing.assert_allclose(found, 0.774 * 0.2813352555182**0.1, rtol=1e-12)
    assert np.ptp(found) == 0.0


# reference/galaxies.json, microphysics_aggregates, "mp[roughness]"
def test_the_solar_system_and_clusters_are_not_spared():
    assert float(Roughness().excess_at(5e-9, 29.78, 10.0)) == pytest.approx(0.6313209135524915, rel=1e-12, abs=0)
    assert float(Roughness().excess_at(200.0, 1500.0, 1000.0)) == pytest.approx(0.4744664032564998, rel=1e-12, abs=0)
    stillest = float(Roughness().excess_at(5e-9, 1e-9, 1e5))
    assert stillest == pytest.approx(0.774 * 1e-6**0.1, rel=1e-14, abs=0) and stillest > 0.194


@given(
    v_bar=st.lists(st.floats(1.0, 400.0), min_size=8, max_size=8),
    v_obs=st.lists(st.floats(1.0, 400.0), min_size=8, max_size=8),
    K0=st.floats(0.0, 100.0),
    gamma=st.floats(0.1, 5.0),
)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_scatter_within_a_galaxy_is_that_of_the_baryons(v_bar, v_obs, K0, gamma):
    curves = Curves(
        names=("a",),
        galaxy=np.zeros(8, dtype=int),
        radius=np.arange(1.0, 9.0),
        v_obs=np.array(v_obs),
        v_obs_err=np.ones(8),
        v_bar_squared=np.array(v_bar) ** 2,
        v_bulge_squared=np.zeros(8),
        r_disk=np.ones(1),
    )
    rough = rar_scatter(curves, Roughness(params={"K0": K0, "gamma": gamma}).velocity(curves))
    np.testing.assert_allclose(rough, rar_scatter(curves, Newtonian().velocity(curves)), rtol=0, atol=1e-14)


def test_a_negative_exponent_is_legal_because_the_free_fit_has_one(galaxies):
    free = Roughness(params={"K0": 0.3746, "gamma": -0.187}).excess(galaxies)
    assert np.all(np.isfinite(free)) and np.all(free >= 0.3746)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"K0": -0.1}, r"params\.K0=-0\.1: must be >= 0"),
        ({"beta_sigma": 0.0}, r"params\.beta_sigma=0: must be > 0"),
        ({"gamma": float("nan")}, r"params\.gamma=nan: must be a finite number"),
        ({"alpha_length": 0.037}, r"params\.alpha_length: unknown parameter"),
        ({"tau_geom_method": 1.0}, r"params\.tau_geom_method: unknown parameter"),
    ],
)
def test_parameters_that_are_not_legal_are_one_line(params, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        Roughness(params=params)
    assert "\n" not in str(caught.value)


def test_an_illegal_value_beside_the_fixed_ones_is_refused(galaxies):
    with pytest.raises(InvalidInput, match="^K0=-1: must be >= 0$"):
        Roughness().excess(galaxies, K0=np.array([1.0, -1.0, 2.0]))
