"""Finished runs and sweeps, read back as xarray."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import xarray as xr

from outputs.file import RUN_FILE, UnreadableRun
from outputs.file import read_run as open_run
from outputs.sweep import OVERRIDES_FILE

__all__ = ["open_run", "open_sweep", "read_results"]

_NOT_KEYS = ("resume", "figure")
_OF_MODEL = ("best_fit", "sigma", "at_bound", "is_flat", "converged", "n_free", "dof")


def open_sweep(folder: str | os.PathLike[str]) -> xr.Dataset:
    """Read a sweep into one dataset in which each swept key is a dimension.

    Parameters
    ----------
    folder : path-like
        `outputs/sweeps/EXPERIMENT/TIMESTAMP`.

    Returns
    -------
    xarray.Dataset
        The variables of `/comparison`, and best fits, errors and flags along `model` and `param`. Where the cells
        are no full grid, one dimension `cell` with the keys as coordinates. A cell without a result is NaN, and
        `status` says `done` or `failed`.

    Raises
    ------
    UnreadableRun
        No sweep there, or none of its cells finished.
    """
    cells = _cells(Path(folder))
    keys = _swept_keys([overrides for _, overrides in cells])
    points = pd.DataFrame([[overrides.get(key) for key in keys] for _, overrides in cells], columns=keys)
    finished = [(path / RUN_FILE).is_file() for path, _ in cells]
    if not any(finished):
        raise UnreadableRun(f"{folder}: none of the {len(cells)} cells of this sweep finished")
    datasets = {i: read_results(path / RUN_FILE) for i, (path, _) in enumerate(cells) if finished[i]}
    index = pd.Index(list(datasets), name="cell")
    dataset = xr.concat(datasets.values(), index, join="outer", combine_attrs="override")
    dataset = dataset.reindex(cell=np.arange(len(cells)))
    dataset["status"] = ("cell", np.where(finished, "done", "failed"))
    dataset["status"].attrs = {"units": "", "long_name": "state of the cell"}
    return _on_grid(dataset, points)


def read_results(path: Path) -> xr.Dataset:
    """What one run says of its models, along `model` and `param`, read without the rest of the file.

    Parameters
    ----------
    path : Path
        A whole run file.
    """
    with h5py.File(path, locking=False) as run:
        dataset = _group(run["comparison"]) if "comparison" in run else xr.Dataset()
        models = run.get("models", {})
        columns: dict[str, list[xr.DataArray]] = {}
        for name in models:
            node = _group(models[name])
            for key in _OF_MODEL:
                if key in node and set(node[key].dims) <= {"param"}:
                    array = node[key].astype(float).expand_dims(model=[name])
                    columns.setdefault(key, []).append(array)
    for key, arrays in columns.items():
        dataset[key] = xr.concat(arrays, "model", join="outer", combine_attrs="override")
    return dataset


def _group(group: h5py.Group) -> xr.Dataset:
    """A group of a netCDF-4 file as a dataset (h5py reads one in a hundredth of xarray's time)."""
    variables = {}
    for name, item in group.items():
        if not isinstance(item, h5py.Dataset) or item.attrs.get("NAME", b"").startswith(b"This is a netCDF"):
            continue
        own = item.attrs.get("CLASS") == b"DIMENSION_SCALE"
        dims = (name,) if own and item.ndim else tuple(_dimension(axis) for axis in item.dims)
        values = item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]
        attrs = {key: item.attrs[key] for key in ("units", "long_name") if key in item.attrs}
        variables[name] = xr.Variable(dims, values, attrs)
    coordinates = {name: v for name, v in variables.items() if v.dims == (name,)}
    return xr.Dataset({n: v for n, v in variables.items() if n not in coordinates}, coordinates)


def _dimension(axis: Any) -> str:
    return str(axis[0].name.rpartition("/")[2])


def _cells(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Every cell that began, with its overrides by key."""
    found = []
    for path in sorted(folder.glob(f"*/{OVERRIDES_FILE}")):
        pairs = [text.partition("=") for text in json.loads(path.read_text(encoding="utf-8"))]
        found.append((path.parent, {key.lstrip("+~"): value for key, _, value in pairs}))
    if not found:
        raise UnreadableRun(f"{folder}: no sweep; give outputs/sweeps/EXPERIMENT/TIMESTAMP")
    return found


def _numbers(column: pd.Series) -> pd.Series:
    """The column as numbers, if every entry is one."""
    try:
        return column.astype(float)
    except (TypeError, ValueError):
        return column.astype(str)


def _swept_keys(overrides: list[dict[str, Any]]) -> list[str]:
    """Keys whose value changes from cell to cell; all of them where there is one cell."""
    keys = dict.fromkeys(key for cell in overrides for key in cell if key not in _NOT_KEYS)
    varying = [key for key in keys if len({str(cell.get(key)) for cell in overrides}) > 1]
    return varying or [key for key in keys if key != "experiment"] or list(keys)


def _on_grid(dataset: xr.Dataset, points: pd.DataFrame) -> xr.Dataset:
    points = points.apply(_numbers)
    keys = list(points.columns)
    levels: Mapping[str, Any] = {key: points[key].unique() for key in keys}
    is_grid = len(points.drop_duplicates()) == len(points) == int(np.prod([len(v) for v in levels.values()]))
    if not is_grid:
        return dataset.drop_vars("cell").assign_coords({key: ("cell", points[key].values) for key in keys})
    if len(keys) == 1:
        flat = dataset.drop_vars("cell").rename(cell=keys[0])
        return flat.assign_coords({keys[0]: points[keys[0]].values}).sortby(keys[0])
    index = pd.MultiIndex.from_frame(points)
    coordinates = xr.Coordinates.from_pandas_multiindex(index, "cell")
    return dataset.drop_vars("cell").assign_coords(coordinates).unstack("cell")
