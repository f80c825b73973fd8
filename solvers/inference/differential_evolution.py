"""Global search for a minimum by differential evolution, polished at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solvers.inference.box import Box
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import Free

_AT_END = 1e-6
"""Fraction of a range within which an optimum counts as its end."""


@dataclass(frozen=True)
class Optimum:
    """The lowest point that a global search has found.

    Parameters
    ----------
    values : ndarray
        By parameter.
    at_bound : ndarray of bool
        It is an end of the range.
    minimum : float
        The function there.
    converged : bool
        The population had contracted before the last generation.
    n_evaluations : int
        Number of evaluations.
    """

    values: np.ndarray
    at_bound: np.ndarray
    minimum: float
    converged: bool
    n_evaluations: int


@dataclass(frozen=True, kw_only=True)
class DifferentialEvolution:
    """SciPy's differential evolution (best1bin), a whole generation at a time, then L-BFGS-B.

    On data a best fit is then refined, and its errors found, by `minimize`.

    Parameters
    ----------
    population : int
        Members for each free parameter.
    generations : int
        Largest number of generations.
    tolerance : float
        Spread of the population, relative to its mean, at which it has contracted.
    minimize : Minimize
        Refines a best fit of data.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    population: int = 15
    generations: int = 3000
    tolerance: float = 1e-9
    minimize: Minimize = field(default_factory=Minimize)

    def __post_init__(self) -> None:
        if self.population < 1:
            raise ValueError(f"population={self.population}: must be >= 1")
        if self.generations < 1:
            raise ValueError(f"generations={self.generations}: must be >= 1")
        if not self.tolerance > 0:
            raise ValueError(f"tolerance={self.tolerance}: must be > 0")

    def search(
        self,
        function: Callable[[np.ndarray], Any],
        free: Sequence[Free],
        rng: np.random.Generator,
        report: Callable[[int, int], None] = lambda done, of: None,
    ) -> Optimum:
        """Find the lowest point in the ranges of the parameters.

        Parameters
        ----------
        function : callable
            Of values of shape (n_params, n), gives shape (n,); NaN where it has no value.
        free : sequence of Free
            At least one parameter.
        rng : numpy.random.Generator
            Source of the population.
        report : callable
            Told how many generations are done, and of how many at most.

        Returns
        -------
        Optimum
        """
        from scipy.optimize import differential_evolution

        box = Box(free)
        n_evaluations = n_generations = 0

        def counted(x: np.ndarray):
            nonlocal n_evaluations
            points = box.physical(x.reshape(len(free), -1).T)
            n_evaluations += len(points)
            result = np.asarray(function(points.T), dtype=float)
            # SciPy would take a NaN for the lowest of all.
            return np.where(np.isnan(result), np.inf, result)

        def told(intermediate_result: Any) -> None:
            nonlocal n_generations
            n_generations += 1
            report(n_generations, self.generations)

        found = differential_evolution(
            counted,
            [(0.0, 1.0)] * len(free),
            maxiter=self.generations,
            popsize=self.population,
            tol=self.tolerance,
            atol=0.0,
            rng=rng,
            vectorized=True,
            updating="deferred",
            callback=told,
            polish=True,
        )
        at_bound = np.minimum(found.x, 1.0 - found.x) <= _AT_END
        values = box.physical(np.where(at_bound, np.round(found.x), found.x))
        return Optimum(values, at_bound, float(found.fun), bool(found.success), n_evaluations)
