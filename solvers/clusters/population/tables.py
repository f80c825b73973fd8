"""Mean convergences of baryons, with and without a window, on a grid of ln u and ln ℓ0. Radii in kpc.

K_b(u) is the mean convergence of the baryons inside u, K_C(u; ℓ0) that of baryons times window. Between the points
they are bicubic in the logarithms, with values and slopes of the integrals themselves at the points.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solvers.clusters.kernels import Window
from solvers.clusters.population.lenses import PopulationLens
from solvers.clusters.projection import continued_mass, surface_density
from solvers.clusters.rings import START, WEIGHTS, ring_radii
from solvers.errors import InvalidInput

__all__ = ["FITTED_WINDOWS", "ConvergenceTables", "TableGrid", "convergence_tables", "hermite"]

FITTED_WINDOWS = ("interior", "rising")
"""Shapes with a table: their slope in ln ℓ0 is known in closed form."""

_INNER_RINGS = 60
"""Gauss rules in ln R between the start of the integral and the first radius."""


@dataclass(frozen=True, kw_only=True)
class TableGrid:
    """Where the mean convergences are tabulated.

    With the defaults Einstein radii differ by less than 1e-7 of themselves from those by `einstein_radius`.

    Parameters
    ----------
    u_min, u_max : float
        Range of u [kpc], > 0: Einstein radii outside are not found.
    n_u : int
        Points along ln u, at least 8.
    ell0_min, ell0_max : float
        Range of ℓ0 [kpc], > 0; the likelihood is 0 outside.
    n_ell0 : int
        Points along ln ℓ0, at least 8.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    u_min: float = 0.5
    u_max: float = 1500.0
    n_u: int = 128
    ell0_min: float = 5.0
    ell0_max: float = 8000.0
    n_ell0: int = 150

    def __post_init__(self) -> None:
        for low, high in (("u_min", "u_max"), ("ell0_min", "ell0_max")):
            if not 0 < getattr(self, low) < getattr(self, high) < math.inf:
                raise InvalidInput(f"grid.{low}={getattr(self, low):g}: must be > 0 and below {high}")
        for name in ("n_u", "n_ell0"):
            if getattr(self, name) < 8:
                raise InvalidInput(f"grid.{name}={getattr(self, name)}: must be >= 8")

    @property
    def ln_u(self) -> np.ndarray:
        """ln u, shape (n_u,)."""
        return np.linspace(math.log(self.u_min), math.log(self.u_max), self.n_u)

    @property
    def ln_ell0(self) -> np.ndarray:
        """ln ℓ0, shape (n_ell0,)."""
        return np.linspace(math.log(self.ell0_min), math.log(self.ell0_max), self.n_ell0)


@dataclass(frozen=True, eq=False, kw_only=True)
class ConvergenceTables:
    """Tables of a sample of lenses.

    Parameters
    ----------
    ln_u, ln_ell0 : ndarray
        Equally spaced grids, shapes (n_u,) and (n_ell0,).
    baryons : ndarray
        ln K_b and its slope in ln u, shape (n_lenses, 2, n_u).
    windowed : ndarray
        ln K_C, its slopes in ln u and in ln ℓ0, and the slope in both, shape (n_lenses, 4, n_ell0, n_u).
    D_l : ndarray
        Distances of the lenses [kpc], shape (n_lenses,).
    """

    ln_u: np.ndarray
    ln_ell0: np.ndarray
    baryons: np.ndarray
    windowed: np.ndarray
    D_l: np.ndarray

    def __len__(self) -> int:
        return len(self.D_l)

    def rows(self, rows: Sequence[int]) -> "ConvergenceTables":
        """Those of some of the lenses."""
        chosen = list(rows)
        parts = {name: getattr(self, name)[chosen] for name in ("baryons", "windowed", "D_l")}
        return replace(self, **parts)


def convergence_tables(
    lenses: Sequence[PopulationLens], window: Window, grid: TableGrid | None = None
) -> ConvergenceTables:
    """Tabulate K_b and K_C of every lens.

    Parameters
    ----------
    lenses : sequence of PopulationLens
        At least one, with baryons.
    window : Window
        Shape and exponents; its ℓ0 is not used.
    grid : TableGrid, optional
        Where.

    Raises
    ------
    InvalidInput
        No lens, or a window that is neither interior nor rising.

    References
    ----------
    `clusters.md` §5.
    """
    if window.shape not in FITTED_WINDOWS:
        raise InvalidInput(f"window.shape={window.shape!r}: must be one of {', '.join(FITTED_WINDOWS)} here")
    if not lenses:
        raise InvalidInput("clusters: name at least two")
    grid = grid or TableGrid()
    found = [_tables_of(lens, window, grid) for lens in lenses]
    return ConvergenceTables(
        ln_u=grid.ln_u,
        ln_ell0=grid.ln_ell0,
        baryons=np.stack([baryons for baryons, _ in found]),
        windowed=np.stack([windowed for _, windowed in found]),
        D_l=np.array([lens.D_l for lens in lenses]),
    )


def hermite(t: Any, step: float, ends: tuple[Any, Any], slopes: tuple[Any, Any]) -> Any:
    """Cubic through two values with two slopes, at the fraction `t` of a step; of numbers or arrays of any library."""
    s = 1.0 - t
    return s * s * ((1.0 + 2.0 * t) * ends[0] + t * step * slopes[0]) + t * t * (
        (1.0 + 2.0 * s) * ends[1] - s * step * slopes[1]
    )


def _tables_of(lens: PopulationLens, window: Window, grid: TableGrid) -> tuple[np.ndarray, np.ndarray]:
    """ln K_b with its slope, and ln K_C with its three slopes, of one lens."""
    u, ell0 = np.exp(grid.ln_u), np.exp(grid.ln_ell0)
    start = START * u[0]

    def surface(radius: np.ndarray) -> np.ndarray:
        return surface_density(lens.baryons.density, radius, lens.baryons.r_max)

    edges = np.append(np.linspace(math.log(start), grid.ln_u[0], _INNER_RINGS)[:-1], grid.ln_u)
    width = np.diff(edges)
    r = ring_radii(edges)
    # Σ does not depend on ℓ0: its rings are made once and weighted by every window.
    rings = math.pi * width[:, np.newaxis] * WEIGHTS * surface(r) * r * r
    area = math.pi * u * u * lens.sigma_crit
    keep = slice(-grid.n_u, None)

    def mean(weighted: np.ndarray, inside: float) -> np.ndarray:
        return (inside + np.append(0.0, np.cumsum(weighted.sum(axis=-1))))[keep] / area

    inside = continued_mass(surface, start)
    kappa = surface(u) / lens.sigma_crit
    k_b = mean(rings, inside)
    baryons = np.stack([np.log(k_b), 2.0 * (kappa / k_b - 1.0)])
    windowed = np.empty((4, grid.n_ell0, grid.n_u))
    for i, each in enumerate(ell0):
        own = replace(window, ell0=float(each))
        central = _windowed_mass(surface, own, start)
        k_c = mean(rings * own(r), central)
        slope = mean(rings * _slope_in_ell0(own, r), 0.0)
        d_u = 2.0 * (kappa * own(u) - k_c) / k_c
        d_ell0 = slope / k_c
        both = 2.0 * (kappa * _slope_in_ell0(own, u) - slope) / k_c - d_u * d_ell0
        windowed[:, i] = np.log(k_c), d_u, d_ell0, both
    return baryons, windowed


def _windowed_mass(surface: Callable[[np.ndarray], np.ndarray], window: Window, radius: float) -> float:
    """Mass [Msun] of Σ C inside one radius, where both are powers of R."""
    return continued_mass(lambda r: surface(r) * window(r), radius)


def _slope_in_ell0(window: Window, radius: np.ndarray) -> np.ndarray:
    """dC/d ln ℓ0 at R [kpc]."""
    y = (radius / window.ell0) ** window.p
    slope = window.n * window.p * y * np.exp(-(window.n + 1.0) * np.log1p(y))
    return slope if window.shape == "interior" else -slope
