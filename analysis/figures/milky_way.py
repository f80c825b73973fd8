"""Rotation curve of the Milky Way by every model, beside measured velocities and lines, for each of the baryons."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, models_with, panels_of, table_of

RANK = 27
_DASHES = ("--", ":", "-.")
"""Of the lines; models have colours."""


def applies(tree: xr.DataTree) -> bool:
    """A run with curves of models over the radius for several baryons, and measured circular velocities."""
    data = tree.children.get("data")
    measured = data is not None and all(name in data for name in ("radius", "v_c", "v_c_err"))
    return measured and bool(_models(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each of the baryons; what is drawn in black or grey was observed, or stands for it."""
    models = _models(tree)
    names = [str(name) for name in next(iter(models.values()))["baryons"].values]
    figure, panels = panels_of(len(names), (3.6, 3.8))
    for panel, name in zip(panels, names, strict=True):
        _draw_observed(panel, tree)
        for key, style in line_styles(tree).items():
            if key in models:
                own = models[key].sel(baryons=name)
                panel.plot(own["radius"], own["velocity"], label=label_of(tree, key), zorder=3, **style)
        panel.set_title(name.replace("_", " "), fontsize="medium")
        panel.set_xlabel("radius $R$ [kpc]")
        panel.set_ylim(_limits(tree, models))
        panel.set_xlim(0.0, None)
    panels[0].set_ylabel("circular velocity $V$ [km/s]")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=4)
    return figure


def _models(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    found = models_with(tree, "velocity", "radius", "baryons")
    return {key: model for key, model in found.items() if model["velocity"].dims == ("baryons", "radius")}


def _draw_observed(panel: Axes, tree: xr.DataTree) -> None:
    data, lines = tree["data"].to_dataset(), table_of(tree, "lines")
    errors = [data[name].values for name in ("v_c_err_lower", "v_c_err_upper") if name in data]
    yerr = np.stack(errors) if len(errors) == 2 else data["v_c_err"].values
    panel.errorbar(
        data["radius"], data["v_c"], yerr, fmt="o", ms=2.8, color="black", lw=0.9, zorder=4, label="measured"
    )
    if lines is not None:
        for i, line in enumerate(lines["line"].values):
            style: dict[str, Any] = {"color": "0.45", "ls": _DASHES[i % len(_DASHES)], "lw": 1.4, "zorder": 2}
            own = lines["velocity"].sel(line=line)
            panel.plot(lines["radius"], own, label=f"line {line}", **style)


def _limits(tree: xr.DataTree, models: dict[str, xr.Dataset]) -> tuple[float, float]:
    """What was measured, and the curves at these radii."""
    data = tree["data"].to_dataset()
    radius, observed = data["radius"].values, data["v_c"].values
    values = [observed]
    for model in models.values():
        there = (model["radius"] >= radius.min()) & (model["radius"] <= radius.max())
        values.append(model["velocity"].values[:, there.values].ravel())
    every = np.concatenate(values)
    return float(every.min()) - 12.0, float(every.max()) + 12.0
