"""The Cobaya theory: its numbers, its requirements, and Cobaya's own supernova likelihood on it."""

from pathlib import Path

import numpy as np
import pytest

from catalogs.files import find
from catalogs.pantheon_plus import COVARIANCE, TABLE, PantheonPlus
from solvers.backgrounds import SigmaBaryons
from solvers.constants import C_KM_S
from solvers.laws import CriticalAcceleration, MondRar, Sigma
from solvers.supernovae import DenseLikelihood

pytest.importorskip("cobaya", reason="needs Cobaya: pip install 'sigma-gravity[cobaya]'")

from cobaya.log import LoggedError
from cobaya.model import get_model
from cobaya.run import run
from cobaya.yaml import yaml_load_file

from solvers.interop.cobaya_theory import SigmaBaryonsTheory

NAME = "solvers.interop.cobaya_theory.SigmaBaryonsTheory"
YAML = Path(__file__).resolve().parents[3] / "docs" / "cobaya_sigma.yaml"
POINT = {"omega_b": 0.05, "a_cos": 8.83, "omega_r": 8.5e-5, "H0": 70.0}
PRIORS = {"omega_b": {"prior": {"min": 0.01, "max": 0.3}}, "a_cos": {"prior": {"min": 0.0, "max": 1e6}}}
POINTS = [(0.05, 0.0), (0.05, 4.44), (0.05, 8.83), (0.05, 15.0), (0.05, 100.0), (0.05, 285.147723343577)]
POINTS += [(0.05, 1e5), (0.02, 8.83), (0.1, 30.0), (0.3, 1e3)]


def sigma_2e(mode="proportional", value=None):
    law = Sigma(g_dagger=CriticalAcceleration(form="2e", mode=mode, value=value))
    return SigmaBaryons(params={"omega_b": 0.05, "a_cos": 0.0}, law=law)


def asked(*requirements, point=POINT, **options):
    """A theory that was asked for these requirements, one after another, at one point."""
    theory = SigmaBaryonsTheory({"form": "2e", "stop_at_error": True, **options})
    for requirement in requirements:
        theory.must_provide(**requirement)
    theory.check_cache_and_compute(dict(point), want_derived=True)
    return theory


@pytest.mark.parametrize("z_max", [1e-3, 2.3, 1100.0])
@pytest.mark.parametrize("mode", ["proportional", "fixed_SI", "evolving"])
def test_products_are_those_of_the_background(z_max, mode):
    z = np.linspace(0.0, z_max, 40)
    names = ("Hubble", "angular_diameter_distance", "comoving_radial_distance")
    point = {**POINT, "H0": 60.0}
    theory = asked({name: {"z": z} for name in names}, mode=mode, point=point)
    background = sigma_2e(mode)
    np.testing.assert_allclose(theory.get_Hubble(z), background.hubble(z, **point), rtol=1e-13)
    np.testing.assert_allclose(theory.get_Hubble(z, units="1/Mpc") * C_KM_S, theory.get_Hubble(z), rtol=1e-14)
    distance = background.comoving_distance(z, **point)
    np.testing.assert_allclose(theory.get_comoving_radial_distance(z), distance, rtol=1e-10)
    np.testing.assert_allclose(theory.get_angular_diameter_distance(z), distance / (1 + z), rtol=1e-10)
    assert theory.get_comoving_radial_distance(0.0) == [0.0]
    assert theory.get_param("hubble_today") == pytest.approx(background.hubble(0.0, **point)[0], rel=1e-13)


def test_requirements_are_pooled():
    theory = asked(
        {"angular_diameter_distance": {"z": [1.0, 0.5]}},
        {"Hubble": {"z": 2.0}, "rdrag": None},
        {"angular_diameter_distance": {"z": np.array([0.1, 0.5])}},
    )
    expected = sigma_2e().angular_diameter_distance([0.5, 0.1, 0.5, 1.0], **POINT)
    np.testing.assert_allclose(theory.get_angular_diameter_distance([0.5, 0.1, 0.5, 1.0]), expected, rtol=1e-12)
    assert theory.get_Hubble(2.0)[0] == pytest.approx(sigma_2e().hubble(2.0, **POINT)[0], rel=1e-13)
    with pytest.raises(LoggedError):
        theory.get_Hubble(0.7)
    with pytest.raises(LoggedError):
        theory.get_Hubble(2.0, units="1/s")


def test_an_acceleration_and_a_law_of_ones_own():
    z = np.array([0.5, 1.0])
    requirement = {"comoving_radial_distance": {"z": z}}
    held = asked(requirement, mode="fixed_SI", g_dagger=9.592e-11).get_comoving_radial_distance(z)
    np.testing.assert_allclose(held, sigma_2e("fixed_SI", 9.592e-11).comoving_distance(z, **POINT), rtol=1e-11)
    mond = asked(requirement, law="solvers.laws.MondRar").get_comoving_radial_distance(z)
    law = MondRar(g_dagger=CriticalAcceleration(form="2e"))
    background = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 0.0}, law=law)
    np.testing.assert_allclose(mond, background.comoving_distance(z, **POINT), rtol=1e-11)


@pytest.mark.parametrize(
    "options",
    [{"form": "3e"}, {"mode": "none"}, {"law": "solvers.laws.Nothing"}, {"law": "math.sin"}, {"law": "Sigma"}],
)
def test_an_unknown_option_is_refused(options):
    with pytest.raises(LoggedError):
        SigmaBaryonsTheory(options)


@pytest.mark.parametrize("requirement", [None, {}, {"z": [-0.1, 1.0]}, {"z": [np.nan]}])
def test_a_requirement_without_redshifts_is_refused(requirement):
    with pytest.raises(LoggedError):
        SigmaBaryonsTheory().must_provide(Hubble=requirement)


def test_a_point_out_of_range_is_an_error():
    with pytest.raises(ValueError, match="a_cos=-1"):
        asked({"Hubble": {"z": 1.0}}, point={**POINT, "a_cos": -1.0})


def model_of(packages, **theory):
    return get_model(
        {
            "params": PRIORS,
            "likelihood": {"sn.pantheonplus": None},
            "theory": {NAME: {"form": "2e", "stop_at_error": True, **theory}},
            "packages_path": str(packages),
        }
    )


def dense_of(catalog):
    data = catalog.load()
    columns = (data[name].values for name in ("magnitude", "z", "z_prefactor"))
    return DenseLikelihood.from_covariance(*columns, data["covariance"].values)


def assert_same_chi2(model, dense):
    """Cobaya's likelihood has no free offset left in it: it is ours at the best offset."""
    for omega_b, a_cos in POINTS:
        theirs = -2.0 * model.loglikes([omega_b, a_cos], return_derived=False)[0]
        ours, _ = dense.evaluate(sigma_2e(), omega_b=omega_b, a_cos=a_cos)
        assert theirs == pytest.approx(ours, abs=1e-3)


def test_cobayas_likelihood_on_a_small_catalogue(small_packages, small_catalog):
    dense = dense_of(PantheonPlus(path=str(small_catalog), verify_sha256=False))
    assert_same_chi2(model_of(small_packages), dense)


def test_cobayas_pantheon_plus_at_ten_points(pantheon_plus, packages_of):
    dense = dense_of(pantheon_plus())
    assert dense.n_data == 1590
    model = model_of(packages_of(find(TABLE), find(COVARIANCE)))
    assert len(model.likelihood["sn.pantheonplus"].mag) == 1590
    assert_same_chi2(model, dense)


def test_a_parameter_that_nobody_gives_is_missed(small_packages):
    info = {"likelihood": {"sn.pantheonplus": None}, "theory": {NAME: None}, "packages_path": str(small_packages)}
    with pytest.raises(LoggedError, match="omega_b|a_cos"):
        get_model({**info, "params": {"omega_b": 0.05}})


def test_the_documented_yaml_runs_a_chain(small_packages, small_catalog, tmp_path):
    info = yaml_load_file(str(YAML))
    assert list(info["theory"]) == [NAME]
    info |= {"packages_path": str(small_packages), "output": str(tmp_path / info["output"])}
    info["sampler"]["mcmc"] |= {"max_samples": 30, "burn_in": 0, "seed": 1}
    _, sampler = run(info)
    chain = sampler.products()["sample"]
    assert len(chain) >= 30
    assert (tmp_path / "chains" / "sigma.1.txt").is_file()
    dense = dense_of(PantheonPlus(path=str(small_catalog), verify_sha256=False))
    row = chain.data.iloc[-1]
    ours, _ = dense.evaluate(sigma_2e(), omega_b=0.05, a_cos=row["a_cos"])
    assert row["chi2__sn.pantheonplus"] == pytest.approx(ours, abs=1e-3)
    today = sigma_2e().hubble(0.0, omega_b=0.05, a_cos=row["a_cos"])[0]
    assert row["hubble_today"] == pytest.approx(today, rel=1e-12)
