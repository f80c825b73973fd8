"""Profile likelihoods: χ² along parameters, minimised over the others, and their intervals by Wilks' theorem."""

from dataclasses import dataclass, field

import numpy as np

from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.problem import Problem

LEVELS = (0.6826894921370859, 0.9544997361036416)
"""Probabilities of the intervals: one and two standard deviations of a Gaussian."""

DELTA_CHI2 = (1.0, 4.0)
"""Δχ² of those probabilities for one parameter (Wilks 1938)."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Profiles of all free parameters, one by one and in pairs.

    Parameters
    ----------
    minimize : Minimize
        Minimiser of the other parameters.
    points : int
        Points along each parameter, at least 5.
    pairs : bool
        Also the profile of every pair, on the square of those points.

    Raises
    ------
    ValueError
        Too few points.
    """

    minimize: Minimize = field(default_factory=Minimize)
    points: int = 41
    pairs: bool = True

    def __post_init__(self) -> None:
        if self.points < 5:
            raise ValueError(f"points={self.points}: must be >= 5")

    def intervals(self, problem: Problem, fit: BestFit) -> tuple[np.ndarray, np.ndarray]:
        """Where each profile has risen by `DELTA_CHI2`, by root finding on the profile itself.

        Parameters
        ----------
        problem : Problem
            With the free parameters of the fit.
        fit : BestFit
            The lowest χ².

        Returns
        -------
        ends : ndarray
            Shape (n_params, n_levels, 2): lower and upper end; the end of the prior where χ² does not rise so far.
        is_open : ndarray of bool
            Same shape: that is what happened.
        """
        free = problem.space.free
        ends = np.empty((len(free), len(DELTA_CHI2), 2))
        is_open = np.zeros(ends.shape, dtype=bool)
        for i, parameter in enumerate(free):
            profile = self._profile(problem, fit, i)
            for j, delta in enumerate(DELTA_CHI2):
                for k, bound in enumerate((parameter.low, parameter.high)):
                    ends[i, j, k], is_open[i, j, k] = _crossing(profile, fit.values[i], bound, delta)
        return ends, is_open

    def _profile(self, problem: Problem, fit: BestFit, index: int):
        """Δχ² of one parameter held at a value, minimised over the others."""
        names = problem.space.names
        others = [p for i, p in enumerate(problem.space.free) if i != index]
        function = problem.function((names[index], *(p.name for p in others)))
        start = np.delete(fit.values, index)

        def delta(value: float) -> float:
            if not others:
                return function((value,)) - fit.chi2
            _, chi2, _ = self.minimize.minimum(lambda rest: function((value, *rest)), others, start)
            return chi2 - fit.chi2

        return delta


def _crossing(profile, best: float, bound: float, delta: float) -> tuple[float, bool]:
    from scipy.optimize import brentq

    if best == bound or profile(bound) < delta:
        return bound, True
    return float(brentq(lambda value: profile(value) - delta, best, bound, xtol=1e-10, rtol=1e-8)), False
