"""The Σ peak model of the CMB temperature spectrum: a sum of Gaussian modes, not a Boltzmann calculation.

SI §8 prints its results; the functional forms are those of the theory's public repository. D_ℓ in μK².
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.cmb.base import CmbModel, multipoles
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval

_PLATEAU = {"pivot": 20.0, "slope": 0.3, "cut": 100.0}
"""Shape of the low-ℓ plateau, fixed in the source."""

_FLOOR = 1.0
"""The source keeps D_ℓ at or above this [μK²]."""

_FAR = 700.0
"""Where a mode has fallen by exp(−700), 37 widths away, it falls no more: numbers that underflow are slow."""


@dataclass(frozen=True, kw_only=True)
class SigmaPeaks(CmbModel):
    """D_ℓ = max{[P(ℓ) + Σ_n A_n exp(−((ℓ−ℓ_n)/σ_n)²/2)] exp(−(ℓ/ℓ_damp)^q), 1}.

    Centres ℓ_n = l1 [1 + spacing ((n−1) − compression (n−1)(n−2)/2)]; amplitudes A_n = A0 n^(−p) times 1 + a for odd
    n and 1 − a/2 for even n, with a(ℓ_n) stepping from `a_high` to `a_low` around `l_crit` over `delta_l`; widths
    σ_n = w0 (1 + w1 ℓ_n); P(ℓ) = plateau (ℓ/20)^0.3 exp(−ℓ/100). What the source calls the height of a peak is
    A_n exp(−(ℓ_n/l_damp)^q), the amplitude of a mode at its own centre, not a maximum of D_ℓ.

    Parameters
    ----------
    n_modes : int
        Number of modes, at least 1.

    Raises
    ------
    ValueError
        An unknown or illegal parameter, or a compression at which the centres turn back.
    """

    domain: ClassVar = {
        "l1": Interval(2.0),
        "spacing": POSITIVE,
        "compression": REAL,
        "A0": NON_NEGATIVE,
        "p": REAL,
        "a_high": Interval(-1.0, 2.0),
        "a_low": Interval(-1.0, 2.0),
        "l_crit": POSITIVE,
        "delta_l": POSITIVE,
        "w0": POSITIVE,
        "w1": NON_NEGATIVE,
        "l_damp": POSITIVE,
        "q": POSITIVE,
        "plateau": NON_NEGATIVE,
    }
    defaults: ClassVar = {"compression": 0.0, "w0": 45.0, "w1": 0.025, "plateau": 500.0}
    units: ClassVar = {"A0": "uK2", "plateau": "uK2"}

    n_modes: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_modes < 1:
            raise ValueError(f"n_modes={self.n_modes}: must be >= 1")
        compression = self.space.fixed.get("compression")
        for free in self.space.free:
            compression = free.high if free.name == "compression" else compression
        for name, axis in self.space.axes.items():
            compression = axis.max() if name == "compression" else compression
        try:
            self._check_compression(compression)
        except InvalidInput as error:
            raise ValueError(f"params.{error}") from error

    def centres(self, **theta):
        """Centres ℓ_n of the modes, shape P + (n_modes,).

        Raises
        ------
        InvalidInput
            A compression of 1/(n_modes − 2) or more, at which the centres turn back.
        """
        p = self._bound(theta)
        return in_shape(self._centres(p), p)

    def amplitudes(self, **theta):
        """A_n [μK²] before damping, shape P + (n_modes,)."""
        p = self._bound(theta)
        return in_shape(self._amplitudes(self._centres(p), p), p)

    def heights(self, **theta):
        """What the source calls peak heights, A_n exp(−(ℓ_n/l_damp)^q) [μK²], shape P + (n_modes,)."""
        p = self._bound(theta)
        centres = self._centres(p)
        return in_shape(self._amplitudes(centres, p) * _damping(np.log(centres), p), p)

    def widths(self, **theta):
        """σ_n, shape P + (n_modes,)."""
        p = self._bound(theta)
        return in_shape(self._widths(self._centres(p), p), p)

    def asymmetry(self, ell, **theta):
        """a(ℓ): `a_high` well below `l_crit`, `a_low` well above, shape P + (n,)."""
        p = self._bound(theta)
        return in_shape(step_asymmetry(multipoles(ell), p), p)

    def _bound(self, theta: Mapping[str, Any]) -> dict[str, Any]:
        p = self.joined(theta)
        self.check_domain(theta)
        self._check_compression(p["compression"])
        return with_axis(p)

    def _check_compression(self, compression: Any) -> None:
        largest = np.asarray(compression).max()
        if self.n_modes > 2 and largest >= 1.0 / (self.n_modes - 2):
            raise InvalidInput(
                f"compression={largest:g}: the centres of {self.n_modes} modes turn back, "
                f"must be < {1.0 / (self.n_modes - 2):g}"
            )

    def _d_ell(self, ell, spectrum, p):
        self._check_compression(p["compression"])
        p = with_axis(p)
        log_ell = np.log(ell)
        plateau = np.exp(_PLATEAU["slope"] * (log_ell - np.log(_PLATEAU["pivot"])) - ell / _PLATEAU["cut"])
        centres = self._centres(p)
        amplitudes = in_shape(self._amplitudes(centres, p), p)
        total = sum_of_modes(ell, centres, amplitudes, self._widths(centres, p))
        total += p["plateau"] * plateau
        total *= _damping(log_ell, p)
        return np.maximum(total, _FLOOR, out=total)

    def _centres(self, p):
        return mode_centres(self.n_modes, p)

    def _amplitudes(self, centres, p):
        n = np.arange(1.0, self.n_modes + 1)
        a = step_asymmetry(centres, p)
        return p["A0"] * n ** -p["p"] * np.where(n % 2 == 1, 1.0 + a, 1.0 - 0.5 * a)

    def _widths(self, centres, p):
        return p["w0"] * (1.0 + p["w1"] * centres)


def with_axis(p: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of shape P, those that are arrays with a last axis for multipoles or modes."""
    return {
        # NumPy's functions are slow to see that a number is one.
        name: value if isinstance(value, float) or np.ndim(value) == 0 else np.asarray(value)[..., np.newaxis]
        for name, value in p.items()
    }


def in_shape(values: np.ndarray, p: Mapping[str, Any]) -> np.ndarray:
    """Values (..., n) in the shape P + (n,) of all parameters `with_axis`, also those that do not move them."""
    arrays = (value for value in p.values() if isinstance(value, np.ndarray))
    shape = np.broadcast_shapes(values.shape, *{array.shape for array in arrays})
    return values if values.shape == shape else np.broadcast_to(values, shape)


def mode_centres(n_modes: int, p: Mapping[str, Any]) -> np.ndarray:
    """ℓ_n = l1 [1 + spacing ((n−1) − compression (n−1)(n−2)/2)] for n = 1…`n_modes`, shape P + (n_modes,).

    `p` holds the parameters `with_axis`; without `compression` the centres are evenly spaced.
    """
    k = np.arange(n_modes)
    return p["l1"] * (1.0 + p["spacing"] * (k - p.get("compression", 0.0) * k * (k - 1) / 2.0))


def step_asymmetry(ell, p: Mapping[str, Any]) -> np.ndarray:
    """a(ℓ) = a_high (1 − S) + a_low S with S = [1 + tanh((ℓ − l_crit)/delta_l)]/2.

    Parameters
    ----------
    ell : ndarray
        Multipoles, shape (..., n).
    p : mapping
        `a_high`, `a_low`, `l_crit` and `delta_l` > 0, broadcast against `ell` (see `with_axis`).
    """
    step = 0.5 * (1.0 + np.tanh((ell - p["l_crit"]) / p["delta_l"]))
    return p["a_high"] * (1.0 - step) + p["a_low"] * step


def sum_of_modes(ell: np.ndarray, centres: np.ndarray, amplitudes: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Σ_n A_n exp(−((ℓ−ℓ_n)/σ_n)²/2), in the unit of the amplitudes.

    Parameters
    ----------
    ell : ndarray
        Multipoles, shape (n,).
    centres, amplitudes, widths : ndarray
        Shape P + (n_modes,) each, or what broadcasts to it.

    Returns
    -------
    ndarray
        Shape P + (n,).
    """
    arrays = np.broadcast_arrays(centres, np.sqrt(0.5) / widths, amplitudes)
    *shape, n_modes = arrays[0].shape
    points = zip(*(array.reshape(-1, n_modes) for array in arrays), strict=True)
    total = np.empty((*shape, ell.size))
    # One point at a time, in one buffer: the modes of many would not fit in the processor's cache.
    modes = np.empty((n_modes, ell.size))
    for row, (centre, factor, amplitude) in zip(total.reshape(-1, ell.size), points, strict=True):
        for x, c, f in zip(modes, centre, factor, strict=True):
            np.subtract(ell, c, out=x)
            x *= f
        np.square(modes, out=modes)
        np.minimum(modes, _FAR, out=modes)
        np.negative(modes, out=modes)
        np.exp(modes, out=modes)
        np.matmul(amplitude, modes, out=row)
    return total


def _damping(log_ell, p):
    # (ℓ/ℓ_damp)^q as exp(q ln ℓ/ℓ_damp): half the cost.
    return np.exp(-np.exp(p["q"] * (log_ell - np.log(p["l_damp"]))))
