"""Amplitude and g† of a Σ whose fit runs along a line on which only one product of both is determined."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from solvers.clusters.enhancements import ClusterModel, LawEnhancement
from solvers.inference.parameters import Free
from solvers.laws import Law

_PAIR = ("amplitude", "g_dagger")
_FAR, _CLOSE = 1e-10, 1e-3
_NEAR_END = 0.01
"""Share of a prior, in its logarithm where it has one, within which a value is at its end."""

_SAME = 1e-3
"""Range of an exponent over the points that is called none."""

_SQUARE_ROOT = 0.05
"""How far from 1/2 an exponent may be and still be called that of a square root."""


def has_square_root_limit(law: Law) -> bool:
    """Whether h(x) goes to 1/√x for small x, so that A √(g† g_bar) is what is added to weak fields."""
    return bool(abs(float(law.h(_FAR)) * np.sqrt(_FAR) - 1.0) < _CLOSE)


def degeneracy_notes(
    models: Mapping[str, ClusterModel], answers: Mapping[str, xr.Dataset], g_bar: np.ndarray
) -> Iterator[str]:
    """A sentence for every model whose free A and g† are not determined singly.

    That is where the fit flags one of them, where g† is near an end of its prior, and where Σ − 1 goes as the same
    power of g† at all points.

    Parameters
    ----------
    models : mapping of str to ClusterModel
        As confronted.
    answers : mapping of str to xarray.Dataset
        Of `/models`.
    g_bar : ndarray
        Accelerations by the baryons at the points [m/s²], shape (n,).
    """
    for name, model in models.items():
        if not isinstance(model, LawEnhancement) or not set(_PAIR) <= set(model.space.names):
            continue
        answer = answers[name]
        if "best_fit" not in answer or answer["best_fit"].dims != ("param",):
            continue
        best, value = (float(answer["best_fit"].sel(param=key)) for key in _PAIR)
        (prior,) = (free for free in model.space.free if free.name == "g_dagger")
        flagged = bool(answer["is_flat"].sel(param=list(_PAIR)).any()) or bool(answer["at_bound"].sel(param="g_dagger"))
        exponent = -np.asarray(model.law.log_slope(g_bar / value), dtype=float)
        if best > 0 and (flagged or _is_near_end(value, prior) or np.ptp(exponent) < _SAME):
            yield _sentence(name, answer, exponent)


def _sentence(name: str, answer: xr.Dataset, exponent: np.ndarray) -> str:
    """What of both is determined, and what is not.

    Σ − 1 = A h(g/g†) changes with g† as g†^s, s = −d ln h/d ln x, so that A g†^s is what the points see.
    """
    best, g_dagger = (float(answer["best_fit"].sel(param=key)) for key in _PAIR)
    low, high = exponent.min(), exponent.max()
    found = f"A = {best:.3g} and g† = {g_dagger:.3g} m/s²"
    if max(abs(low - 0.5), abs(high - 0.5)) > _SQUARE_ROOT:
        return (
            f"{name}: A and g† are degenerate; at the points Σ − 1 goes as A g†^s with s from {low:.3f} to {high:.3f}. "
            f"{found}, and their errors, mean nothing singly."
        )
    product, share = best**2 * g_dagger / 1e-9, _relative_error(answer)
    value = f"({product:.2f} ± {product * share:.2f})" if np.isfinite(share) else f"{product:.2f}"
    return (
        f"{name}: A and g† are degenerate along A² g†; at the points Σ − 1 goes as A g†^s with s from {low:.3f} to "
        f"{high:.3f}. A² g† = {value}e-9 m/s² alone is determined; {found}, and their errors, mean "
        "nothing singly."
    )


def _relative_error(answer: xr.Dataset) -> float:
    """Error of ln(A² g†): that of A where g† is held at an end, else by the covariance; NaN where there is none."""
    best = answer["best_fit"].sel(param=list(_PAIR)).values
    if bool(answer["at_bound"].sel(param="g_dagger")):
        return 2.0 * float(answer["sigma"].sel(param="amplitude")) / best[0]
    gradient = np.array([2.0, 1.0]) / best
    variance = gradient @ answer["covariance"].sel(param=list(_PAIR), param_=list(_PAIR)).values @ gradient
    return float(np.sqrt(variance)) if variance > 0 else float("nan")


def _is_near_end(value: float, prior: Free) -> bool:
    low, high = prior.low, prior.high
    if low > 0:
        value, low, high = np.log(value), np.log(low), np.log(high)
    return bool(min(value - low, high - value) <= _NEAR_END * (high - low))
