"""Gravitational-wave catalogues that are drawn: a population with a chosen coherence gain, seen by a detector."""

import json
from collections.abc import Mapping

import numpy as np
import xarray as xr

from catalogs.event_columns import QUANTITIES
from catalogs.events import WINDOWS
from outputs.tree import run_tree, variable
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS
from solvers.backend import Backend
from solvers.errors import InvalidInput
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.mock_intervals import published_intervals

RUN = "O4a"
"""Run in whose time the events of a mock catalogue lie."""

LABEL = "GWTC-4 mock"
"""Release that they say they stand in."""


def mock(
    models: Mapping[str, CoherentPopulation],
    backend: Backend,
    n_events: int = 86,
    ln_mass_err: float = 0.06,
    seed: int = 0,
) -> xr.DataTree:
    """A catalogue of detected events with their published intervals, which `catalog=events_of_run` reads.

    Parameters
    ----------
    models : mapping of str to CoherentPopulation
        The population with its gain and its detector: one, with numbers for all parameters.
    backend : Backend
        `numba` takes the compiled form of the draws where there is one.
    n_events : int
        Detected events, >= 1.
    ln_mass_err : float
        Relative error of the detector-frame masses, > 0.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    xarray.DataTree
        `/data` with columns of the catalogues, and `drawn_…`, what they would be without error, beside them; `notes`.

    Raises
    ------
    InvalidInput
        None or several models, a free parameter, or a number out of its range.
    """
    if len(models) != 1:
        raise InvalidInput(f"models={list(models)}: a mock catalogue is drawn from one population, such as [gw_mock]")
    ((name, model),) = models.items()
    check_draw(n_events, ln_mass_err)
    rng = np.random.default_rng([seed, *b"mock"])
    data = mock_events(f"models.{name}", model, n_events, rng, ln_mass_err, compiled=backend.compiled)
    tree = run_tree(data=data)
    epsilon, target = model.space.fixed["epsilon"], model.gain_target
    tree.attrs["notes"] = json.dumps(
        [
            PHYSICS,
            CONTRADICTION,
            f"A mock catalogue: {n_events} events drawn from {name} with epsilon = {epsilon:g} "
            f"(gain_target: {target}), no observation. Read it with catalog=events_of_run catalog.path=FOLDER.",
        ]
    )
    return tree


def check_draw(n_events: int, ln_mass_err: float) -> None:
    """Raise InvalidInput for a number of events or an error that is not positive."""
    if n_events < 1:
        raise InvalidInput(f"sim.n_events={n_events}: must be >= 1")
    if not ln_mass_err > 0:
        raise InvalidInput(f"sim.ln_mass_err={ln_mass_err}: must be > 0")


def mock_events(
    name: str,
    model: CoherentPopulation,
    n_events: int,
    rng: np.random.Generator,
    ln_mass_err: float,
    *,
    compiled: bool = False,
) -> xr.Dataset:
    """Detected events along `event`, in the columns of a catalogue.

    Raises
    ------
    InvalidInput
        A free parameter, or a number out of its range.
    """
    loose = [*model.space.axes, *model.space.names]
    if loose:
        raise InvalidInput(f"{name}.params.{loose[0]}: a mock catalogue needs a number")
    events = model.detected(n_events, rng, compiled=compiled)
    found = published_intervals(events, model, rng, ln_mass_err)
    first, last = WINDOWS[RUN]
    columns: dict[str, xr.Variable] = {
        "name": variable("event", [f"mock{i:05d}" for i in range(n_events)], "", "name of the event"),
        "catalog": variable("event", [LABEL] * n_events, "", "release that the event stands in"),
        "version": variable("event", np.ones(n_events, dtype=int), "", "version of the event's entry"),
        "gps": variable("event", np.sort(rng.uniform(first, last, n_events)), "s", "GPS time of the event"),
    }
    for key, (unit, words) in QUANTITIES.items():
        if key == "network_matched_filter_snr":
            columns[key] = variable("event", events.snr, unit, words)
        elif hasattr(found, key):
            median, low, high = getattr(found, key)
            columns[key] = variable("event", median, unit, words)
            for side, ends in (("lower", low - median), ("upper", high - median)):
                columns[f"{key}_{side}"] = variable("event", ends, unit, f"offset to the {side} end: {words}")
        else:
            columns[key] = variable("event", np.full(n_events, np.nan), unit, f"{words} (not drawn)")
    for key in ("total_mass_source", "luminosity_distance", "redshift"):
        unit, words = QUANTITIES[key]
        columns[f"drawn_{key}"] = variable(
            "event", getattr(events, key), unit, f"{words}, as it would appear without error"
        )
    title = f"mock catalogue of {name.removeprefix('models.')}, epsilon = {model.space.fixed['epsilon']:g}"
    return xr.Dataset(columns, attrs={"name": "mock", "title": title, "reference": ""})
