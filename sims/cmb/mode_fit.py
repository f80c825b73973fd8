"""The Σ peak model put on the targets of its published objective."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import parameter_values
from outputs.progress import reporter
from outputs.tree import scalar, variable
from sims.cmb.curves import over_cells
from solvers.cmb.peak_objective import PeakObjective
from solvers.cmb.peaks import peak_ratios
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.errors import InvalidInput
from solvers.inference.differential_evolution import DifferentialEvolution


def fit_modes(
    name: str, model: SigmaPeaks, objective: PeakObjective, inference: DifferentialEvolution, seed: int
) -> xr.Dataset:
    """The optimum of the objective, and the modes there, in every cell of a scan.

    Parameters
    ----------
    name : str
        Of the model, for its own random numbers.
    model : SigmaPeaks
        A model without free parameters is evaluated.
    objective : PeakObjective
        What is lowered.
    inference : DifferentialEvolution
        How.
    seed : int
        Of the run.

    Returns
    -------
    xarray.Dataset
        `objective` and its terms, `best_fit` and `at_bound` along `param`, the modes along `mode`, their `ratio`.

    Raises
    ------
    InvalidInput
        Fewer modes than the objective compares.
    """
    if model.n_modes < objective.n_peaks:
        raise InvalidInput(
            f"models.{name}.n_modes={model.n_modes}: the objective compares {objective.n_peaks} peaks, one mode each"
        )
    return over_cells(model, lambda cell: _fit(name, model, objective, inference, seed, cell))


def _fit(
    name: str,
    model: SigmaPeaks,
    objective: PeakObjective,
    inference: DifferentialEvolution,
    seed: int,
    cell: Mapping[str, float],
) -> xr.Dataset:
    free = model.space.free
    variables: dict[str, Any] = {}
    theta, converged, n_evaluations = dict(cell), True, 0
    if free:
        rng = np.random.default_rng([seed, *name.encode()])
        with reporter(f"fitting {name}") as report:
            found = inference.search(objective.function(model, model.space.names, dict(cell)), free, rng, report)
        theta |= dict(zip(model.space.names, map(float, found.values), strict=True))
        converged, n_evaluations = found.converged, found.n_evaluations
        own = "(in the unit of each parameter)"
        variables |= {
            "param": variable("param", list(model.space.names), "", "free parameter"),
            "param_unit": variable("param", [model.units.get(p.name, "") for p in free], "", "unit of the parameter"),
            "best_fit": variable("param", found.values, "", f"value at the optimum {own}"),
            "at_bound": variable("param", found.at_bound, "", "the optimum is an end of the range"),
            "range_low": variable("param", [p.low for p in free], "", f"lower end of the range {own}"),
            "range_high": variable("param", [p.high for p in free], "", f"upper end of the range {own}"),
        }
    variables |= {
        "objective": scalar(float(objective(model, **theta)), "", "published objective at the optimum, no chi2"),
        "converged": scalar(converged, "", "the population of the search had contracted"),
        "n_parameters": scalar(len(model.domain), "", "parameters of the model, fixed ones included"),
        "n_free": scalar(len(free), "", "parameters that were fitted"),
        "n_evaluations": scalar(n_evaluations, "", "evaluations of the objective"),
    }
    for term, value in objective.terms(model, **theta).items():
        variables[f"objective_{term}"] = scalar(float(value), "", f"part of the objective: {term}")
    return xr.Dataset(variables | _modes(model, theta) | parameter_values({**model.space.fixed, **theta}, model.units))


def _modes(model: SigmaPeaks, theta: Mapping[str, float]) -> dict[str, xr.Variable]:
    height = model.heights(**theta)
    ratios = peak_ratios(height)
    return {
        "mode": variable("mode", np.arange(1, model.n_modes + 1), "", "mode number"),
        "mode_ell": variable("mode", model.centres(**theta), "", "centre of the mode"),
        "mode_height": variable("mode", height, "uK2", "amplitude times damping at the centre, no maximum of D_ell"),
        "mode_width": variable("mode", model.widths(**theta), "", "standard deviation of the mode in ell"),
        "mode_ratio": variable("pair", ratios, "", "ratio of successive odd and even heights"),
    }
