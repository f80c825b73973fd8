"""Correlations of mass and distance that selection alone gives, one row a population, beside the observed ones."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.figures import label_of, models_with, setting, table_of
from analysis.figures.gw_events import events_of
from analysis.rounding import with_error
from solvers.published.paper_10 import R

RANK = 19
_HEIGHT = 0.8
"""Of the highest distribution, where rows are 1 apart."""
_MIDDLE = 0.3
"""Height of a row's texts above its line."""
_SHARE = (5.0, 50.0, 95.0)
"""Percentiles of the interval below each distribution."""


def applies(tree: xr.DataTree) -> bool:
    """A run with a table of nulls and their catalogues."""
    table = table_of(tree, "nulls")
    needed = ("null", "p", "p_err", "p_limit")
    return table is not None and all(name in table for name in needed) and bool(_catalogues(tree))


def _catalogues(tree: xr.DataTree) -> dict[str, np.ndarray]:
    """r of every catalogue of each model."""
    found = {name: model["r"] for name, model in models_with(tree, "r").items()}
    values = {name: r.values[np.isfinite(r.values)] for name, r in found.items() if r.dims == ("catalogue",)}
    return {name: r for name, r in values.items() if r.size}


def draw(tree: xr.DataTree) -> Figure:
    """Distributions on one scale, the part at or above the observed r dark: its area is P."""
    catalogues, observed = _catalogues(tree), float(setting(tree, "sim.observed_r", R))
    lines, tails = _observed(tree, observed), _tails(tree)
    edges = _edges(np.concatenate([*catalogues.values(), [r for r, _ in lines.values()]]), catalogues, observed)
    densities = {name: np.histogram(r, edges)[0] / r.size for name, r in catalogues.items()}
    scale = _HEIGHT / max(float(density.max()) for density in densities.values())
    rows = {name: len(catalogues) - 1.0 - i for i, name in enumerate(catalogues)}

    figure = Figure(figsize=(6.2 + 1.3 * len(tails), 1.8 + 0.5 * len(rows)))
    panel, *columns = figure.subplots(1, 1 + len(tails), sharey=True, width_ratios=[4.6, *(1.3 for _ in tails)])
    for name, base in rows.items():
        height, tail = base + scale * densities[name], edges[:-1] >= observed
        panel.stairs(height, edges, baseline=base, fill=True, color="C4", alpha=0.55, zorder=2)
        panel.stairs(np.where(tail, height, base), edges, baseline=base, fill=True, color="C1", zorder=2)
        low, median, high = np.percentile(catalogues[name], _SHARE)
        panel.plot([low, high], [base, base], color="black", lw=1.4, zorder=4)
        panel.plot(median, base, "o", ms=4, color="black", zorder=4)
    for label, (value, style) in lines.items():
        panel.axvline(value, color="black", lw=1.1, ls=style, zorder=3, label=label)
    panel.set_yticks(_MIDDLE + np.array(list(rows.values())), [label_of(tree, name) for name in rows])
    panel.tick_params(axis="y", which="both", length=0)
    panel.minorticks_off()
    panel.set(xlim=(edges[0], edges[-1]), ylim=(-0.3, len(rows)), xlabel=_axis_name(tree, catalogues))
    for column, (title, texts) in zip(columns, tails, strict=True):
        column.axis("off")
        column.text(0.0, len(rows), title, va="center")
        for name, base in rows.items():
            column.text(0.0, base + _MIDDLE, texts.get(name, ""), va="center")
    _draw_legend(figure, panel)
    return figure


def _edges(shown: np.ndarray, catalogues: dict[str, np.ndarray], observed: float) -> np.ndarray:
    """Edges of bins that hold all that is shown, one of them at the observed r, wide enough not to be noise."""
    fewest = min(r.size for r in catalogues.values())
    width = np.ptp(shown) / np.clip(2.0 * np.sqrt(fewest), 10.0, 70.0) or 0.01
    # One bin more on either side keeps the ends off the frame.
    first, last = np.floor((shown.min() - observed) / width) - 1.0, np.ceil((shown.max() - observed) / width) + 1.0
    return observed + width * np.arange(first, last + 1.0)


def _observed(tree: xr.DataTree, observed: float) -> dict[str, tuple[float, str]]:
    """Value and dash of the printed r and of that of the run's events, by label."""
    lines = {f"printed r = {observed:.3f}": (observed, "-")}
    events = events_of(tree, "luminosity_distance", "total_mass_source")
    if events is not None and events.sizes["event"] > 2:
        r = np.corrcoef(events["luminosity_distance"], events["total_mass_source"])[0, 1]
        run = setting(tree, "sim.run", "the run")
        lines[f"r = {r:.3f} of {run}, N = {events.sizes['event']}"] = (r, "--")
    return lines


def _axis_name(tree: xr.DataTree, catalogues: dict[str, np.ndarray]) -> str:
    return str(tree[f"models/{next(iter(catalogues))}/r"].attrs.get("long_name", "Pearson's r"))


def _tails(tree: xr.DataTree) -> list[tuple[str, dict[str, str]]]:
    """What the table's probabilities are of, and those of each null."""
    table = table_of(tree, "nulls")
    assert table is not None
    found = []
    for suffix in ("", "_run"):
        if all(f"p{suffix}{end}" in table for end in ("", "_err", "_limit")):
            title = str(table[f"p{suffix}"].attrs.get("long_name", "P")).replace(">=", "≥").replace(" for ", "\n")
            found.append((title, {str(name): _tail(table.sel(null=name), suffix) for name in table["null"].values}))
    return found


def _tail(row: xr.Dataset, suffix: str) -> str:
    """A probability ± its error, or its limit where no catalogue is in the tail."""
    p, error, limit = (row[f"p{suffix}{end}"].item() for end in ("", "_err", "_limit"))
    return with_error(p, error) if p > 0 else f"< {limit:.2g} (95 %)"


def _draw_legend(figure: Figure, panel: Axes) -> None:
    lines, labels = panel.get_legend_handles_labels()
    parts = {
        "catalogues by selection alone": Patch(color="C4", alpha=0.55),
        "those at or above the printed r": Patch(color="C1"),
    }
    (interval,) = panel.plot([], [], "o-", ms=4, lw=1.4, color="black")
    handles, names = [*parts.values(), interval, *lines], [*parts, "median and central 90 %", *labels]
    figure.legend(handles, names, loc="outside upper left", ncols=3)
