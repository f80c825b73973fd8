"""Einstein angles from tables, in NumPy: arcsec, for one lens and any number of draws of its parameters."""

import math
from typing import Any

import numpy as np

from solvers.clusters.geometry import arcsec
from solvers.clusters.population.tables import ConvergenceTables, hermite

__all__ = ["einstein_angle"]

_STEPS = 60
"""Bisections of a cell of the grid, after which it is narrower than rounding."""


def einstein_angle(
    tables: ConvergenceTables, row: int, amplitude: Any, ell0: Any, q: Any = 1.0, kappa_ext: Any = 0.0
) -> np.ndarray:
    """θ_E [arcsec] from q^(2/3) [K_b(u) + A K_C(u; q^(1/3) ℓ0)] = 1 − κ_ext with u = q^(1/3) R, the outermost u.

    Parameters
    ----------
    tables : ConvergenceTables
        Of the sample.
    row : int
        Which lens.
    amplitude : array_like
        A, any shape; negative ones count as 0.
    ell0 : array_like
        ℓ0 [kpc] > 0, broadcast with `amplitude`.
    q : array_like
        Axis ratio along the line of sight over those in the sky, > 0, at constant volume.
    kappa_ext : array_like
        Convergence of a sheet.

    Returns
    -------
    ndarray
        In the common shape. −∞ where the mean convergence is below 1 from the first u of the table on, ∞ where it is
        above 1 at the last one or κ_ext >= 1, NaN where ℓ0 is outside of the table or a number is not finite.

    References
    ----------
    `clusters.md` §5, `lensing.md` §3 and §4 (`volume`).
    """
    given = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (amplitude, ell0, q, kappa_ext)))
    a, length, ratio, sheet = (x.ravel() for x in given)
    a = np.maximum(a, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # From κ_ext = 1 on every radius is inside.
        target = np.log1p(-np.minimum(sheet, 1.0)) - 2.0 / 3.0 * np.log(ratio)
        ln_ell0 = np.log(length) + np.log(ratio) / 3.0
    step_u, step_l = (grid[1] - grid[0] for grid in (tables.ln_u, tables.ln_ell0))
    place = (ln_ell0 - tables.ln_ell0[0]) / step_l
    # What has no condition or no table is asked in the first cell and left out below.
    known = (target < np.inf) & (place >= 0) & (place <= tables.ln_ell0.size - 1) & np.isfinite(a)
    cell = np.clip(np.where(known, place, 0.0).astype(int), 0, tables.ln_ell0.size - 2)
    t = (np.where(known, place, 0.0) - cell)[:, np.newaxis]
    low, high = (tables.windowed[row][:, i] for i in (cell, cell + 1))
    windowed = hermite(t, step_l, (low[0], high[0]), (low[2], high[2]))
    slope = hermite(t, step_l, (low[1], high[1]), (low[3], high[3]))
    baryons, baryon_slope = tables.baryons[row]
    inside = (
        np.exp(baryons) + a[:, np.newaxis] * np.exp(windowed) >= np.exp(np.where(known, target, 0.0))[:, np.newaxis]
    )
    last = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    is_beyond = inside[:, -1]
    j = np.minimum(last, inside.shape[1] - 2)
    each = np.arange(j.size)
    ends = (
        ((baryons[j], baryons[j + 1]), (baryon_slope[j], baryon_slope[j + 1])),
        ((windowed[each, j], windowed[each, j + 1]), (slope[each, j], slope[each, j + 1])),
    )
    left, right = np.zeros(j.size), np.ones(j.size)
    for _ in range(_STEPS):
        middle = 0.5 * (left + right)
        ln_b, ln_c = (hermite(middle, step_u, *each) for each in ends)
        above = np.exp(ln_b) + a * np.exp(ln_c) >= np.exp(target)
        left, right = np.where(above, middle, left), np.where(above, right, middle)
    ln_u = tables.ln_u[j] + 0.5 * (left + right) * step_u
    with np.errstate(invalid="ignore", divide="ignore"):
        radius = np.exp(ln_u - np.log(ratio) / 3.0)
    angle = np.where(inside.any(axis=1), arcsec(radius, float(tables.D_l[row])), -math.inf)
    angle = np.where(known, np.where(is_beyond, math.inf, angle), math.nan)
    return angle.reshape(given[0].shape)
