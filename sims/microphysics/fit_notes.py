"""What a search for the parameters of mechanisms says: the best, what holding K down costs, what is at a bound."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from sims.microphysics.fit_search import EVOLUTION, GIVEN, GRID, PUBLISHED, Gridded, Unmet
from sims.microphysics.fit_tables import Outcome, label_of
from sims.microphysics.published_sample import observed_inputs
from solvers.microphysics.improvement import Improvement, Place
from solvers.microphysics.mechanism import Mechanism
from solvers.published.pairing_grid import BEST_IMPROVEMENT, N_MILKY_WAY, ROUGHNESS

_NOTHING = 1e-3
"""Differences of the objective [%] up to this are those of where a search stops."""

_WORDS = {
    "improvement_of_mean": "improvement of the mean RMS over general relativity",
    "mean_improvement": "mean over galaxies of the improvement of each over general relativity",
}


def fit_notes(
    improvement: Improvement,
    models: Mapping[str, Mechanism],
    outcomes: Mapping[str, Sequence[Outcome]],
    unmet: Mapping[str, Sequence[Unmet]],
    grids: Mapping[str, Gridded],
    tables: Mapping[str, xr.Dataset],
    objective: str,
    place: Place,
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    improvement : Improvement
        The sample.
    models : mapping of str to Mechanism
        As searched.
    outcomes : mapping of str to sequence of Outcome
        Ends of the searches.
    unmet : mapping of str to sequence of Unmet
        Constrained searches that found nothing.
    grids : mapping of str to Gridded
        The objective over grids.
    tables : mapping of str to xarray.Dataset
        Of the run.
    objective : str
        What was searched for.
    place : Place
        Where K is limited.
    """
    base = improvement.baseline
    yield (
        f"Objective: {_WORDS[objective]}, of {base.size} galaxies; general relativity with baryons alone has a mean "
        f"RMS of {base.mean():.3f} km/s. The other of the two improvements stands beside it: one place has both."
    )
    for name, own in outcomes.items():
        yield from _of_model(name, models[name], own, objective, place)
        for each in unmet[name]:
            yield (
                f"{name}, {each.method}, constrained: no point that was tried keeps K below {place.limit:g}, the "
                f"lowest |K| is {each.lowest:.3g}; there is no such optimum."
            )
    if "grid" in tables:
        yield from _counts(grids, tables["grid"], place)
    if "calibration" in tables:
        yield from _calibration(tables["calibration"])


def _of_model(name: str, model: Mechanism, own: Sequence[Outcome], objective: str, place: Place) -> Iterator[str]:
    for each in own:
        found = each.found
        values = ", ".join(f"{key} = {value:.5g}" for key, value in found.theta.items())
        ends = [key for key, at_end in found.at_bound.items() if at_end]
        yield (
            f"{name}, {label_of(found)}: {each.score['improvement_of_mean']:+.3f} % of the mean RMS, "
            f"{each.score['mean_improvement']:+.3f} % in the mean over galaxies, {100 * each.score['improved']:.1f} % "
            f"of the galaxies improved, K(R = {place.radius:g} kpc, sigma_v = {place.sigma_v:g} km/s) = "
            f"{each.excess:.3e} ({'below' if each.is_allowed else 'not below'} {place.limit:g})"
            + (f", at {values}" if values and found.method != GIVEN else "")
            + (f"; {len(ends)} of {len(found.at_bound)} at a bound: {', '.join(ends)}." if ends else ".")
        )
        if each.undetermined:
            yield (
                f"{name}, {label_of(found)}: {len(each.undetermined)} galaxies have no value and are in no mean "
                f"({', '.join(each.undetermined)})."
            )
        if not found.converged:
            yield f"{name}, {label_of(found)}: the population had not contracted; inference.generations allows more."
    yield from _differences(name, own, objective)
    taken = observed_inputs(model)
    if taken:
        yield f"{name}: {taken}, of the same rotation curve that the RMS is taken from."


def _differences(name: str, own: Sequence[Outcome], objective: str) -> Iterator[str]:
    by = {label_of(each.found): each.score[objective] for each in own}
    for method in (GRID, EVOLUTION):
        free, held = by.get(method), by.get(f"{method}, constrained")
        if free is not None and held is not None:
            cost = free - held
            words = f"costs {cost:.3f} %" if cost > _NOTHING else "costs nothing"
            yield f"{name}, {method}: the limit on K {words} of {objective}."
    published = next((each for each in own if each.found.method == PUBLISHED), None)
    if published is None:
        return
    # What does not keep the limit is compared with the best that need not keep it either.
    others = [each for each in own if each is not published]
    same = [each.score[objective] for each in others if each.found.is_constrained == published.is_allowed]
    optimum = max(same, default=None)
    if optimum is not None:
        left = optimum - by[PUBLISHED]
        yield (
            f"{name}: the published parameters have {by[PUBLISHED]:.3f} %, the best "
            f"{'under' if published.is_allowed else 'without'} the limit {optimum:.3f} %: "
            + (
                "they are the best of these searches."
                if abs(left) < _NOTHING
                else f"{left:.3f} % were left."
                if left > 0
                else "better than what these ranges hold."
            )
        )


def _counts(grids: Mapping[str, Gridded], table: xr.Dataset, place: Place) -> Iterator[str]:
    published = {
        str(table["model"].values[i]): table.isel(case=int(i))
        for i in np.flatnonzero(table["counted"].values == "published")
    }
    for i in np.flatnonzero(table["counted"].values == "this run"):
        row = table.isel(case=int(i))
        name = row["model"].item()
        words = (
            f"{name}: of {row['n'].item()} points of the grid {row['allowed'].item()} keep K below {place.limit:g}, "
            f"{row['improved'].item()} improve the mean RMS, {row['both'].item()} do both"
        )
        if grids[name].n_undetermined:
            words += f"; at {grids[name].n_undetermined} a galaxy has no value, they are compared with no other"
        if name not in published:
            yield words + "."
            continue
        printed = {key: published[name][key].item() for key in ("allowed", "improved", "both")}
        yield (
            f"{words} (published {printed['allowed']}, {printed['improved']} and {printed['both']}, and "
            f"{BEST_IMPROVEMENT:g} % without the limit): the published K(1 AU) is 1 - exp(-x), of which rounding "
            "leaves few digits at so small an x; here it is -expm1(-x)."
        )


def _calibration(table: xr.Dataset) -> Iterator[str]:
    bounded, free, published = (table.isel(case=i) for i in range(3))
    r = bounded["xi_correlation"].item()
    yield (
        f"Roughness was not fitted to rotation curves: K0 xi^gamma was fitted to K of the chain of times, another "
        f"model. On the means of {bounded['n'].item()} galaxies K0 = {bounded['K0'].item():.5f} and gamma = "
        f"{bounded['gamma'].item():.4g}"
        + (", the end of its range" if bounded["is_at_bound"].item() else "")
        + f", with r = {bounded['correlation'].item():+.3f} between the law and what it was fitted to; left free, "
        f"gamma = {free['gamma'].item():+.5f} and K0 = {free['K0'].item():.5f} (r = "
        f"{free['correlation'].item():+.3f}). K and xi themselves "
        f"have r = {r:+.3f}: K {'falls' if r < 0 else 'rises'} with xi {_against(r, bounded['gamma'].item())}."
    )
    yield (
        f"The published K0 = {ROUGHNESS['K0']:g}, gamma = {ROUGHNESS['gamma']:g} also used {N_MILKY_WAY} points of the "
        "Milky Way that are not public, and all of one K; on these galaxies it has an RMS of "
        f"{published['rms'].item():.4f} against {bounded['rms'].item():.4f}."
    )


def _against(correlation: float, gamma: float) -> str:
    """Whether a law goes the way of what it was fitted to."""
    verb = "rises" if gamma > 0 else "falls"
    return f"as the law {verb}" if correlation * gamma > 0 else f"where the law {verb}"
