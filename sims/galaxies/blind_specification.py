"""What a blind test locks: the models with what was fitted, the baryons, the split and the data."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.metrics import PooledCut

_NOT_PHYSICS = ("params", "label")
"""Fields of a model that are said otherwise, or decide no number."""

Amplitudes = Mapping[str, Mapping[str, Mapping[str, float]]]


def specification_of(
    data: xr.Dataset,
    models: Mapping[str, EnhancementModel],
    baryons: Mapping[str, Baryons],
    amplitudes: Amplitudes,
    parts: Mapping[str, np.ndarray],
    rule: Mapping[str, Any],
    kpc: float,
) -> dict[str, Any]:
    """Everything that decides how the galaxies that were not fitted will be predicted, as plain values.

    Parameters
    ----------
    data : xarray.Dataset
        The catalogue, for the names of its galaxies and the hashes of its files.
    models : mapping of str to EnhancementModel
        As fitted.
    baryons : mapping of str to Baryons
        Mass-to-light ratios.
    amplitudes : mapping
        Fitted values by baryons, model and parameter.
    parts : mapping of str to ndarray of str
        The part of every galaxy by baryons, shape (n_galaxies,); "" for none.
    rule : mapping
        Which split it is.
    kpc : float
        A kiloparsec [m].
    """
    names = data["name"].values
    return {
        "models": {
            name: _fields(model, _NOT_PHYSICS)
            | {
                "parameters": {key: float(value) for key, value in model.space.fixed.items()},
                "fitted": {choice: dict(found[name]) for choice, found in amplitudes.items()},
            }
            for name, model in models.items()
        },
        "baryons": {name: _fields(each) for name, each in baryons.items()},
        "kpc": kpc,
        "cut": _fields(PooledCut()),
        "split": dict(rule),
        "galaxies": {
            choice: {str(part): sorted(map(str, names[own == part])) for part in np.unique(own[own != ""])}
            for choice, own in parts.items()
        },
        "data": json.loads(data.attrs["sha256"]),
    }


def _fields(each: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The class of a dataclass and its fields."""
    fields = {f.name: _plain(getattr(each, f.name)) for f in dataclasses.fields(each) if f.name not in without}
    return {"class": f"{type(each).__module__}.{type(each).__qualname__}", **fields}


def _plain(value: Any) -> Any:
    """A value as JSON has it; a number that is not finite becomes its name."""
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    return value
