"""What every enhancement law answers: h, its logarithmic slope, g†, amplitudes and window."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from solvers.laws.coherence_window import CoherenceWindow
from solvers.laws.critical_acceleration import CriticalAcceleration


@dataclass(frozen=True, kw_only=True)
class GeometricAmplitude:
    """Amplitude A of Σ = 1 + A W h by the geometry of the source (SI §5A.3).

    Parameters
    ----------
    disk : float
        Rotating disks, √3 in the source.
    sphere : float
        Clusters, π√2 in the source (bare: before the division by the mean window).

    Raises
    ------
    ValueError
        A negative amplitude.
    """

    disk: float = math.sqrt(3.0)
    sphere: float = math.pi * math.sqrt(2.0)

    def __post_init__(self) -> None:
        for name in ("disk", "sphere"):
            if not (getattr(self, name) >= 0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name}={getattr(self, name)}: must be >= 0")


@dataclass(frozen=True, kw_only=True)
class Law(ABC):
    """An enhancement Σ = 1 + A W h(x) with x = g/g†.

    A new law is a subclass with one method, `h`, decreasing and positive; `log_slope` has a numerical
    default. `steepest_slope` is a bound on |d ln h/d ln x|: below 2 it guarantees that Newton's method
    solves the Friedmann equation from any start, and no bracket is kept.

    Parameters
    ----------
    g_dagger : CriticalAcceleration
        The acceleration that makes x dimensionless.
    amplitude : GeometricAmplitude
        A by geometry.
    window : CoherenceWindow
        W(R).
    """

    steepest_slope: ClassVar[float] = math.inf

    g_dagger: CriticalAcceleration = field(default_factory=CriticalAcceleration)
    amplitude: GeometricAmplitude = field(default_factory=GeometricAmplitude)
    window: CoherenceWindow = field(default_factory=CoherenceWindow)

    @abstractmethod
    def h(self, x):
        """Enhancement function, positive and decreasing.

        Parameters
        ----------
        x : array_like
            g/g† > 0.

        Returns
        -------
        ndarray
            h(x), of the shape of `x`.
        """

    def log_slope(self, x):
        """d ln h/d ln x, here by a central difference (relative error about 1e-9).

        Parameters
        ----------
        x : array_like
            g/g† > 0.

        Returns
        -------
        ndarray
            The slope, negative where h falls.
        """
        step = 1e-5
        upper, lower = self.h(x * np.exp(step)), self.h(x * np.exp(-step))
        return (np.log(upper) - np.log(lower)) / (2.0 * step)

    def compiled_efunc(self) -> Callable[..., None] | None:
        """Compiled solver of the Friedmann equation for this law; None where there is only NumPy's."""
        return None
