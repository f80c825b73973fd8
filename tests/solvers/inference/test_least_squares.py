"""Least squares against numpy.linalg on linear problems, a brute-force grid and iminuit; and what must be flagged."""

import numpy as np
import pytest

from solvers.errors import InvalidInput
from solvers.inference.joint import JointProblem
from solvers.inference.least_squares import LeastSquares
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import ParameterSpace

SETTINGS = LeastSquares(points=256, starts=6)


class Squares:
    """A problem from free parameters and residuals of points (..., n_params); it remembers where it was evaluated."""

    n_analytic = 0

    def __init__(self, free, residuals):
        self.space = ParameterSpace({}, tuple(free))
        self.seen = []
        self._residuals = residuals

    @property
    def n_data(self):
        return len(self._residuals(np.array([parameter.ref for parameter in self.space.free])))

    def residuals(self, **theta):
        points = np.stack([np.asarray(theta[name], dtype=float) for name in self.space.names], axis=-1)
        self.seen.extend(np.atleast_2d(points))
        with np.errstate(all="ignore"):
            return self._residuals(points)

    def chi2(self, **theta):
        with np.errstate(all="ignore"):
            return np.sum(self.residuals(**theta) ** 2, axis=-1)

    def function(self, names):
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))


def linear(free, *ranges, n_data=40, seed=3, data=None):
    """r = y − A v with a random A, and what numpy.linalg says of it: values, covariance and χ²."""
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(n_data, len(ranges))) * np.geomspace(3.0, 30.0, len(ranges))
    y = design @ np.linspace(-0.5, 0.7, len(ranges)) + rng.normal(size=n_data) if data is None else data
    values = np.linalg.lstsq(design, y)[0]
    exact = values, np.linalg.inv(design.T @ design), np.sum((y - design @ values) ** 2)
    return Squares(free(*ranges), lambda v: y - v @ design.T), exact


def columns(*functions):
    """Residuals that are functions of the parameters, the last axis of points."""
    return lambda v: np.stack([function(*np.moveaxis(v, -1, 0)) for function in functions], axis=-1)


def fit(problem, seed=0, settings=SETTINGS):
    return settings.fit(problem, np.random.default_rng(seed))[0]


@pytest.mark.parametrize("ranges", [[(-2, 2)], [(-2, 2), (-1, 4)], [(-2, 2)] * 4], ids=len)
@pytest.mark.parametrize("seed", [3, 4])
def test_a_linear_problem_gives_the_normal_equations(free, ranges, seed):
    problem, (values, covariance, chi2) = linear(free, *ranges, seed=seed)
    found, n_agree = SETTINGS.fit(problem, np.random.default_rng(seed))
    np.testing.assert_allclose(found.values, values, rtol=0, atol=1e-6 * np.sqrt(np.diag(covariance)).min())
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-6, atol=1e-9 * np.diag(covariance).min())
    np.testing.assert_allclose(found.sigma, np.sqrt(np.diag(covariance)), rtol=1e-6)
    assert found.chi2 == pytest.approx(chi2, rel=1e-12)
    assert n_agree == SETTINGS.starts
    assert found.converged
    assert not found.at_bound.any()
    assert not found.is_flat.any()
    assert found.lower is None
    assert found.upper is None


def test_data_without_noise_are_met(free):
    problem, _ = linear(free, (-1, 1), (-1, 1), data=np.zeros(40))
    found = fit(problem)
    np.testing.assert_allclose(found.values, 0.0, atol=1e-8)
    assert found.chi2 == pytest.approx(0.0, abs=1e-12)
    assert found.converged


def test_as_many_data_as_parameters_are_enough_and_fewer_leave_a_flat_direction(free):
    exact, (values, covariance, _) = linear(free, (-9, 9), (-9, 9), n_data=2)
    np.testing.assert_allclose(fit(exact).values, values, rtol=1e-7)
    np.testing.assert_allclose(fit(exact).covariance, covariance, rtol=1e-5)
    one = Squares(free((-9, 9), (-9, 9)), columns(lambda x, y: 3.0 * x + 3.0 * y - 1.0))
    assert fit(one).is_flat.all()
    assert fit(one).chi2 == pytest.approx(0.0, abs=1e-12)


T = np.linspace(0.0, 4.0, 60)
DECAY = 5.0 * np.exp(-0.8 * T) + 1.0 + np.random.default_rng(8).normal(0.0, 0.05, T.size)


def decay(v):
    height, rate, level = np.moveaxis(v[..., np.newaxis], -2, 0)
    return (DECAY - height * np.exp(-rate * T) - level) / 0.05


def test_values_and_errors_are_those_of_iminuit(free):
    problem = Squares(free((0, 20), (0.01, 5), (-5, 5)), decay)
    found = fit(problem)
    other = Minimize(tolerance=1e-7).fit(problem.function(problem.space.names), problem.space.free)
    assert problem.space.free[1].is_logarithmic
    assert found.chi2 == pytest.approx(other.chi2, abs=1e-6)
    assert found.chi2 <= other.chi2 + 1e-9
    np.testing.assert_allclose(found.values, other.values, rtol=0, atol=1e-3 * other.sigma.min())
    # HESSE has the curvature of the residuals too, which vanishes with the noise.
    np.testing.assert_allclose(found.sigma, other.sigma, rtol=0.02)
    np.testing.assert_allclose(found.covariance, other.covariance, rtol=0.04)


X = np.linspace(0.0, 100.0, 201)
PEAKS = sum(
    height * np.exp(-0.5 * ((X - centre) / 3.0) ** 2) for centre, height in ((12, 4), (35, 7), (58, 8), (80, 5))
)


def one_peak(v):
    """A Gaussian of height 8 on data with four: a minimum at each of them."""
    centre, width = np.moveaxis(v[..., np.newaxis], -2, 0)
    return (PEAKS - 8.0 * np.exp(-0.5 * ((X - centre) / width) ** 2)) / 0.5


@pytest.mark.parametrize("seed", range(4))
def test_of_many_minima_it_finds_the_one_of_a_brute_force_grid(free, seed):
    problem = Squares(free((0, 100), (1, 10)), one_peak)
    centre, width = np.meshgrid(np.linspace(0, 100, 401), np.linspace(1, 10, 91), indexing="ij")
    chi2 = problem.chi2(x=centre, y=width)
    lowest = np.unravel_index(np.argmin(chi2), chi2.shape)
    inner = chi2[1:-1, 1:-1]
    neighbours = [chi2[1 + i : 400 + i, 1 + j : 90 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    assert np.sum(np.all([inner < other for other in neighbours], axis=0)) >= 4
    found, n_agree = SETTINGS.fit(problem, np.random.default_rng(seed))
    assert found.values[0] == pytest.approx(centre[lowest], abs=0.25)
    assert found.values[1] == pytest.approx(width[lowest], abs=0.1)
    assert chi2[lowest] - 1.0 < found.chi2 <= chi2[lowest]
    assert 1 <= n_agree <= SETTINGS.starts


def test_starts_in_other_minima_do_not_agree(free):
    problem = Squares(free((0, 100), (1, 10)), one_peak)
    found, n_agree = LeastSquares(points=32, starts=32).fit(problem, np.random.default_rng(0))
    assert 1 < n_agree < 20
    alone, one = LeastSquares(points=32, starts=1).fit(problem, np.random.default_rng(0))
    assert one == 1
    assert alone.chi2 >= found.chi2 - 1e-9


def test_the_same_seed_gives_the_same_bits_and_another_one_the_same_minimum(free):
    one, same, other = (fit(Squares(free((0, 100), (1, 10)), one_peak), seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.values, same.values)
    np.testing.assert_array_equal(one.covariance, same.covariance)
    assert (one.chi2, one.n_evaluations) == (same.chi2, same.n_evaluations)
    assert not np.array_equal(one.values, other.values)
    assert other.chi2 == pytest.approx(one.chi2, rel=1e-10)
    np.testing.assert_allclose(other.values, one.values, rtol=0, atol=1e-5 * one.sigma.min())


@pytest.mark.parametrize(("mean", "bound"), [(3.0, 2.0), (-7.0, -1.0), (2.0, 2.0)])
def test_a_minimum_beyond_the_prior_is_flagged_at_its_end(free, mean, bound):
    problem = Squares(free((-1, 2), (-1, 1)), columns(lambda x, y: (x - mean) / 0.1, lambda x, y: (y - 0.4) / 0.2))
    found = fit(problem)
    assert found.at_bound.tolist() == [True, False]
    assert found.values[0] == bound
    assert np.isnan(found.sigma[0])
    assert np.isnan(found.covariance[0]).all()
    assert np.isnan(found.covariance[:, 0]).all()
    assert found.values[1] == pytest.approx(0.4, abs=1e-7)
    assert found.sigma[1] == pytest.approx(0.2, rel=1e-6)
    assert found.chi2 == pytest.approx(((mean - bound) / 0.1) ** 2, rel=1e-9, abs=1e-12)
    assert found.converged


def test_at_a_bound_the_others_move_to_their_conditional_minimum(free):
    covariance = np.array([[0.04, 0.03], [0.03, 0.04]])
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    problem = Squares(free((-2, 2), (-2, 2)), lambda v: (v - [2.5, 0.0]) @ whitening.T)
    found = fit(problem)
    assert found.at_bound.tolist() == [True, False]
    assert found.values[0] == 2.0
    assert found.values[1] == pytest.approx(0.03 / 0.04 * (2.0 - 2.5), abs=1e-7)
    assert found.sigma[1] == pytest.approx(np.sqrt(0.04 - 0.03**2 / 0.04), rel=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_parameter_may_end_at_a_bound(free, n):
    ranges = ((0, 1), (-3, -1), (0.1, 500))[:n]
    ends = [1.0, -3.0, 500.0][:n]
    problem = Squares(free(*ranges), lambda v: 3.0 * (v - [5.0, -9.0, 3e4][:n]) / np.array([1.0, 1.0, 1e3])[:n])
    found = fit(problem)
    assert found.values.tolist() == ends
    assert found.at_bound.all()
    assert not found.is_flat.any()
    assert np.isnan(found.sigma).all()
    assert np.isnan(found.covariance).all()
    assert found.converged


@pytest.mark.parametrize(
    ("residual", "range_", "bound"),
    [
        (lambda x: np.sqrt(60.0 / x), (0.1, 1e5), 1e5),
        (lambda x: 3.0 * np.exp(-x), (0.0, 2.0), 2.0),
        (lambda x: np.sqrt(x), (0.5, 7.0), 0.5),
        (lambda x: 1.0 + 0.4 * x, (-1.0, 1.0), -1.0),
        (lambda x: 2.0 + np.log(x), (1.0, 1e3), 1.0),
    ],
    ids=["1/x", "exp(-x)", "x", "a line", "log x"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_chi2_without_a_minimum_is_lowest_at_a_bound(free, residual, range_, bound, seed):
    problem = Squares(free(range_), columns(residual, lambda x: 37.0 + 0.0 * x))
    found = fit(problem, seed)
    assert found.at_bound.tolist() == [True]
    assert found.values[0] == bound
    assert np.isnan(found.sigma[0])


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-5])
def test_a_minimum_next_to_a_bound_is_not_taken_for_it(free, distance):
    mean, sigma = 1.0 - distance, 0.01 * distance
    problem = Squares(free((-1, 1), (-1, 1)), columns(lambda x, y: (x - mean) / sigma, lambda x, y: y - 3.0))
    found = fit(problem)
    assert found.at_bound.tolist() == [False, True]
    assert found.values[0] == pytest.approx(mean, abs=1e-3 * sigma)
    assert found.sigma[0] == pytest.approx(sigma, rel=1e-5)


def test_logarithmic_parameters_have_errors_in_their_own_unit(free):
    parameters = free((0.1, 1e5), (-1, 1))
    assert parameters[0].is_logarithmic
    residuals = columns(lambda x, y: np.log(x / 30.0) / 0.1 + y, lambda x, y: y / 0.2)
    found = fit(Squares(parameters, residuals))
    np.testing.assert_allclose(found.values, [30.0, 0.0], rtol=1e-8, atol=1e-9)
    # ln x = ln 30 − 0.1 y ± 0.1: σ of ln x is 0.1 (1 + 0.04)^½.
    np.testing.assert_allclose(found.sigma, [3.0 * np.sqrt(1.04), 0.2], rtol=1e-6)
    assert found.covariance[0, 1] == pytest.approx(-3.0 * 0.04, rel=1e-6)


@pytest.mark.parametrize("centre", [0.1, 1e5])
def test_the_end_of_decades_is_the_exact_number(free, centre):
    found = fit(Squares(free((0.1, 1e5)), columns(lambda x: 2.0 + np.abs(np.log(x / centre)))))
    assert found.values[0] == centre
    assert found.at_bound.all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "offset",
    [lambda y: 0.0 * y, lambda y: 0.0 * y + 300.0, lambda y: 1e-13 * np.sin(1e9 * y) + 30.0],
    ids=["nothing", "a large chi2", "rounding"],
)
def test_a_parameter_that_does_nothing_is_flat_and_at_no_bound(free, offset, seed):
    residuals = columns(lambda x, y: (x - 0.2) / 0.1, lambda x, y: offset(y))
    found = fit(Squares(free((-1, 1), (0, 5)), residuals), seed)
    assert found.is_flat.tolist() == [False, True]
    assert not found.at_bound.any()
    assert np.isnan(found.sigma[1])
    assert np.isnan(found.covariance[1]).all()
    assert found.values[0] == pytest.approx(0.2, abs=1e-4)
    assert found.sigma[0] == pytest.approx(0.1, rel=1e-5)
    assert found.converged


def test_a_constant_is_flat_everywhere(free):
    found = fit(Squares(free((-1, 1), (0, 1)), columns(lambda x, y: 2.0 + 0.0 * x * y)))
    assert found.is_flat.all()
    assert found.chi2 == 4.0
    assert np.isnan(found.sigma).all()


@pytest.mark.parametrize(
    ("residual", "ranges"),
    [
        (lambda x, y: (x + y - 0.5) / 0.1, ((-1, 1), (-1, 1))),
        (lambda x, y: (x - 3 * y) / 0.1, ((-1, 1), (-1, 1))),
        (lambda x, y: np.log(x * y) / 0.1, ((0.01, 100), (0.01, 100))),
        (lambda x, y: (x * y - 1) / 0.1, ((0.5, 2), (0.5, 2))),
    ],
    ids=["x+y", "x-3y", "log xy", "xy"],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_degenerate_pair_is_flagged_and_leaves_the_third_parameter_its_error(free, residual, ranges, seed):
    residuals = columns(lambda x, y, z: residual(x, y), lambda x, y, z: (z - 0.3) / 0.05)
    found = fit(Squares(free(*ranges, (-1, 1)), residuals), seed)
    assert not found.at_bound.any()
    assert found.is_flat.tolist() == [True, True, False]
    assert np.isnan(found.sigma[:2]).all()
    assert found.values[2] == pytest.approx(0.3, abs=1e-7)
    assert found.sigma[2] == pytest.approx(0.05, rel=1e-6)
    assert found.chi2 == pytest.approx(0.0, abs=1e-9)


def test_a_third_parameter_that_goes_with_a_degenerate_pair_keeps_its_whole_error(free):
    """x + y takes up z: alone z has σ of 0.5, and 0.05 if the pair were held."""
    residuals = columns(lambda x, y, z: (x + y - z - 0.2) / 0.05, lambda x, y, z: (z - 0.3) / 0.5)
    found = fit(Squares(free((-9, 9), (-9, 9), (-9, 9)), residuals))
    assert found.is_flat.tolist() == [True, True, False]
    assert np.isnan(found.covariance[:2]).all()
    assert found.sigma[2] == pytest.approx(0.5, rel=1e-5)


def test_a_strong_correlation_is_no_degeneracy(free):
    covariance = np.array([[0.04, 0.0396], [0.0396, 0.04]])
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    found = fit(Squares(free((-2, 2), (-2, 2)), lambda v: (v - [0.1, 0.2]) @ whitening.T))
    assert not found.is_flat.any()
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5)


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("edge", [-0.9, 0.0, 0.25, 0.299])
def test_points_without_residuals_are_walked_around(free, missing, edge):
    """A part of the box, up to close to the minimum, has no prediction."""

    def residuals(v):
        rest = np.stack([(v[..., 0] - 0.3) / 0.1, (v[..., 1] + v[..., 0]) / 0.1], axis=-1)
        return np.where(v[..., :1] < edge, missing, rest)

    found = fit(Squares(free((-1, 1), (-1, 1)), residuals))
    np.testing.assert_allclose(found.values, [0.3, -0.3], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.sigma, [0.1, np.sqrt(0.02)], rtol=1e-5)
    assert found.chi2 == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_the_best_point_is_never_one_without_residuals(free, missing):
    """χ² falls towards an edge beyond which there is nothing."""

    def residuals(v):
        rest = np.stack([v[..., 0] + 2.0, (v[..., 1] - 0.5) / 0.1], axis=-1)
        return np.where(v[..., :1] < 0.1, missing, rest)

    found = fit(Squares(free((-1, 1), (-1, 1)), residuals))
    assert np.isfinite(found.chi2)
    assert found.values[0] == pytest.approx(0.1, abs=1e-3)
    assert found.values[1] == pytest.approx(0.5, abs=1e-3)
    assert not found.at_bound.any()


def test_an_end_of_the_prior_without_residuals_is_not_taken(free):
    # ln 0 at the end itself: the fit stays inside and is not said to be at the bound.
    def residuals(v):
        x, y = np.moveaxis(v, -1, 0)
        return np.stack([3.0 + x + 0.0 * np.log(x), y - 0.5], axis=-1)

    found = fit(Squares(free((0, 1), (-1, 1)), residuals))
    assert 0.0 < found.values[0] < 1e-3
    assert found.at_bound.tolist() == [False, False]
    assert np.isfinite(found.chi2)


def test_a_single_valley_with_residuals_is_found(free):
    def residuals(v):
        rest = (v - 0.5) / 0.2
        return np.where(np.abs(v - 0.5).max(axis=-1, keepdims=True) > 0.06, np.nan, rest)

    settings = LeastSquares(points=1024, starts=8)
    found, n_agree = settings.fit(Squares(free((-1, 1), (-1, 1)), residuals), np.random.default_rng(0))
    np.testing.assert_allclose(found.values, 0.5, atol=1e-6)
    # Of 1024 points about four are in the valley.
    assert 1 <= n_agree < 8


def test_a_model_without_any_prediction_is_refused(free):
    problem = Squares(free((-1, 1)), lambda v: np.full_like(v, np.nan))
    message = "inference.points=256: the model has no prediction at any of them, narrow the priors"
    with pytest.raises(InvalidInput) as error:
        fit(problem)
    assert str(error.value) == message


def test_data_without_residuals_are_refused(gaussian):
    problem = gaussian([0.1], [[0.01]], (-1, 1))
    for without in (problem, JointProblem({"a": problem, "b": problem})):
        with pytest.raises(InvalidInput) as error:
            fit(without)
        assert str(error.value) == "inference: these data have no residuals to square, choose inference=minimize"


def test_residuals_of_joint_data_follow_one_another(free, gaussian):
    one, (values, covariance, _) = linear(free, (-2, 2), (-2, 2), seed=1)
    other, _ = linear(free, (-2, 2), (-2, 2), seed=2, n_data=15)
    joint = JointProblem({"one": one, "other": other})
    x, y = np.array([[0.1, 0.2, 0.3], [0.0, -0.1, 0.4]])
    residuals = joint.residuals(x=x, y=y)
    assert residuals.shape == (3, 55)
    np.testing.assert_array_equal(residuals[:, :40], one.residuals(x=x, y=y))
    np.testing.assert_array_equal(residuals[:, 40:], other.residuals(x=x, y=y))
    np.testing.assert_allclose(np.sum(residuals**2, axis=-1), joint.chi2(x=x, y=y), rtol=1e-13)
    assert joint.residuals(x=0.1, y=0.2).shape == (55,)
    found = fit(joint)
    assert found.chi2 == pytest.approx(float(joint.chi2(**dict(zip("xy", found.values, strict=True)))), rel=1e-12)
    assert np.all(found.sigma < np.sqrt(np.diag(covariance)))
    assert JointProblem({"one": one, "gaussian": gaussian(values, covariance, (-2, 2), (-2, 2))}).residuals is None


def test_calls_stay_inside_the_prior(free):
    problem = Squares(free((0, 2), (0.5, 600)), columns(lambda x, y: x - 5.0, lambda x, y: np.log(y)))
    fit(problem)
    seen = np.array(problem.seen)
    assert np.all((seen >= [0, 0.5]) & (seen <= [2, 600]))


def test_every_evaluation_is_counted(free):
    problem, _ = linear(free, (-2, 2), (-2, 2))
    problem.seen.clear()
    found = fit(problem)
    assert found.n_evaluations == len(problem.seen) > SETTINGS.points


def test_the_report_is_told_of_every_start(free):
    told = []
    problem, _ = linear(free, (-2, 2))
    SETTINGS.fit(problem, np.random.default_rng(1), lambda done, of: told.append((done, of)))
    assert told == [(i, 6) for i in range(1, 7)]


def test_the_design_reaches_every_part_of_the_prior(free):
    problem = Squares(free((0, 100), (1e-3, 1e3)), columns(lambda x, y: x, lambda x, y: np.log(y)))
    settings = LeastSquares(points=64, starts=1, max_steps=1)
    settings.fit(problem, np.random.default_rng(2))
    design = np.array(problem.seen[:64])
    in_cells = np.stack([design[:, 0] // 12.5, (np.log10(design[:, 1]) + 3.0) // 0.75], axis=-1)
    assert len(np.unique(in_cells, axis=0)) == 64


def test_a_search_that_is_cut_short_says_so(free):
    problem = Squares(free((-2, 2), (-1, 3)), columns(lambda x, y: 10.0 * (y - x**2), lambda x, y: 1.0 - x))
    assert not fit(problem, settings=LeastSquares(points=1, starts=1, max_steps=2)).converged
    found = fit(problem)
    assert found.converged
    np.testing.assert_allclose(found.values, 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"points": 0}, "points=0: must be a power of two"),
        ({"points": -4}, "points=-4: must be a power of two"),
        ({"points": 1000}, "points=1000: must be a power of two"),
        ({"starts": 0}, "starts=0: must be from 1 to points=4096"),
        ({"points": 16}, "starts=24: must be from 1 to points=16"),
        ({"points": 8, "starts": 9}, "starts=9: must be from 1 to points=8"),
        ({"max_steps": 0}, "max_steps=0: must be >= 1"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        LeastSquares(**settings)
    assert str(error.value) == message
