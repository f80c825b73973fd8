"""Tables of a run on CLASH clusters: how every model does over all points and over the radius, and which A fits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.checks import checked_list
from sims.clusters.model_table import is_sigma
from solvers.clusters.enhancements import ClusterModel, LawEnhancement
from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import NON_NEGATIVE

_LARGEST_AMPLITUDE = 1000.0

_FIT = ("chi2_points", "log_determinant", "residual_mean", "residual_sd", "scatter_needed", "mean_slope")
_FIT_OF_MASSES = ("median_ratio", "factor", "factor_err")


def checked_edges(edges: Any) -> np.ndarray:
    """Edges of the bins [kpc] as a vector.

    Raises
    ------
    InvalidInput
        No list of numbers >= 0, two at least, that increase.
    """
    edges = checked_list("sim.radius_edges", edges, NON_NEGATIVE)
    if edges.size < 2 or not np.all(np.diff(edges) > 0):
        raise InvalidInput("sim.radius_edges: must increase from each edge to the next, two at least")
    return edges


def radius_bins(radius: np.ndarray, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Which points lie in each bin from one edge up to the next, by the name of the bin; empty ones are left out.

    Parameters
    ----------
    radius : ndarray
        Of the points [kpc], shape (n,).
    edges : ndarray
        Of `checked_edges`.

    Raises
    ------
    InvalidInput
        A point outside all bins.
    """
    if radius.min() < edges[0] or radius.max() >= edges[-1]:
        raise InvalidInput(f"sim.radius_edges: must hold all points, from {radius.min():.4g} to {radius.max():.4g} kpc")
    bins = {f"{a:g}-{b:g}": (radius >= a) & (radius < b) for a, b in zip(edges[:-1], edges[1:], strict=True)}
    return {name: inside for name, inside in bins.items() if inside.any()}


def fit_table(answers: Mapping[str, xr.Dataset]) -> xr.Dataset | None:
    """Every model over all points, along `model`; None where all are scanned."""
    found = {name: answer for name, answer in answers.items() if _is_shown(answer)}
    if not found:
        return None
    first = next(iter(found.values()))
    columns: dict[str, Any] = {"model": variable("model", list(found), "", "model")}
    per_point = [float(answer["chi2"]) / int(answer["n_data"]) for answer in found.values()]
    columns["chi2_per_point"] = variable("model", per_point, "", "chi2 over the number of points")
    for key in _FIT if "chi2_points" in first else _FIT_OF_MASSES:
        values = [float(answer[key]) for answer in found.values()]
        columns[key] = variable("model", values, first[key].attrs["units"], first[key].attrs["long_name"])
    return xr.Dataset(columns)


def radius_table(answers: Mapping[str, xr.Dataset], bins: Mapping[str, np.ndarray]) -> xr.Dataset | None:
    """Mean residual [dex] of accelerations, median ratio of masses, along (`model`, `radius_bin`)."""
    found = {name: answer for name, answer in answers.items() if _is_shown(answer)}
    if not found:
        return None
    table = {
        "model": variable("model", list(found), "", "model"),
        "radius_bin": variable("radius_bin", list(bins), "", "radii in kpc, the upper end not included"),
    }
    dims = ("model", "radius_bin")
    if "residual_dex" in next(iter(found.values())):
        residual = {name: answer["residual_dex"].values for name, answer in found.items()}
        mean = [[row[inside].mean() for inside in bins.values()] for row in residual.values()]
        sd = [
            [row[inside].std(ddof=1) if inside.sum() > 1 else np.nan for inside in bins.values()]
            for row in residual.values()
        ]
        table["residual_mean"] = variable(dims, mean, "dex", "mean of log10 of observed over predicted")
        table["residual_sd"] = variable(dims, sd, "dex", "their standard deviation, ddof = 1")
    else:
        ratio = {name: answer["mass_ratio"].values for name, answer in found.items()}
        median = [[np.median(row[inside]) for inside in bins.values()] for row in ratio.values()]
        table["median_ratio"] = variable(dims, median, "", "median of observed over predicted mass")
    return xr.Dataset(table)


def reference_sigma(models: Mapping[str, ClusterModel]) -> tuple[str, LawEnhancement] | None:
    """Name and model of the first Σ with a fixed g†, whose law and g† an amplitude is asked for; None without one."""
    for name, model in models.items():
        if isinstance(model, LawEnhancement) and is_sigma(model) and "g_dagger" in model.space.fixed:
            return name, model
    return None


def amplitude_table(
    likelihood: Any, models: Mapping[str, ClusterModel], bins: Mapping[str, np.ndarray]
) -> xr.Dataset | None:
    """The amplitude that the data want at the g† of the first Σ, over all radii and in each bin.

    Parameters
    ----------
    likelihood : ClashAccelerations or ClashMasses
        The data.
    models : mapping of str to ClusterModel
        `reference_sigma` of them gives law and g†.
    bins : mapping of str to ndarray
        Which points lie in each bin.

    Returns
    -------
    xarray.Dataset or None
        Along `radius_bin`, the first of which is `all`; None where no model is a Σ with a fixed g†.
    """
    reference = reference_sigma(models)
    if reference is None:
        return None
    law, g_dagger = reference[1].law, reference[1].space.fixed["g_dagger"]
    prior = {"prior": {"min": 0.0, "max": _LARGEST_AMPLITUDE}, "ref": law.amplitude.sphere}
    model = LawEnhancement(law=law, params={"amplitude": prior, "g_dagger": g_dagger})
    problem, rows = likelihood.confront(model), []
    everything = np.ones(problem.n_data, dtype=bool)
    for inside in (everything, *bins.values()):
        part = type(problem)(model, problem.data.take(inside))
        fit = Minimize().fit(part.function(("amplitude",)), model.space.free)
        rows.append((part.n_data, fit.values[0], fit.sigma[0], fit.chi2 / part.n_data, bool(fit.at_bound[0])))
    n, amplitude, sigma, chi2, at_bound = zip(*rows, strict=True)
    names = ["all", *bins]
    return xr.Dataset(
        {
            "radius_bin": variable("radius_bin", names, "", "radii in kpc, the upper end not included"),
            "n": variable("radius_bin", list(n), "", "points"),
            "amplitude_wanted": variable("radius_bin", list(amplitude), "", f"best A at g† = {g_dagger:.4e} m/s2"),
            "amplitude_err": variable("radius_bin", list(sigma), "", "its standard deviation"),
            "chi2_per_point_at_best": variable("radius_bin", list(chi2), "", "chi2 over the number of points there"),
            "is_at_bound": variable("radius_bin", list(at_bound), "", "the best A is an end of its range"),
        }
    )


def _is_shown(answer: xr.Dataset) -> bool:
    return "chi2_points" in answer or "mass_ratio" in answer
