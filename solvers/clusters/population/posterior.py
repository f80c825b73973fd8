"""Posterior of a population of amplitudes, in coordinates without bounds, as JAX can differentiate it.

Coordinates: μ_A, ln σ_A, ln(ℓ0/loc), γ if it is free; then of every cluster z with A = μ_A + σ_A z, the logit of q
between its ends, and κ_ext over its standard deviation.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from solvers.clusters.population.prior import ClusterPrior, PopulationPrior
from solvers.clusters.population.tables import ConvergenceTables
from solvers.errors import InvalidInput
from solvers.extras import of_extra

__all__ = ["PopulationPosterior"]

_LN_2PI = math.log(2.0 * math.pi)
_PER_CLUSTER = ("z", "q", "kappa")


@dataclass(frozen=True, eq=False, kw_only=True)
class PopulationPosterior:
    """θ_obs,i ~ N(θ_E,i, σ_i²) for clusters whose amplitudes are a population.

    Parameters
    ----------
    tables : ConvergenceTables
        Of the lenses, n of them.
    r500 : ndarray
        R500 [kpc] of the lenses, shape (n,).
    theta_e, theta_e_err : ndarray
        Observed angles and their standard deviations [arcsec], shape (n,), > 0.
    prior : PopulationPrior
        Of μ_A, σ_A, ℓ0 and γ.
    cluster_prior : ClusterPrior
        Of q and κ_ext.

    Raises
    ------
    InvalidInput
        Fewer than two clusters, shapes that differ, an angle or error that is not positive, or JAX is not installed.

    References
    ----------
    `clusters.md` §5.
    """

    tables: ConvergenceTables
    r500: np.ndarray
    theta_e: np.ndarray
    theta_e_err: np.ndarray
    prior: PopulationPrior = field(default_factory=PopulationPrior)
    cluster_prior: ClusterPrior = field(default_factory=ClusterPrior)

    def __post_init__(self) -> None:
        n = len(self.tables)
        if n < 2:
            raise InvalidInput(f"clusters: {n} has no population, name at least two")
        for name in ("r500", "theta_e", "theta_e_err"):
            values = np.asarray(getattr(self, name), dtype=float)
            if values.shape != (n,) or not (np.isfinite(values) & (values > 0)).all():
                raise InvalidInput(f"{name}: must be {n} numbers > 0")
            object.__setattr__(self, name, values)
        # JAX must be set to 64 bits before anything is traced.
        _ = self._angles

    @property
    def n_clusters(self) -> int:
        """Clusters."""
        return len(self.tables)

    @property
    def n_coordinates(self) -> int:
        """Coordinates of `log_density`."""
        return len(self.prior.names) + len(_PER_CLUSTER) * self.n_clusters

    @property
    def middle(self) -> np.ndarray:
        """A point in the middle of the prior, shape (n_coordinates,)."""
        point = np.zeros(self.n_coordinates)
        point[0], point[1] = self.prior.loc("mu_A"), math.log(0.5 * self.prior.scale("sigma_A"))
        if self.prior.gamma_is_free:
            point[3] = self.prior.loc("gamma")
        return point

    def start(self, rng: np.random.Generator, n_chains: int) -> np.ndarray:
        """Points from which chains start, shape (n_chains, n_coordinates): around the middle of the prior."""
        spread = np.full(self.n_coordinates, 0.3)
        spread[2] *= self.prior.scale("ell0")
        return self.middle + spread * rng.uniform(-1.0, 1.0, (n_chains, self.n_coordinates))

    def log_density(self, x: Any) -> Any:
        """ln of likelihood times prior density in the coordinates, shape () for a point of shape (n_coordinates,).

        JAX can trace it. −∞ where a cluster has no Einstein radius; its gradient is that of the prior there.
        """
        jnp = self._jax.numpy
        likelihood, found = self._log_likelihoods(x)
        return jnp.where(found.all(), jnp.where(found, likelihood, 0.0).sum(), -jnp.inf) + self.log_prior(x)

    def log_likelihoods(self, x: Any) -> Any:
        """ln of the density of every observed angle at a point, shape (n,); −∞ where there is no Einstein radius."""
        likelihood, found = self._log_likelihoods(x)
        return self._jax.numpy.where(found, likelihood, -self._jax.numpy.inf)

    def log_prior(self, x: Any) -> Any:
        """ln of the prior density in the coordinates, shape ()."""
        jnp, prior, own = self._jax.numpy, self.prior, self.cluster_prior
        x = jnp.asarray(x)
        values = self.parameters(x)
        total = _ln_normal((values["mu_A"] - prior.loc("mu_A")) / prior.scale("mu_A")) - math.log(prior.scale("mu_A"))
        sigma = prior.scale("sigma_A")
        total += math.log(2.0) + _ln_normal(values["sigma_A"] / sigma) - math.log(sigma) + x[1]
        total += _ln_normal(x[2] / prior.scale("ell0")) - math.log(prior.scale("ell0"))
        if prior.gamma_is_free:
            off = (values["gamma"] - prior.loc("gamma")) / prior.scale("gamma")
            total += _ln_normal(off) - math.log(prior.scale("gamma"))
        z, logit, standard = self._blocks(x)
        total += _ln_normal(z).sum() + _ln_normal(standard).sum()
        away = (values["q"] - own.q_mean) / own.q_sd
        sigmoid = self._jax.nn.log_sigmoid
        jacobian = math.log(own.q_max - own.q_min) + sigmoid(logit) + sigmoid(-logit)
        return total + (-0.5 * away**2 - own.ln_q_norm + jacobian).sum()

    def angles(self, x: Any) -> tuple[Any, Any]:
        """θ_E [arcsec] of every cluster at a point, and whether it has one; shapes (n,)."""
        jnp = self._jax.numpy
        values = self.parameters(jnp.asarray(x))
        ln_ell0 = jnp.log(values["ell0"]) + values["gamma"] * jnp.asarray(np.log(self.r500 / 1000.0))
        return self._angles(values["A"], ln_ell0, jnp.log(values["q"]), values["kappa"])

    def parameters(self, x: Any) -> dict[str, Any]:
        """`mu_A`, `sigma_A`, `ell0` [kpc] and `gamma`, shape (); `A` (not clipped), `q` and `kappa`, shape (n,)."""
        jnp, prior, own = self._jax.numpy, self.prior, self.cluster_prior
        z, logit, standard = self._blocks(x)
        sigma_A = jnp.exp(x[1])
        return {
            "mu_A": x[0],
            "sigma_A": sigma_A,
            "ell0": prior.loc("ell0") * jnp.exp(x[2]),
            "gamma": x[3] if prior.gamma_is_free else jnp.asarray(prior.loc("gamma")),
            "A": x[0] + sigma_A * z,
            "q": own.q_min + (own.q_max - own.q_min) * self._jax.nn.sigmoid(logit),
            "kappa": own.kappa_sd * standard,
        }

    def coordinates(self, values: dict[str, Any]) -> np.ndarray:
        """The point at which `parameters` are these, shape (n_coordinates,)."""
        prior, own = self.prior, self.cluster_prior
        head = [values["mu_A"], math.log(values["sigma_A"]), math.log(values["ell0"] / prior.loc("ell0"))]
        head += [values["gamma"]] if prior.gamma_is_free else []
        share = (np.asarray(values["q"]) - own.q_min) / (own.q_max - own.q_min)
        z = (np.asarray(values["A"]) - values["mu_A"]) / values["sigma_A"]
        return np.concatenate([head, z, np.log(share / (1.0 - share)), np.asarray(values["kappa"]) / own.kappa_sd])

    def _log_likelihoods(self, x: Any) -> tuple[Any, Any]:
        theta, found = self.angles(x)
        errors = self._jax.numpy.asarray(self.theta_e_err)
        return _ln_normal((self.theta_e - theta) / errors) - np.log(self.theta_e_err), found

    def _blocks(self, x: Any) -> tuple[Any, Any, Any]:
        first, n = len(self.prior.names), self.n_clusters
        return x[first : first + n], x[first + n : first + 2 * n], x[first + 2 * n :]

    @cached_property
    def _jax(self) -> Any:
        return of_extra("solvers.clusters.population.einstein_angle_jax", "nuts").jax

    @cached_property
    def _angles(self) -> Any:
        return of_extra("solvers.clusters.population.einstein_angle_jax", "nuts").einstein_angles(self.tables)


def _ln_normal(standard: Any) -> Any:
    """ln of the standard normal density."""
    return -0.5 * standard**2 - 0.5 * _LN_2PI
