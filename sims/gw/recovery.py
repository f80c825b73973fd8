"""Does the hierarchical fit find the epsilon that a mock catalogue was drawn with? One catalogue a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS
from sims.gw.hierarchical import answers_of, check_models, tree_of
from sims.gw.mock import check_draw, mock_events
from solvers.backend import Backend
from solvers.errors import InvalidInput
from solvers.gw.coherent_population import CoherentPopulation
from solvers.inference.minimize import Minimize


def recovery(
    population: CoherentPopulation,
    models: Mapping[str, CoherentPopulation],
    inference: Any,
    backend: Backend,
    n_events: int = 86,
    ln_mass_err: float = 0.06,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Draw a catalogue with a known epsilon and fit it as the real one is fitted.

    Parameters
    ----------
    population : CoherentPopulation
        What the catalogue is drawn from, numbers for all parameters.
    models : mapping of str to CoherentPopulation
        What is fitted to it.
    inference : object
        A sampler.
    backend : Backend
        `numba` takes the compiled likelihood.
    n_events, ln_mass_err : int, float
        As in `sims.gw.mock.mock`.
    seed : int
        Of the catalogue and of the sampler.
    checkpoint : Path, optional
        Folder for unfinished chains.

    Returns
    -------
    xarray.DataTree
        As of `sims.gw.hierarchical.hierarchical`; `/models/NAME` has `true_epsilon` and `recovered` besides: whether
        the 90 % interval holds the truth.

    Raises
    ------
    InvalidInput
        No model whose epsilon is free, or no sampler.
    """
    if not isinstance(population, CoherentPopulation):
        raise InvalidInput(
            "population: must be a population with a coherence gain; models@population=gw_mock chooses one"
        )
    check_draw(n_events, ln_mass_err)
    check_models(models)
    if isinstance(inference, Minimize) or not any("epsilon" in model.space.names for model in models.values()):
        raise InvalidInput("models: none has a posterior of epsilon; free it, and take inference=nautilus or emcee")
    rng = np.random.default_rng([seed, *b"recovery"])
    compiled = backend.compiled
    events = mock_events("population", population, n_events, rng, ln_mass_err, compiled=compiled)
    tree = tree_of(events, answers_of(events, models, inference, backend, seed, checkpoint))
    truth, table, notes = population.space.fixed["epsilon"], tree["tables/epsilon"].to_dataset(), []
    for name in models:
        row = table.sel(model=name)
        low, high = row["epsilon_low"].item(), row["epsilon_high"].item()
        if np.isnan(low):
            continue
        inside = low <= truth <= high
        notes.append(
            f"{name}: epsilon = {row['epsilon'].item():.2g}, 90 % interval {low:.2g} to {high:.2g}, "
            f"which {'holds' if inside else 'misses'} the {truth:g} of the mock catalogue."
        )
        node = tree[f"models/{name}"]
        node["true_epsilon"] = variable((), truth, "", "epsilon that the catalogue was drawn with")
        node["recovered"] = variable((), int(inside), "", "1 where the 90 % interval of epsilon holds it")
        for key in ("epsilon", "epsilon_low", "epsilon_high"):
            node[key if key != "epsilon" else "epsilon_median"] = row[key].variable
    if not notes:
        raise InvalidInput("models: none has a posterior of epsilon; free it, and take inference=nautilus or emcee")
    tree.attrs["notes"] = json.dumps([PHYSICS, CONTRADICTION, *notes])
    return tree
