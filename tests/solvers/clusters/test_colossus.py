"""Spheres, their projections and R500 as colossus has them."""

import numpy as np
import pytest

from solvers.clusters.baryons import critical_density, r500
from solvers.clusters.geometry import FlatMatter, angular_diameter_distance
from solvers.clusters.profiles import Hernquist
from solvers.clusters.projection import lens_profile, surface_density

R = np.geomspace(5.0, 1500.0, 12)
_H = 0.7


@pytest.fixture(scope="module")
def cosmology():
    from colossus.cosmology import cosmology

    parameters = {"flat": True, "H0": 70.0, "Om0": 0.3, "Ob0": 0.05, "sigma8": 0.8, "ns": 0.96, "relspecies": False}
    return cosmology.setCosmology("flat_matter", params=parameters, persistence="")


def nfw(rho_s, r_s):
    return lambda r: rho_s / ((r / r_s) * (1.0 + r / r_s) ** 2)


def test_the_projection_of_an_nfw_halo(cosmology):
    from colossus.halo.profile_nfw import NFWProfile

    halo = NFWProfile(rhos=1.0e6 / _H**2, rs=300.0 * _H)
    # Colossus projects to infinity, so does a sphere that ends far out
    ours = surface_density(nfw(1.0e6, 300.0), R, 3.0e7)
    np.testing.assert_allclose(ours, halo.surfaceDensity(R * _H) * _H, rtol=2e-5)


def test_the_excess_surface_density_of_an_nfw_halo(cosmology):
    from colossus.halo.profile_nfw import NFWProfile

    halo = NFWProfile(rhos=1.0e6 / _H**2, rs=300.0 * _H)
    radius = np.geomspace(0.01, 1500.0, 200)
    ours = lens_profile(nfw(1.0e6, 300.0), radius, 3.0e7, 2.0e9).excess_surface_density
    shown = radius > 20.0
    np.testing.assert_allclose(ours[shown], halo.deltaSigma(radius[shown] * _H) * _H, rtol=2e-4)


def test_hernquist(cosmology):
    from colossus.halo.profile_hernquist import HernquistProfile

    ours, mass, a = Hernquist(mass=4.0e12, a=15.0), 4.0e12, 15.0
    theirs = HernquistProfile(rhos=mass / (2.0 * np.pi * a**3) / _H**2, rs=a * _H)
    np.testing.assert_allclose(ours.density(R), theirs.density(R * _H) * _H**2, rtol=1e-12)
    np.testing.assert_allclose(ours.enclosed_mass(R), theirs.enclosedMass(R * _H) / _H, rtol=1e-3)


@pytest.mark.parametrize("z", [0.0, 0.2, 0.55])
def test_r500_and_distances(cosmology, z):
    from colossus.halo.mass_so import M_to_R

    # Colossus has 2.77536627e11 for the critical density of h = 1
    assert r500(1.0e15, critical_density(z)) == pytest.approx(M_to_R(1.0e15 * _H, z, "500c") / _H, rel=1e-4)
    if z:
        ours = angular_diameter_distance(FlatMatter(), z)
        assert ours == pytest.approx(1000.0 * cosmology.angularDiameterDistance(z) / _H, rel=1e-4)
