"""Σ's own enhancement function against its definition at 30 digits and its limits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.laws import Sigma

LOG_X = st.floats(-12.0, 12.0)


def test_half_the_enhancement_at_the_critical_acceleration():
    assert Sigma().h(1.0) == 0.5


@pytest.mark.parametrize(("x", "limit"), [(1e-12, 1e6), (1e-8, 1e4)])
def test_low_accelerations_give_one_over_the_root(x, limit):
    assert Sigma().h(x) == pytest.approx(limit, rel=2 * x, abs=0)


@pytest.mark.parametrize("x", [1e8, 1e12])
def test_high_accelerations_give_x_to_the_minus_three_halves(x):
    assert Sigma().h(x) == pytest.approx(x**-1.5, rel=2 / x, abs=0)


@pytest.mark.parametrize("x", np.geomspace(1e-12, 1e12, 25))
def test_h_and_slope_agree_with_mpmath(x, exact_h):
    with mpmath.workdps(30):
        h = exact_h[Sigma]
        exact = float(h(mpmath.mpf(x)))
        slope = float(mpmath.diff(lambda t: mpmath.log(h(mpmath.exp(t))), mpmath.log(x)))
    assert Sigma().h(x) == pytest.approx(exact, rel=1e-15, abs=0)
    assert Sigma().log_slope(x) == pytest.approx(slope, rel=1e-14, abs=0)


@given(log_x=LOG_X, ratio=st.floats(1.0 + 1e-9, 1e3))
@settings(deadline=None, derandomize=True)
def test_h_is_positive_and_falls(log_x, ratio):
    x = 10.0**log_x
    assert 0 < Sigma().h(x * ratio) < Sigma().h(x)


@given(log_x=LOG_X)
@settings(deadline=None, derandomize=True)
def test_slope_stays_inside_its_bound(log_x):
    assert -1.5 <= Sigma().log_slope(10.0**log_x) <= -0.5
    assert Sigma.steepest_slope == 1.5


def test_vectorised_equals_scalar():
    x = np.geomspace(1e-12, 1e12, 60).reshape(3, 20)
    scalar = np.reshape([Sigma().h(float(value)) for value in x.ravel()], x.shape)
    np.testing.assert_array_equal(Sigma().h(x), scalar)


def test_the_compiled_solver_is_the_one_of_this_law():
    out = np.empty(1)
    Sigma().compiled_efunc()(np.array([2.0]), 0.3, 0.0, 0.0, 0.2, out)
    assert out[0] == pytest.approx(np.sqrt(2.4), rel=1e-15)
