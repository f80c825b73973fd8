"""Gain in one coherence period of every gap event, run by run, over luminosity and over comoving distances."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from analysis.figures import table_of
from analysis.figures.gw_events import events_of, run_looks, scientific
from solvers.published.paper_10 import EPSILON

RANK = 22
_PANELS = {"epsilon": "over the luminosity distance", "epsilon_comoving": "over the comoving distance"}
_UNIT = 1e-7
"""Of the axis: with it the ticks are plain numbers."""
_TICKS = (1.0, 2.0, 3.0, 5.0)
_ALL = "all"
_WIDTH = 0.6
"""Of the points of a run, where runs are 1 apart."""


def applies(tree: xr.DataTree) -> bool:
    """A run with events in the gap, their epsilon and its statistics."""
    table = table_of(tree, "epsilon")
    needed = ("run", *_PANELS, *(f"{name}_cv" for name in _PANELS))
    has_table = table is not None and all(name in table for name in needed)
    events = events_of(tree, *_PANELS, "run")
    return has_table and events is not None and bool(np.isfinite(events["epsilon"]).any())


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each distance, in both of them runs side by side and then all events."""
    events, table = events_of(tree, *_PANELS, "run"), table_of(tree, "epsilon")
    assert events is not None
    assert table is not None
    figure = Figure(figsize=(max(8.2, 1.6 * table.sizes["run"]), 4.4))
    panels = figure.subplots(1, len(_PANELS), sharey=True)
    for panel, (name, title) in zip(panels, _PANELS.items(), strict=True):
        _draw_runs(panel, events, table, name)
        label = rf"published, $\epsilon = {scientific(EPSILON)}$"
        panel.axhline(EPSILON / _UNIT, color="black", ls="--", lw=1.2, zorder=1, label=label)
        panel.set_title(title, fontsize="medium")
        panel.set_xlabel("observing run; CV with ddof = 0")
    every = np.concatenate([events[name].values for name in _PANELS])
    _scale(panels[0], every[np.isfinite(every)] / _UNIT)
    panels[0].set_ylabel(rf"$\epsilon$ of gap events [$10^{{{round(np.log10(_UNIT))}}}$]")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def _draw_runs(panel: Axes, events: xr.Dataset, table: xr.Dataset, name: str) -> None:
    """Points of each run in the order of the catalogue, their median, and what the table says of their spread."""
    looks = run_looks(events) | {_ALL: {"color": "0.55", "marker": "o"}}
    names = [str(run) for run in table["run"].values]
    runs, values = events["run"].values, events[name].values / _UNIT
    for x, run in enumerate(names):
        own = values[np.isfinite(values) & ((runs == run) | (run == _ALL))]
        if own.size:
            places = x + _WIDTH * ((np.arange(own.size) + 0.5) / own.size - 0.5)
            panel.plot(places, own, ls="none", ms=5, mec="white", mew=0.4, zorder=3, **looks[run])
            median = table[name].sel(run=run).item() / _UNIT
            label = None if run != _ALL else "median"
            panel.plot(x + 0.4 * np.array([-1.0, 1.0]), [median, median], color="black", lw=2.2, zorder=2, label=label)
        cv = table[f"{name}_cv"].sel(run=run).item()
        words = f"CV {cv:.{1 if cv < 100.0 else 0}f} %" if np.isfinite(cv) else "no CV"
        text = f"N = {own.size}" + (f"\n{words}" if own.size else "")
        panel.text(x, 0.97, text, fontsize="small", ha="center", va="top", transform=panel.get_xaxis_transform())
    panel.set_xticks(range(len(names)), names)
    panel.tick_params(axis="x", which="minor", bottom=False, top=False)
    panel.set_xlim(-0.5, len(names) - 0.5)


def _scale(panel: Axes, values: np.ndarray) -> None:
    """Logarithmic where every value is above zero, with room for the texts above."""
    low, high = values.min(initial=EPSILON / _UNIT), values.max(initial=EPSILON / _UNIT)
    if low <= 0.0:
        panel.set_ylim(low - 0.08 * (high - low), high + 0.3 * (high - low))
        panel.axhline(0.0, color="0.7", lw=0.8, zorder=0)
        return
    panel.set(yscale="log", ylim=(low / 1.25, 1.25 * high * (high / low) ** 0.2))
    panel.yaxis.set_major_locator(LogLocator(subs=_TICKS))
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.yaxis.set_minor_formatter(NullFormatter())
