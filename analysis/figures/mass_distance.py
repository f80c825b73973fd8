"""Total masses against distances of gravitational-wave events, with the gap, binned medians and coherence tracks."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from analysis.figures import models_with, setting, table_of
from analysis.figures.gw_events import events_of, run_looks, scientific

RANK = 21
_DISTANCE, _MASS = "luminosity_distance", "total_mass_source"
_ALL = "all"
_BARS: dict[str, Any] = {"fmt": "none", "elinewidth": 0.6, "alpha": 0.25}
_DASHES = ("-", "-.", ":", (0, (3, 1, 1, 1, 1, 1)), (0, (1, 3)))
"""Of tracks; dashes are left to the gap."""


def applies(tree: xr.DataTree) -> bool:
    """A run with masses, distances and observing runs of events."""
    return events_of(tree, _DISTANCE, _MASS, "run") is not None


def draw(tree: xr.DataTree) -> Figure:
    """Both on logarithmic scales; what is drawn over the events is black or grey, so that colours mean runs."""
    events = events_of(tree, _DISTANCE, _MASS, "run")
    assert events is not None
    figure = Figure(figsize=(6.4, 5.4))
    panel = figure.subplots()
    panel.set(xscale="log", yscale="log", xlabel="luminosity distance $d_L$ [Mpc]")
    panel.set_ylabel(r"total mass in the source frame $M$ [$M_\odot$]")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    for run, look in run_looks(events).items():
        own = events.isel(event=np.flatnonzero(events["run"].values == run))
        x, y = own[_DISTANCE].values, own[_MASS].values
        panel.errorbar(x, y, _interval(own, _MASS), _interval(own, _DISTANCE), **_BARS, ecolor=look["color"], zorder=1)
        label = f"{run}, N = {x.size}"
        panel.plot(x, y, ls="none", ms=4.5, mec="white", mew=0.4, label=label, zorder=3, **look)
    if any(_offsets(events, name) is not None for name in (_DISTANCE, _MASS)):
        panel.errorbar([np.nan], [np.nan], [0.0], [0.0], **_BARS, ecolor="black", label="90 % intervals")
    panel.set(xlim=_limits(events, _DISTANCE), ylim=_limits(events, _MASS))
    edge = setting(tree, "gap.lower")
    if edge is not None:
        label = rf"lower edge of the mass gap, {edge:g} $M_\odot$"
        panel.axhline(edge, color="black", ls="--", lw=1.0, zorder=2, label=label)
    _draw_medians(panel, tree)
    _draw_tracks(panel, tree)
    figure.legend(loc="outside upper left", ncols=2, handlelength=2.6)
    return figure


def _offsets(events: xr.Dataset, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Offsets to the ends of the intervals; None where the catalogue has none."""
    ends = [f"{name}_lower", f"{name}_upper"]
    return (events[ends[0]].values, events[ends[1]].values) if all(end in events for end in ends) else None


def _interval(events: xr.Dataset, name: str) -> np.ndarray | None:
    """Lengths of the two halves of error bars, shape (2, n_events)."""
    offsets = _offsets(events, name)
    # A lower offset that is zero may be a negative one, which a length may not.
    return None if offsets is None else np.abs(np.stack(offsets))


def _limits(events: xr.Dataset, name: str) -> tuple[float, float]:
    """All values and the intervals, but no more than a factor of three below the smallest value."""
    values = events[name].values
    low, high = values.copy(), values.copy()
    offsets = _offsets(events, name)
    if offsets is not None:
        low, high = low + np.nan_to_num(offsets[0]), high + np.nan_to_num(offsets[1])
    return max(np.nanmin(low) / 1.15, np.nanmin(values) / 3.0), 1.15 * np.nanmax(high)


def _draw_medians(panel: Axes, tree: xr.DataTree) -> None:
    """Median mass of all events in each bin of distance, over the extent of the bin."""
    bins = table_of(tree, "bins")
    if bins is None or "median_mass" not in bins or _ALL not in bins["run"].values:
        return
    own = bins.sel(run=_ALL)
    # The first bin may begin at zero, which is nowhere on a logarithmic axis.
    centre, median = own["bin"].values, own["median_mass"].values
    low, high = np.maximum(own["bin_low"].values, 1e-3 * centre), own["bin_high"].values
    style: dict[str, Any] = {"fmt": "o", "ms": 5, "color": "black", "mfc": "white", "mew": 1.4, "lw": 1.8, "zorder": 5}
    panel.errorbar(centre, median, xerr=[centre - low, high - centre], label="median of a bin, all events", **style)


def _draw_tracks(panel: Axes, tree: xr.DataTree) -> None:
    """One line for each gain in one period."""
    mass = setting(tree, "sim.true_mass")
    start = "M" if mass is None else rf"{mass:g}\,M_\odot"
    for model in models_with(tree, "effective_mass", "epsilon", _DISTANCE).values():
        for i, epsilon in enumerate(model["epsilon"].values):
            own = model["effective_mass"].sel(epsilon=epsilon)
            label = rf"${start}\,C(d_L)$, $\epsilon = {scientific(epsilon)}$"
            panel.plot(own[_DISTANCE], own, color="0.35", ls=_DASHES[i % len(_DASHES)], lw=2.0, zorder=4, label=label)
