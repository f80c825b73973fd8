"""What selection alone does to the correlation of mass with distance, for any population and detector."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.progress import reporter
from outputs.tree import run_tree, scalar, variable
from sims.gw.coherence import ALL, events_of, of_run
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS, counting_notes
from sims.sources import source_of
from solvers.backend import Backend
from solvers.errors import InvalidInput
from solvers.gw.base import EventModel
from solvers.gw.correlation import pearson
from solvers.gw.nulls import PaperNull
from solvers.gw.selection import null_correlations, paper_catalogues, tail_probability
from solvers.published.paper_10 import N_EVENTS, SELECTION_R, SELECTION_R_ERR, R

_BLOCKS = 20
"""Steps of the progress bar; each has random numbers of its own, so their number is part of the result."""


def selection(
    catalog: Any,
    models: Mapping[str, EventModel],
    backend: Backend,
    run: str = "O4a",
    n_catalogues: int = 10_000,
    n_events: int = N_EVENTS,
    observed_r: float = R,
    parent_events: int = 200_000,
    paper_n_catalogues: int = 0,
    paper_n_systems: int = 100_000,
    seed: int = 0,
) -> xr.DataTree:
    """r of catalogues in which only selection acted, against the printed r and that of a run.

    Parameters
    ----------
    catalog : object
        Gravitational-wave events, for the observed r of `run`.
    models : mapping of str to EventModel
        Populations with their detectors.
    backend : Backend
        `numba` takes the compiled form of the draws.
    run : str
        Run of the catalogue that is compared, or `all`.
    n_catalogues : int
        Catalogues of each null, >= 1.
    n_events : int
        Events in each for the printed r; those for the run have as many as the run.
    observed_r : float
        Printed r, from -1 to 1.
    parent_events : int
        Events of one large catalogue, for r in the limit, >= 3.
    paper_n_catalogues : int
        Catalogues by the published procedure, all detected ones of `paper_n_systems` systems; 0: none.
    paper_n_systems : int
        Systems in each of these.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/NAME` with r of every catalogue, `/tables/nulls`, and `notes`.

    Raises
    ------
    InvalidInput
        No models, an unknown run, or a number out of its range.
    """
    if not models:
        raise InvalidInput("models=[]: name at least one population, such as gw_power_law")
    if not -1.0 <= observed_r <= 1.0:
        raise InvalidInput(f"sim.observed_r={observed_r}: must be from -1 to 1")
    events = events_of(catalog)
    known = [*dict.fromkeys(map(str, events["run"].values)), ALL]
    if run not in known:
        raise InvalidInput(f"sim.run={run}: no event is of this run; known: {', '.join(known)}")
    chosen = of_run(events, run)
    r_run, _ = pearson(chosen["luminosity_distance"].values, chosen["total_mass_source"].values)
    n_run = chosen.sizes["event"]
    answers = {}
    for name, model in models.items():
        if model.space.axes or model.space.free:
            key = next(iter([*model.space.axes, *model.space.names]))
            raise InvalidInput(f"models.{name}.params.{key}: give a number, or sweep over it with -m")
        rng = np.random.default_rng([seed, *name.encode()])
        answers[name] = _null(name, model, backend, rng, n_catalogues, n_events, n_run, parent_events)
        if paper_n_catalogues:
            r = paper_catalogues(model, n_systems=paper_n_systems, n_catalogues=paper_n_catalogues, rng=rng)
            answers[name]["paper_r"] = variable(
                "paper_catalogue", r, "", f"r of all detected ones of {paper_n_systems} systems"
            )
    table = _table(answers, observed_r, n_events, r_run, n_run)
    tree = run_tree(data=chosen, models=answers, tables={"nulls": table})
    tree.attrs["datasets"] = json.dumps([source_of(chosen)])
    notes = [PHYSICS, CONTRADICTION, *counting_notes(chosen), *_notes(models, table, observed_r, n_events, r_run, run)]
    tree.attrs["notes"] = json.dumps(notes)
    return tree


def _null(
    name: str,
    model: EventModel,
    backend: Backend,
    rng: np.random.Generator,
    n_catalogues: int,
    n_events: int,
    n_run: int,
    parent_events: int,
) -> xr.Dataset:
    compiled = backend.compiled
    parent = model.detected(max(parent_events, 3), rng, compiled=compiled)
    found = {}
    with reporter(f"drawing {name}") as report:
        sizes = [len(part) for part in np.array_split(np.arange(n_catalogues), min(_BLOCKS, n_catalogues))]
        for i, (key, n) in enumerate((("r", n_events), ("r_run", n_run))):
            parts = []
            for done, size in enumerate(sizes, start=1):
                drawn = null_correlations(model, n_catalogues=size, n_events=n, rng=rng, compiled=compiled)
                parts.append(drawn)
                report(i * len(sizes) + done, 2 * len(sizes))
            found[key] = np.concatenate(parts)
    return xr.Dataset(
        {
            "r": variable("catalogue", found["r"], "", f"Pearson's r of catalogues of {n_events} events"),
            "r_run": variable("catalogue", found["r_run"], "", f"Pearson's r of catalogues of {n_run} events"),
            "parent_r": scalar(
                float(np.corrcoef(parent.luminosity_distance, parent.total_mass_source)[0, 1]),
                "",
                f"r of {len(parent)} detected events",
            ),
            "median_mass": scalar(float(np.median(parent.total_mass_source)), "solMass", "of detected events"),
            "median_distance": scalar(float(np.median(parent.luminosity_distance)), "Mpc", "of detected events"),
            "detected": scalar(
                100.0 * model.detected_fraction(200_000, rng, compiled=compiled), "percent", "of the population"
            ),
        }
    )


def _table(answers: Mapping[str, xr.Dataset], observed_r: float, n_events: int, r_run: float, n_run: int) -> xr.Dataset:
    printed = [tail_probability(answer["r"].values, observed_r) for answer in answers.values()]
    own = [tail_probability(answer["r_run"].values, r_run) for answer in answers.values()]
    columns: dict[str, Any] = {"null": variable("null", list(answers), "", "population and detector")}
    for key, words in (("parent_r", "r of many events"), ("detected", "detected share of the population")):
        unit = "percent" if key == "detected" else ""
        columns[key] = variable("null", [answer[key].item() for answer in answers.values()], unit, words)
    columns["median_mass"] = variable(
        "null", [a["median_mass"].item() for a in answers.values()], "solMass", "detected"
    )
    columns["median_distance"] = variable(
        "null", [a["median_distance"].item() for a in answers.values()], "Mpc", "detected"
    )
    columns["sigma_r"] = variable(
        "null", [float(a["r"].std()) for a in answers.values()], "", f"scatter of r of {n_events} events"
    )
    for suffix, tails, r, n in (("", printed, observed_r, n_events), ("_run", own, r_run, n_run)):
        columns[f"p{suffix}"] = variable("null", [t.probability for t in tails], "", f"P(r >= {r:.3f}) for {n} events")
        columns[f"p{suffix}_err"] = variable("null", [t.error for t in tails], "", "its Monte Carlo error")
        columns[f"p{suffix}_limit"] = variable("null", [t.upper_limit for t in tails], "", "its 95 % upper limit")
    if any("paper_r" in answer for answer in answers.values()):
        columns["paper_r"] = variable(
            "null", [float(a["paper_r"].mean()) for a in answers.values()], "", "mean r by the published procedure"
        )
        columns["paper_sigma"] = variable(
            "null", [float(a["paper_r"].std()) for a in answers.values()], "", "its scatter between catalogues"
        )
    return xr.Dataset(columns)


def _notes(
    models: Mapping[str, EventModel], table: xr.Dataset, observed_r: float, n_events: int, r_run: float, run: str
) -> Iterator[str]:
    rows = {str(name): table.sel(null=name) for name in table["null"].values}
    for name, row in rows.items():
        limit = "" if row["p"].item() else f" (below {row['p_limit'].item():.2g} at 95 %)"
        yield (
            f"{name}: r = {row['parent_r'].item():.2f} ± {row['sigma_r'].item():.3f} for {n_events} events from "
            f"selection alone, P(r >= {observed_r:g}) = {row['p'].item():.3g} ± {row['p_err'].item():.1g}{limit}; "
            f"P(r >= {r_run:.3f}, {run}) = {row['p_run'].item():.3g}."
        )
    others = [row["p"].item() for name, row in rows.items() if not isinstance(models[name], PaperNull)]
    if len(others) > 1:
        yield (
            f"P(r >= {observed_r:g}) goes from {min(others):.2g} to {max(others):.2g} over these populations: "
            "selection alone can produce the observed r, and P by itself is not robust. The sound test is hierarchical."
        )
    published = [name for name, model in models.items() if isinstance(model, PaperNull)]
    for name in published:
        yield (
            f"{name}: the published null ({SELECTION_R:g} ± {SELECTION_R_ERR:g}) detects "
            f"{rows[name]['detected'].item():.0f} % of all systems, so it holds almost no selection; its error belongs "
            f"to catalogues of some 41000 events, that of {n_events} events is {rows[name]['sigma_r'].item():.3f}. Its "
            "signal-to-noise ratio goes as M_c^(5/3) (matched filters: 5/6), masses are not redshifted, and there is "
            "no mass ratio, orientation or noise."
        )
