"""The exact posterior of up to three parameters, on a grid over the prior."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import Free
from solvers.inference.posterior import Report
from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

MAX_PARAMETERS = 3

_TOLERANCE = 0.01
"""Error of ln Z below which a grid counts as fine enough."""

_SLAB = 2**17
"""Points evaluated at once."""

_END_WEIGHTS = np.array([3.0 / 8.0, 7.0 / 6.0, 23.0 / 24.0])
"""Gregory's weights of the first points: fourth order at the ends of a prior, the trapezoidal rule inside."""


@dataclass(frozen=True)
class GridPosterior:
    """A normalised density on a grid.

    Parameters
    ----------
    axes : dict of str to ndarray
        Grid of each parameter.
    density : ndarray
        Posterior density per unit of every parameter, shape of the grid.
    probability : ndarray
        Posterior mass that each point stands for, shape of the grid; adds up to 1. Weights of the points as samples.
    mean, sd : ndarray
        Of each parameter.
    log_evidence, log_evidence_error : float
        ln Z with the likelihood exp(−χ²/2); the error is the change when every other point is left out.
    converged : bool
        That error is below 0.01.
    n_evaluations : int
        Points of the grid.
    """

    axes: dict[str, np.ndarray]
    density: np.ndarray
    probability: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    log_evidence: float
    log_evidence_error: float
    converged: bool
    n_evaluations: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Evaluate the posterior on a grid and integrate it.

    Where a prior spans decades its grid is geometric and the integral is taken over the logarithm. A posterior that
    is smooth over a few points is integrated to rounding; the error estimate says where it is not.

    Parameters
    ----------
    minimize : Minimize
        How the best fit beside it is found.
    points : int
        Odd number of points for each parameter, at least 13.

    Raises
    ------
    ValueError
        A number of points that is even or too small.
    """

    minimize: Minimize = field(default_factory=Minimize)
    points: int = 201

    def __post_init__(self) -> None:
        if self.points < 13 or self.points % 2 == 0:
            raise ValueError(f"points={self.points}: must be odd and >= 13")

    def evaluate(self, problem: Problem, report: Report | None = None) -> GridPosterior:
        """The posterior of the problem's free parameters.

        Parameters
        ----------
        problem : Problem
            With one to three free parameters.
        report : callable, optional
            Told `(points, all points)` on the way.

        Raises
        ------
        InvalidInput
            No free parameter, more than three, or a model that exists at no point of the grid.
        """
        free = problem.space.free
        names = [parameter.name for parameter in free]
        if not 1 <= len(free) <= MAX_PARAMETERS:
            raise InvalidInput(
                f"inference: a grid takes 1 to {MAX_PARAMETERS} free parameters, these are {len(free)}: "
                f"{', '.join(names)}; fix some of them or take inference=nautilus"
            )
        grids = [parameter.grid(self.points) for parameter in free]
        log_joint = _log_joint(problem, free, grids, report)
        peak = float(np.max(log_joint))
        if not np.isfinite(peak):
            raise InvalidInput(f"inference: the model exists nowhere on the grid of {', '.join(names)}")
        joint = np.exp(log_joint - peak)
        mass = _weighted(joint, free, grids)
        every_other = (slice(None, None, 2),) * len(grids)
        total = float(np.sum(mass))
        coarse = float(np.sum(_weighted(joint[every_other], free, [grid[::2] for grid in grids])))
        error = abs(float(np.log(total / coarse))) if coarse > 0 else np.inf
        probability = mass / total
        marginals = [_marginal(probability, i) for i in range(len(grids))]
        mean = np.array([grid @ marginal for grid, marginal in zip(grids, marginals, strict=True)])
        variance = [(grid - m) ** 2 @ marginal for grid, m, marginal in zip(grids, mean, marginals, strict=True)]
        return GridPosterior(
            axes=dict(zip(names, grids, strict=True)),
            density=joint / total,
            probability=probability,
            mean=mean,
            sd=np.sqrt(variance),
            log_evidence=peak + float(np.log(total)),
            log_evidence_error=error,
            converged=error < _TOLERANCE,
            n_evaluations=joint.size,
        )


def _log_joint(
    problem: Problem, free: Sequence[Free], grids: Sequence[np.ndarray], report: Report | None
) -> np.ndarray:
    """ln of likelihood times prior on the grid, in slabs along its first axis to spare memory."""
    log_joint = np.empty([len(grid) for grid in grids])
    names = [parameter.name for parameter in free]
    thickness = max(1, _SLAB * len(log_joint) // log_joint.size)
    for i in range(0, len(log_joint), thickness):
        slab = slice(i, i + thickness)
        mesh = np.meshgrid(grids[0][slab], *grids[1:], indexing="ij")
        log_joint[slab] = -0.5 * problem.chi2(**dict(zip(names, mesh, strict=True)))
        if report is not None:
            report(log_joint[: i + thickness].size, log_joint.size)
    for axis, (parameter, grid) in enumerate(zip(free, grids, strict=True)):
        log_joint += _along(Prior([parameter]).log_density(grid[:, np.newaxis]), axis, len(grids))
    return log_joint


def _weighted(values: np.ndarray, free: Sequence[Free], grids: Sequence[np.ndarray]) -> np.ndarray:
    """Values times the quadrature weights of every axis: their sum is the integral."""
    for axis, (parameter, grid) in enumerate(zip(free, grids, strict=True)):
        values = values * _along(_weights(parameter, grid), axis, len(grids))
    return values


def _weights(parameter: Free, grid: np.ndarray) -> np.ndarray:
    weights = np.ones(len(grid))
    weights[: len(_END_WEIGHTS)] = _END_WEIGHTS
    weights[-len(_END_WEIGHTS) :] = _END_WEIGHTS[::-1]
    if parameter.is_logarithmic:
        return weights * grid * np.log(grid[-1] / grid[0]) / (len(grid) - 1)
    return weights * (grid[-1] - grid[0]) / (len(grid) - 1)


def _marginal(probability: np.ndarray, axis: int) -> np.ndarray:
    return probability.sum(axis=tuple(i for i in range(probability.ndim) if i != axis))


def _along(values: np.ndarray, axis: int, n_axes: int) -> np.ndarray:
    """A vector shaped to broadcast along one axis of the grid."""
    return values.reshape([-1 if i == axis else 1 for i in range(n_axes)])
