"""Lenses of a configuration, triaxial lenses, the isothermal toy and predicted radii: astropy, closed forms, search."""

import math

import numpy as np
import pytest
from astropy import constants as const
from astropy import units as u
from astropy.cosmology import FlatLambdaCDM, LambdaCDM, Planck18
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from solvers.backgrounds import SigmaBaryons
from solvers.clusters.baryons import critical_density
from solvers.clusters.einstein_radius import SEARCH_GRID, einstein_radius
from solvers.clusters.enhancements import LawEnhancement, NoEnhancement, WindowedEnhancement
from solvers.clusters.geometry import CODATA, CONSTANTS, PAPER, FlatMatter, arcsec
from solvers.clusters.isothermal_toy import closed_amplitude, isothermal_amplitude
from solvers.clusters.lens import (
    ClusterLens,
    NamedCosmology,
    cosmology_with,
    critical_density_in,
    hubble_parameter,
)
from solvers.clusters.predictive import PopulationDraws, PopulationNumbers, predicted_radii
from solvers.clusters.triaxial import Triaxial
from solvers.clusters.triaxial_lens import round_galaxy_surface, tabulated_surface, triaxial_surface
from solvers.errors import InvalidInput
from solvers.laws import CriticalAcceleration, Sigma

TOY1 = {"m500": 1.0e15, "z_l": 0.20, "z_s": 1.5}
TOY2 = {"m500": 1.5e15, "z_l": 0.40, "z_s": 2.0}
PUBLISHED_LAW = Sigma(g_dagger=CriticalAcceleration(H0=69.99444738789235))
REFERENCE = {
    "baryons": (NoEnhancement(), 11.7709287496, 3.5672313111),
    "rising": (WindowedEnhancement(window="rising"), 11.9114442614, 3.60981514997),
    "interior": (WindowedEnhancement(window="interior"), 54.5105205217, 16.5196510595),
    "uniform 5.6": (WindowedEnhancement(window="uniform"), 56.2880075507, 17.0583262583),
    "uniform 9.4": (WindowedEnhancement(window="uniform", params={"amplitude": 8.4}), 92.3090970401, 27.9746745788),
    "pointwise 8.4": (LawEnhancement(law=PUBLISHED_LAW, params={"amplitude": 8.4}), 140.057083123, 42.4449100734),
}
TRIAXIAL = {
    "global": [20.6475483457] * 5,
    "none": [14.5198652948, 17.5115360581, 20.6475483457, 23.9548403263, 27.4494786431],
    "volume": [18.3205644488, 19.5126279375, 20.6475483457, 21.7430725433, 22.8095605198],
}
Q_LOS = (0.7, 0.85, 1.0, 1.15, 1.3)


@pytest.fixture(scope="module")
def published():
    """Baryons, Σ_crit and D_l of a toy with the constants of the source."""

    def _published(toy):
        lens, cosmology = ClusterLens(**toy), cosmology_with(FlatMatter(), PAPER)
        own = lens.baryons(cosmology, PAPER)
        return own, lens.sigma_crit(cosmology, PAPER), lens.distances(cosmology).D_l

    return _published


@pytest.mark.parametrize("name", REFERENCE)
def test_the_first_toy_has_the_reference_radii(published, name):
    baryons, sigma_crit, d_l = published(TOY1)
    model, radius, theta = REFERENCE[name]
    found = einstein_radius(model.surface_density(baryons, PAPER), sigma_crit, start=0.05)
    assert found == pytest.approx(radius, rel=1e-6)
    assert arcsec(found, d_l) == pytest.approx(theta, rel=1e-6)


@pytest.mark.parametrize("normalisation", TRIAXIAL)
def test_triaxial_radii_are_those_of_the_reference(published, normalisation):
    baryons, sigma_crit, d_l = published(TOY2)
    model = WindowedEnhancement(window="uniform")
    shapes = [Triaxial(q_los=q, normalisation=normalisation) for q in Q_LOS]
    surfaces = [triaxial_surface(model, baryons, shape) for shape in shapes]
    found = [arcsec(einstein_radius(each, sigma_crit, start=0.05), d_l) for each in surfaces]
    np.testing.assert_allclose(found, TRIAXIAL[normalisation], rtol=1e-6)
    kappa = [float(each(np.array([100.0]))[0]) for each in surfaces]
    spread = {"global": 0.0, "none": 0.6, "volume": 0.262111733847}[normalisation]
    assert (max(kappa) - min(kappa)) / kappa[2] == pytest.approx(spread, rel=1e-6, abs=1e-12)


def test_lens_table_numbers_of_the_first_toy_are_those_of_the_reference(published):
    baryons, sigma_crit, d_l = published(TOY1)
    assert baryons.r500 == pytest.approx(1423.09216706, rel=1e-9)
    assert baryons.rho_crit == pytest.approx(165.669400876, rel=1e-9)
    assert d_l == pytest.approx(680619.821409, rel=1e-9)
    assert sigma_crit == pytest.approx(3005499843.33, rel=1e-9)


@pytest.mark.parametrize(
    ("cosmology", "oracle"),
    [
        (NamedCosmology(name="Planck18"), Planck18),
        (Planck18, Planck18),
        (LambdaCDM(H0=68.0, Om0=0.3, Ode0=0.6), LambdaCDM(H0=68.0, Om0=0.3, Ode0=0.6)),
        (FlatMatter(), FlatLambdaCDM(H0=70.0, Om0=0.3)),
    ],
    ids=["named", "astropy", "curved", "suite"],
)
def test_distances_and_densities_are_those_of_astropy(cosmology, oracle):
    lens = ClusterLens(m500=1e15, z_l=0.35, z_s=2.1)
    d_l, d_s = (oracle.angular_diameter_distance(z) for z in (0.35, 2.1))
    d_ls = oracle.angular_diameter_distance(0.35, 2.1)
    sigma = (const.c**2 / (4 * np.pi * const.G) * d_s / (d_l * d_ls)).to_value(u.Msun / u.kpc**2)
    assert lens.sigma_crit(cosmology) == pytest.approx(sigma, rel=1e-6)
    assert lens.distances(cosmology).D_ls == pytest.approx(d_ls.to_value(u.kpc), rel=1e-6)
    assert lens.distance_ratio(cosmology) == pytest.approx((d_ls / d_s).value, rel=1e-6)
    assert hubble_parameter(cosmology, 0.35) == pytest.approx(oracle.H(0.35).value, rel=1e-9)
    density = oracle.critical_density(0.35).to_value(u.Msun / u.kpc**3)
    assert critical_density_in(cosmology, 0.35) == pytest.approx(density, rel=1e-6)


def test_a_background_of_the_suite_gives_distances_and_a_hubble_parameter():
    background = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83, "H0": 70.0})
    expected = 70.0 * float(background.efunc(np.array([0.4]))[0])
    assert hubble_parameter(background, 0.4) == pytest.approx(expected, rel=1e-12)
    assert ClusterLens(**TOY2).sigma_crit(background) > 0


def test_flat_matter_gives_the_critical_density_of_the_baryons():
    for constants in CONSTANTS.values():
        own = critical_density_in(FlatMatter(), 0.55, constants)
        assert own == pytest.approx(critical_density(0.55, G=constants.G), rel=1e-14)


def test_only_a_speed_of_light_that_was_not_given_is_replaced():
    assert cosmology_with(FlatMatter(), PAPER).c == PAPER.c
    assert cosmology_with(FlatMatter(c=3.0e5), PAPER).c == 3.0e5
    assert cosmology_with(Planck18, PAPER) is Planck18


def test_a_distribution_of_sources_takes_the_mean_of_the_ratio():
    both = ClusterLens(m500=1e15, z_l=0.4, z_s=[0.3, 1.0, 2.0], weights=[1.0, 1.0, 2.0])
    alone = [ClusterLens(m500=1e15, z_l=0.4, z_s=z) for z in (1.0, 2.0)]
    ratios = [each.distance_ratio(FlatMatter()) for each in alone]
    mean = (0.0 + ratios[0] + 2.0 * ratios[1]) / 4.0
    assert both.distance_ratio(FlatMatter()) == pytest.approx(mean, rel=1e-12)
    expected = alone[1].sigma_crit(FlatMatter()) * ratios[1] / mean
    assert both.sigma_crit(FlatMatter()) == pytest.approx(expected, rel=1e-12)
    assert math.isnan(both.distances(FlatMatter()).D_ls)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"z_s": 0.4}, "z_s=0.4: sources must lie behind the lens at z_l=0.4"),
        ({"z_s": [0.1, 0.2], "weights": [1, 1]}, "z_s=.*must lie behind"),
        ({"z_s": [1.0, 2.0]}, "several redshifts of sources need weights"),
        ({"z_s": [1.0, 2.0], "weights": [1.0]}, "weights: 1 of them for 2"),
        ({"z_s": [1.0, 2.0], "weights": [0.0, 0.0]}, "weights: must be >= 0 and not all 0"),
        ({"z_s": "far"}, "z_s=far.*must be numbers"),
        ({"z_s": math.inf}, "z_s=inf: must be > 0"),
        ({"z_l": 0.0}, "z_l=0.0: must be > 0"),
        ({"m500": -1.0}, "m500=-1.0: must be > 0"),
        ({"f_gas": 1.5}, "f_gas=1.5: must be from 0 to 1"),
        ({"gas": {}}, "gas: must be a"),
        ({"kappa_ext": math.nan}, "kappa_ext=nan: must be finite"),
        ({"kappa_ext": 1.0}, "kappa_ext=1.0: must be finite and < 1"),
        ({"theta_e": 0.0}, "theta_e=0.0: must be > 0"),
        ({"theta_e_err": 1.0}, "theta_e_err=1: give theta_e too"),
    ],
)
def test_what_is_no_lens_is_refused(change, line):
    with pytest.raises(InvalidInput, match=line):
        ClusterLens(**{**TOY2, **change})


def test_an_unknown_cosmology_is_refused_with_the_nearest_names():
    with pytest.raises(InvalidInput, match="Planck17.*try .*Planck18"):
        NamedCosmology(name="Planck17")


def test_the_isothermal_toy_has_the_amplitude_of_the_reference():
    assert closed_amplitude(0.33, 0.6) == pytest.approx(3.63505711524, rel=1e-11)
    assert isothermal_amplitude(0.33, 0.6) == pytest.approx(3.63505711524, rel=1e-11)


@given(st.floats(0.05, 1.0), st.floats(0.2, 3.0), st.floats(1.0, 4.0), st.floats(0.5, 4.0))
@settings(max_examples=25, deadline=None)
def test_the_isothermal_amplitude_makes_the_mean_convergence_one(f_b, x, p, n):
    mean, _ = integrate.quad(lambda t: 1.0 - (1.0 + (t / x) ** p) ** -n, 0.0, 1.0, epsabs=1e-12)
    assert f_b * (1.0 + isothermal_amplitude(f_b, x, p, n) * mean) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("call", [lambda: closed_amplitude(0.0, 1.0), lambda: isothermal_amplitude(2.0, 1.0)])
def test_a_fraction_out_of_range_is_refused(call):
    with pytest.raises(InvalidInput, match="f_b=.*: must be > 0 and <= 1"):
        call()


def test_a_window_stays_round_while_the_baryons_do_not(published):
    baryons, _, _ = published(TOY2)
    radius = np.geomspace(5.0, 800.0, 7)
    model, shape = WindowedEnhancement(window="interior"), Triaxial(q_los=1.3)
    own = triaxial_surface(NoEnhancement(), baryons, shape)(radius)
    expected = own * (1.0 + 4.6 * (1.0 + (radius / 200.0) ** 2) ** -2.0)
    np.testing.assert_allclose(triaxial_surface(model, baryons, shape)(radius), expected, rtol=1e-12)


def test_a_flattened_sky_needs_a_table_that_agrees_with_the_direct_projection(published):
    baryons, _, _ = published(TOY2)
    radius = np.geomspace(0.01, 1000.0, 9)
    shape = Triaxial(q_p=0.8, q_los=1.2)
    direct = shape.circular_surface_density(NoEnhancement().surface_density(baryons), radius)
    np.testing.assert_allclose(triaxial_surface(NoEnhancement(), baryons, shape)(radius), direct, rtol=1e-7)


def test_the_table_of_a_surface_ends_where_the_surface_ends(published):
    baryons, _, _ = published(TOY2)
    surface = NoEnhancement().surface_density(baryons)
    table = tabulated_surface(surface, baryons.r_max)
    at = np.array([1e-9, 0.99, 0.999, 1.0, 2.0]) * baryons.r_max
    np.testing.assert_array_equal(table(at), surface(at))
    with pytest.raises(InvalidInput, match="surface: must be > 0"):
        tabulated_surface(lambda r: 0.0 * r, 1.0)


def test_a_round_galaxy_keeps_its_light_while_the_rest_follows_the_axis(published):
    baryons, _, _ = published(TOY2)
    model, radius = WindowedEnhancement(window="uniform", params={"amplitude": 0.0}), np.array([10.0, 100.0])
    sphere, stretched = (
        round_galaxy_surface(model, baryons, Triaxial(q_los=q, normalisation="none"))(radius) for q in (1.0, 1.3)
    )
    # Hernquist's closed form has no end at r_max, of which nothing is seen here.
    galaxy = baryons.bcg.surface_density(radius)
    np.testing.assert_allclose(stretched - galaxy, 1.3 * (sphere - galaxy), rtol=1e-6)
    with pytest.raises(InvalidInput, match="must have a window"):
        round_galaxy_surface(NoEnhancement(), baryons, Triaxial())


@pytest.mark.parametrize("window", ["interior", "rising", "exponential", "power", "uniform"])
def test_predicted_radii_are_those_that_a_search_of_each_draw_finds(published, window):
    baryons, sigma_crit, _ = published(TOY2)
    population = PopulationNumbers(window=window)
    draws = population.draw(4, np.random.default_rng(5))
    own = NoEnhancement().surface_density(baryons)
    ell0 = population.window_length(baryons.r500)
    found = predicted_radii(own, sigma_crit, ell0, population, draws, SEARCH_GRID, 0.02)
    for radius, a, q, kappa in zip(found, draws.amplitude, draws.q, draws.kappa_ext, strict=True):
        model = WindowedEnhancement(window=window, params={"amplitude": float(a), "ell0": ell0})
        surface = triaxial_surface(model, baryons, Triaxial(q_los=float(q)))
        assert radius == pytest.approx(einstein_radius(surface, sigma_crit, kappa_ext=kappa + 0.02), rel=1e-7)


def test_window_lengths_grow_as_the_power_of_r500():
    assert PopulationNumbers(gamma=0.5, ell0=200.0).window_length(4000.0) == pytest.approx(400.0, rel=1e-12)


def test_draws_have_the_numbers_of_the_population_and_stay_inside_its_ends():
    draws = PopulationNumbers(mu_A=1.0).draw(20_000, np.random.default_rng(1))
    assert draws.amplitude.min() == 0.0
    assert draws.q.min() > 0.7
    assert draws.q.max() < 1.4
    assert draws.kappa_ext.std() == pytest.approx(0.05, rel=0.03)
    still = PopulationNumbers(sigma_A=0.0, sigma_q=0.0, sigma_kappa=0.0).draw(3, np.random.default_rng(1))
    assert [*still.amplitude, *still.q, *still.kappa_ext] == [4.6] * 3 + [1.0] * 3 + [0.0] * 3


def test_draws_without_a_crossing_are_below_all_others_and_those_beyond_the_grid_above(published):
    baryons, sigma_crit, _ = published(TOY2)
    own, population = NoEnhancement().surface_density(baryons), PopulationNumbers()

    def drawn(kappa):
        return PopulationDraws(amplitude=np.zeros(2), q=np.ones(2), kappa_ext=np.array([0.0, kappa]))

    far = np.geomspace(100.0, 1500.0, 60)
    assert np.isneginf(predicted_radii(own, sigma_crit, 200.0, population, drawn(0.0), far)).all()
    for kappa in (0.999, 1.0, 1.1):
        found = predicted_radii(own, sigma_crit, 200.0, population, drawn(kappa), SEARCH_GRID)
        assert np.isfinite(found[0])
        assert found[1] == np.inf
    with pytest.raises(InvalidInput, match="sigma_crit=0"):
        predicted_radii(own, 0.0, 200.0, population, drawn(0.0), SEARCH_GRID)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"sigma_A": -1.0}, "sigma_A=-1.0: must be >= 0"),
        ({"mu_A": math.nan}, "mu_A=nan: must be finite"),
        ({"q_min": 1.2}, "q_min=1.2, q_max=1.4"),
        ({"window": "flat"}, "window='flat': must be one of"),
        ({"ell0": 0.0}, "ell0=0.0: must be > 0"),
    ],
)
def test_what_is_no_population_is_refused(change, line):
    with pytest.raises(InvalidInput, match=line):
        PopulationNumbers(**change)


def test_a_population_is_drawn_at_least_once():
    with pytest.raises(InvalidInput, match="n_draws=0"):
        PopulationNumbers().draw(0, np.random.default_rng(0))


def test_the_default_start_differs_from_the_reference_by_two_parts_in_a_million(published):
    baryons, sigma_crit, _ = published(TOY1)
    found = einstein_radius(NoEnhancement().surface_density(baryons, CODATA), sigma_crit)
    assert 1e-6 < 1.0 - found / 11.7709287496 < 3e-6
