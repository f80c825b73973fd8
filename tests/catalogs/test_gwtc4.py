"""The loader of the GWTC-4.0 summary table, on small files of its structure, and on the real one where it is."""

import json

import h5py
import numpy as np
import pytest

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.files import find, hash_file, locate
from catalogs.gwtc import SNAPSHOT, Gwtc
from catalogs.gwtc4 import FILES, SUMMARY, Gwtc4Summary

FIELDS = ("total_mass_source", "mass_1_source", "mass_2_source", "luminosity_distance", "redshift")
FIELDS += ("network_matched_filter_snr", "chi_eff")
NAN = float("nan")
ROWS = [  # gw_name, then the medians in the order of FIELDS
    (b"GW231123_135430 ", 230.0, 130.0, 100.0, 2100.0, 0.37, 20.7, 0.30),
    (b"GW230529_181500", 5.1, 3.6, 1.4, 200.0, 0.04, 11.4, -0.1),
    (b"GW231123_135430", 240.0, 140.0, 102.0, 2500.0, 0.41, NAN, 0.40),
    (b"GW231123_135430", 238.0, 136.0, 101.0, NAN, NAN, 20.1, NAN),
    (b"GW230814_230901", 61.0, 33.0, 28.0, 280.0, 0.06, 42.0, NAN),
    (b"GW230518_125908", 9.6, 8.2, 1.4, 230.0, 0.05, 7.9, 0.0),
    (b"GW240109_050431", NAN, NAN, NAN, NAN, NAN, 10.4, NAN),
]


def put(folder, rows=None, fields=FIELDS, text="S32"):
    folder.mkdir(parents=True, exist_ok=True)
    dtype = [("gw_name", text), ("approximant", "S8")]
    table = np.zeros(len(ROWS if rows is None else rows), [*dtype, *((f"{field}_median", "f8") for field in fields)])
    for entry, (event, *values) in zip(table, ROWS if rows is None else rows, strict=True):
        entry["gw_name"], entry["approximant"] = event, b"XPHM"
        for field in fields:
            entry[f"{field}_median"] = values[FIELDS.index(field)] if field in FIELDS else 20.0
    with h5py.File(folder / SUMMARY.name, "w") as file:
        file["summary_info"] = table
    return str(folder)


def own(folder, **request):
    return Gwtc4Summary(path=str(folder), verify_sha256=False, **request)


@pytest.fixture
def summary(tmp_path):
    """Folder of a good made-up table: seven analyses of five events."""
    return put(tmp_path / "gwtc4")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"dedup": "no"}, "dedup='no': must be true or false"),
        ({"verify_sha256": 0}, "verify_sha256=0: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
        ({"snr_min": "8"}, "snr_min='8': must be a finite number >= 0, or null for no cut"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        Gwtc4Summary(**request_)
    assert str(error.value) == message


def test_an_event_is_the_median_of_its_analyses(summary):
    data = own(summary, snr_min=None, require=[]).load()
    names = ["GW231123_135430", "GW230529_181500", "GW230814_230901", "GW230518_125908", "GW240109_050431"]
    assert data["name"].values.tolist() == names
    first = [float(data[field][0]) for field in FIELDS]
    assert first == pytest.approx([238.0, 136.0, 101.0, 2300.0, 0.39, 20.4, 0.35], rel=1e-15)
    for i, event in enumerate(names[1:], 1):
        (row,) = (row for row in ROWS if row[0].decode() == event)
        np.testing.assert_array_equal([float(data[field][i]) for field in FIELDS], row[1:])


def test_without_it_every_analysis_is_a_row(summary):
    data = own(summary, dedup=False, snr_min=None, require=[]).load()
    assert data["name"].values.tolist() == [row[0].decode().strip() for row in ROWS]
    np.testing.assert_array_equal(data.total_mass_source, [row[1] for row in ROWS])
    assert own(summary, dedup=False).load().sizes["event"] == 3


def test_cuts_and_counts_are_those_of_the_events(summary):
    data = own(summary, mass_min=10).load()
    assert data["name"].values.tolist() == ["GW231123_135430", "GW230814_230901"]
    assert [(each["rows"], each["step"]) for each in json.loads(data.attrs["steps"])] == [
        (7, "analyses in the file"),
        (5, "after one row an event, the medians over its analyses"),
        (4, "with total_mass_source"),
        (4, "with luminosity_distance"),
        (4, "with network_matched_filter_snr"),
        (3, "with network_matched_filter_snr > 8 (snr_min)"),
        (2, "with total_mass_source >= 10 (mass_min)"),
    ]
    assert data.attrs["n_rows_file"] == 7 and data.attrs["n_rows"] == 2
    missing = json.loads(data.attrs["missing"])
    assert missing["chi_eff"] == 2 and missing["total_mass_source"] == 1 and missing["gps"] == 0


def test_run_is_o4a_by_the_release_and_that_of_the_time_in_the_name(tmp_path):
    rows = [*ROWS, (b"S230601bf", *ROWS[1][1:])]
    data = own(put(tmp_path, rows), snr_min=None, require=[], run_label="by_gps").load()
    assert set(data.run_by_catalog.values) == {"O4a"}
    assert data.run.values.tolist() == ["O4a", "O4a", "O4a", "none", "O4a", "none"]
    assert np.isnan(data.gps.values[-1]) and json.loads(data.attrs["missing"])["gps"] == 1


def test_time_in_a_name_is_the_published_one(need, summary):
    need(SNAPSHOT)
    published = Gwtc(snr_min=None, require=[], runs=["O4a"]).load()
    times = dict(zip(published["name"].values.tolist(), published.gps.values, strict=True))
    data = own(summary, snr_min=None, require=[]).load()
    for name, gps in zip(data["name"].values.tolist(), data.gps.values, strict=True):
        assert 0 <= times[name] - gps < 1


def test_dataset_describes_itself(summary):
    catalog = own(summary)
    data = catalog.load()
    for name, variable in data.variables.items():
        units = "solMass" if "mass" in name else "Mpc" if "distance" in name else "s" if name == "gps" else ""
        assert variable.dims == ("event",) and variable.attrs["units"] == units
        assert variable.attrs["long_name"]
    assert set(data.data_vars) == {"name", "catalog", "gps", "run_by_catalog", "run_by_gps", "run", *FIELDS}
    assert data.attrs["name"] == "gwtc4" and "GWTC-4.0" in data.attrs["reference"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256() == {SUMMARY.name: hash_file(find(SUMMARY, summary))}
    assert json.loads(data.attrs["cuts"])["dedup"] is True
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_names_may_be_of_variable_length_and_chirp_masses_there(tmp_path):
    put(tmp_path, fields=(*FIELDS, "chirp_mass_source"), text=h5py.string_dtype())
    data = own(tmp_path).load()
    assert data["name"].values.tolist() == ["GW231123_135430", "GW230529_181500", "GW230814_230901"]
    assert data.chirp_mass_source.values.tolist() == [20.0, 20.0, 20.0]


def test_missing_file_begins_with_the_status_and_nothing_stands_in(places):
    with pytest.raises(DataError, match=f"^needs-data: {SUMMARY.name} .204682 bytes.* fetch gwtc4.*SIGMA_DATA_DIR is"):
        Gwtc4Summary().load()
    with pytest.raises(DataError, match="^needs-data: .*is not in the folder.*No other catalogue stands in for it$"):
        Gwtc4Summary(path=str(places)).load()
    with pytest.raises(DataError, match="^needs-data: "):
        own(places).sha256()


def test_registered_hash_needs_no_file(places):
    assert Gwtc4Summary().sha256() == {SUMMARY.name: SUMMARY.sha256}


def test_altered_file_is_refused_unless_it_is_the_users_own(summary):
    with pytest.raises(DataError, match=f"^{SUMMARY.name}.*altered.*fetch gwtc4.*verify_sha256=false"):
        Gwtc4Summary(path=summary).load()


@pytest.mark.parametrize("field", ["gw_name", *(f"{field}_median" for field in FIELDS)])
def test_missing_field_is_named(tmp_path, field):
    if field == "gw_name":
        with h5py.File(tmp_path / SUMMARY.name, "w") as file:
            file["summary_info"] = np.zeros(2, [(f"{name}_median", "f8") for name in FIELDS])
    else:
        put(tmp_path, fields=[name for name in FIELDS if f"{name}_median" != field])
    with pytest.raises(DataError, match=f"^{SUMMARY.name}: no column {field}$"):
        own(tmp_path).load()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (0, -1.0, "total_mass_source_median must be a finite number > 0, not -1"),
        (3, 0.0, "luminosity_distance_median must be a finite number > 0, not 0"),
        (3, float("inf"), "luminosity_distance_median must be a finite number > 0, not inf"),
    ],
)
def test_bad_value_names_event_and_column(tmp_path, field, value, message):
    rows = [list(row) for row in ROWS]
    rows[2][1 + field] = value
    with pytest.raises(DataError, match=f"^{SUMMARY.name}: GW231123_135430: {message}$"):
        own(put(tmp_path, rows)).load()


def test_other_units_no_rows_and_no_event_left_are_one_line(tmp_path, summary):
    rows = [(*row[:4], row[4] / 1000, *row[5:]) for row in ROWS]
    with pytest.raises(DataError, match="luminosity_distance_median: every value is below 30 .*like another unit"):
        own(put(tmp_path, rows)).load()
    with pytest.raises(DataError, match="no event in it"):
        own(put(tmp_path, [])).load()
    with pytest.raises(DataError, match=r"no event is left: 7 analyses in the file, .* 0 with .* > 99 \(snr_min\)$"):
        own(summary, snr_min=99).load()
    with pytest.raises(DataError, match="no column chi_eff_lower, which require or a cut asks for"):
        own(summary, require=["chi_eff_lower"]).load()


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\xff\xfe\x00\x80\n\x81"])
def test_no_hdf5_file_is_one_line(tmp_path, content):
    (tmp_path / SUMMARY.name).write_bytes(content)
    with pytest.raises(DataError, match=f"^{SUMMARY.name}: not a whole HDF5 file") as error:
        own(tmp_path).load()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", ["other name", "plain", "group", "number"])
def test_hdf5_without_the_table_is_one_line(tmp_path, shape):
    with h5py.File(tmp_path / SUMMARY.name, "w") as file:
        if shape == "group":
            file.create_group("summary_info")
        elif shape == "other name":
            file["info"] = np.zeros(2)
        else:
            file["summary_info"] = np.zeros(3) if shape == "plain" else 5.0
    with pytest.raises(DataError, match=f"^{SUMMARY.name}: no table summary_info in it$"):
        own(tmp_path).load()


def test_data_set_is_known_to_the_command_line():
    assert datasets()["gwtc4"] == list(FILES)


# r and the counts as printed; the file cannot be had everywhere, so its absence is no failure of the suite
@pytest.mark.parametrize(("dedup", "n_rows", "n_gap", "correlation"), [(True, 79, 11, 0.639), (False, 339, 62, 0.585)])
def test_published_sample(dedup, n_rows, n_gap, correlation):
    if locate(SUMMARY) is None:
        pytest.skip("needs-data: the GWTC-4.0 summary table")
    data = Gwtc4Summary(dedup=dedup).load()
    assert data.attrs["n_rows_file"] == 370 and data.sizes["event"] == n_rows
    assert int((data.total_mass_source >= 100).sum()) == n_gap
    assert np.corrcoef(data.luminosity_distance, data.total_mass_source)[0, 1] == pytest.approx(correlation, abs=5e-4)
