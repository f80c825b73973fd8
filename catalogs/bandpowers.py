"""Band powers of the CMB: the cuts and the dataset that their loaders share.

A band power is a weighted sum over the multipoles of its bin. What a model predicts for ``bandpower`` is the sum over
``multipole`` of ``window`` times D_l = l(l+1)C_l/2pi, in uK2, of the row's ``spectrum``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import is_number, require
from catalogs.errors import DataError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["bandpower_dataset", "require_cuts", "whole_bins"]


def require_cuts(ell_min: float | None, ell_max: float | None) -> None:
    """Refuse cuts in the multipole that are no numbers or exclude each other.

    Raises
    ------
    DataError
        If a cut is not allowed. The message starts with ``key=value:``.
    """
    for key, value in (("ell_min", ell_min), ("ell_max", ell_max)):
        if value is not None:
            allowed = "must be a finite number >= 0, or null for no cut"
            require(is_number(value) and value >= 0, key, value, allowed)
    if ell_min is not None and ell_max is not None:
        require(ell_min <= ell_max, "ell_min", ell_min, f"must not be above ell_max={ell_max!r}")


def whole_bins(
    first: NDArray[np.int64], last: NDArray[np.int64], ell_min: float | None, ell_max: float | None
) -> NDArray[np.bool_]:
    """Which bins lie in the cuts with all of their multipoles.

    Parameters
    ----------
    first, last : numpy.ndarray
        Lowest and highest multipole of each row, inclusive, shape ``(n_rows,)``.
    ell_min, ell_max : float, optional
        The cuts, inclusive; None: no cut.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_rows,)``, bool.

    Raises
    ------
    DataError
        If there is none.
    """
    low, high = -np.inf if ell_min is None else ell_min, np.inf if ell_max is None else ell_max
    keep: NDArray[np.bool_] = (first >= low) & (last <= high)
    if not keep.any():
        raise DataError(
            f"ell_min={ell_min!r}, ell_max={ell_max!r}: no whole bin is left of {first.size}; "
            f"they go from {first.min()} to {last.max()}"
        )
    return keep


def bandpower_dataset(
    columns: Mapping[str, tuple[NDArray[Any], str, str]],
    covariance: NDArray[np.float64],
    bins: tuple[NDArray[np.int64], NDArray[np.int64]],
    weight: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """Columns, covariance and windows of some band powers.

    Parameters
    ----------
    columns : mapping of str to tuple of (numpy.ndarray, str, str)
        What stands along ``row``: values, units and long name.
    covariance : numpy.ndarray
        Covariance of the band powers, uK4, shape ``(n_rows, n_rows)``.
    bins : tuple of (numpy.ndarray, numpy.ndarray)
        Lowest and highest multipole of each row, inclusive, each of shape ``(n_rows,)``.
    weight : callable
        Weight of D_l inside the bins at the given multipoles, shape ``(n,)``; of a shape that broadcasts to
        ``(n_rows, n)``.
    attrs : mapping
        Attributes of the dataset.

    Returns
    -------
    xarray.Dataset
        The columns along ``row``; covariance(row, row_); window(row, multipole), which is 0 outside of a row's bin.
        ``multipole`` are the consecutive integers from the lowest to the highest multipole of all rows.
    """
    import xarray as xr

    first, last = (each[:, np.newaxis] for each in bins)
    multipole = np.arange(first.min(), last.max() + 1)
    window = np.where((multipole >= first) & (multipole <= last), weight(multipole), 0.0)
    variables: dict[str, Any] = {name: ("row", v, _attrs(*text)) for name, (v, *text) in columns.items()}
    variables["covariance"] = (("row", "row_"), covariance, _attrs("uK4", "covariance of the band powers"))
    predicts = "weight of the model's D_l = l(l+1)C_l/2pi in the band power"
    variables["window"] = (("row", "multipole"), window, _attrs("", predicts))
    coords = {"multipole": ("multipole", multipole, _attrs("", "multipole"))}
    return xr.Dataset(variables, coords, attrs)


def _attrs(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name}
