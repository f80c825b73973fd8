"""What was measured of clusters of known baryons: accelerations, and masses with correlated errors.

Accelerations in m/s², their errors in dex; masses in Msun.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg

from solvers.errors import InvalidInput

__all__ = ["ERRORS", "AccelerationPoints", "MassPoints"]

ERRORS = ("observed", "both")
"""Errors of g_obs alone, or with those of g_bar."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AccelerationPoints:
    """Observed accelerations at accelerations by the baryons, with errors that are independent between points.

    Parameters
    ----------
    g_bar, g_obs : ndarray
        Accelerations [m/s²], shape (n,), > 0.
    g_bar_err, g_obs_err : ndarray
        Errors of their log10 [dex], shape (n,), >= 0 and > 0.
    errors : {"both", "observed"}
        Whether errors of g_bar enter the variance, by the slope of the model at the point.
    scatter : float
        Intrinsic scatter of log10 g_obs [dex], >= 0, added to the variance.

    Raises
    ------
    InvalidInput
        Shapes that differ, an unknown word, or a number out of its range.
    """

    g_bar: np.ndarray
    g_obs: np.ndarray
    g_bar_err: np.ndarray
    g_obs_err: np.ndarray
    errors: str = "both"
    scatter: float = 0.0

    def __post_init__(self) -> None:
        _set_vectors(self, ("g_bar", "g_obs", "g_bar_err", "g_obs_err"))
        for name in ("g_bar", "g_obs", "g_obs_err"):
            if not np.all(getattr(self, name) > 0):
                raise InvalidInput(f"{name}: must be > 0 everywhere")
        if not np.all(self.g_bar_err >= 0):
            raise InvalidInput("g_bar_err: must be >= 0 everywhere")
        if self.errors not in ERRORS:
            raise InvalidInput(f"errors={self.errors!r}: must be one of {', '.join(ERRORS)}")
        if not (self.scatter >= 0 and math.isfinite(self.scatter)):
            raise InvalidInput(f"scatter={self.scatter}: must be >= 0 dex")

    @property
    def n_data(self) -> int:
        """Number of points."""
        return self.g_bar.size

    def take(self, rows: np.ndarray) -> "AccelerationPoints":
        """The points chosen by indices or by a mask of shape (n,)."""
        return AccelerationPoints(
            g_bar=self.g_bar[rows],
            g_obs=self.g_obs[rows],
            g_bar_err=self.g_bar_err[rows],
            g_obs_err=self.g_obs_err[rows],
            errors=self.errors,
            scatter=self.scatter,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class MassPoints:
    """Masses inside spheres, their errors correlated within a cluster and independent between clusters.

    Parameters
    ----------
    g_bar : ndarray
        Accelerations by the baryons [m/s²], shape (n,), > 0.
    m_bar : ndarray
        Masses of the baryons [Msun], shape (n,), > 0; taken as exact.
    mass, mass_err : ndarray
        Observed masses [Msun], which may be negative, and their statistical errors > 0, shape (n,).
    correlation : ndarray
        Of the statistical errors, shape (n, n); between clusters it is not read.
    cluster : ndarray
        Number of the cluster of each point, shape (n,).
    common_err : ndarray
        Errors that are fully correlated within a cluster [Msun], shape (n,), >= 0; all 0: none.

    Raises
    ------
    InvalidInput
        Shapes that do not fit, a number out of its range, or a matrix that is no correlation.
    """

    g_bar: np.ndarray
    m_bar: np.ndarray
    mass: np.ndarray
    mass_err: np.ndarray
    correlation: np.ndarray
    cluster: np.ndarray
    common_err: np.ndarray

    def __post_init__(self) -> None:
        _set_vectors(self, ("g_bar", "m_bar", "mass", "mass_err", "common_err"))
        n = self.n_data
        for name, shape in (("cluster", (n,)), ("correlation", (n, n))):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
            if getattr(self, name).shape != shape:
                raise InvalidInput(f"{name}: shape {getattr(self, name).shape} does not fit {n} masses")
        for name in ("g_bar", "m_bar", "mass_err"):
            if not np.all(getattr(self, name) > 0):
                raise InvalidInput(f"{name}: must be > 0 everywhere")
        if not np.all(self.common_err >= 0):
            raise InvalidInput("common_err: must be >= 0 everywhere")
        # Made once here, so that a singular matrix is said before anything is fitted.
        self.whitening  # noqa: B018

    @property
    def n_data(self) -> int:
        """Number of masses."""
        return self.g_bar.size

    @cached_property
    def covariance(self) -> np.ndarray:
        """corr_ij σ_i σ_j + s_i s_j within a cluster [Msun²], 0 between clusters, shape (n, n)."""
        same = self.cluster[:, np.newaxis] == self.cluster
        statistical = self.correlation * np.outer(self.mass_err, self.mass_err)
        return np.where(same, statistical + np.outer(self.common_err, self.common_err), 0.0)

    @cached_property
    def whitening(self) -> np.ndarray:
        """L⁻¹ of the covariance LLᵀ [1/Msun], shape (n, n)."""
        scale = np.sqrt(np.diagonal(self.covariance))
        try:
            factor = linalg.cholesky(self.covariance / np.outer(scale, scale), lower=True)
        except (linalg.LinAlgError, ValueError) as error:
            raise InvalidInput(f"correlation: not positive definite ({error})") from None
        return linalg.solve_triangular(factor, np.eye(self.n_data), lower=True) / scale

    def take(self, rows: np.ndarray) -> "MassPoints":
        """The points chosen by indices or by a mask of shape (n,)."""
        return MassPoints(
            g_bar=self.g_bar[rows],
            m_bar=self.m_bar[rows],
            mass=self.mass[rows],
            mass_err=self.mass_err[rows],
            correlation=self.correlation[rows][:, rows],
            cluster=self.cluster[rows],
            common_err=self.common_err[rows],
        )


def _set_vectors(data: Any, names: Sequence[str]) -> None:
    """Turn columns into vectors of numbers of one length."""
    n = np.size(getattr(data, names[0]))
    for name in names:
        column = np.asarray(getattr(data, name), dtype=float)
        if column.shape != (n,) or n == 0:
            raise InvalidInput(f"{name}: shape {column.shape} must be that of {names[0]}, (n,) with n >= 1")
        if not np.all(np.isfinite(column)):
            raise InvalidInput(f"{name}: must be finite everywhere")
        object.__setattr__(data, name, column)
