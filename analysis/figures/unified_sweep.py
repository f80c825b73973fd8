"""A sweep of the unified kernel: mean change of the RMS and improved galaxies at its points, and of the cases."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import label_of, panels_of, symbol_of, table_of

RANK = 46
_PREFIX = "sweep_"
_MARKERS = "osD^vP*X"
_SIZE = 5.5
_MANY = 8


def applies(tree: xr.DataTree) -> bool:
    """A run with a sweep of the unified kernel."""
    return table_of(tree, "changes") is not None and bool(_sweeps(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each product: a point for each combination, coloured by its first parameter, and the cases."""
    sweeps, changes = _sweeps(tree), tree["tables/changes"].to_dataset()
    figure, panels = panels_of(len(sweeps), (6.2 if len(sweeps) == 1 else 4.6, 4.4), columns=2)
    for panel, (name, table) in zip(panels, sweeps.items(), strict=True):
        points = _draw_points(panel, tree, name, table)
        cases = _draw_cases(panel, name, changes, list(sweeps))
        panel.axvline(0.0, color="0.5", lw=0.9, ls=":", zorder=1)
        panel.set(xlabel="mean change of the RMS [km/s]", title=label_of(tree, name))
        panel.margins(x=0.06, y=0.1)
        panel.legend(handles=[*points, *cases], loc="best", fontsize="small")
    panels[0].set_ylabel("improved galaxies [%]")
    return figure


def _sweeps(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """By the name of the product."""
    tables = tree.children.get("tables")
    nodes = {} if tables is None else tables.children
    found = {key.removeprefix(_PREFIX): node.to_dataset() for key, node in nodes.items() if key.startswith(_PREFIX)}
    return {name: table for name, table in found.items() if {"mean_change", "improved"} <= set(table.data_vars)}


def _draw_points(panel: Axes, tree: xr.DataTree, name: str, table: xr.Dataset) -> list[Line2D]:
    """The combinations; their handles."""
    change, improved = table["mean_change"], 100.0 * table["improved"]
    dim = max(change.dims, key=lambda each: (table.sizes[each] > 1, -change.dims.index(each)))
    values, handles = table[dim].values, []
    for i, value in enumerate(values):
        style: dict[str, Any] = {"ls": "", "marker": "o", "ms": 3.6, "mew": 0.0, "alpha": 0.75}
        style["color"] = str(0.15 + 0.65 * (1.0 - i / max(len(values) - 1, 1)))
        unit = table[dim].attrs["units"]
        words = f"{symbol_of(tree, name, str(dim))} = {value:g}{' ' if unit else ''}{unit}"
        cells = (change.isel({dim: i}).values.ravel(), improved.isel({dim: i}).values.ravel())
        handles += panel.plot(*cells, label=words, zorder=2, **style)
    return handles if len(handles) <= _MANY else [handles[0], handles[-1]]


def _draw_cases(panel: Axes, name: str, changes: xr.Dataset, products: list[str]) -> list[Line2D]:
    """The product with its own numbers and its cases, those inside twice the reach of the sweep; their handles."""
    reach = 2.0 * max(abs(float(x)) for x in panel.dataLim.intervalx)
    handles: list[Line2D] = []
    far: list[Line2D] = []
    for own, x, y in zip(
        changes["model"].values, changes["mean_change"].values, changes["improved"].values, strict=True
    ):
        # The longest name that fits owns a case: `half_full` is one of `half`, not of another product.
        owner = max((p for p in products if str(own) == p or str(own).startswith(f"{p}_")), key=len, default=None)
        if owner != name or not np.isfinite(x):
            continue
        case = str(own).removeprefix(name).strip("_").replace("_", " ") or "own numbers"
        if abs(x) > reach:
            far.append(Line2D([], [], ls="", label=f"{case}: {x:+.1f} km/s, {100 * y:.0f} %"))
            continue
        i = len(handles)
        style: dict[str, Any] = {
            "ls": "",
            "marker": _MARKERS[(i + 1) % len(_MARKERS)],
            "ms": _SIZE,
            "color": f"C{i % 7}",
            "mec": "white",
        }
        handles += panel.plot([x], [100.0 * y], label=case, zorder=4, **style)
    return handles + far
