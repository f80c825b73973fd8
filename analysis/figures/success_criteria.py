"""Which model passes which criterion, in words, with the number that decides."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.figures import label_of, table_of

RANK = 45
_LOOKS = {
    "passes": {"fc": "#56B4E9", "hatch": ""},
    "fails": {"fc": "#F5C9A9", "hatch": "////"},
    "not computed": {"fc": "0.95", "hatch": ""},
}
"""Of the cells by verdict; what a cell says stands in it as a word too."""
_WORDS = {
    "rar_scatter": ("scatter in galaxies", "≤ {} dex"),
    "parameters": ("parameters", "fewer than {}"),
    "solar_system": ("|K| at 1 AU", "< {}"),
    "domains": ("SPARC, Milky Way, clusters", "all {}"),
    "origin": ("field theory", "a statement"),
}
_NUMBERS = {"rar_scatter": "{:.3f} dex", "parameters": "{:.0f}", "solar_system": "{:.2g}", "domains": "{:.0f} met"}


def applies(tree: xr.DataTree) -> bool:
    """A run with verdicts of criteria by model."""
    table = table_of(tree, "criteria")
    needed = ("value", "verdict", "threshold", "number")
    return table is not None and all(name in table for name in needed) and table["verdict"].size > 0


def draw(tree: xr.DataTree) -> Figure:
    """A row a model, a column a criterion."""
    table = table_of(tree, "criteria")
    assert table is not None
    models, criteria = (list(map(str, table[name].values)) for name in ("model", "criterion"))
    figure = Figure(figsize=(2.2 + 1.75 * len(criteria), 1.2 + 0.46 * len(models)))
    panel = figure.subplots()
    for i, model in enumerate(models):
        for j, criterion in enumerate(criteria):
            own = table.sel(model=model, criterion=criterion)
            _draw_cell(panel, i, j, criterion, str(own["verdict"].item()), float(own["value"]))
    headings = [
        _heading(int(number), criterion, float(limit))
        for number, criterion, limit in zip(table["number"].values, criteria, table["threshold"].values, strict=True)
    ]
    panel.set(xlim=(0, len(criteria)), ylim=(len(models), 0))
    panel.set_xticks(np.arange(len(criteria)) + 0.5, headings)
    panel.set_yticks(np.arange(len(models)) + 0.5, [label_of(tree, model) for model in models])
    panel.tick_params(which="both", length=0, top=False, right=False, labeltop=True, labelbottom=False)
    for spine in panel.spines.values():
        spine.set_visible(False)
    return figure


def _draw_cell(panel: Axes, row: int, column: int, criterion: str, verdict: str, value: float) -> None:
    look = _LOOKS.get(verdict, _LOOKS["not computed"])
    panel.add_patch(Rectangle((column, row), 1.0, 1.0, ec="0.75", lw=0.0, fc=look["fc"], hatch=look["hatch"], zorder=0))
    panel.add_patch(Rectangle((column, row), 1.0, 1.0, ec="white", lw=2.0, fill=False, zorder=1))
    number = "" if np.isnan(value) else f": {_NUMBERS.get(criterion, '{:.3g}').format(value)}"
    weight = "bold" if verdict == "passes" else "normal"
    box = {"fc": look["fc"], "lw": 0.0, "pad": 1.5}
    color = "0.35" if verdict == "not computed" else "black"
    panel.text(
        column + 0.5, row + 0.5, verdict + number, ha="center", va="center", weight=weight, bbox=box, color=color
    )


def _heading(number: int, criterion: str, limit: float) -> str:
    words, asked = _WORDS.get(criterion, (criterion.replace("_", " "), "{}"))
    return f"{number}. {words}\n{asked.format(f'{limit:g}')}"
