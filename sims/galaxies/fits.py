"""Rotation curves fitted galaxy by galaxy: the same few parameters of every model, each galaxy by itself."""

import json
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.galaxies.head_to_head import head_to_head_table
from sims.galaxies.rotation_notes import counting_notes
from sims.galaxies.sample import curves_of
from sims.sources import source_of
from solvers.backend import Backend
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import RotationModel
from solvers.galaxies.batched_fit import BatchedFit, GalaxyFits, Range
from solvers.galaxies.curves import Curves
from solvers.galaxies.head_to_head import CHI2_TIE, bootstrap_share, compare
from solvers.galaxies.metrics import rms, summary


def fits(
    catalog: Any,
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, Baryons],
    fit: BatchedFit,
    backend: Backend,
    kiloparsec: str = "astropy",
    n_resamples: int = 1000,
    seed: int = 0,
) -> xr.DataTree:
    """Fit the free parameters of every model to every galaxy.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to RotationModel
        Each with free parameters, looked for in the range of their prior; all priors are flat. The first is the one
        that the others are compared with.
    baryons : mapping of str to Baryons
        Mass-to-light ratios by name.
    fit : BatchedFit
        How the lowest χ² is found.
    backend : Backend
        `cupy` fits on a GPU.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².
    n_resamples : int
        Resamples of the galaxies for the error of the share that the first model wins.
    seed : int
        Of the resamples.

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/NAME` along (`baryons`, `galaxy`), NaN where the policy of the baryons leaves a galaxy out;
        `/tables/fits_BARYONS`, `head_to_head` and `bootstrap`; `notes`.

    Raises
    ------
    InvalidInput
        No models or baryons, or a model without free parameters.
    """
    for key, chosen in (("models", models), ("baryons", baryons)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    if n_resamples < 1:
        raise InvalidInput(f"sim.n_resamples={n_resamples}: must be >= 1")
    boxes = {name: _box(name, model) for name, model in models.items()}
    data = catalog.load()
    samples = {name: curves_of(data, each, kiloparsec) for name, each in baryons.items()}
    xp = backend.arrays()
    answers = {name: _answer(data, samples, model, fit, boxes[name], xp) for name, model in models.items()}
    tables = {f"fits_{name}": _table(answers, name) for name in samples}
    tables["head_to_head"] = head_to_head_table(answers, list(samples), ("galaxy_chi2",), CHI2_TIE)
    tables["bootstrap"] = _bootstrap(answers, list(samples), n_resamples, seed)
    tree = run_tree(data=data, models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps([*counting_notes(data, samples), *_notes(answers, tables)])
    return tree


def _box(name: str, model: RotationModel) -> dict[str, Range]:
    if model.space.axes or not model.space.free:
        raise InvalidInput(f"models.{name}: needs free parameters, such as rotation_sigma_fit; scans are not fitted")
    for p in model.space.free:
        if p.dist == "norm":
            raise InvalidInput(
                f"models.{name}.params.{p.name}.prior.dist=norm: galaxies are fitted inside min and max alone"
            )
    return {p.name: Range(low=p.low, high=p.high, log=p.is_logarithmic) for p in model.space.free}


def _answer(
    data: xr.Dataset,
    samples: Mapping[str, tuple[Curves, np.ndarray]],
    model: RotationModel,
    fit: BatchedFit,
    box: Mapping[str, Range],
    xp: ModuleType,
) -> xr.Dataset:
    n_points, n_galaxies, names = data.sizes["point"], data.sizes["galaxy"], data["name"].values
    velocity = np.full((len(samples), n_points), np.nan)
    best = np.full((len(samples), len(box), n_galaxies), np.nan)
    at_bound = np.zeros(best.shape, dtype=bool)
    single = {key: np.full((len(samples), n_galaxies), np.nan) for key in ("galaxy_chi2", "chi2_red", "rms")}
    converged = np.ones((len(samples), n_galaxies), dtype=bool)
    for i, (curves, kept) in enumerate(samples.values()):
        found, left = fit.fit(model, curves.on(xp), box).on_cpu(), np.isin(names, curves.names)
        theta = dict(zip(found.names, found.values, strict=True))
        velocity[i, kept] = model.velocity(curves, **theta)
        best[i, :, left], at_bound[i, :, left] = found.values.T, found.at_bound.T
        single["galaxy_chi2"][i, left], single["chi2_red"][i, left] = found.chi2, _reduced(curves, found)
        single["rms"][i, left], converged[i, left] = rms(curves, velocity[i, kept]), found.converged
    words = {
        "galaxy_chi2": ("", "lowest chi2 of the galaxy"),
        "chi2_red": ("", "chi2 over points minus parameters; NaN where that is not positive"),
        "rms": ("km/s", "root mean square of V_obs - V at the lowest chi2"),
    }
    units = [model.units.get(name, "") for name in box]
    return xr.Dataset(
        {
            "baryons": variable("baryons", list(samples), "", "mass-to-light ratios"),
            "param": variable("param", list(box), "", "fitted parameter"),
            "param_unit": variable("param", units, "", "its unit"),
            "velocity": variable(("baryons", "point"), velocity, "km/s", "rotation of the fitted model"),
            "galaxy_best_fit": variable(
                ("baryons", "param", "galaxy"), best, "", "best fit (in the unit of each parameter)"
            ),
            "galaxy_at_bound": variable(
                ("baryons", "param", "galaxy"), at_bound, "", "the best fit is an end of the range"
            ),
            "fit_converged": variable(("baryons", "galaxy"), converged, "", "no step lowers chi2"),
            **{key: variable(("baryons", "galaxy"), values, *words[key]) for key, values in single.items()},
        }
    )


def _reduced(curves: Curves, found: GalaxyFits) -> np.ndarray:
    dof = curves.n_points - len(found.names)
    return np.where(dof > 0, found.chi2 / np.where(dof > 0, dof, 1), np.nan)


def _table(answers: Mapping[str, xr.Dataset], baryons: str) -> xr.Dataset:
    """Every model for one choice of the baryons."""
    rows = []
    for answer in (each.sel(baryons=baryons) for each in answers.values()):
        reduced, spread = summary(answer["chi2_red"].values), summary(answer["rms"].values)
        bounds = answer["galaxy_at_bound"].values
        rows.append((spread.n, reduced.mean, reduced.median, spread.mean, spread.median, int(bounds.any(axis=0).sum())))
    words = (
        ("n", "", "galaxies"),
        ("mean_chi2_red", "", "mean of the reduced chi2"),
        ("median_chi2_red", "", "its median"),
        ("mean_rms", "km/s", "mean over galaxies of the RMS"),
        ("median_rms", "km/s", "its median"),
        ("at_bound", "", "galaxies with a parameter at an end of its range"),
    )
    columns = zip(*rows, strict=True)
    return xr.Dataset(
        {
            "model": variable("model", list(answers), "", "model"),
            **{
                key: variable("model", list(c), unit, text) for (key, unit, text), c in zip(words, columns, strict=True)
            },
        }
    )


def _bootstrap(answers: Mapping[str, xr.Dataset], baryons: list[str], n_resamples: int, seed: int) -> xr.Dataset:
    """Share of the galaxies that the first model wins by χ², with what resampling the galaxies says of it."""
    first, *others = answers
    rows = []
    for name in baryons:
        for other in others:
            a, b = (answers[key]["galaxy_chi2"].sel(baryons=name).values for key in (first, other))
            share = bootstrap_share(
                compare(first, a, other, b, relative_tie=CHI2_TIE),
                np.random.default_rng([seed, *name.encode(), *other.encode()]),
                n_resamples=n_resamples,
            )
            rows.append((name, first, other, share.mean, share.sd, share.low, share.high))
    words = (
        ("baryons", "mass-to-light ratios"),
        ("model_a", "the side whose share it is"),
        ("model_b", "the other side"),
        ("share", "mean share of galaxies over resamples, ties not won"),
        ("share_sd", "its standard deviation"),
        ("share_low", "2.5 % percentile"),
        ("share_high", "97.5 % percentile"),
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(words)
    return xr.Dataset(
        {
            "pair": variable("pair", np.arange(len(rows)), "", "comparison"),
            **{key: variable("pair", list(c), "", text) for (key, text), c in zip(words, columns, strict=True)},
        }
    )


def _notes(answers: Mapping[str, xr.Dataset], tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    for name, answer in answers.items():
        for baryons in answer["baryons"].values:
            each = answer.sel(baryons=baryons)
            ends = {str(p): int(each["galaxy_at_bound"].sel(param=p).sum()) for p in each["param"].values}
            text = ", ".join(f"{parameter} in {n}" for parameter, n in ends.items() if n)
            if text:
                yield f"{name}, {baryons}: at a bound of its range are {text} galaxies; compare chi2, not these values."
            stuck = int((~each["fit_converged"]).sum())
            if stuck:
                yield f"{name}, {baryons}: {stuck} fits stopped at fit.max_steps, their chi2 may be lower."
    pairs = tables["head_to_head"]
    for i in range(pairs.sizes["pair"]):
        row = {key: pairs[key].values[i] for key in pairs.data_vars}
        yield (
            f"{row['baryons']}: lower chi2 (ties within {CHI2_TIE:.0%}): {row['model_a']} {row['wins_a']}-"
            f"{row['wins_b']} {row['model_b']}, {row['ties']} ties."
        )
