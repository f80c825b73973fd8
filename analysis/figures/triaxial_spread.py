"""Einstein radius and convergence of a cluster against its axis along the line of sight."""

import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import panels_of, table_of

RANK = 34
_LABELS = {
    "volume": "volume: same volumes",
    "global": "global: same mass by a factor",
    "none": "none: same density",
}
_MARKERS = {"volume": "o", "global": "s", "none": "^"}
_QUANTITIES = {"theta_e": r"$\theta_\mathrm{E}$ [arcsec]", "kappa": r"convergence $\kappa$"}


def applies(tree: xr.DataTree) -> bool:
    """A run with the table `triaxial` of Einstein radii and convergences over axis ratios."""
    table = table_of(tree, "triaxial")
    return table is not None and all(
        name in table and table[name].dims == ("normalisation", "q_los") for name in _QUANTITIES
    )


def draw(tree: xr.DataTree) -> Figure:
    """A panel for each quantity, a line for each normalisation; percentages are the spreads over the value at q = 1."""
    table, spread = table_of(tree, "triaxial"), table_of(tree, "triaxial_spread")
    assert table is not None
    figure, panels = panels_of(len(_QUANTITIES), (4.2, 3.8), columns=2)
    for panel, (name, label) in zip(panels, _QUANTITIES.items(), strict=True):
        for i, normalisation in enumerate(map(str, table["normalisation"].values)):
            words = _LABELS.get(normalisation, normalisation)
            panel.plot(
                table["q_los"],
                table[name].sel(normalisation=normalisation),
                label=words,
                color=f"C{i}",
                marker=_MARKERS.get(normalisation, "D"),
                ms=4.5,
            )
            if spread is not None:
                value = float(spread[name].sel(normalisation=normalisation))
                own = table[name].sel(normalisation=normalisation).values[-1]
                place = (table["q_los"].values[-1], own)
                panel.annotate(
                    f" {100.0 * value:.0f} %",
                    place,
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    color=f"C{i}",
                )
        panel.set(xlabel=r"axis ratio along the line of sight $q_\mathrm{LOS}$", ylabel=label)
        panel.margins(x=0.2)
        panel.set_title(table[name].attrs["long_name"], fontsize="small")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return figure
