"""Bounds on what the source neglects of the post-Newtonian expansion. Velocities in km/s, the rest without unit."""

from typing import Any, NamedTuple

from solvers.constants import C_KM_S

PUBLISHED_C_KM_S = 2.998e5
"""The speed of light behind the published numbers of the galaxies [km/s] (SI §5A.4)."""


class PostNewtonianTerms(NamedTuple):
    """The three terms of the bound.

    Attributes
    ----------
    cubic : float or ndarray
        C1 (v/c)³.
    thickness : float or ndarray
        C2 (v/c)² H/R.
    gradient : float or ndarray
        C3 (v/c)² R/R_Σ.
    """

    cubic: Any
    thickness: Any
    gradient: Any

    @property
    def total(self) -> Any:
        """Their sum, the bound on Δ_PN."""
        return self.cubic + self.thickness + self.gradient


def post_newtonian_terms(
    velocity: Any,
    *,
    thickness_ratio: Any = 1.0,
    gradient_ratio: Any = 1.0,
    coefficients: tuple[float, float, float] = (1.0, 1.0, 1.0),
    c: float = C_KM_S,
) -> PostNewtonianTerms:
    """C1 (v/c)³, C2 (v/c)² H/R and C3 (v/c)² R/R_Σ.

    With ratios of 1 the largest is 4.5e-7 for a disk of 200 km/s and 1.1e-5 for a cluster of 1000 km/s, so that "all
    terms << 1e-5" holds for disks, and for clusters only where the ratios are small.

    Parameters
    ----------
    velocity : float or ndarray
        v >= 0 [km/s].
    thickness_ratio : float or ndarray
        H/R >= 0.
    gradient_ratio : float or ndarray
        R/R_Σ >= 0.
    coefficients : tuple of float
        C1, C2, C3, which the source does not give.
    c : float
        Speed of light [km/s].

    References
    ----------
    SI §4.
    """
    beta = velocity / c
    c1, c2, c3 = coefficients
    return PostNewtonianTerms(c1 * beta**3, c2 * beta**2 * thickness_ratio, c3 * beta**2 * gradient_ratio)
