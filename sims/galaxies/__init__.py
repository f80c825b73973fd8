"""Galaxies: one file per question."""
