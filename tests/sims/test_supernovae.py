"""The Hubble diagram on a small catalogue, against scipy, numpy and astropy."""

import json

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from outputs.request import execute, prepare

MAIN = "pantheon_baryons"
KAPPA = 1.0 / (4.0 * np.sqrt(np.pi))


def _sigma_efunc(a_cos, h=lambda x: 1.0 / (np.sqrt(x) * (1.0 + x)), kappa=KAPPA, omega_b=0.05):
    """E of E² = Ω_b (1+z)³ [1 + A h(E/κ)] by bracketing."""

    def efunc(z):
        matter = omega_b * (1.0 + z) ** 3
        return brentq(lambda e: e * e - matter * (1.0 + a_cos * h(e / kappa)), 1e-3, 1e4, xtol=1e-14, rtol=1e-14)

    return efunc


def test_the_best_fit_of_lcdm_is_that_of_scipy(main_run, oracle):
    best = minimize_scalar(
        lambda x: oracle.chi2(oracle.lcdm(x)), bounds=(0.05, 0.9), method="bounded", options={"xatol": 1e-9}
    )
    model = main_run["models/lcdm"]
    assert model["best_fit"].sel(param="omega_m").item() == pytest.approx(best.x, abs=1e-4)
    assert model["chi2"].item() == pytest.approx(best.fun, abs=1e-6)
    assert bool(model["converged"])
    assert not model["at_bound"].any()


def test_sigma_of_lcdm_is_half_the_curvature_of_chi2(main_run, oracle):
    model = main_run["models/lcdm"]
    best, step = model["best_fit"].item(), 1e-3
    low, middle, high = (oracle.chi2(oracle.lcdm(best + d)) for d in (-step, 0.0, step))
    curvature = (low - 2.0 * middle + high) / step**2
    assert model["sigma"].item() == pytest.approx(np.sqrt(2.0 / curvature), rel=5e-3)
    assert model["covariance"].item() == pytest.approx(model["sigma"].item() ** 2, rel=1e-12)


@pytest.mark.parametrize("omega_m", [0.1, 0.3, 0.9])
def test_a_model_without_free_parameters_is_evaluated(executed, oracle, omega_m):
    tree = executed(MAIN, "models=[lcdm]", f"models.lcdm.params.omega_m={omega_m}")
    model = tree["models/lcdm"]
    assert model["chi2"].item() == pytest.approx(oracle.chi2(oracle.lcdm(omega_m)), abs=1e-6)
    assert model["n_free"].item() == 1
    assert "best_fit" not in model
    assert model["projection_error"].item() < 1e-6


def test_matter_alone_is_einstein_and_de_sitter(main_run, oracle):
    expected = oracle.chi2(oracle.shape(1.0 - 1.0 / np.sqrt(1.0 + oracle.z)))
    assert main_run["models/gr_baryons/chi2"].item() == pytest.approx(expected, abs=1e-6)
    assert main_run["models/gr_free_matter/chi2"].item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("a_cos", [0.5, 8.83, 1e4])
def test_sigma_with_a_fixed_amplitude_is_the_root_of_its_equation(executed, oracle, a_cos):
    tree = executed(MAIN, "models=[sigma_baryons]", f"models.sigma_baryons.params.a_cos={a_cos}")
    expected = oracle.chi2(oracle.integrated(_sigma_efunc(a_cos)))
    assert tree["models/sigma_baryons/chi2"].item() == pytest.approx(expected, abs=1e-5)


def test_another_law_gives_the_chi2_of_its_own_equation(executed, oracle):
    fixed = ["models=[sigma_baryons]", "models.sigma_baryons.params.a_cos=8.83"]
    tree = executed(MAIN, "law=mond_rar", *fixed)
    kappa = 1.2e-10 / (299792458.0 * 70.0e3 / 3.0856775814913673e22)
    efunc = _sigma_efunc(8.83, lambda x: 1.0 / np.expm1(np.sqrt(x)), kappa)
    assert tree["models/sigma_baryons/chi2"].item() == pytest.approx(oracle.chi2(oracle.integrated(efunc)), abs=1e-5)
    assert executed(MAIN, *fixed)["models/sigma_baryons/chi2"].item() != tree["models/sigma_baryons/chi2"].item()


def test_a_critical_acceleration_that_evolves_is_general_relativity(executed):
    tree = executed(MAIN, "law.g_dagger.mode=evolving", "models=[gr_baryons,sigma_baryons]")
    chi2 = tree["comparison/chi2"]
    assert chi2.sel(model="sigma_baryons").item() == pytest.approx(chi2.sel(model="gr_baryons").item(), abs=1e-8)
    assert bool(tree["models/sigma_baryons/is_flat"].item())


def test_sigma_asks_for_more_amplitude_than_its_prior_has(main_run):
    model = main_run["models/sigma_baryons"].to_dataset()
    assert bool(model["at_bound"].item())
    assert model["best_fit"].item() == 1.0e6
    assert np.isnan(model["sigma"].item())
    profile = model["profile_a_cos"]
    np.testing.assert_allclose(profile["a_cos"], np.geomspace(0.1, 1.0e6, 9), rtol=1e-12)
    assert np.all(np.diff(profile) < 0)
    assert profile.values[-1] == pytest.approx(model["chi2"].item(), abs=1e-9)


def test_the_density_of_matter_alone_is_not_determined(main_run):
    model = main_run["models/gr_free_matter"]
    assert bool(model["is_flat"].item())
    assert not bool(model["at_bound"].item())
    assert model["best_fit"].item() == 0.3
    assert np.isnan(model["sigma"].item())


@pytest.mark.parametrize("name", ["gr_baryons", "gr_free_matter", "sigma_baryons", "lcdm"])
def test_the_statistics_are_those_of_their_definition(main_run, name):
    model = main_run[f"models/{name}"]
    k = {"gr_baryons": 1}.get(name, 2)
    chi2 = model["chi2"].item()
    assert (model["n_data"].item(), model["n_free"].item(), model["dof"].item()) == (60, k, 60 - k)
    assert model["aic"].item() == pytest.approx(chi2 + 2 * k, rel=1e-15)
    assert model["bic"].item() == pytest.approx(chi2 + k * np.log(60), rel=1e-15)
    assert main_run["comparison/chi2"].sel(model=name).item() == chi2


def test_residuals_are_data_minus_model(main_run, oracle):
    best = main_run["models/lcdm/best_fit"].item()
    residual = main_run["data/residual"]
    np.testing.assert_allclose(residual.sel(model="lcdm"), oracle.residual(oracle.lcdm(best)), atol=1e-7)
    data = main_run["data"]
    np.testing.assert_array_equal(data["magnitude"], oracle.magnitude)
    np.testing.assert_array_equal(data["z_prefactor"], oracle.z_hel)
    for name in residual["model"].values:
        row = residual.sel(model=name).values
        assert row @ oracle.inverse @ row == pytest.approx(main_run[f"models/{name}/chi2"].item(), abs=1e-6)


def test_curves_pass_through_the_predictions(main_run):
    """Data minus residual is the curve, up to the prefactor (1 + z_hel)/(1 + z)."""
    data = main_run["data"].to_dataset()
    for name in data["model"].values:
        model = main_run[f"models/{name}"]
        predicted = data["magnitude"] - data["residual"].sel(model=name)
        predicted = predicted - 5.0 * np.log10((1.0 + data["z_prefactor"]) / (1.0 + data["z"]))
        curve = np.interp(np.log(data["z"]), np.log(model["z"].values[1:]), model["magnitude"].values[1:])
        np.testing.assert_allclose(curve, predicted, atol=2e-5)


def test_every_parameter_is_kept_with_its_value(main_run):
    model = main_run["models/lcdm"]
    values = dict(zip(model["parameter"].values, model["parameter_value"].values, strict=True))
    assert values["H0"] == 70.0
    assert values["omega_m"] == model["best_fit"].item()
    units = dict(zip(model["parameter"].values, model["parameter_unit"].values, strict=True))
    assert units["H0"] == "km / (Mpc s)"


def test_h0_moves_the_offset_and_not_chi2(executed):
    trees = [
        executed(MAIN, "models=[lcdm]", "models.lcdm.params.omega_m=0.3", f"models.lcdm.params.H0={h}")
        for h in (60.0, 80.0)
    ]
    chi2 = [tree["models/lcdm/chi2"].item() for tree in trees]
    assert chi2[0] == pytest.approx(chi2[1], abs=1e-9)
    magnitude = [tree["models/lcdm/magnitude"].values[1:] for tree in trees]
    np.testing.assert_allclose(magnitude[0], magnitude[1], atol=1e-9)
    modulus = [tree["models/lcdm/distance_modulus"].values[1:] for tree in trees]
    np.testing.assert_allclose(modulus[0] - modulus[1], 5.0 * np.log10(80.0 / 60.0), rtol=1e-9)


def test_minos_errors_are_where_chi2_has_risen_by_one(executed, oracle):
    model = executed(MAIN, "models=[lcdm]", "inference.minos=true")["models/lcdm"]
    best = model["best_fit"].item()
    for name, sign in (("minos_lower", -1.0), ("minos_upper", 1.0)):
        error = model[name].item()
        assert error * sign > 0
        risen = oracle.chi2(oracle.lcdm(best + error)) - model["chi2"].item()
        assert risen == pytest.approx(1.0, abs=0.02)


def test_two_runs_give_the_same_bits(executed, composed, on_small, main_run):
    typed = ["+experiment=pantheon_baryons", *on_small, "profile_points=9"]
    again = execute(prepare(composed(*typed)), typed)
    assert again is not main_run
    assert again.attrs["result_hash"] == main_run.attrs["result_hash"]


def test_a_profile_of_what_is_free_nowhere_is_noted(executed):
    tree = executed(MAIN, "models=[gr_baryons]")
    (note,) = json.loads(tree.attrs["notes"])
    assert note.startswith("profile: no model has a parameter a_cos")
    assert json.loads(executed(MAIN, "models=[gr_baryons]", "profile=[]").attrs["notes"]) == []


def test_cuts_change_the_rows_and_their_number(executed, oracle):
    tree = executed(MAIN, "models=[gr_baryons]", "catalog.z_min=0.5", "catalog.calibrators=false")
    assert tree["models/gr_baryons/n_data"].item() == int((oracle.z > 0.5).sum())
    (source,) = json.loads(tree.attrs["datasets"])
    assert source["rows"] == tree["data"].sizes["row"] == int((oracle.z > 0.5).sum())
    assert source["cuts"] == {"z_column": "zHD", "z_min": 0.5, "z_max": None, "calibrators": False}


def test_a_diagonal_covariance_weighs_by_the_plotting_errors(executed, oracle):
    tree = executed(MAIN, "models=[gr_baryons]", "catalog.covariance=diagonal")
    weight = tree["data/magnitude_err"].values ** -2
    shape = oracle.shape(1.0 - 1.0 / np.sqrt(1.0 + oracle.z))
    difference = oracle.magnitude - shape
    difference -= (weight @ difference) / weight.sum()
    assert tree["models/gr_baryons/chi2"].item() == pytest.approx(weight @ difference**2, abs=1e-6)


def test_a_fit_that_may_not_search_says_that_it_did_not_converge(executed):
    tree = executed(MAIN, "models=[cpl]", "inference.max_calls=1", "profile=[]")
    assert not bool(tree["models/cpl/converged"])


@pytest.mark.parametrize(
    ("override", "message"),
    [("profile=a_cos", "profile='a_cos': must be a list"), ("profile_points=1", "profile_points=1: must be a whole")],
)
def test_profiles_that_cannot_be_are_refused(executed, override, message):
    with pytest.raises(ValueError, match=message):
        executed(MAIN, override)
