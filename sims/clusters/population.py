"""A population of amplitudes from Einstein radii of clusters: its posterior, its criticism, clusters held out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.posteriors import posterior_nodes, posterior_scalars
from outputs.progress import reporter
from outputs.tree import run_tree, scalar, variable
from sims.clusters.population_notes import population_notes
from sims.clusters.population_tables import (
    coverage_table,
    criticism_table,
    hold_out_table,
    prediction_table,
    truth_table,
)
from solvers.clusters.kernels import Window
from solvers.clusters.population import criticism
from solvers.clusters.population.fit import PopulationFit, fit_population, predicted_angles
from solvers.clusters.population.lenses import Cluster, ClusterLens, LensSettings, checked_clusters
from solvers.clusters.population.posterior import PopulationPosterior
from solvers.clusters.population.prior import ClusterPrior, PopulationPrior
from solvers.clusters.population.references import A0
from solvers.clusters.population.synthetic import SyntheticClusters, Truth
from solvers.clusters.population.tables import ConvergenceTables, convergence_tables
from solvers.errors import InvalidInput
from solvers.inference.nuts_sampler import Nuts

UNITS = {"ell0": "kpc"}
"""Of the parameters of the population."""

_DEFAULT_HELD_OUT = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Clusters, their lenses and the tables of their mean convergences.

    Parameters
    ----------
    clusters : tuple of Cluster
        Observations.
    lenses : tuple of ClusterLens
        Their baryons and distances.
    tables : ConvergenceTables
        Of the window that is fitted.
    truth : Truth or None
        What a synthetic catalogue was made with.
    """

    clusters: tuple[Cluster, ...]
    lenses: tuple[ClusterLens, ...]
    tables: ConvergenceTables
    truth: Truth | None

    @property
    def names(self) -> list[str]:
        """Names of the clusters."""
        return [each.name for each in self.clusters]

    def column(self, name: str) -> np.ndarray:
        """One number of every cluster."""
        return np.array([getattr(each, name) for each in self.clusters])

    @property
    def r500(self) -> np.ndarray:
        """R500 [kpc] of every cluster."""
        return np.array([lens.baryons.r500 for lens in self.lenses])


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

    Returns
    -------
    xarray.DataTree
        `/data` along `cluster`; `/models/NAME` with the posterior of the population, and means and standard deviations
        of what each cluster has for itself; `/tables/predictions` (baryons alone and MOND beside), `criticism`,
        `hold_out`, `coverage`, and `truth` of a synthetic catalogue; `notes`.

    Raises
    ------
    InvalidInput
        No population, a sampler that is not NUTS, an illegal cluster, an unknown name to hold out, too few clusters to
        hold one out, or a cluster without an Einstein radius in the middle of the prior.
    """
    if not populations:
        raise InvalidInput("populations: name at least one")
    if not isinstance(inference, Nuts):
        raise InvalidInput("inference: the clusters have 30 parameters and more, take inference=nuts")
    sample = _sample(clusters, synthetic, cluster_prior, window, lenses)
    held_out = _held_out(hold_out, sample.names)
    fits = {}
    for name, prior in populations.items():
        rng = np.random.default_rng([seed, *name.encode()])
        rows = range(len(sample.clusters))
        fits[name] = _fit(sample, rows, prior, cluster_prior, inference, rng, f"sampling {name}")
    found = {name: _criteria(fit) for name, fit in fits.items()}
    tables = {
        "predictions": prediction_table(sample, fits, window, lenses.G, a0),
        "criticism": criticism_table(found, fits),
    }
    if held_out:
        predicted = _predictions(sample, held_out, next(iter(populations.values())), cluster_prior, inference, seed)
        tables["hold_out"] = hold_out_table(sample, predicted)
        tables["coverage"] = coverage_table(tables["hold_out"])
    if sample.truth is not None:
        tables["truth"] = truth_table(synthetic, fits)
    answers, nodes = {}, {}
    for name, fit in fits.items():
        answers[name] = _answer(fit, found[name])
        for key, node in posterior_nodes(fit.posterior, UNITS).items():
            nodes[f"/models/{name}/{key}"] = node
    tree = run_tree(data=_data(sample), models=answers, tables=tables)
    for path, node in nodes.items():
        tree[path] = xr.DataTree(node)
    tree.attrs["datasets"] = json.dumps([_source(sample, synthetic)])
    tree.attrs["notes"] = json.dumps(
        list(population_notes(sample.truth is not None, window, populations, answers, tables))
    )
    return tree


def _sample(
    clusters: Mapping[str, Any] | None,
    synthetic: SyntheticClusters,
    cluster_prior: ClusterPrior,
    window: Window,
    settings: LensSettings,
) -> Sample:
    truth = None
    if clusters is None:
        chosen, truth = synthetic.draw(settings, window, cluster_prior)
    else:
        chosen = checked_clusters(clusters)
    lenses = settings.lenses(chosen)
    return Sample(clusters=chosen, lenses=lenses, tables=convergence_tables(lenses, window), truth=truth)


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


def _fit(
    sample: Sample,
    rows: Sequence[int],
    prior: PopulationPrior,
    cluster_prior: ClusterPrior,
    sampler: Nuts,
    rng: np.random.Generator,
    words: str,
) -> PopulationFit:
    """Fit those of the clusters."""
    chosen = list(rows)
    target = PopulationPosterior(
        tables=sample.tables.rows(chosen),
        r500=sample.r500[chosen],
        theta_e=sample.column("theta_e")[chosen],
        theta_e_err=sample.column("theta_e_err")[chosen],
        prior=prior,
        cluster_prior=cluster_prior,
    )
    with reporter(words) as report:
        return fit_population(target, sampler, rng, [sample.names[row] for row in chosen], report)


def _predictions(
    sample: Sample,
    held_out: Sequence[str],
    prior: PopulationPrior,
    cluster_prior: ClusterPrior,
    sampler: Nuts,
    seed: int,
) -> dict[str, tuple[PopulationFit, np.ndarray]]:
    """For every cluster the fit without it and the angles that it predicts."""
    found = {}
    for name in held_out:
        row = sample.names.index(name)
        others = [i for i in range(len(sample.clusters)) if i != row]
        rng = np.random.default_rng([seed, *b"without ", *name.encode()])
        fit = _fit(sample, others, prior, cluster_prior, sampler, rng, f"sampling without {name}")
        gamma = 0.0 if prior.gamma_is_free else prior.loc("gamma")
        error = sample.clusters[row].theta_e_err
        r500 = float(sample.r500[row])
        found[name] = fit, predicted_angles(fit, sample.tables, row, r500, gamma, cluster_prior, error, rng)
    return found


def _criteria(fit: PopulationFit) -> tuple[criticism.Criterion, criticism.Criterion]:
    values = fit.flat_log_likelihoods
    return criticism.waic(values), criticism.loo(values)


def _answer(fit: PopulationFit, found: tuple[criticism.Criterion, criticism.Criterion]) -> xr.Dataset:
    words = {
        "A": ("", "amplitude of the cluster"),
        "q": ("", "axis ratio along the line of sight over those in the sky"),
        "kappa": ("", "external convergence"),
        "theta_e": ("arcsec", "Einstein angle"),
    }
    columns = {}
    for name, (unit, text) in words.items():
        draws = fit.clusters[name].reshape(-1, fit.clusters[name].shape[-1])
        columns[f"{name}_mean"] = variable("cluster", draws.mean(axis=0), unit, f"posterior mean, {text}")
        columns[f"{name}_sd"] = variable("cluster", draws.std(axis=0), unit, f"posterior standard deviation, {text}")
    waic, loo = found
    correlation = float(np.corrcoef(fit.draws("mu_A"), np.log(fit.draws("ell0")))[0, 1])
    return xr.Dataset(
        {
            **posterior_scalars(fit.posterior, UNITS),
            "correlation": scalar(correlation, "", "correlation of mu_A and ln(l0) in the posterior"),
            **columns,
            "waic": variable("cluster", waic.pointwise, "", "WAIC of the cluster, on the scale of deviance"),
            "loo": variable("cluster", loo.pointwise, "", "leave-one-out deviance of the cluster"),
            "pareto_k": variable(
                "cluster", loo.pareto_k, "", "shape of its importance weights; above 0.7 not reliable"
            ),
        }
    )


def _data(sample: Sample) -> xr.Dataset:
    lenses = sample.lenses
    columns = {
        "m500": (sample.column("m500"), "solMass", "M500"),
        "z_l": (sample.column("z_l"), "", "redshift of the lens"),
        "z_s": (sample.column("z_s"), "", "redshift of the source"),
        "theta_e": (sample.column("theta_e"), "arcsec", "observed Einstein angle"),
        "theta_e_err": (sample.column("theta_e_err"), "arcsec", "its standard deviation"),
        "r500": (sample.r500, "kpc", "R500"),
        "sigma_crit": ([lens.sigma_crit for lens in lenses], "solMass / kpc2", "critical surface density"),
        "D_l": ([lens.D_l for lens in lenses], "kpc", "angular-diameter distance of the lens"),
    }
    if sample.truth is not None:
        columns["A_true"] = (sample.truth.amplitude, "", "amplitude that was drawn")
        columns["q_true"] = (sample.truth.q, "", "axis ratio that was drawn")
        columns["kappa_true"] = (sample.truth.kappa_ext, "", "external convergence that was drawn")
        columns["theta_e_true"] = (sample.truth.theta_e, "arcsec", "Einstein angle without noise")
    return xr.Dataset(
        {
            "cluster": variable("cluster", sample.names, "", "name"),
            **{
                key: variable("cluster", np.asarray(values), unit, text)
                for key, (values, unit, text) in columns.items()
            },
        }
    )


def _source(sample: Sample, synthetic: SyntheticClusters) -> dict[str, Any]:
    """What the file's `datasets` attribute says of clusters that come from no file."""
    made = sample.truth is not None
    name, cuts = ("synthetic clusters", {"seed": synthetic.seed}) if made else ("clusters of the configuration", {})
    return {"name": name, "sha256": {}, "rows": len(sample.clusters), "cuts": cuts}
