"""Does the exponent of the power-law kernel follow morphology? Exact posterior of p_i = μ + β z_i + σ ε_i."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.progress import track
from outputs.tree import run_tree, scalar, variable
from sims.galaxies.hierarchical_notes import hierarchical_notes
from sims.galaxies.hierarchical_tables import class_table, hyper_table, published_table
from sims.galaxies.sample import curves_of
from sims.galaxies.subset import require_columns
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.exponent_likelihood import ERRORS, SELECTION, ExponentTable, exponent_table, standardised
from solvers.galaxies.hierarchical_exponent import NAMES, HyperPrior, hyper_posterior
from solvers.galaxies.splits import morphology_class
from solvers.inference.grid import GridPosterior

SYMBOLS = {"mu": "mean exponent", "beta": "slope with morphology", "sigma": "scatter between galaxies"}


@dataclass(frozen=True, eq=False)
class Case:
    """One choice of baryons and errors.

    Parameters
    ----------
    baryons, errors : str
        Their names.
    codes : ndarray of int
        Class of each galaxy, shape (n_galaxies,).
    table : ExponentTable
        Likelihoods of the galaxies.
    posterior : GridPosterior
        Of μ, β and σ.
    """

    baryons: str
    errors: str
    codes: np.ndarray
    table: ExponentTable
    posterior: GridPosterior


def hierarchical(
    catalog: Any,
    baryons: Mapping[str, Baryons],
    kernel: EnhancementModel,
    prior: HyperPrior,
    errors: Sequence[str] = ("fraction",),
    points: int = 21,
    kiloparsec: str = "astropy",
) -> xr.DataTree:
    """Posterior of mean, slope and scatter of the exponent, for every choice of baryons and errors.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`; with `drop_first=9` the sample of the claim.
    baryons : mapping of str to Baryons
        Mass-to-light ratios by name.
    kernel : EnhancementModel
        With a parameter `p`; numbers for all others.
    prior : HyperPrior
        Of μ, β and σ.
    errors : sequence of str
        Of `solvers.galaxies.exponent_likelihood.ERRORS`.
    points : int
        Of the grid along each parameter, odd.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².

    Returns
    -------
    xarray.DataTree
        `/data` with the class of every galaxy, `/models/BARYONS_ERRORS` with the posterior on its grid,
        `/tables/hyper` (all of them), `published` and `classes` (the first beside SI §14.3); `notes`.

    Raises
    ------
    InvalidInput
        No baryons or errors, an unknown word, a kernel without `p` or with parameters that are no numbers.
    """
    _check(baryons, kernel, errors)
    data = catalog.load()
    require_columns(data, ("hubble_type",))
    codes = morphology_class(data["hubble_type"].values)
    samples = {name: _sample(data, each, kiloparsec) for name, each in baryons.items()}
    cases: dict[str, Case] = {}
    pairs = [(name, error) for name in samples for error in errors]
    for name, error in track(pairs, "integrating"):
        curves = samples[name]
        own = codes[_rows(data, curves)]
        table = exponent_table(curves, errors=error, model=kernel)
        found = hyper_posterior(table, standardised(own), prior=prior, points=points)
        cases[f"{name}_{error}"] = Case(name, error, own, table, found)
    first = next(iter(cases.values()))
    tables = {
        "hyper": hyper_table({key: (case.baryons, case.errors, case.posterior) for key, case in cases.items()}),
        "published": published_table(first.posterior),
        "classes": class_table(first.posterior, first.codes),
    }
    tables["hyper"]["n_galaxies"] = variable("case", [c.codes.size for c in cases.values()], "", "galaxies")
    answers = {name: _answer(data, case) for name, case in cases.items()}
    tree = run_tree(data=_with_classes(data, codes), models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(hierarchical_notes(data, answers, tables)))
    return tree


def _check(baryons: Mapping[str, Baryons], kernel: EnhancementModel, errors: Sequence[str]) -> None:
    if not baryons:
        raise InvalidInput("baryons: name at least one")
    if isinstance(errors, str) or not errors or len(set(errors)) != len(errors):
        raise InvalidInput(f"sim.errors={errors!r}: must be a list of {', '.join(ERRORS)}, each once")
    for word in errors:
        if word not in ERRORS:
            raise InvalidInput(f"sim.errors={word!r}: must be of {', '.join(ERRORS)}")
    if not isinstance(kernel, EnhancementModel) or "p" not in kernel.domain:
        raise InvalidInput("kernel: must be a power-law kernel with an exponent p, such as GatedPowerLaw")
    loose = [name for name in (*kernel.space.axes, *kernel.space.names) if name != "p"]
    if loose:
        raise InvalidInput(f"kernel.params.{loose[0]}: give a number; only p is found, galaxy by galaxy")


def _sample(data: xr.Dataset, baryons: Baryons, kiloparsec: str) -> Curves:
    """Points and galaxies of the published cuts."""
    curves, _ = curves_of(data, baryons, kiloparsec)
    points = SELECTION.points(curves)
    if not points.any():
        raise InvalidInput(f"catalog: no galaxy has {SELECTION.min_points} points beyond {SELECTION.radius:g} kpc")
    return curves.rows(points)


def _rows(data: xr.Dataset, curves: Curves) -> np.ndarray:
    """Rows of the catalogue that these galaxies are, in their order."""
    rows = {str(name): row for row, name in enumerate(data["name"].values)}
    return np.array([rows[name] for name in curves.names])


def _answer(data: xr.Dataset, case: Case) -> xr.Dataset:
    grid, rows = case.posterior, {name: row for row, name in enumerate(case.table.names)}
    best = case.table.exponents[case.table.log_likelihood.argmax(axis=1)]
    exponents = [best[rows[name]] if name in rows else np.nan for name in map(str, data["name"].values)]
    names = list(NAMES)
    return xr.Dataset(
        {
            **{key: variable(key, values, "", SYMBOLS[key]) for key, values in grid.axes.items()},
            "param": variable("param", names, "", "parameter of the line"),
            "param_unit": variable("param", [""] * len(names), "", "its unit"),
            "posterior_density": variable(names, grid.density, "", "posterior density (per unit of each axis)"),
            "posterior_mean": variable("param", grid.mean, "", "posterior mean"),
            "posterior_sd": variable("param", grid.sd, "", "posterior standard deviation"),
            "posterior_converged": scalar(grid.converged, "", "the grid is fine enough"),
            "n_evaluations": scalar(grid.n_evaluations, "", "points of the grid"),
            "galaxy_exponent": variable(
                "galaxy", exponents, "", "likeliest p of the galaxy by itself, from 0.1 to 3; NaN: not in the sample"
            ),
        }
    )


def _with_classes(data: xr.Dataset, codes: np.ndarray) -> xr.Dataset:
    return data.assign(morphology_class=variable("galaxy", codes, "", "class, 0 (irregular) to 4 (early)"))
