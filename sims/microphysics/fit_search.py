"""Searches for the best parameters of a mechanism: over a grid and by differential evolution, constrained or not."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from outputs.progress import reporter
from solvers.errors import InvalidInput
from solvers.inference.differential_evolution import DifferentialEvolution
from solvers.inference.parameters import Free, Interval, nearest, parse_axis
from solvers.microphysics.improvement import Improvement, Place
from solvers.microphysics.mechanism import Mechanism

GRID, EVOLUTION, PUBLISHED, GIVEN = "grid", "differential_evolution", "published", "as given"
METHODS = (GRID, EVOLUTION)

MAX_POINTS = 1_000_000
"""Of a grid."""

_FORBIDDEN = 1e6
"""Objective [%] that counts as worse than any; beyond it the search goes down towards the limit of K."""

_NO_VALUE = 1e9
"""What counts as worse still: a galaxy without a value."""


@dataclass(frozen=True)
class Found:
    """Where a search ended.

    Parameters
    ----------
    method : str
        `METHODS`, or a place that was given.
    is_constrained : bool
        Only points that the Solar System allows were looked at.
    theta : dict of str to float
        Parameters.
    at_bound : dict of str to bool
        Whether each is an end of its range.
    n_evaluations : int
        Points that were evaluated.
    converged : bool
        A population had contracted; true of what does not converge.
    """

    method: str
    is_constrained: bool
    theta: dict[str, float]
    at_bound: dict[str, bool]
    n_evaluations: int
    converged: bool = True


@dataclass(frozen=True)
class Unmet:
    """A constrained search without a point that the limit of K allows.

    Parameters
    ----------
    method : str
        `METHODS`.
    lowest : float
        Smallest |K| that was met.
    """

    method: str
    lowest: float


@dataclass(frozen=True, eq=False)
class Gridded:
    """The objective on a grid.

    Parameters
    ----------
    axes : dict of str to ndarray
        Values of the free parameters.
    objective, improvement_of_mean, mean_rms, excess : ndarray
        The objective [%], RMS [km/s] and K at the place of the constraint, shape of the grid; NaN, but for K, where
        a galaxy has no value.
    is_allowed : ndarray of bool
        K is below its limit.
    """

    axes: dict[str, np.ndarray]
    objective: np.ndarray
    improvement_of_mean: np.ndarray
    mean_rms: np.ndarray
    excess: np.ndarray
    is_allowed: np.ndarray

    @property
    def n_undetermined(self) -> int:
        """Points at which a galaxy has no value, which are compared with no other."""
        return int(np.isnan(self.objective).sum())


@dataclass(frozen=True, eq=False)
class Search:
    """One mechanism on one sample.

    Parameters
    ----------
    name : str
        Of the model, for messages.
    mechanism : Mechanism
        With free parameters.
    improvement : Improvement
        The sample.
    objective : str
        Attribute of `solvers.microphysics.improvement.Score`.
    place : Place
        Where K is limited.
    """

    name: str
    mechanism: Mechanism
    improvement: Improvement
    objective: str
    place: Place

    def grid(self, values: Mapping[str, Any], n_points: int) -> Gridded:
        """The objective at all combinations of the values.

        Parameters
        ----------
        values : mapping of str to sequence of float
            Values of free parameters, in any order, inside their priors.
        n_points : int
            Points over the prior of a parameter that is not among them.

        Raises
        ------
        InvalidInput
            Values of a parameter that is not free, illegal ones, more than `MAX_POINTS` combinations, or no point of
            them at which all galaxies have a value.
        """
        self._refuse_others(values)
        axes = {free.name: self._axis(free, values, n_points) for free in self.mechanism.space.free}
        shape = tuple(axis.size for axis in axes.values())
        if math.prod(shape) > MAX_POINTS:
            raise InvalidInput(
                f"sim.grid.{self.name}: has {math.prod(shape)} points, at most {MAX_POINTS} are computed"
            )
        mesh = np.meshgrid(*axes.values(), indexing="ij")
        theta = {name: points.ravel() for name, points in zip(axes, mesh, strict=True)}
        score = self.improvement.score(self.mechanism, theta)
        whole = score.n_undetermined == 0
        if not whole.any():
            raise InvalidInput(f"models.{self.name}: at all points of the grid some galaxy has no value")
        excess = self.place.excess_along(self.mechanism, theta)
        columns = (getattr(score, self.objective), score.improvement_of_mean, score.mean_rms)
        objective, improvement_of_mean, mean_rms = (np.where(whole, each, np.nan).reshape(shape) for each in columns)
        return Gridded(
            axes=axes,
            objective=objective,
            improvement_of_mean=improvement_of_mean,
            mean_rms=mean_rms,
            excess=excess.reshape(shape),
            is_allowed=self.place.allows(excess).reshape(shape),
        )

    def _axis(self, free: Free, values: Mapping[str, Any], n_points: int) -> np.ndarray:
        if free.name not in values:
            return free.grid(n_points)
        key, legal = f"sim.grid.{self.name}.{free.name}", self.mechanism.domain.get(free.name, Interval())
        try:
            axis = parse_axis(key, values[free.name], legal)
        except ValueError as error:
            raise InvalidInput(str(error)) from error
        for i, value in enumerate(axis):
            if not free.low <= value <= free.high:
                prior = f"models.{self.name}.params.{free.name}, {free.low:g} to {free.high:g}"
                raise InvalidInput(f"{key}[{i}]={value:g}: outside the prior of {prior}; ~{key} takes points over it")
        if np.unique(axis).size != axis.size:
            raise InvalidInput(f"{key}={list(map(float, axis))}: holds a value twice")
        return np.sort(axis)

    def _refuse_others(self, values: Mapping[str, Any]) -> None:
        """Raise for values of what is not free."""
        for name in values:
            key = f"sim.grid.{self.name}.{name}"
            if name not in self.mechanism.domain:
                raise InvalidInput(f"{key}: unknown parameter{nearest(name, self.mechanism.domain)}")
            if name not in self.mechanism.space.names:
                raise InvalidInput(f"{key}: is not free, models.{self.name}.params.{name} is a number; ~{key}")

    def best_of(self, gridded: Gridded, is_constrained: bool) -> Found | Unmet:
        """The best point of a grid; one at which a galaxy has no value is none."""
        counts = np.isfinite(gridded.objective)
        if is_constrained:
            met, counts = np.abs(gridded.excess[counts]), counts & gridded.is_allowed
            if not counts.any():
                return Unmet(GRID, float(np.min(met[np.isfinite(met)], initial=np.inf)))
        objective = np.where(counts, gridded.objective, -np.inf)
        at = np.unravel_index(int(np.argmax(objective)), objective.shape)
        theta = {name: float(axis[i]) for (name, axis), i in zip(gridded.axes.items(), at, strict=True)}
        ends = {
            name: axis.size > 1 and i in (0, axis.size - 1)
            for (name, axis), i in zip(gridded.axes.items(), at, strict=True)
        }
        return Found(GRID, is_constrained, theta, ends, objective.size)

    def evolve(self, inference: DifferentialEvolution, rng: np.random.Generator, is_constrained: bool) -> Found | Unmet:
        """The best point of the box by differential evolution."""
        space = self.mechanism.space
        with reporter(f"searching {self.name}") as report:
            found = inference.search(self._cost(space.names, is_constrained), space.free, rng, report)
        theta = dict(zip(space.names, map(float, found.values), strict=True))
        if is_constrained:
            excess = self.place.excess_along(self.mechanism, theta)
            if not self.place.allows(excess).all():
                return Unmet(EVOLUTION, float(np.abs(excess).max()))
        if self.improvement.score(self.mechanism, theta).n_undetermined.any():
            raise InvalidInput(f"models.{self.name}: at all points that were tried some galaxy has no value")
        ends = dict(zip(space.names, map(bool, found.at_bound), strict=True))
        return Found(EVOLUTION, is_constrained, theta, ends, found.n_evaluations, found.converged)

    def _cost(self, names: tuple[str, ...], is_constrained: bool) -> Callable[[np.ndarray], np.ndarray]:
        def cost(x: np.ndarray) -> np.ndarray:
            theta = dict(zip(names, x, strict=True))
            if not is_constrained:
                return self._costs(theta)
            excess = self.place.excess_along(self.mechanism, theta)
            allowed = self.place.allows(excess)
            # A slope that leads out of the forbidden part, where a flat one would not.
            value = _FORBIDDEN + np.log10(np.maximum(np.abs(excess), np.finfo(float).tiny) / self.place.limit)
            if allowed.any():
                own = {name: column[allowed] for name, column in theta.items()}
                value[allowed] = self._costs(own)
            return value

        return cost

    def _costs(self, theta: Mapping[str, Any]) -> np.ndarray:
        score = self.improvement.score(self.mechanism, theta)
        return np.where(score.n_undetermined > 0, _NO_VALUE, -getattr(score, self.objective))
