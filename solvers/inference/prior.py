"""The joint prior of the free parameters: its density, and its map from the unit cube."""

from collections.abc import Sequence

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from solvers.inference.parameters import Free


class Prior:
    """Independent priors of some free parameters, each cut to its range and normalised there.

    Parameters
    ----------
    free : sequence of Free
        The parameters, in the order of the columns below.
    """

    def __init__(self, free: Sequence[Free]) -> None:
        self._free = tuple(free)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self._free)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """ln of the density at points of shape (n, n_params); −∞ outside."""
        columns = [_log_density(p, values[:, i]) for i, p in enumerate(self._free)]
        return np.sum(columns, axis=0)

    def from_unit_cube(self, unit: np.ndarray) -> np.ndarray:
        """Points of the prior from points of the unit cube, both of shape (n, n_params)."""
        return np.stack([_quantile(p, unit[:, i]) for i, p in enumerate(self._free)], axis=-1)


def _log_density(parameter: Free, value: np.ndarray) -> np.ndarray:
    inside = (value >= parameter.low) & (value <= parameter.high)
    if parameter.dist == "loguniform":
        safe = np.where(inside, value, parameter.low)
        density = -np.log(safe) - np.log(np.log(parameter.high / parameter.low))
    elif parameter.dist == "norm":
        x, low, high = _standardised(parameter, value)
        width = np.log(ndtr(high) - ndtr(low)) if low < 0 < high else log_ndtr(-low)
        density = -0.5 * x**2 - np.log(parameter.scale * np.sqrt(2.0 * np.pi)) - width
    else:
        density = np.full(np.shape(value), -np.log(parameter.high - parameter.low))
    return np.where(inside, density, -np.inf)


def _quantile(parameter: Free, unit: np.ndarray) -> np.ndarray:
    if parameter.dist == "loguniform":
        value = parameter.low * (parameter.high / parameter.low) ** unit
    elif parameter.dist == "norm":
        _, low, high = _standardised(parameter, unit)
        value = parameter.loc + parameter.scale * ndtri(ndtr(low) + unit * (ndtr(high) - ndtr(low)))
    else:
        value = parameter.low + (parameter.high - parameter.low) * unit
    return np.clip(value, parameter.low, parameter.high)


def _standardised(parameter: Free, value: np.ndarray) -> tuple[np.ndarray, float, float]:
    low = (parameter.low - parameter.loc) / parameter.scale
    high = (parameter.high - parameter.loc) / parameter.scale
    return (value - parameter.loc) / parameter.scale, low, high
