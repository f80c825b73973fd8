"""By how much a model improves on general relativity, galaxies without a value left out. km/s, per cent."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = ["ROUNDING", "SampleImprovement", "improvement", "improvement_along", "improvement_of_sample"]

ROUNDING = 1e-12
"""Relative difference up to which two RMS are one, as in `solvers.galaxies.head_to_head`."""


@dataclass(frozen=True, kw_only=True)
class SampleImprovement:
    """Over the galaxies in which both the model and the reference have an RMS; NaN where there are none.

    Of one model these are numbers, of many (`improvement_along`) arrays.

    Parameters
    ----------
    of_mean : float
        100 (1 − mean RMS/mean RMS of the reference) [per cent].
    mean : float
        Mean over galaxies of 100 (1 − RMS/RMS of the reference) [per cent].
    share : float
        Galaxies with the smaller RMS [per cent of those compared].
    n_improved : int
        Galaxies with the smaller RMS.
    n, n_undetermined : int
        Galaxies that are compared, and galaxies that are not.
    """

    of_mean: Any
    mean: Any
    share: Any
    n_improved: Any
    n: Any
    n_undetermined: Any


def improvement(rms: Any, reference: Any) -> np.ndarray:
    """100 (1 − RMS/RMS of the reference) of each galaxy [per cent]; NaN where either has no value or the latter is 0.

    Parameters
    ----------
    rms, reference : array_like
        RMS of a model and of the reference [km/s], >= 0, of shapes that broadcast.
    """
    rms, reference = np.asarray(rms, dtype=float), np.asarray(reference, dtype=float)
    there = np.isfinite(rms) & np.isfinite(reference) & (reference > 0)
    return np.where(there, 100.0 * (1.0 - rms / np.where(there, reference, 1.0)), np.nan)


def improvement_of_sample(rms: Any, reference: Any) -> SampleImprovement:
    """Both meanings that the source gives the improvement of a sample, and how many galaxies improve.

    A mean over galaxies weighs all alike; a ratio of means is ruled by the fast ones, whose RMS are the largest.

    Parameters
    ----------
    rms, reference : array_like
        RMS of a model and of the reference [km/s], >= 0, shape (n_galaxies,); not finite: undetermined.

    Raises
    ------
    InvalidInput
        Lists of other lengths, or a negative RMS.

    References
    ----------
    `microphysics.md` §9.
    """
    rms, reference = np.asarray(rms, dtype=float), np.asarray(reference, dtype=float)
    if rms.shape != reference.shape:
        raise InvalidInput(f"rms: {rms.size} galaxies, must be {reference.size} as the reference has")
    found = improvement_along(rms, reference)
    counts = {key: int(getattr(found, key)) for key in ("n_improved", "n", "n_undetermined")}
    return SampleImprovement(of_mean=float(found.of_mean), mean=float(found.mean), share=float(found.share), **counts)


def improvement_along(rms: np.ndarray, reference: np.ndarray) -> SampleImprovement:
    """The same of many models at once.

    Parameters
    ----------
    rms : ndarray
        RMS [km/s], >= 0, shape (..., n_galaxies); not finite: undetermined.
    reference : ndarray
        RMS of the reference [km/s], >= 0, shape (n_galaxies,).

    Returns
    -------
    SampleImprovement
        Arrays of shape (...).

    Raises
    ------
    InvalidInput
        A negative RMS.
    """
    if np.any(rms < 0) or np.any(reference < 0):
        raise InvalidInput("rms: must be >= 0")
    each = improvement(rms, reference)
    both = np.isfinite(each)
    n = both.sum(axis=-1)
    least = np.maximum(n, 1)
    own, base = np.where(both, rms, 0.0), np.where(both, reference, 0.0)
    total = np.where(n > 0, base.sum(axis=-1), 1.0)
    # A model without parameters is general relativity but for rounding, which improves nothing.
    n_improved = np.sum(both & (base - own > ROUNDING * base), axis=-1)
    compared = n > 0
    return SampleImprovement(
        of_mean=np.where(compared, 100.0 * (1.0 - own.sum(axis=-1) / total), np.nan),
        mean=np.where(compared, np.where(both, each, 0.0).sum(axis=-1) / least, np.nan),
        share=np.where(compared, 100.0 * n_improved / least, np.nan),
        n_improved=n_improved,
        n=n,
        n_undetermined=both.shape[-1] - n,
    )
