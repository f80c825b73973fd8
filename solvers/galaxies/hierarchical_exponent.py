"""Whether the exponent p of the power-law kernel follows morphology: posterior of p_i = μ + β z_i + σ ε_i.

The ε_i are integrated out over tabulated likelihoods of the galaxies, so that a posterior of three numbers is left,
which a grid holds. A p_i outside the table counts as its end, 0.1 or 3, as in the source.

References
----------
SI §14.2 (model), §14.3 (0.802 ± 0.021, 0.234 ± 0.024, 0.366 ± 0.028: its errors are 0.5 to 0.8 times those found here).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from solvers.errors import InvalidInput
from solvers.galaxies.exponent_likelihood import ExponentTable
from solvers.inference.grid import GridPosterior

NAMES = ("mu", "beta", "sigma")

_REACH = 5.5
"""Half width of the grid in standard deviations."""

_SETTLED = 0.05
"""Change of means and standard deviations, in these, at which the grid stays where it is."""

_AT_END = 1e-3
"""Posterior mass in the first or last point of an axis above which the grid does not shrink."""

_MAX_GRIDS = 20

_NODES_PER_SIGMA, _BEYOND = 8.0, 7.0
"""Centres in a σ between which a spline goes, and how many σ beyond the ends of the table the last one is."""


@dataclass(frozen=True, kw_only=True)
class HyperPrior:
    """μ ~ N(`mu`, `mu_sd`), β ~ N(0, `beta_sd`), σ ~ half-normal of `sigma_sd`.

    Raises
    ------
    ValueError
        A width that is not positive.
    """

    mu: float = 0.75
    mu_sd: float = 0.5
    beta_sd: float = 0.3
    sigma_sd: float = 0.5

    def __post_init__(self) -> None:
        for name in ("mu_sd", "beta_sd", "sigma_sd"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")

    def log_density(self, mu: Any, beta: Any, sigma: Any) -> Any:
        """ln of the density, normalised, for σ >= 0."""
        widths = self.mu_sd * self.beta_sd * self.sigma_sd
        squares = ((mu - self.mu) / self.mu_sd) ** 2 + (beta / self.beta_sd) ** 2 + (sigma / self.sigma_sd) ** 2
        return -0.5 * squares - np.log(widths) - 1.5 * np.log(2.0 * np.pi) + np.log(2.0)


def hyper_posterior(
    table: ExponentTable, z: Any, *, prior: HyperPrior | None = None, points: int = 21
) -> GridPosterior:
    """Posterior of μ, β and σ on a grid 5.5 standard deviations to both sides of its mean.

    The grid starts as wide as the prior and is moved until it fits. Around the posterior, ln of the likelihood is
    that of the table to 1e-5.

    Parameters
    ----------
    table : ExponentTable
        Likelihoods.
    z : array_like
        What the exponent may follow, such as `standardised` codes, shape (n_galaxies,).
    prior : HyperPrior, optional
        None: the published one.
    points : int
        Odd number of points of each axis, at least 13.

    Returns
    -------
    GridPosterior
        Axes mu, beta, sigma; what is beyond 5.5 standard deviations is left out.

    Raises
    ------
    InvalidInput
        Another number of z than of galaxies, one that is not finite, a number of points that is even or too small, or
        a posterior that no grid fits.

    References
    ----------
    SI §14.2.
    """
    z = np.asarray(z, dtype=float)
    if z.shape != (len(table.names),) or not np.all(np.isfinite(z)):
        raise InvalidInput(f"z: has shape {z.shape}, must be {len(table.names)} finite numbers")
    if points < 13 or points % 2 == 0:
        raise InvalidInput(f"points={points}: must be odd and >= 13")
    prior, likelihood = prior or HyperPrior(), _Marginal(table, z)
    mean, sd = np.array([prior.mu, 0.0, prior.sigma_sd]), np.array([prior.mu_sd, prior.beta_sd, prior.sigma_sd])
    for _ in range(_MAX_GRIDS):
        low, high = mean - _REACH * sd, mean + _REACH * sd
        low[2] = max(low[2], 0.0)
        axes = [np.linspace(*ends, points) for ends in zip(low, high, strict=True)]
        mesh = np.meshgrid(*axes, indexing="ij")
        posterior = _posterior(axes, likelihood.on_grid(*axes) + prior.log_density(*mesh))
        moved = np.abs(posterior.mean - mean) + np.abs(posterior.sd - sd)
        if np.all(moved < _SETTLED * posterior.sd):
            return posterior
        mean, sd = posterior.mean, _next_width(posterior, sd, (high - low) / (points - 1))
    raise InvalidInput(f"z: after {_MAX_GRIDS} attempts no grid fits the posterior of μ, β and σ")


def exponent_of_class(posterior: GridPosterior, z: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of μ + β z, each of the shape of `z`: the exponent that a class has on average."""
    mu, beta = np.meshgrid(posterior.axes["mu"], posterior.axes["beta"], indexing="ij")
    weight = posterior.probability.sum(axis=2)
    value = mu + beta * np.asarray(z, dtype=float)[..., None, None]
    mean = np.sum(weight * value, axis=(-2, -1))
    return mean, np.sqrt(np.sum(weight * (value - mean[..., None, None]) ** 2, axis=(-2, -1)))


class _Marginal:
    """ln of the likelihood of μ, β and σ, the ε integrated out."""

    def __init__(self, table: ExponentTable, z: np.ndarray) -> None:
        best = table.log_likelihood.max(axis=1)
        self._likelihood = np.exp(table.log_likelihood - best[:, None]).T
        self._offset = float(best.sum())
        self._p = table.exponents
        self._step = float(np.diff(table.exponents).min())
        self._values, self._class = np.unique(z, return_inverse=True)

    def of_galaxies(self, centre: np.ndarray, sigma: float) -> np.ndarray:
        """ln of the integral over p of every galaxy for p_i ~ N(`centre`, σ), shape (n, n_galaxies)."""
        edges = (self._p[1:] + self._p[:-1]) / 2.0
        # Narrower than a step, a Gaussian is in one or two cells of the table.
        below = ndtr((edges - centre[:, None]) / max(sigma, 1e-6 * self._step))
        # The end values stand for all that is beyond them.
        mass = np.diff(below, axis=1, prepend=0.0, append=1.0)
        # Where no p that is likely is near, 1e-300 is as good as 0, and has a logarithm.
        return np.log(np.maximum(mass @ self._likelihood, 1e-300))

    def on_grid(self, mu: np.ndarray, beta: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Shape (n_mu, n_beta, n_sigma)."""
        total = np.full((mu.size, beta.size, sigma.size), self._offset)
        for i, width in enumerate(sigma):
            # Smooth over σ, hence a spline through few centres. Beyond the last nothing changes.
            reach = _BEYOND * max(width, self._step)
            ends = self._p[0] - reach, self._p[-1] + reach
            spacing = max(width / _NODES_PER_SIGMA, self._step)
            nodes = np.linspace(*ends, 2 + int((ends[1] - ends[0]) / spacing))
            of_galaxies = self.of_galaxies(nodes, float(width))
            for k, z in enumerate(self._values):
                spline = CubicSpline(nodes, of_galaxies[:, self._class == k].sum(axis=1))
                total[:, :, i] += spline(np.clip(mu[:, None] + beta * z, *ends))
        return total


def _next_width(posterior: GridPosterior, sd: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Standard deviations for which the next grid is made: at least a cell of this one, and not smaller at an end."""
    width = np.maximum(posterior.sd, spacing / _REACH)
    for i, axis in enumerate(posterior.axes.values()):
        ends = _marginal(posterior.probability, i)[[0, -1]] > _AT_END
        if ends[1] or (ends[0] and not (NAMES[i] == "sigma" and axis[0] == 0)):
            width[i] = max(width[i], sd[i])
    return width


def _marginal(probability: np.ndarray, axis: int) -> np.ndarray:
    return probability.sum(axis=tuple({0, 1, 2} - {axis}))


def _posterior(axes: list[np.ndarray], log_joint: np.ndarray) -> GridPosterior:
    peak = float(log_joint.max())
    if not np.isfinite(peak):
        raise InvalidInput("exponents: no μ, β and σ of the grid give the galaxies a likelihood")
    joint = np.exp(log_joint - peak)
    mass = _weighted(joint, axes)
    total = float(mass.sum())
    coarse = float(_weighted(joint[::2, ::2, ::2], [axis[::2] for axis in axes]).sum())
    error = abs(float(np.log(total / coarse))) if coarse > 0 else np.inf
    probability = mass / total
    marginals = [_marginal(probability, i) for i in range(3)]
    mean = np.array([axis @ marginal for axis, marginal in zip(axes, marginals, strict=True)])
    variance = [(axis - m) ** 2 @ marginal for axis, m, marginal in zip(axes, mean, marginals, strict=True)]
    return GridPosterior(
        axes=dict(zip(NAMES, axes, strict=True)),
        density=joint / total,
        probability=probability,
        mean=mean,
        sd=np.sqrt(variance),
        log_evidence=peak + float(np.log(total)),
        log_evidence_error=error,
        converged=error < 0.01,
        n_evaluations=joint.size,
    )


def _weighted(values: np.ndarray, axes: list[np.ndarray]) -> np.ndarray:
    """Values times the weights of the trapezoidal rule."""
    for i, axis in enumerate(axes):
        weights = np.gradient(axis)
        weights[[0, -1]] /= 2.0
        values = values * weights.reshape([-1 if j == i else 1 for j in range(3)])
    return values
