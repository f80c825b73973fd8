"""Projection of a triaxial cluster that has the profile of a known sphere: kpc, Msun, Msun/kpc².

Its density is constant on m² = x² + (y/q_p)² + (z/q_LOS)², with z along the line of sight.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = ["NORMALISATIONS", "Triaxial"]

NORMALISATIONS = ("volume", "global", "none")
"""What is kept of the sphere: the volume inside every surface, all mass by a factor (SI §13.2), or the density."""

_N_ANGLES = 256


@dataclass(frozen=True, kw_only=True)
class Triaxial:
    """Axis ratios of a cluster and what they leave alone.

    With s = (q_p q_LOS)^(1/3) and the density ρ of the sphere:

    ======== ====================== ======================= ==================
    name     density                Σ(X, Y)                 mass
    ======== ====================== ======================= ==================
    volume   ρ(s m)                 (q_LOS/s) Σ_sph(s R′)   conserved
    global   ρ(m)/(q_p q_LOS)       Σ_sph(R′)/q_p           conserved
    none     ρ(m)                   q_LOS Σ_sph(R′)         times q_p q_LOS
    ======== ====================== ======================= ==================

    where R′² = X² + (Y/q_p)². With `global` Σ does not depend on q_LOS at all: the remedy of the source removes the
    effect that the source reports, which is that of `none`.

    Parameters
    ----------
    q_p : float
        Axis ratio in the plane of the sky, > 0.
    q_los : float
        Axis ratio along the line of sight, > 0; above 1 it is elongated towards us.
    normalisation : {"volume", "global", "none"}
        Which density.

    Raises
    ------
    InvalidInput
        A ratio that is not positive, or an unknown normalisation.

    References
    ----------
    `lensing.md` §4.
    """

    q_p: float = 1.0
    q_los: float = 1.0
    normalisation: str = "volume"

    def __post_init__(self) -> None:
        for name in ("q_p", "q_los"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")
        if self.normalisation not in NORMALISATIONS:
            known = ", ".join(NORMALISATIONS)
            raise InvalidInput(f"normalisation={self.normalisation!r}: must be one of {known}")

    @property
    def stretch(self) -> float:
        """Factor s of the radii at which the sphere is looked up."""
        return float(np.cbrt(self.q_p * self.q_los)) if self.normalisation == "volume" else 1.0

    @property
    def factor(self) -> float:
        """Factor of the surface density of the sphere."""
        if self.normalisation == "global":
            return 1.0 / self.q_p
        return self.q_los / self.stretch

    def density(self, sphere: Callable[[np.ndarray], np.ndarray], x: Any, y: Any, z: Any) -> np.ndarray:
        """ρ at x, y, z [kpc], which broadcast, from ρ(r) of the sphere [Msun/kpc³]."""
        m = np.sqrt(np.square(x) + np.square(np.divide(y, self.q_p)) + np.square(np.divide(z, self.q_los)))
        scale = 1.0 / (self.q_p * self.q_los) if self.normalisation == "global" else 1.0
        return scale * sphere(self.stretch * m)

    def surface_density(self, sphere: Callable[[np.ndarray], np.ndarray], x: Any, y: Any) -> np.ndarray:
        """Σ at X, Y [kpc], which broadcast, from Σ(R) of the sphere [Msun/kpc²].

        Parameters
        ----------
        sphere : callable
            Σ of the sphere at R [kpc], in its shape.
        x, y : array_like
            Coordinates in the sky along the axes 1 and q_p.
        """
        return self.factor * sphere(self.stretch * np.hypot(x, np.divide(y, self.q_p)))

    def circular_surface_density(self, sphere: Callable[[np.ndarray], np.ndarray], radius: Any) -> np.ndarray:
        """Mean Σ on circles of radius R [kpc], in the shape of `radius`; as `circular_mass`."""
        return self.factor * np.mean(sphere(self._looked_up(radius)), axis=-1)

    def circular_mass(self, sphere: Callable[[np.ndarray], np.ndarray], radius: Any) -> np.ndarray:
        """Mass [Msun] in circular apertures, whatever the shape of the cluster.

        It is the mean of M_sph(s e R)/(s e)² over the azimuth with e² = cos² + sin²/q_p², times the factor of Σ. The
        256 angles give it to 1e-10 for 0.5 < q_p < 2 and profiles that are smooth on the aperture.

        Parameters
        ----------
        sphere : callable
            Projected mass of the sphere [Msun] at R [kpc], in its shape.
        radius : array_like
            R > 0 [kpc].

        Returns
        -------
        ndarray
            In the shape of `radius`.
        """
        looked_up = self._looked_up(radius)
        ratio = looked_up / np.asarray(radius, dtype=float)[..., np.newaxis]
        return self.factor * np.mean(sphere(looked_up) / ratio**2, axis=-1)

    def _looked_up(self, radius: Any) -> np.ndarray:
        """s e(φ) R, with a last axis of angles; one where they are all alike."""
        n = 1 if self.q_p == 1.0 else _N_ANGLES
        # Half a turn has all values of e.
        phi = math.pi * np.arange(n) / n
        e = np.sqrt(np.cos(phi) ** 2 + (np.sin(phi) / self.q_p) ** 2)
        return self.stretch * e * np.asarray(radius, dtype=float)[..., np.newaxis]
