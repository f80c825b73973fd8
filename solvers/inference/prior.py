"""The joint prior of the free parameters: its density, and its map from the unit cube."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from solvers.inference.parameters import Free


class Prior:
    """Independent priors of some free parameters, each cut to its range and normalised there.

    Parameters
    ----------
    free : sequence of Free
        At least one parameter, in the order of the columns below.
    """

    def __init__(self, free: Sequence[Free]) -> None:
        self._free = tuple(free)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self._free)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """ln of the density at points of shape (n, n_params), shape (n,); −∞ outside the ranges and for NaN."""
        return np.sum([_log_density(p, values[:, i]) for i, p in enumerate(self._free)], axis=0)

    def from_unit_cube(self, unit: np.ndarray) -> np.ndarray:
        """Points of the prior from points of the unit cube, both of shape (n, n_params)."""
        return np.stack([_quantile(p, unit[:, i]) for i, p in enumerate(self._free)], axis=-1)


def _log_density(parameter: Free, value: np.ndarray) -> np.ndarray:
    inside = (value >= parameter.low) & (value <= parameter.high)
    safe = np.where(inside, value, parameter.low)
    if parameter.dist == "loguniform":
        density = -np.log(safe) - np.log(np.log(parameter.high / parameter.low))
    elif parameter.dist == "norm":
        low, high = _ends(parameter)
        # Whichever tail is the thinner one keeps its digits.
        mass = ndtr(high) - ndtr(low) if low + high < 0 else ndtr(-low) - ndtr(-high)
        x = (safe - parameter.loc) / parameter.scale
        density = -0.5 * x**2 - np.log(parameter.scale * np.sqrt(2.0 * np.pi) * mass)
    else:
        density = np.full(np.shape(safe), -np.log(parameter.high - parameter.low))
    return np.where(inside, density, -np.inf)


def _quantile(parameter: Free, unit: np.ndarray) -> np.ndarray:
    if parameter.dist == "loguniform":
        value = parameter.low * (parameter.high / parameter.low) ** unit
    elif parameter.dist == "norm":
        low, high = _ends(parameter)
        from_below = ndtri(ndtr(low) + unit * (ndtr(high) - ndtr(low)))
        from_above = -ndtri(ndtr(-high) + (1.0 - unit) * (ndtr(-low) - ndtr(-high)))
        value = parameter.loc + parameter.scale * np.where(from_below < 0.0, from_below, from_above)
    else:
        value = parameter.low + (parameter.high - parameter.low) * unit
    return np.clip(value, parameter.low, parameter.high)


def _ends(parameter: Free) -> tuple[float, float]:
    """The range of a normal prior in standard deviations from its centre."""
    return (parameter.low - parameter.loc) / parameter.scale, (parameter.high - parameter.loc) / parameter.scale
