"""CMB polarisation: EE, TE and BB of every model, and the band powers that there are."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import line_styles, note
from analysis.figures.bandpowers import curves_of, draw_rows, legend_above, legend_label, rows_of

RANK = 17
_PANELS = {"EE": "log", "TE": "linear", "BB": "log"}
_POINTS = 60


def applies(tree: xr.DataTree) -> bool:
    """A run with band powers of EE or TE and with models that predict EE, TE and BB."""
    measured = any(rows_of(tree, spectrum) is not None for spectrum in ("EE", "TE"))
    return measured and bool(curves_of(tree, *_PANELS))


def draw(tree: xr.DataTree) -> Figure:
    """One panel for each spectrum; EE and BB on logarithmic scales."""
    figure = Figure(figsize=(7.0, 8.4))
    panels = figure.subplots(3, 1, sharex=True)
    styles, last = line_styles(tree), 0.0
    for panel, (spectrum, scale) in zip(panels, _PANELS.items(), strict=True):
        panel.set_yscale(scale)
        rows = rows_of(tree, spectrum)
        if rows is None:
            note(panel, "no band powers in this run")
        else:
            draw_rows(panel, rows, _POINTS)
            last = max(last, float(rows["ell"].max()))
        for name, model in curves_of(tree, *_PANELS).items():
            _draw_curve(panel, model, spectrum, legend_label(tree, name), styles[name])
        panel.set_ylabel(rf"$D_\ell^{{{spectrum}}}$ [μK²]")
    panels[-1].set(xlabel="multipole ℓ", xlim=(0.0, 1.02 * last))
    figure.align_ylabels()
    legend_above(figure, panels)
    return figure


def _draw_curve(panel: Axes, model: xr.Dataset, spectrum: str, label: str, style: dict[str, Any]) -> None:
    """One curve; that it is zero everywhere a logarithmic axis can only say in words."""
    d_ell = model[f"d_ell_{spectrum}"].values
    if panel.get_yscale() == "log" and not np.any(d_ell > 0):
        note(panel, f"{label}: {spectrum} = 0")
    else:
        panel.plot(model["ell"].values, d_ell, label=label, **style)
