"""The isothermal toy of the source: an amplitude for which baryons of any Einstein radius give the observed one."""

import math

import numpy as np

from solvers.clusters.kernels import Window
from solvers.errors import InvalidInput

__all__ = ["closed_amplitude", "isothermal_amplitude"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def isothermal_amplitude(f_b: float, ell0_fraction: float, p: float = 2.0, n: float = 2.0) -> float:
    """A_c with which κ̄(θ_E) = 1 for a singular isothermal sphere of baryons with θ_b = f_b θ_E and the rising window.

    Σ ∝ 1/R gives κ̄ = f_b (1 + A_c I) with I = ∫₀¹ C(t; ℓ0 = x) dt, t = R/θ_E: nothing of the cluster is left in it.
    I is taken by a Gauss rule of 64 nodes.

    Parameters
    ----------
    f_b : float
        θ_b/θ_E, 0 < f_b <= 1.
    ell0_fraction : float
        x = ℓ0/θ_E, > 0.
    p, n : float
        Exponents of the window, > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    SI §13.5; `lensing.md` §3.
    """
    _check(f_b)
    window = Window(shape="rising", ell0=ell0_fraction, p=p, n=n)
    integral = 0.5 * float(window(0.5 * (1.0 + _NODES)) @ _WEIGHTS)
    return (1.0 - f_b) / (f_b * integral)


def closed_amplitude(f_b: float, ell0_fraction: float) -> float:
    """A_c for p = n = 2 in closed form, I = 1 − (a/2)[(1/a)/(1+1/a²) + arctan(1/a)] with a = ℓ0/θ_E.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """
    _check(f_b)
    if not (ell0_fraction > 0 and math.isfinite(ell0_fraction)):
        raise InvalidInput(f"ell0_fraction={ell0_fraction}: must be > 0")
    a = ell0_fraction
    integral = 1.0 - 0.5 * a * (a / (a * a + 1.0) + math.atan(1.0 / a))
    return (1.0 - f_b) / (f_b * integral)


def _check(f_b: float) -> None:
    if not 0 < f_b <= 1:
        raise InvalidInput(f"f_b={f_b}: must be > 0 and <= 1")
