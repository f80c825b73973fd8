"""The posterior of one model, by whichever sampler was chosen, as variables and nodes of its place in the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.posteriors import posterior_nodes, posterior_scalars
from outputs.progress import reporter
from outputs.tree import scalar, variable
from solvers.inference.grid import Grid, GridPosterior
from solvers.inference.minimize import BestFit
from solvers.inference.problem import Problem


def posterior_of(
    name: str,
    problem: Problem,
    inference: Any,
    fit: BestFit,
    units: Mapping[str, str],
    seed: int,
    checkpoint: Path | None,
) -> tuple[dict[str, xr.Variable], dict[str, xr.Dataset]]:
    """Sample or integrate the posterior of a model.

    Parameters
    ----------
    name : str
        Of the model; each has random numbers and a checkpoint of its own.
    problem, fit : Problem, BestFit
        The model on its data and where χ² is lowest.
    inference : object
        `Grid`, `Emcee` or `Nautilus`.
    units : mapping of str to str
        Of parameters that have one.
    seed : int
        Of the run.
    checkpoint : Path or None
        Folder for unfinished chains.

    Returns
    -------
    variables : dict
        For `/models/NAME`.
    nodes : dict
        Datasets below it.
    """
    with reporter(f"sampling {name}") as report:
        if isinstance(inference, Grid):
            return _grid_variables(inference.evaluate(problem, report), units), {}
        rng = np.random.default_rng([seed, *name.encode()])
        file = None if checkpoint is None else checkpoint / f"{name}.h5"
        posterior = inference.sample(problem, fit, rng, file, report)
    return posterior_scalars(posterior, units), posterior_nodes(posterior, units)


def _grid_variables(grid: GridPosterior, units: Mapping[str, str]) -> dict[str, xr.Variable]:
    variables = {
        key: variable(key, values, units.get(key, ""), f"{key} along its prior") for key, values in grid.axes.items()
    }
    return variables | {
        "posterior_density": variable(list(grid.axes), grid.density, "", "posterior density (per unit of each axis)"),
        "posterior_mean": variable("param", grid.mean, "", "posterior mean (in the unit of each parameter)"),
        "posterior_sd": variable("param", grid.sd, "", "posterior standard deviation (likewise)"),
        "log_evidence": scalar(grid.log_evidence, "", "ln of the evidence, likelihood exp(-chi2/2)"),
        "log_evidence_error": scalar(grid.log_evidence_error, "", "its change with every other point left out"),
        "posterior_converged": scalar(grid.converged, "", "the grid is fine enough"),
        "n_evaluations": scalar(grid.n_evaluations, "", "evaluations of chi2"),
    }
