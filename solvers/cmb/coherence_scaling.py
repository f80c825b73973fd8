"""The coherence length of a system of some size: the power law of SI §8.3, and its multipoles, SI §8.2. Mpc."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from solvers.errors import InvalidInput

_MIN_DOF = 2
"""Degrees of freedom from which the scatter about the line says something of the error of its slope."""


@dataclass(frozen=True, eq=False)
class CoherenceScaling:
    """The line ln ℓ0 = ln `length_at_1_mpc` + `slope` ln(R/Mpc) through some systems.

    Parameters
    ----------
    slope : float
        Exponent of the size.
    slope_err : float
        Its standard deviation from the scatter of the points; NaN with fewer than two degrees of freedom.
    length_at_1_mpc : float
        ℓ0 of a system of 1 Mpc [Mpc].
    residuals : ndarray
        Points minus line, in ln ℓ0, shape (n,).
    decades : float
        log10 of the largest size over the smallest.
    dof : int
        n − 2.
    pairs : ndarray of int
        Every pair of points by index, shape (n(n−1)/2, 2).
    pair_slopes : ndarray
        Exponents of the lines through these pairs alone, shape (n(n−1)/2,).
    endpoint_slope : float
        That of the smallest and the largest system.
    """

    slope: float
    slope_err: float
    length_at_1_mpc: float
    residuals: np.ndarray
    decades: float
    dof: int
    pairs: np.ndarray
    pair_slopes: np.ndarray
    endpoint_slope: float

    def length(self, size):
        """ℓ0 [Mpc] of sizes > 0 [Mpc], in their shape.

        Raises
        ------
        InvalidInput
            A size that is not > 0.
        """
        return self.length_at_1_mpc * _positive("size", size) ** self.slope


def coherence_scaling(size, length) -> CoherenceScaling:
    """Ordinary least squares of ln ℓ0 on ln R.

    Parameters
    ----------
    size : array_like
        Sizes R > 0 [Mpc], all different, shape (n,) with n >= 2.
    length : array_like
        Coherence lengths ℓ0 > 0 [Mpc], shape (n,).

    Returns
    -------
    CoherenceScaling

    Raises
    ------
    InvalidInput
        Fewer than two systems, lists of other lengths, two systems of one size, or a number that is not > 0.

    References
    ----------
    SI §8.3, which prints an exponent of 0.94 over 8 orders of magnitude.
    """
    size, length = np.atleast_1d(_positive("size", size)), np.atleast_1d(_positive("length", length))
    if size.ndim != 1 or size.shape != length.shape:
        raise InvalidInput(f"length: {length.size} of them for {size.size} size; both must be lists of one length")
    if size.size < 2:
        raise InvalidInput(f"size={size.tolist()}: a line needs at least two systems")
    x, y = np.log(size), np.log(length)
    order = np.sort(x)
    if np.any(np.diff(order) == 0):
        raise InvalidInput(f"size={size.tolist()}: must all be different")
    away = x - x.mean()
    spread = float(away @ away)
    slope = float(away @ y) / spread
    residuals = y - y.mean() - slope * away
    dof = size.size - 2
    pairs = np.array(list(combinations(range(size.size), 2)))
    first, second = pairs.T
    low, high = np.argmin(x), np.argmax(x)
    return CoherenceScaling(
        slope=slope,
        slope_err=float(np.sqrt(residuals @ residuals / dof / spread)) if dof >= _MIN_DOF else np.nan,
        length_at_1_mpc=float(np.exp(y.mean() - slope * x.mean())),
        residuals=residuals,
        decades=float((order[-1] - order[0]) / np.log(10.0)),
        dof=dof,
        pairs=pairs,
        pair_slopes=(y[second] - y[first]) / (x[second] - x[first]),
        endpoint_slope=float((y[high] - y[low]) / (x[high] - x[low])),
    )


def interference_multipoles(n, distance: float, coherence_length: float):
    """ℓ_n = n π D/ℓ0, the multipoles of constructive interference over a path.

    Parameters
    ----------
    n : array_like
        Orders > 0.
    distance : float
        Length D of the path [Mpc], > 0; the source takes 4000.
    coherence_length : float
        ℓ0 [Mpc], > 0; the source takes 60.

    Returns
    -------
    ndarray
        In the shape of `n`.

    Raises
    ------
    InvalidInput
        A number that is not > 0.

    References
    ----------
    SI §8.2.
    """
    length = _positive("coherence_length", coherence_length)
    return _positive("n", n) * np.pi * _positive("distance", distance) / length


def coherence_length_of(ell, distance: float):
    """ℓ0 = π D/ℓ [Mpc], the length whose first interference lies at a multipole.

    Parameters
    ----------
    ell : array_like
        Multipoles > 0.
    distance : float
        Length D of the path [Mpc], > 0; the source takes 4000.

    Returns
    -------
    ndarray
        In the shape of `ell`.

    Raises
    ------
    InvalidInput
        A number that is not > 0.

    References
    ----------
    SI §8.2; §8.1 for the critical scale, at the multipole where the asymmetry steps.
    """
    return np.pi * _positive("distance", distance) / _positive("ell", ell)


def _positive(name: str, value) -> np.ndarray:
    numbers = np.asarray(value, dtype=float)
    if not np.all((numbers > 0) & np.isfinite(numbers)):
        raise InvalidInput(f"{name}={numbers.tolist()}: must be > 0")
    return numbers
