"""Mass coherence: enhancement by the depth of the potential of one coherence volume. kpc, km/s, Msun."""

from typing import Any

import numpy as np

from solvers.constants import C_KM_S

__all__ = ["DEPTH_G", "potential_depth", "saturating"]

DEPTH_G = 4.30091e-6
"""G of the source's potential depth [kpc (km/s)²/Msun]; its baryonic masses have another."""


def potential_depth(mass: Any, r_eff: Any, ell0: float = 5.0) -> Any:
    """Ψ = G M ℓ0²/(R_eff³ c²), G M_coh/(ℓ0 c²) with M_coh = M (ℓ0/R_eff)³.

    Parameters
    ----------
    mass : array_like
        Baryonic mass > 0 [Msun].
    r_eff : array_like
        R_eff > 0 [kpc].
    ell0 : float
        ℓ0 > 0 [kpc].

    References
    ----------
    `microphysics.md` §7.
    """
    return DEPTH_G * mass * ell0**2 / (r_eff**3 * C_KM_S**2)


def saturating(depth: Any, largest: Any, scale: Any, power: Any) -> Any:
    """K_max [1 − exp(−(Ψ/Ψ0)^γ)], to all digits also where Ψ << Ψ0."""
    return -largest * np.expm1(-((depth / scale) ** power))
