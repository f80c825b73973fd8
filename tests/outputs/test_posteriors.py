"""Draws in the file: ArviZ's schema, means and evidences, and what a model's own axes may not hide."""

import warnings

import numpy as np
import pytest
import xarray as xr

from outputs.answers import parameter_values
from outputs.file import read_run, write_run
from outputs.hashing import result_hash
from outputs.posteriors import SAMPLERS, apart_from_draws, posterior_nodes, posterior_scalars
from outputs.tree import ROOT_ATTRIBUTES, check_schema, run_tree, variable, variables
from solvers.inference.posterior import Posterior

NAMES, MEAN, COVARIANCE = ("a_cos", "H0"), np.array([8.0, 70.0]), np.array([[1.0, 0.6], [0.6, 4.0]])
UNITS = {"H0": "km / (Mpc s)"}


def _posterior(*, nested=False, **fields):
    rng = np.random.default_rng(3)
    samples = rng.multivariate_normal(MEAN, COVARIANCE, size=(3, 800))
    weighted = {}
    if nested:
        wide = rng.multivariate_normal(MEAN, 4.0 * COVARIANCE, size=20_000)
        x = np.einsum("ni,ij,nj->n", wide - MEAN, np.linalg.inv(COVARIANCE), wide - MEAN)
        weighted = {"samples": wide, "log_weight": 1000.0 - 0.375 * x, "log_likelihood": -0.5 * x}
    likelihood, prior = rng.normal(size=(3, 800)), np.full((3, 800), -2.0)
    given = {"converged": True, "diagnostics": {"r_hat": 1.001, "n_steps": 900.0}} | fields
    return Posterior(NAMES, samples, likelihood, prior, weighted=weighted, **given)


def _run(model, nodes):
    tree = run_tree(models={"sigma": model})
    for name, dataset in nodes.items():
        tree[f"models/sigma/{name}"] = xr.DataTree(dataset)
    texts = {"config": "models: {}\n", "overrides": "[]", "datasets": "[]"}
    tree.attrs = {name: texts.get(name, "") for name in ROOT_ATTRIBUTES} | {"schema_version": 1}
    return tree


@pytest.fixture(params=[False, True], ids=["mcmc", "nested"])
def posterior(request):
    return _posterior(nested=request.param)


def test_a_posterior_survives_the_file_and_keeps_the_schema(posterior, tmp_path):
    tree = _run(xr.Dataset(posterior_scalars(posterior, UNITS)), posterior_nodes(posterior, UNITS))
    assert check_schema(tree) == []
    found = read_run(write_run(tree, tmp_path))
    assert result_hash(found) == result_hash(tree)
    for path, array in variables(tree).items():
        np.testing.assert_array_equal(array.values, found[path].values)
    draws = found["models/sigma/posterior"]
    for i, name in enumerate(NAMES):
        assert draws[name].dims == ("chain", "draw")
        np.testing.assert_array_equal(draws[name], posterior.samples[..., i])
    assert draws["H0"].attrs["units"] == UNITS["H0"]
    assert draws.attrs["sampler"] == ("nested" if posterior.weighted else "mcmc")
    assert draws.attrs["sampler"] in SAMPLERS
    stats = found["models/sigma/sample_stats"]
    np.testing.assert_array_equal(stats["lp"], stats["log_likelihood"] + stats["log_prior"])


def test_arviz_reads_it_as_it_stands(posterior, tmp_path):
    tree = _run(xr.Dataset(posterior_scalars(posterior, UNITS)), posterior_nodes(posterior, UNITS))
    table = _arviz_summary(read_run(write_run(tree, tmp_path)))
    assert list(table.index) == list(NAMES)
    np.testing.assert_allclose(table["mean"], MEAN, atol=0.15)
    np.testing.assert_allclose(table["sd"], np.sqrt(np.diag(COVARIANCE)), rtol=0.05)
    assert (table["r_hat"] < 1.02).all()


def test_weighted_points_of_a_nested_sampler_are_kept():
    posterior = _posterior(nested=True)
    points = posterior_nodes(posterior, UNITS)["weighted_posterior"]
    assert points["log_weight"].dims == ("sample",)
    np.testing.assert_array_equal(points["H0"], posterior.weighted["samples"][:, 1])
    np.testing.assert_array_equal(points["log_likelihood"], posterior.weighted["log_likelihood"])
    assert "log_prior" not in points
    assert "weighted_posterior" not in posterior_nodes(_posterior(), UNITS)


def test_mean_and_standard_deviation_are_those_of_the_posterior(posterior):
    found = posterior_scalars(posterior, UNITS)
    assert list(found["param"].values) == list(NAMES)
    assert list(found["param_unit"].values) == ["", UNITS["H0"]]
    np.testing.assert_allclose(found["posterior_mean"], MEAN, atol=0.15)
    np.testing.assert_allclose(found["posterior_sd"], np.sqrt(np.diag(COVARIANCE)), rtol=0.05)


def test_diagnostics_have_names_in_words_and_an_evidence_is_there_only_if_there_is_one():
    found = posterior_scalars(_posterior(converged=False, diagnostics={"r_hat": 1.3, "own_measure": 2.0}), {})
    assert not found["posterior_converged"].values
    assert found["r_hat"].values == 1.3
    assert "R-hat" in found["r_hat"].attrs["long_name"]
    assert found["own_measure"].attrs["long_name"] == "own measure"
    assert "log_evidence" not in found
    with_evidence = posterior_scalars(_posterior(log_evidence=-3.0, log_evidence_error=0.1), {})
    assert (with_evidence["log_evidence"].values, with_evidence["log_evidence_error"].values) == (-3.0, 0.1)


@pytest.mark.parametrize("draws", [5, 800], ids=["other length", "length of the draws"])
def test_a_profile_axis_with_a_parameters_name_does_not_hide_its_draws(posterior, tmp_path, draws):
    axis = variable("a_cos", np.linspace(1.0, 9.0, draws), "", "axis")
    model = xr.Dataset(
        posterior_scalars(posterior, UNITS)
        | parameter_values({"a_cos": 8.0}, {})
        | {"a_cos": axis, "profile_a_cos": variable("a_cos", np.zeros(draws), "", "profile")}
    )
    tree = _run(apart_from_draws(model, posterior.names), posterior_nodes(posterior, UNITS))
    found = read_run(write_run(tree, tmp_path))
    assert found["models/sigma/profile_a_cos"].dims == ("a_cos_axis",)
    np.testing.assert_array_equal(found["models/sigma/a_cos_axis"], axis)
    assert found["models/sigma/a_cos_axis"].attrs == axis.attrs
    np.testing.assert_array_equal(found["models/sigma/posterior"].to_dataset()["a_cos"], posterior.samples[..., 0])
    assert list(_arviz_summary(found).index) == list(NAMES)


def _arviz_summary(run):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        arviz = pytest.importorskip("arviz")
    return arviz.summary(arviz.InferenceData.from_datatree(run["models/sigma"]), kind="all", round_to=6)
