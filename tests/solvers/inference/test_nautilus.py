"""Evidences and posteriors of nautilus against closed forms, and that a killed run goes on with the same bits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from solvers.errors import InvalidInput
from solvers.inference.nautilus_sampler import Nautilus
from solvers.inference.parameters import Free

pytest.importorskip("nautilus")

QUICK = Nautilus(n_live=200, n_eff=1000.0)
BOX = ((-2, 2), (-3, 2), (-2, 4))
MEAN = np.array([0.3, -0.5, 1.1])
COVARIANCE = np.array([[0.04, 0.024, 0.0], [0.024, 0.03, -0.01], [0.0, -0.01, 0.09]])


def _sample(problem, sampler=QUICK, seed=1, **options):
    return sampler.sample(problem, problem.fit(), np.random.default_rng(seed), **options)


def _assert_known(posterior, mean, sd, log_evidence):
    """Evidence within four of its errors, mean and sd within five of theirs."""
    assert posterior.converged
    assert posterior.log_evidence == pytest.approx(log_evidence, abs=4.0 * posterior.log_evidence_error)
    weight, points = np.exp(posterior.weighted["log_weight"]), posterior.weighted["samples"]
    drawn = posterior.samples[0]
    for found_mean, found_sd, n in (
        (
            weight @ points,
            np.sqrt(weight @ (points - weight @ points) ** 2),
            posterior.diagnostics["effective_samples"],
        ),
        (drawn.mean(axis=0), drawn.std(axis=0), len(drawn) / 2),
    ):
        assert np.all(np.abs(found_mean - mean) < 5.0 * np.asarray(sd) / np.sqrt(n))
        assert np.all(np.abs(found_sd / sd - 1.0) < 5.0 / np.sqrt(n))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_gaussian_is_found_with_its_evidence(gaussian, gaussian_log_evidence, n):
    mean, covariance = MEAN[:n], COVARIANCE[:n, :n]
    posterior = _sample(gaussian(mean, covariance, *BOX[:n]))
    _assert_known(posterior, mean, np.sqrt(np.diag(covariance)), gaussian_log_evidence(covariance, *BOX[:n]))
    assert posterior.names == tuple("xyz"[:n])
    assert posterior.weighted["samples"].shape[1] == posterior.samples.shape[2] == n


def test_neural_networks_change_the_bounds_and_not_the_answer(gaussian, gaussian_log_evidence):
    covariance = COVARIANCE[:2, :2]
    posterior = _sample(gaussian(MEAN[:2], covariance, *BOX[:2]), replace(QUICK, n_networks=1))
    _assert_known(posterior, MEAN[:2], np.sqrt(np.diag(covariance)), gaussian_log_evidence(covariance, *BOX[:2]))


@pytest.mark.parametrize(("mean", "sigma"), [(1.2, 0.4), (0.0, 5.0)])
def test_a_gaussian_cut_by_its_prior(gaussian, mean, sigma):
    posterior = _sample(gaussian([mean], [[sigma**2]], (-1, 1)))
    oracle = stats.truncnorm((-1 - mean) / sigma, (1 - mean) / sigma, mean, sigma)
    mass = np.diff(stats.norm(mean, sigma).cdf([-1.0, 1.0]))[0]
    _assert_known(posterior, oracle.mean(), oracle.std(), np.log(np.sqrt(2 * np.pi) * sigma * mass / 2.0))


def test_a_loguniform_prior(toy):
    problem = toy([Free("x", 0.1, 1e5, 30.0, "x", "loguniform")], lambda p: (np.log(p[..., 0] / 30.0) / 0.3) ** 2)
    oracle = stats.lognorm(0.3, scale=30.0)
    _assert_known(_sample(problem), oracle.mean(), oracle.std(), np.log(0.3 * np.sqrt(2 * np.pi) / np.log(1e6)))


def test_a_normal_prior(gaussian):
    parameter = Free("x", -4.0, 4.0, 0.0, "x", "norm", 0.0, 0.5)
    posterior = _sample(gaussian([0.6], [[0.16]], parameters=[parameter]))
    variance = 1.0 / (1.0 / 0.25 + 1.0 / 0.16)
    expected = stats.norm(0.6, np.hypot(0.4, 0.5)).logpdf(0.0) + np.log(np.sqrt(2 * np.pi) * 0.4)
    _assert_known(posterior, variance * 0.6 / 0.16, np.sqrt(variance), expected)


def test_a_model_that_does_not_exist_in_part_of_the_prior(toy, free):
    def chi2(points):
        away = (points[..., 0] / 0.3) ** 2 + (points[..., 1] / 0.2) ** 2
        return np.where(points[..., 0] < 0, np.inf, away)

    posterior = _sample(toy(free((-2, 2, 0.5), (-1, 1)), chi2))
    assert np.isfinite(posterior.log_likelihood).all()
    mean, sd = [0.3 * stats.halfnorm.mean(), 0.0], [0.3 * stats.halfnorm.std(), 0.2]
    _assert_known(posterior, mean, sd, np.log(0.5 * 2 * np.pi * 0.3 * 0.2 / (4.0 * 2.0)))


def test_a_model_that_exists_nowhere_is_refused(gaussian):
    problem = gaussian([0.0, 0.0], np.eye(2), (-1, 1), (-1, 1))
    nowhere = type(problem)(problem.space.free, lambda points: np.full(points.shape[:-1], np.inf))
    with pytest.raises(InvalidInput, match="exists at none of the 500 points that were tried"):
        replace(QUICK, max_evaluations=500).sample(nowhere, problem.fit(), np.random.default_rng(0))


def test_what_comes_with_the_draws(gaussian):
    problem = gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2])
    posterior = _sample(problem)
    n_draws = int(posterior.diagnostics["effective_samples"])
    assert posterior.samples.shape == (1, n_draws, 2)
    assert n_draws >= 1000
    assert posterior.log_evidence_error == pytest.approx(posterior.diagnostics["effective_samples"] ** -0.5)
    chi2 = problem.chi2(x=posterior.samples[..., 0], y=posterior.samples[..., 1])
    np.testing.assert_allclose(posterior.log_likelihood, -0.5 * chi2, rtol=1e-12)
    np.testing.assert_allclose(posterior.log_prior, -np.log(4.0 * 5.0), rtol=1e-12)
    weighted = posterior.weighted
    np.testing.assert_allclose(np.exp(weighted["log_weight"]).sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(
        weighted["log_likelihood"], -0.5 * problem.chi2(x=weighted["samples"][:, 0], y=weighted["samples"][:, 1])
    )


@pytest.mark.parametrize("limit", [1, 150, 1000, 4000])
def test_a_run_that_hits_its_limit_is_not_converged(gaussian, limit):
    problem, told = gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2]), []
    sampler = replace(QUICK, n_eff=1e6, max_evaluations=limit)
    posterior = _sample(problem, sampler, report=lambda *done: told.append(done))
    assert not posterior.converged
    assert limit <= posterior.diagnostics["n_evaluations"] < limit + 100
    assert posterior.samples.size > 0
    assert told[-1] == (posterior.diagnostics["n_evaluations"], limit)


def _same(first, second):
    for name in ("samples", "log_likelihood", "log_prior"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name, values in first.weighted.items():
        np.testing.assert_array_equal(values, second.weighted[name])
    assert first.diagnostics == second.diagnostics
    assert (first.log_evidence, first.converged) == (second.log_evidence, second.converged)


def test_the_same_seed_gives_the_same_bits(gaussian, tmp_path):
    problem = gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2])
    first = _sample(problem)
    _same(first, _sample(problem, checkpoint=tmp_path / "deep" / "run.h5"))
    assert first.log_evidence != _sample(problem, seed=2).log_evidence


class Killed(Exception):
    """Stands for the end of a process."""


def _stop_after(blocks):
    told = []

    def report(*done):
        told.append(done)
        if len(told) == blocks:
            raise Killed

    return report


@pytest.mark.parametrize("n_networks", [0, 1])
def test_a_resumed_run_has_the_same_bits(gaussian, tmp_path, monkeypatch, n_networks):
    problem, path = gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2]), tmp_path / "run.h5"
    sampler = replace(QUICK, n_networks=n_networks)
    whole = _sample(problem, sampler)
    monkeypatch.setattr("solvers.inference.nautilus_sampler._BLOCK", 700)
    for blocks in (1, 3, 2):
        with pytest.raises(Killed):
            _sample(problem, sampler, checkpoint=path, report=_stop_after(blocks))
    (tmp_path / "run.writing.h5").write_bytes(path.read_bytes()[:1000])
    _same(whole, _sample(problem, sampler, checkpoint=path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.h5"]


def test_a_checkpoint_is_never_half_written(gaussian, tmp_path, monkeypatch):
    problem, path = gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2]), tmp_path / "run.h5"
    monkeypatch.setattr("solvers.inference.nautilus_sampler._BLOCK", 700)
    with pytest.raises(Killed):
        _sample(problem, checkpoint=path, report=_stop_after(2))
    before = path.read_bytes()

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("os.replace", die)
        _sample(problem, checkpoint=path)
    assert path.read_bytes() == before
    _same(_sample(problem), _sample(problem, checkpoint=path))


def test_a_finished_run_is_not_continued(gaussian, tmp_path):
    problem, path, told = gaussian(MEAN[:1], COVARIANCE[:1, :1], BOX[0]), tmp_path / "run.h5", []
    whole = _sample(problem, checkpoint=path)
    count = problem.n_evaluations
    _same(whole, _sample(problem, checkpoint=path, report=lambda *done: told.append(done)))
    assert problem.n_evaluations - count < 300
    assert told == []
    limited = replace(QUICK, max_evaluations=int(whole.diagnostics["n_evaluations"]))
    assert _sample(problem, limited, checkpoint=path).converged


def test_a_file_that_is_no_run_is_refused_and_kept(gaussian, tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(b"not HDF5")
    with pytest.raises(InvalidInput, match=r"run.h5: holds no run of nautilus; remove it"):
        _sample(gaussian([0.0], [[1.0]], (-1, 1)), checkpoint=path)
    assert path.read_bytes() == b"not HDF5"


def test_the_run_of_another_problem_is_refused(gaussian, tmp_path):
    path, limited = tmp_path / "run.h5", replace(QUICK, max_evaluations=300)
    _sample(gaussian(MEAN[:2], COVARIANCE[:2, :2], *BOX[:2]), limited, checkpoint=path)
    for problem in (
        gaussian(MEAN[:2] + 0.01, COVARIANCE[:2, :2], *BOX[:2]),
        gaussian(MEAN[:2], COVARIANCE[:2, :2], (-2, 2), (-2, 2)),
        gaussian(MEAN, COVARIANCE, *BOX),
    ):
        with pytest.raises(InvalidInput, match="is the run of another problem; remove it"):
            _sample(problem, limited, checkpoint=path)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("n_live", 99, "n_live=99: must be >= 100"),
        ("n_eff", 99.0, "n_eff=99: must be >= 100"),
        ("n_eff", float("nan"), "n_eff=nan: must be >= 100"),
        ("n_networks", -1, "n_networks=-1: must be >= 0"),
        ("max_evaluations", 0, "max_evaluations=0: must be >= 1"),
    ],
)
def test_numbers_out_of_range_are_refused(field, value, expected):
    with pytest.raises(ValueError, match=expected):
        Nautilus(**{field: value})
