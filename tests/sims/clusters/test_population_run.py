"""The experiment clusters_population: closure on the synthetic catalogue, clusters of a configuration, its refusals."""

import json

import numpy as np
import pytest

from analysis.figures import figures_of
from analysis.summary import print_summary
from outputs.request import execute, prepare
from outputs.targets import BadRequest
from outputs.tree import check_schema
from sims.clusters import population_fits
from solvers.clusters.kernels import Window
from solvers.clusters.population.einstein_angle import einstein_angle
from solvers.clusters.population.fit import PopulationFit
from solvers.clusters.population.lenses import LensSettings
from solvers.clusters.population.references import baryon_angle, mond_angle
from solvers.clusters.population.synthetic import direct_angle
from solvers.errors import InvalidInput
from solvers.inference.posterior import Posterior, split_r_hat

pytest.importorskip("numpyro")
pytest.importorskip("arviz")

CLUSTERS = (
    "clusters={first: {m500: 1.2e15, z_l: 0.3, z_s: 2.0, theta_e: 19.0, theta_e_err: 1.5},"
    " second: {m500: 1.6e15, z_l: 0.4, z_s: 2.5, theta_e: 25.0, theta_e_err: 2},"
    " third: {m500: 9e14, z_l: 0.25, z_s: 1.8, theta_e: 14.0, theta_e_err: 1.0}}"
)
SHORT = ("inference.n_chains=2", "inference.n_warmup=20", "inference.n_draws=20", "inference.max_depth=6")
HELD_OUT = (CLUSTERS, "sim.hold_out=[second]", *SHORT)


def drawn_fit(target, sampler, rng, names, report=None):
    """A fit without a sampler: draws around a population, which take no time to compile."""
    shape, n = (sampler.n_chains, sampler.n_draws), len(names)
    values = {"mu_A": 4.6, "sigma_A": 1.5, "ell0": 200.0, "gamma": target.prior.loc("gamma")}
    width = {"mu_A": 0.3, "sigma_A": 0.2, "ell0": 20.0, "gamma": 0.3}
    free = {name: values[name] + width[name] * rng.standard_normal(shape) for name in target.prior.names}
    q, kappa = target.cluster_prior.draw(rng, (*shape, n))
    each = values | free
    A = np.maximum(np.expand_dims(each["mu_A"], -1) + 0.5 * rng.standard_normal((*shape, n)), 0.0)
    scale = [np.power(r500 / 1000.0, each["gamma"]) for r500 in target.r500]
    theta = np.stack(
        [
            einstein_angle(target.tables, i, A[..., i], each["ell0"] * scale[i], q[..., i], kappa[..., i])
            for i in range(n)
        ],
        axis=-1,
    )
    likelihoods = -0.5 * ((theta - target.theta_e) / target.theta_e_err) ** 2 - np.log(target.theta_e_err)
    posterior = Posterior(
        names=target.prior.names,
        samples=np.stack([free[name] for name in target.prior.names], axis=-1),
        log_likelihood=likelihoods.sum(axis=-1),
        log_prior=np.zeros(shape),
        converged=False,
        diagnostics={"r_hat": 1.5, "effective_samples": 9.0, "n_divergences": 3.0},
    )
    clusters = {"A": A, "q": q, "kappa": kappa, "theta_e": theta}
    return PopulationFit(posterior=posterior, clusters=clusters, log_likelihoods=likelihoods)


@pytest.fixture(scope="module")
def closure(executed):
    chains = ("inference.n_warmup=400", "inference.n_draws=500")
    return executed("clusters_population", "~populations.gamma_free", "sim.hold_out=[]", *chains)


@pytest.fixture(scope="module")
def drawn(composed):
    """A run whose fits are drawn in place of being sampled."""

    def _drawn(*overrides, checkpoint=None, fit=drawn_fit):
        request = prepare(composed("+experiment=clusters_population", *overrides))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(population_fits, "fit_population", fit)
            return execute(request, list(overrides), checkpoint)

    return _drawn


@pytest.fixture(scope="module")
def given(drawn):
    return drawn(*HELD_OUT)


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
    assert draws.sizes == {"chain": 4, "draw": 500}
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


def test_given_clusters_have_no_truth_and_the_others_predict_the_one_left_out(given):
    assert "truth" not in given["tables"].children
    assert list(given["data/cluster"].values) == ["first", "second", "third"]
    row = given["tables/hold_out"].to_dataset().isel(cluster=0)
    assert row["cluster"] == "second"
    assert row["observed"] == 25.0
    assert row["low"] < row["median"] < row["high"]
    lens = LensSettings().lens(1.6e15, 0.4, 2.5)
    assert row["baryons"].item() == pytest.approx(baryon_angle(lens), rel=1e-12)
    assert row["mond"].item() == pytest.approx(mond_angle(lens), rel=1e-12)
    assert row["n_none"] + row["n_beyond"] + row["n_outside"] < row["n_draws"]
    assert bool(row["is_inside"]) == (row["low"] <= 25.0 <= row["high"])
    covered = given["tables/coverage"].to_dataset().isel(prediction=0)
    assert covered["n"] == 1
    assert covered["n_inside"] == int(row["is_inside"])


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
        "is among the 6 divergences",
        "M500 sets R500 and with it all baryons, and is itself a mass from dynamics or lensing",
        "the profiles of gas, galaxy and intracluster light are a choice",
        "Constants codata: c = 299792.46 km/s",
        "(R500/1 Mpc)^0.00 (γ fixed)",
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


def test_draws_of_a_model_do_not_depend_on_the_other_models(drawn, given):
    alone = drawn(CLUSTERS, "sim.hold_out=[]", "~populations.gamma_free", *SHORT)
    for name in ("mu_A", "sigma_A", "ell0"):
        path = f"models/gamma_zero/posterior/{name}"
        np.testing.assert_array_equal(alone[path], given[path])


def test_a_fixed_exponent_is_that_of_predictions_and_notes(drawn):
    fixed = "populations.gamma_zero.params.gamma=1.5"
    tree = drawn(CLUSTERS, "sim.hold_out=[]", "~populations.gamma_free", fixed, *SHORT)
    table = tree["tables/predictions"].to_dataset().isel(cluster=1)
    mean = tree["models/gamma_zero/posterior_mean"]
    lens = LensSettings().lens(1.6e15, 0.4, 2.5)
    ell0 = mean.sel(param="ell0").item() * (lens.baryons.r500 / 1000.0) ** 1.5
    for shape in ("interior", "rising"):
        wanted = direct_angle(lens, mean.sel(param="mu_A").item(), Window(shape=shape, ell0=ell0))
        assert table[shape].item() == pytest.approx(wanted, rel=1e-12)
    assert "(R500/1 Mpc)^1.50 (γ fixed)" in tree.attrs["notes"].encode().decode("unicode_escape")


def test_finished_fits_outlive_an_interruption_with_the_same_bits(drawn, given, tmp_path):
    asked = []

    def interrupted(target, sampler, rng, names, report=None):
        asked.append(names)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return drawn_fit(target, sampler, rng, names, report)

    with pytest.raises(KeyboardInterrupt):
        drawn(*HELD_OUT, checkpoint=tmp_path, fit=interrupted)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    resumed = drawn(*HELD_OUT, checkpoint=tmp_path, fit=interrupted)
    assert asked[3:] == [["first", "third"]]
    assert resumed.attrs["result_hash"] == given.attrs["result_hash"]
    # once more, when the fit without a cluster is there too and only its prediction is drawn anew
    again = drawn(*HELD_OUT, checkpoint=tmp_path, fit=interrupted)
    assert len(asked) == 4
    assert again.attrs["result_hash"] == given.attrs["result_hash"]


def test_kept_fits_of_other_settings_are_not_taken_and_broken_ones_named(drawn, tmp_path):
    short = (CLUSTERS, "sim.hold_out=[]", "~populations.gamma_free", *SHORT)
    drawn(*short, checkpoint=tmp_path)
    for change in ("seed=5", "cluster_prior.kappa_sd=0.06", "inference.n_draws=30"):
        before = len(list(tmp_path.glob("*.npz")))
        drawn(*(each for each in short if each.split("=")[0] != change.split("=")[0]), change, checkpoint=tmp_path)
        assert len(list(tmp_path.glob("*.npz"))) == before + 1, change
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(b"no fit")
    with pytest.raises(InvalidInput, match="npz: holds no fit of a population; remove it"):
        drawn(*short, checkpoint=tmp_path)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["sim.hold_out=[nobody]"], "no cluster is called nobody"),
        (["sim.hold_out=nobody"], "must be a list of names"),
        (["sim.hold_out=[synthetic_01,synthetic_01]"], "names a cluster twice"),
        (["synthetic.n=2", "sim.hold_out=[synthetic_01]"], "without one of two clusters"),
        (["inference=minimize"], "take inference=nuts"),
        (["sim.a0=-1"], "^sim.a0=-1: must be > 0"),
        (["lenses.H0=-1"], "^lenses.H0=-1.0: must be > 0"),
        (["lenses.baryons.f_gas=2"], "^lenses.baryons.f_gas=2.0: must be from 0 to 1"),
        (["lenses.constants=si"], "^lenses.constants='si': must be one of published, codata"),
        (["cluster_prior.q_sd=-1"], "^cluster_prior.q_sd=-1.0: must be > 0"),
        (["synthetic.n=1"], "^synthetic.n=1: must be >= 2"),
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
