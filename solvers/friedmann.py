"""The Σ-Friedmann equation E² = m (1 + A h(E/κ)) + r: its root and what follows from it.

Dimensionless: E = H/H0, m = Ω_b (1+z)³, r = Ω_r (1+z)⁴, κ = g†/(c H0) (SI §9A.1-9A.2). H0 is a
parameter and E(0) need not be 1. All arguments broadcast; accelerations are c H0 E, so x = E/κ.

In y = ln E the equation is y = F(y) with F(y) = ½ ln S and S the right-hand side. h decreases, so F
does too: there is one root, and it lies between ½ ln(m+r) and F(½ ln(m+r)).
"""

from typing import NamedTuple

import numpy as np

from solvers.errors import InvalidInput
from solvers.laws.base import Law

ACCURACY = 1e-13
"""Relative error of E that the solvers below stay under for 0 <= A <= 1e12."""


class FixedPoint(NamedTuple):
    """Result of a plain iteration: ln E, a bound on its error, and the number of steps."""

    ln_efunc: np.ndarray
    error: np.ndarray
    n_steps: int


def ln_efunc(u, omega_b, a_cos, omega_r, kappa, law: Law):
    """Solve the Friedmann equation for ln E.

    Parameters
    ----------
    u : array_like
        ln(1+z).
    omega_b, a_cos, omega_r, kappa : array_like
        Ω_b > 0, A >= 0, Ω_r >= 0 and κ > 0, broadcast against `u`.
    law : Law
        Gives h and its slope; with `law.g_dagger.mode == "evolving"` x = 1/κ at all z.

    Returns
    -------
    ndarray
        ln E, absolute error below `ACCURACY`.

    Raises
    ------
    InvalidInput
        h increases somewhere on the path, so the root need not be unique.

    References
    ----------
    SI (9A.2); SI §19.6 item 4 for the evolving mode.
    """
    matter, radiation = omega_b * np.exp(3.0 * u), omega_r * np.exp(4.0 * u)
    if law.g_dagger.mode == "evolving":
        return 0.5 * np.log(matter * (1.0 + a_cos * law.h(1.0 / np.asarray(kappa))) + radiation)
    if law.steepest_slope < 2.0:
        return newton(matter, radiation, a_cos, kappa, law)
    return bracketed_newton(matter, radiation, a_cos, kappa, law)


def fixed_point(matter, radiation, a_cos, kappa, law: Law, *, relaxed=False, max_steps=400):
    """Iterate y ← F(y) from ½ ln(m+r), or its relaxed form y ← (3/11) y + (8/11) F(y).

    A contraction for laws with `steepest_slope` S < 2 (factor S/2; 3/4 for Σ's own h, or 3/11 relaxed).

    Parameters
    ----------
    matter, radiation, a_cos, kappa : array_like
        m, r, A, κ.
    law : Law
        The enhancement law.
    relaxed : bool
        Use the branch-free relaxed step.
    max_steps : int
        Steps after which the iteration stops whatever its error.

    Returns
    -------
    FixedPoint
        Since F decreases, plain iterates alternate around the root and the last step bounds the error.
    """
    y = 0.5 * np.log(matter + radiation + 0.0 * np.asarray(a_cos * kappa))
    weight = 8.0 / 11.0 if relaxed else 1.0
    step, n_steps = np.full_like(y, np.inf), 0
    while np.max(np.abs(step)) >= 1e-15 and n_steps < max_steps:
        image = 0.5 * np.log(matter * (1.0 + a_cos * law.h(np.exp(y) / kappa)) + radiation)
        step = weight * (image - y)
        y, n_steps = y + step, n_steps + 1
    return FixedPoint(y, np.abs(step), n_steps)


def newton(matter, radiation, a_cos, kappa, law: Law, *, max_steps=60):
    """Newton's method on ρ(y) = 2y − ln S, for laws with `steepest_slope` S < 2.

    ρ′ lies in [2, 2+S], so every step multiplies the error by at most S/2 from any start, and then
    converges quadratically.

    Returns
    -------
    ndarray
        ln E.

    Raises
    ------
    ArithmeticError
        No convergence in `max_steps` (an argument that is not finite).
    """
    y = 0.5 * np.log(matter + radiation + 0.0 * np.asarray(a_cos * kappa))
    for _ in range(max_steps):
        residual, slope = _residual(y, matter, radiation, a_cos, kappa, law)
        step = residual / slope
        y = y - step
        if np.all(np.abs(step) <= 4e-16 * (4.0 + np.abs(y))):
            return y
    raise ArithmeticError(f"the Friedmann equation did not converge in {max_steps} Newton steps")


def bracketed_newton(matter, radiation, a_cos, kappa, law: Law, *, max_steps=200):
    """Newton's method kept inside [½ ln(m+r), F(½ ln(m+r))], for any decreasing h.

    Returns
    -------
    ndarray
        ln E.

    Raises
    ------
    InvalidInput
        The law's h increases at a point that was visited.
    ArithmeticError
        No convergence in `max_steps`.
    """
    lower = 0.5 * np.log(matter + radiation + 0.0 * np.asarray(a_cos * kappa))
    image = matter * (1.0 + a_cos * _enhancement(law, np.exp(lower) / kappa)) + radiation
    upper = 0.5 * np.log(image) + 4e-16 * (1.0 + np.abs(lower))
    y, width = lower, np.abs(upper - lower)
    for _ in range(max_steps):
        residual, slope = _residual(y, matter, radiation, a_cos, kappa, law)
        # rho' < 2 means d ln h/d ln x > 0; the margin is the noise of a numerical slope.
        if np.any(slope < 2.0 - 1e-6):
            raise InvalidInput(f"{type(law).__name__}: h must decrease with acceleration")
        upper = np.where(residual > 0, np.minimum(upper, y), upper)
        lower = np.where(residual < 0, np.maximum(lower, y), lower)
        proposal = y - residual / slope
        # A step that does not halve may be half of a cycle between two points: bisect instead.
        trusted = (proposal >= lower) & (proposal <= upper) & (np.abs(proposal - y) <= 0.5 * width)
        proposal = np.where(trusted, proposal, 0.5 * (lower + upper))
        width = np.abs(proposal - y)
        y = proposal
        if np.all(width <= 1e-15 * (4.0 + np.abs(y))):
            return y
    raise ArithmeticError(f"the Friedmann equation did not converge in {max_steps} bracketed steps")


def _residual(y, matter, radiation, a_cos, kappa, law):
    """ρ(y) = 2y − ln S and its derivative 2 − φ s, with φ = mAh/S."""
    x = np.exp(y) / kappa
    enhanced = matter * a_cos * _enhancement(law, x)
    total = matter + enhanced + radiation
    slope = np.where(enhanced > 0, enhanced / total * law.log_slope(x), 0.0)
    return 2.0 * y - np.log(total), 2.0 - slope


def _enhancement(law, x):
    """h, after a look at whether it is one: a user's law may be negative or no number somewhere."""
    h = law.h(x)
    if not np.all(h >= 0):
        raise InvalidInput(f"{type(law).__name__}: h must be a positive number at every acceleration")
    return h


def log_derivative(u, ln_e, omega_b, a_cos, omega_r, kappa, law: Law):
    """d ln E/d ln(1+z) at a solution.

    Parameters
    ----------
    u, ln_e : array_like
        ln(1+z) and the root there.
    omega_b, a_cos, omega_r, kappa : array_like
        As in `ln_efunc`.
    law : Law
        The enhancement law.

    Returns
    -------
    ndarray
        [3(m + mAh) + 4r] / [2(m + mAh + r) − mAh s]; 3/2 for matter alone.
    """
    matter, radiation = omega_b * np.exp(3.0 * u), omega_r * np.exp(4.0 * u)
    evolving = law.g_dagger.mode == "evolving"
    x = 1.0 / np.asarray(kappa) if evolving else np.exp(ln_e) / kappa
    enhanced = matter * a_cos * law.h(x)
    feedback = 0.0 if evolving else enhanced * law.log_slope(x)
    total = matter + enhanced
    return (3.0 * total + 4.0 * radiation) / (2.0 * (total + radiation) - feedback)
