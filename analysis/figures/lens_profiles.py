"""Convergence, mean convergence, shear and deflection of clusters by every model, with their Einstein radii."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import NotInRun
from analysis.figures import label_of, line_styles, models_with, note, panels_of

RANK = 33
_PANELS = {
    "kappa": r"convergence $\kappa$",
    "mean_kappa": r"mean convergence $\bar\kappa(<R)$",
    "tangential_shear": r"tangential shear $\gamma_\mathrm{t}$",
    "deflection": r"deflection $\alpha$ [arcsec]",
}
_DECADES = 1e-3
"""Lowest value shown over the highest."""
_HIGHEST = 30.0
"""Highest convergence shown: the cusp in the middle has no Einstein radius."""


def applies(tree: xr.DataTree) -> bool:
    """A run with lensing profiles of models along `cluster` and `radius`, and their Einstein radii."""
    return bool(_models(tree))


def clusters_shown(tree: xr.DataTree, names: Sequence[str] | None = None) -> list[str]:
    """Names of the clusters in the order of their panels: the chosen ones, else the first of the run.

    Raises
    ------
    NotInRun
        An unknown cluster.
    """
    every = [str(name) for name in next(iter(_models(tree).values()))["cluster"].values]
    for name in names or ():
        if name not in every:
            close = get_close_matches(name, every, 3, 0.0)
            raise NotInRun(f"names={name}: no cluster of that name is in this run; try {', '.join(close)}")
    return list(names) if names else every[:1]


def draw(tree: xr.DataTree, names: Sequence[str] | None = None) -> Figure:
    """Four panels for each cluster; a dot is at the Einstein radius, where the mean convergence is 1 and α is R."""
    models, shown = _models(tree), clusters_shown(tree, names)
    figure, panels = panels_of(len(_PANELS) * len(shown), (4.0, 3.1), columns=2 if len(shown) == 1 else 4)
    for i, panel in enumerate(panels):
        cluster, quantity = shown[i // len(_PANELS)], list(_PANELS)[i % len(_PANELS)]
        chosen = {name: model.sel(cluster=cluster) for name, model in models.items()}
        _draw_quantity(panel, tree, chosen, quantity)
        panel.set(xlabel="projected radius $R$ [kpc]", ylabel=_PANELS[quantity])
        if quantity == "kappa":
            panel.set_title(cluster, loc="left", fontsize="medium")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3 if len(shown) == 1 else 6)
    return figure


def _models(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    found = models_with(tree, "einstein_radius", "theta_e", "cluster", "radius", *_PANELS)
    return {name: model for name, model in found.items() if model["kappa"].dims == ("cluster", "radius")}


def _draw_quantity(panel: Axes, tree: xr.DataTree, models: dict[str, xr.Dataset], quantity: str) -> None:
    styles = line_styles(tree)
    for name, model in models.items():
        radius, values = model["radius"].values, model[quantity].values
        # A logarithmic axis has no place for what is not positive.
        panel.plot(radius, np.where(values > 0, values, np.nan), label=label_of(tree, name), zorder=3, **styles[name])
        at, colour = float(model["einstein_radius"]), styles[name]["color"]
        if radius[0] <= at <= radius[-1]:
            panel.plot(
                at, np.interp(np.log(at), np.log(radius), values), "o", ms=5, mec="white", color=colour, zorder=4
            )
    panel.plot([], [], "o", ms=5, mec="white", color="0.3", label=r"at the Einstein radius")
    if quantity == "mean_kappa":
        panel.axhline(1.0, color="0.6", lw=0.9, zorder=1)
    if any((model[quantity].values < 0).any() for model in models.values()):
        note(panel, "gaps in lines: negative")
    panel.set(xscale="log", yscale="log")
    panel.set_ylim(_limits(models, quantity))
    panel.set_xlim(*(next(iter(models.values()))["radius"].values[i] for i in (0, -1)))


def _limits(models: dict[str, xr.Dataset], quantity: str) -> tuple[float, float]:
    """All values, but for those of no weight and the cusp in the middle."""
    values = np.concatenate([model[quantity].values for model in models.values()])
    values = values[values > 0]
    if not values.size:
        return 0.1, 1.0
    high = float(values.max())
    if quantity != "deflection":
        high = min(high, _HIGHEST)
    return max(0.8 * float(values.min()), _DECADES * high), 1.3 * high
