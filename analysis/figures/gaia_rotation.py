"""Azimuthal velocities of stars and their binned medians, beside the circular velocities of the models."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, models_with, panels_of, table_of

RANK = 28
_CELLS = (90, 70)
"""Of the histogram, in radius and velocity."""
_TAILS = (0.4, 99.8)
"""Percentiles between which velocities are drawn."""


def applies(tree: xr.DataTree) -> bool:
    """A run with stars, their medians in bins, and models at these bins."""
    data, bins = tree.children.get("data"), table_of(tree, "bins")
    stars = data is not None and all(name in data for name in ("radius", "v_phi"))
    return stars and bins is not None and all(name in bins for name in ("v_phi", "v_phi_err")) and bool(_models(tree))


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each of the baryons, with the same stars."""
    models = _models(tree)
    names = [str(name) for name in next(iter(models.values()))["baryons"].values]
    figure, panels = panels_of(len(names), (4.6, 4.2))
    for panel, name in zip(panels, names, strict=True):
        image = _draw_stars(panel, tree)
        for key, style in line_styles(tree).items():
            if key in models:
                own = models[key].sel(baryons=name)
                panel.plot(own["bin"], own["velocity"], label=label_of(tree, key), zorder=3, **style)
        panel.set_title(name.replace("_", " "), fontsize="medium")
        panel.set_xlabel("radius $R$ [kpc]")
    panels[0].set_ylabel(r"azimuthal velocity $v_\phi$ [km/s]")
    figure.colorbar(image, ax=panels, label="stars", pad=0.01)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    figure.text(
        0.995,
        0.995,
        "curves: circular velocities;\nasymmetric drift of the stars not corrected",
        ha="right",
        va="top",
        fontsize="small",
    )
    return figure


def _models(tree: xr.DataTree) -> dict[str, xr.Dataset]:
    found = models_with(tree, "velocity", "bin", "baryons")
    return {key: model for key, model in found.items() if model["velocity"].dims == ("baryons", "bin")}


def _draw_stars(panel: Axes, tree: xr.DataTree) -> QuadMesh:
    """Histogram of the stars, and the median of each bin over its extent."""
    data, bins = tree["data"].to_dataset(), table_of(tree, "bins")
    assert bins is not None
    radius, v_phi = data["radius"].values, data["v_phi"].values
    low, high = np.percentile(v_phi, _TAILS)
    extent = [[bins["bin_low"].values.min(), bins["bin_high"].values.max()], [low, high]]
    counts, x, y = np.histogram2d(radius, v_phi, bins=_CELLS, range=extent)
    shown = np.where(counts > 0, counts, np.nan).T
    # From 0.3 on, so that a single star is grey and not white.
    norm = LogNorm(0.3, max(counts.max(), 2.0))
    image = panel.pcolormesh(x, y, shown, norm=norm, cmap="Greys", alpha=0.75, rasterized=True, zorder=1)
    centre = bins["bin"].values
    panel.errorbar(
        centre,
        bins["v_phi"].values,
        yerr=bins["v_phi_err"].values,
        xerr=[centre - bins["bin_low"].values, bins["bin_high"].values - centre],
        fmt="o",
        ms=4.5,
        color="black",
        mfc="white",
        mew=1.2,
        lw=1.2,
        zorder=5,
        label="median of a bin",
    )
    panel.set(xlim=extent[0], ylim=extent[1])
    return image
