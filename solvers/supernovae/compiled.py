"""The projected χ² in compiled form; the plain form is `ProjectedLikelihood.chi2`. Importing it imports numba."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numba import njit

from solvers.backgrounds.base import Background
from solvers.supernovae.projected import ProjectedLikelihood

_MAG_PER_NEPER = 5.0 / math.log(10.0)


@njit(cache=True)
def _chi2(one_plus_z, efunc, integration, matrix, target, constant, shape):
    n_nodes, n_integration = integration.shape
    for j in range(n_integration):
        efunc[j] = one_plus_z[j] / efunc[j]
    for k in range(n_nodes):
        mean = 0.0
        for j in range(n_integration):
            mean += integration[k, j] * efunc[j]
        shape[k] = _MAG_PER_NEPER * math.log(mean)
    chi2 = constant
    for k in range(n_nodes):
        residual = target[k]
        for j in range(k, n_nodes):
            residual -= matrix[k, j] * shape[j]
        chi2 += residual * residual
    return chi2


def compile_chi2(
    projected: ProjectedLikelihood, background: Background, names: Sequence[str]
) -> Callable[[Sequence[float]], float] | None:
    """χ² as a fast function of the values of the parameters `names`.

    Parameters
    ----------
    projected : ProjectedLikelihood
        The likelihood.
    background : Background
        A flat model; the parameters that are not in `names` must be fixed.
    names : sequence of str
        Parameters that vary, in the order of the values.

    Returns
    -------
    callable or None
        None where the background has no compiled form. Not for several threads: it reuses its memory.
    """
    one_plus_z = np.exp(projected.u)
    solve = background.compiled_efunc(names, one_plus_z)
    if solve is None:
        return None
    integration, matrix = (np.ascontiguousarray(a) for a in (projected.integration, projected.matrix))
    target, constant = np.ascontiguousarray(projected.target), projected.constant
    efunc, shape = np.empty(len(one_plus_z)), np.empty(len(target))

    def chi2(values: Sequence[float]) -> float:
        solve(values, efunc)
        return _chi2(one_plus_z, efunc, integration, matrix, target, constant, shape)

    return chi2
