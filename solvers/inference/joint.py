"""Several data sets at once: their χ² add."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.inference.parameters import ParameterSpace
from solvers.inference.problem import Problem


@dataclass(frozen=True, eq=False)
class JointProblem:
    """The sum of problems of one model on independent data.

    Parameters
    ----------
    parts : mapping of str to Problem
        The same model on each data set, at least one.
    """

    parts: Mapping[str, Problem]

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the model."""
        return next(iter(self.parts.values())).space

    @property
    def n_data(self) -> int:
        """Number of data of all sets."""
        return sum(part.n_data for part in self.parts.values())

    @property
    def n_analytic(self) -> int:
        """Parameters that the parts have eliminated."""
        return sum(part.n_analytic for part in self.parts.values())

    def chi2(self, **theta: Any) -> np.ndarray:
        """Sum of the parts' χ²."""
        return np.sum([part.chi2(**theta) for part in self.parts.values()], axis=0)

    @property
    def residuals(self) -> Callable[..., np.ndarray] | None:
        """Their whitened residuals one after the other, of shape P + (n_data,); None if a part has none."""
        parts = [getattr(part, "residuals", None) for part in self.parts.values()]
        if any(part is None for part in parts):
            return None
        return lambda **theta: np.concatenate([part(**theta) for part in parts], axis=-1)  # type: ignore[misc]

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """Sum of the parts' scalar χ²."""
        functions = [part.function(names) for part in self.parts.values()]
        return lambda values: sum(function(values) for function in functions)
