"""The whole TT spectrum: χ² of the peak model as published, scaled and fitted, beside ΛCDM."""

from dataclasses import replace

import numpy as np
import pytest
from omegaconf import OmegaConf

from analysis.findings import findings
from outputs.request import execute, prepare
from sims.likelihoods.bandpowers import bandpowers_of
from solvers.cmb import camb_spectrum
from solvers.cmb.bandpowers import BandpowerProblem
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.errors import InvalidInput

CHI2 = {
    "sigma_peaks_optimum": (1.897e7, 1e-3, 11),
    "sigma_peaks_scaled": (3.677e4, 1e-3, 12),
    "sigma_peaks_narrow": (4.727e4, 1e-3, 12),
    "lcdm_cmb": (206.1305, 1e-4, 6),
    "lcdm_cmb_unlensed": (668.6, 1e-3, 6),
    "baryons_cmb": (1.3160e6, 1e-3, 0),
}
"""χ² on 215 bandpowers, its relative tolerance, and the parameters that are counted."""

OPTIMUM = "models.sigma_peaks_optimum.params"
A0 = f"{OPTIMUM}.A0={{prior: {{min: 10, max: 1.0e4}}}}"
ONE = ("models=[sigma_peaks_optimum]", f"{OPTIMUM}.plateau=0", A0)
"""The height alone, without the plateau: an overall factor, but for the floor, which is not reached."""

NARROW = (*ONE, f"{OPTIMUM}.w0=80", f"{OPTIMUM}.w1=0", f"{OPTIMUM}.l1={{prior: {{min: 200, max: 230}}}}")
"""Height and position of modes that do not merge."""

FEW = ("inference.points=256", "inference.starts=4")


@pytest.fixture(scope="module")
def planck(plik_lite):
    """Bandpowers of TT, windows and the inverse of the covariance."""
    data = plik_lite().load()
    return data, np.linalg.inv(data["covariance"].values)


def binned(tree, name, planck):
    """The model's bandpowers, by the windows of the catalogue, from the curve in the file."""
    data, _ = planck
    return data["window"].values @ tree[f"models/{name}/d_ell_TT"].values[data["multipole"].values - 2]


@pytest.mark.parametrize("name", CHI2)
def test_chi2_is_that_of_the_specification_and_of_the_inverse_covariance(spectrum_run, planck, name):
    model, (data, inverse) = spectrum_run[f"models/{name}"].to_dataset(), planck
    expected, tolerance, n_free = CHI2[name]
    chi2 = model["chi2"].item()
    assert chi2 == pytest.approx(expected, rel=tolerance)
    residual = data["bandpower"].values - binned(spectrum_run, name, planck)
    assert chi2 == pytest.approx(residual @ inverse @ residual, rel=1e-6)
    np.testing.assert_allclose(spectrum_run["data/residual"].sel(model=name), residual, rtol=0, atol=1e-9)
    assert (model["n_data"].item(), model["n_free"].item(), model["dof"].item()) == (215, n_free, 215 - n_free)
    assert model["aic"].item() == pytest.approx(chi2 + 2 * n_free, rel=1e-14)
    assert model["bic"].item() == pytest.approx(chi2 + n_free * np.log(215), rel=1e-14)


@pytest.mark.parametrize("name", ["sigma_peaks_scaled", "sigma_peaks_narrow"])
def test_a_free_factor_is_at_its_minimum(spectrum_run, planck, name):
    model, (data, inverse) = spectrum_run[f"models/{name}"].to_dataset(), planck
    factor, error = model["amplitude"].item(), model["amplitude_err"].item()
    shape = binned(spectrum_run, name, planck) / factor
    assert factor == pytest.approx(shape @ inverse @ data["bandpower"].values / (shape @ inverse @ shape), rel=1e-6)
    assert error == pytest.approx((shape @ inverse @ shape) ** -0.5, rel=1e-6)
    residual = spectrum_run["data/residual"].sel(model=name).values
    for step in (-error, error):
        moved = residual - step * shape
        assert moved @ inverse @ moved - model["chi2"].item() == pytest.approx(1.0, abs=1e-3)


def test_a_factor_that_is_not_free_is_one(spectrum_run):
    for name in ("sigma_peaks_optimum", "lcdm_cmb"):
        model = spectrum_run[f"models/{name}"]
        assert model["amplitude"].item() == 1.0
        assert np.isnan(model["amplitude_err"].item())


def test_a_factor_alone_moves_no_mode(spectrum_run):
    curves = [spectrum_run[f"models/sigma_peaks_{name}/d_ell_TT"].values for name in ("optimum", "scaled")]
    factor = spectrum_run["models/sigma_peaks_scaled/amplitude"].item()
    np.testing.assert_allclose(curves[1], factor * curves[0], rtol=1e-13)


def test_the_narrowest_widths_of_the_source_are_no_better(cmb, spectrum_run):
    fixed = cmb("cmb_spectrum", "models=[sigma_peaks_narrow]", "models.sigma_peaks_narrow.free_amplitude=false")
    assert fixed["models/sigma_peaks_narrow/chi2"].item() == pytest.approx(9.9e6, rel=0.01)
    assert fixed["models/sigma_peaks_narrow/n_free"].item() == 11
    chi2 = {name: spectrum_run[f"models/sigma_peaks_{name}/chi2"].item() for name in ("scaled", "narrow")}
    assert chi2["narrow"] > chi2["scaled"]


@pytest.mark.parametrize(
    ("name", "maxima"),
    [
        ("sigma_peaks_optimum", [260]),
        ("sigma_peaks_scaled", [260]),
        ("sigma_peaks_narrow", [254, 701]),
        ("lcdm_cmb", [220.3, 536.0, 812.8, 1126.4, 1421.2, 1725.6, 2008.9]),
    ],
)
def test_maxima_of_the_spectra_are_counted(spectrum_run, notes_of, name, maxima):
    np.testing.assert_allclose(spectrum_run[f"models/{name}/maximum_ell"], maxima, rtol=0, atol=0.6)
    (note,) = notes_of(spectrum_run, f"{name} ")[:1]
    assert note.endswith(f"Maxima of its spectrum: l = {', '.join(f'{ell:.0f}' for ell in maxima)}.")


def test_what_is_printed_says_what_was_fitted_by_whom(spectrum_run, notes_of):
    (optimum,) = notes_of(spectrum_run, "sigma_peaks_optimum is a parametrisation, no Boltzmann calculation")
    assert "13 + 1 parameters, 11 of them counted as fitted" in optimum
    (lcdm,) = notes_of(spectrum_run, "lcdm_cmb was not fitted here: its 6 parameters were fitted by others")
    assert "so its chi2 can only fall" in lcdm
    assert notes_of(spectrum_run, "baryons_cmb: nothing was fitted.")


def test_the_verdict_compares_the_best_of_each_side(spectrum_run, notes_of):
    (verdict,) = notes_of(spectrum_run, "The best that the peak model does here")
    assert "sigma_peaks_scaled with 12 parameters has chi2 = 36767.0; lcdm_cmb with 6 has 206.1" in verdict
    assert "chi2 +36560.9, AIC +36572.9, BIC +36593.1" in verdict


def test_models_of_one_side_get_no_verdict(cmb, notes_of):
    assert not notes_of(cmb("cmb_spectrum", "models=[lcdm_cmb,baryons_cmb]"), "The best that")


def test_a_spectrum_level_mode_needs_widths_that_do_not_grow(cmb):
    model = cmb("cmb_spectrum", "models=[sigma_peaks_optimum]", f"{OPTIMUM}.w1=0")["models/sigma_peaks_optimum"]
    expected = [210.5, 537.4, 849.3, 1146.3, 1428.5, 1696.0, 1948.7, 2186.7]
    np.testing.assert_allclose(model["maximum_ell"], expected, rtol=0, atol=0.2)
    assert model["chi2"].item() == pytest.approx(2.7e5, rel=0.03)


def test_all_spectra_together_have_their_covariances(cmb, plik_lite):
    tree = cmb("cmb_spectrum", "models=[lcdm_cmb]", "catalog.spectra=[TT,TE,EE]")
    data = plik_lite(spectra=("TT", "TE", "EE")).load()
    residual = tree["data/residual"].sel(model="lcdm_cmb").values
    assert residual.size == 613
    model = tree["models/lcdm_cmb"].to_dataset()
    expected = residual @ np.linalg.solve(data["covariance"].values, residual)
    assert model["chi2"].item() == pytest.approx(expected, rel=1e-6)
    assert model["chi2"].item() == pytest.approx(583.9, abs=0.5)
    assert {"d_ell_TT", "d_ell_TE", "d_ell_EE"} <= set(model.data_vars)


def test_cuts_are_those_of_the_catalogue(cmb, plik_lite):
    tree = cmb("cmb_spectrum", "models=[lcdm_cmb]", "catalog.ell_min=100", "catalog.ell_max=1000")
    data = plik_lite(ell_min=100.0, ell_max=1000.0).load()
    residual = tree["data/residual"].sel(model="lcdm_cmb").values
    assert tree["models/lcdm_cmb/n_data"].item() == residual.size == data.sizes["row"] < 215
    expected = residual @ np.linalg.solve(data["covariance"].values, residual)
    assert tree["models/lcdm_cmb/chi2"].item() == pytest.approx(expected, rel=1e-6)


def test_other_bandpowers_take_the_place_of_plik_lite(cmb, loaded):
    from catalogs.planck_spectrum import PlanckSpectrum

    loaded(PlanckSpectrum())
    tree = cmb("cmb_spectrum", "catalog=planck_binned", "models=[lcdm_cmb]")
    model = tree["models/lcdm_cmb"]
    error = tree["data/bandpower_err"].values
    residual = tree["data/residual"].sel(model="lcdm_cmb").values
    assert model["chi2"].item() == pytest.approx(((residual / error) ** 2).sum(), rel=1e-12)
    assert model["chi2"].item() < 83


def test_a_scan_is_a_dimension_of_chi2_and_its_cells_are_runs(cmb, spectrum_run):
    key = "models.sigma_peaks_scaled.params.w1"
    tree = cmb("cmb_spectrum", "models=[sigma_peaks_scaled,lcdm_cmb]", f"{key}={{scan: [0.0, 0.025]}}")
    model = tree["models/sigma_peaks_scaled"].to_dataset()
    assert model["chi2"].dims == ("w1",)
    assert model["chi2"].values[1] == pytest.approx(spectrum_run["models/sigma_peaks_scaled/chi2"].item(), rel=1e-12)
    assert tree["comparison/chi2"].sizes == {"model": 2, key: 2}
    assert list(tree["data/residual"]["model"].values) == ["lcdm_cmb"]
    assert "maximum_ell" not in model


def test_camb_may_be_scanned_on_data(cmb):
    tree = cmb("cmb_spectrum", "models=[lcdm_cmb]", "models.lcdm_cmb.params.ln10As={scan: [3.0, 3.044]}")
    chi2 = tree["models/lcdm_cmb/chi2"].values
    assert chi2[1] == pytest.approx(206.1305, abs=0.05)
    assert chi2[0] > chi2[1] + 100.0
    assert "residual" not in tree["data"]


def test_a_factor_of_lcdm_is_counted_beside_what_others_fitted(cmb):
    model = cmb("cmb_spectrum", "models=[lcdm_cmb]", "models.lcdm_cmb.free_amplitude=true")["models/lcdm_cmb"]
    assert model["n_free"].item() == 7
    assert model["amplitude"].item() == pytest.approx(1.0, abs=3e-3)
    assert 0.0 < 206.1305 - model["chi2"].item() < 1.0


def _fitted(tree, name="sigma_peaks_optimum"):
    model = tree[f"models/{name}"].to_dataset()
    return model, dict(zip(model["param"].values, model["best_fit"].values, strict=True))


def test_least_squares_of_a_height_alone_is_the_closed_form(cmb, planck):
    model, best = _fitted(cmb("cmb_spectrum", *ONE, *FEW))
    scaled = cmb("cmb_spectrum", *ONE[:2], f"{OPTIMUM}.A0=5000", "models.sigma_peaks_optimum.free_amplitude=true")
    expected = scaled["models/sigma_peaks_optimum"]
    assert best["A0"] == pytest.approx(5000.0 * expected["amplitude"].item(), rel=1e-8)
    assert model["sigma"].item() == pytest.approx(5000.0 * expected["amplitude_err"].item(), rel=1e-5)
    assert model["chi2"].item() == pytest.approx(expected["chi2"].item(), rel=1e-10)
    assert model["n_free"].item() == expected["n_free"].item()
    assert (model["n_starts"].item(), model["n_agree"].item()) == (4, 4)
    assert bool(model["converged"])
    assert not model["at_bound"].any()


WAYS = {
    "least_squares": FEW,
    "minimize": (),
    "differential_evolution": ("inference.population=5",),
}


@pytest.fixture(scope="module")
def ways(cmb):
    """Height and position, found in every way."""
    return {way: _fitted(cmb("cmb_spectrum", *NARROW, f"inference={way}", *more)) for way, more in WAYS.items()}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_finds_the_same_narrow_minimum(ways, way):
    (model, best), (reference, expected) = ways[way], ways["least_squares"]
    assert set(best) == {"A0", "l1"}
    assert 200.0 < best["l1"] < 230.0
    for name, value in best.items():
        assert value == pytest.approx(expected[name], abs=0.02 * reference["sigma"].sel(param=name).item()), name
    assert model["chi2"].item() == pytest.approx(reference["chi2"].item(), rel=1e-6)
    assert bool(model["converged"])
    assert ("n_starts" in model) == (way == "least_squares")


def test_errors_of_least_squares_are_those_of_the_linearised_residuals(ways, planck):
    model, best = ways["least_squares"]
    data, inverse = planck
    peaks = SigmaPeaks(params=dict(zip(model["parameter"].values, model["parameter_value"].values, strict=True)))
    ell = data["multipole"].values

    def moved(name, step):
        return data["window"].values @ peaks.d_ell(ell, **{name: best[name] + step})

    slopes = np.stack([(moved(name, h) - moved(name, -h)) / (2 * h) for name, h in (("A0", 1.0), ("l1", 1e-3))])
    covariance = np.linalg.inv(slopes @ inverse @ slopes.T)
    found = model["covariance"].sel(param=["A0", "l1"], param_=["A0", "l1"])
    np.testing.assert_allclose(found, covariance, rtol=1e-4)
    np.testing.assert_allclose(model["sigma"].sel(param=["A0", "l1"]), np.sqrt(np.diagonal(covariance)), rtol=1e-4)


def test_a_profile_goes_through_the_minimum_of_least_squares(cmb):
    tree = cmb("cmb_spectrum", *NARROW, *FEW, "profile=[l1]", "profile_points=7")
    model, best = _fitted(tree)
    profile = model["profile_l1"]
    np.testing.assert_allclose(profile["l1"], np.linspace(200.0, 230.0, 7), rtol=1e-12)
    assert (profile.values >= model["chi2"].item() - 1e-6).all()
    nearest = np.argmin(np.abs(profile["l1"].values - best["l1"]))
    assert np.argmin(profile.values) == nearest


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_direction_that_nothing_depends_on_is_flat(cmb, seed):
    """The compression moves the third mode and those above it."""
    two = ["models.sigma_peaks_optimum.n_modes=2", f"{OPTIMUM}.compression={{prior: {{min: 0, max: 0.08}}}}"]
    tree = cmb("cmb_spectrum", *ONE, *two, *FEW, f"seed={seed}")
    model, _ = _fitted(tree)
    flat = dict(zip(model["param"].values, model["is_flat"].values, strict=True))
    assert flat == {"A0": False, "compression": True}
    assert not model["at_bound"].any()
    assert np.isnan(model["sigma"].sel(param="compression").item())
    assert np.isfinite(model["sigma"].sel(param="A0").item())
    assert any("compression is not determined" in sentence for sentence in findings(tree))


def test_an_end_of_a_range_is_reached_exactly_and_said(cmb):
    tree = cmb("cmb_spectrum", *ONE[:2], f"{OPTIMUM}.A0={{prior: {{min: 3000, max: 7000}}}}", *FEW)
    model, best = _fitted(tree)
    assert best["A0"] == 3000.0
    assert model["at_bound"].all()
    assert np.isnan(model["sigma"].item())
    assert any("A0 has no interior optimum. It ends at the bound 3000" in sentence for sentence in findings(tree))


WIDTHS = ("models=[sigma_peaks_widths]", *FEW)


@pytest.fixture(scope="module")
def widths(cmb):
    """All parameters of the source's ranges, the widths free, from a few starts."""
    return cmb("cmb_spectrum", *WIDTHS)


def test_the_best_of_the_source_s_ranges_is_far_from_the_data(widths):
    model, best = _fitted(widths, "sigma_peaks_widths")
    assert model["chi2"].item() == pytest.approx(2691.3, abs=0.5)
    assert model["n_free"].item() == 14
    ends = dict(zip(model["param"].values, model["at_bound"].values, strict=True))
    expected = {"compression": 0.0, "A0": 5000.0, "a_high": 0.35, "delta_l": 300.0, "l_damp": 1400.0, "plateau": 0.0}
    assert {name for name, end in ends.items() if end} == set(expected)
    assert {name: best[name] for name in expected} == expected
    assert np.isnan(model["sigma"].values[model["at_bound"].values]).all()
    assert np.isfinite(model["sigma"].values[~model["at_bound"].values]).all()


def test_no_small_step_lowers_the_chi2_of_the_fit(widths, plik_lite):
    model, best = _fitted(widths, "sigma_peaks_widths")
    names = list(best)
    config = OmegaConf.to_container(OmegaConf.create(widths.attrs["config"]).models.sigma_peaks_widths.params)
    low, high = (np.array([float(config[name]["prior"][end]) for name in names]) for end in ("min", "max"))
    problem = BandpowerProblem(SigmaPeaks(params=config), bandpowers_of(plik_lite())[1])
    lowest = model["chi2"].item()
    assert float(problem.chi2(**best)) == pytest.approx(lowest, rel=1e-12)
    rng = np.random.default_rng(8)
    for size in (1e-5, 1e-4, 1e-3, 1e-2):
        step = size * (high - low) * rng.normal(size=(64, low.size)) * rng.integers(0, 2, (64, low.size))
        points = np.clip(np.array(list(best.values())) + step, low, high)
        assert np.min(problem.chi2(**dict(zip(names, points.T, strict=True)))) > lowest - 0.01


@pytest.mark.parametrize("seed", [1, 2])
def test_other_seeds_end_in_the_same_minimum(cmb, widths, seed):
    first, other = (
        _fitted(tree, "sigma_peaks_widths")[0] for tree in (widths, cmb("cmb_spectrum", *WIDTHS, f"seed={seed}"))
    )
    assert other["chi2"].item() == pytest.approx(first["chi2"].item(), abs=0.01)
    np.testing.assert_array_equal(other["at_bound"], first["at_bound"])
    sigma = first["sigma"].values
    away = (other["best_fit"].values - first["best_fit"].values)[np.isfinite(sigma)] / sigma[np.isfinite(sigma)]
    assert np.abs(away).max() < 0.05


def test_the_same_seed_gives_the_same_bits(composed, cmb, widths):
    typed = ["+experiment=cmb_spectrum", *WIDTHS]
    assert execute(prepare(composed(*typed)), typed).attrs["result_hash"] == widths.attrs["result_hash"]


def test_a_minimum_that_one_start_alone_has_reached_is_said(widths):
    model, _ = _fitted(widths, "sigma_peaks_widths")
    assert 1 <= model["n_agree"].item() <= model["n_starts"].item() == 4
    said = any("sigma_peaks_widths: only one of 4 starts" in sentence for sentence in findings(widths))
    assert said == (model["n_agree"].item() == 1)


@pytest.fixture
def linear_camb(monkeypatch):
    """Spectra of CAMB that are proportional to A_s, from one calculation."""
    real, index = camb_spectrum._camb, list(camb_spectrum.CambSpectrum.domain).index("ln10As")

    def _linear_camb(values, **settings):
        spectra = real((*values[:index], 3.044, *values[index + 1 :]), **settings)
        factor = np.exp(values[index] - 3.044)
        return replace(spectra, lensed=factor * spectra.lensed, unlensed=factor * spectra.unlensed)

    monkeypatch.setattr(camb_spectrum, "_camb", _linear_camb)


@pytest.mark.parametrize("way", ["minimize", "least_squares"])
def test_a_parameter_of_lcdm_may_be_fitted_and_it_is_said_what_others_fitted(composed, cmb, notes_of, linear_camb, way):
    typed = ["+experiment=cmb_spectrum", "models=[lcdm_cmb]", "models.lcdm_cmb.n_fitted_elsewhere=5"]
    typed += ["models.lcdm_cmb.params.ln10As={prior: {min: 3.0, max: 3.1}, ref: 3.06}", f"inference={way}"]
    tree = execute(prepare(composed(*typed, *(FEW if way == "least_squares" else ()))), typed)
    scaled = cmb("cmb_spectrum", "models=[lcdm_cmb]", "models.lcdm_cmb.free_amplitude=true")["models/lcdm_cmb"]
    model, best = _fitted(tree, "lcdm_cmb")
    assert model["n_free"].item() == 6
    assert model["chi2"].item() == pytest.approx(scaled["chi2"].item(), abs=1e-4)
    assert best["ln10As"] == pytest.approx(3.044 + np.log(scaled["amplitude"].item()), abs=1e-5)
    error = scaled["amplitude_err"].item() / scaled["amplitude"].item()
    assert model["sigma"].item() == pytest.approx(error, rel=0.01)
    (note,) = notes_of(tree, "ln10As")
    assert note.startswith("lcdm_cmb: ln10As fitted here, beside 5 parameters that others fitted. Maxima")
    assert not notes_of(tree, "was not fitted here")


REFUSED = {
    ("models=[sigma_polarization]",): "spectrum='TT': the data have it, but Σ polarisation sketch predicts EE, BB, TE",
    ("models=[lcdm_cmb]", "models.lcdm_cmb.lmax=1500"): "flat ΛCDM (CAMB): lmax=1500: D_ell is asked for at 2508",
    (
        "models=[sigma_peaks_wide]",
        "catalog.ell_max=100",
        *FEW,
    ): "models.sigma_peaks_wide: 14 data for 14 free parameters",
    ("models=[lcdm_cmb]", "profile=H0"): "profile='H0': must be a list of parameters",
    ("models=[lcdm_cmb]", "profile_points=1"): "profile_points=1: must be a whole number >= 2",
    ("models=[lcdm_cmb]", "sim.ell_min=3000"): "ell_min=3000: must be below ell_max=2500",
}


@pytest.mark.parametrize("overrides", REFUSED, ids=str)
def test_what_cannot_be_answered_is_one_line(cmb, overrides):
    with pytest.raises(InvalidInput) as refused:
        cmb("cmb_spectrum", *overrides)
    assert str(refused.value).startswith(REFUSED[overrides])
    assert "\n" not in str(refused.value)
