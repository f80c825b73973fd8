"""GWTC-4.0 summary table of the parameter estimation: medians of every analysis of the events of O4a.

370 analyses, several an event, of 86 events. By default an event's value is the median over its analyses; with each of
them a row of its own the same source counts several times. The table has no times and no intervals: the time is that in
an event's name, to the second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalogs import checks
from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES, Columns, read_columns
from catalogs.events import EventCuts, Step
from catalogs.files import DataFile, find

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "Gwtc4Summary"]

# record 17014085 is given for the file as well; the hash decides
_URL = "https://zenodo.org/records/16053484/files/"
_NAME = "IGWN-GWTC4p0-1a206db3d_721-PESummaryTable.hdf5"
_SHA256 = "c3f2d6f5d8f4b8b7871a6eb7df78f58ddd35adabfc338ba2da48d067ba819e38"
SUMMARY = DataFile("gwtc4", _NAME, _SHA256, 204682, f"{_URL}{_NAME}?download=1")
FILES = (SUMMARY,)
_DATASET = "summary_info"
_NAMES = {"name": "gw_name", **{name: f"{name}_median" for name in QUANTITIES}}
_NEEDED = tuple(name for name in QUANTITIES if name != "chirp_mass_source")
_GPS_ZERO = datetime(1980, 1, 6, tzinfo=UTC)
_LEAP_SECONDS = 18  # GPS minus UTC since 2017


@dataclass(frozen=True, kw_only=True)
class Gwtc4Summary(EventCuts):
    """Which events of the GWTC-4.0 summary table to use.

    Parameters
    ----------
    dedup : bool
        One row an event, the median of each column over its analyses; False: one row an analysis.
    path : str, optional
        Folder that holds the file under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.
    snr_min, mass_min, mass_max, require, runs, run_label
        As in `catalogs.events.EventCuts`.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    dedup: bool = True
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("dedup", "verify_sha256"):
            value = getattr(self, key)
            checks.require(isinstance(value, bool), key, value, "must be true or false")
        checks.require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file, by name; of the file itself if `verify_sha256` is False."""
        return {SUMMARY.name: SUMMARY.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen events, in the order of the file.

        Returns
        -------
        xarray.Dataset
            As `catalogs.events.EventCuts.dataset` says, without version and without intervals; gps is the time in the
            event's name, NaN where it holds none.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, or if no event is
            left.
        """
        path, sha256 = self._source()
        columns = _read(path)
        steps: list[Step] = [{"step": "analyses in the file", "rows": columns["name"].size}]
        if self.dedup:
            columns = _medians(columns)
            steps.append(
                {"step": "after one row an event, the medians over its analyses", "rows": columns["name"].size}
            )
        columns["catalog"] = np.full(columns["name"].size, "GWTC-4.0")
        columns["gps"] = np.array([_gps(name) for name in columns["name"]])
        attrs = {
            "name": "gwtc4",
            "title": "GWTC-4.0 summary table of the parameter estimation",
            "reference": "LIGO-Virgo-KAGRA 2025, GWTC-4.0, arXiv:2508.18082; doi:10.5281/zenodo.16053484",
            "sha256": json.dumps({SUMMARY.name: sha256}),
            "cuts": {"dedup": self.dedup},
        }
        return self.dataset(columns, steps, path.name, attrs)

    def _source(self) -> tuple[Path, str]:
        try:
            find(SUMMARY, self.path)
        except DataError as error:
            raise DataError(f"needs-data: {error}. No other catalogue stands in for it") from error
        return checks.checked_files(FILES, self.path, self.verify_sha256)[SUMMARY]


def _read(path: Path) -> Columns:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = file.get(_DATASET)
            table: Any = np.atleast_1d(found[()] if isinstance(found, h5py.Dataset) else 0)
    except OSError as error:
        raise DataError(f"{path.name}: not a whole HDF5 file ({' '.join(str(error).split())})") from error
    if table.dtype.names is None:
        raise DataError(f"{path.name}: no table {_DATASET} in it")
    raw: dict[str, tuple[Any, Any]] = {name: (table[name], None) for name in table.dtype.names}
    return read_columns(raw, _NAMES, _NEEDED, path.name)


def _medians(columns: Columns) -> Columns:
    names, first, event = np.unique(columns["name"], return_index=True, return_inverse=True)
    order = np.argsort(first)
    merged: Columns = {"name": names[order]}
    for name, values in columns.items():
        if name in _NAMES and name != "name":
            merged[name] = np.array([_median(values[event == i]) for i in order])
    return merged


def _median(values: Any) -> float:
    given = values[~np.isnan(values)]
    return float(np.median(given)) if given.size else float("nan")


def _gps(name: str) -> float:
    try:
        time = datetime.strptime(name, "GW%y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return float("nan")
    return (time - _GPS_ZERO).total_seconds() + _LEAP_SECONDS
