"""General relativity with matter and radiation only: E² = Ω (1+z)³ + Ω_r (1+z)⁴, flat.

E(0) is not normalised: what is missing to 1 is missing, not dark energy.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solvers.backgrounds.base import Background
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE


def _ln_efunc(u, omega, omega_r):
    return 1.5 * u + 0.5 * np.log(omega + omega_r * np.exp(u))


@dataclass(frozen=True, kw_only=True)
class GRBaryons(Background):
    """Baryons and radiation (model A of SI §9A.6)."""

    domain: ClassVar = {"omega_b": POSITIVE, "omega_r": NON_NEGATIVE, "H0": POSITIVE}
    defaults: ClassVar = {"omega_r": 0.0, "H0": 70.0}

    def ln_efunc(self, u, p):
        """ln E, in closed form."""
        return _ln_efunc(u, p["omega_b"], p["omega_r"])


@dataclass(frozen=True, kw_only=True)
class GRMatter(Background):
    """Matter of any density and radiation (model C of SI §9A.6).

    Without radiation Ω_m only rescales H0, so supernovae cannot tell it from `GRBaryons`.
    """

    domain: ClassVar = {"omega_m": POSITIVE, "omega_r": NON_NEGATIVE, "H0": POSITIVE}
    defaults: ClassVar = {"omega_r": 0.0, "H0": 70.0}

    def ln_efunc(self, u, p):
        """ln E, in closed form."""
        return _ln_efunc(u, p["omega_m"], p["omega_r"])
