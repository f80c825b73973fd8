"""Einstein angles from tables, in JAX: arcsec, of all lenses at once, with derivatives.

The radius is found by Newton's method in ln u; its derivatives come from the implicit-function theorem and not through
the steps. Import this module only where the extra `nuts` is wanted.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from solvers.clusters.geometry import arcsec
from solvers.clusters.population.tables import ConvergenceTables, hermite
from solvers.extras import jax_64

jax = jax_64()
jnp = jax.numpy

__all__ = ["einstein_angles"]

_STEPS = 3
"""Newton steps from the straight line through the cell, which is off by 1e-4 of it: two reach rounding."""

_LEAST = 1e-12
"""What stands for 1 − κ_ext where it is not positive; that draw is left out."""


def einstein_angles(tables: ConvergenceTables) -> Callable[[Any, Any, Any, Any], tuple[Any, Any]]:
    """A function of A, ln ℓ0, ln q and κ_ext, each of shape (n_lenses,), that returns θ_E and whether it is there.

    θ_E [arcsec] is that of `einstein_angle`; it and its derivatives are finite also where the second array is False,
    so that they can be replaced without NaN in a gradient. Below A = 0 it stays, with derivative 0.

    Parameters
    ----------
    tables : ConvergenceTables
        Of the sample.

    References
    ----------
    `clusters.md` §5.
    """
    fixed = {
        "u0": float(tables.ln_u[0]),
        "ell0": float(tables.ln_ell0[0]),
        "step_u": float(tables.ln_u[1] - tables.ln_u[0]),
        "step_ell": float(tables.ln_ell0[1] - tables.ln_ell0[0]),
    }
    scale = np.array([float(arcsec(1.0, D_l)) for D_l in tables.D_l.tolist()])
    each = jax.vmap(_radius_of(fixed, tables.ln_ell0.size, tables.ln_u.size), in_axes=((0, 0), 0))

    def angles(amplitude: Any, ln_ell0: Any, ln_q: Any, kappa_ext: Any) -> tuple[Any, Any]:
        # Not jnp.maximum, whose derivative at 0 is one half.
        positive = jnp.where(amplitude > 0.0, amplitude, 0.0)
        ln_u, found = each(
            (jnp.asarray(tables.baryons), jnp.asarray(tables.windowed)),
            jnp.stack([positive, ln_ell0, ln_q, kappa_ext], axis=-1),
        )
        return scale * jnp.exp(ln_u - ln_q / 3.0), found

    return angles


def _radius_of(fixed: dict[str, float], n_ell: int, n_u: int) -> Callable[[Any, Any], tuple[Any, Any]]:
    """(ln u, found) of one lens as a function of its tables and (A, ln ℓ0, ln q, κ_ext)."""
    step_u, step_ell = fixed["step_u"], fixed["step_ell"]

    def cell_of(place: Any, number: int) -> Any:
        return jnp.clip(jax.lax.stop_gradient(place).astype(int), 0, number - 2)

    def ell_place(x: Any) -> Any:
        return (x[1] + x[2] / 3.0 - fixed["ell0"]) / step_ell

    def ln_target(x: Any) -> Any:
        return jnp.log(jnp.maximum(1.0 - x[3], _LEAST)) - 2.0 / 3.0 * x[2]

    def along_ell(windowed: Any, x: Any) -> tuple[Any, Any]:
        """ln K_C and its slope in ln u, at the points of `windowed` in u."""
        place = ell_place(x)
        i = cell_of(place, n_ell)
        low, high = windowed[:, i], windowed[:, i + 1]
        return (
            hermite(place - i, step_ell, (low[0], high[0]), (low[2], high[2])),
            hermite(place - i, step_ell, (low[1], high[1]), (low[3], high[3])),
        )

    def ends_of(arrays: Any, j: Any, x: Any) -> tuple[Any, Any]:
        """Values and slopes in ln u, of ln K_b and of ln K_C, at both ends of the cell j."""
        baryons = jax.lax.dynamic_slice_in_dim(arrays[0], j, 2, axis=1)
        return baryons, along_ell(jax.lax.dynamic_slice_in_dim(arrays[1], j, 2, axis=2), x)

    def excess(ends: Any, t: Any, x: Any) -> Any:
        """ln of the mean convergence over what it must be, at the fraction t of a cell."""
        ln_b, ln_c = (hermite(t, step_u, (v[0], v[1]), (d[0], d[1])) for v, d in ends)
        return jnp.log(jnp.exp(ln_b) + x[0] * jnp.exp(ln_c)) - ln_target(x)

    slope_in_t = jax.grad(excess, argnums=1)

    def search(arrays: Any, x: Any) -> tuple[Any, Any, Any]:
        """The cell, the fraction of it and whether the condition is met."""
        values, _ = along_ell(arrays[1], x)
        inside = jnp.exp(arrays[0][0]) + x[0] * jnp.exp(values) >= jnp.exp(ln_target(x))
        last = n_u - 1 - jnp.argmax(inside[::-1])
        place = ell_place(x)
        found = inside.any() & (last < n_u - 1) & (x[3] < 1.0) & (place >= 0.0) & (place <= n_ell - 1)
        j = jnp.where(found, jnp.minimum(last, n_u - 2), n_u // 2)
        ends = ends_of(arrays, j, x)
        first = excess(ends, 0.0, x)
        t = jnp.clip(first / jnp.where(found, first - excess(ends, 1.0, x), 1.0), 0.0, 1.0)
        for _ in range(_STEPS):
            t = jnp.clip(t - excess(ends, t, x) / jnp.where(found, slope_in_t(ends, t, x), -1.0), 0.0, 1.0)
        return j, t, found

    def ln_u_of(j: Any, t: Any) -> Any:
        return fixed["u0"] + (j + t) * step_u

    @jax.custom_jvp
    def radius(arrays: Any, x: Any) -> tuple[Any, Any]:
        j, t, found = search(arrays, x)
        return ln_u_of(j, t), found

    @radius.defjvp
    def radius_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
        arrays, x = primals
        j, t, found = search(arrays, x)
        _, change = jax.jvp(lambda y: excess(ends_of(arrays, j, y), t, y), (x,), (tangents[1],))
        slope = jnp.where(found, slope_in_t(ends_of(arrays, j, x), t, x), -1.0)
        no_tangent = np.zeros(jnp.shape(found), dtype=jax.dtypes.float0)
        return (ln_u_of(j, t), found), (-step_u * change / slope, no_tangent)

    return radius
