"""The experiment clusters_population: closure on the synthetic catalogue, clusters of a configuration, its refusals."""

import json

import numpy as np
import pytest

from analysis.figures import figures_of
from analysis.summary import print_summary
from outputs.targets import BadRequest
from outputs.tree import check_schema
from solvers.clusters.population.lenses import LensSettings
from solvers.clusters.population.references import baryon_angle
from solvers.errors import InvalidInput
from solvers.inference.posterior import split_r_hat

pytest.importorskip("numpyro")
pytest.importorskip("arviz")

CLUSTERS = (
    "clusters={first: {m500: 1.2e15, z_l: 0.3, z_s: 2.0, theta_e: 19.0, theta_e_err: 1.5},"
    " second: {m500: 1.6e15, z_l: 0.4, z_s: 2.5, theta_e: 25.0, theta_e_err: 2},"
    " third: {m500: 9e14, z_l: 0.25, z_s: 1.8, theta_e: 14.0, theta_e_err: 1.0}}"
)
SHORT = ("inference.n_chains=2", "inference.n_warmup=20", "inference.n_draws=20", "inference.max_depth=6")


@pytest.fixture(scope="module")
def closure(executed):
    return executed("clusters_population", "~populations.gamma_free", "sim.hold_out=[]")


@pytest.fixture(scope="module")
def given(executed):
    return executed("clusters_population", CLUSTERS, "sim.hold_out=[second]", *SHORT)


@pytest.fixture(scope="module")
def notes(given):
    return json.loads(given.attrs["notes"])


@pytest.mark.slow
def test_the_population_that_was_drawn_is_found_again(closure):
    model = closure["models/gamma_zero"].to_dataset()
    mean, sd = (model[f"posterior_{key}"] for key in ("mean", "sd"))
    for name, truth in (("mu_A", 4.6), ("sigma_A", 1.5), ("ell0", 200.0)):
        assert abs(mean.sel(param=name) - truth) < 2.0 * sd.sel(param=name)
    assert model["r_hat"] < 1.01
    assert model["n_divergences"] == 0
    assert bool(model["posterior_converged"])
    assert model["effective_samples"] > 400
    # what two lines of thought give for the error of the mean: never below the scatter over √N
    assert sd.sel(param="mu_A") > mean.sel(param="sigma_A") / np.sqrt(10.0)


@pytest.mark.slow
def test_clusters_of_the_catalogue_are_found_too(closure):
    model, data = closure["models/gamma_zero"].to_dataset(), closure["data"].to_dataset()
    for name in ("q", "kappa", "theta_e"):
        off = (model[f"{name}_mean"] - data[f"{name}_true"]) / model[f"{name}_sd"]
        assert np.abs(off).max() < 3.5
    # the scale of A and ℓ0 is shared: only the order of the amplitudes is known well
    assert np.corrcoef(model["A_mean"], data["A_true"])[0, 1] > 0.8


@pytest.mark.slow
def test_the_stored_draws_are_those_of_the_scalars(closure):
    node = closure["models/gamma_zero"]
    draws = node["posterior"].to_dataset(inherit=False)
    assert set(draws.data_vars) == {"mu_A", "sigma_A", "ell0"}
    assert draws.sizes == {"chain": 4, "draw": 1000}
    assert draws["ell0"].attrs["units"] == "kpc"
    np.testing.assert_allclose(node["posterior_mean"].sel(param="ell0"), draws["ell0"].mean(), rtol=1e-12)
    # R-hat in the file is the worst of all coordinates, those of the clusters too
    assert split_r_hat(np.log(draws["ell0"].values)[..., np.newaxis]) <= node["r_hat"].item()
    total = node["sample_stats"]["log_likelihood"] + node["sample_stats"]["log_prior"]
    np.testing.assert_allclose(node["sample_stats"]["lp"], total)


@pytest.mark.slow
def test_baselines_stand_beside_every_angle(closure):
    table = closure["tables/predictions"].to_dataset()
    assert (table["baryons"] < table["mond"]).all()
    assert (table["mond"] < table["theta_e"]).all()
    # the window that is 0 in the centre leaves the angle of the baryons
    assert (table["rising"] < 1.1 * table["baryons"]).all()
    assert (np.abs(table["own_amplitude"] - table["theta_e"]) < 2.0 * table["theta_e_err"]).all()
    data = closure["data"].to_dataset().isel(cluster=0)
    lens = LensSettings().lens(*(float(data[key]) for key in ("m500", "z_l", "z_s")))
    assert table["baryons"].values[0] == pytest.approx(baryon_angle(lens), rel=1e-12)


@pytest.mark.slow
def test_runs_have_the_schema_a_corner_and_a_summary(closure, given, capsys):
    for tree in (closure, given):
        assert check_schema(tree) == []
        assert "analysis.figures.triangle" in [figure.__name__ for figure in figures_of(tree)]
        print_summary(tree)
    printed = capsys.readouterr().out
    assert "the sampler did not converge" in printed


@pytest.mark.slow
def test_given_clusters_have_no_truth_and_the_others_predict_the_one_left_out(given):
    assert "truth" not in given["tables"].children
    assert list(given["data/cluster"].values) == ["first", "second", "third"]
    row = given["tables/hold_out"].to_dataset().isel(cluster=0)
    assert row["cluster"] == "second"
    assert row["observed"] == 25.0
    assert row["low"] < row["median"] < row["high"]
    assert bool(row["is_inside"]) == (row["low"] <= 25.0 <= row["high"])
    covered = given["tables/coverage"].to_dataset().isel(prediction=0)
    assert covered["n"] == 1
    assert covered["n_inside"] == int(row["is_inside"])


@pytest.mark.slow
def test_differences_of_criteria_are_those_of_the_pointwise_values(given):
    table = given["tables/criticism"].to_dataset()
    pair = [given[f"models/{name}"].to_dataset() for name in ("gamma_zero", "gamma_free")]
    for key in ("waic", "loo"):
        each = (pair[1][key] - pair[0][key]).values
        assert table[f"{key}_difference"].values[1] == pytest.approx(each.sum())
        assert table[f"{key}_difference_error"].values[1] == pytest.approx(np.sqrt(3.0 * each.var(ddof=1)))
        assert table[f"{key}_difference"].values[0] == 0.0
        assert table[key].values[0] == pytest.approx(pair[0][key].sum().item())


@pytest.mark.slow
def test_the_notes_say_what_cannot_be_recomputed_and_what_chance_does(notes, closure):
    text = " ".join(notes)
    for words in (
        "is not public",
        "median error of 14.9 % cannot be recomputed",
        "below σ_A/√10 = 0.47",
        "by chance with probability 0.46",
        "This run fits interior",
        "divergences",
        "R-hat",
        "baryons alone",
    ):
        assert words in text
    assert "closure test" not in text
    own = json.loads(closure.attrs["notes"])
    assert any("closure test" in note and "says nothing" in note for note in own)
    assert any("all within 2 standard deviations" in note for note in own)
    assert any("No cluster was held out" in note for note in own)


@pytest.mark.slow
def test_draws_of_a_model_do_not_depend_on_the_other_models(executed, given):
    alone = executed("clusters_population", CLUSTERS, "sim.hold_out=[]", "~populations.gamma_free", *SHORT)
    for name in ("mu_A", "sigma_A", "ell0"):
        path = f"models/gamma_zero/posterior/{name}"
        np.testing.assert_array_equal(alone[path], given[path])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["sim.hold_out=[nobody]"], "no cluster is called nobody"),
        (["sim.hold_out=nobody"], "must be a list of names"),
        (["sim.hold_out=[synthetic_01,synthetic_01]"], "names a cluster twice"),
        (["synthetic.n=2", "sim.hold_out=[synthetic_01]"], "without one of two clusters"),
        (["inference=minimize", "~inference.n_warmup", "~inference.n_draws"], "take inference=nuts"),
        (["~populations.gamma_free", "~populations.gamma_zero"], "populations: name at least one"),
        (["window.shape=uniform"], "must be one of interior, rising"),
        (["clusters={a: {m500: 1e15, z_l: 0.3, z_s: 2, theta_e: 9, theta_e_err: 1}}"], "name at least two"),
        ([CLUSTERS.replace("z_s: 2.5", "z_s: 0.4")], "clusters.second.z_s=0.4: the source must lie behind"),
        ([CLUSTERS.replace("theta_e_err: 2}", "theta_e_err: 0}")], "clusters.second.theta_e_err=0: must be > 0"),
        ([CLUSTERS.replace("z_s: 2.5", "z_s: 0.4001")], "clusters.second: has no Einstein radius in the middle"),
    ],
)
def test_requests_that_cannot_be_answered(executed, overrides, words):
    with pytest.raises((InvalidInput, BadRequest), match=words):
        executed("clusters_population", *overrides)
