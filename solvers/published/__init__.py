"""Procedures behind numbers that the source prints, repeated as they were: tests of history, not methods."""
