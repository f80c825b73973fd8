"""Scans and profiles against direct evaluation and a brute-force grid."""

import numpy as np
import pytest

from solvers.inference.minimize import Minimize
from solvers.inference.parameters import REAL, parse_parameters
from solvers.inference.scan import scan

DOMAIN = {"x": REAL, "y": REAL, "z": REAL}


def chi2_of(x, y, z):
    """Not a parabola in y, so that its profile has to be searched for."""
    return (x - 0.3) ** 2 / 0.01 + (y - x**2) ** 2 / 0.04 + 0.5 * (y - x**2) ** 4 + (z - y) ** 2 / 0.25


class Toy:
    """A problem with an analytic χ²; parameters that are not given keep their fixed values."""

    n_data, n_analytic = 10, 0

    def __init__(self, params):
        self.space = parse_parameters(params, DOMAIN, {})

    def chi2(self, **theta):
        return np.asarray(chi2_of(**{**self.space.fixed, **theta}))

    def function(self, names):
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))


def prior(low, high):
    return {"prior": {"min": low, "max": high}}


def test_a_scan_without_free_parameters_is_direct_evaluation():
    problem = Toy({"x": {"scan": {"min": 0, "max": 1, "num": 5}}, "y": {"scan": [0.1, 0.7, 0.2]}, "z": 0.4})
    result = scan(problem, problem.space, Minimize())
    assert result.chi2.shape == result.converged.shape == (5, 3)
    assert result.best_fit.shape == (5, 3, 0)
    assert result.converged.all()
    for i, x in enumerate(np.linspace(0, 1, 5)):
        for j, y in enumerate([0.1, 0.7, 0.2]):
            assert result.chi2[i, j] == pytest.approx(chi2_of(x, y, 0.4), rel=1e-14)


def test_axes_keep_the_order_of_the_configuration():
    problem = Toy({"y": {"scan": [0.1, 0.7]}, "x": {"scan": [0.0, 0.5, 1.0]}, "z": 0.4})
    result = scan(problem, problem.space, Minimize())
    assert result.chi2.shape == (2, 3)
    assert result.chi2[1, 2] == pytest.approx(chi2_of(1.0, 0.7, 0.4), rel=1e-14)


def test_a_cell_without_a_value_is_infinite_and_had_nothing_to_fit():
    problem = Toy({"x": {"scan": [0.1, 0.2]}, "y": 0.0, "z": 0.0})
    problem.chi2 = lambda x: np.where(x < 0.15, np.inf, 1.0)
    result = scan(problem, problem.space, Minimize())
    assert np.isinf(result.chi2).tolist() == [True, False]
    assert result.converged.tolist() == [True, True]


def test_a_scan_with_free_parameters_is_a_minimum_in_every_cell():
    problem = Toy({"x": {"scan": [-0.5, 0.0, 0.4]}, "y": prior(-2, 2), "z": prior(-2, 2)})
    result = scan(problem, problem.space, Minimize(tolerance=1e-5))
    x = np.array([-0.5, 0.0, 0.4])
    assert result.best_fit.shape == (3, 2)
    np.testing.assert_allclose(result.chi2, (x - 0.3) ** 2 / 0.01, rtol=0, atol=1e-4)
    np.testing.assert_allclose(result.best_fit, np.stack([x**2, x**2], axis=1), rtol=0, atol=5e-3)
    assert result.converged.all()


def test_a_profile_equals_a_brute_force_minimum_on_a_grid():
    problem = Toy({"x": prior(-1, 1), "y": prior(-2, 2), "z": 0.9})
    space = problem.space.profile_over(("y",), 9)
    result = scan(problem, space, Minimize(tolerance=1e-5))
    grid = np.linspace(-1, 1, 200001)
    for y, found, (x,) in zip(np.linspace(-2, 2, 9), result.chi2, result.best_fit, strict=True):
        brute = chi2_of(grid, y, 0.9)
        assert found == pytest.approx(brute.min(), abs=1e-4)
        assert x == pytest.approx(grid[brute.argmin()], abs=2e-3)


def test_a_profile_turns_one_free_parameter_into_an_axis():
    space = parse_parameters({"x": prior(0.1, 1e4), "y": prior(-1, 1), "z": 0.5}, DOMAIN, {})
    profiled = space.profile_over(("x",), 6)
    assert profiled.names == ("y",)
    assert profiled.fixed == {"z": 0.5}
    np.testing.assert_allclose(profiled.axes["x"], np.geomspace(0.1, 1e4, 6), rtol=1e-14)
    np.testing.assert_allclose(space.profile_over(("y",), 3).axes["y"], [-1, 0, 1])


def test_the_iteration_can_be_watched():
    problem, seen = Toy({"x": {"scan": [0.1, 0.2]}, "y": prior(-1, 1), "z": 0.0}), []
    scan(problem, problem.space, Minimize(), track=lambda cells: (seen.append(i) or i for i in cells))
    assert seen == [0, 1]
