"""The clusters of a population run: observations, lenses, tables of mean convergences, and what a file says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.clusters.kernels import Window
from solvers.clusters.population.lenses import Cluster, LensSettings, PopulationLens, checked_clusters
from solvers.clusters.population.prior import ClusterPrior
from solvers.clusters.population.synthetic import SyntheticClusters, Truth
from solvers.clusters.population.tables import ConvergenceTables, convergence_tables


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Clusters, their lenses and the tables of their mean convergences.

    Parameters
    ----------
    clusters : tuple of Cluster
        Observations.
    lenses : tuple of PopulationLens
        Their baryons and distances.
    tables : ConvergenceTables
        Of the window that is fitted.
    truth : Truth or None
        What a synthetic catalogue was made with.
    """

    clusters: tuple[Cluster, ...]
    lenses: tuple[PopulationLens, ...]
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


def sample_of(
    clusters: Mapping[str, Any] | None,
    synthetic: SyntheticClusters,
    cluster_prior: ClusterPrior,
    window: Window,
    settings: LensSettings,
) -> Sample:
    """Clusters of a configuration, or drawn where there are none.

    Parameters
    ----------
    clusters : mapping or None
        As of `sims.clusters.population.clusters_population`.
    synthetic : SyntheticClusters
        Draws a catalogue if there are no clusters.
    cluster_prior : ClusterPrior
        Of axis ratio and external convergence of what is drawn.
    window : Window
        That is fitted.
    settings : LensSettings
        Baryons, cosmology and constants.

    Raises
    ------
    InvalidInput
        An illegal cluster or window, or baryons that are none.
    """
    truth = None
    if clusters is None:
        chosen, truth = synthetic.draw(settings, window, cluster_prior)
    else:
        chosen = checked_clusters(clusters)
    lenses = settings.lenses(chosen)
    return Sample(clusters=chosen, lenses=lenses, tables=convergence_tables(lenses, window), truth=truth)


def sample_data(sample: Sample) -> xr.Dataset:
    """What is known of every cluster, and of a synthetic one with what it was made."""
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


def sample_source(sample: Sample, synthetic: SyntheticClusters) -> dict[str, Any]:
    """What the file's `datasets` attribute says of clusters that come from no file."""
    made = sample.truth is not None
    name, cuts = ("synthetic clusters", {"seed": synthetic.seed}) if made else ("clusters of the configuration", {})
    return {"name": name, "sha256": {}, "rows": len(sample.clusters), "cuts": cuts}
