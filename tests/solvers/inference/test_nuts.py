"""NUTS: known posteriors, when it says that it has converged, and that a seed gives bits."""

import sys

import numpy as np
import pytest

from solvers.errors import InvalidInput
from solvers.extras import of_extra
from solvers.inference.nuts_sampler import Nuts
from solvers.inference.posterior import split_r_hat

pytest.importorskip("numpyro")

QUICK = Nuts(n_chains=4, n_warmup=300, n_draws=500, target_accept=0.8)


class Normal:
    """A correlated normal density, and how it may go wrong."""

    n_coordinates = 2
    mean = np.array([1.0, -2.0])
    covariance = np.array([[4.0, 0.9], [0.9, 0.25]])

    def log_density(self, x):
        away = x - self.mean
        return -0.5 * away @ np.linalg.inv(self.covariance) @ away

    def start(self, rng, n_chains):
        return rng.normal(size=(n_chains, 2))


class Funnel(Normal):
    """Neal's funnel in centred form, in which NUTS is known to diverge."""

    n_coordinates = 9

    def log_density(self, x):
        import jax.numpy as jnp

        return -0.5 * (x[0] / 3.0) ** 2 - 4.0 * x[0] - 0.5 * jnp.sum(x[1:] ** 2) * jnp.exp(-x[0])

    def start(self, rng, n_chains):
        return rng.normal(size=(n_chains, 9))


class Nowhere(Normal):
    def log_density(self, x):
        return -0.5 * x @ x - np.inf


@pytest.fixture(scope="module")
def drawn():
    return QUICK.sample(Normal(), np.random.default_rng(1))


def test_a_normal_density_is_found(drawn):
    assert drawn.coordinates.shape == (4, 500, 2)
    flat = drawn.coordinates.reshape(-1, 2)
    n_eff = drawn.diagnostics["effective_samples"]
    sd = np.sqrt(np.diag(Normal.covariance))
    assert np.all(np.abs(flat.mean(axis=0) - Normal.mean) < 5.0 * sd / np.sqrt(n_eff))
    assert np.all(np.abs(flat.std(axis=0) / sd - 1.0) < 5.0 / np.sqrt(2.0 * n_eff))
    assert np.corrcoef(flat.T)[0, 1] == pytest.approx(0.9, abs=0.03)


def test_what_comes_with_the_draws(drawn):
    found = drawn.diagnostics
    assert found["r_hat"] == split_r_hat(drawn.coordinates)
    assert found["n_divergences"] == 0.0
    assert 200.0 < found["effective_samples"] <= 3.0 * 2000.0
    assert found["n_steps"] == 800.0
    assert found["n_evaluations"] >= 2000.0
    assert found["acceptance"] == pytest.approx(0.8, abs=0.15)
    assert drawn.converged == (found["r_hat"] < 1.01)


def test_the_same_seed_gives_the_same_bits_and_progress_is_told(drawn):
    told = []
    again = QUICK.sample(Normal(), np.random.default_rng(1), lambda done, total: told.append((done, total)))
    np.testing.assert_array_equal(again.coordinates, drawn.coordinates)
    assert again.diagnostics == drawn.diagnostics
    assert told[0] == (50, 800)
    assert told[-1] == (800, 800)
    other = QUICK.sample(Normal(), np.random.default_rng(2))
    assert not np.array_equal(other.coordinates, drawn.coordinates)


def test_divergences_are_counted_and_prevent_convergence():
    found = Nuts(n_chains=2, n_warmup=100, n_draws=200, target_accept=0.8).sample(Funnel(), np.random.default_rng(3))
    assert found.diagnostics["n_divergences"] > 0
    assert not found.converged


def test_a_density_that_is_zero_everywhere_is_refused():
    with pytest.raises(InvalidInput, match="0 or not finite where a chain starts"):
        QUICK.sample(Nowhere(), np.random.default_rng(1))


@pytest.mark.parametrize(
    "wrong", [{"target_accept": 1.0}, {"n_chains": 1}, {"n_warmup": 9}, {"n_draws": 0}, {"max_depth": 0}]
)
def test_illegal_numbers(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name}={wrong[name]}"):
        Nuts(**wrong)


def test_a_missing_extra_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpyro", None)
    monkeypatch.setitem(sys.modules, "numpyro.infer", None)
    with pytest.raises(InvalidInput, match=r'numpyro .*pip install -e "\.\[nuts\]"') as told:
        of_extra("numpyro.infer", "nuts")
    assert "\n" not in str(told.value)
