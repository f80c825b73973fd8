"""Does the coherence length grow with the size of a structure by one law?"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, scalar, variable
from solvers.cmb.coherence_scaling import CoherenceScaling, coherence_scaling
from solvers.errors import InvalidInput
from solvers.inference.parameters import nearest


def scaling(points: Mapping[str, Mapping[str, Any]], published_slope: float = 0.94) -> xr.DataTree:
    """Fit ℓ₀ ∝ R^slope to sizes and coherence lengths.

    Parameters
    ----------
    points : mapping of str to mapping
        By structure its `size` R and its coherence `length` ℓ₀ [Mpc].
    published_slope : float
        What the source prints.

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/power_law`, `/tables/pairs`, and `notes`.

    Raises
    ------
    InvalidInput
        A point without size or length or with another key, or numbers that no power law takes.
    """
    for name, point in points.items():
        for key in point if isinstance(point, Mapping) else ():
            if key not in ("size", "length"):
                raise InvalidInput(f"points.{name}.{key}: unknown key{nearest(key, ('size', 'length'))}")
    names = list(points)
    size, length = (np.array([_number(name, points[name], key) for name in names]) for key in ("size", "length"))
    fit = coherence_scaling(size, length)
    data = xr.Dataset(
        {
            "structure": variable("structure", names, "", "structure"),
            "size": variable("structure", size, "Mpc", "size R"),
            "length": variable("structure", length, "Mpc", "coherence length l0"),
            "residual": variable("structure", fit.residuals, "", "ln l0 minus the fit"),
        }
    )
    model = xr.Dataset(
        {
            "slope": scalar(fit.slope, "", "exponent of l0 against R, least squares in the logarithms"),
            "slope_err": scalar(fit.slope_err, "", "its standard deviation; NaN for less than two degrees of freedom"),
            "length_at_1_mpc": scalar(fit.length_at_1_mpc, "Mpc", "l0 of the fit at R = 1 Mpc"),
            "decades": scalar(fit.decades, "", "decades in R that the points span"),
            "scaling_dof": scalar(fit.dof, "", "points minus two"),
        }
    )
    tree = run_tree(data=data, models={"power_law": model}, tables={"points": data, "pairs": _pairs(names, fit)})
    tree.attrs["notes"] = json.dumps(_notes(fit, len(names), published_slope))
    return tree


def _number(name: str, point: Mapping[str, Any], key: str) -> float:
    value = point.get(key) if isinstance(point, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value) or value <= 0:
        raise InvalidInput(f"points.{name}.{key}={value}: must be a number > 0 (Mpc)")
    return float(value)


def _pairs(names: list[str], fit: CoherenceScaling) -> xr.Dataset:
    pairs = [f"{names[i]} to {names[j]}" for i, j in fit.pairs]
    return xr.Dataset(
        {
            "pair": variable("pair", pairs, "", "two structures"),
            "slope": variable("pair", fit.pair_slopes, "", "exponent from these two alone"),
        }
    )


def _notes(fit: CoherenceScaling, n_points: int, published: float) -> list[str]:
    near = abs(fit.slope - published) < 0.005
    return [
        f"Slope {fit.slope:.5f}, l0(1 Mpc) = {fit.length_at_1_mpc:.4f} Mpc; the source prints {published:g}"
        f"{'' if near else ', which this fit does not round to'}.",
        f"{n_points} rounded points leave {fit.dof} degree{'' if fit.dof == 1 else 's'} of freedom; residuals of at "
        f"most {np.abs(fit.residuals).max():.3f} in ln l0 are no measure of significance.",
        f"The sizes span {fit.decades:.2f} decades; the source says 8.",
    ]
