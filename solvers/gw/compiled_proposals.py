"""Drawing and detecting binaries in compiled form; the plain form is `HorizonSampler.plain`. It imports numba."""

import math

from numba import njit

_TWO_PI = 2.0 * math.pi
_ROOT_HALF = math.sqrt(0.5)


@njit(cache=True)
def _within(lean, u):
    """As `TabulatedDensity.within`, for one interval."""
    root = lean + math.sqrt(lean * lean + (1.0 - 2.0 * lean) * u)
    return u / root if root > 0.0 else u


@njit(cache=True)
def _first_above(cumulative, guide, u):
    """First index at which `cumulative` is above u; `guide` holds it for multiples of a power of two."""
    i = guide[int(u * guide.shape[0])]
    while cumulative[i] <= u:
        i += 1
    return i


@njit(cache=True, error_model="numpy")
def detect(
    uniforms,
    cumulative,
    guide,
    bound,
    mass_nodes,
    mass_lean,
    secondary_cumulative,
    secondary_guide,
    secondary_lean,
    z_nodes,
    z_lean,
    coefficients,
    scale,
    threshold,
    loss_mass,
    out,
):
    """Systems from uniform numbers, those detected written into `out`, in order.

    Parameters
    ----------
    uniforms : ndarray
        0 <= u < 1, shape (9, n): cell, m₁, m₂, z, noise, four angles.
    cumulative, bound : ndarray
        As in `HorizonSampler`, shapes (n_m · n_z,) and (n_m, n_z).
    guide, secondary_guide : ndarray of int
        Where a search in `cumulative` and in `secondary_cumulative` starts (see `guide_of`).
    mass_nodes, mass_lean : ndarray
        Table of m₁, shapes (n_m + 1,) and (n_m,).
    secondary_cumulative, secondary_lean : ndarray
        Table of m₂ on the same nodes, shapes (n_m + 1,) and (n_m,).
    z_nodes, z_lean : ndarray
        Table of z, shapes (n_z + 1,) and (n_z,).
    coefficients : ndarray
        d_L [Mpc] in each interval as a cubic, highest power first, shape (n_z, 4).
    scale, threshold, loss_mass : float
        As in `HorizonDetector`.
    out : ndarray
        Shape (6, n).

    Returns
    -------
    int
        Number of systems detected.
    """
    n_z, found = z_lean.shape[0], 0
    for k in range(uniforms.shape[1]):
        cell = _first_above(cumulative, guide, uniforms[0, k])
        i = cell // n_z
        j = cell - i * n_z
        inside = _within(mass_lean[i], uniforms[1, k])
        m1 = mass_nodes[i] + inside * (mass_nodes[i + 1] - mass_nodes[i])
        step = secondary_cumulative[i + 1] - secondary_cumulative[i]
        lean = secondary_lean[i]
        below = secondary_cumulative[i] + step * inside * (2.0 * lean + (1.0 - 2.0 * lean) * inside)
        below *= uniforms[2, k]
        row = _first_above(secondary_cumulative, secondary_guide, below) - 1
        low = secondary_cumulative[row]
        ahead = _within(secondary_lean[row], (below - low) / (secondary_cumulative[row + 1] - low))
        m2 = min(mass_nodes[row] + ahead * (mass_nodes[row + 1] - mass_nodes[row]), m1)
        ahead = _within(z_lean[j], uniforms[3, k]) * (z_nodes[j + 1] - z_nodes[j])
        c3, c2, c1, c0 = coefficients[j]
        distance = ((c3 * ahead + c2) * ahead + c1) * ahead + c0
        z = z_nodes[j] + ahead
        total = (m1 + m2) * (1.0 + z)
        amplitude = math.sqrt(m1 * m2) * (1.0 + z) * total ** (-1.0 / 6.0)
        root = math.sqrt(1.0 + (total / loss_mass) ** 2)
        optimal = scale * amplitude / (distance * root * math.sqrt(root))
        noise = (1.0 - uniforms[4, k]) * bound[i, j]
        # Many a system fails already at Θ = 1, before any angle is computed.
        if optimal < threshold and noise >= 0.5 * math.erfc((threshold - optimal) * _ROOT_HALF):
            continue
        cos_theta, cos_iota = 2.0 * uniforms[5, k] - 1.0, 2.0 * uniforms[8, k] - 1.0
        phi, psi = _TWO_PI * uniforms[6, k], _TWO_PI * uniforms[7, k]
        plus = 0.5 * (1.0 + cos_theta * cos_theta) * math.cos(2.0 * phi)
        cross = cos_theta * math.sin(2.0 * phi)
        cosine, sine = math.cos(psi), math.sin(psi)
        first = (plus * cosine - cross * sine) * 0.5 * (1.0 + cos_iota * cos_iota)
        second = (plus * sine + cross * cosine) * cos_iota
        signal = optimal * math.sqrt(first * first + second * second)
        if noise < 0.5 * math.erfc((threshold - signal) * _ROOT_HALF):
            out[0, found] = m1
            out[1, found] = m2
            out[2, found] = z
            out[3, found] = distance
            out[4, found] = signal
            out[5, found] = noise
            found += 1
    return found
