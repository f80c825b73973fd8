"""Stars about the centre of the Galaxy: cylindrical positions and velocities from what an astrometric survey measures.

The frame is astropy's `Galactocentric`, of which only the map from ICRS is asked for: a rotation, a shift of the origin
and the Sun's velocity. Positions in kpc, velocities in km/s. Rotation is clockwise seen from the north Galactic pole,
and the azimuthal velocity is positive along it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["KM_S_PER_KPC_MAS_YR", "Astrometry", "Cylindrical", "Sun", "azimuthal_error", "cylindrical"]

Array = NDArray[np.float64]

KM_S_PER_KPC_MAS_YR = 4.740470463533349
"""Velocity of 1 mas/yr at 1 kpc, km/s: 1 au in a Julian year."""

# the position of Sgr A* that astropy takes since v4.0, named here so that another default changes nothing
_CENTRE = (266.4051, -28.936175)


@dataclass(frozen=True)
class Sun:
    """Where the Sun is and how it moves.

    Parameters
    ----------
    radius : float
        Its distance from the centre, kpc, > `height`.
    height : float
        Its height above the plane, kpc.
    velocity : tuple of float
        Towards the centre, along the rotation and to the north, km/s: the second one with the rotation in it.
    """

    radius: float
    height: float
    velocity: tuple[float, float, float]


class Astrometry(NamedTuple):
    """What is measured of each star, shape ``(n_stars,)``: deg, deg, mas, mas/yr (pmra with cos(dec)), mas/yr, km/s."""

    ra: Array
    dec: Array
    parallax: Array
    pmra: Array
    pmdec: Array
    radial_velocity: Array


class Cylindrical(NamedTuple):
    """Radius and height, kpc; velocities outwards, along the rotation and to the north, km/s; shape ``(n_stars,)``."""

    radius: Array
    height: Array
    v_radius: Array
    v_phi: Array
    v_height: Array


def cylindrical(stars: Astrometry, sun: Sun) -> Cylindrical:
    """Galactocentric cylindrical coordinates of stars.

    Parameters
    ----------
    stars : Astrometry
        Parallaxes > 0; the distance is 1 / parallax.
    sun : Sun
        Where they are seen from.

    Returns
    -------
    Cylindrical
    """
    position, velocity, _ = _cartesian(stars, sun)
    outwards, along = _plane_axes(position)
    return Cylindrical(
        np.hypot(position[0], position[1]),
        position[2],
        _dot(outwards, velocity),
        _dot(along, velocity),
        velocity[2],
    )


def azimuthal_error(stars: Astrometry, errors: Astrometry, sun: Sun) -> Array:
    """Error of the azimuthal velocity, km/s, to first order in the errors of parallax, proper motion and velocity.

    A parallax changes the velocity across the line of sight and also the azimuth at which the star is. The errors of
    one star are taken as independent: the correlations that Gaia publishes, and the Sun's errors, are left out.

    Parameters
    ----------
    stars : Astrometry
        As in `cylindrical`.
    errors : Astrometry
        Their errors; those of ra and dec are not used.
    sun : Sun
        Where the stars are seen from.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_stars,)``, km/s.
    """
    position, velocity, (sight, east, north) = _cartesian(stars, sun)
    outwards, along = _plane_axes(position)
    distance = 1 / stars.parallax
    per_motion = KM_S_PER_KPC_MAS_YR * distance
    across = KM_S_PER_KPC_MAS_YR * (stars.pmra * _dot(along, east) + stars.pmdec * _dot(along, north))
    # moving along the line of sight turns the axes: d(along) = -outwards * (along . sight) / R
    turned = _dot(along, sight) * _dot(outwards, velocity) / np.hypot(position[0], position[1])
    terms = (
        (across - turned) * distance**2 * errors.parallax,
        per_motion * _dot(along, east) * errors.pmra,
        per_motion * _dot(along, north) * errors.pmdec,
        _dot(along, sight) * errors.radial_velocity,
    )
    return np.sqrt(sum(term**2 for term in terms))


def _dot(axis: Array, vector: Array) -> Array:
    return axis[0] * vector[0] + axis[1] * vector[1]


def _plane_axes(position: Array) -> tuple[Array, Array]:
    """Unit vectors in the plane at each star: outwards, and along the rotation."""
    outwards = position[:2] / np.hypot(position[0], position[1])
    return outwards, np.array([outwards[1], -outwards[0]])


def _cartesian(stars: Astrometry, sun: Sun) -> tuple[Array, Array, tuple[Array, Array, Array]]:
    """Position and velocity in the frame, and its components of the directions away from us, east and north."""
    rotation, origin, motion = _frame(sun)
    ra, dec = np.radians(stars.ra), np.radians(stars.dec)
    sin_a, cos_a, sin_d, cos_d = np.sin(ra), np.cos(ra), np.sin(dec), np.cos(dec)
    sight = rotation @ np.array([cos_d * cos_a, cos_d * sin_a, sin_d])
    east = rotation @ np.array([-sin_a, cos_a, np.zeros_like(ra)])
    north = rotation @ np.array([-sin_d * cos_a, -sin_d * sin_a, cos_d])
    distance = 1 / stars.parallax
    across = KM_S_PER_KPC_MAS_YR * distance * (stars.pmra * east + stars.pmdec * north)
    position = distance * sight + origin[:, np.newaxis]
    return position, stars.radial_velocity * sight + across + motion[:, np.newaxis], (sight, east, north)


@lru_cache(maxsize=8)
def _frame(sun: Sun) -> tuple[Array, Array, Array]:
    """Rotation ``(3, 3)``, origin (kpc) and velocity (km/s) of the map from ICRS, from where it puts four points."""
    import astropy.units as u
    from astropy.coordinates import ICRS, CartesianDifferential, CartesianRepresentation, Galactocentric

    frame = Galactocentric(
        galcen_coord=ICRS(ra=_CENTRE[0] * u.deg, dec=_CENTRE[1] * u.deg),
        galcen_distance=sun.radius * u.kpc,
        z_sun=sun.height * u.kpc,
        galcen_v_sun=CartesianDifferential(sun.velocity * u.km / u.s),
        roll=0 * u.deg,
    )
    points = np.hstack([np.zeros((3, 1)), np.eye(3)])
    at_rest = CartesianDifferential(np.zeros((3, 4)) * u.km / u.s)
    there = ICRS(CartesianRepresentation(points * u.kpc, differentials=at_rest)).transform_to(frame).cartesian
    xyz = there.xyz.to_value(u.kpc)
    motion = there.differentials["s"].d_xyz.to_value(u.km / u.s)
    return xyz[:, 1:] - xyz[:, :1], xyz[:, 0], motion[:, 0]
