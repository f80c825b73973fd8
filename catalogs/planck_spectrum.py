"""Planck 2018 temperature power spectrum (R3.01), each multipole or bins of 30, as D_l = l(l+1)C_l/2pi in uK2.

For figures and for residuals bin by bin: the files hold errors but no covariance, so a diagonal one is made of them
that leaves out the correlations. Below multipole 30 the published errors are asymmetric and their mean is a poor
stand-in, so `ell_min` is 30 unless it is lowered on purpose. For a likelihood take plik_lite.

A row of the binned file is the mean of C_l with weight l(l+1), times L(L+1)/2pi, where L, the multipole in the file, is
the mean of l with the same weight. So the window of a bin in D_l is a constant, L(L+1) over the sum of l(l+1); it adds
up to 1.107 in the first bin, 30 to 59, and to 1.00001 in the last, 2490 to 2508. With it the file of every multipole
gives all 83 values to 1.1e-8, and LambdaCDM from CAMB gives the column BestFit to 0.16 error bars (rms) with the mean
parameters of Planck Collaboration 2020 VI, to 0.03 with its best fit. The spectrum at L and the plain mean of D_l in
the bin both miss BestFit by 0.4 error bars (rms), by up to 1.7 and 2.8.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalogs.bandpowers import bandpower_dataset, require_cuts, whole_bins
from catalogs.checks import checked_files, is_number, require
from catalogs.files import DataFile
from catalogs.tables import read_numbers, refuse_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "PlanckSpectrum"]

_URL = "https://pla.esac.esa.int/pla/aio/product-action?COSMOLOGY.FILE_ID="


def _file(kind: str, n_bytes: int, sha256: str) -> DataFile:
    name = f"COM_PowerSpect_CMB-TT-{kind}_R3.01.txt"
    return DataFile("planck", name, sha256, n_bytes, f"{_URL}{name}")


BINNED = _file("binned", 7142, "85ce6899f33994d5acd871c61cd09bc298befed29ccb043cd4f026fdda6b1f09")
FULL = _file("full", 170548, "0ae1f548b750508c158e13e824dc94ef2a24d0ef19805ae162f4b77a738fdc78")
FILES = (BINNED, FULL)
_BINNINGS = {"binned": BINNED, "full": FULL}
_COLUMNS = ("l", "Dl", "-dDl", "+dDl")
_LOWEST, _WIDTH, _HIGHEST = 30, 30, 2508  # of the bins; the last one is shorter
_OFF_CENTRE = 1e-3  # of the multipole of a bin; the published ones are means of their bins to 5e-6


@dataclass(frozen=True, kw_only=True)
class PlanckSpectrum:
    """Which values of Planck's temperature spectrum to use.

    Parameters
    ----------
    binning : {"binned", "full"}
        Bins of 30 multipoles from 30 to 2508, or every multipole from 2 to 2508.
    ell_min : float
        Bins whose lowest multipole is not below it are kept, >= 0. Below 30 the errors are asymmetric.
    ell_max : float, optional
        Bins whose highest multipole is not above it are kept, >= 0; None: no cut.
    path : str, optional
        Folder that holds the file under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    binning: str = "binned"
    ell_min: float = 30.0
    ell_max: float | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        known = isinstance(self.binning, str) and self.binning in _BINNINGS
        require(known, "binning", self.binning, f"must be one of {', '.join(_BINNINGS)}")
        allowed = "must be a finite number >= 0"
        require(is_number(self.ell_min) and self.ell_min >= 0, "ell_min", self.ell_min, allowed)
        require_cuts(self.ell_min, self.ell_max)
        require(isinstance(self.verify_sha256, bool), "verify_sha256", self.verify_sha256, "must be true or false")
        require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file in use, by name; of the file itself if `verify_sha256` is False."""
        file = _BINNINGS[self.binning]
        return {file.name: file.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen values, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``row``: row_index (0-based row of the file), spectrum (TT), ell (effective multipole), bandpower and
            bandpower_err (D_l and the mean of its errors, uK2), d_ell and d_ell_err (the same), d_ell_lower and
            d_ell_upper (published errors, both > 0, uK2) and, if binned, best_fit (LambdaCDM, as published, uK2);
            covariance(row, row_), the squares of bandpower_err on the diagonal, uK4; window(row, multipole), with which
            a model's D_l gives the band powers. Every variable has ``units`` and ``long_name``; attributes name the
            source, the hash, the cuts and the number of rows.

        Raises
        ------
        DataError
            If the file is missing, altered or malformed, or if no row is left.
        """
        path, sha256 = self._source()
        binned = self.binning == "binned"
        names = (*_COLUMNS, "BestFit") if binned else _COLUMNS
        table = read_numbers(path, sha256, names, positive=("l", "-dDl", "+dDl"), header=True)
        lows, highs = _bins(path, table["l"]) if binned else _multipoles(path, table["l"])
        rows = np.flatnonzero(whole_bins(lows, highs, self.ell_min, self.ell_max))
        ell, d_ell, lower, upper = (table[name][rows] for name in _COLUMNS)
        error = (lower + upper) / 2
        columns = {
            "row_index": (rows, "", "0-based row in the file"),
            "spectrum": (np.full(rows.size, "TT"), "", "which spectrum: TT"),
            "ell": (ell, "", "effective multipole" if binned else "multipole"),
            "bandpower": (d_ell, "uK2", "D_l"),
            "bandpower_err": (error, "uK2", "mean of the lower and upper error of D_l"),
            "d_ell": (d_ell.copy(), "uK2", "D_l"),
            "d_ell_err": (error.copy(), "uK2", "mean of the lower and upper error of D_l"),
            "d_ell_lower": (lower, "uK2", "lower error of D_l, > 0"),
            "d_ell_upper": (upper, "uK2", "upper error of D_l, > 0"),
        }
        if binned:
            columns["best_fit"] = (table["BestFit"][rows], "uK2", "D_l of the best-fit LambdaCDM, as published")
        attrs = {
            "name": f"planck_{self.binning}",
            "title": f"Planck 2018 TT spectrum, {'bins of 30 multipoles' if binned else 'every multipole'}",
            "reference": "Planck Collaboration 2020, V: A&A 641, A5 (arXiv:1907.12875); VI: A6 (arXiv:1807.06209)",
            "sha256": json.dumps({_BINNINGS[self.binning].name: sha256}),
            "cuts": json.dumps({"binning": self.binning, "ell_min": self.ell_min, "ell_max": self.ell_max}),
            "n_rows_file": table["l"].size,
            "n_rows": rows.size,
        }
        lows, highs = lows[rows], highs[rows]
        level = ell * (ell + 1) / [_squares(low, high).sum() for low, high in zip(lows, highs, strict=True)]
        return bandpower_dataset(columns, np.diag(error**2), (lows, highs), lambda _: level[:, np.newaxis], attrs)

    def _source(self) -> tuple[Path, str]:
        file = _BINNINGS[self.binning]
        return checked_files([file], self.path, self.verify_sha256)[file]


def _squares(low: int, high: int) -> NDArray[np.float64]:
    """l(l+1) from `low` to `high`, both included."""
    ell = np.arange(low, high + 1.0)
    return ell * (ell + 1)


def _mean_multipole(low: int, high: int) -> float:
    weight = _squares(low, high)
    return float(weight @ np.arange(low, high + 1.0) / weight.sum())


def _bins(path: Path, ell: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lowest and highest multipole of each row of the binned file, which names the means only."""
    _refuse(path, ell, (ell < _LOWEST) | (ell > _HIGHEST), f"l must be from {_LOWEST} to {_HIGHEST}")
    lows = _LOWEST + _WIDTH * ((ell - _LOWEST) // _WIDTH).astype(np.int64)
    highs = np.minimum(lows + _WIDTH - 1, _HIGHEST)
    means = np.array([_mean_multipole(low, high) for low, high in zip(lows, highs, strict=True)])
    what = f"l must be the mean of its bin ({_LOWEST} to {_LOWEST + _WIDTH - 1}, and so on) with weight l(l+1)"
    _refuse(path, ell, np.abs(ell - means) > _OFF_CENTRE, what)
    _refuse(path, ell, np.diff(lows, prepend=0) <= 0, "l must increase from row to row, one a bin")
    return lows, highs


def _multipoles(path: Path, ell: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    _refuse(path, ell, (ell != np.floor(ell)) | (ell < 2), "l must be a whole number >= 2")
    _refuse(path, ell, np.diff(ell, prepend=0) <= 0, "l must increase from row to row")
    return ell.astype(np.int64), ell.astype(np.int64)


def _refuse(path: Path, ell: NDArray[np.float64], bad: NDArray[np.bool_], what: str) -> None:
    refuse_rows(path, np.array([f"l={each:g}" for each in ell]), bad, what)
