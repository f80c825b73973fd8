"""Masses and redshifts of merging binaries: samplers, and densities that are normalised on their support.

Source-frame masses in Msun, m₂ <= m₁. Samplers take uniform numbers 0 <= u < 1 and return quantiles. They read tables
(see `solvers.gw.tabulated`) whose distribution function is wrong by less than 1e-5.

References
----------
Talbot & Thrane 2018, ApJ 856, 173 (peak and smoothing); Abbott et al. 2023, PRX 13, 011048 (GWTC-3).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from solvers.backgrounds.base import Background
from solvers.constants import C_KM_S
from solvers.errors import InvalidInput
from solvers.gw.tabulated import TabulatedDensity

SMOOTHINGS = ("conditional", "joint")
"""What the smoothing of m₂ is normalised with: p(m₂|m₁) by itself, or the joint density of both masses."""

_N_MASSES = 512
_N_REDSHIFTS = 256


def chirp_mass(m1, m2):
    """M_c = (m₁ m₂)^(3/5)/(m₁ + m₂)^(1/5), in the unit of the masses."""
    return (m1 * m2) ** 0.6 / (m1 + m2) ** 0.2


def smoothing(m, m_min: float, delta_m: float):
    """S(m), which rises from 0 at `m_min` to 1 at `m_min` + `delta_m`.

    S = 1/(1 + exp(δ/x + δ/(x − δ))) for x = m − m_min between 0 and δ.

    Parameters
    ----------
    m : array_like
        Masses [Msun].
    m_min : float
        Lowest mass [Msun].
    delta_m : float
        δ [Msun], >= 0; 0 is a step.
    """
    x = np.asarray(m, dtype=float) - m_min
    if delta_m == 0:
        return np.where(x >= 0, 1.0, 0.0)
    rising = (x > 0) & (x < delta_m)
    safe = np.where(rising, x, 0.5 * delta_m)
    window = special.expit(-(delta_m / safe + delta_m / (safe - delta_m)))
    return np.where(rising, window, np.where(x >= delta_m, 1.0, 0.0))


def power_law_integral(exponent: float, low, high):
    """∫ x^exponent dx from `low` > 0 to `high` >= `low`, also where the exponent is near −1."""
    span = np.log(np.asarray(high) / low)
    return np.asarray(low) ** (exponent + 1.0) * span * special.exprel((exponent + 1.0) * span)


@dataclass(frozen=True, kw_only=True)
class BinaryMasses:
    """p(m₁, m₂): a power law with an optional Gaussian peak in m₁, q = m₂/m₁ as a power law, smoothed at the low end.

    p(m₁) ∝ [(1 − f) m₁^(−α) + f G(m₁)] S(m₁), both parts normalised on [m_min, m_max]; p(q|m₁) ∝ q^β S(q m₁) from
    m_min/m₁ to 1.

    Parameters
    ----------
    alpha : float
        α.
    m_min, m_max : float
        Ends of the support [Msun], 0 < m_min < m_max.
    peak_fraction : float
        f, 0 (no peak) to 1.
    peak_mean, peak_width : float
        Centre and standard deviation of G [Msun].
    delta_m : float
        Width of the smoothing [Msun]; 0 for none.
    beta : float
        β.
    smoothing : {"conditional", "joint"}
        `conditional`, as in the literature: p(q|m₁) is normalised with S for every m₁. `joint`: normalised without S,
        so that S(m₂) also thins light primaries; p(m₁) then is not the marginal density that is written above.

    Raises
    ------
    InvalidInput
        Masses that are not in order, or an unknown `smoothing`.
    """

    alpha: float
    m_min: float
    m_max: float
    peak_fraction: float = 0.0
    peak_mean: float = 34.0
    peak_width: float = 4.0
    delta_m: float = 0.0
    beta: float = 1.0
    smoothing: str = "conditional"

    def __post_init__(self) -> None:
        if not 0 < self.m_min < self.m_max:
            raise InvalidInput(f"m_min={self.m_min:g}: must be > 0 and below m_max={self.m_max:g}")
        if self.smoothing not in SMOOTHINGS:
            raise InvalidInput(f"smoothing={self.smoothing!r}: must be one of {', '.join(SMOOTHINGS)}")

    def log_density_primary(self, m1):
        """ln p(m₁) [1/Msun]; −inf outside [m_min, m_max]."""
        m1 = np.asarray(m1, dtype=float)
        inside = (m1 >= self.m_min) & (m1 <= self.m_max)
        with np.errstate(divide="ignore"):
            logs = np.log(self._primary(np.where(inside, m1, self.m_max)) / self._primary_total)
        return np.where(inside, logs, -np.inf)

    def log_density_ratio(self, q, m1):
        """ln p(q|m₁); −inf outside [m_min/m₁, 1].

        With smoothing the normalisation is read from a table, to 2e-4 where S(m₁) is above 1e-5, to 1e-6 above 0.3.
        """
        q, m1 = np.asarray(q, dtype=float), np.asarray(m1, dtype=float)
        inside = (q <= 1) & (q * m1 >= self.m_min) & (m1 > self.m_min) & (m1 <= self.m_max)
        m1, m2 = np.where(inside, m1, self.m_max), np.where(inside, q * m1, self.m_max)
        integral = self._secondary_integral(m1)
        # So near m_min that S is 0 to rounding, there are no systems.
        inside = inside & (integral > 0)
        with np.errstate(divide="ignore"):
            logs = np.log(self._secondary(m2) * m1 / np.where(inside, integral, 1.0))
        return np.where(inside, logs, -np.inf)

    def sample(self, u1: np.ndarray, u2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """m₁ and m₂ <= m₁ [Msun] from uniform numbers, shape (n,) each."""
        m1 = self.primary.quantile(u1)
        # Rounding may carry m₂ past m₁.
        return m1, np.minimum(self.secondary.quantile(u2 * self.secondary.below(m1)), m1)

    @cached_property
    def primary(self) -> TabulatedDensity:
        """p(m₁) on nodes that are even in ln m."""
        return TabulatedDensity.of(self._primary, self._nodes)

    @cached_property
    def secondary(self) -> TabulatedDensity:
        """m₂^β S(m₂) on the same nodes: cut at m₁, it is p(m₂|m₁)."""
        return TabulatedDensity.of(self._secondary, self._nodes)

    @property
    def _primary_total(self) -> float:
        # Both parts of p(m₁) are normalised, and without smoothing nothing else is in it.
        return self.primary.total if self.delta_m > 0 else 1.0

    @property
    def _nodes(self) -> np.ndarray:
        nodes = np.geomspace(self.m_min, self.m_max, _N_MASSES + 1)
        nodes[[0, -1]] = self.m_min, self.m_max
        return nodes

    def _secondary(self, m2: np.ndarray) -> np.ndarray:
        return m2**self.beta * smoothing(m2, self.m_min, self.delta_m)

    def _secondary_integral(self, m1: np.ndarray) -> np.ndarray:
        if self.delta_m == 0:
            return power_law_integral(self.beta, self.m_min, m1)
        return self.secondary.total * self.secondary.below(m1)

    def _primary(self, m1: np.ndarray) -> np.ndarray:
        density = (1.0 - self.peak_fraction) * m1**-self.alpha
        density /= power_law_integral(-self.alpha, self.m_min, self.m_max)
        if self.peak_fraction > 0:
            low, high = ((end - self.peak_mean) / self.peak_width for end in (self.m_min, self.m_max))
            # Of both tails the smaller difference of two numbers near 1 is taken.
            share = special.ndtr(high) - special.ndtr(low) if low < 0 else special.ndtr(-low) - special.ndtr(-high)
            if not share > 0:
                raise InvalidInput(f"peak_mean={self.peak_mean:g}: the peak lies outside the masses")
            height = self.peak_fraction / (share * self.peak_width * math.sqrt(2.0 * math.pi))
            density += height * np.exp(-0.5 * ((m1 - self.peak_mean) / self.peak_width) ** 2)
        density *= smoothing(m1, self.m_min, self.delta_m)
        if self.smoothing == "joint" and self.delta_m > 0:
            whole = power_law_integral(self.beta, self.m_min, m1)
            density *= self._secondary_integral(m1) / np.where(whole > 0, whole, 1.0)
        return density


@dataclass(frozen=True, kw_only=True)
class MergerRedshifts:
    """p(z) ∝ (1+z)^(κ−1) dV_c/dz up to z_max: a merger rate (1+z)^κ per comoving volume and source-frame time.

    Parameters
    ----------
    kappa : float
        κ.
    z_max : float
        Largest redshift, > 0.
    background : Background
        Expansion history, its parameters fixed; dV_c/dz ∝ D_M²/E.
    """

    kappa: float
    z_max: float
    background: Background

    def log_density(self, z):
        """ln p(z); −inf outside [0, z_max]."""
        z = np.asarray(z, dtype=float)
        inside = (z >= 0) & (z <= self.z_max)
        with np.errstate(divide="ignore"):
            logs = np.log(self._density(np.where(inside, z, self.z_max)) / self.table.total)
        return np.where(inside, logs, -np.inf)

    def sample(self, u: np.ndarray) -> np.ndarray:
        """z from uniform numbers, shape (n,)."""
        return self.table.quantile(u)

    def luminosity_distance(self, z) -> np.ndarray:
        """d_L [Mpc] by a spline, relative error below 1e-7; NaN outside 0 <= z <= z_max."""
        return self._distance(z)

    @cached_property
    def table(self) -> TabulatedDensity:
        """p(z) on evenly spaced nodes."""
        return TabulatedDensity.of(self._density, self._nodes)

    @property
    def distance_coefficients(self) -> np.ndarray:
        """d_L [Mpc] in every interval of `table` as a cubic of z − lower end, highest power first, shape (4, n)."""
        return self._distance.c

    @property
    def _nodes(self) -> np.ndarray:
        return np.linspace(0.0, self.z_max, _N_REDSHIFTS + 1)

    @cached_property
    def _distance(self) -> CubicSpline:
        distance = self.background.luminosity_distance(self._nodes)
        if distance.ndim > 1 or not np.all(np.diff(distance / (1.0 + self._nodes)) > 0):
            raise InvalidInput("background: comoving distance must grow with redshift, and its parameters be fixed")
        return CubicSpline(self._nodes, distance, extrapolate=False)

    def _density(self, z: np.ndarray) -> np.ndarray:
        comoving = self._distance(z) / (1.0 + z)
        hubble = self.background.hubble(np.ravel(z)).reshape(np.shape(z))
        return (1.0 + z) ** (self.kappa - 1.0) * comoving**2 * C_KM_S / hubble
