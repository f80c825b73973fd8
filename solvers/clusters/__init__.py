"""Lensing by clusters of galaxies: kpc, Msun, Msun/kpc², arcsec."""
