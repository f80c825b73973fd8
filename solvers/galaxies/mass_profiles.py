"""Rotation in the mid-plane of disks and spheres given in closed form: V² in (km/s)². kpc, Msun."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MassProfile(ABC):
    """A component of a galaxy.

    Parameters
    ----------
    mass : float
        Total mass [Msun], >= 0.
    a : float
        Scale length [kpc], > 0.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    mass: float
    a: float

    def __post_init__(self) -> None:
        for field in fields(self):
            number, least = getattr(self, field.name), "> 0" if field.name == "a" else ">= 0"
            if not (number >= 0 and math.isfinite(number)) or (number == 0 and field.name == "a"):
                raise ValueError(f"{field.name}={number}: must be {least}")

    @abstractmethod
    def v_squared(self, radius: Any, G: float) -> Any:
        """V² in the mid-plane [(km/s)²], of the shape of `radius`.

        Parameters
        ----------
        radius : float or ndarray
            R >= 0 [kpc].
        G : float
            Gravitational constant [kpc (km/s)²/Msun].
        """


@dataclass(frozen=True, kw_only=True)
class MiyamotoNagai(MassProfile):
    """Disk with Φ = −GM/√(R² + (a + √(z²+b²))²); in the plane it knows a+b only (Miyamoto & Nagai 1975).

    Parameters
    ----------
    b : float
        Scale height [kpc], >= 0.
    """

    b: float

    def v_squared(self, radius: Any, G: float) -> Any:
        """G M R²/(R² + (a+b)²)^1.5."""
        return G * self.mass * radius**2 / (radius**2 + (self.a + self.b) ** 2) ** 1.5


def hernquist_v_squared(radius: Any, mass: Any, a: Any, G: float) -> Any:
    """G M R/(R+a)² [(km/s)²] of radii and scale lengths [kpc] and masses [Msun], which broadcast (Hernquist 1990)."""
    return G * mass * radius / (radius + a) ** 2


@dataclass(frozen=True, kw_only=True)
class Hernquist(MassProfile):
    """Sphere with Φ = −GM/(r+a) (Hernquist 1990)."""

    def v_squared(self, radius: Any, G: float) -> Any:
        """G M R/(R+a)²."""
        return hernquist_v_squared(radius, self.mass, self.a, G)


@dataclass(frozen=True, kw_only=True)
class PublishedBulge(MassProfile):
    """V² = G M/(R+a), which the source took for a Hernquist sphere: a factor R/(R+a) is missing (SI §11.4).

    It is −Φ, not R dΦ/dR, and does not vanish at the centre.
    """

    def v_squared(self, radius: Any, G: float) -> Any:
        """G M/(R+a)."""
        return G * self.mass / (radius + self.a)
