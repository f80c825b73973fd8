"""Posteriors on a grid against closed forms."""

import numpy as np
import pytest
from scipy import stats

from solvers.errors import InvalidInput
from solvers.inference.grid import Grid
from solvers.inference.parameters import Free

BOX = ((-2, 2), (-3, 2), (-2, 4))
MEAN = np.array([0.3, -0.5, 1.1])
COVARIANCE = np.array([[0.04, 0.015, 0.0], [0.015, 0.03, -0.01], [0.0, -0.01, 0.09]])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_gaussian_inside_its_box_is_exact(gaussian, gaussian_log_evidence, n):
    covariance = COVARIANCE[:n, :n]
    grid = Grid(points=101).evaluate(gaussian(MEAN[:n], covariance, *BOX[:n]))
    np.testing.assert_allclose(grid.mean, MEAN[:n], rtol=1e-9)
    np.testing.assert_allclose(grid.sd, np.sqrt(np.diag(covariance)), rtol=1e-9)
    assert grid.log_evidence == pytest.approx(gaussian_log_evidence(covariance, *BOX[:n]), abs=1e-9)
    assert grid.converged
    assert grid.log_evidence_error < 1e-3
    assert grid.n_evaluations == 101**n
    assert grid.density.shape == grid.probability.shape == (101,) * n
    assert grid.probability.sum() == pytest.approx(1.0, rel=1e-12)
    assert list(grid.axes) == list("xyz"[:n])


def test_the_density_is_that_of_the_gaussian(gaussian):
    grid = Grid(points=101).evaluate(gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2]))
    points = np.stack(np.meshgrid(*grid.axes.values(), indexing="ij"), axis=-1)
    expected = stats.multivariate_normal(MEAN[:2], COVARIANCE[:2, :2]).pdf(points)
    np.testing.assert_allclose(grid.density, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(("mean", "sigma"), [(0.9, 0.3), (1.2, 0.3), (-1.0, 0.5), (0.0, 5.0)])
def test_a_gaussian_cut_by_its_prior(gaussian, mean, sigma):
    grid = Grid().evaluate(gaussian([mean], [[sigma**2]], (-1, 1)))
    oracle = stats.truncnorm((-1 - mean) / sigma, (1 - mean) / sigma, mean, sigma)
    mass = np.diff(stats.norm(mean, sigma).cdf([-1.0, 1.0]))[0]
    assert grid.mean[0] == pytest.approx(oracle.mean(), abs=1e-6)
    assert grid.sd[0] == pytest.approx(oracle.std(), rel=1e-5)
    assert grid.log_evidence == pytest.approx(np.log(np.sqrt(2 * np.pi) * sigma * mass / 2.0), abs=2e-6)
    assert grid.converged


def test_a_loguniform_prior_over_decades(toy):
    # χ² = (ln x − ln 30)²/0.1²: x is lognormal, Z = 0.1 √(2π)/ln(high/low) for a loguniform prior.
    problem = toy([Free("x", 0.1, 1e5, 30.0, "x", "loguniform")], lambda p: (np.log(p[..., 0] / 30.0) / 0.1) ** 2)
    grid = Grid(points=401).evaluate(problem)
    oracle = stats.lognorm(0.1, scale=30.0)
    assert grid.mean[0] == pytest.approx(oracle.mean(), rel=1e-9)
    assert grid.sd[0] == pytest.approx(oracle.std(), rel=1e-8)
    assert grid.log_evidence == pytest.approx(np.log(0.1 * np.sqrt(2 * np.pi) / np.log(1e6)), abs=1e-9)


def test_a_uniform_prior_over_decades_is_uniform_in_its_own_unit(toy, free):
    problem = toy(free((1e-3, 1e3)), lambda p: np.zeros(p.shape[:-1]))
    grid = Grid().evaluate(problem)
    assert grid.mean[0] == pytest.approx(500.0005, rel=1e-4)
    assert grid.sd[0] == pytest.approx((1e3 - 1e-3) / np.sqrt(12.0), rel=1e-4)
    assert grid.log_evidence == pytest.approx(0.0, abs=1e-4)


def test_a_normal_prior_times_a_gaussian(gaussian):
    (loc, scale), (mean, sigma) = (0.0, 0.5), (0.6, 0.4)
    parameter = Free("x", loc - 8 * scale, loc + 8 * scale, 0.0, "x", "norm", loc, scale)
    grid = Grid().evaluate(gaussian([mean], [[sigma**2]], parameters=[parameter]))
    variance = 1.0 / (1.0 / scale**2 + 1.0 / sigma**2)
    assert grid.mean[0] == pytest.approx(variance * (mean / sigma**2 + loc / scale**2), rel=1e-9)
    assert grid.sd[0] == pytest.approx(np.sqrt(variance), rel=1e-9)
    expected = stats.norm(mean, np.hypot(sigma, scale)).logpdf(loc) + np.log(np.sqrt(2 * np.pi) * sigma)
    assert grid.log_evidence == pytest.approx(expected, abs=1e-9)


def test_where_the_model_does_not_exist_there_is_no_probability(toy, free):
    def chi2(points):
        inside = (points[..., 0] / 0.2) ** 2
        return np.where(points[..., 0] < 0, np.inf, inside)

    grid = Grid(points=2001).evaluate(toy(free((-1, 1)), chi2))
    half = 0.5 * 0.2 * np.sqrt(2 * np.pi) / 2.0
    assert grid.log_evidence == pytest.approx(np.log(half), abs=3e-3)
    assert grid.mean[0] == pytest.approx(0.2 * np.sqrt(2 / np.pi), rel=5e-3)
    assert np.all(grid.density[grid.axes["x"] < 0] == 0)


def test_a_grid_that_is_too_coarse_says_so(gaussian):
    grid = Grid(points=13).evaluate(gaussian([0.02], [[1e-4]], (-1, 1)))
    assert not grid.converged
    assert grid.log_evidence_error > 0.1
    lost = Grid(points=13).evaluate(gaussian([1 / 6], [[1e-8]], (-1, 1)))
    assert not lost.converged
    assert lost.log_evidence_error == np.inf


def test_large_chi2_does_not_underflow(gaussian):
    problem = gaussian([0.1], [[0.01]], (-1, 1))
    shifted = type(problem)(problem.space.free, lambda points: 2e5 + problem._chi2(points))
    difference = Grid().evaluate(shifted).log_evidence - Grid().evaluate(problem).log_evidence
    assert difference == pytest.approx(-1e5, rel=1e-12)


def test_slabs_change_nothing_and_are_reported(gaussian, monkeypatch):
    problem = gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2])
    whole = Grid(points=31).evaluate(problem)
    monkeypatch.setattr("solvers.inference.grid._SLAB", 100)
    told = []
    parts = Grid(points=31).evaluate(problem, lambda *done: told.append(done))
    np.testing.assert_array_equal(parts.density, whole.density)
    assert told[0] == (93, 961)
    assert told[-1] == (961, 961)


@pytest.mark.parametrize("points", [200, 12, 11, 0, -13])
def test_an_even_or_small_number_of_points_is_refused(points):
    with pytest.raises(ValueError, match=f"points={points}: must be odd and >= 13"):
        Grid(points=points)


def test_more_than_three_parameters_are_refused(gaussian, toy):
    problem = gaussian(np.zeros(4), np.eye(4), *[(-1, 1)] * 4)
    with pytest.raises(InvalidInput, match="1 to 3 free parameters, these are 4: x, y, z, w"):
        Grid().evaluate(problem)
    assert problem.n_evaluations == 0
    with pytest.raises(InvalidInput, match="these are 0"):
        Grid().evaluate(toy([], None))


def test_a_model_that_exists_nowhere_is_refused(toy, free):
    with pytest.raises(InvalidInput, match="exists nowhere on the grid of x"):
        Grid().evaluate(toy(free((-1, 1)), lambda points: np.full(points.shape[:-1], np.inf)))
