"""Functions whose minima are known in closed form."""

import numpy as np
import pytest

from solvers.inference.minimize import Minimize
from solvers.inference.parameters import Free, ParameterSpace


@pytest.fixture(scope="session")
def free():
    """A function that makes free parameters x, y, … from (low, high) or (low, high, ref)."""

    def make(*ranges):
        parameters = []
        for name, (low, high, *ref) in zip("xyzw", ranges, strict=False):
            middle = np.sqrt(low * high) if low > 0 and high / low > 100 else 0.5 * (low + high)
            parameters.append(Free(name, low, high, ref[0] if ref else float(middle), name))
        return parameters

    return make


@pytest.fixture
def counted():
    """A function that wraps another one and counts its calls in `.calls`."""

    def wrap(function):
        def counting(values):
            counting.calls += 1
            return function(values)

        counting.calls = 0
        return counting

    return wrap


@pytest.fixture(scope="session")
def parabola():
    """A function that makes (v − mean) C⁻¹ (v − mean) + 3."""

    def make(mean, covariance):
        inverse = np.linalg.inv(covariance)
        return lambda v: float((np.asarray(v) - mean) @ inverse @ (np.asarray(v) - mean)) + 3.0

    return make


class Toy:
    """A χ² of some free parameters that counts its evaluations."""

    n_data, n_analytic = 100, 0

    def __init__(self, free, chi2):
        self.space = ParameterSpace({}, tuple(free))
        self.n_evaluations = 0
        self._chi2 = chi2

    def chi2(self, **theta):
        points = np.stack([np.asarray(theta[name], dtype=float) for name in self.space.names], axis=-1)
        self.n_evaluations += points[..., 0].size
        return self._chi2(points)

    def function(self, names):
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))

    def fit(self):
        """The best fit."""
        return Minimize().fit(self.function(self.space.names), self.space.free)


@pytest.fixture(scope="session")
def toy():
    """A function that makes a problem from free parameters and a vectorised χ² of points (..., n_params)."""
    return Toy


@pytest.fixture(scope="session")
def gaussian(free):
    """A function that makes χ² = (v − mean) C⁻¹ (v − mean) in a box, or on free parameters of other priors."""

    def make(mean, covariance, *ranges, parameters=None):
        inverse = np.linalg.inv(covariance)

        def chi2(points):
            away = points - np.asarray(mean)
            return np.einsum("...i,ij,...j->...", away, inverse, away)

        return Toy(parameters or free(*ranges), chi2)

    return make


@pytest.fixture(scope="session")
def gaussian_log_evidence():
    """ln Z of a Gaussian well inside a box of uniform priors."""

    def log_evidence(covariance, *ranges):
        volume = np.prod([high - low for low, high, *_ in ranges])
        return 0.5 * np.linalg.slogdet(2.0 * np.pi * np.atleast_2d(covariance))[1] - np.log(volume)

    return log_evidence
