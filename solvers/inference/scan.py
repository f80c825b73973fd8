"""χ² along axes: every cell of a scan, minimised over the parameters that are still free."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from solvers.inference.minimize import Minimize
from solvers.inference.parameters import ParameterSpace
from solvers.inference.problem import Problem


@dataclass(frozen=True)
class ScanResult:
    """χ² on the grid of the axes.

    Parameters
    ----------
    chi2 : ndarray
        Shape of the grid; infinite where the model has no E.
    best_fit : ndarray
        Free parameters in every cell, shape of the grid + (n_free,).
    at_bound : ndarray of bool
        Best fits at an end of their prior, shape of `best_fit`.
    converged : ndarray of bool
        Shape of the grid; cells without anything to fit are.
    """

    chi2: np.ndarray
    best_fit: np.ndarray
    at_bound: np.ndarray
    converged: np.ndarray


def scan(
    problem: Problem,
    space: ParameterSpace,
    inference: Minimize,
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> ScanResult:
    """Evaluate a problem on the grid of `space.axes`.

    Without free parameters the whole grid is one vectorised call; with them every cell is a fit that starts from its
    neighbour's.

    Parameters
    ----------
    problem : Problem
        The model on its data.
    space : ParameterSpace
        Axes and free parameters (the problem's own, or one of `ParameterSpace.profile_over`).
    inference : Minimize
        Minimiser of the free parameters.
    track : callable
        Wraps the iteration over cells, for a progress bar.
    """
    axes = space.axes
    mesh = np.meshgrid(*axes.values(), indexing="ij")
    shape = mesh[0].shape
    if not space.free:
        chi2 = np.asarray(problem.chi2(**dict(zip(axes, mesh, strict=True))))
        nothing = np.empty((*shape, 0))
        return ScanResult(chi2, nothing, nothing.astype(bool), np.ones(shape, dtype=bool))
    function = problem.function((*axes, *space.names))
    chi2, converged = np.full(math.prod(shape), np.nan), np.zeros(math.prod(shape), dtype=bool)
    best_fit = np.full((math.prod(shape), len(space.free)), np.nan)
    cells = np.stack([array.ravel() for array in mesh], axis=-1)
    start: np.ndarray | None = None
    for i in track(range(len(cells))):
        here = partial(_in_cell, function, tuple(cells[i]))
        start, chi2[i], converged[i] = inference.minimum(here, space.free, start)
        best_fit[i] = start
    ends = np.array([(p.low, p.high) for p in space.free])
    at_bound = np.any(np.isclose(best_fit[..., np.newaxis], ends, rtol=1e-6), axis=-1)
    return ScanResult(
        chi2.reshape(shape), best_fit.reshape(*shape, -1), at_bound.reshape(*shape, -1), converged.reshape(shape)
    )


def _in_cell(function: Callable[[Sequence[float]], float], cell: tuple, free: Sequence[float]) -> float:
    return function((*cell, *free))
