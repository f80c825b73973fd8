"""Coherence lengths against the sizes of structures, the power law through them, and what it leaves."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import line_styles, models_with

RANK = 18
_MODEL = "power_law"


def applies(tree: xr.DataTree) -> bool:
    """A run with sizes, coherence lengths and their power law."""
    data = tree.children.get("data")
    needed = ("structure", "size", "length", "residual")
    fitted = _MODEL in models_with(tree, "slope", "length_at_1_mpc")
    return fitted and data is not None and all(name in data for name in needed)


def draw(tree: xr.DataTree) -> Figure:
    """Both on logarithmic scales above, residuals in ln ℓ₀ below."""
    data, fit = tree["data"].to_dataset(), tree[f"models/{_MODEL}"].to_dataset()
    size, length, residual = (data[name].values for name in ("size", "length", "residual"))
    slope, at_1_mpc = fit["slope"].item(), fit["length_at_1_mpc"].item()
    grid = np.geomspace(size.min() / 4.0, size.max() * 8.0, 2)
    style = line_styles(tree)[_MODEL]

    figure = Figure(figsize=(5.6, 5.4))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1.0))
    upper.plot(grid, at_1_mpc * grid**slope, label=_formula(fit, size), **style)
    upper.plot(size, length, "o", ms=6, color="0.15", zorder=5)
    for name, x, y in zip(data["structure"].values, size, length, strict=True):
        upper.annotate(str(name), (x, y), (9, -4), textcoords="offset points", va="top")
    lower.axhline(0.0, **style)
    lower.plot(size, residual, "o", ms=6, color="0.15", zorder=5)
    reach = 1.4 * max(float(np.abs(residual).max()), 1e-3)
    upper.set(xscale="log", yscale="log", ylabel="coherence length ℓ₀ [Mpc]", xlim=(grid[0], grid[-1]))
    lower.set(xlabel="size $R$ [Mpc]", ylabel="ln ℓ₀ minus fit", ylim=(-reach, reach))
    upper.legend(loc="upper left")
    figure.align_ylabels()
    return figure


def _formula(fit: xr.Dataset, size: np.ndarray) -> str:
    """The power law with its numbers, and over how many decades it was seen."""
    error = fit["slope_err"].item() if "slope_err" in fit else np.nan
    slope = f"{fit['slope'].item():.3f}" + (rf"\pm{error:.3f}" if np.isfinite(error) else "")
    law = rf"$\ell_0 = {fit['length_at_1_mpc'].item():.3f}\,\mathrm{{Mpc}}\,(R/\mathrm{{Mpc}})^{{{slope}}}$"
    return f"{law}\n{size.size} points over {np.log10(size.max() / size.min()):.1f} decades in $R$"
