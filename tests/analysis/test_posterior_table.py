"""Posteriors in the summary, in the findings and in a sweep."""

import io

import numpy as np
import pytest
from rich.console import Console

from analysis import open_sweep
from analysis.findings import findings
from analysis.posterior_table import posterior_table
from analysis.summary import print_summary
from analysis.sweep import tidy


@pytest.fixture
def rows():
    """The lines of the posteriors' table, by their first word."""

    def _rows(tree):
        stream = io.StringIO()
        Console(file=stream, width=160).print(posterior_table(tree))
        lines = stream.getvalue().splitlines()
        return lines[0], {line.split()[0]: line.split() for line in lines[1:] if line.strip()}

    return _rows


def test_every_sampled_model_has_its_rows(sampled_run, rows):
    title, found = rows(sampled_run)
    mean = sampled_run["models/lcdm/posterior_mean"].item()
    assert found["lcdm"] == ["lcdm", "omega_m", f"{mean:.3f}", "±", "0.020", "mcmc", "1.0012", "30.0", "3999", "yes"]
    assert found["wcdm"][1:3] == ["omega_m", "0.320"]
    assert found["wcdm"][5:] == ["nested", "1.0012", "30.0", "3999", "-10.000", "±", "0.01", "-3.00", "yes"]
    assert found["w"][:3] == ["w", "-1.00", "±"]
    assert found["sigma"] == ["sigma", "a_cos", "20.0", "±", "4.0", "grid", "-7.000", "±", "1e-06", "0.00", "yes"]
    assert "Bayes factor" in title


def test_one_evidence_has_nothing_to_be_compared_with(sampled, gaussian, rows):
    title, found = rows(sampled({"lcdm": gaussian[0]("lcdm"), "sigma": gaussian[1]()}))
    assert found["sigma"][-2:] == ["1e-06", "yes"]
    assert "Bayes" not in title


def test_a_run_without_posterior_has_no_such_table(run_of):
    assert posterior_table(run_of(1.0, 2.0)) is None


def test_the_summary_prints_it_between_models_and_findings(sampled, gaussian):
    stream = io.StringIO()
    tree = sampled({"lcdm": gaussian[0]("lcdm", converged=False)})
    print_summary(tree, Console(file=stream, width=160))
    text = stream.getvalue()
    assert text.index("weight") < text.index("autocorrelation") < text.index("• lcdm: the sampler")
    assert text.splitlines()[-2].split()[-1] == "no"


def test_a_sampler_that_did_not_converge_is_said_with_its_diagnostics(sampled, gaussian):
    diagnostics = {"r_hat": 1.23456, "autocorrelation_time": np.nan, "effective_samples": 41.2, "n_steps": 50.0}
    chain = gaussian[0]("lcdm", converged=False, diagnostics=diagnostics)
    (sentence,) = findings(sampled({"lcdm": chain, "wcdm": gaussian[0]("wcdm")}))
    assert sentence == (
        "lcdm: the sampler did not converge: R-hat = 1.2346, effective samples = 41, steps = 50; "
        "do not use its posterior."
    )


def test_a_grid_that_is_too_coarse_is_said_with_its_error(sampled, gaussian):
    (sentence,) = findings(sampled({"sigma": gaussian[1](posterior_converged=False, log_evidence_error=0.314)}))
    assert sentence == "sigma: the grid did not converge: error of ln Z = 0.31; do not use its posterior."


def test_a_sweep_has_posterior_means_and_evidences(make_sweep, sampled, gaussian):
    cells = [
        ([f"inference.n_live={n}"], sampled({"wcdm": gaussian[0]("wcdm", nested=True, log_evidence=-float(n))}))
        for n in (100, 200)
    ]
    found = open_sweep(make_sweep(cells))
    np.testing.assert_array_equal(found["log_evidence"].sel(model="wcdm"), [-100.0, -200.0])
    np.testing.assert_allclose(found["posterior_mean"].sel(model="wcdm", param="w"), -1.0, atol=0.01)
    assert (found["posterior_converged"] == 1).all()
    assert {"log_evidence_error", "posterior_sd"} <= set(found.data_vars)
    table = tidy(found)
    np.testing.assert_allclose(table["w_sd"], 0.1, rtol=0.05)
    assert list(table["log_evidence"]) == [-100.0, -200.0]
