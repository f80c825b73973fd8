"""Blind tests of a kernel: its amplitude from training galaxies, its scatter on others. km/s; dex in V.

The amplitude is that of least squares in log10 V over the points of the training galaxies. A change from training to
test says something only beside the changes of random splits: with nothing fitted at all these are −15 to +14 % (68 %).
Computed with NumPy; curves of another module are copied.

References
----------
SI §15.2 (kernel), §17.6 (protocol).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.metrics import PooledCut, VelocityScatter, log_velocity_ratio, velocity_scatter
from solvers.galaxies.splits import Split, random_split

_TRIED = np.geomspace(1e-4, 1e4, 97)
"""Amplitudes among which the minimum is first looked for."""


@dataclass(frozen=True, eq=False)
class BlindFit:
    """An amplitude and what it does to the galaxies that it has not seen.

    Parameters
    ----------
    amplitude : float
        Of the training galaxies.
    by_part : mapping of str to VelocityScatter
        Pooled scatter and bias of ``training``, ``validation`` and ``test`` [dex in V].
    """

    amplitude: float
    by_part: Mapping[str, VelocityScatter]

    @property
    def change(self) -> float:
        """Scatter of the test/scatter of the training − 1; positive where the model does worse on the test."""
        return float(self.by_part["test"].scatter / self.by_part["training"].scatter) - 1.0


def fit_amplitude(
    model: EnhancementModel,
    curves: Curves,
    training: np.ndarray,
    *,
    cut: PooledCut | None = None,
    name: str = "amplitude",
    **theta: Any,
) -> float:
    """A > 0 of Σ = 1 + A k with the least Σ (log10 V − log10 V_obs)² over the training galaxies.

    Parameters
    ----------
    model : EnhancementModel
        With K proportional to the parameter `name`.
    curves : Curves
        All galaxies.
    training : ndarray of int
        Rows of the training galaxies; no velocity of another galaxy is used.
    cut : PooledCut, optional
        Which points are taken; None: the published cut.
    name : str
        The parameter that is fitted.
    **theta
        Other parameters of the model that are not fixed: numbers.

    Raises
    ------
    InvalidInput
        No point is left, K is not proportional to the parameter, or no amplitude from 1e-4 to 1e4 is best.

    References
    ----------
    SI §15.2, §17.6.
    """
    curves = curves.on(np)
    return _least_squares(*_logarithms(model, curves, cut or PooledCut(), name, theta), curves, training)


def blind_fit(
    model: EnhancementModel,
    curves: Curves,
    split: Split,
    *,
    cut: PooledCut | None = None,
    name: str = "amplitude",
    **theta: Any,
) -> BlindFit:
    """The amplitude of the training galaxies and the scatter of every part; parameters as in `fit_amplitude`.

    A caller who writes the fit down before anything else is looked at takes `fit_amplitude` and `scatters`.
    """
    amplitude = fit_amplitude(model, curves, split.training, cut=cut, name=name, **theta)
    return BlindFit(amplitude, scatters(model, curves, split, cut=cut, **{name: amplitude}, **theta))


def scatters(
    model: EnhancementModel, curves: Curves, split: Split, *, cut: PooledCut | None = None, **theta: Any
) -> dict[str, VelocityScatter]:
    """Pooled scatter and bias [dex in V] of each part that is not empty, with nothing fitted.

    Parameters
    ----------
    model : EnhancementModel
        Any.
    curves : Curves
        All galaxies.
    split : Split
        Rows of the galaxies of each part.
    cut : PooledCut, optional
        Which points are taken; None: the published cut.
    **theta
        Parameters of the model that are not fixed.
    """
    curves = curves.on(np)
    velocity, galaxies = model.velocity(curves, **theta), np.arange(curves.n_galaxies)
    return {
        part: velocity_scatter(curves, velocity, cut=cut, galaxies=np.isin(galaxies, rows))
        for part, rows in split.parts.items()
    }


def random_changes(
    model: EnhancementModel,
    curves: Curves,
    n_training: int,
    n_test: int,
    rng: np.random.Generator,
    *,
    n_splits: int = 1000,
    fitted: str | None = None,
    cut: PooledCut | None = None,
    **theta: Any,
) -> np.ndarray:
    """Scatter of test/scatter of training − 1 over random splits, shape (n_splits,).

    Parameters
    ----------
    model : EnhancementModel
        Any; as in `fit_amplitude` where something is fitted.
    curves : Curves
        All galaxies.
    n_training, n_test : int
        Galaxies of each, >= 1.
    rng : numpy.random.Generator
        Draws the splits.
    n_splits : int
        How many, >= 1.
    fitted : str, optional
        The parameter that is fitted to the training galaxies of each split; None: nothing is.
    cut : PooledCut, optional
        Which points are taken; None: the published cut.
    **theta
        Parameters of the model that are neither fixed nor fitted: numbers.

    Raises
    ------
    InvalidInput
        As `fit_amplitude`, parts without points, or a number of splits or galaxies out of its range.

    References
    ----------
    SI §17.6 gives one split, +5.8 %.
    """
    if n_splits < 1:
        raise InvalidInput(f"n_splits={n_splits}: must be >= 1")
    curves, cut = curves.on(np), cut or PooledCut()
    points = cut.points(curves)
    row = curves.galaxy[points]
    if fitted is None:
        residual = log_velocity_ratio(curves, model.velocity(curves, **theta))[points]
    else:
        kernel, missing, _ = _logarithms(model, curves, cut, fitted, theta)
    changes = np.empty(n_splits)
    for i in range(n_splits):
        split = random_split(curves.n_galaxies, n_training, n_test, rng)
        if fitted is not None:
            amplitude = _least_squares(kernel, missing, points, curves, split.training)
            residual = 0.5 * np.log10(1.0 + amplitude * kernel) - missing
        trained, tested = (residual[_is_in(part, curves.n_galaxies)[row]] for part in (split.training, split.test))
        if not (trained.size and tested.size):
            raise InvalidInput(f"n_training={n_training}, n_test={n_test}: a part has no point, take more galaxies")
        changes[i] = tested.std() / trained.std() - 1.0
    return changes


def _is_in(rows: np.ndarray, n_galaxies: int) -> np.ndarray:
    chosen = np.zeros(n_galaxies, dtype=bool)
    chosen[rows] = True
    return chosen


def _logarithms(
    model: EnhancementModel, curves: Curves, cut: PooledCut, name: str, theta: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """K for an amplitude of 1 and log10(V_obs/V_bar) at the points of the cut, and which points these are."""
    points = cut.points(curves)
    # Of all points, before the cut: a model may look at the ends of the curves.
    one, two = (model.enhancement(curves, **theta, **{name: value})[points] - 1.0 for value in (1.0, 2.0))
    if not np.allclose(two, 2.0 * one, rtol=1e-9, atol=1e-12):
        raise InvalidInput(f"{name}: the enhancement is not proportional to it")
    return one, -log_velocity_ratio(curves, np.sqrt(curves.v_bar_squared))[points], points


def _least_squares(
    kernel: np.ndarray, missing: np.ndarray, points: np.ndarray, curves: Curves, training: np.ndarray
) -> float:
    """The amplitude with the least Σ (½ log10(1 + A k) − missing)² over the training galaxies."""
    from scipy.optimize import brentq

    taken = _is_in(training, curves.n_galaxies)[curves.galaxy[points]]
    if not taken.any():
        raise InvalidInput("training: these galaxies have no point that the cut leaves")
    k, goal = kernel[taken], 2.0 * math.log(10.0) * missing[taken]

    def slope(amplitude: float) -> float:
        return float(np.sum((np.log1p(amplitude * k) - goal) * k / (1.0 + amplitude * k)))

    squares = [np.sum((np.log1p(amplitude * k) - goal) ** 2) for amplitude in _TRIED]
    best = int(np.argmin(squares))
    if best in (0, _TRIED.size - 1) or not np.isfinite(squares[best]):
        raise InvalidInput(f"amplitude: no minimum of the squares between {_TRIED[0]:g} and {_TRIED[-1]:g}")
    return brentq(slope, _TRIED[best - 1], _TRIED[best + 1], xtol=1e-15, rtol=1e-14)
