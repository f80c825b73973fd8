"""Accelerations and mass profiles of clusters as likelihoods of a law of acceleration."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable
from sims.clusters.clash_rows import MassRows
from solvers.clusters.clash_likelihood import AccelerationProblem, MassProblem
from solvers.clusters.clash_points import AccelerationPoints, MassPoints
from solvers.clusters.enhancements import ClusterModel
from solvers.errors import InvalidInput

SYSTEMATIC = ("none", "common")
_CURVE_POINTS = 121
_ROOM = 1.3
"""By how much the curves go beyond the points."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClashAccelerations:
    """Accelerations at accelerations by the baryons.

    Parameters
    ----------
    rows : xarray.Dataset
        Of `sims.clusters.clash_rows.acceleration_rows`.
    errors, scatter
        As in `AccelerationPoints`.
    """

    rows: xr.Dataset
    errors: str = "both"
    scatter: float = 0.0

    def data(self) -> xr.Dataset:
        """The points used."""
        return self.rows

    @cached_property
    def points(self) -> AccelerationPoints:
        """The same as the solver takes them."""
        return AccelerationPoints(
            g_bar=self.rows["g_bar"].values,
            g_obs=self.rows["g_obs"].values,
            g_bar_err=self.rows["log10_g_bar_err"].values,
            g_obs_err=self.rows["log10_g_obs_err"].values,
            errors=self.errors,
            scatter=self.scatter,
        )

    def confront(self, model: ClusterModel, *, compiled: bool = False) -> AccelerationProblem:
        """The problem of one model on these data; there is no compiled form."""
        return AccelerationProblem(model, self.points)

    def details(self, problem: AccelerationProblem, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
        """Residuals, their statistics and the curve of a model at a best fit."""
        residual, g_bar = problem.residual(**theta), self.points.g_bar
        determinant = float(problem.log_determinant(**theta))
        curve = np.geomspace(g_bar.min() / _ROOM, g_bar.max() * _ROOM, _CURVE_POINTS)
        predicted = g_bar * problem.model.enhancement(g_bar, **theta)
        return {
            "chi2_points": scalar(float(problem.chi2(**theta)) - determinant, "", "sum of squares over variances"),
            "log_determinant": scalar(determinant, "", "rest of chi2, sum of ln of the variance over that of g_obs"),
            "residual_mean": scalar(float(residual.mean()), "dex", "mean of log10 g_obs - log10 g, unweighted"),
            "residual_sd": scalar(float(residual.std(ddof=1)), "dex", "their standard deviation, ddof = 1"),
            "scatter_needed": scalar(problem.scatter_needed(**theta), "dex", "more scatter that makes chi2_points n"),
            "mean_slope": scalar(float(problem.slope(**theta).mean()), "", "mean d ln g/d ln g_bar at the points"),
            "g_predicted": variable("row", predicted, "m/s2", "acceleration by the model"),
            "residual_dex": variable("row", residual, "dex", "log10 g_obs - log10 of the model's"),
            "curve_g_bar": variable("curve_g_bar", curve, "m/s2", "acceleration by the baryons"),
            "curve_g": variable(
                "curve_g_bar", curve * problem.model.enhancement(curve, **theta), "m/s2", "by the model"
            ),
        }

    def residual(self, problem: AccelerationProblem, theta: Mapping[str, float]) -> tuple[np.ndarray, str]:
        """log10 of data over prediction, and its unit."""
        return problem.residual(**theta), "dex"


@dataclass(frozen=True, kw_only=True, eq=False)
class ClashMasses:
    """Masses inside spheres with correlated errors.

    Parameters
    ----------
    rows : MassRows
        The masses with the baryons inside the same radii.
    systematic : {"none", "common"}
        Whether the mean of upper and lower systematic errors is added, fully correlated within a cluster.

    Raises
    ------
    InvalidInput
        An unknown word.
    """

    rows: MassRows
    systematic: str = "none"

    def __post_init__(self) -> None:
        if self.systematic not in SYSTEMATIC:
            raise InvalidInput(f"sim.systematic={self.systematic!r}: must be one of {', '.join(SYSTEMATIC)}")

    def data(self) -> xr.Dataset:
        """The masses compared, without their correlation."""
        return self.rows.data

    @cached_property
    def points(self) -> MassPoints:
        """The same as the solver takes them."""
        data = self.rows.data
        common = 0.5 * (data["mass_syst_upper"].values + data["mass_syst_lower"].values)
        return MassPoints(
            g_bar=data["g_bar"].values,
            m_bar=data["m_bar"].values,
            mass=data["mass"].values,
            mass_err=data["mass_err"].values,
            correlation=self.rows.correlation,
            cluster=data["cluster_index"].values,
            common_err=common if self.systematic == "common" else np.zeros_like(common),
        )

    def confront(self, model: ClusterModel, *, compiled: bool = False) -> MassProblem:
        """The problem of one model on these data; there is no compiled form."""
        return MassProblem(model, self.points)

    def details(self, problem: MassProblem, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
        """Predicted masses and how far they are from the observed ones at a best fit."""
        predicted = problem.prediction(**theta)
        ratio, (factor, factor_err) = self.points.mass / predicted, problem.factor(**theta)
        return {
            "median_ratio": scalar(float(np.median(ratio)), "", "median of observed over predicted mass, unweighted"),
            "factor": scalar(factor, "", "best factor on all predicted masses"),
            "factor_err": scalar(factor_err, "", "its standard deviation"),
            "mass_predicted": variable("row", predicted, "solMass", "mass by the model"),
            "mass_ratio": variable("row", ratio, "", "observed over predicted mass"),
        }

    def residual(self, problem: MassProblem, theta: Mapping[str, float]) -> tuple[np.ndarray, str]:
        """Data minus prediction of every mass, and its unit."""
        return self.points.mass - problem.prediction(**theta), "solMass"
