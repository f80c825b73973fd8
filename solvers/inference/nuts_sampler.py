"""Hamiltonian Monte Carlo without U-turns by NumPyro, for densities that JAX can differentiate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from solvers.errors import InvalidInput
from solvers.extras import jax_64, of_extra
from solvers.inference.posterior import Report, split_r_hat

__all__ = ["Differentiable", "Nuts", "NutsDraws"]


class Differentiable(Protocol):
    """A density in coordinates without bounds."""

    @property
    def n_coordinates(self) -> int: ...

    def log_density(self, x: Any) -> Any:
        """ln of the density at a point of shape (n_coordinates,), up to a constant; JAX traces it."""

    def start(self, rng: np.random.Generator, n_chains: int) -> np.ndarray:
        """Points from which chains start, shape (n_chains, n_coordinates)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class NutsDraws:
    """What NUTS brings back.

    Parameters
    ----------
    coordinates : ndarray
        Equally weighted draws, shape (n_chains, n_draws, n_coordinates).
    converged : bool
        R-hat of every coordinate is below 1.01 and no draw ended in a divergence.
    diagnostics : mapping of str to float
        `r_hat` and `effective_samples` (of the worst coordinate), `n_divergences`, `acceptance`, `n_steps` (of one
        chain, warm-up included) and `n_evaluations` (gradients, of all chains after the warm-up).
    """

    coordinates: np.ndarray
    converged: bool
    diagnostics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Nuts:
    """Sample with the No-U-Turn sampler: step size by dual averaging, a diagonal metric, both adapted in the warm-up.

    Parameters
    ----------
    target_accept : float
        Mean acceptance that the step size is adapted to, between 0 and 1.
    n_chains : int
        At least 2.
    n_warmup, n_draws : int
        Steps of every chain that are thrown away and that are kept, >= 10.
    max_depth : int
        Doublings of a trajectory, 1 to 15.

    Raises
    ------
    ValueError
        A number out of its range.

    References
    ----------
    Hoffman & Gelman 2014, JMLR 15, 1593.
    """

    target_accept: float = 0.95
    n_chains: int = 4
    n_warmup: int = 500
    n_draws: int = 1000
    max_depth: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.target_accept < 1:
            raise ValueError(f"target_accept={self.target_accept}: must be between 0 and 1")
        if self.n_chains < 2:
            raise ValueError(f"n_chains={self.n_chains}: must be >= 2, or there is no R-hat")
        for name in ("n_warmup", "n_draws"):
            if getattr(self, name) < 10:
                raise ValueError(f"{name}={getattr(self, name)}: must be >= 10")
        if not 1 <= self.max_depth <= 15:
            raise ValueError(f"max_depth={self.max_depth}: must be from 1 to 15")

    def sample(self, target: Differentiable, rng: np.random.Generator, report: Report | None = None) -> NutsDraws:
        """Draw from a density.

        Parameters
        ----------
        target : Differentiable
            The density.
        rng : numpy.random.Generator
            Seeds the start and the moves: the same seed gives the same bits.
        report : callable, optional
            Told `(steps, n_warmup + n_draws)` now and then.

        Returns
        -------
        NutsDraws

        Raises
        ------
        InvalidInput
            NumPyro or JAX is not installed, or the density is 0 where a chain starts.
        """
        jax = jax_64()
        hmc = of_extra("numpyro.infer", "nuts")
        kernel = hmc.NUTS(
            potential_fn=lambda x: -target.log_density(x),
            target_accept_prob=self.target_accept,
            max_tree_depth=self.max_depth,
            dense_mass=False,
        )
        keys = jax.random.split(jax.random.PRNGKey(int(rng.integers(2**31))), self.n_chains)
        start = jax.numpy.asarray(target.start(rng, self.n_chains))
        # Compiled as a whole: step by step it takes longer than the chains.
        state = jax.jit(lambda keys, start: kernel.init(keys, self.n_warmup, start, (), {}))(keys, start)
        if not np.isfinite(state.potential_energy).all():
            raise InvalidInput("inference: the density is 0 or not finite where a chain starts; check model and prior")

        def step(state: Any, _: Any) -> tuple[Any, Any]:
            state = kernel.sample(state, (), {})
            return state, (state.z, state.diverging, state.accept_prob, state.num_steps)

        # A block divides both numbers of steps, so that one compilation serves all of them.
        block = _block(self.n_warmup, self.n_draws)
        advance = jax.jit(lambda state: jax.lax.scan(step, state, None, length=block))
        total, kept = self.n_warmup + self.n_draws, []
        for done in range(block, total + 1, block):
            state, made = advance(state)
            if done > self.n_warmup:
                kept.append([np.asarray(each) for each in made])
            if report is not None:
                report(done, total)
        points, diverging, acceptance, steps = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        return self._draws(np.swapaxes(points, 0, 1), diverging, acceptance, steps)

    def _draws(self, points: np.ndarray, diverging: np.ndarray, acceptance: np.ndarray, steps: np.ndarray) -> NutsDraws:
        effective = of_extra("numpyro.diagnostics", "nuts").effective_sample_size
        r_hat, n_divergences = split_r_hat(points), int(diverging.sum())
        return NutsDraws(
            coordinates=points,
            converged=bool(r_hat < 1.01 and n_divergences == 0),
            diagnostics={
                "r_hat": r_hat,
                "effective_samples": float(np.min(effective(points))),
                "n_divergences": float(n_divergences),
                "acceptance": float(acceptance.mean()),
                "n_steps": float(self.n_warmup + self.n_draws),
                "n_evaluations": float(steps.sum()),
            },
        )


def _block(n_warmup: int, n_draws: int, most: int = 50) -> int:
    """Largest number up to `most` that divides both."""
    return max(n for n in range(1, most + 1) if n_warmup % n == 0 and n_draws % n == 0)
