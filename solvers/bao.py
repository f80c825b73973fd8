"""Gaussian likelihood of baryon acoustic oscillations whose scale c/(H0 r_d) is free. Everything dimensionless.

Distances over the sound horizon r_d are s v(θ): s = c/(H0 r_d), and v follows from E(z) and I(z) = ∫ dz/E (transverse,
in c/H0) alone: D_M → I, D_H = c/H → 1/E, D_V → [z I²/E]^(1/3). χ² is minimised over s. There is no fixed r_d: s holds
H0, r_d and any constant factor of E, and r_d is a matter of the early universe, of which a background says nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg

from solvers import distances
from solvers.backgrounds.base import Background
from solvers.constants import C_KM_S
from solvers.errors import InvalidInput
from solvers.inference.parameters import ParameterSpace, nearest
from solvers.spectral import ChebyshevInterval
from solvers.supernovae.problem import NODE_COUNTS, TOLERANCE

QUANTITIES = ("DM_over_rs", "DH_over_rs", "DV_over_rs")
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class BaoLikelihood:
    """χ² = |L⁻¹(d − s v)|², C = LLᵀ, at the best scale s ≥ 0. Build it with `from_covariance`.

    Parameters
    ----------
    z, quantity, value : ndarray
        Effective redshifts > 0, names out of `QUANTITIES` and distances over the sound horizon d, shape (n,).
    factor : ndarray
        Lower Cholesky factor L of their covariance, shape (n, n).
    """

    z: np.ndarray
    quantity: np.ndarray
    value: np.ndarray
    factor: np.ndarray

    @classmethod
    def from_covariance(cls, z, quantity, value, covariance) -> "BaoLikelihood":
        """Likelihood with a full covariance matrix.

        Raises
        ------
        InvalidInput
            Shapes that do not fit, an unknown quantity, an illegal number, or a matrix that is no covariance.
        """
        z, value, covariance = (np.asarray(numbers, dtype=float) for numbers in (z, value, covariance))
        quantity, n = np.asarray(quantity, dtype=str), value.size
        for name, array in {"value": value, "z": z, "quantity": quantity, "covariance": covariance}.items():
            must = (n, n) if array is covariance else (n,)
            if array.shape != must or n == 0:
                raise InvalidInput(f"{name}: shape {array.shape} does not fit {n} distances, must be {must}")
        for entry in sorted(set(quantity.tolist()).difference(QUANTITIES)):
            raise InvalidInput(f"quantity={entry!r}: unknown{nearest(entry, QUANTITIES)}")
        if not np.all((z > 0) & np.isfinite(z) & np.isfinite(value)):
            raise InvalidInput("z, value: must be finite numbers, z > 0")
        if not np.all(np.abs(covariance - covariance.T) <= 1e-6 * np.max(np.abs(np.diagonal(covariance)))):
            raise InvalidInput("covariance: not symmetric, or not finite")
        try:
            return cls(z, quantity, value, linalg.cholesky(covariance, lower=True))
        except linalg.LinAlgError as error:
            raise InvalidInput(f"covariance: not positive definite ({error})") from None

    @property
    def n_data(self) -> int:
        """Number of distances."""
        return len(self.value)

    @cached_property
    def _whitening(self) -> np.ndarray:
        return linalg.solve_triangular(self.factor, np.eye(self.n_data), lower=True)

    def shape(self, transverse: np.ndarray, efunc: np.ndarray) -> np.ndarray:
        """v from the transverse distance in c/H0 and from E, shape (..., n); NaN where the distance is not positive."""
        transverse = np.where(transverse > 0, transverse, np.nan)
        is_quantity = [self.quantity == name for name in QUANTITIES]
        return np.select(is_quantity, [transverse, 1.0 / efunc, np.cbrt(self.z * transverse**2 / efunc)])

    def minimise(self, shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """χ² and best scale (v·C⁻¹d)/(v·C⁻¹v) of each v of shape (..., n); ∞ and NaN where v is NaN.

        Where that optimum is not positive, the answer is the infimum over all scales > 0: χ² = d·C⁻¹d, scale 0.
        """
        data, columns = self._whitening @ self.value, shape @ self._whitening.T
        scale = np.maximum(columns @ data / np.einsum("...k,...k->...", columns, columns), 0.0)
        residual = data - scale[..., np.newaxis] * columns
        chi2 = np.einsum("...k,...k->...", residual, residual)
        return np.where(np.isnan(chi2), np.inf, chi2), scale

    def evaluate(self, background: Background, **theta: Any) -> tuple[float, float]:
        """χ² and best scale of one model with single-valued parameters; its integral is refined to rounding."""
        p, u = background.bind(theta), np.log1p(self.z)
        integral, _ = distances.comoving_integral(lambda nodes: background.ln_efunc(nodes, p), self.z)
        chi2, scale = self.minimise(self.shape(background.transverse(integral, p), np.exp(background.ln_efunc(u, p))))
        return chi2.item(), scale.item()


@dataclass(frozen=True, eq=False)
class BaoProblem:
    """χ² of one background on BAO distances, minimised over the scale. Built by `confront_bao`.

    Parameters of the background are keyword arguments: numbers, or arrays that broadcast to one shape P.
    `n_nodes` integrate the distances, with an error in χ² over the prior of about `integration_error`.
    """

    background: Background
    likelihood: BaoLikelihood
    n_nodes: int
    integration_error: float = 0.0
    n_analytic: int = 1

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the background."""
        return self.background.space

    @property
    def n_data(self) -> int:
        """Number of distances."""
        return self.likelihood.n_data

    def chi2(self, **theta: Any) -> np.ndarray:
        """χ², shape P; infinite where the model has no E (NaN) or no distance in the range of the data."""
        return self._minimised(theta)[0]

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`."""
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))

    def best_scale(self, **theta: Any) -> np.ndarray:
        """c/(H0 r_d), shape P; 0 where no positive scale is best (see `BaoLikelihood.minimise`)."""
        return self._minimised(theta)[1]

    def r_d_H0(self, **theta: Any) -> np.ndarray:
        """r_d H0 [km/s] of the best scale, shape P; for E(0) ≠ 1, H0 is the parameter and not the rate today."""
        with np.errstate(divide="ignore"):
            return C_KM_S / self.best_scale(**theta)

    def prediction(self, **theta: Any) -> np.ndarray:
        """Distances over the sound horizon at the best scale, shape P + (n_data,)."""
        return self.best_scale(**theta)[..., np.newaxis] * self._shape(theta)

    def residuals(self, **theta: Any) -> np.ndarray:
        """Data minus prediction, shape P + (n_data,)."""
        return self.likelihood.value - self.prediction(**theta)

    def _minimised(self, theta: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        shape = np.broadcast_shapes(*(np.shape(value) for value in theta.values()))
        flat = {name: np.broadcast_to(np.asarray(v, dtype=float), shape).ravel() for name, v in theta.items()}
        chi2, scale = np.empty((2, int(np.prod(shape, dtype=int))))
        for i in range(0, chi2.size, _CHUNK):
            part = slice(i, i + _CHUNK)
            chi2[part], scale[part] = self.likelihood.minimise(self._shape({k: v[part] for k, v in flat.items()}))
        return chi2.reshape(shape), scale.reshape(shape)

    def _shape(self, theta: Mapping[str, Any]) -> np.ndarray:
        u, integration = self._nodes
        p = self.background.bind(theta)
        ln_efunc = self.background.ln_efunc(u, p)
        integral = np.exp(u - ln_efunc)[..., : self.n_nodes] @ integration.T
        return self.likelihood.shape(self.background.transverse(integral, p), np.exp(ln_efunc[..., self.n_nodes :]))

    @cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """ln(1+z) of the nodes of the integral and then of the data, and the integration matrix."""
        u = np.log1p(self.likelihood.z)
        interval = ChebyshevInterval(0.0, float(u.max()), self.n_nodes)
        return np.append(interval.nodes, u), interval.integration_matrix(u)


def confront_bao(background: Background, likelihood: BaoLikelihood) -> BaoProblem:
    """Take as many integration nodes as this background asks for over its whole prior.

    Raises
    ------
    InvalidInput
        The model's distances are not smooth (an E(z) with a step, say), or there are none.
    """
    points = background.space.extreme_points()
    coarse, *finer = (BaoProblem(background, likelihood, n_nodes) for n_nodes in NODE_COUNTS)
    before = coarse.chi2(**points)
    for fine in finer:
        after = fine.chi2(**points)
        known = np.isfinite(before) & np.isfinite(after)
        if not known.any():
            raise InvalidInput(f"{type(background).__name__}: distances exist at no corner of the prior")
        error = float(np.max(np.abs(after[known] - before[known])))
        if error <= TOLERANCE:
            return replace(coarse, integration_error=error)
        coarse, before = fine, after
    message = f"distances are not smooth enough, chi2 still changes by {error:.1e} with {coarse.n_nodes} nodes"
    raise InvalidInput(f"{type(background).__name__}: {message}")
