"""A sweep as a table and as a figure."""

import matplotlib.image
import numpy as np
import pytest

from analysis import open_sweep
from analysis.sweep import draw_sweep, tidy

X, Y, Z = "models.lcdm.params.H0", "law.g_dagger.form", "seed"


@pytest.fixture(scope="module")
def line(make_sweep, run_of):
    """Three cells over one key, the middle one failed."""
    cells = [([f"{X}={h}"], None if h == 70 else run_of(float(h), 1.0, h / 100)) for h in (60, 70, 80)]
    return open_sweep(make_sweep(cells))


@pytest.fixture(scope="module")
def grid(make_sweep, run_of):
    """Six cells over a number and a text."""
    cells = [
        ([f"{X}={h}", f"{Y}={form}"], run_of(h + i, 1.0)) for h in (60, 70) for i, form in enumerate(("2e", "6x", "a"))
    ]
    return open_sweep(make_sweep(cells))


@pytest.fixture(scope="module")
def scattered(make_sweep, run_of):
    """Cells that are no grid."""
    return open_sweep(make_sweep([([f"{X}={x}", f"b={x * x}"], run_of(float(x), 1.0)) for x in (60, 70, 80)]))


def test_a_table_has_a_row_for_each_cell_and_model(line):
    table = tidy(line)
    assert len(table) == 6
    assert list(table.columns[:2]) == [X, "model"]
    row = table[(table[X] == 80) & (table["model"] == "lcdm")].iloc[0]
    assert (row["chi2"], row["omega_m"], row["omega_m_sigma"], row["status"]) == (80.0, 0.8, 0.02, "done")
    failed = table[table[X] == 70]
    assert failed["chi2"].isna().all()
    assert set(failed["status"]) == {"failed"}


def test_a_table_over_two_keys_has_both(grid):
    table = tidy(grid)
    assert len(table) == 12
    assert table[(table[X] == 70) & (table[Y] == "6x") & (table["model"] == "lcdm")]["chi2"].item() == 71.0


def test_a_table_off_a_grid_has_the_keys_too(scattered):
    table = tidy(scattered)
    assert {X, "b"} <= set(table.columns)
    assert table[(table[X] == 70) & (table["model"] == "lcdm")]["chi2"].item() == 70.0


def test_a_table_off_a_grid_has_a_row_for_each_cell_and_model(scattered):
    assert sorted(tidy(scattered)["chi2"]) == [1.0, 1.0, 1.0, 60.0, 70.0, 80.0]


def _drawn(path):
    image = matplotlib.image.imread(path)[..., :3]
    return len(np.unique((image * 255).astype(int).reshape(-1, 3), axis=0))


@pytest.mark.parametrize("variable", ["chi2", "converged"])
def test_one_key_is_drawn_as_lines(line, tmp_path, variable):
    (path,) = draw_sweep(line, variable, tmp_path / "out", ("png",))
    assert path == tmp_path / "out" / f"sweep_{variable}.png"
    assert _drawn(path) > 20


def test_two_keys_are_drawn_as_maps(grid, tmp_path):
    paths = draw_sweep(grid, "chi2", tmp_path, ("png", "pdf"))
    assert [path.name for path in paths] == ["sweep_chi2.png", "sweep_chi2.pdf"]
    assert _drawn(paths[0]) > 50


def test_the_same_sweep_gives_the_same_bytes(line, tmp_path):
    first, second = (draw_sweep(line, "chi2", tmp_path / name, ("png", "pdf")) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_variable_that_is_not_there_names_those_that_are(line, tmp_path):
    with pytest.raises(ValueError, match="chi3: not in this sweep; known: chi2, "):
        draw_sweep(line, "chi3", tmp_path, ("png",))
    assert list(tmp_path.glob("*.png")) == []


def test_a_list_of_cells_is_not_drawn(scattered, tmp_path):
    with pytest.raises(ValueError, match="one or two swept keys on a grid"):
        draw_sweep(scattered, "chi2", tmp_path, ("png",))


def test_a_variable_of_each_parameter_is_not_drawn(line, tmp_path):
    with pytest.raises(ValueError, match="best_fit: a figure needs one or two swept keys"):
        draw_sweep(line, "best_fit", tmp_path, ("png",))


def test_a_variable_without_models_is_not_drawn(line, tmp_path):
    with pytest.raises(ValueError, match="status"):
        draw_sweep(line, "status", tmp_path, ("png",))


def test_three_keys_are_not_drawn(make_sweep, run_of, tmp_path):
    cells = [
        ([f"{X}={x}", f"{Y}={y}", f"{Z}={z}"], run_of(1.0, 2.0)) for x in (60, 70) for y in ("a", "b") for z in (1, 2)
    ]
    with pytest.raises(ValueError, match="one or two swept keys"):
        draw_sweep(open_sweep(make_sweep(cells)), "chi2", tmp_path, ("png",))


def test_a_sweep_without_fits_has_a_row_for_each_cell_and_model(make_sweep, executed):
    tree = executed("background", "z=[1.0]")
    table = tidy(open_sweep(make_sweep([([f"seed={i}"], tree) for i in (1, 2)])))
    (first, second) = (list(rows["model"]) for _, rows in table.groupby("seed"))
    assert first == second and set(first) < set(tree["models"].children)


def test_a_run_without_fits_gives_its_tables_of_models(tmp_path):
    import h5py
    import xarray as xr

    from analysis.reading import read_results
    from outputs.tree import run_tree, variable

    table = xr.Dataset(
        {
            "model": variable("model", ["a", "b"], "", "model"),
            "mean_rms": variable("model", [2.0, 1.0], "km/s", "mean RMS"),
            "words": variable("model", ["x", "y"], "", "no number"),
        }
    )
    run_tree(tables={"rotation": table}).to_netcdf(tmp_path / "run.h5", engine="h5netcdf")
    with h5py.File(tmp_path / "run.h5") as file:
        assert "tables/rotation" in file
    found = read_results(tmp_path / "run.h5")
    assert list(found.data_vars) == ["rotation.mean_rms"]
    assert found["rotation.mean_rms"].sel(model="b").item() == 1.0
