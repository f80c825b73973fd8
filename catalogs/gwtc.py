"""GWTC, the cumulative catalogue of gravitational-wave events, as GWOSC publishes it: one row an event.

The pinned snapshot holds O1 to O4a: 219 events, of which 43 of GWTC-4.0 have no parameters and GW170817 has no total
mass. Medians and offsets to the ends of the 90% intervals; where an event has no parameters the signal-to-noise ratio
is that of the search. The address serves the table of today, which need not be the snapshot.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs import checks
from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES, Columns, read_columns
from catalogs.events import EventCuts, Step
from catalogs.files import DataFile

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "Gwtc"]

SNAPSHOT = DataFile(
    "gwtc",
    "GWTC_all_events.csv",
    "33ed0cf4f242c6bbc62f269321ed4bc2060587b4d48c5a864b22d113754d79d9",
    60074,
    "https://gwosc.org/eventapi/csv/GWTC/",
)
FILES = (SNAPSHOT,)
_LIVE = "GWTC of gwosc.org"
_NAMES = {"name": "commonName", "catalog": "catalog.shortName", "gps": "GPS"}
_NEEDED = ("catalog", "version", "gps", *QUANTITIES)
_SOURCES = ("file", "gwosc")
_REFERENCE = (
    "GWOSC, gwosc.org; Abbott et al. 2024, GWTC-2.1, arXiv:2108.01045; Abbott et al. 2023, GWTC-3, arXiv:2111.03606; "
    "LIGO-Virgo-KAGRA 2025, GWTC-4.0, arXiv:2508.18082"
)


@dataclass(frozen=True, kw_only=True)
class Gwtc(EventCuts):
    """Which events of GWTC to use, and of which table.

    Parameters
    ----------
    source : {"file", "gwosc"}
        The pinned snapshot, or the live table of gwosc.org, which needs a network. Neither stands in for the other.
    path : str, optional
        Folder that holds the snapshot under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the snapshot, CSV or ECSV; its hash is recorded all the same.
    snr_min, mass_min, mass_max, require, runs, run_label
        As in `catalogs.events.EventCuts`.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    source: str = "file"
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        known = isinstance(self.source, str) and self.source in _SOURCES
        checks.require(known, "source", self.source, f"must be one of {', '.join(_SOURCES)}")
        verify = self.verify_sha256
        checks.require(isinstance(verify, bool), "verify_sha256", verify, "must be true or false")
        checks.require(self.path != "", "path", self.path, "must be a folder, or null to search")
        no_file = "must be null with source='gwosc', which reads no file"
        checks.require(self.source == "file" or self.path is None, "path", self.path, no_file)

    def sha256(self) -> dict[str, str]:
        """The registered hash of the snapshot, by name.

        Of the file itself if `verify_sha256` is False; of the columns that are read, fetched for it, if `source` is
        "gwosc".
        """
        if self.source == "file" and self.verify_sha256:
            return {SNAPSHOT.name: SNAPSHOT.sha256}
        return self._read()[2]

    def load(self) -> xr.Dataset:
        """The chosen events, in the order of the table.

        Returns
        -------
        xarray.Dataset
            As `catalogs.events.EventCuts.dataset` says. Of an event with several versions the highest is taken, of
            equal ones the first.

        Raises
        ------
        DataError
            If the file is missing, altered or malformed, gwosc.org does not answer, or no event is left.
        """
        return self._chosen(*self._read())

    def table(self) -> Any:
        """The chosen events as a `gwpy.table.EventTable`, with every column of the table as it was published.

        Raises
        ------
        DataError
            As `load`.
        """
        table, columns, hashes = self._read()
        return table[self._chosen(table, columns, hashes)["row_index"].values]

    def _chosen(self, table: Any, columns: Columns, hashes: dict[str, str]) -> xr.Dataset:
        rows = _newest(columns)
        steps: list[Step] = [
            {"step": "rows in the table", "rows": len(table)},
            {"step": "after one row an event, the highest version", "rows": rows.size},
        ]
        attrs = {
            "name": "gwtc",
            "title": "GWTC, gravitational-wave events of GWOSC",
            "reference": _REFERENCE,
            "sha256": json.dumps(hashes),
            "cuts": {"source": self.source},
        }
        chosen = {**{name: values[rows] for name, values in columns.items()}, "row_index": rows}
        return self.dataset(chosen, steps, next(iter(hashes)), attrs)

    def _read(self) -> tuple[Any, Columns, dict[str, str]]:
        if self.source == "gwosc":
            table = _fetch()
            columns = _columns(table, _LIVE)
            return table, columns, {_LIVE: _digest(columns)}
        path, sha256 = checks.checked_files(FILES, self.path, self.verify_sha256)[SNAPSHOT]
        table = _read_file(path)
        return table, _columns(table, path.name), {path.name: sha256}


def _event_table() -> Any:
    import matplotlib

    with matplotlib.rc_context():  # gwpy puts its own style on every later figure
        from gwpy.table import EventTable
    return EventTable


def _read_file(path: Path) -> Any:
    reader = _event_table()
    with path.open("rb") as stream:
        kind = "ascii.ecsv" if stream.read(7) == b"# %ECSV" else "csv"
    try:
        return reader.read(path, format=kind)
    except ValueError as error:  # astropy's parser errors and wrong encodings are ValueErrors
        raise DataError(f"{path.name}: not a table: {_one_line(error)}") from error


def _fetch() -> Any:
    reader = _event_table()
    try:
        # gwosc remembers the answer for the life of the process, so that sha256() and load() mean one table
        return reader.fetch_open_data("GWTC")
    except OSError as error:
        advice = "it needs a network; without one take catalog.source=file, the pinned snapshot"
        raise DataError(
            f"catalog.source='gwosc': no table came from gwosc.org ({_one_line(error)}): {advice}"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"catalog.source='gwosc': what came from gwosc.org is no table ({_one_line(error)})") from error


def _one_line(error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def _columns(table: Any, source: str) -> Columns:
    raw = {name: (table[name], getattr(table[name], "unit", None)) for name in table.colnames}
    return read_columns(raw, _NAMES, _NEEDED, source)


def _newest(columns: Columns) -> NDArray[np.int64]:
    order = np.argsort(-columns["version"], kind="stable")
    _, first = np.unique(columns["name"][order], return_index=True)
    return np.sort(order[first])


def _digest(columns: Columns) -> str:
    """Hash of the values, whatever the order in which the server gives the events."""
    rows = sorted(zip(*(map(str, values.tolist()) for values in columns.values()), strict=True))
    return hashlib.sha256(json.dumps([list(columns), *rows]).encode()).hexdigest()
