"""What the posterior of epsilon shows, and what it does not."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from solvers.gw.coherent_population import CoherentPopulation
from solvers.published.paper_10 import EPSILON

SHOWS = (
    "What this shows: which epsilon the masses and distances ask for beside selection, if the true masses follow one "
    "power law with a peak at all redshifts. What it does not: masses that evolve with redshift look like a gain, so "
    "an epsilon above 0 would be no proof of one, nor does one at 0 exclude a gain that evolution hides."
)
"""Printed with every posterior of epsilon."""

APPROXIMATIONS = (
    "Approximations: one detector with a horizon stands for the network and its searches (sensitivity injections "
    "would replace it; ten percent in params.d_horizon move epsilon by about its error), published 90 % intervals "
    "stand for posterior samples, and the mass ratio is fixed as q^beta."
)
"""Printed with every posterior of epsilon."""


def hierarchical_notes(
    models: Mapping[str, CoherentPopulation], table: xr.Dataset, n_events: int, run: str
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    models : mapping of str to CoherentPopulation
        As fitted.
    table : xarray.Dataset
        `/tables/epsilon`.
    n_events : int
        Events used.
    run : str
        Of the catalogue.
    """
    rows = {str(name): table.sel(model=name) for name in table["model"].values}
    for name, row in rows.items():
        if np.isfinite(row["epsilon_low"].item()):
            yield _posterior(name, row, n_events, run)
    yield from _evidences(models, rows)
    yield SHOWS
    yield APPROXIMATIONS


def _posterior(name: str, row: xr.Dataset, n_events: int, run: str) -> str:
    low, high = row["epsilon_low"].item(), row["epsilon_high"].item()
    inside = "inside" if low <= EPSILON <= high else "outside"
    zero = "inside" if low <= 0.0 <= high else "outside"
    above = row["p_above_published"].item()
    share = f"P(epsilon > {EPSILON:g}) = {above:.2g}" if above > 0 else f"no draw is above {EPSILON:g}"
    return (
        f"{name}: epsilon = {row['epsilon'].item():.2g}, 90 % interval {low:.2g} to {high:.2g} ({n_events} events of "
        f"{run}); 0 is {zero}, the published {EPSILON:g} {inside}: "
        f"P(epsilon > 0) = {row['p_positive'].item():.3g}, {share}."
    )


def _evidences(models: Mapping[str, CoherentPopulation], rows: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """Bayes factors against the first model without a gain."""
    without = [name for name, model in models.items() if model.space.fixed.get("epsilon") == 0.0]
    if not without or not np.isfinite(rows[without[0]]["log_evidence"].item()):
        return
    base = rows[without[0]]
    for name, row in rows.items():
        if name != without[0] and np.isfinite(row["log_evidence"].item()):
            ln_b = row["log_evidence"].item() - base["log_evidence"].item()
            error = np.hypot(row["log_evidence_error"].item(), base["log_evidence_error"].item())
            yield (
                f"ln B = {ln_b:+.2f} ± {error:.2f} for {name} against {without[0]}; where a parameter is free it "
                "depends on the width of its prior."
            )
