"""Integration of smooth functions on Chebyshev nodes, with an error estimate."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev

from solvers.errors import InvalidInput


class UnresolvedIntegral(InvalidInput, ArithmeticError):
    """An integrand that is not smooth, or not a number, somewhere on the way."""


@dataclass(frozen=True)
class ChebyshevInterval:
    """Chebyshev nodes of the first kind on [lower, upper] and the matrices that go with them.

    Parameters
    ----------
    lower, upper : float
        Ends of the interval, lower < upper.
    n_nodes : int
        Number of nodes; polynomials up to degree n_nodes − 1 are exact.
    """

    lower: float
    upper: float
    n_nodes: int

    @cached_property
    def nodes(self) -> np.ndarray:
        """Nodes in increasing order, shape (n_nodes,)."""
        return self.lower + self._half * (1.0 + chebyshev.chebpts1(self.n_nodes))

    @property
    def _half(self) -> float:
        return 0.5 * (self.upper - self.lower)

    @cached_property
    def _to_coefficients(self) -> np.ndarray:
        basis = chebyshev.chebvander(chebyshev.chebpts1(self.n_nodes), self.n_nodes - 1)
        basis[:, 0] *= 0.5
        return 2.0 / self.n_nodes * basis.T

    def _scaled(self, targets) -> np.ndarray:
        return (np.asarray(targets, dtype=float) - self.lower) / self._half - 1.0

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """Chebyshev coefficients of the interpolant, shape (..., n_nodes)."""
        return values @ self._to_coefficients.T

    def interpolation_matrix(self, targets) -> np.ndarray:
        """Matrix from values on the nodes to values at `targets`, shape (n_targets, n_nodes)."""
        return chebyshev.chebvander(self._scaled(targets), self.n_nodes - 1) @ self._to_coefficients

    def integration_matrix(self, targets) -> np.ndarray:
        """Matrix from values on the nodes to the integral from `lower` to each target."""
        primitive = self._half * chebyshev.chebint(self._to_coefficients, lbnd=-1)
        return chebyshev.chebvander(self._scaled(targets), self.n_nodes) @ primitive

    def tail(self, values: np.ndarray) -> np.ndarray:
        """Size of the last coefficients relative to the largest: the truncation error, shape (...)."""
        sizes = np.abs(self.coefficients(values))
        return np.max(sizes[..., -3:], axis=-1) / np.max(sizes, axis=-1)


def cumulative_integral(function, upper, targets, *, tolerance=1e-13, max_nodes=2048):
    """∫₀ᵗ f(u) du for each target t, on as many nodes as the function asks for.

    Parameters
    ----------
    function : callable
        Takes nodes of shape (n,) and returns f there, shape (..., n); smooth on [0, upper].
    upper : float
        End of the interval, > 0 and not below any target.
    targets : array_like
        Where the integral is wanted, shape (n_targets,).
    tolerance : float
        Relative size of the last Chebyshev coefficients at which the doubling of nodes stops.
    max_nodes : int
        Largest number of nodes tried.

    Returns
    -------
    integral : ndarray
        Shape (..., n_targets).
    error : float
        Estimate of the absolute error divided by the integral over the whole interval.

    Raises
    ------
    UnresolvedIntegral
        The coefficients do not fall below 1e-8 with `max_nodes`: f is not smooth, or not finite.
    """
    n_nodes = 32
    while True:
        interval = ChebyshevInterval(0.0, float(upper), n_nodes)
        values = np.asarray(function(interval.nodes))
        error = float(np.max(interval.tail(values)))
        if error <= tolerance or n_nodes >= max_nodes:
            break
        n_nodes *= 2
    if not error < 1e-8:
        raise UnresolvedIntegral(f"integral not resolved with {n_nodes} nodes (relative error {error:.1e})")
    return values @ interval.integration_matrix(targets).T, max(error, n_nodes * 2e-17)
