"""χ² over two parameters, scanned or profiled, as contours of Δχ² above its minimum."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import label_of, models_with, panels_of, symbol_of
from outputs.posteriors import AXIS

RANK = 30
_LEVELS = (0.0, 2.296, 6.180, 11.829)
"""Δχ² of 68.3, 95.4 and 99.7 % for two parameters."""


def _surfaces(tree: xr.DataTree) -> list[tuple[str, xr.DataArray]]:
    """(model, chi2) of every scan and every profile over two parameters."""
    found = []
    for name, model in models_with(tree, "chi2").items():
        keys = [key for key in map(str, model.data_vars) if key == "chi2" or key.startswith("profile_")]
        found += [(name, model[key]) for key in keys if _is_surface(model[key])]
    return found


def _is_surface(chi2: xr.DataArray) -> bool:
    return chi2.ndim == 2 and min(chi2.shape) > 1 and bool(np.isfinite(chi2).any())


def applies(tree: xr.DataTree) -> bool:
    """A run with a scan or a profile over two parameters."""
    return bool(_surfaces(tree))


def draw(tree: xr.DataTree) -> Figure:
    """One panel for each model and pair."""
    surfaces = _surfaces(tree)
    figure, panels = panels_of(len(surfaces), (5.4, 4.2))
    for panel, (name, chi2) in zip(panels, surfaces, strict=True):
        y, x = chi2.dims
        delta = chi2.values - np.nanmin(chi2.values[np.isfinite(chi2.values)])
        image = panel.pcolormesh(chi2[x], chi2[y], np.sqrt(delta), cmap="cividis_r", shading="nearest", rasterized=True)
        panel.contour(chi2[x], chi2[y], delta, levels=_LEVELS[1:], colors="white", linewidths=1.0)
        for axis, dim in (("x", x), ("y", y)):
            values = chi2[dim].values
            if values.min() > 0 and values.max() / values.min() > 100:
                panel.set(**{f"{axis}scale": "log"})
        symbols = [symbol_of(tree, name, str(dim).removesuffix(AXIS)) for dim in (x, y)]
        panel.set(xlabel=symbols[0], ylabel=symbols[1], title=label_of(tree, name))
        figure.colorbar(image, ax=panel, label="√Δχ²")
    return figure
