"""Profiles and their intervals, against closed forms."""

import numpy as np
import pytest

from solvers.inference.minimize import Minimize
from solvers.inference.parameters import Free, ParameterSpace
from solvers.inference.profile import Profile


class Quadratic:
    """χ² = (v − m)ᵀ P (v − m) + 3 in two parameters."""

    n_data, n_analytic = 10, 0

    def __init__(self, mean, precision, box=(-50.0, 50.0)):
        self.mean, self.precision = np.asarray(mean), np.asarray(precision)
        free = tuple(Free(name, *box, 0.5 * sum(box), name) for name in "xy")
        self.space = ParameterSpace({}, free)

    def chi2(self, x, y):
        v = np.stack([np.asarray(x) - self.mean[0], np.asarray(y) - self.mean[1]], axis=-1)
        return 3.0 + np.einsum("...i,ij,...j->...", v, self.precision, v)

    def function(self, names):
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))


COVARIANCE = np.array([[4.0, 1.5], [1.5, 1.0]])


def test_intervals_of_a_gaussian_are_one_and_two_sigma_of_its_covariance():
    problem = Quadratic([1.0, -2.0], np.linalg.inv(COVARIANCE))
    fit = Minimize().fit(problem.function("xy"), problem.space.free)
    ends, is_open = Profile().intervals(problem, fit)
    sigma = np.sqrt(np.diagonal(COVARIANCE))
    for level in (0, 1):
        np.testing.assert_allclose(ends[:, level, 0], [1.0, -2.0] - (level + 1) * sigma, atol=2e-3)
        np.testing.assert_allclose(ends[:, level, 1], [1.0, -2.0] + (level + 1) * sigma, atol=2e-3)
    assert not is_open.any()


def test_an_interval_that_the_prior_cuts_is_open_and_ends_there():
    problem = Quadratic([1.0, -2.0], np.linalg.inv(COVARIANCE), box=(-2.5, 50.0))
    fit = Minimize().fit(problem.function("xy"), problem.space.free)
    ends, is_open = Profile().intervals(problem, fit)
    assert ends[1, 0, 0] == -2.5
    assert is_open[1, :, 0].all()
    assert not is_open[:, :, 1].any()


@pytest.mark.parametrize("points", [4, 0, -1])
def test_too_few_points_are_refused(points):
    with pytest.raises(ValueError, match=f"^points={points}: must be >= 5$"):
        Profile(points=points)
