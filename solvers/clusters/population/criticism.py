"""Is a population a good description: information criteria from pointwise likelihoods, and clusters held out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from solvers.errors import InvalidInput
from solvers.extras import of_extra

__all__ = [
    "CENTRAL",
    "Coverage",
    "Criterion",
    "Difference",
    "Missing",
    "central_interval",
    "coverage",
    "difference",
    "loo",
    "missing",
    "waic",
]

CENTRAL = 0.68
"""Share of a predictive distribution that its central interval holds."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Criterion:
    """An information criterion on the scale of deviance: smaller is better.

    Parameters
    ----------
    pointwise : ndarray
        −2 times the expected ln density of each datum, shape (n,).
    n_effective : float
        Effective number of parameters.
    pareto_k : ndarray
        Of every datum, shape (n,); NaN for WAIC. Above 0.7 the value is not to be trusted.
    """

    pointwise: np.ndarray
    n_effective: float
    pareto_k: np.ndarray

    @property
    def value(self) -> float:
        """Sum over the data."""
        return float(self.pointwise.sum())

    @property
    def error(self) -> float:
        """√(n var(pointwise)) with the unbiased variance."""
        return _error(self.pointwise)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """First minus second criterion, and its error; negative is in favour of the first."""

    value: float
    error: float


def waic(log_likelihood: Any) -> Criterion:
    """WAIC = −2 Σᵢ (lppdᵢ − pᵢ), lppdᵢ the ln of the mean density of a datum and pᵢ the variance of its ln.

    Parameters
    ----------
    log_likelihood : array_like
        ln density of every datum in every draw, shape (n_draws, n), finite.

    Raises
    ------
    InvalidInput
        Fewer than two draws or data, or a number that is not finite.

    References
    ----------
    Vehtari, Gelman & Gabry 2017, equations 2, 12 and 13; `clusters.md` §5.
    """
    values = _checked(log_likelihood)
    lppd = special.logsumexp(values, axis=0) - np.log(len(values))
    p = values.var(axis=0, ddof=1)
    return Criterion(pointwise=-2.0 * (lppd - p), n_effective=float(p.sum()), pareto_k=np.full(p.shape, np.nan))


def loo(log_likelihood: Any) -> Criterion:
    """Leave-one-out deviance by Pareto-smoothed importance sampling, of ArviZ.

    Parameters
    ----------
    log_likelihood : array_like
        As of `waic`.

    Raises
    ------
    InvalidInput
        As of `waic`; or ArviZ is not installed.

    References
    ----------
    Vehtari, Gelman & Gabry 2017, equation 10.
    """
    values = _checked(log_likelihood)
    weights, k = of_extra("arviz", "nuts").psislw(-values.T)
    elpd = special.logsumexp(np.asarray(weights) + values.T, axis=-1)
    lppd = special.logsumexp(values, axis=0) - np.log(len(values))
    return Criterion(pointwise=-2.0 * elpd, n_effective=float((lppd - elpd).sum()), pareto_k=np.asarray(k, dtype=float))


def difference(first: Criterion, second: Criterion) -> Difference:
    """Of two criteria on the same data, with the error √(n var(differenceᵢ)).

    Raises
    ------
    InvalidInput
        Different numbers of data.
    """
    if first.pointwise.shape != second.pointwise.shape:
        raise InvalidInput(f"criteria of {first.pointwise.size} and {second.pointwise.size} data: must be the same")
    each = first.pointwise - second.pointwise
    return Difference(value=float(each.sum()), error=_error(each))


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many of `n` predictions hold what was observed.

    Parameters
    ----------
    n, n_inside : int
        Predictions, and those whose central interval holds the observation.
    low, high : float
        Exact binomial interval of the fraction at 95 % (Clopper & Pearson 1934).
    chance : float
        Probability of at least so many inside if every interval has the coverage that it states.
    """

    n: int
    n_inside: int
    low: float
    high: float
    chance: float


def coverage(n_inside: int, n: int, share: float = CENTRAL, level: float = 0.95) -> Coverage:
    """The exact binomial statement on a number of intervals that hold their observation.

    Parameters
    ----------
    n_inside, n : int
        0 <= n_inside <= n, n >= 1.
    share : float
        What an interval is meant to hold.
    level : float
        Of the interval of the fraction.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """
    if not (n >= 1 and 0 <= n_inside <= n):
        raise InvalidInput(f"n_inside={n_inside}: must be from 0 to n={n}, and n >= 1")
    for name, value in (("share", share), ("level", level)):
        if not 0 < value < 1:
            raise InvalidInput(f"{name}={value}: must be between 0 and 1")
    tail = 0.5 * (1.0 - level)
    low = stats.beta.ppf(tail, n_inside, n - n_inside + 1) if n_inside > 0 else 0.0
    high = stats.beta.ppf(1.0 - tail, n_inside + 1, n - n_inside) if n_inside < n else 1.0
    chance = float(stats.binom.sf(n_inside - 1, n, share))
    return Coverage(n=n, n_inside=n_inside, low=float(low), high=float(high), chance=chance)


def central_interval(draws: Any, share: float = CENTRAL) -> tuple[float, float, float]:
    """Lower end, median and upper end of the central interval of draws, each of them one of the draws.

    No draw is left out: −∞ is below all others, ∞ above, and NaN, of which nothing is known, counts as −∞.

    Parameters
    ----------
    draws : array_like
        At least one, any shape.
    share : float
        Of the draws inside, between 0 and 1.
    """
    known = np.where(np.isnan(draws), -np.inf, np.asarray(draws, dtype=float))
    at = [0.5 * (1.0 - share), 0.5, 0.5 * (1.0 + share)]
    low, middle, high = np.quantile(known, at, method="inverted_cdf")
    return float(low), float(middle), float(high)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Draws without an Einstein angle, by what they lack.

    Parameters
    ----------
    none : int
        −∞: the mean convergence is below 1 at every radius.
    beyond : int
        ∞: it is above 1 at the last radius of the grid, or the sheet alone has 1.
    outside : int
        NaN: ℓ0 is outside of the tables.
    """

    none: int
    beyond: int
    outside: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.none + self.beyond + self.outside


def missing(draws: Any) -> Missing:
    """Count draws [any unit and shape] that are no finite angle; see `central_interval` for what becomes of them."""
    counts = (int(np.sum(marked(draws))) for marked in (np.isneginf, np.isposinf, np.isnan))
    return Missing(**dict(zip(("none", "beyond", "outside"), counts, strict=True)))


def _error(pointwise: np.ndarray) -> float:
    return float(np.sqrt(pointwise.size * pointwise.var(ddof=1)))


def _checked(log_likelihood: Any) -> np.ndarray:
    values = np.asarray(log_likelihood, dtype=float)
    if values.ndim != 2 or min(values.shape) < 2:
        raise InvalidInput(f"log_likelihood: shape {values.shape} must be (n_draws, n) with two of each at least")
    if not np.isfinite(values).all():
        raise InvalidInput("log_likelihood: must be finite; a draw without an Einstein radius has no density")
    return values
