"""Masses of clusters inside 200 kpc: models against lensing, their ratio over redshift, and how it is spread."""

from typing import Any

import numpy as np
import xarray as xr
from astropy import units as u
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from analysis.figures import label_of, line_styles, models_with

RANK = 32
_MARKERS = "osD^vPX<>"
_BAND: dict[str, Any] = {"color": "0.9", "lw": 0.0, "zorder": 0}
_BIN = 0.1
"""Width of the bins of log10 of the ratio."""


def applies(tree: xr.DataTree) -> bool:
    """A run with masses and ratios of models along `cluster`, and lensing masses with redshifts."""
    data = tree.children.get("data")
    measured = data is not None and all(name in data and data[name].dims == ("cluster",) for name in ("m_sl", "z"))
    return measured and bool(_models(tree))


def draw(tree: xr.DataTree) -> Figure:
    """Three panels to one legend; the grey band is a factor of 2."""
    models, data = _models(tree), tree["data"].to_dataset()
    figure = Figure(figsize=(11.4, 4.4))
    masses, redshifts, spread = figure.subplots(1, 3, gridspec_kw={"wspace": 0.06})
    order = [name for name in tree["models"].children if name in models]
    for i, name in enumerate(order):
        style = {"color": line_styles(tree)[name]["color"], "marker": _MARKERS[i % len(_MARKERS)]}
        median = float(np.median(models[name]["ratio"].values))
        _draw_masses(masses, data, models[name], style)
        _draw_ratios(redshifts, data, models[name], style, f"{label_of(tree, name)} ({median:.2f})")
        _draw_spread(spread, models, name, line_styles(tree)[name])
    _frame_masses(masses, data, models)
    _frame_ratios(redshifts)
    _frame_spread(spread, data.sizes["cluster"])
    figure.legend(
        *redshifts.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=4,
        title="in brackets, and as lines in the middle: median ratio",
        alignment="left",
    )
    return figure


def _models(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    found = models_with(tree, "mass", "ratio")
    return {name: model for name, model in found.items() if model["ratio"].dims == model["mass"].dims == ("cluster",)}


def _mass(data: xr.Dataset, name: str) -> np.ndarray:
    """In 1e14 Msun."""
    return data[name].values * u.Unit(data[name].attrs["units"]).to("1e14 solMass")


def _draw_masses(panel: Axes, data: xr.Dataset, model: xr.Dataset, style: dict[str, Any]) -> None:
    error = _mass(data, "m_sl_err") if "m_sl_err" in data else None
    panel.errorbar(_mass(data, "m_sl"), _mass(model, "mass"), xerr=error, **_points(style))


def _draw_ratios(panel: Axes, data: xr.Dataset, model: xr.Dataset, style: dict[str, Any], label: str) -> None:
    """With the interval of each ratio where there is one."""
    ratio, error = model["ratio"].values, None
    if "ratio_low" in model and "ratio_high" in model:
        # A median of draws need not lie between the ends of few of them.
        ends = (ratio - model["ratio_low"].values, model["ratio_high"].values - ratio)
        error = np.maximum(np.stack(ends), 0.0)
    panel.errorbar(data["z"].values, ratio, yerr=error, label=label, **_points(style))
    panel.axhline(float(np.median(ratio)), color=style["color"], lw=1.1, alpha=0.75, zorder=1)


def _points(style: dict[str, Any]) -> dict[str, Any]:
    return style | {"ls": "none", "ms": 4.2, "mew": 0.5, "mec": "white", "elinewidth": 0.8, "zorder": 3}


def _draw_spread(panel: Axes, models: dict[str, xr.Dataset], name: str, style: dict[str, Any]) -> None:
    every = np.log10(np.concatenate([model["ratio"].values for model in models.values()]))
    first, last = np.floor(every.min() / _BIN), np.floor(every.max() / _BIN) + 1
    edges = _BIN * np.arange(first, last + 1)
    counts, _ = np.histogram(np.log10(models[name]["ratio"].values), edges)
    line = {"ls": style["ls"], "lw": style["lw"], "color": style["color"]}
    panel.stairs(counts, edges, baseline=0.0, zorder=2, **line)


def _frame_masses(panel: Axes, data: xr.Dataset, models: dict[str, xr.Dataset]) -> None:
    lens = _mass(data, "m_sl")
    drawn = np.concatenate([lens, *(_mass(model, "mass") for model in models.values())])
    x, y = (lens.min() / 1.3, lens.max() * 1.3), (drawn.min() / 1.3, drawn.max() * 1.3)
    line = np.array([min(x[0], y[0]), max(x[1], y[1])])
    panel.fill_between(line, line / 2.0, line * 2.0, **_BAND)
    panel.plot(line, line, color="0.35", lw=0.9, zorder=1)
    panel.set(xscale="log", yscale="log", xlim=x, ylim=y)
    for axis in (panel.xaxis, panel.yaxis):
        _plain_ticks(axis)
    unit = r"[$10^{14}\,M_\odot$]"
    panel.set(xlabel=f"lensing mass inside 200 kpc {unit}", ylabel=f"mass by the model {unit}")


def _frame_ratios(panel: Axes) -> None:
    panel.axhspan(0.5, 2.0, **_BAND)
    panel.axhline(1.0, color="0.35", lw=0.9, zorder=1)
    panel.set(yscale="log", xlabel="redshift $z$", ylabel="mass by the model / lensing mass")
    panel.set_ylim(min(0.4, panel.get_ylim()[0]), max(2.4, panel.get_ylim()[1]))
    _plain_ticks(panel.yaxis)


def _plain_ticks(axis: Axis) -> None:
    """Numbers at 1, 2 and 5 of each decade."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _frame_spread(panel: Axes, n_clusters: int) -> None:
    panel.axvspan(-np.log10(2.0), np.log10(2.0), **_BAND)
    panel.axvline(0.0, color="0.35", lw=0.9, zorder=1)
    panel.set(xlabel=r"log$_{10}$ of that ratio [dex]", ylabel=f"clusters in a bin of {_BIN:g} dex, of {n_clusters}")
    panel.yaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_ylim(0.0, None)
