"""Probes: closed forms beside the mechanisms, where a published number is rounding noise, and what is not computed."""

import dataclasses
import math

import astropy.constants as c
import astropy.units as u
import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.burr_kernel import BurrKernel
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.milky_way import EILERS, MilkyWayBaryons
from solvers.laws import MondRar, Sigma
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.probes import (
    CLUSTER,
    EARTH,
    MilkyWayProbe,
    Probe,
    SolarSystem,
    cancelling_excess,
    excess_at_points,
    with_dispersion,
)
from solvers.microphysics.resonance import Resonance
from solvers.microphysics.roughness import Roughness
from solvers.microphysics.time_coherence import TimeCoherence

OPTIMISED = Pairing(params={"amplitude": 5.0, "sigma_c": 15.0, "gamma_sigma": 3.0, "ell_pair": 20.0, "p": 1.5})
MOND = LawRotation(law=MondRar())
SIGMA = LawRotation(law=Sigma())
# the reference file, K at both probes
REFERENCE = {
    "roughness": (Roughness(), 0.6313209135524915, 0.4744664032564998),
    "pairing": (Pairing(), 8.620689650862068e-10, 0.0006246096189881325),
    "optimised": (OPTIMISED, 1.5246695861526086e-14, 1.6874943047066905e-05),
    "burr": (BurrPairing(), 1.0386669135351247e-07, 1.0362765752206768e-05),
    "resonance": (Resonance(), 1.6870776772215834e-12, 1.0637240620455913e-05),
    "newton": (Newtonian(), 0.0, 0.0),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_excess_is_that_of_the_reference(name):
    model, earth, cluster = REFERENCE[name]
    np.testing.assert_allclose([EARTH.excess(model), CLUSTER.excess(model)], [earth, cluster], rtol=1e-11)


def test_the_published_excess_at_1_au_is_what_cancellation_leaves():
    with mp.workdps(30):
        gate = mp.mpf(1.5) ** 3 / (1 + mp.mpf(1.5) ** 3)
        exact = 5 * gate * -mp.expm1(-((mp.mpf(5e-9) / 20) ** mp.mpf(1.5)))
    np.testing.assert_allclose(EARTH.excess(OPTIMISED), float(exact), rtol=1e-12)
    np.testing.assert_allclose(cancelling_excess(OPTIMISED, EARTH), 1.541623971336646e-14, rtol=1e-12)
    # as published, to its five digits
    assert f"{cancelling_excess(OPTIMISED, EARTH):.4e}" == "1.5416e-14"


def test_where_nothing_cancels_both_ways_agree():
    probe = Probe(radius=30.0, v=200.0, sigma_v=20.0)
    np.testing.assert_allclose(cancelling_excess(OPTIMISED, probe), probe.excess(OPTIMISED), rtol=1e-13)
    with pytest.raises(InvalidInput, match="no exponential rise"):
        cancelling_excess(BurrPairing(), probe)


@pytest.mark.parametrize("probe", [EARTH, CLUSTER])
def test_a_law_without_a_window_takes_the_acceleration_of_the_probe(probe):
    g = ((probe.v * u.km / u.s) ** 2 / (probe.radius * u.kpc)).to_value(u.m / u.s**2)
    with mp.workdps(40):
        expected = 1 / mp.expm1(mp.sqrt(mp.mpf(g) / mp.mpf(1.2e-10)))
    assert probe.excess(MOND) == pytest.approx(float(expected), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("model", [SIGMA, BurrKernel()])
def test_what_a_probe_does_not_state_is_not_computed(model):
    assert math.isnan(EARTH.excess(model))
    assert math.isnan(CLUSTER.excess(model))
    assert np.isnan(SolarSystem().excess(model)).all()


@given(st.floats(1e-9, 500.0), st.floats(1.0, 2000.0), st.floats(0.5, 1500.0))
def test_roughness_at_a_probe_knows_no_radius(radius, v, sigma_v):
    found = Probe(radius=radius, v=v, sigma_v=sigma_v).excess(Roughness())
    xi = 1.0 / (1.0 + 2.0 * math.pi * sigma_v**1.5 / v)
    assert found == pytest.approx(0.774 * max(xi, 1e-6) ** 0.1, rel=1e-12)


def test_solar_system_is_about_one_solar_mass_and_the_chain_is_the_authors():
    system = SolarSystem()
    for distance, probe in zip((1.0, 10.0, 1e3, 1e4), system.probes, strict=True):
        speed = np.sqrt(c.GM_sun / (distance * u.au)).to_value(u.km / u.s)
        np.testing.assert_allclose([probe.radius, probe.v], [(distance * u.au).to_value(u.kpc), speed], rtol=1e-12)
        assert probe.sigma_v == 10.0
    k = system.excess(TimeCoherence())
    assert float(f"{k.max():.2e}") == 2.44e-10
    assert k.argmax() == 3
    assert (k < system.limit).all()


# the reference file: RMS against McGaugh's line at both dispersions
MILKY_WAY = {
    "newton": (Newtonian(), 53.093680569327226, 53.093680569327226),
    "roughness": (Roughness(), 20.77665211155266, 21.114811351292218),
    "pairing": (Pairing(), 30.878821344112666, 18.470985700525116),
    "optimised": (OPTIMISED, 43.22919527864838, 17.91262244352829),
    "burr": (BurrPairing(), 46.53663938337765, 29.507021461790345),
    "resonance": (Resonance(), 50.35289197883365, 46.9420153072007),
}


@pytest.mark.parametrize("name", MILKY_WAY)
def test_the_milky_way_is_that_of_the_reference_at_both_dispersions(name):
    model, *expected = MILKY_WAY[name]
    probe = MilkyWayProbe()
    np.testing.assert_allclose([probe.rms(model, sigma_v) for sigma_v in (34.35, 20.0)], expected, rtol=1e-11)


def test_models_of_another_kind_take_no_dispersion():
    probe = MilkyWayProbe(line=EILERS)
    assert with_dispersion(SIGMA, 34.35) is SIGMA
    assert probe.rms(SIGMA, 34.35) == probe.rms(SIGMA, 20.0)
    mechanism = with_dispersion(Pairing(), 34.35)
    assert mechanism == dataclasses.replace(Pairing(), sigma_v=34.35)


def test_excess_at_points_keeps_the_digits_that_sigma_loses():
    curves = MilkyWayProbe(radius=[1e-6, 5.0]).curves()
    model = dataclasses.replace(OPTIMISED, sigma_v=34.35)
    k = excess_at_points(model, curves)
    gate = (15.0 / 34.35) ** 3 / (1.0 + (15.0 / 34.35) ** 3)
    np.testing.assert_allclose(k, -5.0 * gate * np.expm1(-((np.array([1e-6, 5.0]) / 20.0) ** 1.5)), rtol=1e-13)
    np.testing.assert_allclose(excess_at_points(MOND, curves), MOND.enhancement(curves) - 1.0, rtol=0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Probe(radius=0.0, v=1.0, sigma_v=1.0), "radius=0.0: must be > 0 kpc"),
        (lambda: Probe(radius=1.0, v=-1.0, sigma_v=1.0), "v=-1.0: must be > 0 km/s"),
        (lambda: Probe(radius=1.0, v=1.0, sigma_v=math.inf), "sigma_v=inf: must be > 0 km/s"),
        (lambda: SolarSystem(distance=[10.0, 1.0]), "distance: must increase"),
        (lambda: SolarSystem(distance=[]), r"distance=\[\]: must be a list"),
        (lambda: SolarSystem(sigma_v=0.0), "sigma_v=0.0: must be > 0 km/s"),
        (lambda: SolarSystem(limit=-1.0), "limit=-1.0: must be > 0"),
        (lambda: MilkyWayProbe(radius=[5.0, 5.0]), "radius: must increase"),
        (lambda: MilkyWayProbe(radius=[0.0, 5.0]), r"radius\[0\]=0"),
        (lambda: MilkyWayProbe(sigma_v=[20.0, 20.0]), "names one dispersion twice"),
        (lambda: MilkyWayProbe(sigma_v=[-1.0]), r"sigma_v\[0\]=-1"),
        (lambda: MilkyWayProbe(r_disk=0.0), "r_disk=0.0: must be > 0 kpc"),
    ],
)
def test_illegal_places_are_refused_in_a_line(build, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        build()
    assert "\n" not in str(refused.value)


def test_defaults_are_those_of_the_source():
    assert (EARTH.radius, EARTH.v, EARTH.sigma_v) == (5e-9, 29.78, 10.0)
    assert (CLUSTER.radius, CLUSTER.v, CLUSTER.sigma_v) == (200.0, 1500.0, 1000.0)
    assert MilkyWayProbe().baryons == MilkyWayBaryons(table="stated", bulge="as_published", G=4.302e-6)
    assert MilkyWayProbe().radius == tuple(range(5, 16))
