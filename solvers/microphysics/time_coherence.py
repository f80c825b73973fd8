"""The chain of times behind K(Ξ) and F_missing, with its clips made visible. km/s, kpc; times in the source's "s".

The source takes a density of g/(GR), turns it into a potential fluctuation, and clips every time between 1e6 and 1e20.
For galaxies τ_geom always sits at its clip: τ_coh = τ_noise, R/ℓ and K depend on σ_v alone, and Ξ = v/(2π σ_v^1.5),
which is not bounded by 1.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.galaxies.coherence_kernels import burr_rise
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.systems import Systems

__all__ = ["TIME_CLIP", "Chain", "TimeCoherence", "time_coherence", "xi_chain"]

TIME_CLIP = (1e6, 1e20)
"""Between which τ_geom and τ_noise are clipped ["s"]."""

_G, _C_KM_S, _KPC = 4.302e-6, 299792.458, 3.086e16
"""The source's G [kpc (km/s)²/Msun], c [km/s] and kiloparsec [km]."""

_LEAST_PERIOD, _LEAST_FLUCTUATION = 1e10, 1e-10
_SMALL_RADIUS, _LARGEST = 0.01, 10.0


@dataclass(frozen=True, eq=False)
class Chain:
    """Every link, arrays of the shape of the radii.

    Parameters
    ----------
    orbital_period, tau_geom, tau_noise, tau_coh : ndarray
        Times ["s"].
    is_geom_clipped, is_noise_clipped : ndarray of bool
        Whether the time is at an end of `TIME_CLIP`.
    xi : ndarray
        τ_coh/T_orb.
    length : ndarray
        ℓ [kpc].
    """

    orbital_period: np.ndarray
    tau_geom: np.ndarray
    tau_noise: np.ndarray
    tau_coh: np.ndarray
    is_geom_clipped: np.ndarray
    is_noise_clipped: np.ndarray
    xi: np.ndarray
    length: np.ndarray


def time_coherence(radius: Any, v: Any, sigma_v: Any, alpha_length: float = 0.037) -> Chain:
    """The chain from radius, rotation and dispersion to Ξ and ℓ.

    Parameters
    ----------
    radius : array_like
        R > 0 [kpc].
    v : array_like
        Rotation by general relativity [km/s], >= 0.
    sigma_v : array_like
        Dispersion [km/s], > 0.
    alpha_length : float
        ℓ/(c τ_coh).

    References
    ----------
    `microphysics.md` §5.
    """
    radius, v, sigma_v = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (radius, v, sigma_v)))
    g = v**2 / (1000.0 * radius)
    density = 1e-9 * g / (1000.0 * _G * radius)
    with np.errstate(divide="ignore"):
        # Where nothing moves the period is infinite and Ξ is 0.
        period = np.maximum(2.0 * math.pi * radius * _KPC / (1000.0 * v), _LEAST_PERIOD)
    fluctuation = np.maximum(_G * density * 0.01 / _C_KM_S**2, _LEAST_FLUCTUATION)
    geom, noise = 2.0 * math.pi * period / fluctuation, radius * _KPC / (1000.0 * sigma_v**1.5)
    tau_geom, tau_noise = np.clip(geom, *TIME_CLIP), np.clip(noise, *TIME_CLIP)
    tau_coh = 1.0 / (1.0 / tau_geom + 1.0 / tau_noise)
    return Chain(
        orbital_period=period,
        tau_geom=tau_geom,
        tau_noise=tau_noise,
        tau_coh=tau_coh,
        is_geom_clipped=tau_geom != geom,
        is_noise_clipped=tau_noise != noise,
        xi=tau_coh / period,
        length=alpha_length * _C_KM_S * tau_coh / _KPC,
    )


def xi_chain(radius: Any, v: Any, sigma_v: Any) -> np.ndarray:
    """Ξ of the chain, v/(2π σ_v^1.5) for galaxies; another Ξ than `solvers.microphysics.roughness.xi_bounded`."""
    return time_coherence(radius, v, sigma_v).xi


@dataclass(frozen=True, kw_only=True)
class TimeCoherence(Mechanism):
    """K = A {1 − [1 + (R/ℓ)^p]^−n}, times (R/10 pc)⁴ inside 10 pc, at most 10, with ℓ of the chain; arrays of NumPy.

    References
    ----------
    `microphysics.md` §5.
    """

    origin: ClassVar[str] = "path-integral decoherence; every time scale is prescribed"
    domain: ClassVar = {"amplitude": NON_NEGATIVE, "p": POSITIVE, "n_coh": POSITIVE, "alpha_length": POSITIVE}
    defaults: ClassVar = {"amplitude": 1.0, "p": 0.757, "n_coh": 0.5, "alpha_length": 0.037}

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points."""
        radius, v = curves.radius, np.sqrt(curves.v_bar_squared)
        chain = time_coherence(radius, v, curves.at_points(systems.sigma_v), p["alpha_length"])
        small = np.where(radius < _SMALL_RADIUS, (radius / _SMALL_RADIUS) ** 4, 1.0)
        rise = burr_rise(radius, chain.length, p["p"], p["n_coh"])
        return np.minimum(p["amplitude"] * rise * small, _LARGEST)
