"""Affine-invariant MCMC by emcee: vectorised, resumable bit for bit, stopped by its own convergence."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.checkpoint import replace_whole
from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.posterior import Posterior, Report, log_posterior_of, split_r_hat
from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

_SETTLED = 0.01
"""Relative change of the autocorrelation time over a block below which it counts as known."""

_TRIES = 100
"""Draws of a start around the best fit, and as many from the prior, before there is none."""


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
        Even, at least 4; raised to two more than twice the number of parameters.
    block : int
        Steps between two looks at convergence.
    max_steps : int
        Steps after which the chain stops whatever its state.
    n_autocorrelation : float
        Length asked for, in autocorrelation times.
    r_hat : float
        Largest split R-hat. The walkers are its chains, so 1.01 takes about 100 autocorrelation times.

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
            Where the walkers start; a parameter without sigma (at a bound, flat) starts from its prior.
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

        Raises
        ------
        InvalidInput
            A checkpoint that is not a chain of this problem, or a model that exists at no point of the prior tried.
        """
        import emcee

        log_posterior, n_params = log_posterior_of(problem), len(problem.space.free)
        chain = emcee.backends.Backend()
        chain.reset(max(self.n_walkers, 2 * n_params + 2), n_params)
        if checkpoint is not None and checkpoint.exists():
            _restore(chain, checkpoint, log_posterior)
        state = chain.get_last_sample() if chain.iteration else self._start(chain.shape, problem, fit, rng)
        sampler = emcee.EnsembleSampler(*chain.shape, log_posterior, vectorize=True, backend=chain)
        times = _AutocorrelationTimes(chain)
        while not (converged := self._is_converged(chain, times)) and chain.iteration < self.max_steps:
            steps = min(self.block - chain.iteration % self.block, self.max_steps - chain.iteration)
            state = sampler.run_mcmc(state, steps, skip_initial_state_check=True)
            if checkpoint is not None:
                replace_whole(checkpoint, lambda path: path.write_bytes(_written(chain)))
            if report is not None:
                report(chain.iteration, self.max_steps)
        return _posterior(chain, problem, times.after(chain.iteration), converged)

    def _start(self, shape: tuple[int, int], problem: Problem, fit: BestFit, rng: np.random.Generator):
        """Walkers around the best fit, each where the posterior is finite, with the random state of the moves."""
        import emcee

        seed = np.random.RandomState(rng.integers(2**32, dtype=np.uint64))
        prior, log_posterior = Prior(problem.space.free), log_posterior_of(problem)
        points, waiting = np.empty(shape), np.ones(shape[0], dtype=bool)
        for attempt in range(2 * _TRIES):
            drawn = prior.from_unit_cube(rng.uniform(size=shape))
            ball = fit.values + fit.sigma * rng.normal(size=shape)
            if attempt < _TRIES:
                drawn = np.where(np.isfinite(fit.sigma), ball, drawn)
            good = waiting & np.isfinite(log_posterior(drawn))
            points[good] = drawn[good]
            waiting &= ~good
            if not waiting.any():
                return emcee.State(points, random_state=seed.get_state())
        raise InvalidInput("inference: the model exists at too few points of the prior to start a chain; narrow it")

    def _is_converged(self, chain: Any, times: "_AutocorrelationTimes") -> bool:
        steps = chain.iteration
        now, before = times.after(steps), times.after((steps - 1) // self.block * self.block)
        if not (abs(now - before) < _SETTLED * now and steps > self.n_autocorrelation * now):
            return False
        return split_r_hat(_without_burn_in(chain.get_chain(), now)) < self.r_hat


class _AutocorrelationTimes:
    """The longest autocorrelation time of a chain after any number of its steps, whether it was resumed or not."""

    def __init__(self, chain: Any) -> None:
        self._chain = chain
        self._known: dict[int, float] = {}

    def after(self, steps: int) -> float:
        """In steps; NaN for a chain too short to tell."""
        from emcee.autocorr import integrated_time

        if steps < 2:
            return np.nan
        if steps not in self._known:
            with np.errstate(invalid="ignore", divide="ignore"):
                self._known[steps] = float(np.max(integrated_time(self._chain.get_chain()[:steps], tol=0)))
        return self._known[steps]


def _without_burn_in(values: np.ndarray, time: float) -> np.ndarray:
    """Steps after two autocorrelation times, half of them at most, with the walkers in front."""
    half = len(values) // 2
    return np.swapaxes(values[min(int(2.0 * time), half) if np.isfinite(time) else half :], 0, 1)


def _posterior(chain: Any, problem: Problem, time: float, converged: bool) -> Posterior:
    samples = _without_burn_in(chain.get_chain(), time)
    log_prob = _without_burn_in(chain.get_log_prob(), time)
    log_prior = Prior(problem.space.free).log_density(samples.reshape(-1, samples.shape[-1])).reshape(log_prob.shape)
    return Posterior(
        names=problem.space.names,
        samples=samples,
        log_likelihood=log_prob - log_prior,
        log_prior=log_prior,
        converged=converged,
        diagnostics={
            "r_hat": split_r_hat(samples),
            "autocorrelation_time": time,
            "effective_samples": log_prob.size / time,
            "acceptance": float(np.mean(chain.accepted) / chain.iteration),
            "n_steps": float(chain.iteration),
            "n_evaluations": float((chain.iteration + 1) * chain.nwalkers),
        },
    )


def _written(chain: Any) -> bytes:
    """The chain as a file of `emcee.backends.HDFBackend`; made in memory, so that no file lock is asked for."""
    import emcee

    stream = io.BytesIO()
    file = emcee.backends.HDFBackend(stream)
    file.reset(*chain.shape)
    with file.open("a") as opened:
        group = opened[file.name]
        for name in ("chain", "log_prob"):
            group[name].resize(chain.iteration, axis=0)
            group[name][...] = chain.get_value(name)
        group["accepted"][...] = chain.accepted
        group.attrs["iteration"] = chain.iteration
        for i, part in enumerate(chain.random_state):
            group.attrs[f"random_state_{i}"] = part
    return stream.getvalue()


def _restore(chain: Any, path: Path, log_posterior: Callable[[np.ndarray], np.ndarray]) -> None:
    """Put a written chain into an empty one."""
    import emcee

    file = emcee.backends.HDFBackend(io.BytesIO(path.read_bytes()))
    try:
        with file.open() as opened:
            group = opened[file.name]
            points, log_prob, accepted = (group[name][...] for name in ("chain", "log_prob", "accepted"))
            random_state = tuple(group.attrs[f"random_state_{i}"] for i in range(5))
    except (OSError, KeyError) as error:
        raise InvalidInput(f"{path}: holds no chain of emcee; remove it to start anew") from error
    same = points.shape[1:] == chain.shape and np.allclose(log_posterior(points[-1]), log_prob[-1], rtol=1e-9, atol=0)
    if not same:
        raise InvalidInput(f"{path}: is the chain of another problem; remove it to start anew")
    chain.grow(len(points), None)
    chain.chain[...], chain.log_prob[...], chain.accepted[...] = points, log_prob, accepted
    chain.random_state, chain.iteration = random_state, len(points)
