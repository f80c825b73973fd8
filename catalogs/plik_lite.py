"""Planck 2018 plik_lite: binned TT, TE and EE spectra of the CMB alone, with their covariance.

613 band powers, cleaned of foregrounds and marginalised over them (Planck Collaboration 2020 V): 215 TT from multipole
30 to 2508, then 199 TE and 199 EE to 1996, in the same bins. They are weighted means of C_l in uK2, not of
D_l = l(l+1)C_l/2pi. The absolute calibration of Planck, 1 +- 0.0025 in the temperature, is not in the covariance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalogs.bandpowers import bandpower_dataset, require_cuts, whole_bins
from catalogs.checks import checked_files, require
from catalogs.errors import DataError
from catalogs.files import DataFile
from catalogs.tables import read_numbers

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "LAYOUT", "PlikLite"]

_URL = "https://raw.githubusercontent.com/heatherprince/planck-lite-py/master/data/planck2018_plik_lite/"


def _file(name: str, n_bytes: int, sha256: str) -> DataFile:
    package = ("cosmofit", f"data/cmb/plik_lite/{name}")
    return DataFile("plik_lite", name, sha256, n_bytes, f"{_URL}{name}", package)


BANDPOWERS = _file("cl_cmb_plik_v22.dat", 37393, "dac0d9d493213e77c940a10a968cf0da3c5730bae60e1356c4cd8bcff96377ff")
COVARIANCE = _file("c_matrix_plik_v22.dat", 3006160, "ad90378c50bd67841764179c90ae6711fa4317c649966ab2b0712143b31e0a32")
FIRST = _file("blmin.dat", 16125, "325b351cbf8f694556bb13e98f285344e8d66811bb8eef18bcdcf1626518719d")
LAST = _file("blmax.dat", 16125, "c28ade0fa5270c7e87ba07bdcb68aef8783b132b352bfaa36c04d17694ab4014")
WEIGHTS = _file("bweight.dat", 185925, "8afcbd8bad769e2de96bacd80177e6543f96b2b406e6c2da1fd0d26718c9e415")
FILES = (BANDPOWERS, COVARIANCE, FIRST, LAST, WEIGHTS)

LAYOUT = {"TT": 215, "TE": 199, "EE": 199}
"""Rows of each spectrum in the order of the file; every spectrum begins with the first bin."""
_N_ROWS = sum(LAYOUT.values())
_SPECTRUM = np.repeat(list(LAYOUT), list(LAYOUT.values()))
_BIN = np.concatenate([np.arange(n) for n in LAYOUT.values()])
_OFFSET = 30  # the bins and their weights are counted from this multipole
_RECORD = np.dtype([("head", "<u4"), ("matrix", "<f8", (_N_ROWS, _N_ROWS)), ("tail", "<u4")])
_MISMATCH = 1e-6  # relative; the published diagonal is sigma squared to 6e-15
_WEIGHT_SUM = 1e-6  # the published weights of a bin add up to 1 to 3e-16


@dataclass(frozen=True, kw_only=True)
class PlikLite:
    """Which band powers of plik_lite to use.

    Parameters
    ----------
    spectra : sequence of {"TT", "TE", "EE"}
        Kept in the order of the file, whatever the order here.
    ell_min : float, optional
        Bins whose lowest multipole is not below it are kept, >= 0; None: no cut.
    ell_max : float, optional
        Bins whose highest multipole is not above it are kept, >= 0; None: no cut.
    path : str, optional
        Folder that holds the files under their published names.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    spectra: Sequence[str] = ("TT",)
    ell_min: float | None = None
    ell_max: float | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        chosen = self.spectra
        listed = isinstance(chosen, Sequence) and not isinstance(chosen, str) and len(chosen) > 0
        known = listed and all(isinstance(name, str) and name in LAYOUT for name in chosen)
        allowed = f"must be a list of at least one of {', '.join(LAYOUT)}, each once"
        require(known and len(set(chosen)) == len(chosen), "spectra", chosen, allowed)
        object.__setattr__(self, "spectra", tuple(chosen))  # a list would make the request unhashable
        require_cuts(self.ell_min, self.ell_max)
        require(isinstance(self.verify_sha256, bool), "verify_sha256", self.verify_sha256, "must be true or false")
        require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hash of each file, by name; of the files themselves if `verify_sha256` is False."""
        if self.verify_sha256:
            return {file.name: file.sha256 for file in FILES}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen band powers, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``row``: row_index (0-based row of the file), spectrum (TT, TE or EE), ell (middle of the bin),
            bandpower and bandpower_err (weighted mean of C_l, uK2), d_ell and d_ell_err (the same times
            ell(ell+1)/2pi, for figures: it is not the mean of D_l); covariance(row, row_) of the band powers, uK4;
            window(row, multipole), with which a model's D_l gives the band powers. Every variable has ``units`` and
            ``long_name``; attributes name the source, the hashes, the cuts and the number of rows.

        Raises
        ------
        DataError
            If a file is missing, altered or malformed, or if no row is left.
        """
        sources = self._sources()
        table = _read_bandpowers(*sources[BANDPOWERS])
        weights = read_numbers(*sources[WEIGHTS], ("weight",))["weight"]
        lows, highs = _read_bins(sources, weights, table["ell"])
        matrix = _read_covariance(sources[COVARIANCE][0], table["sigma"])
        chosen = np.flatnonzero(np.isin(_SPECTRUM, list(self.spectra)))
        rows = chosen[whole_bins(lows[chosen], highs[chosen], self.ell_min, self.ell_max)]
        ell, c_ell, sigma = (table[name][rows] for name in ("ell", "C_l", "sigma"))
        scale = ell * (ell + 1) / (2 * np.pi)
        columns = {
            "row_index": (rows, "", "0-based row in the file"),
            "spectrum": (_SPECTRUM[rows], "", "which spectrum: TT, TE or EE"),
            "ell": (ell, "", "effective multipole, the middle of the bin"),
            "bandpower": (c_ell, "uK2", "weighted mean of C_l in the bin"),
            "bandpower_err": (sigma, "uK2", "square root of the covariance's diagonal"),
            "d_ell": (scale * c_ell, "uK2", "ell(ell+1)/2pi times the band power"),
            "d_ell_err": (scale * sigma, "uK2", "ell(ell+1)/2pi times the error of the band power"),
        }
        attrs = {
            "name": "plik_lite",
            "title": "Planck 2018 plik_lite band powers",
            "reference": "Planck Collaboration 2020, V: A&A 641, A5 (arXiv:1907.12875); VI: A6 (arXiv:1807.06209)",
            "sha256": json.dumps({file.name: sha256 for file, (_, sha256) in sources.items()}),
            "cuts": json.dumps({"spectra": list(self.spectra), "ell_min": self.ell_min, "ell_max": self.ell_max}),
            "n_rows_file": _N_ROWS,
            "n_rows": rows.size,
        }

        def weight(multipole: NDArray[np.int64]) -> NDArray[np.float64]:
            return weights[multipole - _OFFSET] * 2 * np.pi / (multipole * (multipole + 1.0))

        return bandpower_dataset(columns, matrix[np.ix_(rows, rows)], (lows[rows], highs[rows]), weight, attrs)

    def _sources(self) -> dict[DataFile, tuple[Path, str]]:
        return checked_files(FILES, self.path, self.verify_sha256)


def _read_bandpowers(path: Path, sha256: str) -> Mapping[str, NDArray[np.float64]]:
    table = read_numbers(path, sha256, ("ell", "C_l", "sigma"), positive=("ell", "sigma"))
    if (n_rows := table["ell"].size) != _N_ROWS:
        layout = ", ".join(f"{n} {name}" for name, n in LAYOUT.items())
        raise DataError(f"{path.name}: {n_rows} rows, must be {_N_ROWS}: {layout} (is it cut short?)")
    return table


def _read_bins(
    sources: Mapping[DataFile, tuple[Path, str]], weights: NDArray[np.float64], ell: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lowest and highest multipole of each row; the surplus bins of the files belong to no row."""
    edges = []
    for file in (FIRST, LAST):
        values = read_numbers(*sources[file], ("bin",))["bin"]
        if values.size < LAYOUT["TT"]:
            raise DataError(f"{file.name}: {values.size} bins, must be at least {LAYOUT['TT']}")
        values = values[: LAYOUT["TT"]]
        bad = np.flatnonzero((values != np.floor(values)) | (values < 0) | (values >= weights.size))
        if bad.size:
            allowed = f"a whole number from 0 to {weights.size - 1}, for which {WEIGHTS.name} has a weight"
            raise DataError(f"{file.name}: bin {bad[0]} is {values[bad[0]]:g}, must be {allowed}")
        edges.append(values.astype(np.int64))
    lows, highs = edges
    for i, (low, high) in enumerate(zip(lows, highs, strict=True)):
        if low > high:
            raise DataError(f"{FIRST.name}: bin {i} begins at {low} but ends at {high} in {LAST.name}")
        if not abs((total := weights[low : high + 1].sum()) - 1) <= _WEIGHT_SUM:
            raise DataError(f"{WEIGHTS.name}: the weights of bin {i} add up to {total:g}, must be 1 to {_WEIGHT_SUM:g}")
    lows, highs = lows[_BIN] + _OFFSET, highs[_BIN] + _OFFSET
    outside = np.flatnonzero((ell < lows) | (ell > highs))
    if outside.size:
        i = outside[0]
        within = f"multipoles {lows[i]} to {highs[i]} by {FIRST.name} and {LAST.name}"
        raise DataError(f"{BANDPOWERS.name}: row {i} ({_SPECTRUM[i]}): ell={ell[i]:g} is outside of its bin, {within}")
    return lows, highs


def _read_covariance(path: Path, sigma: NDArray[np.float64]) -> NDArray[np.float64]:
    content = path.read_bytes()
    shape = f"a Fortran record of {_N_ROWS}*{_N_ROWS} float64"
    if len(content) != _RECORD.itemsize:
        raise DataError(f"{path.name}: {len(content)} bytes, must be {_RECORD.itemsize}: {shape}")
    record = np.frombuffer(content, _RECORD)[0]
    matrix = record["matrix"]
    for mark in ("head", "tail"):
        if record[mark] != matrix.nbytes:
            raise DataError(f"{path.name}: its {mark} says {record[mark]} bytes, must be {matrix.nbytes}: {shape}")
    bad = np.argwhere(~np.isfinite(matrix))
    if bad.size:
        raise DataError(f"{path.name}: row {bad[0][0]}, column {bad[0][1]} is not a finite number")
    # only the lower triangle is published; whoever has symmetrised it may use that as well
    upper, lower = np.triu(matrix, 1), np.tril(matrix, -1)
    if upper.any() and not np.array_equal(upper, lower.T):
        i, j = np.argwhere(upper != lower.T)[0]
        differ = f"is {matrix[i, j]:g} but its mirror is {matrix[j, i]:g}"
        raise DataError(f"{path.name}: row {i}, column {j} {differ}; above the diagonal must be zeros or the mirror")
    diagonal = np.diagonal(matrix)
    if (diagonal <= 0).any():
        i = int(np.argmin(diagonal))
        raise DataError(f"{path.name}: every entry of the diagonal must be > 0, not {diagonal[i]:g} (row {i})")
    off = np.abs(sigma**2 / diagonal - 1)
    if not (off <= _MISMATCH).all():
        i = int(np.argmax(off))
        differ = f"{diagonal[i]:g} but sigma squared is {sigma[i] ** 2:g} in {BANDPOWERS.name}"
        raise DataError(f"{path.name}: row {i}: the diagonal is {differ}, must agree to {_MISMATCH:g} of it")
    return lower + lower.T + np.diag(diagonal)
