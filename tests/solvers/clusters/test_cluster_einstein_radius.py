"""Einstein radii of closed lenses, of the toys of the reference, and where there is none or more than one."""

import math

import numpy as np
import pytest
from scipy import integrate

from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.einstein_radius import crossings, einstein_radius, mean_convergence
from solvers.clusters.geometry import PAPER, FlatMatter, arcsec, critical_surface_density, lens_distances
from solvers.clusters.kernels import Window, enhanced_surface_density, pointwise_density
from solvers.clusters.profiles import Hernquist, Plummer, SingularIsothermalSphere
from solvers.clusters.projection import surface_density
from solvers.errors import InvalidInput
from solvers.laws import Sigma

SIGMA_CRIT = 3e9
SIS = SingularIsothermalSphere(velocity_dispersion=900.0)
GRID = np.geomspace(0.5, 1500.0, 241)
G_DAGGER = PAPER.c * 0.07 / (4.0 * math.sqrt(math.pi))
REFERENCE_START = 0.05
"""Where the reference starts its integral [kpc]; with it the digits are the reference's."""

TOYS = {1: (1.0e15, 0.20, 1.5), 2: (1.5e15, 0.40, 2.0), 3: (2.0e15, 0.55, 3.0)}
COLUMNS = {
    "baryons": None,
    "rising": (4.6, Window(shape="rising")),
    "interior": (4.6, Window(shape="interior")),
    "uniform 5.6": (4.6, Window(shape="uniform")),
    "uniform 9.4": (8.4, Window(shape="uniform")),
}
FIRST_TOY = {
    "baryons": 3.5672313111,
    "rising": 3.60981514997,
    "interior": 16.5196510595,
    "uniform 5.6": 17.0583262583,
    "uniform 9.4": 27.9746745788,
}
PRINTED = {
    2: {"baryons": 4.381, "rising": 4.546, "interior": 18.44, "uniform 5.6": 20.65, "uniform 9.4": 37.12},
    3: {"baryons": 5.287, "rising": 5.685, "interior": 21.42, "uniform 5.6": 26.78, "uniform 9.4": 50.56},
}


def toy(number):
    m500, z_l, z_s = TOYS[number]
    at = lens_distances(FlatMatter(c=PAPER.c), z_l, z_s)
    model = ClusterBaryons(m500=m500, rho_crit=critical_density(z_l, G=PAPER.G))
    return model, at.D_l, critical_surface_density(at, PAPER)


def of_column(model, column):
    def surface(radius):
        return surface_density(model.density, radius, model.r_max)

    return surface if COLUMNS[column] is None else enhanced_surface_density(surface, *COLUMNS[column])


def of_law(model, amplitude, extent):
    def density(r):
        baryons = model.density(r), model.enclosed_mass(r)
        return pointwise_density(r, *baryons, amplitude, Sigma(), G_DAGGER, PAPER.G)

    return lambda radius: surface_density(density, radius, extent * model.r500)


@pytest.mark.parametrize("column", COLUMNS)
def test_the_first_toy_is_that_of_the_reference_to_its_digits(column):
    model, D_l, sigma_crit = toy(1)
    found = einstein_radius(of_column(model, column), sigma_crit, start=REFERENCE_START)
    assert arcsec(found, D_l) == pytest.approx(FIRST_TOY[column], rel=5e-9)
    # integrated to the centre the radius is smaller, most where only the galaxy is dense enough
    exact = einstein_radius(of_column(model, column), sigma_crit)
    assert 1e-7 < arcsec(found, D_l) / arcsec(exact, D_l) - 1.0 < 2.1e-6


def test_the_baryons_of_the_first_toy_have_their_radius_by_another_integral():
    """M_p as the sphere and the shells outside of it, of which the cylinder holds 1 − √(1−R²/r²)."""
    model, _, sigma_crit = toy(1)
    R = einstein_radius(of_column(model, "baryons"), sigma_crit)

    # r = R cosh t takes the root away
    def shell(t):
        r = R * math.cosh(t)
        return 4 * math.pi * r**2 * model.density(r) * (1 - math.tanh(t)) * R * math.sinh(t)

    outside = integrate.quad(shell, 0.0, math.acosh(model.r_max / R), epsrel=1e-12, limit=400)[0]
    mass = model.enclosed_mass(R) + outside
    assert mass / (math.pi * R**2 * sigma_crit) == pytest.approx(1.0, abs=5e-9)


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("column", COLUMNS)
def test_the_other_toys_are_those_printed(number, column):
    model, D_l, sigma_crit = toy(number)
    found = arcsec(einstein_radius(of_column(model, column), sigma_crit), D_l)
    assert found == pytest.approx(PRINTED[number][column], rel=2e-4)


def test_the_second_toy_is_that_of_the_triaxial_reference():
    model, D_l, sigma_crit = toy(2)
    found = einstein_radius(of_column(model, "uniform 5.6"), sigma_crit, start=REFERENCE_START)
    assert arcsec(found, D_l) == pytest.approx(20.6475483457, rel=1e-9)


@pytest.mark.parametrize(("number", "expected", "rel"), [(1, 42.4449100734, 1e-7), (2, 80.15, 1e-4), (3, 108.9, 5e-4)])
def test_the_law_point_by_point_gives_the_printed_radii(number, expected, rel):
    model, D_l, sigma_crit = toy(number)
    assert arcsec(einstein_radius(of_law(model, 8.4, 5.0), sigma_crit), D_l) == pytest.approx(expected, rel=rel)


def test_point_by_point_the_radius_grows_with_the_end_of_the_sphere():
    model, D_l, sigma_crit = toy(2)
    found = [arcsec(einstein_radius(of_law(model, math.pi * 2**0.5, k), sigma_crit), D_l) for k in (1.0, 2.0, 5.0)]
    np.testing.assert_allclose(found, [16.7, 18.9, 20.4], atol=0.05)


def test_the_visual_toy_needs_the_amplitude_of_the_reference():
    """A_c of κ̄(θ_E) = 1 with 0.33 of the isothermal sphere in baryons, ℓ0 = 0.6 θ_E: the radius is θ_E again."""
    R_E = SIS.projected_mass(1.0) / (np.pi * SIGMA_CRIT)
    for scale in (0.5, 1.0, 3.0):
        surface = enhanced_surface_density(
            lambda R, k=scale: 0.33 * k * SIS.surface_density(R),
            3.63505711524,
            Window(shape="rising", ell0=0.6 * scale * R_E),
        )
        assert einstein_radius(surface, SIGMA_CRIT) == pytest.approx(scale * R_E, rel=1e-8)


def test_an_isothermal_sphere_and_a_point_have_their_closed_radii():
    expected = SIS.projected_mass(1.0) / (np.pi * SIGMA_CRIT)
    assert einstein_radius(SIS.surface_density, SIGMA_CRIT) == pytest.approx(expected, rel=1e-12)
    # with a sheet of convergence k it is R_E/(1 − k)
    with_sheet = einstein_radius(SIS.surface_density, SIGMA_CRIT, kappa_ext=0.2)
    assert with_sheet == pytest.approx(expected / 0.8, rel=1e-12)
    point = einstein_radius(np.zeros_like, SIGMA_CRIT, central_mass=1e13)
    assert point == pytest.approx(math.sqrt(1e13 / (np.pi * SIGMA_CRIT)), rel=1e-12)


def test_the_condition_is_on_the_mean_and_the_polish_is_to_rounding():
    for sphere in (Hernquist(mass=3e14, a=100.0), Plummer(mass=3e14, a=50.0)):
        found = einstein_radius(sphere.surface_density, SIGMA_CRIT)
        assert sphere.projected_mass(found) / (np.pi * found**2 * SIGMA_CRIT) == pytest.approx(1.0, abs=1e-8)
        assert sphere.surface_density(found) < 0.9 * SIGMA_CRIT
    plummer = Plummer(mass=3e14, a=50.0)
    expected = math.sqrt(3e14 / (np.pi * SIGMA_CRIT) - 50.0**2)
    assert einstein_radius(plummer.surface_density, SIGMA_CRIT) == pytest.approx(expected, rel=1e-12)


def test_a_radius_does_not_depend_on_the_grid():
    sphere = Hernquist(mass=3e14, a=100.0)
    coarse = einstein_radius(sphere.surface_density, SIGMA_CRIT, radius=np.geomspace(0.5, 1500.0, 200))
    shifted = einstein_radius(sphere.surface_density, SIGMA_CRIT, radius=np.geomspace(0.4, 2000.0, 333))
    assert coarse == pytest.approx(shifted, rel=1e-9)


def test_a_crossing_on_a_point_of_the_grid_is_found_once():
    radius = np.array([0.5, 10.0, 100.0])
    strength = 10.0 * SIGMA_CRIT / 2.0
    found = crossings(lambda R: strength / R, SIGMA_CRIT, radius=radius)
    np.testing.assert_allclose(found.radius, [10.0], rtol=1e-12)


def test_without_enough_mass_there_is_none():
    sphere = Plummer(mass=1e13, a=200.0)
    found = crossings(sphere.surface_density, SIGMA_CRIT)
    assert found.radius.size == 0 and math.isnan(found.outermost)
    assert math.isnan(einstein_radius(sphere.surface_density, SIGMA_CRIT))
    assert math.isnan(einstein_radius(np.zeros_like, SIGMA_CRIT))


def test_a_ring_around_a_core_has_three_crossings_and_the_outermost_counts():
    def surface(R):
        return 30.0 * SIGMA_CRIT * np.exp(-R) + 8.0 * SIGMA_CRIT * np.exp(-0.5 * ((R - 100.0) / 5.0) ** 2)

    found = crossings(surface, SIGMA_CRIT)
    assert found.radius.size == 3 and list(found.is_downward) == [True, False, True]
    # a grid that is fine where the ring is
    fine = np.union1d(GRID, found.radius)
    at_crossings = mean_convergence(surface, fine, SIGMA_CRIT)[np.isin(fine, found.radius)]
    np.testing.assert_allclose(at_crossings, 1.0, rtol=1e-9)
    assert einstein_radius(surface, SIGMA_CRIT) == found.radius[-1]


def test_the_mean_convergence_is_that_in_closed_form():
    sphere = Plummer(mass=3e14, a=50.0)
    expected = sphere.projected_mass(GRID) / (np.pi * GRID**2 * SIGMA_CRIT)
    np.testing.assert_allclose(mean_convergence(sphere.surface_density, GRID, SIGMA_CRIT), expected, rtol=1e-11)
    with_sheet = mean_convergence(sphere.surface_density, GRID, SIGMA_CRIT, kappa_ext=-0.1, central_mass=1e12)
    np.testing.assert_allclose(with_sheet, expected - 0.1 + 1e12 / (np.pi * GRID**2 * SIGMA_CRIT), rtol=1e-9)


@pytest.mark.parametrize(
    ("surface", "options", "word"),
    [
        (SIS.surface_density, {"radius": np.array([2.0, 1.0])}, "increase"),
        (SIS.surface_density, {"radius": np.array([1.0, 2.0])}, "extend the grid"),
        (SIS.surface_density, {"kappa_ext": 1.0}, "extend the grid"),
        (SIS.surface_density, {"kappa_ext": np.nan}, "kappa_ext"),
        (SIS.surface_density, {"central_mass": -1.0}, "central_mass"),
        (SIS.surface_density, {"start": 0.0}, "start"),
        (SIS.surface_density, {"start": 0.6}, "start"),
        (lambda R: np.where(R > 3.0, np.nan, 1e9), {}, "finite"),
    ],
)
def test_a_search_that_cannot_be_is_an_error(surface, options, word):
    with pytest.raises(InvalidInput, match=word):
        einstein_radius(surface, SIGMA_CRIT, **options)
    with pytest.raises(InvalidInput, match="sigma_crit"):
        einstein_radius(SIS.surface_density, 0.0)
