"""Intervals and tail probabilities of one parameter whose posterior density is known on a grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

_FINE = 4001


@dataclass(frozen=True, eq=False)
class Marginal:
    """A density along one axis, a cubic spline between the points; nothing is beyond them.

    With three points a standard deviation, quantiles of a Gaussian are right to 1e-3 standard deviations.

    Parameters
    ----------
    axis : ndarray
        Increasing, at least four points, shape (n,).
    density : ndarray
        Per unit of the axis up to a factor, >= 0, shape (n,).

    Raises
    ------
    InvalidInput
        Other shapes, an axis that does not increase, or no mass.
    """

    axis: np.ndarray
    density: np.ndarray

    def __post_init__(self) -> None:
        increases = self.axis.ndim == 1 and self.axis.size >= 4 and bool(np.all(np.diff(self.axis) > 0))
        if not increases or self.density.shape != self.axis.shape:
            raise InvalidInput(f"axis: {self.axis.shape}, must be at least four increasing numbers, a density at each")
        if not (np.all(self.density >= 0) and self.density.sum() > 0):
            raise InvalidInput("density: must be >= 0, and above 0 somewhere")

    def quantiles(self, probabilities: Any) -> np.ndarray:
        """Values below which these shares of the mass, in [0, 1], lie."""
        return np.interp(probabilities, *reversed(self._cumulative()))

    def above(self, value: float) -> float:
        """Share of the mass above a value."""
        return 1.0 - float(np.interp(value, *self._cumulative()))

    def _cumulative(self) -> tuple[np.ndarray, np.ndarray]:
        """A fine axis, and the share of the mass below each of its points."""
        from scipy.interpolate import CubicSpline

        fine = np.linspace(self.axis[0], self.axis[-1], _FINE)
        # A spline dips below zero where the density has died out.
        density = np.maximum(CubicSpline(self.axis, self.density)(fine), 0.0)
        total = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0)])
        return fine, total / total[-1]
