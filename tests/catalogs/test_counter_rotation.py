"""Dark-matter fractions with the counter-rotators: what is in the tables, the cuts and the refusals."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from astropy import units as u
from scipy import stats

from catalogs.__main__ import datasets
from catalogs.counter_rotation import COUNTER_ROTATORS, FILES, FRACTIONS, CounterRotation
from catalogs.errors import DataError
from catalogs.files import find

HEAD = "PlateIFU,MaNGAID,M*[Msun],fDM(Reff),Reff[kpc],QualityFlag"
ROWS = ["1-1,1-10,1e11,0.25,6.8,2", "1-2,1-20,2e11,0.5,7.0,1", "1-3,1-10,3e11,1.25,5.0,3", "1-4,1-20,4e11,0,5.5,1"]
CASES = ["1-20,1-2,1", "1-99,9-9,0"]


def put(folder, rows=ROWS, head=HEAD, cases=CASES):
    (folder / FRACTIONS.name).write_text("\n".join([head, *rows]) + "\n")
    (folder / COUNTER_ROTATORS.name).write_text("\n".join(["mangaid,plateifu,in_li2024_subset", *cases]) + "\n")
    return str(folder)


def own(folder, **request):
    return CounterRotation(path=str(folder), verify_sha256=False, **request)


def refused(folder, **request):
    with pytest.raises(DataError) as error:
        own(folder, **request).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_fractions_are_those_of_the_file(loaded):
    data = loaded(CounterRotation(repeats="all"))
    with find(FRACTIONS).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert data.sizes == {"galaxy": 2538} and len(rows) == 2538
    assert data.manga_id.values.tolist() == [row["MaNGAID"] for row in rows]
    assert data.plate_ifu.values.tolist() == [row["PlateIFU"] for row in rows]
    columns = {"stellar_mass": "M*[Msun]", "f_dm": "fDM(Reff)", "r_eff": "Reff[kpc]", "quality": "QualityFlag"}
    for name, column in columns.items():
        assert data[name].values.tolist() == [float(row[column]) for row in rows]
    assert data.attrs["n_counter_rotating"] == 14 and data.attrs["n_counter_rotating_listed"] == 62


@pytest.mark.parametrize("repeats", ["last", "first"])
def test_each_galaxy_is_there_once(loaded, repeats):
    data = loaded(CounterRotation(repeats=repeats))
    assert data.sizes["galaxy"] == 2506 == np.unique(data.manga_id.values).size
    counter = data.is_counter_rotating.values
    assert [np.median(data.f_dm[counter]), np.median(data.f_dm[~counter])] == pytest.approx([0.0135, 0.080], abs=5e-4)
    p = stats.mannwhitneyu(data.f_dm[counter], data.f_dm[~counter], alternative="less").pvalue
    assert p > 0.05  # 14 galaxies do not tell


@pytest.mark.parametrize(
    ("repeats", "rows", "counts"),
    [("all", [0, 1, 3], [4, 3]), ("last", [0, 3], [4, 3, 2]), ("first", [0, 1], [4, 3, 2])],
)
def test_repeated_observations_are_chosen_after_the_cut(tmp_path, repeats, rows, counts):
    data = own(put(tmp_path), repeats=repeats).load()
    assert data.row_index.values.tolist() == rows
    assert [each["rows"] for each in json.loads(data.attrs["steps"])] == counts
    assert data.is_counter_rotating.values.tolist() == [ROWS[row].split(",")[1] == "1-20" for row in rows]
    assert data.attrs["n_rows_file"] == 4 and data.attrs["n_rows"] == len(rows)


def test_dataset_of_fractions_describes_itself(tmp_path):
    catalog = own(put(tmp_path))
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.dims == ("galaxy",) and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert data.attrs["name"] == "counter_rotation" and "Bevacqua" in data.attrs["reference"] and data.attrs["title"]
    assert "quarter" in data.attrs["note"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {"repeats": "last"}
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_configuration_of_counter_rotation_has_every_field(composed):
    config = composed("catalog=counter_rotation")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(CounterRotation)}
    assert dict(config) == {"_target_": "catalogs.counter_rotation.CounterRotation", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"repeats": "best"}, "repeats='best': must be one of last, first, all"),
        ({"verify_sha256": "no"}, "verify_sha256='no': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_of_fractions_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        CounterRotation(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1-2,1-20,-2e11,0.5,7.0,1", "M*[Msun] must be > 0, not -200000000000.0"),
        ("1-2,1-20,2e11,nan,7.0,1", "fDM(Reff) must be a finite number, not 'nan'"),
        ("1-2,1-20,2e11,0.5,0,1", "Reff[kpc] must be > 0, not 0.0"),
        ("1-2,1-20,2e11,0.5,7.0,", "QualityFlag must be a finite number, not ''"),
        ("1-1,1-20,2e11,0.5,7.0,1", "PlateIFU must be there once, not 1-1"),
        ("1-2,,2e11,0.5,7.0,1", "MaNGAID must not be empty"),
    ],
)
def test_bad_row_of_fractions_names_its_line(tmp_path, row, message):
    assert refused(put(tmp_path, [ROWS[0], row])) == f"{FRACTIONS.name}: line 3: {message}"


def test_other_bad_tables_of_fractions_are_refused(tmp_path):
    put(tmp_path, head=HEAD.replace("fDM(Reff)", "f"))
    assert refused(tmp_path) == f"{FRACTIONS.name}: no column fDM(Reff) in its first line"
    put(tmp_path, cases=["1-20,1-2,1", "1-20,1-4,1"])
    assert refused(tmp_path) == f"{COUNTER_ROTATORS.name}: line 3: mangaid must be there once, not 1-20"
    put(tmp_path, rows=[ROWS[2]])
    assert refused(tmp_path) == (
        f"{FRACTIONS.name}: no row is left: 1 observations in the file, 0 with 0 <= f_DM <= 1 and log10 M > 0, "
        "0 that are the last of their galaxy (repeats)"
    )


def test_missing_fractions_begin_with_the_status(places):
    with pytest.raises(DataError, match=r"^needs-data: manga_dynpop_li2024_subset.csv .133552 bytes.*_JAM.fits"):
        CounterRotation().load()
    assert CounterRotation().sha256() == {file.name: file.sha256 for file in FILES}


def test_altered_fractions_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^manga_dynpop_li2024_subset.csv: .*is altered.*verify_sha256=false"):
        CounterRotation(path=put(tmp_path)).load()


def test_fractions_are_known_to_the_command_line():
    assert set(FILES) <= set(datasets()["counter_rotation"])
