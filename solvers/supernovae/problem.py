"""A background confronted with a Hubble diagram: what minimisers and scans evaluate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from solvers import distances
from solvers.backgrounds.base import Background
from solvers.errors import InvalidInput
from solvers.inference.parameters import ParameterSpace
from solvers.supernovae.dense import DenseLikelihood
from solvers.supernovae.projected import ProjectedLikelihood, project

NODE_COUNTS = (16, 24, 36, 54, 80)
"""Projections that are tried in turn; the one after the chosen one gave the error estimate."""

TOLERANCE = 1e-7
"""Largest difference in χ² between a projection and the next finer one that is accepted."""

_cached_project = lru_cache(maxsize=16)(project)


@dataclass(frozen=True, eq=False)
class SupernovaProblem:
    """χ² of one background on one Hubble diagram, minimised over the offset.

    Built by `confront`.

    Parameters
    ----------
    background : Background
        The model.
    dense : DenseLikelihood
        The likelihood with its full matrix, kept for the final check.
    projected : ProjectedLikelihood
        The projection that all evaluations use.
    projection_error : float
        Estimate of its error in χ² over the prior.
    compiled : bool
        Take compiled forms where there are any.
    """

    background: Background
    dense: DenseLikelihood
    projected: ProjectedLikelihood
    projection_error: float
    compiled: bool = False
    n_analytic: int = 1

    @property
    def space(self) -> ParameterSpace:
        """Parameters of the background."""
        return self.background.space

    @property
    def n_data(self) -> int:
        """Number of supernovae."""
        return self.dense.n_data

    def magnitude(self, z: np.ndarray, offset: float, **theta: Any) -> np.ndarray:
        """5 log10[(1+z) I(z)] + 𝓜 [mag] at redshifts of shape (n_z,); NaN at z = 0."""
        scale = distances.hubble_distance(self.background.bind(theta)["H0"])
        return self.background.distance_modulus(z, **theta) - distances.distance_modulus(scale) + offset

    def chi2(self, **theta: Any) -> np.ndarray:
        """χ² for parameters that are numbers or arrays of one shape."""
        return self.projected.chi2(self.background, **theta)

    def function(self, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
        """χ² of the values of the parameters `names`."""
        if self.compiled:
            from solvers.supernovae.compiled import compile_chi2

            fast = compile_chi2(self.projected, self.background, names)
            if fast is not None:
                return fast
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))


def confront(background: Background, dense: DenseLikelihood, *, compiled: bool = False) -> SupernovaProblem:
    """Pick a projection that is fine enough for this background over its whole prior.

    Parameters
    ----------
    background : Background
        The model, with its parameter space.
    dense : DenseLikelihood
        The likelihood.
    compiled : bool
        Take compiled forms where there are any.

    Returns
    -------
    SupernovaProblem

    Raises
    ------
    InvalidInput
        No projection resolves the model's distances (an E(z) with a step, say), or there are none.
    """
    points = background.space.extreme_points()
    coarse = _cached_project(dense, NODE_COUNTS[0])
    before = coarse.chi2(background, **points)
    for n_nodes in NODE_COUNTS[1:]:
        fine = _cached_project(dense, n_nodes)
        after = fine.chi2(background, **points)
        known = np.isfinite(before) & np.isfinite(after)
        if not known.any():
            raise InvalidInput(f"{type(background).__name__}: E(z) exists at no corner of the prior")
        error = float(np.max(np.abs(after[known] - before[known])))
        if error <= TOLERANCE:
            return SupernovaProblem(background, dense, coarse, error, compiled)
        coarse, before = fine, after
    raise InvalidInput(
        f"{type(background).__name__}: distances are not smooth enough, chi2 still changes by {error:.1e} "
        f"between {NODE_COUNTS[-2]} and {NODE_COUNTS[-1]} nodes"
    )
