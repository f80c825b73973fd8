"""Which number of SI §12.3 a model is the one of; NaN for any other."""

import numpy as np

from solvers.galaxies.base import RotationModel
from solvers.galaxies.burr_kernel import BurrKernel
from solvers.galaxies.gates import PHYSICAL_WINDING, WindingGate
from solvers.galaxies.legacy_path_kernel import LegacyPathKernel
from solvers.published import paper_12


def printed_scatter(model: RotationModel) -> float:
    """The published "RAR scatter" [dex] of the legacy kernel with this gate of winding."""
    if not isinstance(model, LegacyPathKernel) or not _as_published(model):
        return np.nan
    if model.winding is None:
        return paper_12.SCATTER[None]
    for n_crit in (150, 100):
        if model.winding == WindingGate(n_crit=float(n_crit), alpha=1.0):
            return paper_12.SCATTER[n_crit]
    return np.nan


def printed_improvement(model: RotationModel) -> float:
    """The published share of galaxies that the Burr kernel with winding improves."""
    published = isinstance(model, BurrKernel) and _as_published(model) and model.winding == PHYSICAL_WINDING
    return paper_12.IMPROVED if published else np.nan


def _as_published(model: RotationModel) -> bool:
    return all(model.space.fixed.get(name) == value for name, value in model.defaults.items())
