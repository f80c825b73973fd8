"""Gates: factors in [0, 1] that suppress the enhancement. kpc, km/s, Gyr; luminosity distances in Mpc.

The gate of coherence, (l0/(l0+R))^n, is `solvers.galaxies.coherence_kernels.power_decay`. Functions of numbers and
of NumPy or CuPy arrays, which broadcast.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

PUBLISHED_GYR = 0.978
"""1 kpc/(km/s) in Gyr as the source rounds it (SI §12.1); 0.97779."""

REDSHIFT_LOSS = 4.8e-5
"""ξ of the gate of redshift [1/Mpc] (SI §16.2)."""


def orbital_period(radius: Any, velocity: Any) -> Any:
    """2πR/v [Gyr] of radii [kpc] and velocities > 0 [km/s], in their common shape (SI §16.1)."""
    return 2.0 * math.pi * radius * PUBLISHED_GYR / velocity


@dataclass(frozen=True, kw_only=True)
class WindingGate:
    """G = 1/(1 + (N/N_crit)^α), N the orbits since the disk was born.

    Parameters
    ----------
    n_crit : float
        Orbits at which G = 1/2, > 0. The `physical` regime of the source has 10, the `effective` one 100 to 150.
    alpha : float
        Sharpness > 0: 2 in the physical regime, 1 in the effective one.
    age : float
        Age of the disk [Gyr], > 0.
    radius_floor, v_floor : float
        Smaller radii [kpc] and velocities [km/s] count as these, >= 0; as in the source's runs.

    Raises
    ------
    ValueError
        A number out of its range.

    References
    ----------
    SI §12.1, §12.3.
    """

    n_crit: float = 10.0
    alpha: float = 2.0
    age: float = 10.0
    radius_floor: float = 0.1
    v_floor: float = 1.0

    def __post_init__(self) -> None:
        for name in ("n_crit", "alpha", "age"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")
        for name in ("radius_floor", "v_floor"):
            if not (getattr(self, name) >= 0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name}={getattr(self, name)}: must be >= 0")

    def n_orbits(self, radius: Any, velocity: Any) -> Any:
        """N, the age in units of `orbital_period`; 0 at rest.

        Parameters
        ----------
        radius : float or ndarray
            R >= 0 [kpc], > 0 without a floor.
        velocity : float or ndarray
            Of rotation >= 0 [km/s]: V_bar in the Burr run of SI §12.3, smoothed V_obs in its legacy run.
        """
        radius, velocity = np.maximum(radius, self.radius_floor), np.maximum(velocity, self.v_floor)
        return self.age * velocity / orbital_period(radius, 1.0)

    def __call__(self, radius: Any, velocity: Any) -> Any:
        """G in [0, 1], parameters as in `n_orbits`."""
        return 1.0 / (1.0 + (self.n_orbits(radius, velocity) / self.n_crit) ** self.alpha)


PHYSICAL_WINDING = WindingGate()
"""N_crit = v/σ_v = 10, α = 2 (SI §12.3)."""

EFFECTIVE_WINDING = WindingGate(n_crit=150.0, alpha=1.0)
"""N_crit = 150, α = 1 (SI §12.3, where 100 is named as well)."""


def dilution(h_disk: Any, l_z: Any) -> Any:
    """ε = (h/l)(1 − exp(−l/h)): the share of a spiral pattern of scale height h that a kernel of depth l sees.

    Parameters
    ----------
    h_disk, l_z : float or ndarray
        Scale height and depth [kpc], both > 0.

    Returns
    -------
    float or ndarray
        In (0, 1]: 1 − l/2h for l << h, h/l for l >> h.

    References
    ----------
    SI §12.2.
    """
    ratio = l_z / h_disk
    return -np.expm1(-ratio) / ratio


def diluted_n_crit(n_crit: Any, h_disk: Any, l_z: Any) -> Any:
    """N_crit/ε: 166.7 for N_crit = 10, 0.3 kpc and 5 kpc, which the source prints as 170 (SI §12.2)."""
    return n_crit / dilution(h_disk, l_z)


def small_radius_gate(radius: Any, r_disp: Any = 0.5) -> Any:
    """S_small = 1 − exp(−(R/R_disp)²) of radii >= 0 and R_disp > 0 [kpc], without loss at small R (SI §14.2, §16.2)."""
    return -np.expm1(-((radius / r_disp) ** 2))


def redshift_gate(luminosity_distance: Any, xi: Any = REDSHIFT_LOSS) -> Any:
    """G_z = exp(−ξ d_L) of distances >= 0 [Mpc] and ξ >= 0 [1/Mpc] (SI §16.2)."""
    return np.exp(-xi * luminosity_distance)


def decay_gate(rate: Any, period: Any) -> Any:
    """G = exp(−Γ t_orbit) of a rate Γ >= 0 [1/Gyr] and a period >= 0 [Gyr].

    SI §16.1 forms Γ of a velocity, a radius and an angle and gives no unit: a rate has to come from elsewhere.
    """
    return np.exp(-rate * period)
