"""Matter, curvature, radiation and dark energy: flat and curved ΛCDM, wCDM and CPL."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solvers import distances
from solvers.backgrounds.base import Background, redshifts
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL


@dataclass(frozen=True, kw_only=True)
class DarkEnergy(Background):
    """E² = Ω_m (1+z)³ + Ω_r (1+z)⁴ + Ω_k (1+z)² + Ω_X (1+z)^(3(1+w0+wa)) exp(−3 wa z/(1+z)).

    Ω_X = 1 − Ω_m − Ω_r − Ω_k, so E(0) = 1. w = w0 + wa z/(1+z) (Chevallier & Polarski 2001; Linder 2003);
    the defaults w0 = −1, wa = 0, Ω_k = 0 are flat ΛCDM.
    """

    domain: ClassVar = {
        "omega_m": NON_NEGATIVE,
        "omega_k": REAL,
        "omega_r": NON_NEGATIVE,
        "w0": REAL,
        "wa": REAL,
        "H0": POSITIVE,
    }
    defaults: ClassVar = {"omega_k": 0.0, "omega_r": 0.0, "w0": -1.0, "wa": 0.0, "H0": 70.0}

    def ln_efunc(self, u, p):
        """ln E, in closed form; NaN where E² <= 0 (no big bang on this path)."""
        omega_x = 1.0 - p["omega_m"] - p["omega_r"] - p["omega_k"]
        w0, wa = p["w0"], p["wa"]
        dark = omega_x * np.exp(3.0 * ((1.0 + w0 + wa) * u + wa * np.expm1(-u)))
        squared = np.exp(3.0 * u) * (p["omega_m"] + p["omega_r"] * np.exp(u)) + p["omega_k"] * np.exp(2.0 * u) + dark
        return 0.5 * np.log(np.where(squared > 0, squared, np.nan))

    def transverse(self, integral, p):
        """Transverse comoving distance in c/H0, curved by Ω_k."""
        if np.ndim(p["omega_k"]) == 0 and p["omega_k"] == 0:
            return integral
        return distances.curved(integral, p["omega_k"])

    def w_eff(self, z, **theta):
        """w0 + wa z/(1+z)."""
        p, z = self._checked(theta), redshifts(z)
        return p["w0"] + p["wa"] * z / (1.0 + z) + 0.0 * self.efunc(z, **theta)
