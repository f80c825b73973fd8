"""The thin exponential disk against the integral over its rings, Freeman's peak and a point mass."""

import mpmath
import numpy as np
import pytest
from scipy import integrate, optimize, special

from solvers.constants import G_KPC
from solvers.galaxies.exponential_disk import exponential_disk_v_squared

MASS, SCALE = 5e10, 2.5


def toomre(radius, mass, scale_length):
    """V² of any thin disk by the Hankel transform of its surface density: G M R ∫ k J₁(kR) (1 + k² R_d²)^(−3/2) dk."""
    # The integral of k J₁ against the transform, on the zeros of J₁ so that its tail is a series that alternates.
    with mpmath.workdps(20):
        total = mpmath.quadosc(
            lambda k: k * mpmath.besselj(1, k * radius) * (1 + (k * scale_length) ** 2) ** mpmath.mpf(-1.5),
            [0, mpmath.inf],
            omega=radius,
        )
    return G_KPC * mass * radius * float(total)


@pytest.mark.parametrize("y", [1.0, 2.2, 8.0])
def test_the_disk_is_the_integral_over_wavenumbers(y):
    found = exponential_disk_v_squared(y * SCALE, MASS, SCALE)
    assert found == pytest.approx(toomre(y * SCALE, MASS, SCALE), rel=1e-10)


@pytest.mark.parametrize("y", [0.5, 2.2, 6.0])
def test_the_disk_is_the_sum_of_its_rings(y):
    """−R dΦ/dR of rings in the plane, Φ(R) = −∫ 4 G Σ(a) a K(m)/(R+a) da with m = 4Ra/(R+a)², by differences."""

    def potential(radius):
        def ring(a):
            surface = MASS / (2.0 * np.pi * SCALE**2) * np.exp(-a / SCALE)
            return surface * a / (radius + a) * special.ellipkm1(((radius - a) / (radius + a)) ** 2)

        parts = ((0.0, radius), (radius, 2.0 * radius), (2.0 * radius, 60.0 * SCALE))
        return -4.0 * G_KPC * sum(integrate.quad(ring, *ends, epsrel=1e-12, limit=300)[0] for ends in parts)

    radius, step = y * SCALE, 0.01 * SCALE
    slope = (8.0 * (potential(radius + step) - potential(radius - step))) / (12.0 * step)
    slope -= (potential(radius + 2.0 * step) - potential(radius - 2.0 * step)) / (12.0 * step)
    assert exponential_disk_v_squared(radius, MASS, SCALE) == pytest.approx(radius * slope, rel=1e-6)


def test_the_peak_is_that_of_freeman():
    peak = optimize.minimize_scalar(
        lambda y: -exponential_disk_v_squared(y * SCALE, MASS, SCALE), bounds=(1.0, 4.0), method="bounded"
    )
    assert peak.x == pytest.approx(2.15, abs=0.01)
    assert np.sqrt(-peak.fun) == pytest.approx(0.62 * np.sqrt(G_KPC * MASS / SCALE), rel=5e-3)
    at_printed = np.sqrt(exponential_disk_v_squared(2.2 * SCALE, MASS, SCALE))
    assert at_printed == pytest.approx(np.sqrt(-peak.fun), rel=1e-3)


def test_far_out_it_is_a_point_mass():
    radius = SCALE * np.array([30.0, 100.0, 1000.0])
    ratio = exponential_disk_v_squared(radius, MASS, SCALE) / (G_KPC * MASS / radius)
    # the next term of the expansion is 9/2 (R_d/R)²
    np.testing.assert_allclose(ratio - 1.0, 4.5 * (SCALE / radius) ** 2, rtol=0.03)


def test_near_the_centre_it_grows_and_is_zero_there():
    radius = SCALE * np.array([1e-8, 1e-6, 1e-4])
    square = exponential_disk_v_squared(radius, MASS, SCALE)
    assert np.all(np.diff(square) > 0)
    # V² = 2 G M/R_d y² (−ln(y/2) − γ − 1/2) for small y
    y = radius / (2.0 * SCALE)
    expected = 2.0 * G_KPC * MASS / SCALE * y**2 * (-np.log(y / 2.0) - np.euler_gamma - 0.5)
    np.testing.assert_allclose(square, expected, rtol=1e-6)
    assert exponential_disk_v_squared(0.0, MASS, SCALE) == 0.0
    assert exponential_disk_v_squared([0.0, 1.0], MASS, SCALE).tolist()[0] == 0.0


def test_mass_and_length_only_scale_it():
    y = np.array([0.3, 1.0, 5.0])
    unit = exponential_disk_v_squared(y, 1.0, 1.0)
    np.testing.assert_allclose(exponential_disk_v_squared(y * 4.0, 7.0, 4.0), unit * 7.0 / 4.0, rtol=1e-14)
    assert exponential_disk_v_squared(y[:, None], 1.0, np.array([1.0, 2.0])).shape == (3, 2)
    np.testing.assert_array_equal(exponential_disk_v_squared(y, 0.0, 1.0), 0.0)
