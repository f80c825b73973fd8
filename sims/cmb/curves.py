"""Spectra of models as tables over the multipoles, those that are slow to compute from the user's cache."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import axes
from outputs.remembered import remembered
from outputs.tree import variable
from solvers.cmb.base import CmbModel
from solvers.cmb.tabulated import TabulatedSpectra
from solvers.errors import InvalidInput
from solvers.inference.parametrised import Parametrised


def tabulated(name: str, model: CmbModel, lmax: int, theta: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """`CmbModel.tabulate`, once and for all runs for what is slow.

    Parameters
    ----------
    name : str
        Of the model, for messages.
    model : CmbModel
        The model.
    lmax : int
        Largest multipole.
    theta : mapping
        Values of its parameters that are not fixed.

    Raises
    ------
    InvalidInput
        What the model says, with its name in front.
    """
    return _tabulated(f"models.{name}", model, lmax, theta)


def _tabulated(where: str, model: CmbModel, lmax: int, theta: Mapping[str, Any]) -> dict[str, np.ndarray]:
    identity = model.identity(**theta)
    try:
        if identity is None:
            return model.tabulate(lmax, **theta)
        return remembered("cmb", {**identity, "to": lmax}, lambda: model.tabulate(lmax, **theta))
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from error


def from_table(model: CmbModel, lmax: int) -> CmbModel:
    """A model that is slow and has neither free nor scanned parameters as its table; others as they are."""
    if model.space.free or model.space.axes or model.identity() is None:
        return model
    table = _tabulated(model.label or type(model).__name__, model, lmax, {})
    return TabulatedSpectra(
        table={name: values for name, values in table.items() if values.ndim},
        label=model.label,
        free_amplitude=model.free_amplitude,
        n_fitted_elsewhere=model.n_fitted_elsewhere,
    )


def d_ell_variables(table: Mapping[str, np.ndarray]) -> dict[str, xr.Variable]:
    """`ell` and `d_ell_TT`, `d_ell_EE`, … of a table."""
    curves = {name: values for name, values in table.items() if values.ndim}
    n = len(next(iter(curves.values())))
    found = {"ell": variable("ell", np.arange(2, n + 2), "", "multipole")}
    return found | {
        f"d_ell_{name}": variable("ell", values, "uK2", f"D_ell of {name}") for name, values in curves.items()
    }


def cells(model: Parametrised) -> Iterator[dict[str, float]]:
    """Values of the scanned parameters, cell by cell; one empty cell where none is scanned."""
    scanned = model.space.axes
    for point in itertools.product(*scanned.values()):
        yield dict(zip(scanned, map(float, point), strict=True))


def over_cells(model: Parametrised, answer: Callable[[dict[str, float]], xr.Dataset]) -> xr.Dataset:
    """What `answer` says of every cell of a model's scan, along its scanned parameters; other axes stay."""
    scanned = model.space.axes
    answers = [answer(cell) for cell in cells(model)]
    if not scanned:
        return answers[0]
    shape = tuple(axis.size for axis in scanned.values())
    variables: dict[str, Any] = axes(scanned, model.units)
    for key, first in answers[0].variables.items():
        if key in first.dims:
            variables[str(key)] = first
            continue
        values = np.stack([each[key].values for each in answers]).reshape(*shape, *first.shape)
        variables[str(key)] = xr.Variable((*scanned, *first.dims), values, first.attrs)
    return xr.Dataset(variables)


def at_reference(model: Parametrised) -> dict[str, float]:
    """Free parameters at their reference values."""
    return {parameter.name: parameter.ref for parameter in model.space.free}


def reference_notes(name: str, model: Parametrised) -> Iterator[str]:
    """What must be said of a model whose free parameters were not fitted."""
    for parameter, value in at_reference(model).items():
        yield f"{name}: {parameter} is free and was put at its reference value {value:g}."
