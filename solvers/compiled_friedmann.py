"""The Σ-Friedmann equation in compiled form, for Σ's own h; the plain form is `solvers.friedmann.newton`.

Dimensionless, as there. Importing this module imports numba.
"""

import math

from numba import njit


@njit(cache=True)
def _root_from_any_start(matter, radiation, a_cos, kappa):
    """E by Newton's method on 2 ln E − ln S, which converges from any start."""
    y = 0.5 * math.log(matter + radiation)
    for _ in range(60):
        efunc = math.exp(y)
        enhanced = matter * a_cos * kappa * math.sqrt(kappa / efunc) / (kappa + efunc)
        total = matter + enhanced + radiation
        slope = 2.0 + enhanced / total * (0.5 + efunc / (kappa + efunc))
        step = (2.0 * y - math.log(total)) / slope
        y -= step
        if abs(step) <= 4e-16 * (4.0 + abs(y)):
            break
    return math.exp(y)


@njit(cache=True)
def sigma_efunc(one_plus_z, omega_b, a_cos, omega_r, kappa, out):
    """E at increasing 1+z, written into `out`.

    Each root starts from those before, carried on by d ln E/d ln(1+z) to second order; from there one step of
    Chebyshev's third-order iteration on E² − S is nearly always enough. A start from which the iteration does not
    converge is replaced by the safe one.

    Parameters
    ----------
    one_plus_z, out : ndarray
        Shape (n,), contiguous.
    omega_b, a_cos, omega_r, kappa : float
        Ω_b, A, Ω_r, κ.
    """
    amplitude = a_cos * kappa * math.sqrt(kappa)
    efunc, growth, bend, last = 0.0, 0.0, 0.0, 1.0
    for i in range(one_plus_z.shape[0]):
        ratio = one_plus_z[i]
        cubed = ratio * ratio * ratio
        matter, radiation = omega_b * cubed, omega_r * cubed * ratio
        source = matter * amplitude
        # ln(1+z) to third order in the spacing, without a logarithm.
        advance = 2.0 * (ratio - last) / (ratio + last)
        change = advance * (growth + 0.5 * bend * advance)
        efunc *= 1.0 + change * (1.0 + 0.5 * change * (1.0 + change / 3.0))
        slope = 0.0
        for attempt in range(8):
            if i == 0 or attempt == 6:
                efunc = _root_from_any_start(matter, radiation, a_cos, kappa)
            inverse = 1.0 / (kappa + efunc)
            enhanced = source * inverse / math.sqrt(efunc)
            steepness = 0.5 + efunc * inverse
            squared = efunc * efunc
            # E f'(E) and E² f''(E) of f = E² − S.
            first = 1.0 / (2.0 * squared + enhanced * steepness)
            second = 2.0 * squared - enhanced * (steepness * steepness + 0.5 + (steepness - 0.5) ** 2)
            step = (squared - matter - radiation - enhanced) * first
            step *= 1.0 + 0.5 * second * first * step
            slope = (3.0 * (matter + enhanced) + 4.0 * radiation) * first
            if abs(step) < 0.5:
                efunc -= efunc * step
            # Convergence is cubic, so a last step of 1e-5 leaves an error of rounding size.
            if abs(step) < 1e-5:
                break
        if i > 1:
            bend = (slope - growth) / advance
        growth, last = slope, ratio
        out[i] = efunc
