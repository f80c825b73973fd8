"""The log-posterior of a problem, and split R-hat."""

import numpy as np
import pytest

from solvers.inference.posterior import log_likelihood_of, log_posterior_of, split_r_hat
from solvers.inference.prior import Prior


def test_the_log_posterior_is_prior_times_likelihood(gaussian):
    problem = gaussian([0.1, 0.2], np.diag([0.04, 0.01]), (-1, 1), (0, 4))
    points = np.array([[0.1, 0.2], [0.3, 0.2], [0.1, 0.5]])
    expected = -0.5 * np.array([0.0, 1.0, 9.0])
    np.testing.assert_allclose(log_likelihood_of(problem)(points), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(log_posterior_of(problem)(points), expected - np.log(2.0 * 4.0), rtol=1e-12)


def test_the_likelihood_is_not_asked_outside_the_prior(gaussian):
    problem = gaussian([0.0], [[1.0]], (-1, 1))
    found = log_posterior_of(problem)(np.array([[2.0], [0.0], [-1.5], [np.nan]]))
    assert problem.n_evaluations == 1
    np.testing.assert_array_equal(np.isfinite(found), [False, True, False, False])
    assert np.all(log_posterior_of(problem)(np.array([[3.0]])) == -np.inf)
    assert problem.n_evaluations == 1


def test_a_model_that_does_not_exist_has_no_probability(toy, free):
    problem = toy(free((-1, 1)), lambda points: np.where(points[..., 0] < 0, np.inf, 0.0))
    np.testing.assert_array_equal(log_posterior_of(problem)(np.array([[-0.5], [0.5]])), [-np.inf, -np.log(2.0)])


def test_r_hat_of_equal_chains_is_that_of_independent_draws():
    draws = np.random.default_rng(0).normal(size=(16, 2000, 3))
    assert split_r_hat(draws) == pytest.approx(1.0, abs=2e-3)
    assert split_r_hat(draws + np.arange(3)) == pytest.approx(split_r_hat(draws), rel=1e-12)


def test_r_hat_is_its_definition():
    chains = np.array([[1.0, 2.0, 4.0, 3.0], [2.0, 5.0, 3.0, 7.0]])
    halves = np.array([[1.0, 2.0], [4.0, 3.0], [2.0, 5.0], [3.0, 7.0]])
    within, means = halves.var(axis=1, ddof=1).mean(), halves.mean(axis=1)
    pooled = 0.5 * within + np.sum((means - means.mean()) ** 2) / 3.0
    assert split_r_hat(chains[..., np.newaxis]) == pytest.approx(np.sqrt(pooled / within), rel=1e-12)


def test_r_hat_sees_chains_apart_and_chains_that_drift():
    draws = np.random.default_rng(1).normal(size=(8, 1000, 2))
    apart, drifting = draws.copy(), draws.copy()
    apart[0, :, 1] += 3.0
    drifting[:, :, 0] += np.linspace(0.0, 3.0, 1000)
    assert split_r_hat(apart) > 1.2
    assert split_r_hat(drifting) > 1.2


@pytest.mark.parametrize("shape", [(8, 3, 1), (8, 0, 2)])
def test_r_hat_of_too_few_draws_is_unknown(shape):
    assert np.isnan(split_r_hat(np.zeros(shape)))


def test_r_hat_of_chains_that_never_moved_is_unknown():
    draws = np.random.default_rng(2).normal(size=(4, 100, 2))
    draws[..., 1] = 0.5
    assert np.isnan(split_r_hat(draws))


def test_priors_reach_the_posterior_by_name(gaussian, free):
    problem = gaussian([0.0, 0.0], np.eye(2), (-1, 1), (1e-3, 10))
    assert Prior(problem.space.free).names == problem.space.names == ("x", "y")
