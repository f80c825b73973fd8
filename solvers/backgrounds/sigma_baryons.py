"""Baryons and radiation under an enhancement law: the Σ-Friedmann cosmology of SI §9A."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from solvers import friedmann
from solvers.backgrounds.base import Background, redshifts
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE
from solvers.laws import Law, Sigma


@dataclass(frozen=True, kw_only=True)
class SigmaBaryons(Background):
    """E² = Ω_b (1+z)³ [1 + A h(E/κ)] + Ω_r (1+z)⁴, flat (SI 9A.2).

    H0 is a parameter: H(z=0) = H0 E(0), and E(0) = 1 only for A = `friedmann_limits.closure_amplitude`.

    Parameters
    ----------
    law : Law
        The enhancement law (h and g†).
    """

    domain: ClassVar = {
        "omega_b": POSITIVE,
        "a_cos": NON_NEGATIVE,
        "omega_r": NON_NEGATIVE,
        "H0": POSITIVE,
    }
    defaults: ClassVar = {"omega_r": 0.0, "H0": 70.0}

    law: Law = field(default_factory=Sigma)

    def __post_init__(self) -> None:
        if not isinstance(self.law, Law):
            raise ValueError(f"law={self.law!r}: must be a law (a subclass of solvers.laws.Law)")
        super().__post_init__()

    def ln_efunc(self, u, p):
        """ln E by Newton's method (see `solvers.friedmann.ln_efunc`)."""
        kappa = self.law.g_dagger.kappa(p["H0"])
        return friedmann.ln_efunc(u, p["omega_b"], p["a_cos"], p["omega_r"], kappa, self.law)

    def compiled_efunc(self, names, one_plus_z):
        """The law's compiled solver on these nodes; None in evolving mode or where the law has none."""
        solver = self.law.compiled_efunc()
        if solver is None or self.law.g_dagger.mode == "evolving":
            return None
        order = ("omega_b", "a_cos", "omega_r", "H0")
        values = [self.space.fixed.get(name, np.nan) for name in order]
        slots = [order.index(name) for name in names]
        kappa = self.law.g_dagger.kappa

        def efunc(varying, out):
            for slot, value in zip(slots, varying, strict=True):
                values[slot] = value
            solver(one_plus_z, values[0], values[1], values[2], kappa(values[3]), out)

        return efunc

    def log_derivative(self, z, **theta):
        """E′ = d ln E/d ln(1+z), in (6/7, 3/2] without radiation for Σ's own h."""
        u, p = np.log1p(redshifts(z)), self._checked(theta)
        arguments = (p["omega_b"], p["a_cos"], p["omega_r"], self.law.g_dagger.kappa(p["H0"]))
        ln_e = self.ln_efunc(u, p)
        return friedmann.log_derivative(u, ln_e, *arguments, self.law)

    def w_eff(self, z, **theta):
        """w = −1 + ⅓ d ln ρ_X/d ln(1+z) of ρ_X = Ω_b (1+z)³ A h, which is s E′/3 with s = d ln h/d ln E.

        NaN for A = 0. In evolving mode h is constant and w = 0.
        """
        p = self._checked(theta)
        slope = 0.0
        if self.law.g_dagger.mode != "evolving":
            x = self.efunc(z, **theta) / self.law.g_dagger.kappa(p["H0"])
            slope = self.law.log_slope(x)
        w = slope * self.log_derivative(z, **theta) / 3.0
        return np.where(np.asarray(p["a_cos"]) > 0, w, np.nan)

    def w_eff_source_sign(self, z, **theta):
        """−1 − ⅓ d ln ρ_X/d ln(1+z), the sign used in SI §9A.4: not an equation of state."""
        return -2.0 - self.w_eff(z, **theta)
