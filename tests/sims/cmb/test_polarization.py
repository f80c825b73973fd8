"""The polarisation sketch beside CAMB and Planck's EE and TE: lower by what factors, and how bad."""

import numpy as np
import pytest

from solvers.errors import InvalidInput

SKETCH, LCDM = "sigma_polarization", "lcdm_cmb"
OWN = ([309, 805, 1292, 1779], [1.08, 0.52, 0.22, 0.13])
SKY = ([140, 395, 688, 990, 1299], [1.1, 21.6, 37.7, 42.4, 30.5])
CHI2 = {"TE": (34679.3, 186.25), "EE": (51113.8, 197.28)}
SHORT = "models=[lcdm_cmb]"


def sketch(ell):
    """EE, TE and BB of the source with its numbers."""
    n = np.arange(1, 9)[:, np.newaxis]
    centre = 211.0 * (1 + 1.55 * (n - 1))
    ee, te = 1.5 * centre, 1.2 * centre
    a = 0.35 + (0.02 - 0.35) * (1 + np.tanh((ee - 1300) / 80)) / 2
    amplitude = 50 * 0.15**2 * n**-1.2 * np.where(n % 2, 1 - 0.15 * a, 1 + a / 2)
    modes = (amplitude * np.exp(-(((ell - ee) / (60 + 0.05 * ee)) ** 2) / 2)).sum(axis=0)
    bump = 0.5 * np.exp(-(((ell - 150) / 100) ** 2))
    waves = 100 * n**-0.8 * np.cos(n * np.pi / 4) * np.exp(-(((ell - te) / (80 + 0.04 * te)) ** 2) / 2)
    lensing = 0.05 * (ell / 1000) ** 2 * np.exp(-((ell / 1500) ** 2))
    tensor = 0.01 * 0.1 * np.exp(-(((ell - 80) / 50) ** 2))
    return {
        "EE": np.maximum((modes + bump) * np.exp(-((ell / 2500) ** 2)), 0.01),
        "TE": waves.sum(axis=0) * np.exp(-((ell / 2000) ** 2)),
        "BB": np.maximum(lensing + tensor, 0.001),
    }


@pytest.fixture(scope="module")
def maxima(polarization_run):
    return polarization_run["tables/ee_maxima"].to_dataset()


@pytest.mark.parametrize("spectrum", ["EE", "TE", "BB"])
def test_the_sketch_is_the_source_s_and_nothing_is_tuned(polarization_run, spectrum):
    model = polarization_run[f"models/{SKETCH}"].to_dataset()
    assert (model["ell"].values[0], model["ell"].values[-1]) == (2, 2000)
    expected = sketch(model["ell"].values.astype(float))[spectrum]
    np.testing.assert_allclose(model[f"d_ell_{spectrum}"], expected, rtol=1e-10, atol=1e-12)
    assert not {"param", "best_fit"} & set(model.variables)


def test_maxima_of_ee_are_where_the_specification_has_them(maxima):
    own = maxima.sel(source=SKETCH)
    np.testing.assert_allclose(own["ell"][:4], OWN[0], rtol=0, atol=0.6)
    np.testing.assert_allclose(own["d_ell"][:4], OWN[1], rtol=0, atol=0.006)
    assert np.isnan(own["ell"].values[4])
    sky = maxima.sel(source=LCDM)
    np.testing.assert_allclose(sky["ell"], SKY[0], rtol=0, atol=0.6)
    np.testing.assert_allclose(sky["d_ell"], SKY[1], rtol=0, atol=0.06)


def test_the_sketch_is_low_by_the_factors_of_the_specification(maxima):
    own = maxima.sel(source=SKETCH)
    np.testing.assert_allclose(own["low_by_at_reference"][1:], [35, 143, 402, 136], rtol=0.01)
    np.testing.assert_allclose(own["low_by"][:4], [10, 28, 136, 61], rtol=0.03)
    assert (own["low_by_at_reference"] > 1).all()


def test_the_reference_is_as_high_as_itself(maxima):
    for key in ("low_by", "low_by_at_reference"):
        np.testing.assert_allclose(maxima[key].sel(source=LCDM), 1.0, rtol=1e-14)


def test_factors_are_the_ratio_of_the_curves(polarization_run, maxima):
    d_ell = {name: polarization_run[f"models/{name}/d_ell_EE"].values for name in (SKETCH, LCDM)}
    for at, key in ((LCDM, "low_by_at_reference"), (SKETCH, "low_by")):
        where = maxima["ell"].sel(source=at).values[:4]
        below = where.astype(int)
        part = where - below
        curve = {name: (1 - part) * d[below - 2] + part * d[below - 1] for name, d in d_ell.items()}
        np.testing.assert_allclose(maxima[key].sel(source=SKETCH)[:4], curve[LCDM] / curve[SKETCH], rtol=1e-12)


@pytest.mark.parametrize("spectrum", ["TE", "EE"])
@pytest.mark.parametrize("name", [SKETCH, LCDM])
def test_chi2_of_each_spectrum_is_that_of_its_part_of_the_covariance(polarization_run, plik_lite, spectrum, name):
    data = plik_lite(spectra=[spectrum]).load()
    ell, value = data["multipole"].values, data["bandpower"].values
    binned = data["window"].values @ polarization_run[f"models/{name}/d_ell_{spectrum}"].values[ell - 2]
    inverse = np.linalg.inv(data["covariance"].values)
    chi2 = (value - binned) @ inverse @ (value - binned)
    factor = (binned @ inverse @ value) / (binned @ inverse @ binned)
    scaled = (value - factor * binned) @ inverse @ (value - factor * binned)
    table = polarization_run["tables/bandpowers"].to_dataset().sel(source=name)
    assert table[f"chi2_{spectrum}"].item() == pytest.approx(chi2, rel=1e-6)
    assert table[f"chi2_{spectrum}_scaled"].item() == pytest.approx(scaled, rel=1e-6)
    assert table[f"n_{spectrum}"].item() == 199


@pytest.mark.parametrize("spectrum", CHI2)
def test_the_sketch_is_excluded_where_lcdm_is_good(polarization_run, spectrum):
    chi2 = polarization_run["tables/bandpowers"].to_dataset()[f"chi2_{spectrum}"]
    for name, expected, tolerance in zip((SKETCH, LCDM), CHI2[spectrum], (5.0, 0.5), strict=True):
        assert chi2.sel(source=name).item() == pytest.approx(expected, abs=tolerance)


def test_the_table_of_spectra_is_read_off_the_curves(polarization_run):
    table = polarization_run["tables/spectra"].to_dataset()
    np.testing.assert_array_equal(table["ell"], [100, 500, 1000, 1500])
    for name in (SKETCH, LCDM):
        for spectrum in ("EE", "TE", "BB"):
            curve = polarization_run[f"models/{name}/d_ell_{spectrum}"].values
            np.testing.assert_array_equal(table[f"{spectrum}_{name}"], curve[table["ell"].values.astype(int) - 2])


def test_multipoles_of_the_table_may_be_chosen_from_two_on(cmb):
    table = cmb("cmb_polarization", SHORT, "sim.ell=[2, 2.5, 2000]")["tables/spectra"].to_dataset()
    np.testing.assert_array_equal(table["ell"], [2, 2.5, 2000])
    assert np.isfinite(table["TE_lcdm_cmb"]).all()
    assert cmb("cmb_polarization", SHORT, "sim.ell=700")["tables/spectra"].sizes["ell"] == 1


def test_what_is_printed_says_that_it_is_a_sketch_and_how_far_it_is_off(polarization_run, notes_of):
    first, second = notes_of(polarization_run)
    assert "maxima at l = 309, 805, 1292, 1779 with D = 1.08, 0.52, 0.22, 0.13 uK2" in first
    assert "those of lcdm_cmb are at 140, 395, 688, 990, 1299" in first
    assert "nothing fitted: TE 34679, where lcdm_cmb has 186, on 199 bandpowers; EE 51114" in second
    assert "It is a sketch, the source makes no quantitative claim." in second


def test_data_hold_both_spectra(polarization_run):
    data = polarization_run["data"].to_dataset()
    assert dict(zip(*np.unique(data["spectrum"], return_counts=True), strict=True)) == {"EE": 199, "TE": 199}


def test_one_spectrum_is_enough(cmb, notes_of):
    tree = cmb("cmb_polarization", "catalog.spectra=[EE]")
    assert "chi2_TE" not in tree["tables/bandpowers"].to_dataset()
    chi2 = tree["tables/bandpowers"].to_dataset()["chi2_EE"].sel(source=LCDM).item()
    assert chi2 == pytest.approx(CHI2["EE"][1], abs=0.5)


def test_a_scan_is_the_leading_dimension_and_said_to_be_in_no_table(cmb, notes_of, polarization_run):
    tree = cmb("cmb_polarization", "models.sigma_polarization.params.ee_amplitude={scan: [1.125, 45]}")
    model = tree[f"models/{SKETCH}"].to_dataset()
    assert model["d_ell_EE"].dims == ("ee_amplitude", "ell")
    assert model["ee_amplitude"].attrs["units"] == "uK2"
    alone = polarization_run[f"models/{SKETCH}"].to_dataset()
    for spectrum in ("EE", "TE", "BB"):
        np.testing.assert_array_equal(model[f"d_ell_{spectrum}"][0], alone[f"d_ell_{spectrum}"])
    np.testing.assert_array_equal(model["d_ell_TE"][1], alone["d_ell_TE"])
    assert (model["d_ell_EE"][1] >= model["d_ell_EE"][0]).all()
    assert list(tree["tables/bandpowers"].to_dataset()["source"].values) == [LCDM]
    assert notes_of(tree) == [f"{SKETCH} is scanned over ee_amplitude: it is in the file, not in the tables."]


def test_free_parameters_are_put_at_their_reference_and_said(cmb, notes_of, polarization_run):
    prior = "models.sigma_polarization.params.l1={prior: {min: 200, max: 230}, ref: 211}"
    tree = cmb("cmb_polarization", prior)
    key = f"models/{SKETCH}/d_ell_EE"
    np.testing.assert_array_equal(tree[key], polarization_run[key])
    assert notes_of(tree, f"{SKETCH}: l1 is free and was put at its reference value 211.")


REFUSED = {
    "sim.ell=[1.0]": "sim.ell[0]=1: must be >= 2",
    "sim.ell=[100,2001]": "sim.ell[1]=2001: must be >= 2 and <= 2000",
    "sim.ell=[]": "sim.ell=[]: must be a list",
    "sim.ell=[low]": "sim.ell[0]='low': must be a number",
    "sim.n_maxima=0": "sim.n_maxima=0: must be >= 1",
    "sim.n_maxima=9": "sim.n_maxima=9: lcdm_cmb has 7 maxima of EE in the range",
    "sim.reference=nobody": "sim.reference=nobody: must be one of the models",
    "sim.ell_max=90": "ell_min=100: must be below ell_max=90",
    "catalog.spectra=[TT,EE]": "catalog: holds TT",
    "models=[sigma_peaks_optimum,lcdm_cmb]": "models.sigma_peaks_optimum: predicts no EE, TE, BB",
    "models.lcdm_cmb.lmax=1500": "models.lcdm_cmb: lmax=1500: D_ell is asked for at 2000; raise lmax",
    "models.lcdm_cmb.params.H0={scan: [60,70]}": "sim.reference=lcdm_cmb: must be one of the models, without a scan",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_cannot_be_answered_is_one_line(cmb, override):
    with pytest.raises(InvalidInput) as refused:
        cmb("cmb_polarization", override)
    assert str(refused.value).startswith(REFUSED[override])
    assert "\n" not in str(refused.value)
