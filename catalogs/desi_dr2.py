"""DESI DR2 baryon acoustic oscillations: distances over the sound horizon r_d, with their covariance.

13 Gaussian points at seven redshifts: the transverse comoving distance D_M, the Hubble distance D_H = c/H
and D_V = (z D_M^2 D_H)^(1/3), each over r_d. All dimensionless; points and covariance are cut by row index.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import checked_files, is_number, require
from catalogs.errors import DataError
from catalogs.files import DataFile
from catalogs.tables import parse_number, read_words

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "QUANTITIES", "DesiDR2"]

_URL = "https://raw.githubusercontent.com/CobayaSampler/bao_data/master/desi_bao_dr2/"


def _file(kind: str, n_bytes: int, sha256: str) -> DataFile:
    name = f"gaussian_bao_ALL_GCcomb_{kind}.txt"
    # cosmofit ships the file under another name than its authors'; the hash decides
    package = ("cosmofit", f"data/bao/desi_dr2/desi_dr2_{name}")
    return DataFile("desi_dr2", f"desi_{name}", sha256, n_bytes, f"{_URL}desi_{name}", package)


MEAN = _file("mean", 472, "9ac154ab583ce759c0f7eef3c978c7c70a6ead2d18774caceadf1a350a640585")
COVARIANCE = _file("cov", 2547, "252a143274c8a07c78694c119617d36594f6d7965d00319ca611c6ffb886e509")
FILES = (MEAN, COVARIANCE)
QUANTITIES = ("DM_over_rs", "DH_over_rs", "DV_over_rs")
_ASYMMETRY = 1e-8  # the published file is symmetric to its last digit, 1e-10 and smaller


@dataclass(frozen=True, kw_only=True)
class DesiDR2:
    """Which points of DESI DR2 to use.

    Parameters
    ----------
    z_min : float
        Points with an effective redshift above it are kept (strict), >= 0.
    z_max : float, optional
        Points with an effective redshift up to it are kept (inclusive); None: no cut.
    path : str, optional
        Folder that holds the files under their published names.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    z_min: float = 0.0
    z_max: float | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        require(is_number(self.z_min) and self.z_min >= 0, "z_min", self.z_min, "must be a finite number >= 0")
        if self.z_max is not None:
            require(is_number(self.z_max), "z_max", self.z_max, "must be a finite number, or null for no cut")
            require(self.z_min < self.z_max, "z_min", self.z_min, f"must be below z_max={self.z_max!r}")
        require(isinstance(self.verify_sha256, bool), "verify_sha256", self.verify_sha256, "must be true or false")
        require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hash of each file, by name; of the files themselves if `verify_sha256` is False."""
        if self.verify_sha256:
            return {file.name: file.sha256 for file in FILES}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen points, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``row``: row_index, z, quantity (DM_over_rs, DH_over_rs or DV_over_rs), value, value_err;
            covariance(row, row_). Every variable has ``units`` (dimensionless) and ``long_name``; attributes
            name the source, the hashes, the cuts and the number of rows.

        Raises
        ------
        DataError
            If a file is missing, altered or malformed, or if no row is left.
        """
        import xarray as xr

        sources = self._sources()
        z, value, quantity = _read_points(sources[MEAN][0])
        matrix = _read_covariance(sources[COVARIANCE][0], z.size)
        rows = self._kept(z)
        covariance = matrix[np.ix_(rows, rows)]
        columns: dict[str, tuple[Any, NDArray[Any], str]] = {
            "row_index": ("row", rows, "0-based row in the file"),
            "z": ("row", z[rows], "effective redshift"),
            "quantity": ("row", quantity[rows], "which distance over the sound horizon: D_M, D_H = c/H or D_V"),
            "value": ("row", value[rows], "distance over the sound horizon at the drag epoch"),
            "value_err": ("row", np.sqrt(np.diagonal(covariance)), "square root of the covariance's diagonal"),
            "covariance": (("row", "row_"), covariance, "covariance of the values"),
        }
        variables = {k: (dims, v, {"units": "", "long_name": text}) for k, (dims, v, text) in columns.items()}
        attrs = {
            "name": "desi_dr2",
            "title": "DESI DR2 baryon acoustic oscillations",
            "reference": "DESI Collaboration 2025, DR2 Results II: BAO, arXiv:2503.14738; I: arXiv:2503.14739",
            "sha256": json.dumps({file.name: sha256 for file, (_, sha256) in sources.items()}),
            "cuts": json.dumps({"z_min": self.z_min, "z_max": self.z_max}),
            "n_rows_file": z.size,
            "n_rows": rows.size,
        }
        return xr.Dataset(variables, attrs=attrs)

    def _sources(self) -> dict[DataFile, tuple[Path, str]]:
        return checked_files(FILES, self.path, self.verify_sha256)

    def _kept(self, z: NDArray[np.float64]) -> NDArray[np.int64]:
        rows = np.flatnonzero((z > self.z_min) & (z <= (math.inf if self.z_max is None else self.z_max)))
        if rows.size == 0:
            cuts = f"z_min={self.z_min!r}, z_max={self.z_max!r}; z goes from {z.min():g} to {z.max():g}"
            raise DataError(f"{MEAN.name}: none of its {z.size} rows is left by {cuts}")
        return rows.astype(np.int64)


def _read_points(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]:
    points = []
    for line, words in read_words(path):
        if len(words) != 3:
            raise DataError(f"{path.name}: line {line} has {len(words)} values, must be z, value and quantity")
        if words[2] not in QUANTITIES:
            raise DataError(f"{path.name}: line {line}: quantity {words[2]!r} must be one of {', '.join(QUANTITIES)}")
        z, value = (
            parse_number(path, line, name, word, 0.0) for name, word in zip(("z", "value"), words, strict=False)
        )
        points.append((z, value, words[2]))
    redshifts, values, quantities = zip(*points, strict=True)
    return np.array(redshifts), np.array(values), np.array(quantities)


def _read_covariance(path: Path, size: int) -> NDArray[np.float64]:
    lines = read_words(path)
    if len(lines) != size:
        raise DataError(f"{MEAN.name} has {size} rows but {path.name} is for {len(lines)} (is one of them cut short?)")
    for line, words in lines:
        if len(words) != size:
            raise DataError(f"{path.name}: line {line} has {len(words)} values, must be {size}, one a row")
    matrix = np.array(
        [[parse_number(path, line, f"column {i}", w) for i, w in enumerate(words)] for line, words in lines]
    )
    i, j = divmod(int(np.argmax(np.abs(matrix - matrix.T))), size)
    if abs(matrix[i, j] - matrix[j, i]) > _ASYMMETRY:
        differ = f"is {matrix[i, j]:g} but its mirror is {matrix[j, i]:g}, must agree to {_ASYMMETRY:g}"
        raise DataError(f"{path.name}: not symmetric: row {i}, column {j} {differ}")
    if (lowest := np.diagonal(matrix).min()) <= 0:
        raise DataError(f"{path.name}: every entry of the diagonal must be > 0, not {lowest:g}")
    return (matrix + matrix.T) / 2
