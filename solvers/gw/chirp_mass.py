"""Density of the chirp mass of binaries, and of the mass ratio at each: on a grid in ln M_c. Msun."""

import numpy as np

from solvers.gw.populations import BinaryMasses

STEP = 0.02
"""Step of the grid in ln M_c."""

_RATIO_EDGES = np.linspace(0.0, 1.0, 21)

RATIOS = 0.5 * (_RATIO_EDGES[:-1] + _RATIO_EDGES[1:])
"""Centres of the cells of the mass ratio q = m₂/m₁."""

_LN_RATIO = np.linspace(-9.0, 0.0, 1801)
"""ln q at which m₁/M_c and m₂/M_c, both monotonic in q, are inverted."""


def primary_mass(chirp_mass, ratio):
    """m₁ = M_c (1+q)^(1/5) q^(−3/5) [Msun]."""
    return chirp_mass * (1.0 + ratio) ** 0.2 * ratio**-0.6


class ChirpMassDensity:
    """p(ln M_c) of a population on an even grid, by sums over cells of the mass ratio.

    Parameters
    ----------
    masses : BinaryMasses
        The population.

    Attributes
    ----------
    ln_mass : ndarray
        Middles of the cells in ln M_c, shape (n_mass,).
    density : ndarray
        p(ln M_c), shape (n_mass,); its sum times `STEP` is 1.
    weight : ndarray
        Probability of each cell of chirp mass and mass ratio, shape (n_mass, n_ratio).
    """

    def __init__(self, masses: BinaryMasses) -> None:
        low, high = np.log(masses.m_min / primary_mass(1.0, 1.0)), np.log(masses.m_max / primary_mass(1.0, 1.0))
        # Cells begin where the density does.
        self.ln_mass = np.arange(low + 0.5 * STEP, high + STEP, STEP)
        # Of a cell of q only the part counts in which both bodies are inside the support.
        smallest = _smallest_ratio(self.ln_mass, masses)[:, np.newaxis]
        below = np.clip(smallest, _RATIO_EDGES[:-1], _RATIO_EDGES[1:])
        width, ratio = _RATIO_EDGES[1:] - below, 0.5 * (below + _RATIO_EDGES[1:])
        primary = primary_mass(np.exp(self.ln_mass)[:, np.newaxis], ratio)
        density = np.exp(masses.log_density_primary(primary) + masses.log_density_ratio(ratio, primary))
        # dm₁ = m₁ dlnM_c at a fixed q.
        joint = density * primary * width
        norm = STEP * joint.sum()
        self.density = joint.sum(axis=1) / norm
        self.weight = STEP * joint / norm

    def __call__(self, ln_mass: np.ndarray) -> np.ndarray:
        """p(ln M_c) at any ln M_c, on straight lines; 0 outside the grid."""
        return np.interp(ln_mass, self.ln_mass, self.density, left=0.0, right=0.0)


def _smallest_ratio(ln_chirp_mass: np.ndarray, masses: BinaryMasses) -> np.ndarray:
    """q above which m₁ <= m_max and m₂ >= m_min."""
    ln_primary = np.log(primary_mass(1.0, np.exp(_LN_RATIO)))
    heavy = np.interp(np.log(masses.m_max) - ln_chirp_mass, ln_primary[::-1], _LN_RATIO[::-1])
    light = np.interp(np.log(masses.m_min) - ln_chirp_mass, ln_primary + _LN_RATIO, _LN_RATIO)
    return np.exp(np.maximum(heavy, light))
