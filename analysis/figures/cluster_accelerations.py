"""Clusters by their own gravity: accelerations of all models beside the observed ones, or masses over the predicted."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter, StrMethodFormatter

from analysis.figures import label_of, line_styles, models_with, note

RANK = 35
_POINTS: dict[str, Any] = {"fmt": "o", "ms": 3.2, "lw": 0.7, "zorder": 2}
_FEW, _MANY = (1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 4.0, 5.0)
_TICKS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_LINEAR = 0.3
"""Ratio below which the scale is linear where there are negative masses."""
_ACCELERATIONS = ("radius", "g_bar", "g_obs", "log10_g_bar_err", "log10_g_obs_err", "is_bcg")
_MASSES = ("radius", "mass", "mass_err")


def applies(tree: xr.DataTree) -> bool:
    """A run with accelerations of clusters and curves of models, or with masses and predicted ones."""
    return bool(_has(tree, _ACCELERATIONS) and _curves(tree)) or bool(_has(tree, _MASSES) and _predicted(tree))


def draw(tree: xr.DataTree) -> Figure:
    """Accelerations with residuals below, or masses with a panel for each model."""
    return _draw_accelerations(tree) if _has(tree, _ACCELERATIONS) else _draw_masses(tree)


def binned_mean(x: np.ndarray, y: np.ndarray, n_bins: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means of x and y, and the standard error of that of y, in bins of x with equal numbers of points."""
    parts = _equal_bins(x, n_bins)
    error = [y[part].std(ddof=1) / np.sqrt(part.size) if part.size > 1 else np.nan for part in parts]
    return np.array([x[part].mean() for part in parts]), np.array([y[part].mean() for part in parts]), np.array(error)


def _equal_bins(x: np.ndarray, n_bins: int) -> list[np.ndarray]:
    """Indices of the points of each bin, in the order of x."""
    return np.array_split(np.argsort(x, kind="stable"), min(n_bins, x.size))


def _has(tree: xr.DataTree, names: tuple[str, ...]) -> bool:
    node = tree.children.get("data")
    return node is not None and all(name in node and node[name].dims == ("row",) for name in names)


def _curves(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    return models_with(tree, "curve_g_bar", "curve_g", "residual_dex")


def _predicted(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    return models_with(tree, "mass_predicted", "mass_ratio")


def _draw_accelerations(tree: xr.DataTree) -> Figure:
    data, models = tree["data"].to_dataset(), _curves(tree)
    figure = Figure(figsize=(6.4, 7.2))
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1.0))
    g_bar, g_obs = (data[name].values for name in ("g_bar", "g_obs"))
    bars = [_bars(data[f"log10_{name}_err"].values, data[name].values) for name in ("g_bar", "g_obs")]
    bcg = data["is_bcg"].values
    for inside, filled, words in ((~bcg, "black", "observed, from lensing"), (bcg, "white", "brightest galaxies")):
        if inside.any():
            own = [each[:, inside] for each in bars]
            top.errorbar(
                g_bar[inside],
                g_obs[inside],
                own[1],
                own[0],
                color="0.25",
                mfc=filled,
                mec="0.25",
                label=words,
                **_POINTS,
            )
    styles = line_styles(tree)
    for name, model in models.items():
        top.plot(model["curve_g_bar"], model["curve_g"], label=label_of(tree, name), zorder=3, **styles[name])
        x, mean, error = binned_mean(np.log10(g_bar), model["residual_dex"].values)
        bottom.errorbar(10.0**x, mean, error, zorder=3, marker="o", ms=3.5, **styles[name])
    top.set(xscale="log", yscale="log", ylabel=r"$g_\mathrm{obs}$, of models $\Sigma\, g_\mathrm{bar}$ [m/s²]")
    top.set_ylim(0.25 * g_obs.min(), 2.0 * g_obs.max())
    top.set_xlim(g_bar.min() / 1.3, g_bar.max() * 1.3)
    bottom.xaxis.set_major_locator(LogLocator(subs=_FEW))
    bottom.xaxis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(10.0, 10.0)))
    bottom.xaxis.set_minor_formatter(NullFormatter())
    bottom.axhline(0.0, color="0.2", lw=0.9, zorder=1)
    bottom.set(xlabel=r"$g_\mathrm{bar}$ [m/s²]", ylabel=r"$\log_{10}\, g_\mathrm{obs}/g$ [dex]")
    bottom.set_title("residuals, means of bins of equal numbers of points", fontsize="small", color="0.25")
    figure.legend(*top.get_legend_handles_labels(), loc="outside upper left", ncols=3, fontsize="small")
    return figure


def _bars(error: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Errors in dex as lengths of bars below and above, shape (2, n)."""
    return np.stack([values * (1.0 - 10.0**-error), values * (10.0**error - 1.0)])


def _draw_masses(tree: xr.DataTree) -> Figure:
    data, models = tree["data"].to_dataset(), _predicted(tree)
    columns = min(len(models), 3 if len(models) <= 6 else 4)
    rows = -(-len(models) // columns)
    figure = Figure(figsize=(2.9 * columns + 0.5, 2.7 * rows + 0.6))
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    radius, styles = data["radius"].values, line_styles(tree)
    limits = _limits([model["mass_ratio"].values for model in models.values()])
    for panel, (name, model) in zip(panels, models.items(), strict=False):
        error = data["mass_err"].values / model["mass_predicted"].values
        _scale(panel, radius, limits)
        _draw_ratio(panel, radius, model["mass_ratio"].values, error, limits, styles[name]["color"])
        panel.set_title(label_of(tree, name), fontsize="medium")
    for panel in panels[len(models) :]:
        panel.set_visible(False)
    for i, panel in enumerate(panels[: len(models)]):
        if i % columns == 0:
            panel.set_ylabel("observed / predicted mass")
        if i + columns >= len(models):
            panel.set_xlabel("radius $r$ [kpc]")
            panel.tick_params(labelbottom=True)
    words = "errors are correlated within a cluster; squares are medians of bins of equal numbers of masses"
    figure.suptitle(words, fontsize="small", color="0.25")
    return figure


def _limits(ratios: list[np.ndarray]) -> tuple[float, float]:
    """Ends of the scale: all positive ratios, and room below zero where there are negative ones."""
    every = np.concatenate(ratios)
    high = 1.5 * float(np.quantile(every, 0.995))
    return (-_LINEAR, high) if (every <= 0).any() else (0.6 * float(every.min()), high)


def _scale(panel: Axes, radius: np.ndarray, limits: tuple[float, float]) -> None:
    """Logarithmic in both; the ratio is linear near zero where there are negative masses."""
    panel.set_xscale("log")
    if limits[0] < 0:
        panel.set_yscale("symlog", linthresh=_LINEAR, linscale=0.5)
    else:
        panel.set_yscale("log")
    panel.set_ylim(limits)
    panel.set_yticks([tick for tick in _TICKS if limits[0] <= tick <= limits[1]])
    panel.xaxis.set_major_locator(LogLocator(subs=_MANY if radius.max() < 5.0 * radius.min() else _FEW))
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())


def _draw_ratio(
    panel: Axes,
    radius: np.ndarray,
    ratio: np.ndarray,
    error: np.ndarray,
    limits: tuple[float, float],
    color: str,
) -> None:
    """Masses over the predicted with their own errors, and medians; what lies off the scale is counted."""
    panel.errorbar(radius, ratio, error, color="0.6", mfc="0.6", **_POINTS)
    parts = _equal_bins(radius, 5)
    middle = [np.median(radius[part]) for part in parts]
    panel.plot(middle, [np.median(ratio[part]) for part in parts], marker="s", ms=4.5, color=color, lw=1.6, zorder=4)
    panel.axhline(1.0, color="0.2", lw=0.9, zorder=1)
    off = int(np.count_nonzero((ratio < limits[0]) | (ratio > limits[1])))
    if off:
        note(panel, f"{off} off the scale")
