"""Masses and distances of gravitational-wave events: everything of SI §10 on a catalogue, run by run and together."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.gw.coherence_notes import coherence_notes
from sims.gw.run_statistics import run_statistics, statistics_tables
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.gw.coherence_gain import CoherenceGain
from solvers.gw.correlation import BIN_EDGES, binned_correlation
from solvers.gw.epsilon import event_epsilon, spread
from solvers.gw.gap import MassGap
from solvers.gw.speed_of_gravity import speed_of_gravity
from solvers.published.paper_10 import PRINTED, consistent_p_values

ALL = "all"
"""Name of all runs together."""

_NEEDED = ("total_mass_source", "luminosity_distance", "redshift", "chi_eff", "run")
_TRACK_POINTS = 121


def coherence(
    catalog: Any,
    gain: CoherenceGain,
    gap: MassGap,
    true_mass: float = 60.0,
    spin_threshold: float = 0.3,
    level: float = 0.9,
    n_resamples: int = 10_000,
    track_epsilon: Sequence[float] = (3.4e-7,),
    speed: dict[str, float] | None = None,
    seed: int = 0,
) -> xr.DataTree:
    """Correlation, gap, spin and epsilon statistics of every run of a catalogue.

    Parameters
    ----------
    catalog : object
        Gravitational-wave events, such as `catalogs.gwtc.Gwtc`.
    gain : CoherenceGain
        Length of a coherence period, and what the gain acts on.
    gap : MassGap
        The gap in total mass.
    true_mass : float
        Assumed true total mass of gap events [Msun], > 0.
    spin_threshold : float
        Above it chi_eff is high.
    level : float
        Probability of the bootstrap interval of r.
    n_resamples : int
        Resamples of the bootstrap.
    track_epsilon : sequence of float
        Gains in one period whose M_eff(d) is tabulated for `true_mass`.
    speed : dict, optional
        `shift`, `path` [kpc], `distance` [Mpc] and `bound` of the GW170817 check; the source's own where not given.
    seed : int
        Of the bootstrap.

    Returns
    -------
    xarray.DataTree
        `/data` with epsilon of every event in the gap, `/models/coherence` with the tracks, `/tables/correlation`,
        `gap`, `spins`, `epsilon` along `run`, `bins`, `published`, `speed_of_gravity`, and `notes`.

    Raises
    ------
    InvalidInput
        A catalogue of something else, or a number out of its range.
    """
    events = events_of(catalog)
    runs = [*dict.fromkeys(map(str, events["run"].values[np.argsort(events["gps"].values, kind="stable")])), ALL]
    rng = np.random.default_rng([seed, *b"coherence"])
    statistics = {}
    for run in runs:
        statistics[run] = run_statistics(
            of_run(events, run), gap, gain, true_mass, spin_threshold, level, n_resamples, rng
        )
    cross = spread([row["epsilon"] for run, row in statistics.items() if run != ALL])
    statistics[ALL] |= {"cross_mean": cross.mean, "cross_cv": 100.0 * cross.cv}
    tables = statistics_tables(statistics)
    tables["cross_catalogue"] = _cross_table(cross)
    tables["bins"] = _bins_table(events, runs)
    tables["published"] = _published_table(statistics)
    tables["speed_of_gravity"] = _speed_table(speed or {})
    data = _with_epsilon(events, gap, gain, true_mass)
    tree = run_tree(data=data, models={"coherence": _tracks(gain, true_mass, track_epsilon)}, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(events)])
    tree.attrs["notes"] = json.dumps(coherence_notes(events, statistics, tables, gain, cross))
    return tree


def events_of(catalog: Any) -> xr.Dataset:
    """The events of a catalogue.

    Raises
    ------
    InvalidInput
        It holds no gravitational-wave events.
    """
    events = catalog.load()
    missing = [name for name in _NEEDED if name not in events]
    if missing:
        raise InvalidInput(f"catalog: holds no gravitational-wave events ({', '.join(missing)} missing); try gwtc")
    return events


def of_run(events: xr.Dataset, run: str) -> xr.Dataset:
    """The events of one run, counted as a step like the catalogue's own, or all of them."""
    if run == ALL:
        return events
    chosen = events.isel(event=np.flatnonzero(events["run"].values == run))
    n = chosen.sizes["event"]
    steps = [*json.loads(events.attrs.get("steps", "[]")), {"step": f"of {run}", "rows": n}]
    return chosen.assign_attrs(steps=json.dumps(steps), n_rows=n)


def _with_epsilon(events: xr.Dataset, gap: MassGap, gain: CoherenceGain, true_mass: float) -> xr.Dataset:
    mass = events["total_mass_source"].values
    inside = gap.split(mass).gap
    found = event_epsilon(mass, events["luminosity_distance"].values, events["redshift"].values, gain, true_mass)
    return events.assign(
        is_gap=variable("event", inside, "", "total mass in the gap"),
        epsilon=variable(
            "event", np.where(inside, found.luminosity, np.nan), "", f"epsilon for {true_mass:g} Msun, gap events only"
        ),
        epsilon_comoving=variable(
            "event", np.where(inside, found.comoving, np.nan), "", "the same over the comoving distance d_L/(1+z)"
        ),
    )


def _tracks(gain: CoherenceGain, true_mass: float, epsilons: Sequence[float]) -> xr.Dataset:
    distance, epsilon = np.geomspace(10.0, 15_000.0, _TRACK_POINTS), np.asarray(epsilons, dtype=float)
    mass = gain.effective_mass(true_mass, epsilon[:, np.newaxis], distance)
    return xr.Dataset(
        {
            "luminosity_distance": variable("luminosity_distance", distance, "Mpc", "luminosity distance"),
            "epsilon": variable("epsilon", epsilon, "", "gain in one period"),
            "effective_mass": variable(
                ("epsilon", "luminosity_distance"), mass, "solMass", f"apparent mass of {true_mass:g} Msun"
            ),
        }
    )


def _cross_table(cross: Any) -> xr.Dataset:
    return xr.Dataset(
        {
            "of": variable("of", ["medians of the runs"], "", "what"),
            "n": variable("of", [cross.n], "", "runs with gap events"),
            "mean": variable("of", [cross.mean], "", "mean of the median epsilons"),
            "low": variable("of", [cross.low], "", "the smallest"),
            "high": variable("of", [cross.high], "", "the largest"),
            "cv": variable("of", [100.0 * cross.cv], "percent", "coefficient of variation, ddof = 0"),
            "cv_sample": variable("of", [100.0 * cross.cv_sample], "percent", "the same with ddof = 1"),
        }
    )


def _bins_table(events: xr.Dataset, runs: Sequence[str]) -> xr.Dataset:
    found = [
        binned_correlation(rows["luminosity_distance"].values, rows["total_mass_source"].values)
        for rows in (of_run(events, run) for run in runs)
    ]
    return xr.Dataset(
        {
            "run": variable("run", list(runs), "", "observing run"),
            "bin": variable("bin", found[0].centre, "Mpc", "mid-point of the bin in luminosity distance"),
            "bin_low": variable("bin", np.array(BIN_EDGES[:-1]), "Mpc", "lower edge"),
            "bin_high": variable("bin", np.array(BIN_EDGES[1:]), "Mpc", "upper edge"),
            "median_mass": variable(("run", "bin"), [f.median for f in found], "solMass", "median total mass"),
            "n_events": variable(("run", "bin"), [f.n for f in found], "", "events"),
        }
    )


def _published_table(statistics: dict[str, dict[str, float]]) -> xr.Dataset:
    """Every printed number beside what this catalogue gives; p-values also from the printed statistics alone."""
    implied = consistent_p_values()
    computed = [statistics.get(row.run, {}).get(row.statistic, np.nan) for row in PRINTED]
    return xr.Dataset(
        {
            "quantity": variable("quantity", [row.quantity for row in PRINTED], "", "what SI 10 prints"),
            "section": variable("quantity", [row.section for row in PRINTED], "", "section of the SI"),
            "published": variable("quantity", [float(row.value) for row in PRINTED], "", "printed value"),
            "computed": variable("quantity", [float(x) for x in computed], "", "from this catalogue"),
            "implied": variable(
                "quantity",
                [implied.get(row.quantity, np.nan) if row.section != "10.6" else np.nan for row in PRINTED],
                "",
                "p-value that follows from the printed statistic and numbers of events",
            ),
            "run": variable("quantity", [row.run for row in PRINTED], "", "run that was taken"),
        }
    )


def _speed_table(settings: dict[str, float]) -> xr.Dataset:
    try:
        check = speed_of_gravity(**settings)
    except TypeError as error:
        raise InvalidInput(f"speed: {error}") from error
    return xr.Dataset(
        {
            "check": variable("check", ["GW170817"], "", "what"),
            "delay": variable("check", [check.delay], "s", "delay of the path at the shifted speed"),
            "mean_shift": variable("check", [check.mean_shift], "", "shift averaged over the distance"),
            "bound": variable("check", [check.bound], "", "bound on the average"),
            "factor": variable("check", [check.factor], "", "average over bound"),
            "path_to_bound": variable("check", [check.path_to_bound], "pc", "path that reaches the bound"),
            "passes": variable("check", [check.passes], "", "the average is below the bound"),
        }
    )
