"""What decides who describes the rotation curves best."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves

_JUDGES = {
    "mean_rms": ("mean RMS", "km/s", 2),
    "median_rms": ("median RMS", "km/s", 2),
    "mean_rar_scatter": ("mean RAR scatter", "dex", 4),
    "velocity_scatter": ("pooled velocity scatter", "dex", 4),
}
"""Words, unit and digits of the statistics by which models are ranked."""


def rotation_notes(
    data: xr.Dataset,
    samples: Mapping[str, tuple[Curves, np.ndarray]],
    tables: Mapping[str, xr.Dataset],
    models: Mapping[str, RotationModel],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        The catalogue.
    samples : mapping of str to (Curves, ndarray)
        Of each choice of the baryons: what is left, and which points.
    tables : mapping of str to xarray.Dataset
        Of the run.
    models : mapping of str to RotationModel
        As predicted.
    """
    yield from counting_notes(data, samples)
    winners: dict[str, set[str]] = {}
    for name in samples:
        table = tables[f"rotation_{name}"]
        for key, (words, unit, digits) in _JUDGES.items():
            order = np.argsort(table[key].values)
            ranked = [f"{table['model'].values[i]} {table[key].values[i]:.{digits}f}" for i in order]
            winners.setdefault(key, set()).add(str(table["model"].values[order[0]]))
            yield f"{name}, {words} [{unit}]: {ranked[0]} is lowest, then {', '.join(ranked[1:])}."
    yield from _what_decides(winners, list(samples))
    yield from _counts(tables["head_to_head"])
    yield (
        "rar_scatter is taken within each galaxy, where a constant factor on g is invisible (see the bias beside it); "
        "velocity_scatter is that of log10 V over all points. They are different statistics, not to be compared."
    )
    observed = [name for name, model in models.items() if model.uses_observed]
    if observed:
        yield f"{', '.join(observed)}: takes something of the observed rotation (such as V_flat) as an input."


def counting_notes(data: xr.Dataset, samples: Mapping[str, tuple[Curves, np.ndarray]]) -> Iterator[str]:
    """How many galaxies and points every step left, and which galaxies the baryons' policy leaves out."""
    steps: list[dict[str, Any]] = json.loads(data.attrs.get("steps", "[]"))
    if steps:
        yield "Galaxies (points): " + "; ".join(f"{s['step']}: {s['galaxies']} ({s['rows']})" for s in steps) + "."
    for name, (curves, kept) in samples.items():
        gone = sorted(set(map(str, data["name"].values)) - set(curves.names))
        lost = int(np.count_nonzero(~kept))
        if gone:
            out = f"without {', '.join(gone)} ({lost} points, some with V_bar² <= 0)"
            yield f"{name}: {curves.n_galaxies} galaxies, {out}."
        elif lost:
            yield f"{name}: {curves.n_galaxies} galaxies, without {lost} points where V_bar² <= 0."


def _what_decides(winners: Mapping[str, set[str]], baryons: list[str]) -> Iterator[str]:
    by_statistic = {next(iter(names)) for names in winners.values() if len(names) == 1}
    moved = [_JUDGES[key][0] for key, names in winners.items() if len(names) > 1]
    if moved:
        yield f"The mass-to-light ratio ({' or '.join(baryons)}) decides who is lowest in: {', '.join(moved)}."
    if len(by_statistic) > 1 or (by_statistic and moved):
        yield (
            "The statistic decides as well: "
            + "; ".join(f"{_JUDGES[key][0]}: {' or '.join(sorted(names))}" for key, names in winners.items())
            + "."
        )


def _counts(table: xr.Dataset) -> Iterator[str]:
    """Head-to-head counts, one sentence for each choice of the baryons and statistic."""
    groups: dict[tuple[str, str], list[str]] = {}
    for i in range(table.sizes["pair"]):
        row = {key: table[key].values[i] for key in table.data_vars}
        words = f"{row['model_a']} {row['wins_a']}-{row['wins_b']} {row['model_b']}"
        groups.setdefault((str(row["baryons"]), str(row["statistic"])), []).append(words)
    for (baryons, statistic), counts in groups.items():
        yield f"{baryons}, galaxies with the smaller {statistic}: {'; '.join(counts)}."
