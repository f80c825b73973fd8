"""Models on data sets whose χ² add: fits, posteriors, residuals and the comparison, whatever the models predict."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, scalar, variable
from sims.comparison import compare
from sims.fitting import Answer, fit_model
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.inference.joint import JointProblem
from solvers.inference.parametrised import Parametrised


def confront_all(
    likelihoods: Mapping[str, Any],
    models: Mapping[str, Parametrised],
    inference: Any,
    *,
    compiled: bool = False,
    profile: Sequence[str] = (),
    profile_points: int = 71,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Fit, scan or sample every model on several data sets at once.

    Parameters
    ----------
    likelihoods : mapping of str to object
        Data sets under the contract of `sims.likelihoods`; their χ² add.
    models : mapping of str to Parametrised
        The models; one without free parameters is evaluated.
    inference : object
        `Minimize`, `DifferentialEvolution`, `Profile`, `Grid`, `Emcee` or `Nautilus`.
    compiled : bool
        Take the compiled form of χ² where there is one.
    profile : sequence of str
        Free parameters whose profile χ² over the prior is added.
    profile_points : int
        Points of each profile, at least 2.
    seed : int
        Of everything that is drawn.
    checkpoint : Path, optional
        Folder for unfinished chains.

    Returns
    -------
    xarray.DataTree
        `/data/NAME` with the residuals, or `/data` where there is one data set; `/models/NAME`, with the χ² of each
        data set where there are several; `/comparison`.
    """
    if not likelihoods:
        raise InvalidInput("likelihood=[]: name at least one data set")
    profiles = _profiles(profile, profile_points)
    problems = {
        name: JointProblem({key: each.confront(model, compiled=compiled) for key, each in likelihoods.items()})
        for name, model in models.items()
    }
    answers = {
        name: fit_model(name, problem, inference, models[name].units, profiles, seed, checkpoint)
        for name, problem in problems.items()
    }
    datasets = {
        name: xr.Dataset(answer.variables | _details(likelihoods, problems[name], answer))
        for name, answer in answers.items()
    }
    tree = run_tree(models=datasets, comparison=compare(datasets))
    for name, answer in answers.items():
        for node, dataset in answer.nodes.items():
            tree[f"models/{name}/{node}"] = xr.DataTree(dataset)
    for key, each in likelihoods.items():
        path = "data" if len(likelihoods) == 1 else f"data/{key}"
        tree[path] = xr.DataTree(_with_residuals(key, each, problems, answers))
    tree.attrs["datasets"] = json.dumps([source_of(each.data()) for each in likelihoods.values()])
    tree.attrs["notes"] = json.dumps(_profile_notes(models, profiles))
    return tree


def _details(likelihoods: Mapping[str, Any], problem: JointProblem, answer: Answer) -> dict[str, xr.Variable]:
    """What each data set says at the best fit, and its part of χ² where there are several."""
    if answer.theta is None:
        return {}
    found: dict[str, xr.Variable] = {}
    for key, each in likelihoods.items():
        part = problem.parts[key]
        found |= each.details(part, answer.theta)
        if len(likelihoods) > 1:
            found[f"chi2_{key}"] = scalar(float(part.chi2(**answer.theta)), "", f"part of chi2 that belongs to {key}")
    return found


def _with_residuals(
    key: str, likelihood: Any, problems: Mapping[str, JointProblem], answers: Mapping[str, Answer]
) -> xr.Dataset:
    data = likelihood.data()
    rows, units = {}, ""
    for name, answer in answers.items():
        if answer.theta is not None:
            rows[name], units = likelihood.residual(problems[name].parts[key], answer.theta)
    if not rows:
        return data
    return data.assign(
        model=variable("model", list(rows), "", "model"),
        residual=variable(("model", "row"), np.stack(list(rows.values())), units, "data minus best fit"),
    )


def _profiles(names: Sequence[str], n_points: int) -> dict[str, int]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise InvalidInput(f"profile={names!r}: must be a list of parameters")
    if not isinstance(n_points, int) or n_points < 2:
        raise InvalidInput(f"profile_points={n_points!r}: must be a whole number >= 2")
    return dict.fromkeys(names, n_points)


def _profile_notes(models: Mapping[str, Parametrised], names: Iterable[str]) -> list[str]:
    known = {name for model in models.values() for name in model.domain}
    return [f"profile: no model has a parameter {name}, nothing to profile." for name in names if name not in known]
