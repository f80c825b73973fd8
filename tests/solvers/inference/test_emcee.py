"""Chains of emcee: known posteriors, when they stop, and that a killed run goes on with the same bits."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from solvers.errors import InvalidInput
from solvers.inference.emcee_sampler import Emcee
from solvers.inference.parameters import Free

emcee = pytest.importorskip("emcee")

ROOT = Path(__file__).resolve().parents[3]
QUICK = Emcee(n_walkers=16, block=100, r_hat=1.1, n_autocorrelation=20.0)
MEAN, COVARIANCE = np.array([0.3, -0.5]), np.array([[0.04, 0.024], [0.024, 0.03]])


def _sample(problem, sampler=QUICK, seed=1, **options):
    return sampler.sample(problem, problem.fit(), np.random.default_rng(seed), **options)


def _assert_moments(posterior, mean, sd):
    """Mean and sd within five of their own errors."""
    draws = posterior.samples.reshape(-1, posterior.samples.shape[-1])
    n_eff = posterior.diagnostics["effective_samples"]
    assert np.all(np.abs(draws.mean(axis=0) - mean) < 5.0 * np.asarray(sd) / np.sqrt(n_eff))
    assert np.all(np.abs(draws.std(axis=0) / sd - 1.0) < 5.0 / np.sqrt(2.0 * n_eff))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_gaussian_is_found(gaussian, n):
    mean = np.array([0.3, -0.5, 1.1])[:n]
    covariance = np.array([[0.04, 0.024, 0.0], [0.024, 0.03, -0.01], [0.0, -0.01, 0.09]])[:n, :n]
    posterior = _sample(gaussian(mean, covariance, *[(-3, 3)] * n))
    assert posterior.converged
    assert posterior.names == tuple("xyz"[:n])
    _assert_moments(posterior, mean, np.sqrt(np.diag(covariance)))
    if n > 1:
        found = np.corrcoef(posterior.samples.reshape(-1, n).T)[0, 1]
        assert found == pytest.approx(0.024 / np.sqrt(0.04 * 0.03), abs=0.1)


def test_what_comes_with_the_draws(gaussian):
    problem = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2))
    posterior = _sample(problem)
    assert posterior.samples.shape[::2] == (16, 2)
    assert posterior.log_likelihood.shape == posterior.log_prior.shape == posterior.samples.shape[:2]
    chi2 = problem.chi2(x=posterior.samples[..., 0], y=posterior.samples[..., 1])
    np.testing.assert_allclose(posterior.log_likelihood, -0.5 * chi2, atol=1e-10)
    np.testing.assert_allclose(posterior.log_prior, -np.log(6.0 * 4.0), rtol=1e-12)
    assert np.isnan(posterior.log_evidence)
    found = posterior.diagnostics
    assert found["n_steps"] % 100 == 0
    assert found["n_evaluations"] == 16 * (found["n_steps"] + 1)
    assert found["autocorrelation_time"] * 20 < found["n_steps"]
    assert 0.4 < found["acceptance"] < 0.9
    assert posterior.samples.shape[1] == found["n_steps"] - int(2 * found["autocorrelation_time"])


@pytest.mark.parametrize(("mean", "sigma"), [(1.2, 0.4), (0.5, 0.3)])
def test_a_gaussian_cut_by_its_prior(gaussian, mean, sigma):
    posterior = _sample(gaussian([mean], [[sigma**2]], (-1, 1)))
    oracle = stats.truncnorm((-1 - mean) / sigma, (1 - mean) / sigma, mean, sigma)
    _assert_moments(posterior, oracle.mean(), oracle.std())
    assert posterior.samples.max() <= 1.0


def test_a_loguniform_prior(toy):
    problem = toy([Free("x", 1e-2, 1e4, 3.0, "x", "loguniform")], lambda p: (np.log(p[..., 0] / 3.0) / 0.3) ** 2)
    posterior = _sample(problem)
    _assert_moments(replace(posterior, samples=np.log(posterior.samples)), np.log(3.0), 0.3)


def test_a_normal_prior(gaussian):
    parameter = Free("x", -4.0, 4.0, 0.0, "x", "norm", 0.0, 0.5)
    posterior = _sample(gaussian([0.6], [[0.16]], parameters=[parameter]))
    variance = 1.0 / (1.0 / 0.25 + 1.0 / 0.16)
    _assert_moments(posterior, variance * 0.6 / 0.16, np.sqrt(variance))


def test_a_model_that_does_not_exist_in_part_of_the_prior(toy, free):
    def chi2(points):
        return np.where(points[..., 0] < 0, np.inf, (points[..., 0] / 0.3) ** 2)

    problem = toy(free((-2, 2, 0.5)), chi2)
    posterior = _sample(problem)
    assert np.isfinite(posterior.log_likelihood).all()
    _assert_moments(posterior, 0.3 * stats.halfnorm.mean(), 0.3 * stats.halfnorm.std())


def test_a_model_that_exists_nowhere_is_refused(gaussian):
    problem = gaussian([0.0], [[1.0]], (-1, 1))
    nowhere = type(problem)(problem.space.free, lambda points: np.full(points.shape[:-1], np.inf))
    with pytest.raises(InvalidInput, match="too few points of the prior"):
        QUICK.sample(nowhere, problem.fit(), np.random.default_rng(0))


def _start(problem, fit):
    return Emcee()._start((32, len(fit.values)), problem, fit, np.random.default_rng(0)).coords


def test_walkers_start_around_the_best_fit_inside_the_prior(gaussian):
    problem = gaussian([0.95, 0.0], np.diag([0.01, 1e-4]), (-1, 1), (-1, 1))
    fit = problem.fit()
    start = _start(problem, fit)
    assert np.all(np.abs(start) <= 1.0)
    assert np.all(np.abs(start - fit.values) < 5 * fit.sigma)


def test_a_parameter_at_a_bound_or_flat_starts_from_its_prior(toy, free):
    problem = toy(free((0, 1), (-1, 1), (-1, 1)), lambda p: 9.0 * p[..., 0] + (p[..., 1] / 0.01) ** 2)
    fit = problem.fit()
    start = _start(problem, fit)
    np.testing.assert_array_equal(np.isnan(fit.sigma), [True, False, True])
    assert np.all(start.std(axis=0)[[0, 2]] > [0.2, 0.4])
    assert np.all(np.abs(start[:, 1]) < 0.06)


def test_a_bound_and_a_flat_direction_are_sampled(toy, free):
    problem = toy(free((0, 1), (-1, 1)), lambda p: 18.0 * p[..., 0])
    posterior = _sample(problem)
    # The marginals are exponential, cut at 1, and uniform.
    cut = stats.truncexpon(9.0, scale=1.0 / 9.0)
    _assert_moments(posterior, [cut.mean(), 0.0], [cut.std(), 1.0 / np.sqrt(3.0)])


def test_a_chain_stops_where_its_criteria_are_met(gaussian):
    problem = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2))
    loose, strict = _sample(problem), _sample(problem, replace(QUICK, r_hat=1.02, n_autocorrelation=50.0))
    for posterior, r_hat, length in ((loose, 1.1, 20.0), (strict, 1.02, 50.0)):
        assert posterior.converged
        assert posterior.diagnostics["r_hat"] < r_hat
        assert posterior.diagnostics["n_steps"] > length * posterior.diagnostics["autocorrelation_time"]
    assert strict.diagnostics["n_steps"] > loose.diagnostics["n_steps"]


@pytest.mark.parametrize("max_steps", [1, 3, 130])
def test_a_chain_that_hits_its_limit_is_not_converged(gaussian, max_steps):
    problem, told = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), []
    posterior = _sample(problem, replace(QUICK, max_steps=max_steps), report=lambda *done: told.append(done))
    assert not posterior.converged
    assert posterior.diagnostics["n_steps"] == max_steps
    assert posterior.samples.shape[1] >= max_steps / 2
    assert told[-1] == (max_steps, max_steps)


def test_more_walkers_are_taken_where_parameters_ask_for_them(gaussian):
    problem = gaussian(np.zeros(3), np.eye(3), *[(-5, 5)] * 3)
    assert _sample(problem, replace(QUICK, n_walkers=4, max_steps=20)).samples.shape[0] == 8


def _same(first, second):
    for name in ("samples", "log_likelihood", "log_prior"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.diagnostics == second.diagnostics
    assert first.converged == second.converged


def test_the_same_seed_gives_the_same_bits(gaussian, tmp_path):
    problem = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2))
    first = _sample(problem)
    np.random.seed(5)  # noqa: NPY002  (the state that emcee must not look at)
    _same(first, _sample(problem, checkpoint=tmp_path / "deep" / "chain.h5"))
    assert not np.array_equal(first.samples, _sample(problem, seed=2).samples)


class Killed(Exception):
    """Stands for the end of a process."""


def _stop_after(blocks):
    told = []

    def report(*done):
        told.append(done)
        if len(told) == blocks:
            raise Killed

    return report


@pytest.mark.parametrize("blocks", [1, 3, (2, 1, 1)])
def test_a_resumed_chain_has_the_same_bits_and_stops_at_the_same_step(gaussian, tmp_path, blocks):
    problem, path = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), tmp_path / "chain.h5"
    whole = _sample(problem)
    for n in np.atleast_1d(blocks):
        with pytest.raises(Killed):
            _sample(problem, checkpoint=path, report=_stop_after(n))
    problem.n_evaluations = 0
    resumed = _sample(problem, checkpoint=path)
    _same(whole, resumed)
    assert resumed.converged
    assert [entry.name for entry in tmp_path.iterdir()] == ["chain.h5"]


def test_a_chain_that_had_converged_is_not_continued(gaussian, tmp_path):
    problem, path = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), tmp_path / "chain.h5"
    whole, told = _sample(problem, checkpoint=path), []
    _same(whole, _sample(problem, checkpoint=path, report=lambda *done: told.append(done)))
    assert told == []


def test_a_chain_may_be_given_more_steps(gaussian, tmp_path):
    problem, path = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), tmp_path / "chain.h5"
    short = _sample(problem, replace(QUICK, max_steps=130), checkpoint=path)
    assert not short.converged
    _same(_sample(problem), _sample(problem, checkpoint=path))


def test_a_checkpoint_is_a_file_of_emcee(gaussian, tmp_path):
    path = tmp_path / "chain.h5"
    posterior = _sample(gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), checkpoint=path)
    backend = emcee.backends.HDFBackend(str(path), read_only=True)
    assert backend.iteration == posterior.diagnostics["n_steps"]
    n_draws = posterior.samples.shape[1]
    np.testing.assert_array_equal(np.swapaxes(backend.get_chain()[-n_draws:], 0, 1), posterior.samples)
    assert np.mean(backend.accepted) / backend.iteration == posterior.diagnostics["acceptance"]


def test_what_a_killed_process_left_beside_the_checkpoint_does_not_matter(gaussian, tmp_path):
    problem, path = gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), tmp_path / "chain.h5"
    with pytest.raises(Killed):
        _sample(problem, checkpoint=path, report=_stop_after(2))
    (tmp_path / "chain.writing.h5").write_bytes(path.read_bytes()[:1000])
    _same(_sample(problem), _sample(problem, checkpoint=path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["chain.h5"]


def test_a_file_that_is_no_chain_is_refused_and_kept(gaussian, tmp_path):
    path = tmp_path / "chain.h5"
    path.write_bytes(b"not HDF5")
    with pytest.raises(InvalidInput, match=r"chain.h5: holds no chain of emcee; remove it"):
        _sample(gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), checkpoint=path)
    assert path.read_bytes() == b"not HDF5"


def test_the_chain_of_another_problem_is_refused(gaussian, tmp_path):
    path, limited = tmp_path / "chain.h5", replace(QUICK, max_steps=100)
    _sample(gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), limited, checkpoint=path)
    others = {
        "other data": (gaussian(MEAN + 0.01, COVARIANCE, (-3, 3), (-2, 2)), limited),
        "another prior": (gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 3)), limited),
        "other parameters": (gaussian([0.3], [[0.04]], (-3, 3)), limited),
        "other walkers": (gaussian(MEAN, COVARIANCE, (-3, 3), (-2, 2)), replace(limited, n_walkers=20)),
    }
    for problem, sampler in others.values():
        with pytest.raises(InvalidInput, match=r"is the chain of another problem; remove it"):
            _sample(problem, sampler, checkpoint=path)


SCRIPT = """
import hashlib, os, signal, sys
from pathlib import Path
import numpy as np
from solvers.inference import checkpoint as files
from solvers.inference.emcee_sampler import Emcee
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import Free, ParameterSpace

kind, number = sys.argv[2], int(sys.argv[3])
state = {"evaluations": 0, "files": 0}

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Problem:
    n_data, n_analytic = 10, 0
    space = ParameterSpace({}, (Free("x", -1, 1, 0.0, "x"), Free("y", -1, 1, 0.0, "y")))
    def chi2(self, x, y):
        state["evaluations"] += np.size(x)
        if kind == "block" and state["evaluations"] > number:
            die()
        return ((x - 0.1) / 0.2) ** 2 + ((y - 0.5 * x) / 0.1) ** 2
    def function(self, names):
        return lambda values: float(self.chi2(*values))

replace = os.replace
def dying(source, target):
    state["files"] += 1
    if kind == "replace" and state["files"] == number:
        die()
    replace(source, target)
    if kind == "replaced" and state["files"] == number:
        die()
os.replace = dying

write_bytes = Path.write_bytes
def half(path, content):
    if kind == "half" and state["files"] + 1 == number:
        write_bytes(path, content[: len(content) // 2])
        die()
    return write_bytes(path, content)
Path.write_bytes = half

problem = Problem()
fit = Minimize().fit(problem.function("xy"), problem.space.free)
sampler = Emcee(n_walkers=16, block=100, r_hat=1.1, n_autocorrelation=20.0)
found = sampler.sample(problem, fit, np.random.default_rng(3), Path(sys.argv[1]))
parts = (found.samples, found.log_likelihood, found.log_prior)
digest = hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()
print(digest, found.diagnostics, found.converged)
"""


def _run(path, kind="whole", number=0):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT, str(path), kind, str(number)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_chain_that_is_killed_at_any_moment_resumes_with_the_same_bits(tmp_path):
    whole = _run(tmp_path / "whole.h5")
    assert whole.returncode == 0, whole.stderr
    moments = {"block": 5000, "half": 3, "replace": 2, "replaced": 2}
    for kind, number in moments.items():
        path = tmp_path / kind / "chain.h5"
        killed = _run(path, kind, number)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert emcee.backends.HDFBackend(str(path), read_only=True).iteration in (100, 200, 300)
        resumed = _run(path)
        assert resumed.stdout == whole.stdout, kind
        assert [entry.name for entry in path.parent.iterdir()] == ["chain.h5"]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("n_walkers", 2, "n_walkers=2: must be even and >= 4"),
        ("n_walkers", 7, "n_walkers=7: must be even"),
        ("block", 0, "block=0: must be >= 1"),
        ("max_steps", 0, "max_steps=0: must be >= 1"),
        ("r_hat", 1.0, "r_hat=1.0: must be > 1"),
        ("r_hat", float("nan"), "r_hat=nan: must be > 1"),
        ("n_autocorrelation", 0.0, "n_autocorrelation=0.0: must be > 0"),
    ],
)
def test_numbers_out_of_range_are_refused(field, value, expected):
    with pytest.raises(ValueError, match=expected):
        Emcee(**{field: value})
