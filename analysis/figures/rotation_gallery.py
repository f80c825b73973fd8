"""Rotation curves of single galaxies: measured, and by every model."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import NotInRun
from analysis.figures import label_of, line_styles, panels_of
from analysis.figures.rotation_curves import choices_of, curves_of, legend_of, rotations_of, title_of

RANK = 24
_EACH = 3
"""Galaxies at either end and in the middle, and panels in a row."""
_NUMBERS = 6
"""In a line above a panel."""
_LINE = 11.0
"""Its height [points]."""


def applies(tree: xr.DataTree) -> bool:
    """A run with rotation curves, rotations of models, and their RMS in a galaxy at least."""
    models = rotations_of(tree, "rms")
    return curves_of(tree) is not None and bool(models) and bool(np.isfinite(_first_rms(models, None)).any())


def galaxies_shown(tree: xr.DataTree, names: Sequence[str] | None = None, baryons: str | None = None) -> list[str]:
    """Names of the galaxies in the order of their panels.

    Parameters
    ----------
    names : sequence of str, optional
        Chosen galaxies; none: by the RMS of the first model the lowest three, the middle three, the highest three.
    baryons : str, optional
        Choice of the baryons, the first one by default.

    Raises
    ------
    NotInRun
        An unknown galaxy, or one that this choice leaves out.
    """
    data, rms = curves_of(tree), _first_rms(rotations_of(tree, "rms"), baryons)
    assert data is not None
    every, left = data["name"].values, np.flatnonzero(np.isfinite(rms))
    order = [str(name) for name in every[left[np.argsort(rms[left], kind="stable")]]]
    if not names:
        middle = len(order) // 2 - _EACH // 2
        return order if len(order) <= 3 * _EACH else order[:_EACH] + order[middle:][:_EACH] + order[-_EACH:]
    for name in names:
        if name not in order:
            close = get_close_matches(name, order, 3, 0.0)
            raise NotInRun(f"names={name}: no galaxy of that name has a rotation here; try {', '.join(close)}")
    return list(names)


def draw(tree: xr.DataTree, names: Sequence[str] | None = None, baryons: str | None = None) -> Figure:
    """A panel for each galaxy; the RMS of every model stands above it in the model's colour."""
    data, models = curves_of(tree), rotations_of(tree, "rms")
    assert data is not None
    baryons = _choice(models, baryons)
    shown, first = galaxies_shown(tree, names, baryons), label_of(tree, next(iter(models)))
    rms = _first_rms(models, baryons)
    order = np.sort(rms[np.isfinite(rms)])
    chosen = {name: model.sel(baryons=baryons) for name, model in models.items()}
    # A single row is higher by the legend; the legend needs a width of its own.
    inches = max(2.9, 6.4 / len(shown)), 2.5 if len(shown) > _EACH else 3.4
    figure, panels = panels_of(len(shown), inches, columns=_EACH)
    for i, (panel, galaxy) in enumerate(zip(panels, shown, strict=True)):
        row = int(np.flatnonzero(data["name"].values == galaxy)[0])
        _draw_galaxy(panel, tree, data, chosen, row)
        rank = f"{np.searchsorted(order, rms[row]) + 1} of {order.size}"
        lines = -(-len(chosen) // _NUMBERS)
        panel.set_title(f"{galaxy} ({rank})", fontsize="medium", pad=4.0 + _LINE * lines)
        if i % _EACH == 0:
            panel.set_ylabel("$V$ [km/s]")
        if i + _EACH >= len(shown):
            panel.set_xlabel("radius [kpc]")
    words = f"{title_of(tree, baryons)}. Above a panel: the galaxy's rank by the RMS of {first},\n"
    words += "then the RMS [km/s] of every model in its colour and in the order of the legend"
    legend_of(figure, panels[0], columns=4, title=words, alignment="left")
    return figure


def _choice(models: dict[str, xr.Dataset], baryons: str | None) -> str:
    choices = choices_of(models)
    if baryons is not None and baryons not in choices:
        raise NotInRun(f"baryons={baryons}: the run has {', '.join(choices)}")
    return choices[0] if baryons is None else baryons


def _first_rms(models: dict[str, xr.Dataset], baryons: str | None) -> np.ndarray:
    """RMS of the first model in every galaxy, NaN where the choice leaves it out."""
    return next(iter(models.values()))["rms"].sel(baryons=_choice(models, baryons)).values


def _draw_galaxy(panel: Axes, tree: xr.DataTree, data: xr.Dataset, models: dict[str, xr.Dataset], row: int) -> None:
    own = np.flatnonzero(data["galaxy_index"].values == row)
    own = own[np.argsort(data["radius"].values[own], kind="stable")]
    radius, v_obs, error = (data[name].values[own] for name in ("radius", "v_obs", "v_obs_err"))
    used = np.isfinite(next(iter(models.values()))["velocity"].values[own])
    panel.errorbar(
        radius[used], v_obs[used], error[used], fmt="o", ms=3, lw=0.9, color="0.2", zorder=4, label="measured"
    )
    for i, (name, model) in enumerate(models.items()):
        style = line_styles(tree)[name]
        panel.plot(radius[used], model["velocity"].values[own][used], zorder=3, label=label_of(tree, name), **style)
        line, place = divmod(i, _NUMBERS)
        lines, columns = -(-len(models) // _NUMBERS), min(len(models), _NUMBERS)
        panel.annotate(
            f"{model['rms'].values[row]:.1f}",
            ((place + 0.5) / columns, 1.0),
            (0.0, 3.0 + _LINE * (lines - 1 - line)),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            fontsize="small",
            color=style["color"],
        )
    panel.set_xlim(*(radius[used].max() * np.array([-0.04, 1.06])))
    panel.set_ylim(bottom=0.0)
