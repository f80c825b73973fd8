"""The potential of a ring: ∫ dφ/√(R² + R'² − 2RR' cos φ) over a circle, in 1/kpc (any one unit of length will do).

The source writes 4/(R+R') K(m) with the **parameter** m = 4RR'/(R+R')², which scipy.special.ellipk takes; tables with
the modulus k take √m. Near R = R' 1 − m = ((R−R')/(R+R'))² must not be formed of m. The arithmetic-geometric mean of
R+R' and |R−R'| is K without either, K(m) = π/(2 agm(1, √(1−m))), and needs nothing but NumPy or CuPy's arithmetic.
"""

import math
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

_STEPS = 10
"""Steps of the mean. Its error falls as its square; |R−R'|/(R+R') of unequal floats is above 1e-17, where 8 will do."""


def ring_parameter(radius: Any, ring_radius: Any) -> Any:
    """The parameter m = 4RR'/(R+R')² of the elliptic integral, in [0, 1] (SI §2); see `ring_kernel`."""
    return 4.0 * radius * ring_radius / (radius + ring_radius) ** 2


def ring_kernel(radius: Any, ring_radius: Any) -> Any:
    """∫₀^{2π} dφ/√(R² + R'² − 2RR' cos φ) = 2π/agm(R+R', |R−R'|) [1/kpc].

    Parameters
    ----------
    radius, ring_radius : float or ndarray
        R and R' >= 0 [kpc], which broadcast.

    Returns
    -------
    float or ndarray
        Relative error below 2e-15; inf at R = R', where it diverges as −(2/R) ln|R−R'|.

    Raises
    ------
    InvalidInput
        A negative radius.

    References
    ----------
    SI §2; §6, "ring kernel expression". Abramowitz & Stegun 17.6.
    """
    for name, value in (("radius", radius), ("ring_radius", ring_radius)):
        if bool(np.any(value < 0)):
            raise InvalidInput(f"{name}: has a negative radius, must be >= 0")
    arithmetic, geometric = radius + ring_radius, abs(radius - ring_radius)
    apart = geometric > 0
    # Anything positive in place of 0: what comes out of it is not used.
    arithmetic, geometric = np.where(apart, arithmetic, 1.0), np.where(apart, geometric, 1.0)
    for _ in range(_STEPS):
        arithmetic, geometric = 0.5 * (arithmetic + geometric), np.sqrt(arithmetic * geometric)
    return np.where(apart, 2.0 * math.pi / arithmetic, math.inf)[()]
