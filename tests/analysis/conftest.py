"""Made-up runs and sweeps, whose numbers a test knows because it wrote them."""

import numpy as np
import pytest
import xarray as xr

from outputs import sweep
from outputs.answers import estimates, statistics
from outputs.file import write_run
from outputs.hashing import result_hash
from outputs.posteriors import posterior_nodes, posterior_scalars
from outputs.tree import ROOT_ATTRIBUTES, run_tree, variable
from sims.comparison import compare
from solvers.inference.minimize import BestFit
from solvers.inference.posterior import Posterior


def fitted(chi2, values, *, sigma=None, at_bound=(), is_flat=(), converged=True, n_data=50):
    """A model with best fits by name, as a run keeps it."""
    names, n = list(values), len(values)
    errors = np.array([(sigma or {}).get(name, np.nan) for name in names])
    flags = [np.array([name in marked for name in names]) for marked in (at_bound, is_flat)]
    fit = BestFit(np.array(list(values.values())), errors, np.diag(errors**2), None, None, *flags, chi2, converged, 1)
    k = n + 1
    found = statistics(
        (), chi2=chi2, n_data=n_data, n_free=k, aic=chi2 + 2 * k, bic=chi2 + k * np.log(n_data), converged=converged
    )
    return xr.Dataset(found | (estimates(names, [""] * n, fit) if names else {}))


def made_up(models, **attributes):
    """A run of these models with every attribute of the contract."""
    tree = run_tree(models=models, comparison=compare(models))
    texts = {"config": "models: {}\n", "overrides": "[]", "datasets": "[]", "packages": "{}", "experiment": "made_up"}
    tree.attrs = {name: texts.get(name, "") for name in ROOT_ATTRIBUTES} | {"schema_version": 1, "duration_s": 0.5}
    tree.attrs |= attributes
    tree.attrs["result_hash"] = result_hash(tree)
    return tree


@pytest.fixture(scope="session")
def make_sweep(tmp_path_factory):
    """Write cells as a sweep leaves them: overrides of each, and a run or None for one that failed."""

    def _make_sweep(cells):
        folder = tmp_path_factory.mktemp("sweep")
        for i, (overrides, tree) in enumerate(cells):
            cell = folder / f"cell{i:03d}"
            cell.mkdir(parents=True)
            sweep.record_overrides(cell, ["+experiment=made_up", *overrides])
            if tree is not None:
                write_run(tree, cell)
        return folder

    return _make_sweep


@pytest.fixture(scope="session")
def run_of():
    """Build a run with lcdm (one parameter) and a model without parameters, from two χ² and a best fit."""

    def _run_of(lcdm, other, omega_m=0.3):
        return made_up(
            {"lcdm": fitted(lcdm, {"omega_m": omega_m}, sigma={"omega_m": 0.02}), "other": fitted(other, {})}
        )

    return _run_of


@pytest.fixture(scope="session")
def made():
    """The builders `fitted` and `made_up`."""
    return fitted, made_up


COVARIANCES = {
    "lcdm": (("omega_m",), (0.3,), ((4e-4,),)),
    "wcdm": (("omega_m", "w"), (0.32, -1.0), ((6e-4, 1e-3), (1e-3, 1e-2))),
}
"""Made-up Gaussian posteriors: names, means, covariances."""

SAMPLED_CONFIG = r"""
models:
  lcdm: {label: flat ΛCDM, params: {omega_m: {prior: {min: 0.0, max: 1.0}, latex: '\Omega_\mathrm{m}'}}}
  wcdm:
    params:
      omega_m: {prior: {min: 0.0, max: 1.0}, latex: '\Omega_\mathrm{m}'}
      w: {prior: {dist: norm, loc: -1.0, scale: 1.0}}
  sigma: {params: {a_cos: {prior: {min: 0.0, max: 40.0}}}}
"""


def gaussian_posterior(name, *, nested=False, **fields):
    """Independent draws of a Gaussian of `COVARIANCES`, with weighted points of twice its width if nested."""
    names, mean, covariance = COVARIANCES[name]
    rng, inverse = np.random.default_rng(len(names)), np.linalg.inv(covariance)

    def log_likelihood(x):
        return -0.5 * np.einsum("...i,ij,...j", x - mean, inverse, x - mean)

    samples = rng.multivariate_normal(mean, covariance, size=(4, 1000))
    weighted = {}
    if nested:
        wide = rng.multivariate_normal(mean, 4.0 * np.array(covariance), size=20_000)
        weighted = {"samples": wide, "log_weight": 0.75 * log_likelihood(wide), "log_likelihood": log_likelihood(wide)}
        fields = {"log_evidence": -10.0, "log_evidence_error": 0.012} | fields
    diagnostics = {"r_hat": 1.0012, "autocorrelation_time": 30.04, "effective_samples": 3998.7, "n_steps": 1000.0}
    given = {"converged": True, "diagnostics": diagnostics} | fields
    prior = np.full(samples.shape[:2], -1.0)
    return Posterior(names, samples, log_likelihood(samples), prior, weighted=weighted, **given)


def gaussian_grid(log_evidence=-7.0, **scalars):
    """A posterior of a_cos, normal with mean 20 and standard deviation 4, on a geometric grid."""
    a_cos = np.geomspace(0.5, 40.0, 401)
    density = np.exp(-0.5 * ((a_cos - 20.0) / 4.0) ** 2)
    values = {"log_evidence": log_evidence, "log_evidence_error": 1e-6, "posterior_converged": True} | scalars
    columns = {name: variable((), value, "", name) for name, value in values.items()}
    columns |= {
        "a_cos": variable("a_cos", a_cos, "", "a_cos"),
        "posterior_density": variable("a_cos", density / np.trapezoid(density, a_cos), "", "density"),
        "posterior_mean": variable("param", [20.0], "", "mean"),
        "posterior_sd": variable("param", [4.0], "", "standard deviation"),
    }
    return xr.Dataset(columns)


@pytest.fixture(scope="session")
def sampled():
    """Build a run from posteriors by model, and from datasets of grids."""

    def _sampled(posteriors, **attributes):
        best = {name: dict(zip(*COVARIANCES.get(name, (("a_cos",), (20.0,)))[:2], strict=True)) for name in posteriors}
        models, groups = {}, {}
        for name, found in posteriors.items():
            model = fitted(30.0, best[name], sigma=dict.fromkeys(best[name], 0.02))
            if isinstance(found, xr.Dataset):
                models[name] = model.assign(found.variables)
                continue
            models[name] = model.assign(posterior_scalars(found, {}))
            nodes = posterior_nodes(found, {})
            groups |= {f"models/{name}/{group}": dataset for group, dataset in nodes.items()}
        tree = made_up(models, **{"config": SAMPLED_CONFIG, "content_hash": "1234", **attributes})
        for path, dataset in groups.items():
            tree[path] = xr.DataTree(dataset)
        tree.attrs["result_hash"] = result_hash(tree)
        return tree

    return _sampled


@pytest.fixture(scope="session")
def gaussian():
    """The builders `gaussian_posterior` and `gaussian_grid`."""
    return gaussian_posterior, gaussian_grid


@pytest.fixture(scope="session")
def sampled_run(sampled):
    """A run with a chain, a nested sampler and a grid."""
    nested = gaussian_posterior("wcdm", nested=True)
    return sampled({"lcdm": gaussian_posterior("lcdm"), "wcdm": nested, "sigma": gaussian_grid()})
