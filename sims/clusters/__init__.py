"""Experiments on clusters of galaxies."""
