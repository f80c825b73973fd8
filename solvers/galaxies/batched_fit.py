"""Fits of a few parameters to every galaxy at once: a grid over the box, then damped least squares from its best cells.

All galaxies, starts and grid cells are axes of arrays, so that the same code runs on NumPy and CuPy.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves, to_numpy

_MOST_CELLS = 2**18
"""Of the grid of one galaxy."""

_CHUNK = 2**21
"""Predicted points that are held at a time on the grid."""

_STEP = 1e-7
"""Of finite differences, in units of the box."""

_ROUND = 12
"""Steps of the least squares after which finished galaxies are left out."""

_TOLERANCE = 1e-11
"""Relative decrease of χ², promised or made by a step, below which a galaxy is done."""

_CLOSE = 1e-6
"""Distance to an end of the box, in units of the box, at which a minimum is said to be there."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Where a parameter is looked for.

    Parameters
    ----------
    low, high : float
        Ends, low < high.
    log : bool
        The grid is even in the logarithm; low > 0.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        finite = math.isfinite(self.low) and math.isfinite(self.high)
        if not (finite and self.low < self.high) or (self.log and not self.low > 0):
            raise ValueError(f"low={self.low}, high={self.high}: must be finite and in order, and > 0 for log")

    def value(self, unit: Any, xp: Any) -> Any:
        """Values at 0 <= unit <= 1."""
        if not self.log:
            return self.low + unit * (self.high - self.low)
        return self.low * xp.exp(unit * np.log(self.high / self.low))


@dataclass(frozen=True, eq=False)
class GalaxyFits:
    """Lowest χ² of every galaxy.

    Attributes
    ----------
    names : tuple of str
        Fitted parameters.
    values : ndarray
        Shape (n_parameters, n_galaxies).
    chi2 : ndarray
        Shape (n_galaxies,).
    at_bound : ndarray of bool
        The minimum is at an end of the range, shape (n_parameters, n_galaxies).
    converged : ndarray of bool
        The last step no longer lowered χ², shape (n_galaxies,).
    """

    names: tuple[str, ...]
    values: Any
    chi2: Any
    at_bound: Any
    converged: Any

    def on_cpu(self) -> "GalaxyFits":
        """The same with NumPy arrays."""
        arrays = (to_numpy(each) for each in (self.values, self.chi2, self.at_bound, self.converged))
        return GalaxyFits(self.names, *arrays)


@dataclass(frozen=True, kw_only=True)
class BatchedFit:
    """Global fits of the same parameters to every galaxy.

    Parameters
    ----------
    points : int
        Points of the grid along each parameter, >= 2.
    starts : int
        Cells of the grid that are lower than their neighbours, best first, from which least squares start; >= 1.
    max_steps : int
        Steps of the least squares at most.
    error_floor : float
        Smallest error of a velocity [km/s].

    Raises
    ------
    ValueError
        A number out of its range.
    """

    points: int = 32
    starts: int = 6
    max_steps: int = 200
    error_floor: float = 0.1

    def __post_init__(self) -> None:
        for name, least in (("points", 2), ("starts", 1), ("max_steps", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}={getattr(self, name)}: must be >= {least}")
        if not (self.error_floor >= 0 and math.isfinite(self.error_floor)):
            raise ValueError(f"error_floor={self.error_floor}: must be >= 0")

    def fit(self, model: RotationModel, curves: Curves, box: Mapping[str, Range]) -> GalaxyFits:
        """The lowest χ² = Σ (V_obs − V)²/max(e_V, floor)² of every galaxy inside a box.

        Parameters
        ----------
        model : RotationModel
            Its other parameters fixed.
        curves : Curves
            All galaxies.
        box : mapping of str to Range
            Fitted parameters.

        Raises
        ------
        InvalidInput
            An empty box, or a grid of more cells than can be held.
        """
        if not box:
            raise InvalidInput("box: name at least one parameter to fit")
        if self.points ** len(box) > _MOST_CELLS:
            most = int(_MOST_CELLS ** (1.0 / len(box)))
            raise InvalidInput(f"fit.points={self.points}: must be <= {most} for {len(box)} free parameters")
        problem = _Residuals(model, curves, box, self.error_floor)
        unit, chi2, done = self._refined(problem, self._starts(problem))
        xp = curves.xp
        best = xp.argmin(chi2, axis=0)
        columns = xp.arange(curves.n_galaxies)
        found = unit[:, best, columns]
        values = xp.stack([r.value(u, xp) for r, u in zip(box.values(), found, strict=True)])
        at_bound = (found < _CLOSE) | (found > 1.0 - _CLOSE)
        return GalaxyFits(tuple(box), values, chi2[best, columns], at_bound, done[best, columns])

    def _refined(self, problem: "_Residuals", unit: Any) -> tuple[Any, Any, Any]:
        """Minima from the starts, their χ², and whether the steps ended; finished galaxies leave round by round."""
        curves, xp = problem.curves, problem.curves.xp
        chi2 = problem.chi2(unit)
        damping, done = xp.full(chi2.shape, 1e-3), xp.zeros(chi2.shape, dtype=xp.bool)
        for steps in _rounds(self.max_steps):
            left = ~xp.all(done, axis=0)
            if not bool(xp.any(left)):
                break
            part = problem if bool(xp.all(left)) else replace(problem, curves=curves.rows(left[curves.galaxy]))
            found = _damped_least_squares(part, unit[..., left], chi2[:, left], damping[:, left], steps)
            unit[..., left], chi2[:, left], damping[:, left], done[:, left] = found
        return unit, chi2, done

    def _starts(self, problem: "_Residuals") -> Any:
        """Lowest local minima of the grid, in units of the box, shape (n_parameters, n_starts, n_galaxies)."""
        xp, k = problem.curves.xp, len(problem.box)
        axis = xp.linspace(0.0, 1.0, self.points)
        cells = xp.stack([xp.reshape(a, (-1,)) for a in xp.meshgrid(*[axis] * k, indexing="ij")])
        size = max(1, _CHUNK // problem.curves.radius.shape[0])
        parts = [problem.chi2(cells[:, i : i + size, None]) for i in range(0, cells.shape[1], size)]
        chi2 = xp.concat(parts, axis=0)
        valley = _is_valley(xp, xp.reshape(chi2, (*[self.points] * k, -1)), k)
        ranked = xp.where(xp.reshape(valley, chi2.shape), chi2, chi2 + xp.max(chi2, axis=0))
        rows = xp.argsort(ranked, axis=0)[: self.starts]
        return cells[:, rows]


def _is_valley(xp: Any, chi2: Any, k: int) -> Any:
    """Cells that no neighbour along an axis or a diagonal is below, shape of `chi2`."""
    lowest = xp.ones(chi2.shape, dtype=xp.bool)
    for shift in itertools.product((-1, 0, 1), repeat=k):
        here = tuple(slice(max(0, s), chi2.shape[i] + min(0, s)) for i, s in enumerate(shift))
        there = tuple(slice(max(0, -s), chi2.shape[i] + min(0, -s)) for i, s in enumerate(shift))
        lowest[here] &= chi2[here] <= chi2[there]
    return lowest


@dataclass(frozen=True, eq=False)
class _Residuals:
    """(V_obs − V)/error as a function of the parameters in units of their box."""

    model: RotationModel
    curves: Curves
    box: Mapping[str, Range]
    floor: float

    def __call__(self, unit: Any) -> Any:
        """Shape (..., n_points), of `unit` of shape (n_parameters, ..., n_galaxies or 1)."""
        curves, xp = self.curves, self.curves.xp
        theta = {name: r.value(u, xp) for (name, r), u in zip(self.box.items(), unit, strict=True)}
        if unit.shape[-1] == 1:
            theta = {name: xp.broadcast_to(v, (*v.shape[:-1], curves.n_galaxies)) for name, v in theta.items()}
        error = xp.where(curves.v_obs_err > self.floor, curves.v_obs_err, self.floor)
        return (curves.v_obs - self.model.velocity(curves, **theta)) / error

    def chi2(self, unit: Any) -> Any:
        """Shape (..., n_galaxies)."""
        return self.curves.sum_by_galaxy(self(unit) ** 2)


def _rounds(max_steps: int) -> Iterator[int]:
    """Steps of each round, `max_steps` together."""
    for start in range(0, max_steps, _ROUND):
        yield min(_ROUND, max_steps - start)


def _damped_least_squares(
    problem: _Residuals, unit: Any, chi2: Any, damping: Any, n_steps: int
) -> tuple[Any, Any, Any, Any]:
    """Levenberg's steps inside the box for all starts and galaxies at once; χ² never rises."""
    xp, curves, k = problem.curves.xp, problem.curves, unit.shape[0]
    done = xp.zeros(chi2.shape, dtype=xp.bool)
    residual = problem(unit)
    for _ in range(n_steps):
        slopes = []
        for i in range(k):
            # Away from the nearer end, so that the point stays in the box.
            h = xp.where(unit[i] < 0.5, _STEP, -_STEP)
            moved = xp.stack([unit[j] + h if j == i else unit[j] for j in range(k)])
            slopes.append((problem(moved) - residual) / curves.at_points(h))
        gradient = xp.stack([curves.sum_by_galaxy(s * residual) for s in slopes])
        hessian = xp.stack(
            [xp.stack([curves.sum_by_galaxy(slopes[i] * slopes[j]) for j in range(k)]) for i in range(k)]
        )
        step = _step(xp, unit, gradient, hessian, damping)
        trial = xp.clip(unit + step, 0.0, 1.0)
        trial_residual = problem(trial)
        trial_chi2 = curves.sum_by_galaxy(trial_residual**2)
        better = trial_chi2 < chi2
        # The whole step, also where the box cuts it: what is cut off promises more, and other steps may gain it.
        done |= _decrease(step, gradient, hessian) <= _TOLERANCE * chi2
        done |= better & (chi2 - trial_chi2 <= _TOLERANCE * chi2)
        unit, chi2 = xp.where(better, trial, unit), xp.where(better, trial_chi2, chi2)
        residual = xp.where(curves.at_points(better), trial_residual, residual)
        damping = xp.where(better, damping * 0.2, damping * 5.0)
        damping = xp.clip(damping, 1e-12, 1e10)
        if bool(xp.all(done)):
            break
    return unit, chi2, damping, done


def _decrease(step: Any, gradient: Any, hessian: Any) -> Any:
    """By how much χ² falls over a step, residuals being straight lines."""
    k = step.shape[0]
    linear = sum(gradient[i] * step[i] for i in range(k))
    square = sum(step[i] * hessian[i, j] * step[j] for i in range(k) for j in range(k))
    return -2.0 * linear - square


def _step(xp: Any, unit: Any, gradient: Any, hessian: Any, damping: Any) -> Any:
    """−(H + λ diag H)⁻¹ g, parameters held that are at an end and pushed outwards."""
    k = unit.shape[0]
    # The residual falls where a parameter moves against the gradient.
    held = ((unit <= 0.0) & (gradient > 0)) | ((unit >= 1.0) & (gradient < 0))
    rows = []
    for i in range(k):
        row = [xp.where(held[i] | held[j], 0.0, hessian[i, j]) for j in range(k)]
        row[i] = xp.where(held[i], 1.0, hessian[i, i] * (1.0 + damping) + 1e-300)
        rows.append(xp.stack(row, axis=-1))
    matrix = xp.stack(rows, axis=-2)
    right = xp.stack([xp.where(held[i], 0.0, -gradient[i]) for i in range(k)], axis=-1)
    # Where χ² does not change at all the matrix is singular: no step there.
    flat = xp.linalg.det(matrix) == 0
    matrix = xp.where(flat[..., None, None], xp.eye(k), matrix)
    solved = xp.linalg.solve(matrix, right[..., None])[..., 0]
    solved = xp.where(flat[..., None], 0.0, solved)
    return xp.moveaxis(solved, -1, 0)
