"""`/comparison`: all models of a run along one dimension, with what their χ² is worth.

A model's scanned parameters become dimensions with their full key, `models.NAME.params.PARAMETER`.
"""

import math
from collections.abc import Mapping

import xarray as xr

from solvers.inference.information import akaike_weights

MAX_CELLS = 1_000_000
"""Cells of all scans together up to which they are compared cell by cell; beyond, each scan's lowest cell is."""

_LONG_NAMES = {
    "chi2": "chi-squared at the best fit",
    "delta_chi2": "chi2 minus that of the best model",
    "aic": "Akaike information criterion",
    "delta_aic": "AIC minus that of the best model",
    "akaike_weight": "Akaike weight exp(-delta_aic/2), normalised over the models",
    "bic": "Bayesian information criterion chi2 + k ln N",
}


def compare(models: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Put the models of a run side by side.

    Parameters
    ----------
    models : mapping of str to xarray.Dataset
        Datasets with `chi2`, `aic`, `bic`, which may have scanned dimensions.

    Returns
    -------
    xarray.Dataset
        `chi2 delta_chi2 aic delta_aic akaike_weight bic` along `model` and the scanned dimensions.
    """
    if math.prod(dataset["chi2"].size for dataset in models.values()) > MAX_CELLS:
        models = {name: _lowest(dataset) for name, dataset in models.items()}
    columns = {key: _stack(models, key) for key in ("chi2", "aic", "bic")}
    columns["delta_chi2"] = columns["chi2"] - columns["chi2"].min("model")
    columns["delta_aic"] = columns["aic"] - columns["aic"].min("model")
    aic = columns["aic"]
    columns["akaike_weight"] = aic.copy(data=akaike_weights(aic.values, axis=aic.get_axis_num("model")))
    dataset = xr.Dataset({key: columns[key] for key in _LONG_NAMES})
    for key, long_name in _LONG_NAMES.items():
        dataset[key].attrs = {"units": "", "long_name": long_name}
    dataset["model"].attrs = {"units": "", "long_name": "model"}
    return dataset


def _lowest(dataset: xr.Dataset) -> xr.Dataset:
    return dataset.isel(dataset["chi2"].argmin(...)) if dataset["chi2"].ndim else dataset


def _stack(models: Mapping[str, xr.Dataset], key: str) -> xr.DataArray:
    arrays = []
    for name, dataset in models.items():
        array = dataset[key]
        full = {dim: f"models.{name}.params.{dim}" for dim in array.dims}
        axes = {full[dim]: (full[dim], dataset[dim].values, dataset[dim].attrs) for dim in array.dims}
        arrays.append(xr.DataArray(array.values, axes, list(full.values())))
    index = xr.Variable("model", list(models))
    return xr.concat(xr.broadcast(*arrays), index).rename(key)
