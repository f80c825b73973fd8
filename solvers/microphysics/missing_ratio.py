"""F_missing: by how much roughness falls short of what a rotation curve asks for, a ratio and not a kernel."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.coherence_kernels import burr_rise
from solvers.galaxies.curves import Curves
from solvers.microphysics.roughness import rough_kernel
from solvers.microphysics.systems import Systems
from solvers.microphysics.time_coherence import xi_chain

__all__ = ["CoherenceRise", "MissingRatio", "gated_ratio", "missing_ratio", "power_ratio"]


@dataclass(frozen=True, kw_only=True)
class CoherenceRise:
    """C(R) = 1 − [1 + (R/ℓ0)^p]^−n and the K_rough = K0 Ξ^γ that it multiplies.

    Parameters
    ----------
    K0 : float
        Of K_rough, > 0.
    gamma : float
        Of K_rough, finite.
    ell0 : float
        ℓ0 [kpc], > 0.
    p, n_coh : float
        Exponents, > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    K0: float = 0.774
    gamma: float = 0.1
    ell0: float = 5.0
    p: float = 0.757
    n_coh: float = 0.5

    def __post_init__(self) -> None:
        for name in ("K0", "ell0", "p", "n_coh"):
            if not (getattr(self, name) > 0 and np.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")
        if not np.isfinite(self.gamma):
            raise InvalidInput(f"gamma={self.gamma}: must be a finite number")

    def __call__(self, radius: Any) -> Any:
        """C at radii [kpc]."""
        return burr_rise(radius, self.ell0, self.p, self.n_coh)

    def rough(self, xi: Any) -> Any:
        """K0 Ξ^γ."""
        return rough_kernel(xi, self.K0, self.gamma)


@dataclass(frozen=True, eq=False)
class MissingRatio:
    """What every galaxy asks for, arrays of shape (n_galaxies,).

    Parameters
    ----------
    xi_mean : ndarray
        Mean over radii of `xi_chain`.
    k_rough : ndarray
        K0 Ξ^γ.
    amplitude : ndarray
        Mean of K_req where it is positive over the mean of C; NaN where it is positive nowhere.
    ratio : ndarray
        F_missing = amplitude/k_rough.
    n_positive : ndarray of int
        Points with K_req > 0.
    """

    xi_mean: np.ndarray
    k_rough: np.ndarray
    amplitude: np.ndarray
    ratio: np.ndarray
    n_positive: np.ndarray


def missing_ratio(curves: Curves, systems: Systems, rise: CoherenceRise | None = None) -> MissingRatio:
    """F_missing of every galaxy; NaN, never a default, where no point asks for more than the baryons give.

    K_req = max((V_obs/V_GR)² − 1, 0). The amplitude divides a mean over the points with K_req > 0 by a mean over all
    points, as the source does.

    Parameters
    ----------
    curves : Curves
        With V_GR > 0 at every point.
    systems : Systems
        Of the galaxies.
    rise : CoherenceRise, optional
        The source's where left out.

    Raises
    ------
    InvalidInput
        A point without baryons, where K_req has no value.

    References
    ----------
    `microphysics.md` §6.
    """
    rise = CoherenceRise() if rise is None else rise
    if not (curves.v_bar_squared > 0).all():
        raise InvalidInput("v_bar: must be > 0 at every point; leave out points without baryons")
    xi = xi_chain(curves.radius, np.sqrt(curves.v_bar_squared), curves.at_points(systems.sigma_v))
    xi_mean = curves.mean_by_galaxy(xi)
    required = np.maximum(curves.v_obs**2 / curves.v_bar_squared - 1.0, 0.0)
    n_positive = curves.sum_by_galaxy((required > 0).astype(int))
    asks = n_positive > 0
    mean = np.where(asks, curves.sum_by_galaxy(required) / np.where(asks, n_positive, 1), np.nan)
    amplitude = mean / curves.mean_by_galaxy(rise(curves.radius))
    k_rough = rise.rough(xi_mean)
    return MissingRatio(xi_mean, k_rough, amplitude, amplitude / k_rough, n_positive)


def power_ratio(
    sigma_v: Any, radius: Any, amplitude: Any, a: Any, b: Any, sigma_ref: float = 14.8, radius_ref: float = 12.3
) -> Any:
    """F = A (σ_ref/σ_v)^a (R_ref/R)^b of dispersions [km/s] and sizes [kpc], all > 0 (`microphysics.md` §7)."""
    return amplitude * (sigma_ref / sigma_v) ** a * (radius_ref / radius) ** b


def gated_ratio(
    sigma_v: Any,
    radius: Any,
    *,
    f_max: Any = 5.0,
    sigma_gate: Any = 25.0,
    gamma_gate: Any = 1.0,
    amplitude: Any = 10.02,
    a: Any = 0.10,
    b: Any = 0.31,
) -> Any:
    """The later form: F = 1 + (F_c − 1) G with F_c = 1 + min(F_raw − 1, F_max − 1).

    F_raw is `power_ratio`, G = max(x/(1+x), 0.1) with x = (σ_g/σ_v)^γ_g, and 1 for γ_g <= 0.

    Parameters
    ----------
    sigma_v, radius : array_like
        Dispersions [km/s] and sizes [kpc], > 0.
    f_max : array_like
        Largest ratio, >= 1.
    sigma_gate : array_like
        σ_g [km/s], > 0.
    gamma_gate : array_like
        γ_g.
    amplitude, a, b : array_like
        Of F_raw.

    References
    ----------
    `microphysics.md` §7.
    """
    raw = power_ratio(sigma_v, radius, amplitude, a, b)
    limited = np.minimum(raw - 1.0, f_max - 1.0)
    x = (sigma_gate / sigma_v) ** gamma_gate
    return 1.0 + limited * np.where(np.asarray(gamma_gate) > 0, np.maximum(x / (1.0 + x), 0.1), 1.0)
