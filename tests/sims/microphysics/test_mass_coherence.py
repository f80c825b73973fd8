"""The experiment mass_coherence: F_missing and its fits beside the reference, what is undetermined or refused."""

import json

import numpy as np
import pytest
from scipy import optimize, stats

from solvers.errors import InvalidInput

MODELS = (
    "missing_constant",
    "missing_dispersion",
    "missing_power",
    "missing_power_free",
    "missing_mass",
    "missing_velocity",
)
# blocks F, F_corr and F_fit of the reference file
F = {"mean": 10.300196308663441, "median": 6.438958000449025, "sd": 11.218742380456893}
MEAN_OF_ALL = 10.745078684240209
CORRELATIONS = {
    "sigma_v": (-0.48266313884741563, -0.584785998443941),
    "size": (-0.3858493019984549, -0.48908996454914055),
    "bulge_fraction": (-0.25488800128211425, -0.44177727254892313),
}
OPTIMUM = {
    "missing_constant": (11.218742380456893, 0.0),
    "missing_dispersion": (10.492655724502004, 0.3623613350561913),
    "missing_power": (10.278270969266737, 0.40479676406750226),
    "missing_power_free": (10.273823752546166, 0.4055457396044878),
    "missing_mass": (10.78826231602112, 0.27578677274113167),
    "missing_velocity": (11.197365114749719, 0.06170857840225362),
}
PUBLISHED = {
    "missing_mass": (11.0505325814626, 0.2251532442040377),
    "missing_velocity": (11.197622840195251, 0.06138828888415136),
}
NO_VALUE = ["F574-2", "NGC3953", "NGC4051", "NGC4085", "NGC4389", "NGC5005", "UGC02455", "UGC11557"]


@pytest.fixture(scope="module")
def tree(executed, loaded):
    from catalogs.sparc import Sparc

    loaded(Sparc())
    return executed("mass_coherence")


@pytest.fixture(scope="module")
def notes(tree):
    return json.loads(tree.attrs["notes"])


def _row(table, **chosen):
    keep = np.all([table[key].values == value for key, value in chosen.items()], axis=0)
    (i,) = np.flatnonzero(keep)
    return table.isel(case=i)


def test_the_target_is_that_of_the_reference(tree):
    table = tree["tables/target"].to_dataset()
    fitted, everything = _row(table, galaxies="fitted"), _row(table, galaxies="all with a value")
    assert (fitted["n"], everything["n"]) == (158, 167)
    for key, expected in F.items():
        np.testing.assert_allclose(fitted[key], expected, rtol=1e-12)
    np.testing.assert_allclose(everything["mean"], MEAN_OF_ALL, rtol=1e-12)
    np.testing.assert_allclose(100 * everything["share_of_mean"], 9.30659, rtol=1e-5)
    np.testing.assert_allclose(100 * fitted["share_of_mean"], 9.708552827861205, rtol=1e-12)
    np.testing.assert_allclose(100 * fitted["mean_share"], 49.0, atol=0.5)
    np.testing.assert_allclose(100 * fitted["median_share"], 15.6, atol=0.05)


def test_every_galaxy_is_fitted_or_left_out_with_a_reason(tree, notes):
    left = tree["tables/left_out"].to_dataset()
    assert tree["data"].sizes["row"] + left.sizes["galaxy"] == 175
    none = left["name"].values[np.isnan(left["missing_ratio"].values)]
    assert none.tolist() == NO_VALUE
    assert (left["n_positive"].values[np.isnan(left["missing_ratio"].values)] == 0).all()
    few = left["n_points"].values < 6
    assert few.sum() == 10
    assert all("fewer than 6 points" in reason for reason in left["reason"].values[few])
    assert (left["sigma_v"].values[few] == 25.0).all()
    sentence = next(line for line in notes if line.startswith("F_missing of 175 galaxies"))
    assert all(name in sentence for name in NO_VALUE)


@pytest.mark.parametrize("quantity", CORRELATIONS)
def test_correlations_are_those_of_the_reference(tree, quantity):
    row = _row(tree["tables/correlations"].to_dataset(), quantity=quantity)
    np.testing.assert_allclose((row["pearson"], row["spearman"]), CORRELATIONS[quantity], rtol=1e-10)


def test_the_dispersion_is_a_velocity_in_disguise(tree):
    data, table = tree["data"].to_dataset(), tree["tables/correlations"].to_dataset()
    np.testing.assert_allclose(data["sigma_v"], 0.15 * data["v_flat"], rtol=1e-14)
    found = [_row(table, quantity=name)["pearson"].item() for name in ("sigma_v", "v_flat")]
    np.testing.assert_allclose(*found, rtol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_the_optimum_is_at_least_as_good_as_that_of_the_reference(tree, name):
    model = tree[f"models/{name}"].to_dataset()
    rms, r = OPTIMUM[name]
    assert model["rms"].item() <= rms * (1.0 + 1e-9)
    np.testing.assert_allclose(model["rms"], rms, rtol=1e-6)
    np.testing.assert_allclose(model["correlation"], r, atol=2e-5)
    residual = tree["data/residual"].sel(model=name).values
    np.testing.assert_allclose(model["rms"], np.sqrt(np.mean(residual**2)), rtol=1e-13)
    np.testing.assert_allclose(model["chi2"], 158 * (rms / F["sd"]) ** 2, rtol=1e-6)
    if "rms_published" in model:
        assert model["rms"].item() <= model["rms_published"].item()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_fits_have_the_published_rms_and_are_not_the_optimum(tree, name):
    model = tree[f"models/{name}"].to_dataset()
    np.testing.assert_allclose((model["rms_published"], model["correlation_published"]), PUBLISHED[name], rtol=5e-5)
    assert model["rms"].item() < model["rms_published"].item()


def test_an_independent_search_finds_no_better_mass_fit(tree):
    data = tree["data"].to_dataset()
    f, shape = data["missing_ratio"].values, data["mass"].values / data["size"].values ** 3

    def cost(x):
        k_max, ln_scale, gamma = x
        return np.sum((f - k_max * (1.0 - np.exp(-((shape / np.exp(ln_scale)) ** gamma)))) ** 2)

    middle = np.log(np.median(shape))
    # Only psi0 factor^3 enters: the box of both, in one scale.
    found = optimize.differential_evolution(
        cost, [(0.1, 20.0), (middle - 12.0, middle + 12.0), (0.1, 3.0)], seed=1, tol=1e-10, maxiter=400
    )
    rms = np.sqrt(found.fun / f.size)
    np.testing.assert_allclose(tree["models/missing_mass/rms"], rms, rtol=1e-7)
    table = tree["tables/parameters"].to_dataset()
    for name, value in zip(("k_max", "gamma"), (found.x[0], found.x[2]), strict=True):
        np.testing.assert_allclose(_row(table, model="missing_mass", parameter=name)["optimum"], value, rtol=2e-3)


def test_the_linear_form_of_two_powers_agrees_with_scipy(tree):
    data = tree["data"].to_dataset()
    f, x, y = (data[key].values for key in ("missing_ratio", "sigma_v", "size"))
    found, _ = optimize.curve_fit(lambda _, a, b, c: a * (14.76375 / x) ** b * (12.35 / y) ** c, x, f, (10, 0.1, 0.3))
    table = tree["tables/parameters"].to_dataset()
    own = [_row(table, model="missing_power_free", parameter=p)["optimum"] for p in ("amplitude", "a", "b")]
    np.testing.assert_allclose(own, found, atol=2e-3)


def test_bounds_and_flat_directions_are_flagged(tree):
    at_bound = {
        name: set(model["param"].values[model["at_bound"].values])
        for name in MODELS
        if (model := tree[f"models/{name}"].to_dataset()).sizes.get("param")
    }
    assert {name: found for name, found in at_bound.items() if found} == {
        "missing_power": {"a"},
        "missing_velocity": {"delta"},
    }
    for name, flat in (("missing_mass", ["factor", "psi0"]), ("missing_velocity", ["psi0", "v_ref"])):
        model = tree[f"models/{name}"].to_dataset()
        assert sorted(model["param"].values[model["is_flat"].values]) == flat
    combinations = tree["tables/combinations"].to_dataset()
    mass = _row(combinations, model="missing_mass")
    np.testing.assert_allclose(mass["optimum"], 1.046798211612722e-10 * 4.647381524075032**3, rtol=2e-3)
    assert mass["combination"].item() == "psi0 * factor**3"


def test_the_gain_over_a_constant_and_the_criterion_with_its_own_scatter(tree, notes):
    table = tree["tables/fits"].to_dataset()
    best = table.isel(case=table["parameters"].values == "optimum")
    assert np.nanmax(best["gain"]) < 0.0843
    assert any("by more than 8.4 % (missing_power_free" in line for line in notes)
    rms, k = best["rms"].values, best["n_determined"].values
    assert dict(zip(best["model"].values, k, strict=True)) == dict(zip(MODELS, (1, 2, 3, 3, 3, 3), strict=True))
    # minus twice the logarithm of a normal likelihood with its scatter at the maximum
    criterion = [
        -2.0 * stats.norm.logpdf(tree["data/residual"].sel(model=m), scale=s).sum()
        for m, s in zip(MODELS, rms, strict=True)
    ]
    expected = np.array(criterion) + 2.0 * (k + 1)
    np.testing.assert_allclose(best["delta_aic_scatter"], expected - expected.min(), atol=1e-9)


def test_notes_say_what_is_not_so(notes):
    text = "\n".join(notes)
    assert "9.3 % for the 167 galaxies with a value, 9.7 % for the 158 fitted" in text
    assert "49 %, in the median 15.6 %" in text
    assert "missing_mass: RMS 11.0505 with the published" in text
    assert "10.7883 at best: they are not the optimum of this box" in text
    assert "K_max about 0.9 against 19.5793" in text
    assert "v_ref 200 km/s against 125.5" in text
    assert "missing_velocity: at its best it is a constant" in text
    assert "median 12.35 kpc; the photometric scale length has 2.33" in text


def test_numbers_of_a_fit_in_another_box_are_called_so(notes):
    (line,) = (line for line in notes if line.startswith("missing_power_free: RMS"))
    assert line.endswith("they are those of a fit with a from 0.1 to 5, b from 0.1 to 5.")


def test_one_dispersion_for_all_galaxies_leaves_one_number_of_two(executed):
    tree = executed("mass_coherence", "sim.sigma_v=20", "models=[missing_constant,missing_dispersion,missing_power]")
    notes = "\n".join(json.loads(tree.attrs["notes"]))
    assert "sigma_v was set to 20 km/s for all galaxies" in notes and "0.20 of the observed" not in notes
    assert "they belong to other galaxies or other inputs" in notes and "(published" not in notes
    fits = tree["tables/fits"].to_dataset()
    assert _row(fits, model="missing_dispersion", parameters="optimum")["n_determined"] == 1
    assert _row(fits, model="missing_power", parameters="optimum")["n_determined"] == 2
    combination = _row(tree["tables/combinations"].to_dataset(), model="missing_dispersion")
    assert combination["combination"].item() == "amplitude * (14.76375/20.0)**a"
    # what is left of the model is a constant, which is best at the mean
    np.testing.assert_allclose(combination["optimum"], tree["data/missing_ratio"].mean(), rtol=1e-6)


def test_another_length_has_no_published_fit(executed):
    tree = executed("mass_coherence", "models=[missing_constant,missing_mass]", "models.missing_mass.ell0=3")
    fits = tree["tables/fits"].to_dataset()
    assert set(fits["parameters"].values) == {"optimum"}
    row = tree["tables/combinations"].to_dataset().isel(case=0)
    assert np.isnan(row["published"])
    # psi goes with ell0 squared
    np.testing.assert_allclose(row["optimum"], 1.0507e-8 * (3.0 / 5.0) ** 2, rtol=5e-3)
    assert not any("published nan" in line for line in json.loads(tree.attrs["notes"]))


def test_a_number_for_one_parameter_of_a_combination_determines_the_others(executed):
    tree = executed("mass_coherence", "models=[missing_constant,missing_mass]", "models.missing_mass.params.factor=2")
    model = tree["models/missing_mass"].to_dataset()
    assert not model["is_flat"].any()
    assert np.isfinite(model["sigma"]).all()
    np.testing.assert_allclose(model["rms"], OPTIMUM["missing_mass"][0], rtol=1e-7)
    scale = model["best_fit"].sel(param="psi0") * 8.0
    np.testing.assert_allclose(scale, 1.0507e-8, rtol=5e-3)


def test_photometric_inputs_leave_the_velocity_out(executed, composed):
    from outputs.request import execute, prepare

    photometric = ["sim.inputs=photometric", "sim.sigma_v=20"]
    with pytest.raises(InvalidInput, match=r"^models.missing_velocity: takes v_flat, .* leaves it out$"):
        execute(prepare(composed("+experiment=mass_coherence", *photometric)), [])
    tree = executed("mass_coherence", *photometric, "~models.missing_velocity")
    data = tree["data"].to_dataset()
    assert (data["sigma_v"] == 20.0).all()
    assert data["v_flat"].isnull().all()
    assert np.median(data["size"]) == pytest.approx(2.33, abs=0.01)
    notes = json.loads(tree.attrs["notes"])
    assert not any("No measured dispersion" in line for line in notes)
    # the mass of photometry explains nothing, and no value of the combination is any better than another
    assert np.isnan(_row(tree["tables/combinations"].to_dataset(), model="missing_mass")["optimum"])
    assert any("it is not determined: the model is saturated" in line for line in notes)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["~models.missing_constant"], "^models: are read beside a constant ratio; add missing_constant"),
        (["sim.fewest_points=100"], "^sim.fewest_points=100: 1 of 175 galaxies"),
        (["sim.fewest_points=0"], "^sim.fewest_points=0: must be a whole number"),
        (["sim.inputs=table"], "^sim.inputs='table': must be one of source, photometric"),
        (["sim.inputs=photometric"], "^sim.sigma_v: inputs=photometric has no proxy"),
        (["baryons.squares=signed", "baryons.negative=clip"], "^v_bar: must be > 0 at every point"),
    ],
)
def test_what_cannot_be_answered_is_refused(composed, loaded, overrides, message):
    from catalogs.sparc import Sparc
    from outputs.request import execute, prepare

    loaded(Sparc())
    with pytest.raises(InvalidInput, match=message):
        execute(prepare(composed("+experiment=mass_coherence", *overrides)), [])


def test_reversed_bounds_are_refused_before_data_are_read(composed):
    from outputs.request import prepare
    from outputs.targets import BadRequest

    key = "models.missing_mass.params.gamma.prior"
    with pytest.raises(BadRequest, match=r"^models.missing_mass.params.gamma.prior.min=3: must be below max=0.1"):
        prepare(composed("+experiment=mass_coherence", f"{key}.min=3.0", f"{key}.max=0.1"))
