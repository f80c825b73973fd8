"""The CMB temperature spectrum: band powers, every model, what a peak model calls peaks, and the residuals."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from analysis.figures import label_of, line_styles, table_of
from analysis.figures.bandpowers import (
    DATA_STYLE,
    MEASURED,
    TARGETS,
    Groups,
    curves_of,
    draw_points,
    draw_rows,
    legend_above,
    legend_label,
    rows_of,
)

RANK = 14
_POINTS = 80
_LINEAR = 5.0
"""Standard deviations beyond which residuals are on a logarithmic scale."""
_MARKERS: dict[str, dict[str, Any]] = {
    MEASURED: {"marker": "D", "ms": 7, "mew": 0.9, "mfc": "none", "zorder": 7, "label": "measured peak heights"},
    TARGETS: {"marker": "x", "ms": 7, "mew": 1.6, "zorder": 8, "label": "targets of the source"},
}
_MODES: dict[str, Any] = {"marker": "o", "ms": 7, "mfc": "none", "mew": 1.4, "ls": "none", "zorder": 6}


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

    _draw_residuals(lower, rows, groups, models, styles)
    lower.set(xlabel="multipole ℓ", ylabel=f"minus {label_of(tree, _reference(models))}\n[σ of a point, log beyond 5]")
    upper.set(ylabel=r"$D_\ell^{TT}$ [μK²]", xlim=(0.0, 1.02 * rows["ell"].values.max()))
    figure.align_ylabels()
    legend_above(figure, [upper])
    return figure


def _draw_residuals(
    panel: Axes, rows: xr.Dataset, groups: Groups, models: dict[str, xr.Dataset], styles: dict[str, dict[str, Any]]
) -> None:
    """Points and curves minus the reference, in standard deviations of the points."""
    name = _reference(models)
    ell, reference = groups.mean(rows["ell"].values), models[name]
    residual = groups.mean(_residual(rows, reference, name)) / groups.error
    panel.errorbar(ell, residual, np.ones(ell.size), **DATA_STYLE)
    grid = reference["ell"].values[(reference["ell"].values >= ell[0]) & (reference["ell"].values <= ell[-1])]
    error = np.interp(grid, ell, groups.error)
    for key, model in models.items():
        panel.plot(grid, (_at(model, grid) - _at(reference, grid)) / error, **styles[key])
    panel.set_yscale("symlog", linthresh=_LINEAR, linscale=1.2)
    steps = [_LINEAR * 10.0**k for k in range(9)]
    panel.yaxis.set_major_locator(FixedLocator([0.0, *steps, *(-step for step in steps)]))
    panel.yaxis.set_minor_locator(FixedLocator(list(np.arange(1.0 - _LINEAR, _LINEAR))))
    panel.yaxis.set_major_formatter("{x:g}")
    for edge in (-_LINEAR, _LINEAR):
        panel.axhline(edge, color="0.6", lw=0.6, zorder=1)


def _reference(models: dict[str, xr.Dataset]) -> str:
    """The model of lowest χ², else the first of a Boltzmann code, else the first."""
    fitted = {
        name: model["chi2"].item() for name, model in models.items() if "chi2" in model and not model["chi2"].ndim
    }
    if fitted:
        return min(fitted, key=lambda name: fitted[name])
    return next((name for name, model in models.items() if "rdrag" in model), next(iter(models)))


def _residual(rows: xr.Dataset, model: xr.Dataset, name: str) -> np.ndarray:
    """Data minus model in D_ℓ: as the run has it, else with the curve at the middle of each bin."""
    if "residual" in rows and name in rows["model"]:
        scale = rows["d_ell_err"].values / rows["bandpower_err"].values
        return rows["residual"].sel(model=name).values * scale
    return rows["d_ell"].values - _at(model, rows["ell"].values)


def _at(model: xr.Dataset, ell: np.ndarray) -> np.ndarray:
    """D_ℓ of a model on a straight line between whole multipoles; NaN where its table has ended."""
    return np.interp(ell, model["ell"].values, model["d_ell_TT"].values, left=np.nan, right=np.nan)


def _draw_peaks(panel: Axes, tree: xr.DataTree) -> None:
    """Measured heights, the targets of the source, and the modes of peak models."""
    peaks, styles = table_of(tree, "peaks"), line_styles(tree)
    for source, style in _MARKERS.items():
        if peaks is not None and source in peaks["source"]:
            own = peaks.sel(source=source)
            columns = (own[key].values for key in ("ell", "height", "height_err"))
            draw_points(panel, *columns, color="black", **style)
    for name, model in curves_of(tree, "TT").items():
        if "mode_height" in model:
            label = f"{label_of(tree, name)}: amplitudes of its modes, which the source calls peaks"
            style = {"color": styles[name]["color"], "label": label, **_MODES}
            panel.plot(model["mode_ell"].values, model["mode_height"].values, **style)
