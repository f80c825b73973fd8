"""What a sampler brings back, and the log-posterior that all samplers share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

Report = Callable[[int, int], None]
"""Told how far a sampler is, and how far it may go."""


@dataclass(frozen=True)
class Posterior:
    """Draws of the free parameters.

    Parameters
    ----------
    names : tuple of str
        Free parameters.
    samples : ndarray
        Equally weighted draws, shape (n_chains, n_draws, n_params).
    log_likelihood, log_prior : ndarray
        −χ²/2 and ln of the prior density of each draw, shape (n_chains, n_draws).
    converged : bool
        The sampler's own criteria were met.
    diagnostics : mapping of str to float
        What those criteria looked at (`r_hat`, `autocorrelation_time`, `n_evaluations`, …).
    log_evidence, log_evidence_error : float
        ln Z with the likelihood exp(−χ²/2), and its error; NaN where the sampler gives none.
    weighted : mapping, optional
        `samples` (n, n_params), `log_weight` and `log_likelihood` (n,) of a nested sampler, unresampled.
    """

    names: tuple[str, ...]
    samples: np.ndarray
    log_likelihood: np.ndarray
    log_prior: np.ndarray
    converged: bool
    diagnostics: Mapping[str, float]
    log_evidence: float = np.nan
    log_evidence_error: float = np.nan
    weighted: Mapping[str, np.ndarray] = field(default_factory=dict)


def log_likelihood_of(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    """−χ²/2 at points of shape (n, n_params), all at once; −∞ where the model does not exist."""
    names = problem.space.names

    def log_likelihood(points: np.ndarray) -> np.ndarray:
        return -0.5 * problem.chi2(**{name: points[:, i] for i, name in enumerate(names)})

    return log_likelihood


def log_posterior_of(problem: Problem) -> Callable[[np.ndarray], np.ndarray]:
    """ln of likelihood times prior at points of shape (n, n_params); the likelihood is asked only inside."""
    log_likelihood, prior = log_likelihood_of(problem), Prior(problem.space.free)

    def log_posterior(points: np.ndarray) -> np.ndarray:
        total = prior.log_density(points)
        inside = np.isfinite(total)
        if inside.any():
            total[inside] += log_likelihood(points[inside])
        return total

    return log_posterior


def split_r_hat(samples: np.ndarray) -> float:
    """Largest split R-hat over the parameters (Gelman et al. 2013, eq. 11.4).

    Parameters
    ----------
    samples : ndarray
        Shape (n_chains, n_draws, n_params).

    Returns
    -------
    float
        NaN for fewer than four draws, or where a parameter never moved.
    """
    half = samples.shape[1] // 2
    if half < 2:
        return np.nan
    halves = np.concatenate([samples[:, :half], samples[:, -half:]])
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = halves.mean(axis=1).var(axis=0, ddof=1)
    if not np.all(within > 0):
        return np.nan
    return float(np.max(np.sqrt((half - 1.0) / half + between / within)))
