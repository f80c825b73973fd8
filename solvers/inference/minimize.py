"""Best fits by MIGRAD and HESSE inside a box, with what a user must know about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.inference.box import Box
from solvers.inference.parameters import Free

Function = Callable[[Any], float]

_FLAT = 1e-6
"""A parameter that moves χ² by less than this over its prior is flat."""

_BETTER = 1e-4
"""An end of a prior replaces an interior minimum that is more than _CLOSE away if it is better by this."""

NO_CURVATURE = 0.1
"""Second derivative of χ² over the unit box below which a direction is degenerate: an error of over four boxes."""

_RESOLVED = 1e-5
"""Curvature over the largest one that differences of χ² still resolve."""

_ASIDE = 0.1
"""Fraction of a prior by which a parameter is moved to see whether χ² rises."""

_CLOSE = 0.02
"""Fraction of a prior within which an interior minimum and a not worse end are the same point."""


@dataclass(frozen=True)
class BestFit:
    """A minimum of χ² inside the prior box.

    Parameters
    ----------
    values, sigma : ndarray
        Best fit and standard deviation by parameter; sigma is NaN at a bound, in a flat direction and where
        HESSE failed.
    covariance : ndarray
        Shape (n, n), NaN where sigma is.
    lower, upper : ndarray or None
        MINOS errors (negative and positive), if asked for.
    at_bound : ndarray of bool
        The best point of the prior is its end: the data ask for more than the prior allows.
    is_flat : ndarray of bool
        Part of a direction in which χ² does not change over the whole prior.
    chi2 : float
        χ² at `values`.
    converged : bool
        MIGRAD reached its goal in the parameters that are neither flat nor at a bound.
    n_evaluations : int
        Number of χ² evaluations.
    """

    values: np.ndarray
    sigma: np.ndarray
    covariance: np.ndarray
    lower: np.ndarray | None
    upper: np.ndarray | None
    at_bound: np.ndarray
    is_flat: np.ndarray
    chi2: float
    converged: bool
    n_evaluations: int


@dataclass(frozen=True, kw_only=True)
class Minimize:
    """Minimisation with iminuit: MIGRAD, HESSE, and MINOS on request.

    Parameters whose prior spans more than two decades are stepped in their logarithm. Each end of each prior is tried
    as a solution of its own, so a fit that runs away is found at the bound and said to be there.

    Parameters
    ----------
    minos : bool
        Also compute asymmetric errors.
    tolerance : float
        MIGRAD's tolerance; the estimated distance to the minimum is below 2e-3 of it in χ².
    max_calls : int
        Largest number of χ² evaluations of one MIGRAD.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    minos: bool = False
    tolerance: float = 1e-5
    max_calls: int = 10_000

    def __post_init__(self) -> None:
        if not self.tolerance > 0:
            raise ValueError(f"tolerance={self.tolerance}: must be > 0")
        if self.max_calls < 1:
            raise ValueError(f"max_calls={self.max_calls}: must be >= 1")

    def fit(self, function: Function, free: Sequence[Free], start: np.ndarray | None = None) -> BestFit:
        """Find the lowest χ² in the box.

        Parameters
        ----------
        function : callable
            χ² of the values of the free parameters.
        free : sequence of Free
            At least one parameter.
        start : ndarray, optional
            Values to start from instead of the references.

        Returns
        -------
        BestFit
        """
        box = _Box(function, free)
        if start is not None:
            box.start = np.clip(box.unit(start), _CLOSE, 1.0 - _CLOSE)
        flat = box.flat_parameters()
        minuit, at_bound = self._with_ends(box, flat)
        frozen = flat | at_bound
        degenerate, pivots = box.degenerate(minuit, frozen, self.tolerance, self.max_calls)
        if degenerate.any():
            frozen = frozen | pivots
            minuit = box.migrad(np.array(minuit.values), frozen, self.tolerance, self.max_calls)
        x, chi2, converged = np.array(minuit.values), float(minuit.fval), bool(minuit.valid)
        sigma, covariance = box.errors(minuit, frozen, degenerate)
        lower, upper = box.minos(minuit, frozen | degenerate) if self.minos else (None, None)
        return BestFit(
            values=box.physical(x),
            sigma=sigma,
            covariance=covariance,
            lower=lower,
            upper=upper,
            at_bound=at_bound,
            is_flat=flat | degenerate,
            chi2=chi2,
            converged=converged,
            n_evaluations=box.n_evaluations,
        )

    def _with_ends(self, box: "_Box", flat: np.ndarray) -> tuple[Any, np.ndarray]:
        """The best of the interior minimum and of those with parameters held at an end of their prior."""
        minuit = box.migrad(box.start, flat, self.tolerance, self.max_calls)
        at_bound = np.zeros(len(flat), dtype=bool)
        loose, _ = box.degenerate(minuit, flat, self.tolerance, self.max_calls)
        for i in np.flatnonzero(~flat):
            for end in (0.0, 1.0):
                start, hold = np.array(minuit.values), flat | at_bound
                hold[i] = True
                is_same = abs(start[i] - end) <= _CLOSE and not (
                    loose[i] and self._is_valley(box, minuit, int(i), hold)
                )
                start[i] = end
                edge = box.migrad(start, hold, self.tolerance, self.max_calls)
                rounding = 1e-9 * abs(minuit.fval)
                if minuit.fval - edge.fval >= (-rounding if is_same else _BETTER):
                    minuit, at_bound[i] = edge, True
        return minuit, at_bound

    def _is_valley(self, box: "_Box", minuit: Any, i: int, hold: np.ndarray) -> bool:
        """Whether χ² is as low with a parameter in the middle of its prior, the others being fitted again."""
        start = np.array(minuit.values)
        start[i] = 0.5
        return box.migrad(start, hold, self.tolerance, self.max_calls).fval - minuit.fval < _BETTER

    def minimum(
        self, function: Function, free: Sequence[Free], start: np.ndarray | None = None
    ) -> tuple[np.ndarray, float, bool]:
        """Values, χ² and validity of one MIGRAD, without errors: the inner loop of a profile.

        Parameters
        ----------
        function : callable
            χ² of the values of the free parameters.
        free : sequence of Free
            At least one parameter.
        start : ndarray, optional
            Values to start from instead of the references.
        """
        box = _Box(function, free)
        # MIGRAD maps the box by a sine, whose slope vanishes at the ends: start inside.
        x = box.start if start is None else np.clip(box.unit(start), _CLOSE, 1.0 - _CLOSE)
        minuit = box.migrad(x, box.flat_parameters(), self.tolerance, self.max_calls)
        return box.physical(np.array(minuit.values)), float(minuit.fval), bool(minuit.valid)


class _Box(Box):
    """A function over the unit cube of its parameters."""

    def __init__(self, function: Function, free: Sequence[Free]) -> None:
        super().__init__(free)
        self._function = function
        self.n_evaluations = 0

    def __call__(self, x: np.ndarray) -> float:
        self.n_evaluations += 1
        point = np.asarray(x)
        # MIGRAD steps to NaN from a face of the box where another parameter has no effect.
        return float(self._function(self.physical(point))) if np.isfinite(point).all() else np.inf

    def flat_parameters(self) -> np.ndarray:
        flat = np.zeros(len(self._free), dtype=bool)
        for i in range(len(flat)):
            points = np.tile(self.start, (5, 1))
            points[:, i] = np.linspace(0.0, 1.0, 5)
            flat[i] = np.ptp([self(x) for x in points]) < _FLAT
        return flat

    def migrad(self, x: np.ndarray, frozen: np.ndarray, tolerance: float, max_calls: int):
        from iminuit import Minuit

        minuit = Minuit(self, x, name=[p.name for p in self._free])
        minuit.errordef, minuit.tol = Minuit.LEAST_SQUARES, tolerance
        minuit.limits = [(0.0, 1.0)] * len(x)
        minuit.errors = np.full(len(x), 0.05)
        minuit.fixed = frozen
        if not frozen.all():
            minuit.migrad(ncall=max_calls)
            return minuit
        return _Evaluated(x, self(x))

    def degenerate(
        self, minuit: Any, frozen: np.ndarray, tolerance: float, max_calls: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Parameters of directions in which the curvature of χ² over the box vanishes, and one pivot of each.

        Beside a steep direction the differences cannot tell a small curvature from none: there a parameter is moved and
        the others are fitted again.
        """
        x, moving = np.array(minuit.values), np.flatnonzero(~frozen)
        involved, pivots = np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=bool)
        if len(moving) == 0:
            return involved, pivots
        curvature, vectors = np.linalg.eigh(self._hessian(x, moving))
        for along, vector in zip(curvature, vectors.T, strict=True):
            pivot = moving[np.argmax(np.abs(vector))]
            if along >= NO_CURVATURE:
                if along >= _RESOLVED * curvature[-1]:
                    continue
                hold, moved = frozen.copy(), x.copy()
                hold[pivot], moved[pivot] = True, x[pivot] + (_ASIDE if x[pivot] < 0.5 else -_ASIDE)
                rise = self.migrad(moved, hold, tolerance, max_calls).fval - minuit.fval
                if not rise < 0.5 * NO_CURVATURE * _ASIDE**2:
                    continue
            involved[moving[np.abs(vector) > 0.1]] = True
            pivots[pivot] = True
        return involved, pivots

    def _hessian(self, x: np.ndarray, moving: np.ndarray, step: float = 1e-4) -> np.ndarray:
        centre = np.clip(x, step, 1.0 - step)

        def at(i: int, a: float, j: int, b: float) -> float:
            point = centre.copy()
            point[i] += a * step
            point[j] += b * step
            return self(point)

        hessian = np.empty((len(moving), len(moving)))
        for row, i in enumerate(moving):
            for column, j in enumerate(moving[: row + 1]):
                # The mixed difference with i = j is the second difference with twice the step.
                mixed = at(i, 1, j, 1) - at(i, 1, j, -1) - at(i, -1, j, 1) + at(i, -1, j, -1)
                hessian[row, column] = hessian[column, row] = mixed / (4.0 * step**2)
        return hessian

    def errors(self, minuit, held: np.ndarray, degenerate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Errors with some parameters held; NaN for these and for the degenerate, which may move all the same."""
        n, without = len(held), held | degenerate
        covariance = np.full((n, n), np.nan)
        if not without.all():
            minuit.fixed = held
            minuit.hesse()
            if minuit.covariance is not None and minuit.accurate:
                keep = np.ix_(~without, ~without)
                scale = self.scale(np.array(minuit.values))
                covariance[keep] = (np.array(minuit.covariance) * np.outer(scale, scale))[keep]
        return np.sqrt(np.diagonal(covariance)), covariance

    def minos(self, minuit, without: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lower, upper = np.full(len(without), np.nan), np.full(len(without), np.nan)
        x = np.array(minuit.values)
        for i in np.flatnonzero(~without) if minuit.valid else ():
            minuit.minos(i)
            merror = minuit.merrors[self._free[int(i)].name]
            for target, end, valid in (
                (lower, merror.lower, merror.lower_valid),
                (upper, merror.upper, merror.upper_valid),
            ):
                if valid:
                    moved = x.copy()
                    moved[i] += end
                    target[i] = (self.physical(moved) - self.physical(x))[i]
        return lower, upper


@dataclass
class _Evaluated:
    """Stands for a minimisation with nothing left to vary."""

    values: np.ndarray
    fval: float
    valid: bool = True
