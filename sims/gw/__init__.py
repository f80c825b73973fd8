"""Gravitational waves: one file per question."""
