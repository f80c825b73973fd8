"""Tables of the unified kernel: changes of the RMS against general relativity, by case and over a sweep."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.case_table import case_table
from solvers.microphysics.galaxy_improvement import improvement_of_sample

STATISTICS = {
    "n": ("", "galaxies with a value"),
    "mean_change": ("km/s", "mean over galaxies of the RMS less that of general relativity"),
    "median_change": ("km/s", "median of the same"),
    "improved": ("", "fraction of galaxies with a lower RMS than by general relativity"),
    "n_improved": ("", "galaxies with a lower RMS than by general relativity"),
    "mean_rms": ("km/s", "mean over galaxies of the RMS"),
    "median_rms": ("km/s", "median over galaxies of the RMS"),
    "mean_k": ("", "mean over galaxies of the mean K over radii; no value: not an enhancement"),
}
"""Of one model: unit and words."""


def statistics_of(rms: np.ndarray, base: np.ndarray, mean_k: np.ndarray) -> dict[str, float]:
    """By the names of `STATISTICS`, of the galaxies in which a model and general relativity have an RMS [km/s]."""
    own = np.isfinite(rms) & np.isfinite(base)
    if not own.any():
        return dict.fromkeys(STATISTICS, np.nan) | {"n": 0, "n_improved": 0}
    rms, base, mean_k = rms[own], base[own], mean_k[own]
    found, change = improvement_of_sample(rms, base), rms - base
    return {
        "n": rms.size,
        "mean_change": float(change.mean()),
        "median_change": float(np.median(change)),
        "improved": found.n_improved / rms.size,
        "n_improved": found.n_improved,
        "mean_rms": float(rms.mean()),
        "median_rms": float(np.median(rms)),
        "mean_k": float(mean_k.mean()),
    }


def case_rows(answers: Mapping[str, xr.Dataset], base: np.ndarray) -> xr.Dataset:
    """Every model, over the galaxies in which it has a value; `base` is the RMS of general relativity [km/s]."""
    rows = []
    for name, answer in answers.items():
        found = statistics_of(answer["rms"].values, base, answer["mean_k"].values)
        rows.append((name, *(found[key] for key in STATISTICS)))
    words = (
        ("model", "", "model, or case of one"),
        *((key, *described) for key, described in STATISTICS.items()),
    )
    return case_table(rows, words)


def sweep_table(axes: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Statistics along the parameters of a sweep."""
    dims = tuple(axes)
    units = {"sigma_gate": "km/s"}
    table = {key: variable(dims, values, *STATISTICS[key]) for key, values in found.items()}
    return xr.Dataset(
        {name: variable(name, axis, units.get(name, ""), "of the product") for name, axis in axes.items()} | table
    )
