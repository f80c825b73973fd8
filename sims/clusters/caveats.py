"""What a comparison of Σ M_bar with lensing masses leaves out, with numbers (`clusters.md` §2)."""

import itertools
from collections.abc import Iterator

from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.enhancements import LawEnhancement
from solvers.clusters.geometry import CODATA, LensConstants
from solvers.clusters.mass_ratios import RADIUS
from solvers.clusters.projection import cylinder_mass
from solvers.laws import Sigma

_TOYS = ((1.0e15, 0.20), (1.5e15, 0.40), (2.0e15, 0.55))
"""M500 [Msun] and redshift of the clusters of `lensing.md` §3."""

_EXTENTS = (1.0, 5.0)
_AMPLITUDES = ("bare", "effective")


def caveat_notes(constants: LensConstants = CODATA, stated_fraction: float = 0.4 * 0.15) -> Iterator[str]:
    """Three sentences: cylinder against sphere, baryons assumed against modelled, and what M500 is.

    Parameters
    ----------
    constants : LensConstants
        Of the run.
    stated_fraction : float
        Share of M500 that the run takes for the baryons inside 200 kpc.

    References
    ----------
    `clusters.md` §2, caveats (i) to (iii).
    """
    cases = itertools.product(_TOYS, _EXTENTS, _AMPLITUDES)
    ratios = [cylinder_over_sphere(*toy, extent, amplitude, constants) for toy, extent, amplitude in cases]
    yield (
        f"Caveat: the lensing mass is that in a cylinder of {RADIUS:g} kpc, Σ M_bar that in a sphere. Of profiles of "
        f"clusters of {_TOYS[0][0] / 1e15:g}e15 to {_TOYS[-1][0] / 1e15:g}e15 Msun, enhanced by the law of the paper "
        f"with each of its two amplitudes (whatever `law` is here), the cylinder holds {min(ratios):.1f} to "
        f"{max(ratios):.1f} times as much as the sphere, as they end at {_EXTENTS[0]:g} to {_EXTENTS[1]:g} R500."
    )
    inside = [baryon_fraction(*toy) for toy in _TOYS]
    yield (
        f"Caveat: baryons of {stated_fraction:.3g} M500 inside {RADIUS:g} kpc are taken, where a model of gas, "
        f"brightest galaxy and intracluster light has {min(inside):.3f} to {max(inside):.3f} M500, and the masses "
        "tabulated for Abell 2744 are 0.009 M500."
    )
    yield "Caveat: M500 is itself a mass from dynamics or lensing, not one of baryons that were counted."


def cylinder_over_sphere(
    m500: float, z: float, extent: float, amplitude: str = "effective", constants: LensConstants = CODATA
) -> float:
    """Mass of Σ's enhanced profile in the cylinder of 200 kpc over that in the sphere.

    Parameters
    ----------
    m500 : float
        M500 [Msun], > 0.
    z : float
        Redshift, >= 0.
    extent : float
        Where the profile ends, in R500, > 0.
    amplitude : {"effective", "bare"}
        Of the source.
    constants : LensConstants
        Of the run.
    """
    baryons = _toy(m500, z, extent)
    model = LawEnhancement(law=Sigma(), params={"amplitude": amplitude})
    surface = model.surface_density(baryons, constants)
    cylinder = cylinder_mass(surface, RADIUS)
    mass = float(baryons.enclosed_mass(RADIUS))
    return float(cylinder / (mass * model.enhancement(constants.acceleration(mass, RADIUS))))


def baryon_fraction(m500: float, z: float) -> float:
    """Modelled baryons inside 200 kpc over M500 [Msun] of a cluster at redshift z."""
    return float(_toy(m500, z).enclosed_mass(RADIUS)) / m500


def _toy(m500: float, z: float, extent: float = 5.0) -> ClusterBaryons:
    return ClusterBaryons(m500=m500, rho_crit=critical_density(z), extent=extent)
