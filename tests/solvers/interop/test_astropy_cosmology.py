"""Numbers of the astropy cosmology, and what every astropy cosmology promises about its methods."""

import astropy.units as u
import numpy as np
import pytest
from astropy.constants import G, c
from astropy.cosmology import FlatLambdaCDM, z_at_value
from astropy.cosmology import units as cu
from astropy.table import Column
from astropy.utils import minversion
from astropy.utils.exceptions import AstropyUserWarning
from scipy.integrate import quad

from solvers.backgrounds import SigmaBaryons as Background
from solvers.interop import astropy_cosmology
from solvers.interop.astropy_cosmology import SigmaBaryons
from solvers.laws import CriticalAcceleration, Sigma

pytestmark = pytest.mark.filterwarnings("ignore:SigmaBaryons.*H0:astropy.utils.exceptions.AstropyUserWarning")

Z = np.array([0.0, 0.001, 0.1, 0.5, 1.0, 2.3, 10.0, 1100.0])
CASES = {
    "paper": {"A_cos": 8.83, "kappa": "2e"},
    "radiation": {"A_cos": 8.4, "Or0": 8.5e-5},
    "baryons": {"A_cos": 0.0},
    "evolving": {"A_cos": 8.83, "evolving": True},
    "closure": {"A_cos": 285.147723343577, "kappa": "2e"},
}


@pytest.fixture(params=list(CASES))
def cosmo(request):
    return SigmaBaryons(70.0, 0.05, **CASES[request.param])


@pytest.fixture
def warnings_afresh():
    astropy_cosmology._warn_once.cache_clear()
    yield
    astropy_cosmology._warn_once.cache_clear()


# A, κ, Or, E(0), E(1), D_M(1)/Mpc, μ(1) of an independent implementation.
REFERENCE = [
    (0.0, "2e", 0.0, 0.22360679774997896, 0.6324555320336759, 11219.58965254669, 46.75503484451885),
    (8.83, "2e", 0.0, 0.38540724912081586, 0.8359474301720463, 7437.304198228363, 45.86222770444104),
    (8.83, "2e", 8.5e-5, 0.385486559206786, 0.8365818058186113, 7434.16612676006, 45.861311287225426),
    (np.pi * np.sqrt(2), "2e", 0.0, 0.3305290467111125, 0.7560047990018217, 8458.210428792365, 46.14154240633184),
    (8.4, "4sqrtpi", 8.5e-5, 0.35431430686006193, 0.7860626339590958, 8011.971143263498, 46.023846860444074),
    (285.147723343577, "2e", 0.0, 1.0, 1.8873522309231072, 3057.502955759057, 43.9319844060753),
]


@pytest.mark.parametrize(("A_cos", "kappa", "Or0", "e_0", "e_1", "distance", "modulus"), REFERENCE)
def test_reference_numbers(A_cos, kappa, Or0, e_0, e_1, distance, modulus):
    cosmo = SigmaBaryons(70.0, 0.05, A_cos, Or0, kappa)
    assert cosmo.efunc(0) == pytest.approx(e_0, rel=1e-12)
    assert cosmo.efunc(1) == pytest.approx(e_1, rel=1e-12)
    assert cosmo.comoving_distance(1).to_value(u.Mpc) == pytest.approx(distance, rel=1e-9)
    assert cosmo.distmod(1).to_value(u.mag) == pytest.approx(modulus, abs=1e-9)


@pytest.mark.parametrize("mode", ["proportional", "evolving"])
def test_it_agrees_with_the_background(mode):
    law = Sigma(g_dagger=CriticalAcceleration(form="2e", mode=mode))
    background = Background(params={"omega_b": 0.04, "a_cos": 20.0, "omega_r": 1e-4, "H0": 65.0}, law=law)
    cosmo = SigmaBaryons(65.0, 0.04, 20.0, 1e-4, "2e", mode == "evolving")
    for ours, theirs in {
        "efunc": "efunc",
        "H": "hubble",
        "comoving_distance": "comoving_distance",
        "luminosity_distance": "luminosity_distance",
        "angular_diameter_distance": "angular_diameter_distance",
        "age": "age",
        "w": "w_eff",
    }.items():
        result = u.Quantity(getattr(cosmo, ours)(Z)).value
        np.testing.assert_allclose(result, getattr(background, theirs)(Z), rtol=1e-12, err_msg=ours)


def test_an_acceleration_is_the_fixed_si_mode():
    law = Sigma(g_dagger=CriticalAcceleration(mode="fixed_SI", value=9.592e-11))
    background = Background(params={"omega_b": 0.05, "a_cos": 8.83, "H0": 40.0}, law=law)
    cosmo = SigmaBaryons(40.0, 0.05, 8.83, kappa=9.592e-9 * u.cm / u.s**2)
    np.testing.assert_allclose(cosmo.efunc(Z), background.efunc(Z), rtol=1e-13)
    assert cosmo.g_dagger.to_value(u.m / u.s**2) == pytest.approx(9.592e-11, rel=1e-13)


@pytest.mark.parametrize("evolving", [False, True])
def test_without_enhancement_it_is_einstein_de_sitter(evolving):
    cosmo = SigmaBaryons(70.0, 0.05, 0.0, evolving=evolving)
    flat = FlatLambdaCDM(70.0 * np.sqrt(0.05), 1.0)
    for method in ("H", "luminosity_distance", "age", "lookback_time", "critical_density", "Om"):
        ours, theirs = u.Quantity(getattr(cosmo, method)(Z)), u.Quantity(getattr(flat, method)(Z))
        np.testing.assert_allclose(ours.to_value(theirs.unit), theirs.value, rtol=1e-9, err_msg=method)


def test_units(cosmo):
    for method, unit in {
        "H": u.km / u.s / u.Mpc,
        "age": u.Gyr,
        "lookback_time": u.Gyr,
        "lookback_distance": u.Mpc,
        "comoving_distance": u.Mpc,
        "comoving_transverse_distance": u.Mpc,
        "luminosity_distance": u.Mpc,
        "angular_diameter_distance": u.Mpc,
        "distmod": u.mag,
        "comoving_volume": u.Mpc**3,
        "critical_density": u.g / u.cm**3,
    }.items():
        assert getattr(cosmo, method)(0.5).unit == unit, method


FORMS = [0, 1.5, np.float64(2.0), 3 * cu.redshift, 2 * u.one, [0.1, 1], np.full((2, 3), 0.7), Column([0.2, 0.3])]
METHODS = ("efunc", "inv_efunc", "w", "Om", "Ode", "Ogamma", "de_density_scale", "H", "age", "luminosity_distance")


@pytest.mark.parametrize("z", [*FORMS, np.linspace(0, 2, 4) * cu.redshift, np.array([]), np.zeros((0, 2))], ids=repr)
def test_the_shape_is_that_of_the_redshifts(z):
    cosmo = SigmaBaryons(70.0, 0.05, 8.83, 8.5e-5)
    flat = np.ravel(u.Quantity(z, cu.redshift).value)
    for method in (*METHODS, "lookback_time", "absorption_distance"):
        values = u.Quantity(getattr(cosmo, method)(z)).value
        assert np.shape(values) == np.shape(z), method
        single = [u.Quantity(getattr(cosmo, method)(float(x))).value for x in flat]
        np.testing.assert_allclose(np.ravel(values), single, rtol=1e-11, err_msg=method)


@pytest.mark.parametrize("method", [*METHODS, "absorption_distance", "comoving_distance"])
@pytest.mark.parametrize("z", [None, 4 * u.MeV, [0, 1] * u.m, -1.0, np.nan])
def test_what_is_no_redshift_is_refused(method, z):
    with pytest.raises((TypeError, ValueError, u.UnitConversionError)):
        getattr(SigmaBaryons(70.0, 0.05, 8.83), method)(z)


def test_relations_between_methods(cosmo):
    np.testing.assert_allclose(cosmo.inv_efunc(Z) * cosmo.efunc(Z), 1.0, rtol=1e-15)
    np.testing.assert_allclose(cosmo.H(Z), cosmo.H0 * cosmo.efunc(Z), rtol=1e-15)
    density = (3 * cosmo.H(Z) ** 2 / (8 * np.pi * G)).to(u.g / u.cm**3)
    np.testing.assert_allclose(cosmo.critical_density(Z), density, rtol=1e-12)
    luminosity = cosmo.luminosity_distance(Z[1:])
    np.testing.assert_allclose(luminosity, (1 + Z[1:]) ** 2 * cosmo.angular_diameter_distance(Z[1:]), rtol=1e-13)
    np.testing.assert_allclose(cosmo.distmod(Z[1:]).value, 5 * np.log10(luminosity / (10 * u.pc)), rtol=1e-14)
    np.testing.assert_allclose(cosmo.age(0), cosmo.age(Z) + cosmo.lookback_time(Z), rtol=1e-11)
    np.testing.assert_allclose(cosmo.lookback_distance(Z), (c * cosmo.lookback_time(Z)).to(u.Mpc), rtol=1e-14)
    np.testing.assert_allclose(cosmo.comoving_volume(Z), 4 / 3 * np.pi * cosmo.comoving_distance(Z) ** 3, rtol=1e-14)


@pytest.mark.skipif(not minversion("astropy", "8"), reason="two redshifts are one method since astropy 8")
def test_distances_between_two_redshifts(cosmo):
    z1, z2 = np.array([0.1, 0.5, 2.0]), np.array([0.3, 0.9, 6.0])
    between = cosmo.comoving_distance(z1, z2)
    np.testing.assert_allclose(between, cosmo.comoving_distance(z2) - cosmo.comoving_distance(z1), rtol=1e-12)
    np.testing.assert_allclose(cosmo.comoving_distance(0, z2), cosmo.comoving_distance(z2), rtol=1e-12)
    np.testing.assert_allclose(cosmo.comoving_distance(z2, z1), -between, rtol=1e-14)
    np.testing.assert_allclose(cosmo.angular_diameter_distance(z1, z2), between / (1 + z2), rtol=1e-14)
    assert cosmo.comoving_distance(z1[:, np.newaxis], z2).shape == (3, 3)
    assert cosmo.comoving_distance(1.0, 1.0) == 0 * u.Mpc


def test_astropys_own_integrals_of_our_efunc_agree(cosmo):
    slow = quad(cosmo.inv_efunc, 0, 3, epsrel=1e-11)[0] * cosmo.hubble_distance
    assert cosmo.comoving_distance(3).value == pytest.approx(slow.to_value(u.Mpc), rel=1e-10)
    slow = quad(cosmo.lookback_time_integrand, 0, 3, epsrel=1e-11)[0] * cosmo.hubble_time
    assert cosmo.lookback_time(3).value == pytest.approx(slow.to_value(u.Gyr), rel=1e-10)
    assert cosmo.absorption_distance(3) == pytest.approx(quad(cosmo.abs_distance_integrand, 0, 3)[0], rel=1e-9)


def test_a_vector_costs_one_integration(cosmo, monkeypatch):
    calls = []
    integral = astropy_cosmology.distances.comoving_integral
    monkeypatch.setattr(
        astropy_cosmology.distances, "comoving_integral", lambda *args: (calls.append(1), integral(*args))[1]
    )
    z = np.linspace(0.01, 2.3, 1590)
    for method in ("luminosity_distance", "distmod", "lookback_time", "absorption_distance"):
        getattr(cosmo, method)(z)
    assert len(calls) == 4


@pytest.mark.parametrize("method", ["luminosity_distance", "age", "lookback_time", "distmod", "H"])
def test_z_at_value(cosmo, method):
    function = getattr(cosmo, method)
    assert z_at_value(function, function(1.3), zmax=20).value == pytest.approx(1.3, abs=1e-6)


def test_it_warns_once_that_h0_is_a_parameter(warnings_afresh):
    with pytest.warns(AstropyUserWarning, match=r"H\(z=0\) = H0 E\(0\)") as caught:
        for a_cos in (8.83, 9.0):
            SigmaBaryons(70.0, 0.05, a_cos).clone(H0=60.0).luminosity_distance(1.0)
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kappa", ["2e", "4sqrtpi", 0.3, 1e-10 * u.m / u.s**2])
@pytest.mark.parametrize(("Or0", "evolving"), [(0.0, False), (8.5e-5, False), (8.5e-5, True)])
def test_a_normalised_model_has_its_hubble_constant_and_does_not_warn(kappa, Or0, evolving, warnings_afresh):
    cosmo = SigmaBaryons.normalized(67.0, 0.05, Or0=Or0, kappa=kappa, evolving=evolving, name="closed", meta={"a": 1})
    assert cosmo.is_normalized
    assert cosmo.H(0).value == pytest.approx(67.0, rel=1e-12)
    assert cosmo.Otot0 == pytest.approx(1.0, rel=1e-12)
    assert cosmo.Om(0) == pytest.approx(0.05, rel=1e-12)
    assert (cosmo.name, cosmo.meta) == ("closed", {"a": 1})
    assert cosmo.clone(H0=50.0).is_normalized


def test_the_published_closure_amplitude():
    assert SigmaBaryons.normalized(70.0, 0.05, kappa="2e").A_cos == pytest.approx(285.147723343577, rel=1e-12)
    with pytest.raises(ValueError, match=r"Ob0 \+ Or0 = 1.2: must be <= 1"):
        SigmaBaryons.normalized(70.0, 1.1, Or0=0.1)
