"""Parameters of the astropy cosmology: what they mean, what is refused, and that they survive every format."""

import copy
import inspect
import pickle
import subprocess
import sys

import astropy.units as u
import numpy as np
import pytest
from astropy.constants import c
from astropy.cosmology import Cosmology, FlatLambdaCDM, Planck18, cosmology_equal, default_cosmology
from astropy.cosmology import units as cu
from astropy.table import QTable, Table
from scipy.integrate import quad

from solvers.interop.astropy_cosmology import SigmaBaryons

pytestmark = pytest.mark.filterwarnings("ignore:SigmaBaryons.*H0:astropy.utils.exceptions.AstropyUserWarning")

Z = np.array([0.0, 0.1, 1.0, 10.0, 1100.0, 1e6])
NAMES = ("H0", "Ob0", "A_cos", "Or0", "kappa", "evolving")
CASES = [
    {"A_cos": 8.83, "kappa": "2e"},
    {"A_cos": 8.83, "Or0": 8.5e-5},
    {"A_cos": 0.0, "Or0": 8.5e-5},
    {"A_cos": 8.83, "Or0": 8.5e-5, "evolving": True},
    {"A_cos": 1e6, "kappa": 0.3},
]


@pytest.fixture(params=CASES, ids=str)
def cosmo(request):
    return SigmaBaryons(70.0, 0.05, **request.param, name="sigma", meta={"source": "SI §9A"})


def test_parameters_and_signature():
    assert tuple(SigmaBaryons.parameters) == NAMES
    assert tuple(inspect.signature(SigmaBaryons).parameters) == (*NAMES, "name", "meta")
    cosmo = SigmaBaryons(70.0 * u.km / u.s / u.Mpc, 0.05, 8.83)
    assert repr(cosmo) == (
        "SigmaBaryons(name=None, H0=<Quantity 70. km / (Mpc s)>, Ob0=0.05, A_cos=8.83, Or0=0.0, "
        "kappa=0.14104739588693907, evolving=0)"
    )
    assert SigmaBaryons(0.07 * u.km / u.s / u.kpc, 0.05, 8.83).H0.value == pytest.approx(70.0)
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        SigmaBaryons(70.0)
    with pytest.raises(AttributeError):
        cosmo.Ob0 = 0.1


def test_the_densities_are_those_of_the_equation(cosmo):
    law = cosmo.background.law
    e_0 = float(cosmo.efunc(0))
    enhancement = law.h(1.0 / cosmo.kappa if cosmo.evolving else e_0 / cosmo.kappa)
    assert (cosmo.Om0, cosmo.Odm0, cosmo.Ok0) == (cosmo.Ob0, 0.0, 0.0)
    assert cosmo.Ode0 == pytest.approx(cosmo.Ob0 * cosmo.A_cos * enhancement, rel=1e-14)
    assert cosmo.Ogamma0 + cosmo.Onu0 == pytest.approx(cosmo.Or0, rel=1e-9)
    assert cosmo.Otot0 == pytest.approx(e_0**2, rel=1e-9)
    assert cosmo.Ob(0) == pytest.approx(cosmo.Ob0 / e_0**2, rel=1e-12)
    assert cosmo.is_flat is True


def test_the_components_add_up_at_every_redshift(cosmo):
    parts = [getattr(cosmo, name)(Z) for name in ("Om", "Ogamma", "Onu", "Ode", "Ok")]
    np.testing.assert_allclose(sum(parts), 1.0, rtol=1e-9)
    np.testing.assert_allclose(cosmo.Otot(Z), 1.0, rtol=1e-9)
    # The sum from which astropy's own efunc is built.
    one = 1.0 + Z
    squared = (cosmo.Ogamma0 + cosmo.Onu0) * one**4 + cosmo.Om0 * one**3 + cosmo.Ode0 * cosmo.de_density_scale(Z)
    np.testing.assert_allclose(np.sqrt(squared), cosmo.efunc(Z), rtol=1e-9)


def test_the_density_scale_is_the_integral_of_w():
    cosmo = SigmaBaryons(70.0, 0.05, 8.83, 8.5e-5)
    for z in (0.5, 3.0):
        exponent = quad(lambda v: 1.0 + cosmo.w(np.expm1(v)), 0.0, np.log1p(z), epsrel=1e-11)[0]
        assert cosmo.de_density_scale(z) == pytest.approx(np.exp(3.0 * exponent), rel=1e-10)
    assert np.isnan(SigmaBaryons(70.0, 0.05, 0.0).w(1.0))
    assert SigmaBaryons(70.0, 0.05, 0.0).Ode(1.0) == 0.0
    assert SigmaBaryons(70.0, 0.05, 8.83, evolving=True).w(1.0) == 0.0


def test_the_temperature_follows_from_the_radiation():
    # 4.18e-5 is itself rounded: photons at 2.7255 K and 3.046 neutrinos.
    hot = SigmaBaryons(70.0, 0.05, 8.83, 4.18e-5 / 0.7**2)
    assert hot.Tcmb0.to_value(u.K) == pytest.approx(2.7255, rel=3e-4)
    same = FlatLambdaCDM(70.0, 0.3, Tcmb0=hot.Tcmb0, Neff=hot.Neff)
    assert (hot.Ogamma0, hot.Onu0) == pytest.approx((same.Ogamma0, same.Onu0), rel=1e-12)
    assert hot.Tcmb(9.0) == 10.0 * hot.Tcmb0
    assert not hot.has_massive_nu
    cold = SigmaBaryons(70.0, 0.05, 8.83)
    assert (cold.Tcmb0, cold.Ogamma0, cold.Onu0, cold.m_nu) == (0.0 * u.K, 0.0, 0.0, None)


@pytest.mark.parametrize(
    ("kappa", "number"),
    [
        ("2e", 0.18393972058572117),
        ("4sqrtpi", 0.14104739588693907),
        ("6", 1.0 / 6.0),
        (6, 6.0),
        ("0.25", 0.25),
        (0.25 * u.one, 0.25),
        (c * 70.0 * u.km / u.s / u.Mpc / 6.0, 1.0 / 6.0),
    ],
    ids=str,
)
def test_forms_of_the_critical_acceleration(kappa, number):
    cosmo = SigmaBaryons(70.0, 0.05, 8.83, kappa=kappa)
    assert cosmo.kappa == pytest.approx(number, rel=1e-12)
    assert cosmo.g_dagger.to_value(u.m / u.s**2) == pytest.approx((number * c * cosmo.H0).si.value, rel=1e-12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"H0": -70.0}, r"H0=-70.0 km / \(Mpc s\): must be > 0"),
        ({"H0": [60.0, 70.0]}, "H0: must be a single number"),
        ({"Ob0": 0.0}, "Ob0=0.0: must be > 0"),
        ({"Ob0": np.nan}, "Ob0=nan: must be > 0"),
        ({"A_cos": -1.0}, "A_cos=-1.0: must be >= 0"),
        ({"A_cos": np.inf}, "A_cos=inf: must be >= 0"),
        ({"Or0": -1e-5}, "Or0=-1e-05: must be >= 0"),
        ({"kappa": 0.0}, "kappa=0.0: must be > 0"),
        ({"kappa": "3e"}, "kappa='3e': must be a number > 0 or one of 2e, 4sqrtpi, 6"),
        ({"evolving": "maybe"}, "evolving=maybe: must be True or False"),
    ],
)
def test_what_is_out_of_range_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        SigmaBaryons(**{"H0": 70.0, "Ob0": 0.05, "A_cos": 8.83, **parameters})


def test_a_wrong_unit_is_refused():
    with pytest.raises(u.UnitConversionError):
        SigmaBaryons(70.0 * u.km, 0.05, 8.83)


@pytest.mark.parametrize("form", ["mapping", "yaml", "astropy.table", "astropy.row", "astropy.cosmology"])
def test_formats_round_trip(cosmo, form):
    again = Cosmology.from_format(cosmo.to_format(form), format=form)
    assert type(again) is SigmaBaryons
    assert again == cosmo
    assert again.meta == cosmo.meta
    np.testing.assert_array_equal(again.luminosity_distance(Z), cosmo.luminosity_distance(Z))


def test_an_astropy_model_round_trips(cosmo):
    model = cosmo.to_format("astropy.model", method="lookback_time")
    assert model(1.0) == cosmo.lookback_time(1.0)
    assert Cosmology.from_format(model) == cosmo


def test_a_file_round_trips(cosmo, tmp_path):
    path = tmp_path / "sigma.ecsv"
    cosmo.write(path)
    assert Cosmology.read(path) == cosmo
    assert SigmaBaryons.read(path, format="ascii.ecsv") == cosmo


@pytest.mark.parametrize("kind", [Table, QTable])
def test_a_table_has_every_parameter(cosmo, kind):
    table = kind(cosmo)
    for name in ("name", *NAMES):
        assert np.all(table[name] == getattr(cosmo, name))
    assert cosmo.is_equivalent(table, format=True)


def test_a_mapping_without_its_class_or_its_defaults():
    cosmo = SigmaBaryons.from_format({"H0": 70.0, "Ob0": 0.05, "A_cos": 8.83}, format="mapping")
    assert cosmo == SigmaBaryons(70.0, 0.05, 8.83)
    named = Cosmology.from_format({"H0": 70, "Ob0": 0.05, "A_cos": 1.0, "cosmology": "SigmaBaryons"}, format="mapping")
    assert named.A_cos == 1.0


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_and_copies(cosmo, protocol):
    _ = cosmo.age(0.5)
    for again in (pickle.loads(pickle.dumps(cosmo, protocol)), copy.copy(cosmo), copy.deepcopy(cosmo)):
        assert again == cosmo
        assert again.meta == cosmo.meta
        np.testing.assert_array_equal(again.age(Z), cosmo.age(Z))


def test_equality_and_equivalence(cosmo):
    other = cosmo.clone(name="other")
    assert other != cosmo
    assert cosmo.is_equivalent(other)
    assert other.is_equivalent(cosmo)
    assert cosmology_equal(cosmo, other, allow_equivalent=True)
    for name, value in {"H0": 60.0, "Ob0": 0.06, "A_cos": 3.0, "Or0": 1e-5, "kappa": "6"}.items():
        changed = cosmo.clone(**{name: value})
        assert changed.name == "sigma (modified)"
        assert not cosmo.is_equivalent(changed)
    for stranger in (Planck18, FlatLambdaCDM(70.0, 0.05), 2):
        assert cosmo != stranger
        assert not cosmo.is_equivalent(stranger)
    assert not Planck18.is_equivalent(cosmo)


def test_clones(cosmo):
    assert cosmo.clone() is cosmo
    assert cosmo.clone(meta={"more": 1}).meta == {"source": "SI §9A", "more": 1}
    unnamed = SigmaBaryons(70.0, 0.05, 8.83, meta={"a": 1})
    assert unnamed.clone() is unnamed
    faster = unnamed.clone(H0=80.0, meta={"b": 2})
    assert (faster.name, faster.H0.value, faster.meta) == (None, 80.0, {"a": 1, "b": 2})
    assert faster.kappa == unnamed.kappa
    assert unnamed.clone(name="named").name == "named"
    for derived in ("Om0", "Ode0", "Tcmb0", "not_there"):
        with pytest.raises((TypeError, ValueError), match=derived):
            unnamed.clone(**{derived: 0.3})


def test_it_serves_as_the_default_cosmology(cosmo):
    with default_cosmology.set(cosmo):
        distance = (1.0 * cu.redshift).to(u.Mpc, cu.redshift_distance(kind="comoving"))
    assert distance == cosmo.comoving_distance(1.0)


def test_the_solvers_do_not_import_it():
    code = "import sys, solvers, solvers.backgrounds; print({'astropy.cosmology', 'cobaya'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
