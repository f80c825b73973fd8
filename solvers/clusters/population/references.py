"""Einstein angles without Σ-Gravity, beside which its own stand: baryons alone, and MOND. Arcsec."""

from solvers.clusters.einstein_radius import einstein_radius
from solvers.clusters.enhancements import LawEnhancement, LensModel, NoEnhancement
from solvers.clusters.geometry import CODATA, LensConstants
from solvers.clusters.population.lenses import PopulationLens
from solvers.errors import InvalidInput
from solvers.laws import MondSimple

__all__ = ["A0", "baryon_angle", "mond_angle"]

A0 = 1.2e-10
"""MOND's acceleration [m/s²]."""


def baryon_angle(lens: PopulationLens) -> float:
    """θ_E [arcsec] of the baryons alone, A = 0; NaN where there is none."""
    return _angle(lens, NoEnhancement(), CODATA)


def mond_angle(lens: PopulationLens, a0: float = A0, constants: LensConstants = CODATA) -> float:
    """θ_E [arcsec] if M_eff(<r) = ν(g/a0) M(<r) with ν = 1/2 + √(1/4 + a0/g) lenses as mass; NaN where there is none.

    M_eff has no limit at large r: the angle depends on where the projection ends, r_max of the baryons.

    Parameters
    ----------
    lens : PopulationLens
        The lens.
    a0 : float
        [m/s²], > 0.
    constants : LensConstants
        G, and the kiloparsec in m.

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
    return _angle(lens, LawEnhancement(law=MondSimple(), params={"g_dagger": a0}), constants)


def _angle(lens: PopulationLens, model: LensModel, constants: LensConstants) -> float:
    return float(lens.angle(einstein_radius(model.surface_density(lens.baryons, constants), lens.sigma_crit)))
