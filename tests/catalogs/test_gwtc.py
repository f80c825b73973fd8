"""The loader of GWTC: its cuts, its counting, and the known facts of the pinned snapshot."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES
from catalogs.files import find, hash_file
from catalogs.gwtc import FILES, SNAPSHOT, Gwtc

LISTED = "must be a list, each once, of "


def steps_of(data):
    return {each["step"]: each["rows"] for each in json.loads(data.attrs["steps"])}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"source": "web"}, "source='web': must be one of file, gwosc"),
        ({"source": ["file"]}, "source=['file']: must be one of file, gwosc"),
        ({"snr_min": -1}, "snr_min=-1: must be a finite number >= 0, or null for no cut"),
        ({"snr_min": True}, "snr_min=True: must be a finite number >= 0, or null for no cut"),
        ({"mass_min": 0}, "mass_min=0: must be a finite number > 0, or null for no cut"),
        ({"mass_max": float("inf")}, "mass_max=inf: must be a finite number > 0, or null for no cut"),
        ({"mass_min": 3, "mass_max": 2}, "mass_min=3: must not be above mass_max=2"),
        ({"run_label": "by_name"}, "run_label='by_name': must be one of by_catalog, by_gps"),
        ({"runs": "O4a"}, f"runs='O4a': {LISTED}the runs by_catalog: O1+O2, O3a, O3b, O4a; or null for all"),
        ({"runs": ["O1"]}, f"runs=['O1']: {LISTED}the runs by_catalog: O1+O2, O3a, O3b, O4a; or null for all"),
        ({"runs": ["O4a"] * 2}, f"runs=['O4a', 'O4a']: {LISTED}the runs by_catalog: O1+O2, O3a, O3b, O4a; or null"),
        ({"runs": ["O1+O2"], "run_label": "by_gps"}, f"runs=['O1+O2']: {LISTED}the runs by_gps: O1, O2, O3a, O3b, O4a"),
        ({"runs": []}, "runs=(): must name a run, or null for all"),
        ({"runs": 4}, f"runs=4: {LISTED}the runs by_catalog"),
        ({"require": ["mass"]}, f"require=['mass']: {LISTED}each of them with or without _lower, _upper: mass_1_sou"),
        ({"require": None}, f"require=None: {LISTED}each of them"),
        ({"verify_sha256": 1}, "verify_sha256=1: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
        ({"source": "gwosc", "path": "x"}, "path='x': must be null with source='gwosc', which reads no file"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        Gwtc(**request_)
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_request_is_hashable_also_with_lists():
    assert hash(Gwtc(runs=["O4a"], require=["chi_eff"])) == hash(Gwtc(runs=("O4a",), require=("chi_eff",)))


@pytest.mark.parametrize(
    ("cuts", "expected"),
    [
        ({}, ["GW150914", "GW190521", "GW230518_125908", "GW231123_135430"]),
        ({"snr_min": 7.99}, ["GW150914", "GW190521", "GW200105_162426", "GW230518_125908", "GW231123_135430"]),
        ({"mass_min": 64.5, "mass_max": 153.1}, ["GW150914", "GW190521"]),
        ({"runs": ["O3a"]}, ["GW150914", "GW190521"]),
        ({"runs": ["O3a"], "run_label": "by_gps"}, ["GW190521"]),
        ({"runs": ["none"], "run_label": "by_gps"}, ["GW230518_125908"]),
        ({"require": ["chi_eff"]}, ["GW150914", "GW170817", "GW190521", "GW231123_135430"]),
        ({"require": [], "mass_max": 20}, ["GW230518_125908"]),
    ],
)
def test_cuts_and_their_edges(gwtc, events, cuts, expected):
    data = gwtc.own(events, **cuts).load()
    assert data["name"].values.tolist() == expected
    assert data.row_index.values.tolist() == [list(gwtc.events).index(event) for event in expected]
    for i, name in enumerate(QUANTITIES):
        given = [gwtc.events[event][3 + i] for event in expected]
        np.testing.assert_array_equal(data[name], np.array(given, dtype=float))
        np.testing.assert_allclose(data[f"{name}_lower"], -np.abs(data[name]) / 10, rtol=1e-15)
        np.testing.assert_allclose(data[f"{name}_upper"], np.abs(data[name]) / 10, rtol=1e-15)


def test_nothing_is_cut_that_was_not_asked_for(gwtc, events):
    assert gwtc.every(events).load()["name"].values.tolist() == list(gwtc.events)


def test_every_step_is_counted(gwtc, events):
    assert steps_of(gwtc.own(events, mass_min=100, runs=["O3a", "O3b", "O4a"]).load()) == {
        "rows in the table": 7,
        "after one row an event, the highest version": 7,
        "of O3a, O3b, O4a by_catalog (runs)": 6,
        "with total_mass_source": 5,
        "with luminosity_distance": 5,
        "with network_matched_filter_snr": 5,
        "with network_matched_filter_snr > 8 (snr_min)": 4,
        "with total_mass_source >= 100 (mass_min)": 2,
    }


def test_missing_values_are_counted_before_the_cuts(gwtc, events):
    missing = json.loads(gwtc.own(events, runs=["O3a"]).load().attrs["missing"])
    expected = {"gps": 0, **dict.fromkeys(QUANTITIES, 1), "network_matched_filter_snr": 0}
    assert missing == expected | {"total_mass_source": 2, "chi_eff": 2}


def test_a_cut_requires_its_own_column(gwtc, tmp_path):
    gwtc.put(tmp_path, gwtc.edited("GW150914", network_matched_filter_snr=None))
    assert steps_of(gwtc.own(tmp_path, require=[]).load())["with network_matched_filter_snr"] == 6
    assert np.isnan(gwtc.every(tmp_path).load().network_matched_filter_snr.values[0])


def test_both_run_labels_are_kept_whichever_is_chosen(gwtc, events):
    for label in ("by_catalog", "by_gps"):
        data = gwtc.every(events, run_label=label).load()
        assert data.run_by_catalog.values.tolist() == ["O3a", "O1+O2", "O3a", "O3b", "O4a", "O4a", "O4a"]
        assert data.run_by_gps.values.tolist() == ["O1", "O2", "O3a", "O3b", "none", "O4a", "O4a"]
        assert (data.run == data[f"run_{label}"]).all()
        counts = json.loads(data.attrs["run_counts"])
        assert counts["by_catalog"] == {"O1+O2": 1, "O3a": 2, "O3b": 1, "O4a": 3}
        assert counts["by_gps"] == {"O1": 1, "O2": 1, "O3a": 1, "O3b": 1, "O4a": 2, "none": 1}


@pytest.mark.parametrize("gps", [1238166017, 1253977219, None])
def test_an_event_between_the_runs_is_of_none(gwtc, tmp_path, gps):
    gwtc.put(tmp_path, gwtc.edited("GW190521", GPS=gps))
    assert gwtc.every(tmp_path).load().run_by_gps.values[2] == "none"
    gwtc.put(tmp_path, gwtc.edited("GW190521", GPS=1238166018))
    assert gwtc.every(tmp_path).load().run_by_gps.values[2] == "O3a"


def test_the_highest_version_of_an_event_is_taken(gwtc, tmp_path):
    old, new, same = ({**gwtc.rows()[0], "version": v, "total_mass_source": m} for v, m in ((2, 1), (5, 7), (5, 9)))
    gwtc.put(tmp_path, [old, *gwtc.rows(), new, same])
    data = gwtc.every(tmp_path).load()
    assert data["name"].values.tolist() == [*list(gwtc.events)[1:], "GW150914"]
    assert data.total_mass_source.values[-1] == 7 and data.version.values[-1] == 5
    assert data.row_index.values.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert list(steps_of(data).values()) == [10, 7] and data.attrs["n_rows_file"] == 10


def test_dataset_describes_itself(gwtc, events):
    catalog = gwtc.own(events, runs=["O4a"])
    data = catalog.load()
    solar = {name for name in data if "mass" in name}
    for name, variable in data.variables.items():
        units = "solMass" if name in solar else "Mpc" if "distance" in name else "s" if name == "gps" else ""
        assert variable.dims == ("event",) and variable.attrs["units"] == units
        assert variable.attrs["long_name"]
    assert data.attrs["name"] == "gwtc" and data.attrs["n_rows"] == data.sizes["event"] == 2
    for paper in ("2108.01045", "2111.03606", "GWTC-4.0"):
        assert paper in data.attrs["reference"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256() == {SNAPSHOT.name: hash_file(find(SNAPSHOT, events))}
    assert json.loads(data.attrs["cuts"]) == {
        "source": "file",
        "snr_min": 8.0,
        "mass_min": None,
        "mass_max": None,
        "require": ["total_mass_source", "luminosity_distance", "network_matched_filter_snr"],
        "runs": ["O4a"],
        "run_label": "by_catalog",
    }
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_writing_to_a_dataset_changes_no_later_one(gwtc, events):
    first = gwtc.own(events).load()
    expected = first.copy(deep=True)
    for name in first.data_vars:
        first[name].values[...] = "" if first[name].dtype.kind == "U" else 7
        if name == "run_by_catalog":
            assert (first.run == expected.run).all()
    assert gwtc.own(events).load().identical(expected)


def test_table_is_gwpys_with_every_column_of_the_chosen_rows(gwtc, events):
    from gwpy.table import EventTable

    table = gwtc.own(events, mass_min=100).table()
    assert isinstance(table, EventTable)
    assert list(table["commonName"]) == ["GW190521", "GW231123_135430"] and table.colnames == list(gwtc.columns)


def test_registered_hash_needs_no_file(places):
    assert Gwtc().sha256() == {SNAPSHOT.name: SNAPSHOT.sha256}
    with pytest.raises(DataError, match=f"{SNAPSHOT.name} .60074 bytes.* was not found"):
        Gwtc().load()


def test_data_set_is_known_to_the_command_line():
    assert datasets()["gwtc"] == list(FILES)


def test_reading_leaves_the_style_of_figures_alone(events):
    script = (
        "import matplotlib\nbefore = dict(matplotlib.rcParams)\nfrom catalogs.gwtc import Gwtc\n"
        f"Gwtc(path={events!r}, verify_sha256=False).load()\nimport sys\nassert 'gwpy.plot' in sys.modules\n"
        "assert dict(matplotlib.rcParams) == before"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("request_", "n_rows", "counts"),
    [
        ({}, 165, {"O3a": 50, "O3b": 29, "O4a": 86}),
        ({"run_label": "by_gps"}, 165, {"O1": 3, "O2": 7, "O3a": 40, "O3b": 29, "O4a": 85, "none": 1}),
        ({"runs": ["O4a"]}, 86, {"O4a": 86}),
        ({"runs": ["O3a"], "run_label": "by_gps"}, 40, {"O3a": 40}),
        ({"runs": ["O4a"], "run_label": "by_gps"}, 85, {"O4a": 85}),
        ({"mass_min": 100}, 19, {"O3a": 5, "O3b": 1, "O4a": 13}),
        ({"mass_min": 100, "mass_max": 260}, 19, {"O3a": 5, "O3b": 1, "O4a": 13}),
        ({"snr_min": None}, 175, None),
        ({"snr_min": None, "require": []}, 219, {"O1+O2": 1, "O3a": 54, "O3b": 35, "O4a": 129}),
    ],
)
def test_published_sample_sizes(need, request_, n_rows, counts):
    need(SNAPSHOT)
    data = Gwtc(**request_).load()
    assert data.sizes == {"event": n_rows} and data.attrs["n_rows_file"] == 219
    if counts is not None:
        assert json.loads(data.attrs["run_counts"])[request_.get("run_label", "by_catalog")] == counts


def test_published_events_without_values(need):
    need(SNAPSHOT)
    data = Gwtc(snr_min=None, require=[]).load()
    no_mass = data.catalog.values[np.isnan(data.total_mass_source)].tolist()
    assert {label: no_mass.count(label) for label in no_mass} == {"GWTC-4.0": 43, "GWTC-1-confident": 1}
    no_spin = data["name"].values[np.isnan(data.chi_eff) & ~np.isnan(data.mass_1_source)].tolist()
    assert no_spin == ["GW230824_033047", "GW230920_071124", "GW231119_075248"]
    missing = json.loads(data.attrs["missing"])
    assert (
        missing["total_mass_source"] == 44 and missing["chi_eff"] == 46 and missing["network_matched_filter_snr"] == 0
    )
    assert json.loads(Gwtc().load().attrs["missing"]) == missing


def test_published_values_agree_with_an_independent_reading(need):
    need(SNAPSHOT)
    import pandas as pd

    data, table = Gwtc(snr_min=None, require=[]).load(), pd.read_csv(find(SNAPSHOT))
    assert data["name"].values.tolist() == table["commonName"].tolist()
    for name in QUANTITIES:
        for column in (name, f"{name}_lower", f"{name}_upper"):
            np.testing.assert_array_equal(data[column], table[column])
    assert data["name"].values[data.run_by_gps == "none"].tolist() == ["GW230518_125908"]


def test_published_masses_grow_with_distance(need):
    need(SNAPSHOT)
    for request_, expected in (({}, 0.6587), ({"runs": ["O4a"]}, 0.6530), ({"runs": ["O3a"]}, 0.6923)):
        data = Gwtc(**request_).load()
        correlation = np.corrcoef(data.luminosity_distance, data.total_mass_source)[0, 1]
        assert correlation == pytest.approx(expected, abs=5e-5)
