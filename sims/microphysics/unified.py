"""The unified kernel on rotation curves: its two forms, a sweep of the product, and baselines beside them."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from outputs.progress import track
from outputs.tree import run_tree, variable
from sims.microphysics.harness_sample import Sample, sample_of
from sims.microphysics.published_sample import is_published_sample
from sims.microphysics.unified_notes import unified_notes
from sims.microphysics.unified_tables import STATISTICS, case_rows, statistics_of, sweep_table
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import EnhancementModel, Newtonian, RotationModel
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import parse_axis
from solvers.microphysics.unified import MultiplicativeUnified

MAX_POINTS = 20_000
"""Of a sweep."""


def unified_kernel(
    catalog: Any,
    models: Mapping[str, RotationModel],
    baryons: Baryons,
    cases: Mapping[str, Mapping[str, float]] | None = None,
    sweep: Mapping[str, Sequence[float]] | None = None,
    min_points: int = 6,
    kiloparsec: str = "astropy",
) -> xr.DataTree:
    """Compare every model with general relativity, galaxy by galaxy; nothing is fitted.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to RotationModel
        Numbers for all parameters.
    baryons : Baryons
        Mass-to-light ratios.
    cases : mapping of str to mapping, optional
        Numbers of every `MultiplicativeUnified` in place of its own, by the name of the case.
    sweep : mapping of str to sequence of float, optional
        Numbers of the same, of which all combinations are computed.
    min_points : int
        Galaxies with fewer points are left out, >= 1.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)^2/kpc into m/s^2.

    Returns
    -------
    xarray.DataTree
        `/data`; `/models/NAME` and `/models/NAME_CASE` with velocity, RMS, its change and the mean K of every galaxy,
        NaN where one is left out; `/tables/changes` and `sweep_NAME`; `notes`.

    Raises
    ------
    InvalidInput
        No model, a free parameter, an unknown one in a case or the sweep, or a number out of its range.

    References
    ----------
    `microphysics.md` §8.
    """
    if not models:
        raise InvalidInput("models: name at least one")
    for name, model in models.items():
        loose = [*model.space.axes, *model.space.names]
        if loose:
            raise InvalidInput(f"models.{name}.params.{loose[0]}: give a number; sim.sweep has combinations")
    everything = _with_cases(models, cases or {})
    products = {name: model for name, model in models.items() if isinstance(model, MultiplicativeUnified)}
    axes = _axes(sweep or {})
    if isinstance(min_points, bool) or not isinstance(min_points, int) or min_points < 1:
        raise InvalidInput(f"sim.min_points={min_points!r}: must be a whole number >= 1")
    data = catalog.load()
    sample = sample_of(data, baryons, kiloparsec, min_points)
    curves = sample.curves
    base = np.asarray(metrics.rms(curves, Newtonian().velocity(curves)))
    answers = {name: _answer(data, sample, model, base) for name, model in everything.items()}
    for name, answer in answers.items():
        if not np.isfinite(answer["rms"].values).any():
            raise InvalidInput(f"models.{name}: has no value in any galaxy")
    along = np.full(sample.galaxies.shape, np.nan)
    along[sample.galaxies] = base
    tables = {"changes": case_rows(answers, along)}
    if axes:
        for name, product in products.items():
            tables[f"sweep_{name}"] = sweep_table(axes, _swept(name, product, axes, curves, base))
    tree = run_tree(data=data, models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    at_home = is_published_sample(data, baryons, curves.n_galaxies)
    notes = unified_notes(everything, sample, base, answers, tables, at_home)
    tree.attrs["notes"] = json.dumps(list(notes))
    return tree


def _with_cases(
    models: Mapping[str, RotationModel], cases: Mapping[str, Mapping[str, float]]
) -> dict[str, RotationModel]:
    """The models, each product followed by its cases."""
    found: dict[str, RotationModel] = {}
    for name, model in models.items():
        found[name] = model
        if not isinstance(model, MultiplicativeUnified):
            continue
        for case, numbers in cases.items():
            own = f"{name}_{case}"
            if own in models:
                raise InvalidInput(f"sim.cases.{case}: models.{own} has the name of this case")
            if not isinstance(numbers, Mapping):
                raise InvalidInput(f"sim.cases.{case}={numbers!r}: must be parameters with numbers")
            label = f"{model.label or name}, {case.replace('_', ' ')}"
            found[own] = _with(model, dict(numbers), f"sim.cases.{case}", label)
    return found


def _with(model: MultiplicativeUnified, numbers: dict[str, Any], key: str, label: str = "") -> MultiplicativeUnified:
    try:
        changed = replace(model, params=dict(model.params) | numbers, label=label)
    except ValueError as error:
        raise InvalidInput(str(error).replace("params", key, 1)) from error
    loose = [*changed.space.axes, *changed.space.names]
    if loose:
        raise InvalidInput(f"{key}.{loose[0]}: must be a number")
    return changed


def _axes(sweep: Mapping[str, Any]) -> dict[str, np.ndarray]:
    known = MultiplicativeUnified.domain
    found = {}
    for name, values in sweep.items():
        if name not in known:
            raise InvalidInput(f"sim.sweep.{name}: unknown parameter; known: {', '.join(sorted(known))}")
        try:
            found[name] = parse_axis(f"sim.sweep.{name}", values, known[name])
        except ValueError as error:
            raise InvalidInput(str(error)) from error
    n_points = math.prod(axis.size for axis in found.values())
    if n_points > MAX_POINTS:
        raise InvalidInput(f"sim.sweep: has {n_points} points, at most {MAX_POINTS} are computed")
    return found


def _answer(data: xr.Dataset, sample: Sample, model: RotationModel, base: np.ndarray) -> xr.Dataset:
    curves, own = sample.curves, sample.galaxies
    velocity = np.full(data.sizes["point"], np.nan)
    predicted = np.asarray(model.velocity(curves))
    velocity[sample.points] = predicted
    rms = np.asarray(metrics.rms(curves, predicted))
    columns = {"rms": rms, "change": rms - base, "mean_k": _mean_excess(curves, model)}
    along = {name: np.full(own.shape, np.nan) for name in columns}
    for name, values in columns.items():
        along[name][own] = values
    described = {
        "rms": "root mean square of V_obs - V",
        "change": "the same less that of general relativity",
        "mean_k": "mean over radii of K; no value for a model without one",
    }
    units = {"rms": "km/s", "change": "km/s", "mean_k": ""}
    return xr.Dataset(
        {
            "velocity": variable("point", velocity, "km/s", "rotation of the model"),
            **{name: variable("galaxy", along[name], units[name], described[name]) for name in columns},
        }
    )


def _mean_excess(curves: Curves, model: RotationModel) -> np.ndarray:
    """Mean of K over the points of every galaxy; NaN for a model that does not enhance."""
    if not isinstance(model, EnhancementModel):
        return np.full(curves.n_galaxies, np.nan)
    return np.asarray(curves.mean_by_galaxy(model.enhancement(curves) - 1.0))


def _swept(
    name: str, model: MultiplicativeUnified, axes: Mapping[str, np.ndarray], curves: Curves, base: np.ndarray
) -> dict[str, np.ndarray]:
    """Statistics at all combinations, each of the shape of the sweep."""
    shape = tuple(axis.size for axis in axes.values())
    found = {key: np.empty(shape) for key in STATISTICS}
    # One at a time: the gate is another expression where gamma_gate is 0.
    for at in track(list(np.ndindex(shape)), f"sweeping {name}"):
        numbers = {key: float(axis[i]) for (key, axis), i in zip(axes.items(), at, strict=True)}
        own = _with(model, numbers, "sim.sweep")
        rms = np.asarray(metrics.rms(curves, own.velocity(curves)))
        for key, value in statistics_of(rms, base, _mean_excess(curves, own)).items():
            found[key][at] = value
    return found
