"""Evidence and posterior by importance nested sampling with nautilus: vectorised and resumable."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.posterior import Posterior, log_likelihood_of
from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

_LEAST_DIMENSIONS = 2
"""What nautilus accepts; missing dimensions are filled with ones that the likelihood does not see."""


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
        Effective sample size asked for; the error of ln Z is 1/√n_eff.
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
    max_evaluations: int = 1_000_000

    def __post_init__(self) -> None:
        if self.n_live < 100:
            raise ValueError(f"n_live={self.n_live}: must be >= 100")
        if not self.n_eff >= 100:
            raise ValueError(f"n_eff={self.n_eff}: must be >= 100")
        if self.max_evaluations < 1:
            raise ValueError(f"max_evaluations={self.max_evaluations}: must be >= 1")

    def sample(
        self,
        problem: Problem,
        fit: BestFit,
        rng: np.random.Generator,
        checkpoint: Path | None = None,
        report: Callable[[int, int], None] | None = None,
    ) -> Posterior:
        """Draw from the posterior and integrate it.

        Parameters
        ----------
        problem : Problem
            With at least one free parameter.
        fit : BestFit
            Not needed here; part of the samplers' contract.
        rng : numpy.random.Generator
            Seeds the sampler.
        checkpoint : Path, optional
            An HDF5 file (nautilus's own format); a run that is there is continued.
        report : callable, optional
            Told `(evaluations, max_evaluations)` at the end.

        Returns
        -------
        Posterior
            Equally weighted draws as one chain, with the weighted points beside them.
        """
        from nautilus import Sampler

        prior, log_likelihood = Prior(problem.space.free), log_likelihood_of(problem)
        n_params = len(problem.space.free)
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
        sampler = Sampler(
            lambda unit: unit,
            lambda unit: log_likelihood(prior.from_unit_cube(unit[:, :n_params])),
            n_dim=max(n_params, _LEAST_DIMENSIONS),
            n_live=self.n_live,
            vectorized=True,
            pass_dict=False,
            seed=int(rng.integers(2**32)),
            filepath=None if checkpoint is None else str(checkpoint),
            resume=True,
        )
        finished = sampler.run(n_eff=self.n_eff, n_like_max=self.max_evaluations, discard_exploration=True)
        if report is not None:
            report(int(sampler.n_like), self.max_evaluations)
        unit, log_weight, log_likelihoods = sampler.posterior()
        points = prior.from_unit_cube(unit[:, :n_params])
        draws = rng.choice(len(points), size=int(sampler.n_eff), p=np.exp(log_weight) / np.exp(log_weight).sum())
        return Posterior(
            names=problem.space.names,
            samples=points[draws][np.newaxis],
            log_likelihood=log_likelihoods[draws][np.newaxis],
            log_prior=prior.log_density(points[draws])[np.newaxis],
            converged=bool(finished),
            diagnostics={"effective_samples": float(sampler.n_eff), "n_evaluations": float(sampler.n_like)},
            log_evidence=float(sampler.log_z),
            log_evidence_error=float(sampler.n_eff**-0.5),
            weighted={"samples": points, "log_weight": log_weight, "log_likelihood": log_likelihoods},
        )
