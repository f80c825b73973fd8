"""The supernova likelihood with its offset marginalised: dense, projected, and projected in compiled form."""

from solvers.supernovae.dense import DenseLikelihood
from solvers.supernovae.projected import ProjectedLikelihood, project

__all__ = ["DenseLikelihood", "ProjectedLikelihood", "project"]
