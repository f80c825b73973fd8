"""Improvement of every model over general relativity, galaxy by galaxy, and the two means that are quoted of it."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from analysis.figures import label_of, line_styles, models_with, panels_of, table_of
from analysis.figures.rotation_curves import choices_of, title_of

RANK = 39
_LOW = -150.0
"""Where the axis begins [per cent]; galaxies below it are counted. It ends at 100."""
_SHARES = (5.0, 16.0, 50.0, 84.0, 95.0)
_NEEDED = ("baryons", "model", "improvement_of_mean", "mean_improvement", "improved")


def applies(tree: xr.DataTree) -> bool:
    """A run with the improvement of every galaxy in models, and their two means in a table."""
    table = table_of(tree, "harness")
    return table is not None and all(name in table for name in _NEEDED) and bool(_models(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each choice of the baryons, a row for each model: dots are galaxies."""
    models, table = _models(tree), table_of(tree, "harness")
    assert table is not None
    choices = choices_of(models)
    figure, panels = panels_of(len(choices), (5.2, 0.9 + 0.46 * len(models)), columns=2)
    for panel, choice in zip(panels, choices, strict=True):
        for row, (name, model) in enumerate(models.items()):
            each = model["improvement"].sel(baryons=choice).values
            _draw_row(panel, row, each[np.isfinite(each)], line_styles(tree)[name]["color"])
            found = (table["baryons"].values == choice) & (table["model"].values == name)
            means = {key: float(table[key].values[found][0]) for key in _NEEDED[2:]}
            _draw_means(panel, row, means)
        panel.axvline(0.0, color="0.5", lw=0.8, zorder=0)
        panel.set_title(title_of(tree, choice), fontsize="medium")
        panel.set(xlim=(_LOW, 100.0), ylim=(len(models) - 0.4, -0.6), xlabel="improvement of the RMS [%]")
        panel.tick_params(axis="y", which="both", left=False, right=False)
        labels = [label_of(tree, name) for name in models]
        panel.set_yticks(range(len(models)), labels if panel is panels[0] else [""] * len(models))
    _explain(panels[0])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _models(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """Models other than the reference, whose improvements are all zero."""
    found = models_with(tree, "improvement", "baryons")
    return {name: model for name, model in found.items() if np.nan_to_num(model["improvement"].values).any()}


def _draw_row(panel: Axes, row: int, each: np.ndarray, color: str) -> None:
    """Galaxies as dots, bars over the central 68 and 90 %, a stroke at the median."""
    if not each.size:
        return
    # Heights by rank repeat from run to run, as random ones do not.
    heights = row + 0.22 * np.sin(2.4 * np.arange(each.size))
    panel.plot(np.sort(each), heights, ls="none", marker=".", ms=2.5, color=color, alpha=0.5, zorder=1)
    low, inner_low, median, inner_high, high = np.percentile(each, _SHARES)
    panel.plot([low, high], [row, row], color="0.15", lw=0.8, zorder=2)
    panel.plot([inner_low, inner_high], [row, row], color="0.15", lw=2.6, solid_capstyle="butt", zorder=2)
    panel.plot([median], [row], **_MEDIAN)
    beyond = int(np.count_nonzero(each < _LOW))
    if beyond:
        panel.text(_LOW + 2.0, row - 0.24, f"← {beyond}", va="bottom", fontsize="small", color="0.25")


_MEDIAN: dict[str, Any] = {"marker": "|", "ms": 11, "mew": 2.0, "color": "0.15", "ls": "none", "zorder": 3}
_OF_MEAN: dict[str, Any] = {"marker": "D", "ms": 5.5, "mfc": "white", "mec": "black", "ls": "none", "zorder": 4}
_MEAN_OF: dict[str, Any] = {"marker": "o", "ms": 5.5, "mfc": "black", "mec": "white", "ls": "none", "zorder": 4}


def _draw_means(panel: Axes, row: int, means: dict[str, float]) -> None:
    panel.plot([means["improvement_of_mean"]], [row], **_OF_MEAN)
    panel.plot([means["mean_improvement"]], [row], **_MEAN_OF)
    place = blended_transform_factory(panel.transAxes, panel.transData)
    panel.text(1.015, row, f"{means['improved']:.0f} %", va="center", fontsize="small", transform=place)


def _explain(panel: Axes) -> None:
    """Empty handles for the legend."""
    dots: dict[str, Any] = {"ls": "none", "marker": ".", "ms": 4, "color": "0.4"}
    panel.plot([], [], label="a galaxy; ← n are farther left", **dots)
    panel.plot([], [], color="0.15", lw=2.6, label="central 68 %, thin 90 %")
    panel.plot([], [], label="median", **_MEDIAN)
    panel.plot([], [], label="of the mean RMS", **_OF_MEAN)
    panel.plot([], [], label="mean over galaxies", **_MEAN_OF)
    panel.plot([], [], ls="none", label="right margin: share that improves")
