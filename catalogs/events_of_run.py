"""Gravitational-wave events that a run of this suite wrote: the rows of its ``/data``, as a catalogue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalogs import checks
from catalogs.errors import DataError
from catalogs.event_columns import read_columns
from catalogs.events import EventCuts, Step
from catalogs.files import hash_file

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["EventsOfRun"]

_RUN_FILE = "run.h5"


@dataclass(frozen=True, kw_only=True)
class EventsOfRun(EventCuts):
    """Which events of a run to use.

    Parameters
    ----------
    path : str
        A run file, or the folder that holds one.
    group : str
        Group of the file that holds the events.
    snr_min, mass_min, mass_max, require, runs, run_label
        As in `catalogs.events.EventCuts`; they come on top of those that the run was made with.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    path: str | None = None
    group: str = "data"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.path is None:
            raise DataError(f"path=null: give the {_RUN_FILE}")
        checks.require(isinstance(self.path, str) and self.path != "", "path", self.path, f"give the {_RUN_FILE}")
        named = isinstance(self.group, str) and self.group.strip("/") != ""
        checks.require(named, "group", self.group, "must be a group of the file, such as data")

    def sha256(self) -> dict[str, str]:
        """The hash of the run file, by name."""
        path = self._file()
        return {path.name: hash_file(path)}

    def load(self) -> xr.Dataset:
        """The chosen events, in the order of the file.

        Returns
        -------
        xarray.Dataset
            As `catalogs.events.EventCuts.dataset` says. Attribute ``origin`` is what the run says of the source of its
            events: JSON of its name, hashes, cuts and steps.

        Raises
        ------
        DataError
            If the file is missing or no HDF5, holds no events, or no event is left.
        """
        path = self._file()
        sha256 = hash_file(path)
        raw, said = _read(path, self.group.strip("/"))
        columns = read_columns(raw, {}, (), path.name)
        columns["row_index"] = np.arange(columns["name"].size)
        steps: list[Step] = [{"step": "rows in the run", "rows": columns["name"].size}]
        origin = {key: _parsed(said.get(key, "")) for key in ("sha256", "cuts", "steps")}
        attrs = {
            "name": "events_of_run",
            "title": f"events of a run: {said.get('title', 'no title')}",
            "reference": said.get("reference", ""),
            "sha256": json.dumps({path.name: sha256}),
            "cuts": {"group": self.group},
            "origin": json.dumps({"name": said.get("name", ""), **origin}),
        }
        return self.dataset(columns, steps, path.name, attrs)

    def _file(self) -> Path:
        given = Path(str(self.path)).expanduser()
        path = given / _RUN_FILE if given.is_dir() else given
        if not path.is_file():
            raise DataError(f"catalog.path={self.path!r}: no run file; give a {_RUN_FILE} or the folder that holds one")
        return path


def _read(path: Path, name: str) -> tuple[dict[str, tuple[Any, Any]], dict[str, str]]:
    """Values and units of each variable along ``event`` of a group, and the attributes of the group."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            group = file.get(name)
            if not isinstance(group, h5py.Group) or not _is_event_group(group):
                raise DataError(f"{path.name}: no gravitational-wave events in /{name}{_elsewhere(file)}")
            raw = {key: _values(each) for key, each in group.items() if _along_event(each)}
            return raw, {key: _word(value) for key, value in group.attrs.items()}
    except OSError as error:
        raise DataError(f"{path.name}: not a whole HDF5 file ({' '.join(str(error).split())})") from error


def _along_event(each: Any) -> bool:
    """Whether it is a variable whose only dimension is ``event``."""
    import h5py

    if not isinstance(each, h5py.Dataset) or each.ndim != 1 or each.is_scale:
        return False
    return any(str(scale.name).rpartition("/")[2] == "event" for scale in each.dims[0].values())


def _is_event_group(group: Any) -> bool:
    return "name" in group and _along_event(group["name"])


def _elsewhere(file: Any) -> str:
    import h5py

    found: list[str] = []

    def look(name: str, each: Any) -> None:
        if isinstance(each, h5py.Group) and _is_event_group(each):
            found.append(name)

    file.visititems(look)
    return f"; there are some in group={' or group='.join(found)}" if found else ""


def _values(each: Any) -> tuple[Any, str | None]:
    import h5py

    values = each.asstr()[()] if h5py.check_string_dtype(each.dtype) is not None else each[()]
    return values, _word(each.attrs["units"]) if "units" in each.attrs else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _word(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
