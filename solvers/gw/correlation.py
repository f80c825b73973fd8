"""Correlation of mass with distance: Pearson, Spearman, in bins, with a bootstrap. Msun, Mpc.

A run of an observatory may have few events: below `MIN_POINTS` a coefficient and its p-value are NaN, which
means undetermined. p-values are two-sided and refer to independent Gaussian variables.

References
----------
SI §10.3.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from solvers.errors import InvalidInput

BIN_EDGES = (0.0, 500.0, 1000.0, 2000.0, 3000.0, 4000.0, 6000.0, 10000.0)
"""Edges of the bins in luminosity distance [Mpc] of the published analysis."""

MIN_POINTS = 3
"""Points from which r has a p-value."""

_BLOCK = 2**20
"""Numbers that are drawn at a time."""


@dataclass(frozen=True)
class BootstrapInterval:
    """Percentile interval of r.

    Parameters
    ----------
    low, high : float
        Its ends; NaN below `MIN_POINTS` points.
    level : float
        Probability between them.
    n_resamples, n_undefined : int
        Resamples drawn, and how many of them had no r because all their x or all their y were equal.
    """

    low: float
    high: float
    level: float
    n_resamples: int
    n_undefined: int


@dataclass(frozen=True, eq=False)
class BinnedCorrelation:
    """Pearson's r of median mass per bin against the mid-point of the bin, every bin with the same weight.

    Parameters
    ----------
    centre : ndarray
        Mid-points of the bins [Mpc], shape (n_bins,).
    n : ndarray of int
        Events in each bin, shape (n_bins,).
    median : ndarray
        Median mass [Msun], shape (n_bins,); NaN in an empty bin.
    n_outside : int
        Events in no bin.
    r, p_value : float
        Over the bins that hold events.
    """

    centre: np.ndarray
    n: np.ndarray
    median: np.ndarray
    n_outside: int
    r: float
    p_value: float


def pearson(x, y) -> tuple[float, float]:
    """Pearson's r and its two-sided p-value.

    Parameters
    ----------
    x, y : array_like
        Finite numbers, shape (n,).

    Returns
    -------
    r, p_value : float
        NaN with fewer than 3 points, or where all x or all y are equal.

    Raises
    ------
    InvalidInput
        Lists of other lengths, or a number that is not finite.

    References
    ----------
    SI §10.3.
    """
    x, y = _pairs(x, y)
    if not _has_spread(x, y):
        return np.nan, np.nan
    found = stats.pearsonr(x, y)
    return float(found.statistic), float(found.pvalue)


def spearman(x, y) -> tuple[float, float]:
    """Spearman's rank correlation and its two-sided p-value (Student's t); as `pearson`."""
    x, y = _pairs(x, y)
    if not _has_spread(x, y):
        return np.nan, np.nan
    found = stats.spearmanr(x, y)
    return float(found.statistic), float(found.pvalue)


def r_p_value(r, n):
    """Two-sided p-value of a given r of n points, I_{1−r²}(n/2 − 1, 1/2).

    Parameters
    ----------
    r : array_like
        −1 <= r <= 1.
    n : array_like of int
        Number of points.

    Returns
    -------
    ndarray
        In their common shape; NaN where n < 3 or r is NaN.

    Raises
    ------
    InvalidInput
        |r| > 1.

    References
    ----------
    SI §10.3 prints r = 0.639 with n = 79.
    """
    r, n = np.asarray(r, dtype=float), np.asarray(n, dtype=float)
    if np.any(np.abs(r) > 1):
        raise InvalidInput(f"r={r.tolist()}: must be from -1 to 1")
    enough = n >= MIN_POINTS
    p = special.betainc(np.where(enough, n, MIN_POINTS) / 2.0 - 1.0, 0.5, (1.0 - r) * (1.0 + r))
    return np.where(enough, p, np.nan)


def bootstrap_interval(
    x, y, rng: np.random.Generator, *, level: float = 0.95, n_resamples: int = 10_000
) -> BootstrapInterval:
    """Percentile interval of Pearson's r over resamples of the pairs with replacement.

    Parameters
    ----------
    x, y : array_like
        Finite numbers, shape (n,).
    rng : numpy.random.Generator
        Source of the resamples.
    level : float
        Probability inside, above 0 and below 1.
    n_resamples : int
        Resamples, >= 1.

    Returns
    -------
    BootstrapInterval

    Raises
    ------
    InvalidInput
        As `pearson`, or a level or a number of resamples out of its range.

    References
    ----------
    SI §10.3 gives r without an interval.
    """
    x, y = _pairs(x, y)
    if not 0 < level < 1:
        raise InvalidInput(f"level={level}: must be above 0 and below 1")
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples={n_resamples}: must be >= 1")
    if not _has_spread(x, y):
        return BootstrapInterval(np.nan, np.nan, level, n_resamples, n_resamples)
    rows = max(1, _BLOCK // x.size)
    sizes = [min(rows, n_resamples - start) for start in range(0, n_resamples, rows)]
    r = np.concatenate([_row_pearson(x, y, rng.integers(0, x.size, (size, x.size))) for size in sizes])
    defined = r[np.isfinite(r)]
    low, high = np.quantile(defined, (0.5 - level / 2.0, 0.5 + level / 2.0)) if defined.size else (np.nan, np.nan)
    return BootstrapInterval(float(low), float(high), level, n_resamples, n_resamples - defined.size)


def _row_pearson(x: np.ndarray, y: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    x, y = x[chosen], y[chosen]
    # The mean of equal numbers may differ from them by rounding, and r would be made of that.
    flat = (np.ptp(x, axis=1) == 0) | (np.ptp(y, axis=1) == 0)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    norm = np.sqrt(np.einsum("ij,ij->i", x, x)) * np.sqrt(np.einsum("ij,ij->i", y, y))
    # Rounding may leave r of points on a line above 1.
    return np.clip(np.einsum("ij,ij->i", x, y) / np.where(flat, np.nan, norm), -1.0, 1.0)


def binned_correlation(distance, mass, edges=BIN_EDGES) -> BinnedCorrelation:
    """Correlation of the median mass per bin of distance with the bin's mid-point, unweighted.

    Parameters
    ----------
    distance : array_like
        d [Mpc], shape (n,).
    mass : array_like
        Masses [Msun], shape (n,).
    edges : array_like
        Increasing edges [Mpc], shape (n_bins + 1,); a bin holds its left edge and not its right one.

    Returns
    -------
    BinnedCorrelation

    Raises
    ------
    InvalidInput
        Lists of other lengths, a number that is not finite, or edges that do not increase.

    References
    ----------
    SI §10.3, which prints 0.990 for seven bins; their means and numbers of events do not enter.
    """
    distance, mass = _pairs(distance, mass, ("distance", "mass"))
    edges = np.asarray(edges, dtype=float)
    if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0):
        raise InvalidInput(f"edges={edges.tolist()}: must be at least two increasing numbers")
    centre = (edges[:-1] + edges[1:]) / 2.0
    row = np.searchsorted(edges, distance, side="right") - 1
    n = np.array([np.count_nonzero(row == i) for i in range(centre.size)])
    median = np.array([np.median(mass[row == i]) if n[i] else np.nan for i in range(centre.size)])
    r, p_value = pearson(centre[n > 0], median[n > 0])
    return BinnedCorrelation(centre, n, median, int(distance.size - n.sum()), r, p_value)


def _has_spread(x: np.ndarray, y: np.ndarray) -> bool:
    return x.size >= MIN_POINTS and bool(np.ptp(x) > 0) and bool(np.ptp(y) > 0)


def _pairs(x, y, names: tuple[str, str] = ("x", "y")) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise InvalidInput(f"{names[1]}: {y.size} of them for {x.size} {names[0]}; both must be lists of one length")
    for name, numbers in zip(names, (x, y), strict=True):
        if not np.all(np.isfinite(numbers)):
            raise InvalidInput(f"{name}: {np.count_nonzero(~np.isfinite(numbers))} of {numbers.size} are not finite")
    return x, y
