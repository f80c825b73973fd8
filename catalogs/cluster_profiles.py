"""Gas, stars and lensing mass of ten clusters inside 200 kpc, as SI 5A.2b prints them.

``si5a2b`` is that table. ``author12`` is the file of the theory's author behind it, with two more clusters, errors of
the lensing masses and a source of each number. Both are rounded literature estimates and no measured profiles. Masses
are in 1e12 Msun.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from catalogs.checks import require
from catalogs.cluster_sources import Steps, chosen_names, named, needed, require_names, require_place, variables
from catalogs.files import DataFile
from catalogs.named_rows import NamedRows, read_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "TABLES", "ClusterProfiles", "Table"]


class Table(NamedTuple):
    """A table of masses: its file, what it is, and the columns of names, of texts and of masses by variable."""

    file: DataFile
    title: str
    reference: str
    label: str
    texts: Mapping[str, str]
    masses: Mapping[str, str]


_AUTHOR = "https://github.com/lrspeiser/sigmagravity"
_NOTE = (
    "rounded literature estimates, no measured profiles; m_sl is projected, m_gas and m_star are in a sphere of 200 kpc"
)
TABLES = {
    "si5a2b": Table(
        DataFile(
            "clusters_profile",
            "clusters_profile.csv",
            "4ebfb4c3069b946bbb4d96a6f52b740f1a4fe9f0797891262b22f31124a1af15",
            781,
            _AUTHOR,
        ),
        "gas, stars and lensing mass of ten clusters, as SI 5A.2b prints them",
        "SI 5A.2b",
        "cluster",
        {"source_gas": "gas_source"},
        {
            "m_gas": "M_gas_1e12Msun",
            "m_gas_err": "M_gas_err_1e12Msun",
            "m_star": "M_star_1e12Msun",
            "m_star_err": "M_star_err_1e12Msun",
            "m_sl": "MSL_200kpc_1e12Msun",
        },
    ),
    "author12": Table(
        DataFile(
            "clusters_profile",
            "author_cluster_baryons_12.csv",
            "b7e50c15cf94d97049ed6148413741831cd2714f4329c025b7a985bfbce7152b",
            1901,
            _AUTHOR,
        ),
        "gas, stars and lensing mass of twelve clusters, as the theory's author gathered them",
        "derivations/cluster_baryonic_cdm_free.csv of the theory's author",
        "name",
        {"source_gas": "source_gas", "source_star": "source_star", "source_lens": "source_lens"},
        {
            "m_gas": "M_gas_200kpc_1e12Msun",
            "m_gas_err": "M_gas_200kpc_err",
            "m_star": "M_star_200kpc_1e12Msun",
            "m_star_err": "M_star_200kpc_err",
            "m_sl": "MSL_200kpc_1e12Msun",
            "m_sl_err": "MSL_200kpc_err",
        },
    ),
}
"""The tables by name."""

FILES = tuple(table.file for table in TABLES.values())
_LONG_NAMES = {
    "m_gas": "mass of the gas inside 200 kpc",
    "m_gas_err": "its error",
    "m_star": "mass of the stars inside 200 kpc",
    "m_star_err": "its error",
    "m_sl": "strong-lensing mass, projected inside 200 kpc",
    "m_sl_err": "its error",
    "source_gas": "source of the mass of the gas",
    "source_star": "source of the mass of the stars",
    "source_lens": "source of the lensing mass",
}


@dataclass(frozen=True, kw_only=True)
class ClusterProfiles:
    """Which clusters of a table of masses to use.

    Parameters
    ----------
    table : {"si5a2b", "author12"}
        Its name.
    clusters : sequence of str, optional
        Their names as in the file, in any order; None: all.
    path : str, optional
        Folder that holds the file under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    table: str = "si5a2b"
    clusters: Sequence[str] | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        known = isinstance(self.table, str) and self.table in TABLES
        require(known, "table", self.table, f"must be one of {', '.join(TABLES)}")
        object.__setattr__(self, "clusters", require_names(self.clusters))
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file in use, by name; of the file itself if `verify_sha256` is False."""
        file = TABLES[self.table].file
        return {file.name: file.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen clusters, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``cluster``: row_index (0-based row of the file), name, z, m_gas, m_gas_err, m_star, m_star_err and
            m_sl (1e12 Msun, inside 200 kpc), source_gas; of ``author12`` also m_sl_err, source_star and source_lens.
            Every variable has ``units`` and ``long_name``; attributes name the source, the hash, the cuts, what each of
            them left, and in ``note`` what the numbers are not.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, a mass or an error
            is not > 0, or a cluster that was asked for is unknown.
        """
        import xarray as xr

        table = TABLES[self.table]
        path, sha256 = self._source()
        columns = _columns(table, read_rows(path, (table.label, "z", *table.texts.values(), *table.masses.values())))
        names = columns["name"][0]
        kept = Steps(names.size, "clusters in the file")
        if self.clusters is not None:
            chosen_names(self.clusters, names.tolist(), path.name)
            kept.cut("of those named (clusters)", np.isin(names, self.clusters))
        rows = kept.rows(path.name)
        attrs = {
            "name": f"cluster_profiles_{self.table}",
            "title": table.title,
            "reference": table.reference,
            "note": _NOTE,
            "sha256": json.dumps({table.file.name: sha256}),
            "cuts": json.dumps({"table": self.table, "clusters": named(self.clusters)}),
            "steps": json.dumps(kept.steps),
            "n_rows_file": names.size,
            "n_rows": rows.size,
        }
        along = {name: (values[rows], *text) for name, (values, *text) in columns.items()}
        return xr.Dataset(
            variables("cluster", {"row_index": (rows, "", "0-based row in the file"), **along}), attrs=attrs
        )

    def _source(self) -> tuple[Path, str]:
        table = TABLES[self.table]
        columns = ", ".join((table.label, "z", *table.texts.values(), *table.masses.values()))
        own = f"Or type it from {table.reference}: a CSV of {columns}, with catalog.verify_sha256=false"
        return needed((table.file,), self.path, self.verify_sha256, own)[table.file]


def _columns(table: Table, rows: NamedRows) -> dict[str, tuple[Any, str, str]]:
    """Values, units and long name by variable."""
    return {
        "name": (rows.texts(table.label, once=True), "", "name of the cluster"),
        "z": (rows.numbers("z", above=0), "", "redshift of the cluster"),
        **{
            name: (rows.numbers(column, above=0), "1e12 solMass", _LONG_NAMES[name])
            for name, column in table.masses.items()
        },
        **{name: (rows.texts(column), "", _LONG_NAMES[name]) for name, column in table.texts.items()},
    }
