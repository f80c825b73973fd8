"""A supernova catalogue as a likelihood: magnitudes with a free offset."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable
from solvers.backgrounds import Background
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.problem import SupernovaProblem, confront

_CURVE_POINTS = 201


@dataclass(frozen=True, kw_only=True)
class Supernovae:
    """Standardised magnitudes of a catalogue.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`, such as `catalogs.pantheon_plus.PantheonPlus`.
    """

    catalog: Any

    def sha256(self) -> dict[str, str]:
        """Hashes of the files, by name."""
        return self.catalog.sha256()

    def data(self) -> xr.Dataset:
        """The rows used, without their covariance."""
        return likelihood_of(self.catalog)[0]

    def confront(self, background: Background, *, compiled: bool) -> SupernovaProblem:
        """The problem of one model on these data."""
        return confront(background, likelihood_of(self.catalog)[1], compiled=compiled)

    def details(self, problem: SupernovaProblem, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
        """Offset, curves and the accuracy of the projection at a best fit."""
        background = problem.background
        dense_chi2, offset = problem.dense.evaluate(background, **theta)
        error = abs(float(problem.chi2(**theta)) - dense_chi2)
        rows = problem.dense.z
        z = np.append(0.0, np.geomspace(rows.min(), rows.max(), _CURVE_POINTS - 1))
        modulus, magnitude = background.distance_modulus(z, **theta), problem.magnitude(z, offset, **theta)
        return {
            "offset": scalar(offset, "mag", "best magnitude offset M + 5 log10(c/H0/Mpc) + 25"),
            "projection_error": scalar(error, "", "difference in chi2 from the full matrix at the best fit"),
            "z": variable("z", z, "", "redshift"),
            "efunc": variable("z", background.efunc(z, **theta), "", "E = H/H0"),
            "distance_modulus": variable("z", modulus, "mag", "distance modulus for the model's H0"),
            "magnitude": variable("z", magnitude, "mag", "predicted magnitude, offset included"),
        }

    def residual(self, problem: SupernovaProblem, theta: Mapping[str, float]) -> tuple[np.ndarray, str]:
        """Data minus prediction of every row, and its unit."""
        _, offset = problem.dense.evaluate(problem.background, **theta)
        return problem.dense.magnitude - problem.dense.shape(problem.background, **theta) - offset, "mag"


def likelihood_of(catalog: Any) -> tuple[xr.Dataset, DenseLikelihood]:
    """The rows of a catalogue and their factorised covariance, made once per process for equal cuts and files.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`.
    """
    return _likelihood(catalog, tuple(sorted(catalog.sha256().items())))


@lru_cache(maxsize=4)
def _likelihood(catalog: Any, sha256: tuple) -> tuple[xr.Dataset, DenseLikelihood]:
    data = catalog.load()
    magnitude, z, prefactor = (data[name].values for name in ("magnitude", "z", "z_prefactor"))
    if "covariance" in data:
        dense = DenseLikelihood.from_covariance(magnitude, z, prefactor, data["covariance"].values)
        return data.drop_vars("covariance"), dense
    return data, DenseLikelihood.from_variance(magnitude, z, prefactor, data["variance"].values)
