"""Matched controls of the counter-rotators: what is in the table, the cut in rank, the refusals."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.counter_rotation import CounterRotation
from catalogs.counter_rotation_controls import CONTROLS, FILES, CounterRotationControls
from catalogs.errors import DataError
from catalogs.files import find

HEAD = "case_mangaid,case_plateifu,control_mangaid,control_plateifu,match_rank,standardized_distance"
ROWS = ["1-1,10-1,1-2,10-2,1,0.5", "1-1,10-1,1-3,10-3,2,0.75", "1-4,10-4,1-2,10-2,1,1.25"]


def put(folder, rows=ROWS, head=HEAD):
    (folder / CONTROLS.name).write_text("\n".join([head, *rows]) + "\n")
    return str(folder)


def own(folder, **request):
    return CounterRotationControls(path=str(folder), verify_sha256=False, **request)


def test_controls_are_those_of_the_file(loaded):
    data = loaded(CounterRotationControls())
    with find(CONTROLS).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert data.sizes == {"pair": 310} and len(rows) == 310 and data.attrs["n_cases"] == 62
    for name, column in {
        "case_id": "case_mangaid",
        "case_plate_ifu": "case_plateifu",
        "control_id": "control_mangaid",
        "control_plate_ifu": "control_plateifu",
    }.items():
        assert data[name].values.tolist() == [row[column] for row in rows]
    assert data.match_rank.values.tolist() == [int(row["match_rank"]) for row in rows]
    assert data.standardized_distance.values.tolist() == [float(row["standardized_distance"]) for row in rows]


def test_every_case_has_five_controls_that_are_no_cases(loaded):
    data = loaded(CounterRotationControls())
    cases, counts = np.unique(data.case_id.values, return_counts=True)
    assert (counts == 5).all()
    assert not np.isin(data.control_id.values, cases).any()


def test_fourteen_cases_have_controls_with_a_fraction(loaded):
    data, fractions = loaded(CounterRotationControls()), loaded(CounterRotation())
    known = np.isin(data.control_id.values, fractions.manga_id.values)
    both = known & np.isin(data.case_id.values, fractions.manga_id.values)
    assert (known.sum(), both.sum(), np.unique(data.case_id.values[both]).size) == (104, 31, 14)


@pytest.mark.parametrize(("n_controls", "rows"), [(None, [0, 1, 2]), (2, [0, 1, 2]), (1, [0, 2])])
def test_the_nearest_controls_are_chosen_by_their_rank(tmp_path, n_controls, rows):
    data = own(put(tmp_path), n_controls=n_controls).load()
    assert data.row_index.values.tolist() == rows
    assert data.attrs["n_rows_file"] == 3 and data.attrs["n_rows"] == len(rows) and data.attrs["n_cases"] == 2
    assert json.loads(data.attrs["cuts"]) == {"n_controls": n_controls}
    assert json.loads(data.attrs["steps"])[-1]["rows"] == len(rows)


def test_dataset_of_controls_describes_itself(tmp_path):
    catalog = own(put(tmp_path))
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.dims == ("pair",) and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert data.attrs["name"] == "counter_rotation_controls" and data.attrs["title"] and data.attrs["reference"]
    assert "identities" in data.attrs["note"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_configuration_of_controls_has_every_field(composed):
    config = composed("catalog=counter_rotation_controls")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(CounterRotationControls)}
    assert dict(config) == {"_target_": "catalogs.counter_rotation_controls.CounterRotationControls", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"n_controls": 0}, "n_controls=0: must be a whole number >= 1, or null for all"),
        ({"n_controls": 1.5}, "n_controls=1.5: must be a whole number >= 1, or null for all"),
        ({"n_controls": True}, "n_controls=True: must be a whole number >= 1, or null for all"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
        ({"verify_sha256": 1}, "verify_sha256=1: must be true or false"),
    ],
)
def test_request_of_controls_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        CounterRotationControls(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1-1,10-1,1-2,10-2,3,0.9", "a case must have a control once, not 1-1 1-2"),
        ("1-5,10-5,1-5,10-5,1,0.9", "control_mangaid must not be the case itself, not 1-5"),
        ("1-5,10-5,,10-2,1,0.9", "control_mangaid must not be empty"),
        ("1-5,10-5,1-2,10-2,0,0.9", "match_rank must be >= 1, not 0.0"),
        ("1-5,10-5,1-2,10-2,1.5,0.9", "match_rank must be a whole number, not 1.5"),
        ("1-5,10-5,1-2,10-2,1,-0.9", "standardized_distance must be >= 0, not -0.9"),
        ("1-5,10-5,1-2,10-2,1,far", "standardized_distance must be a finite number, not 'far'"),
    ],
)
def test_bad_row_of_controls_names_its_line(tmp_path, row, message):
    with pytest.raises(DataError) as error:
        own(put(tmp_path, [ROWS[0], row])).load()
    assert str(error.value) == f"{CONTROLS.name}: line 3: {message}"


def test_a_table_without_a_column_of_controls_is_refused(tmp_path):
    put(tmp_path, head=HEAD.replace("match_rank", "rank"))
    with pytest.raises(DataError, match="^dynpop_crd_matched_controls.csv: no column match_rank in its first line"):
        own(tmp_path).load()


def test_missing_controls_begin_with_the_status(places):
    with pytest.raises(DataError, match=r"^needs-data: dynpop_crd_matched_controls.csv .18426 bytes.*controls=null"):
        CounterRotationControls().load()
    assert CounterRotationControls().sha256() == {CONTROLS.name: CONTROLS.sha256}


def test_altered_controls_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^dynpop_crd_matched_controls.csv: .*is altered.*verify_sha256=false"):
        CounterRotationControls(path=put(tmp_path)).load()


def test_controls_are_known_to_the_command_line():
    assert set(FILES) <= set(datasets()["counter_rotation"])
