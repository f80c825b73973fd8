"""Rotation curves by fixed models: every model on every galaxy, for several mass-to-light ratios side by side."""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.galaxies.head_to_head import head_to_head_table
from sims.galaxies.rotation_notes import rotation_notes
from sims.galaxies.sample import curves_of
from sims.sources import source_of
from solvers.backend import Backend
from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves, to_numpy

METRICS = {
    "rms": ("km/s", "root mean square of V_obs - V"),
    "rar_scatter": ("", "standard deviation of log10(g_obs/g_pred) within the galaxy, dex"),
    "rar_bias": ("", "mean of log10(g_obs/g_pred), dex"),
}
"""Statistics of a galaxy: unit and words."""

_JUDGES = ("rms", "rar_scatter")


def rotation(
    catalog: Any,
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, Baryons],
    backend: Backend,
    kiloparsec: str = "astropy",
) -> xr.DataTree:
    """Predict every galaxy by every model; nothing is fitted.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to RotationModel
        Numbers for all parameters. The first is the one that the others are compared with, galaxy by galaxy.
    baryons : mapping of str to Baryons
        Mass-to-light ratios by name.
    backend : Backend
        `cupy` predicts on a GPU.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².

    Returns
    -------
    xarray.DataTree
        `/data` with points and galaxies, `/models/NAME` along (`baryons`, `point` or `galaxy`), NaN where the policy of
        the baryons leaves a point out; `/tables/rotation_BARYONS` and `/tables/head_to_head`; `notes`.

    Raises
    ------
    InvalidInput
        No models or baryons, or a free parameter.
    """
    for key, chosen in (("models", models), ("baryons", baryons)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    for name, model in models.items():
        loose = [*model.space.axes, *model.space.names]
        if loose:
            raise InvalidInput(f"models.{name}.params.{loose[0]}: give a number; +experiment=sparc_fits fits galaxies")
    data = catalog.load()
    samples = {name: curves_of(data, each, kiloparsec) for name, each in baryons.items()}
    xp = backend.arrays()
    answers = {name: _answer(data, samples, model, xp) for name, model in models.items()}
    tables = {f"rotation_{name}": _table(sample, answers, name) for name, sample in samples.items()}
    tables["head_to_head"] = head_to_head_table(answers, list(baryons), _JUDGES)
    tree = run_tree(data=_with_accelerations(data, samples), models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(rotation_notes(data, samples, tables, models)))
    return tree


def _answer(
    data: xr.Dataset, samples: Mapping[str, tuple[Curves, np.ndarray]], model: RotationModel, xp: ModuleType
) -> xr.Dataset:
    n_points, n_galaxies = data.sizes["point"], data.sizes["galaxy"]
    velocity = np.full((len(samples), n_points), np.nan)
    found = {name: np.full((len(samples), n_galaxies), np.nan) for name in METRICS}
    for i, (curves, kept) in enumerate(samples.values()):
        predicted = to_numpy(model.velocity(curves.on(xp)))
        velocity[i, kept] = predicted
        left = np.isin(data["name"].values, curves.names)
        for name in METRICS:
            found[name][i, left] = getattr(metrics, name)(curves, predicted)
    return xr.Dataset(
        {
            "baryons": variable("baryons", list(samples), "", "mass-to-light ratios"),
            "velocity": variable(("baryons", "point"), velocity, "km/s", "rotation of the model"),
            **{name: variable(("baryons", "galaxy"), values, *METRICS[name]) for name, values in found.items()},
        }
    )


def _table(sample: tuple[Curves, np.ndarray], answers: Mapping[str, xr.Dataset], baryons: str) -> xr.Dataset:
    """Every model for one choice of the baryons: sample means, and both scatters under their own names."""
    rows = [_row(*sample, answer.sel(baryons=baryons)) for answer in answers.values()]
    words = {
        "n": ("", "galaxies"),
        "mean_rms": ("km/s", "mean over galaxies of the RMS"),
        "median_rms": ("km/s", "its median"),
        "mean_rar_scatter": ("", "mean over galaxies of the scatter of log10 g within one, dex"),
        "median_rar_scatter": ("", "its median, dex"),
        "mean_rar_bias": ("", "mean over galaxies of log10(g_obs/g_pred), dex"),
        "velocity_scatter": ("", "scatter of log10 V over all points with the published cuts, dex; another statistic"),
        "velocity_bias": ("", "mean of log10(V_pred/V_obs) over these points, dex"),
    }
    columns = {key: variable("model", [row[key] for row in rows], *described) for key, described in words.items()}
    return xr.Dataset({"model": variable("model", list(answers), "", "model"), **columns})


def _row(curves: Curves, kept: np.ndarray, answer: xr.Dataset) -> dict[str, float]:
    rms, scatter = (metrics.summary(answer[name].values) for name in _JUDGES)
    pooled = metrics.velocity_scatter(curves, answer["velocity"].values[kept])
    return {
        "n": rms.n,
        "mean_rms": rms.mean,
        "median_rms": rms.median,
        "mean_rar_scatter": scatter.mean,
        "median_rar_scatter": scatter.median,
        "mean_rar_bias": metrics.summary(answer["rar_bias"].values).mean,
        "velocity_scatter": float(pooled.scatter),
        "velocity_bias": float(pooled.bias),
    }


def _with_accelerations(data: xr.Dataset, samples: Mapping[str, tuple[Curves, np.ndarray]]) -> xr.Dataset:
    g_bar = np.full((len(samples), data.sizes["point"]), np.nan)
    g_obs = np.full_like(g_bar, np.nan)
    for i, (curves, kept) in enumerate(samples.values()):
        g_bar[i, kept], g_obs[i, kept] = curves.g_bar, curves.g_obs
    return data.assign(
        baryons=variable("baryons", list(samples), "", "mass-to-light ratios"),
        g_bar=variable(("baryons", "point"), g_bar, "m/s2", "acceleration by the baryons"),
        g_obs=variable(("baryons", "point"), g_obs, "m/s2", "observed acceleration"),
    )
