"""K of every mechanism: along the radius of three galaxies, over all galaxies, and from the Solar System outwards."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from analysis.figures import label_of, line_styles, models_with, table_of

RANK = 38
_SHARES = (16.0, 50.0, 84.0)
"""Percentiles of the flat velocity, next to which the galaxies of the first row are."""
_FEWEST = 12
"""Points that such a galaxy has at least."""
_BINS = 7
_DATA_STYLE: dict[str, Any] = {"color": "black", "ls": "none", "marker": "o", "ms": 2.6}
_PROXIES = {
    "system_v_flat": r"flat velocity $v_\mathrm{flat}$ [km/s]",
    "system_radius": r"last radius $R_\mathrm{max}$ [kpc]",
}


def applies(tree: xr.DataTree) -> bool:
    """A run with K at the points and over the galaxies, the proxies behind it, and K near the Sun."""
    node, near = tree.children.get("data"), table_of(tree, "solar_system")
    needed = ("name", "galaxy_index", "radius", "required_excess", "v_bar", *_PROXIES)
    has_data = node is not None and all(name in node for name in needed)
    return has_data and near is not None and "excess" in near and bool(_models(tree))


def draw(tree: xr.DataTree) -> Figure:
    """The first choice of the baryons; black was observed, below 1 where the baryons alone are too much."""
    data, models = tree["data"].to_dataset(), _models(tree)
    figure = Figure(figsize=(10.6, 7.2))
    panels = figure.subplots(2, 3)
    for panel, galaxy in zip(panels[0], _examples(data), strict=True):
        _draw_galaxy(panel, tree, data.isel(baryons=0), models, galaxy)
    for panel, proxy in zip(panels[1], _PROXIES, strict=False):
        _draw_sample(panel, tree, data.isel(baryons=0), models, proxy)
    _draw_distances(panels[1, 2], tree)
    panels[0, 0].set_ylabel(r"$1 + K = (V/V_\mathrm{bar})^2$")
    panels[1, 0].set_ylabel(r"$1 + K$, mean over a galaxy")
    seen = [panel.dataLim.intervaly for panel in panels.ravel()[:5]]
    for panel in panels.ravel()[:5]:
        panel.set_ylim(0.8 * min(low for low, _ in seen), 1.25 * max(high for _, high in seen))
        panel.axhline(1.0, color="0.6", lw=0.8, zorder=0)
    for panel in panels.ravel():
        _plain_ticks(panel.xaxis)
    for panel in panels.ravel()[:5]:
        _plain_ticks(panel.yaxis)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _models(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """Models with K somewhere, in the order of the run; general relativity has none."""
    found = models_with(tree, "excess", "mean_excess", "baryons")
    return {name: model for name, model in found.items() if np.nan_to_num(model["excess"].values).any()}


def _examples(data: xr.Dataset) -> list[int]:
    """Three galaxies with many points, nearest to percentiles of the flat velocity."""
    v_flat = data["system_v_flat"].values[0]
    counts = np.bincount(data["galaxy_index"].values, minlength=v_flat.size)
    has_flat = np.isfinite(v_flat)
    targets = np.percentile(v_flat[has_flat], _SHARES)
    usable = np.flatnonzero(has_flat & (counts >= min(_FEWEST, counts[has_flat].max())))
    return [int(usable[np.abs(v_flat[usable] - target).argmin()]) for target in targets]


def _draw_galaxy(panel: Axes, tree: xr.DataTree, data: xr.Dataset, models: dict[str, xr.Dataset], galaxy: int) -> None:
    own = data["galaxy_index"].values == galaxy
    radius = data["radius"].values[own]
    panel.plot(radius, 1.0 + data["required_excess"].values[own], label="observed", zorder=4, **_DATA_STYLE)
    for name, model in models.items():
        panel.plot(radius, 1.0 + model["excess"].values[0, own], label=label_of(tree, name), **line_styles(tree)[name])
    v_flat = data["system_v_flat"].values[galaxy]
    panel.set_title(rf"{data['name'].values[galaxy]}, $v_\mathrm{{flat}}$ = {v_flat:.0f} km/s", fontsize="medium")
    panel.set(xscale="log", yscale="log", xlabel="radius $R$ [kpc]")


def _draw_sample(panel: Axes, tree: xr.DataTree, data: xr.Dataset, models: dict[str, xr.Dataset], proxy: str) -> None:
    """Medians of the models in bins of equal numbers of galaxies, and every galaxy as it was observed."""
    x, index = data[proxy].values, data["galaxy_index"].values
    counts = np.bincount(index, minlength=x.size)
    observed = 1.0 + np.bincount(index, data["required_excess"].values, minlength=x.size) / np.maximum(counts, 1)
    panel.plot(x, observed, zorder=1, **(_DATA_STYLE | {"ms": 2.0, "alpha": 0.35}))
    for name, model in models.items():
        x_bin, k = _medians(x, model["mean_excess"].values[0])
        panel.plot(x_bin, 1.0 + k, **line_styles(tree)[name])
    panel.set(xscale="log", yscale="log", xlabel=_PROXIES[proxy])
    if proxy == "system_v_flat":
        ratio = float(np.nanmedian(data["system_sigma_v"].values / x))
        above = panel.secondary_xaxis("top", functions=(_times(ratio), _times(1.0 / ratio)))
        above.set_xlabel(rf"$\sigma_v = {ratio:.2g}\,v_\mathrm{{flat}}$, not measured [km/s]")
        panel.tick_params(axis="x", which="both", top=False)
        _plain_ticks(above.xaxis)
    else:
        panel.set_title("lines: medians of models; points: galaxies", fontsize="medium")


def _times(factor: float) -> Callable[[Any], Any]:
    return lambda values: factor * values


def _plain_ticks(axis: Axis) -> None:
    """1, 2 and 5 times powers of ten as plain numbers, powers alone over many decades."""
    low, high = sorted(axis.get_view_interval())
    if high < 1e3 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _medians(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = np.isfinite(x) & np.isfinite(y)
    order = np.argsort(x[there])
    parts = np.array_split(order, min(_BINS, max(order.size, 1)))
    x_median, y_median = (np.array([np.median(values[there][part]) for part in parts]) for values in (x, y))
    return x_median, y_median


def _draw_distances(panel: Axes, tree: xr.DataTree) -> None:
    """K about the Sun; zeros and what was not computed are named."""
    table = table_of(tree, "solar_system")
    assert table is not None
    distance, out = table["distance"].values, []
    for name, style in line_styles(tree).items():
        k = table["excess"].sel(model=name).values if name in table["model"].values else np.array([np.nan])
        if (k > 0).any():
            panel.plot(distance, np.where(k > 0, k, np.nan), marker=".", **style)
        else:
            out.append(label_of(tree, name))
    criteria = table_of(tree, "criteria")
    if criteria is not None and "solar_system" in criteria["criterion"].values:
        limit = float(criteria["threshold"].sel(criterion="solar_system"))
        label = f"criterion at 1 AU: below {limit:g}"
        panel.plot([1.0], [limit], marker="v", color="black", ms=7, ls="none", zorder=5, label=label)
        panel.legend(loc="lower right")
    panel.set(xscale="log", yscale="log", xlabel="distance to the Sun [AU]", ylabel="$K$ about one solar mass")
    if out:
        panel.set_title(f"zero or not computed: {', '.join(out)}", fontsize="small")
