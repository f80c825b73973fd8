"""Chebyshev interpolation and integration: exact on polynomials, honest about what is not resolved."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.spectral import ChebyshevInterval, cumulative_integral

TARGETS = np.array([0.0, 0.3, 1.0, 2.5, 4.0])


@given(coefficients=st.lists(st.floats(-3, 3), min_size=1, max_size=12), lower=st.floats(-3, 3))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_polynomials_are_interpolated_and_integrated_exactly(coefficients, lower):
    interval, polynomial = ChebyshevInterval(lower, lower + 2.0, 12), np.polynomial.Polynomial(coefficients)
    targets = lower + np.array([0.0, 0.1, 1.3, 2.0])
    values, primitive = polynomial(interval.nodes), polynomial.integ()
    scale = np.polynomial.Polynomial(np.abs(coefficients))(abs(lower) + 2.0) + 1e-300
    found = interval.interpolation_matrix(targets) @ values
    np.testing.assert_allclose(found, polynomial(targets), rtol=0, atol=1e-13 * scale)
    exact = primitive(targets) - primitive(lower)
    integral = interval.integration_matrix(targets) @ values
    np.testing.assert_allclose(integral, exact, rtol=0, atol=3e-13 * scale * (1.0 + abs(lower)))


def test_nodes_increase_and_stay_inside():
    nodes = ChebyshevInterval(1.0, 3.0, 9).nodes
    assert np.all(np.diff(nodes) > 0)
    assert nodes[0] > 1.0
    assert nodes[-1] < 3.0
    np.testing.assert_allclose(np.sort(2 - np.cos(np.pi * (np.arange(9) + 0.5) / 9)), nodes, rtol=1e-14)


def test_coefficients_are_those_of_chebyshev_polynomials():
    interval = ChebyshevInterval(0.0, 2.0, 8)
    x = interval.nodes - 1.0
    np.testing.assert_allclose(interval.coefficients(4 * x**3 - 3 * x), np.eye(8)[3], atol=1e-15)
    assert interval.tail(4 * x**3 - 3 * x) < 1e-15
    assert interval.tail(np.cos(7 * np.arccos(x))) == pytest.approx(1.0)


CURVES = {
    "exp": (lambda u: np.exp(-u), lambda t: 1 - mpmath.exp(-t)),
    "runge": (lambda u: 1 / (1 + 25 * (u - 2) ** 2), lambda t: (mpmath.atan(5 * (t - 2)) + mpmath.atan(10)) / 5),
    "wave": (lambda u: np.cos(40 * u), lambda t: mpmath.sin(40 * t) / 40),
    "narrow": (
        lambda u: 1 / (1e-3 + (u - 2) ** 2),
        lambda t: (
            (mpmath.atan((t - 2) / mpmath.sqrt("1e-3")) + mpmath.atan(2 / mpmath.sqrt("1e-3"))) / mpmath.sqrt("1e-3")
        ),
    ),
}


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("tolerance", [1e-13, 1e-9])
def test_the_error_estimate_is_honest(name, tolerance):
    function, exact = CURVES[name]
    integral, error = cumulative_integral(function, 4.0, TARGETS, tolerance=tolerance)
    with mpmath.workdps(30):
        true = np.array([float(exact(mpmath.mpf(t))) for t in TARGETS])
    worst = np.max(np.abs(integral - true))
    scale = 4.0 * np.max(np.abs(function(np.linspace(0, 4, 4001))))
    assert worst <= (100.0 * error + 1e-14) * scale
    assert error < 1.01 * tolerance


@pytest.mark.parametrize(
    "function",
    [
        lambda u: np.where(u > 1.234, 1.0, 0.0),
        lambda u: np.where(u > 1.0, np.nan, 1.0),
        lambda u: np.abs(u - 1.234) ** 0.3,
        lambda u: np.cos(1e5 * u),
    ],
    ids=["step", "nan", "cusp", "too fast"],
)
def test_what_is_not_resolved_raises(function):
    with pytest.raises(ArithmeticError, match="^integral not resolved with 256 nodes"):
        cumulative_integral(function, 4.0, TARGETS, max_nodes=256)


def test_one_bad_curve_among_good_ones_raises():
    with pytest.raises(ArithmeticError, match="not resolved"):
        cumulative_integral(lambda u: np.stack([np.exp(u), np.sign(u - 1.2)]), 4.0, TARGETS, max_nodes=256)


def test_leading_axes_are_kept():
    rates = np.array([[0.5], [1.0], [2.0]])
    integral, _ = cumulative_integral(lambda u: np.exp(-rates * u), 4.0, TARGETS)
    np.testing.assert_allclose(integral, (1 - np.exp(-rates * TARGETS)) / rates, rtol=1e-13, atol=1e-15)
