"""Peaks and troughs of a sampled spectrum: extrema of the cubic spline through it, with propagated errors.

The spline is linear in its samples, and so are, to first order, the position and the height of an extremum.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from solvers.cmb.base import multipoles
from solvers.errors import InvalidInput

_MIN_SAMPLES = 4
"""A cubic takes as many."""

_REACH = 60
"""Samples on either side of an extremum that may move it: one farther off weighs less than 2^-60."""

_SAME = 1e-9
"""Roots that differ by less, relative to their multipole, are one root at the end of two pieces of the spline."""


@dataclass(frozen=True, eq=False)
class Peaks:
    """Maxima, or minima, of a spectrum. Found by `find_peaks` and `find_troughs`.

    Parameters
    ----------
    ell, height : ndarray
        Positions, ascending, and values of the spectrum there [its own unit], shape (n,).
    ell_min, ell_max : float
        Where they were looked for.
    ell_end : float
        Multipole at which the spectrum ends.
    kind : {"peaks", "troughs"}
        What they are.
    covariance : ndarray, optional
        Covariance of the positions followed by the heights, shape (2n, 2n); None if the spectrum came without errors.
    """

    ell: np.ndarray
    height: np.ndarray
    ell_min: float
    ell_max: float
    ell_end: float
    kind: str = "peaks"
    covariance: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ell)

    @property
    def ell_covariance(self) -> np.ndarray | None:
        """Covariance of the positions, shape (n, n)."""
        return None if self.covariance is None else self.covariance[: len(self), : len(self)]

    @property
    def height_covariance(self) -> np.ndarray | None:
        """Covariance of the heights, shape (n, n)."""
        return None if self.covariance is None else self.covariance[len(self) :, len(self) :]

    @property
    def ell_err(self) -> np.ndarray | None:
        """Standard deviations of the positions, shape (n,)."""
        return None if self.covariance is None else np.sqrt(np.diagonal(self.covariance)[: len(self)])

    @property
    def height_err(self) -> np.ndarray | None:
        """Standard deviations of the heights, shape (n,)."""
        return None if self.covariance is None else np.sqrt(np.diagonal(self.covariance)[len(self) :])

    def first(self, n: int) -> "Peaks":
        """The first `n` of them.

        Raises
        ------
        InvalidInput
            There are fewer.
        """
        if n < 1:
            raise InvalidInput(f"n_{self.kind}={n}: must be >= 1")
        if n > len(self):
            last = min(self.ell_max, self.ell_end)
            found = (
                f"{len(self)} {self.kind[:-1] if len(self) == 1 else self.kind} between {self.ell_min:g} and {last:g}"
            )
            why = f"it ends at {last:g}, raise lmax" if self.ell_end < self.ell_max else "it has no more there"
            raise InvalidInput(f"n_{self.kind}={n}: the spectrum has {found}; {why}")
        rows = np.r_[:n, len(self) : len(self) + n]
        covariance = None if self.covariance is None else self.covariance[np.ix_(rows, rows)]
        return Peaks(self.ell[:n], self.height[:n], self.ell_min, self.ell_max, self.ell_end, self.kind, covariance)


def find_peaks(ell, d_ell, *, ell_min: float = 100.0, ell_max: float = 2500.0, covariance=None) -> Peaks:
    """Maxima of the cubic spline through the samples of a spectrum, at ell_min < ℓ < ell_max.

    A stretch of three or more equal samples, such as the floor of a model, has none.

    Parameters
    ----------
    ell : array_like
        Multipoles >= 2, increasing, shape (n_ell,).
    d_ell : array_like
        Samples, in any unit and of any sign, shape (n_ell,).
    ell_min, ell_max : float
        Where to look; the spline takes all samples, and neither its own end nor one of these is a maximum.
    covariance : array_like, optional
        Of the samples, in the square of their unit: a matrix (n_ell, n_ell), or variances (n_ell,).

    Returns
    -------
    Peaks

    Raises
    ------
    InvalidInput
        Samples that are not finite or do not belong to increasing multipoles, fewer than four of them between
        `ell_min` and `ell_max`, or errors of another shape.
    """
    return _find(-1.0, "peaks", ell, d_ell, ell_min, ell_max, covariance)


def find_troughs(ell, d_ell, *, ell_min: float = 100.0, ell_max: float = 2500.0, covariance=None) -> Peaks:
    """Minima of the cubic spline through the samples of a spectrum; for the rest, see `find_peaks`."""
    return _find(1.0, "troughs", ell, d_ell, ell_min, ell_max, covariance)


def peak_ratios(height) -> np.ndarray:
    """h_1/h_2, h_3/h_4 and so on, along the last axis."""
    height = np.asarray(height, dtype=float)
    pairs = height.shape[-1] // 2
    return height[..., 0 : 2 * pairs : 2] / height[..., 1 : 2 * pairs : 2]


def peak_ratio_covariance(height, covariance) -> np.ndarray:
    """Covariance of the `peak_ratios` to first order.

    Parameters
    ----------
    height : array_like
        Shape (n,).
    covariance : array_like
        Of the heights, shape (n, n).

    Returns
    -------
    ndarray
        Shape (n // 2, n // 2).
    """
    height, ratio = np.asarray(height, dtype=float), peak_ratios(height)
    pair, gradient = np.arange(len(ratio)), np.zeros((len(ratio), len(height)))
    gradient[pair, 2 * pair] = 1.0 / height[2 * pair + 1]
    gradient[pair, 2 * pair + 1] = -ratio / height[2 * pair + 1]
    return gradient @ np.asarray(covariance, dtype=float) @ gradient.T


def _find(sign: float, kind: str, ell, d_ell, ell_min: float, ell_max: float, covariance) -> Peaks:
    ell, d_ell = multipoles(ell), np.asarray(d_ell, dtype=float)
    _check_samples(ell, d_ell, ell_min, ell_max)
    spline = CubicSpline(ell, d_ell)
    slope, curvature = spline.derivative(1), spline.derivative(2)
    root = np.sort(slope.roots(extrapolate=False))
    root = root[(root > max(ell_min, ell[0])) & (root < min(ell_max, ell[-1])) & (sign * curvature(root) > 0.0)]
    root = root[np.diff(root, prepend=0.0) > _SAME * root]
    root = root[~_is_flat(root, ell, d_ell)]
    propagated = None if covariance is None else _propagated(root, curvature(root), ell, _errors(covariance, ell.size))
    return Peaks(root, spline(root), float(ell_min), float(ell_max), float(ell[-1]), kind, propagated)


def _is_flat(root: np.ndarray, ell: np.ndarray, d_ell: np.ndarray) -> np.ndarray:
    """Whether three equal samples surround a root: next to a floor, the spline swings about it."""
    flat = np.pad(np.diff(d_ell) == 0.0, 1)
    piece = np.searchsorted(ell, root, side="right")
    return flat[piece] & (flat[piece - 1] | flat[piece + 1])


def _check_samples(ell: np.ndarray, d_ell: np.ndarray, ell_min: float, ell_max: float) -> None:
    if d_ell.shape != ell.shape:
        raise InvalidInput(f"d_ell: shape {d_ell.shape} does not fit {ell.size} multipoles")
    if not np.all(np.isfinite(d_ell)):
        raise InvalidInput(f"d_ell: not finite at multipole {ell[~np.isfinite(d_ell)][0]:g}")
    backwards = np.diff(ell) <= 0
    if backwards.any():
        raise InvalidInput(f"ell: multipoles must increase, {ell[1:][backwards][0]:g} comes too late")
    if not ell_min < ell_max:
        raise InvalidInput(f"ell_min={ell_min:g}: must be below ell_max={ell_max:g}")
    inside = np.count_nonzero((ell >= ell_min) & (ell <= ell_max))
    if inside < _MIN_SAMPLES:
        raise InvalidInput(
            f"ell: {inside} multipoles between {ell_min:g} and {ell_max:g}, at least {_MIN_SAMPLES} are needed"
        )


def _errors(covariance, n: int) -> np.ndarray:
    covariance = np.asarray(covariance, dtype=float)
    if covariance.shape not in ((n,), (n, n)):
        raise InvalidInput(f"covariance: shape {covariance.shape} does not fit {n} multipoles, must be ({n}, {n})")
    variance = covariance if covariance.ndim == 1 else np.diagonal(covariance)
    if not (np.all(np.isfinite(covariance)) and np.all(variance >= 0)):
        raise InvalidInput("covariance: must be finite, with variances >= 0")
    return covariance


def _propagated(root: np.ndarray, curvature: np.ndarray, ell: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Covariance of positions and heights; a height is stationary, so that its position does not matter to it."""
    gradient = np.zeros((2 * root.size, ell.size))
    for i, position in enumerate(root):
        near = int(np.searchsorted(ell, position))
        part = slice(max(near - _REACH, 0), near + _REACH)
        samples = ell[part]
        cardinal = CubicSpline(samples, np.eye(samples.size))
        gradient[i, part] = -cardinal(position, 1) / curvature[i]
        gradient[root.size + i, part] = cardinal(position)
    return (gradient * covariance if covariance.ndim == 1 else gradient @ covariance) @ gradient.T
