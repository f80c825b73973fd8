"""CMB peaks: the Σ peak model on its published objective, beside CAMB and the heights that Planck measured."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.checks import checked_list
from sims.cmb.curves import at_reference, d_ell_variables, over_cells, tabulated
from sims.cmb.mode_fit import fit_modes
from sims.cmb.peaks_notes import peaks_notes
from sims.cmb.peaks_tables import PLANCK, TARGETS, Source, mechanism_table, peaks_table, ratios_table, scales_table
from sims.likelihoods.bandpowers import bandpowers_of
from sims.sources import source_of
from solvers.cmb.bandpowers import Bandpowers
from solvers.cmb.base import CmbModel
from solvers.cmb.peak_objective import PeakObjective
from solvers.cmb.peaks import find_peaks
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.cmb.template_heights import TemplateHeights, template_heights
from solvers.errors import InvalidInput
from solvers.inference.differential_evolution import DifferentialEvolution
from solvers.inference.parameters import POSITIVE

_UNITS = {"rstar": "Mpc", "rdrag": "Mpc", "DAstar": "Gpc"}
"""Of CAMB's derived numbers."""


def peaks(
    catalog: Any,
    models: Mapping[str, CmbModel],
    inference: DifferentialEvolution,
    peak_objective: PeakObjective,
    template: str = "lcdm_cmb",
    ell_min: float = 100.0,
    ell_max: float = 2500.0,
    edges: tuple[float, float] = (100.0, 2200.0),
    distance: float = 4000.0,
    coherence_length: float = 60.0,
    seed: int = 0,
) -> xr.DataTree:
    """Peak positions, heights and ratios of every model, of Planck, and of the source's targets.

    Parameters
    ----------
    catalog : object
        CMB bandpowers that hold TT.
    models : mapping of str to CmbModel
        A `SigmaPeaks` is put on the objective; of the others the maxima of D_ℓ are taken, free parameters at their
        reference values.
    inference : DifferentialEvolution
        Global search of the objective.
    peak_objective : PeakObjective
        The objective with the source's targets.
    template : str
        The model whose shape measures Planck's heights, between its troughs.
    ell_min, ell_max : float
        Where maxima are looked for.
    edges : pair of float
        Outer edges of the first and last window of the template.
    distance, coherence_length : float
        D and ℓ₀ [Mpc] of the source's mechanism ℓ_n = nπD/ℓ₀, > 0.
    seed : int
        Of the search.

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/NAME`; `/tables/peaks` and `ratios` of every source; `mechanism` and `scales`; `notes`.

    Raises
    ------
    InvalidInput
        Another inference, no template, no TT, a spectrum that ends too low, or a number out of its range.
    """
    if not isinstance(inference, DifferentialEvolution):
        raise InvalidInput("inference: the objective has several minima, choose inference=differential_evolution")
    if template not in models or models[template].space.axes:
        raise InvalidInput(f"sim.template={template}: must be one of the models, without a scan")
    for key, value in (("distance", distance), ("coherence_length", coherence_length)):
        if not value > 0:
            raise InvalidInput(f"sim.{key}={value}: must be > 0")
    ends = checked_list("sim.edges", edges, POSITIVE)
    if ends.size != 2 or not ends[0] < ends[1]:
        raise InvalidInput(f"sim.edges={ends.tolist()}: must be two multipoles, the lower one first")
    data, bandpowers = bandpowers_of(catalog)
    if "TT" not in bandpowers.spectra:
        raise InvalidInput(f"catalog: holds {', '.join(bandpowers.spectra)}, the heights of the peaks need TT")
    lmax = int(max(ell_max, bandpowers.multipole[-1]))
    answers: dict[str, xr.Dataset] = {}
    sources: dict[str, Source] = {}
    for name, model in models.items():
        if isinstance(model, SigmaPeaks):
            answers[name] = _with_curves(fit_modes(name, model, peak_objective, inference, seed), name, model, lmax)
        else:
            answers[name] = over_cells(model, lambda cell, n=name, m=model: _curves(n, m, lmax, cell))  # type: ignore[misc]
        answers[name] = _with_maxima(answers[name], ell_min, ell_max)
        if not model.space.axes:
            sources[name] = _source_of(answers[name])
    shape = answers[template]
    planck = template_heights(
        bandpowers,
        shape["ell"].values,
        shape["d_ell_TT"].values,
        n_peaks=peak_objective.n_peaks,
        edges=(float(ends[0]), float(ends[1])),
    )
    targets = Source(
        np.asarray(peak_objective.ell), np.asarray(peak_objective.height), np.asarray(peak_objective.ratio)
    )
    sources = {TARGETS: targets, PLANCK: _measured(planck), **sources}
    tables = {
        "peaks": peaks_table(sources, peak_objective.n_peaks),
        "ratios": ratios_table(sources, len(peak_objective.ratio)),
        "mechanism": mechanism_table(sources, answers, distance, coherence_length),
        "scales": scales_table(answers, distance),
    }
    tree = run_tree(data=_with_residuals(data, bandpowers, answers), models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(peaks_notes(tree, models))
    return tree


def _curves(name: str, model: CmbModel, lmax: int, cell: Mapping[str, float]) -> xr.Dataset:
    """Spectra of a model at the reference of its free parameters, and its derived numbers."""
    if "TT" not in model.predicts:
        raise InvalidInput(f"models.{name}: predicts {', '.join(model.predicts)}, the peaks are those of TT")
    table = tabulated(name, model, lmax, {**at_reference(model), **cell})
    derived = {
        key: variable((), value, _UNITS.get(key, ""), f"CAMB's {key}") for key, value in table.items() if not value.ndim
    }
    return xr.Dataset(d_ell_variables(table) | derived)


def _with_curves(fitted: xr.Dataset, name: str, model: SigmaPeaks, lmax: int) -> xr.Dataset:
    """The same with D_ℓ at the optimum of every cell."""
    values = fitted["parameter_value"].transpose("parameter", ...)
    theta = {
        str(key): values.sel(parameter=key).values for key in values["parameter"].values if key not in model.space.fixed
    }
    ell = np.arange(2.0, lmax + 1.0)
    d_ell = model.d_ell(ell, "TT", **theta)
    return fitted.assign(
        ell=variable("ell", ell.astype(int), "", "multipole"),
        d_ell_TT=variable((*model.space.axes, "ell"), d_ell, "uK2", "D_ell of TT at the optimum"),
    )


def _with_maxima(answer: xr.Dataset, ell_min: float, ell_max: float) -> xr.Dataset:
    """The same with the maxima of D_ℓ; their number varies over a scan, so one has none."""
    if answer["d_ell_TT"].ndim > 1:
        return answer
    found = find_peaks(answer["ell"].values, answer["d_ell_TT"].values, ell_min=ell_min, ell_max=ell_max)
    return answer.assign(
        maximum_ell=variable("maximum", found.ell, "", "multipole of a maximum of D_ell"),
        maximum_d_ell=variable("maximum", found.height, "uK2", "D_ell there"),
    )


def _with_residuals(data: xr.Dataset, bandpowers: Bandpowers, answers: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """The bandpowers of TT with data minus model, of every model without a scan."""
    chosen = np.flatnonzero(bandpowers.spectrum == "TT")
    part = bandpowers.select(chosen)
    plain = {name: answer for name, answer in answers.items() if answer["d_ell_TT"].ndim == 1}
    residual = [
        part.value - part.predict({"TT": answer["d_ell_TT"].sel(ell=part.multipole).values})
        for answer in plain.values()
    ]
    return data.isel(row=chosen).assign(
        model=variable("model", list(plain), "", "model"),
        residual=variable(("model", "row"), np.stack(residual), "uK2", "data minus model"),
    )


def _source_of(answer: xr.Dataset) -> Source:
    """What the tables call its peaks: the modes of the peak model, else the maxima of D_ℓ."""
    if "mode_ell" in answer:
        return Source(answer["mode_ell"].values, answer["mode_height"].values)
    return Source(answer["maximum_ell"].values, answer["maximum_d_ell"].values)


def _measured(planck: TemplateHeights) -> Source:
    return Source(
        planck.ell, planck.height, planck.ratio, planck.height_err, planck.ratio_err, planck.ratio_err_correlated
    )
