"""The published tables of the Milky Way: what is in them, the cuts and the refusals."""

import csv
import json

import numpy as np
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.files import find
from catalogs.milky_way import FILES, TABLES, MilkyWay

EILERS = TABLES["eilers2019"].file
HEAD = "R_kpc,v_c_kms,sigma_minus_kms,sigma_plus_kms"
ROWS = ["5.0,230.0,2.0,1.0", "8.0,229.0,1.0,2.0", "12.0,222.5,0.5,0.75"]
LENGTHS = {"eilers2019": 38, "si11_4": 4, "si27_5": 3}


def put(folder, rows=ROWS, head=HEAD, table="eilers2019"):
    (folder / TABLES[table].file.name).write_text("\n".join([head, *rows]) + "\n")
    return str(folder)


def own(folder, **request):
    return MilkyWay(path=str(folder), verify_sha256=False, **request)


@pytest.mark.parametrize("table", TABLES)
def test_numbers_are_those_of_the_file(loaded, table):
    data = loaded(MilkyWay(table=table))
    with find(TABLES[table].file).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert data.sizes["row"] == len(rows) == LENGTHS[table]
    names = {"R_kpc": "radius", **{column: name for column, (name, _) in TABLES[table].columns.items()}}
    assert set(rows[0]) == set(names)
    for column, name in names.items():
        assert data[name].values.tolist() == [float(row[column]) for row in rows]


def test_line_through_the_measured_curve_is_the_published_one(loaded):
    data = loaded(MilkyWay())
    line, covariance = np.polyfit(data.radius - 8.122, data.v_c, 1, w=1 / data.v_c_err, cov="unscaled")
    assert line == pytest.approx([-1.737, 229.02], abs=0.005)
    assert np.sqrt(np.diagonal(covariance)) == pytest.approx([0.052, 0.22], rel=0.02)
    assert (data.v_c_err.values == (data.v_c_err_lower.values + data.v_c_err_upper.values) / 2).all()


def test_observed_column_of_si_11_4_is_a_line(loaded):
    data = loaded(MilkyWay(table="si11_4"))
    assert data.v_line.values == pytest.approx(233.3 - 1.7 * (data.radius.values - 8), abs=1e-12)
    assert data.v_gr.values.tolist() == [213.8, 190.7, 176.7, 150.1]
    assert "no measurement" in data.attrs["note"]


def test_medians_of_si_27_5_are_said_to_be_no_circular_velocities(loaded):
    data = loaded(MilkyWay(table="si27_5"))
    assert data.v_phi.values.tolist() == [226, 228, 229]
    assert "no circular velocity" in data.attrs["note"]


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [
        ({}, [0, 1, 2]),
        ({"radius_min": 8}, [1, 2]),
        ({"radius_max": 8.0}, [0, 1]),
        ({"radius_min": 5.1, "radius_max": 11}, [1]),
    ],
)
def test_radii_are_cut(tmp_path, cuts, rows):
    data = own(put(tmp_path), **cuts).load()
    assert data.row_index.values.tolist() == rows
    assert data.v_c.values.tolist() == [[230.0, 229.0, 222.5][row] for row in rows]
    assert json.loads(data.attrs["steps"])[-1]["rows"] == len(rows) == data.attrs["n_rows"]
    assert data.attrs["n_rows_file"] == 3


@pytest.mark.parametrize("table", TABLES)
def test_dataset_describes_itself(tmp_path, table):
    head = ",".join(["R_kpc", *TABLES[table].columns])
    rows = [",".join(["8.0"] + ["2.5"] * len(TABLES[table].columns))]
    catalog = own(put(tmp_path, rows, head, table), table=table, radius_max=9)
    data = catalog.load()
    for name, variable in data.data_vars.items():
        expected = {"row_index": "", "radius": "kpc"}.get(name, "km / s")
        assert variable.dims == ("row",) and variable.attrs["units"] == expected and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert data.attrs["name"] == f"milky_way_{table}" and data.attrs["reference"] and data.attrs["note"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {"table": table, "radius_min": None, "radius_max": 9}
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_writing_to_a_dataset_changes_no_later_one(tmp_path):
    first = own(put(tmp_path)).load()
    expected = first.copy(deep=True)
    for name in first.data_vars:
        first[name].values[...] = 7
    assert own(tmp_path).load().identical(expected)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"table": "sofue"}, "table='sofue': must be one of eilers2019, si11_4, si27_5"),
        ({"table": ["si11_4"]}, "table=['si11_4']: must be one of eilers2019, si11_4, si27_5"),
        ({"radius_min": -1}, "radius_min=-1: must be a finite number >= 0, kpc, or null for no cut"),
        ({"radius_max": "20"}, "radius_max='20': must be a finite number >= 0, kpc, or null for no cut"),
        ({"radius_min": 9, "radius_max": 8}, "radius_min=9: must not be above radius_max=8"),
        ({"verify_sha256": "yes"}, "verify_sha256='yes': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        MilkyWay(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,229.0,1.0,2.0", "R_kpc must be a finite number, not 'x'"),
        ("8.0,-229.0,1.0,2.0", "v_c_kms must be > 0, not -229.0"),
        ("8.0,229.0,0,2.0", "sigma_minus_kms must be > 0, not 0.0"),
        ("4.0,229.0,1.0,2.0", "R_kpc must increase from line to line, not 4.0"),
        ("5.0,229.0,1.0,2.0", "R_kpc must increase from line to line, not 5.0"),
    ],
)
def test_bad_row_names_line_and_column(tmp_path, row, message):
    put(tmp_path, [ROWS[0], row, ROWS[2]])
    with pytest.raises(DataError) as error:
        own(tmp_path).load()
    assert str(error.value) == f"{EILERS.name}: line 3: {message}"


def test_cuts_that_leave_nothing_are_said(tmp_path):
    with pytest.raises(DataError) as error:
        own(put(tmp_path), radius_min=13).load()
    assert str(error.value) == (
        f"{EILERS.name}: no row is left: 3 rows in the file, 0 with radius >= 13 kpc (radius_min); "
        "the radii go from 5 to 12 kpc"
    )


def test_missing_file_begins_with_the_status_and_says_how_to_make_it(places):
    with pytest.raises(
        DataError, match=r"^needs-data: eilers2019_table1.csv .917 bytes.*a CSV of R_kpc, v_c_kms, sigma_"
    ):
        MilkyWay().load()
    with pytest.raises(DataError, match="^needs-data: si27_5_gaia.*is not in the folder.*verify_sha256=false$"):
        MilkyWay(table="si27_5", path=str(places)).load()
    assert MilkyWay().sha256() == {EILERS.name: EILERS.sha256}


def test_altered_file_is_refused_unless_it_is_the_users_own(tmp_path):
    with pytest.raises(DataError, match=f"^{EILERS.name}: .*is altered.*verify_sha256=false"):
        MilkyWay(path=put(tmp_path)).load()


def test_files_are_known_to_the_command_line():
    assert datasets()["milky_way"] == list(FILES)
