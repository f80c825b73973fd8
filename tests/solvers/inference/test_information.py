"""Information criteria: closed forms, and the properties of weights."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.inference.information import aic, akaike_weights, bic

VALUES = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8)


def test_criteria_are_chi2_plus_their_penalty():
    assert aic(1402.9, 2) == pytest.approx(1406.9, rel=1e-15)
    assert bic(1402.9, 2, 1590) == pytest.approx(1402.9 + 2 * math.log(1590), rel=1e-15)
    assert bic(1402.9, 2, math.e**2) == pytest.approx(aic(1402.9, 2), rel=1e-15)
    np.testing.assert_allclose(aic(np.array([1.0, 2.0]), np.array([0, 3])), [1.0, 8.0])


def test_two_units_of_aic_are_a_factor_e():
    first, second = akaike_weights([10.0, 12.0])
    assert first / second == pytest.approx(math.e, rel=1e-14)


@given(values=VALUES, shift=st.floats(-1e4, 1e4))
@settings(deadline=None, derandomize=True)
def test_weights_add_up_to_one_and_do_not_see_a_shift(values, shift):
    weights = akaike_weights(values)
    assert np.sum(weights) == pytest.approx(1.0, rel=1e-12)
    assert np.all((weights >= 0) & (weights <= 1))
    assert weights[int(np.argmin(values))] == np.max(weights)
    np.testing.assert_allclose(akaike_weights(np.array(values) + shift), weights, rtol=1e-9, atol=1e-12)


@given(values=VALUES, bad=st.sampled_from([math.nan, math.inf]))
@settings(deadline=None, derandomize=True)
def test_models_without_a_value_get_no_weight(values, bad):
    weights = akaike_weights([bad, *values, bad])
    assert weights[0] == weights[-1] == 0.0
    np.testing.assert_allclose(weights[1:-1], akaike_weights(values), rtol=1e-14)


def test_weights_are_taken_along_the_axis_of_the_models():
    values = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, 2.0]])
    weights = akaike_weights(values, axis=0)
    np.testing.assert_allclose(np.sum(weights, axis=0), np.ones(3), rtol=1e-14)
    np.testing.assert_allclose(weights[:, 1], [0.5, 0.5], rtol=1e-14)
    assert weights[0, 2] == 0.0
    np.testing.assert_allclose(akaike_weights(values.T, axis=1), weights.T, rtol=1e-14)
