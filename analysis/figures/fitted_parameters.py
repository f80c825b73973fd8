"""Parameters that were fitted to every galaxy by itself: one against the other, those at a bound marked."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, models_with, prior_of, symbol_of

RANK = 31
_NEEDED = ("galaxy_best_fit", "galaxy_at_bound", "galaxy_chi2")
_BINS = 24


def applies(tree: xr.DataTree) -> bool:
    """A run in which two parameters of a model were fitted galaxy by galaxy."""
    return any(model.sizes["param"] == 2 for model in models_with(tree, *_NEEDED).values())


def draw(tree: xr.DataTree) -> Figure:
    """A row for each model, a panel for each choice of the baryons, distributions beside it."""
    models = {name: m for name, m in models_with(tree, *_NEEDED).items() if m.sizes["param"] == 2}
    baryons = [str(name) for name in next(iter(models.values()))["baryons"].values]
    figure = Figure(figsize=(4.6 * len(baryons), 4.2 * len(models)))
    grid = figure.add_gridspec(
        2 * len(models), 2 * len(baryons), width_ratios=(4, 1) * len(baryons), height_ratios=(1, 4) * len(models)
    )
    for row, (name, model) in enumerate(models.items()):
        for column, choice in enumerate(baryons):
            main = figure.add_subplot(grid[2 * row + 1, 2 * column])
            above = figure.add_subplot(grid[2 * row, 2 * column], sharex=main)
            beside = figure.add_subplot(grid[2 * row + 1, 2 * column + 1], sharey=main)
            _draw_pair(tree, name, model.sel(baryons=choice), main, above, beside)
            above.set_title(f"{label_of(tree, name)}, {choice}", fontsize="medium")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    return figure


def _draw_pair(tree: xr.DataTree, name: str, model: xr.Dataset, main: Axes, above: Axes, beside: Axes) -> None:
    keys = [str(key) for key in model["param"].values]
    x, y = model["galaxy_best_fit"].values
    bound = model["galaxy_at_bound"].values.any(axis=0) & np.isfinite(x)
    inside = np.isfinite(x) & ~bound
    main.plot(x[inside], y[inside], "o", ms=4, color="C0", alpha=0.7, label="minimum inside the ranges")
    main.plot(x[bound], y[bound], "x", ms=5, color="C1", alpha=0.8, clip_on=False, label="at an end of a range")
    main.text(
        0.97,
        0.96,
        f"{bound.sum()} of {bound.sum() + inside.sum()} at an end",
        transform=main.transAxes,
        ha="right",
        va="top",
        fontsize="small",
    )
    for key, axis, side, values in ((keys[0], "x", above, x), (keys[1], "y", beside, y)):
        low, high = prior_of(tree, name, key) or (np.nanmin(values), np.nanmax(values))
        is_log = low > 0 and high / low > 100.0
        edges = np.geomspace(low, high, _BINS + 1) if is_log else np.linspace(low, high, _BINS + 1)
        kwargs: dict[str, Any] = {"orientation": "horizontal"} if axis == "y" else {}
        side.hist([values[inside], values[bound]], list(edges), stacked=True, color=["C0", "C1"], alpha=0.7, **kwargs)
        side.set_axis_off()
        unit = str(model["param_unit"].sel(param=key).item())
        main.set(
            **{
                f"{axis}label": f"{symbol_of(tree, name, key)}{f' [{unit}]' if unit else ''}",
                f"{axis}scale": "log" if is_log else "linear",
                f"{axis}lim": (low, high),
            }
        )
