"""Einstein radii that a population predicts for every cluster, and whether the observed ones are inside."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.clusters.lens_nodes import PreparedLens
from solvers.clusters.enhancements import NoEnhancement
from solvers.clusters.population.criticism import central_interval, coverage, missing
from solvers.clusters.predictive import PopulationDraws, PopulationNumbers, predicted_radii
from solvers.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class PredictiveCases(PopulationNumbers):
    """A population and how often it is drawn from.

    Parameters
    ----------
    n_draws : int
        How many clusters are drawn, >= 1.

    Raises
    ------
    InvalidInput
        As `PopulationNumbers`, or fewer than one.
    """

    n_draws: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_draws < 1:
            raise InvalidInput(f"n_draws={self.n_draws}: must be >= 1")


def predictive_tables(
    lenses: Mapping[str, PreparedLens], seed: int, population: PredictiveCases
) -> dict[str, xr.Dataset]:
    """Central intervals of the Einstein radius by a population whose numbers are given, and their coverage.

    All clusters have the same draws. An observed radius with an error adds it to what is predicted for it. Draws
    without a crossing count as radii below all others, those with one beyond the grid as radii above.

    Parameters
    ----------
    lenses : mapping of str to PreparedLens
        By name.
    seed : int
        Of the draws.
    population : PredictiveCases
        Its numbers, and how many draws.
    """
    n_draws = population.n_draws
    rng = np.random.default_rng(seed)
    draws, noise = population.draw(n_draws, rng), rng.standard_normal(n_draws)
    rows = [_row(lens, population, draws, noise) for lens in lenses.values()]
    words = (
        ("ell0", "kpc", "length of the window"),
        ("median", "arcsec", "Einstein radius"),
        ("lower", "arcsec", "end of the central 68 %; NaN: no Einstein radius, or beyond the grid"),
        ("upper", "arcsec", "the other end"),
        ("n_none", "", f"of {n_draws} draws without an Einstein radius"),
        ("n_beyond", "", "of them with one beyond the grid, or with sheets of 1 and more"),
        ("theta_e_observed", "arcsec", "observed; NaN: not given"),
        ("theta_e_err", "arcsec", "its error, which is in the interval; NaN: not given"),
        ("place", "", "where the observed one is"),
    )
    columns = zip(words, zip(*rows, strict=True), strict=True)
    found = {key: variable("cluster", list(values), unit, text) for (key, unit, text), values in columns}
    axis = variable("cluster", list(lenses), "", "cluster")
    tables = {"predictive": xr.Dataset({"cluster": axis, **found})}
    return tables | _coverage(lenses, tables["predictive"]["place"].values)


def _row(
    lens: PreparedLens, population: PopulationNumbers, draws: PopulationDraws, noise: np.ndarray
) -> tuple[Any, ...]:
    surface = NoEnhancement().surface_density(lens.baryons)
    ell0 = population.window_length(lens.baryons.r500)
    radii = predicted_radii(surface, lens.sigma_crit, ell0, population, draws, lens.radius, lens.kappa_ext)
    observed, width = lens.lens.theta_e, lens.lens.theta_e_err
    predicted = lens.angle(radii) + (0.0 if width is None else width) * noise
    low, middle, high = central_interval(predicted)
    lost = missing(predicted)
    place = "not observed" if observed is None else "inside" if low <= observed <= high else "outside"
    shown = [value if np.isfinite(value) else math.nan for value in (middle, low, high)]
    given = [math.nan if value is None else value for value in (observed, width)]
    return ell0, *shown, lost.none, lost.beyond, *given, place


def _coverage(lenses: Mapping[str, PreparedLens], place: np.ndarray) -> dict[str, xr.Dataset]:
    """How many observed radii are inside, of all and of those held out; nothing where none was observed."""
    is_observed = place != "not observed"
    held_out = np.array([lens.lens.held_out for lens in lenses.values()])
    sets = {"all observed": is_observed, "held out": is_observed & held_out}
    counts = {name: (int(np.sum(place[of] == "inside")), int(of.sum())) for name, of in sets.items() if of.any()}
    if not counts:
        return {}
    found = [coverage(*each) for each in counts.values()]
    words = {
        "n": ([each.n for each in found], "clusters"),
        "n_inside": ([each.n_inside for each in found], "inside the central 68 %"),
        "fraction": ([each.n_inside / each.n for each in found], "of them"),
        "fraction_lower": ([each.low for each in found], "lower end of its 95 % interval (Clopper-Pearson)"),
        "fraction_upper": ([each.high for each in found], "upper end"),
        "chance": ([each.chance for each in found], "probability of as many or more if 0.68 is true"),
    }
    columns = {key: variable("set", values, "", text) for key, (values, text) in words.items()}
    return {"coverage": xr.Dataset({"set": variable("set", list(counts), "", "which clusters"), **columns})}
