"""Distances of a lens and its sources against the toys of the reference and against astropy."""

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM, LambdaCDM

from solvers.backgrounds.dark_energy import DarkEnergy
from solvers.clusters.geometry import (
    PAPER,
    FlatMatter,
    LensConstants,
    angular_diameter_distance,
    arcsec,
    critical_surface_density,
    lens_distances,
    mean_critical_surface_density,
    mean_distance_ratio,
)
from solvers.errors import InvalidInput

TOYS = [(0.20, 1.5, 3.00550e9), (0.40, 2.0, 2.14187e9), (0.55, 3.0, 1.85580e9)]
PAPER_COSMOLOGY = FlatMatter(c=PAPER.c)
FLAT = FlatLambdaCDM(H0=70.0, Om0=0.3, Tcmb0=0.0)


@pytest.mark.parametrize(("z_l", "z_s", "expected"), TOYS)
def test_the_toys_have_their_critical_surface_density(z_l, z_s, expected):
    at = lens_distances(PAPER_COSMOLOGY, z_l, z_s)
    assert critical_surface_density(at, PAPER) == pytest.approx(expected, rel=3e-6)
    assert critical_surface_density(lens_distances(FLAT, z_l, z_s)) == pytest.approx(expected, rel=3e-4)


def test_the_first_toy_has_the_distances_of_the_reference():
    at = lens_distances(PAPER_COSMOLOGY, 0.2, 1.5)
    assert at.D_l == pytest.approx(680619.821409, rel=1e-11)
    assert at.D_s == pytest.approx(1745586.21981, rel=1e-11)
    assert at.D_ls == pytest.approx(1418888.70553, rel=1e-11)
    assert critical_surface_density(at, PAPER) == pytest.approx(3005499843.33, rel=1e-11)
    assert at.D_l == pytest.approx(lens_distances(FLAT, 0.2, 1.5).D_l, rel=1e-4)


@pytest.mark.parametrize(("z_l", "z_s"), [(0.05, 0.051), (0.2, 1.5), (0.55, 8.0)])
@pytest.mark.parametrize("Ok0", [0.0, 0.1, -0.1])
@pytest.mark.filterwarnings("ignore:Use ``angular_diameter_distance")
def test_it_agrees_with_astropy_in_flat_and_curved_space(z_l, z_s, Ok0):
    theirs = LambdaCDM(H0=70.0, Om0=0.3, Ode0=0.7 - Ok0, Tcmb0=0.0)
    ours = DarkEnergy(params={"omega_m": 0.3, "omega_k": Ok0, "H0": 70.0})
    expected = theirs.angular_diameter_distance_z1z2(z_l, z_s).to_value("kpc")
    for cosmology in (theirs, ours):
        at = lens_distances(cosmology, z_l, z_s)
        assert at.D_l == pytest.approx(theirs.angular_diameter_distance(z_l).to_value("kpc"), rel=1e-10)
        assert at.D_s == pytest.approx(theirs.angular_diameter_distance(z_s).to_value("kpc"), rel=1e-10)
        assert at.D_ls == pytest.approx(expected, rel=1e-10)


def test_any_number_of_redshifts_keeps_its_shape():
    z = np.array([[0.1, 0.5], [1.0, 2.0]])
    found = angular_diameter_distance(FlatMatter(), z)
    np.testing.assert_allclose(found, FLAT.angular_diameter_distance(z).to_value("kpc"), rtol=1e-10)
    assert angular_diameter_distance(FLAT, 0.5).shape == ()


@pytest.mark.parametrize("z_s", [0.4, 0.3, -0.1, np.nan])
def test_a_source_in_front_of_the_lens_is_an_error(z_s):
    with pytest.raises(InvalidInput, match="behind the lens"):
        lens_distances(FLAT, 0.4, z_s)


@pytest.mark.parametrize("z_l", [0.0, -1.0, np.nan])
def test_a_lens_at_the_observer_is_an_error(z_l):
    with pytest.raises(InvalidInput, match="z_l"):
        lens_distances(FLAT, z_l, 1.0)
    with pytest.raises(InvalidInput, match="z_l"):
        mean_distance_ratio(FLAT, z_l, [1.0], [1.0])


def test_the_mean_ratio_is_that_of_the_ratios_and_foreground_counts_as_zero():
    ratios = [lens_distances(FLAT, 0.4, z).D_ls / lens_distances(FLAT, 0.4, z).D_s for z in (0.6, 2.0)]
    found = mean_distance_ratio(FLAT, 0.4, [0.2, 0.4, 0.6, 2.0], [2.0, 1.0, 4.0, 3.0])
    assert found == pytest.approx((4.0 * ratios[0] + 3.0 * ratios[1]) / 10.0, rel=1e-13)
    at_mean = lens_distances(FLAT, 0.4, 1.3)
    assert mean_distance_ratio(FLAT, 0.4, [0.6, 2.0], [1.0, 1.0]) != pytest.approx(at_mean.D_ls / at_mean.D_s, rel=0.05)


def test_one_source_gives_its_critical_surface_density_and_none_an_infinite_one():
    expected = critical_surface_density(lens_distances(FLAT, 0.4, 2.0))
    assert mean_critical_surface_density(FLAT, 0.4, [2.0], [5.0]) == pytest.approx(expected, rel=1e-13)
    assert mean_critical_surface_density(FLAT, 0.4, [0.3], [1.0]) == np.inf


@pytest.mark.parametrize(
    ("z_s", "weights"), [([1.0], [1.0, 2.0]), ([1.0], [0.0]), ([1.0], [-1.0]), ([np.nan], [1.0]), ([-0.5], [1.0])]
)
def test_a_distribution_that_is_none_is_an_error(z_s, weights):
    with pytest.raises(InvalidInput):
        mean_distance_ratio(FLAT, 0.4, z_s, weights)


def test_constants_and_densities_out_of_range_are_errors():
    for make in (lambda: LensConstants(c=0.0), lambda: FlatMatter(H0=-70.0), lambda: FlatMatter(Om0=1.5)):
        with pytest.raises(InvalidInput):
            make()


def test_an_angle_is_a_length_over_the_distance():
    assert arcsec(11.7709287496, 680619.821409) == pytest.approx(3.5672313111, rel=1e-10)
