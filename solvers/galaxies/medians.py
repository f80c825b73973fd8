"""Medians of many values, in bins and with standard errors, and the spread about them. Any units."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solvers.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class BinnedMedians:
    """Bins that have enough values.

    Parameters
    ----------
    low, high : ndarray
        Ends of the bins, shape (n_bins,).
    n : ndarray of int
        Values in each, shape (n_bins,).
    median, error, deviation : ndarray
        Median, its standard error, and standard deviation (ddof 1) of the values, shape (n_bins,).
    n_dropped : int
        Values between the first and the last edge in bins that have too few.
    """

    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    median: np.ndarray
    error: np.ndarray
    deviation: np.ndarray
    n_dropped: int


def binned_medians(
    x: np.ndarray, values: np.ndarray, edges: np.ndarray, *, min_count: int, error_of: Callable[[np.ndarray], float]
) -> BinnedMedians:
    """Median of the values in each left-closed bin of x.

    Parameters
    ----------
    x, values : ndarray
        Shape (n,).
    edges : ndarray
        Increasing, shape (n_edges,); x from one (inclusive) to below the next are in one bin.
    min_count : int
        Bins with fewer values are left out, >= 2.
    error_of : callable
        The standard error of the median of sorted values: `normal_error`, or `bootstrap_error` with its draws.

    Returns
    -------
    BinnedMedians
        In the order of the edges; none where no bin has enough.

    Raises
    ------
    InvalidInput
        Edges that do not increase, or a number of values that has no standard error.
    """
    if not (edges.size >= 2 and (np.diff(edges) > 0).all()):
        raise InvalidInput("edges: must be two or more increasing numbers")
    if min_count < 2:
        raise InvalidInput(f"min_count={min_count}: must be >= 2")
    place = np.searchsorted(edges, x, side="right") - 1
    inside = (place >= 0) & (place < edges.size - 1)
    place, values = place[inside], values[inside]
    order = np.lexsort((values, place))
    counts = np.bincount(place, minlength=edges.size - 1)
    ends = np.cumsum(counts)
    kept = np.flatnonzero(counts >= min_count)
    sorted_values = values[order]
    groups = [sorted_values[ends[i] - counts[i] : ends[i]] for i in kept]
    return BinnedMedians(
        low=edges[kept],
        high=edges[kept + 1],
        n=counts[kept],
        median=np.array([np.median(group) for group in groups]),
        error=np.array([error_of(group) for group in groups]),
        deviation=np.array([group.std(ddof=1) for group in groups]),
        n_dropped=int(values.size - counts[kept].sum()),
    )


def normal_error(ordered: np.ndarray) -> float:
    """√(π/2) σ/√n = 1.2533 σ/√n, the standard error where the values are normal; too large where they have tails."""
    return float(math.sqrt(math.pi / 2.0) * ordered.std(ddof=1) / math.sqrt(ordered.size))


def bootstrap_error(ordered: np.ndarray, rng: np.random.Generator, n_resamples: int) -> float:
    """Standard deviation of the medians of resamples, whatever the distribution of the values.

    The medians are drawn as they are distributed, without the resamples: values drawn with replacement are those at the
    ranks ⌈n u⌉ of uniform u, and the middle ones of n uniform numbers are Beta variates.

    Parameters
    ----------
    ordered : ndarray
        Values in increasing order, shape (n,), n >= 2.
    rng : numpy.random.Generator
        Of the resamples.
    n_resamples : int
        How many medians are drawn, >= 2; the relative accuracy of the result is about 1/√(2 n_resamples).
    """
    n = ordered.size
    half = n // 2
    if n % 2:
        first = second = rng.beta(half + 1, half + 1, n_resamples)
    else:
        first = rng.beta(half, half + 1, n_resamples)
        second = first + (1.0 - first) * rng.beta(1, half, n_resamples)
    medians = 0.5 * sum(ordered[np.minimum((u * n).astype(int), n - 1)] for u in (first, second))
    return float(medians.std(ddof=1))


def spread(values: np.ndarray) -> float:
    """1.4826 times the median distance from the median: σ of normal values, and not moved by tails."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
