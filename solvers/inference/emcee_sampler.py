"""Affine-invariant MCMC by emcee: vectorised, resumable bit for bit, stopped by its own convergence."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.posterior import Posterior, log_posterior_of, split_r_hat
from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

Report = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Emcee:
    """Sample with emcee's ensemble sampler (Foreman-Mackey et al. 2013).

    The chain is written to a checkpoint after every block. It stops where it is longer than `n_autocorrelation` times
    its autocorrelation time, that time has settled to 1 %, and split R-hat is below `r_hat`; or at `max_steps`.

    Parameters
    ----------
    minimize : Minimize
        How the best fit, around which the walkers start, is found.
    n_walkers : int
        Even, at least 4 and twice the number of parameters.
    block : int
        Steps between two looks at convergence.
    max_steps : int
        Steps after which the chain stops whatever its state.
    n_autocorrelation : float
        Length asked for, in autocorrelation times.
    r_hat : float
        Largest split R-hat.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    minimize: Minimize = field(default_factory=Minimize)
    n_walkers: int = 32
    block: int = 500
    max_steps: int = 50_000
    n_autocorrelation: float = 50.0
    r_hat: float = 1.01

    def __post_init__(self) -> None:
        if self.n_walkers < 4 or self.n_walkers % 2:
            raise ValueError(f"n_walkers={self.n_walkers}: must be even and >= 4")
        for name in ("block", "max_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be >= 1")
        if not self.r_hat > 1:
            raise ValueError(f"r_hat={self.r_hat}: must be > 1")
        if not self.n_autocorrelation > 0:
            raise ValueError(f"n_autocorrelation={self.n_autocorrelation}: must be > 0")

    def sample(
        self,
        problem: Problem,
        fit: BestFit,
        rng: np.random.Generator,
        checkpoint: Path | None = None,
        report: Report | None = None,
    ) -> Posterior:
        """Draw from the posterior.

        Parameters
        ----------
        problem : Problem
            With at least one free parameter.
        fit : BestFit
            Where the walkers start.
        rng : numpy.random.Generator
            Seeds the start and the moves.
        checkpoint : Path, optional
            An HDF5 file (emcee's own format). A chain that is there is continued, with its random state.
        report : callable, optional
            Told `(steps, max_steps)` after every block.

        Returns
        -------
        Posterior
            Without burn-in: two autocorrelation times are left out.
        """
        import emcee

        backend = _Checkpoint(checkpoint).backend if checkpoint is not None else emcee.backends.Backend()
        n_params = len(problem.space.free)
        sampler = emcee.EnsembleSampler(
            max(self.n_walkers, 2 * n_params + 2), n_params, log_posterior_of(problem), vectorize=True, backend=backend
        )
        state = self._start(sampler, problem, fit, rng)
        times, converged = [np.inf], False
        while sampler.iteration < self.max_steps and not converged:
            steps = min(self.block, self.max_steps - sampler.iteration)
            state = sampler.run_mcmc(state, steps)
            if checkpoint is not None:
                _Checkpoint(checkpoint).save()
            times.append(float(np.max(sampler.get_autocorr_time(tol=0))))
            converged = self._is_converged(sampler, times)
            if report is not None:
                report(sampler.iteration, self.max_steps)
        return self._posterior(sampler, problem, times[-1], converged)

    def _start(self, sampler, problem: Problem, fit: BestFit, rng: np.random.Generator):
        seed = np.random.RandomState(rng.integers(2**32, dtype=np.uint64))
        if sampler.backend.iteration > 0:
            return sampler.backend.get_last_sample()
        prior = Prior(problem.space.free)
        shape = (sampler.nwalkers, sampler.ndim)
        drawn = prior.from_unit_cube(rng.uniform(size=shape))
        ball = fit.values + fit.sigma * rng.normal(size=shape)
        near = np.where(np.isfinite(fit.sigma), ball, drawn)
        inside = np.isfinite(prior.log_density(near))
        import emcee

        return emcee.State(np.where(inside[:, np.newaxis], near, drawn), random_state=seed.get_state())

    def _is_converged(self, sampler, times: list[float]) -> bool:
        settled = abs(times[-1] - times[-2]) < 0.01 * times[-1]
        long_enough = sampler.iteration > self.n_autocorrelation * times[-1]
        if not (settled and long_enough):
            return False
        chain = sampler.get_chain(discard=int(2 * times[-1]))
        return split_r_hat(np.swapaxes(chain, 0, 1)) < self.r_hat

    def _posterior(self, sampler, problem: Problem, time: float, converged: bool) -> Posterior:
        discard = int(2 * time) if np.isfinite(time) else sampler.iteration // 2
        chain = np.swapaxes(sampler.get_chain(discard=discard), 0, 1)
        log_prob = sampler.get_log_prob(discard=discard).T
        flat = chain.reshape(-1, chain.shape[-1])
        log_prior = Prior(problem.space.free).log_density(flat).reshape(log_prob.shape)
        n_samples = chain.shape[0] * chain.shape[1]
        return Posterior(
            names=problem.space.names,
            samples=chain,
            log_likelihood=log_prob - log_prior,
            log_prior=log_prior,
            converged=converged,
            diagnostics={
                "r_hat": split_r_hat(chain),
                "autocorrelation_time": time,
                "effective_samples": n_samples / time,
                "acceptance": float(np.mean(sampler.acceptance_fraction)),
                "n_steps": float(sampler.iteration),
                "n_evaluations": float((sampler.iteration + 1) * sampler.nwalkers),
            },
        )


class _Checkpoint:
    """An emcee HDF5 file that is always whole: emcee writes to a working copy, which replaces it block by block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._working = path.with_name(path.name + ".writing")

    @property
    def backend(self):
        import emcee

        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._working.unlink(missing_ok=True)
        if self._path.exists():
            shutil.copyfile(self._path, self._working)
        return emcee.backends.HDFBackend(str(self._working))

    def save(self) -> None:
        temporary = self._path.with_name(self._path.name + ".whole")
        shutil.copyfile(self._working, temporary)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(temporary, self._path)
