"""The unit cube of the priors: exact ends, even steps, in the logarithm over decades."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.inference.box import Box
from solvers.inference.parameters import Free

RANGES = [(-2.0, 2.0), (0.1, 1e5, 30.0), (0.3, 0.7), (1e-300, 1e300)]
LOGARITHMIC = [False, True, False, True]


@pytest.fixture
def box(free):
    return Box(free(*RANGES))


def test_ranges_over_more_than_two_decades_are_logarithmic(free):
    assert [parameter.is_logarithmic for parameter in free(*RANGES)] == LOGARITHMIC
    assert [parameter.is_logarithmic for parameter in free((0.1, 10.0), (0.1, 10.1), (-1, 1e5), (0, 1e5))] == [
        False,
        True,
        False,
        False,
    ]


def test_even_steps_of_the_cube_are_even_steps_or_even_factors(box):
    x = np.linspace(0.0, 1.0, 5)[:, np.newaxis] * np.ones(4)
    expected = [
        np.linspace(-2, 2, 5),
        np.geomspace(0.1, 1e5, 5),
        np.linspace(0.3, 0.7, 5),
        np.geomspace(1e-300, 1e300, 5),
    ]
    np.testing.assert_allclose(box.physical(x), np.transpose(expected), rtol=1e-12, atol=1e-15)


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e12), x=st.floats(0.0, 1.0))
@settings(derandomize=True, deadline=None)
def test_a_point_comes_back_and_no_value_leaves_its_range(low, width, x):
    parameter = Free("x", low, low + width, low + 0.5 * width, "x")
    box = Box([parameter])
    value = box.physical(np.array([x]))
    assert low <= value[0] <= low + width
    # A range that is small beside its place has fewer values.
    assert box.unit(value)[0] == pytest.approx(x, abs=1e-14 + 1e-15 * (abs(low) + width) / width)


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e12))
@settings(derandomize=True, deadline=None)
def test_faces_of_the_cube_are_the_exact_ends(low, width):
    high = low + width
    box = Box([Free("x", low, high, low, "x"), Free("y", 1e-7 * (1 + abs(low)), 1e7 * (1 + width), 1.0, "y")])
    assert box.physical(np.array([0.0, 0.0])).tolist() == [low, 1e-7 * (1 + abs(low))]
    assert box.physical(np.array([1.0, 1.0])).tolist() == [high, 1e7 * (1 + width)]


@given(st.floats(-1.0, 2.0))
@settings(derandomize=True, deadline=None)
def test_points_outside_the_cube_are_put_on_its_faces(x):
    box = Box([Free("x", -2.0, 2.0, 0.0, "x"), Free("y", 0.1, 1e5, 1.0, "y")])
    values = box.physical(np.full(2, x))
    assert np.all((values >= [-2.0, 0.1]) & (values <= [2.0, 1e5]))


def test_the_start_is_the_reference(box, free):
    np.testing.assert_allclose(box.physical(box.start), [p.ref for p in free(*RANGES)], rtol=1e-12, atol=1e-15)
    assert box.start[1] == pytest.approx(np.log(300.0) / np.log(1e6), rel=1e-14)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3), (0,)])
def test_points_may_have_any_shape_before_the_last_axis(box, shape):
    x = np.random.default_rng(1).uniform(size=(*shape, 4))
    values = box.physical(x)
    assert values.shape == box.unit(values).shape == box.scale(x).shape == (*shape, 4)
    for index in np.ndindex(shape):
        np.testing.assert_array_equal(values[index], box.physical(x[index]))
        np.testing.assert_array_equal(box.unit(values)[index], box.unit(values[index]))
        np.testing.assert_array_equal(box.scale(x)[index], box.scale(x[index]))


@pytest.mark.parametrize("x", [0.001, 0.2, 0.5, 0.97])
def test_the_scale_is_the_slope(x):
    box = Box([Free("x", -2.0, 2.0, 0.0, "x"), Free("y", 0.1, 1e5, 1.0, "y")])
    step = 1e-6
    slope = (box.physical(np.full(2, x + step)) - box.physical(np.full(2, x - step))) / (2.0 * step)
    np.testing.assert_allclose(box.scale(np.full(2, x)), slope, rtol=1e-8)


def test_the_order_of_values_is_kept(box):
    x = np.sort(np.random.default_rng(2).uniform(size=(1000, 4)), axis=0)
    assert np.all(np.diff(box.physical(x), axis=0) >= 0.0)
