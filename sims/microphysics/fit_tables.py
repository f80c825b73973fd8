"""Tables of a search for the parameters of mechanisms, and of the calibration of roughness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import axes, parameter_values
from outputs.tree import scalar, variable
from sims.case_table import case_table
from sims.microphysics.fit_search import Found, Gridded
from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.microphysics.calibration import (
    GAMMA_BOX,
    GAMMA_FREE,
    PowerLaw,
    fit_power_law,
    power_law,
    why_no_law,
)
from solvers.microphysics.galaxy_improvement import ROUNDING
from solvers.microphysics.improvement import OBJECTIVES, Improvement, Place
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.missing_problem import correlation
from solvers.microphysics.systems import systems_of
from solvers.microphysics.time_coherence import TimeCoherence, xi_chain
from solvers.published.pairing_grid import COUNTS, ROUGHNESS

_SCORES = {
    "improvement_of_mean": ("percent", "of the mean RMS over that of general relativity"),
    "mean_improvement": ("percent", "mean over galaxies of the improvement of each"),
    "improved": ("", "fraction of galaxies with a lower RMS than by general relativity"),
    "mean_rms": ("km/s", "mean over galaxies of the RMS"),
    "median_rms": ("km/s", "its median"),
}


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where a search ended, and what that place gives.

    Parameters
    ----------
    found : Found
        The place.
    score : dict of str to float
        By the names of `solvers.microphysics.improvement.Score`.
    excess : float
        K where it is limited.
    is_allowed : bool
        It is below the limit.
    undetermined : tuple of str
        Galaxies without a value, which are not in the score.
    """

    found: Found
    score: dict[str, float]
    excess: float
    is_allowed: bool
    undetermined: tuple[str, ...] = ()


def outcome_of(mechanism: Mechanism, found: Found, improvement: Improvement, place: Place) -> Outcome:
    """What one place of the parameters gives."""
    rms = improvement.rms(mechanism, found.theta)
    score = improvement.of_rms(rms)
    excess = float(place.excess_along(mechanism, found.theta)[0])
    numbers = {key: float(getattr(score, key)[0]) for key in _SCORES}
    names = zip(improvement.curves.names, np.isfinite(rms[0]), strict=True)
    undetermined = tuple(name for name, has_value in names if not has_value)
    return Outcome(found, numbers, excess, bool(place.allows(excess)), undetermined)


def answer_of(mechanism: Mechanism, outcomes: Sequence[Outcome], gridded: Gridded | None, objective: str) -> xr.Dataset:
    """`/models/NAME`: every end of a search, the objective over the grid, and what a sweeper may look for."""
    # Scores of fewer galaxies are of another sample.
    best = max(outcomes, key=lambda each: (-len(each.undetermined), each.score[objective]))
    allowed = [each.score[objective] for each in outcomes if each.is_allowed]
    table: dict[str, Any] = {key: scalar(best.score[key], *_SCORES[key]) for key in (*OBJECTIVES, "mean_rms")}
    table["improved_fraction"] = scalar(best.score["improved"], *_SCORES["improved"])
    table["solar_excess"] = scalar(best.excess, "", "K where it is limited, at the best place")
    words = f"{objective} of the best place that the limit of K allows; -inf: none does"
    table["constrained_objective"] = scalar(max(allowed, default=-np.inf), "percent", words)
    table |= parameter_values({**mechanism.space.fixed, **best.found.theta}, mechanism.units)
    names = mechanism.space.names
    if names:
        values = [[each.found.theta[name] for name in names] for each in outcomes]
        ends = [[each.found.at_bound[name] for name in names] for each in outcomes]
        table |= {
            "search": variable("search", [label_of(each.found) for each in outcomes], "", "how it was found"),
            "param": variable("param", list(names), "", "free parameter"),
            "best_fit": variable(("search", "param"), values, "", "best value (in the unit of each parameter)"),
            "at_bound": variable(("search", "param"), np.array(ends, dtype=bool), "", "it is an end of its range"),
        }
    if gridded is not None:
        table |= axes(gridded.axes, mechanism.units)
        dims = tuple(gridded.axes)
        table["grid_improvement_of_mean"] = variable(dims, gridded.improvement_of_mean, *_SCORES["improvement_of_mean"])
        table["grid_objective"] = variable(dims, gridded.objective, "percent", f"{objective} over the grid")
        table["grid_solar_excess"] = variable(dims, gridded.excess, "", "K where it is limited")
    return xr.Dataset(table)


def label_of(found: Found) -> str:
    """A search in words."""
    return f"{found.method}{', constrained' if found.is_constrained and found.method != 'published' else ''}"


def optimum_table(outcomes: Mapping[str, Sequence[Outcome]]) -> xr.Dataset:
    """Every end of every search."""
    rows = [
        (
            name,
            label_of(each.found),
            *(each.score[key] for key in _SCORES),
            len(each.undetermined),
            each.excess,
            each.is_allowed,
            sum(each.found.at_bound.values()),
            each.found.n_evaluations,
            each.found.converged,
        )
        for name, own in outcomes.items()
        for each in own
    ]
    words = (
        ("model", "", "mechanism"),
        ("search", "", "how the parameters were found"),
        *((key, *described) for key, described in _SCORES.items()),
        ("n_undetermined", "", "galaxies without a value, in none of these"),
        ("solar_excess", "", "K where it is limited"),
        ("is_allowed", "", "K there is below the limit"),
        ("n_at_bound", "", "parameters at an end of their range"),
        ("n_evaluations", "", "points that were evaluated"),
        ("is_converged", "", "the population had contracted; yes for a grid"),
    )
    return case_table(rows, words)


def parameter_table(models: Mapping[str, Mechanism], outcomes: Mapping[str, Sequence[Outcome]]) -> xr.Dataset:
    """Parameters of every end of every search, side by side."""
    columns: dict[str, list[Any]] = {"model": [], "parameter": [], "unit": [], "low": [], "high": []}
    labels = list(dict.fromkeys(label_of(each.found) for own in outcomes.values() for each in own))
    values: dict[str, list[float]] = {label: [] for label in labels}
    bounds: list[str] = []
    for name, own in outcomes.items():
        by_label = {label_of(each.found): each.found for each in own}
        for free in models[name].space.free:
            row = (name, free.name, models[name].units.get(free.name, ""), free.low, free.high)
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
            for label in labels:
                found = by_label.get(label)
                values[label].append(np.nan if found is None else found.theta[free.name])
            at_end = [label for label, found in by_label.items() if found.at_bound[free.name]]
            bounds.append("all" if len(at_end) == len(by_label) else "; ".join(at_end) or "none")
    described = {
        "model": "mechanism",
        "parameter": "free parameter",
        "unit": "its unit",
        "low": "lower end of its range",
        "high": "upper end of its range",
    }
    table = {key: variable("case", column, "", described[key]) for key, column in columns.items()}
    for label, column in values.items():
        key = label.replace(", ", "_").replace(" ", "_")
        table[key] = variable("case", column, "", f"best by {label} (in the unit of the parameter)")
    table["at_end_of_range"] = variable("case", bounds, "", "searches that end at an end of the range or of the grid")
    return xr.Dataset({"case": variable("case", np.arange(len(bounds)), "", "case"), **table})


def grid_table(
    models: Mapping[str, Mechanism], grids: Mapping[str, Gridded], are_published: Mapping[str, bool]
) -> xr.Dataset | None:
    """How many points of every grid are allowed, improve on general relativity, and both; None without a grid.

    Beside a grid that was published there are the published counts.
    """
    if not grids:
        return None
    rows: list[tuple[Any, ...]] = []
    for name, gridded in grids.items():
        better = gridded.improvement_of_mean > 100.0 * ROUNDING
        allowed = gridded.is_allowed
        counts = (allowed.size, int(allowed.sum()), int(better.sum()), int((allowed & better).sum()))
        rows.append((name, "this run", *counts))
        if are_published[name]:
            printed = COUNTS[type(models[name])]
            rows.append((name, "published", *(printed[key] for key in ("n", "safe", "improved", "both"))))
    words = (
        ("model", "", "mechanism"),
        ("counted", "", "in this run, or as published"),
        ("n", "", "points of the grid"),
        ("allowed", "", "of them with K below its limit"),
        ("improved", "", "of them with a lower mean RMS than by general relativity"),
        ("both", "", "of them both"),
    )
    return case_table(rows, words)


def check_chain(chain: TimeCoherence) -> None:
    """Raise for a free parameter.

    Raises
    ------
    InvalidInput
        One line with its name.
    """
    loose = [*chain.space.axes, *chain.space.names]
    if loose:
        raise InvalidInput(f"chain.params.{loose[0]}: give a number")


def calibration_table(curves: Curves, chain: TimeCoherence) -> xr.Dataset | str:
    """K0 xi^gamma on the means over radii of K and xi of the chain of times, galaxy by galaxy; or why there is none."""
    systems = systems_of(curves, chain.inputs, chain.sigma_v)
    v = np.sqrt(curves.v_bar_squared)
    xi = curves.mean_by_galaxy(xi_chain(curves.radius, v, curves.at_points(systems.sigma_v)))
    k = curves.mean_by_galaxy(chain.excess(curves))
    why = why_no_law(xi, k)
    if why:
        return why
    laws: dict[str, PowerLaw] = {
        f"gamma from {GAMMA_BOX[0]:g} on": fit_power_law(xi, k, GAMMA_BOX),
        "gamma free": fit_power_law(xi, k, GAMMA_FREE),
        "published": power_law(xi, k, ROUGHNESS["K0"], ROUGHNESS["gamma"]),
    }
    plain = correlation(xi, k)
    rows = [
        (name, xi.size, law.K0, law.gamma, law.is_at_bound, law.rms, law.correlation, plain)
        for name, law in laws.items()
    ]
    words = (
        ("fit", "", "how K0 and gamma were found"),
        ("n", "", "galaxies"),
        ("K0", "", "of K0 xi^gamma"),
        ("gamma", "", "of K0 xi^gamma"),
        ("is_at_bound", "", "gamma is an end of its range"),
        ("rms", "", "root mean square of K - K0 xi^gamma"),
        ("correlation", "", "Pearson's, of K0 xi^gamma and K"),
        ("xi_correlation", "", "Pearson's, of xi itself and K"),
    )
    return case_table(rows, words)
