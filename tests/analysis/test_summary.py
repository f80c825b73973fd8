"""The printed summary: χ² with three decimals, best fits, flags, tables, findings."""

import io
import json

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from analysis import open_run
from analysis.summary import present_run, print_summary
from outputs.tree import variable


@pytest.fixture
def printed():
    def _printed(tree):
        stream = io.StringIO()
        print_summary(tree, Console(file=stream, width=160, highlight=False))
        return stream.getvalue()

    return _printed


def _row(text, name):
    return next(line.split() for line in text.splitlines() if line.startswith(f"{name} "))


def test_every_model_has_its_row(small_run, printed):
    tree = open_run(small_run)
    text = printed(tree)
    lowest = min(float(node["chi2"]) for node in tree["models"].children.values())
    for name, node in tree["models"].children.items():
        row = _row(text, name)
        chi2 = node["chi2"].item()
        assert row[1:6] == [
            f"{chi2:.3f}",
            f"{node['dof'].item()}",
            f"{chi2 - lowest:.3f}",
            f"{node['aic'].item():.3f}",
            f"{node['bic'].item():.3f}",
        ]


def test_the_head_names_the_experiment_and_its_data(small_run, printed):
    first = printed(open_run(small_run)).splitlines()[0]
    assert first.startswith("pantheon_baryons")
    assert "pantheon_plus: 60 rows (z_column zHD, z_min 0.01, calibrators True)" in first


def test_the_findings_are_printed_word_by_word(small_run, printed):
    from analysis.findings import findings

    tree = open_run(small_run)
    text = printed(tree)
    for sentence in findings(tree):
        assert f"• {sentence}" in text
    assert "a_cos at bound" in text
    assert "omega_m flat" in text


def test_an_error_has_two_digits(made, printed):
    fitted, made_up = made
    model = fitted(12.3456, {"omega_m": 0.314159, "H0": 71.234}, sigma={"omega_m": 0.0271, "H0": 3.4})
    text = printed(made_up({"lcdm": model}))
    assert "12.346" in text
    assert "omega_m = 0.314 ± 0.027, H0 = 71.2 ± 3.4" in text


def test_a_best_fit_without_an_error_and_one_that_failed_are_seen(made, printed):
    fitted, made_up = made
    model = fitted(1.0, {"a_cos": 123456.0}, at_bound=["a_cos"], converged=False)
    text = printed(made_up({"sigma": model}))
    assert "a_cos = 123456" in text
    assert "±" not in text
    assert "a_cos at bound, not converged" in text


def test_minos_errors_take_the_place_of_sigma(executed, printed):
    tree = executed("pantheon_baryons", "models=[lcdm]", "inference.minos=true")
    model = tree["models/lcdm"]
    low, high = model["minos_lower"].item(), model["minos_upper"].item()
    assert f"omega_m = {model['best_fit'].item():.3f} {low:+.3f} {high:+.3f}" in printed(tree)


def test_a_scan_is_one_line_with_its_lowest_cell(executed, printed):
    scan = "models.lcdm.params.omega_m={scan: [0.2,0.25,0.9]}"
    tree = executed("pantheon_baryons", "models=[lcdm]", scan)
    chi2 = tree["models/lcdm/chi2"].values
    i = int(np.argmin(chi2))
    text = printed(tree)
    where = f"omega_m = {[0.2, 0.25, 0.9][i]:g}"
    assert f"lcdm: 3 cells scanned over omega_m; lowest chi2 {chi2[i]:.3f} at {where}" in text


def test_beside_a_scan_the_weight_belongs_to_the_difference_that_is_shown(made, printed):
    fitted, made_up = made
    scan = {key: ("x", [100.0, 1.0]) for key in ("chi2", "aic", "bic")} | {"converged": ("x", [True, True])}
    text = printed(made_up({"a": xr.Dataset(scan, coords={"x": [0.0, 1.0]}), "b": fitted(41.0, {})}))
    row = _row(text, "b")
    assert row[3] == "40.000"
    assert float(row[6]) < 1e-6


def test_tables_of_one_dimension_are_printed_with_their_units(made, printed):
    fitted, made_up = made
    tree = made_up({"a": fitted(1.0, {})})
    columns = {
        "model": variable("model", ["a", "b"], "", "model"),
        "H0": variable("model", [70.0, np.nan], "km / (Mpc s)", "Hubble constant"),
        "wall": variable("model", [True, False], "", "at a wall"),
    }
    tree["tables/protocol"] = xr.DataTree(xr.Dataset(columns))
    text = printed(tree)
    assert "protocol" in text
    assert "[km / (Mpc s)]" in text
    rows = [line.split() for line in text.splitlines()[-2:]]
    assert rows == [["a", "70", "yes"], ["b", "no"]]
    assert "nan" not in text


@pytest.fixture
def tabled(made, printed):
    """What is printed of a run with one table, below its models."""

    def _tabled(name, variables):
        fitted, made_up = made
        tree = made_up({"a": fitted(1.0, {})})
        before = printed(tree)
        tree[f"tables/{name}"] = xr.DataTree(xr.Dataset(variables))
        after = printed(tree)
        assert after.startswith(before)
        return [line.split() for line in after[len(before) :].splitlines()]

    return _tabled


SOURCES = variable("source", ["sky", "theory", "nobody"], "", "whose")
PEAKS = variable("peak", [1, 2], "", "peak number")
PAIRS = variable("pair", ["P1/P2", "P3/P4"], "", "ratio")


def test_tables_of_two_dimensions_are_printed_one_by_one_with_their_units(tabled):
    height = variable(("source", "peak"), [[5737.0, 2595.8], [6718.0, np.nan], [1e-7, -0.0]], "uK2", "height")
    ell = variable(("source", "peak"), [[220.3068, 536.0], [211.0, 538.0], [1.0, 2.0]], "", "multipole")
    lines = tabled("peaks", {"source": SOURCES, "peak": PEAKS, "height": height, "ell": ell})
    assert lines[:5] == [
        ["peaks:", "height", "[uK2]"],
        ["source", "peak", "1", "peak", "2"],
        ["sky", "5737", "2595.8"],
        ["theory", "6718"],
        ["nobody", "1e-07", "-0"],
    ]
    assert lines[5:7] == [["peaks:", "ell"], ["source", "peak", "1", "peak", "2"]]
    assert lines[7] == ["sky", "220.31", "536"]


def test_headings_that_are_words_stand_alone(tabled):
    ratio = variable(("source", "pair"), np.ones((3, 2)), "", "ratio")
    lines = tabled("ratios", {"source": SOURCES, "pair": PAIRS, "ratio": ratio})
    assert lines[:2] == [["ratios:", "ratio"], ["source", "P1/P2", "P3/P4"]]


def test_rows_that_hold_nothing_are_left_out(tabled):
    error = variable(("source", "peak"), [[25.0, np.nan], [np.nan, np.nan], [np.nan, 9.0]], "", "error")
    lines = tabled("peaks", {"source": SOURCES, "peak": PEAKS, "error": error})
    assert [line[0] for line in lines[2:]] == ["sky", "nobody"]
    assert not any("nan" in word for line in lines for word in line)


@pytest.mark.parametrize(
    ("shape", "is_printed"), [((16, 16), True), ((17, 2), False), ((2, 17), False), ((2, 2, 2), False)], ids=str
)
def test_long_tables_and_those_of_three_dimensions_are_left_to_the_file(tabled, shape, is_printed):
    dims = "xyz"[: len(shape)]
    axes = {dim: variable(dim, np.arange(n), "", dim) for dim, n in zip(dims, shape, strict=True)}
    lines = tabled("grid", axes | {"g": variable(tuple(dims), np.ones(shape), "", "g")})
    assert bool(lines) == is_printed


@pytest.mark.parametrize("values", [np.ones((2, 2), int), np.ones((2, 2), bool), np.full((2, 2), "a")], ids=str)
def test_only_numbers_with_a_fraction_are_printed_as_a_plane(tabled, values):
    assert tabled("grid", {"g": variable(("x", "y"), values, "", "g")}) == []


def test_a_run_without_data_or_comparison_is_printed(executed, printed):
    text = printed(executed("background", "z=[1.0]"))
    assert text.startswith("background")
    assert "relative_to_reference" in text
    assert "sigma_baryons" in text


def test_brackets_in_a_note_are_no_markup(made, printed):
    fitted, made_up = made
    note = "z=[bold]1[/bold]: as typed"
    assert note in printed(made_up({"a": fitted(1.0, {})}, notes=json.dumps([note])))


def test_presenting_prints_the_summary_and_says_where_the_figure_is(small_run, tmp_path, capsys):
    present_run(open_run(small_run))
    assert "figure" not in capsys.readouterr().out
    present_run(open_run(small_run), tmp_path)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"figure: {tmp_path / 'hubble_diagram.png'}"
    assert (tmp_path / "hubble_diagram.png").is_file()
