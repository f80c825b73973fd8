"""Evidence and posterior by importance nested sampling with nautilus: vectorised and resumable bit for bit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.checkpoint import replace_whole
from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.posterior import Posterior, Report, log_likelihood_of
from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

_LEAST_DIMENSIONS = 2
"""What nautilus accepts; missing dimensions are filled with one that the likelihood does not see."""

_BLOCK = 5_000
"""Evaluations between two checkpoints."""

_COMPARED = 100
"""Stored points whose likelihood is computed again to recognise a checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Nautilus:
    """Sample with nautilus (Lange 2023).

    Parameters
    ----------
    minimize : Minimize
        How the best fit beside the posterior is found.
    n_live : int
        Live points, at least 100.
    n_eff : float
        Effective sample size asked for, at least 100; the error of ln Z is 1/√n_eff.
    n_networks : int
        Neural networks that narrow each bound. 0 leaves its ellipsoids alone: some 15 % more evaluations for two
        parameters, and five times as fast where an evaluation takes microseconds. Take 4 where it takes seconds.
    max_evaluations : int
        Evaluations after which it stops whatever its state.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    minimize: Minimize = field(default_factory=Minimize)
    n_live: int = 1000
    n_eff: float = 10_000.0
    n_networks: int = 0
    max_evaluations: int = 1_000_000

    def __post_init__(self) -> None:
        if self.n_live < 100:
            raise ValueError(f"n_live={self.n_live}: must be >= 100")
        if not self.n_eff >= 100:
            raise ValueError(f"n_eff={self.n_eff:g}: must be >= 100")
        if self.n_networks < 0:
            raise ValueError(f"n_networks={self.n_networks}: must be >= 0")
        if self.max_evaluations < 1:
            raise ValueError(f"max_evaluations={self.max_evaluations}: must be >= 1")

    def sample(
        self,
        problem: Problem,
        fit: BestFit,
        rng: np.random.Generator,
        checkpoint: Path | None = None,
        report: Report | None = None,
    ) -> Posterior:
        """Draw from the posterior and integrate it.

        Parameters
        ----------
        problem : Problem
            With at least one free parameter.
        fit : BestFit
            Not needed here; part of the samplers' contract.
        rng : numpy.random.Generator
            Seeds the sampler, and draws from its weighted points.
        checkpoint : Path, optional
            An HDF5 file (nautilus's own format), named `*.h5`; a run that is there is continued.
        report : callable, optional
            Told `(evaluations, max_evaluations)` after every block.

        Returns
        -------
        Posterior
            Equally weighted draws as one chain, with the weighted points beside them.

        Raises
        ------
        InvalidInput
            A checkpoint that is not a run of this problem, or a model that exists at no point that was tried.
        """
        prior, log_likelihood = Prior(problem.space.free), log_likelihood_of(problem)
        n_params = len(problem.space.free)

        def on_cube(unit: np.ndarray) -> np.ndarray:
            return log_likelihood(prior.from_unit_cube(unit[:, :n_params]))

        sampler = self._sampler(on_cube, max(n_params, _LEAST_DIMENSIONS), int(rng.integers(2**32)), checkpoint)
        finished = sampler.n_like > 0 and self._is_finished(sampler, 0)
        while not finished and sampler.n_like < self.max_evaluations:
            goal = (sampler.n_like // _BLOCK + 1) * _BLOCK
            finished = self._is_finished(sampler, min(goal, self.max_evaluations))
            if checkpoint is not None:
                replace_whole(checkpoint, sampler.write)
            if report is not None:
                report(int(sampler.n_like), self.max_evaluations)
        return _posterior(sampler, problem, prior, finished, rng)

    def _is_finished(self, sampler: Any, n_evaluations: int) -> bool:
        """Whether the goal is reached, after running up to a number of evaluations."""
        # Before the first point where the model exists, nautilus takes differences of infinities.
        with np.errstate(invalid="ignore"):
            return bool(sampler.run(n_eff=self.n_eff, n_like_max=n_evaluations, discard_exploration=True))

    def _sampler(
        self, log_likelihood: Callable[[np.ndarray], np.ndarray], n_dim: int, seed: int, checkpoint: Path | None
    ) -> Any:
        from nautilus import Sampler

        there = checkpoint is not None and checkpoint.exists()
        try:
            sampler = Sampler(
                _unchanged,
                log_likelihood,
                n_dim=n_dim,
                n_live=self.n_live,
                n_networks=self.n_networks,
                vectorized=True,
                pass_dict=False,
                seed=seed,
                filepath=checkpoint if there else None,
            )
        except (OSError, KeyError) as error:
            raise InvalidInput(f"{checkpoint}: holds no run of nautilus; remove it to start anew") from error
        # nautilus changes its file in place, so that a process killed meanwhile leaves a broken one: we write it.
        sampler.filepath = None
        if there and not _is_same(sampler, log_likelihood, n_dim):
            raise InvalidInput(f"{checkpoint}: is the run of another problem; remove it to start anew")
        return sampler


def _unchanged(unit: np.ndarray) -> np.ndarray:
    return unit


def _is_same(sampler: Any, log_likelihood: Callable[[np.ndarray], np.ndarray], n_dim: int) -> bool:
    """Whether the points of a stored run have the likelihood of this problem."""
    points, stored = np.concatenate(sampler.points)[-_COMPARED:], np.concatenate(sampler.log_l)[-_COMPARED:]
    return points.shape[1] == n_dim and np.allclose(log_likelihood(points), stored, rtol=1e-9, atol=0)


def _posterior(sampler: Any, problem: Problem, prior: Prior, finished: bool, rng: np.random.Generator) -> Posterior:
    if not finished:
        # Nothing may have been drawn since the exploration; a biased answer that says so is better than none.
        sampler.discard_exploration = False
    with np.errstate(invalid="ignore"):
        unit, log_weight, log_likelihood = sampler.posterior()
    if not np.isfinite(log_likelihood).any():
        raise InvalidInput(f"inference: the model exists at none of the {sampler.n_like} points that were tried")
    points, weight = prior.from_unit_cube(unit[:, : len(problem.space.free)]), np.exp(log_weight)
    n_eff = float(sampler.n_eff)
    draws = rng.choice(len(points), size=max(int(n_eff), 1), p=weight / weight.sum())
    return Posterior(
        names=problem.space.names,
        samples=points[draws][np.newaxis],
        log_likelihood=log_likelihood[draws][np.newaxis],
        log_prior=prior.log_density(points[draws])[np.newaxis],
        converged=finished,
        diagnostics={"effective_samples": n_eff, "n_evaluations": float(sampler.n_like)},
        log_evidence=float(sampler.log_z),
        log_evidence_error=n_eff**-0.5,
        weighted={
            "samples": points,
            "log_weight": log_weight,
            "log_likelihood": log_likelihood,
            "log_prior": prior.log_density(points),
        },
    )
