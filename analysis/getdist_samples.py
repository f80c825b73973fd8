"""Samples as getdist takes them, and densities that were computed on a grid."""

import logging
from typing import Any

import numpy as np
import xarray as xr
from getdist import MCSamples, chains
from getdist.densities import Density1D, Density2D
from scipy.interpolate import Akima1DInterpolator

_LEVELS = (0.68, 0.95)
_FINE = {1: 1001, 2: 301}
"""Points of an axis of a density, by the density's number of axes."""

_VISIBLE = 1e-4
"""Part of its maximum below which a marginal density is not shown."""

_NEGLIGIBLE = 1e-12
"""Part of the largest mass below which a point of a grid is left out of the samples."""


def from_chains(samples: np.ndarray, log_posterior: np.ndarray, **described: Any) -> MCSamples:
    """Markov chains, kept separate: samples (n_chains, n_draws, n_params), ln posterior (n_chains, n_draws)."""
    return _quietly(MCSamples, samples=list(samples), loglikes=list(-log_posterior), sampler="mcmc", **described)


def from_points(samples: np.ndarray, log_weight: np.ndarray, log_posterior: np.ndarray, **described: Any) -> MCSamples:
    """Weighted points of a nested sampler: samples (n, n_params), the others (n,)."""
    weights = np.exp(log_weight - np.max(log_weight))
    return _quietly(MCSamples, samples=samples, weights=weights, loglikes=-log_posterior, sampler="nested", **described)


def from_grid(density: xr.DataArray, **described: Any) -> MCSamples:
    """A normalised density along its parameters."""
    return _quietly(GridSamples, density, **described)


class GridSamples(MCSamples):
    """Grid points weighted by their mass; the densities are the grid's own, not estimated from points.

    Parameters
    ----------
    density : xarray.DataArray
        Along its parameters, at least two points each.
    **described
        Names, labels, ranges and settings of getdist.
    """

    def __init__(self, density: xr.DataArray, **described: Any) -> None:
        self.grid = density
        axes = [density[dim].values for dim in density.dims]
        mass = density.values.copy()
        for i, axis in enumerate(axes):
            steps = np.diff(axis)
            widths = 0.5 * (np.append(steps, 0.0) + np.append(0.0, steps))
            mass *= np.expand_dims(widths, [k for k in range(len(axes)) if k != i])
        points = np.stack([mesh.ravel() for mesh in np.meshgrid(*axes, indexing="ij")], axis=-1)
        kept = mass.ravel() > _NEGLIGIBLE * mass.max()
        if any(np.ptp(points[kept, i]) == 0 for i in range(len(axes))):
            kept[:] = True
        super().__init__(samples=points[kept], weights=mass.ravel()[kept], sampler="uncorrelated", **described)

    def updateBaseStatistics(self) -> Any:
        """Means and covariance; unequal weights are no outliers on a grid, and getdist shall not say so."""
        root = logging.getLogger()
        root.addFilter(_is_no_outlier)
        try:
            return super().updateBaseStatistics()
        finally:
            root.removeFilter(_is_no_outlier)

    def get1DDensityGridData(self, j: Any, **_: Any) -> Density1D | None:
        """The marginal density of one parameter, with maximum 1; None where it is not a parameter."""
        marginal = self._marginal(j)
        if marginal is None:
            return None
        # getdist keeps mean and range of a parameter where it makes its density, and reads them for its limits.
        self._initParamRanges(self._name(j))
        axis = marginal[marginal.dims[0]].values
        x = _visible(axis, marginal.values, _FINE[1])
        density = Density1D(x, np.clip(Akima1DInterpolator(axis, marginal.values)(x), 0.0, None))
        return density.normalize("max", in_place=True)

    def get2DDensityGridData(
        self, j: Any, j2: Any, num_plot_contours: int | None = None, get_density: bool = False, **_: Any
    ) -> Density2D | None:
        """The marginal density of two parameters, with maximum 1 and the levels of its 68 and 95 % regions."""
        marginal = self._marginal(j, j2)
        if marginal is None:
            return None
        values, fine = marginal.values, []
        for i, dim in enumerate(marginal.dims):
            axis = marginal[dim].values
            alone = marginal.integrate([other for other in marginal.dims if other != dim])
            fine.append(_visible(axis, alone.values, _FINE[2]))
            values = Akima1DInterpolator(axis, values, axis=i)(fine[-1])
        y, x = fine
        density = Density2D(x, y, np.clip(values, 0.0, None))
        density.normalize("max", in_place=True)
        density.likes = None
        if not get_density:
            density.contours = density.getContourLevels(_LEVELS[:num_plot_contours])
        return density

    def _marginal(self, *parameters: Any) -> xr.DataArray | None:
        """The density integrated over all but these, the last of them first; None where one is unknown."""
        names = [self._name(parameter) for parameter in parameters]
        if any(name not in self.grid.dims for name in names):
            return None
        rest = [dim for dim in self.grid.dims if dim not in names]
        density = self.grid.integrate(rest) if rest else self.grid
        return density.transpose(*reversed(names))

    def _name(self, parameter: Any) -> str:
        if isinstance(parameter, int | np.integer):
            return str(self.paramNames.names[parameter].name)
        return str(getattr(parameter, "name", parameter))


def _is_no_outlier(record: logging.LogRecord) -> bool:
    return "outlier fraction" not in str(record.msg)


def _visible(axis: np.ndarray, marginal: np.ndarray, n_points: int) -> np.ndarray:
    """Evenly spaced points over the part of an axis on which a marginal density can be seen."""
    inside = np.flatnonzero(marginal > _VISIBLE * marginal.max())
    low, high = max(inside[0] - 1, 0), min(inside[-1] + 1, len(axis) - 1)
    return np.linspace(axis[low], axis[high], n_points)


def _quietly(make: Any, *arguments: Any, **options: Any) -> MCSamples:
    """Without the line that getdist prints for every set of samples."""
    before = chains.print_load_details
    chains.print_load_details = False
    try:
        return make(*arguments, **options)
    finally:
        chains.print_load_details = before
