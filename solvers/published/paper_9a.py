"""How the four χ² values of SI §9A.6 came about, repeated step by step. Mpc, km/s/Mpc, mag.

The source prints 1294.6 (GR + baryons), 835.2 (Σ + baryons, A = 8.83), 1294.6 (GR + free matter) and
710.5 (flat ΛCDM) for 1588 Pantheon+ supernovae with independent errors. They are places where a
Nelder-Mead simplex stopped. It moved in H0 and in a magnitude offset at once, although χ² depends on
offset − 5 log10 H0 alone, so where along that valley it ends is up to the start, the walls and the
simplex itself. For Σ it ended on the wall H0 = 40: 835.2 is no minimum.

Four choices make the digits: the starts and walls of `SEARCHES`; a constant χ² outside the walls;
distances by trapezoids and linear interpolation on `GRID_POINTS` redshifts, from a first to a last one
that differ by model; and E(z) by at most `MAX_STEPS` plain iterations. Exact constants are used: with
c rounded to 2.998e5 km/s the simplex of Σ takes another way. E is the model's and h its law's.

References
----------
SI §9A.2-9A.4 for the equations, SI §9A.6 for the numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy.optimize import minimize

from solvers import friedmann
from solvers.backgrounds.base import Background
from solvers.backgrounds.sigma_baryons import SigmaBaryons
from solvers.distances import distance_modulus, hubble_distance
from solvers.laws.base import Law

PUBLISHED_CHI2 = MappingProxyType(
    {"gr_baryons": 1294.6, "sigma_baryons": 835.2, "gr_free_matter": 1294.6, "lcdm": 710.5}
)
"""χ² as printed in the table of SI §9A.6."""

PUBLISHED_A_COS = 8.83
"""The amplitude as printed in SI §9A.6."""

GRID_POINTS = 2000
"""Redshifts of the distance grid, equally spaced."""

GRID_REACH = 1.1
"""End of a grid that follows the data, in units of their largest redshift."""

MAX_STEPS = 50
"""Plain iterations of E at most."""

PENALTY = 1e10
"""χ² on and outside a wall."""

TOLERANCE = 1e-4
"""Both tolerances of the simplex: its size in every parameter, and its spread in χ²."""

MAX_ITERATIONS = 2000
"""Iterations of the simplex at most."""

WALL_DISTANCE = 1e-3
"""A stop nearer to a wall than this, in the unit of the parameter, leans on it: ten times `TOLERANCE`."""

Efunc = Callable[..., np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where the simplex starts, where it may go, and on which redshifts distances are integrated.

    Parameters
    ----------
    start : mapping of str to float
        Parameters of the model and `offset` [mag], in the order of the simplex.
    walls : mapping of str to (float, float)
        Open ranges; a parameter without one is free to go anywhere.
    z_first : float
        First redshift of the grid. The integral is 0 there, so what lies below a `z_first` above 0 is lost.
    z_last : float, optional
        Last redshift of the grid; None: `GRID_REACH` times that of the data.
    """

    start: Mapping[str, float]
    walls: Mapping[str, tuple[float, float]]
    z_first: float = 0.0
    z_last: float | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of the model that vary (not the offset)."""
        return tuple(name for name in self.start if name != "offset")

    def grid(self, z_max: float) -> np.ndarray:
        """The `GRID_POINTS` redshifts of the grid, but for those that data up to `z_max` never need."""
        last = GRID_REACH * z_max if self.z_last is None else self.z_last
        grid = np.linspace(self.z_first, last, GRID_POINTS)
        return grid[: np.searchsorted(grid, z_max) + 1]

    def leaning(self, values: Mapping[str, float]) -> dict[str, float]:
        """The walls nearer than `WALL_DISTANCE` to these values, by parameter."""
        ends = [(name, end) for name, pair in self.walls.items() for end in pair]
        return {name: end for name, end in ends if abs(values[name] - end) < WALL_DISTANCE}


SEARCHES: Mapping[str, Search] = MappingProxyType(
    {
        "gr_baryons": Search(start={"H0": 70.0, "offset": -19.3}, walls={"H0": (40.0, 100.0)}, z_first=1e-6),
        "sigma_baryons": Search(
            start={"H0": 70.0, "a_cos": 4.0, "offset": -19.3},
            walls={"H0": (40.0, 100.0), "a_cos": (0.5, 15.0)},
            z_last=3.0,
        ),
        "gr_free_matter": Search(
            start={"H0": 70.0, "omega_m": 0.3, "offset": -19.3},
            walls={"H0": (40.0, 100.0), "omega_m": (0.01, 1.0)},
            z_first=1e-6,
        ),
        "lcdm": Search(
            start={"H0": 70.0, "omega_m": 0.3, "offset": -19.3},
            walls={"H0": (50.0, 90.0), "omega_m": (0.1, 0.5)},
        ),
    }
)
"""The four searches of SI §9A.6, by the name of the model.

The printed digits ask for grids from 1e-6 to 1.1 z_max (GR), 0 to 3 (Σ) and 0 to 1.1 z_max (ΛCDM). From
0 GR would give 1294.84; on the grid of GR the simplex of Σ would miss H0 = 40 and run to the wall A = 15.
"""

_SIGMA = SEARCHES["sigma_baryons"]

RESTARTS: Mapping[str, Search] = MappingProxyType(
    {
        "wall at H0 = 1": replace(_SIGMA, walls={**_SIGMA.walls, "H0": (1.0, 100.0)}),
        "start at offset = -2": replace(_SIGMA, start={**_SIGMA.start, "offset": -2.0}),
    }
)
"""The search for Σ with one choice changed: a result would stay where it is."""


@dataclass(frozen=True, eq=False)
class Diagram:
    """A Hubble diagram with independent errors.

    Parameters
    ----------
    z, z_prefactor : ndarray
        Redshifts > 0 of the distance integral and of the factor (1+z), shape (n,).
    modulus, variance : ndarray
        Distance moduli [mag] and squared errors [mag²], shape (n,).
    """

    z: np.ndarray
    z_prefactor: np.ndarray
    modulus: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class Stop:
    """Where a simplex stopped.

    Parameters
    ----------
    values : mapping of str to float
        Parameters and `offset` [mag].
    chi2 : float
        χ² there.
    walls : mapping of str to float
        Walls that the stop leans on, by parameter; empty for a stop in the open.
    n_iterations : int
        Iterations of the simplex; `MAX_ITERATIONS` where it had not settled.
    """

    values: Mapping[str, float]
    chi2: float
    walls: Mapping[str, float]
    n_iterations: int


def plain_efunc(background: Background) -> Efunc:
    """E(z) of a model as the source computes it.

    Parameters
    ----------
    background : Background
        The model; its law gives h and κ.

    Returns
    -------
    callable
        `(z, **theta)` to E, shape of `z`. For Σ from at most `MAX_STEPS` plain iterations of (9A.2) that
        start at GR (relative error below 1e-12 for A <= 15); in closed form for the other models and for
        Σ in evolving mode.

    References
    ----------
    SI (9A.2).
    """
    if not isinstance(background, SigmaBaryons) or background.law.g_dagger.mode == "evolving":
        return background.efunc
    law = background.law

    def efunc(z, **theta):
        p, growth = background.bind(theta), 1.0 + z
        matter, radiation = p["omega_b"] * growth**3, p["omega_r"] * growth**4
        kappa = law.g_dagger.kappa(p["H0"])
        found = friedmann.fixed_point(matter, radiation, p["a_cos"], kappa, law, max_steps=MAX_STEPS)
        return np.exp(found.ln_efunc)

    return efunc


def trapezoid_integral(efunc: np.ndarray, grid: np.ndarray, z: np.ndarray) -> np.ndarray:
    """∫ dz′/E by trapezoids from the first redshift of a grid, interpolated linearly.

    Parameters
    ----------
    efunc, grid : ndarray
        E on increasing redshifts, shape (n_grid,).
    z : ndarray
        Redshifts inside the grid, shape (n,).

    Returns
    -------
    ndarray
        Shape (n,); relative error below 5e-5 for z > 0.01 on 2000 redshifts from 0 to 3.

    References
    ----------
    SI (9A.3).
    """
    inverse = 1.0 / efunc
    steps = 0.5 * (inverse[1:] + inverse[:-1]) * np.diff(grid)
    return np.interp(z, grid, np.concatenate(([0.0], np.cumsum(steps))))


def chi2_function(search: Search, efunc: Efunc, diagram: Diagram) -> Callable[[np.ndarray], float]:
    """χ² of the values of `search.start`, in its order; `PENALTY` on and outside the walls.

    Parameters
    ----------
    search : Search
        Names, walls and grid.
    efunc : callable
        `(z, **theta)` to E, as from `plain_efunc`.
    diagram : Diagram
        The data.

    References
    ----------
    SI (9A.3)-(9A.4), with an offset added to μ.
    """
    names, grid = tuple(search.start), search.grid(float(diagram.z.max()))
    factor = 1.0 + diagram.z_prefactor

    def chi2(values: np.ndarray) -> float:
        theta = dict(zip(names, values, strict=True))
        if not all(low < theta[name] < high for name, (low, high) in search.walls.items()):
            return PENALTY
        offset = theta.pop("offset")
        integral = trapezoid_integral(efunc(grid, **theta), grid, diagram.z)
        modulus = distance_modulus(factor * hubble_distance(theta["H0"]) * integral) + offset
        return float(np.sum((diagram.modulus - modulus) ** 2 / diagram.variance))

    return chi2


def stop(search: Search, efunc: Efunc, diagram: Diagram) -> Stop:
    """Where the simplex stops that minimises χ² from the start of a search.

    Parameters
    ----------
    search : Search
        Start, walls and grid.
    efunc : callable
        As from `plain_efunc`.
    diagram : Diagram
        The data.

    Returns
    -------
    Stop

    References
    ----------
    SI §9A.6.
    """
    result = minimize(
        chi2_function(search, efunc, diagram),
        list(search.start.values()),
        method="Nelder-Mead",
        options={"xatol": TOLERANCE, "fatol": TOLERANCE, "maxiter": MAX_ITERATIONS},
    )
    values = {name: float(value) for name, value in zip(search.start, result.x, strict=True)}
    return Stop(values, float(result.fun), search.leaning(values), int(result.nit))


def gap_closed(chi2, chi2_gr: float, chi2_lcdm: float):
    """Fraction of the gap between GR + baryons and ΛCDM that a χ² closes: 0 at GR, 1 at ΛCDM (SI §9A.6)."""
    return (chi2_gr - chi2) / (chi2_gr - chi2_lcdm)


def limit_index(law: Law) -> float:
    """The p of E ∝ (1+z)^p for A → ∞ without radiation, 6/7 for Σ's own h.

    Where A h >> 1 and h ∝ E^s, (9A.2) reads E^(2−s) ∝ (1+z)³. E grows with A without end, so s is the slope
    of h at large accelerations; in evolving mode h is constant and s = 0.

    References
    ----------
    SI (9A.2).
    """
    slope = 0.0 if law.g_dagger.mode == "evolving" else float(law.log_slope(1e16))
    return 3.0 / (2.0 - slope)
