"""Data sets as likelihoods of an expansion history, one file each; a list of them adds up."""

from sims.likelihoods.bao import Bao
from sims.likelihoods.supernovae import Supernovae

__all__ = ["Bao", "Supernovae"]
