"""MOND's interpolating functions, written as enhancements: ν(x) = 1 + h(x), x = g_bar/a0.

The amplitudes are 1 and there is no window. a0 = 1.2e-10 m/s² does not follow H0.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from solvers.laws.base import GeometricAmplitude, Law
from solvers.laws.coherence_window import CoherenceWindow
from solvers.laws.critical_acceleration import CriticalAcceleration


@dataclass(frozen=True, kw_only=True)
class Mond(Law):
    """Common settings of the MOND laws; the subclasses give h = ν − 1."""

    g_dagger: CriticalAcceleration = field(default_factory=lambda: CriticalAcceleration(mode="fixed_SI", value=1.2e-10))
    amplitude: GeometricAmplitude = field(default_factory=lambda: GeometricAmplitude(disk=1.0, sphere=1.0))
    window: CoherenceWindow = field(default_factory=lambda: CoherenceWindow(xi_over_rd=0.0))


@dataclass(frozen=True, kw_only=True)
class MondRar(Mond):
    """ν = 1/(1 − exp(−√x)), the radial acceleration relation (McGaugh, Lelli & Schombert 2016)."""

    def h(self, x):
        """Enhancement ν − 1 = 1/(exp(√x) − 1), without overflow."""
        root = np.sqrt(x)
        return np.exp(-root) / -np.expm1(-root)

    def log_slope(self, x):
        """d ln h/d ln x = −½ √x/(1 − exp(−√x))."""
        root = np.sqrt(x)
        return 0.5 * root / np.expm1(-root)


@dataclass(frozen=True, kw_only=True)
class MondSimple(Mond):
    """ν = ½ + √(¼ + 1/x) (Famaey & Binney 2005)."""

    steepest_slope: ClassVar[float] = 1.0

    def h(self, x):
        """Enhancement ν − 1 = (1/x)/(½ + √(¼ + 1/x)), without cancellation."""
        return 1.0 / (x * (0.5 + np.sqrt(0.25 + 1.0 / x)))

    def log_slope(self, x):
        """d ln h/d ln x = −½ (1 + 1/√(1 + 4/x))."""
        return -0.5 * (1.0 + 1.0 / np.sqrt(1.0 + 4.0 / x))


@dataclass(frozen=True, kw_only=True)
class MondStandard(Mond):
    """ν = √(½ + √(¼ + 1/x²)) (Milgrom 1983 with μ = x/√(1+x²))."""

    def h(self, x):
        """Enhancement ν − 1 = (ν² − 1)/(ν + 1), without cancellation."""
        inverse = 1.0 / x
        # In an order in which no square of a large number is taken.
        excess = inverse * (inverse / (0.5 + np.hypot(0.5, inverse)))
        return excess / (np.sqrt(1.0 + excess) + 1.0)

    def log_slope(self, x):
        """d ln h/d ln x = x ν′/(ν − 1)."""
        inverse = 1.0 / x
        root = np.hypot(0.5, inverse)
        return -0.5 * (inverse / root) * (inverse / (np.sqrt(0.5 + root) * self.h(x)))
