"""Least squares from many starts, for χ² that is a sum of squared residuals and has several minima."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.box import Box
from solvers.inference.minimize import NO_CURVATURE, BestFit, Minimize
from solvers.inference.problem import Problem

_STEP = 1e-6
"""Step of the central differences in the unit cube."""

_AGREE = 0.01
"""Two starts have found the same minimum if their χ² differ by less than this."""

_AT_END = 1e-4
"""Fraction of a range within which the solver's point is tried at the end itself."""


@dataclass(frozen=True, kw_only=True)
class LeastSquares:
    """SciPy's trust-region reflective algorithm from the best points of a Sobol design over the prior.

    Parameters
    ----------
    points : int
        Points of the design, at which χ² is computed; a power of two.
    starts : int
        The best of them, from which the solver starts.
    max_steps : int
        Steps of the solver from one start, at most.
    minimize : Minimize
        Fits the cells of scans and profiles.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    points: int = 4096
    starts: int = 24
    max_steps: int = 500
    minimize: Minimize = field(default_factory=Minimize)

    def __post_init__(self) -> None:
        if self.points < 1 or self.points & (self.points - 1):
            raise ValueError(f"points={self.points}: must be a power of two")
        if not 1 <= self.starts <= self.points:
            raise ValueError(f"starts={self.starts}: must be from 1 to points={self.points}")
        if self.max_steps < 1:
            raise ValueError(f"max_steps={self.max_steps}: must be >= 1")

    def fit(
        self, problem: Problem, rng: np.random.Generator, report: Callable[[int, int], None] = lambda done, of: None
    ) -> tuple[BestFit, int]:
        """Find the lowest χ² in the box.

        Parameters
        ----------
        problem : Problem
            With at least one free parameter, and with `residuals`.
        rng : numpy.random.Generator
            Scrambles the design.
        report : callable
            Told how many starts are done, and of how many.

        Returns
        -------
        fit : BestFit
            Its errors are those of the linearised residuals; no MINOS errors.
        n_agree : int
            Starts that ended in the same minimum.

        Raises
        ------
        InvalidInput
            The problem has no residuals.
        """
        if getattr(problem, "residuals", None) is None:
            raise InvalidInput("inference: these data have no residuals to square, choose inference=minimize")
        search = _Search(problem, self.max_steps)
        ends = []
        for done, x in enumerate(self._design(problem, rng), start=1):
            ends.append(search.solve(x))
            report(done, self.starts)
        best = min(ends, key=lambda end: end.cost)
        n_agree = sum(2.0 * (end.cost - best.cost) < _AGREE for end in ends)
        return search.best_fit(best), n_agree

    def _design(self, problem: Problem, rng: np.random.Generator) -> np.ndarray:
        from scipy.stats import qmc

        free = problem.space.free
        unit = qmc.Sobol(len(free), rng=rng).random(self.points)
        values = Box(free).physical(unit)
        chi2 = np.asarray(problem.chi2(**dict(zip(problem.space.names, values.T, strict=True))))
        return unit[np.argsort(chi2, kind="stable")[: self.starts]]


class _Search:
    """Residuals and their derivatives over the unit cube."""

    def __init__(self, problem: Problem, max_steps: int) -> None:
        self._problem, self._max_steps = problem, max_steps
        self._box = Box(problem.space.free)
        self._n_evaluations = 0

    def _residuals(self, x: np.ndarray) -> np.ndarray:
        points = np.atleast_2d(x)
        self._n_evaluations += len(points)
        values = self._box.physical(points).T
        found = self._problem.residuals(**dict(zip(self._problem.space.names, values, strict=True)))  # type: ignore[attr-defined]
        return found[0] if x.ndim == 1 else found

    def _jacobian(self, x: np.ndarray, moving: np.ndarray) -> np.ndarray:
        """Derivatives with respect to the moving coordinates, shape (n_data, n_moving); all points in one call."""
        steps = _STEP * np.eye(x.size)[moving]
        upper, lower = np.clip(x + steps, 0.0, 1.0), np.clip(x - steps, 0.0, 1.0)
        both = self._residuals(np.concatenate([upper, lower]))
        width = np.sum(upper - lower, axis=1)
        return ((both[: len(steps)] - both[len(steps) :]) / width[:, np.newaxis]).T

    def solve(self, start: np.ndarray, held: np.ndarray | None = None) -> Any:
        """SciPy's result from a point of the cube, with `x` of all coordinates; those `held` stay where they are."""
        from scipy.optimize import least_squares

        moving = np.ones(start.size, dtype=bool) if held is None else ~held

        def whole(part: np.ndarray) -> np.ndarray:
            x = start.copy()
            x[moving] = part
            return x

        found = least_squares(
            lambda part: self._residuals(whole(part)),
            np.clip(start[moving], 1e-6, 1.0 - 1e-6),
            jac=lambda part: self._jacobian(whole(part), moving),
            bounds=(0.0, 1.0),
            ftol=1e-10,
            xtol=1e-10,
            gtol=1e-10,
            max_nfev=self._max_steps,
        )
        found.x = whole(found.x)
        return found

    def best_fit(self, end: Any) -> BestFit:
        """The end of a search with errors and flags; coordinates next to an end of their range are put there."""
        x, at_bound, converged = end.x, np.minimum(end.x, 1.0 - end.x) < _AT_END, end.status > 0
        if at_bound.any():
            snapped = np.where(at_bound, np.round(x), x)
            again = snapped if at_bound.all() else self.solve(snapped, at_bound).x
            if self._chi2(again) <= self._chi2(x) + _AGREE:
                x = again
            else:
                at_bound[:] = False
        jacobian = self._jacobian(x, np.ones(x.size, dtype=bool))
        covariance, flat = _covariance(jacobian, at_bound)
        scale = self._box.scale(x)
        covariance = covariance * np.outer(scale, scale)
        return BestFit(
            values=self._box.physical(x),
            sigma=np.sqrt(np.diagonal(covariance)),
            covariance=covariance,
            lower=None,
            upper=None,
            at_bound=at_bound,
            is_flat=flat,
            chi2=self._chi2(x),
            converged=bool(converged),
            n_evaluations=self._n_evaluations,
        )

    def _chi2(self, x: np.ndarray) -> float:
        residuals = self._residuals(x)
        return float(residuals @ residuals)


def _covariance(jacobian: np.ndarray, at_bound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(JᵀJ)⁻¹ of the parameters that are determined, NaN for the others; and which are part of a flat direction."""
    n = at_bound.size
    covariance, flat = np.full((n, n), np.nan), np.zeros(n, dtype=bool)
    moving = np.flatnonzero(~at_bound)
    curvature, vectors = np.linalg.eigh(2.0 * jacobian[:, moving].T @ jacobian[:, moving])
    for vector in vectors.T[curvature < NO_CURVATURE]:
        flat[moving[np.abs(vector) > 0.1]] = True
    kept = np.flatnonzero(~at_bound & ~flat)
    if kept.size:
        normal = jacobian[:, kept].T @ jacobian[:, kept]
        covariance[np.ix_(kept, kept)] = np.linalg.inv(normal)
    return covariance, flat
