"""CMB peaks: the published ratios from the published objective, CAMB, Planck, and what must be said beside them."""

import camb
import numpy as np
import pytest

from outputs.request import execute, prepare
from solvers.cmb import camb_spectrum
from solvers.errors import InvalidInput

TARGETS = {
    "ell": [220, 537, 810, 1120, 1420, 1720, 2000],
    "height": [5800, 2420, 2550, 1100, 800, 520, 350],
    "err": [50, 40, 50, 40, 50, 50, 60],
    "ratio": [2.397, 2.318, 1.538],
}
LENSED = (
    [220.307, 535.993, 812.815, 1126.397, 1421.168, 1725.578, 2008.935],
    [5729.50, 2591.68, 2539.04, 1239.58, 816.93, 396.99, 230.98],
)
UNLENSED = (
    [220.523, 536.408, 814.341, 1129.452, 1426.880, 1739.239, 2038.411],
    [5738.44, 2604.72, 2584.10, 1263.94, 844.38, 403.95, 234.71],
)
PLANCK = ([5737, 2595.8, 2537.0, 1237.8, 814.3, 392.8, 231.6], [25, 8.8, 7.0, 5.2, 4.6, 5.0, 8.9])
CENTRES = [211.0, 538.0, 850.2, 1147.7, 1430.5, 1698.6, 1951.9]
HEIGHTS = [6718, 2682, 3159, 1392, 1205, 770, 507]
OPTIMUM = {
    "l1": 210.962,
    "spacing": 1.55,
    "compression": 0.04506,
    "A0": 5000.0,
    "p": 0.55,
    "a_high": 0.35,
    "a_low": 0.02,
    "l_crit": 1300.0,
    "delta_l": 80.0,
    "l_damp": 1791.55,
    "q": 2.5,
}
INSIDE = {"l1", "compression", "l_damp"}
"""Parameters of the optimum that are not an end of their range."""

SMALL = ("models=[sigma_peaks,lcdm_cmb]", "inference.population=5")
"""A search that still ends in the optimum, in a second."""

A_HIGH = "models.sigma_peaks.params.a_high"


def modes(p, n_modes=7):
    """Centres and heights of the source's modes, from its formulas."""
    n = np.arange(1, n_modes + 1)
    k = n - 1
    centre = p["l1"] * (1 + p["spacing"] * (k - p["compression"] * k * (k - 1) / 2))
    step = (1 + np.tanh((centre - p["l_crit"]) / p["delta_l"])) / 2
    a = p["a_high"] * (1 - step) + p["a_low"] * step
    amplitude = p["A0"] * n ** -p["p"] * np.where(n % 2, 1 + a, 1 - a / 2)
    return centre, amplitude * np.exp(-((centre / p["l_damp"]) ** p["q"]))


def objective(p):
    """The source's objective with its numbers."""
    centre, height = modes(p)
    ratio = height[[0, 2, 4]] / height[[1, 3, 5]]
    total = 0.5 * (((centre - TARGETS["ell"]) / 30) ** 2).sum()
    total += 0.3 * (((height - TARGETS["height"]) / TARGETS["err"]) ** 2).sum()
    total += 200 * (((ratio - TARGETS["ratio"]) / 0.05) ** 2).sum() + 50 * ((ratio[0] - ratio[1]) / 0.1) ** 2
    return total + (1e6 if p["a_low"] >= p["a_high"] else 0.0)


def parameters(model):
    """Every parameter by name."""
    return dict(zip(model["parameter"].values, model["parameter_value"].values, strict=True))


def column(tree, table, key, source):
    return tree[f"tables/{table}"].to_dataset()[key].sel(source=source).values


def test_the_published_ratios_are_the_optimum_of_the_published_objective(peaks_run):
    ratio = column(peaks_run, "ratios", "ratio", "sigma_peaks")
    np.testing.assert_allclose(ratio, [2.5052, 2.2698, 1.5645], rtol=0, atol=1e-4)
    np.testing.assert_allclose(ratio, [2.505, 2.270, 1.564], rtol=0, atol=6e-4)
    np.testing.assert_allclose(peaks_run["models/sigma_peaks/mode_ratio"].values[:3], ratio, rtol=1e-15)


def test_the_optimum_is_that_of_the_specification_with_eight_of_eleven_parameters_at_an_end(peaks_run):
    model = peaks_run["models/sigma_peaks"].to_dataset()
    found = dict(zip(model["param"].values, model["best_fit"].values, strict=True))
    assert list(found) == list(OPTIMUM)
    for name, value in OPTIMUM.items():
        assert found[name] == pytest.approx(value, rel=1e-4), name
    at_bound = set(model["param"].values[model["at_bound"].values])
    assert at_bound == set(OPTIMUM) - INSIDE
    assert len(at_bound) == 8
    for name in at_bound:
        row = model.sel(param=name)
        assert found[name] in (row["range_low"].item(), row["range_high"].item()), name
    assert (model["n_parameters"].item(), model["n_free"].item()) == (14, 11)
    assert bool(model["converged"])
    assert model["n_evaluations"].item() > 1000


def test_the_objective_is_the_source_s_and_its_terms_add_up(peaks_run):
    model = peaks_run["models/sigma_peaks"].to_dataset()
    value = model["objective"].item()
    assert value == pytest.approx(1661.01, abs=0.05)
    assert value == pytest.approx(objective(parameters(model)), rel=1e-12)
    terms = [model[f"objective_{name}"].item() for name in ("positions", "heights", "ratios", "equal_ratios", "order")]
    assert value == pytest.approx(sum(terms), rel=1e-14)
    assert terms[-1] == 0.0
    assert "chi2" not in model


def test_no_step_inside_the_ranges_lowers_the_objective(peaks_run):
    model = peaks_run["models/sigma_peaks"].to_dataset()
    best = parameters(model)
    low, high = (model[f"range_{end}"].values for end in ("low", "high"))
    rng = np.random.default_rng(3)
    for size in (1e-4, 1e-2, 1.0):
        for _ in range(300):
            step = size * (high - low) * rng.normal(size=low.size) * rng.integers(0, 2, low.size)
            point = np.clip(model["best_fit"].values + step, low, high)
            tried = best | dict(zip(model["param"].values, point, strict=True))
            assert objective(tried) >= model["objective"].item() - 1e-6


def test_modes_have_the_positions_and_heights_of_the_specification(peaks_run):
    model = peaks_run["models/sigma_peaks"].to_dataset()
    centre, height = modes(parameters(model), 8)
    np.testing.assert_allclose(model["mode_ell"], centre, rtol=1e-12)
    np.testing.assert_allclose(model["mode_height"], height, rtol=1e-12)
    np.testing.assert_allclose(column(peaks_run, "peaks", "ell", "sigma_peaks"), CENTRES, rtol=0, atol=0.06)
    np.testing.assert_allclose(column(peaks_run, "peaks", "height", "sigma_peaks"), HEIGHTS, rtol=0, atol=0.6)


def test_heights_are_11_to_51_percent_above_the_source_s_own_targets(peaks_run):
    away = column(peaks_run, "peaks", "from_targets", "sigma_peaks")
    np.testing.assert_allclose(away, [16, 11, 24, 27, 51, 48, 45], rtol=0, atol=0.51)
    np.testing.assert_allclose(away, 100 * (np.array(HEIGHTS) / TARGETS["height"] - 1), rtol=0, atol=0.2)


def test_the_targets_are_the_source_s(peaks_run):
    for key, name in (("ell", "ell"), ("height", "height")):
        np.testing.assert_array_equal(column(peaks_run, "peaks", name, "targets"), TARGETS[key])
    np.testing.assert_array_equal(column(peaks_run, "ratios", "ratio", "targets"), TARGETS["ratio"])


@pytest.mark.parametrize(
    ("source", "reference", "expected", "tolerance"),
    [
        ("sigma_peaks", "targets", [4.5, -2.1, 1.7], 0.05),
        ("sigma_peaks", "planck", [13.4, 10.7, -24.5], 0.06),
        ("lcdm_cmb", "targets", [-7.8, -11.6, 33.8], 0.06),
        ("lcdm_cmb", "planck", [0.03, -0.06, -0.7], 0.04),
        ("planck", "planck", [0, 0, 0], 0),
        ("targets", "targets", [0, 0, 0], 0),
    ],
)
def test_ratios_are_compared_with_the_targets_and_with_planck(peaks_run, source, reference, expected, tolerance):
    away = column(peaks_run, "ratios", f"from_{reference}", source)
    np.testing.assert_allclose(away, expected, rtol=0, atol=tolerance)
    ratio, other = (column(peaks_run, "ratios", "ratio", name) for name in (source, reference))
    np.testing.assert_allclose(away, 100 * (ratio - other) / other, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "expected"), [("lcdm_cmb", LENSED), ("lcdm_cmb_unlensed", UNLENSED)])
def test_camb_has_its_peaks_where_the_specification_has_them(peaks_run, name, expected):
    np.testing.assert_allclose(column(peaks_run, "peaks", "ell", name), expected[0], rtol=0, atol=0.5)
    np.testing.assert_allclose(column(peaks_run, "peaks", "height", name), expected[1], rtol=3e-3)


def test_without_dark_matter_there_are_three_peaks_where_planck_has_five(peaks_run):
    ell, height = (column(peaks_run, "peaks", key, "baryons_cmb") for key in ("ell", "height"))
    np.testing.assert_allclose(ell[:3], [294.6, 777.7, 1223.7], rtol=0, atol=0.5)
    np.testing.assert_allclose(height[:3], [14212, 5503, 2900], rtol=3e-3)
    assert np.isnan(ell[5:]).all()
    assert np.isnan(column(peaks_run, "ratios", "ratio", "baryons_cmb")[2])


def test_planck_s_heights_and_ratios_are_measured_with_their_errors(peaks_run):
    np.testing.assert_allclose(column(peaks_run, "peaks", "height", "planck"), PLANCK[0], rtol=0, atol=0.5)
    np.testing.assert_allclose(column(peaks_run, "peaks", "height_err", "planck"), PLANCK[1], rtol=0.02)
    np.testing.assert_allclose(column(peaks_run, "ratios", "ratio", "planck"), [2.210, 2.050, 2.073], rtol=0, atol=6e-4)
    error = column(peaks_run, "ratios", "ratio_err", "planck")
    np.testing.assert_allclose(error, [0.012, 0.010, 0.029], rtol=0, atol=6e-4)
    np.testing.assert_array_equal(
        column(peaks_run, "peaks", "ell", "planck"), column(peaks_run, "peaks", "ell", "lcdm_cmb")
    )
    for source in ("targets", "sigma_peaks", "lcdm_cmb"):
        assert np.isnan(column(peaks_run, "ratios", "ratio_err", source)).all()


def test_the_modes_merge_into_one_maximum(peaks_run, notes_of):
    model = peaks_run["models/sigma_peaks"].to_dataset()
    np.testing.assert_allclose(model["maximum_ell"], [260.0], rtol=0, atol=1.0)
    np.testing.assert_allclose(model["maximum_d_ell"], [19352.0], rtol=1e-4)
    d_ell = model["d_ell_TT"].values
    rising = np.diff(d_ell[98:2499]) > 0
    assert np.count_nonzero(rising[:-1] & ~rising[1:]) == 1
    (note,) = notes_of(peaks_run, "the summed spectrum has 1 maximum, at l = 260 (D = 19352).")
    assert "peak height is the amplitude of a mode at its own centre" in note


def test_curves_begin_at_two_and_hold_the_optimum(peaks_run):
    model = peaks_run["models/sigma_peaks"].to_dataset()
    ell = model["ell"].values
    assert (ell[0], ell[-1]) == (2, 2508)
    p = parameters(model)
    centre, _ = modes(p, 8)
    amplitude = modes(p | {"l_damp": np.inf}, 8)[1]
    width = p["w0"] * (1 + p["w1"] * centre)
    total = 500 * (ell / 20) ** 0.3 * np.exp(-ell / 100)
    total += (amplitude * np.exp(-(((ell[:, np.newaxis] - centre) / width) ** 2) / 2)).sum(axis=1)
    expected = np.maximum(total * np.exp(-((ell / p["l_damp"]) ** p["q"])), 1.0)
    np.testing.assert_allclose(model["d_ell_TT"], expected, rtol=1e-10)


def test_the_mechanism_of_the_source_is_near_the_sky_for_the_first_peak_only(peaks_run, notes_of):
    table = peaks_run["tables/mechanism"].to_dataset()
    np.testing.assert_allclose(table["interference"], np.arange(1, 8) * np.pi * 4000 / 60, rtol=1e-14)
    (note,) = notes_of(peaks_run, "mechanism")
    assert "209, 419, 628; within 10 % of the sky for n = 1." in note


def test_lengths_of_the_source_stand_beside_the_sound_horizon(peaks_run, notes_of):
    table = peaks_run["tables/scales"].to_dataset()
    length = dict(zip(table["scale"].values, table["length"].values, strict=True))
    assert length["pi D / l_crit, sigma_peaks"] == pytest.approx(9.67, abs=0.005)
    assert length["pi D / l_1, sigma_peaks"] == pytest.approx(59.6, abs=0.05)
    assert length["sound horizon at the drag epoch (BAO), lcdm_cmb"] == pytest.approx(147.10, abs=0.05)
    assert length["sound horizon at last scattering, lcdm_cmb"] == pytest.approx(144.44, abs=0.05)
    assert length["comoving distance of last scattering, lcdm_cmb"] == pytest.approx(13873.0, abs=5.0)
    assert notes_of(peaks_run, "about 60 Mpc is not the BAO scale, which is 147.1 Mpc")
    model = peaks_run["models/lcdm_cmb"].to_dataset()
    assert model["thetastar"].item() == pytest.approx(1.0412, abs=2e-4)
    units = {key: model[key].attrs["units"] for key in ("rdrag", "rstar", "DAstar", "thetastar", "zstar")}
    assert units == {"rdrag": "Mpc", "rstar": "Mpc", "DAstar": "Gpc", "thetastar": "", "zstar": ""}


def test_both_comparisons_are_said(peaks_run, notes_of):
    (own,) = notes_of(peaks_run, "Peak ratios of sigma_peaks")
    assert own == (
        "Peak ratios of sigma_peaks: 2.5052, 2.2698, 1.5645. They differ from the source's own targets by 4.5, 2.1, "
        "1.7 %, and from Planck by 13.4, 10.7, 24.5 %."
    )
    (other,) = notes_of(peaks_run, "Peak ratios of lcdm_cmb:")
    assert "from Planck by 0.03, 0.06, 0.73 %, from the source's targets by 7.8, 11.6, 33.8 %" in other
    (heights,) = notes_of(peaks_run, "Peak heights of sigma_peaks")
    assert "from the source's targets by +16, +11, +24, +27, +51, +48, +45 %" in heights


def test_the_freedom_of_the_parametrisation_is_said(peaks_run, notes_of):
    (note,) = notes_of(peaks_run, "no Boltzmann calculation")
    assert "13 + 1 parameters" in note
    assert "11 of them fitted here, for 3 ratios and 7 peaks" in note


def test_the_step_of_the_ratios_is_said_to_be_in_the_targets_and_not_in_planck(peaks_run, notes_of):
    (note,) = notes_of(peaks_run, "is not in Planck")
    assert "2.397, 2.318, 1.538 in the source's targets" in note
    assert "2.210 ± 0.012, 2.050 ± 0.010, 2.073 ± 0.029" in note
    assert "P2 -7 %, P4 -11 %, P6 +32 %" in note


def test_data_and_their_source_are_kept(peaks_run):
    assert peaks_run["data"].sizes["row"] == 215
    assert '"plik_lite"' in peaks_run.attrs["datasets"]
    assert not {"window", "covariance"} & set(peaks_run["data"].data_vars)


def test_three_seeds_end_in_the_same_optimum(cmb, peaks_run):
    first = peaks_run["models/sigma_peaks"].to_dataset()
    for seed in (1, 2):
        other = cmb("cmb_peaks", *SMALL, f"seed={seed}")["models/sigma_peaks"].to_dataset()
        assert other["objective"].item() == pytest.approx(first["objective"].item(), abs=1e-4)
        np.testing.assert_allclose(other["best_fit"], first["best_fit"], rtol=1e-4)
        np.testing.assert_array_equal(other["at_bound"], first["at_bound"])
        np.testing.assert_allclose(other["mode_ratio"], first["mode_ratio"], rtol=1e-5)


@pytest.fixture
def again(composed):
    """Answer an experiment once more."""

    def _again(experiment, *overrides):
        typed = [f"+experiment={experiment}", *overrides]
        return execute(prepare(composed(*typed)), typed)

    return _again


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(cmb, again):
    first, other = cmb("cmb_peaks", *SMALL, "seed=1"), cmb("cmb_peaks", *SMALL, "seed=2")
    assert again("cmb_peaks", *SMALL, "seed=1").attrs["result_hash"] == first.attrs["result_hash"]
    assert other.attrs["result_hash"] != first.attrs["result_hash"]


def test_spectra_from_the_cache_are_those_that_were_computed(cmb, again, tmp_path, monkeypatch):
    alone = ("cmb_peaks", "models=[lcdm_cmb]")
    warm = cmb(*alone).attrs["result_hash"]
    monkeypatch.setenv("SIGMA_CACHE_DIR", str(tmp_path))
    camb_spectrum._camb.cache_clear()
    cold = again(*alone).attrs["result_hash"]
    assert list(tmp_path.rglob("*.npz"))
    monkeypatch.setattr(camb, "get_results", _refuse)
    camb_spectrum._camb.cache_clear()
    assert again(*alone).attrs["result_hash"] == cold == warm


def _refuse(*_):
    raise AssertionError("CAMB was called")


def test_a_model_has_the_same_optimum_whoever_stands_beside_it(cmb):
    beside = "models=[sigma_peaks,lcdm_cmb_unlensed,lcdm_cmb]"
    alone, beside = (cmb("cmb_peaks", names, SMALL[1], "seed=1") for names in (SMALL[0], beside))
    key = "models/sigma_peaks/best_fit"
    np.testing.assert_array_equal(alone[key], beside[key])


@pytest.fixture(scope="module")
def scanned(cmb):
    """A scan of the asymmetry."""
    return cmb("cmb_peaks", *SMALL, f"{A_HIGH}={{scan: [0.35, 0.4]}}")


def test_a_scan_is_the_leading_dimension_of_every_answer(scanned, notes_of):
    model = scanned["models/sigma_peaks"].to_dataset()
    np.testing.assert_array_equal(model["a_high"], [0.35, 0.4])
    dims = {"objective": (), "best_fit": ("param",), "mode_height": ("mode",), "d_ell_TT": ("ell",), "converged": ()}
    for key, own in dims.items():
        assert model[key].dims == ("a_high", *own)
    assert "a_high" not in model["param"].values
    assert model["n_free"].values.tolist() == [10, 10]
    np.testing.assert_array_equal(model["parameter_value"].sel(parameter="a_high"), [0.35, 0.4])
    assert "maximum_ell" not in model
    assert notes_of(scanned, "sigma_peaks is scanned over a_high: it is in the file, not in the tables.")
    for table in ("peaks", "ratios"):
        assert list(scanned[f"tables/{table}"].to_dataset()["source"].values) == ["targets", "planck", "lcdm_cmb"]


@pytest.mark.parametrize("value", [0.35, 0.4])
def test_a_cell_of_a_scan_is_the_run_with_its_number(cmb, scanned, value):
    cell = scanned["models/sigma_peaks"].to_dataset().sel(a_high=value)
    alone = cmb("cmb_peaks", *SMALL, f"{A_HIGH}={value}")["models/sigma_peaks"].to_dataset()
    for key in ("objective", "best_fit", "at_bound", "mode_height", "d_ell_TT"):
        np.testing.assert_array_equal(cell[key], alone[key])
    assert parameters(cell) == parameters(alone)
    assert cell["objective"].item() == pytest.approx(objective(parameters(alone)), rel=1e-12)


def test_more_asymmetry_than_its_lower_end_is_worse(scanned, peaks_run):
    found = scanned["models/sigma_peaks/objective"].values
    assert found[0] == pytest.approx(peaks_run["models/sigma_peaks/objective"].item(), abs=1e-4)
    assert found[1] > found[0] + 10.0


def test_camb_may_be_scanned_too(cmb):
    scan = "models.lcdm_cmb_unlensed.params.omch2={scan: [0.11, 0.12]}"
    tree = cmb("cmb_peaks", "models=[lcdm_cmb_unlensed,lcdm_cmb]", scan)
    model = tree["models/lcdm_cmb_unlensed"].to_dataset()
    assert model["d_ell_TT"].dims == ("omch2", "ell")
    assert model["rdrag"].dims == ("omch2",)
    np.testing.assert_array_equal(model["omch2"], [0.11, 0.12])
    alone = cmb("cmb_peaks", "models=[lcdm_cmb_unlensed,lcdm_cmb]")["models/lcdm_cmb_unlensed"].to_dataset()
    np.testing.assert_array_equal(model["d_ell_TT"].sel(omch2=0.12), alone["d_ell_TT"])
    less = model["d_ell_TT"].sel(omch2=0.11).values
    # Less dark matter: more driving before equality, a higher first peak and a larger sound horizon.
    assert less.max() > 1.02 * alone["d_ell_TT"].values.max()
    assert model["rdrag"].values[0] > model["rdrag"].values[1]
    assert "lcdm_cmb_unlensed" not in tree["tables/peaks"].to_dataset()["source"].values


def test_free_parameters_of_camb_are_put_at_their_reference_and_said(cmb, notes_of):
    prior = "models.lcdm_cmb.params.H0={prior: {min: 60, max: 80}, ref: 67.36}"
    free, fixed = (cmb("cmb_peaks", "models=[lcdm_cmb]", *more) for more in ([prior], []))
    np.testing.assert_array_equal(free["models/lcdm_cmb/d_ell_TT"], fixed["models/lcdm_cmb/d_ell_TT"])
    assert notes_of(free, "lcdm_cmb: H0 is free and was put at its reference value 67.36.")
    assert not notes_of(fixed, "is free")


DOCUMENT = {"l1": 211, "spacing": 1.55, "compression": 0, "A0": 5700, "p": 0.6, "a_high": 0.35, "a_low": 0.02}
DOCUMENT |= {"l_crit": 1300, "delta_l": 80, "l_damp": 2000, "q": 2}


def test_a_model_without_free_parameters_is_evaluated(cmb, notes_of):
    typed = [f"models.sigma_peaks_optimum.params.{name}={value}" for name, value in DOCUMENT.items()]
    tree = cmb("cmb_peaks", "models=[sigma_peaks_optimum,lcdm_cmb]", *typed)
    model = tree["models/sigma_peaks_optimum"].to_dataset()
    np.testing.assert_allclose(model["mode_ratio"][:3], [2.6369, 2.2722, 1.5155], rtol=0, atol=1e-3)
    assert model["objective"].item() == pytest.approx(6077.15, abs=0.05)
    assert not {"param", "best_fit", "at_bound"} & set(model.variables)
    assert (model["n_free"].item(), model["n_evaluations"].item()) == (0, 0)
    assert bool(model["converged"])
    assert notes_of(tree, "0 of them fitted here")


def test_other_targets_give_other_tables(cmb):
    five = [f"peak_objective.{key}={TARGETS[key][:5]}" for key in ("ell", "height")]
    five += [f"peak_objective.height_err={TARGETS['err'][:5]}", "peak_objective.ratio=[2.21, 2.05]"]
    tree = cmb("cmb_peaks", *SMALL, *five)
    assert tree["tables/peaks"].sizes["peak"] == 5
    assert tree["tables/ratios"].sizes["pair"] == 2
    assert tree["tables/mechanism"].sizes["n"] == 5
    away = column(tree, "ratios", "from_targets", "planck")
    np.testing.assert_allclose(away, 100 * (np.array([2.2101, 2.0496]) / [2.21, 2.05] - 1), rtol=0, atol=0.01)


def test_a_narrow_model_keeps_its_maxima(cmb, notes_of):
    narrow = ("models.sigma_peaks_optimum.params.w0=45", "models.sigma_peaks_optimum.params.w1=0")
    tree = cmb("cmb_peaks", "models=[sigma_peaks_optimum,lcdm_cmb]", *narrow)
    expected = [210.5, 537.4, 849.3, 1146.3, 1428.5, 1696.0, 1948.7, 2186.7]
    np.testing.assert_allclose(tree["models/sigma_peaks_optimum/maximum_ell"], expected, rtol=0, atol=0.2)
    assert notes_of(tree, "the summed spectrum has 8 maxima, at l = 21")


REFUSED = {
    "sim.distance=0": "sim.distance=0.0: must be > 0",
    "sim.coherence_length=-60": "sim.coherence_length=-60.0: must be > 0",
    "sim.edges=[2200,100]": "sim.edges=[2200.0, 100.0]: must be two multipoles, the lower one first",
    "sim.edges=[100]": "sim.edges=[100.0]: must be two multipoles",
    "sim.edges=[100,far]": "sim.edges[1]='far': must be a number",
    "sim.template=sigma_peaks": "n_peaks=7: the spectrum has 1 peak between 100 and 2200",
    "sim.ell_min=2600": "ell_min=2600: must be below ell_max=2500",
    "catalog.spectra=[TE,EE]": "catalog: holds TE, EE, the heights of the peaks need TT",
    "models.sigma_peaks.n_modes=6": "models.sigma_peaks.n_modes=6: the objective compares 7 peaks",
    "models.lcdm_cmb.params.H0={scan: [60,70]}": "sim.template=lcdm_cmb: must be one of the models, without a scan",
    "models=[lcdm_cmb,sigma_polarization]": "models.sigma_polarization: predicts EE, BB, TE, the peaks are those of TT",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_cannot_be_answered_is_one_line(cmb, override):
    with pytest.raises(InvalidInput) as refused:
        cmb("cmb_peaks", *SMALL, override)
    assert str(refused.value).startswith(REFUSED[override])
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_residuals_are_those_of_the_spectrum_on_data(cmb, loaded):
    from catalogs.plik_lite import PlikLite

    tree = cmb("cmb_peaks", "models=[lcdm_cmb]")
    data = loaded(PlikLite())
    curve = tree["models/lcdm_cmb/d_ell_TT"].sel(ell=data["multipole"].values).values
    expected = data["bandpower"].values - data["window"].values @ curve
    np.testing.assert_allclose(tree["data/residual"].sel(model="lcdm_cmb"), expected, rtol=1e-9, atol=1e-12)
    chi2 = expected @ np.linalg.solve(data["covariance"].values, expected)
    assert chi2 == pytest.approx(206.1305, abs=0.01)
