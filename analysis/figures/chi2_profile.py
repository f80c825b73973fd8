"""χ² along a parameter, minimised over the others, with the other models as levels."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, models_with, panels_of, symbol_of

RANK = 20


def _profiles(tree: xr.DataTree) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """(model, parameter, axis, chi2) of every profile and every scan along one parameter."""
    found = []
    for name, model in models_with(tree, "chi2").items():
        for key in map(str, model.data_vars):
            if (key.startswith("profile_") or key == "chi2") and model[key].ndim == 1:
                (dim,) = model[key].dims
                parameter = str(dim) if key == "chi2" else key.removeprefix("profile_")
                found.append((name, parameter, model[dim].values, model[key].values))
    return found


def applies(tree: xr.DataTree) -> bool:
    """A run with a profile or a scan along one parameter."""
    return bool(_profiles(tree))


def draw(tree: xr.DataTree) -> Figure:
    """One panel for each profile."""
    profiles = _profiles(tree)
    levels = {name: m for name, m in models_with(tree, "chi2").items() if m["chi2"].ndim == 0}
    styles = line_styles(tree)
    figure, panels = panels_of(len(profiles), (5.4, 4.0))
    for panel, (name, parameter, axis, chi2) in zip(panels, profiles, strict=True):
        panel.plot(axis, chi2, color=styles[name]["color"], lw=2.0, label=label_of(tree, name))
        for other in (key for key in levels if key != name):
            panel.axhline(levels[other]["chi2"].item(), label=label_of(tree, other), **styles[other])
        if axis.min() > 0 and axis.max() / axis.min() > 100:
            panel.set_xscale("log")
        panel.set(xlabel=symbol_of(tree, name, parameter), ylabel="χ²")
        panel.legend()
    return figure
