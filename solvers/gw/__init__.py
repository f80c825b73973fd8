"""Gravitational waves: coherence gain, tests of event catalogues, and what selection alone does. Msun, Mpc."""
