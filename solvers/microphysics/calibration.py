"""The law K0 Ξ^γ fitted to K(Xi) of the chain of times: what the published numbers of roughness were calibrated on."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from solvers.errors import InvalidInput
from solvers.microphysics.missing_problem import correlation

__all__ = ["GAMMA_BOX", "GAMMA_FREE", "PowerLaw", "fit_power_law", "power_law", "why_no_law"]

GAMMA_BOX = (0.1, 5.0)
"""Range of γ in the source's fit."""

GAMMA_FREE = (-5.0, 5.0)
"""A range that binds nothing."""

_LEAST_SPREAD = 1e-6
"""Relative range of K up to which it is one number."""

_FEWEST = 3
_GRID = 401
_AT_END = 1e-6
_FINE = {"xatol": 1e-10}


@dataclass(frozen=True)
class PowerLaw:
    """K0 Ξ^γ on points (Ξ, K).

    Parameters
    ----------
    K0, gamma : float
        Of the law.
    rms : float
        √mean((K − K0 Ξ^γ)²).
    correlation : float
        Pearson's, of the law and K.
    is_at_bound : bool
        γ is an end of its range.
    """

    K0: float
    gamma: float
    rms: float
    correlation: float
    is_at_bound: bool = False


def power_law(xi: np.ndarray, k: np.ndarray, K0: float, gamma: float, is_at_bound: bool = False) -> PowerLaw:
    """A law of given numbers, and how far it is from the points."""
    law = K0 * xi**gamma
    return PowerLaw(K0, gamma, float(np.sqrt(np.mean((k - law) ** 2))), correlation(law, k), is_at_bound)


def why_no_law(xi: np.ndarray, k: np.ndarray) -> str:
    """Why points determine no law, in a few words; empty where they do."""
    if xi.size < _FEWEST:
        return f"{xi.size} galaxies are fewer than {_FEWEST}"
    if not ((xi > 0).all() and (k > 0).all()):
        return "xi or K is not positive in some galaxy"
    for name, values in (("K", k), ("xi", xi)):
        if np.ptp(values) <= _LEAST_SPREAD * values.max():
            return f"{name} is {values.mean():.5g} in all {xi.size} galaxies, which determines no exponent"
    return ""


def fit_power_law(xi: np.ndarray, k: np.ndarray, gamma_range: tuple[float, float] = GAMMA_BOX) -> PowerLaw:
    """The law of least squares in K, unweighted, with γ in a range; K0 is linear and follows from γ.

    Parameters
    ----------
    xi : ndarray
        Ξ > 0, shape (n,).
    k : ndarray
        K > 0, shape (n,).
    gamma_range : tuple of float
        Ends of γ.

    Returns
    -------
    PowerLaw
        γ to 1e-8 or better.

    Raises
    ------
    InvalidInput
        Fewer than three points, values that are not positive, or a range that is none.

    References
    ----------
    `microphysics.md` §2.
    """
    if xi.shape != k.shape or xi.size < _FEWEST or not ((xi > 0).all() and (k > 0).all()):
        raise InvalidInput("calibration: needs three points or more, with xi > 0 and K > 0")
    low, high = gamma_range
    if not low < high:
        raise InvalidInput(f"gamma_range={gamma_range}: must increase")
    grid = np.linspace(low, high, _GRID)
    i = int(np.argmin([_excess(gamma, xi, k) for gamma in grid]))
    bracket = (grid[max(i - 1, 0)], grid[min(i + 1, _GRID - 1)])
    found = optimize.minimize_scalar(_excess, bounds=bracket, args=(xi, k), method="bounded", options=_FINE)
    gamma = float(found.x)
    at_end = min(gamma - low, high - gamma) < _AT_END * (high - low)
    if at_end:
        gamma = low if gamma - low < high - gamma else high
    return power_law(xi, k, _k0(gamma, xi, k), gamma, bool(at_end))


def _k0(gamma: float, xi: np.ndarray, k: np.ndarray) -> float:
    shape = xi**gamma
    return float(shape @ k / (shape @ shape))


def _excess(gamma: float, xi: np.ndarray, k: np.ndarray) -> float:
    shape = xi**gamma
    return float(k @ k - (shape @ k) ** 2 / (shape @ shape))
