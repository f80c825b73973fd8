"""Clusters whose gas and stars were counted: Σ, MOND and baryons alone against lensing masses, errors drawn."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from catalogs.cluster_profiles import TABLES
from outputs.tree import run_tree, variable
from sims.clusters.mass_ratio_tables import (
    add_medians,
    answers_of,
    constants_of,
    published_table,
    ratio_matrix,
    require_columns,
    solar_masses,
    statistics_of,
    statistics_table,
)
from sims.clusters.model_table import is_sigma, model_table, require_accelerations, require_models
from sims.clusters.profiles_notes import profiles_notes
from sims.sources import source_of
from solvers.clusters.enhancements import ClusterModel, LawEnhancement
from solvers.clusters.mass_ratios import amplitude_needed, draw_masses, mass_ratio
from solvers.errors import InvalidInput
from solvers.published.paper_13_clusters import PROFILES

_NEEDED = ("name", "z", "m_gas", "m_gas_err", "m_star", "m_star_err", "m_sl")
_LEVELS = {
    "low_95": 0.025,
    "low_68": 0.16,
    "middle": 0.5,
    "high_68": 0.84,
    "high_95": 0.975,
}
"""Quantiles of what is drawn."""


def profiles(
    catalog: Any,
    models: Mapping[str, ClusterModel],
    n_draws: int = 10000,
    constants: str = "published",
    seed: int = 0,
) -> xr.DataTree:
    """Compare Σ(g) (M_gas + M_star) with the lensing mass inside 200 kpc, and draw what the errors make of it.

    Parameters
    ----------
    catalog : object
        Masses of gas and stars with errors, and lensing masses: `catalogs.cluster_profiles.ClusterProfiles`.
    models : mapping of str to ClusterModel
        Numbers for all parameters; beside one of Σ also MOND and the baryons alone.
    n_draws : int
        Draws of all masses, >= 1; every model sees the same.
    constants : {"published", "codata"}
        G, solar mass and kiloparsec: as the source rounds them, or as they are.
    seed : int
        Of the draws.

    Returns
    -------
    xarray.DataTree
        `/data`; `/models/NAME` with mass, Σ, ratio, its interval and the needed amplitude along `cluster`;
        `/tables/models`, `statistics`, `intervals` of the median, `clusters`, `needed`, `amplitude`, and
        `published` where the clusters are the ten of SI §5A.2b; `notes`.

    Raises
    ------
    InvalidInput
        A free parameter, Σ without MOND or baryons, no draws, or data without these masses.
    """
    require_models(models)
    require_accelerations(models)
    constant = constants_of(constants)
    if n_draws < 1:
        raise InvalidInput(f"sim.n_draws={n_draws}: must be >= 1")
    data = catalog.load()
    require_columns(data, _NEEDED, "cluster_profiles")
    m_bar, m_sl = solar_masses(data, "m_gas") + solar_masses(data, "m_star"), solar_masses(data, "m_sl")
    answers = answers_of(models, m_bar, m_sl, constant)
    statistics = statistics_of(answers, data)
    drawn = _drawn(data, n_draws, np.random.default_rng([seed, *b"profiles"]))
    ratios = {name: mass_ratio(model, *drawn, constant) for name, model in models.items()}
    laws = {name: model for name, model in models.items() if isinstance(model, LawEnhancement) and is_sigma(model)}
    needed = {name: answers[name]["amplitude_needed"].values for name in laws}
    tables = {
        "models": model_table(models),
        "statistics": statistics_table(statistics),
        "intervals": _intervals(ratios),
        "clusters": ratio_matrix(answers, data),
        "needed": _needed(data, m_bar, m_sl, needed),
    }
    if is_printed_sample(data):
        tables["published"] = published_table(PROFILES, statistics)
    if laws:
        tables["amplitude"] = _amplitudes(needed, {n: amplitude_needed(m, *drawn, constant) for n, m in laws.items()})
    finished = {
        name: answer.assign(_interval_of_each(ratios[name]))
        for name, answer in add_medians(answers, statistics).items()
    }
    tree = run_tree(data=data, models=finished, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(profiles_notes(data, models, statistics, tables, constant, n_draws)))
    return tree


def is_printed_sample(data: xr.Dataset) -> bool:
    """Whether the clusters are the ten of SI §5A.2b, all of them and as printed."""
    file = TABLES["si5a2b"].file
    hashes = json.loads(data.attrs["sha256"])
    return hashes.get(file.name) == file.sha256 and data.attrs["n_rows"] == data.attrs["n_rows_file"]


def _drawn(data: xr.Dataset, n_draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Baryonic and lensing masses [Msun], shape (n_draws, n_clusters); what has no error stays."""
    exact = np.full(data.sizes["cluster"], np.nan)
    gas, stars, lens = (
        draw_masses(
            solar_masses(data, name),
            solar_masses(data, f"{name}_err") if f"{name}_err" in data else exact,
            n_draws,
            rng,
        )
        for name in ("m_gas", "m_star", "m_sl")
    )
    return gas + stars, lens


def _intervals(ratios: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Quantiles of the drawn medians along `model`, and the share of them that is above 1."""
    medians = np.stack([np.median(ratio, axis=-1) for ratio in ratios.values()])
    columns = {
        key: variable("model", np.quantile(medians, level, axis=-1), "", f"{100 * level:g} % quantile of the median")
        for key, level in _LEVELS.items()
    }
    columns["above_1"] = variable("model", (medians > 1.0).mean(axis=-1), "", "share of draws with a median above 1")
    return xr.Dataset({"model": variable("model", list(ratios), "", "model"), **columns})


def _interval_of_each(ratio: np.ndarray) -> dict[str, xr.Variable]:
    """Central 68 % of the drawn ratios of each cluster."""
    ends = {"ratio_low": "low_68", "ratio_high": "high_68"}
    return {
        name: variable(
            "cluster",
            np.quantile(ratio, _LEVELS[key], axis=0),
            "",
            f"{100 * _LEVELS[key]:g} % quantile of the ratio by the errors of the masses",
        )
        for name, key in ends.items()
    }


def _needed(data: xr.Dataset, m_bar: np.ndarray, m_sl: np.ndarray, amplitude: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Σ that each cluster needs, and the amplitude by the first Σ of the run."""
    columns = {
        "cluster": variable("cluster", data["name"].values, "", "name of the cluster"),
        "z": variable("cluster", data["z"].values, "", "redshift"),
        "m_bar": variable("cluster", m_bar, "solMass", "gas and stars inside 200 kpc"),
        "m_sl": variable("cluster", m_sl, "solMass", "lensing mass inside 200 kpc"),
        "enhancement": variable("cluster", m_sl / m_bar, "", "the latter over the former"),
    }
    if amplitude:
        name, values = next(iter(amplitude.items()))
        columns["amplitude"] = variable("cluster", values, "", f"with which the ratio of {name} is 1")
    return xr.Dataset(columns)


def _amplitudes(amplitude: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Median of the needed amplitudes along `model`, its interval by what is drawn, and their range."""
    medians = np.stack([np.median(each, axis=-1) for each in drawn.values()])
    needed = np.stack(list(amplitude.values()))
    columns = {
        "median": (np.median(needed, axis=-1), "median over the clusters of the amplitude with which the ratio is 1"),
        "low_68": (np.quantile(medians, _LEVELS["low_68"], axis=-1), "16 % quantile of the median"),
        "high_68": (np.quantile(medians, _LEVELS["high_68"], axis=-1), "84 % quantile of the median"),
        "smallest": (needed.min(axis=-1), "of all clusters"),
        "largest": (needed.max(axis=-1), "of all clusters"),
        "over_sqrt3": (np.median(needed, axis=-1) / np.sqrt(3.0), "median over that of disks"),
    }
    names = {"model": variable("model", list(amplitude), "", "model, of whose h and g_dagger it is")}
    return xr.Dataset(names | {key: variable("model", *values[:1], "", values[1]) for key, values in columns.items()})
