"""MOND's interpolating functions against their published definitions at 30 digits and their limits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.laws import MondRar, MondSimple, MondStandard

LAWS = [MondRar, MondSimple, MondStandard]
UNDERFLOW = 700.0**2
"""The RAR enhancement exp(−√x) is 0 in double precision from about here on."""


def by_law(*extra):
    return [pytest.param(cls, *extra, id=cls.__name__) for cls in LAWS]


@pytest.mark.parametrize("cls", by_law())
@pytest.mark.parametrize("x", np.geomspace(1e-12, 1e5, 18))
def test_h_agrees_with_mpmath(cls, x, exact_h):
    with mpmath.workdps(400):
        exact = float(exact_h[cls](mpmath.mpf(x)))
    rounding = 1e-15 * (1.0 + np.sqrt(x) * (cls is MondRar))
    assert cls().h(x) == pytest.approx(exact, rel=rounding, abs=0)


@pytest.mark.parametrize("cls", by_law())
@pytest.mark.parametrize("x", np.geomspace(1e-12, 1e5, 18))
def test_log_slope_agrees_with_a_derivative_in_mpmath(cls, x, exact_h):
    with mpmath.workdps(450):
        slope = float(mpmath.diff(lambda t: mpmath.log(exact_h[cls](mpmath.exp(t))), mpmath.log(x)))
    assert cls().log_slope(x) == pytest.approx(slope, rel=1e-13, abs=0)


@pytest.mark.parametrize("cls", by_law())
def test_deep_mond_gives_the_geometric_mean(cls):
    x = 1e-12
    assert x * (1.0 + cls().h(x)) == pytest.approx(np.sqrt(x), rel=2e-6)


@pytest.mark.parametrize("cls", by_law())
def test_newton_is_recovered_at_high_acceleration(cls):
    assert 0 <= cls().h(1e12) <= 1.1e-12


@pytest.mark.parametrize("cls", by_law())
@given(x=st.floats(-12.0, 12.0).map(lambda log_x: 10.0**log_x), ratio=st.floats(1.0 + 1e-9, 1e3))
@settings(deadline=None, derandomize=True)
def test_h_falls_and_neither_overflows_nor_turns_negative(cls, x, ratio):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        near, far = cls().h(np.float64(x)), cls().h(np.float64(x * ratio))
        slope = cls().log_slope(np.float64(x))
    assert 0 <= far <= near < np.inf
    assert -np.inf < slope < 0
    if cls is not MondRar or x * ratio < UNDERFLOW:
        assert 0 < far < near


@pytest.mark.parametrize("cls", by_law())
def test_slope_is_never_steeper_than_the_declared_bound(cls):
    slope = cls().log_slope(np.geomspace(1e-12, 1e12, 200))
    assert np.all(-slope <= cls.steepest_slope)


def test_the_simple_law_has_slopes_between_a_half_and_one():
    slope = MondSimple().log_slope(np.array([1e-12, 1e12]))
    np.testing.assert_allclose(slope, [-0.5, -1.0], rtol=1e-6)


@pytest.mark.parametrize("cls", by_law())
def test_defaults_are_mond_settings(cls):
    law = cls()
    assert law.g_dagger.m_s2 == 1.2e-10
    assert law.amplitude.disk == law.amplitude.sphere == 1.0
    assert np.all(law.window(np.array([0.1, 10.0]), 2.0) == 1.0)
    assert law.g_dagger.kappa(140.0) == pytest.approx(law.g_dagger.kappa(70.0) / 2.0, rel=1e-15)
    assert law.compiled_efunc() is None
