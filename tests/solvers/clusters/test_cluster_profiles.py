"""Closed projections against 30 digits, and the identities between density, mass and projection."""

import mpmath
import numpy as np
import pytest

from solvers.clusters.profiles import Hernquist, Plummer, PointMass, SingularIsothermalSphere
from solvers.errors import InvalidInput

MASS, A = 4e12, 15.0
SPHERES = [Hernquist(mass=MASS, a=A), Plummer(mass=MASS, a=A), SingularIsothermalSphere(velocity_dispersion=900.0)]


def hernquist_exact(s):
    """Σ in M/(2πa²) and M_p in M at R = s a ≠ a, straight from Hernquist (1990)."""
    with mpmath.workdps(50):
        s = mpmath.mpf(float(s))
        X = mpmath.asech(s) / mpmath.sqrt(1 - s**2) if s < 1 else mpmath.asec(s) / mpmath.sqrt(s**2 - 1)
        X = mpmath.re(X)
        return float(((2 + s**2) * X - 3) / (1 - s**2) ** 2), float(s**2 * (X - 1) / (1 - s**2))


@pytest.mark.parametrize("s", [1e-6, 1e-3, 0.3, 0.94, 0.96, 0.9999999, 1.0000001, 1.04, 1.06, 3.0, 100.0, 9e3])
def test_hernquist_keeps_its_digits_through_the_scale_length(s):
    surface, mass = hernquist_exact(s)
    sphere = Hernquist(mass=MASS, a=A)
    assert sphere.surface_density(s * A) == pytest.approx(surface * MASS / (2 * np.pi * A**2), rel=1e-12)
    assert sphere.projected_mass(s * A) == pytest.approx(mass * MASS, rel=1e-12)


def test_hernquist_at_the_scale_length_is_its_limit():
    sphere = Hernquist(mass=MASS, a=A)
    assert sphere.surface_density(A) == pytest.approx(MASS / (2 * np.pi * A**2) * 4.0 / 15.0, rel=1e-14)
    assert sphere.projected_mass(A) == pytest.approx(MASS / 3.0, rel=1e-14)


@pytest.mark.parametrize("sphere", SPHERES, ids=lambda s: type(s).__name__)
def test_density_and_surface_density_are_the_slopes_of_the_masses(sphere):
    r, step = A * np.geomspace(0.01, 50.0, 30), 1e-4
    shell = sphere.enclosed_mass(r * (1 + step)) - sphere.enclosed_mass(r * (1 - step))
    ring = sphere.projected_mass(r * (1 + step)) - sphere.projected_mass(r * (1 - step))
    np.testing.assert_allclose(shell / (2 * step), 4 * np.pi * r**3 * sphere.density(r), rtol=1e-6)
    np.testing.assert_allclose(ring / (2 * step), 2 * np.pi * r**2 * sphere.surface_density(r), rtol=1e-6)


@pytest.mark.parametrize("sphere", SPHERES[:2], ids=lambda s: type(s).__name__)
def test_sphere_and_cylinder_hold_all_mass_far_out(sphere):
    assert sphere.enclosed_mass(1e9 * A) == pytest.approx(MASS, rel=1e-8)
    assert sphere.projected_mass(1e9 * A) == pytest.approx(MASS, rel=1e-8)


@pytest.mark.parametrize("sphere", [*SPHERES, PointMass(mass=MASS)], ids=lambda s: type(s).__name__)
def test_shapes_are_kept_and_vectors_equal_scalars(sphere):
    r = A * np.array([[0.1, 1.0, 1.01], [2.0, 30.0, 1e3]])
    for name in ("density", "enclosed_mass", "surface_density", "projected_mass"):
        method = getattr(sphere, name)
        assert method(r).shape == r.shape
        np.testing.assert_allclose(method(r).ravel(), [float(method(x)) for x in r.ravel()], rtol=1e-14)


def test_the_isothermal_sphere_has_twice_the_convergence_in_the_mean():
    sphere, R = SPHERES[2], np.array([1.0, 50.0])
    np.testing.assert_allclose(sphere.projected_mass(R) / (np.pi * R**2), 2 * sphere.surface_density(R), rtol=1e-14)


def test_a_point_is_everything_at_the_centre_and_no_mass_is_nothing():
    point = PointMass(mass=MASS)
    assert point.projected_mass(3.0) == MASS and point.enclosed_mass(3.0) == MASS
    assert point.surface_density(3.0) == 0.0 and point.density(3.0) == 0.0
    assert Hernquist(mass=0.0, a=A).projected_mass(3.0) == 0.0


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (Hernquist, {"mass": -1.0, "a": 1.0}),
        (Hernquist, {"mass": 1.0, "a": 0.0}),
        (Plummer, {"mass": np.nan, "a": 1.0}),
        (PointMass, {"mass": -1.0}),
        (SingularIsothermalSphere, {"velocity_dispersion": 0.0}),
    ],
)
def test_numbers_out_of_range_are_errors(kind, numbers):
    with pytest.raises(InvalidInput):
        kind(**numbers)
