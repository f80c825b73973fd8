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

    Each root starts from those before, carried on by d ln E/d ln(1+z) to second order; from there Newton's method on
    E² − S takes two steps without logarithms. A start that does not converge is replaced by the safe one.

    Parameters
    ----------
    one_plus_z, out : ndarray
        Shape (n,), contiguous.
    omega_b, a_cos, omega_r, kappa : float
        Ω_b, A, Ω_r, κ.
    """
    amplitude = a_cos * kappa * math.sqrt(kappa)
    efunc, growth, bend, last = 0.0, 0.0, 0.0, 0.0
    for i in range(one_plus_z.shape[0]):
        ratio = one_plus_z[i]
        matter = omega_b * ratio * ratio * ratio
        radiation = omega_r * ratio * ratio * ratio * ratio
        plain, source = matter + radiation, matter * amplitude
        step, enhanced, feedback = 1.0, 0.0, 0.0
        advance = 0.0
        if i > 0:
            # ln(1+z) to third order in the spacing, without a logarithm.
            advance = 2.0 * (ratio - last) / (ratio + last)
            change = advance * (growth + 0.5 * bend * advance)
            efunc *= 1.0 + change * (1.0 + 0.5 * change * (1.0 + change / 3.0))
            for _ in range(6):
                inverse = 1.0 / (kappa + efunc)
                enhanced = source * inverse / math.sqrt(efunc)
                feedback = enhanced * (0.5 + efunc * inverse)
                squared = efunc * efunc
                step = (squared - plain - enhanced) / (2.0 * squared + feedback)
                if not abs(step) < 0.5:
                    break
                efunc -= efunc * step
                if abs(step) < 1e-8:
                    break
        # Convergence is quadratic, so a last step below 1e-8 leaves an error of rounding size.
        if not abs(step) < 1e-8:
            efunc = _root_from_any_start(matter, radiation, a_cos, kappa)
            inverse = 1.0 / (kappa + efunc)
            enhanced = source * inverse / math.sqrt(efunc)
            feedback = enhanced * (0.5 + efunc * inverse)
        slope = (3.0 * (matter + enhanced) + 4.0 * radiation) / (2.0 * (plain + enhanced) + feedback)
        if i > 1:
            bend = (slope - growth) / advance
        growth = slope
        last = ratio
        out[i] = efunc
