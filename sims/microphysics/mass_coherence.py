"""F_missing: what roughness leaves unexplained of every rotation curve, and which model of it beats a mean."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from sims.confrontation import confront_all
from sims.galaxies.sample import curves_of
from sims.microphysics.missing_likelihood import MissingLikelihood, check_inputs_of
from sims.microphysics.missing_notes import missing_notes
from sims.microphysics.missing_sample import missing_sample
from sims.microphysics.missing_tables import (
    combination_table,
    correlation_table,
    fit_table,
    parameter_table,
    target_table,
)
from sims.microphysics.published_sample import is_published_sample
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.microphysics.missing_models import ConstantRatio, MissingModel
from solvers.microphysics.missing_ratio import CoherenceRise
from solvers.published.mass_coherence import N_FITTED


def mass_coherence(
    catalog: Any,
    models: Mapping[str, MissingModel],
    baryons: Baryons,
    inference: Any,
    rise: CoherenceRise,
    fewest_points: int = 6,
    inputs: str = "source",
    sigma_v: float | None = None,
    profile: Sequence[str] = (),
    profile_points: int = 71,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Compute F_missing of every galaxy and fit every model of it.

    Parameters
    ----------
    catalog : object
        Rotation curves, such as `catalogs.sparc.Sparc`.
    models : mapping of str to MissingModel
        The models; one without free parameters is evaluated. A constant must be among them.
    baryons : Baryons
        Mass-to-light ratios.
    inference : object
        `LeastSquares`, `Minimize`, `DifferentialEvolution`, `Profile`, `Grid`, `Emcee` or `Nautilus`.
    rise : CoherenceRise
        C(R), K0 and gamma of roughness.
    fewest_points : int
        Galaxies with fewer points have an F_missing and are not fitted, >= 1.
    inputs : {"source", "photometric"}
        Where dispersion, size and mass of a galaxy come from.
    sigma_v : float, optional
        Dispersion of all galaxies [km/s], > 0.
    profile : sequence of str
        Free parameters whose profile chi-squared over the prior is added.
    profile_points : int
        Points of each profile, at least 2.
    seed : int
        Of everything that is drawn.
    checkpoint : Path, optional
        Folder for unfinished chains.

    Returns
    -------
    xarray.DataTree
        `/data` with the fitted galaxies and the residuals; `/models/NAME`, `/comparison`; `/tables/target`,
        `left_out`, `correlations`, `fits`, `parameters` and `combinations`; `notes`.

    Raises
    ------
    InvalidInput
        No constant among the models, a model that takes what the inputs do not give, a number out of its range, or too
        few galaxies.

    References
    ----------
    `microphysics.md` §6, §7.
    """
    if not any(isinstance(model, ConstantRatio) for model in models.values()):
        raise InvalidInput("models: are read beside a constant ratio; add missing_constant")
    data = catalog.load()
    curves, _ = curves_of(data, baryons)
    sample = missing_sample(data, curves, inputs, sigma_v, rise, fewest_points)
    check_inputs_of(models, sample)
    likelihood = MissingLikelihood(sample)
    tree = confront_all(
        {"missing": likelihood},
        models,
        inference,
        profile=profile,
        profile_points=profile_points,
        seed=seed,
        checkpoint=checkpoint,
    )
    answers = {name: node.to_dataset() for name, node in tree["models"].children.items()}
    tables = {
        "target": target_table(sample),
        "left_out": sample.left_out(),
        "correlations": correlation_table(sample),
        "fits": fit_table(models, answers, sample),
        "parameters": parameter_table(models, answers),
        "combinations": combination_table(models, answers, sample),
    }
    found = {name: table for name, table in tables.items() if table is not None}
    for name, table in found.items():
        tree[f"tables/{name}"] = xr.DataTree(table)
    tree.attrs["datasets"] = json.dumps([source_of(likelihood.data())])
    at_home = (
        inputs == "source"
        and sigma_v is None
        and rise == CoherenceRise()
        and is_published_sample(data, baryons, int(sample.is_fitted.sum()), N_FITTED)
    )
    own = missing_notes(sample, inputs, sigma_v, at_home, models, answers, found)
    tree.attrs["notes"] = json.dumps([*json.loads(tree.attrs["notes"]), *own])
    return tree
