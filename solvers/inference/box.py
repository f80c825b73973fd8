"""The prior's box as the unit cube, logarithmic where a parameter spans many decades."""

from collections.abc import Sequence

import numpy as np

from solvers.inference.parameters import Free


class Box:
    """Map between parameters and the unit cube.

    Parameters
    ----------
    free : sequence of Free
        At least one parameter, along the last axis below.
    """

    def __init__(self, free: Sequence[Free]) -> None:
        self._free = free
        self._log = np.array([p.is_logarithmic for p in free])
        low, high = np.array([p.low for p in free]), np.array([p.high for p in free])
        self._low, self._high = low, high
        self._from = np.where(self._log, np.log(np.where(self._log, low, 1.0)), low)
        to = np.where(self._log, np.log(np.where(self._log, high, 1.0)), high)
        self._width = to - self._from
        self.start = self.unit(np.array([p.ref for p in free]))

    def unit(self, values: np.ndarray) -> np.ndarray:
        """Points of the cube from parameters, shape (..., n_params)."""
        inner = np.where(self._log, np.log(np.where(self._log, values, 1.0)), values)
        return (inner - self._from) / self._width

    def physical(self, x: np.ndarray) -> np.ndarray:
        """Parameters from points of the cube, shape (..., n_params); its faces are the exact ends of the ranges."""
        inner = self._from + self._width * x
        values = np.where(self._log, np.exp(np.where(self._log, inner, 0.0)), inner)
        values = np.where(x == 0.0, self._low, np.where(x == 1.0, self._high, values))
        return np.clip(values, self._low, self._high)

    def scale(self, x: np.ndarray) -> np.ndarray:
        """Slope of `physical`, shape (..., n_params)."""
        return self._width * np.where(self._log, self.physical(x), 1.0)
