"""Runs side by side: their χ², and the keys in which they differ."""

import io

import numpy as np
import pytest
from rich.console import Console

from analysis.compare import compare_runs, comparison_tables
from outputs.file import UnreadableRun, write_run

FREE = "models.lcdm.params.omega_m"


@pytest.fixture(scope="module")
def runs(executed, tmp_path_factory):
    """Three runs: two with other densities, one with another model."""
    found = []
    for i, overrides in enumerate(
        (
            ["models=[lcdm,gr_baryons]", f"{FREE}=0.3"],
            ["models=[lcdm,gr_baryons]", f"{FREE}=0.5"],
            ["models=[lcdm,wcdm]"],
        )
    ):
        tree = executed("pantheon_baryons", *overrides, "profile=[]")
        found.append((write_run(tree, tmp_path_factory.mktemp(f"compared{i}")), tree))
    return found


def test_the_results_of_each_run_are_along_one_dimension(runs):
    results, _ = compare_runs([path for path, _ in runs[:2]])
    assert list(results["run"].values) == [1, 2]
    for number, (_, tree) in enumerate(runs[:2], start=1):
        for model in ("lcdm", "gr_baryons"):
            expected = tree[f"models/{model}/chi2"].item()
            assert results["chi2"].sel(run=number, model=model).item() == expected


def test_only_the_keys_that_differ_are_named(runs):
    _, differences = compare_runs([path for path, _ in runs[:2]])
    assert differences == {FREE: [0.3, 0.5]}


def test_a_model_that_is_not_in_all_runs_is_one_row(runs):
    results, differences = compare_runs([runs[0][0], runs[2][0].parent])
    assert differences["models"] == ["lcdm, gr_baryons", "lcdm, wcdm"]
    assert not [key for key in differences if key.startswith(("models.wcdm", "models.gr_baryons"))]
    assert differences[FREE] == [0.3, ""]
    assert np.isnan(results["chi2"].sel(run=2, model="gr_baryons"))
    assert results["chi2"].sel(run=2, model="wcdm") > 0


def test_a_run_does_not_differ_from_itself(runs):
    results, differences = compare_runs([runs[0][0], runs[0][0]])
    assert differences == {}
    assert (results["chi2"].sel(run=1) == results["chi2"].sel(run=2)).all()


def _text(tables):
    stream = io.StringIO()
    for table in tables:
        Console(file=stream, width=160, highlight=False).print(table)
    return stream.getvalue()


def test_the_tables_show_differences_to_the_first_run(runs):
    text = _text(comparison_tables(*compare_runs([path for path, _ in runs[:2]])))
    first, second = (tree["models/lcdm/chi2"].item() for _, tree in runs[:2])
    assert f"{first:.3f}" in text
    assert f"{second:.3f} ({second - first:+.3f})" in text
    assert FREE in text


def test_a_model_of_one_run_only_has_an_empty_place(runs):
    text = _text(comparison_tables(*compare_runs([runs[0][0], runs[2][0]])))
    row = next(line for line in text.splitlines() if line.startswith("gr_baryons"))
    assert row.split() == ["gr_baryons", f"{runs[0][1]['models/gr_baryons/chi2'].item():.3f}"]


def test_a_path_without_a_run_is_refused(runs, tmp_path):
    with pytest.raises(UnreadableRun):
        compare_runs([runs[0][0], tmp_path])
