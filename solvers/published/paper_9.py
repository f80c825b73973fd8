"""How the numbers of SI §9 came about, repeated step by step. km/s/Mpc, mag.

The source prints χ² = 871.83 for TG-τ at H_Σ = 72.00, α_SB = 1.200, and 812.62 for flat FRW at Ω_m = 0.380
with a free intercept. Both are the best node of a grid. FRW's is fine in Ω_m and exact in the intercept;
TG-τ's is coarse in both parameters and scored with a penalty that draws α_SB to 4. The node is the same
without the penalty. Errors are finite differences of χ² at the nodes.

References
----------
SI §9 for the numbers; SI §16.2 for ξ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from solvers.backgrounds.dark_energy import DarkEnergy
from solvers.linear_fit import LinearFit
from solvers.supernovae import DenseLikelihood, project
from solvers.supernovae.intercept import zero_point
from solvers.tg_tau import hubble_offset

PUBLISHED_N = 1701
"""Supernovae in SI §9."""

PUBLISHED: Mapping[str, float] = MappingProxyType(
    {
        "H_sigma": 72.00,
        "sigma(H_sigma)": 0.26,
        "alpha_SB": 1.200,
        "sigma(alpha_SB)": 0.015,
        "chi2 TG-tau": 871.83,
        "AIC TG-tau": 875.83,
        "omega_m": 0.380,
        "sigma(omega_m)": 0.020,
        "intercept": -0.0731,
        "sigma(intercept)": 0.0079,
        "chi2 FRW": 812.62,
        "AIC FRW": 816.62,
        "delta AIC": 59.21,
        "weight TG-tau": 0.000,
        "weight FRW": 1.000,
        "xi": 4.8e-5,
        "eta(1)": 1.1487,
        "eta(2)": 1.2457,
    }
)
"""Every number that SI §9 prints for the two models."""

PUBLISHED_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "H_sigma": "km / (Mpc s)",
        "sigma(H_sigma)": "km / (Mpc s)",
        "intercept": "mag",
        "sigma(intercept)": "mag",
    }
)
"""Units of those that have one."""

H_SIGMA_GRID = np.linspace(40.0, 100.0, 31)
ALPHA_GRID = np.linspace(0.0, 4.0, 21)
INTERCEPT_GRID: Sequence[float] = np.linspace(-1.0, 1.0, 21).tolist()
OMEGA_M_GRID = np.linspace(0.05, 0.5, 451)

PENALTY_WEIGHT, PENALTY_CENTRE = 2.0, 4.0
"""The score is χ² + weight · (α_SB − centre)²."""

STATIC_STEPS, FRW_STEPS = (0.5, 0.01), (0.01, 0.01)
"""Steps of the finite differences, in (H_Σ, α_SB) and (Ω_m, intercept)."""

H0 = 70.0
"""Hubble constant of FRW, fixed."""


@dataclass(frozen=True)
class Node:
    """The best node of a grid.

    Parameters
    ----------
    values : tuple of float
        Its coordinates: (H_Σ, α_SB, intercept) or (Ω_m, intercept).
    chi2, score : float
        χ², and what was minimised.
    """

    values: tuple[float, ...]
    chi2: float
    score: float


def static_node(fit: LinearFit, weight: float = PENALTY_WEIGHT, intercepts: Sequence[float] = (0.0,)) -> Node:
    """The best node of the TG-τ grid.

    Parameters
    ----------
    fit : LinearFit
        The exact fit of `solvers.tg_tau.full_fit`, which knows χ² everywhere.
    weight : float
        Weight of the penalty.
    intercepts : sequence of float
        A third axis [mag] that shifts μ.
    """
    H_sigma, alpha, shift = np.meshgrid(H_SIGMA_GRID, ALPHA_GRID, intercepts, indexing="ij")
    chi2 = fit.chi2_at(hubble_offset(H_sigma) + shift, alpha)
    score = chi2 + weight * (alpha - PENALTY_CENTRE) ** 2
    best = np.unravel_index(np.argmin(score), score.shape)
    return Node((float(H_sigma[best]), float(alpha[best]), float(shift[best])), float(chi2[best]), float(score[best]))


def frw_node(likelihood: DenseLikelihood) -> Node:
    """The best node of the grid in Ω_m, the intercept to H0 = 70 being exact on each."""
    background = DarkEnergy(params={"omega_m": 0.3, "H0": H0})
    chi2 = project(likelihood, 16).chi2(background, omega_m=OMEGA_M_GRID)
    omega_m = float(OMEGA_M_GRID[np.argmin(chi2)])
    exact, offset = likelihood.evaluate(background, omega_m=omega_m)
    return Node((omega_m, offset - zero_point(H0)), exact, exact)


def static_errors(fit: LinearFit, node: Node) -> tuple[float, float]:
    """Errors of (H_Σ, α_SB) at a node as the source takes them."""
    H_sigma, alpha = node.values[:2]
    return difference_errors(lambda a, b: float(fit.chi2_at(hubble_offset(a), b)), (H_sigma, alpha), STATIC_STEPS)


def frw_errors(likelihood: DenseLikelihood, node: Node) -> tuple[float, float]:
    """Errors of (Ω_m, intercept [mag]) at a node as the source takes them."""
    background = DarkEnergy(params={"omega_m": node.values[0], "H0": H0})

    def chi2(omega_m: float, intercept: float) -> float:
        law = likelihood.shape(background, omega_m=omega_m) + zero_point(H0) + intercept
        white = likelihood.whiten(likelihood.magnitude - law)
        return float(white @ white)

    return difference_errors(chi2, (node.values[0], node.values[1]), FRW_STEPS)


def difference_errors(
    chi2: Callable[[float, float], float], at: tuple[float, float], steps: tuple[float, float]
) -> tuple[float, float]:
    """Square roots of the diagonal of (H/2)⁻¹, H from central differences of χ².

    Parameters
    ----------
    chi2 : callable
        Of two parameters.
    at, steps : (float, float)
        Where, and how far to each side.
    """
    (x, y), (dx, dy) = at, steps
    centre = chi2(x, y)
    xx = (chi2(x + dx, y) - 2.0 * centre + chi2(x - dx, y)) / dx**2
    yy = (chi2(x, y + dy) - 2.0 * centre + chi2(x, y - dy)) / dy**2
    corners = chi2(x + dx, y + dy) - chi2(x + dx, y - dy) - chi2(x - dx, y + dy) + chi2(x - dx, y - dy)
    xy = corners / (4.0 * dx * dy)
    variance = np.diagonal(np.linalg.inv(0.5 * np.array([[xx, xy], [xy, yy]])))
    first, second = np.sqrt(np.where(variance > 0, variance, np.nan))
    return float(first), float(second)
