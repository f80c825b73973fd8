"""Posteriors of a run in getdist and ArviZ: the numbers that were put in, and one line where there is nothing."""

import sys

import numpy as np
import pytest

from analysis import open_run, to_arviz, to_getdist
from analysis.errors import NotInRun, NotInstalled
from outputs.file import write_run
from outputs.tree import variable

pytest.importorskip("getdist")
pytest.importorskip("arviz")
SD = {"lcdm": [0.02], "wcdm": [6e-4**0.5, 0.1]}
MEAN = {"lcdm": [0.3], "wcdm": [0.32, -1.0]}


@pytest.fixture(scope="module")
def run(sampled_run, tmp_path_factory):
    """Through the file, as a user has it."""
    return open_run(write_run(sampled_run, tmp_path_factory.mktemp("sampled")))


@pytest.mark.parametrize("model", ["lcdm", "wcdm"])
def test_getdist_has_the_mean_and_covariance_that_were_drawn(run, model):
    samples = to_getdist(run, model)
    sd = np.array(SD[model])
    assert np.all(np.abs(samples.getMeans() - MEAN[model]) < 4.0 * sd / np.sqrt(4000.0))
    np.testing.assert_allclose(np.sqrt(np.diag(samples.cov())), sd, rtol=0.05)
    if model == "wcdm":
        assert samples.corr()[0, 1] == pytest.approx(1e-3 / np.prod(sd), abs=0.03)


def test_chains_stay_separate_and_nothing_is_cut(run):
    samples = to_getdist(run, "lcdm")
    assert samples.sampler == "mcmc"
    assert samples.numrows == 4000
    assert [len(chain.samples) for chain in samples.getSeparateChains()] == [1000] * 4
    np.testing.assert_array_equal(samples.loglikes, -run["models/lcdm/sample_stats/lp"].values.ravel())
    assert samples.getGelmanRubin() < 0.01


def test_nested_points_come_with_their_weights_and_their_sampler_type(run):
    samples = to_getdist(run, "wcdm")
    points = run["models/wcdm/weighted_posterior"]
    assert samples.sampler == "nested"
    assert samples.numrows == 20_000
    np.testing.assert_allclose(samples.weights, np.exp(points["log_weight"] - points["log_weight"].max()))
    np.testing.assert_array_equal(samples.loglikes, -points["log_likelihood"])


def test_a_stored_prior_enters_the_loglikes_of_nested_points(sampled, gaussian):
    posterior = gaussian[0]("wcdm", nested=True)
    posterior.weighted["log_prior"] = np.full(20_000, -2.5)
    samples = to_getdist(sampled({"wcdm": posterior}), "wcdm")
    np.testing.assert_array_equal(samples.loglikes, 2.5 - posterior.weighted["log_likelihood"])


def test_labels_and_ranges_are_those_of_the_stored_configuration(run):
    samples = to_getdist(run, "wcdm")
    names = samples.getParamNames()
    assert names.list() == ["omega_m", "w"]
    assert names.labels() == [r"\Omega_\mathrm{m}", r"\mathrm{w}"]
    assert (samples.getLower("omega_m"), samples.getUpper("omega_m")) == (0.0, 1.0)
    assert samples.getLower("w") is None
    assert to_getdist(run, "sigma").getParamNames().labels() == [r"\mathrm{a\_cos}"]
    assert to_getdist(run, "lcdm").getLabel() == "flat ΛCDM"


def test_a_grid_gives_its_own_density(run, caplog):
    samples = to_getdist(run, "sigma")
    assert samples.getMeans()[0] == pytest.approx(20.0, rel=1e-4)
    assert np.sqrt(samples.cov()[0, 0]) == pytest.approx(4.0, rel=1e-3)
    density = samples.get1DDensity("a_cos")
    np.testing.assert_allclose(density.P, np.exp(-0.5 * ((density.x - 20.0) / 4.0) ** 2), atol=1e-4)
    low, high, *_ = density.getLimits(0.6826895)
    np.testing.assert_allclose([low, high], [16.0, 24.0], atol=0.02)
    assert samples.getInlineLatex("a_cos", limit=1).startswith(r"\mathrm{a\_cos} = 20")
    assert samples.get1DDensity("nothing") is None
    assert caplog.text == ""


def test_regions_of_a_grid_over_three_parameters_hold_their_probability(sampled, gaussian):
    import xarray as xr

    grid = gaussian[1]().drop_vars(["a_cos", "posterior_density"])
    x, correlation = np.linspace(-6.0, 6.0, 61), 0.5
    a, b, c = np.meshgrid(x, x, x, indexing="ij")
    values = np.exp(-0.5 * ((a**2 - 2 * correlation * a * b + b**2) / (1 - correlation**2) + c**2))
    axes = {name: variable(name, x, "", name) for name in "abc"}
    density = xr.DataArray(values, [(name, x) for name in "abc"])
    density /= density.integrate(["a", "b", "c"])
    found = grid.assign(axes | {"posterior_density": density.variable})
    samples = to_getdist(sampled({"sigma": found}), "sigma")
    np.testing.assert_allclose(samples.cov(), [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]], atol=1e-6)
    pair = samples.get2DDensityGridData("a", "b", num_plot_contours=2)
    for level, part in zip(pair.contours, (0.68, 0.95), strict=True):
        assert pair.P[level < pair.P].sum() / pair.P.sum() == pytest.approx(part, abs=2e-3)
        assert level == pytest.approx(1.0 - part, abs=5e-3)
    peak = np.unravel_index(np.argmax(pair(samples.get1DDensity("a").x, 1.0, grid=True)), (1001, 1))[0]
    assert samples.get1DDensity("a").x[peak] == pytest.approx(0.5, abs=0.05)


def test_arviz_has_the_draws_and_finds_them_converged(run):
    import arviz

    data = to_arviz(run, "lcdm")
    assert data.groups() == ["posterior", "sample_stats"]
    table = arviz.summary(data, kind="all", round_to=8)
    assert table.loc["omega_m", "r_hat"] < 1.01
    assert table.loc["omega_m", "mean"] == pytest.approx(0.3, abs=0.002)
    assert "weighted_posterior" in to_arviz(run, "wcdm").groups()


def test_an_axis_of_the_model_hides_no_draws_from_either(sampled, gaussian):
    run = sampled({"lcdm": gaussian[0]("lcdm")})
    axis = np.linspace(0.1, 0.5, 5)
    model = run["models/lcdm"].to_dataset().assign(omega_m=("omega_m", axis), profile_omega_m=("omega_m", axis))
    run["models/lcdm"].dataset = model
    assert to_getdist(run, "lcdm").getMeans()[0] == pytest.approx(0.3, abs=0.002)
    assert to_arviz(run, "lcdm").posterior["omega_m"].shape == (4, 1000)


@pytest.mark.parametrize("convert", [to_getdist, to_arviz])
def test_what_is_not_in_the_run_is_one_line(run, run_of, convert):
    with pytest.raises(NotInRun, match=r"^nothing: no such model in this run; known: lcdm, wcdm, sigma$"):
        convert(run, "nothing")
    with pytest.raises(NotInRun, match=r"^lcdm: has no posterior in this run\. Sample it: inference=emcee"):
        convert(run_of(1.0, 2.0), "lcdm")


def test_a_grid_has_no_draws_for_arviz(run):
    with pytest.raises(NotInRun, match=r"^sigma: its posterior is a density on a grid, without draws"):
        to_arviz(run, "sigma")


@pytest.mark.parametrize(("package", "convert"), [("getdist", to_getdist), ("arviz", to_arviz)])
def test_a_missing_package_is_one_line_that_says_how_to_get_it(run, monkeypatch, package, convert):
    monkeypatch.delitem(sys.modules, "analysis.getdist_samples", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NotInstalled) as caught:
        convert(run, "lcdm")
    assert str(caught.value).endswith(': pip install -e ".[inference]"')
    assert str(caught.value).startswith(f"{package} ")
    assert len(str(caught.value).splitlines()) == 1
