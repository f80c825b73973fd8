"""Expansion histories as curves: no data, every model on the same redshifts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import axes
from outputs.tree import run_tree, variable
from solvers.backgrounds import Background
from solvers.errors import InvalidInput
from solvers.inference.parameters import Interval, parse_axis

_COMPARED = ("efunc", "comoving_distance", "age")


def curves(
    models: Mapping[str, Background],
    z_range: Mapping[str, Any],
    z: Sequence[float] | float | None = None,
    reference: str | None = None,
) -> xr.DataTree:
    """E, H, distances, modulus, equation of state and age of every model.

    Parameters
    ----------
    models : mapping of str to Background
        The models. Free parameters are put at their reference value, scanned ones become dimensions.
    z_range : mapping
        `min`, `max`, `num` and `log` of the redshifts, if `z` is None.
    z : sequence of float, optional
        Redshifts.
    reference : str, optional
        A model that the others are compared with in `/tables/relative_to_reference`, if it is among them.

    Returns
    -------
    xarray.DataTree
        `/models/NAME` and, with a reference, the table.

    Raises
    ------
    InvalidInput
        No models, or redshifts that are not above −1.
    """
    if not models:
        raise InvalidInput("models=[]: name at least one")
    redshifts = _redshifts(z, z_range)
    answers = {name: _curves(background, redshifts) for name, background in models.items()}
    tables = {}
    if reference in answers:
        tables["relative_to_reference"] = _differences(answers, reference)
    tree = run_tree(models=answers, tables=tables)
    notes = _notes(models)
    if reference is not None and reference not in answers:
        notes.append(f"sim.reference: {reference} is not among the models, nothing is compared with it.")
    tree.attrs["notes"] = json.dumps(notes)
    return tree


def _redshifts(z: Any, z_range: Mapping[str, Any]) -> np.ndarray:
    above = Interval(-1.0, open_low=True)
    try:
        if z is None:
            return parse_axis("z_range", z_range, above)
        return parse_axis("z", [z] if isinstance(z, int | float) else z, above)
    except ValueError as error:
        raise InvalidInput(str(error)) from error


def _curves(background: Background, z: np.ndarray) -> xr.Dataset:
    space = background.space
    mesh = np.meshgrid(*space.axes.values(), indexing="ij")
    theta: dict[str, Any] = {p.name: p.ref for p in space.free}
    theta |= dict(zip(space.axes, mesh, strict=True))
    dims = (*space.axes, "z")
    curve = {
        "efunc": (background.efunc, "", "E = H/H0"),
        "hubble": (background.hubble, "km / (Mpc s)", "expansion rate H"),
        "comoving_distance": (background.comoving_distance, "Mpc", "transverse comoving distance D_M"),
        "luminosity_distance": (background.luminosity_distance, "Mpc", "luminosity distance D_L"),
        "angular_diameter_distance": (
            background.angular_diameter_distance,
            "Mpc",
            "angular diameter distance D_A",
        ),
        "distance_modulus": (background.distance_modulus, "mag", "distance modulus mu"),
        "w_eff": (background.w_eff, "", "equation of state of all beside matter and radiation"),
        "age": (background.age, "Gyr", "time since the beginning"),
    }
    variables: dict[str, Any] = axes(space.axes, background.units)
    variables["z"] = variable("z", z, "", "redshift")
    for name, (function, units, long_name) in curve.items():
        variables[name] = variable(dims, function(z, **theta), units, long_name)
    return xr.Dataset(variables)


def _differences(answers: Mapping[str, xr.Dataset], reference: str) -> xr.Dataset:
    """Largest relative difference of each model's curves from those of the reference."""
    names = [name for name in answers if name != reference]
    columns: dict[str, Any] = {"model": variable("model", names, "", f"model, compared with {reference}")}
    for key in _COMPARED:
        base = answers[reference][key].where(answers[reference][key] > 0)
        largest = [float(np.abs(answers[name][key] / base - 1.0).max()) for name in names]
        columns[key] = variable("model", largest, "", f"largest relative difference in {key}")
    return xr.Dataset(columns)


def _notes(models: Mapping[str, Background]) -> list[str]:
    return [
        f"{name}: {parameter.name} is free and was put at its reference value {parameter.ref:g}."
        for name, background in models.items()
        for parameter in background.space.free
    ]
