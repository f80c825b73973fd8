"""Radial acceleration relation: all points, their medians, and what every model gives for them."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from analysis.figures import label_of, line_styles, panels_of
from analysis.figures.rotation_curves import (
    Binned,
    binned,
    choices_of,
    counted,
    curves_of,
    legend_of,
    log10,
    rotations_of,
    title_of,
)

RANK = 23
_DATA_WIDTH, _MODEL_WIDTH = 0.25, 0.1
"""Of bins of log10 g_bar. A function of g_bar alone has a band as wide as it rises in a bin: those are narrow."""
_GREYS = LinearSegmentedColormap.from_list("points", ["0.91", "0.35"])
_DATA: dict[str, Any] = {"fmt": "o", "ms": 4.5, "color": "black", "mfc": "white", "mew": 1.2, "lw": 1.2, "zorder": 6}
_BAND: dict[str, Any] = {"alpha": 0.2, "lw": 0.0, "zorder": 3}


def applies(tree: xr.DataTree) -> bool:
    """A run with observed accelerations, those by the baryons, and rotations of models."""
    return curves_of(tree, accelerations=True) is not None and bool(rotations_of(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each choice of the baryons, all to the same scales."""
    data, models = curves_of(tree, accelerations=True), rotations_of(tree)
    assert data is not None
    limits = [_limits(data[name].values) for name in ("g_bar", "g_obs")]
    choices = choices_of(models)
    figure, panels = panels_of(len(choices), (5.4 if len(choices) == 1 else 4.4, 4.9), columns=2)
    cells = []
    for panel, choice in zip(panels, choices, strict=True):
        own = data.sel(baryons=choice)
        panel.set(xscale="log", yscale="log", xlabel=r"$g_\mathrm{bar}$ [m/s²]", title=title_of(tree, choice))
        cells.append(_draw_points(panel, own, limits))
        ends = np.array([min(limits[0][0], limits[1][0]), max(limits[0][1], limits[1][1])])
        panel.plot(ends, ends, color="0.2", lw=0.9, zorder=2, label=r"$g_\mathrm{obs} = g_\mathrm{bar}$")
        for name, model in models.items():
            style = line_styles(tree)[name]
            _draw_track(panel, track(own, model.sel(baryons=choice)), label_of(tree, name), style)
        panel.fill_between([], [], color="0.2", label="models, central 68 %", **_BAND)
        panel.set(xlim=limits[0], ylim=limits[1])
    panels[0].set_ylabel(r"$g_\mathrm{obs}$, of models $g_\mathrm{obs} (V/V_\mathrm{obs})^2$ [m/s²]")
    most = max(float(cell.get_array().max()) for cell in cells if cell.get_array().size)  # type: ignore[union-attr]
    for cell in cells:
        cell.set_norm(LogNorm(1.0, max(most, 2.0)))
    scale = figure.colorbar(cells[0], ax=panels, label="points in a cell", aspect=35, pad=0.015).ax.yaxis
    scale.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    scale.set_major_formatter(StrMethodFormatter("{x:g}"))
    scale.set_minor_formatter(NullFormatter())
    legend_of(figure, panels[0], columns=3 if len(panels) > 1 else 2)
    return figure


def track(own: xr.Dataset, model: xr.Dataset) -> Binned:
    """log10 of the accelerations that a model gives at the observed points, in bins of log10 g_bar."""
    predicted = own["g_obs"].values * (model["velocity"].values / own["v_obs"].values) ** 2
    return binned(log10(own["g_bar"].values), log10(predicted), _MODEL_WIDTH)


def _limits(values: np.ndarray) -> tuple[float, float]:
    """All values above zero, with a little room."""
    values = values[values > 0]
    return 0.7 * float(values.min()), 1.4 * float(values.max())


def _draw_points(panel: Axes, own: xr.Dataset, limits: list[tuple[float, float]]) -> PolyCollection:
    """Cells with numbers of points, and medians over them with bars to the 16 and 84 % percentiles."""
    x, y = log10(own["g_bar"].values), log10(own["g_obs"].values)
    shown = np.isfinite(x) & np.isfinite(y)
    box = tuple(float(np.log10(end)) for pair in limits for end in pair)
    cells = panel.hexbin(
        10.0 ** x[shown],
        10.0 ** y[shown],
        gridsize=(44, 25),
        xscale="log",
        yscale="log",
        extent=box,  # type: ignore[arg-type]
        mincnt=1,
        cmap=_GREYS,
        norm=LogNorm(1.0, 2.0),
        linewidths=0.1,
        zorder=1,
    )
    found = binned(x, y, _DATA_WIDTH)
    bars = 10.0**found.median - 10.0**found.low, 10.0**found.high - 10.0**found.median
    panel.errorbar(10.0**found.x, 10.0**found.median, bars, label="observed, median and central 68 %", **_DATA)
    outside = int(np.count_nonzero(own["g_bar"].values <= 0))
    words = counted(own, shown) + (f"\nnot shown: {outside} with $g_\\mathrm{{bar}} = 0$" if outside else "")
    panel.text(0.97, 0.03, words, ha="right", va="bottom", fontsize="small", color="0.25", transform=panel.transAxes)
    return cells


def _draw_track(panel: Axes, found: Binned, label: str, style: dict[str, Any]) -> None:
    x = 10.0**found.x
    panel.fill_between(x, 10.0**found.low, 10.0**found.high, color=style["color"], **_BAND)
    panel.plot(x, 10.0**found.median, label=label, zorder=5, **style)
