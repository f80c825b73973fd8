"""The Milky Way's rotation curve by fixed models: for several baryons, against two lines and a measured table."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.case_table import case_table
from sims.checks import checked_list
from sims.galaxies.milky_way_galaxy import Galaxy
from sims.galaxies.milky_way_notes import milky_way_notes
from sims.galaxies.milky_way_printed import printed_row, printed_table
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.base import RotationModel
from solvers.galaxies.milky_way import R_DISK, MilkyWayBaryons, ObservedLine
from solvers.inference.parameters import POSITIVE
from solvers.published.paper_11 import RADII, RMS_RADII, SOLAR_RADIUS


def milky_way(
    catalog: Any,
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, MilkyWayBaryons],
    lines: Mapping[str, ObservedLine],
    radius_range: Mapping[str, Any],
    radius: Sequence[float] | None = None,
    rms_radius: Sequence[float] = RMS_RADII,
    r_disk: float = R_DISK,
    kiloparsec: str = "astropy",
) -> xr.DataTree:
    """Predict the Milky Way by every model; nothing is fitted.

    Parameters
    ----------
    catalog : object
        Circular velocities with errors: `catalogs.milky_way.MilkyWay` with its table eilers2019.
    models : mapping of str to RotationModel
        Numbers for all parameters.
    baryons : mapping of str to MilkyWayBaryons
        By name; all models on all of them.
    lines : mapping of str to ObservedLine
        Curves that stand for observations, without errors.
    radius_range : mapping
        `min`, `max`, `num` and `log` of the radii of the curves [kpc], > 0, if `radius` is None.
    radius : sequence of float, optional
        Radii of the curves [kpc], > 0.
    rms_radius : sequence of float
        Where models and lines are compared [kpc], > 0.
    r_disk : float
        Scale length that enters the window [kpc].
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².

    Returns
    -------
    xarray.DataTree
        `/data`; `/models/NAME` with the velocity along (`baryons`, `radius`) and at the data; `/tables/rms` against the
        lines, `measured` against the data, `printed` beside SI §11.4, `components` and `lines`; `notes`.

    Raises
    ------
    InvalidInput
        No models, baryons or lines, a free parameter, a number out of its range, or data without circular velocities.
    """
    for key, chosen in (("models", models), ("baryons", baryons), ("lines", lines)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    galaxy = Galaxy(baryons, models, r_disk, kiloparsec)
    at = _radii("radius_range", radius_range) if radius is None else _radii("radius", radius)
    compared = _radii("rms_radius", rms_radius)
    data = catalog.load()
    if "v_c" not in data:
        raise InvalidInput(
            "catalog: holds no measured circular velocities; try milky_way with catalog.table=eilers2019"
        )
    answers = {name: _answer(galaxy, model, at, data) for name, model in models.items()}
    tables = {
        "rms": _rms(galaxy, lines, compared),
        "measured": _measured(galaxy, answers, data),
        "printed": printed_table(models, {name: galaxy.curves(name, np.array(RADII)) for name in baryons}),
        "components": _components(baryons),
        "lines": _lines(lines, at),
    }
    tree = run_tree(data=data, models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(milky_way_notes(data, models, baryons, lines, answers, tables)))
    return tree


def _radii(key: str, values: Any) -> np.ndarray:
    radii = checked_list(f"sim.{key}", values, POSITIVE)
    if not (np.diff(radii) > 0).all():
        raise InvalidInput(f"sim.{key}: must increase from each radius to the next")
    return radii


def _answer(galaxy: Galaxy, model: RotationModel, radius: np.ndarray, data: xr.Dataset) -> xr.Dataset:
    at_data = galaxy.velocity(model, data["radius"].values)
    return xr.Dataset(
        {
            "baryons": galaxy.axis(),
            "radius": variable("radius", radius, "kpc", "galactocentric radius"),
            "velocity": variable(("baryons", "radius"), galaxy.velocity(model, radius), "km/s", "rotation"),
            "velocity_at_data": variable(("baryons", "row"), at_data, "km/s", "rotation at the radii of the data"),
        }
    )


def _rms(galaxy: Galaxy, lines: Mapping[str, ObservedLine], radius: np.ndarray) -> xr.Dataset:
    """Every model on all baryons against every line, and what is printed for it."""
    rows = []
    for name in galaxy.baryons:
        for label, line in lines.items():
            curves = galaxy.curves(name, radius, line)
            sun = galaxy.curves(name, np.array([SOLAR_RADIUS]), line)
            for key, model in galaxy.models.items():
                rms = metrics.rms(curves, model.velocity(curves))[0]
                difference = (model.velocity(sun) - sun.v_obs)[0]
                rows.append((name, label, key, rms, difference, *printed_row(model, galaxy.baryons[name], label)))
    words = (
        ("baryons", "", "components of the Milky Way"),
        ("line", "", "in place of observations, without errors"),
        ("model", "", "model"),
        ("rms", "km/s", f"unweighted, over {radius.size} radii from {radius[0]:g} to {radius[-1]:g} kpc"),
        ("difference", "km/s", f"model minus line at {SOLAR_RADIUS:g} kpc"),
        ("printed_rms", "km/s", "as SI 11.4 or 11.7 prints it; NaN where it does not"),
        ("printed_difference", "km/s", "as SI 11.5 prints it; NaN where it does not"),
    )
    return case_table(rows, words)


def _measured(galaxy: Galaxy, answers: Mapping[str, xr.Dataset], data: xr.Dataset) -> xr.Dataset:
    """χ² and RMS of every model on all baryons against the measured velocities."""
    rows = []
    for i, name in enumerate(galaxy.baryons):
        curves = galaxy.curves(name, *(data[key].values for key in ("radius", "v_c", "v_c_err")))
        for key, answer in answers.items():
            velocity = answer["velocity_at_data"].values[i]
            chi2 = metrics.chi2(curves, velocity, floor=0.0)[0]
            rows.append((name, key, velocity.size, metrics.rms(curves, velocity)[0], chi2, chi2 / velocity.size))
    words = (
        ("baryons", "", "components of the Milky Way"),
        ("model", "", "model"),
        ("n", "", "radii"),
        ("rms", "km/s", "unweighted"),
        ("curve_chi2", "", "with the mean of the lower and upper statistical error; nothing is fitted"),
        ("chi2_per_point", "", "the same over the number of radii"),
    )
    return case_table(rows, words)


def _components(baryons: Mapping[str, MilkyWayBaryons]) -> xr.Dataset:
    rows = [
        (name, key, type(part).__name__, part.mass, part.a, getattr(part, "b", np.nan))
        for name, each in baryons.items()
        for key, part in each.components.items()
    ]
    words = (
        ("baryons", "", "components of the Milky Way"),
        ("component", "", "component"),
        ("profile", "", "its form"),
        ("mass", "solMass", "mass"),
        ("a", "kpc", "scale length"),
        ("b", "kpc", "scale height; NaN of a sphere"),
    )
    return case_table(rows, words)


def _lines(lines: Mapping[str, ObservedLine], radius: np.ndarray) -> xr.Dataset:
    velocity = np.stack([line(radius) for line in lines.values()])
    return xr.Dataset(
        {
            "line": variable("line", list(lines), "", "in place of observations"),
            "radius": variable("radius", radius, "kpc", "galactocentric radius"),
            "velocity": variable(("line", "radius"), velocity, "km/s", "of the line, without errors"),
        }
    )
