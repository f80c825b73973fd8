"""The source's sketch of CMB polarisation beside a Boltzmann code and Planck's EE and TE bandpowers."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.checks import checked_list
from sims.cmb.curves import at_reference, d_ell_variables, over_cells, reference_notes, tabulated
from sims.likelihoods.bandpowers import bandpowers_of
from sims.sources import source_of
from solvers.cmb.bandpowers import Bandpowers
from solvers.cmb.base import CmbModel
from solvers.cmb.peaks import find_peaks
from solvers.cmb.sigma_polarization import SigmaPolarization
from solvers.errors import InvalidInput
from solvers.inference.parameters import Interval

_COMPARED = ("EE", "TE", "BB")


def polarization(
    catalog: Any,
    models: Mapping[str, CmbModel],
    reference: str = "lcdm_cmb",
    ell_min: float = 100.0,
    ell_max: float = 2000.0,
    n_maxima: int = 5,
    ell: tuple[float, ...] = (100.0, 500.0, 1000.0, 1500.0),
) -> xr.DataTree:
    """EE, TE and BB of every model; nothing is fitted.

    Parameters
    ----------
    catalog : object
        CMB bandpowers, such as `catalogs.plik_lite.PlikLite`, of TE and EE.
    models : mapping of str to CmbModel
        The models, free parameters at their reference values.
    reference : str
        The model at whose maxima of EE the others are compared with it.
    ell_min, ell_max : float
        Where maxima of EE are looked for.
    n_maxima : int
        Number of maxima that are compared.
    ell : sequence of float
        Multipoles of the table of EE, TE and BB, from 2 to the largest that is computed.

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/NAME` with curves and maxima; `/tables/ee_maxima`, `spectra` and `bandpowers`; `notes`.

    Raises
    ------
    InvalidInput
        No reference, or one with a scan or fewer maxima; bandpowers of TT; a number out of its range.
    """
    if reference not in models or models[reference].space.axes:
        raise InvalidInput(f"sim.reference={reference}: must be one of the models, without a scan")
    if not n_maxima >= 1:
        raise InvalidInput(f"sim.n_maxima={n_maxima}: must be >= 1")
    data, bandpowers = bandpowers_of(catalog)
    if "TT" in bandpowers.spectra:
        raise InvalidInput("catalog: holds TT, this experiment is about polarisation; catalog.spectra=[TE,EE]")
    lmax = int(max(ell_max, bandpowers.multipole[-1]))
    multipoles = checked_list("sim.ell", ell, Interval(2.0, lmax))
    answers = {}
    for name, model in models.items():
        curves = over_cells(model, lambda cell, n=name, m=model: _curves(n, m, lmax, cell))  # type: ignore[misc]
        answers[name] = curves if model.space.axes else _with_maxima(curves, ell_min, ell_max)
    plain = {name: answer for name, answer in answers.items() if "maximum_ell" in answer}
    tables = {
        "ee_maxima": _maxima_table(plain, reference, n_maxima),
        "spectra": _spectra_table(plain, multipoles),
        "bandpowers": _chi2_table(plain, bandpowers),
    }
    tree = run_tree(data=data, models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps([*_aside(models), *_notes(tables, plain, models, reference)])
    return tree


def _curves(name: str, model: CmbModel, lmax: int, cell: Mapping[str, float]) -> xr.Dataset:
    table = tabulated(name, model, lmax, {**at_reference(model), **cell})
    missing = [spectrum for spectrum in _COMPARED if spectrum not in table]
    if missing:
        raise InvalidInput(f"models.{name}: predicts no {', '.join(missing)}")
    return xr.Dataset(d_ell_variables({spectrum: table[spectrum] for spectrum in _COMPARED}))


def _with_maxima(answer: xr.Dataset, ell_min: float, ell_max: float) -> xr.Dataset:
    found = find_peaks(answer["ell"].values, answer["d_ell_EE"].values, ell_min=ell_min, ell_max=ell_max)
    return answer.assign(
        maximum_ell=variable("maximum", found.ell, "", "multipole of a maximum of D_ell of EE"),
        maximum_d_ell=variable("maximum", found.height, "uK2", "D_ell of EE there"),
    )


def _at(answer: xr.Dataset, spectrum: str, ell: np.ndarray) -> np.ndarray:
    """D_ℓ at multipoles between whole ones, on a straight line."""
    return np.interp(ell, answer["ell"].values, answer[f"d_ell_{spectrum}"].values)


def _maxima_table(answers: Mapping[str, xr.Dataset], reference: str, n_maxima: int) -> xr.Dataset:
    """Maxima of EE along (source, maximum), with the D_ℓ of the reference at the same multipole over the model's."""
    shape = (len(answers), n_maxima)
    ell, height, there, low = (np.full(shape, np.nan) for _ in range(4))
    first = answers[reference]["maximum_ell"].values[:n_maxima]
    if first.size < n_maxima:
        raise InvalidInput(f"sim.n_maxima={n_maxima}: {reference} has {first.size} maxima of EE in the range")
    for i, answer in enumerate(answers.values()):
        own = answer["maximum_ell"].values[:n_maxima]
        ell[i, : own.size], height[i, : own.size] = own, answer["maximum_d_ell"].values[:n_maxima]
        there[i, : own.size] = _at(answers[reference], "EE", own) / _at(answer, "EE", own)
        low[i] = _at(answers[reference], "EE", first) / _at(answer, "EE", first)
    dims = ("source", "maximum")
    return xr.Dataset(
        {
            "source": variable("source", list(answers), "", "model"),
            "maximum": variable("maximum", np.arange(1, n_maxima + 1), "", "number of the maximum of EE"),
            "ell": variable(dims, ell, "", "multipole of the maximum"),
            "d_ell": variable(dims, height, "uK2", "D_ell of EE there"),
            "low_by": variable(dims, there, "", f"{reference} over the model at the model's own maxima"),
            "low_by_at_reference": variable(dims, low, "", f"{reference} over the model at the maxima of {reference}"),
        }
    )


def _spectra_table(answers: Mapping[str, xr.Dataset], ell: np.ndarray) -> xr.Dataset:
    columns = {"ell": variable("ell", ell, "", "multipole")}
    for spectrum in _COMPARED:
        for name, answer in answers.items():
            key = f"{spectrum}_{name}"
            columns[key] = variable("ell", _at(answer, spectrum, ell), "uK2", f"D_ell of {spectrum}, {name}")
    return xr.Dataset(columns)


def _chi2_table(answers: Mapping[str, xr.Dataset], bandpowers: Bandpowers) -> xr.Dataset:
    """χ² of each model on each spectrum alone."""
    columns: dict[str, Any] = {"source": variable("source", list(answers), "", "model")}
    for spectrum in dict.fromkeys(map(str, bandpowers.spectrum)):
        part = bandpowers.select(bandpowers.spectrum == spectrum)
        for suffix, words, chi2 in (
            ("", "as it is", part.chi2),
            ("_scaled", "with an overall factor at its best", part.chi2_free_amplitude),
        ):
            values = [
                float(chi2(part.predict({spectrum: _at(answer, spectrum, bandpowers.multipole.astype(float))})))
                for answer in answers.values()
            ]
            columns[f"chi2_{spectrum}{suffix}"] = variable("source", values, "", f"chi2 on {spectrum}, {words}")
        columns[f"n_{spectrum}"] = variable("source", [part.n_data] * len(answers), "", f"bandpowers of {spectrum}")
    return xr.Dataset(columns)


def _aside(models: Mapping[str, CmbModel]) -> Iterator[str]:
    for name, model in models.items():
        if model.space.axes:
            yield f"{name} is scanned over {', '.join(model.space.axes)}: it is in the file, not in the tables."
        yield from reference_notes(name, model)


def _notes(
    tables: Mapping[str, xr.Dataset],
    answers: Mapping[str, xr.Dataset],
    models: Mapping[str, CmbModel],
    reference: str,
) -> Iterator[str]:
    maxima, chi2 = tables["ee_maxima"], tables["bandpowers"]
    for name in answers:
        if name == reference:
            continue
        own = maxima.sel(source=name)
        yield (
            f"EE of {name}: maxima at l = {_list(own['ell'], '.0f')} with D = {_list(own['d_ell'], '.2f')} uK2; those "
            f"of {reference} are at {_list(maxima['ell'].sel(source=reference), '.0f')}. {reference} over "
            f"{name} is {_list(own['low_by_at_reference'], '.3g')} at the maxima of {reference}, and "
            f"{_list(own['low_by'], '.3g')} at its own."
        )
        spectra = [str(key).removeprefix("n_") for key in chi2.data_vars if str(key).startswith("n_")]
        values = "; ".join(
            f"{s} {float(chi2[f'chi2_{s}'].sel(source=name)):.0f}, where {reference} has "
            f"{float(chi2[f'chi2_{s}'].sel(source=reference)):.0f}, on {int(chi2[f'n_{s}'][0])} bandpowers"
            for s in spectra
        )
        sketch = isinstance(models[name], SigmaPolarization)
        yield (
            f"chi2 of {name}, nothing fitted: {values}."
            f"{' It is a sketch, the source makes no quantitative claim.' if sketch else ''}"
        )


def _list(values: xr.DataArray, form: str) -> str:
    return ", ".join(format(float(value), form) for value in values.values if np.isfinite(value))
