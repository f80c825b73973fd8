"""Runs read back: tables, figures, sweeps, posteriors, checks."""

from analysis.posteriors import to_arviz, to_getdist
from analysis.reading import open_run, open_sweep

__all__ = ["open_run", "open_sweep", "to_arviz", "to_getdist"]
