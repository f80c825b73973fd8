"""Mechanisms behind the kernel on rotation curves, on the Milky Way and in the Solar System."""
