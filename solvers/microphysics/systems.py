"""Numbers of whole galaxies that the mechanisms take: km/s, kpc, Msun.

The source measures no dispersion. Its "sigma_v" is a fraction of the observed flat velocity, its "R_disk" the last
radius of the rotation curve, and its "baryonic mass" v²R/G of both: whatever goes with these goes with the rotation.
"""

import math
from dataclasses import dataclass
from typing import Any

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.galaxies.flat_velocity import median_flat_velocity

__all__ = ["INPUTS", "PUBLISHED_G", "Systems", "bulge_fraction", "systems_of"]

INPUTS = ("source", "photometric")
"""Where the numbers of a galaxy come from: its rotation curve, or photometry and a dispersion of the user's."""

PUBLISHED_G = 4.302e-6
"""G of the source's baryonic masses [kpc (km/s)²/Msun]."""

SOURCE_DISPERSION = 0.15
"""The source's σ_v over v_flat."""

_N_LAST = 10
_FEW_POINTS = 6
_FEW_DISPERSION = 25.0
"""σ_v of galaxies with fewer points than that in the source [km/s]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Systems:
    """One number for each galaxy, arrays of shape (n_galaxies,); `mass` may not be there.

    Parameters
    ----------
    sigma_v : ndarray
        Velocity dispersion [km/s], >= 0.
    v_flat : ndarray
        Flat velocity [km/s]; NaN where nothing was observed.
    radius : ndarray
        Size [kpc]: last radius of the curve, or photometric scale length.
    mass : ndarray, optional
        Baryonic mass [Msun].
    """

    sigma_v: Any
    v_flat: Any
    radius: Any
    mass: Any = None


def systems_of(curves: Curves, inputs: str = "source", sigma_v: float | None = None) -> Systems:
    """The numbers of every galaxy.

    Parameters
    ----------
    curves : Curves
        Rotation curves; for `photometric` with `baryonic_mass`, if the mechanism takes a mass.
    inputs : {"source", "photometric"}
        `source`: v_flat, the median of the last ten observed velocities; σ_v = 0.15 v_flat, 25 km/s for fewer than six
        points; the last radius; v_flat² R/G. `photometric`: scale length and mass of the catalogue, no v_flat.
    sigma_v : float, optional
        σ_v of all galaxies [km/s], > 0, in place of the proxy; `photometric` needs it.

    Raises
    ------
    InvalidInput
        An unknown word, a dispersion that is not positive, or none where there is no proxy.

    References
    ----------
    `microphysics.md` §1.
    """
    check_inputs(inputs, sigma_v)
    xp = curves.xp
    if inputs == "photometric":
        size = curves.r_disk
        known = xp.full_like(size, float(sigma_v))  # type: ignore[arg-type]
        return Systems(sigma_v=known, v_flat=xp.full_like(size, xp.nan), radius=size, mass=curves.baryonic_mass)
    # Where nothing was observed, as of the Milky Way's predicted radii, there is no median to take.
    is_observed = bool(xp.any(~xp.isnan(curves.v_obs)))
    v_flat = median_flat_velocity(curves, _N_LAST) if is_observed else xp.full_like(curves.r_disk, xp.nan)
    if sigma_v is None:
        dispersion = xp.where(curves.n_points >= _FEW_POINTS, SOURCE_DISPERSION * v_flat, _FEW_DISPERSION)
    else:
        dispersion = xp.full_like(v_flat, sigma_v)
    radius = curves.radius[curves.last]
    return Systems(sigma_v=dispersion, v_flat=v_flat, radius=radius, mass=v_flat**2 * radius / PUBLISHED_G)


def check_inputs(inputs: str, sigma_v: float | None) -> None:
    """Raise InvalidInput for words or a dispersion that `systems_of` does not take."""
    if inputs not in INPUTS:
        raise InvalidInput(f"inputs={inputs!r}: must be one of {', '.join(INPUTS)}")
    if sigma_v is None and inputs == "photometric":
        raise InvalidInput("sigma_v: inputs=photometric has no proxy for the dispersion, give it in km/s")
    if sigma_v is not None and (isinstance(sigma_v, bool) or not 0 < sigma_v < math.inf):
        raise InvalidInput(f"sigma_v={sigma_v:g}: must be a finite number > 0, km/s")


def bulge_fraction(curves: Curves) -> Any:
    """V_bulge²/V_bar² at the last radius, shape (n_galaxies,); NaN where V_bar = 0."""
    xp = curves.xp
    total = curves.v_bar_squared[curves.last]
    moving = total > 0
    return xp.where(moving, curves.v_bulge_squared[curves.last] / xp.where(moving, total, 1.0), xp.nan)
