"""The calibration of roughness, least squares in F_missing, and the improvement over general relativity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.galaxies.head_to_head import compare
from solvers.microphysics.calibration import GAMMA_BOX, GAMMA_FREE, fit_power_law, power_law, why_no_law
from solvers.microphysics.combined import Combined
from solvers.microphysics.galaxy_improvement import improvement_along, improvement_of_sample
from solvers.microphysics.improvement import Improvement, Place
from solvers.microphysics.missing_models import ConstantRatio, PowerRatio
from solvers.microphysics.missing_problem import MissingProblem, correlation, monomial, names_in
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.probes import EARTH, Probe
from solvers.microphysics.roughness import Roughness
from solvers.microphysics.systems import Systems


@pytest.fixture
def points():
    rng = np.random.default_rng(3)
    xi = rng.uniform(0.05, 3.0, 60)
    return xi, 0.4 * xi**-0.2 + rng.normal(0.0, 0.02, 60)


@given(K0=st.floats(0.05, 5.0), gamma=st.floats(-2.0, 3.0))
@settings(max_examples=40, deadline=None)
def test_a_law_without_noise_is_found(K0, gamma):
    xi = np.geomspace(0.02, 4.0, 30)
    found = fit_power_law(xi, K0 * xi**gamma, GAMMA_FREE)
    np.testing.assert_allclose((found.K0, found.gamma), (K0, gamma), rtol=1e-5, atol=1e-6)
    assert not found.is_at_bound
    assert found.rms < 1e-5 * max(1.0, K0 * 50.0 ** abs(gamma))


@pytest.mark.parametrize("gamma_range", [GAMMA_BOX, GAMMA_FREE])
def test_the_fit_is_that_of_scipy(points, gamma_range):
    xi, k = points
    low, high = gamma_range
    found = fit_power_law(xi, k, gamma_range)
    other = optimize.least_squares(
        lambda p: p[0] * xi ** p[1] - k, (0.5, 0.2), bounds=([0.0, low], [100.0, high]), xtol=1e-14, ftol=1e-14
    )
    np.testing.assert_allclose((found.K0, found.gamma), other.x, atol=2e-6)
    np.testing.assert_allclose(found.rms, np.sqrt(np.mean(other.fun**2)), rtol=1e-9)
    np.testing.assert_allclose(found.correlation, stats.pearsonr(other.fun + k, k).statistic, rtol=1e-4)
    assert found.is_at_bound == (gamma_range is GAMMA_BOX)


def test_a_law_of_given_numbers(points):
    xi, k = points
    law = power_law(xi, k, 0.77375, 0.1)
    np.testing.assert_allclose(law.rms, np.sqrt(np.mean((0.77375 * xi**0.1 - k) ** 2)), rtol=1e-14)


@pytest.mark.parametrize(
    ("xi", "k", "gamma_range"),
    [
        (np.ones(2), np.ones(2), GAMMA_BOX),
        (np.array([0.0, 1.0, 2.0]), np.ones(3), GAMMA_BOX),
        (np.ones(3), -np.ones(3), GAMMA_BOX),
        (np.ones(3), np.ones(3), (1.0, 1.0)),
    ],
)
def test_no_law_through_points_that_have_none(xi, k, gamma_range):
    with pytest.raises(InvalidInput):
        fit_power_law(xi, k, gamma_range)


def test_correlation_is_pearson_s_and_0_for_a_constant():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30))
    np.testing.assert_allclose(correlation(a, b), stats.pearsonr(a, b).statistic, rtol=1e-13)
    assert correlation(np.full(30, 0.1), b) == 0.0
    assert correlation(np.full(30, 1e9 / 3.0), b) == 0.0


def test_products_of_powers():
    values = {"psi0": 2.0, "factor": 3.0, "v_ref": 5.0}
    assert monomial("psi0 * factor**3", values) == 54.0
    assert monomial("psi0 * v_ref**2", values) == 50.0
    assert monomial("psi0 * v_ref**-1", values) == 0.4
    assert monomial("psi0 * (14.0/7.0)**factor", values) == 16.0
    assert names_in("psi0 * (14.0/7.0)**factor") == ("psi0", "factor")


def test_points_that_determine_no_law_are_told():
    xi = np.array([1.0, 2.0, 3.0])
    assert why_no_law(xi, xi) == ""
    assert why_no_law(xi[:2], xi[:2]) == "2 galaxies are fewer than 3"
    assert why_no_law(xi, xi - 1.0).startswith("xi or K is not positive")
    assert why_no_law(xi, 0.5 + 1e-9 * xi) == "K is 0.5 in all 3 galaxies, which determines no exponent"
    assert why_no_law(0.0 * xi + 2.0, xi).startswith("xi is 2 in all 3")


def test_galaxies_without_a_value_are_in_no_score():
    improvement = Improvement(_curves())
    base = improvement.baseline
    rms = np.stack([0.5 * base, np.where(np.arange(5) == 2, np.nan, 0.8 * base), np.full(5, np.nan)])
    score = improvement.of_rms(rms)
    assert score.n_undetermined.tolist() == [0, 1, 5]
    for key in ("improvement_of_mean", "mean_improvement"):
        np.testing.assert_allclose(getattr(score, key), (50.0, 20.0, np.nan))
    np.testing.assert_allclose(score.improved, (1.0, 1.0, np.nan))
    left = np.delete(0.8 * base, 2)
    np.testing.assert_allclose(score.mean_rms, (0.5 * base.mean(), left.mean(), np.nan))
    np.testing.assert_allclose(score.median_rms, (0.5 * np.median(base), np.median(left), np.nan))


@given(seed=st.integers(0, 1000), shift=st.sampled_from([0.0, 1e-14, 1e-10, 0.1]))
@settings(max_examples=40, deadline=None)
def test_many_models_are_as_one_by_one_and_tie_as_in_head_to_head(seed, shift):
    rng = np.random.default_rng(seed)
    base = rng.uniform(1.0, 50.0, 12)
    rms = base * (1.0 + shift * rng.normal(size=(4, 12)))
    rms[rng.random(rms.shape) < 0.1] = np.nan
    together = improvement_along(rms, base)
    for i, row in enumerate(rms):
        alone, sides = improvement_of_sample(row, base), compare("a", row, "b", base)
        for key in ("of_mean", "mean", "share", "n", "n_improved", "n_undetermined"):
            np.testing.assert_allclose(getattr(together, key)[i], getattr(alone, key), rtol=1e-13)
        assert (alone.n_improved, alone.n_undetermined) == (sides.wins_a, sides.n_undefined)
        np.testing.assert_allclose(alone.share, 100.0 * sides.share_a)


def test_a_place_is_the_probe_of_the_earth_with_a_limit():
    assert isinstance(Place(), Probe)
    assert (Place().radius, Place().v, Place().sigma_v) == (EARTH.radius, EARTH.v, EARTH.sigma_v)
    np.testing.assert_allclose(Place().excess_along(Pairing(), {}), [Place().excess(Pairing())], rtol=1e-14)
    assert not Place().allows(np.nan)


FREE = {"prior": {"min": 0.0, "max": 50.0}}


def _systems(n=8):
    rng = np.random.default_rng(5)
    return Systems(sigma_v=rng.uniform(5.0, 30.0, n), v_flat=np.full(n, np.nan), radius=rng.uniform(2.0, 40.0, n))


def test_chi2_is_n_rms_squared_over_the_scatter_squared():
    systems, ratio = _systems(), np.random.default_rng(6).uniform(0.0, 40.0, 8)
    problem = MissingProblem(ConstantRatio(params={"mean": FREE}), systems, ratio, float(ratio.std()))
    assert (problem.n_data, problem.n_analytic, problem.space.names) == (8, 0, ("mean",))
    np.testing.assert_allclose(problem.chi2(mean=ratio.mean()), 8.0, rtol=1e-13)
    np.testing.assert_allclose(problem.rms(mean=ratio.mean()), ratio.std(), rtol=1e-13)
    np.testing.assert_allclose(problem.function(["mean"])([3.0]), problem.chi2(mean=3.0), rtol=1e-14)


def test_many_parameters_at_once_are_as_one_by_one():
    systems, ratio = _systems(), np.arange(8.0)
    free = {"prior": {"min": 0.1, "max": 5.0}}
    problem = MissingProblem(PowerRatio(params={"amplitude": free, "a": free, "b": free}), systems, ratio)
    theta = {"amplitude": np.array([1.0, 2.0]), "a": np.array([0.5, 1.0]), "b": np.array([0.3, 0.2])}
    residuals = problem.residuals(**theta)
    assert residuals.shape == (2, 8)
    for i in range(2):
        one = problem.residuals(**{name: values[i] for name, values in theta.items()})
        np.testing.assert_allclose(residuals[i], one, rtol=1e-14)


@pytest.mark.parametrize(("ratio", "scatter"), [(np.array([1.0, np.nan]), 1.0), (np.ones(2), 0.0)])
def test_galaxies_without_a_ratio_or_a_scatter_are_refused(ratio, scatter):
    with pytest.raises(InvalidInput):
        MissingProblem(ConstantRatio(params={"mean": FREE}), _systems(2), ratio, scatter)


def _curves(n_galaxies=5, n_points=9):
    rng = np.random.default_rng(1)
    n = n_galaxies * n_points
    v_bar = rng.uniform(20.0, 150.0, n)
    return Curves(
        names=tuple(map(str, range(n_galaxies))),
        galaxy=np.repeat(np.arange(n_galaxies), n_points),
        radius=np.tile(np.linspace(0.5, 20.0, n_points), n_galaxies),
        v_obs=v_bar * rng.uniform(0.9, 2.0, n),
        v_obs_err=np.ones(n),
        v_bar_squared=v_bar**2,
        v_bulge_squared=np.zeros(n),
        r_disk=np.ones(n_galaxies),
    )


BOX = {"prior": {"min": 0.5, "max": 5.0}}


@pytest.mark.parametrize("n", [1, 7, 5000])
def test_blocks_of_parameters_give_what_each_gives_alone(n):
    curves = _curves()
    improvement = Improvement(curves)
    mechanism = Pairing(params={"amplitude": BOX, "p": BOX})
    rng = np.random.default_rng(2)
    theta = {"amplitude": rng.uniform(0.5, 5.0, n), "p": rng.uniform(0.5, 5.0, n)}
    rms = improvement.rms(mechanism, theta)
    assert rms.shape == (n, curves.n_galaxies)
    for i in {0, n // 2, n - 1}:
        fixed = Pairing(params={name: float(values[i]) for name, values in theta.items()})
        v = np.sqrt(curves.v_bar_squared * (1.0 + fixed.excess(curves)))
        own = [np.sqrt(np.mean((curves.v_obs - v)[curves.galaxy == j] ** 2)) for j in range(5)]
        np.testing.assert_allclose(rms[i], own, rtol=1e-12)


def test_both_improvements_and_the_fraction():
    improvement = Improvement(_curves())
    base = improvement.baseline
    score = improvement.of_rms(np.stack([base, 0.5 * base, base * np.array([0.9, 0.9, 1.1, 1.1, 1.2])]))
    np.testing.assert_allclose(score.improvement_of_mean[:2], (0.0, 50.0), atol=1e-12)
    np.testing.assert_allclose(score.mean_improvement, (0.0, 50.0, -4.0), atol=1e-12)
    np.testing.assert_allclose(score.improved, (0.0, 1.0, 0.4))
    np.testing.assert_allclose(score.improvement_of_mean[2], 100.0 * (1.0 - score.mean_rms[2] / base.mean()))


def test_nothing_improves_on_what_is_exact():
    curves = _curves(2)
    exact = Curves(
        names=curves.names,
        galaxy=curves.galaxy,
        radius=curves.radius,
        v_obs=np.sqrt(curves.v_bar_squared),
        v_obs_err=curves.v_obs_err,
        v_bar_squared=curves.v_bar_squared,
        v_bulge_squared=curves.v_bulge_squared,
        r_disk=curves.r_disk,
    )
    with pytest.raises(InvalidInput, match="RMS of 0"):
        Improvement(exact).score(Pairing(), {})


@pytest.mark.parametrize("kind", [Pairing, BurrPairing])
def test_k_in_the_solar_system_of_many_parameters_is_that_of_each(kind):
    place = Place()
    mechanism = kind(params={"amplitude": BOX, "p": BOX})
    theta = {"amplitude": np.array([0.5, 5.0]), "p": np.array([1.0, 1.5])}
    found = place.excess_along(mechanism, theta)
    for i in range(2):
        fixed = kind(params={name: float(values[i]) for name, values in theta.items()})
        np.testing.assert_allclose(found[i], fixed.excess_at(5e-9, 29.78, 10.0), rtol=1e-12)
    assert place.allows(np.array([1e-10, -1e-11, -1e-9])).tolist() == [False, True, False]


def test_numbers_of_the_reference_in_the_solar_system():
    optimised = Pairing(params={"amplitude": 5.0, "sigma_c": 15.0, "gamma_sigma": 3.0, "ell_pair": 20.0, "p": 1.5})
    np.testing.assert_allclose(Place().excess_along(optimised, {}), [1.5246695861526086e-14], rtol=1e-11)
    np.testing.assert_allclose(Place().excess_along(Roughness(), {}), [0.6313209135524915], rtol=1e-12)
    both = Combined(parts={"rough": Roughness(), "pairing": optimised})
    np.testing.assert_allclose(Place().excess_along(both, {}), [0.6313209135525067], rtol=1e-12)


@pytest.mark.parametrize("key", ["radius", "v", "sigma_v", "limit"])
def test_a_place_has_positive_numbers(key):
    with pytest.raises(InvalidInput, match=f"^{key}=0"):
        Place(**{key: 0.0})
