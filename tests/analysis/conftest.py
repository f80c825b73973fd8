"""Made-up runs and sweeps, whose numbers a test knows because it wrote them."""

import numpy as np
import pytest
import xarray as xr

from outputs import sweep
from outputs.answers import estimates, statistics
from outputs.file import write_run
from outputs.hashing import result_hash
from outputs.tree import ROOT_ATTRIBUTES, run_tree
from sims.comparison import compare
from solvers.inference.minimize import BestFit


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
