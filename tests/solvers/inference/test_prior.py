"""Priors against scipy.stats: densities, quantiles, normalisation."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from solvers.inference.parameters import POSITIVE, REAL, Free, Interval, parse_parameters
from solvers.inference.prior import Prior


def _norm(low, high, loc, scale):
    return Free("x", low, high, 0.5 * (low + high), "x", "norm", loc, scale)


def _truncnorm(p):
    return stats.truncnorm((p.low - p.loc) / p.scale, (p.high - p.loc) / p.scale, p.loc, p.scale)


UNIFORM, LOGUNIFORM = Free("x", -2.0, 5.0, 0.0, "x"), Free("x", 1e-3, 20.0, 1.0, "x", "loguniform")
CASES = {
    "uniform": (UNIFORM, stats.uniform(-2.0, 7.0)),
    "loguniform": (LOGUNIFORM, stats.loguniform(1e-3, 20.0)),
    "narrow loguniform": (replace(LOGUNIFORM, low=2.0, high=3.0), stats.loguniform(2.0, 3.0)),
} | {
    name: (parameter, _truncnorm(parameter))
    for name, parameter in {
        "norm": _norm(-8.0, 8.0, 0.0, 1.0),
        "norm, cut on one side": _norm(0.0, 12.0, 1.0, 2.0),
        "norm, centre at its lower end": _norm(0.0, 8.0, 0.0, 1.0),
        "norm, centre at its upper end": _norm(-8.0, 0.0, 0.0, 1.0),
        "norm, the upper tail": _norm(5.0, 9.0, 0.0, 1.0),
        "norm, the lower tail": _norm(-9.0, -5.0, 0.0, 1.0),
        "norm, narrow": _norm(66.0, 74.0, 70.0, 3.0),
    }.items()
}


@pytest.mark.parametrize("name", CASES)
def test_a_density_is_that_of_scipy_and_nothing_outside(name):
    parameter, oracle = CASES[name]
    inside = np.linspace(parameter.low, parameter.high, 41)
    outside = np.array([parameter.low - 1e-9, parameter.high + 1e-9, -1e300, 1e300, math.nan, math.inf])
    prior = Prior([parameter])
    np.testing.assert_allclose(prior.log_density(inside[:, np.newaxis]), oracle.logpdf(inside), rtol=1e-10, atol=1e-12)
    assert np.all(prior.log_density(outside[:, np.newaxis]) == -np.inf)


@pytest.mark.parametrize("name", CASES)
def test_a_density_integrates_to_one(name):
    parameter, _ = CASES[name]
    points = np.linspace(parameter.low, parameter.high, 9)
    density = Prior([parameter]).log_density
    parts = [integrate.quad(lambda x: math.exp(density(np.array([[x]]))[0]), *ends) for ends in pairwise(points)]
    assert sum(part[0] for part in parts) == pytest.approx(1.0, rel=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_the_map_from_the_unit_cube_is_the_quantile_function(name):
    parameter, oracle = CASES[name]
    unit = np.concatenate([[0.0, 1e-12, 1e-6], np.linspace(0.01, 0.99, 31), [1.0 - 1e-6, 1.0 - 1e-12, 1.0]])
    values = Prior([parameter]).from_unit_cube(unit[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(values, oracle.ppf(unit), rtol=1e-7, atol=1e-9)
    assert (values[0], values[-1]) == pytest.approx((parameter.low, parameter.high), rel=1e-12)
    assert np.all(np.diff(values) >= 0)


@given(unit=st.floats(0.0, 1.0), name=st.sampled_from(sorted(CASES)))
@settings(deadline=None, derandomize=True)
def test_every_point_of_the_cube_is_inside_the_prior(unit, name):
    prior = Prior([CASES[name][0]])
    assert np.isfinite(prior.log_density(prior.from_unit_cube(np.array([[unit]]))))


def test_parameters_are_independent():
    parameters = [parameter for parameter, _ in CASES.values()]
    prior, rng = Prior(parameters), np.random.default_rng(0)
    points = prior.from_unit_cube(rng.uniform(size=(20, len(parameters))))
    separate = [Prior([p]).log_density(points[:, [i]]) for i, p in enumerate(parameters)]
    np.testing.assert_allclose(prior.log_density(points), np.sum(separate, axis=0), rtol=1e-14)
    points[3, 2] = -1e9
    assert prior.log_density(points)[3] == -np.inf
    assert prior.names == ("x",) * len(parameters)


@pytest.mark.parametrize("legal", [REAL, POSITIVE, Interval(high=1.0), Interval(0.0, 1.0)], ids=str)
def test_a_normal_prior_from_the_configuration_is_normalised_over_what_is_legal(legal):
    space = parse_parameters({"x": {"prior": {"dist": "norm", "loc": 1.0, "scale": 0.5}}}, {"x": legal}, {})
    (parameter,) = space.free
    assert (parameter.low in legal, parameter.high in legal) == (True, True)
    x = np.linspace(parameter.low, parameter.high, 20_001)
    assert np.trapezoid(np.exp(Prior([parameter]).log_density(x[:, np.newaxis])), x) == pytest.approx(1.0, rel=1e-6)
