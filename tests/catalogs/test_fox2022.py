"""The clusters of Fox+ 2022, rebuilt and as VizieR has them: what is in them, the cuts in order, the refusals."""

import csv
import dataclasses
import hashlib
import json

import numpy as np
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.errors import DataError
from catalogs.files import find
from catalogs.fox2022 import ERRORS, FILES, MODELS, RECOVERED, Fox2022

HEAD = "program,cluster,z_lens,M500_1e14Msun,M200_1e14Msun,MSL200kpc_1e12Msun"
ROWS = ["HFF,Abell 1,0.3,12.4,,179.7", "SGAS,SDSS 2,0.4,2.0,3.1,103.5", "RELICS,MS 3,0.5,2.2,3.4,120.25"]
ERROR_HEAD = "cluster,z_lens,MSL_200kpc_1e12Msun,MSL_200kpc_err_1e12Msun,M500_1e14Msun,spec_z_constraint"
ERROR_ROWS = ["Abell 1,0.3,179.7,2.0,12.4,"]
README = """J/ApJ/928/87        Strong lensing clusters                       (Fox+, 2022)
================================================================================
Byte-by-byte Description of file: table1.dat
--------------------------------------------------------------------------------
   Bytes Format Units     Label   Explanations
--------------------------------------------------------------------------------
   1- 12  A12   ---       Cluster Name of the cluster
  14- 18  F5.3  ---       z       Redshift
  20- 24  F5.2  10+14Msun M500    ?=--- Mass inside R500
  26- 30  F5.2  10+14Msun M200    ?=--- Mass inside R200
  32- 37  F6.2  10+12Msun MSL     ?=--- Projected mass inside 200 kpc
  39- 42  F4.1  10+12Msun E_MSL   ?=--- Upper error of MSL
  44- 47  F4.1  10+12Msun e_MSL   ?=--- Lower error of MSL
  49- 51  A3    ---       Spec    Spectroscopic constraint
--------------------------------------------------------------------------------
"""
LINES = [
    "Abell 1      0.300 12.40 19.00 179.70  2.0  1.0 yes",
    "Abell 1      0.300 12.40 19.00 150.00  9.0  9.0 yes",
    "SDSS J2+3    0.400  2.00  3.10 103.50  5.0  --- yes",
    "MS 3         0.500  2.20   --- 120.25  ---  --- yes",
    "RXC 4        0.600   ---   --- 200.00  1.0  1.0 yes",
    "PLCK G5      0.700  7.00 11.00    ---  ---  --- no ",
    "ACT 6        0.800  8.00 12.00 210.00  1.0  1.0 no ",
]


def put(folder, rows=ROWS, head=HEAD, errors=ERROR_ROWS):
    (folder / RECOVERED.name).write_text("\n".join([head, *rows]) + "\n")
    (folder / ERRORS.name).write_text("\n".join([ERROR_HEAD, *errors]) + "\n")
    return str(folder)


def put_table(folder, lines=LINES, readme=README):
    (folder / MODELS.name).write_text("\n".join(lines) + "\n")
    if readme:
        (folder / "ReadMe").write_text(readme)
    return str(folder)


def own(folder, **request):
    return Fox2022(path=str(folder), verify_sha256=False, **request)


def refused(folder, **request):
    with pytest.raises(DataError) as error:
        own(folder, **request).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def counts(data):
    return [each["rows"] for each in json.loads(data.attrs["steps"])]


def test_recovered_clusters_are_those_of_the_file(loaded):
    data = loaded(Fox2022())
    with find(RECOVERED).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert data.sizes == {"cluster": 51} and len(rows) == 51
    assert data.name.values.tolist() == [row["cluster"] for row in rows]
    assert data.program.values.tolist() == [row["program"] for row in rows]
    columns = {"z": "z_lens", "m500": "M500_1e14Msun", "m_sl": "MSL200kpc_1e12Msun"}
    for variable, column in columns.items():
        assert data[variable].values.tolist() == [float(row[column]) for row in rows]
    m200 = [float(row["M200_1e14Msun"] or "nan") for row in rows]
    assert np.array_equal(data.m200.values, m200, equal_nan=True) and np.isnan(m200).sum() == 2
    with find(ERRORS).open(newline="") as stream:
        errors = {row["cluster"]: float(row["MSL_200kpc_err_1e12Msun"]) for row in csv.DictReader(stream)}
    known = data.isel(cluster=~np.isnan(data.m_sl_err.values))
    assert dict(zip(known.name.values.tolist(), known.m_sl_err.values.tolist(), strict=True)) == errors


def test_recovered_clusters_are_labelled_as_such(loaded):
    data = loaded(Fox2022())
    assert data.attrs["title"].startswith("51 recovered clusters of Fox+ 2022")
    assert "not the 42" in data.attrs["title"] and "spec-z flag not recoverable" in data.attrs["title"]
    assert "spec-z flag is not recoverable" in data.attrs["note"]
    assert set(data.spec_z.values) == {"unknown"} and data.attrs["name"] == "fox2022_recovered51"
    assert counts(data) == [51, 51, 51, 51]
    assert "flag not recoverable" in json.loads(data.attrs["steps"])[2]["step"]
    assert len(json.loads(loaded(Fox2022(spec_z_only=False)).attrs["steps"])) == 3


def test_ratio_of_recovered_clusters_is_the_one_of_the_specification(loaded):
    """0.6765 = median of Sigma M_bar/M_SL with A = pi sqrt2, f = 0.15, conc = 0.4, W = 1, from the numbers alone."""
    data = loaded(Fox2022())
    h0, sun, kpc, c, big_g = 70e3 / 3.086e22, 1.989e30, 3.086e19, 2.998e8, 6.674e-11
    g_dagger = c * h0 / (4 * np.sqrt(np.pi))
    bar = 0.06 * data.m500.values * 1e14 * sun
    x = big_g * bar / (200 * kpc) ** 2 / g_dagger
    sigma = 1 + np.pi * np.sqrt(2) / (np.sqrt(x) * (1 + x))
    assert np.median(sigma * bar / (data.m_sl.values * 1e12 * sun)) == pytest.approx(0.676, abs=5e-4)


def test_recovered_clusters_are_cut_strictly(tmp_path):
    data = own(put(tmp_path)).load()
    assert data.row_index.values.tolist() == [0, 2] and counts(data) == [3, 3, 3, 2]
    assert data.attrs["n_rows_file"] == 3 and data.attrs["n_rows"] == 2
    assert own(tmp_path, m500_min=None).load().sizes["cluster"] == 3
    assert np.array_equal(data.m_sl_err.values, [2.0, np.nan], equal_nan=True)


def test_cuts_of_the_table_come_in_order_with_what_each_left(tmp_path):
    data = own(put_table(tmp_path), sample="table").load()
    assert counts(data) == [7, 6, 4, 3, 2]
    assert data.name.values.tolist() == ["Abell 1", "MS 3"] and data.row_index.values.tolist() == [0, 3]
    assert data.m500.values.tolist() == [12.4, 2.2] and data.m_sl.values.tolist() == [179.7, 120.25]
    assert np.array_equal(data.m200.values, [19.0, np.nan], equal_nan=True)
    assert np.array_equal(data.m_sl_err.values, [1.5, np.nan], equal_nan=True)
    assert data.spec_z.values.tolist() == ["yes", "yes"] and "program" not in data
    assert "recovered" not in data.attrs["title"]
    hashes = json.loads(data.attrs["sha256"])
    assert hashes["ReadMe"] == hashlib.sha256(README.encode()).hexdigest() and MODELS.name in hashes


@pytest.mark.parametrize(
    ("request_", "rows"),
    [
        ({"models": "all"}, [0, 1, 3]),
        ({"spec_z_only": False}, [0, 3, 6]),
        ({"m500_min": None}, [0, 2, 3]),
        ({"m500_min": 2.2}, [0]),
        ({"label_m200": None, "label_m_sl_err_upper": None}, [0, 3]),
    ],
)
def test_each_cut_of_the_table_can_be_undone(tmp_path, request_, rows):
    data = own(put_table(tmp_path), sample="table", **request_).load()
    assert data.row_index.values.tolist() == rows
    if "label_m200" in request_:
        assert np.isnan(data.m200.values).all() and data.m_sl_err.values[0] == 1.0


def test_units_of_the_table_are_converted(tmp_path):
    readme = README.replace("10+12Msun MSL ", "10+14Msun MSL ")
    data = own(put_table(tmp_path, readme=readme), sample="table").load()
    assert data.m_sl.values == pytest.approx([17970, 12025], rel=1e-14)


@pytest.mark.parametrize("sample", ["recovered51", "table"])
def test_dataset_of_fox_describes_itself(tmp_path, sample):
    put_table(tmp_path)
    catalog = own(put(tmp_path), sample=sample)
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.dims == ("cluster",) and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert u.Unit(data.m500.attrs["units"]) == 1e14 * u.solMass
    assert u.Unit(data.m_sl.attrs["units"]) == 1e12 * u.solMass
    assert data.attrs["name"] == f"fox2022_{sample}" and "Mahler" in data.attrs["reference"]
    assert catalog.sha256().items() <= json.loads(data.attrs["sha256"]).items()
    assert json.loads(data.attrs["cuts"]) == {
        "sample": sample,
        "models": "first",
        "spec_z_only": True,
        "m500_min": 2.0,
    }
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_configuration_of_fox2022_has_every_field(composed):
    config = composed("catalog=fox2022")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(Fox2022)}
    assert dict(config) == {"_target_": "catalogs.fox2022.Fox2022", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"sample": "42"}, "sample='42': must be table or recovered51"),
        ({"models": "last"}, "models='last': must be first or all"),
        (
            {"models": "all"},
            "models='all': recovered51 has the first lens model of each cluster only; set sample=table, or "
            "models=first",
        ),
        ({"spec_z_only": "yes"}, "spec_z_only='yes': must be true or false"),
        ({"m500_min": -2}, "m500_min=-2: must be a finite number >= 0, 1e14 Msun, or null for no cut"),
        ({"label_z": None}, "label_z=None: must be the label of a column"),
        ({"label_m200": ""}, "label_m200='': must be the label of a column, or null"),
        ({"verify_sha256": 1}, "verify_sha256=1: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_of_fox_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        Fox2022(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("SGAS,SDSS 2,0.4,-2.0,3.1,103.5", "M500_1e14Msun must be > 0, not -2.0"),
        ("SGAS,SDSS 2,0.4,2.0,3.1,0", "MSL200kpc_1e12Msun must be > 0, not 0.0"),
        ("SGAS,SDSS 2,0.4,,3.1,103.5", "M500_1e14Msun must be a finite number, not ''"),
        ("SGAS,SDSS 2,nan,2.0,3.1,103.5", "z_lens must be a finite number, not 'nan'"),
        ("SGAS,SDSS 2,0,2.0,3.1,103.5", "z_lens must be > 0, not 0.0"),
        ("SGAS,Abell 1,0.4,2.0,3.1,103.5", "cluster must be there once, not Abell 1"),
        ("SGAS,,0.4,2.0,3.1,103.5", "cluster must not be empty"),
    ],
)
def test_bad_recovered_row_names_its_line(tmp_path, row, message):
    put(tmp_path, [ROWS[0], row, ROWS[2]])
    assert refused(tmp_path) == f"fox2022_recovered51.csv: line 3: {message}"


def test_other_bad_recovered_files_are_refused(tmp_path):
    put(tmp_path, head=HEAD.replace("z_lens", "z"))
    assert refused(tmp_path) == "fox2022_recovered51.csv: no column z_lens in its first line"
    put(tmp_path, errors=["Abell 9,0.3,179.7,2.0,,"])
    assert refused(tmp_path) == (
        "fox2022_hff_subset.csv: line 2: cluster must be one of fox2022_recovered51.csv, not Abell 9"
    )
    put(tmp_path, errors=["Abell 1,0.3,179.0,2.0,,"])
    assert "line 2: MSL_200kpc_1e12Msun must be that of fox2022_recovered51.csv, not 179.0" in refused(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("12.40 19.00 179.70", "-2.40 19.00 179.70", "table1.dat: line 1: M500 must be > 0, not -2.4"),
        ("12.40 19.00 179.70", "12.40 19.00   0.00", "table1.dat: line 1: MSL must be > 0, not 0.0"),
        ("yes", "1  ", "table1.dat: no flag 'yes' in the column Spec, found '1', 'no'. Set label_spec_z"),
        ("12.40 19.00 179.70", "12.x0 19.00 179.70", "table1.dat: not the table that"),
    ],
)
def test_bad_table_of_fox_is_refused(tmp_path, old, new, message):
    put_table(tmp_path, [line.replace(old, new) for line in LINES])
    assert refused(tmp_path, sample="table").startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Spec ",
            "q_MSL",
            "label_spec_z='Spec': no such column of table1.dat in its ReadMe; there are Cluster, z, M500, M200, MSL, "
            "E_MSL, e_MSL, q_MSL",
        ),
        ("10+14Msun M500", "---       M500", "table1.dat: the unit of M500 must be a mass, not none, in its ReadMe"),
        ("10+12Msun MSL ", "kpc       MSL ", "table1.dat: the unit of MSL must be a mass, not kpc, in its ReadMe"),
        ("file: table1.dat", "file: table2.dat", "table1.dat: not the table that"),
    ],
)
def test_readme_of_another_table_is_refused(tmp_path, old, new, message):
    put_table(tmp_path, readme=README.replace(old, new))
    assert refused(tmp_path, sample="table").startswith(message)


def test_table_without_its_readme_needs_it(tmp_path):
    put_table(tmp_path, readme=None)
    assert refused(tmp_path, sample="table").startswith("needs-data: ReadMe is not beside ")


def test_cuts_that_leave_no_cluster_are_said(tmp_path):
    assert refused(put(tmp_path), m500_min=20) == (
        "fox2022_recovered51.csv: no row is left: 3 clusters in the file, 3 with M500 and MSL, 3 without a cut in the "
        "spectroscopic constraint: flag not recoverable (spec_z_only), 0 with M500 > 20e14 Msun (m500_min)"
    )


def test_missing_tables_of_fox_begin_with_the_status(places):
    with pytest.raises(DataError, match=r"^needs-data: table1.dat .21534 bytes.*catalog.sample=recovered51 needs nei"):
        Fox2022(sample="table").load()
    with pytest.raises(DataError, match=r"^needs-data: fox2022_recovered51.csv .2402 bytes.*catalog.sample=table"):
        Fox2022().load()
    assert Fox2022().sha256() == {file.name: file.sha256 for file in (RECOVERED, ERRORS)}
    assert Fox2022(sample="table").sha256() == {MODELS.name: MODELS.sha256}


def test_altered_tables_of_fox_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^fox2022_recovered51.csv: .*is altered.*verify_sha256=false"):
        Fox2022(path=put(tmp_path)).load()


def test_tables_of_fox_are_known_to_the_command_line():
    assert datasets()["fox2022"] == list(FILES)
