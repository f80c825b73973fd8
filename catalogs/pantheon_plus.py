"""Pantheon+ type Ia supernovae: redshifts, standardised magnitudes, full covariance.

1701 light curves, one a row, of 1543 named supernovae; 77 rows are Cepheid calibrators (Scolnic
et al. 2022; Brout et al. 2022). Redshifts are dimensionless, magnitudes in mag, the covariance in
mag**2. Table and covariance are cut with one and the same mask, by row index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import checked_files, is_number, require
from catalogs.errors import DataError
from catalogs.files import DataFile
from catalogs.tables import read_square_matrix, read_table, refuse_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "PantheonPlus"]

_URL = "https://raw.githubusercontent.com/PantheonPlusSH0ES/DataRelease/main/Pantheon%2B_Data/4_DISTANCES_AND_COVAR/"


def _file(name: str, n_bytes: int, sha256: str) -> DataFile:
    url = _URL + name.replace("+", "%2B")
    package = ("cosmofit", f"data/sn/pantheon-plus-sh0es/{name}")
    return DataFile("pantheon_plus", name, sha256, n_bytes, url, package)


_TABLE_SHA256 = "1cb0fc379ef066afdc2ffd1857681cc478024570d8a3eba284fb645775198cf8"
_COVARIANCE_SHA256 = "abf806d966485e64afdb359c87bffc0ecc00d05eff0a31ced66f247385df0fdc"
TABLE = _file("Pantheon+SH0ES.dat", 579283, _TABLE_SHA256)
COVARIANCE = _file("Pantheon+SH0ES_STAT+SYS.cov", 33284960, _COVARIANCE_SHA256)
FILES = (TABLE, COVARIANCE)

_REDSHIFTS = {
    "zHD": "Hubble-diagram redshift (CMB frame, corrected for peculiar velocity)",
    "zCMB": "redshift in the CMB frame",
    "zHEL": "heliocentric redshift",
}
_MAGNITUDES = {  # column: (column of its error, long name)
    "m_b_corr": ("m_b_corr_err_DIAG", "standardised magnitude m_b_corr"),
    "MU_SH0ES": ("MU_SH0ES_ERR_DIAG", "distance modulus MU_SH0ES"),
}
_ASYMMETRY = 1e-6  # mag**2; the published file is symmetric to 3e-8, its last digit


@dataclass(frozen=True, kw_only=True)
class PantheonPlus:
    """Which rows and columns of Pantheon+ to use.

    Parameters
    ----------
    z_column : {"zHD", "zCMB", "zHEL"}
        Redshift of the Hubble diagram and of the cuts.
    z_min : float
        Rows with a redshift above it are kept (strict), >= 0.
    z_max : float, optional
        Rows with a redshift up to it are kept (inclusive); None: no cut.
    calibrators : bool
        Keep the rows of Cepheid calibrators.
    prefactor : {"zHEL", "zHD", "zCMB"}
        Redshift of the factor (1 + z) between comoving and luminosity distance.
    magnitude : {"m_b_corr", "MU_SH0ES"}
        Data vector.
    covariance : {"stat_sys", "diagonal"}
        Full covariance, or only the plotting errors of the table, squared.
    path : str, optional
        Folder that holds the files under their published names.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    z_column: str = "zHD"
    z_min: float = 0.01
    z_max: float | None = None
    calibrators: bool = True
    prefactor: str = "zHEL"
    magnitude: str = "m_b_corr"
    covariance: str = "stat_sys"
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        for key, allowed in (
            ("z_column", tuple(_REDSHIFTS)),
            ("prefactor", ("zHEL", "zHD", "zCMB")),
            ("magnitude", tuple(_MAGNITUDES)),
            ("covariance", ("stat_sys", "diagonal")),
        ):
            value = getattr(self, key)
            require(value in allowed, key, value, f"must be one of {', '.join(allowed)}")
        for key in ("calibrators", "verify_sha256"):
            value = getattr(self, key)
            require(isinstance(value, bool), key, value, "must be true or false")
        require(is_number(self.z_min), "z_min", self.z_min, "must be a finite number")
        require(self.z_min >= 0, "z_min", self.z_min, "must be >= 0")
        if self.z_max is not None:
            allowed_max = "must be a finite number, or null for no cut"
            require(is_number(self.z_max), "z_max", self.z_max, allowed_max)
            below = f"must be below z_max={self.z_max!r}"
            require(self.z_min < self.z_max, "z_min", self.z_min, below)
        require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The hash of each file that is used, by file name.

        The registered ones, so that no file is read; those of the files themselves if
        `verify_sha256` is False.
        """
        if self.verify_sha256:
            return {file.name: file.sha256 for file in self._files()}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen rows, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``row``: cid, row_index (0-based row of the file), z (of `z_column`), z_hd,
            z_cmb, z_hel, z_prefactor, magnitude and magnitude_err (mag), is_calibrator; with
            ``stat_sys`` covariance(row, row_), with ``diagonal`` variance(row), both mag**2.
            Every variable has ``units`` and ``long_name``; attributes name the source, the
            hashes, the cuts and the number of rows.

        Raises
        ------
        DataError
            If a file is missing, altered or malformed, or if no row is left.
        """
        import xarray as xr

        sources = self._sources()
        table = self._table(*sources[TABLE])
        rows = self._kept(table)
        n_rows_file = len(table["CID"])
        variables = self._columns({name: values[rows] for name, values in table.items()})
        variables["row_index"] = ("row", rows, _attrs("", "0-based row in the file"))
        if self.covariance == "stat_sys":
            matrix = read_square_matrix(*sources[COVARIANCE], _ASYMMETRY)
            if len(matrix) != n_rows_file:
                raise DataError(
                    f"{TABLE.name} has {n_rows_file} rows but {COVARIANCE.name} is for "
                    f"{len(matrix)}: they must agree (is one of them cut short?)"
                )
            attrs = _attrs("mag2", "statistical and systematic covariance")
            variables["covariance"] = (("row", "row_"), matrix[np.ix_(rows, rows)], attrs)
        hashes = {file.name: sha256 for file, (_, sha256) in sources.items()}
        return xr.Dataset(variables, attrs=self._attributes(hashes, n_rows_file, rows.size))

    def _files(self) -> tuple[DataFile, ...]:
        return FILES if self.covariance == "stat_sys" else (TABLE,)

    def _sources(self) -> dict[DataFile, tuple[Path, str]]:
        return checked_files(self._files(), self.path, self.verify_sha256)

    def _table(self, path: Path, sha256: str) -> Mapping[str, NDArray[Any]]:
        error = _MAGNITUDES[self.magnitude][0]
        numbers = (*_REDSHIFTS, self.magnitude, error, "IS_CALIBRATOR")
        table = read_table(path, sha256, "CID", numbers)
        flag, cid = table["IS_CALIBRATOR"], table["CID"]
        refuse_rows(path, cid, table[error] <= 0, f"{error} must be > 0", table[error])
        refuse_rows(path, cid, (flag != 0) & (flag != 1), "IS_CALIBRATOR must be 0 or 1", flag)
        return table

    def _cuts(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("z_column", "z_min", "z_max", "calibrators")}

    def _kept(self, table: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        z = table[self.z_column]
        keep = z > self.z_min
        if self.z_max is not None:
            keep &= z <= self.z_max
        if not self.calibrators:
            keep &= table["IS_CALIBRATOR"] == 0
        if not keep.any():
            cuts = ", ".join(f"{key}={value!r}" for key, value in self._cuts().items())
            raise DataError(
                f"{TABLE.name}: none of its {z.size} rows is left by {cuts}; "
                f"{self.z_column} goes from {z.min():g} to {z.max():g}"
            )
        return np.flatnonzero(keep).astype(np.int64)

    def _columns(self, table: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        error, long_name = _MAGNITUDES[self.magnitude]
        prefactor = f"redshift of the factor (1 + z): {_REDSHIFTS[self.prefactor]}"
        columns = {
            "cid": (table["CID"], "", "name of the supernova"),
            "z": (table[self.z_column], "", _REDSHIFTS[self.z_column]),
            "z_hd": (table["zHD"], "", _REDSHIFTS["zHD"]),
            "z_cmb": (table["zCMB"], "", _REDSHIFTS["zCMB"]),
            "z_hel": (table["zHEL"], "", _REDSHIFTS["zHEL"]),
            "z_prefactor": (table[self.prefactor], "", prefactor),
            "magnitude": (table[self.magnitude], "mag", long_name),
            "magnitude_err": (table[error], "mag", f"plotting error {error}"),
            "is_calibrator": (table["IS_CALIBRATOR"] == 1, "", "row is a Cepheid calibrator"),
        }
        if self.covariance == "diagonal":
            columns["variance"] = (table[error] ** 2, "mag2", f"square of {error}")
        # a copy each: z is also one of z_hd, z_cmb, z_hel, and writing to it must not change that
        return {name: ("row", v.copy(), _attrs(*text)) for name, (v, *text) in columns.items()}

    def _attributes(self, hashes: dict[str, str], n_rows_file: int, n_rows: int) -> dict[str, Any]:
        return {
            "name": "pantheon_plus",
            "title": "Pantheon+ type Ia supernovae",
            "reference": "Scolnic et al. 2022, ApJ 938, 113; Brout et al. 2022, ApJ 938, 110",
            "sha256": json.dumps(hashes),
            "cuts": json.dumps(self._cuts()),
            "n_rows_file": n_rows_file,
            "n_rows": n_rows,
        }


def _attrs(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name}
