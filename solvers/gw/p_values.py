"""p-values of two samples from statistics alone, such as are printed without their data: U, D and two fractions.

References
----------
SI §10.4, §10.5: U = 586, U = 459, D = 0.243, and 27.3 % against 4.4 %, of 11 events against 68.
"""

import math

import numpy as np
from scipy import special, stats

from solvers.errors import InvalidInput

ALTERNATIVES = ("two-sided", "greater")


def mann_whitney_p_value(u: float, n_first: int, n_second: int, alternative: str = "two-sided") -> float:
    """p-value of U by the normal approximation with the correction for continuity, without ties.

    Parameters
    ----------
    u : float
        U of the first sample, from 0 to `n_first` · `n_second`.
    n_first, n_second : int
        Sizes of the samples, >= 1.
    alternative : {"two-sided", "greater"}
        The first sample differs, or is the greater one.

    Raises
    ------
    InvalidInput
        A number out of its range, or another alternative.

    References
    ----------
    SI §10.4 (greater), §10.5 (two-sided).
    """
    _sizes(n_first, n_second)
    if alternative not in ALTERNATIVES:
        raise InvalidInput(f"alternative={alternative!r}: must be one of {', '.join(ALTERNATIVES)}")
    if not 0 <= u <= n_first * n_second:
        raise InvalidInput(f"u={u}: must be from 0 to {n_first * n_second}")
    away = u - n_first * n_second / 2.0
    scale = math.sqrt(n_first * n_second * (n_first + n_second + 1) / 12.0)
    if alternative == "greater":
        return float(special.ndtr(-(away - 0.5) / scale))
    return float(min(1.0, 2.0 * special.ndtr(-(abs(away) - 0.5) / scale)))


def ks_p_value(statistic: float, n_first: int, n_second: int) -> float:
    """Exact two-sided p-value of D for two samples without ties, by counting lattice paths in integers.

    Parameters
    ----------
    statistic : float
        D, from 0 to 1. It is rounded to the nearest multiple of 1/lcm(n_first, n_second), the steps that D has.
    n_first, n_second : int
        Sizes of the samples, >= 1.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    SI §10.5.
    """
    _sizes(n_first, n_second)
    if not 0 <= statistic <= 1:
        raise InvalidInput(f"statistic={statistic}: must be from 0 to 1")
    common = math.lcm(n_first, n_second)
    reach = round(statistic * common)
    # The merged sample in order is a path from (0, 0) to (n_first, n_second), and all paths are equally likely; D is
    # smaller for those that stay inside |i/n_first − j/n_second| < D. `paths` counts them up to (i, j), row by row.
    column = np.arange(n_second + 1) * (common // n_second)
    paths = (column < reach).astype(int).astype(object)
    for i in range(1, n_first + 1):
        inside = abs(i * (common // n_first) - column) < reach
        paths = np.where(inside, np.add.accumulate(np.where(inside, paths, 0)), 0)
    total = math.comb(n_first + n_second, n_first)
    return (total - int(paths[-1])) / total


def fisher_p_value(n_high_gap: int, n_gap: int, n_high_normal: int, n_normal: int) -> float:
    """Two-sided p-value of Fisher's exact test that both sides have the same fraction of high spins.

    Parameters
    ----------
    n_high_gap, n_high_normal : int
        High spins, from 0 to the events of their side.
    n_gap, n_normal : int
        Events of either side; NaN is returned if one is 0.

    Raises
    ------
    InvalidInput
        More high spins than events, or a negative number.

    References
    ----------
    SI §10.5 prints 27.3 % of 11 and 4.4 % of 68.
    """
    for name, high, n in (("n_high_gap", n_high_gap, n_gap), ("n_high_normal", n_high_normal, n_normal)):
        if not 0 <= high <= n:
            raise InvalidInput(f"{name}={high}: must be from 0 to {n}")
    if n_gap == 0 or n_normal == 0:
        return math.nan
    table = [[n_high_gap, n_gap - n_high_gap], [n_high_normal, n_normal - n_high_normal]]
    return float(stats.fisher_exact(table).pvalue)


def _sizes(n_first: int, n_second: int) -> None:
    for name, n in (("n_first", n_first), ("n_second", n_second)):
        if n < 1:
            raise InvalidInput(f"{name}={n}: must be >= 1")
