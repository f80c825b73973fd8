"""How well a signal of unknown orientation tells its distance: the posterior's shape, by signal-to-noise ratio."""

from functools import lru_cache

import numpy as np

from solvers.gw.detection import orientation_nodes

_SNR = np.geomspace(4.0, 400.0, 61)
"""Signal-to-noise ratios at which quantiles are tabulated; beyond them those of the ends are taken."""

_N_THETA = 256
_RELATIVE_DISTANCE = np.linspace(2e-3, 1.8, 900)
"""Distances over that at which the best placed and oriented source has the observed signal-to-noise ratio."""


def ln_distance_quantiles(snr: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Quantiles of ln d of a nearby source, its median at 0, shape (n_events, n_probability).

    The posterior is that of an observed SNR with noise of 1, SNR = ρ₁ Θ/d, an isotropic orientation and a prior ∝ d².

    Parameters
    ----------
    snr : ndarray
        Observed SNR, shape (n_events,).
    probability : ndarray
        Probabilities below the quantiles, 0 to 1 exclusive, shape (n_probability,).
    """
    table = _quantiles(tuple(np.asarray(probability, dtype=float)))
    ln_snr = np.log(np.clip(snr, _SNR[0], _SNR[-1]))
    position = (ln_snr - np.log(_SNR[0])) / np.log(_SNR[1] / _SNR[0])
    row = np.minimum(position.astype(int), len(_SNR) - 2)
    inside = (position - row)[:, np.newaxis]
    return (1.0 - inside) * table[row] + inside * table[row + 1]


@lru_cache(maxsize=8)
def _quantiles(probability: tuple[float, ...]) -> np.ndarray:
    theta, weight = coarse_orientation(_N_THETA)
    rows = []
    for snr in _SNR:
        away = snr * (1.0 - theta / _RELATIVE_DISTANCE[:, np.newaxis])
        density = _RELATIVE_DISTANCE**2 * (np.exp(-0.5 * away**2) @ weight)
        below = np.cumsum(density)
        rows.append(np.interp((*probability, 0.5), below / below[-1], np.log(_RELATIVE_DISTANCE)))
    table = np.array(rows)
    return table[:, :-1] - table[:, -1:]


def coarse_orientation(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean Θ and probability of n even cells of Θ, for integrands that are smooth over a cell; shape (n,) each."""
    theta, weight = orientation_nodes()
    rows = np.minimum((theta * n).astype(int), n - 1)
    total = np.bincount(rows, weight, n)
    return np.bincount(rows, weight * theta, n) / np.where(total > 0, total, 1.0), total
