"""F_missing of galaxies against what every model gives for it, and against the dispersion that the models take."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from analysis.figures import label_of, line_styles, models_with, panels_of

RANK = 41
_POINTS: dict[str, Any] = {"ls": "", "marker": "o", "mew": 0.0, "zorder": 3}
_PUBLISHED: dict[str, Any] = {"ls": "", "marker": "o", "ms": 3.6, "mfc": "none", "mec": "0.6", "mew": 0.7, "zorder": 2}
_SUBS = (1.0, 2.0, 5.0)


def applies(tree: xr.DataTree) -> bool:
    """A run with F_missing of galaxies and predictions of it."""
    data = tree.children.get("data")
    return data is not None and {"missing_ratio", "sigma_v"} <= set(data.data_vars) and bool(_varying(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each model that is no constant, in which its RMS is said, and one over the dispersion."""
    data, models = tree["data"].to_dataset(), _varying(tree)
    observed = data["missing_ratio"].values
    low, high = 0.7 * observed.min(), 1.5 * observed.max()
    figure, panels = panels_of(len(models) + 1, (3.3, 3.15))
    for panel, (name, model) in zip(panels, models.items(), strict=False):
        color = line_styles(tree)[name]["color"]
        if "prediction_published" in model:
            panel.plot(model["prediction_published"], observed, label="published parameters", **_PUBLISHED)
        panel.plot(model["prediction"], observed, color=color, ms=4.0, alpha=0.75, **_POINTS)
        panel.plot([low, high], [low, high], color="0.2", lw=0.9, zorder=1, label="F as predicted")
        panel.set(
            xscale="log", xlim=_ends(models), xlabel=r"$F_\mathrm{missing}$ of the model", title=label_of(tree, name)
        )
        _ticks(panel, "x")
        panel.text(0.97, 0.03, _words(model), ha="right", va="bottom", fontsize="small", transform=panel.transAxes)
    last = panels[len(models)]
    last.plot(data["sigma_v"], observed, color="0.3", ms=4.0, alpha=0.75, **_POINTS)
    last.set(xscale="log", xlabel=r"$\sigma_v$ [km/s], as the models take it", title="over the dispersion")
    _ticks(last, "x")
    for i, panel in enumerate(panels):
        panel.set(yscale="log", ylim=(low, high))
        _ticks(panel, "y")
        panel.axhline(
            observed.mean(), color="0.5", lw=1.0, ls="--", zorder=1, label=f"mean of F, {observed.mean():.2f}"
        )
        if i % 3 == 0:
            panel.set_ylabel(r"$F_\mathrm{missing}$ of the galaxy")
    panels[0].plot([], [], color="0.3", ms=4.0, label="best parameters", **_POINTS)
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper left", ncols=4)
    return figure


def _varying(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """Models whose prediction is not the same for all galaxies."""
    found = models_with(tree, "prediction", "rms", "correlation")
    return {name: model for name, model in found.items() if np.ptp(model["prediction"].values) > 0}


def _ends(models: dict[str, xr.Dataset]) -> tuple[float, float]:
    """Of all predictions, with a little room: the same in all panels."""
    keys = ("prediction", "prediction_published")
    values = np.concatenate([model[key].values for model in models.values() for key in keys if key in model])
    values = values[values > 0]
    return 0.8 * float(values.min()), 1.25 * float(values.max())


def _words(model: xr.Dataset) -> str:
    return f"RMS {float(model['rms']):.2f}\nr = {float(model['correlation']):.3f}"


def _ticks(panel: Axes, axis: str) -> None:
    """1, 2 and 5 of every decade in plain numbers, fewer where there are many decades."""
    own = panel.xaxis if axis == "x" else panel.yaxis
    low, high = panel.get_xlim() if axis == "x" else panel.get_ylim()
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    subs = _SUBS if high / low < 300 else (1.0,)
    own.set_major_locator(FixedLocator([tick for d in decades for s in subs if low <= (tick := s * d) <= high]))
    own.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    own.set_minor_formatter(NullFormatter())
