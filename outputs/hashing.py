"""What makes two requests, and two results, the same."""

import hashlib
import inspect
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variables

COMPUTING_ROOMS = ("sims", "solvers", "catalogs")
"""Packages whose source decides what a number is."""

COMPUTING_OUTPUTS = ("answers.py", "posteriors.py", "tree.py")
"""Files of `outputs` that do, too."""

IRRELEVANT = ("hydra", "resume", "figure", "objective", "catalog.path")
"""Keys of a configuration that cannot change a number."""


def result_hash(tree: xr.DataTree) -> str:
    """sha256 over the path, dimensions, type and content of every variable.

    Attributes, and so units, times and versions, do not enter; the hash survives writing and reading.
    """
    digest = hashlib.sha256()
    for path, array in variables(tree).items():
        values = _canonical(np.asarray(array.values))
        header = [path, list(map(str, array.dims)), str(values.dtype), list(array.shape)]
        digest.update(json.dumps(header).encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _canonical(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        values = values.astype("<f8")
        return np.where(np.isnan(values), np.nan, values)
    if values.dtype.kind in "iu":
        return values.astype("<i8")
    if values.dtype.kind == "b":
        return values
    text = json.dumps([str(value) for value in values.ravel()], ensure_ascii=False)
    return np.frombuffer(text.encode(), dtype=np.uint8)


def content_hash(config: Mapping[str, Any], datasets: Mapping[str, str], foreign: Iterable[Path] = ()) -> str:
    """sha256 over everything that decides the numbers of a run.

    Parameters
    ----------
    config : mapping
        The composed configuration, resolved.
    datasets : mapping of str to str
        File name to sha256 of the data that will be used.
    foreign : iterable of Path
        Source files outside our rooms that the configuration names (a user's own law).

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    digest.update(json.dumps(_numbers_as_floats(_relevant(config)), sort_keys=True, default=str).encode())
    digest.update(json.dumps(dict(datasets), sort_keys=True).encode())
    for path in [*_sources(), *sorted(foreign)]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def source_files(target: Any) -> set[Path]:
    """The files that define a class or function of a user: its own, and what was imported from the same folder."""
    try:
        own = Path(inspect.getfile(target)).resolve()
    except (TypeError, OSError):
        return set()
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {own} | {path for path in map(Path, filter(None, loaded)) if path.resolve().parent == own.parent}


def _numbers_as_floats(value: Any) -> Any:
    """70 and 70.0 ask for the same."""
    if isinstance(value, Mapping):
        return {str(key): _numbers_as_floats(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers_as_floats(entry) for entry in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _relevant(config: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in config.items() if key not in IRRELEVANT}
    for dotted in IRRELEVANT:
        group, _, key = dotted.partition(".")
        if key and isinstance(kept.get(group), Mapping):
            kept[group] = {name: value for name, value in kept[group].items() if name != key}
    return kept


def _sources() -> list[Path]:
    home = Path(__file__).resolve().parent.parent
    rooms = [path for room in COMPUTING_ROOMS for path in sorted((home / room).rglob("*.py"))]
    return [*rooms, *(home / "outputs" / name for name in COMPUTING_OUTPUTS)]
