"""Σ written as a coupling f(φ) = 1 + φ²/M² of a scalar field: **an identity, not a solution of the field's equation**.

φ is defined as M √(Σ−1), so f(φ) is Σ again whatever M; that both curves agree tests arithmetic alone.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.galaxies.curves import Curves
from solvers.galaxies.law_rotation import LawRotation


def coupling(phi: Any, mass_scale: Any) -> Any:
    """f = 1 + φ²/M² of fields φ and M > 0 of one unit, which broadcast (SI §23.1)."""
    return 1.0 + (phi / mass_scale) ** 2


def field_profile(sigma: Any, mass_scale: Any) -> Any:
    """φ = M √max(Σ−1, 0) in the unit of M (SI §23.4).

    Parameters
    ----------
    sigma : float or ndarray
        Enhancement Σ. No real field gives Σ < 1: φ is 0 there, as in the source, and `coupling` returns 1.
    mass_scale : float or ndarray
        M > 0.
    """
    return mass_scale * np.sqrt(np.maximum(sigma - 1.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class DynamicalField(LawRotation):
    """`LawRotation` with Σ taken through the field and back: equal to it within 1e-10 km/s for any M.

    Parameters
    ----------
    mass_scale : float
        M > 0; it drops out.

    Raises
    ------
    ValueError
        M that is not positive.

    References
    ----------
    SI §23.3, which takes the agreement for a test of the dynamics.
    """

    mass_scale: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.mass_scale > 0 and math.isfinite(self.mass_scale)):
            raise ValueError(f"mass_scale={self.mass_scale}: must be > 0")

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """f(φ(Σ)), shape (..., n_points)."""
        sigma = super().enhancement(curves, **theta)
        return coupling(field_profile(sigma, self.mass_scale), self.mass_scale)
