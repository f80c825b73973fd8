"""What a minimiser or a sampler needs to know of a model on data."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from solvers.inference.parameters import ParameterSpace


class Problem(Protocol):
    """A model confronted with data.

    Attributes
    ----------
    space : ParameterSpace
        Fixed, free and scanned parameters.
    n_data : int
        Number of data.
    n_analytic : int
        Parameters that χ² has already been minimised over (a free offset counts one).
    """

    space: ParameterSpace
    n_data: int
    n_analytic: int

    def chi2(self, **theta) -> np.ndarray:
        """χ² for parameters that are numbers or arrays of one shape, in that shape."""

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`, the others being fixed: the fast scalar form."""
