"""Best fits of functions with known minima: values, errors, and what must be flagged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.inference.minimize import Minimize

COVARIANCE = np.array([[0.04, 0.015, 0.0], [0.015, 0.01, -0.001], [0.0, -0.001, 0.09]])
MEAN = np.array([0.3, -0.2, 1.1])


def test_a_parabola_gives_its_mean_covariance_and_minos_errors(free, parabola):
    ranges = free((-2, 2), (-2, 2), (-3, 3))
    fit = Minimize(minos=True).fit(parabola(MEAN, COVARIANCE), ranges)
    sigma = np.sqrt(np.diag(COVARIANCE))
    assert fit.chi2 == pytest.approx(3.0, abs=1e-5)
    np.testing.assert_allclose(fit.values, MEAN, rtol=0, atol=1e-3 * sigma.min())
    np.testing.assert_allclose(fit.sigma, sigma, rtol=2e-3)
    np.testing.assert_allclose(fit.covariance, COVARIANCE, rtol=5e-3, atol=2e-5)
    np.testing.assert_allclose(fit.upper, sigma, rtol=2e-3)
    np.testing.assert_allclose(fit.lower, -sigma, rtol=2e-3)
    assert fit.converged
    assert not fit.at_bound.any()
    assert not fit.is_flat.any()


@given(mean=st.floats(-0.7, 0.7), sigma=st.floats(0.01, 0.1), ref=st.floats(-0.95, 0.95))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_a_parabola_is_found_from_any_start(free, parabola, mean, sigma, ref):
    fit = Minimize().fit(parabola([mean], [[sigma**2]]), free((-1, 1, ref)))
    assert fit.values[0] == pytest.approx(mean, abs=0.01 * sigma)
    assert fit.sigma[0] == pytest.approx(sigma, rel=5e-3)
    assert fit.chi2 == pytest.approx(3.0, abs=1e-4)


def test_errors_are_not_asked_for_unless_they_are(free, parabola):
    fit = Minimize().fit(parabola([0.1], [[0.01]]), free((-1, 1)))
    assert fit.lower is None
    assert fit.upper is None


def test_logarithmic_parameters_have_errors_in_their_own_unit(free):
    # χ² = (ln x − ln 30)²/0.1²: σ = 0.1 x, and asymmetric 1σ ends at 30 exp(±0.1).
    (parameter,) = free((0.1, 1e5))
    assert parameter.is_logarithmic
    fit = Minimize(minos=True).fit(lambda v: (np.log(v[0] / 30.0) / 0.1) ** 2, [parameter])
    assert fit.values[0] == pytest.approx(30.0, rel=1e-4)
    assert fit.sigma[0] == pytest.approx(3.0, rel=1e-3)
    assert fit.covariance[0, 0] == pytest.approx(9.0, rel=2e-3)
    assert fit.upper[0] == pytest.approx(30.0 * np.expm1(0.1), rel=1e-3)
    assert fit.lower[0] == pytest.approx(30.0 * np.expm1(-0.1), rel=1e-3)


@pytest.mark.parametrize(("mean", "bound"), [(3.0, 2.0), (-7.0, -1.0)])
def test_a_minimum_beyond_the_prior_is_flagged_at_its_end(free, parabola, mean, bound):
    fit = Minimize(minos=True).fit(parabola([mean, 0.4], np.diag([0.01, 0.04])), free((-1, 2), (-1, 1)))
    assert fit.at_bound.tolist() == [True, False]
    assert fit.values[0] == bound
    assert np.isnan(fit.sigma[0])
    assert np.isnan(fit.covariance[0]).all()
    assert np.isnan(fit.covariance[:, 0]).all()
    assert np.isnan(fit.lower[0])
    assert np.isnan(fit.upper[0])
    assert fit.values[1] == pytest.approx(0.4, abs=1e-3)
    assert fit.sigma[1] == pytest.approx(0.2, rel=2e-3)
    assert fit.chi2 == pytest.approx(3.0 + ((mean - bound) / 0.1) ** 2, rel=1e-9)


def test_at_a_bound_the_others_move_to_their_conditional_minimum(free, parabola):
    covariance = np.array([[0.04, 0.03], [0.03, 0.04]])
    fit = Minimize().fit(parabola([2.5, 0.0], covariance), free((-2, 2), (-2, 2)))
    assert fit.at_bound.tolist() == [True, False]
    assert fit.values[1] == pytest.approx(0.03 / 0.04 * (2.0 - 2.5), abs=1e-3)
    assert fit.sigma[1] == pytest.approx(np.sqrt(0.04 - 0.03**2 / 0.04), rel=5e-3)


@pytest.mark.parametrize(
    ("function", "range_", "bound"),
    [
        (lambda v: 1400.0 + 60.0 / v[0], (0.1, 1e5), 1e5),
        (lambda v: 1400.0 + np.exp(-v[0]), (0.0, 5.0), 5.0),
        (lambda v: 1400.0 + v[0], (0.0, 1.0), 0.0),
        (lambda v: 1400.0 + np.log(v[0]), (1e-3, 1e3), 1e-3),
    ],
    ids=["1/x", "exp(-x)", "x", "log x"],
)
def test_a_function_without_a_minimum_is_flagged_at_a_bound(free, function, range_, bound):
    fit = Minimize().fit(function, free(range_))
    assert fit.at_bound.tolist() == [True]
    assert fit.values[0] == bound
    assert np.isnan(fit.sigma[0])


def test_a_minimum_inside_is_not_taken_for_a_bound(free, parabola):
    fit = Minimize().fit(parabola([0.96], [[0.01**2]]), free((-1, 1)))
    assert not fit.at_bound[0]
    assert fit.values[0] == pytest.approx(0.96, abs=1e-4)


def test_a_parameter_that_does_nothing_is_flat(free):
    fit = Minimize().fit(lambda v: ((v[0] - 0.2) / 0.1) ** 2, free((-1, 1), (0, 5, 3.3)))
    assert fit.is_flat.tolist() == [False, True]
    assert fit.values[1] == 3.3
    assert np.isnan(fit.sigma[1])
    assert fit.sigma[0] == pytest.approx(0.1, rel=2e-3)
    assert not fit.at_bound.any()


def test_a_constant_is_flat_everywhere(free):
    fit = Minimize().fit(lambda v: 5.0, free((-1, 1), (0, 1)))
    assert fit.is_flat.all()
    assert fit.chi2 == 5.0
    assert np.isnan(fit.sigma).all()


@pytest.mark.parametrize(
    ("function", "ranges"),
    [
        (lambda v: ((v[0] + v[1] - 0.5) / 0.1) ** 2, ((-1, 1), (-1, 1))),
        (lambda v: ((v[0] - 3 * v[1]) / 0.1) ** 2, ((-1, 1), (-1, 1))),
        (lambda v: (np.log(v[0] * v[1]) / 0.1) ** 2, ((0.01, 100), (0.01, 100))),
        (lambda v: (np.log(v[0] * v[1]) / 0.1) ** 2, ((0.1, 10), (0.1, 10))),
        (lambda v: ((v[0] * v[1] - 1) / 0.1) ** 2, ((0.5, 2), (0.5, 2))),
    ],
    ids=["x+y", "x-3y", "log xy by decades", "log xy", "xy"],
)
def test_a_degenerate_direction_is_flagged(free, function, ranges):
    fit = Minimize(minos=True).fit(function, free(*ranges))
    assert fit.is_flat.all()
    assert np.isnan(fit.sigma).all()
    assert np.isnan(fit.lower).all()
    assert fit.chi2 == pytest.approx(0.0, abs=1e-4)


def test_a_degenerate_pair_leaves_the_third_parameter_its_error(free):
    def function(v):
        return ((v[0] + v[1] - 0.5) / 0.1) ** 2 + ((v[2] - 0.3) / 0.05) ** 2

    fit = Minimize().fit(function, free((-1, 1), (-1, 1), (-1, 1)))
    assert fit.is_flat.tolist() == [True, True, False]
    assert fit.values[2] == pytest.approx(0.3, abs=1e-3)
    assert fit.sigma[2] == pytest.approx(0.05, rel=2e-3)


def test_a_third_parameter_that_goes_with_a_degenerate_pair_keeps_its_whole_error(free):
    """x + y takes up z: alone z has σ of 0.5, and 0.05 if the pair were held."""

    def function(v):
        return ((v[0] + v[1] - v[2] - 0.2) / 0.05) ** 2 + ((v[2] - 0.3) / 0.5) ** 2

    fit = Minimize(minos=True).fit(function, free((-9, 9), (-9, 9), (-9, 9)))
    assert fit.is_flat.tolist() == [True, True, False]
    assert fit.sigma[2] == pytest.approx(0.5, rel=1e-2)
    assert fit.upper[2] == pytest.approx(0.5, rel=1e-2)


def test_a_narrow_and_bent_degenerate_direction_is_flagged(free):
    """x √y alone is determined, to a ten-thousandth of the prior of x."""
    fit = Minimize().fit(lambda v: ((v[0] * v[1] ** 0.5 - 3.0) / 0.01) ** 2 + 60.0, free((0, 100, 4), (1e-2, 1e2, 1.0)))
    assert fit.is_flat.all()
    assert np.isnan(fit.sigma).all()
    assert fit.chi2 == pytest.approx(60.0, abs=1e-4)


def test_a_narrow_direction_that_is_weakly_determined_is_not_flat(free):
    def function(v):
        return ((v[0] * v[1] ** 0.5 - 3.0) / 0.01) ** 2 + (np.log(v[1]) / 2.0) ** 2

    fit = Minimize().fit(function, free((0, 100, 4), (1e-2, 1e2, 1.0)))
    assert not fit.is_flat.any()
    assert fit.values == pytest.approx([3.0, 1.0], rel=1e-2)


def test_a_valley_that_falls_to_the_end_of_a_prior_ends_at_it(free):
    """y² x is determined, and χ² falls a little with x up to its end: x is at its bound, and not flat."""

    def function(v):
        return ((v[0] ** 0.5 * v[1] - 1.0) / 0.01) ** 2 + 0.5 / v[0]

    fit = Minimize().fit(function, free((1e-2, 1e2), (0.0, 100.0, 0.5)))
    assert fit.values[0] == pytest.approx(100.0)
    assert fit.at_bound.tolist() == [True, False]
    assert not fit.is_flat.any()
    assert fit.values[1] == pytest.approx(0.1, rel=1e-2)


def test_minos_errors_belong_to_their_parameter_where_others_are_held(free):
    """x is flat and y at its bound; z and w have σ of 0.05 and 0.2."""

    def function(v):
        return 100 * (v[1] - 3.0) ** 2 + ((v[2] - 0.3) / 0.05) ** 2 + (v[3] / 0.2) ** 2

    fit = Minimize(minos=True).fit(function, free((0, 1), (0, 1), (-1, 1), (-1, 1)))
    np.testing.assert_allclose(fit.upper, [np.nan, np.nan, 0.05, 0.2], rtol=5e-3)
    np.testing.assert_allclose(fit.lower, [np.nan, np.nan, -0.05, -0.2], rtol=5e-3)


def test_a_strong_correlation_is_no_degeneracy(free, parabola):
    covariance = np.array([[0.04, 0.0396], [0.0396, 0.04]])
    fit = Minimize().fit(parabola([0.1, 0.2], covariance), free((-2, 2), (-2, 2)))
    assert not fit.is_flat.any()
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-2)


def test_every_evaluation_is_counted(free, parabola, counted):
    function = counted(parabola(MEAN, COVARIANCE))
    fit = Minimize(minos=True).fit(function, free((-2, 2), (-2, 2), (-3, 3)))
    assert fit.n_evaluations == function.calls > 20


def test_calls_stay_inside_the_prior(free):
    seen = []

    def function(v):
        seen.append(np.array(v))
        return (v[0] - 5.0) ** 2 + np.log(v[1]) ** 2

    Minimize().fit(function, free((0, 2), (0.5, 600)))
    assert np.all((np.array(seen) >= [0, 0.5]) & (np.array(seen) <= [2, 600]))


@pytest.mark.parametrize("start", [None, [0.9, 0.9], [-1.0, 1.0]])
def test_the_inner_minimum_is_the_same_without_errors(free, parabola, start):
    start = None if start is None else np.array(start)
    function = parabola([0.3, -0.2], COVARIANCE[:2, :2])
    values, chi2, valid = Minimize().minimum(function, free((-1, 1), (-1, 1)), start)
    np.testing.assert_allclose(values, [0.3, -0.2], rtol=0, atol=2e-3)
    assert chi2 == pytest.approx(3.0, abs=1e-4)
    assert valid


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"tolerance": 0.0}, "tolerance=0.0: must be > 0"),
        ({"max_calls": 0}, "max_calls=0: must be >= 1"),
    ],
)
def test_illegal_settings_are_refused(settings_, message):
    with pytest.raises(ValueError) as error:
        Minimize(**settings_)
    assert str(error.value) == message
