"""Closed forms of the Σ-Friedmann equation, without radiation (SI §9A.2; dimensionless, E = H/H0)."""

import numpy as np

from solvers.laws.base import Law


def redshift_of_efunc(efunc, omega_b, a_cos, kappa, law: Law):
    """The z at which H/H0 = E: the equation solved for 1+z = [E²/(Ω_b (1 + A h))]^(1/3).

    Parameters
    ----------
    efunc : array_like
        E > 0.
    omega_b, a_cos, kappa : array_like
        Ω_b > 0, A >= 0, κ > 0.
    law : Law
        The enhancement law.

    Returns
    -------
    ndarray
        z, which may be below 0.
    """
    return np.cbrt(efunc**2 / (omega_b * (1.0 + a_cos * law.h(efunc / kappa)))) - 1.0


def closure_amplitude(omega_b, omega_r, kappa, law: Law):
    """The A for which E(0) = 1: A = (1 − Ω_b − Ω_r)/(Ω_b h(1/κ))."""
    return (1.0 - omega_b - omega_r) / (omega_b * law.h(1.0 / np.asarray(kappa)))


def einstein_de_sitter_efunc(z, omega_b):
    """E = √Ω_b (1+z)^(3/2): A = 0, and every A at high redshift."""
    return np.sqrt(omega_b) * (1.0 + np.asarray(z)) ** 1.5


def large_amplitude_efunc(z, omega_b, a_cos, kappa):
    """Σ's own h for E >> κ and A h >> 1: E = (A κ^(3/2) Ω_b)^(2/7) (1+z)^(6/7)."""
    return (a_cos * kappa**1.5 * omega_b) ** (2.0 / 7.0) * (1.0 + np.asarray(z)) ** (6.0 / 7.0)


def low_acceleration_efunc(z, omega_b, a_cos, kappa):
    """Σ's own h for E << κ and A h >> 1: E = (A κ^(1/2) Ω_b)^(2/5) (1+z)^(6/5)."""
    return (a_cos * kappa**0.5 * omega_b) ** (2.0 / 5.0) * (1.0 + np.asarray(z)) ** (6.0 / 5.0)


def equivalent_omega_b(omega_b, kappa, new_kappa):
    """The Ω_b that with `new_kappa` gives the same E up to the factor new_kappa/kappa.

    E/κ depends on (Ω_b/κ², A, z) only, so the forms of g† are no independent physics for a fit of shape.
    """
    return omega_b * (new_kappa / kappa) ** 2
