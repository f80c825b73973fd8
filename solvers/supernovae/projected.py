"""The same χ² from a dozen numbers: the covariance projected on Chebyshev nodes.

I(z) = u q(u), u = ln(1+z), and 5 log10 q is so smooth that its values s on K nodes determine it. The residual
is then d − V s − 𝓜 with d = m − 5 log10[(1+z_pre) u], and χ² = c + |y − R s|² after one QR decomposition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from solvers.backgrounds.base import Background
from solvers.errors import InvalidInput
from solvers.spectral import ChebyshevInterval
from solvers.supernovae.dense import DenseLikelihood

_CHUNK = 4096
"""Models evaluated at once: keeps the temporaries of a long scan in cache."""


@dataclass(frozen=True, eq=False)
class ProjectedLikelihood:
    """χ² = `constant` + |`target` − `matrix` s|², minimised over the offset. Built by `project`.

    Parameters
    ----------
    u : ndarray
        ln(1+z) where E is wanted, shape (n_integration,).
    integration : ndarray
        From dI/du = (1+z)/E on `u` to I/u on the projection nodes, shape (n_nodes, n_integration).
    u_nodes : ndarray
        The projection nodes, shape (n_nodes,).
    matrix, target, constant : ndarray, ndarray, float
        R, y and c, of shapes (n_nodes, n_nodes) and (n_nodes,).
    offset_constant, offset_vector : float, ndarray
        Best offset 𝓜 = offset_constant − offset_vector·s.
    n_data : int
        Number of supernovae.
    """

    u: np.ndarray
    integration: np.ndarray
    u_nodes: np.ndarray
    matrix: np.ndarray
    target: np.ndarray
    constant: float
    offset_constant: float
    offset_vector: np.ndarray
    n_data: int

    def chi2(self, background: Background, **theta: Any) -> np.ndarray:
        """χ² for parameters that are numbers or arrays of one shape P.

        Returns
        -------
        ndarray
            Shape P; infinite where the model has no E (NaN) in the range of the data.
        """
        arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in theta.values()))
        shape = arrays[0].shape if arrays else ()
        if not shape:
            return self._chi2(background, theta)
        flat = {name: array.ravel() for name, array in zip(theta, arrays, strict=True)}
        size = arrays[0].size
        chi2 = np.empty(size)
        for i in range(0, size, _CHUNK):
            part = slice(i, i + _CHUNK)
            chi2[part] = self._chi2(background, {name: array[part] for name, array in flat.items()})
        return chi2.reshape(shape)

    def _chi2(self, background: Background, theta: Mapping[str, Any]) -> np.ndarray:
        residual = self.target - self._shape(background, theta) @ self.matrix.T
        chi2 = self.constant + np.einsum("...k,...k->...", residual, residual)
        return np.where(np.isnan(chi2), np.inf, chi2)

    def offset(self, background: Background, **theta: Any) -> float:
        """Best offset 𝓜 [mag] of one model."""
        return float(self.offset_constant - self._shape(background, theta) @ self.offset_vector)

    def _shape(self, background: Background, theta: Mapping[str, Any]) -> np.ndarray:
        """s = 5 log10(I/u) on the projection nodes, shape P + (n_nodes,)."""
        p = background.bind(theta)
        mean = np.exp(self.u - background.ln_efunc(self.u, p)) @ self.integration.T
        mean = background.transverse(mean * self.u_nodes, p) / self.u_nodes
        return 5.0 * np.log10(np.where(mean > 0, mean, np.nan))


def project(dense: DenseLikelihood, n_nodes: int = 16, n_integration: int | None = None) -> ProjectedLikelihood:
    """Project a likelihood on `n_nodes` Chebyshev nodes in ln(1+z).

    Parameters
    ----------
    dense : DenseLikelihood
        Likelihood with all z > 0.
    n_nodes : int
        Projection nodes K.
    n_integration : int, optional
        Nodes of the distance integral, 3K/2 + 1 if not given.

    Returns
    -------
    ProjectedLikelihood

    Raises
    ------
    InvalidInput
        A redshift that is not positive.
    """
    u = np.log1p(dense.z)
    if not np.all(u > 0):
        raise InvalidInput("z: the projection needs redshifts above 0")
    span = ChebyshevInterval(float(u.min()) * (1.0 - 1e-12), float(u.max()) * (1.0 + 1e-12), n_nodes)
    whole = ChebyshevInterval(0.0, span.upper, n_integration or 3 * n_nodes // 2 + 1)

    o = dense.whiten(np.ones(dense.n_data))
    o /= np.sqrt(o @ o)
    scale = np.sqrt(dense.information)
    d = dense.whiten(dense.magnitude - 5.0 * np.log10((1.0 + dense.z_prefactor) * u))
    columns = dense.whiten(span.interpolation_matrix(u))
    offset_constant, offset_vector = (o @ d) / scale, (o @ columns) / scale
    d, columns = d - o * (o @ d), columns - np.outer(o, o @ columns)
    basis, matrix = linalg.qr(columns, mode="economic")
    target = basis.T @ d
    rest = d - basis @ target
    missing = n_nodes - len(target)
    if missing > 0:
        # Fewer supernovae than nodes: rows of zeros keep the shapes.
        matrix, target = np.pad(matrix, ((0, missing), (0, 0))), np.pad(target, (0, missing))
    return ProjectedLikelihood(
        u=whole.nodes,
        integration=whole.integration_matrix(span.nodes) / span.nodes[:, np.newaxis],
        u_nodes=span.nodes,
        matrix=matrix,
        target=target,
        constant=float(rest @ rest),
        offset_constant=float(offset_constant),
        offset_vector=offset_vector,
        n_data=dense.n_data,
    )
