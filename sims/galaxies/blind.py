"""A kernel fitted to training galaxies, its specification locked, and only then judged by the others."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.lock_file import lock
from outputs.tree import run_tree, variable
from sims.galaxies.blind_notes import blind_notes
from sims.galaxies.blind_specification import specification_of
from sims.galaxies.sample import KILOPARSECS, curves_of
from sims.galaxies.subset import of_galaxies, require_columns, with_baryons
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.blind_fit import fit_amplitude, random_changes, scatters
from solvers.galaxies.curves import Curves
from solvers.galaxies.splits import SOURCE_SEED, Split, holdout_by_type, morphology_class, plain_split, stratified_split
from solvers.published import paper_17

SPLITS = ("stratified", "plain", "by_type")
"""70/15/15 by morphology class, 70/15/15 of all galaxies, 80/20 by Hubble type."""

PARTS = ("training", "validation", "test")
_QUANTILES = {"change_2_5": 0.025, "change_16": 0.16, "change_50": 0.5, "change_84": 0.84, "change_97_5": 0.975}
_DIGITS = 8
"""Of a fitted amplitude: so many are locked and used, which every machine finds alike."""

Samples = Mapping[str, tuple[Curves, np.ndarray]]


def blind(
    catalog: Any,
    models: Mapping[str, EnhancementModel],
    baryons: Mapping[str, Baryons],
    split: str = "stratified",
    split_seed: int = SOURCE_SEED,
    n_splits: int = 1000,
    kiloparsec: str = "astropy",
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Fit on training galaxies, lock the specification, then look at the others.

    The order is kept by what each step is given. `_locked_amplitudes` fits to a dataset that holds the training
    galaxies and nothing else; which galaxies these are depends on names, Hubble types and the policy of the baryons,
    not on rotation. `lock` then hashes the models with what was fitted, the split and the hashes of the data, and
    writes them into `checkpoint`. Only what comes after it reads the rotation of the other galaxies, with the
    amplitudes as locked, to eight digits.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to EnhancementModel
        Each with numbers for all parameters, or with one free amplitude to which K is proportional.
    baryons : mapping of str to Baryons
        Mass-to-light ratios by name; each has its own sample and amplitudes.
    split : {"stratified", "plain", "by_type"}
        Which galaxies train.
    split_seed : int
        Of NumPy's legacy generator; 42 for the splits of the specification.
    n_splits : int
        Random splits for the spread of the change from training to test.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².
    seed : int
        Of the random splits.
    checkpoint : Path, optional
        Folder for the lock file; None: the specification and its hash are in the tree alone.

    Returns
    -------
    xarray.DataTree
        `/data` with the part of every galaxy, `/models/NAME`, `/tables/blind_BARYONS` and `/tables/parts_BARYONS`;
        attributes `specification` and `specification_sha256`; `notes`.

    Raises
    ------
    InvalidInput
        No models or baryons, an unknown split, more than an amplitude free, or an amplitude outside its prior.
    """
    _check(models, baryons, split, split_seed, n_splits, kiloparsec)
    data = catalog.load()
    require_columns(data, ("hubble_type", "table_row"))
    splits = {name: _split(data, with_baryons(data, each), split, split_seed) for name, each in baryons.items()}
    amplitudes = {
        name: _locked_amplitudes(of_galaxies(data, parts == "training"), models, baryons[name], kiloparsec)
        for name, (parts, _) in splits.items()
    }
    kpc = KILOPARSECS[kiloparsec]
    parts_of = {name: parts for name, (parts, _) in splits.items()}
    rule = {"rule": split, "seed": split_seed}
    made = lock(specification_of(data, models, baryons, amplitudes, parts_of, rule, kpc), checkpoint)

    samples = {name: curves_of(data, each, kiloparsec) for name, each in baryons.items()}
    answers = {name: _answer(data, samples, model, amplitudes, name) for name, model in models.items()}
    tables: dict[str, xr.Dataset] = {}
    for name, (curves, _) in samples.items():
        rows = splits[name][1]
        draws = [seed, *name.encode()]
        tables[f"blind_{name}"] = _table(models, amplitudes[name], curves, rows, draws, n_splits)
        tables[f"parts_{name}"] = _parts(curves, rows)
    tree = run_tree(data=_with_parts(data, parts_of), models=answers, tables=tables)
    tree.attrs["specification"], tree.attrs["specification_sha256"] = made.text, made.sha256
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(blind_notes(data, samples, models, tables, split, made.sha256)))
    return tree


def _check(
    models: Mapping[str, EnhancementModel],
    baryons: Mapping[str, Baryons],
    split: str,
    split_seed: int,
    n_splits: int,
    kiloparsec: str,
) -> None:
    for key, chosen in (("models", models), ("baryons", baryons)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    if split not in SPLITS:
        raise InvalidInput(f"sim.split={split!r}: must be one of {', '.join(SPLITS)}")
    if not 0 <= split_seed < 2**32:
        raise InvalidInput(f"sim.split_seed={split_seed}: must be from 0 to 4294967295")
    if n_splits < 1:
        raise InvalidInput(f"sim.n_splits={n_splits}: must be >= 1")
    if kiloparsec not in KILOPARSECS:
        raise InvalidInput(f"sim.kiloparsec={kiloparsec!r}: must be one of {', '.join(KILOPARSECS)}")
    for name, model in models.items():
        loose = [*model.space.axes, *model.space.names]
        if model.space.axes or len(loose) > 1:
            words = "the amplitude alone may be free, others are numbers"
            raise InvalidInput(f"models.{name}.params.{loose[-1]}: {words}")


def _split(data: xr.Dataset, taken: np.ndarray, rule: str, seed: int) -> tuple[np.ndarray, Split]:
    """The part of every galaxy of the catalogue ("" where none), and rows into those that are taken."""
    left = np.flatnonzero(taken)
    if not left.size:
        raise InvalidInput("baryons: no galaxy is left")
    names, types = data["name"].values[left].tolist(), data["hubble_type"].values[left]
    # The legacy generator, because the split of the specification is made by it.
    if rule == "stratified":
        split = stratified_split(names, morphology_class(types), np.random.RandomState(seed))
    elif rule == "plain":
        split = plain_split(names, np.random.RandomState(seed))
    else:
        split = holdout_by_type(types, data["table_row"].values[left], seed=seed)
    if not (split.training.size and split.test.size):
        raise InvalidInput(f"sim.split={rule}: {left.size} galaxies are too few for a training and a test")
    parts = np.full(taken.size, "", dtype="<U10")
    for part, rows in split.parts.items():
        parts[left[rows]] = part
    return parts, split


def _locked_amplitudes(
    training: xr.Dataset, models: Mapping[str, EnhancementModel], baryons: Baryons, kiloparsec: str
) -> dict[str, dict[str, float]]:
    """What every model has fitted to the training galaxies, by parameter."""
    curves, _ = curves_of(training, baryons, kiloparsec)
    fitted: dict[str, dict[str, float]] = {}
    for name, model in models.items():
        fitted[name] = {}
        for free in model.space.free:
            found = fit_amplitude(model, curves, np.arange(curves.n_galaxies), name=free.name)
            if not free.low <= found <= free.high:
                raise InvalidInput(f"models.{name}.params.{free.name}: the best is {found:.4g}, outside its prior")
            fitted[name][free.name] = float(f"{found:.{_DIGITS}g}")
    return fitted


def _answer(
    data: xr.Dataset,
    samples: Samples,
    model: EnhancementModel,
    amplitudes: Mapping[str, Mapping[str, Mapping[str, float]]],
    name: str,
) -> xr.Dataset:
    velocity = np.full((len(samples), data.sizes["point"]), np.nan)
    for i, (choice, (curves, kept)) in enumerate(samples.items()):
        velocity[i, kept] = model.velocity(curves, **amplitudes[choice][name])
    return xr.Dataset(
        {
            "baryons": variable("baryons", list(samples), "", "mass-to-light ratios"),
            "velocity": variable(("baryons", "point"), velocity, "km/s", "rotation of the model as locked"),
        }
    )


def _table(
    models: Mapping[str, EnhancementModel],
    amplitudes: Mapping[str, Mapping[str, float]],
    curves: Curves,
    split: Split,
    draws: list[int],
    n_splits: int,
) -> xr.Dataset:
    """Every model: amplitude, scatter of each part, and the change beside those of random splits."""
    rows = []
    for name, model in models.items():
        fitted = amplitudes[name]
        found = scatters(model, curves, split, cut=None, **fitted)
        row = {"amplitude": next(iter(fitted.values()), np.nan)}
        row |= {f"scatter_{part}": float(found[part].scatter) if part in found else np.nan for part in PARTS}
        row |= {"bias_test": float(found["test"].bias)}
        row["change"] = row["scatter_test"] / row["scatter_training"] - 1.0
        # The same random splits for every model; what is free is fitted anew in each.
        rng, sizes = np.random.default_rng(draws), (split.training.size, split.test.size)
        changes = random_changes(model, curves, *sizes, rng, n_splits=n_splits, fitted=next(iter(fitted), None))
        row |= {key: float(np.quantile(changes, q)) for key, q in _QUANTILES.items()}
        row["share_below"] = float(np.mean(changes < row["change"]))
        rows.append(row)
    words = {"amplitude": "amplitude of the training galaxies as locked; NaN: nothing is fitted"}
    words |= {f"scatter_{part}": f"scatter of log10 V over the points of the {part}, dex" for part in PARTS}
    words |= {"bias_test": "mean of log10(V_pred/V_obs) of the test, dex"}
    words |= {"change": "scatter of the test over that of the training, minus 1"}
    words |= {key: f"{100 * q:g} % quantile of the change over random splits" for key, q in _QUANTILES.items()}
    words |= {"share_below": "share of random splits with a smaller change"}
    columns = {key: variable("model", [row[key] for row in rows], "", words[key]) for key in rows[0]}
    return xr.Dataset({"model": variable("model", list(models), "", "model"), **columns})


def _parts(curves: Curves, split: Split) -> xr.Dataset:
    """Galaxies of each part, and what is printed of the parts of a split into three."""
    rows = []
    printed = paper_17.PARTS if split.validation.size else {}
    for part, galaxies in split.parts.items():
        points = int(np.sum(curves.n_points[galaxies]))
        rows.append((galaxies.size, points, *printed.get(part, (np.nan, np.nan))))
    words = (
        ("n_galaxies", "galaxies"),
        ("n_points", "their points, before the cuts of the scatter"),
        ("printed_galaxies", "galaxies in SI 17.6"),
        ("printed_scatter", "scatter in SI 17.6, dex in V"),
    )
    columns = zip(*rows, strict=True)
    return xr.Dataset(
        {
            "part": variable("part", list(split.parts), "", "part of the split"),
            **{key: variable("part", list(c), "", text) for (key, text), c in zip(words, columns, strict=True)},
        }
    )


def _with_parts(data: xr.Dataset, parts: Mapping[str, np.ndarray]) -> xr.Dataset:
    words = "part of the split; empty where the baryons leave the galaxy out"
    return data.assign(
        baryons=variable("baryons", list(parts), "", "mass-to-light ratios"),
        part=variable(("baryons", "galaxy"), np.array(list(parts.values())), "", words),
    )
