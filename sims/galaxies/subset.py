"""Some galaxies of a catalogue of rotation curves, and what may be known of all before any rotation is looked at."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons

_PHOTOMETRY = ("v_gas", "v_disk", "v_bulge", "galaxy_index", "name")


def of_galaxies(data: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    """The chosen galaxies and their points alone; no value of another galaxy is in it.

    Parameters
    ----------
    data : xarray.Dataset
        Along `point` and `galaxy`, with `galaxy_index` at the points.
    chosen : ndarray of bool
        Shape (n_galaxies,).
    """
    index = data["galaxy_index"]
    points = chosen[index.values]
    rows = np.cumsum(chosen) - 1
    left = data.isel(galaxy=np.flatnonzero(chosen), point=np.flatnonzero(points))
    return left.assign(galaxy_index=index.copy(data=rows[index.values])[points])


def with_baryons(data: xr.Dataset, baryons: Baryons) -> np.ndarray:
    """Which galaxies have points that the policy of `baryons` keeps, shape (n_galaxies,).

    Gas and stars decide it: neither the observed rotation nor its error is read.
    """
    require_columns(data, _PHOTOMETRY)
    index = data["galaxy_index"].values
    v_bar_squared = baryons.v_squared(*(data[name].values for name in _PHOTOMETRY[:3]))
    kept = baryons.kept(v_bar_squared, index)
    return np.isin(np.arange(data.sizes["galaxy"]), index[kept])


def require_columns(data: xr.Dataset, names: Sequence[str]) -> None:
    """Raise InvalidInput for a catalogue without these variables."""
    missing = [name for name in names if name not in data]
    if missing:
        raise InvalidInput(f"catalog: has no {', '.join(missing)}; try sparc")
