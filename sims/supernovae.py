"""Expansion histories on a Hubble diagram: which one do supernovae prefer, and by how much?"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import axes, estimates, parameter_values, statistics
from outputs.progress import track
from outputs.tree import run_tree, scalar, variable
from sims.comparison import compare
from solvers.backend import Backend
from solvers.backgrounds import Background
from solvers.errors import InvalidInput
from solvers.inference.information import aic, bic
from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.scan import scan
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.problem import SupernovaProblem, confront

_CURVE_POINTS = 201


def hubble_diagram(
    catalog: Any, models: Mapping[str, Background], inference: Minimize, backend: Backend
) -> xr.DataTree:
    """Fit every model to the magnitudes of a supernova catalogue.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`, such as `catalogs.pantheon_plus.PantheonPlus`.
    models : mapping of str to Background
        The models; a model without free parameters is evaluated.
    inference : Minimize
        How best fits and profiles are found.
    backend : Backend
        How χ² is computed.

    Returns
    -------
    xarray.DataTree
        `/data` with the residuals, `/models/NAME`, `/comparison`.
    """
    data, dense = likelihood_of(catalog)
    problems = {
        name: confront(background, dense, compiled=backend.name == "numba") for name, background in models.items()
    }
    answers = {name: _answer(problem, inference) for name, problem in problems.items()}
    tree = run_tree(
        data=_with_residuals(data, problems, answers),
        models=answers,
        comparison=compare(answers),
    )
    tree.attrs["datasets"] = json.dumps([_source(data)])
    tree.attrs["notes"] = json.dumps(_profile_notes(models, inference.profile))
    return tree


def _profile_notes(models: Mapping[str, Background], names: Iterable[str]) -> list[str]:
    known = {name for background in models.values() for name in background.domain}
    return [
        f"inference.profile: no model has a parameter {name}, nothing to profile."
        for name in names
        if name not in known
    ]


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


def _answer(problem: SupernovaProblem, inference: Minimize) -> xr.Dataset:
    space, units = problem.space, problem.background.units
    if space.axes:
        return _scanned(problem, inference)
    variables: dict[str, Any] = {}
    theta: dict[str, float] = {}
    converged = True
    if space.free:
        fit: BestFit = inference.fit(problem.function(space.names), space.free)
        theta, converged = dict(zip(space.names, fit.values, strict=True)), fit.converged
        variables |= estimates(space.names, [units.get(name, "") for name in space.names], fit)
    chi2 = float(problem.chi2(**theta))
    if not np.isfinite(chi2):
        raise InvalidInput(f"{problem.background.label}: E(z) does not exist at the data's redshifts for {theta}")
    dense_chi2, offset = problem.dense.evaluate(problem.background, **theta)
    variables |= _statistics(problem, (), chi2, len(space.free), converged)
    variables |= parameter_values({**space.fixed, **theta}, units)
    variables["offset"] = scalar(offset, "mag", "best magnitude offset M + 5 log10(c/H0/Mpc) + 25")
    variables["projection_error"] = scalar(
        abs(chi2 - dense_chi2), "", "difference in chi2 from the full matrix at the best fit"
    )
    variables |= _curves(problem, theta, offset)
    for name in inference.profile:
        if name in space.names:
            variables |= _profile(problem, inference, name)
    return xr.Dataset(variables)


def _statistics(
    problem: SupernovaProblem, dims: tuple[str, ...], chi2: Any, n_free: int, converged: Any
) -> dict[str, xr.Variable]:
    k = n_free + problem.n_analytic
    if problem.n_data <= k:
        raise InvalidInput(
            f"{problem.background.label}: {problem.n_data} supernovae for {k} free parameters; widen the cuts"
        )
    return statistics(
        dims,
        chi2=chi2,
        n_data=problem.n_data,
        n_free=k,
        aic=aic(chi2, k),
        bic=bic(chi2, k, problem.n_data),
        converged=converged,
    )


def _scanned(problem: SupernovaProblem, inference: Minimize) -> xr.Dataset:
    space, units = problem.space, problem.background.units
    result = scan(problem, space, inference, track=track)
    dims = tuple(space.axes)
    variables: dict[str, Any] = axes(space.axes, units)
    variables |= _statistics(problem, dims, result.chi2, len(space.free), result.converged)
    if space.free:
        variables["at_bound"] = variable((*dims, "param"), result.at_bound, "", "the best fit is an end of the prior")
        variables["param"] = variable("param", list(space.names), "", "free parameter")
        variables["best_fit"] = variable(
            (*dims, "param"), result.best_fit, "", "best fit (in the unit of each parameter)"
        )
    return xr.Dataset(variables)


def _profile(problem: SupernovaProblem, inference: Minimize, name: str) -> dict[str, xr.Variable]:
    space = problem.space.profile_over(name, inference.profile_points)
    result = scan(problem, space, inference, track=track)
    return axes(space.axes, problem.background.units) | {
        f"profile_{name}": variable(name, result.chi2, "", f"chi2 at fixed {name}, minimised over the rest")
    }


def _curves(problem: SupernovaProblem, theta: Mapping[str, float], offset: float) -> dict[str, xr.Variable]:
    background = problem.background
    rows = problem.dense.z
    z = np.append(0.0, np.geomspace(rows.min(), rows.max(), _CURVE_POINTS - 1))
    return {
        "z": variable("z", z, "", "redshift"),
        "efunc": variable("z", background.efunc(z, **theta), "", "E = H/H0"),
        "distance_modulus": variable(
            "z", background.distance_modulus(z, **theta), "mag", "distance modulus for the model's H0"
        ),
        "magnitude": variable(
            "z", problem.magnitude(z, offset, **theta), "mag", "predicted magnitude, offset included"
        ),
    }


def _with_residuals(
    data: xr.Dataset, problems: Mapping[str, SupernovaProblem], answers: Mapping[str, xr.Dataset]
) -> xr.Dataset:
    rows = {}
    for name, answer in answers.items():
        if "offset" in answer:
            problem, values = problems[name], answer["parameter_value"].values
            theta = dict(zip(answer["parameter"].values.tolist(), values.tolist(), strict=True))
            shape = problem.dense.shape(problem.background, **theta)
            rows[name] = problem.dense.magnitude - shape - answer["offset"].item()
    if not rows:
        return data
    return data.assign(
        model=variable("model", list(rows), "", "model"),
        residual=variable(("model", "row"), np.stack(list(rows.values())), "mag", "data minus best fit"),
    )


def _source(data: xr.Dataset) -> dict[str, Any]:
    return {
        "name": data.attrs["name"],
        "sha256": json.loads(data.attrs["sha256"]),
        "rows": int(data.attrs["n_rows"]),
        "cuts": json.loads(data.attrs["cuts"]),
    }
