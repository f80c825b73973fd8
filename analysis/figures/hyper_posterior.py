"""Mean, slope and scatter of an exponent: marginals and 68 and 95 % regions, with published values and their errors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.interpolate import CubicSpline

from analysis.figures import label_of, line_styles, models_with, table_of

RANK = 12
_SYMBOLS = {"mu": r"$\mu$", "beta": r"$\beta$", "sigma": r"$\sigma$"}
_LEVELS = (0.954, 0.683)
_FINE = 121
_PANEL = 2.1
_PUBLISHED: dict[str, Any] = {"color": "black", "zorder": 5}


@dataclass(frozen=True, eq=False)
class Density:
    """A posterior on its grid, and how it is drawn."""

    values: xr.DataArray
    style: dict[str, Any]

    def along(self, *names: str) -> tuple[list[np.ndarray], np.ndarray]:
        """Fine axes and the marginal density over them, its peak 1."""
        found = self.values
        for name in (str(dim) for dim in found.dims if dim not in names):
            found = found.integrate(name)
        found = found.transpose(*names)
        axes, density = [found[name].values for name in names], found.values
        fine = [np.linspace(axis[0], axis[-1], _FINE) for axis in axes]
        for i, (axis, own) in enumerate(zip(axes, fine, strict=True)):
            density = CubicSpline(axis, density, axis=i)(own)
        return fine, np.maximum(density, 0.0) / density.max()


def applies(tree: xr.DataTree) -> bool:
    """A run with densities of mean, slope and scatter, and published values of them."""
    table = table_of(tree, "published")
    if table is None or any(name not in table for name in ("param", "printed", "printed_sd")):
        return False
    return bool(_densities(tree)) and set(_SYMBOLS) <= set(map(str, table["param"].values))


def draw(tree: xr.DataTree) -> Figure:
    """Marginals on the diagonal; below it a region for each pair. Black: what was published."""
    table = table_of(tree, "published")
    assert table is not None
    densities, names = _densities(tree), list(_SYMBOLS)
    printed = {
        name: (table["printed"].sel(param=name).item(), table["printed_sd"].sel(param=name).item()) for name in names
    }
    figure = Figure(figsize=(_PANEL * len(names), _PANEL * len(names)))
    panels = figure.subplots(len(names), len(names), sharex="col")
    for i, low in enumerate(names):
        for j, across in enumerate(names):
            panel = panels[i, j]
            if j > i:
                panel.remove()
            elif i == j:
                _draw_marginal(panel, densities, low, printed[low])
            else:
                _draw_pair(panel, densities, across, low, printed[across], printed[low])
            if j <= i:
                panel.set_xlim(*_limits(densities, across, printed[across]))
                panel.set_xlabel(_SYMBOLS[across] if i == len(names) - 1 else "")
                panel.set_ylabel(_SYMBOLS[low] if j == 0 < i else "")
                panel.tick_params(labelleft=j == 0 < i, labelbottom=i == len(names) - 1)
    handles = [Line2D([], [], **density.style) for density in densities.values()]
    handles.append(Line2D([], [], color="black", marker="o", ms=3.5, ls="-", lw=1.0))
    labels = [*(label_of(tree, name).replace("_", ", ") for name in densities), "published"]
    figure.legend(handles, labels, loc="upper right", bbox_to_anchor=(0.99, 0.985))
    return figure


def _densities(tree: xr.DataTree) -> dict[str, Density]:
    if "models" not in tree.children:
        return {}
    styles, found = line_styles(tree), models_with(tree, "posterior_density")
    return {
        name: Density(model["posterior_density"], styles[name])
        for name, model in found.items()
        if model["posterior_density"].dims == tuple(_SYMBOLS)
    }


def _draw_marginal(panel: Axes, densities: dict[str, Density], name: str, printed: tuple[float, float]) -> None:
    for density in densities.values():
        (axis,), values = density.along(name)
        panel.plot(axis, values, **density.style)
    value, sd = printed
    panel.axvspan(value - sd, value + sd, color="0.85", lw=0, zorder=0)
    panel.axvline(value, lw=1.0, **_PUBLISHED)
    panel.set(ylim=(0.0, 1.08), yticks=[])


def _draw_pair(
    panel: Axes,
    densities: dict[str, Density],
    across: str,
    up: str,
    printed_across: tuple[float, float],
    printed_up: tuple[float, float],
) -> None:
    for density in densities.values():
        (x, y), values = density.along(across, up)
        style = density.style
        panel.contour(
            x, y, values.T, levels=_heights(values), colors=[style["color"]], linestyles=[style["ls"]], linewidths=1.2
        )
    (x0, dx), (y0, dy) = printed_across, printed_up
    panel.errorbar(x0, y0, dy, dx, fmt="o", ms=3.0, lw=1.0, **_PUBLISHED)
    panel.set_ylim(*_limits(densities, up, printed_up))


def _heights(density: np.ndarray) -> list[float]:
    """Densities above which the shares `_LEVELS` of the mass lie."""
    ordered = np.sort(density.ravel())[::-1]
    share = np.cumsum(ordered) / ordered.sum()
    return [float(ordered[np.searchsorted(share, level)]) for level in _LEVELS]


def _limits(densities: dict[str, Density], name: str, printed: tuple[float, float]) -> tuple[float, float]:
    """What holds a percent of the peak of every density, and the published value."""
    ends = [printed[0] - printed[1], printed[0] + printed[1]]
    for density in densities.values():
        (axis,), values = density.along(name)
        ends += list(axis[values > 0.01][[0, -1]])
    room = 0.06 * (max(ends) - min(ends))
    return min(ends) - room, max(ends) + room
