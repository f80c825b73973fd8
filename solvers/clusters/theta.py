"""Θ_μν, what varying Σ adds to the stress-energy of matter: as printed, with the covariant sign, and by the action.

All is over ρc² or ρ of the baryons, and linear in Σ − 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = ["SIGNS", "Theta", "checked_sigma", "theta_of"]


@dataclass(frozen=True, kw_only=True)
class Theta:
    """Θ of static matter without pressure, isotropic, in a metric of signature (−+++).

    Parameters
    ----------
    energy : float
        Θ_00 over (Σ − 1) ρc².
    pressure : float
        p over (Σ − 1) ρc², of Θ_ij = p δ_ij.
    statement : str
        What the case rests on.
    """

    energy: float
    pressure: float
    statement: str

    @property
    def amplitude_ratio(self) -> float:
        """A_eff/A, with which ρ_eff/ρ = 1 + A_eff W h where Σ = 1 + A W h."""
        return 1.0 + self.energy

    def effective_density(self, sigma: Any) -> Any:
        """ρ_eff/ρ = Σ + Θ_00/ρc² at Σ >= 1, in its shape.

        Raises
        ------
        InvalidInput
            Σ below 1, or not finite.
        """
        sigma = checked_sigma(sigma)
        return 1.0 + self.amplitude_ratio * (sigma - 1.0)

    def effective_pressure(self, sigma: Any) -> Any:
        """p_eff/ρc² at Σ >= 1, in its shape.

        Raises
        ------
        InvalidInput
            Σ below 1, or not finite.
        """
        return self.pressure * (checked_sigma(sigma) - 1.0)

    def bare_amplitude(self, fitted: float) -> float:
        """A of the action if data were fitted with A_eff = `fitted` >= 0.

        Raises
        ------
        InvalidInput
            An amplitude below 0, or not finite.
        """
        if not (fitted >= 0 and np.isfinite(fitted)):
            raise InvalidInput(f"fitted={fitted}: an amplitude must be >= 0")
        return fitted / self.amplitude_ratio


SIGNS: Mapping[str, Theta] = MappingProxyType(
    {
        "printed": Theta(energy=0.5, pressure=0.5, statement="SI 22.3 and 25.4: -g_00 in Theta_00, +g_ij in Theta_ij"),
        "covariant": Theta(energy=-0.5, pressure=0.5, statement="one sign: Theta = (Sigma-1)/2 g rho c2 in both"),
        "action": Theta(
            energy=0.0, pressure=0.0, statement="T = -2 dL/dg + g L has g L in it: Theta = -2 L dSigma/dg = 0"
        ),
    }
)
"""Θ by its sign, for ∂Σ/∂g^μν = 0: as printed, with the covariant sign, and as the variation of the action gives it.

References
----------
SI §22.1 to §22.5, §25.3, §25.4; `lensing.md` §5.
"""


def theta_of(sign: str) -> Theta:
    """Θ by the name of its sign.

    Raises
    ------
    InvalidInput
        An unknown name.
    """
    if sign not in SIGNS:
        raise InvalidInput(f"sign={sign!r}: must be one of {', '.join(SIGNS)}")
    return SIGNS[sign]


def checked_sigma(sigma: Any) -> np.ndarray:
    """Σ as an array of floats.

    Below 1 there is no enhancement: the law has none, and at Σ <= 2/3 the printed source of Φ is not positive.

    Raises
    ------
    InvalidInput
        A value below 1, or not finite.
    """
    sigma = np.asarray(sigma, dtype=float)
    if not (np.all(sigma >= 1.0) and np.all(np.isfinite(sigma))):
        raise InvalidInput("sigma: must be >= 1 and finite everywhere; Σ = 1 is general relativity")
    return sigma
