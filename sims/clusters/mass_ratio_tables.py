"""What the experiments on masses inside 200 kpc share: answers of the models and the tables made of them."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable
from sims.checks import checked_list
from solvers.clusters.enhancements import ClusterModel, LawEnhancement
from solvers.clusters.geometry import CONSTANTS, LensConstants
from solvers.clusters.mass_ratios import (
    RatioStatistics,
    amplitude_needed,
    enhancement_of,
    mass_ratio,
    ratio_statistics,
)
from solvers.errors import InvalidInput
from solvers.inference.parameters import Interval
from solvers.published.paper_13_clusters import Printed

SHARE = Interval(0.0, 1.0, open_low=True)
"""Legal shares of a mass."""

_WORDS = {
    "n": ("", "clusters"),
    "median": ("", "median of the mass over the lensing mass"),
    "mean": ("", "its mean"),
    "scatter": ("dex", "standard deviation of log10 of the ratio, n - 1"),
    "scatter_population": ("dex", "the same with n"),
    "mean_abs_log": ("dex", "mean of abs(log10 ratio)"),
    "within_factor_2": ("", "share of clusters with 0.5 < ratio < 2"),
    "spearman": ("", "rank correlation of the ratio with the redshift"),
    "spearman_p": ("", "its p-value"),
    "pearson": ("", "linear correlation of the ratio with the redshift"),
    "pearson_p": ("", "its p-value"),
    "n_with_error": ("", "clusters whose lensing mass has an error"),
    "mean_pull": ("", "mean of (mass - lensing mass)/error over these"),
}


def constants_of(name: str) -> LensConstants:
    """The constants of this name.

    Raises
    ------
    InvalidInput
        An unknown name.
    """
    if name not in CONSTANTS:
        raise InvalidInput(f"sim.constants={name!r}: must be one of {', '.join(CONSTANTS)}")
    return CONSTANTS[name]


def baryon_shares(gas: Any) -> list[tuple[float, float]]:
    """Pairs of f_baryon and concentration, as `sim.gas` has them.

    Raises
    ------
    InvalidInput
        No list of pairs, an empty one, or a share that is not > 0 and <= 1.
    """
    whole = isinstance(gas, Sequence) and not isinstance(gas, str) and len(gas) > 0
    if not whole or not all(isinstance(pair, Sequence) and len(pair) == 2 for pair in gas):
        raise InvalidInput(f"sim.gas={gas!r}: must be a list of pairs [f_baryon, concentration], at least one")
    checked = [checked_list(f"sim.gas[{i}]", pair, SHARE) for i, pair in enumerate(gas)]
    return [(float(f_baryon), float(concentration)) for f_baryon, concentration in checked]


def require_columns(data: xr.Dataset, needed: Sequence[str], suitable: str) -> None:
    """Raise unless a catalogue has these columns along `cluster`.

    Raises
    ------
    InvalidInput
        One is missing; the message names the catalogue that has all.
    """
    missing = [name for name in needed if name not in data or data[name].dims != ("cluster",)]
    if missing:
        raise InvalidInput(f"catalog: holds no masses of clusters ({', '.join(missing)} missing); try {suitable}")


def solar_masses(data: xr.Dataset, name: str) -> np.ndarray:
    """A column of masses [Msun], shape (n_clusters,)."""
    from astropy import units as u

    return data[name].values * u.Unit(data[name].attrs["units"]).to("solMass")


def answers_of(
    models: Mapping[str, ClusterModel], m_bar: np.ndarray, m_sl: np.ndarray, constants: LensConstants
) -> dict[str, xr.Dataset]:
    """Mass, Σ and ratio of every model along `cluster`; of laws also the amplitude that makes the ratio 1.

    Parameters
    ----------
    models : mapping of str to ClusterModel
        Numbers for all parameters.
    m_bar, m_sl : ndarray
        Mass of the baryons and lensing mass [Msun], shape (n_clusters,).
    constants : LensConstants
        Of the run.
    """
    answers = {}
    for name, model in models.items():
        boost = enhancement_of(model, m_bar, constants)
        columns = {
            "mass": variable("cluster", boost * m_bar, "solMass", "mass by the model inside 200 kpc"),
            "enhancement": variable("cluster", boost, "", "that over the mass of the baryons"),
            "ratio": variable("cluster", mass_ratio(model, m_bar, m_sl, constants), "", "that over the lensing mass"),
        }
        if isinstance(model, LawEnhancement):
            needed = amplitude_needed(model, m_bar, m_sl, constants)
            columns["amplitude_needed"] = variable("cluster", needed, "", "amplitude with which the ratio is 1")
        answers[name] = xr.Dataset(columns)
    return answers


def statistics_of(answers: Mapping[str, xr.Dataset], data: xr.Dataset) -> dict[str, RatioStatistics]:
    """Statistics of the ratios by model; errors of the lensing masses are used where the data have them."""
    errors = data["m_sl_err"].values if "m_sl_err" in data else None
    return {
        name: ratio_statistics(answer["ratio"].values, data["z"].values, data["m_sl"].values, errors)
        for name, answer in answers.items()
    }


def statistics_table(statistics: Mapping[str, RatioStatistics]) -> xr.Dataset:
    """Every statistic along `model`."""
    rows = [dataclasses.asdict(found) for found in statistics.values()]
    columns = {key: variable("model", [row[key] for row in rows], *text) for key, text in _WORDS.items()}
    return xr.Dataset({"model": variable("model", list(statistics), "", "model"), **columns})


def add_medians(answers: Mapping[str, xr.Dataset], statistics: Mapping[str, RatioStatistics]) -> dict[str, xr.Dataset]:
    """The answers with median and scatter of their ratio as scalars, which a sweep collects."""
    return {
        name: answer.assign(
            median_ratio=scalar(statistics[name].median, *_WORDS["median"]),
            scatter=scalar(statistics[name].scatter, *_WORDS["scatter"]),
        )
        for name, answer in answers.items()
    }


def ratio_matrix(answers: Mapping[str, xr.Dataset], data: xr.Dataset) -> xr.Dataset:
    """Ratios by cluster and model."""
    ratio = np.stack([answer["ratio"].values for answer in answers.values()], axis=-1)
    return xr.Dataset(
        {
            "cluster": variable("cluster", data["name"].values, "", "name of the cluster"),
            "model": variable("model", list(answers), "", "model"),
            "ratio": variable(("cluster", "model"), ratio, "", "mass by the model over the lensing mass"),
        }
    )


def published_table(printed: Iterable[Printed], statistics: Mapping[str, RatioStatistics]) -> xr.Dataset:
    """Every printed number beside that of each model of the run."""
    rows = list(printed)
    words = {
        "section": "where it is printed",
        "statistic": "what it is",
        "printed": "printed number",
        "stated": "amplitude and critical acceleration that stand beside it",
        "made_by": "those with which it comes out; empty: none",
    }
    columns = {key: variable("row", [getattr(row, key) for row in rows], "", text) for key, text in words.items()}
    models = {
        name: variable("row", [float(getattr(found, row.statistic)) for row in rows], "", f"that of {name}")
        for name, found in statistics.items()
    }
    return xr.Dataset({"row": variable("row", np.arange(len(rows)), "", "row"), **columns, **models})
