"""Ratios of odd to even CMB peak heights: measured, aimed at, and of every model."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, table_of
from analysis.figures.bandpowers import MEASURED, TARGETS, draw_points, legend_above

RANK = 16
_WIDTH = 0.7
"""Of a group of points, where the groups are 1 apart."""
_MARKERS = "osD^vP<>"


def applies(tree: xr.DataTree) -> bool:
    """A run with a table of peak ratios."""
    ratios = table_of(tree, "ratios")
    return ratios is not None and all(name in ratios for name in ("source", "pair", "ratio", "ratio_err"))


def draw(tree: xr.DataTree) -> Figure:
    """One group of points for each ratio, with the measured value across it."""
    ratios = table_of(tree, "ratios")
    assert ratios is not None
    sources = _in_order(list(map(str, ratios["source"].values)))
    groups = np.arange(ratios.sizes["pair"])
    figure = Figure(figsize=(6.4, 4.6))
    panel = figure.subplots()
    for i, source in enumerate(sources):
        own = ratios.sel(source=source)
        x = groups + _WIDTH * ((i + 0.5) / len(sources) - 0.5)
        ratio, error = own["ratio"].values, own["ratio_err"].values
        draw_points(panel, x, ratio, error, **_look(tree, source, own))
        if source == MEASURED:
            panel.bar(groups, 2.0 * error, _WIDTH, ratio - error, color="0.85", zorder=0, label=f"{_title(tree)} ± 1σ")
    panel.set_xticks(groups, ratios["pair"].values)
    panel.tick_params(axis="x", which="minor", bottom=False, top=False)
    panel.set(xlim=(-0.5, groups[-1] + 0.5), ylabel="ratio of peak heights")
    legend_above(figure, [panel])
    return figure


def _in_order(sources: list[str]) -> list[str]:
    """What was measured and what was aimed at before the models."""
    first = [source for source in (MEASURED, TARGETS) if source in sources]
    return first + [source for source in sources if source not in first]


def _look(tree: xr.DataTree, source: str, own: xr.Dataset) -> dict[str, Any]:
    """Colour, marker and label of a source; models that only stand beside the comparison are fainter."""
    missing = [str(pair) for pair in own["pair"].values[np.isnan(own["ratio"].values)]]
    without = f" (no {', '.join(missing)})" if missing else ""
    if source == MEASURED:
        return {"marker": "o", "ms": 4, "color": "black", "label": _title(tree) + without}
    if source == TARGETS:
        return {"marker": "x", "ms": 7, "mew": 1.8, "color": "black", "label": f"targets of the source{without}"}
    names = list(tree["models"].children)
    model = tree[f"models/{source}"].to_dataset()
    modes = ", amplitudes of its modes" if "mode_height" in model else ""
    return {
        "marker": _MARKERS[names.index(source) % len(_MARKERS)],
        "ms": 6,
        "color": line_styles(tree)[source]["color"],
        "alpha": 1.0 if modes or source == _template(tree) else 0.45,
        "label": f"{label_of(tree, source)}{modes}{without}",
    }


def _title(tree: xr.DataTree) -> str:
    """What was measured, as the data call themselves."""
    data = tree.children.get("data")
    return MEASURED if data is None else str(data.attrs.get("title", MEASURED)).removesuffix(" band powers")


def _template(tree: xr.DataTree) -> str | None:
    """The first model of a Boltzmann code."""
    return next((name for name, node in tree["models"].children.items() if "rdrag" in node), None)
