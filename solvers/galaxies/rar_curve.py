"""Scatter about a radial acceleration curve: of a model and of data, and of the model about the data. m/s², dex.

The published 0.0854 dex is the scatter of a model about a curve, g_RAR = g_bar/(1 − exp(−√(g_bar/g_scale))): no
observed velocity is compared with anything in it. What a model has to answer for is `model_about_data`. The scale of
the published curve is `STUCK_G_SCALE`, at which a search stopped that never moved.

References
----------
SI §12.3 (0.0854 dex), §6.VI (0.087 dex).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves, to_numpy
from solvers.galaxies.metrics import log_velocity_ratio
from solvers.laws import MondRar

G_SCALE_RANGE = (1e-12, 1e-9)
"""Scales among which the source's search looks [m/s²]."""

STUCK_G_SCALE = G_SCALE_RANGE[0] + (3.0 - math.sqrt(5.0)) / 2.0 * (G_SCALE_RANGE[1] - G_SCALE_RANGE[0])
"""First point of a golden-section search of that range, 3.826e-10 m/s²; its tolerance of 1e-5 ended it there."""

_AT_END = 1e-6
"""Fraction of the range in ln g_scale within which a minimum counts as none."""


@dataclass(frozen=True)
class CurveScatters:
    """Three standard deviations (ddof 0) over the same points [dex in g].

    Parameters
    ----------
    model_about_curve : float
        Of log10 g_model − log10 g_RAR(g_bar): the published number, in which there are no data.
    data_about_curve : float
        Of log10 g_obs − log10 g_RAR(g_bar).
    model_about_data : float
        Of log10 g_model − log10 g_obs: the number that tests the model.
    model_about_data_bias : float
        Mean of the same [dex], positive where the model has too much acceleration.
    model_g_scale, data_g_scale : float
        Scale of the curve in the first and in the second [m/s²].
    n_points : int
        Points.
    """

    model_about_curve: float
    data_about_curve: float
    model_about_data: float
    model_about_data_bias: float
    model_g_scale: float
    data_g_scale: float
    n_points: int


def rar_curve(g_bar: Any, g_scale: float) -> Any:
    """g_RAR = g_bar/(1 − exp(−√(g_bar/g_scale))) [m/s²] of accelerations > 0 [m/s²]."""
    return g_bar * (1.0 + MondRar().h(g_bar / g_scale))


def legacy_points(
    curves: Curves, inclination: Any, *, inclinations: tuple[float, float] = (30.0, 70.0), radius: float = 0.5
) -> Any:
    """Points of the published sample, shape (n_points,).

    Parameters
    ----------
    curves : Curves
        Data.
    inclination : ndarray
        Of the galaxies [deg], shape (n_galaxies,).
    inclinations : tuple of float
        First and last that are taken [deg].
    radius : float
        R above it is taken [kpc].

    References
    ----------
    SI §12.3, as in the scripts behind it; they also miss the first nine galaxies of Table 1.
    """
    low, high = inclinations
    return curves.at_points((inclination >= low) & (inclination <= high)) & (curves.radius > radius)


def curve_scatters(
    curves: Curves, velocity: Any, points: Any = None, *, g_scale: float | None = STUCK_G_SCALE
) -> CurveScatters:
    """Model about curve, data about curve, model about data.

    Parameters
    ----------
    curves : Curves
        Data; arrays of another module than NumPy are copied.
    velocity : ndarray
        V of a model [km/s], shape (n_points,).
    points : ndarray of bool, optional
        Which points are taken, shape (n_points,); None: all.
    g_scale : float, optional
        Scale of the curve [m/s²], > 0. None: for model and for data the one with the smallest scatter.

    Returns
    -------
    CurveScatters
        NaN where a velocity is not positive.

    Raises
    ------
    InvalidInput
        No point, a scale that is not positive, or no smallest scatter in `G_SCALE_RANGE`.

    References
    ----------
    SI §12.3.
    """
    if g_scale is not None and not g_scale > 0:
        raise InvalidInput(f"g_scale={g_scale}: must be > 0, or None for the best one")
    ratio, g_obs, g_bar = (to_numpy(x) for x in (log_velocity_ratio(curves, velocity), curves.g_obs, curves.g_bar))
    taken = np.ones(g_bar.size, dtype=bool) if points is None else to_numpy(points)
    if not taken.any():
        raise InvalidInput("points: none is taken")
    ratio, data, g_bar = 2.0 * ratio[taken], np.log10(g_obs[taken]), g_bar[taken]
    model_scale, data_scale = (best_g_scale(g, g_bar) if g_scale is None else g_scale for g in (data + ratio, data))
    return CurveScatters(
        model_about_curve=_about_curve(data + ratio, g_bar, model_scale),
        data_about_curve=_about_curve(data, g_bar, data_scale),
        model_about_data=float(np.std(ratio)),
        model_about_data_bias=float(np.mean(ratio)),
        model_g_scale=model_scale,
        data_g_scale=data_scale,
        n_points=int(ratio.size),
    )


def best_g_scale(log_g: np.ndarray, g_bar: np.ndarray) -> float:
    """Scale of the curve [m/s²] about which log10 g scatters least, to 1e-7.

    Parameters
    ----------
    log_g : ndarray
        log10 of accelerations in m/s², shape (n,).
    g_bar : ndarray
        Of the baryons > 0 [m/s²], shape (n,).

    Raises
    ------
    InvalidInput
        The scatter is smallest at an end of `G_SCALE_RANGE`, or undetermined.
    """
    from scipy.optimize import minimize_scalar

    low, high = np.log(G_SCALE_RANGE)
    found = minimize_scalar(
        lambda x: _about_curve(log_g, g_bar, math.exp(x)),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-10},
    )
    if not (np.isfinite(found.fun) and low + _AT_END < found.x < high - _AT_END):
        raise InvalidInput(f"g_scale: no smallest scatter between {G_SCALE_RANGE[0]:g} and {G_SCALE_RANGE[1]:g} m/s2")
    return math.exp(found.x)


def _about_curve(log_g: np.ndarray, g_bar: np.ndarray, g_scale: float) -> float:
    return float(np.std(log_g - np.log10(rar_curve(g_bar, g_scale))))
