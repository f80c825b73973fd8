"""Posterior of the gain in one coherence period, with zero and the published value."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, table_of
from analysis.figures.gw_events import scientific
from solvers.published.paper_10 import EPSILON

RANK = 13
_UNIT = 1e-7
_BINS = 40
_SHOWN = (0.002, 0.998)
"""Part of all draws between which the bins are."""


def applies(tree: xr.DataTree) -> bool:
    """A run with draws of epsilon."""
    return bool(_draws(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A histogram for each model with draws, its 90 % interval as a bar above it."""
    draws = _draws(tree)
    figure = Figure(figsize=(6.4, 4.2))
    panel = figure.subplots()
    low, high = np.quantile(np.concatenate(list(draws.values())), _SHOWN)
    edges = np.linspace(low, high, _BINS + 1)
    top = 0.0
    for name, values in draws.items():
        top = max(top, _histogram(panel, values, edges, label_of(tree, name), line_styles(tree)[name]["color"]))
    for row, (name, values) in enumerate(draws.items()):
        _interval(panel, values, top * (1.06 + 0.07 * row), line_styles(tree)[name]["color"])
    panel.set_xlim(min(low, 0.0) - 0.35 * (high - low), max(high, EPSILON / _UNIT) + 0.2)
    panel.axvline(0.0, color="0.4", ls=":", lw=1.2, label=r"no gain, $\epsilon = 0$")
    panel.axvline(EPSILON / _UNIT, color="black", ls="--", lw=1.2, label=rf"published, ${scientific(EPSILON)}$")
    for truth in sorted({node["true_epsilon"].item() for node in _models(tree).values() if "true_epsilon" in node}):
        panel.axvline(truth / _UNIT, color="C3", ls="-.", lw=1.4, label=f"drawn with {truth:g}")
    panel.set(
        xlabel=rf"gain in one period $\epsilon$ [$10^{{{round(np.log10(_UNIT))}}}$]",
        ylabel="posterior density",
        ylim=(0.0, top * (1.1 + 0.07 * len(draws))),
        yticks=[],
    )
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    _bayes_factors(panel, tree)
    return figure


def _histogram(panel: Axes, values: np.ndarray, edges: np.ndarray, label: str, color: str) -> float:
    heights, _ = np.histogram(values, edges, density=True)
    panel.stairs(heights, edges, fill=True, color=color, alpha=0.3)
    panel.stairs(heights, edges, color=color, label=label)
    return float(heights.max())


def _interval(panel: Axes, values: np.ndarray, height: float, color: str) -> None:
    low, median, high = np.quantile(values, (0.05, 0.5, 0.95))
    panel.plot([low, high], [height, height], color=color, lw=1.5, solid_capstyle="butt")
    panel.plot([median], [height], "o", ms=4, color=color)


def _bayes_factors(panel: Axes, tree: xr.DataTree) -> None:
    """ln B of every model against the one without a gain, where there are evidences."""
    table = table_of(tree, "epsilon")
    if table is None or "log_evidence" not in table:
        return
    evidence = {str(name): table["log_evidence"].sel(model=name).item() for name in table["model"].values}
    fixed = np.isnan(table["epsilon_low"].values) & (table["epsilon"].values == 0.0)
    if not fixed.any() or not np.isfinite(table["log_evidence"].values[fixed][0]):
        return
    base = str(table["model"].values[fixed][0])
    lines = [
        f"{label_of(tree, name)}: {value - evidence[base]:+.1f}" for name, value in evidence.items() if name != base
    ]
    if lines:
        text = f"ln B against {label_of(tree, base)}\n" + "\n".join(lines)
        panel.annotate(text, (0.02, 0.96), xycoords="axes fraction", ha="left", va="top", fontsize="small")


def _draws(tree: xr.DataTree) -> dict[str, np.ndarray]:
    nodes = {name: node.children.get("posterior") for name, node in _models(tree).items()}
    draws = {name: node for name, node in nodes.items() if node is not None and "epsilon" in node}
    return {name: node.to_dataset()["epsilon"].values.ravel() / _UNIT for name, node in draws.items()}


def _models(tree: xr.DataTree) -> dict[str, xr.DataTree]:
    models = tree.children.get("models")
    return dict(models.children) if models is not None else {}
