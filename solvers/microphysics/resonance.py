"""Resonance of orbits with a spectrum of metric fluctuations. km/s, kpc."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.systems import Systems

__all__ = ["QUADRATURES", "Resonance"]

QUADRATURES = ("rect256", "integral")
"""The source's plain sum over 256 wavelengths with full weights at its ends, or the integral that it stands for."""

_LN_LOW, _LN_HIGH = math.log(0.1), math.log(1e4)
_N_WAVES = 256
_PANELS = 64
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_LEAST_ORBIT, _LEAST_RADIUS, _LEAST_DISPERSION = 1e-6, 1e-3, 1e-3
"""Floors of the source: of 2πR and R [kpc], and of σ_v [km/s]."""


@dataclass(frozen=True, kw_only=True)
class Resonance(Mechanism):
    """K(R) = A ∫ P(λ) C(λ, R) W(λ, R) d ln λ over λ from 0.1 to 10⁴ kpc.

    P = λ^−α exp(−λ/λ_cut); C = Q²/[Q² + (λ/λ_orb − λ_orb/λ)²] with λ_orb = 2πR, Q = (v/σ_v)^β and v = V_GR; and
    W = 1/[1 + (λ/R)²]. K carries kpc^−α, so that A does too. At λ << λ_orb/Q the integrand for α = 2 tends to a
    constant in ln λ: K depends logarithmically on the lower end. The filter widens with Q, where that of a resonator
    narrows. The sum exceeds the integral by 0.4 to 1.4 % at 90 % of the points of SPARC, and by up to 4.7 %. The source
    names lam_coh and Q0, which nothing uses.

    Parameters
    ----------
    quadrature : {"rect256", "integral"}
        The source's sum, or Gauss rules, good to 1e-9 for Q > 0.2.

    Raises
    ------
    InvalidInput
        An unknown quadrature.

    References
    ----------
    `microphysics.md` §4.
    """

    origin: ClassVar[str] = "spectrum of metric fluctuations, prescribed"
    domain: ClassVar = {"amplitude": NON_NEGATIVE, "alpha": REAL, "lam_cut": POSITIVE, "beta_Q": NON_NEGATIVE}
    defaults: ClassVar = {"amplitude": 1.0, "alpha": 2.0, "lam_cut": 2000.0, "beta_Q": 1.0}
    units: ClassVar = {"lam_cut": "kpc"}

    quadrature: str = "rect256"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.quadrature not in QUADRATURES:
            raise InvalidInput(f"quadrature={self.quadrature!r}: must be one of {', '.join(QUADRATURES)}")

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points."""
        xp, radius = curves.xp, curves.radius
        dispersion = np.maximum(curves.at_points(systems.sigma_v), _LEAST_DISPERSION)
        q2 = (np.sqrt(curves.v_bar_squared) / dispersion) ** (2.0 * p["beta_Q"])
        orbit = np.maximum(2.0 * math.pi * radius, _LEAST_ORBIT)
        inner = np.maximum(radius, _LEAST_RADIUS)
        total = xp.zeros_like(radius)
        for wavelength, weight in self._rule():
            mismatch = (wavelength / orbit - orbit / wavelength) ** 2
            spectrum = np.exp(-p["alpha"] * math.log(wavelength) - wavelength / p["lam_cut"])
            # Where nothing moves Q = 0 and so is the filter, also on its crest.
            filtered = xp.where(q2 > 0, q2, 0.0) / (xp.where(q2 > 0, q2, 1.0) + mismatch)
            total = total + weight * spectrum * filtered / (1.0 + (wavelength / inner) ** 2)
        return p["amplitude"] * total

    def _rule(self) -> Iterator[tuple[float, float]]:
        """Wavelengths [kpc] and weights in ln λ."""
        if self.quadrature == "rect256":
            step = (_LN_HIGH - _LN_LOW) / (_N_WAVES - 1)
            for wavelength in np.logspace(-1.0, 4.0, _N_WAVES):
                yield float(wavelength), step
            return
        half = 0.5 * (_LN_HIGH - _LN_LOW) / _PANELS
        for i in range(_PANELS):
            middle = _LN_LOW + (2 * i + 1) * half
            for node, weight in zip(_NODES, _WEIGHTS, strict=True):
                yield math.exp(middle + half * float(node)), half * float(weight)
