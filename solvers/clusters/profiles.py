"""Spheres whose projections are known in closed form: lengths in kpc, masses in Msun, Σ in Msun/kpc²."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from solvers.constants import G_KPC
from solvers.errors import InvalidInput

__all__ = ["ClosedSphere", "Hernquist", "Plummer", "PointMass", "SingularIsothermalSphere"]

_NEAR_SCALE = 0.1
"""abs(1 − (R/a)²) below which Hernquist's functions are summed: above, their differences keep 13 digits."""

_TERMS = 20
"""Terms of the sums; what is left of them is below 1e-20."""


@dataclass(frozen=True, kw_only=True)
class ClosedSphere(ABC):
    """A sphere without an end. Every method takes radii > 0 [kpc] of any shape and keeps it.

    Raises
    ------
    InvalidInput
        A number out of its range: masses are >= 0, everything else is > 0.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            number = getattr(self, field.name)
            if not (number >= 0 and math.isfinite(number)) or (number == 0 and field.name != "mass"):
                raise InvalidInput(f"{field.name}={number}: must be {'>=' if field.name == 'mass' else '>'} 0")

    @abstractmethod
    def density(self, r: Any) -> Any:
        """ρ(r) [Msun/kpc³]."""

    @abstractmethod
    def enclosed_mass(self, r: Any) -> Any:
        """M(<r) in the sphere [Msun]."""

    @abstractmethod
    def surface_density(self, R: Any) -> Any:
        """Σ(R) [Msun/kpc²]."""

    @abstractmethod
    def projected_mass(self, R: Any) -> Any:
        """M_p(R) in the cylinder [Msun]."""


@dataclass(frozen=True, kw_only=True)
class PointMass(ClosedSphere):
    """All mass at the centre.

    Parameters
    ----------
    mass : float
        Mass [Msun], >= 0.
    """

    mass: float

    def density(self, r: Any) -> Any:
        """0 away from the centre."""
        return np.zeros(np.shape(r))

    def enclosed_mass(self, r: Any) -> Any:
        """M."""
        return np.full(np.shape(r), self.mass)

    def surface_density(self, R: Any) -> Any:
        """0 away from the centre."""
        return np.zeros(np.shape(R))

    def projected_mass(self, R: Any) -> Any:
        """M."""
        return np.full(np.shape(R), self.mass)


@dataclass(frozen=True, kw_only=True)
class SingularIsothermalSphere(ClosedSphere):
    """ρ = σ²/(2πGr²), for which κ = θ_E/2R and κ̄ = θ_E/R.

    Parameters
    ----------
    velocity_dispersion : float
        σ in one dimension [km/s], > 0.
    G : float
        Gravitational constant [kpc (km/s)²/Msun], > 0.
    """

    velocity_dispersion: float
    G: float = G_KPC

    @property
    def _strength(self) -> float:
        """σ²/G [Msun/kpc]."""
        return self.velocity_dispersion**2 / self.G

    def density(self, r: Any) -> Any:
        """σ²/(2πGr²)."""
        return self._strength / (2.0 * math.pi * np.square(r))

    def enclosed_mass(self, r: Any) -> Any:
        """2σ²r/G."""
        return 2.0 * self._strength * np.asarray(r, dtype=float)

    def surface_density(self, R: Any) -> Any:
        """σ²/(2GR)."""
        return 0.5 * self._strength / np.asarray(R, dtype=float)

    def projected_mass(self, R: Any) -> Any:
        """πσ²R/G."""
        return math.pi * self._strength * np.asarray(R, dtype=float)


@dataclass(frozen=True, kw_only=True)
class Plummer(ClosedSphere):
    """ρ = 3M/(4πa³) (1 + r²/a²)^(−5/2) (Plummer 1911).

    Parameters
    ----------
    mass : float
        Total mass [Msun], >= 0.
    a : float
        Scale length [kpc], > 0.
    """

    mass: float
    a: float

    def density(self, r: Any) -> Any:
        """3M/(4πa³) (1 + r²/a²)^(−5/2)."""
        return 3.0 * self.mass / (4.0 * math.pi * self.a**3) * (1.0 + np.square(r / self.a)) ** -2.5

    def enclosed_mass(self, r: Any) -> Any:
        """M (1 + a²/r²)^(−3/2)."""
        return self.mass * (1.0 + np.square(self.a / r)) ** -1.5

    def surface_density(self, R: Any) -> Any:
        """M a²/(π(a²+R²)²)."""
        return self.mass / (math.pi * self.a**2) * (1.0 + np.square(R / self.a)) ** -2.0

    def projected_mass(self, R: Any) -> Any:
        """M R²/(a²+R²)."""
        return self.mass / (1.0 + np.square(self.a / R))


@dataclass(frozen=True, kw_only=True)
class Hernquist(ClosedSphere):
    """ρ = M a/(2π r (r+a)³) (Hernquist 1990, equations 32 to 37 for the projections).

    Parameters
    ----------
    mass : float
        Total mass [Msun], >= 0.
    a : float
        Scale length [kpc], > 0.
    """

    mass: float
    a: float

    def density(self, r: Any) -> Any:
        """M a/(2π r (r+a)³)."""
        return self.mass * self.a / (2.0 * math.pi * r * (r + self.a) ** 3)

    def enclosed_mass(self, r: Any) -> Any:
        """M r²/(r+a)²."""
        return self.mass * np.square(r / (r + self.a))

    def surface_density(self, R: Any) -> Any:
        """M/(2πa² w²) [(3−w) X − 3] with w = 1 − (R/a)²; relative error below 1e-12 for R < 1e4 a."""
        s = np.asarray(R, dtype=float) / self.a
        w, X, near = _hernquist(s)
        far = ((3.0 - w) * X - 3.0) / np.where(near, 1.0, w) ** 2
        k = np.arange(_TERMS)
        series = np.polynomial.polynomial.polyval(w * near, 3.0 / (2 * k + 5) - 1.0 / (2 * k + 3))
        return self.mass / (2.0 * math.pi * self.a**2) * np.where(near, series, far)

    def projected_mass(self, R: Any) -> Any:
        """M (R/a)² (X − 1)/w; relative error below 1e-12."""
        s = np.asarray(R, dtype=float) / self.a
        w, X, near = _hernquist(s)
        far = (X - 1.0) / np.where(near, 1.0, w)
        series = np.polynomial.polynomial.polyval(w * near, 1.0 / (2 * np.arange(_TERMS) + 3))
        return self.mass * s * s * np.where(near, series, far)


def _hernquist(s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """w = 1 − s², X = artanh(√w)/√w or its continuation to w < 0, and where w is near 0 (X is no use there)."""
    w = (1.0 - s) * (1.0 + s)
    near = np.abs(w) < _NEAR_SCALE
    root = np.sqrt(np.where(near, 1.0, np.abs(w)))
    inside = np.arccosh(np.maximum(1.0 / s, 1.0)) / root
    return w, np.where(s < 1.0, inside, np.arctan(root) / root), near
