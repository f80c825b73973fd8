"""Gaussian likelihood of a Hubble diagram whose magnitude offset is free.

Magnitudes m = 5 log10[(1+z_pre) I(z)] + 𝓜 with I = ∫ dz/E (transverse, in c/H0): 𝓜 holds the absolute
magnitude, H0 and any scale of E, so the likelihood sees the shape of E alone.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from solvers import distances
from solvers.backgrounds.base import Background
from solvers.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class DenseLikelihood:
    """χ² = w·w − (o·w)²/(o·o) with w = L⁻¹r, o = L⁻¹1, C = LLᵀ: minimised over the offset.

    Build it with `from_covariance` or `from_variance`.

    Parameters
    ----------
    magnitude, z, z_prefactor : ndarray
        Data [mag], redshifts of the integral and of the (1+z) prefactor, shape (n,).
    factor : ndarray
        Lower Cholesky factor (n, n), or standard deviations (n,).
    """

    magnitude: np.ndarray
    z: np.ndarray
    z_prefactor: np.ndarray
    factor: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.magnitude)
        errors = "variance" if self.factor.ndim == 1 else "covariance"
        lengths = {"z": self.z.shape, "z_prefactor": self.z_prefactor.shape, errors: self.factor.shape[:1]}
        for name, shape in lengths.items():
            if shape != (n,):
                raise InvalidInput(f"{name}: shape {shape} does not fit {n} magnitudes")

    @classmethod
    def from_covariance(cls, magnitude, z, z_prefactor, covariance) -> "DenseLikelihood":
        """Likelihood with a full covariance matrix [mag²].

        Raises
        ------
        InvalidInput
            The matrix has the wrong shape, is not symmetric or is not positive definite.
        """
        n = len(magnitude)
        if np.shape(covariance) != (n, n):
            raise InvalidInput(
                f"covariance: shape {np.shape(covariance)} does not fit {n} supernovae, must be ({n}, {n})"
            )
        asymmetry = np.max(np.abs(covariance - np.transpose(covariance)))
        if not asymmetry <= 1e-6 * np.max(np.abs(covariance)):
            raise InvalidInput("covariance: not symmetric, or not finite")
        try:
            factor = linalg.cholesky(covariance, lower=True)
        except linalg.LinAlgError as error:
            raise InvalidInput(f"covariance: not positive definite ({error})") from None
        return cls(np.asarray(magnitude), np.asarray(z), np.asarray(z_prefactor), factor)

    @classmethod
    def from_variance(cls, magnitude, z, z_prefactor, variance) -> "DenseLikelihood":
        """Likelihood with independent errors [mag²].

        Raises
        ------
        InvalidInput
            A variance that is not positive.
        """
        if np.ndim(variance) != 1 or not np.all(np.asarray(variance) > 0):
            raise InvalidInput("variance: every entry must be > 0")
        return cls(np.asarray(magnitude), np.asarray(z), np.asarray(z_prefactor), np.sqrt(variance))

    @property
    def n_data(self) -> int:
        """Number of supernovae."""
        return len(self.magnitude)

    def whiten(self, vectors: np.ndarray) -> np.ndarray:
        """L⁻¹ times columns, shape (n,) or (n, k)."""
        if self.factor.ndim == 1:
            return (vectors.T / self.factor).T
        return linalg.solve_triangular(self.factor, vectors, lower=True)

    @property
    def information(self) -> float:
        """o·o = 1ᵀC⁻¹1, the inverse variance of the offset [mag⁻²]."""
        o = self.whiten(np.ones(self.n_data))
        return float(o @ o)

    @property
    def log_marginalisation(self) -> float:
        """ln(o·o/2π): what a flat prior on the offset adds to χ², the same for every model."""
        return math.log(self.information / (2.0 * math.pi))

    @property
    def log_det(self) -> float:
        """ln det C."""
        diagonal = self.factor if self.factor.ndim == 1 else np.diagonal(self.factor)
        return float(2.0 * np.sum(np.log(diagonal)))

    def evaluate(self, background: Background, **theta: Any) -> tuple[float, float]:
        """χ² and the best offset 𝓜 [mag] of one model with single-valued parameters."""
        shape = self.shape(background, **theta)
        w = self.whiten(self.magnitude - shape)
        o = self.whiten(np.ones(self.n_data))
        offset = (o @ w) / (o @ o)
        rest = w - offset * o
        return float(rest @ rest), float(offset)

    def shape(self, background: Background, **theta: Any) -> np.ndarray:
        """5 log10[(1+z_pre) I(z)] of every supernova [mag], shape (n,)."""
        p = background.bind(theta)
        unique, rows = np.unique(self.z, return_inverse=True)
        integral, _ = distances.comoving_integral(lambda u: background.ln_efunc(u, p), unique)
        transverse = background.transverse(integral, p)[rows]
        return 5.0 * np.log10((1.0 + self.z_prefactor) * transverse)
