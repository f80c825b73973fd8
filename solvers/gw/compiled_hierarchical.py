"""The sums of the hierarchical likelihood, compiled; the plain form is `HierarchicalProblem`. It imports numba."""

import numpy as np
from numba import njit


@njit(cache=True)
def event_likelihood(ln_mass, weight, ln_gain, growth, start, step, density):
    """∫ of the population over the errors of every event.

    Parameters
    ----------
    ln_mass, weight : ndarray
        ln M of the source frame and weights of the nodes, shape (n_events, n_distance, n_mass).
    ln_gain, growth : ndarray
        ln C and (1+z)^κ at the nodes, shape (n_events, n_distance).
    start, step : float
        First ln M of the density's grid, and its step.
    density : ndarray
        p(ln M) on the grid, straight lines between; 0 outside.

    Returns
    -------
    ndarray
        Shape (n_events,).
    """
    n_events, n_distance, n_mass = ln_mass.shape
    total, last = np.zeros(n_events), len(density) - 1
    for i in range(n_events):
        for j in range(n_distance):
            part, offset = 0.0, start + ln_gain[i, j]
            for k in range(n_mass):
                position = (ln_mass[i, j, k] - offset) / step
                if 0.0 <= position <= last:
                    row = min(int(position), last - 1)
                    inside = position - row
                    part += weight[i, j, k] * ((1.0 - inside) * density[row] + inside * density[row + 1])
            total[i] += part * growth[i, j]
    return total


@njit(cache=True)
def detected_share(probability, start, step, ln_gain, weight, first, mass_weight):
    """∫ of the population times the detection probability.

    Parameters
    ----------
    probability : ndarray
        At redshift, apparent ln M and mass ratio, shape (n_redshift, n_table, n_ratio).
    start, step : float
        First ln M of the table, and its step, which is also that of the population.
    ln_gain, weight : ndarray
        ln C and weights of the integral in redshift, shape (n_redshift,).
    first : float
        First true ln M of the population's cells.
    mass_weight : ndarray
        Probability of the population's cells, shape (n_mass, n_ratio).
    """
    n_mass, n_ratio = mass_weight.shape
    total, last = 0.0, probability.shape[1] - 2
    for j in range(len(weight)):
        part = 0.0
        for m in range(n_mass):
            position = (first - start + ln_gain[j]) / step + m
            row = min(max(int(position), 0), last)
            inside = min(max(position - row, 0.0), 1.0)
            for q in range(n_ratio):
                value = (1.0 - inside) * probability[j, row, q] + inside * probability[j, row + 1, q]
                part += value * mass_weight[m, q]
        total += weight[j] * part
    return total
