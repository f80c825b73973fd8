"""Decay and rise of coherence with radius, and the mixture of rates behind them. Radii in kpc (any one unit will do).

Functions of numbers and of NumPy or CuPy arrays, which broadcast; none loses digits at small or large radii.
"""

import math
from typing import Any

import numpy as np


def power_decay(radius: Any, l0: Any, n_coh: Any) -> Any:
    """K_coh = (l0/(l0+R))^n, from 1 at the centre to 0; relative error below 1e-14 for n <= 2.

    Parameters
    ----------
    radius : float or ndarray
        R >= 0 [kpc].
    l0 : float or ndarray
        Coherence length > 0 [kpc].
    n_coh : float or ndarray
        Exponent >= 0.

    References
    ----------
    SI §3 ("the implemented form"), §16.2 (as the gate G_coh).
    """
    return np.exp(-n_coh * np.log1p(radius / l0))


def burr_rise(radius: Any, l0: Any, p: Any, n_coh: Any) -> Any:
    """C = 1 − [1 + (R/l0)^p]^(−n), from 0 at the centre to 1; relative error below 1e-14 for n <= 2.

    It is what is left of `gamma_mixture` where l0 has absorbed the rate, and the window of the closed form for
    p = 1 (`solvers.laws.CoherenceWindow`).

    Parameters
    ----------
    radius : float or ndarray
        R >= 0 [kpc].
    l0 : float or ndarray
        Coherence length > 0 [kpc].
    p, n_coh : float or ndarray
        Shape and exponent > 0.

    References
    ----------
    SI §3.2, §6 eq. 13.
    """
    return -np.expm1(-n_coh * np.log1p((radius / l0) ** p))


def gamma_density(rate: Any, n_coh: float, beta: Any) -> Any:
    """Density of decoherence rates λ, β^n λ^(n−1) exp(−βλ)/Γ(n).

    Parameters
    ----------
    rate : float or ndarray
        λ > 0.
    n_coh : float
        Shape n > 0.
    beta : float or ndarray
        Inverse scale β > 0.

    References
    ----------
    SI §3.2.
    """
    return np.exp(n_coh * np.log(beta) + (n_coh - 1.0) * np.log(rate) - beta * rate - math.lgamma(n_coh))


def gamma_mixture(x: Any, n_coh: Any, beta: Any) -> Any:
    """S = ∫ `gamma_density` exp(−λx) dλ = (β/(β+x))^n: surviving coherence, from 1 at x = 0 to 0.

    Parameters
    ----------
    x : float or ndarray
        (R/l0)^p >= 0.
    n_coh : float or ndarray
        Shape n > 0.
    beta : float or ndarray
        Inverse scale β > 0.

    References
    ----------
    SI §3.2.
    """
    return np.exp(-n_coh * np.log1p(x / beta))


def absorbed_length(l0: Any, p: Any, beta: Any) -> Any:
    """l0 β^(1/p) [kpc], the length with which 1 − `gamma_mixture` is `burr_rise` (SI §3.2)."""
    return l0 * beta ** (1.0 / p)
