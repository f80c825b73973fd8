"""Pairing: a condensate of gravitons that hot systems destroy. km/s, kpc."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.galaxies.coherence_kernels import burr_rise
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.systems import Systems

__all__ = ["BurrPairing", "Pairing", "exponential_rise", "superfluid_gate"]

_FLOOR = 1e-3
"""Smaller σ_v [km/s] and smaller σ_c/σ_v count as this in the source."""


def superfluid_gate(sigma_v: Any, sigma_c: Any, gamma: Any) -> Any:
    """G = x/(1+x), x = (σ_c/σ_v)^γ: 1 for cold systems, ½ at σ_c, (σ_c/σ_v)^γ for hot ones (`microphysics.md` §3)."""
    ln_x = gamma * np.log(np.maximum(sigma_c / np.maximum(sigma_v, _FLOOR), _FLOOR))
    # x/(1+x), which overflows for no exponent and keeps its digits where x is small.
    return np.exp(-np.logaddexp(0.0, -ln_x))


def exponential_rise(radius: Any, ell: Any, p: Any) -> Any:
    """C = 1 − exp(−(R/ℓ)^p), to all digits also where R << ℓ (`microphysics.md` §3)."""
    return -np.expm1(-((radius / ell) ** p))


@dataclass(frozen=True, kw_only=True)
class Pairing(Mechanism):
    """K = A G(σ_v) C(R) with `superfluid_gate` and `exponential_rise`.

    The equations that the source quotes (Gross and Pitaevskii's, and Poisson's with a Yukawa term) are not solved.
    """

    origin: ClassVar[str] = "graviton condensate; its equations are quoted, not solved"
    domain: ClassVar = {
        "amplitude": NON_NEGATIVE,
        "sigma_c": POSITIVE,
        "gamma_sigma": POSITIVE,
        "ell_pair": POSITIVE,
        "p": POSITIVE,
    }
    defaults: ClassVar = {"amplitude": 1.0, "sigma_c": 25.0, "gamma_sigma": 2.0, "ell_pair": 5.0, "p": 1.0}
    units: ClassVar = {"sigma_c": "km/s", "ell_pair": "kpc"}

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points."""
        gate = superfluid_gate(curves.at_points(systems.sigma_v), p["sigma_c"], p["gamma_sigma"])
        return p["amplitude"] * gate * self.rise(curves.radius, p)

    def rise(self, radius: Any, p: dict[str, Any]) -> Any:
        """C at radii [kpc]."""
        return exponential_rise(radius, p["ell_pair"], p["p"])


@dataclass(frozen=True, kw_only=True)
class BurrPairing(Pairing):
    """The same with C = 1 − [1 + (R/ℓ)^p]^−n."""

    domain: ClassVar = {**Pairing.domain, "n_coh": POSITIVE}
    defaults: ClassVar = {
        "amplitude": 5.0,
        "sigma_c": 15.0,
        "gamma_sigma": 3.0,
        "ell_pair": 20.0,
        "p": 0.757,
        "n_coh": 0.5,
    }

    def rise(self, radius: Any, p: dict[str, Any]) -> Any:
        """C at radii [kpc]."""
        return burr_rise(radius, p["ell_pair"], p["p"], p["n_coh"])
