"""Observed over predicted rotation against radius and against the acceleration by the baryons."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, note
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

RANK = 25
_WIDTH = 0.15
"""Of bins of the decimal logarithm."""
_SEEN = (0.5, 99.5)
"""Percentiles of the first model's points that the axis holds at least; the others are counted."""
_AXES = {"radius": r"$R/R_\mathrm{disk}$", "g_bar": r"$g_\mathrm{bar}$ [m/s²]"}


@dataclass(frozen=True, eq=False)
class _Residuals:
    """log10(V_obs/V) of every model for one choice of the baryons, NaN where it leaves a point out."""

    own: xr.Dataset
    of_models: dict[str, np.ndarray]

    def x(self, quantity: str) -> np.ndarray:
        """Decimal logarithm of what a panel has on its axis."""
        if quantity == "g_bar":
            return log10(self.own["g_bar"].values)
        return log10(self.own["radius"].values) - log10(self.own["r_disk"].values[self.own["galaxy_index"].values])

    def medians(self, quantity: str) -> dict[str, Binned]:
        return {name: binned(self.x(quantity), y, _WIDTH) for name, y in self.of_models.items()}

    @property
    def first(self) -> np.ndarray:
        return next(iter(self.of_models.values()))


def applies(tree: xr.DataTree) -> bool:
    """A run with accelerations by the baryons and rotations of models."""
    return curves_of(tree, accelerations=True) is not None and bool(rotations_of(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A row for each choice of the baryons: points of the first model, medians of all."""
    data, models = curves_of(tree, accelerations=True), rotations_of(tree)
    assert data is not None
    found = {choice: _residuals(data, models, choice) for choice in choices_of(models)}
    figure = Figure(figsize=(8.8, 1.1 + 2.8 * len(found)))
    panels = figure.subplots(len(found), len(_AXES), sharex="col", sharey=True, squeeze=False)
    for row, (choice, residuals) in zip(panels, found.items(), strict=True):
        for panel, quantity in zip(row, _AXES, strict=True):
            panel.set(xscale="log", ylim=_limits(list(found.values())))
            _draw_residuals(panel, tree, residuals, quantity)
        words = f"{title_of(tree, choice)}; {counted(residuals.own, np.isfinite(residuals.first))}"
        row[0].set_title(words, loc="left", fontsize="medium")
        row[0].set_ylabel(r"$\log_{10}(V_\mathrm{obs}/V)$")
    for panel, label in zip(panels[-1], _AXES.values(), strict=True):
        panel.set_xlabel(label)
    legend_of(figure, panels[0, 0], columns=4)
    return figure


def _residuals(data: xr.Dataset, models: dict[str, xr.Dataset], choice: str) -> _Residuals:
    v_obs = log10(data["v_obs"].values)
    predicted = {name: log10(model["velocity"].sel(baryons=choice).values) for name, model in models.items()}
    return _Residuals(data.sel(baryons=choice), {name: v_obs - log_v for name, log_v in predicted.items()})


def _limits(found: list[_Residuals]) -> tuple[float, float]:
    """Nearly all points of the first model and all medians, zero among them."""
    points = np.concatenate([residuals.first for residuals in found])
    points = points[np.isfinite(points)]
    tracks = [track for each in found for quantity in _AXES for track in each.medians(quantity).values()]
    seen = np.percentile(points, _SEEN) if points.size else np.zeros(2)
    ends = np.concatenate([[0.0], seen, *(track.median for track in tracks)])
    room = 0.08 * float(np.ptp(ends)) or 0.1
    return float(ends.min()) - room, float(ends.max()) + room


def _draw_residuals(panel: Axes, tree: xr.DataTree, residuals: _Residuals, quantity: str) -> None:
    panel.axhline(0.0, color="0.3", lw=0.8, zorder=2)
    x, y, tracks = residuals.x(quantity), residuals.first, residuals.medians(quantity)
    name, track = next(iter(tracks.items()))
    color, label = line_styles(tree)[name]["color"], label_of(tree, name)
    shown = np.isfinite(x) & np.isfinite(y)
    faint = float(np.clip(20.0 / np.sqrt(max(x[shown].size, 1)), 0.3, 0.8))
    panel.plot(10.0 ** x[shown], y[shown], ".", ms=3, mew=0, alpha=faint, color=color, zorder=1)
    band: dict[str, Any] = {"alpha": 0.2, "lw": 0.0, "zorder": 1.5, "label": f"{label}, central 68 % of a bin"}
    panel.fill_between(10.0**track.x, track.low, track.high, color=color, **band)
    for name, track in tracks.items():
        panel.plot(10.0**track.x, track.median, zorder=4, label=label_of(tree, name), **line_styles(tree)[name])
    low, high = panel.get_ylim()
    beyond = int(np.count_nonzero((y < low) | (y > high)))
    texts = [f"{beyond} above or below"] if beyond else []
    nowhere = int(np.count_nonzero(np.isfinite(y) & ~np.isfinite(x)))
    texts += [f"{nowhere} without a place on this axis"] if nowhere else []
    if texts:
        note(panel, f"points of {label} not shown: {', '.join(texts)}")
