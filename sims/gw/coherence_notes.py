"""What must be read beside the mass-distance statistics."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from solvers.gw.coherence_gain import CoherenceGain
from solvers.published.paper_10 import consistent_p_values

PHYSICS = (
    "In general relativity the masses of a binary come from the phase of its signal and only the distance from its "
    "strain. A gain C of the strain would bias the distance low by 1/C, and the source-frame mass by "
    "(1 + z_true)/(1 + z_inferred); it would not multiply masses by C. The mass relation is the source's own "
    "(gain_target: mass)."
)
"""Printed with every result of this section."""

CONTRADICTION = (
    "SI 17.3 sets the field to zero and c_gw = c exactly between galaxies; SI 10 needs about a million coherence "
    "periods of intergalactic path."
)
"""Printed with every result of this section."""


def coherence_notes(
    events: xr.Dataset,
    statistics: Mapping[str, Mapping[str, float]],
    tables: Mapping[str, xr.Dataset],
    gain: CoherenceGain,
    cross: Any,
) -> list[str]:
    """Sentences for the reader, each with the numbers of this run.

    Parameters
    ----------
    events : xarray.Dataset
        The events used.
    statistics : mapping
        By run and name.
    tables : mapping of str to xarray.Dataset
        Of the run.
    gain : CoherenceGain
        What the gain acts on.
    cross : Spread
        Of the runs' median epsilons.
    """
    notes = [PHYSICS, CONTRADICTION, *counting_notes(events)]
    if gain.gain_target == "strain":
        notes.append(
            "gain.gain_target=strain changes what a mock catalogue shows; epsilon here is that of the mass relation."
        )
    for run, row in statistics.items():
        notes += [*_epsilon(run, row), *_spins(run, row)]
    if np.isfinite(cross.cv_sample):
        notes.append(
            f"The median epsilons of {cross.n} runs vary by {100 * cross.cv:.1f} % (ddof = 0, as published) or "
            f"{100 * cross.cv_sample:.1f} % (ddof = 1); the source's own threshold for one constant is 50 %."
        )
    speed = tables["speed_of_gravity"].isel(check=0)
    notes.append(
        f"GW170817: the shift that SI 17.3 calls unmeasurable delays the signal by {speed['delay'].item():.3g} s and "
        f"is {speed['mean_shift'].item():.2g} on average, {speed['factor'].item():.2g} times the bound; "
        f"{speed['path_to_bound'].item():.2g} pc of path reaches the bound."
    )
    notes.append(
        "The printed p-values follow from the printed statistics and n = 68 + 11: "
        + ", ".join(f"{name} {value:.3g}" for name, value in consistent_p_values().items())
        + ". Where n = 79 is printed the computed column has other events: the table behind it is not public."
    )
    return notes


def counting_notes(events: xr.Dataset) -> Iterator[str]:
    """How many rows every step left, and which values are missing."""
    steps = json.loads(events.attrs.get("steps", "[]"))
    if steps:
        yield "Events: " + "; ".join(f"{step['step']}: {step['rows']}" for step in steps) + "."
    missing = {key: n for key, n in json.loads(events.attrs.get("missing", "{}")).items() if n}
    if missing:
        yield "Rows without a value: " + ", ".join(f"{key} {n}" for key, n in missing.items()) + "."


def _epsilon(run: str, row: Mapping[str, float]) -> Iterator[str]:
    if not np.isfinite(row["slope_err"]):
        return
    without = f", {row['slope_without']:+.2f} ± {row['slope_without_err']:.2f} without the most massive event"
    yield (
        f"{run}: slope of ln epsilon on ln d in the gap {row['slope']:+.2f} ± {row['slope_err']:.2f}"
        f"{without if np.isfinite(row['slope_without_err']) else ''}. A constant epsilon gives 0, masses that do not "
        "depend on distance -1; errors of the distances pull the slope towards -1, so it does not decide."
    )


def _spins(run: str, row: Mapping[str, float]) -> Iterator[str]:
    if np.isfinite(row["fisher_p"]) and row["n_gap"] > 2:
        yield (
            f"{run}: KS p = {row['ks_p']:.3f} for chi_eff in and below the gap, Fisher's exact p = "
            f"{row['fisher_p']:.3f} for the numbers of high spins. "
            f"With {row['n_gap']:.0f} gap events a failure to reject is not equality."
        )
