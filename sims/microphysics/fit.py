"""Parameters of mechanisms searched on rotation curves, and the calibration of roughness."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree
from sims.galaxies.sample import curves_of
from sims.microphysics.fit_notes import fit_notes
from sims.microphysics.fit_search import EVOLUTION, GIVEN, GRID, METHODS, PUBLISHED, Found, Gridded, Search, Unmet
from sims.microphysics.fit_tables import (
    Outcome,
    answer_of,
    calibration_table,
    check_chain,
    grid_table,
    label_of,
    optimum_table,
    outcome_of,
    parameter_table,
)
from sims.microphysics.published_sample import has_published_inputs, is_published_sample
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.inference.differential_evolution import DifferentialEvolution
from solvers.microphysics.improvement import OBJECTIVES, Improvement, Place
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.probes import EARTH
from solvers.microphysics.time_coherence import TimeCoherence
from solvers.published.pairing_grid import GRID as PUBLISHED_GRID
from solvers.published.pairing_grid import LIMIT, PARAMETERS


def microphysics_fit(
    catalog: Any,
    models: Mapping[str, Mechanism],
    baryons: Baryons,
    solar_system: Place,
    inference: Any,
    chain: TimeCoherence | None = None,
    search: Sequence[str] = METHODS,
    objective: str = "improvement_of_mean",
    fewest_points: int = 6,
    grid: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    grid_points: int = 5,
    seed: int = 0,
) -> xr.DataTree:
    """Search for the parameters that improve most on general relativity, with and without a limit on K at 1 AU.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to Mechanism
        With free parameters, or with numbers for all of them if `search` is empty.
    baryons : Baryons
        Mass-to-light ratios.
    solar_system : Place
        Where K is limited.
    inference : DifferentialEvolution
        The search over the box; not read where `search` does not name it.
    chain : TimeCoherence, optional
        With numbers for all parameters: the K that roughness was calibrated on. None leaves the calibration out, and
        galaxies that determine none leave it out with a note.
    search : sequence of {"grid", "differential_evolution"}
        How to search; an empty one evaluates the numbers that the models have.
    objective : {"improvement_of_mean", "mean_improvement"}
        Of the mean RMS over that of general relativity [%]; or the mean of what it is in every galaxy.
    fewest_points : int
        Galaxies with fewer points are not in the objective, >= 1.
    grid : mapping of str to mapping of str to sequence of float, optional
        By model: values of its free parameters, inside their priors. Models that are not in the run are not read.
    grid_points : int
        Points over the prior of a free parameter that has none, >= 2.
    seed : int
        Of what is drawn.

    Returns
    -------
    xarray.DataTree
        `/data` with the catalogue; `/models/NAME` with the optima along `search`, the objective over the grid, and
        the scalars `improvement_of_mean`, `mean_improvement` and `constrained_objective` of the best place;
        `/tables/optima`, `parameters`, `grid` and `calibration`; `notes`.

    Raises
    ------
    InvalidInput
        No model, a free parameter without a search or none with one, an unknown word, or no galaxy.

    References
    ----------
    `microphysics.md` §2, §3.
    """
    _check(models, search, objective, inference)
    unread = _unread(models, grid or {}) if GRID in search else ()
    if chain is not None:
        check_chain(chain)
    for key, value, least in (("fewest_points", fewest_points, 1), ("grid_points", grid_points, 2)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InvalidInput(f"sim.{key}={value!r}: must be a whole number >= {least}")
    data = catalog.load()
    curves, _ = curves_of(data, baryons)
    enough = curves.n_points >= fewest_points
    if not enough.any():
        raise InvalidInput(f"sim.fewest_points={fewest_points}: no galaxy of {enough.size} has so many points")
    improvement = Improvement(curves.rows(curves.at_points(enough)))
    found: dict[str, list[Found | Unmet]] = {}
    grids: dict[str, Gridded] = {}
    for name, mechanism in models.items():
        own = Search(name, mechanism, improvement, objective, solar_system)
        found[name] = _given(mechanism) if not search else []
        if GRID in search:
            grids[name] = own.grid((grid or {}).get(name) or {}, grid_points)
            found[name] += [own.best_of(grids[name], constrained) for constrained in (False, True)]
        if EVOLUTION in search:
            rng = np.random.default_rng([seed, *name.encode()])
            found[name] += [own.evolve(inference, rng, constrained) for constrained in (False, True)]
        if search:
            found[name] += _published(mechanism)
    outcomes = {
        name: [outcome_of(models[name], each, improvement, solar_system) for each in own if isinstance(each, Found)]
        for name, own in found.items()
    }
    unmet = {name: [each for each in own if isinstance(each, Unmet)] for name, own in found.items()}
    answers = {name: answer_of(models[name], outcomes[name], grids.get(name), objective) for name in models}
    _refuse_undetermined(outcomes)
    is_sample = is_published_sample(data, baryons, improvement.curves.n_galaxies)
    are_published = {name: is_sample and _is_published(models[name], grids[name], solar_system) for name in grids}
    calibration = None if chain is None else calibration_table(curves, chain)
    tables = {
        "optima": optimum_table(outcomes),
        "parameters": parameter_table(models, outcomes) if search else None,
        "grid": grid_table(models, grids, are_published),
        "calibration": None if isinstance(calibration, str) else calibration,
    }
    kept = {name: table for name, table in tables.items() if table is not None}
    tree = run_tree(data=data, models=answers, tables=kept)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    notes = [*fit_notes(improvement, models, outcomes, unmet, grids, kept, objective, solar_system), *unread]
    if isinstance(calibration, str):
        notes.append(f"Roughness is not calibrated on the chain of times: {calibration}.")
    tree.attrs["notes"] = json.dumps(notes)
    return tree


def _check(models: Mapping[str, Mechanism], search: Sequence[str], objective: str, inference: Any) -> None:
    if not models:
        raise InvalidInput("models: name at least one")
    if objective not in OBJECTIVES:
        raise InvalidInput(f"sim.objective={objective!r}: must be one of {', '.join(OBJECTIVES)}")
    if isinstance(search, str) or any(method not in METHODS for method in search):
        raise InvalidInput(f"sim.search={search!r}: must be a list of {', '.join(METHODS)}, or [] for none")
    if EVOLUTION in search and not isinstance(inference, DifferentialEvolution):
        raise InvalidInput("inference: sim.search has differential_evolution, take inference=differential_evolution")
    for name, model in models.items():
        key = f"models.{name}.params"
        if model.space.axes:
            raise InvalidInput(f"{key}.{next(iter(model.space.axes))}.scan: is not read here; sim.grid has the values")
        if search and not model.space.free:
            raise InvalidInput(f"{key}: nothing is free to be searched; give a prior, or sim.search=[]")
        if not search and model.space.free:
            raise InvalidInput(f"{key}.{model.space.names[0]}: give a number; sim.search=[] searches nothing")


def _unread(models: Mapping[str, Mechanism], grid: Mapping[str, Any]) -> list[str]:
    """A sentence on values of models that are not in the run, as the configuration has of several."""
    for name, values in grid.items():
        if values is not None and not isinstance(values, Mapping):
            raise InvalidInput(f"sim.grid.{name}: must be parameters of a model with values, sim.grid.MODEL.PARAMETER")
    others = [name for name in grid if name not in models]
    return [f"sim.grid has values of {', '.join(others)} too, not in this run."] if others else []


def _refuse_undetermined(outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    for name, own in outcomes.items():
        for each in own:
            if np.isnan(each.score["mean_rms"]):
                raise InvalidInput(f"models.{name}: has no value in any galaxy ({label_of(each.found)})")


def _is_published(mechanism: Mechanism, gridded: Gridded, place: Place) -> bool:
    """The published grid of the same mechanism, with K limited at the published place."""
    grid = PUBLISHED_GRID.get(type(mechanism))
    if grid is None or not has_published_inputs(mechanism):
        return False
    at = (place.radius, place.v, place.sigma_v, place.limit)
    same = {name: np.array_equal(values, gridded.axes.get(name, ())) for name, values in grid.items()}
    return all(same.values()) and at == (EARTH.radius, EARTH.v, EARTH.sigma_v, LIMIT)


def _given(mechanism: Mechanism) -> list[Found | Unmet]:
    return [Found(GIVEN, False, dict(mechanism.space.fixed), {}, 1)]


def _published(mechanism: Mechanism) -> list[Found]:
    """The published place, if it is one of the mechanism's with these free parameters."""
    published = PARAMETERS.get(type(mechanism), {})
    theta = {name: published[name] for name in mechanism.space.names if name in published}
    if set(theta) != set(mechanism.space.names):
        return []
    if any(published[name] != value for name, value in mechanism.space.fixed.items() if name in published):
        return []
    ends = {free.name: theta[free.name] in (free.low, free.high) for free in mechanism.space.free}
    return [Found(PUBLISHED, True, theta, ends, 1)]
