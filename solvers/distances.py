"""Distances and ages of any background, by spectral integration in u = ln(1+z).

E = H/H0 is dimensionless, distances are in Mpc, ages in Gyr, H0 in km/s/Mpc. Accuracy: relative error below
1e-10 for 1e-3 < z < 1e4 (below 1e-13 for z of order 1).
"""

import numpy as np

from solvers.constants import C_KM_S, HUBBLE_TIME_GYR
from solvers.errors import InvalidInput
from solvers.spectral import cumulative_integral

_BEGINNING = 45.0
"""e-folds to the past after which what is left of the age integral is below 1e-15 of it."""


def comoving_integral(ln_efunc, z):
    """I(z) = ∫₀ᶻ dz′/E and its error.

    Parameters
    ----------
    ln_efunc : callable
        u = ln(1+z), shape (n,), to ln E, shape (..., n).
    z : array_like
        Redshifts > −1, shape (n_z,).

    Returns
    -------
    integral : ndarray
        Dimensionless, shape (..., n_z); equal redshifts give equal values.
    error : float
        Estimate of the error relative to the integral over the whole range.
    """
    u, rows = np.unique(np.log1p(np.asarray(z, dtype=float)), return_inverse=True)
    # A range that reaches below z = 0 is integrated from its lower end and shifted.
    lower, upper = min(float(u.min()), 0.0), max(float(u.max()), 0.0)
    if upper == lower:
        return np.zeros(np.shape(ln_efunc(u)))[..., rows], 0.0
    integral, error = cumulative_integral(
        lambda v: np.exp(v + lower - ln_efunc(v + lower)),
        upper - lower,
        np.append(u, 0.0) - lower,
    )
    return np.where(u == 0.0, 0.0, integral[..., :-1] - integral[..., -1:])[..., rows], error


def hubble_distance(H0):
    """c/H0 [Mpc]."""
    return C_KM_S / H0


def curved(integral, omega_k):
    """Transverse from radial comoving distance, both in units of c/H0.

    Parameters
    ----------
    integral : array_like
        Radial distance I.
    omega_k : array_like
        Curvature density: > 0 open, < 0 closed; broadcast against `integral`.

    Returns
    -------
    ndarray
        sinh(√Ω_k I)/√Ω_k, sin(√−Ω_k I)/√−Ω_k or I.
    """
    root = np.sqrt(np.abs(omega_k))
    safe = np.where(root == 0, 1.0, root)
    bent = np.where(np.asarray(omega_k) > 0, np.sinh(root * integral), np.sin(root * integral))
    return np.where(root == 0, integral, bent / safe)


def distance_modulus(luminosity_distance):
    """μ = 5 log10(D_L/Mpc) + 25 [mag]; NaN where D_L is not positive (z = 0)."""
    distance = np.asarray(luminosity_distance, dtype=float)
    return 5.0 * np.log10(np.where(distance > 0, distance, np.nan)) + 25.0


def age(ln_efunc, z, H0):
    """Time since the beginning [Gyr], ∫ dz′/[(1+z′) H] from z to infinity.

    Parameters
    ----------
    ln_efunc : callable
        As in `comoving_integral`.
    z : array_like
        Redshifts > −1, shape (n_z,).
    H0 : float or array
        Hubble constant [km/s/Mpc], of the leading shape that `ln_efunc` returns with a last axis of 1.

    Returns
    -------
    ndarray
        Shape (..., n_z).

    Raises
    ------
    InvalidInput
        E grows too slowly: there is no beginning within 45 e-folds.
    """
    u, rows = np.unique(np.log1p(np.asarray(z, dtype=float)), return_inverse=True)
    earliest = float(u.max()) + _BEGINNING

    def rate(v):
        return np.exp(-ln_efunc(earliest - v))

    ends = rate(np.array([0.0, earliest - float(u.min())]))
    if not np.all(ends[..., 0] <= 1e-12 * ends[..., 1]):
        raise InvalidInput("age: E(z) grows too slowly towards the past, the age does not converge")
    integral, _ = cumulative_integral(rate, earliest - float(u.min()), earliest - u)
    return HUBBLE_TIME_GYR / H0 * integral[..., rows]
