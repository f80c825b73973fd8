"""Is there a coherence gain once population and selection are fitted with it? Posterior of epsilon, and evidences."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.comparison import compare
from sims.fitting import Answer, fit_model
from sims.gw.coherence import ALL, events_of, of_run
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS, counting_notes
from sims.gw.detector_check import detector_notes, detector_table
from sims.gw.hierarchical_notes import hierarchical_notes
from sims.sources import source_of
from solvers.backend import Backend
from solvers.errors import InvalidInput
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.event_errors import MeasuredEvents
from solvers.gw.hierarchical import HierarchicalProblem
from solvers.published.paper_10 import EPSILON

_NEEDED = ("chirp_mass_source", "luminosity_distance")
_MASSES = ("mass_1_source", "mass_2_source")
_QUANTILES = (0.05, 0.5, 0.95)


def hierarchical(
    catalog: Any,
    models: Mapping[str, CoherentPopulation],
    inference: Any,
    backend: Backend,
    run: str = "O4a",
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Fit epsilon and the population to the chirp masses and distances of a run, with the detection probability.

    Parameters
    ----------
    catalog : object
        Gravitational-wave events with 90 % intervals.
    models : mapping of str to CoherentPopulation
        Populations with the gain free, at zero, or at a value.
    inference : object
        A sampler, for posteriors and evidences; `Minimize` for best fits alone.
    backend : Backend
        `numba` takes the compiled likelihood.
    run : str
        Run of the catalogue, or `all`.
    seed : int
        Of everything that is drawn.
    checkpoint : Path, optional
        Folder for unfinished chains.

    Returns
    -------
    xarray.DataTree
        `/data` with the events used, `/models/NAME`, `/comparison`, `/tables/epsilon` and `detector`, and `notes`.
        χ² is −2 ln L up to a constant that all models share.

    Raises
    ------
    InvalidInput
        No models, an unknown run, or events without what is needed.
    """
    if not models:
        raise InvalidInput("models=[]: name at least one population, such as gw_coherence")
    events = events_of(catalog)
    known = [*dict.fromkeys(map(str, events["run"].values)), ALL]
    if run not in known:
        raise InvalidInput(f"sim.run={run}: no event is of this run; known: {', '.join(known)}")
    chosen = of_run(events, run)
    check_models(models)
    for model in models.values():
        measured(chosen, model)
    detector = detector_table(chosen, models)
    answers = answers_of(chosen, models, inference, backend, seed, checkpoint)
    tree = tree_of(chosen, answers)
    table = tree["tables/epsilon"].to_dataset()
    tree["tables/detector"] = xr.DataTree(detector)
    tree.attrs["datasets"] = json.dumps([source_of(chosen)])
    notes = [
        PHYSICS,
        CONTRADICTION,
        *counting_notes(chosen),
        *detector_notes(detector),
        *hierarchical_notes(models, table, chosen.sizes["event"], run),
    ]
    tree.attrs["notes"] = json.dumps(notes)
    return tree


def check_models(models: Mapping[str, CoherentPopulation]) -> None:
    """Raise InvalidInput for models that the likelihood is not that of."""
    for name, model in models.items():
        if model.gain_target != "mass":
            raise InvalidInput(
                f"models.{name}.gain_target={model.gain_target}: must be mass, others are for mocks only"
            )
        if "beta" not in model.space.fixed:
            raise InvalidInput(f"models.{name}.params.beta: must be a number, mass ratios are no part of these data")


def answers_of(
    events: xr.Dataset,
    models: Mapping[str, CoherentPopulation],
    inference: Any,
    backend: Backend,
    seed: int,
    checkpoint: Path | None,
) -> dict[str, Answer]:
    """Every model on the same events, by name."""
    answers = {}
    for name, model in models.items():
        problem = HierarchicalProblem(model, measured(events, model), compiled=backend.compiled)
        answers[name] = fit_model(name, problem, inference, model.units, {}, seed, checkpoint)
    return answers


def measured(events: xr.Dataset, model: CoherentPopulation) -> MeasuredEvents:
    """Chirp masses and distances with their intervals.

    Raises
    ------
    InvalidInput
        Columns that are not there, or events without a value.
    """
    wanted = [f"{key}{end}" for key in _NEEDED for end in ("", "_lower", "_upper")]
    missing = [key for key in (*wanted, *_MASSES) if key not in events]
    if missing:
        raise InvalidInput(f"catalog: no column {', '.join(missing)}; the likelihood needs medians and 90 % intervals")
    mass, distance = (
        np.array([events[key].values, *(events[key].values + events[f"{key}_{s}"].values for s in ("lower", "upper"))])
        for key in _NEEDED
    )
    snr = events["network_matched_filter_snr"].values
    return MeasuredEvents.from_intervals(mass, distance, snr, model.volume.redshift)


def tree_of(events: xr.Dataset, answers: Mapping[str, Answer]) -> xr.DataTree:
    """Data, models with their posteriors, comparison, and the table of epsilon."""
    datasets = {name: xr.Dataset(answer.variables) for name, answer in answers.items()}
    tables = {"epsilon": epsilon_table(answers)}
    tree = run_tree(data=events, models=datasets, comparison=compare(datasets), tables=tables)
    for name, answer in answers.items():
        for node, dataset in answer.nodes.items():
            tree[f"models/{name}/{node}"] = xr.DataTree(dataset)
    return tree


def epsilon_table(answers: Mapping[str, Answer]) -> xr.Dataset:
    """Posterior of epsilon and evidence of every model, NaN where there is none."""
    rows = {name: _epsilon_row(answer) for name, answer in answers.items()}
    words = {
        "epsilon": "posterior median of epsilon; without draws its best fit or fixed value",
        "epsilon_low": "lower end of its 90 % interval",
        "epsilon_high": "upper end of its 90 % interval",
        "p_positive": "posterior probability of epsilon > 0",
        "p_above_published": f"posterior probability of epsilon > {EPSILON:g}, the published value",
        "log_evidence": "ln of the evidence, up to a constant that all models share",
        "log_evidence_error": "its error",
    }
    columns = {key: variable("model", [row[key] for row in rows.values()], "", text) for key, text in words.items()}
    return xr.Dataset({"model": variable("model", list(rows), "", "population"), **columns})


def _epsilon_row(answer: Answer) -> dict[str, float]:
    found = dict.fromkeys(("epsilon", "epsilon_low", "epsilon_high", "p_positive", "p_above_published"), np.nan)
    draws = answer.nodes.get("posterior", xr.Dataset()).get("epsilon")
    if draws is not None:
        low, median, high = map(float, np.quantile(draws.values, _QUANTILES))
        found |= {"epsilon": median, "epsilon_low": low, "epsilon_high": high}
        found |= {
            "p_positive": float(np.mean(draws.values > 0)),
            "p_above_published": float(np.mean(draws.values > EPSILON)),
        }
    elif "parameter" in answer.variables:
        row = list(answer.variables["parameter"].values).index("epsilon")
        found["epsilon"] = answer.variables["parameter_value"].values[row]
    for key in ("log_evidence", "log_evidence_error"):
        found[key] = float(answer.variables[key].values) if key in answer.variables else np.nan
    return {key: float(value) for key, value in found.items()}
