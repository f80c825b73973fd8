"""Baryon acoustic oscillations as a likelihood: distances over r_d with a free scale c/(H0 r_d)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import scalar
from solvers.backgrounds import Background
from solvers.bao import BaoLikelihood, BaoProblem, confront_bao


@dataclass(frozen=True, kw_only=True)
class Bao:
    """Gaussian points of a catalogue.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`, such as `catalogs.desi_dr2.DesiDR2`.
    """

    catalog: Any

    def sha256(self) -> dict[str, str]:
        """Hashes of the files, by name."""
        return self.catalog.sha256()

    def data(self) -> xr.Dataset:
        """The points used, without their covariance."""
        return self.catalog.load().drop_vars("covariance")

    def confront(self, background: Background, *, compiled: bool) -> BaoProblem:
        """The problem of one model on these data; there is no compiled form."""
        data = self.catalog.load()
        columns = (data[name].values for name in ("z", "quantity", "value", "covariance"))
        return confront_bao(background, BaoLikelihood.from_covariance(*columns))

    def details(self, problem: BaoProblem, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
        """The scale at a best fit."""
        return {
            "bao_scale": scalar(float(problem.best_scale(**theta)), "", "best scale c/(H0 r_d)"),
            "r_d_H0": scalar(float(problem.r_d_H0(**theta)), "km / s", "sound horizon times H0 at that scale"),
        }

    def residual(self, problem: BaoProblem, theta: Mapping[str, float]) -> tuple[np.ndarray, str]:
        """Data minus prediction of every point, and its unit."""
        return np.asarray(problem.residuals(**theta)), ""
