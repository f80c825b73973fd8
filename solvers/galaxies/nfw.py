"""Rotation by baryons and an NFW halo: V² = V_bar² + V_halo². kpc, km/s, Msun; H0 in km/s/Mpc."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import POSITIVE, Interval

PUBLISHED_G_NFW = 4.30091e-6
"""G of the source's halos [kpc (km/s)²/Msun], rounded."""

PUBLISHED_G_MILKY_WAY = 4.302e-6
"""G of the source's Milky Way [kpc (km/s)²/Msun], rounded; its halo has it too."""

LOG_MASS = Interval(0.0, 20.0)
"""Legal log10 of masses in Msun."""

_SMALL = 1e-2
"""t below which m(t) is summed: above, the difference of its two terms keeps 13 digits."""

_TERMS = 10
"""Terms of the sum; the next one is below 1e-19 of it."""


def nfw_mass(t: Any) -> Any:
    """m(t) = ln(1+t) − t/(1+t), the mass inside t scale radii in units of 4π ρ_s r_s³.

    Parameters
    ----------
    t : float or ndarray
        r/r_s >= 0.

    Returns
    -------
    float or ndarray
        Relative error below 2e-13.
    """
    u = t / (1.0 + t)
    # The difference cancels where t is small: there it is summed, and only there.
    small = t < _SMALL
    if np.ndim(t) == 0:
        return _small_nfw_mass(u) if small else np.log1p(t) - u
    mass = np.log1p(t) - u
    mass[small] = _small_nfw_mass(u[small])
    return mass


def _small_nfw_mass(u: Any) -> Any:
    """m = u²/2 + u³/3 + … for u = t/(1+t), as ln(1+t) = −ln(1−u): no term cancels."""
    total = 1.0 / (_TERMS + 1)
    for k in range(_TERMS, 1, -1):
        total = total * u + 1.0 / k
    return u * u * total


def critical_density(H0: float, G: float) -> float:
    """ρ_c = 3H0²/(8πG) [Msun/kpc³] for H0 [km/s/Mpc] and G [kpc (km/s)²/Msun]."""
    return 3.0 * (H0 / 1000.0) ** 2 / (8.0 * math.pi * G)


@dataclass(frozen=True, kw_only=True)
class Halo(RotationModel):
    """What halos defined by M200 share.

    Parameters
    ----------
    G : float
        Gravitational constant [kpc (km/s)²/Msun].
    H0 : float
        Hubble constant [km/s/Mpc] of the critical density.
    rho_crit : float, optional
        Critical density [Msun/kpc³], in place of 3H0²/(8πG); 135.99 for the values above, 140 in the source's scripts.

    Raises
    ------
    ValueError
        A number that is not positive.
    """

    G: float = PUBLISHED_G_NFW
    H0: float = 70.0
    rho_crit: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("G", "H0", "rho_crit"):
            number = getattr(self, name)
            if number is not None and not (number > 0 and math.isfinite(number)):
                raise ValueError(f"{name}={number}: must be > 0")

    @property
    def critical_density(self) -> float:
        """ρ_c of this halo [Msun/kpc³]."""
        return critical_density(self.H0, self.G) if self.rho_crit is None else self.rho_crit

    def r200(self, m200: Any) -> Any:
        """(3 M200/(800π ρ_c))^(1/3) [kpc] of masses [Msun], in their shape: 200 ρ_c is the mean density inside."""
        return (3.0 * m200 / (800.0 * math.pi * self.critical_density)) ** (1.0 / 3.0)

    def halo_v_squared(self, radius: Any, m200: Any, c: Any) -> Any:
        """V_halo² = G M200/R m(cR/r200)/m(c) [(km/s)²].

        Parameters
        ----------
        radius : float or ndarray
            R > 0 [kpc].
        m200 : float or ndarray
            M200 > 0 [Msun].
        c : float or ndarray
            Concentration > 0.

        References
        ----------
        SI §20.3.
        """
        strength, inverse_scale = self._strength(m200, c)
        return strength / radius * nfw_mass(inverse_scale * radius)

    def _strength(self, m200: Any, c: Any) -> tuple[Any, Any]:
        """G M200/m(c) [kpc (km/s)²] and 1/r_s [1/kpc], which are those of a galaxy."""
        return self.G * m200 / nfw_mass(c), c / self.r200(m200)

    def _v_squared(self, curves: Curves, m200: Any, c: Any) -> Any:
        """V² at the points of halos that are given for the galaxies."""
        strength, inverse_scale = (curves.at_points(value) for value in self._strength(m200, c))
        return curves.v_bar_squared + strength / curves.radius * nfw_mass(inverse_scale * curves.radius)


@dataclass(frozen=True, kw_only=True)
class NfwHalo(Halo):
    """V² = V_bar² + V_halo² of an NFW halo with two parameters of each galaxy, log10 M200/Msun and c.

    References
    ----------
    SI §20.3; Navarro, Frenk & White 1997.
    """

    domain: ClassVar = {"log10_m200": LOG_MASS, "c": POSITIVE}

    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V² [(km/s)²], shape (..., n_points)."""
        p = self.checked(theta)
        return self._v_squared(curves, 10.0 ** p["log10_m200"], p["c"])


@dataclass(frozen=True, kw_only=True)
class ScaleNfwHalo(RotationModel):
    """V² = V_bar² + V_halo² of an NFW halo given by its scale radius and the mass M inside c of them.

    V_halo² = G M/R m(R/r_s)/m(c). The defaults are the Milky Way's of the source, where M is the mass inside 200 kpc.

    Parameters
    ----------
    G : float
        Gravitational constant [kpc (km/s)²/Msun].

    References
    ----------
    SI §11.4, which does not specify its halo: the values are those of the script behind it.
    """

    domain: ClassVar = {"log10_mass": LOG_MASS, "r_s": POSITIVE, "c": POSITIVE}
    defaults: ClassVar = {"log10_mass": 12.0, "r_s": 20.0, "c": 10.0}
    units: ClassVar = {"r_s": "kpc"}

    G: float = PUBLISHED_G_MILKY_WAY

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.G > 0 and math.isfinite(self.G)):
            raise ValueError(f"G={self.G}: must be > 0")

    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V² [(km/s)²], shape (..., n_points)."""
        p, radius = self.parameters_at(curves, theta), curves.radius
        share = nfw_mass(radius / p["r_s"]) / nfw_mass(p["c"])
        return curves.v_bar_squared + self.G * 10.0 ** p["log10_mass"] / radius * share
