"""Gravitational slip η = Ψ/Φ, and the masses that motions and light see, by the sources of the two potentials.

Masses are over that of the baryons. Every source is that of the baryons times 1 + k (Σ − 1), with Σ of the action
(bare); a Σ that multiplies g_N, as fits to motions have it (fitted), is M_dyn/M_b itself.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from solvers.clusters.theta import checked_sigma, theta_of
from solvers.errors import InvalidInput

__all__ = ["READINGS", "SIGMA_IS", "TYPICAL_SIGMA", "VARIANTS", "SlipVariant", "mass_factor", "slip_variant"]

SIGMA_IS = ("bare", "fitted")
"""What a Σ may stand for: that of the action, or M_dyn/M_b."""

TYPICAL_SIGMA = 2.0
"""Σ of clusters at which SI §25.9 takes its constant ratio of 0.875."""


@dataclass(frozen=True, kw_only=True)
class SlipVariant:
    """Sources of Φ and Ψ.

    Parameters
    ----------
    sign : str
        Which Θ, of `solvers.clusters.theta.SIGNS`.
    phi_pressure, psi_pressure : float
        ∇²Φ = 4πG (ρ_eff + `phi_pressure` p/c²), and the same of Ψ.
    statement : str
        What the variant is.

    Raises
    ------
    InvalidInput
        An unknown sign.
    """

    sign: str
    phi_pressure: float
    psi_pressure: float
    statement: str

    def __post_init__(self) -> None:
        theta_of(self.sign)

    @property
    def k_phi(self) -> float:
        """Growth of the source of Φ with Σ."""
        theta = theta_of(self.sign)
        return theta.amplitude_ratio + self.phi_pressure * theta.pressure

    @property
    def k_psi(self) -> float:
        """Growth of the source of Ψ with Σ."""
        theta = theta_of(self.sign)
        return theta.amplitude_ratio + self.psi_pressure * theta.pressure

    @property
    def k_lens(self) -> float:
        """Growth of the mass that light sees, of (Φ + Ψ)/2."""
        return 0.5 * (self.k_phi + self.k_psi)

    @property
    def eta_limit(self) -> float:
        """η for Σ → ∞."""
        return self.k_psi / self.k_phi

    @property
    def lens_over_dyn_limit(self) -> float:
        """M_lens/M_dyn for Σ → ∞."""
        return self.k_lens / self.k_phi

    def bare_sigma(self, sigma: Any, sigma_is: str) -> np.ndarray:
        """Σ of the action, in the shape of `sigma`.

        Parameters
        ----------
        sigma : array_like
            Σ >= 1.
        sigma_is : {"bare", "fitted"}
            What it stands for. Fitted: M_dyn/M_b = 1 + k_phi (Σ − 1) is solved for Σ.

        Raises
        ------
        InvalidInput
            Σ below 1, or an unknown word.
        """
        sigma = checked_sigma(sigma)
        if sigma_is not in SIGMA_IS:
            raise InvalidInput(f"sigma_is={sigma_is!r}: must be one of {', '.join(SIGMA_IS)}")
        return sigma if sigma_is == "bare" else 1.0 + (sigma - 1.0) / self.k_phi

    def dynamical_mass(self, sigma: Any, sigma_is: str = "bare") -> np.ndarray:
        """M_dyn/M_b, the source of Φ; parameters and errors as of `bare_sigma`."""
        return 1.0 + self.k_phi * (self.bare_sigma(sigma, sigma_is) - 1.0)

    def lensing_mass(self, sigma: Any, sigma_is: str = "bare") -> np.ndarray:
        """M_lens/M_b, the mean of both sources; parameters and errors as of `bare_sigma`."""
        return 1.0 + self.k_lens * (self.bare_sigma(sigma, sigma_is) - 1.0)

    def eta(self, sigma: Any, sigma_is: str = "bare") -> np.ndarray:
        """η = Ψ/Φ; parameters and errors as of `bare_sigma`."""
        excess = self.bare_sigma(sigma, sigma_is) - 1.0
        return (1.0 + self.k_psi * excess) / (1.0 + self.k_phi * excess)

    def lens_over_dyn(self, sigma: Any, sigma_is: str = "bare") -> np.ndarray:
        """M_lens/M_dyn = (1 + η)/2; parameters and errors as of `bare_sigma`."""
        return 0.5 * (1.0 + self.eta(sigma, sigma_is))

    def sigma_at_eta(self, eta: float) -> float:
        """Bare Σ at which η has fallen from 1 to this value: 1 at η = 1, infinite where it never falls so far.

        Raises
        ------
        InvalidInput
            η not in 0 < η <= 1, which no Σ >= 1 has.
        """
        if not 0 < eta <= 1:
            raise InvalidInput(f"eta={eta:g}: must be in 0 < eta <= 1, as of Σ >= 1")
        if eta == 1.0:
            return 1.0
        fall = self.k_phi * eta - self.k_psi
        return 1.0 + (1.0 - eta) / fall if fall > 0 else math.inf

    def allowed_sigma(self, eta: float, eta_err: float) -> tuple[float, float]:
        """Lowest and highest bare Σ with |η(Σ) − `eta`| <= `eta_err`; NaN both where there is none.

        Raises
        ------
        InvalidInput
            `eta` not > 0 or `eta_err` not > 0.
        """
        for name, value in (("eta", eta), ("eta_err", eta_err)):
            if not (value > 0 and math.isfinite(value)):
                raise InvalidInput(f"{name}={value:g}: must be > 0")
        lowest, highest = eta - eta_err, eta + eta_err
        if lowest > 1 or highest < self.eta_limit:
            return math.nan, math.nan
        low = 1.0 if highest >= 1 else self.sigma_at_eta(highest)
        return (low, self.sigma_at_eta(lowest) if lowest > 0 else math.inf) if low < math.inf else (math.nan, math.nan)


VARIANTS: Mapping[str, SlipVariant] = MappingProxyType(
    {
        "si": SlipVariant(sign="printed", phi_pressure=3.0, psi_pressure=1.0, statement="as SI 25.4 prints it"),
        "rho_only": SlipVariant(
            sign="printed", phi_pressure=3.0, psi_pressure=0.0, statement="linearised G_00 = 2 lap Psi"
        ),
        "covariant_sign": SlipVariant(
            sign="covariant", phi_pressure=3.0, psi_pressure=0.0, statement="the same, Theta with one sign"
        ),
        "no_slip": SlipVariant(
            sign="action", phi_pressure=0.0, psi_pressure=0.0, statement="Theta = 0, both from Sigma rho"
        ),
    }
)
"""Sources of the potentials by name. Under `no_slip` any ρ_eff that sources both gives η = 1.

References
----------
SI §25.4 to §25.7; `lensing.md` §6.
"""

READINGS: Mapping[str, str] = MappingProxyType(
    {
        "naive": "Sigma",
        "dynamical": "3 Sigma - 2",
        "lensing": "(5 Sigma - 3)/2",
        "fitted": "(5 Sigma + 1)/6",
        "constant": "0.875 Sigma",
    }
)
"""By which factor of the baryons a Σ is taken to lens, all after the printed sources.

The last is that of SI §25.9, the ratio M_lens/M_dyn at Σ = 2 for every Σ.

References
----------
SI §25.8, §25.9; `lensing.md` §6.
"""


def slip_variant(name: str) -> SlipVariant:
    """A variant by its name.

    Raises
    ------
    InvalidInput
        An unknown name.
    """
    if name not in VARIANTS:
        raise InvalidInput(f"variants={name!r}: must be of {', '.join(VARIANTS)}")
    return VARIANTS[name]


def mass_factor(reading: str, sigma: Any) -> np.ndarray:
    """Mass over that of the baryons by one of `READINGS` at Σ >= 1, in its shape.

    Raises
    ------
    InvalidInput
        An unknown reading, or Σ below 1.
    """
    si = VARIANTS["si"]
    if reading == "naive":
        return checked_sigma(sigma)
    if reading == "dynamical":
        return si.dynamical_mass(sigma)
    if reading == "lensing":
        return si.lensing_mass(sigma)
    if reading == "fitted":
        return si.lensing_mass(sigma, "fitted")
    if reading == "constant":
        return si.lens_over_dyn(TYPICAL_SIGMA) * checked_sigma(sigma)
    raise InvalidInput(f"reading={reading!r}: must be one of {', '.join(READINGS)}")
