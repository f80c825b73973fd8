"""The coherence window W(R), 0 at the centre and 1 far out. Radii in kpc (any one unit will do)."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class CoherenceWindow:
    """W(R) = 1 − [1 + (R/ξ)^p]^(−n) with ξ = `xi_over_rd` R_d (SI §5A.3; p = 0.75 is SI §20.2's Burr form).

    Parameters
    ----------
    xi_over_rd : float
        Coherence length in units of the disk scale length; 0 gives W = 1 everywhere.
    n_coh : float
        Decay exponent, > 0.
    p : float
        Shape, > 0; p = 1 is the power window W = 1 − (ξ/(ξ+R))^n.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    xi_over_rd: float = 2.0 / 3.0
    n_coh: float = 0.5
    p: float = 1.0

    def __post_init__(self) -> None:
        if not (self.xi_over_rd >= 0 and math.isfinite(self.xi_over_rd)):
            raise ValueError(f"xi_over_rd={self.xi_over_rd}: must be >= 0")
        for name in ("n_coh", "p"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")

    def __call__(self, radius, scale_length):
        """W at these radii.

        Parameters
        ----------
        radius : array_like
            R >= 0 [kpc].
        scale_length : array_like
            R_d > 0 [kpc], broadcast against `radius`.

        Returns
        -------
        ndarray
            W in [0, 1], without cancellation for R << ξ.
        """
        return self.at(radius, self.xi_over_rd * _array(scale_length))

    def at(self, radius, coherence_length):
        """W for coherence lengths ξ that are given.

        Parameters
        ----------
        radius : array_like
            R >= 0 [kpc].
        coherence_length : array_like
            ξ >= 0 [kpc], broadcast against `radius`; 0 makes W = 1, NaN makes it NaN.
        """
        radius, xi = _array(radius), _array(coherence_length)
        none = xi == 0
        ratio = radius / np.where(none, 1.0, xi)
        return np.where(none, 1.0, -np.expm1(-self.n_coh * np.log1p(ratio**self.p)))


def _array(values):
    """NumPy's array of numbers and lists; arrays of other modules stay."""
    return values if hasattr(values, "dtype") else np.asarray(values, dtype=float)
