"""The ten clusters of SI 5A.2b: what is in the tables, the choice and the refusals."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.cluster_profiles import FILES, TABLES, ClusterProfiles
from catalogs.errors import DataError
from catalogs.files import find

SI = TABLES["si5a2b"].file
HEAD = "cluster,z,M_gas_1e12Msun,M_gas_err_1e12Msun,M_star_1e12Msun,M_star_err_1e12Msun,MSL_200kpc_1e12Msun,gas_source"
ROWS = ['Abell 1,0.3,8.5,1.5,3.0,0.6,179.7,"Owers+ 2011, Merten+ 2011"', "Coma,0.02,3.5,0.5,2.0,0.4,80.0,Chandra"]


def put(folder, rows=ROWS, head=HEAD):
    (folder / SI.name).write_text("\n".join([head, *rows]) + "\n")
    return str(folder)


def own(folder, **request):
    return ClusterProfiles(path=str(folder), verify_sha256=False, **request)


@pytest.mark.parametrize(("table", "length"), [("si5a2b", 10), ("author12", 12)])
def test_masses_are_those_of_the_file(loaded, table, length):
    data = loaded(ClusterProfiles(table=table))
    known = TABLES[table]
    with find(known.file).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert data.sizes == {"cluster": length} and len(rows) == length
    assert data.name.values.tolist() == [row[known.label] for row in rows]
    for name, column in {"z": "z", **known.masses}.items():
        assert data[name].values.tolist() == [float(row[column]) for row in rows]
    for name, column in known.texts.items():
        assert data[name].values.tolist() == [row[column] for row in rows]


def test_masses_of_the_supplement_are_those_of_the_author_but_for_rounding(loaded):
    printed, gathered = loaded(ClusterProfiles()), loaded(ClusterProfiles(table="author12"))
    rest = [name for name in gathered.name.values if name in ("Coma", "Abell 2029")]
    theirs = gathered.isel(cluster=~np.isin(gathered.name.values, rest))
    assert len(rest) == 2
    for name in ("z", "m_gas", "m_gas_err", "m_star", "m_star_err"):
        assert printed[name].values.tolist() == theirs[name].values.tolist()
    assert printed.m_sl.values == pytest.approx(theirs.m_sl.values, abs=0.0501)


def test_ratio_of_the_ten_clusters_is_the_one_of_the_specification(loaded):
    """Median 0.676 and mean 0.772 of Sigma M_bar/M_SL with A = 8.4, from the numbers alone."""
    data = loaded(ClusterProfiles())
    h0, sun, kpc, c, big_g = 70e3 / 3.086e22, 1.989e30, 3.086e19, 2.998e8, 6.674e-11
    g_dagger = c * h0 / (4 * np.sqrt(np.pi))
    bar = (data.m_gas.values + data.m_star.values) * 1e12
    x = big_g * bar * sun / (200 * kpc) ** 2 / g_dagger
    ratio = (1 + 8.4 / (np.sqrt(x) * (1 + x))) * bar / (data.m_sl.values * 1e12)
    assert [np.median(ratio), ratio.mean()] == pytest.approx([0.676, 0.772], abs=5e-4)


def test_clusters_are_chosen_by_name(tmp_path):
    data = own(put(tmp_path), clusters=["Coma"]).load()
    assert data.name.values.tolist() == ["Coma"] and data.row_index.values.tolist() == [1]
    assert json.loads(data.attrs["steps"]) == [
        {"step": "clusters in the file", "rows": 2},
        {"step": "of those named (clusters)", "rows": 1},
    ]
    assert data.attrs["n_rows_file"] == 2 and data.attrs["n_rows"] == 1


@pytest.mark.parametrize("table", TABLES)
def test_dataset_of_masses_describes_itself(loaded, table):
    catalog = ClusterProfiles(table=table, clusters=["Abell 2744", "Abell 370"])
    data = loaded(catalog)
    for name, variable in data.data_vars.items():
        expected = "1e12 solMass" if name.startswith("m_") else ""
        assert variable.dims == ("cluster",) and variable.attrs["units"] == expected and variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert data.attrs["name"] == f"cluster_profiles_{table}" and data.attrs["reference"]
    assert "no measured profiles" in data.attrs["note"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {"table": table, "clusters": ["Abell 2744", "Abell 370"]}
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_configuration_of_cluster_profiles_has_every_field(composed):
    config = composed("catalog=cluster_profiles")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(ClusterProfiles)}
    assert dict(config) == {"_target_": "catalogs.cluster_profiles.ClusterProfiles", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"table": "si5"}, "table='si5': must be one of si5a2b, author12"),
        ({"clusters": "Coma"}, "clusters='Coma': must be a list of names, each once, or null for all"),
        ({"verify_sha256": "no"}, "verify_sha256='no': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_of_masses_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        ClusterProfiles(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Coma,0.02,-3.5,0.5,2.0,0.4,80.0,Chandra", "line 3: M_gas_1e12Msun must be > 0, not -3.5"),
        ("Coma,0.02,3.5,0.5,2.0,0,80.0,Chandra", "line 3: M_star_err_1e12Msun must be > 0, not 0.0"),
        ("Coma,0.02,3.5,0.5,2.0,0.4,nan,Chandra", "line 3: MSL_200kpc_1e12Msun must be a finite number, not 'nan'"),
        ("Coma,,3.5,0.5,2.0,0.4,80.0,Chandra", "line 3: z must be a finite number, not ''"),
        ("Coma,0.02,3.5,0.5,2.0,0.4,80.0,", "line 3: gas_source must not be empty"),
        ("Abell 1,0.02,3.5,0.5,2.0,0.4,80.0,Chandra", "line 3: cluster must be there once, not Abell 1"),
        ("Coma,0.02,3.5", "line 3 has 3 values, must be 8 as its first line"),
        ('Coma,0.02,3.5,0.5,2.0,0.4,80.0,"Chandra', "not a table: unexpected end of data"),
    ],
)
def test_bad_row_of_masses_names_its_line(tmp_path, row, message):
    put(tmp_path, [ROWS[0], row])
    with pytest.raises(DataError) as error:
        own(tmp_path).load()
    assert str(error.value) == f"clusters_profile.csv: {message}"


def test_masses_without_a_column_or_a_row_are_refused(tmp_path):
    put(tmp_path, head=HEAD.replace("M_gas_err", "sd").replace(",z", ",redshift"))
    with pytest.raises(DataError, match=r"^clusters_profile.csv: no column z, M_gas_err_1e12Msun in its first line$"):
        own(tmp_path).load()
    put(tmp_path, rows=[])
    with pytest.raises(DataError, match=r"^clusters_profile.csv: no row below its first line$"):
        own(tmp_path).load()
    (tmp_path / SI.name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"^clusters_profile.csv: not a table: .*decode"):
        own(tmp_path).load()


def test_unknown_cluster_of_the_supplement_lists_the_nearest(tmp_path):
    with pytest.raises(DataError) as error:
        own(put(tmp_path), clusters=["Comma"]).load()
    assert str(error.value) == "clusters=['Comma']: no cluster 'Comma' in clusters_profile.csv; did you mean Coma?"


def test_missing_masses_begin_with_the_status_and_say_how_to_type_them(places):
    with pytest.raises(DataError, match=r"^needs-data: clusters_profile.csv .781 bytes.*type it from SI 5A.2b: a CSV"):
        ClusterProfiles().load()
    assert ClusterProfiles().sha256() == {SI.name: SI.sha256}


def test_altered_masses_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^clusters_profile.csv: .*is altered.*verify_sha256=false"):
        ClusterProfiles(path=put(tmp_path)).load()


def test_masses_are_known_to_the_command_line():
    assert datasets()["clusters_profile"] == list(FILES)
