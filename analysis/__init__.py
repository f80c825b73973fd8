"""Runs read back: tables, figures, sweeps, checks."""

from analysis.reading import open_run, open_sweep

__all__ = ["open_run", "open_sweep"]
