"""The first model against every other one, galaxy by galaxy: how much better either is, with the wins of both.

Differences of a statistic that has a unit, logarithms of ratios of one that has none.
"""

from textwrap import fill
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, table_of
from analysis.figures.rotation_curves import choices_of, log10, rotations_of, title_of

RANK = 26
_NEEDED = ("baryons", "statistic", "model_a", "wins_a", "model_b", "wins_b", "ties")
_SYMBOLS = {"rms": "RMS", "chi2": r"$\chi^2$", "galaxy_chi2": r"$\chi^2$"}
_SEEN = 97.0
"""Percentile of the differences without their signs that the axis ends at; galaxies beyond it are counted."""
_BINS = 14
"""On either side of zero, at most."""
_CHARACTERS = 29
"""Of a line of the texts in a panel."""


def applies(tree: xr.DataTree) -> bool:
    """A run with a table of wins, and the statistic that they are of in every model it names."""
    pairs = _pairs(tree)
    if pairs is None:
        return False
    models = rotations_of(tree, str(pairs["statistic"].values[0]))
    return set(pairs["model_a"].values) | set(pairs["model_b"].values) <= set(models)


def draw(tree: xr.DataTree) -> Figure:
    """A row for each other model, a column for each choice of the baryons; left of zero the first is better."""
    pairs = _pairs(tree)
    assert pairs is not None
    statistic = str(pairs["statistic"].values[0])
    models = rotations_of(tree, statistic)
    first, others = str(pairs["model_a"].values[0]), list(dict.fromkeys(map(str, pairs["model_b"].values)))
    choices = [name for name in choices_of(models) if name in pairs["baryons"].values]
    figure = Figure(figsize=(0.6 + 3.9 * len(choices), 0.8 + 1.55 * len(others)))
    panels = figure.subplots(len(others), len(choices), sharex="row", squeeze=False)
    for row, other in zip(panels, others, strict=True):
        found = {name: _differences(models, statistic, first, other, name) for name in choices}
        edges = _edges(np.concatenate(list(found.values())))
        for panel, (choice, differences) in zip(row, found.items(), strict=True):
            _draw_histogram(panel, differences, edges, [line_styles(tree)[name]["color"] for name in (first, other)])
            beyond = {"a": differences < edges[0], "b": differences > edges[-1]}
            _draw_wins(panel, tree, _row(pairs, choice, other), {side: int(s.sum()) for side, s in beyond.items()})
    for panel, choice in zip(panels[0], choices, strict=True):
        panel.set_title(title_of(tree, choice), fontsize="medium")
    symbol, unit = _SYMBOLS.get(statistic, statistic), models[first][statistic].attrs.get("units")
    label = label_of(tree, first)
    words = rf"$\log_{{10}}$ of {symbol} of {label} over {symbol} of the other model"
    words = f"{symbol} of {label} − {symbol} of the other model [{unit}]" if unit else words
    figure.supxlabel(words, fontsize="medium")
    figure.supylabel("galaxies", fontsize="medium")
    return figure


def _pairs(tree: xr.DataTree) -> xr.Dataset | None:
    """Rows of the table of wins with the RMS, else with its first statistic; None where there are none."""
    table = table_of(tree, "head_to_head")
    if table is None or any(name not in table for name in _NEEDED) or not table.sizes.get("pair"):
        return None
    statistics = table["statistic"].values
    chosen = "rms" if "rms" in statistics else statistics[0]
    return table.isel(pair=np.flatnonzero(statistics == chosen))


def _row(pairs: xr.Dataset, choice: str, other: str) -> dict[str, Any]:
    (i,) = np.flatnonzero((pairs["baryons"].values == choice) & (pairs["model_b"].values == other))
    return {name: pairs[name].values[i] for name in _NEEDED}


def _differences(models: dict[str, xr.Dataset], statistic: str, first: str, other: str, choice: str) -> np.ndarray:
    """Statistic of the first minus that of the other, or log10 of their ratio, in the galaxies that have both."""
    one, two = (models[name][statistic].sel(baryons=choice).values for name in (first, other))
    found = one - two if models[first][statistic].attrs.get("units") else log10(one) - log10(two)
    return found[np.isfinite(found)]


def _edges(differences: np.ndarray) -> np.ndarray:
    """Edges of bins to either side of zero, which is one of them."""
    sizes = np.abs(differences)
    end = float(np.percentile(sizes, _SEEN, method="higher")) if sizes.size else 0.0
    number = int(np.clip(2.0 * np.sqrt(sizes.size), 4, _BINS))
    right = np.linspace(0.0, end or 1.0, number + 1)
    return np.concatenate([-right[:0:-1], right])


def _draw_histogram(panel: Axes, differences: np.ndarray, edges: np.ndarray, colors: list[str]) -> None:
    """Bars in the colour of the model that is better, with room for texts above them."""
    middle = edges.size // 2
    for own, side, color in (
        (differences[differences < 0], edges[: middle + 1], colors[0]),
        (differences[differences > 0], edges[middle:], colors[1]),
    ):
        panel.stairs(np.histogram(own, side)[0], side, fill=True, color=color, alpha=0.75)
    panel.axvline(0.0, color="black", lw=0.8)
    panel.locator_params(axis="x", nbins=7)
    panel.set_xlim(1.02 * edges[0], 1.02 * edges[-1])
    panel.set_ylim(0.0, 1.6 * max(panel.dataLim.y1, 1.0))
    panel.tick_params(axis="y", which="minor", left=False, right=False)


def _draw_wins(panel: Axes, tree: xr.DataTree, row: dict[str, Any], beyond: dict[str, int]) -> None:
    """How many galaxies each side describes better and how many of them are not in sight, and the ties."""
    for side, x, ha, arrows in (("a", 0.02, "left", "← {} beyond"), ("b", 0.98, "right", "{} beyond →")):
        name = str(row[f"model_{side}"])
        text = fill(f"{label_of(tree, name)} better: {row[f'wins_{side}']}", _CHARACTERS)
        style: dict[str, Any] = {
            "fontsize": "small",
            "color": line_styles(tree)[name]["color"],
            "transform": panel.transAxes,
        }
        text += f"\n{arrows.format(beyond[side])}" if beyond[side] else ""
        panel.text(x, 0.95, text, ha=ha, va="top", **style)
    if row["ties"]:
        look: dict[str, Any] = {
            "fontsize": "small",
            "transform": panel.transAxes,
            "bbox": {"fc": "white", "lw": 0.0, "pad": 1.0},
        }
        panel.text(0.5, 0.66, f"ties: {row['ties']}", ha="center", va="bottom", **look)
