"""What the figures of rotation curves have in common: the curves, their models, medians in bins, and titles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.container import Container
from matplotlib.figure import Figure

from analysis.figures import models_with, setting

SHARE = (16.0, 84.0)
"""Percentiles at the ends of bars and bands."""
_POINTS = ("galaxy_index", "radius", "v_obs", "v_obs_err")
_ACCELERATIONS = ("g_bar", "g_obs")


def curves_of(tree: xr.DataTree, accelerations: bool = False) -> xr.Dataset | None:
    """A run's `/data` where it holds rotation curves, with accelerations if asked; None where it does not."""
    node = tree.children.get("data")
    needed: dict[str, tuple[str, ...]] = {"name": ("galaxy",), "r_disk": ("galaxy",)}
    needed |= dict.fromkeys(_POINTS, ("point",))
    if accelerations:
        needed |= dict.fromkeys(_ACCELERATIONS, ("baryons", "point"))
    if node is None or any(name not in node or node[name].dims != dims for name, dims in needed.items()):
        return None
    return node.to_dataset()


def rotations_of(tree: xr.DataTree, *statistics: str) -> dict[str, xr.Dataset]:
    """Models with a rotation along (`baryons`, `point`) and these statistics along (`baryons`, `galaxy`)."""
    needed = {"velocity": ("baryons", "point")} | dict.fromkeys(statistics, ("baryons", "galaxy"))
    found = models_with(tree, *needed)
    return {key: model for key, model in found.items() if all(model[name].dims == needed[name] for name in needed)}


def choices_of(models: dict[str, xr.Dataset]) -> list[str]:
    """Names of the choices of the baryons."""
    return [str(name) for name in next(iter(models.values()))["baryons"].values]


def title_of(tree: xr.DataTree, choice: str) -> str:
    """A choice of the baryons with its mass-to-light ratios where the configuration has them as numbers."""
    ratios = [setting(tree, f"baryons.{choice}.upsilon_{part}") for part in ("disk", "bulge")]
    if any(not isinstance(ratio, int | float) for ratio in ratios):
        return choice
    disk, bulge = ratios
    return rf"{choice}: $\Upsilon_\mathrm{{disk}} = {disk:g}$, $\Upsilon_\mathrm{{bulge}} = {bulge:g}$"


def counted(data: xr.Dataset, used: np.ndarray) -> str:
    """How many points are used, and of how many galaxies."""
    galaxies = np.unique(data["galaxy_index"].values[used]).size
    return f"{galaxies} galaxies, {np.count_nonzero(used)} points"


@dataclass(frozen=True, eq=False)
class Binned:
    """Medians of a quantity and the ends of its central 68 % in bins of another, each of shape (n_bins,).

    Parameters
    ----------
    x : ndarray
        Median within the bin of what is binned over.
    median, low, high : ndarray
        Of the quantity.
    """

    x: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray


def binned(x: np.ndarray, y: np.ndarray, width: float, fewest: int = 8) -> Binned:
    """Consecutive bins that are at least so wide and hold at least so many points; every point is in one of them.

    Parameters
    ----------
    x, y : ndarray
        Shape (n_points,); pairs that are not finite are left out.
    width : float
        In the unit of x, > 0.
    fewest : int
        Points of a bin; fewer only where there are no more.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    order = np.argsort(x[finite], kind="stable")
    x, y = x[finite][order], y[finite][order]
    if not x.size:
        return Binned(x, y, y, y)
    starts = [0]
    for i in range(fewest, x.size - fewest + 1):
        if i - starts[-1] >= fewest and x[i] - x[starts[-1]] >= width:
            starts.append(i)
    groups = np.split(y, starts[1:])
    low, median, high = np.array([np.percentile(group, (SHARE[0], 50.0, SHARE[1])) for group in groups]).T
    return Binned(np.array([np.median(group) for group in np.split(x, starts[1:])]), median, low, high)


def legend_of(figure: Figure, panel: Axes, columns: int, **more: Any) -> None:
    """One legend outside of all panels, of what one of them holds; what was measured comes first."""
    entries = sorted(
        zip(*panel.get_legend_handles_labels(), strict=True), key=lambda e: not isinstance(e[0], Container)
    )
    handles, labels = zip(*entries, strict=True)
    figure.legend(handles, labels, loc="outside upper left", ncols=columns, **more)


def log10(values: np.ndarray) -> np.ndarray:
    """Decimal logarithm, NaN for what has none."""
    return np.log10(np.where(values > 0, values, np.nan))
