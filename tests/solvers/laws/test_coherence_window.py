"""The coherence window against 30 digits: limits, cancellation, and the Burr and power forms."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.laws import CoherenceWindow


def exact(radius, scale_length, xi_over_rd, n_coh, p):
    with mpmath.workdps(60):
        radius, scale_length, xi, n, p = map(mpmath.mpf, (radius, scale_length, xi_over_rd, n_coh, p))
        return float(1 - (1 + (radius / (xi * scale_length)) ** p) ** (-n))


@pytest.mark.parametrize("p", [0.75, 1.0, 2.0])
@pytest.mark.parametrize("n_coh", [0.5, 0.2, 3.0])
@pytest.mark.parametrize("radius", [1e-12, 1e-6, 0.3, 2.0, 50.0, 1e12])
def test_window_agrees_with_mpmath_even_deep_inside(radius, n_coh, p):
    window = CoherenceWindow(xi_over_rd=0.7, n_coh=n_coh, p=p)
    assert window(radius, 2.5) == pytest.approx(exact(radius, 2.5, 0.7, n_coh, p), rel=2e-15, abs=0)


def test_window_is_zero_at_the_centre_and_one_far_out():
    window = CoherenceWindow()
    assert window(0.0, 3.0) == 0.0
    assert window(1e40, 3.0) == 1.0


def test_the_centre_is_linear_in_radius():
    assert CoherenceWindow(n_coh=0.5)(2e-14, 3.0) == pytest.approx(0.5e-14, rel=1e-12, abs=0)


@given(radius=st.floats(1e-6, 1e6), n_coh=st.floats(0.1, 4.0), xi=st.floats(0.01, 10.0))
@settings(deadline=None, derandomize=True)
def test_burr_with_p_one_is_the_power_window(radius, n_coh, xi):
    length = xi * 3.0
    power = 1.0 - (length / (length + radius)) ** n_coh
    assert CoherenceWindow(xi_over_rd=xi, n_coh=n_coh, p=1.0)(radius, 3.0) == pytest.approx(power, abs=1e-14)


@given(radius=st.floats(1e-9, 1e6), ratio=st.floats(1.001, 100.0), p=st.floats(0.3, 3.0))
@settings(deadline=None, derandomize=True)
def test_window_stays_between_zero_and_one_and_grows_with_radius(radius, ratio, p):
    inner, outer = CoherenceWindow(p=p)(np.array([radius, radius * ratio]), 3.0)
    assert 0 <= inner <= outer <= 1
    assert inner < outer or outer > 1 - 1e-9


def test_zero_length_switches_the_window_off():
    ones = CoherenceWindow(xi_over_rd=0.0)(np.zeros((4, 1)), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(ones, np.ones((4, 2)))


def test_an_unknown_length_makes_no_window():
    found = CoherenceWindow().at(2.0, np.array([np.nan, 0.0, 1.0]))
    assert np.isnan(found[0])
    assert found[1] == 1.0
    assert 0.0 < found[2] < 1.0


def test_scale_lengths_broadcast_against_radii():
    radius, length = np.array([[1.0, 2.0, 5.0]]), np.array([[1.0], [4.0]])
    window = CoherenceWindow()
    expected = [[window(float(r), float(s)) for r in radius[0]] for s in length[:, 0]]
    np.testing.assert_array_equal(window(radius, length), expected)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"xi_over_rd": -0.1}, "xi_over_rd=-0.1: must be >= 0"),
        ({"xi_over_rd": float("inf")}, "xi_over_rd=inf: must be >= 0"),
        ({"n_coh": 0.0}, "n_coh=0.0: must be > 0"),
        ({"n_coh": float("nan")}, "n_coh=nan: must be > 0"),
        ({"p": -1.0}, "p=-1.0: must be > 0"),
    ],
)
def test_illegal_numbers_are_refused(settings_, message):
    with pytest.raises(ValueError) as error:
        CoherenceWindow(**settings_)
    assert str(error.value) == message
