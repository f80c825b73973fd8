"""Where the mean convergence of a circular lens is 1: Einstein radii in kpc. Σ in Msun/kpc²."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from solvers.clusters.projection import continued_mass, increasing_radii, mass_within
from solvers.errors import InvalidInput

__all__ = ["SEARCH_GRID", "Crossings", "crossings", "einstein_radius", "mean_convergence"]

SEARCH_GRID = np.geomspace(0.5, 1500.0, 241)
"""Radii between which crossings are looked for [kpc]."""
SEARCH_GRID.setflags(write=False)

_START = 1e-4
"""Where the integral of Σ starts, over the first radius: the power law inside adds an error below 1e-8 of the mass."""

_TOLERANCE = 1e-13

Surface = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Crossings:
    """All radii at which κ̄ + κ_ext = 1.

    Parameters
    ----------
    radius : ndarray
        Increasing R [kpc], shape (n,); empty where there is none.
    is_downward : ndarray of bool
        Whether κ̄ falls below 1 there, shape (n,).
    """

    radius: np.ndarray
    is_downward: np.ndarray

    @property
    def outermost(self) -> float:
        """The Einstein radius, the last downward crossing [kpc]; NaN where there is none."""
        return float(self.radius[self.is_downward][-1]) if self.is_downward.any() else math.nan


def mean_convergence(
    surface: Surface,
    radius: np.ndarray,
    sigma_crit: float,
    *,
    kappa_ext: float = 0.0,
    central_mass: float = 0.0,
    start: float | None = None,
) -> np.ndarray:
    """κ̄(R) + κ_ext at increasing radii, shape (n,).

    Parameters
    ----------
    surface : callable
        Σ [Msun/kpc²] at R > 0 [kpc], in its shape.
    radius : ndarray
        Increasing R > 0 [kpc], shape (n,).
    sigma_crit : float
        Critical surface density [Msun/kpc²], > 0.
    kappa_ext : float
        Convergence of a sheet; in the mean condition it is exact.
    central_mass : float
        Mass of a point at the centre [Msun], >= 0.
    start : float, optional
        Radius [kpc] inside which Σ is continued as a power law, > 0 and at most the first one, of which it is 1e-4 if
        not given. The reference values of the suite have 0.05 kpc, which makes the radii of the toys with baryons
        alone 2e-6 larger than they are.

    Raises
    ------
    InvalidInput
        Radii that do not increase, a number out of its range, or a surface density that is not finite.
    """
    radius = increasing_radii(radius)
    _check(sigma_crit, kappa_ext, central_mass)
    return _masses(surface, radius, central_mass, start) / (math.pi * radius**2 * sigma_crit) + kappa_ext


def crossings(
    surface: Surface,
    sigma_crit: float,
    *,
    kappa_ext: float = 0.0,
    central_mass: float = 0.0,
    radius: np.ndarray = SEARCH_GRID,
    start: float | None = None,
) -> Crossings:
    """All radii with κ̄ + κ_ext = 1, bracketed on a grid and polished by Brent's method to 1e-13.

    Two crossings between neighbouring points of the grid, or any inside its first one, are not seen.

    Parameters
    ----------
    surface, sigma_crit, kappa_ext, central_mass, radius, start
        As in `mean_convergence`; `radius` is the grid.

    Raises
    ------
    InvalidInput
        As `mean_convergence`; or a mean convergence that is still above 1 at the end of the grid.
    """
    radius = increasing_radii(radius)
    _check(sigma_crit, kappa_ext, central_mass)
    mass = _masses(surface, radius, central_mass, start)
    is_inside = mass / (math.pi * radius**2 * sigma_crit) + kappa_ext >= 1.0
    if is_inside[-1]:
        raise InvalidInput(f"radius: the mean convergence is above 1 at its end, {radius[-1]:g} kpc; extend the grid")
    cells = np.flatnonzero(is_inside[1:] != is_inside[:-1])

    def excess(r: float, cell: int) -> float:
        ring = float(mass_within(surface, np.array([r]), float(radius[cell]))[0])
        return float((mass[cell] + ring) / (math.pi * r * r * sigma_crit)) + kappa_ext - 1.0

    found = [_polished(excess, int(cell), float(radius[cell]), float(radius[cell + 1])) for cell in cells]
    return Crossings(radius=np.array(found), is_downward=is_inside[cells])


def einstein_radius(
    surface: Surface,
    sigma_crit: float,
    *,
    kappa_ext: float = 0.0,
    central_mass: float = 0.0,
    radius: np.ndarray = SEARCH_GRID,
    start: float | None = None,
) -> float:
    """Outermost R with κ̄(R) + κ_ext = 1 [kpc], a mean and not a local condition; NaN where there is none.

    Parameters and errors are those of `crossings`. Whoever takes many counts the NaN.

    References
    ----------
    `lensing.md` §3.
    """
    return crossings(
        surface, sigma_crit, kappa_ext=kappa_ext, central_mass=central_mass, radius=radius, start=start
    ).outermost


def _masses(surface: Surface, radius: np.ndarray, central_mass: float, start: float | None) -> np.ndarray:
    """Projected mass [Msun] at each radius."""
    first = float(radius[0])
    start = _START * first if start is None else start
    if not 0 < start <= first:
        raise InvalidInput(f"start={start:g}: must be > 0 and at most the first radius, {first:g}")
    inside = continued_mass(surface, start) + float(mass_within(surface, radius[:1], start)[0])
    mass = central_mass + inside + mass_within(surface, radius, first)
    if not np.all(np.isfinite(mass)):
        raise InvalidInput("surface: must be finite at every radius")
    return mass


def _polished(excess: Callable[[float, int], float], cell: int, low: float, high: float) -> float:
    """Root of `excess` between two radii where the grid saw its sign change."""
    ends = excess(low, cell), excess(high, cell)
    if ends[0] * ends[1] > 0:
        # Rounding turned the sign: the root is one of the ends to all digits.
        return low if abs(ends[0]) < abs(ends[1]) else high
    return float(optimize.brentq(excess, low, high, args=(cell,), xtol=_TOLERANCE * low, rtol=_TOLERANCE))


def _check(sigma_crit: float, kappa_ext: float, central_mass: float) -> None:
    if not sigma_crit > 0:
        raise InvalidInput(f"sigma_crit={sigma_crit}: must be > 0")
    if not math.isfinite(kappa_ext):
        raise InvalidInput(f"kappa_ext={kappa_ext}: must be finite")
    if not (central_mass >= 0 and math.isfinite(central_mass)):
        raise InvalidInput(f"central_mass={central_mass}: must be >= 0")
