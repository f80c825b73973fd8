"""The experiment unified_kernel: both forms, the sweep and the baselines beside the reference."""

import json

import numpy as np
import pytest

from solvers.errors import InvalidInput

# blocks uni_* of the reference file
REFERENCE = {
    "unified_additive": (221.55896107286637, 186.94411365750244, 82.84212828759411, 13, 10.279305233973814),
    "unified_multiplicative": (33.74519230275349, -0.869655112610365, -4.099923533517817, 121, 0.30706346639787657),
    "unified_multiplicative_full": (47.519932978660044, 12.9050855632962, -5.044206843421737, 99, 0.970844348231924),
    "unified_multiplicative_recommended": (
        33.312174110758704,
        -1.3026733046051466,
        -4.283319462993077,
        122,
        0.2998827693364986,
    ),
    "unified_multiplicative_roughness_only": (
        33.56346373763458,
        -1.0513836777292673,
        -2.754488277684219,
        123,
        0.1942931461630157,
    ),
}
COLUMNS = ("mean_rms", "mean_change", "median_change", "n_improved", "mean_k")
GR = 34.61484741536385


@pytest.fixture(scope="module")
def tree(executed, loaded):
    from catalogs.sparc import Sparc

    loaded(Sparc())
    return executed("unified_kernel")


def _row(table, **chosen):
    keep = np.all([table[key].values == value for key, value in chosen.items()], axis=0)
    (i,) = np.flatnonzero(keep)
    return table.isel(case=i)


@pytest.mark.parametrize("name", REFERENCE)
def test_every_form_is_that_of_the_reference(tree, name):
    row = _row(tree["tables/changes"].to_dataset(), model=name)
    assert row["n"] == 165
    # the additive form has six digits of its parameters
    rtol = 2e-6 if name == "unified_additive" else 1e-11
    np.testing.assert_allclose([row[key].item() for key in COLUMNS], REFERENCE[name], rtol=rtol)


def test_general_relativity_does_not_change_and_the_baselines_stand_beside_it(tree):
    table = tree["tables/changes"].to_dataset()
    newton = _row(table, model="rotation_newton")
    np.testing.assert_allclose(newton["mean_rms"], GR, rtol=1e-13)
    assert (newton["mean_change"], newton["n_improved"], newton["mean_k"]) == (0.0, 0, 0.0)
    assert {"rotation_sigma", "rotation_mond_rar"} <= set(table["model"].values)


@pytest.mark.parametrize("name", ["unified_multiplicative", "rotation_sigma"])
def test_statistics_follow_from_the_velocities_in_the_file(tree, name):
    data, model = tree["data"].to_dataset(), tree[f"models/{name}"].to_dataset()
    squares = (data["v_obs"].values - model["velocity"].values) ** 2
    galaxy = data["galaxy_index"].values
    rms = np.array([np.sqrt(squares[galaxy == i].mean()) for i in range(data.sizes["galaxy"])])
    assert np.isnan(rms).sum() == 10 and (data["n_points"].values[np.isnan(rms)] < 6).all()
    np.testing.assert_allclose(model["rms"], rms, rtol=1e-12)
    newton = tree["models/rotation_newton/rms"].values
    np.testing.assert_allclose(model["change"], rms - newton, atol=1e-10)
    row = _row(tree["tables/changes"].to_dataset(), model=name)
    np.testing.assert_allclose(row["median_rms"], np.nanmedian(rms), rtol=1e-12)
    assert row["n_improved"] == (rms < newton).sum()
    excess = (model["velocity"] / tree["models/rotation_newton/velocity"]).values ** 2 - 1.0
    own = [excess[galaxy == i].mean() for i in range(data.sizes["galaxy"])]
    np.testing.assert_allclose(model["mean_k"], own, rtol=1e-9, atol=1e-12)


def test_the_best_of_the_sweep_is_the_published_one(tree):
    table = tree["tables/sweep_unified_multiplicative"].to_dataset()
    assert table["mean_change"].size == 240
    best = table.isel(table["mean_change"].argmin(...))
    at = [best[name].item() for name in ("gamma_gate", "f_max", "extra_amp", "sigma_gate")]
    assert at == [2.0, 5.0, 0.25, 20.0]
    np.testing.assert_allclose((best["mean_change"], best["median_change"]), (-1.3026733, -4.2833195), rtol=1e-7)
    assert best["n_improved"] == 122


def test_every_point_of_the_sweep_improves_fewer_galaxies_than_roughness_alone(tree):
    table = tree["tables/sweep_unified_multiplicative"].to_dataset()
    assert table["n_improved"].max() < 123
    notes = "\n".join(json.loads(tree.attrs["notes"]))
    assert "0 of 240 points of the sweep improve more galaxies than it does" in notes
    assert "an end of it in gamma_gate, f_max, extra_amp, sigma_gate" in notes
    assert "mean RMS 221.56 (published 221.56) km/s, improved 13 (published 13) galaxies" in notes


def test_without_a_gate_its_dispersion_does_not_matter(tree):
    table = tree["tables/sweep_unified_multiplicative"].to_dataset().sel(gamma_gate=0.0)
    for key in ("mean_change", "median_change", "mean_k"):
        assert (table[key] == table[key].isel(sigma_gate=0)).all()


def test_roughness_alone_is_published_as_well(tree):
    notes = "\n".join(json.loads(tree.attrs["notes"]))
    assert "mean change -1.051 (published -1.051) km/s, improved fraction 0.745 (published 0.745)" in notes
    assert "Left out for too few points: D512-2" in notes
    assert "240 points of the sweep (as published)" in notes


ONE = ["sim.sweep={gamma_gate:[1]}", "models=[unified_multiplicative]"]


def test_published_numbers_go_with_numbers_not_with_names(executed):
    cases = ["sim.cases.recommended.extra_amp=0.2", "~sim.cases.full", "~sim.cases.roughness_only"]
    tree = executed("unified_kernel", f"++{ONE[0]}", ONE[1], *cases, "+sim.cases.alone={extra_amp:0.0,f_max:2.0}")
    notes = json.loads(tree.attrs["notes"])
    assert [line for line in notes if "published" in line] == [
        "unified_multiplicative_alone: mean change -1.051 (published -1.051) km/s, "
        "improved fraction 0.745 (published 0.745)."
    ]
    assert any("roughness alone (extra_amp = 0) has -1.051 km/s" in line for line in notes)


@pytest.mark.parametrize(
    "changed",
    [
        "catalog=sparc_synthetic",
        "catalog.drop_first=9",
        "sim.min_points=5",
        "baryons.squares=signed",
        "models.unified_multiplicative.sigma_v=20",
        "models.unified_multiplicative.rise.gamma=0.2",
    ],
)
def test_published_numbers_belong_to_their_sample_and_inputs(executed, changed):
    tree = executed("unified_kernel", f"++{ONE[0]}", ONE[1], changed)
    text = "\n".join(json.loads(tree.attrs["notes"]))
    assert "published" not in text
    assert ("0.15 of the observed" in text) == ("sigma_v" not in changed)


def test_a_second_product_has_cases_and_a_sweep_of_its_own(executed):
    tree = executed(
        "unified_kernel",
        "models=[unified_multiplicative]",
        "+models@models.half=unified_multiplicative",
        "models.half.params.f_amp=0.5",
        "sim.sweep.extra_amp=[0.1,0.2]",
        "sim.sweep.f_max=[5]",
        "sim.sweep.gamma_gate=[1]",
        "sim.sweep.sigma_gate=[25]",
    )
    table = tree["tables/changes"].to_dataset()
    assert {"half", "half_full", "half_recommended", "half_roughness_only"} <= set(table["model"].values)
    # f_amp multiplies extra_amp and nothing else
    half = tree["tables/sweep_half"]["mean_change"].sel(extra_amp=0.2)
    whole = tree["tables/sweep_unified_multiplicative"]["mean_change"].sel(extra_amp=0.1)
    np.testing.assert_allclose(whole.item(), half.item(), rtol=1e-12)


def test_models_without_a_kernel_of_this_kind_are_compared_too(executed):
    tree = executed("unified_kernel", "models=[rotation_mond_rar]", "sim.cases=null", "sim.sweep=null")
    assert list(tree["tables"].children) == ["changes"]
    assert tree["tables/changes"]["model"].values.tolist() == ["rotation_mond_rar"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["sim.cases.full.f_max=0.5"], "^sim.cases.full.f_max=0.5: must be >= 1"),
        (["sim.cases.full.fmax=2"], "^sim.cases.full.fmax: unknown parameter; did you mean f_max"),
        (["sim.cases.full=3"], "^sim.cases.full=3: must be parameters with numbers"),
        (["sim.sweep={gate:[1]}"], "^sim.sweep.gate: unknown parameter; known: extra_amp"),
        (["sim.sweep={f_max:[0.5]}"], r"^sim.sweep.f_max\[0\]=0.5: must be >= 1"),
        (["sim.sweep.f_amp={min:1,max:2,num:1000}"], "^sim.sweep: has 240000 points, at most 20000"),
        (["+models@models.unified_multiplicative_full=rotation_newton"], "^sim.cases.full: models.unified_mult"),
        (["models=[rotation_sigma_fit]"], "^models.rotation_sigma_fit.params.amplitude: give a number"),
    ],
)
def test_what_cannot_be_answered_is_refused(composed, overrides, message):
    from outputs.request import execute, prepare

    overrides = [f"++{each}" if each.startswith("sim.") else each for each in overrides]
    with pytest.raises(InvalidInput, match=message):
        execute(prepare(composed("+experiment=unified_kernel", *overrides)), [])
