"""Shape of the hot gas of a cluster, in units of its own: pressure, temperature and clumping. x = r/R500."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = ["TEMPERATURES", "Clumping", "GasShape", "PressureProfile", "temperature"]

TEMPERATURES = ("isothermal", "temperature")
"""Laws of T: one temperature, or the mean profile of relaxed clusters (Vikhlinin+ 2006)."""


@dataclass(frozen=True, kw_only=True)
class PressureProfile:
    """Generalised NFW pressure p = P0 (c500 x)^−γ [1 + (c500 x)^α]^(−(β−γ)/α).

    Parameters
    ----------
    P0 : float
        Amplitude, > 0; the normalisation of the gas takes it out.
    c500 : float
        R500 over the scale radius, > 0.
    gamma : float
        Slope of the cusp, 0 <= gamma < 3.
    alpha : float
        Sharpness of the turn, > 0.
    beta : float
        Slope far out, > gamma.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    Arnaud et al. 2010, equations 11 and 12.
    """

    P0: float = 8.403
    c500: float = 1.177
    gamma: float = 0.3081
    alpha: float = 1.0510
    beta: float = 5.4905

    def __post_init__(self) -> None:
        for name in ("P0", "c500", "alpha"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")
        if not 0 <= self.gamma < 3:
            raise InvalidInput(f"gamma={self.gamma}: must be >= 0 and < 3, or the mass diverges")
        if not (self.beta > self.gamma and math.isfinite(self.beta)):
            raise InvalidInput(f"beta={self.beta}: must be > gamma={self.gamma}")

    def __call__(self, x: Any) -> Any:
        """p in units of P500 at x > 0, in its shape."""
        y = self.c500 * np.asarray(x, dtype=float)
        # log1p keeps the product in range however far out.
        return self.P0 * y**-self.gamma * np.exp(-(self.beta - self.gamma) / self.alpha * np.log1p(y**self.alpha))


def temperature(x: Any) -> Any:
    """T/T_mg = 1.35 (y+0.45)/(y+1) (1+(x/0.6)²)^−0.45 with y = (x/0.045)^1.9 (Vikhlinin et al. 2006, equation 9).

    Parameters
    ----------
    x : array_like
        r/R500 >= 0.
    """
    x = np.asarray(x, dtype=float)
    y = (x / 0.045) ** 1.9
    return 1.35 * (y + 0.45) / (y + 1.0) * (1.0 + (x / 0.6) ** 2) ** -0.45


@dataclass(frozen=True, kw_only=True)
class Clumping:
    """C = ⟨n²⟩/⟨n⟩² = min(1 + (C0 − 1) x^eta, Cmax).

    A density that was derived from emission or pressure of smooth gas is too large by √C. One public note calls √C the
    clumping; that is not C here.

    Parameters
    ----------
    C0 : float
        Clumping at R500, >= 1; 1 is none.
    eta : float
        Power of the rise, > 0.
    Cmax : float
        Largest clumping, >= 1.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    C0: float = 1.3
    eta: float = 2.0
    Cmax: float = 2.5

    def __post_init__(self) -> None:
        for item in fields(self):
            number, least = getattr(self, item.name), 0.0 if item.name == "eta" else 1.0
            if not (number >= least and number > 0 and math.isfinite(number)):
                raise InvalidInput(f"{item.name}={number}: must be {'> 0' if least == 0 else '>= 1'}")

    def __call__(self, x: Any) -> Any:
        """C at x >= 0, in its shape."""
        return np.minimum(1.0 + (self.C0 - 1.0) * np.asarray(x, dtype=float) ** self.eta, self.Cmax)


@dataclass(frozen=True, kw_only=True)
class GasShape:
    """ρ_gas ∝ p/(T √C), not normalised.

    The source takes the pressure itself as the density: that is the isothermal case.

    Parameters
    ----------
    pressure : PressureProfile
        p(x).
    temperature : {"isothermal", "temperature"}
        T = const, or the mean temperature profile.
    clumping : Clumping
        C(x).

    Raises
    ------
    InvalidInput
        An unknown law of the temperature.

    References
    ----------
    SI §13.1, which names the parts; `clusters.md` §4.
    """

    pressure: PressureProfile = field(default_factory=PressureProfile)
    temperature: str = "isothermal"
    clumping: Clumping = field(default_factory=Clumping)

    def __post_init__(self) -> None:
        if self.temperature not in TEMPERATURES:
            raise InvalidInput(f"temperature={self.temperature!r}: must be one of {', '.join(TEMPERATURES)}")

    def __call__(self, x: Any) -> Any:
        """Density in an arbitrary unit at x > 0, in its shape."""
        density = self.pressure(x) / np.sqrt(self.clumping(x))
        return density if self.temperature == "isothermal" else density / temperature(x)
