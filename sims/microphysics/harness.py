"""Mechanisms proposed for the kernel, side by side on galaxies, the Milky Way, a cluster and the Solar System."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.galaxies.rotation import METRICS
from sims.galaxies.sample import KILOPARSECS
from sims.microphysics.harness_notes import harness_notes
from sims.microphysics.harness_sample import Sample, sample_of, with_systems
from sims.microphysics.harness_tables import (
    criteria_table,
    harness_table,
    milky_way_table,
    origins_table,
    probes_table,
    solar_system_table,
    verdicts_table,
)
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import EnhancementModel, Newtonian
from solvers.microphysics.criteria import Thresholds
from solvers.microphysics.galaxy_improvement import improvement
from solvers.microphysics.probes import MilkyWayProbe, Probe, SolarSystem, excess_at_points

_JUDGED = ("earth", "cluster")
"""Probes that the criteria need."""


def harness(
    catalog: Any,
    models: Mapping[str, EnhancementModel],
    baryons: Mapping[str, Baryons],
    probes: Mapping[str, Probe],
    solar_system: SolarSystem,
    milky_way: MilkyWayProbe,
    thresholds: Thresholds,
    reference: str = "rotation_newton",
    min_points: int = 6,
    kiloparsec: str = "astropy",
) -> xr.DataTree:
    """Predict everything by every model and hold the five criteria against it; nothing is fitted.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to EnhancementModel
        Numbers for all parameters; the reference among them.
    baryons : mapping of str to Baryons
        Mass-to-light ratios by name; the criteria judge the first.
    probes : mapping of str to Probe
        Places by name, `earth` and `cluster` among them.
    solar_system : SolarSystem
        Distances to the Sun.
    milky_way : MilkyWayProbe
        Its baryons, line and dispersions.
    thresholds : Thresholds
        Of the criteria.
    reference : str
        Name of the model that the others may improve on, general relativity.
    min_points : int
        Galaxies with fewer points are left out, >= 1.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².

    Returns
    -------
    xarray.DataTree
        `/data`; `/models/NAME` along (`baryons`, `galaxy`) and K along (`baryons`, `point`), NaN where a galaxy is left
        out; `/tables/harness`, `milky_way`, `probes`, `solar_system`, `criteria` and `verdicts`, `origins`; `notes`.

    Raises
    ------
    InvalidInput
        No models or baryons, a free parameter, a reference or probe that is not there, or no galaxy is left.
    """
    _check(models, baryons, probes, reference, min_points)
    data = catalog.load()
    samples = {name: sample_of(data, each, kiloparsec, min_points) for name, each in baryons.items()}
    velocities = {
        name: {key: model.velocity(sample.curves) for key, sample in samples.items()} for name, model in models.items()
    }
    answers = {name: _answer(data, samples, model, velocities[name]) for name, model in models.items()}
    for name, answer in answers.items():
        answers[name] = _with_improvement(answer, answers[reference])
    places = probes_table(models, probes)
    galaxy = milky_way_table(models, milky_way, reference, KILOPARSECS[kiloparsec])
    summary = harness_table(samples, velocities, answers, reference, places, galaxy)
    criteria = criteria_table(models, reference, thresholds, summary, galaxy)
    tables = {
        "harness": summary,
        "milky_way": galaxy,
        "probes": places,
        "solar_system": solar_system_table(models, solar_system),
        "criteria": criteria,
        "verdicts": verdicts_table(criteria),
        "origins": origins_table(models),
    }
    tree = run_tree(data=with_systems(data, samples), models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    notes = harness_notes(tree, samples, models, probes, solar_system, thresholds, reference)
    tree.attrs["notes"] = json.dumps(list(notes))
    return tree


def _check(
    models: Mapping[str, EnhancementModel],
    baryons: Mapping[str, Baryons],
    probes: Mapping[str, Probe],
    reference: str,
    min_points: int,
) -> None:
    for key, chosen in (("models", models), ("baryons", baryons)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    for name, model in models.items():
        loose = [*model.space.axes, *model.space.names]
        if loose:
            raise InvalidInput(f"models.{name}.params.{loose[0]}: give a number; nothing is fitted here")
    if set(models) == {reference}:
        raise InvalidInput(f"models=[{reference}]: name at least one more, to be compared with it")
    if reference not in models:
        raise InvalidInput(f"sim.reference={reference}: is not among the models; add +models={reference}")
    if not isinstance(models[reference], Newtonian):
        raise InvalidInput(f"sim.reference={reference}: must be general relativity, solvers.galaxies.base.Newtonian")
    missing = [name for name in _JUDGED if name not in probes]
    if missing:
        raise InvalidInput(f"probes.{missing[0]}: is not there, the criteria need it")
    if min_points < 1:
        raise InvalidInput(f"sim.min_points={min_points}: must be >= 1")


def _answer(
    data: xr.Dataset,
    samples: Mapping[str, Sample],
    model: EnhancementModel,
    velocities: Mapping[str, np.ndarray],
) -> xr.Dataset:
    shape = len(samples), data.sizes["galaxy"]
    excess = np.full((len(samples), data.sizes["point"]), np.nan)
    mean_excess = np.full(shape, np.nan)
    found = {name: np.full(shape, np.nan) for name in METRICS}
    for i, (key, sample) in enumerate(samples.items()):
        curves, left = sample.curves, sample.galaxies
        excess[i, sample.points] = excess_at_points(model, curves)
        mean_excess[i, left] = curves.mean_by_galaxy(excess[i, sample.points])
        for name in METRICS:
            found[name][i, left] = getattr(metrics, name)(curves, velocities[key])
    along = ("baryons", "galaxy")
    return xr.Dataset(
        {
            "baryons": variable("baryons", list(samples), "", "mass-to-light ratios"),
            "excess": variable(("baryons", "point"), excess, "", "K = (V/V_bar)² - 1"),
            "mean_excess": variable(along, mean_excess, "", "mean over the points of the galaxy of K"),
            **{name: variable(along, values, *METRICS[name]) for name, values in found.items()},
        }
    )


def _with_improvement(answer: xr.Dataset, reference: xr.Dataset) -> xr.Dataset:
    percent = improvement(answer["rms"].values, reference["rms"].values)
    words = "100 (1 - RMS/RMS of general relativity)"
    return answer.assign(improvement=variable(("baryons", "galaxy"), percent, "percent", words))
