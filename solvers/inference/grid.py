"""The exact posterior of up to three parameters, on a grid over the prior."""

from dataclasses import dataclass, field

import numpy as np

from solvers.inference.minimize import Minimize
from solvers.inference.prior import Prior
from solvers.inference.problem import Problem

MAX_PARAMETERS = 3


@dataclass(frozen=True)
class GridPosterior:
    """A normalised density on a grid.

    Parameters
    ----------
    axes : dict of str to ndarray
        Grid of each parameter.
    density : ndarray
        Posterior density per unit of every parameter, shape of the grid; its integral is 1.
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
    mean: np.ndarray
    sd: np.ndarray
    log_evidence: float
    log_evidence_error: float
    converged: bool
    n_evaluations: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Evaluate the posterior on a grid and integrate it by trapezoids.

    Parameters
    ----------
    minimize : Minimize
        How the best fit beside it is found.
    points : int
        Odd number of points for each parameter, at least 5; geometric where the prior spans decades.

    Raises
    ------
    ValueError
        A number of points that is even or too small.
    """

    minimize: Minimize = field(default_factory=Minimize)
    points: int = 201

    def __post_init__(self) -> None:
        if self.points < 5 or self.points % 2 == 0:
            raise ValueError(f"points={self.points}: must be odd and >= 5")

    def evaluate(self, problem: Problem) -> GridPosterior:
        """The posterior of the problem's free parameters.

        Raises
        ------
        ValueError
            More than three free parameters.
        """
        free = problem.space.free
        if len(free) > MAX_PARAMETERS:
            names = ", ".join(parameter.name for parameter in free)
            raise ValueError(f"a grid takes up to {MAX_PARAMETERS} free parameters, these are {len(free)}: {names}")
        axes = {parameter.name: parameter.grid(self.points) for parameter in free}
        mesh = np.meshgrid(*axes.values(), indexing="ij")
        flat = np.stack([array.ravel() for array in mesh], axis=-1)
        chi2 = np.asarray(problem.chi2(**dict(zip(axes, mesh, strict=True))))
        log_prior = Prior(free).log_density(flat).reshape(chi2.shape)
        log_joint = log_prior - 0.5 * chi2
        peak = float(np.max(log_joint))
        joint = np.exp(log_joint - peak)
        grids = list(axes.values())
        total = _integral(joint, grids)
        half = tuple(slice(None, None, 2) for _ in grids)
        coarse = _integral(joint[half], [grid[::2] for grid in grids])
        density = joint / total
        mean = np.array([_integral(density * array, grids) for array in mesh])
        sd = np.sqrt([_integral(density * (a - m) ** 2, grids) for a, m in zip(mesh, mean, strict=True)])
        error = abs(float(np.log(total) - np.log(coarse))) if coarse > 0 else np.inf
        return GridPosterior(
            axes=axes,
            density=density,
            mean=mean,
            sd=sd,
            log_evidence=peak + float(np.log(total)),
            log_evidence_error=error,
            converged=error < 0.01,
            n_evaluations=chi2.size,
        )


def _integral(values: np.ndarray, grids: list[np.ndarray]) -> float:
    for grid in reversed(grids):
        values = np.trapezoid(values, grid, axis=-1)
    return float(values)
