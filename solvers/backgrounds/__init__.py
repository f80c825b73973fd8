"""Expansion histories under one contract (`Background`): one file each."""

from solvers.backgrounds.base import Background
from solvers.backgrounds.camb_lcdm import CambLCDM
from solvers.backgrounds.dark_energy import DarkEnergy
from solvers.backgrounds.matter import GRBaryons, GRMatter
from solvers.backgrounds.power_law import PowerLaw
from solvers.backgrounds.sigma_baryons import SigmaBaryons

__all__ = [
    "Background",
    "CambLCDM",
    "DarkEnergy",
    "GRBaryons",
    "GRMatter",
    "PowerLaw",
    "SigmaBaryons",
]
