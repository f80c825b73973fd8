"""Distances between observer, lens and source in kpc, and the critical surface density in Msun/kpc²."""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from solvers import distances
from solvers.constants import C_KM_S, G_KPC, KPC_M
from solvers.errors import InvalidInput

__all__ = [
    "CODATA",
    "CONSTANTS",
    "PAPER",
    "FlatMatter",
    "LensConstants",
    "LensDistances",
    "angular_diameter_distance",
    "arcsec",
    "critical_surface_density",
    "lens_distances",
    "mean_critical_surface_density",
    "mean_distance_ratio",
]

_KPC_PER_MPC = 1000.0
_ARCSEC = 180.0 * 3600.0 / math.pi


@dataclass(frozen=True, kw_only=True)
class LensConstants:
    """The constants of clusters.

    Parameters
    ----------
    c : float
        Speed of light [km/s], > 0.
    G : float
        Gravitational constant [kpc (km/s)²/Msun], > 0.
    kpc : float
        Kiloparsec [m], > 0, by which accelerations are turned into m/s².

    Raises
    ------
    InvalidInput
        A number that is not positive.
    """

    c: float = C_KM_S
    G: float = G_KPC
    kpc: float = KPC_M

    def __post_init__(self) -> None:
        for name in ("c", "G", "kpc"):
            number = getattr(self, name)
            if not (number > 0 and math.isfinite(number)):
                raise InvalidInput(f"{name}={number}: must be > 0")

    def acceleration(self, mass: Any, radius: Any) -> Any:
        """g = GM/R² [m/s²] of masses [Msun] at radii > 0 [kpc], which broadcast."""
        return self.G * np.asarray(mass, dtype=float) / np.square(radius) * (1e6 / self.kpc)


CODATA = LensConstants()
"""The suite's constants."""

PAPER = LensConstants(c=2.998e5, G=6.674e-11 * 1.989e30 / 3.086e19 / 1e6, kpc=3.086e19)
"""The rounded constants of the source (SI §5A.4)."""

CONSTANTS = MappingProxyType({"published": PAPER, "codata": CODATA})
"""Both by name."""


@dataclass(frozen=True, kw_only=True)
class FlatMatter:
    """Flat space with matter and a cosmological constant, no radiation; `c` can be that of the source.

    Parameters
    ----------
    H0 : float
        Hubble constant [km/s/Mpc], > 0.
    Om0 : float
        Matter density, 0 <= Om0 <= 1.
    c : float
        Speed of light [km/s], > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    H0: float = 70.0
    Om0: float = 0.3
    c: float = C_KM_S

    def __post_init__(self) -> None:
        for name in ("H0", "c"):
            number = getattr(self, name)
            if not (number > 0 and math.isfinite(number)):
                raise InvalidInput(f"{name}={number}: must be > 0")
        if not 0 <= self.Om0 <= 1:
            raise InvalidInput(f"Om0={self.Om0}: must be from 0 to 1")

    def efunc(self, z: Any) -> Any:
        """E = √(Om0 (1+z)³ + 1 − Om0), in the shape of `z`."""
        return np.sqrt(self.Om0 * (1.0 + np.asarray(z, dtype=float)) ** 3 + 1.0 - self.Om0)

    def luminosity_distance(self, z: Any) -> np.ndarray:
        """(1+z) (c/H0) ∫₀ᶻ dz′/E [Mpc] at redshifts of shape (n_z,), as of every background."""
        z = np.atleast_1d(np.asarray(z, dtype=float))
        integral, _ = distances.comoving_integral(lambda u: np.log(self.efunc(np.expm1(u))), z)
        return (1.0 + z) * self.c / self.H0 * integral


@dataclass(frozen=True, kw_only=True)
class LensDistances:
    """Angular-diameter distances [kpc] to the lens, to the source and from lens to source."""

    D_l: float
    D_s: float
    D_ls: float


def angular_diameter_distance(cosmology: Any, z: Any) -> np.ndarray:
    """D_A = D_L/(1+z)² [kpc].

    Parameters
    ----------
    cosmology : object
        Has `luminosity_distance(z)` in Mpc, as a Quantity or as numbers: an astropy FLRW, a background of this suite
        whose parameters are all fixed, or `FlatMatter`.
    z : array_like
        Redshifts >= 0.

    Returns
    -------
    ndarray
        In the shape of `z`.
    """
    z = np.asarray(z, dtype=float)
    d_l = cosmology.luminosity_distance(np.atleast_1d(z).ravel())
    d_l = d_l.to_value("Mpc") if hasattr(d_l, "to_value") else np.asarray(d_l, dtype=float)
    return _KPC_PER_MPC * d_l.reshape(z.shape) / (1.0 + z) ** 2


def lens_distances(cosmology: Any, z_l: float, z_s: float) -> LensDistances:
    """D_l, D_s and D_ls [kpc] of a lens at `z_l` and a source behind it at `z_s`.

    In closed space both must lie on this side of the equator, where D_M is largest: D_L alone cannot tell the sides.

    Raises
    ------
    InvalidInput
        z_l <= 0, or a source that is not behind the lens.

    References
    ----------
    `lensing.md` §1.
    """
    z_l, z_s = float(z_l), float(z_s)
    _check_lens(z_l)
    if not (z_s > z_l and math.isfinite(z_s)):
        raise InvalidInput(f"z_s={z_s:g}: the source must lie behind the lens at z_l={z_l:g}")
    d_l, d_s, d_ls = _all_distances(cosmology, z_l, np.array([z_s]))
    return LensDistances(D_l=d_l, D_s=float(d_s[0]), D_ls=float(d_ls[0]))


def mean_distance_ratio(cosmology: Any, z_l: float, z_s: Any, weights: Any) -> float:
    """⟨D_ls/D_s⟩ over a distribution of sources; those in front of the lens count as 0.

    The mean of the ratio is not the ratio at the mean redshift.

    Parameters
    ----------
    cosmology : object
        As in `angular_diameter_distance`.
    z_l : float
        Redshift of the lens, > 0.
    z_s : array_like
        Redshifts of the sources, shape (n_s,), > 0.
    weights : array_like
        P(z_s) times the width of its bin, shape (n_s,), >= 0; need not add up to 1.

    Raises
    ------
    InvalidInput
        Shapes that differ, a number out of its range, or weights that are all 0.
    """
    z_s, weights = np.atleast_1d(np.asarray(z_s, dtype=float)), np.atleast_1d(np.asarray(weights, dtype=float))
    _check_lens(float(z_l))
    if z_s.ndim != 1 or z_s.shape != weights.shape:
        raise InvalidInput(f"z_s, weights: shapes {z_s.shape} and {weights.shape} must be one and the same (n_s,)")
    if not (np.all(weights >= 0) and np.all(np.isfinite(weights)) and weights.sum() > 0):
        raise InvalidInput("weights: must be >= 0 and not all 0")
    if not (np.all(z_s > 0) and np.all(np.isfinite(z_s))):
        raise InvalidInput("z_s: redshifts must be > 0")
    ratio, behind = np.zeros(z_s.shape), z_s > z_l
    if behind.any():
        _, d_s, d_ls = _all_distances(cosmology, float(z_l), z_s[behind])
        ratio[behind] = d_ls / d_s
    return float(weights @ ratio / weights.sum())


def critical_surface_density(at: LensDistances, constants: LensConstants = CODATA) -> float:
    """Σ_crit = c²/(4πG) D_s/(D_l D_ls) [Msun/kpc²]."""
    return constants.c**2 / (4.0 * math.pi * constants.G) * at.D_s / (at.D_l * at.D_ls)


def mean_critical_surface_density(
    cosmology: Any, z_l: float, z_s: Any, weights: Any, constants: LensConstants = CODATA
) -> float:
    """c²/(4πG)/(D_l ⟨D_ls/D_s⟩) [Msun/kpc²], by which a surface density gives the mean convergence of the sources.

    Infinite where every source is in front of the lens. Parameters and errors are those of `mean_distance_ratio`.
    """
    ratio = mean_distance_ratio(cosmology, z_l, z_s, weights)
    d_l = float(angular_diameter_distance(cosmology, z_l))
    return constants.c**2 / (4.0 * math.pi * constants.G) / (d_l * ratio) if ratio > 0 else math.inf


def arcsec(length: Any, D_l: float) -> Any:
    """Angle [arcsec] of a length [kpc] in the plane of the lens, in the shape of `length`."""
    return _ARCSEC * length / D_l


def _check_lens(z_l: float) -> None:
    if not (z_l > 0 and math.isfinite(z_l)):
        raise InvalidInput(f"z_l={z_l:g}: must be > 0")


def _all_distances(cosmology: Any, z_l: float, z_s: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """D_l, D_s and D_ls [kpc] of sources behind the lens, shapes () and (n_s,)."""
    at = angular_diameter_distance(cosmology, np.append(z_l, z_s))
    d_l, d_s = float(at[0]), at[1:]
    # D_M add up in flat space only; in curved space they do as sines do, (D_M √|Ω_k| H0/c).
    near, far = (1.0 + z_l) * d_l, (1.0 + z_s) * d_s
    curvature = _curvature(cosmology)
    transverse = far * np.sqrt(1.0 + curvature * near**2) - near * np.sqrt(1.0 + curvature * far**2)
    return d_l, d_s, transverse / (1.0 + z_s)


def _curvature(cosmology: Any) -> float:
    """Ω_k (H0/c)² [1/kpc²]: of an astropy cosmology, of a background that has `omega_k`, otherwise 0."""
    if hasattr(cosmology, "Ok0"):
        omega_k, H0 = float(cosmology.Ok0), float(getattr(cosmology.H0, "value", cosmology.H0))
    elif hasattr(cosmology, "bind"):
        fixed = cosmology.bind({})
        omega_k, H0 = float(fixed.get("omega_k", 0.0)), float(fixed["H0"])
    else:
        return 0.0
    return omega_k * (H0 / C_KM_S / _KPC_PER_MPC) ** 2
