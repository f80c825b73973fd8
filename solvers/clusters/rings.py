"""Gauss-Legendre nodes of rings in ln R, by which projected masses are summed. Radii in kpc."""

import numpy as np

__all__ = ["NODES", "START", "WEIGHTS", "ring_radii"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
"""On (−1, 1), of one ring."""

START = 1e-4
"""Where the integral of Σ starts, over the first radius; inside, Σ is a power law."""


def ring_radii(ln_edges: np.ndarray) -> np.ndarray:
    """R at the nodes of the rings between edges in ln R of shape (n,); shape (n − 1, 8)."""
    return np.exp(ln_edges[:-1, np.newaxis] + 0.5 * np.diff(ln_edges)[:, np.newaxis] * (1.0 + NODES))
