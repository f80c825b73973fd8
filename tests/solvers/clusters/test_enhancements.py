"""Models of clusters: Σ by the law against 30 digits, words for its numbers, and the toys that it is projected for."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.einstein_radius import einstein_radius
from solvers.clusters.enhancements import (
    LawEnhancement,
    NoEnhancement,
    WindowedEnhancement,
    effective_amplitude,
)
from solvers.clusters.geometry import CODATA, PAPER, FlatMatter, arcsec, critical_surface_density, lens_distances
from solvers.laws import CriticalAcceleration, MondRar, MondSimple, Sigma

NEW = 9.59177138718e-11
TOYS = {1: (1.0e15, 0.20, 1.5), 2: (1.5e15, 0.40, 2.0), 3: (2.0e15, 0.55, 3.0)}
POINTWISE = {1: (42.4449100734, 1e-7), 2: (80.15, 1e-4), 3: (108.9, 5e-4)}
WINDOWED = {
    (1, "rising"): (3.60981514997, 1e-8),
    (1, "interior"): (16.5196510595, 1e-8),
    (1, "uniform"): (17.0583262583, 1e-8),
    (2, "rising"): (4.546, 2e-4),
    (2, "interior"): (18.44, 5e-4),
    (3, "uniform"): (26.78, 5e-4),
}
START = 0.05
"""Where the reference starts its integral [kpc]."""


def toy(number, **more):
    m500, z_l, z_s = TOYS[number]
    at = lens_distances(FlatMatter(c=PAPER.c), z_l, z_s)
    baryons = ClusterBaryons(m500=m500, rho_crit=critical_density(z_l, G=PAPER.G), **more)
    return baryons, at.D_l, critical_surface_density(at, PAPER)


def theta_e(model, number, start=START, **more):
    baryons, d_l, sigma_crit = toy(number, **more)
    return arcsec(einstein_radius(model.surface_density(baryons, PAPER), sigma_crit, start=start), d_l)


def sigma_h(x):
    return 1 / (mpmath.sqrt(x) * (1 + x))


def mond_h(x):
    return mpmath.sqrt(mpmath.mpf(1) / 4 + 1 / x) - mpmath.mpf(1) / 2


def rar_h(x):
    return 1 / mpmath.expm1(mpmath.sqrt(x))


@pytest.mark.parametrize("exponent", range(-12, 13, 3))
@pytest.mark.parametrize(("law", "h"), [(Sigma(), sigma_h), (MondSimple(), mond_h), (MondRar(), rar_h)])
def test_enhancements_are_those_of_thirty_digits_over_24_decades(law, h, exponent):
    model = LawEnhancement(law=law, params={"amplitude": 3.5, "g_dagger": 1e-10})
    with mpmath.workdps(50):
        x = mpmath.mpf(10.0**exponent * 1e-10) / mpmath.mpf(1e-10)
        expected = float(1 + mpmath.mpf(3.5) * h(x))
    assert model.enhancement(10.0**exponent * 1e-10) == pytest.approx(expected, rel=1e-14)


@given(st.floats(-14.0, -6.0), st.floats(0.0, 30.0))
def test_sigma_rises_with_the_amplitude_and_falls_with_the_acceleration(log_g, amplitude):
    model = LawEnhancement(law=Sigma(), params={"amplitude": amplitude, "g_dagger": NEW})
    g = 10.0**log_g * np.array([1.0, 1.1])
    low, high = model.enhancement(g), model.enhancement(g, amplitude=amplitude + 1.0)
    assert (low >= 1).all()
    assert low[0] >= low[1]
    np.testing.assert_allclose(high - low, Sigma().h(g / NEW), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("law", [Sigma(), MondSimple(), MondRar()])
@pytest.mark.parametrize("log_g", [-13.0, -11.0, -10.0, -9.0, -8.0])
def test_the_slope_is_that_of_central_differences(law, log_g):
    model, step = LawEnhancement(law=law), 1e-5
    g = 10.0**log_g * np.exp(np.array([-step, step]))
    low, high = np.log(model.enhancement(g) * g)
    assert model.log_slope(10.0**log_g) == pytest.approx((high - low) / (2 * step), rel=1e-8)


def test_without_amplitude_the_slope_is_one():
    assert LawEnhancement(params={"amplitude": 0.0}).log_slope(1e-10) == 1.0


def test_words_stand_for_the_numbers_of_the_law():
    law = Sigma(g_dagger=CriticalAcceleration(form="6", H0=67.0))
    H0 = 67.0e3 / 3.0856775814913673e22
    expected = {
        "law": 299792458.0 * H0 / 6.0,
        "new": 299792458.0 * H0 / (4 * math.sqrt(math.pi)),
        "old": 299792458.0 * H0 / (2 * math.e),
    }
    for word, value in expected.items():
        model = LawEnhancement(law=law, params={"g_dagger": word})
        assert model.space.fixed["g_dagger"] == pytest.approx(value, rel=1e-12)
    assert LawEnhancement(law=law).space.fixed["g_dagger"] == pytest.approx(expected["law"], rel=1e-12)


def test_the_amplitude_is_bare_effective_or_a_number():
    radii = np.linspace(0.5, 5.0, 100)
    # W = 1 − (ξ/(ξ+r))^½ with ξ = 2/3 R_d
    mean = np.mean(1 - np.sqrt((2 / 3) / (2 / 3 + radii)))
    bare = math.pi * math.sqrt(2)
    assert effective_amplitude(Sigma()) == pytest.approx(bare / mean, rel=1e-14)
    assert effective_amplitude(Sigma()) == pytest.approx(8.4252182855, rel=1e-11)
    assert LawEnhancement().space.fixed["amplitude"] == pytest.approx(bare, rel=1e-15)
    for given_, expected in {"bare": bare, "effective": bare / mean, 7.5: 7.5}.items():
        assert LawEnhancement(params={"amplitude": given_}).space.fixed["amplitude"] == pytest.approx(expected)
    assert LawEnhancement(law=MondSimple(), params={"amplitude": "bare"}).space.fixed == {
        "amplitude": 1.0,
        "g_dagger": 1.2e-10,
    }


def test_a_free_parameter_is_given_with_the_call_and_broadcasts():
    model = LawEnhancement(params={"amplitude": {"prior": {"min": 0, "max": 20}}, "g_dagger": NEW})
    assert model.space.names == ("amplitude",)
    found = model.enhancement(np.array([1e-11, 1e-10]), amplitude=np.array([[1.0], [2.0], [3.0]]))
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found[2] - 1, 3 * (found[0] - 1), rtol=1e-14)


WRONG = {
    "a word for A": (
        lambda: LawEnhancement(params={"amplitude": "huge"}),
        "params.amplitude='huge': must be a number or one",
    ),
    "a word for g": (
        lambda: LawEnhancement(params={"g_dagger": "2e"}),
        "g_dagger='2e': must be a number or one of law",
    ),
    "a negative A": (lambda: LawEnhancement(params={"amplitude": -1}), "params.amplitude=-1: must be >= 0"),
    "no g": (lambda: LawEnhancement(params={"g_dagger": 0}), "params.g_dagger=0: must be > 0"),
    "another parameter": (lambda: LawEnhancement(params={"ell0": 1.0}), "params.ell0: unknown parameter"),
    "no field": (lambda: LawEnhancement().enhancement([1e-10, 0.0]), "g_bar: must be > 0 everywhere"),
    "no field for the slope": (lambda: LawEnhancement().log_slope(-1.0), "g_bar: must be > 0 everywhere"),
    "no field without Σ": (lambda: NoEnhancement().enhancement(math.nan), "g_bar: must be > 0 everywhere"),
    "a negative A in the call": (lambda: LawEnhancement().enhancement(1.0, amplitude=-2.0), "amplitude=-2: must be"),
    "a name in the call": (lambda: NoEnhancement().enhancement(1.0, amplitude=1.0), "amplitude: unknown parameter"),
    "a window": (lambda: WindowedEnhancement(window="soft"), "window='soft': must be one of rising, interior"),
    "no length": (lambda: WindowedEnhancement(params={"ell0": 0.0}), "params.ell0=0: must be > 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_legal_is_refused_in_one_line(case):
    call, line = WRONG[case]
    with pytest.raises(ValueError) as refused:
        call()
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_baryons_alone_are_not_enhanced():
    np.testing.assert_array_equal(NoEnhancement().enhancement([1e-12, 1e-8]), [1.0, 1.0])
    assert theta_e(NoEnhancement(), 1) == pytest.approx(3.5672313111, rel=5e-9)


@pytest.mark.parametrize("number", POINTWISE)
def test_the_projected_law_gives_the_radii_of_the_reference(number):
    model = LawEnhancement(law=Sigma(), params={"amplitude": 8.4, "g_dagger": NEW})
    expected, rel = POINTWISE[number]
    assert theta_e(model, number) == pytest.approx(expected, rel=rel)


def test_the_radius_depends_on_where_the_baryons_end():
    model = LawEnhancement(law=Sigma(), params={"g_dagger": NEW})
    found = [theta_e(model, 2, extent=extent) for extent in (1.0, 2.0, 5.0)]
    np.testing.assert_allclose(found, [16.7, 18.9, 20.4], atol=0.05)


def test_the_acceleration_is_that_of_the_constants():
    """At 200 kpc g of the reference toy is G M/r² in SI units."""
    mass = 11293803184400.0
    g = 6.674e-11 * mass * 1.989e30 / (200 * 3.086e19) ** 2
    assert PAPER.acceleration(mass, 200.0) == pytest.approx(g, rel=1e-14)
    model = LawEnhancement(law=Sigma(), params={"amplitude": 8.4, "g_dagger": NEW})
    assert mass * model.enhancement(g) == pytest.approx(116308503009000.0, rel=1e-6)


@pytest.mark.parametrize(("number", "window"), WINDOWED)
def test_windows_give_the_radii_of_the_reference(number, window):
    expected, rel = WINDOWED[number, window]
    assert theta_e(WindowedEnhancement(window=window), number) == pytest.approx(expected, rel=rel)


def test_without_amplitude_all_models_are_the_baryons():
    baryons, _, _ = toy(2)
    R = np.geomspace(1.0, 3000.0, 9)
    expected = NoEnhancement().surface_density(baryons)(R)
    for model in (LawEnhancement(params={"amplitude": 0.0}), WindowedEnhancement(params={"amplitude": 0.0})):
        np.testing.assert_allclose(model.surface_density(baryons, CODATA)(R), expected, rtol=1e-12)


def test_the_uniform_window_multiplies():
    baryons, _, _ = toy(1)
    R = np.array([3.0, 100.0, 1500.0])
    found = WindowedEnhancement(window="uniform").surface_density(baryons)(
        R,
    )
    np.testing.assert_allclose(found, 5.6 * NoEnhancement().surface_density(baryons)(R), rtol=1e-14)
    given_ = WindowedEnhancement(window="uniform", params={"amplitude": {"prior": {"min": 0, "max": 9}}})
    np.testing.assert_allclose(given_.surface_density(baryons, amplitude=4.6)(R), found, rtol=1e-14)
