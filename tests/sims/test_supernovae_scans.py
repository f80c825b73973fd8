"""Scanned parameters are axes of one run, and every cell is what a run of its own gives."""

import numpy as np
import pytest

MAIN = "pantheon_baryons"
A_COS = "models.sigma_baryons.params.a_cos"
OMEGA_B = "models.sigma_baryons.params.omega_b"
AMPLITUDES, DENSITIES = [1.0, 8.83, 300.0], [0.03, 0.05]
NO_PROFILE = "profile=[]"


@pytest.fixture(scope="module")
def one(executed):
    return executed(MAIN, "models=[sigma_baryons,lcdm]", NO_PROFILE, f"+{A_COS}.scan={AMPLITUDES}")


@pytest.fixture(scope="module")
def two(executed):
    scans = (f"{A_COS}={{scan: {AMPLITUDES}}}", f"{OMEGA_B}={{scan: {DENSITIES}}}")
    return executed(MAIN, "models=[sigma_baryons,gr_baryons]", NO_PROFILE, *scans)


def _alone(executed, a_cos, omega_b=0.05):
    tree = executed(MAIN, "models=[sigma_baryons]", NO_PROFILE, f"{A_COS}={a_cos}", f"{OMEGA_B}={omega_b}")
    return tree["models/sigma_baryons/chi2"].item()


def test_a_scan_along_one_parameter_is_its_runs_one_by_one(executed, one):
    chi2 = one["models/sigma_baryons/chi2"]
    assert chi2.dims == ("a_cos",)
    np.testing.assert_array_equal(chi2["a_cos"], AMPLITUDES)
    np.testing.assert_allclose(chi2, [_alone(executed, a) for a in AMPLITUDES], atol=1e-9)
    assert one["models/sigma_baryons/n_free"].item() == 1
    assert one["models/sigma_baryons/converged"].all()


def test_a_scan_along_two_parameters_is_its_runs_one_by_one(executed, two):
    chi2 = two["models/sigma_baryons/chi2"]
    assert set(chi2.dims) == {"a_cos", "omega_b"}
    assert chi2.size == 6
    for a_cos in AMPLITUDES:
        for omega_b in DENSITIES:
            alone = _alone(executed, a_cos, omega_b)
            assert chi2.sel(a_cos=a_cos, omega_b=omega_b).item() == pytest.approx(alone, abs=1e-9)


def test_a_scanned_model_is_a_dimension_of_the_comparison_with_its_full_key(one, two):
    chi2 = one["comparison/chi2"]
    assert dict(chi2.sizes) == {"model": 2, A_COS: 3}
    np.testing.assert_array_equal(chi2[A_COS], AMPLITUDES)
    np.testing.assert_array_equal(chi2.sel(model="lcdm"), np.full(3, one["models/lcdm/chi2"].item()))
    np.testing.assert_array_equal(chi2.sel(model="sigma_baryons"), one["models/sigma_baryons/chi2"].values)
    assert dict(two["comparison/chi2"].sizes) == {"model": 2, A_COS: 3, OMEGA_B: 2}


def test_differences_over_a_scan_are_cell_by_cell(one):
    comparison = one["comparison"].to_dataset()
    chi2 = comparison["chi2"].transpose("model", A_COS).values
    np.testing.assert_allclose(comparison["delta_chi2"].transpose("model", A_COS), chi2 - chi2.min(0), atol=1e-12)
    aic = comparison["aic"].transpose("model", A_COS).values
    weight = np.exp(-0.5 * (aic - aic.min(0)))
    np.testing.assert_allclose(comparison["akaike_weight"].transpose("model", A_COS), weight / weight.sum(0))


def test_a_scanned_model_has_no_residuals_and_the_others_have(one):
    assert list(one["data/residual"]["model"].values) == ["lcdm"]
    assert "offset" not in one["models/sigma_baryons"]


def test_a_run_in_which_all_is_scanned_keeps_its_data(executed):
    tree = executed(MAIN, "models=[gr_baryons]", "models.gr_baryons.params.omega_b={scan: [0.03,0.05]}")
    assert "residual" not in tree["data"]
    assert tree["data"].sizes["row"] == 60


def test_ten_thousand_cells_are_one_run(executed):
    scans = (
        f"{A_COS}={{scan: {{min: 0.1, max: 1.0e4, num: 100, log: true}}}}",
        f"{OMEGA_B}={{scan: {{min: 0.02, max: 0.08, num: 100}}}}",
    )
    tree = executed(MAIN, "models=[sigma_baryons]", NO_PROFILE, *scans)
    chi2 = tree["models/sigma_baryons/chi2"]
    assert chi2.size == 10_000
    assert np.isfinite(chi2).all()
    corner = {"a_cos": 0.1, "omega_b": 0.02}
    assert chi2.sel(corner).item() == pytest.approx(_alone(executed, **corner), abs=1e-9)


@pytest.fixture(scope="module")
def minimised(executed):
    scan = "models.lcdm_curved.params.omega_k={scan: {min: -0.2, max: 0.2, num: 5}}"
    return executed(MAIN, "models=[lcdm_curved]", NO_PROFILE, f"{scan}")["models/lcdm_curved"].to_dataset()


def test_a_scan_beside_a_free_parameter_is_the_profile(executed, minimised):
    bounds = "models.lcdm_curved.params.omega_k.prior={min: -0.2, max: 0.2}"
    profiled = executed(MAIN, "models=[lcdm_curved]", bounds, "profile=[omega_k]", "profile_points=5")[
        "models/lcdm_curved"
    ].to_dataset()
    np.testing.assert_allclose(profiled["omega_k"], minimised["omega_k"], atol=1e-15)
    np.testing.assert_allclose(profiled["profile_omega_k"], minimised["chi2"], atol=1e-6)


def test_every_cell_of_a_scan_is_minimised(executed, minimised):
    assert minimised["best_fit"].dims == ("omega_k", "param")
    assert list(minimised["param"].values) == ["omega_m"]
    assert minimised["n_free"].item() == 2
    for omega_k in (-0.2, 0.2):
        alone = executed(MAIN, "models=[lcdm_curved]", NO_PROFILE, f"models.lcdm_curved.params.omega_k={omega_k}")[
            "models/lcdm_curved"
        ]
        cell = minimised.sel(omega_k=omega_k)
        assert cell["chi2"].item() == pytest.approx(alone["chi2"].item(), abs=1e-6)
        assert cell["best_fit"].item() == pytest.approx(alone["best_fit"].item(), abs=1e-4)


def test_compiled_code_gives_the_same_numbers(executed):
    overrides = ("models=[sigma_baryons,lcdm]", NO_PROFILE, f"{OMEGA_B}={{scan: {DENSITIES}}}", f"{A_COS}.prior.max=50")
    plain, compiled = (executed(MAIN, *overrides, f"backend={name}") for name in ("numpy", "numba"))
    for name in ("sigma_baryons", "lcdm"):
        for key in ("chi2", "best_fit"):
            numbers = [np.asarray(tree[f"models/{name}/{key}"]) for tree in (plain, compiled)]
            np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-9)


def test_a_model_without_a_compiled_form_falls_back(executed, monkeypatch):
    from solvers.supernovae import compiled

    asked = {}
    original = compiled.compile_chi2

    def watched(projected, background, names):
        found = original(projected, background, names)
        asked[type(background).__name__, type(getattr(background, "law", None)).__name__] = found is not None
        return found

    monkeypatch.setattr(compiled, "compile_chi2", watched)
    executed(MAIN, "models=[sigma_baryons,lcdm]", NO_PROFILE, "backend=numba", "seed=11")
    executed(MAIN, "models=[sigma_baryons]", NO_PROFILE, "backend=numba", "seed=11", "law=mond_simple")
    assert asked == {
        ("SigmaBaryons", "Sigma"): True,
        ("DarkEnergy", "NoneType"): False,
        ("SigmaBaryons", "MondSimple"): False,
    }


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_cell_without_an_expansion_is_infinite_and_not_converged(executed):
    scan = "models.lcdm_curved.params.omega_k={scan: [-5.0, 0.1]}"
    model = executed(MAIN, "models=[lcdm_curved]", NO_PROFILE, scan)["models/lcdm_curved"]
    assert list(model["converged"].values) == [False, True]
    assert list(np.isinf(model["chi2"].values)) == [True, False]
