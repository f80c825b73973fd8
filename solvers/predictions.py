"""The small cosmological predictions of SI §16.2, §17.7 and §19.6, as printed. Mpc, km/s/Mpc, m/s², kyr.

They are formulas without a derivation that fixes their numbers, so each stands beside what the source prints
for it: `PUBLISHED_COHERENCE`, `PUBLISHED_LENSING`, `PUBLISHED_BAO`, `PUBLISHED_XI`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from solvers.errors import InvalidInput

if TYPE_CHECKING:
    from astropy.units import Quantity

PUBLISHED_COHERENCE: Mapping[float, float] = MappingProxyType({0.5: 1.22, 1.0: 1.41, 2.0: 1.38, 5.0: 0.79})
"""K(z)/K(0) by redshift, the table of SI §17.7."""

PUBLISHED_LENSING: Mapping[float, float] = MappingProxyType({100.0: 0.001})
"""Shift of the CMB lensing spectrum by multipole [%], SI §17.7."""

LENSING_COEFFICIENT = 1e-4
"""What SI §17.7 prints for g†/(H0²/c)."""

PUBLISHED_BAO = 3e-5
"""Relative shift of the sound horizon, what SI §17.7 prints for g† t_rec²/c."""

PUBLISHED_XI, PUBLISHED_XI_OBSERVED_ERROR = 4.8e-5, 0.3e-5
"""ξ of the redshift gate and the error of its "observed" value [1/Mpc as printed], SI §16.2."""


def coherence_ratio(z, z_star: float = 2.0):
    """K(z)/K(0) = (1+z)^(3/2)/(1 + (z/z_*)²).

    Parameters
    ----------
    z : array_like
        Redshifts > −1.
    z_star : float
        z_* > 0.

    References
    ----------
    SI §17.7.
    """
    _positive("z_star", z_star)
    return (1.0 + z) ** 1.5 / (1.0 + (z / z_star) ** 2)


def coherence_peak(z_star: float = 2.0) -> float:
    """Redshift at which `coherence_ratio` is largest, −2 + √(4 + 3 z_*²): z = 2 for z_* = 2."""
    _positive("z_star", z_star)
    return float(-2.0 + np.sqrt(4.0 + 3.0 * z_star**2))


def lensing_shift(ell, coefficient: float = LENSING_COEFFICIENT):
    """δC/C of the CMB lensing potential, coefficient · ℓ^(−1/2).

    Parameters
    ----------
    ell : array_like
        Multipoles > 0.
    coefficient : float
        As printed, 1e-4.

    References
    ----------
    SI §17.7.
    """
    _positive("ell", ell)
    return coefficient * np.asarray(ell, dtype=float) ** -0.5


def bao_shift() -> float:
    """δr_s/r_s, the number as printed: no reading of g† t_rec²/c gives it (SI §17.7)."""
    return PUBLISHED_BAO


def redshift_gate(luminosity_distance, xi: float = PUBLISHED_XI):
    """G_z = exp(−ξ D_L).

    Parameters
    ----------
    luminosity_distance : array_like
        D_L [Mpc], >= 0.
    xi : float
        ξ [1/Mpc], >= 0.

    References
    ----------
    SI §16.2.
    """
    if not (np.all(np.asarray(luminosity_distance) >= 0) and xi >= 0):
        raise InvalidInput("redshift gate: luminosity_distance and xi must be >= 0")
    return np.exp(-xi * np.asarray(luminosity_distance, dtype=float))


def evolving_g_dagger(g_dagger, efunc):
    """g†(z) = g† E(z), in the unit of `g_dagger` (SI §19.6 item 4)."""
    return g_dagger * efunc


def einstein_de_sitter(z, efunc_today):
    """E(0) (1+z)^(3/2), which a baryon universe with g†(z) ∝ E(z) follows for every amplitude, h being constant."""
    return efunc_today * (1.0 + z) ** 1.5


def coefficients(g_dagger: float, H0: float, t_rec: float) -> "dict[str, Quantity]":
    """What the printed coefficients are made of, with units, and the numbers near them that have none.

    Parameters
    ----------
    g_dagger : float
        g† [m/s²], > 0.
    H0 : float
        Hubble constant [km/s/Mpc], > 0.
    t_rec : float
        Age at recombination [kyr], > 0.

    Returns
    -------
    dict of str to astropy.units.Quantity
        In SI units, by expression; the first is SI §17.7's for lensing, the second its for BAO.
    """
    from astropy import constants, units

    for name, value in (("g_dagger", g_dagger), ("H0", H0), ("t_rec", t_rec)):
        _positive(name, value)
    g, c = g_dagger * units.m / units.s**2, constants.c
    hubble = (H0 * units.km / units.s / units.Mpc).to(1 / units.s)
    time = (t_rec * 1e3 * units.yr).to(units.s)
    found = {
        "g_dagger / (H0^2 / c)": g / (hubble**2 / c),
        "g_dagger t_rec^2 / c": g * time**2 / c,
        "g_dagger / (c H0)": g / (c * hubble),
        "g_dagger t_rec / c": g * time / c,
        "H0 t_rec": hubble * time,
    }
    return {name: quantity.si for name, quantity in found.items()}


def _positive(name: str, value) -> None:
    numbers = np.asarray(value, dtype=float)
    if not np.all((numbers > 0) & np.isfinite(numbers)):
        raise InvalidInput(f"{name}={value}: must be > 0")
