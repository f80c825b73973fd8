"""E = (1+z)^p: the limits of the Σ-Friedmann equation, and a one-parameter yardstick."""

from dataclasses import dataclass
from typing import ClassVar

from solvers.backgrounds.base import Background
from solvers.inference.parameters import POSITIVE, REAL


@dataclass(frozen=True, kw_only=True)
class PowerLaw(Background):
    """E = (1+z)^p: 3/2 is Einstein-de Sitter, 6/7 is Σ for A → ∞, 1 is an empty universe."""

    domain: ClassVar = {"p": REAL, "H0": POSITIVE}
    defaults: ClassVar = {"H0": 70.0}

    def ln_efunc(self, u, p):
        """ln E = p u."""
        return p["p"] * u
