"""Σ-Gravity's own enhancement function."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from solvers.laws.base import Law


@dataclass(frozen=True, kw_only=True)
class Sigma(Law):
    """h = √(g†/g) g†/(g†+g) = 1/(√x (1+x)), x = g/g† (SI §5A.3, §9A.2).

    Slope between −1/2 (x << 1) and −3/2 (x >> 1); h(1) = 1/2.
    """

    steepest_slope: ClassVar[float] = 1.5

    def h(self, x):
        """Enhancement function 1/(√x (1+x)), of the shape of `x`."""
        return 1.0 / (np.sqrt(x) * (1.0 + x))

    def log_slope(self, x):
        """d ln h/d ln x = −1/2 − x/(1+x)."""
        return -0.5 - x / (1.0 + x)

    def compiled_efunc(self):
        """Newton's method in compiled form (`solvers.compiled_friedmann.sigma_efunc`)."""
        from solvers.compiled_friedmann import sigma_efunc

        return sigma_efunc
