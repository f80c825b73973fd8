"""A best fit beside a sample: where a draw is lower than the minimum that was found, the fit starts again there."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from sims.fitting import fit_model
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import Free, ParameterSpace
from solvers.inference.posterior import Posterior


@dataclass
class TwoValleys:
    """χ² with a valley of 40 at x = 2, where the fit starts, and one of 10 at x = 8."""

    reference: float = 2.0
    fixed: dict = field(default_factory=dict)
    n_data, n_analytic = 20, 0

    @property
    def space(self):
        return ParameterSpace(self.fixed, (Free("x", 0.0, 10.0, self.reference, "x"),))

    def chi2(self, *, x):
        x = np.asarray(x, dtype=float)
        return np.minimum(40.0 + 25.0 * (x - 2.0) ** 2, 10.0 + 25.0 * (x - 8.0) ** 2)

    def function(self, names):
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))


@dataclass
class Drawn:
    """A sampler that has drawn these points."""

    points: tuple
    minimize: Minimize = field(default_factory=Minimize)

    def sample(self, problem, fit, rng, checkpoint=None, report=None):
        x = np.array(self.points, dtype=float).reshape(2, -1)
        diagnostics = {"n_evaluations": float(x.size)}
        return Posterior(
            ("x",), x[..., np.newaxis], -0.5 * problem.chi2(x=x), np.full(x.shape, -np.log(10.0)), True, diagnostics
        )


def fit(inference, problem=None):
    return fit_model("valleys", problem or TwoValleys(), inference, {}, {})


def test_the_minimiser_alone_ends_in_the_wrong_valley():
    assert fit(Minimize()).theta["x"] == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize("points", [(1.9, 2.1, 7.6, 2.0), (8.3, 2.0, 7.9, 7.0)])
def test_draws_in_a_lower_valley_lead_there(points):
    answer = fit(Drawn(points))
    assert answer.theta["x"] == pytest.approx(8.0, abs=1e-3)
    assert answer.variables["chi2"].item() == pytest.approx(10.0, abs=1e-4)
    assert answer.variables["best_fit"].item() == answer.theta["x"]
    assert answer.variables["sigma"].item() == pytest.approx(0.2, rel=1e-3)
    assert bool(answer.variables["converged"])
    (value,) = answer.variables["parameter_value"].values
    assert value == answer.theta["x"]


def test_a_fit_in_the_right_valley_stays_to_the_last_bit():
    alone = fit(Minimize(), TwoValleys(reference=7.0))
    beside = fit(Drawn((2.0, 1.5, 7.5, 8.2)), TwoValleys(reference=7.0))
    assert alone.theta == beside.theta
    assert alone.variables["chi2"].item() == beside.variables["chi2"].item()


def test_draws_that_are_no_better_than_the_fit_change_nothing():
    assert fit(Drawn((1.0, 2.0, 3.0, 2.5))).theta == fit(Minimize()).theta
