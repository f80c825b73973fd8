"""Sweeps read back as one dataset: grids, lists of cells, failed cells, text keys."""

import numpy as np
import pytest
import xarray as xr

from analysis import open_run, open_sweep
from analysis.reading import read_results
from outputs.file import UnreadableRun, write_run

KEY = "models.lcdm.params.H0"
FORM = "law.g_dagger.form"


def test_one_swept_key_is_one_dimension_in_increasing_order(make_sweep, run_of):
    cells = [([f"{KEY}={h}"], run_of(100.0 + h, 200.0, h / 100)) for h in (80, 60, 70)]
    found = open_sweep(make_sweep(cells))
    assert found["status"].dims == (KEY,)
    np.testing.assert_array_equal(found[KEY], [60.0, 70.0, 80.0])
    np.testing.assert_array_equal(found["chi2"].sel(model="lcdm"), [160.0, 170.0, 180.0])
    np.testing.assert_array_equal(found["best_fit"].sel(model="lcdm", param="omega_m"), [0.6, 0.7, 0.8])
    assert found["best_fit"].sel(model="other").isnull().all()
    assert set(found["status"].values) == {"done"}


def test_two_swept_keys_are_a_grid_with_text_where_a_key_is_text(make_sweep, run_of):
    cells = [
        ([f"{KEY}={h}", f"{FORM}={form}"], run_of(h + shift, 1.0))
        for h in (60, 70)
        for form, shift in (("2e", 0.25), ("4sqrtpi", 0.5), ("6", 0.75))
    ]
    found = open_sweep(make_sweep(cells))
    assert {KEY: 2, FORM: 3}.items() <= dict(found.sizes).items()
    assert sorted(found[FORM].values) == ["2e", "4sqrtpi", "6"]
    assert found["chi2"].sel({KEY: 70, FORM: "6", "model": "lcdm"}).item() == 70.75
    assert found["chi2"].sel({KEY: 60, FORM: "2e", "model": "lcdm"}).item() == 60.25


def test_a_swept_group_is_a_dimension_of_its_members(make_sweep, run_of):
    cells = [([f"law={name}"], run_of(chi2, 1.0)) for name, chi2 in (("sigma", 3.0), ("mond_rar", 5.0))]
    found = open_sweep(make_sweep(cells))
    assert found["chi2"].sel(law="mond_rar", model="lcdm").item() == 5.0
    assert found["chi2"].sel(law="sigma", model="lcdm").item() == 3.0


def test_cells_off_a_grid_are_a_list_with_the_keys_as_coordinates(make_sweep, run_of):
    points = [(1.5, 10.0), (2.5, 20.0), (0.5, 30.0)]
    cells = [([f"a.x={x}", f"a.y={y}"], run_of(x * y, 1.0)) for x, y in points]
    found = open_sweep(make_sweep(cells))
    assert found["status"].dims == ("cell",)
    assert found.sizes["cell"] == 3
    np.testing.assert_array_equal(found["a.x"], [1.5, 2.5, 0.5])
    np.testing.assert_array_equal(found["chi2"].sel(model="lcdm"), found["a.x"] * found["a.y"])


def test_a_cell_that_failed_is_nan_and_said_to_have(make_sweep, run_of):
    cells = [([f"{KEY}={h}"], None if h == 70 else run_of(h, 1.0)) for h in (60, 70, 80)]
    found = open_sweep(make_sweep(cells))
    assert list(found["status"].values) == ["done", "failed", "done"]
    assert found["chi2"].sel({KEY: 70}).isnull().all()
    assert found["best_fit"].sel({KEY: 70}).isnull().all()
    np.testing.assert_array_equal(found["chi2"].sel(model="lcdm"), [60.0, np.nan, 80.0])


def test_a_failed_cell_of_a_grid_keeps_the_grid(make_sweep, run_of):
    cells = [
        ([f"a={a}", f"b={b}"], None if (a, b) == (1, 4) else run_of(10 * a + b, 1.0)) for a in (1, 2) for b in (3, 4)
    ]
    found = open_sweep(make_sweep(cells))
    assert found["status"].sel(a=1, b=4).item() == "failed"
    assert np.isnan(found["chi2"].sel(a=1, b=4, model="lcdm").item())
    assert found["chi2"].sel(a=2, b=4, model="lcdm").item() == 24.0


def test_cells_with_other_models_are_joined(make_sweep, made):
    fitted, made_up = made
    first = made_up({"lcdm": fitted(1.0, {"omega_m": 0.3})})
    second = made_up({"wcdm": fitted(2.0, {"omega_m": 0.3, "w0": -1.0})})
    found = open_sweep(make_sweep([(["models=[lcdm]"], first), (["models=[wcdm]"], second)]))
    assert found["chi2"].sel(models="[wcdm]", model="wcdm").item() == 2.0
    assert found["chi2"].sel(models="[wcdm]", model="lcdm").isnull()
    assert found["best_fit"].sel(models="[wcdm]", model="wcdm", param="w0").item() == -1.0
    assert found["best_fit"].sel(models="[lcdm]", param="w0").isnull().all()


def test_what_is_the_same_in_all_cells_is_no_dimension(make_sweep, run_of):
    cells = [([f"{KEY}={h}", "seed=3", "resume=true", "figure=false"], run_of(h, 1.0)) for h in (60, 70)]
    found = open_sweep(make_sweep(cells))
    assert set(found.sizes) == {KEY, "model", "param"}


def test_signs_of_additions_are_no_part_of_a_key(make_sweep, run_of):
    cells = [([f"+{KEY}={h}"], run_of(h, 1.0)) for h in (60, 70)]
    assert KEY in open_sweep(make_sweep(cells)).dims


def test_a_sweep_of_one_cell_has_its_key(make_sweep, run_of):
    found = open_sweep(make_sweep([([f"{KEY}=60"], run_of(60.0, 1.0))]))
    assert found["chi2"].sel({KEY: 60.0, "model": "lcdm"}).item() == 60.0


def test_a_scan_inside_a_cell_stays_a_dimension(make_sweep, made):
    fitted, made_up = made
    scanned = xr.Dataset(
        {key: ("x", np.array([1.0, 2.0, 4.0])) for key in ("chi2", "aic", "bic")}, coords={"x": [0.1, 0.2, 0.3]}
    )
    cells = [([f"seed={i}"], made_up({"a": scanned + i, "b": fitted(1.5, {})})) for i in (0, 1)]
    found = open_sweep(make_sweep(cells))
    assert {"seed": 2, "models.a.params.x": 3}.items() <= dict(found.sizes).items()
    np.testing.assert_array_equal(found["chi2"].sel(seed=1, model="a"), [2.0, 3.0, 5.0])


def test_results_are_those_that_xarray_reads(small_run):
    found = read_results(small_run)
    with xr.open_datatree(small_run, engine="h5netcdf") as tree:
        comparison = tree["comparison"].to_dataset()
        for name in comparison.data_vars:
            xr.testing.assert_equal(found[name], comparison[name])
            assert found[name].attrs == comparison[name].attrs
        for model in comparison["model"].values:
            node = tree[f"models/{model}"]
            for key in ("best_fit", "sigma", "at_bound", "is_flat"):
                if key not in node:
                    assert found[key].sel(model=model).isnull().all()
                    continue
                for param in node["param"].values:
                    expected = float(node[key].sel(param=param))
                    np.testing.assert_equal(found[key].sel(model=model, param=param).item(), expected)
            assert found["n_free"].sel(model=model).item() == node["n_free"].item()


def test_results_of_a_scan_are_those_that_xarray_reads(executed, tmp_path):
    tree = executed("pantheon_baryons", "models=[gr_baryons,lcdm]", "models.gr_baryons.params.H0={scan: [60,70]}")
    path = write_run(tree, tmp_path)
    for name, expected in tree["comparison"].to_dataset().data_vars.items():
        xr.testing.assert_equal(read_results(path)[name], expected)


def test_open_run_reads_a_file_or_its_folder(small_run):
    assert open_run(small_run).identical(open_run(small_run.parent))


def test_a_folder_without_cells_is_no_sweep(tmp_path):
    with pytest.raises(UnreadableRun, match="no sweep; give outputs/sweeps/EXPERIMENT/TIMESTAMP") as refused:
        open_sweep(tmp_path)
    assert refused.value.exit_code == 2


def test_a_sweep_of_which_nothing_finished_says_so(make_sweep):
    with pytest.raises(UnreadableRun, match="none of the 2 cells of this sweep finished"):
        open_sweep(make_sweep([(["a=1"], None), (["a=2"], None)]))


def test_a_sweep_without_comparisons_has_its_status(make_sweep, executed):
    tree = executed("background", "z=[1.0]")
    found = open_sweep(make_sweep([([f"seed={i}"], tree) for i in (1, 2)]))
    assert list(found["status"].values) == ["done", "done"]
    assert list(found["seed"].values) == [1.0, 2.0]
