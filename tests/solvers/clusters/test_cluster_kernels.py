"""Windows and the law point by point: limits, digits, and the mass of which the density is the slope."""

import math

import numpy as np
import pytest

from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.geometry import PAPER
from solvers.clusters.kernels import WINDOWS, Window, enhanced_surface_density, pointwise_density, pointwise_mass
from solvers.clusters.projection import projected_mass
from solvers.errors import InvalidInput
from solvers.laws import MondSimple, Sigma

R = np.array([[0.0, 1e-6, 3.0], [200.0, 700.0, 1e6]])
G_DAGGER = PAPER.c * 0.07 / (4.0 * math.sqrt(math.pi))
TOY = ClusterBaryons(m500=1e15, rho_crit=critical_density(0.2, G=PAPER.G))


@pytest.mark.parametrize("shape", WINDOWS)
def test_windows_lie_between_nothing_and_all(shape):
    C = Window(shape=shape)(R)
    assert C.shape == R.shape and np.all((C >= 0) & (C <= 1))
    assert C[0, 0] == (0.0 if shape == "rising" else 1.0)


def test_windows_have_their_values_at_the_scale_length():
    found = {shape: float(Window(shape=shape)(200.0)) for shape in WINDOWS}
    expected = {"rising": 0.75, "interior": 0.25, "exponential": math.exp(-1), "power": math.sqrt(0.5), "uniform": 1.0}
    assert found == pytest.approx(expected, rel=1e-14)


def test_rising_and_interior_add_up_and_rising_keeps_its_digits_near_the_centre():
    both = Window(shape="rising", p=1.5, n=0.7)(R) + Window(shape="interior", p=1.5, n=0.7)(R)
    np.testing.assert_allclose(both, 1.0, rtol=1e-15)
    assert Window(shape="rising")(1e-6) == pytest.approx(2 * (1e-6 / 200) ** 2, rel=1e-12)


def test_without_amplitude_nothing_changes():
    def surface(radius):
        return 7.0 / (1.0 + radius)

    np.testing.assert_array_equal(enhanced_surface_density(surface, 0.0, Window())(R), surface(R))
    doubled = enhanced_surface_density(surface, 1.0, Window(shape="uniform"))(R)
    np.testing.assert_allclose(doubled, 2.0 * surface(R), rtol=1e-15)
    r = np.array([1.0, 300.0])
    baryons = TOY.density(r), TOY.enclosed_mass(r)
    np.testing.assert_array_equal(pointwise_density(r, *baryons, 0.0, Sigma(), G_DAGGER), baryons[0])
    np.testing.assert_array_equal(pointwise_mass(r, baryons[1], 0.0, Sigma(), G_DAGGER), baryons[1])


@pytest.mark.parametrize("law", [Sigma(), MondSimple()], ids=lambda law: type(law).__name__)
def test_the_density_is_the_slope_of_the_mass(law):
    r, step = np.geomspace(0.01, 7000.0, 40), 1e-3

    def mass(r):
        return pointwise_mass(r, TOY.enclosed_mass(r), 8.4, law, G_DAGGER)

    slope = (mass(r * np.exp(step)) - mass(r * np.exp(-step))) / (2 * step)
    density = pointwise_density(r, TOY.density(r), TOY.enclosed_mass(r), 8.4, law, G_DAGGER)
    np.testing.assert_allclose(slope, 4 * np.pi * r**3 * density, rtol=2e-5)


def test_the_first_toy_has_the_masses_of_the_reference():
    mass = pointwise_mass(200.0, TOY.enclosed_mass(200.0), 8.4, Sigma(), G_DAGGER, PAPER.G)
    assert mass == pytest.approx(116308503009000.0, rel=1e-8)

    def density(r):
        return pointwise_density(r, TOY.density(r), TOY.enclosed_mass(r), 8.4, Sigma(), G_DAGGER, PAPER.G)

    grid = np.append(np.geomspace(1e-4, 1.0, 20), 200.0)
    assert projected_mass(density, grid, TOY.r_max)[-1] == pytest.approx(327929052997000.0, rel=1e-7)


def test_far_from_a_point_the_mass_grows_with_the_radius():
    r = np.array([1e6, 2e6, 4e6])
    mass = pointwise_mass(r, np.full(3, 1e13), 4.0, Sigma(), G_DAGGER)
    np.testing.assert_allclose(np.diff(mass) / np.diff(r), mass[0] / r[0], rtol=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Window(shape="sharp"),
        lambda: Window(ell0=0.0),
        lambda: Window(p=-1.0),
        lambda: enhanced_surface_density(np.ones_like, -1.0, Window()),
        lambda: pointwise_mass(1.0, 0.0, 1.0, Sigma(), 1.0),
        lambda: pointwise_mass(0.0, 1.0, 1.0, Sigma(), 1.0),
        lambda: pointwise_mass(1.0, 1.0, np.nan, Sigma(), 1.0),
        lambda: pointwise_density(1.0, 1.0, 1.0, 1.0, Sigma(), 0.0),
    ],
)
def test_what_is_out_of_range_is_an_error(make):
    with pytest.raises(InvalidInput):
        make()
