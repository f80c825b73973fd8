"""Events that a run wrote, read back as a catalogue."""

import json

import h5py
import numpy as np
import pytest
import xarray as xr

from catalogs.errors import DataError
from catalogs.events_of_run import EventsOfRun
from catalogs.files import hash_file
from catalogs.gwtc import SNAPSHOT, Gwtc
from outputs.file import write_run
from outputs.tree import run_tree, variable


def drawn():
    """Three events as a simulation would write them: no release, no time, no version."""
    return xr.Dataset(
        {
            "name": variable("event", np.array(["a", "b", "c"]), "", "name"),
            "total_mass_source": variable("event", [30.0, np.nan, 120.0], "solMass", "mass"),
            "luminosity_distance": variable("event", [0.4, 1.0, 3.0], "Gpc", "distance"),
            "network_matched_filter_snr": variable("event", [9.0, 20.0, 8.0], "", "ratio"),
            "epsilon": variable("event", [1.0, 2.0, 3.0], "", "of the run alone"),
            "threshold": variable((), 8.0, "", "of the run alone"),
        }
    )


@pytest.fixture
def run(tmp_path):
    """A run file of the drawn events."""
    return write_run(run_tree(data=drawn()), tmp_path / "drawn")


def test_events_come_back_in_the_documented_units(run):
    data = EventsOfRun(path=str(run), snr_min=None, require=[]).load()
    assert data["name"].values.tolist() == ["a", "b", "c"]
    assert data.luminosity_distance.values == pytest.approx([400.0, 1000.0, 3000.0], rel=1e-15)
    assert data.luminosity_distance.attrs["units"] == "Mpc"
    np.testing.assert_array_equal(data.total_mass_source, [30.0, np.nan, 120.0])
    names = {"total_mass_source", "luminosity_distance", "network_matched_filter_snr"}
    assert set(data.data_vars) == {"name", "row_index", "run_by_catalog", "run_by_gps", "run", *names}
    assert set(data.run.values) == {"none"}
    assert all(each.attrs["long_name"] and "units" in each.attrs for each in data.variables.values())


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [({}, [0]), ({"snr_min": 7}, [0, 2]), ({"snr_min": 7, "mass_min": 100}, [2]), ({"require": []}, [0, 1])],
)
def test_cuts_are_those_of_every_catalogue(run, cuts, rows):
    data = EventsOfRun(path=str(run), **cuts).load()
    assert data.row_index.values.tolist() == rows
    assert data.attrs["n_rows_file"] == 3 and data.attrs["n_rows"] == len(rows)
    assert json.loads(data.attrs["missing"])["total_mass_source"] == 1


def test_folder_of_the_run_will_do_and_its_hash_is_recorded(run):
    catalog = EventsOfRun(path=str(run.parent))
    assert catalog.sha256() == {"run.h5": hash_file(run)}
    data = catalog.load()
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert data.attrs["name"] == "events_of_run"
    assert json.loads(data.attrs["cuts"])["group"] == "data"
    assert all(isinstance(value, str | int) for value in data.attrs.values())
    assert hash(catalog) == hash(EventsOfRun(path=str(run.parent)))


@pytest.mark.parametrize("group", ["data/drawn", "/tables/drawn/"])
def test_another_group_may_be_named(tmp_path, group):
    tree = run_tree(tables={"drawn": drawn()})
    tree["data/drawn"] = xr.DataTree(drawn())
    path = write_run(tree, tmp_path)
    assert EventsOfRun(path=str(path), group=group).load().sizes["event"] == 1
    with pytest.raises(DataError) as error:
        EventsOfRun(path=str(path)).load()
    where = "there are some in group=data/drawn or group=tables/drawn"
    assert str(error.value) == f"run.h5: no gravitational-wave events in /data; {where}"


def test_published_events_come_back_unchanged(need, tmp_path):
    need(SNAPSHOT)
    published = Gwtc(snr_min=None, require=[]).load()
    path = write_run(run_tree(data=published), tmp_path)
    for cuts in ({}, {"runs": ["O4a"], "mass_min": 100}, {"run_label": "by_gps", "runs": ["O3a"]}):
        data, expected = EventsOfRun(path=str(path), **cuts).load(), Gwtc(**cuts).load()
        xr.testing.assert_identical(data.drop_attrs(), expected.drop_attrs())
        assert all(data[name].attrs == expected[name].attrs for name in expected)
        for name in ("run_counts", "missing", "n_rows_file", "n_rows", "reference"):
            assert data.attrs[name] == expected.attrs[name]
        origin = json.loads(data.attrs["origin"])
        assert origin["name"] == "gwtc" and origin["sha256"] == {SNAPSHOT.name: SNAPSHOT.sha256}
        assert origin["steps"] == json.loads(published.attrs["steps"]) and origin["cuts"]["require"] == []


def test_cuts_come_on_top_of_those_of_the_run(need, tmp_path):
    need(SNAPSHOT)
    path = write_run(run_tree(data=Gwtc(runs=["O4a"]).load()), tmp_path)
    data = EventsOfRun(path=str(path), snr_min=None, mass_min=100).load()
    assert data.sizes["event"] == 13 and data.attrs["n_rows_file"] == 86
    with pytest.raises(DataError, match=r"^run.h5: no event is left: 86 rows in the run, 0 of O3a by_catalog \(runs\)"):
        EventsOfRun(path=str(path), runs=["O3a"]).load()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "path=null: give the run.h5"),
        ({"path": ""}, "path='': give the run.h5"),
        ({"path": "x", "group": "/"}, "group='/': must be a group of the file, such as data"),
        ({"path": "x", "mass_min": -1}, "mass_min=-1: must be a finite number > 0, or null for no cut"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        EventsOfRun(**request_)
    assert str(error.value) == message


def test_missing_file_is_one_line(tmp_path):
    for ask in (EventsOfRun(path=str(tmp_path)).load, EventsOfRun(path=str(tmp_path / "no.h5")).sha256):
        with pytest.raises(
            DataError, match="^catalog.path='.*': no run file; give a run.h5 or the folder that holds one$"
        ):
            ask()


@pytest.mark.parametrize("content", [b"", b"text\n", b"\xff\xfe\x00\x80\n\x81"])
def test_no_hdf5_file_is_one_line(tmp_path, content):
    (tmp_path / "run.h5").write_bytes(content)
    with pytest.raises(DataError, match="^run.h5: not a whole HDF5 file") as error:
        EventsOfRun(path=str(tmp_path)).load()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", ["nothing", "a variable", "other dimension", "two dimensions", "a number", "a scale"])
def test_file_without_events_is_one_line(tmp_path, shape):
    data = {
        "nothing": xr.Dataset(),
        "other dimension": drawn().rename(event="row"),
        "two dimensions": xr.Dataset({"name": variable(("event", "row"), [["a"]], "", "name")}),
        "a number": xr.Dataset({"name": variable((), "a", "", "name")}),
        "a scale": xr.Dataset(coords={"event": variable("event", ["a"], "", "name")}),
    }
    path = write_run(run_tree(data=data.get(shape)), tmp_path)
    if shape == "a variable":
        with h5py.File(path, "r+") as file:
            file["data"] = 5.0
    with pytest.raises(DataError, match="^run.h5: no gravitational-wave events in /data$"):
        EventsOfRun(path=str(path)).load()


def test_column_that_a_cut_looks_at_must_be_there(tmp_path):
    path = write_run(run_tree(data=drawn().drop_vars("network_matched_filter_snr")), tmp_path)
    with pytest.raises(DataError, match="^run.h5: no column network_matched_filter_snr, which require or a cut asks"):
        EventsOfRun(path=str(path)).load()
    assert EventsOfRun(path=str(path), snr_min=None, require=[]).load().sizes["event"] == 3


def test_another_kind_of_unit_is_refused(tmp_path):
    data = drawn()
    data["luminosity_distance"].attrs["units"] = "solMass"
    path = write_run(run_tree(data=data), tmp_path)
    with pytest.raises(DataError, match="luminosity_distance is in the unit 'solMass', must be convertible to Mpc"):
        EventsOfRun(path=str(path)).load()


def test_a_run_of_supernovae_holds_no_events(small_run):
    with pytest.raises(DataError, match="^run.h5: no gravitational-wave events in /data$"):
        EventsOfRun(path=str(small_run)).load()
