"""The objective of a search over a grid against each parameter, at its best over the others, with K limited or not."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, models_with, panels_of, setting, symbol_of

RANK = 42
_LINES: dict[str, dict[str, Any]] = {
    "free": {"color": "C0", "ls": "-", "marker": "o", "ms": 4.5},
    "limited": {"color": "C1", "ls": "--", "marker": "s", "ms": 4.5, "mfc": "white"},
}
_MARKS: dict[str, dict[str, Any]] = {
    "differential_evolution": {"marker": "*", "color": "C0", "s": 110, "label": "best of the box"},
    "differential_evolution, constrained": {
        "marker": "*",
        "facecolor": "none",
        "edgecolor": "C1",
        "s": 210,
        "label": "the same with the limit",
    },
    "published": {"marker": "D", "color": "0.2", "s": 34, "label": "published"},
}
_WORDS = {
    "improvement_of_mean": "improvement of the mean RMS over general relativity",
    "mean_improvement": "mean over galaxies of the improvement of the RMS over general relativity",
}


def applies(tree: xr.DataTree) -> bool:
    """A run with an objective over a grid of parameters."""
    return bool(_gridded(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each parameter of every model with more than one value."""
    chosen = [
        (name, model, str(dim))
        for name, model in _gridded(tree).items()
        for dim in model["grid_objective"].dims
        if model.sizes[dim] > 1
    ]
    figure, panels = panels_of(len(chosen), (3.3, 2.9))
    for i, (panel, (name, model, parameter)) in enumerate(zip(panels, chosen, strict=True)):
        _draw_best(panel, tree, model, parameter)
        _draw_marks(panel, tree, name, model, parameter)
        unit = model[parameter].attrs["units"]
        panel.axhline(0.0, color="0.5", lw=0.9, ls=":", zorder=1, label="general relativity")
        panel.set(xlabel=symbol_of(tree, name, parameter) + (f" [{unit}]" if unit else ""))
        if i % 3 == 0:
            panel.set_ylabel("improvement [%]")
        if len(_gridded(tree)) > 1:
            panel.set_title(label_of(tree, name))
    handles, words = panels[0].get_legend_handles_labels()
    objective = str(setting(tree, "sim.objective", "improvement_of_mean"))
    title = f"{_WORDS.get(objective, objective)}, at the best of the other parameters"
    figure.legend(handles, words, loc="outside upper left", ncols=3, title=title, alignment="left")
    return figure


def best_along(model: xr.Dataset, parameter: str, limit: float | None = None) -> xr.DataArray:
    """The largest objective for each value of a parameter; NaN where the limit of K allows no point."""
    objective = model["grid_objective"]
    if limit is not None:
        objective = objective.where(np.abs(model["grid_solar_excess"]) < limit)
    return objective.max([dim for dim in objective.dims if dim != parameter])


def _gridded(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    found = models_with(tree, "grid_objective", "grid_solar_excess", "best_fit", "search")
    return {name: model for name, model in found.items() if model["grid_objective"].size > 1}


def _draw_best(panel: Axes, tree: xr.DataTree, model: xr.Dataset, parameter: str) -> None:
    limit = float(setting(tree, "solar_system.limit", 1e-10))
    exponent = np.log10(limit)
    shown = f"10^{{{exponent:.0f}}}" if exponent == round(exponent) else f"{limit:g}"
    for key, words, value in (("free", "grid", None), ("limited", rf"grid, $K(1\,\mathrm{{AU}}) < {shown}$", limit)):
        panel.plot(model[parameter], best_along(model, parameter, value), label=words, zorder=3, **_LINES[key])


def _draw_marks(panel: Axes, tree: xr.DataTree, name: str, model: xr.Dataset, parameter: str) -> None:
    """Where the other searches ended, at what they reached."""
    optima = tree["tables/optima"].to_dataset()
    own = optima["model"].values == name
    value = optima[str(setting(tree, "sim.objective", "improvement_of_mean"))].values[own]
    at = model["best_fit"].sel(param=parameter).values
    for search, x, y in zip(model["search"].values, at, value, strict=True):
        if str(search) in _MARKS:
            panel.scatter([x], [y], zorder=4, **_MARKS[str(search)])
