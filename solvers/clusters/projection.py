"""Surface density of a sphere in Msun/kpc², projected mass in Msun, and the lensing profiles they give. R in kpc."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = [
    "LensProfile",
    "continued_mass",
    "cylinder_mass",
    "increasing_radii",
    "lens_profile",
    "mass_within",
    "projected_mass",
    "surface_density",
]

Profile = Callable[[np.ndarray], np.ndarray]
"""A function of radii [kpc] of any shape that keeps their shape."""

_SIGHT_NODES, _SIGHT_WEIGHTS = np.polynomial.legendre.leggauss(12)
_SIGHT_PANELS = 24
_RING_NODES, _RING_WEIGHTS = np.polynomial.legendre.leggauss(8)
_WIDEST_RING = 0.35
"""Largest step in ln R of one Gauss rule."""

_SLOPE_STEP = 1e-3
_CENTRE = 1e-6
_BLOCK = 1 << 19
"""Most evaluations of a density held at a time."""


def surface_density(density: Profile, radius: Any, r_max: float) -> np.ndarray:
    """Σ(R) = 2 ∫₀^√(r_max²−R²) ρ(√(R²+l²)) dl [Msun/kpc²].

    With l = R sinh t the integrand is smooth in t also where the line of sight passes the centre closely. Relative
    error below 1e-10 where ρ is smooth in ln r and R > 1e-8 r_max; a kink of ρ costs digits near its radius.

    Parameters
    ----------
    density : callable
        ρ [Msun/kpc³] at radii r > 0 [kpc], in their shape.
    radius : array_like
        R > 0 [kpc], of any shape.
    r_max : float
        Radius at which the sphere ends [kpc], > 0.

    Returns
    -------
    ndarray
        In the shape of `radius`; 0 at and beyond r_max.

    Raises
    ------
    InvalidInput
        A radius or r_max that is not positive.

    References
    ----------
    `lensing.md` §2.
    """
    radius = np.asarray(radius, dtype=float)
    if not (np.all(radius > 0) and np.all(np.isfinite(radius))):
        raise InvalidInput("radius: must be > 0 and finite")
    _check_end(r_max)
    flat = np.minimum(radius, r_max).ravel()
    block = max(1, _BLOCK // (_SIGHT_PANELS * _SIGHT_NODES.size))
    parts = [_sight_integral(density, flat[i : i + block], r_max) for i in range(0, flat.size, block)]
    return np.concatenate(parts).reshape(radius.shape) if parts else np.zeros(radius.shape)


def mass_within(surface: Profile, radius: Any, start: float) -> np.ndarray:
    """2π ∫ Σ R′ dR′ [Msun] from `start` to each radius, by Gauss rules of 8 nodes in ln R.

    The grid may be wide, as its steps are divided where they exceed 0.35 in ln R, over which Σ has to be smooth.

    Parameters
    ----------
    surface : callable
        Σ [Msun/kpc²] at R [kpc].
    radius : array_like
        Increasing R [kpc], shape (n,), none below `start`.
    start : float
        Lower end [kpc], > 0.
    """
    edges = np.log(np.append(start, radius))
    width = np.diff(edges)
    rings = max(1, math.ceil(float(width.max()) / _WIDEST_RING))
    offset = (np.arange(rings)[:, np.newaxis] + 0.5 * (1.0 + _RING_NODES)) / rings
    u = edges[:-1, np.newaxis] + width[:, np.newaxis] * offset.ravel()
    weight = np.tile(0.5 * _RING_WEIGHTS / rings, rings)
    r = np.exp(u)
    return 2.0 * math.pi * np.cumsum(width * ((surface(r) * r * r) @ weight))


def continued_mass(surface: Profile, radius: float) -> float:
    """Mass [Msun] inside one radius if Σ goes on inwards as the power law that it has there, 2π Σ R²/(2+s).

    Raises
    ------
    InvalidInput
        A slope s = d ln Σ/d ln R of −2 or steeper, for which the mass diverges, or Σ that is negative or NaN.
    """
    lower, here, upper = surface(radius * np.exp(_SLOPE_STEP * np.array([-1.0, 0.0, 1.0])))
    if here == 0:
        return 0.0
    if not min(lower, here, upper) > 0:
        raise InvalidInput(f"radius={radius:g}: the surface density must be > 0 there and near it")
    slope = math.log(upper / lower) / (2.0 * _SLOPE_STEP)
    if not slope > -2.0:
        raise InvalidInput(f"radius={radius:g}: the surface density falls as R^{slope:.3g} there; start further in")
    return float(2.0 * math.pi * here * radius**2 / (2.0 + slope))


def cylinder_mass(surface: Profile, radius: float) -> float:
    """Mass [Msun] inside one R [kpc] of a surface density [Msun/kpc²], a power law inside a millionth of R."""
    start = _CENTRE * radius
    return continued_mass(surface, start) + float(mass_within(surface, np.array([radius]), start)[0])


def projected_mass(density: Profile, radius: Any, r_max: float) -> np.ndarray:
    """M_p(R) = 2π ∫₀ᴿ Σ R′ dR′ [Msun], the mass in a cylinder.

    Inside the first radius Σ is continued by its local power law: begin well inside the radii of interest. Relative
    error below 1e-9 of what is outside of it, and 1e-6 where R comes close to r_max, where Σ ends as a square root.

    Parameters
    ----------
    density : callable
        ρ [Msun/kpc³] at radii r > 0 [kpc], in their shape.
    radius : array_like
        Increasing R > 0 [kpc], shape (n,); the first one below r_max.
    r_max : float
        Radius at which the sphere ends [kpc]; beyond it M_p is constant.

    Raises
    ------
    InvalidInput
        Radii that do not increase, a first one at or beyond r_max, or a density that has no finite mass inside it.
    """
    radius = increasing_radii(radius)
    _check_end(r_max)
    if not radius[0] < r_max:
        raise InvalidInput(f"radius: the first one, {radius[0]:g}, must be below r_max={r_max:g}")

    def surface(r: np.ndarray) -> np.ndarray:
        return surface_density(density, r, r_max)

    inside = continued_mass(surface, float(radius[0]))
    return inside + mass_within(surface, np.minimum(radius, r_max), float(radius[0]))


@dataclass(frozen=True, eq=False, kw_only=True)
class LensProfile:
    """What a circular lens does to images, as functions of R.

    Parameters
    ----------
    radius : ndarray
        Increasing R > 0 [kpc], shape (n,).
    surface_density : ndarray
        Σ [Msun/kpc²], shape (n,).
    projected_mass : ndarray
        M_p [Msun], shape (n,).
    sigma_crit : float
        Critical surface density [Msun/kpc²], > 0.

    Raises
    ------
    InvalidInput
        Radii that do not increase, shapes that differ, or sigma_crit out of its range.
    """

    radius: np.ndarray
    surface_density: np.ndarray
    projected_mass: np.ndarray
    sigma_crit: float

    def __post_init__(self) -> None:
        n = increasing_radii(self.radius).shape
        if np.shape(self.surface_density) != n or np.shape(self.projected_mass) != n:
            raise InvalidInput("surface_density, projected_mass: must have the shape of radius")
        if not self.sigma_crit > 0:
            raise InvalidInput(f"sigma_crit={self.sigma_crit}: must be > 0")

    @property
    def kappa(self) -> np.ndarray:
        """Convergence Σ/Σ_crit."""
        return self.surface_density / self.sigma_crit

    @property
    def mean_kappa(self) -> np.ndarray:
        """Mean convergence inside R, M_p/(πR² Σ_crit)."""
        return self.projected_mass / (math.pi * self.radius**2 * self.sigma_crit)

    @property
    def deflection(self) -> np.ndarray:
        """Reduced deflection α = R κ̄ as a length in the plane of the lens [kpc]; over D_l it is an angle."""
        return self.radius * self.mean_kappa

    @property
    def tangential_shear(self) -> np.ndarray:
        """γ_t = κ̄ − κ."""
        return self.mean_kappa - self.kappa

    @property
    def excess_surface_density(self) -> np.ndarray:
        """ΔΣ = γ_t Σ_crit [Msun/kpc²], which does not depend on the sources."""
        return self.projected_mass / (math.pi * self.radius**2) - self.surface_density


def lens_profile(density: Profile, radius: Any, r_max: float, sigma_crit: float) -> LensProfile:
    """Σ, M_p, κ, κ̄, α, γ_t and ΔΣ of a sphere; parameters and errors as of `projected_mass` and `LensProfile`."""
    radius = increasing_radii(radius)
    return LensProfile(
        radius=radius,
        surface_density=surface_density(density, radius, r_max),
        projected_mass=projected_mass(density, radius, r_max),
        sigma_crit=sigma_crit,
    )


def increasing_radii(radius: Any) -> np.ndarray:
    """Radii as a vector.

    Raises
    ------
    InvalidInput
        None at all, more than one dimension, one that is not positive and finite, or an order that is not increasing.
    """
    radius = np.asarray(radius, dtype=float)
    if radius.ndim != 1 or radius.size == 0 or not (np.all(np.isfinite(radius)) and radius[0] > 0):
        raise InvalidInput("radius: must be a vector of finite numbers > 0")
    if not np.all(np.diff(radius) > 0):
        raise InvalidInput("radius: must increase from each point to the next")
    return radius


def _check_end(r_max: float) -> None:
    if not (r_max > 0 and math.isfinite(r_max)):
        raise InvalidInput(f"r_max={r_max:g}: must be > 0 and finite")


def _sight_integral(density: Profile, radius: np.ndarray, r_max: float) -> np.ndarray:
    """Σ at radii of shape (n,) that are at most r_max."""
    end = np.arccosh(r_max / radius)
    x = (np.arange(_SIGHT_PANELS)[:, np.newaxis] + 0.5 * (1.0 + _SIGHT_NODES)) / _SIGHT_PANELS
    # dl = R cosh t dt, which is r dt.
    r = radius[:, np.newaxis] * np.cosh(end[:, np.newaxis] * x.ravel())
    weight = np.tile(_SIGHT_WEIGHTS / _SIGHT_PANELS, _SIGHT_PANELS)
    return end * ((density(r) * r) @ weight)
