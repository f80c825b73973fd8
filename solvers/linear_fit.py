"""Linear least squares with correlated errors: the exact minimum, its covariance, and χ² everywhere."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from solvers.errors import InvalidInput

_DEPENDENT = 1e-12
"""Singular value, relative to the largest, below which columns are not independent."""


@dataclass(frozen=True, eq=False)
class LinearFit:
    """The minimum of a χ² that is quadratic in its parameters.

    Parameters
    ----------
    values : ndarray
        Best fit, shape (k,).
    precision, covariance : ndarray
        XᵀC⁻¹X of the design X, and its inverse, shape (k, k).
    chi2 : float
        χ² at `values`.
    """

    values: np.ndarray
    precision: np.ndarray
    covariance: np.ndarray
    chi2: float

    def chi2_at(self, *values) -> np.ndarray:
        """χ² anywhere, of k arrays that broadcast."""
        away = np.stack(np.broadcast_arrays(*values), axis=-1) - self.values
        return self.chi2 + np.einsum("...i,ij,...j->...", away, self.precision, away)


def linear_fit(whiten: Callable[[np.ndarray], np.ndarray], design: np.ndarray, data: np.ndarray) -> LinearFit:
    """Least squares of data = design · values with correlated errors.

    Parameters
    ----------
    whiten : callable
        L⁻¹ times a vector or columns, C = LLᵀ (`DenseLikelihood.whiten`).
    design : ndarray
        Shape (n, k), k >= 1.
    data : ndarray
        Shape (n,).

    Returns
    -------
    LinearFit

    Raises
    ------
    InvalidInput
        The columns are not independent on these data.
    """
    columns, target = whiten(design), whiten(data)
    values, _, rank, _ = linalg.lstsq(columns, target, cond=_DEPENDENT)
    if rank < design.shape[1]:
        raise InvalidInput(
            f"{len(data)} data do not determine {design.shape[1]} parameters: more redshifts are needed, or fewer "
            "free parameters"
        )
    precision = columns.T @ columns
    rest = target - columns @ values
    return LinearFit(values, precision, linalg.inv(precision), float(rest @ rest))
