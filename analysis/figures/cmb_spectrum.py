"""The CMB temperature spectrum: band powers, every model, what a peak model calls peaks, and the residuals."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles
from analysis.figures.bandpowers import (
    MEASURED,
    TARGETS,
    curves_of,
    draw_residuals,
    draw_rows,
    legend_above,
    legend_label,
    rows_of,
)

RANK = 14
_POINTS = 80
_LINEAR = 5.0
"""Standard deviations beyond which residuals are on a logarithmic scale."""


def applies(tree: xr.DataTree) -> bool:
    """A run with band powers of TT and with models that predict them."""
    return rows_of(tree, "TT") is not None and bool(curves_of(tree, "TT"))


def draw(tree: xr.DataTree) -> Figure:
    """D_ℓ above, residuals to one model below; both scales hold every curve as a whole."""
    rows, models, styles = rows_of(tree, "TT"), curves_of(tree, "TT"), line_styles(tree)
    assert rows is not None
    figure = Figure(figsize=(7.0, 7.4))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.9, 1.0))
    upper.set_yscale("log")
    groups = draw_rows(upper, rows, _POINTS)
    for name, model in models.items():
        upper.plot(model["ell"].values, model["d_ell_TT"].values, label=legend_label(tree, name), **styles[name])
    _draw_peaks(upper, tree)

    reference = _reference(models)
    ell, residual = groups.mean(rows["ell"].values), _residual(rows, models[reference], reference)
    draw_residuals(lower, ell, groups.mean(residual) / groups.error)
    for name, model in models.items():
        away = residual - _residual(rows, model, name)
        lower.plot(ell, groups.mean(away) / groups.error, **styles[name])
    lower.set_yscale("symlog", linthresh=_LINEAR, linscale=1.5)
    for edge in (-_LINEAR, _LINEAR):
        lower.axhline(edge, color="0.6", lw=0.6, zorder=1)
    lower.set(xlabel="multipole ℓ", ylabel=f"minus {label_of(tree, reference)} [σ]")
    upper.set(ylabel=r"$D_\ell$ of TT [μK²]", xlim=(0.0, 1.02 * rows["ell"].values.max()))
    legend_above(figure, [upper])
    return figure


def _reference(models: dict[str, xr.Dataset]) -> str:
    """The model of lowest χ², else the first of a Boltzmann code, else the first."""
    fitted = {name: model["chi2"].item() for name, model in models.items() if "chi2" in model}
    if fitted:
        return min(fitted, key=lambda name: fitted[name])
    return next((name for name, model in models.items() if "rdrag" in model), next(iter(models)))


def _residual(rows: xr.Dataset, model: xr.Dataset, name: str) -> np.ndarray:
    """Data minus model in D_ℓ: as the run has it, else with the curve at the middle of each bin."""
    if "residual" in rows and name in rows["model"]:
        scale = rows["d_ell_err"].values / rows["bandpower_err"].values
        return rows["residual"].sel(model=name).values * scale
    return rows["d_ell"].values - np.interp(rows["ell"].values, model["ell"].values, model["d_ell_TT"].values)


def _draw_peaks(panel: Axes, tree: xr.DataTree) -> None:
    """Measured heights, the targets of the published objective, and the modes of peak models."""
    peaks = tree["tables/peaks"].to_dataset() if "peaks" in tree.get("tables", {}) else None
    if peaks is not None and MEASURED in peaks["source"]:
        own = peaks.sel(source=MEASURED)
        style = {"fmt": "D", "ms": 6, "mfc": "none", "color": "black", "zorder": 7, "label": "measured peak heights"}
        panel.errorbar(own["ell"].values, own["height"].values, own["height_err"].values, **style)
    if peaks is not None and TARGETS in peaks["source"]:
        own = peaks.sel(source=TARGETS)
        style = {"marker": "x", "ms": 7, "mew": 1.6, "ls": "none", "color": "black", "zorder": 8}
        panel.plot(own["ell"].values, own["height"].values, label="targets of the published objective", **style)
    for name, model in curves_of(tree, "TT").items():
        if "mode_height" in model:
            style = {"marker": "o", "ms": 7, "mfc": "none", "mew": 1.4, "ls": "none", "zorder": 6}
            label = f"{label_of(tree, name)}: amplitudes of its modes, which the source calls peaks"
            color = line_styles(tree)[name]["color"]
            panel.plot(model["mode_ell"].values, model["mode_height"].values, label=label, color=color, **style)
