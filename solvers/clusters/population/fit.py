"""Draws of a population by NUTS, and what they predict for a cluster that was not among the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.clusters.population.einstein_angle import einstein_angle
from solvers.clusters.population.posterior import PopulationPosterior
from solvers.clusters.population.prior import ClusterPrior
from solvers.clusters.population.tables import ConvergenceTables
from solvers.errors import InvalidInput
from solvers.extras import jax_64
from solvers.inference.nuts_sampler import Nuts
from solvers.inference.posterior import Posterior, Report

__all__ = ["PopulationFit", "fit_population", "predicted_angles"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PopulationFit:
    """Draws of a population and of its clusters.

    Parameters
    ----------
    posterior : Posterior
        Of the parameters of the population; ln of the prior density is that of all coordinates, of the clusters too.
    clusters : mapping of str to ndarray
        `A` (0 where the draw is below), `q`, `kappa` and `theta_e` [arcsec], shape (n_chains, n_draws, n_clusters).
    log_likelihoods : ndarray
        ln density of every observed angle, of the same shape.
    """

    posterior: Posterior
    clusters: Mapping[str, np.ndarray]
    log_likelihoods: np.ndarray

    @property
    def flat_log_likelihoods(self) -> np.ndarray:
        """The same along all draws, shape (n_chains n_draws, n_clusters)."""
        return self.log_likelihoods.reshape(-1, self.log_likelihoods.shape[-1])

    def draws(self, name: str) -> np.ndarray:
        """All draws of a parameter of the population, shape (n_chains n_draws,).

        Raises
        ------
        ValueError
            It was not free.
        """
        return self.posterior.samples[..., self.posterior.names.index(name)].ravel()


def fit_population(
    target: PopulationPosterior,
    sampler: Nuts,
    rng: np.random.Generator,
    names: Sequence[str],
    report: Report | None = None,
) -> PopulationFit:
    """Sample the posterior of a population.

    Parameters
    ----------
    target : PopulationPosterior
        The posterior.
    sampler : Nuts
        The sampler.
    rng : numpy.random.Generator
        Seeds start and moves.
    names : sequence of str
        Of the clusters, for messages.
    report : callable, optional
        Told how far it is.

    Raises
    ------
    InvalidInput
        NumPyro is not installed, or a cluster has no Einstein radius in the middle of the prior, where chains start.
    """
    jax = jax_64()
    _check_middle(target, names)
    found = sampler.sample(target, rng, report)

    def at(x: Any) -> dict[str, Any]:
        return target.parameters(x) | {
            "theta_e": target.angles(x)[0],
            "log_likelihoods": target.log_likelihoods(x),
            "log_prior": target.log_prior(x),
        }

    made = jax.jit(jax.vmap(jax.vmap(at)))(found.coordinates)
    values = {name: np.ascontiguousarray(each) for name, each in made.items()}
    posterior = Posterior(
        names=target.prior.names,
        samples=np.stack([values[name] for name in target.prior.names], axis=-1),
        log_likelihood=values["log_likelihoods"].sum(axis=-1),
        log_prior=values["log_prior"],
        converged=found.converged,
        diagnostics=found.diagnostics,
    )
    clusters = {name: values[name] for name in ("q", "kappa", "theta_e")} | {"A": np.maximum(values["A"], 0.0)}
    return PopulationFit(posterior=posterior, clusters=clusters, log_likelihoods=values["log_likelihoods"])


def _check_middle(target: PopulationPosterior, names: Sequence[str]) -> None:
    """Raise for clusters without an Einstein radius where the chains start."""
    amplitude, ell0, gamma = (target.prior.loc(name) for name in ("mu_A", "ell0", "gamma"))
    theta = [
        einstein_angle(target.tables, row, amplitude, ell0 * (r500 / 1000.0) ** gamma)
        for row, r500 in enumerate(target.r500)
    ]
    without = [name for name, angle in zip(names, theta, strict=True) if not np.isfinite(angle)]
    if without:
        raise InvalidInput(
            f"clusters.{without[0]}: has no Einstein radius in the middle of the prior, as {len(without)} of "
            f"{len(names)}; check m500 and redshifts, or window and populations.NAME.params"
        )


def predicted_angles(
    fit: PopulationFit,
    tables: ConvergenceTables,
    row: int,
    r500: float,
    gamma: float,
    cluster_prior: ClusterPrior,
    theta_e_err: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Angles that a population predicts to be observed for another cluster [arcsec], one for each of its draws.

    A is drawn from the population, q and κ_ext from their priors, and the error of the measurement is added.

    Parameters
    ----------
    fit : PopulationFit
        Without the cluster.
    tables : ConvergenceTables
        In which the cluster is the lens `row`.
    row : int
        Which.
    r500 : float
        Its R500 [kpc].
    gamma : float
        γ where it was not free.
    cluster_prior : ClusterPrior
        Of q and κ_ext.
    theta_e_err : float
        Standard deviation of the observed angle [arcsec].
    rng : numpy.random.Generator
        Of all draws.

    Returns
    -------
    ndarray
        Shape (n_chains n_draws,); draws without an angle are as in `einstein_angle`.

    References
    ----------
    `clusters.md` §5.
    """
    mu_A, sigma_A, ell0 = (fit.draws(name) for name in ("mu_A", "sigma_A", "ell0"))
    exponent = fit.draws("gamma") if "gamma" in fit.posterior.names else gamma
    amplitude = mu_A + sigma_A * rng.standard_normal(mu_A.size)
    q, kappa = cluster_prior.draw(rng, mu_A.size)
    theta = einstein_angle(tables, row, amplitude, ell0 * (r500 / 1000.0) ** exponent, q, kappa)
    return theta + theta_e_err * rng.standard_normal(theta.size)
