"""E(z) of every model, as it is and divided by its value today."""

import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, models_with

RANK = 40


def applies(tree: xr.DataTree) -> bool:
    """A run with expansion histories."""
    return bool(_histories(tree))


def _histories(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    """Models with one curve; those with scanned parameters are left to their own figure."""
    return {name: m for name, m in models_with(tree, "efunc", "z").items() if m["efunc"].ndim == 1}


def draw(tree: xr.DataTree) -> Figure:
    """H/H0 on the left, H/H(z=0) on the right, where supernovae see it."""
    figure = Figure(figsize=(8.2, 3.9))
    left, right = figure.subplots(1, 2)
    styles, histories = line_styles(tree), _histories(tree)
    for name, model in histories.items():
        z, efunc = model["z"].values, model["efunc"].values
        left.plot(z, efunc, label=label_of(tree, name), **styles[name])
        right.plot(z, efunc / efunc[0], **styles[name])
    first = min(model["z"].values[0] for model in histories.values())
    left.set(xlabel="redshift z", ylabel="E = H/H0", yscale="log")
    right.set(xlabel="redshift z", ylabel=f"E(z)/E(z = {first:g})", yscale="log")
    left.legend()
    return figure
