"""Rotation curves of the Milky Way that were published as tables.

``eilers2019`` is measured: the circular velocity from 5.3 to 24.8 kpc (Eilers, Hogg, Rix & Ness 2019, Table 1). The
other two are as printed in the supplement of the theory's paper: ``si11_4``, four radii with the models' velocities and
a straight line in place of data; ``si27_5``, three radii with medians of azimuthal velocities, which are no circular
velocities (asymmetric drift). Radii in kpc, velocities in km/s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import checked_files, is_number, require
from catalogs.csv_tables import read_csv, refuse_lines
from catalogs.errors import DataError
from catalogs.files import DataFile, find

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "TABLES", "MilkyWay", "Table"]


class Table(NamedTuple):
    """A published table: its file, what it is, and name and long name of the variable of each column but the radius."""

    file: DataFile
    title: str
    reference: str
    note: str
    columns: Mapping[str, tuple[str, str]]


def _file(name: str, n_bytes: int, sha256: str, url: str) -> DataFile:
    return DataFile("milky_way", name, sha256, n_bytes, url)


_SUPPLEMENT = "https://github.com/lrspeiser/sigmagravity"
TABLES = {
    "eilers2019": Table(
        _file(
            "eilers2019_table1.csv",
            917,
            "1a30207a5edd4bd9512a123f7e0776b6b393212481531dd18e07d469b8c6855b",
            "https://arxiv.org/abs/1810.09466",
        ),
        "circular velocity of the Milky Way",
        "Eilers, Hogg, Rix & Ness 2019, ApJ 871, 120, doi:10.3847/1538-4357/aaf648, Table 1",
        "which of the two errors is the lower one is as understood from copies of the table, of which one has them the "
        "other way round; systematic errors of 2 to 5 percent are not in them",
        {
            "v_c_kms": ("v_c", "circular velocity"),
            "sigma_minus_kms": ("v_c_err_lower", "lower error of the circular velocity, > 0"),
            "sigma_plus_kms": ("v_c_err_upper", "upper error of the circular velocity, > 0"),
        },
    ),
    "si11_4": Table(
        _file(
            "si11_4_rotation_table.csv",
            204,
            "951f63e12ddd3d12efaf32e2e12a2dccb0cab31afba9e9449556671e7af70806",
            _SUPPLEMENT,
        ),
        "velocities that SI 11.4 prints",
        "SI 11.4",
        "no measurement: the column of observed velocities is the line 233.3 - 1.7 (R - 8)",
        {
            "V_obs_mcgaugh_gravity_kms": ("v_line", "velocity printed as observed, a straight line"),
            "V_GR_kms": ("v_gr", "velocity of the baryons, as printed"),
            "V_sigma_kms": ("v_sigma", "velocity of the theory, as printed"),
            "V_MOND_kms": ("v_mond", "velocity of MOND, as printed"),
            "V_NFW_kms": ("v_nfw", "velocity with an NFW halo, as printed"),
        },
    ),
    "si27_5": Table(
        _file(
            "si27_5_gaia_vs_eilers.csv",
            126,
            "bff9c6afa06de60d7390371e39de855c9a507667091c62acbe3e598942302cfc",
            _SUPPLEMENT,
        ),
        "velocities that SI 27.5 prints",
        "SI 27.5",
        "v_phi is a median azimuthal velocity, which is no circular velocity (asymmetric drift)",
        {
            "v_gaia_large_kms": ("v_phi", "median azimuthal velocity of Gaia stars, as printed"),
            "err_gaia_kms": ("v_phi_err", "its error, as printed"),
            "v_eilers_quoted_kms": ("v_eilers", "circular velocity, quoted there as that of Eilers et al. 2019"),
            "err_eilers_quoted_kms": ("v_eilers_err", "its error, as quoted there"),
        },
    ),
}
"""The tables by name."""

FILES = tuple(table.file for table in TABLES.values())
_RADIUS = "R_kpc"


@dataclass(frozen=True, kw_only=True)
class MilkyWay:
    """Which published table of the Milky Way to use.

    Parameters
    ----------
    table : {"eilers2019", "si11_4", "si27_5"}
        Its name.
    radius_min, radius_max : float, optional
        Radii from one up to the other are kept (inclusive), kpc, >= 0; None: no cut.
    path : str, optional
        Folder that holds the file under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    table: str = "eilers2019"
    radius_min: float | None = None
    radius_max: float | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        known = isinstance(self.table, str) and self.table in TABLES
        require(known, "table", self.table, f"must be one of {', '.join(TABLES)}")
        for key in ("radius_min", "radius_max"):
            value = getattr(self, key)
            legal = value is None or (is_number(value) and value >= 0)
            require(legal, key, value, "must be a finite number >= 0, kpc, or null for no cut")
        if self.radius_min is not None and self.radius_max is not None:
            above = f"must not be above radius_max={self.radius_max!r}"
            require(self.radius_min <= self.radius_max, "radius_min", self.radius_min, above)
        require(isinstance(self.verify_sha256, bool), "verify_sha256", self.verify_sha256, "must be true or false")
        require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file in use, by name; of the file itself if `verify_sha256` is False."""
        file = TABLES[self.table].file
        return {file.name: file.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen radii, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``row``: row_index (0-based row of the file), radius (kpc) and, in km/s, of ``eilers2019`` v_c,
            v_c_err_lower and v_c_err_upper (both > 0) and v_c_err, their mean; of ``si11_4`` v_line, v_gr, v_sigma,
            v_mond and v_nfw; of ``si27_5`` v_phi, v_phi_err, v_eilers and v_eilers_err. Every variable has ``units``
            and ``long_name``; attributes name the source, the hash, the cuts, what each of them left, and in ``note``
            what the numbers are not.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, or if no row is left.
        """
        import xarray as xr

        table = TABLES[self.table]
        path, sha256 = self._source()
        columns = read_csv(path, sha256, (_RADIUS, *table.columns))
        for name, values in columns.items():
            refuse_lines(path, values <= 0, f"{name} must be > 0", values)
        radii = columns[_RADIUS]
        refuse_lines(path, np.diff(radii, prepend=0) <= 0, f"{_RADIUS} must increase from line to line", radii)
        rows, steps = self._kept(path, radii)
        described = {
            "row_index": (rows, "", "0-based row in the file"),
            "radius": (radii[rows], "kpc", "galactocentric radius"),
            **{name: (columns[column][rows], "km / s", text) for column, (name, text) in table.columns.items()},
        }
        if self.table == "eilers2019":
            error = (described["v_c_err_lower"][0] + described["v_c_err_upper"][0]) / 2
            described["v_c_err"] = (error, "km / s", "mean of the lower and upper error of the circular velocity")
        attrs = {
            "name": f"milky_way_{self.table}",
            "title": table.title,
            "reference": table.reference,
            "note": table.note,
            "sha256": json.dumps({table.file.name: sha256}),
            "cuts": json.dumps(self._cuts()),
            "steps": json.dumps(steps),
            "n_rows_file": radii.size,
            "n_rows": rows.size,
        }
        variables = {k: ("row", v, {"units": units, "long_name": text}) for k, (v, units, text) in described.items()}
        return xr.Dataset(variables, attrs=attrs)

    def _source(self) -> tuple[Path, str]:
        file = TABLES[self.table].file
        try:
            find(file, self.path)
        except DataError as error:
            columns = ", ".join((_RADIUS, *TABLES[self.table].columns))
            own = (
                f"Or type it from {TABLES[self.table].reference}: a CSV of {columns}, with catalog.verify_sha256=false"
            )
            raise DataError(f"needs-data: {error}. {own}") from error
        return checked_files((file,), self.path, self.verify_sha256)[file]

    def _cuts(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("table", "radius_min", "radius_max")}

    def _kept(self, path: Path, radii: NDArray[np.float64]) -> tuple[NDArray[np.int64], list[dict[str, Any]]]:
        keep = np.ones(radii.size, dtype=bool)
        steps = [{"step": "rows in the file", "rows": radii.size}]
        if (low := self.radius_min) is not None:
            keep &= radii >= low
            steps.append({"step": f"with radius >= {low:g} kpc (radius_min)", "rows": int(keep.sum())})
        if (high := self.radius_max) is not None:
            keep &= radii <= high
            steps.append({"step": f"with radius <= {high:g} kpc (radius_max)", "rows": int(keep.sum())})
        if not keep.any():
            counts = ", ".join(f"{each['rows']} {each['step']}" for each in steps)
            raise DataError(
                f"{path.name}: no row is left: {counts}; the radii go from {radii.min():g} to {radii.max():g} kpc"
            )
        return np.flatnonzero(keep).astype(np.int64), steps
