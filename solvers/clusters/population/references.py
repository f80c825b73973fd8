"""Einstein angles without Σ-Gravity, beside which its own stand: baryons alone, and MOND. Arcsec."""

import numpy as np

from solvers.clusters.einstein_radius import einstein_radius
from solvers.clusters.kernels import pointwise_density
from solvers.clusters.population.lenses import ClusterLens
from solvers.clusters.projection import surface_density
from solvers.constants import G_KPC, KPC_M
from solvers.errors import InvalidInput
from solvers.laws import MondSimple

__all__ = ["A0", "baryon_angle", "mond_angle"]

A0 = 1.2e-10
"""MOND's acceleration [m/s²]."""


def baryon_angle(lens: ClusterLens) -> float:
    """θ_E [arcsec] of the baryons alone, A = 0; NaN where there is none."""
    sphere = lens.baryons
    radius = einstein_radius(lambda r: surface_density(sphere.density, r, sphere.r_max), lens.sigma_crit)
    return float(lens.angle(radius))


def mond_angle(lens: ClusterLens, a0: float = A0, G: float = G_KPC) -> float:
    """θ_E [arcsec] if M_eff(<r) = ν(g/a0) M(<r) with ν = 1/2 + √(1/4 + a0/g) lenses as mass; NaN where there is none.

    M_eff has no limit at large r: the angle depends on where the projection ends, r_max of the baryons.

    Parameters
    ----------
    lens : ClusterLens
        The lens.
    a0 : float
        [m/s²], > 0.
    G : float
        Gravitational constant [kpc (km/s)²/Msun].

    Raises
    ------
    InvalidInput
        a0 that is not positive.

    References
    ----------
    `lensing.md` §3 (`pointwise`), `clusters.md` §1.
    """
    if not a0 > 0:
        raise InvalidInput(f"a0={a0}: must be > 0 m/s²")
    sphere, law, scale = lens.baryons, MondSimple(), a0 * KPC_M / 1e6

    def density(r: np.ndarray) -> np.ndarray:
        return pointwise_density(r, sphere.density(r), sphere.enclosed_mass(r), 1.0, law, scale, G)

    return float(lens.angle(einstein_radius(lambda r: surface_density(density, r, sphere.r_max), lens.sigma_crit)))
