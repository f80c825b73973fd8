"""Finished runs and sweeps, read back as xarray."""

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
from outputs.sweep import begun_cells, is_search, planned_cells

__all__ = ["open_run", "open_sweep", "read_results"]

_NOT_KEYS = ("resume", "figure")
_OF_MODEL = (
    "best_fit",
    "sigma",
    "at_bound",
    "is_flat",
    "converged",
    "n_free",
    "dof",
    "posterior_mean",
    "posterior_sd",
    "posterior_converged",
    "log_evidence",
    "log_evidence_error",
    "true_epsilon",
    "epsilon_low",
    "epsilon_high",
    "recovered",
)


def open_sweep(folder: str | os.PathLike[str]) -> xr.Dataset:
    """Read a sweep into one dataset in which each swept key is a dimension.

    Parameters
    ----------
    folder : path-like
        `outputs/sweeps/EXPERIMENT/TIMESTAMP`.

    Returns
    -------
    xarray.Dataset
        The variables of `/comparison` (of a run without one, the tables with one row a model, as TABLE.COLUMN), best
        fits, errors, flags, posterior means and evidences along `model` and `param`. Where the cells are no full grid
        or were chosen by a search (Optuna), one dimension `cell` with the keys as coordinates. A cell without a result
        is NaN, and `status` says `done` or `failed`.

    Raises
    ------
    UnreadableRun
        No sweep there, or none of its cells finished.
    """
    keys, cells, runs = _cells(Path(folder))
    points = pd.DataFrame([[overrides.get(key) for key in keys] for overrides in cells], columns=keys)
    datasets = {i: read_results(run) for i, run in enumerate(runs) if run is not None}
    if not datasets:
        raise UnreadableRun(f"{folder}: none of the {len(cells)} cells of this sweep finished")
    index = pd.Index(list(datasets), name="cell")
    dataset = xr.concat(datasets.values(), index, join="outer", combine_attrs="override")
    dataset = dataset.reindex(cell=np.arange(len(cells)))
    dataset["status"] = ("cell", ["done" if i in datasets else "failed" for i in range(len(cells))])
    dataset["status"].attrs = {"units": "", "long_name": "state of the cell"}
    points = points.apply(_values)
    return _along_cells(dataset, points) if is_search(Path(folder)) else _on_grid(dataset, points)


def read_results(path: Path) -> xr.Dataset:
    """What one run says of its models, along `model` and `param`, read without the rest of the file.

    Parameters
    ----------
    path : Path
        A whole run file.
    """
    with h5py.File(path, locking=False) as run:
        dataset = _group(run["comparison"]) if "comparison" in run else _tables_of_models(run)
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


def _tables_of_models(run: h5py.File) -> xr.Dataset:
    """Numbers of the tables that have one row a model, as TABLE.COLUMN: what a run without fits says of its models."""
    found: dict[str, xr.DataArray] = {}
    for name, node in run.get("tables", {}).items():
        table = _group(node)
        if set(table.dims) == {"model"}:
            numbers = {key: values for key, values in table.data_vars.items() if values.dtype.kind in "fiub"}
            found |= {f"{name}.{key}": values.astype(float) for key, values in numbers.items()}
    return xr.Dataset(found)


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


def _cells(folder: Path) -> tuple[list[str], list[dict[str, str]], list[Path | None]]:
    """Swept keys, the overrides of every cell that began or was planned, and its run file if it has one."""
    begun = begun_cells(folder)
    swept, planned = planned_cells(folder)
    if not begun:
        raise UnreadableRun(f"{folder}: no sweep; give outputs/sweeps/EXPERIMENT/TIMESTAMP")
    runs = [path / RUN_FILE if (path / RUN_FILE).is_file() else None for path in begun]
    waiting = [cell for cell in planned if cell not in begun.values()]
    cells = [_by_key(overrides) for overrides in [*begun.values(), *waiting]]
    return swept or _varying_keys(cells), cells, runs + [None] * len(waiting)


def _by_key(overrides: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in overrides]
    return {key.lstrip("+~"): value for key, _, value in pairs}


def _varying_keys(cells: list[dict[str, str]]) -> list[str]:
    """Keys whose value changes from cell to cell, for a sweeper that plans as it goes."""
    keys = dict.fromkeys(key for cell in cells for key in cell if key not in _NOT_KEYS)
    varying = [key for key in keys if len({cell.get(key) for cell in cells}) > 1]
    return varying or list(keys)


def _values(column: pd.Series) -> pd.Series:
    """The column as whole numbers, numbers, yes and no, or text: the first that all its entries are."""
    words = column.astype(str)
    if set(words.str.lower()) <= {"true", "false"}:
        return words.str.lower() == "true"
    for kind in (int, float):
        try:
            return words.astype(kind)
        except ValueError:
            continue
    return words


def _along_cells(dataset: xr.Dataset, points: pd.DataFrame) -> xr.Dataset:
    return dataset.drop_vars("cell").assign_coords({key: ("cell", points[key].values) for key in points.columns})


def _on_grid(dataset: xr.Dataset, points: pd.DataFrame) -> xr.Dataset:
    keys = list(points.columns)
    levels: Mapping[str, Any] = {key: points[key].unique() for key in keys}
    is_grid = len(points.drop_duplicates()) == len(points) == int(np.prod([len(v) for v in levels.values()]))
    if not is_grid:
        return _along_cells(dataset, points)
    if len(keys) == 1:
        flat = dataset.drop_vars("cell").rename(cell=keys[0])
        return flat.assign_coords({keys[0]: points[keys[0]].values}).sortby(keys[0])
    index = pd.MultiIndex.from_frame(points)
    coordinates = xr.Coordinates.from_pandas_multiindex(index, "cell")
    return dataset.drop_vars("cell").assign_coords(coordinates).unstack("cell")
