"""Scatter of models about a curve, as published, and about the data; and which galaxies a kernel improves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.galaxies.legacy_notes import legacy_notes
from sims.galaxies.legacy_printed import printed_improvement, printed_scatter
from sims.galaxies.sample import curves_of
from sims.galaxies.subset import of_galaxies, require_columns
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import Newtonian, RotationModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.flat_velocity import mean_flat_velocity
from solvers.galaxies.legacy_path_kernel import LEGACY_KPC_M
from solvers.galaxies.metrics import rms
from solvers.galaxies.rar_curve import CurveScatters, curve_scatters, legacy_points
from solvers.galaxies.splits import holdout_by_type
from solvers.published import paper_12

Row = dict[str, Any]


def legacy_scatter(
    catalog: Any,
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, Baryons],
    lost: Sequence[int] = (9, 0),
    inclinations: Sequence[float] = (30.0, 70.0),
    radius: float = 0.5,
    min_points: int = 5,
    v_flat: float = paper_12.MASSIVE_V_FLAT,
    kpc: float = LEGACY_KPC_M,
) -> xr.DataTree:
    """Three scatters of every model, those of its 80/20 split, and the share of galaxies that it improves.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`, with all of Table 1.
    models : mapping of str to RotationModel
        Numbers for all parameters.
    baryons : mapping of str to Baryons
        Mass-to-light ratios by name.
    lost : sequence of int
        How many galaxies are missing from the top of Table 1; a sample for each.
    inclinations : sequence of float
        First and last that are taken [deg].
    radius : float
        R above it is taken [kpc].
    min_points : int
        Points of a galaxy that may improve, >= 1.
    v_flat : float
        Mean of the last three V_obs from which a galaxy counts as a massive spiral [km/s].
    kpc : float
        A kiloparsec [m].

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/NAME` along (`baryons`, `point`), `/tables/scatters`, `holdout` and `improved`; `notes`.

    Raises
    ------
    InvalidInput
        No models or baryons, a free parameter, or a number out of its range.
    """
    _check(models, baryons, lost, inclinations, kpc)
    data = catalog.load()
    require_columns(data, ("hubble_type", "table_row", "inclination"))
    samples = {name: _curves(data, each, kpc) for name, each in baryons.items()}
    band = (float(inclinations[0]), float(inclinations[1]))
    scatters: list[Row] = []
    holdout: list[Row] = []
    for choice, each in baryons.items():
        for n in lost:
            there = data["table_row"].values >= n
            if not there.any():
                raise InvalidInput(f"sim.lost={n}: no galaxy is left")
            own = of_galaxies(data, there)
            curves, _ = _curves(own, each, kpc)
            rows = own.isel(galaxy=np.isin(own["name"].values, curves.names))
            points = legacy_points(curves, rows["inclination"].values, inclinations=band, radius=radius)
            if not points.any():
                raise InvalidInput(f"sim.lost={n}: no point is left in these inclinations and radii")
            head = {"baryons": choice, "lost": n}
            scatters += _scatters(models, curves, points, head)
            holdout += _holdout(models, curves, points, rows, head)
    improved = [
        {"baryons": choice} | row
        for choice, (curves, _) in samples.items()
        for row in _improved(models, curves, min_points, v_flat)
    ]
    tables = {"scatters": _table(scatters), "holdout": _table(holdout), "improved": _table(improved)}
    tree = run_tree(data=data, models={key: _answer(data, samples, m) for key, m in models.items()}, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(legacy_notes(models, tables, min_points, v_flat)))
    return tree


def _check(
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, Baryons],
    lost: Sequence[int],
    inclinations: Sequence[float],
    kpc: float,
) -> None:
    for key, chosen in (("models", models), ("baryons", baryons), ("sim.lost", lost)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    for name, model in models.items():
        loose = [*model.space.axes, *model.space.names]
        if loose:
            raise InvalidInput(f"models.{name}.params.{loose[0]}: give a number; nothing is fitted here")
    for n in lost:
        if not isinstance(n, int) or n < 0:
            raise InvalidInput(f"sim.lost={n}: must be whole numbers >= 0")
    if len(inclinations) != 2 or not inclinations[0] <= inclinations[1]:
        raise InvalidInput(f"sim.inclinations={list(inclinations)}: must be two numbers, the lower one first, deg")
    if not 1e19 < kpc < 1e20:
        raise InvalidInput(f"sim.kpc={kpc}: must be a kiloparsec in m, about 3.0857e19")


def _curves(data: xr.Dataset, baryons: Baryons, kpc: float) -> tuple[Curves, np.ndarray]:
    curves, kept = curves_of(data, baryons)
    return replace(curves, kpc=kpc), kept


def _answer(data: xr.Dataset, samples: Mapping[str, tuple[Curves, np.ndarray]], model: RotationModel) -> xr.Dataset:
    velocity = np.full((len(samples), data.sizes["point"]), np.nan)
    for i, (curves, kept) in enumerate(samples.values()):
        velocity[i, kept] = model.velocity(curves)
    return xr.Dataset(
        {
            "baryons": variable("baryons", list(samples), "", "mass-to-light ratios"),
            "velocity": variable(("baryons", "point"), velocity, "km/s", "rotation of the model"),
        }
    )


def _scatters(models: Mapping[str, RotationModel], curves: Curves, points: np.ndarray, head: Row) -> Iterator[Row]:
    n_galaxies = np.unique(curves.galaxy[points]).size
    for name, model in models.items():
        velocity = model.velocity(curves)
        stuck, best = curve_scatters(curves, velocity, points), _best(curves, velocity, points)
        yield head | {
            "model": name,
            "n_galaxies": n_galaxies,
            "n_points": stuck.n_points,
            "printed": printed_scatter(model),
            "model_about_curve": stuck.model_about_curve,
            "data_about_curve": stuck.data_about_curve,
            "model_about_data": stuck.model_about_data,
            "model_about_data_bias": stuck.model_about_data_bias,
            "model_about_best_curve": best.model_about_curve if best else np.nan,
            "data_about_best_curve": best.data_about_curve if best else np.nan,
        }


def _best(curves: Curves, velocity: np.ndarray, points: np.ndarray) -> CurveScatters | None:
    """The same with the best scales; None for a model that no scale of the range fits best."""
    try:
        return curve_scatters(curves, velocity, points, g_scale=None)
    except InvalidInput:
        return None


def _holdout(
    models: Mapping[str, RotationModel], curves: Curves, points: np.ndarray, rows: xr.Dataset, head: Row
) -> Iterator[Row]:
    """Training and test of SI §5.4; nothing is fitted to either."""
    split = holdout_by_type(rows["hubble_type"].values, rows["table_row"].values)
    for name, model in models.items():
        velocity = model.velocity(curves)
        for part, galaxies in split.parts.items():
            own = points & np.isin(curves.galaxy, galaxies)
            if not own.any():
                continue
            found = curve_scatters(curves, velocity, own)
            yield head | {
                "model": name,
                "part": part,
                "n_part": galaxies.size,
                "model_about_curve": found.model_about_curve,
                "model_about_data": found.model_about_data,
            }


def _improved(models: Mapping[str, RotationModel], curves: Curves, min_points: int, v_flat: float) -> Iterator[Row]:
    """Shares of galaxies with a smaller RMS than that of the baryons."""
    long_enough = curves.n_points >= min_points
    massive = long_enough & (mean_flat_velocity(curves) >= v_flat)
    alone = rms(curves, Newtonian().velocity(curves))
    for name, model in models.items():
        better = rms(curves, model.velocity(curves)) < alone
        yield {
            "model": name,
            "n_galaxies": int(long_enough.sum()),
            "improved": _share(better, long_enough),
            "printed": printed_improvement(model),
            "n_massive": int(massive.sum()),
            "massive_improved": _share(better, massive),
        }


def _share(better: np.ndarray, taken: np.ndarray) -> float:
    return float(better[taken].mean()) if taken.any() else np.nan


_WORDS = {
    "baryons": "mass-to-light ratios",
    "lost": "galaxies missing from the top of Table 1",
    "model": "model",
    "part": "part of the 80/20 split",
    "n_galaxies": "galaxies",
    "n_part": "galaxies of the part, before the cuts in inclination and radius",
    "n_points": "points",
    "n_massive": "massive spirals among them",
    "printed": "as printed for this model",
    "model_about_curve": "scatter of the model about a curve whose scale is stuck, dex in g; no data are in it",
    "data_about_curve": "scatter of the data about the same curve, dex in g",
    "model_about_data": "scatter of the model about the data, dex in g",
    "model_about_data_bias": "mean of log10(g_model/g_obs), dex",
    "model_about_best_curve": "scatter of the model about the curve that fits it best, dex; NaN: none does",
    "data_about_best_curve": "scatter of the data about the curve that fits them best, dex",
    "improved": "share of galaxies with a smaller RMS than by their baryons",
    "massive_improved": "the same share of the massive spirals",
}


def _table(rows: Sequence[Row]) -> xr.Dataset:
    columns = {key: variable("row", [row[key] for row in rows], "", _WORDS[key]) for key in rows[0]}
    return xr.Dataset({"row": variable("row", np.arange(len(rows)), "", "row"), **columns})
