"""Surface density of a cluster that is not round, under a model: kpc, Msun/kpc²."""

import math
from collections.abc import Callable

import numpy as np
from scipy.interpolate import CubicSpline

from solvers.clusters.baryons import ClusterBaryons
from solvers.clusters.enhancements import LensModel, NoEnhancement, WindowedEnhancement
from solvers.clusters.geometry import CODATA, LensConstants
from solvers.clusters.kernels import Window, enhanced_surface_density
from solvers.clusters.projection import surface_density
from solvers.clusters.triaxial import Triaxial
from solvers.errors import InvalidInput

__all__ = ["round_galaxy_surface", "tabulated_surface", "triaxial_surface"]

Surface = Callable[[np.ndarray], np.ndarray]

_STEP = 0.02
_INNERMOST, _OUTERMOST = 1e-8, 0.98
"""Range of the table of Σ over r_max; near the end Σ is no power of anything."""


def triaxial_surface(
    model: LensModel, baryons: ClusterBaryons, shape: Triaxial, constants: LensConstants = CODATA
) -> Surface:
    """Mean Σ_eff [Msun/kpc²] on circles of radius R [kpc].

    With a window in projection the baryons have the shape, and the window is that of R. Otherwise the sphere that the
    model gives has it: Σ(g) is not solved in a field without symmetry.

    Parameters
    ----------
    model : LensModel
        With numbers for all parameters.
    baryons : ClusterBaryons
        Gas and stars of the sphere.
    shape : Triaxial
        Axis ratios, and what they leave alone.
    constants : LensConstants
        G, and the kiloparsec in m.

    References
    ----------
    `lensing.md` §4.
    """
    if not isinstance(model, WindowedEnhancement):
        sphere = _as_needed(model.surface_density(baryons, constants), baryons, shape)
        return lambda radius: shape.circular_surface_density(sphere, radius)
    own = _as_needed(NoEnhancement().surface_density(baryons, constants), baryons, shape)
    return _windowed(model, lambda radius: shape.circular_surface_density(own, radius))


def round_galaxy_surface(model: WindowedEnhancement, baryons: ClusterBaryons, shape: Triaxial) -> Surface:
    """The same where gas and intracluster light have the shape, and the brightest galaxy stays round.

    Raises
    ------
    InvalidInput
        A model without a window in projection.

    References
    ----------
    `lensing.md` §4, the reading of the public script.
    """
    if not isinstance(model, WindowedEnhancement):
        raise InvalidInput("model: must have a window in projection")

    def outer(r: np.ndarray) -> np.ndarray:
        return baryons.gas_density(r) + baryons.icl.density(r)

    stretched = _as_needed(lambda radius: surface_density(outer, radius, baryons.r_max), baryons, shape)

    def own(radius: np.ndarray) -> np.ndarray:
        galaxy = surface_density(baryons.bcg.density, radius, baryons.r_max)
        return shape.circular_surface_density(stretched, radius) + galaxy

    return _windowed(model, own)


def tabulated_surface(surface: Surface, r_max: float) -> Surface:
    """Σ as a cubic spline of ln Σ over ln R from 1e-8 to 0.98 r_max [kpc]; outside of them Σ itself.

    Relative error below 1e-7 inside 0.2 r_max, and 2e-6 near a kink of the density. It saves time where Σ is asked for
    often.

    Raises
    ------
    InvalidInput
        Σ that is not positive there.
    """
    steps = math.ceil(math.log(_OUTERMOST / _INNERMOST) / _STEP)
    x = np.log(r_max) + np.linspace(math.log(_INNERMOST), math.log(_OUTERMOST), steps + 1)
    values = surface(np.exp(x))
    if not np.all(values > 0):
        raise InvalidInput(f"surface: must be > 0 from {math.exp(x[0]):g} to {math.exp(x[-1]):g} kpc")
    table = CubicSpline(x, np.log(values))

    def looked_up(radius: np.ndarray) -> np.ndarray:
        ln_r = np.log(np.asarray(radius, dtype=float))
        outside = (ln_r < x[0]) | (ln_r > x[-1])
        found = np.exp(table(np.clip(ln_r, x[0], x[-1])))
        if outside.any():
            found[outside] = surface(np.asarray(radius)[outside])
        return found

    return looked_up


def _as_needed(sphere: Surface, baryons: ClusterBaryons, shape: Triaxial) -> Surface:
    """Σ of the sphere, tabulated where every circle needs it at many angles."""
    return sphere if shape.q_p == 1.0 else tabulated_surface(sphere, baryons.r_max)


def _windowed(model: WindowedEnhancement, surface: Surface) -> Surface:
    p = model.joined({})
    window = Window(shape=model.window, ell0=float(p["ell0"]), p=float(p["p"]), n=float(p["n"]))
    return enhanced_surface_density(surface, float(p["amplitude"]), window)
