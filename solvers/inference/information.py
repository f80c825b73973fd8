"""Information criteria: what a better χ² is worth, given the freedom that it took."""

import numpy as np


def aic(chi2, n_free):
    """Akaike's criterion χ² + 2k."""
    return chi2 + 2.0 * n_free


def bic(chi2, n_free, n_data):
    """Schwarz's criterion χ² + k ln N."""
    return chi2 + n_free * np.log(n_data)


def akaike_weights(values, axis=0):
    """exp(−ΔAIC/2), normalised along `axis`.

    Parameters
    ----------
    values : array_like
        AIC; entries that are NaN or infinite get weight 0.
    axis : int
        The axis of the models.

    Returns
    -------
    ndarray
        Weights that add up to 1 along `axis`; NaN where no entry is finite.
    """
    values = np.where(np.isfinite(values), values, np.inf)
    lowest = np.min(values, axis=axis, keepdims=True)
    with np.errstate(invalid="ignore"):
        weights = np.exp(-0.5 * (values - lowest))
        return weights / np.sum(weights, axis=axis, keepdims=True)
