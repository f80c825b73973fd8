"""Least squares from many starts, for χ² that is a sum of squared residuals and has several minima."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.box import Box
from solvers.inference.minimize import NO_CURVATURE, BestFit, Minimize
from solvers.inference.problem import Problem

_STEP = 1e-7
"""Step of the differences in the unit cube."""

_ROUGH, _FINE = 1e-8, 1e-14
"""Relative change of χ² at which a search ends, from a start and from the best of their ends."""

_AGREE, _AGREE_RELATIVE = 0.01, 1e-6
"""Two starts have found the same minimum if their χ² differ by less than the first and this fraction of χ²."""

_AT_END = 1e-4
"""Fraction of a range within which the solver's point is tried at the end itself."""

_ROUNDING = 1e-11
"""χ² at the end may be worse by this fraction."""


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
            The problem has no residuals, or no prediction at any point of the design.
        """
        if getattr(problem, "residuals", None) is None:
            raise InvalidInput("inference: these data have no residuals to square, choose inference=minimize")
        search = _Search(problem, self.max_steps)
        ends, starts = [], self._starts(search, rng)
        for done, x in enumerate(starts, start=1):
            ends.append(search.solve(x))
            report(done, len(starts))
        best = search.solve(min(ends, key=lambda end: end.cost).x, is_last=True)
        same = best.cost * (1.0 + _AGREE_RELATIVE) + 0.5 * _AGREE
        return search.best_fit(best), sum(bool(end.cost < same) for end in ends)

    def _starts(self, search: "_Search", rng: np.random.Generator) -> np.ndarray:
        from scipy.stats import qmc

        points = qmc.Sobol(search.n_params, rng=rng).random(self.points)
        chi2 = search.chi2(points)
        points, chi2 = points[np.isfinite(chi2)], chi2[np.isfinite(chi2)]
        if chi2.size == 0:
            raise InvalidInput(
                f"inference.points={self.points}: the model has no prediction at any of them, narrow the priors"
            )
        return points[np.argsort(chi2, kind="stable")[: self.starts]]


class _Search:
    """Residuals and their derivatives over the unit cube."""

    def __init__(self, problem: Problem, max_steps: int) -> None:
        self._problem, self._max_steps = problem, max_steps
        self._box = Box(problem.space.free)
        self._n_evaluations = 0
        self.n_params = len(problem.space.free)

    def _theta(self, x: np.ndarray) -> dict[str, Any]:
        self._n_evaluations += x.size // self.n_params
        return dict(zip(self._problem.space.names, self._box.physical(x).T, strict=True))

    def chi2(self, x: np.ndarray) -> np.ndarray:
        """χ² at points of the cube, shape (n, n_params)."""
        return np.asarray(self._problem.chi2(**self._theta(x)))

    def _residuals(self, x: np.ndarray) -> np.ndarray:
        return self._problem.residuals(**self._theta(x))  # type: ignore[attr-defined]

    def _jacobian(self, x: np.ndarray, moving: np.ndarray, is_central: bool) -> np.ndarray:
        """Derivatives with respect to the moving coordinates, shape (n_data, n_moving).

        By differences towards the middle of the cube, or to both sides. A side without residuals is left out; with
        none on either side a derivative is 0.
        """
        inward = np.where(x < 0.5, _STEP, -_STEP)
        sides = [self._slopes(x, moving, inward)]
        if is_central or not np.isfinite(sides[0]).all():
            sides.append(self._slopes(x, moving, -inward))
        slopes = np.stack(sides)
        has_residuals = np.isfinite(slopes).all(axis=-1, keepdims=True)
        total = np.sum(np.where(has_residuals, slopes, 0.0), axis=0)
        return (total / np.maximum(np.sum(has_residuals, axis=0), 1)).T

    def _slopes(self, x: np.ndarray, moving: np.ndarray, step: np.ndarray) -> np.ndarray:
        points = np.clip(x + np.diag(step)[moving], 0.0, 1.0)
        width = np.sum(points - x, axis=1)
        # Residuals at x come from the same call, whose rounding then cancels: a flat direction has a slope of 0.
        residuals = self._residuals(np.vstack([x, points]))
        with np.errstate(divide="ignore", invalid="ignore"):
            return (residuals[1:] - residuals[0]) / width[:, np.newaxis]

    def solve(self, start: np.ndarray, held: np.ndarray | None = None, is_last: bool = False) -> Any:
        """SciPy's result from a point of the cube, with `x` of all coordinates; those `held` stay where they are.

        The last search has central differences, and goes on for as long as χ² falls.
        """
        from scipy.optimize import least_squares

        moving = np.ones(start.size, dtype=bool) if held is None else ~held

        def whole(part: np.ndarray) -> np.ndarray:
            x = start.copy()
            x[moving] = part
            return x

        found = least_squares(
            lambda part: self._residuals(whole(part)),
            start[moving],
            jac=lambda part: self._jacobian(whole(part), moving, is_last),
            bounds=(0.0, 1.0),
            x_scale="jac",
            ftol=_FINE if is_last else _ROUGH,
            xtol=1e-10,
            gtol=1e-10,
            max_nfev=self._max_steps,
        )
        found.x = whole(found.x)
        return found

    def best_fit(self, end: Any) -> BestFit:
        """The end of a search with errors and flags; coordinates next to an end of their range are put there."""
        x, converged, lowest = end.x, end.status > 0, self._chi2(end.x)
        at_bound = np.zeros(x.size, dtype=bool)
        for i in np.flatnonzero(np.minimum(x, 1.0 - x) < _AT_END):
            held, there = at_bound.copy(), x.copy()
            held[i], there[i] = True, np.round(x[i])
            chi2 = self._chi2(there)
            if not held.all() and np.isfinite(chi2):
                again = self.solve(there, held, is_last=True)
                there, chi2 = again.x, 2.0 * again.cost
            middle, rounding = np.where(np.arange(x.size) == i, 0.5, there), _ROUNDING * (1.0 + lowest)
            # Where χ² is no higher in the middle of the range, the end is one of many.
            if chi2 <= lowest + rounding and not self._chi2(middle) <= chi2 + rounding:
                x, at_bound, lowest = there, held, chi2
        everything = np.ones(x.size, dtype=bool)
        jacobian = self._jacobian(x, everything, is_central=True)
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
            chi2=lowest,
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
    held = at_bound.copy()
    for vector in vectors.T[curvature < NO_CURVATURE]:
        flat[moving[np.abs(vector) > 0.1]] = True
        # One parameter of each direction: with all of them held the errors of the others would come out too small.
        held[moving[np.argmax(np.abs(vector) * ~held[moving])]] = True
    kept = np.flatnonzero(~held)
    if kept.size:
        normal = jacobian[:, kept].T @ jacobian[:, kept]
        covariance[np.ix_(kept, kept)] = np.linalg.inv(normal)
    covariance[flat] = covariance[:, flat] = np.nan
    return covariance, flat
