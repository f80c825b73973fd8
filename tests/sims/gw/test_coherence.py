"""The experiment gwtc_coherence: the reference table of the cumulative catalogue, and what a reader must be told."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("gwtc_needed")


@pytest.fixture(scope="module")
def tree(executed):
    return executed("gwtc_coherence", "sim.n_resamples=500")


@pytest.fixture(scope="module")
def by_gps(executed):
    return executed("gwtc_coherence", "catalog.run_label=by_gps", "sim.n_resamples=500")


BY_CATALOG = {
    "O3a": {"n": 50, "n_gap": 5, "r": 0.6923, "r_p": 2.56e-8, "epsilon": 5.080e-7, "epsilon_cv": 15.5},
    "O3b": {"n": 29, "n_gap": 1, "r": 0.6857, "r_p": 4.04e-5, "epsilon": 1.064e-6},
    "O4a": {"n": 86, "n_gap": 13, "r": 0.6530, "r_p": 9.54e-12, "epsilon": 3.253e-7, "epsilon_cv": 70.4},
    "all": {"n": 165, "n_gap": 19, "r": 0.6587, "r_p": 6.8e-22, "epsilon": 3.440e-7, "epsilon_cv": 60.3},
}
COMOVING = {"O3a": (7.569e-7, 17.3), "O3b": (1.331e-6, np.nan), "O4a": (5.367e-7, 56.3), "all": (5.563e-7, 48.0)}


def _value(tree, name, run):
    for table in tree["tables"].children.values():
        if name in table and "run" in table.dims:
            return table[name].sel(run=run).item()
    raise KeyError(name)


@pytest.mark.parametrize("run", BY_CATALOG)
def test_the_table_of_every_run_comes_out_to_the_digits_shown(tree, run):
    for name, expected in BY_CATALOG[run].items():
        assert _value(tree, name, run) == pytest.approx(expected, rel=4e-3), name
    median, cv = COMOVING[run]
    assert _value(tree, "epsilon_comoving", run) == pytest.approx(median, rel=1e-3)
    assert _value(tree, "epsilon_comoving_cv", run) == pytest.approx(cv, abs=0.05, nan_ok=True)


@pytest.mark.parametrize(("run", "n", "r"), [("O3a", 40, 0.696), ("O3b", 29, 0.686), ("O4a", 85, 0.643)])
def test_labels_by_gps_time_move_the_early_events_and_nothing_in_the_gap(tree, by_gps, run, n, r):
    assert _value(by_gps, "n", run) == n
    assert _value(by_gps, "r", run) == pytest.approx(r, abs=6e-4)
    for name in ("n_gap", "epsilon"):
        assert _value(by_gps, name, run) == _value(tree, name, run)


def test_the_runs_stand_in_the_order_of_time_and_all_of_them_last(tree, by_gps):
    assert list(tree["tables/correlation/run"].values) == ["O1+O2", "O3a", "O3b", "O4a", "all"][1:]
    assert list(by_gps["tables/correlation/run"].values)[:2] == ["O1", "O2"]
    assert list(by_gps["tables/correlation/run"].values)[-1] == "all"


def test_the_bootstrap_interval_holds_r(tree):
    table = tree["tables/correlation"]
    assert np.all(table["r_low"] < table["r"])
    assert np.all(table["r"] < table["r_high"])


def test_across_the_runs_epsilon_varies_as_published_only_with_ddof_0(tree):
    cross = tree["tables/cross_catalogue"].isel(of=0)
    assert cross["mean"].item() == pytest.approx(6.326e-7, rel=1e-4)
    assert cross["cv"].item() == pytest.approx(49.69, abs=0.01)
    assert cross["cv_sample"].item() == pytest.approx(60.86, abs=0.01)


def test_every_printed_number_stands_beside_a_computed_one(tree):
    table = tree["tables/published"].to_dataset()
    assert np.isfinite(table["computed"]).all()
    at = table.sel(quantity="O4a CV of epsilon [%]")
    assert at["published"].item() == 70.4
    assert at["computed"].item() == pytest.approx(70.37, abs=0.01)
    assert table["implied"].sel(quantity="KS p").item() == pytest.approx(0.5453, abs=1e-4)


def test_the_check_of_the_speed_of_gravity_fails(tree):
    check = tree["tables/speed_of_gravity"].isel(check=0)
    assert not check["passes"].item()
    assert check["delay"].item() == pytest.approx(1.03e5, rel=1e-3)
    assert check["mean_shift"].item() == pytest.approx(2.5e-11, rel=1e-12, abs=0)


def test_the_reader_is_told_of_the_physics_the_contradiction_and_what_was_counted(tree):
    notes = " ".join(json.loads(tree.attrs["notes"]))
    for words in ("phase of its signal", "c_gw = c exactly", "total_mass_source 44", "not equality", "-1.09 ± 0.27"):
        assert words in notes


def test_epsilon_belongs_to_gap_events_only(tree):
    data = tree["data"]
    assert np.array_equal(np.isfinite(data["epsilon"]), data["is_gap"])
    assert int(data["is_gap"].sum()) == 19


def test_a_catalogue_of_something_else_is_refused_in_one_line(executed):
    from solvers.errors import InvalidInput

    with pytest.raises(InvalidInput, match="catalog: holds no gravitational-wave events"):
        executed("gwtc_coherence", "catalog=desi_dr2")
