"""Mass of the baryons of a cluster inside radii at which only its total mass was measured.

Masses in Msun, radii in kpc, accelerations in m/s².
"""

import math
from typing import Any

import numpy as np

from solvers.clusters.geometry import CODATA, LensConstants
from solvers.errors import InvalidInput

__all__ = ["interpolated_baryons", "m500_of_profile"]


def interpolated_baryons(radius: Any, at_radius: Any, g_bar: Any, constants: LensConstants = CODATA) -> np.ndarray:
    """M_bar(<r) = g_bar r²/G [Msun], a power law between two radii at which g_bar was measured.

    Parameters
    ----------
    radius : array_like
        Where it is wanted [kpc], shape (n,), > 0.
    at_radius : array_like
        Where it was measured [kpc], shape (m,), > 0 and increasing.
    g_bar : array_like
        Accelerations there [m/s²], shape (m,), > 0.
    constants : LensConstants
        G, and the kiloparsec in m.

    Returns
    -------
    ndarray
        Shape (n,); NaN inside the first and outside the last of the measured radii.

    Raises
    ------
    InvalidInput
        Shapes that differ, radii that do not increase, or a number that is not positive.
    """
    radius = np.asarray(radius, dtype=float)
    ln_r, ln_mass = _logarithms("at_radius", at_radius, "g_bar", g_bar)
    if not np.all(radius > 0):
        raise InvalidInput("radius: must be > 0 everywhere")
    ln_mass = ln_mass + 2.0 * ln_r - math.log(float(constants.acceleration(1.0, 1.0)))
    return np.exp(np.interp(np.log(radius), ln_r, ln_mass, left=np.nan, right=np.nan))


def m500_of_profile(radius: Any, mass: Any, rho_crit: float) -> float:
    """M500 [Msun] of a measured profile: where its mean density first falls below 500 ρ_c, by a power law in between.

    Parameters
    ----------
    radius : array_like
        Radii [kpc], shape (n,), > 0 and increasing.
    mass : array_like
        Masses inside them [Msun], shape (n,); those beyond the crossing may be negative.
    rho_crit : float
        Critical density at the redshift of the cluster [Msun/kpc³], > 0.

    Raises
    ------
    InvalidInput
        Radii that do not increase, a density that is not positive, or a profile that does not cross 500 ρ_c.
    """
    radius, mass = np.asarray(radius, dtype=float), np.asarray(mass, dtype=float)
    if not (rho_crit > 0 and math.isfinite(rho_crit)):
        raise InvalidInput(f"rho_crit={rho_crit}: must be > 0")
    below = mass < 500.0 * rho_crit * 4.0 / 3.0 * math.pi * radius**3
    i = int(np.argmax(below))
    if not below.any() or i == 0 or mass[i] <= 0:
        raise InvalidInput("mass: no M500, the mean density does not fall through 500 times the critical one in range")
    ln_r, ln_mass = _logarithms("radius", radius[: i + 1], "mass", mass[: i + 1])
    ln_density = ln_mass - 3.0 * ln_r - math.log(500.0 * rho_crit * 4.0 / 3.0 * math.pi)
    share = ln_density[i - 1] / (ln_density[i - 1] - ln_density[i])
    return math.exp(ln_mass[i - 1] + share * (ln_mass[i] - ln_mass[i - 1]))


def _logarithms(key: str, radius: Any, name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    radius, values = np.asarray(radius, dtype=float), np.asarray(values, dtype=float)
    if radius.ndim != 1 or radius.size == 0 or radius.shape != values.shape:
        raise InvalidInput(f"{key}, {name}: shapes {radius.shape} and {values.shape} must be one and the same (n,)")
    if not (np.all(radius > 0) and np.all(np.diff(radius) > 0)):
        raise InvalidInput(f"{key}: must be > 0 and increase from each radius to the next")
    if not np.all(values > 0):
        raise InvalidInput(f"{name}: must be > 0 everywhere")
    return np.log(radius), np.log(values)
