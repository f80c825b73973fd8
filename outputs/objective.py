"""The number that a cell of a sweep returns to a sweeper that looks for the best one."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from omegaconf import ListConfig

from outputs.file import RUN_FILE, read_run
from outputs.targets import BadRequest, nearest
from outputs.tree import variables


def objective_value(tree: xr.DataTree, objective: str) -> float:
    """A scalar variable of a run.

    Parameters
    ----------
    tree : xarray.DataTree
        The run.
    objective : str
        Path of the variable, such as `models/lcdm/chi2`.

    Returns
    -------
    float
        NaN and infinities as they are; true is 1.

    Raises
    ------
    BadRequest
        No variable of that path, or one that is not a single number.
    """
    found = {path.strip("/"): array for path, array in variables(tree).items()}
    array = found.get(objective.strip("/"))
    if array is None:
        scalars = [path for path, each in found.items() if _is_number(each)]
        raise BadRequest(f"objective={objective}: the run has no such variable{nearest(objective, scalars)}")
    if not _is_number(array):
        shape = f"has dimensions {', '.join(map(str, array.dims))}" if array.dims else "is text"
        raise BadRequest(f"objective={objective}: {shape}; it must be a single number")
    return float(array)


def finished_value(folder: Path, objective: str) -> float:
    """The objective of the finished run in a folder."""
    return objective_value(read_run(folder / RUN_FILE), objective)


def worst_value(sweeper: Any) -> float:
    """What a cell without a value returns: −∞ to a sweeper that maximises, else ∞."""
    direction = sweeper.get("direction")
    if isinstance(direction, ListConfig):
        direction = direction[0]
    return -np.inf if getattr(direction, "name", direction) == "maximize" else np.inf


def _is_number(array: xr.Variable) -> bool:
    return array.ndim == 0 and array.dtype.kind in "biuf"
