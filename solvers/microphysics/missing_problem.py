"""Least squares of a model of F_missing over galaxies, all with the same error."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.parameters import ParameterSpace
from solvers.microphysics.missing_models import MissingModel
from solvers.microphysics.systems import Systems

__all__ = ["MissingProblem", "correlation", "monomial", "names_in"]

_ROUNDING = 1e-12
"""Relative spread up to which numbers are equal."""


@dataclass(frozen=True, eq=False)
class MissingProblem:
    """χ² = Σ (F − F_model)²/s² with one s for all galaxies: unweighted least squares, n RMS²/s².

    Parameters
    ----------
    model : MissingModel
        The model.
    systems : Systems
        Of the galaxies.
    ratio : ndarray
        F_missing, shape (n_galaxies,), finite.
    scatter : float
        s > 0. It moves no best fit; errors are proportional to it, and differences of χ² to 1/s².

    Raises
    ------
    InvalidInput
        A ratio that is not finite, or no scatter.
    """

    model: MissingModel
    systems: Systems
    ratio: np.ndarray
    scatter: float = 1.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.ratio).all():
            raise InvalidInput("ratio: must be finite; leave out galaxies without F_missing")
        if not (self.scatter > 0 and np.isfinite(self.scatter)):
            raise InvalidInput(f"scatter={self.scatter}: must be > 0; galaxies with one F_missing have none")

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the model."""
        return self.model.space

    @property
    def n_data(self) -> int:
        """Number of galaxies."""
        return self.ratio.size

    @property
    def n_analytic(self) -> int:
        """0."""
        return 0

    def residuals(self, **theta: Any) -> np.ndarray:
        """(F − F_model)/s, of the shape of the parameters + (n_galaxies,)."""
        return (self.ratio - self.model.predict(self.systems, **theta)) / self.scatter

    def chi2(self, **theta: Any) -> np.ndarray:
        """χ² of parameters that are numbers or arrays of one shape, in that shape."""
        return np.sum(self.residuals(**theta) ** 2, axis=-1)

    def rms(self, **theta: Any) -> np.ndarray:
        """√mean((F − F_model)²)."""
        return self.scatter * np.sqrt(self.chi2(**theta) / self.n_data)

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`."""
        return lambda values: float(self.chi2(**dict(zip(names, map(float, values), strict=True))))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's coefficient of two vectors; 0 where one of them is constant, whose prediction goes with nothing."""
    # Of equal numbers less their mean rounding is left, which would correlate with something.
    if any(np.ptp(x) <= _ROUNDING * np.abs(x).max() for x in (a, b)):
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def monomial(formula: str, values: Mapping[str, float]) -> float:
    """A product of powers such as ``psi0 * factor**3`` or ``amplitude * (14.8/20.0)**a`` for values of its parameters.

    Bases and exponents are parameters, numbers, or a ratio of two numbers in brackets.
    """
    total = 1.0
    for part in formula.split(" * "):
        base, _, power = part.partition("**")
        total *= _number(base, values) ** (_number(power, values) if power else 1.0)
    return total


def names_in(formula: str) -> tuple[str, ...]:
    """The parameters of such a product, in their order."""
    return tuple(re.findall(r"[A-Za-z_]\w*", formula))


def _number(text: str, values: Mapping[str, float]) -> float:
    if text in values:
        return float(values[text])
    above, _, below = text.strip("()").partition("/")
    return float(above) / float(below or 1.0)
