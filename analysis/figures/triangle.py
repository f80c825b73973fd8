"""Posteriors: marginal densities and 68 and 95 % credible regions, of the models of a run or of several runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import xarray as xr
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from analysis.errors import NotInRun
from analysis.extras import optional
from analysis.figures import STYLE, label_of, line_styles, save
from analysis.posteriors import models_with_posterior, to_getdist

if TYPE_CHECKING:
    from getdist import MCSamples

RANK = 15
_PANEL = 1.9
_LEAST_WIDTH = 3.8
_ROOM = 4
"""Lines of a legend for which a panel has room."""
_COLUMNS = 2
_LINE = 0.19
_DASHES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Entry:
    """A posterior, and how it is drawn."""

    label: str
    samples: "MCSamples"
    color: str
    ls: str

    @property
    def names(self) -> list[str]:
        """Parameters of the posterior."""
        return list(self.samples.getParamNames().list())


def applies(tree: xr.DataTree) -> bool:
    """A run with a posterior."""
    return bool(models_with_posterior(tree))


def draw(tree: xr.DataTree) -> Figure:
    """One triangle for each group of models that share parameters, over the union of their parameters."""
    styles = line_styles(tree)
    return figure_of(
        [
            Entry(label_of(tree, name), to_getdist(tree, name), styles[name]["color"], styles[name]["ls"])
            for name in models_with_posterior(tree)
        ]
    )


def draw_together(trees: Mapping[str, xr.DataTree], folder: Path, formats: Iterable[str]) -> list[Path]:
    """Draw the posteriors of several runs over each other and save them as `triangle.FORMAT`.

    Parameters
    ----------
    trees : mapping of str to xarray.DataTree
        Runs by what the legend calls them.
    folder : Path
        Where the figure goes.
    formats : iterable of str
        File suffixes.

    Raises
    ------
    NotInRun
        One of them has no posterior.
    """
    entries = entries_of(trees)
    origin = "content_hash " + " ".join(str(tree.attrs["content_hash"]) for tree in trees.values())
    with matplotlib.rc_context(fname=STYLE):
        return save(figure_of(entries), "triangle", folder, formats, origin)


def entries_of(trees: Mapping[str, xr.DataTree]) -> list[Entry]:
    """Every posterior of several runs, with the run's title in its label and a look of its own.

    Raises
    ------
    NotInRun
        One of them has no posterior.
    """
    for title, tree in trees.items():
        if not applies(tree):
            raise NotInRun(f"{title}: no model has a posterior. Sample them: inference=emcee, nautilus or grid")
    found = [(title, tree, name) for title, tree in trees.items() for name in models_with_posterior(tree)]
    return [
        Entry(f"{label_of(tree, name)} ({title})", to_getdist(tree, name), f"C{i % 7}", _DASHES[i % 4])
        for i, (title, tree, name) in enumerate(found)
    ]


def figure_of(entries: list[Entry]) -> Figure:
    """One triangle for each group of posteriors that share parameters, side by side."""
    groups = _groups(entries)
    sizes = [max(_PANEL * len(_union(group)), _LEAST_WIDTH) for group in groups]
    height = max(0.92 * size + _LINE * _rows_above(group) for size, group in zip(sizes, groups, strict=True))
    figure = Figure(figsize=(sum(sizes), height), layout="constrained")
    parts = figure.subfigures(1, len(groups), width_ratios=sizes, squeeze=False)[0]
    for part, group, size in zip(parts, groups, sizes, strict=True):
        _triangle(part, group, size / len(_union(group)))
    return figure


def _groups(entries: list[Entry]) -> list[list[Entry]]:
    """Posteriors that are linked by common parameters, directly or through others."""
    groups: list[list[Entry]] = []
    for entry in entries:
        linked = [group for group in groups if set(_union(group)) & set(entry.names)]
        groups = [group for group in groups if group not in linked]
        groups.append([*(member for group in linked for member in group), entry])
    return groups


def _rows_above(group: list[Entry]) -> int:
    """Rows of a legend above the panels; none where it has room beside or in them."""
    return -(-len(group) // _COLUMNS) if len(group) > _ROOM * max(len(_union(group)) - 1, 1) else 0


def _union(group: list[Entry]) -> list[str]:
    """Parameters of a group, in the order in which they appear."""
    return list(dict.fromkeys(name for entry in group for name in entry.names))


def _triangle(canvas: SubFigure, group: list[Entry], panel: float) -> None:
    plotter = optional("analysis.getdist_plotter", "getdist").Plotter(canvas, panel)
    names = _union(group)
    plotter.triangle_plot(
        [entry.samples for entry in group],
        names,
        filled=True,
        legend_labels=[],
        contour_colors=[entry.color for entry in group],
        contour_args=[{"color": entry.color} for entry in group],
        line_args=[{"color": entry.color, "ls": entry.ls} for entry in group],
    )
    lines = [Line2D([], [], color=entry.color, ls=entry.ls) for entry in group]
    labels = [entry.label for entry in group]
    for i in range(len(names)):
        plotter.subplots[i, i].yaxis.set_minor_locator(NullLocator())
    if len(names) == 1:
        canvas.axes[0].set_box_aspect(0.9)
    if _rows_above(group):
        style = {"ncols": _COLUMNS, "handlelength": 1.6, "columnspacing": 1.0}
        canvas.legend(lines, labels, loc="outside upper center", **style)
    elif len(names) == 1:
        canvas.axes[0].legend(lines, labels)
    else:
        canvas.legend(lines, labels, loc="upper right")
