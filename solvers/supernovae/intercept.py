"""The intercept of a background on a Hubble diagram: its magnitude offset, counted from its own c/H0. Mag."""

from collections.abc import Mapping, Sequence

import numpy as np

from solvers.backgrounds.base import Background
from solvers.distances import distance_modulus, hubble_distance
from solvers.supernovae.dense import DenseLikelihood

_STEP = 0.01
"""Half width of the differences, in standard deviations."""


def zero_point(H0: float) -> float:
    """5 log10(c/H0/Mpc) + 25 [mag]: offset minus intercept."""
    return float(distance_modulus(hubble_distance(H0)))


def intercept(
    likelihood: DenseLikelihood,
    background: Background,
    theta: Mapping[str, float],
    names: Sequence[str] = (),
    covariance: np.ndarray | None = None,
) -> tuple[float, float]:
    """Best intercept and its standard deviation, the free parameters' own errors included [mag].

    Parameters
    ----------
    likelihood : DenseLikelihood
        The Hubble diagram.
    background : Background
        The model.
    theta : mapping of str to float
        Its parameters where they were fitted.
    names : sequence of str
        Which of them were fitted.
    covariance : ndarray, optional
        Their covariance, shape (k, k), the offset minimised out; NaN makes the deviation NaN.

    Returns
    -------
    (float, float)
        With 𝓜(θ) the best offset: var = 1/(1ᵀC⁻¹1) + gᵀ cov g, g = d𝓜/dθ.
    """
    _, offset = likelihood.evaluate(background, **theta)
    variance = 1.0 / likelihood.information
    if names and covariance is not None:
        steps = _STEP * np.sqrt(np.diagonal(covariance))
        if not np.all(steps > 0):
            variance = np.nan
        else:
            slopes = [_slope(likelihood, background, theta, n, step) for n, step in zip(names, steps, strict=True)]
            variance += float(np.array(slopes) @ covariance @ np.array(slopes))
    return offset - zero_point(float(background.bind(theta)["H0"])), float(np.sqrt(variance))


def _slope(
    likelihood: DenseLikelihood, background: Background, theta: Mapping[str, float], name: str, step: float
) -> float:
    ends = [likelihood.evaluate(background, **{**theta, name: theta[name] + move})[1] for move in (-step, step)]
    return (ends[1] - ends[0]) / (2.0 * step)
