"""A population of amplitudes from Einstein radii of clusters: its posterior, its criticism, clusters held out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from outputs.posteriors import posterior_nodes
from outputs.tree import run_tree
from sims.clusters.population_fits import Fitter
from sims.clusters.population_notes import population_notes
from sims.clusters.population_sample import sample_data, sample_of, sample_source
from sims.clusters.population_tables import (
    UNITS,
    coverage_table,
    criticism_table,
    hold_out_table,
    model_answer,
    prediction_table,
    truth_table,
)
from solvers.clusters.kernels import Window
from solvers.clusters.population import criticism
from solvers.clusters.population.fit import PopulationFit
from solvers.clusters.population.lenses import LensSettings
from solvers.clusters.population.prior import ClusterPrior, PopulationPrior
from solvers.clusters.population.references import A0
from solvers.clusters.population.synthetic import SyntheticClusters
from solvers.errors import InvalidInput
from solvers.inference.nuts_sampler import Nuts

_DEFAULT_HELD_OUT = 2


def clusters_population(
    populations: Mapping[str, PopulationPrior],
    synthetic: SyntheticClusters,
    cluster_prior: ClusterPrior,
    window: Window,
    lenses: LensSettings,
    inference: Any,
    clusters: Mapping[str, Any] | None = None,
    hold_out: Sequence[str] | None = None,
    a0: float = A0,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Sample every population on the clusters, compare them, and predict clusters that were left out.

    Parameters
    ----------
    populations : mapping of str to PopulationPrior
        Fitted one by one. Differences are against the first, which also predicts the clusters held out.
    synthetic : SyntheticClusters
        Draws the catalogue if `clusters` is None.
    cluster_prior : ClusterPrior
        Of axis ratio and external convergence.
    window : Window
        Shape and exponents of C; its ℓ0 is a parameter of the population.
    lenses : LensSettings
        Baryons and cosmology.
    inference : Nuts
        The sampler.
    clusters : mapping, optional
        `NAME: {m500 [Msun], z_l, z_s, theta_e [arcsec], theta_e_err [arcsec]}`, at least two.
    hold_out : sequence of str, optional
        Clusters that are left out one by one; the first two if None, none if empty.
    a0 : float
        MOND's acceleration [m/s²], > 0.
    seed : int
        Of chains and predictions.
    checkpoint : Path, optional
        Folder in which fits are kept as they finish; those that are there already are taken up.

    Returns
    -------
    xarray.DataTree
        `/data` along `cluster`; `/models/NAME` with the posterior of the population, and means and standard deviations
        of what each cluster has for itself; `/tables/predictions` (baryons alone and MOND beside), `criticism`,
        `hold_out`, `coverage`, and `truth` of a synthetic catalogue; `notes`.

    Raises
    ------
    InvalidInput
        No population, a sampler that is not NUTS, an a0 that is not positive, an illegal cluster, an unknown name to
        hold out, too few clusters to hold one out, or a cluster without an Einstein radius in the middle of the prior.
    """
    if not populations:
        raise InvalidInput("populations: name at least one")
    if not isinstance(inference, Nuts):
        raise InvalidInput("inference: the clusters have 30 parameters and more, take inference=nuts")
    if not a0 > 0:
        raise InvalidInput(f"sim.a0={a0:g}: must be > 0 m/s²")
    sample = sample_of(clusters, synthetic, cluster_prior, window, lenses)
    names = _held_out(hold_out, sample.names)
    fitter = Fitter(sample=sample, cluster_prior=cluster_prior, sampler=inference, seed=seed, checkpoint=checkpoint)
    fits = {name: fitter.of_all(name, prior) for name, prior in populations.items()}
    found = {name: _criteria(fit) for name, fit in fits.items()}
    first = next(iter(populations.values()))
    tables = {
        "predictions": prediction_table(sample, fits, first, window, lenses.numbers, a0),
        "criticism": criticism_table(found, fits),
    }
    if names:
        tables["hold_out"] = hold_out_table(sample, fitter.held_out(names, first), lenses.numbers, a0)
        tables["coverage"] = coverage_table(tables["hold_out"])
    if sample.truth is not None:
        tables["truth"] = truth_table(synthetic, fits)
    answers, nodes = {}, {}
    for name, fit in fits.items():
        answers[name] = model_answer(fit, found[name])
        for key, node in posterior_nodes(fit.posterior, UNITS).items():
            nodes[f"/models/{name}/{key}"] = node
    tree = run_tree(data=sample_data(sample), models=answers, tables=tables)
    for path, node in nodes.items():
        tree[path] = xr.DataTree(node)
    tree.attrs["datasets"] = json.dumps([sample_source(sample, synthetic)])
    tree.attrs["notes"] = json.dumps(
        list(population_notes(sample.truth is not None, window, lenses, populations, answers, tables))
    )
    return tree


def _held_out(hold_out: Sequence[str] | None, names: Sequence[str]) -> list[str]:
    if hold_out is None:
        return list(names[:_DEFAULT_HELD_OUT]) if len(names) > _DEFAULT_HELD_OUT else []
    if isinstance(hold_out, str):
        raise InvalidInput(f"sim.hold_out={hold_out}: must be a list of names")
    for name in hold_out:
        if name not in names:
            raise InvalidInput(f"sim.hold_out: no cluster is called {name}; known: {', '.join(names)}")
    if len(set(hold_out)) != len(hold_out):
        raise InvalidInput("sim.hold_out: names a cluster twice")
    if hold_out and len(names) < 3:
        raise InvalidInput("sim.hold_out: without one of two clusters there is no population; give sim.hold_out=[]")
    return list(hold_out)


def _criteria(fit: PopulationFit) -> tuple[criticism.Criterion, criticism.Criterion]:
    values = fit.flat_log_likelihoods
    return criticism.waic(values), criticism.loo(values)
