"""What a minimiser or a sampler needs to know of a model on data."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from solvers.inference.parameters import ParameterSpace


class Problem(Protocol):
    """A model confronted with data.

    `n_analytic` counts the parameters that χ² has already been minimised over (a free offset is one).
    """

    @property
    def space(self) -> ParameterSpace:
        """Fixed, free and scanned parameters."""

    @property
    def n_data(self) -> int:
        """Number of data."""

    @property
    def n_analytic(self) -> int:
        """Number of parameters that were eliminated analytically."""

    def chi2(self, **theta) -> np.ndarray:
        """χ² for parameters that are numbers or arrays of one shape, in that shape."""

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`, the others being fixed: the fast scalar form."""
