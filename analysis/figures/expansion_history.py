"""E(z) of every model, as it is and divided by its value today."""

import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import label_of, models_with

RANK = 40


def applies(tree: xr.DataTree) -> bool:
    """A run with expansion histories."""
    return bool(models_with(tree, "efunc", "z"))


def draw(tree: xr.DataTree) -> Figure:
    """H/H0 on the left, H/H(z=0) on the right, where supernovae see it."""
    figure = Figure(figsize=(8.2, 3.9))
    left, right = figure.subplots(1, 2)
    for i, (name, model) in enumerate(models_with(tree, "efunc", "z").items()):
        style = {"color": f"C{i}", "ls": ("-", "--", ":", "-.")[i % 4], "lw": 2.4 if i % 4 == 2 else 1.5}
        one_plus_z, efunc = 1.0 + model["z"].values, model["efunc"].values
        left.plot(one_plus_z, efunc, label=label_of(tree, name), **style)
        right.plot(one_plus_z, efunc / efunc[0], **style)
    left.set(xlabel="1 + z", ylabel="E = H/H0", xscale="log", yscale="log")
    right.set(xlabel="1 + z", ylabel="E(z)/E(first z)", xscale="log", yscale="log")
    left.legend()
    return figure
