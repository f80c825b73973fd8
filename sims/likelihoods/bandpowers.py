"""A catalogue of CMB bandpowers as a likelihood."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable
from sims.cmb.curves import from_table
from solvers.cmb.bandpowers import BandpowerProblem, Bandpowers
from solvers.cmb.base import CmbModel
from solvers.errors import InvalidInput

_NEEDED = ("spectrum", "ell", "bandpower", "covariance", "window")


@dataclass(frozen=True, kw_only=True)
class CmbBandpowers:
    """Bandpowers of CMB spectra with their windows and covariance.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`, such as `catalogs.plik_lite.PlikLite`.
    """

    catalog: Any

    def sha256(self) -> dict[str, str]:
        """Hashes of the files, by name."""
        return self.catalog.sha256()

    def data(self) -> xr.Dataset:
        """The rows used, without windows and covariance."""
        return bandpowers_of(self.catalog)[0]

    def confront(self, model: CmbModel, *, compiled: bool) -> BandpowerProblem:
        """The problem of one model on these data; a model that is slow and fixed is computed once for all runs."""
        bandpowers = bandpowers_of(self.catalog)[1]
        return BandpowerProblem(from_table(model, int(bandpowers.multipole[-1])), bandpowers)

    def details(self, problem: BandpowerProblem, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
        """The overall factor and D_ℓ at a best fit, the factor included."""
        model, bandpowers = problem.model, problem.bandpowers
        factor, error = 1.0, np.nan
        if model.free_amplitude:
            factor, error = (float(value) for value in bandpowers.amplitude(problem.prediction(**theta)))
        ell = np.arange(2.0, bandpowers.multipole[-1] + 1.0)
        found = {
            "amplitude": scalar(factor, "", "overall factor of the spectra, at its best where it is free, else 1"),
            "amplitude_err": scalar(error, "", "its standard deviation; NaN where it is fixed"),
            "ell": variable("ell", ell.astype(int), "", "multipole"),
        }
        for spectrum in dict.fromkeys(bandpowers.spectrum):
            curve = factor * model.d_ell(ell, str(spectrum), **theta)
            found[f"d_ell_{spectrum}"] = variable("ell", curve, "uK2", f"D_ell of {spectrum}, the factor included")
        return found

    def residual(self, problem: BandpowerProblem, theta: Mapping[str, float]) -> tuple[np.ndarray, str]:
        """Data minus prediction of every row, and its unit."""
        prediction = problem.prediction(**theta)
        if problem.model.free_amplitude:
            prediction = prediction * problem.bandpowers.amplitude(prediction)[0]
        return problem.bandpowers.value - prediction, "uK2"


def bandpowers_of(catalog: Any) -> tuple[xr.Dataset, Bandpowers]:
    """The rows of a catalogue and their factorised covariance, made once per process for equal cuts and files.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`.

    Raises
    ------
    InvalidInput
        The catalogue holds no CMB bandpowers.
    """
    return _bandpowers(catalog, tuple(sorted(catalog.sha256().items())))


@lru_cache(maxsize=4)
def _bandpowers(catalog: Any, sha256: tuple) -> tuple[xr.Dataset, Bandpowers]:
    data = catalog.load()
    missing = [name for name in _NEEDED if name not in data]
    if missing:
        raise InvalidInput(f"catalog: holds no CMB bandpowers ({', '.join(missing)} missing); choose catalog=plik_lite")
    bandpowers = Bandpowers(
        spectrum=data["spectrum"].values,
        ell=data["ell"].values,
        multipole=data["multipole"].values,
        window=data["window"].values,
        value=data["bandpower"].values,
        covariance=data["covariance"].values,
    )
    return data.drop_vars(("window", "covariance", "multipole")), bandpowers
