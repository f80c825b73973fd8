"""Rotation curves of galaxies: kpc, km/s, Msun; accelerations in m/s²."""
