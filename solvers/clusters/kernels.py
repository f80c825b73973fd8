"""How the law raises the lensing of a cluster: windows in projection, or Σ-Gravity point by point in the sphere.

Radii in kpc, masses in Msun, accelerations in (km/s)²/kpc.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.constants import G_KPC
from solvers.errors import InvalidInput
from solvers.laws.base import Law

__all__ = ["WINDOWS", "Window", "enhanced_surface_density", "pointwise_density", "pointwise_mass"]

WINDOWS = ("rising", "interior", "exponential", "power", "uniform")
"""Shapes of C(R). The source prints `rising`, which is 0 at the centre; its triaxial script uses `interior`."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """C(R) between 0 and 1, in Σ_eff = Σ (1 + A C).

    Parameters
    ----------
    shape : {"interior", "rising", "exponential", "power", "uniform"}
        [1+(R/ℓ0)^p]^−n, one minus that, exp(−R/ℓ0), √(ℓ0/(ℓ0+R)), or 1.
    ell0 : float
        ℓ0 [kpc], > 0.
    p, n : float
        Exponents of the first two, > 0.

    Raises
    ------
    InvalidInput
        An unknown shape, or a number that is not positive.

    References
    ----------
    `lensing.md` §3, `clusters.md` §5.
    """

    shape: str = "interior"
    ell0: float = 200.0
    p: float = 2.0
    n: float = 2.0

    def __post_init__(self) -> None:
        if self.shape not in WINDOWS:
            raise InvalidInput(f"window={self.shape!r}: must be one of {', '.join(WINDOWS)}")
        for name in ("ell0", "p", "n"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")

    def __call__(self, radius: Any) -> np.ndarray:
        """C at R >= 0 [kpc], in its shape."""
        y = np.asarray(radius, dtype=float) / self.ell0
        if self.shape == "exponential":
            return np.exp(-y)
        if self.shape == "power":
            return np.sqrt(1.0 / (1.0 + y))
        if self.shape == "uniform":
            return np.ones(y.shape)
        exponent = -self.n * np.log1p(y**self.p)
        # expm1 keeps the digits of the rising window near the centre.
        return np.exp(exponent) if self.shape == "interior" else -np.expm1(exponent)


def enhanced_surface_density(
    surface: Callable[[np.ndarray], np.ndarray], amplitude: float, window: Window
) -> Callable[[np.ndarray], np.ndarray]:
    """Σ_eff(R) = Σ(R) [1 + A C(R)] as a function of R [kpc].

    Parameters
    ----------
    surface : callable
        Σ [Msun/kpc²] at R [kpc].
    amplitude : float
        A >= 0.
    window : Window
        C(R).

    Raises
    ------
    InvalidInput
        A negative amplitude.
    """
    _check_amplitude(amplitude)
    return lambda radius: surface(radius) * (1.0 + amplitude * window(radius))


def pointwise_mass(r: Any, mass: Any, amplitude: float, law: Law, g_dagger: float, G: float = G_KPC) -> np.ndarray:
    """M_eff(<r) = [1 + A h(g/g†)] M(<r) with g = G M/r² [Msun]; it grows as r where g is small.

    Parameters
    ----------
    r : array_like
        r > 0 [kpc].
    mass : array_like
        M(<r) > 0 of the baryons [Msun], in the shape of `r`.
    amplitude : float
        A >= 0.
    law : Law
        Has h(x).
    g_dagger : float
        g† > 0 [(km/s)²/kpc].
    G : float
        Gravitational constant [kpc (km/s)²/Msun].

    Raises
    ------
    InvalidInput
        A number out of its range: without mass there is no g at which to take h.
    """
    return mass * (1.0 + amplitude * law.h(_x(r, mass, amplitude, g_dagger, G)))


def pointwise_density(
    r: Any, density: Any, mass: Any, amplitude: float, law: Law, g_dagger: float, G: float = G_KPC
) -> np.ndarray:
    """ρ_eff = (dM_eff/dr)/(4πr²) [Msun/kpc³], of which the slope of h is taken in closed form.

    With s = d ln h/d ln x it is ρ [1 + A h (1+s)] − A h s M/(2πr³). Its projection depends on where it ends, as M_eff
    has no limit: store r_max.

    Parameters
    ----------
    r, mass, amplitude, law, g_dagger, G
        As in `pointwise_mass`; of `law` also the slope is taken.
    density : array_like
        ρ of the baryons [Msun/kpc³], in the shape of `r`.

    References
    ----------
    `lensing.md` §3.
    """
    x = _x(r, mass, amplitude, g_dagger, G)
    enhancement, slope = amplitude * law.h(x), law.log_slope(x)
    phantom = -enhancement * slope * mass / (2.0 * math.pi * np.asarray(r, dtype=float) ** 3)
    return density * (1.0 + enhancement * (1.0 + slope)) + phantom


def _x(r: Any, mass: Any, amplitude: float, g_dagger: float, G: float) -> np.ndarray:
    """g/g† at radii inside of which there are masses."""
    r, mass = np.asarray(r, dtype=float), np.asarray(mass, dtype=float)
    _check_amplitude(amplitude)
    for name, number in (("r", r), ("mass", mass), ("g_dagger", g_dagger), ("G", G)):
        if not np.all((number > 0) & np.isfinite(number)):
            raise InvalidInput(f"{name}: must be > 0 and finite")
    return G * mass / (r * r * g_dagger)


def _check_amplitude(amplitude: float) -> None:
    if not (amplitude >= 0 and math.isfinite(amplitude)):
        raise InvalidInput(f"amplitude={amplitude:g}: must be >= 0")
