"""What the figures of the CMB have in common: rows of one spectrum, groups of them, and the curves of models."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import label_of, models_with, note

MEASURED, TARGETS = "planck", "targets"
"""Sources in the tables of peaks that are no models: measured heights, and what the published objective aims at."""
DATA_STYLE: dict[str, Any] = {"color": "0.25", "fmt": "o", "ms": 3, "lw": 0.9, "zorder": 5}
_NEEDED = ("spectrum", "ell", "d_ell", "d_ell_err")
_CHARACTERS = 44
"""Of a line of the legend."""
_IS = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"


def rows_of(tree: xr.DataTree, spectrum: str) -> xr.Dataset | None:
    """The band powers of one spectrum in a run's `/data`; None where there are none."""
    data = tree.children.get("data")
    if data is None or any(name not in data for name in _NEEDED):
        return None
    chosen = np.flatnonzero(data["spectrum"].values == spectrum)
    return data.to_dataset().isel(row=chosen) if chosen.size else None


def curves_of(tree: xr.DataTree, *spectra: str) -> dict[str, xr.Dataset]:
    """Models with one curve of each of these spectra; those with scanned parameters are left out."""
    names = [f"d_ell_{spectrum}" for spectrum in spectra]
    models = models_with(tree, "ell", *names)
    return {key: model for key, model in models.items() if all(model[name].ndim == 1 for name in names)}


class Groups:
    """Consecutive rows put together until few enough are left to be told apart.

    Parameters
    ----------
    error : array_like
        Standard deviations of the rows, whose correlations are left out.
    points : int
        About how many groups are wanted.
    """

    def __init__(self, error: np.ndarray, points: int) -> None:
        self._which = np.arange(error.size) // max(1, round(error.size / points))
        self._weight = 1.0 / error**2
        self._total = np.bincount(self._which, self._weight)

    @property
    def error(self) -> np.ndarray:
        """Standard deviations of the means."""
        return self._total**-0.5

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Means of the groups, weighted with the inverse variances."""
        return np.bincount(self._which, self._weight * values) / self._total

    def label(self, rows: xr.Dataset) -> str:
        """What a legend says of the points."""
        number, groups = rows.sizes["row"], self._total.size
        title, spectrum = rows.attrs.get("title", "band powers"), rows["spectrum"].values[0]
        return f"{title}, {spectrum}: N{_IS}{number}" + (f", in {groups} groups" if groups < number else "")


def draw_rows(panel: Axes, rows: xr.Dataset, points: int) -> Groups:
    """Band powers in groups; those that a logarithmic axis cannot show are counted in the panel."""
    groups = Groups(rows["d_ell_err"].values, points)
    ell, d_ell = (groups.mean(rows[name].values) for name in ("ell", "d_ell"))
    shown = d_ell > 0 if panel.get_yscale() == "log" else np.full(d_ell.size, True)
    label = groups.label(rows)
    panel.errorbar(ell[shown], d_ell[shown], groups.error[shown], label=label, **DATA_STYLE)
    if not shown.all():
        note(panel, f"{(~shown).sum()} of {shown.size} points are not above zero and not shown")
    return groups


def draw_points(panel: Axes, x: np.ndarray, y: np.ndarray, error: np.ndarray, **style: Any) -> None:
    """Points, with error bars where there are any."""
    if np.isfinite(error).any():
        panel.errorbar(x, y, error, ls="none", **style)
    else:
        panel.plot(x, y, ls="none", **style)


def legend_above(figure: Figure, panels: Sequence[Axes]) -> None:
    """One legend for all panels, data first, outside of them so that it hides nothing."""
    entries: dict[tuple[Any, ...], Any] = {}
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            # Models may share a label; one model has one look in all panels.
            look = (handle.get_color(), handle.get_linestyle()) if isinstance(handle, Line2D) else ()
            entries.setdefault((label, *look), handle)
    keys = sorted(entries, key=lambda key: isinstance(entries[key], Line2D))
    texts = [fill(key[0], _CHARACTERS) for key in keys]
    figure.legend([entries[key] for key in keys], texts, loc="outside upper left", ncols=2)


def legend_label(tree: xr.DataTree, name: str) -> str:
    """A model's label, with its χ² where it has one."""
    chi2 = tree[f"models/{name}"].to_dataset().get("chi2")
    if chi2 is None or chi2.ndim:
        return label_of(tree, name)
    return f"{label_of(tree, name)}, χ²{_IS}{chi2.item():.1f}"
