"""Projections of spheres against closed forms, the mass of the sphere outside, and each other."""

import numpy as np
import pytest
from scipy import integrate

from solvers.clusters.profiles import Hernquist, Plummer, SingularIsothermalSphere
from solvers.clusters.projection import (
    LensProfile,
    continued_mass,
    lens_profile,
    mass_within,
    projected_mass,
    surface_density,
)
from solvers.errors import InvalidInput

MASS, A = 4e12, 15.0
CLOSED = [Hernquist(mass=MASS, a=A), Plummer(mass=MASS, a=A)]
NAMES = {"ids": lambda s: type(s).__name__}
R = A * np.geomspace(1e-5, 30.0, 80)


@pytest.mark.parametrize("sphere", CLOSED, **NAMES)
def test_surface_density_and_mass_are_those_in_closed_form(sphere):
    # cut off at 1e5 a the column loses less than 1e-10 of itself
    np.testing.assert_allclose(surface_density(sphere.density, R, 1e5 * A), sphere.surface_density(R), rtol=1e-8)
    seen = R > 0.01 * A
    mass = projected_mass(sphere.density, R, 1e6 * A)
    np.testing.assert_allclose(mass[seen], sphere.projected_mass(R)[seen], rtol=1e-8 if sphere is CLOSED[1] else 2e-7)


def test_a_cusp_needs_a_start_further_in_for_eight_digits():
    sphere = CLOSED[0]
    grid = A * np.append(np.geomspace(1e-8, 1e-3, 10), [0.01, 0.1, 1.0, 10.0])
    found = projected_mass(sphere.density, grid, 1e6 * A)[-4:]
    np.testing.assert_allclose(found, sphere.projected_mass(grid[-4:]), rtol=1e-8)


def test_the_isothermal_sphere_ends_where_it_is_cut():
    sphere, r_max = SingularIsothermalSphere(velocity_dispersion=900.0), 2000.0
    grid = np.geomspace(1e-3, 1900.0, 200)
    # Σ of the sphere cut at r_max is that of the whole times (2/π) arccos(R/r_max)
    expected = sphere.surface_density(grid) * 2.0 / np.pi * np.arccos(grid / r_max)
    np.testing.assert_allclose(surface_density(sphere.density, grid, r_max), expected, rtol=1e-11)
    whole = lens_profile(sphere.density, np.array([1.0, 10.0, 100.0]), 1e12, sphere.surface_density(20.0) * 2.0)
    np.testing.assert_allclose(whole.kappa, 20.0 / (2.0 * whole.radius), rtol=1e-8)
    np.testing.assert_allclose(whole.mean_kappa, 20.0 / whole.radius, rtol=1e-8)
    np.testing.assert_allclose(whole.deflection, 20.0, rtol=1e-8)
    np.testing.assert_allclose(whole.tangential_shear, whole.kappa, rtol=1e-8)


@pytest.mark.parametrize("sphere", CLOSED, **NAMES)
def test_the_cylinder_is_the_sphere_and_the_caps_outside(sphere):
    r_max = 300.0
    grid = np.append(np.geomspace(1e-7, 0.1, 30), [1.0, 20.0, 150.0, 290.0])

    def cylinder(radius):
        # 1 − √(1−x) as x/(1+√(1−x))
        def cap(r):
            x = (radius / r) ** 2
            return 4 * np.pi * r**2 * sphere.density(r) * x / (1.0 + np.sqrt(1.0 - x))

        return sphere.enclosed_mass(radius) + integrate.quad(cap, radius, r_max, epsrel=1e-12, limit=400)[0]

    found = projected_mass(sphere.density, grid, r_max)[-4:]
    # a Gauss rule in ln R meets the square root with which Σ ends at r_max
    np.testing.assert_allclose(found[:3], [cylinder(x) for x in grid[-4:-1]], rtol=1e-9)
    assert found[3] == pytest.approx(cylinder(grid[-1]), rel=1e-7)


def test_beyond_its_end_a_sphere_has_no_surface_density_and_all_its_mass():
    sphere = CLOSED[1]
    assert np.all(surface_density(sphere.density, [100.0, 101.0, 500.0], 100.0) == 0.0)
    grid = np.append(np.geomspace(1e-3, 100.0, 300), [150.0, 800.0])
    mass = projected_mass(sphere.density, grid, 100.0)
    assert mass[-1] == mass[-2] == mass[-3]
    assert mass[-1] == pytest.approx(sphere.enclosed_mass(100.0), rel=1e-6)


def test_the_slope_of_the_mean_convergence_is_the_convergence():
    grid = A * np.geomspace(1e-4, 20.0, 400)
    lens = lens_profile(CLOSED[0].density, grid, 100.0 * A, 3e9)
    slope = np.gradient(grid**2 * lens.mean_kappa, np.log(grid), edge_order=2) / grid**2
    np.testing.assert_allclose(slope[5:-5], 2.0 * lens.kappa[5:-5], rtol=1e-3)
    np.testing.assert_allclose(lens.excess_surface_density, lens.tangential_shear * 3e9, rtol=1e-12)
    np.testing.assert_allclose(lens.deflection, grid * lens.mean_kappa, rtol=1e-14)


def test_the_mass_does_not_depend_on_the_grid():
    sphere = CLOSED[1]
    coarse = projected_mass(sphere.density, [1e-3, 7.0, 200.0], 500.0)
    fine = projected_mass(sphere.density, np.append(np.geomspace(1e-3, 7.0, 500), 200.0), 500.0)
    np.testing.assert_allclose(coarse[1:], fine[-2:], rtol=1e-11)


def test_power_laws_are_continued_exactly():
    for slope in (-1.5, -0.3, 0.0, 1.0):
        inside = continued_mass(lambda r, s=slope: 7.0 * r**s, 2.0)
        assert inside == pytest.approx(2 * np.pi * 7.0 * 2.0 ** (2 + slope) / (2 + slope), rel=1e-10)
        ring = mass_within(lambda r, s=slope: 7.0 * r**s, np.array([3.0, 50.0]), 2.0)
        expected = 2 * np.pi * 7.0 * (np.array([3.0, 50.0]) ** (2 + slope) - 2.0 ** (2 + slope)) / (2 + slope)
        np.testing.assert_allclose(ring, expected, rtol=1e-11)
    assert continued_mass(np.zeros_like, 2.0) == 0.0
    with pytest.raises(InvalidInput, match="start further in"):
        continued_mass(lambda r: r**-2.5, 2.0)
    for surface in (lambda r: -r, lambda r: r * np.nan, lambda r: np.where(r > 2.0, 0.0, 1.0)):
        with pytest.raises(InvalidInput, match="must be > 0"):
            continued_mass(surface, 2.0)


def test_shapes_are_kept():
    sphere = CLOSED[1]
    grid = np.array([[1.0, 2.0], [3.0, 400.0]])
    assert surface_density(sphere.density, grid, 300.0).shape == (2, 2)
    assert surface_density(sphere.density, 5.0, 300.0) == surface_density(sphere.density, [5.0], 300.0)[0]


@pytest.mark.parametrize("grid", [[], [2.0, 1.0], [1.0, 1.0], [0.0, 1.0], [1.0, np.nan], [[1.0]], [-1.0, 1.0]])
def test_grids_that_do_not_increase_are_errors(grid):
    with pytest.raises(InvalidInput, match="radius"):
        projected_mass(CLOSED[0].density, grid, 100.0)


def test_other_input_that_cannot_be_is_an_error():
    density = CLOSED[0].density
    with pytest.raises(InvalidInput, match="below r_max"):
        projected_mass(density, [200.0, 300.0], 100.0)
    for r_max in (0.0, np.inf, np.nan):
        with pytest.raises(InvalidInput, match="r_max"):
            surface_density(density, [1.0], r_max)
    with pytest.raises(InvalidInput, match="radius"):
        surface_density(density, [0.0], 100.0)
    ones = np.ones(2)
    with pytest.raises(InvalidInput, match="sigma_crit"):
        LensProfile(radius=np.array([1.0, 2.0]), surface_density=ones, projected_mass=ones, sigma_crit=0.0)
    with pytest.raises(InvalidInput, match="shape"):
        LensProfile(radius=np.array([1.0, 2.0]), surface_density=np.ones(3), projected_mass=ones, sigma_crit=1.0)
