"""Functions whose minima are known in closed form."""

import numpy as np
import pytest

from solvers.inference.parameters import Free


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
