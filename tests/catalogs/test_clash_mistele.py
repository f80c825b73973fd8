"""The deprojected profiles of CLASH clusters: what is in them, the cuts and the refusals."""

import csv
import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from astropy import units as u

from catalogs.__main__ import datasets
from catalogs.clash_mistele import FILES, ClashMistele
from catalogs.clash_mistele_files import CLUSTERS, CORRELATIONS, PROFILES, SUMMARY
from catalogs.errors import DataError
from catalogs.files import find

HEAD = (
    "r_Mpc,M_Msun,M_stat_err_Msun,M_syst_err_up_Msun,M_syst_err_down_Msun,M2hsub_Msun,M2hsub_stat_err_Msun,"
    "M2hsub_syst_err_up_Msun,M2hsub_syst_err_down_Msun,ρ_Msun_Mpc3,ρ_stat_err_Msun_Mpc3,ρ_syst_err_up_Msun_Mpc3,"
    "ρ_syst_err_down_Msun_Mpc3"
)
SUMMARY_HEAD = (
    "name,Vflat_kms,Vflat_stat_err_kms,log10_Mb_beta_Msun,log10_Mb_r4tail_Msun,log10_M200c_Msun,"
    "log10_M200c_stat_err_Msun,log10_M200c_NFW_Msun"
)
PAIR = ["abell209", "ms2137"]
MATRIX = [[1.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 1.0]]


def row(radius=0.2, mass=6e13, error=2e13, one_halo=5e13):
    return f"{radius},{mass},{error},3e12,4e12,{one_halo},{error},3e12,4e12,1e15,2e14,3e14,4e14"


ROWS = [row(0.2), row(0.4, 9e13), row(0.8, -1e13, 3e13, -2e13)]


def put(folder, rows=ROWS, matrix=MATRIX, head=HEAD, cluster="abell209"):
    """Two clusters of three points, of which one is as asked for."""
    good = {"abell209": (HEAD, ROWS[:2] + [row(0.8, 9.5e13)], MATRIX), "ms2137": (HEAD, ROWS[:2], [[1, 0.3], [0.3, 1]])}
    for name, (its_head, its_rows, its_matrix) in (good | {cluster: (head, rows, matrix)}).items():
        (folder / PROFILES[name].name).write_text("\n".join([its_head, *its_rows]) + "\n", encoding="utf-8")
        lines = [",".join(str(value) for value in line) for line in its_matrix]
        (folder / CORRELATIONS[name].name).write_text("\n".join(lines) + "\n")
    lines = [SUMMARY_HEAD, "MS2137,1200.0,90,13.9,13.8,NaN,NaN,14.9", "Abell 209,1950,108,NaN,NaN,15.2,0.1,15.3"]
    (folder / SUMMARY.name).write_text("\n".join(lines) + "\n")
    return str(folder)


def own(folder, **request):
    return ClashMistele(path=str(folder), verify_sha256=False, **{"clusters": PAIR, **request})


def refused(folder, **request):
    with pytest.raises(DataError) as error:
        own(folder, **request).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_profiles_are_those_of_the_files(loaded):
    data = loaded(ClashMistele())
    assert data.sizes == {"point": 199, "other_point": 199, "cluster": 20}
    assert data.name.values.tolist() == list(CLUSTERS)
    columns = {"mass": "M_Msun", "mass_err": "M_stat_err_Msun", "mass_syst_upper": "M_syst_err_up_Msun"}
    columns |= {"mass_one_halo": "M2hsub_Msun", "mass_one_halo_syst_lower": "M2hsub_syst_err_down_Msun"}
    for i, name in enumerate(CLUSTERS):
        with find(PROFILES[name]).open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        points = data.isel(point=data.cluster_index.values == i)
        assert points.radius.values == pytest.approx([1e3 * float(each["r_Mpc"]) for each in rows], rel=1e-15)
        assert points.density.values == pytest.approx([1e-9 * float(each["ρ_Msun_Mpc3"]) for each in rows], rel=1e-14)
        for variable, column in columns.items():
            assert points[variable].values.tolist() == [float(each[column]) for each in rows]
        assert data.n_points.values[i] == len(rows)


def test_correlations_are_those_of_the_files_and_nothing_between_clusters(loaded):
    data = loaded(ClashMistele())
    index = data.cluster_index.values
    for i, name in enumerate(CLUSTERS):
        matrix = pd.read_csv(find(CORRELATIONS[name]), header=None).to_numpy()
        block = data.correlation.values[np.ix_(index == i, index == i)]
        assert np.abs(block - matrix).max() < 1e-15
        covariance = block * np.outer(data.mass_err.values[index == i], data.mass_err.values[index == i])
        np.linalg.cholesky(covariance)
    assert (data.correlation.values[index[:, None] != index] == 0).all()


def test_two_negative_masses_are_reported_and_kept(loaded):
    data = loaded(ClashMistele())
    found = json.loads(data.attrs["negative_masses"])
    assert [each["cluster"] for each in found] == ["macsj0744"] * 2
    assert sorted(each["mass"] for each in found) == sorted(data.mass.values[data.mass.values <= 0])
    assert json.loads(data.attrs["steps"]) == [
        {"step": "points in the files, 2 with a mass that is not > 0", "rows": 199}
    ]
    kept = loaded(ClashMistele(negative_mass="drop"))
    assert kept.sizes["point"] == 197 and (kept.mass > 0).all() and (kept.mass_one_halo > 0).all()
    assert kept.attrs["negative_masses"] == data.attrs["negative_masses"]
    assert json.loads(kept.attrs["steps"])[-1] == {"step": "with masses > 0 (negative_mass)", "rows": 197}


def test_masses_of_the_baryons_are_missing_in_four_clusters(loaded):
    data = loaded(ClashMistele())
    assert int(data.log10_m_bar_beta.isnull().sum()) == 4 and int(data.log10_m200.isnull().sum()) == 1
    row = data.isel(cluster=data.name.values.tolist().index("abell209"))
    assert [float(row.v_flat), float(row.log10_m_bar_beta)] == [1953.803961072379, 14.420663173180799]


def test_points_of_two_clusters_are_cut_with_their_correlations(tmp_path):
    data = own(put(tmp_path), radius_min=300, radius_max=800).load()
    assert data.radius.values == pytest.approx([400, 800, 400])
    assert data.name.values[data.cluster_index.values].tolist() == ["abell209", "abell209", "ms2137"]
    assert data.row_index.values.tolist() == [1, 2, 1]
    assert data.correlation.values.tolist() == [[1, 0.2, 0], [0.2, 1, 0], [0, 0, 1]]
    assert data.attrs["negative_masses"] == json.dumps([{"cluster": "abell209", "radius": 800.0, "mass": -1e13}])
    steps = json.loads(data.attrs["steps"])
    assert [each["rows"] for each in steps] == [5, 3, 3] and "1 with a mass that is not > 0" in steps[0]["step"]


def test_negative_masses_are_dropped_on_request_only(tmp_path):
    put(tmp_path)
    assert own(tmp_path).load().mass.values.tolist() == [6e13, 9e13, -1e13, 6e13, 9e13]
    data = own(tmp_path, negative_mass="drop").load()
    assert data.mass.values.tolist() == [6e13, 9e13, 6e13, 9e13]
    assert data.correlation.shape == (4, 4)


def test_clusters_that_a_cut_empties_leave_the_table(tmp_path):
    data = own(put(tmp_path), radius_min=500).load()
    assert data.name.values.tolist() == ["abell209"] and data.cluster_index.values.tolist() == [0]
    assert data.v_flat.values.tolist() == [1950] and np.isnan(data.log10_m_bar_beta.values).all()


def test_dataset_of_profiles_describes_itself(tmp_path):
    catalog = own(put(tmp_path))
    data = catalog.load()
    for variable in data.data_vars.values():
        assert variable.attrs["long_name"]
        u.Unit(variable.attrs["units"])
    assert data.attrs["name"] == "clash_mistele2025" and "Mistele" in data.attrs["reference"] and data.attrs["title"]
    assert json.loads(data.attrs["sha256"]) == catalog.sha256() and len(catalog.sha256()) == 5
    assert json.loads(data.attrs["cuts"]) == {
        "clusters": PAIR,
        "radius_min": None,
        "radius_max": None,
        "negative_mass": "keep",
    }
    assert all(isinstance(value, str | int) for value in data.attrs.values())
    assert data.attrs["n_rows"] == data.attrs["n_rows_file"] == 5 and data.attrs["n_clusters"] == 2
    assert hash(catalog) == hash(own(tmp_path, clusters=tuple(PAIR)))


def test_configuration_of_clash_mistele_has_every_field(composed):
    config = composed("catalog=clash_mistele")["catalog"]
    fields = {field.name: field.default for field in dataclasses.fields(ClashMistele)}
    assert dict(config) == {"_target_": "catalogs.clash_mistele.ClashMistele", **fields}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"clusters": "ms2137"}, "clusters='ms2137': must be a list of names, each once, or null for all"),
        (
            {"clusters": ["Abell209"]},
            "clusters=['Abell209']: no cluster 'Abell209' in Mistele et al. 2025; did you mean abell209 or abell2261 "
            "or abell611?",
        ),
        ({"radius_min": "1"}, "radius_min='1': must be a finite number >= 0, kpc, or null for no cut"),
        ({"radius_min": 9, "radius_max": 8}, "radius_min=9: must not be above radius_max=8"),
        ({"negative_mass": "clip"}, "negative_mass='clip': must be keep or drop"),
        ({"verify_sha256": 0}, "verify_sha256=0: must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_of_profiles_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        ClashMistele(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row("x"), "r_Mpc must be a finite number, not 'x'"),
        (row(-0.4), "r_Mpc must be > 0, not -0.4"),
        (row(0.2), "r_Mpc must increase from line to line, not 0.2"),
        (row(0.4, "NaN"), "M_Msun must be a finite number, not 'NaN'"),
        (row(0.4, error=0), "M_stat_err_Msun must be > 0, not 0.0"),
        (row(0.4, one_halo=""), "M2hsub_Msun must be a finite number, not ''"),
    ],
)
def test_bad_point_of_a_profile_names_its_line(tmp_path, bad, message):
    put(tmp_path, [ROWS[0], bad, ROWS[2]])
    assert refused(tmp_path) == f"abell209.csv: line 3: {message}"


def test_malformed_profiles_are_refused(tmp_path):
    put(tmp_path, [ROWS[0], "0.4,1,2"])
    assert refused(tmp_path) == "abell209.csv: line 3 has 3 values, must be 13 as its first line"
    put(tmp_path, head=HEAD.replace("M_stat_err_Msun,", "sd,").replace(",M2hsub_Msun", ",m2"))
    assert refused(tmp_path) == "abell209.csv: no column M_stat_err_Msun, M2hsub_Msun in its first line"
    put(tmp_path, [])
    assert refused(tmp_path) == "abell209.csv: no row below its first line"


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 1, 0.1], [1, 1, 0.1], [0.1, 0.1, 1]], "is singular or not positive definite: its smallest eigenvalue"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "is singular or not positive definite"),
        ([[1, 0.5], [0.5, 1]], "is 2x2, must be 3x3"),
        ([[1, 0.5, 0], [0.4, 1, 0], [0, 0, 1]], "is not symmetric"),
        ([[1, "nan", 0], ["nan", 1, 0], [0, 0, 1]], "has a value that is not finite"),
    ],
)
def test_bad_correlation_matrix_names_the_cluster(tmp_path, matrix, message):
    put(tmp_path, matrix=matrix)
    assert refused(tmp_path).startswith(f"abell209-M-corr.csv: abell209: the correlation matrix {message}")


def test_other_bad_matrices_name_the_cluster(tmp_path):
    put(tmp_path, matrix=[[1, 0, 0], [0, 2, 0], [0, 0, 1]])
    assert refused(tmp_path) == "abell209-M-corr.csv: abell209: the diagonal of the correlation matrix must be 1"
    put(tmp_path, matrix=[[1, "x", 0], [0, 1, 0], [0, 0, 1]])
    assert refused(tmp_path).startswith("abell209-M-corr.csv: abell209: not a matrix: could not convert")


def test_bad_table_of_clusters_is_refused(tmp_path):
    put(tmp_path)
    text = (tmp_path / SUMMARY.name).read_text()
    (tmp_path / SUMMARY.name).write_text(text.replace("Abell 209", "Abell 210"))
    assert refused(tmp_path) == "vflat-Mb-M200c.csv: no row for abell209"
    (tmp_path / SUMMARY.name).write_text(text.replace("Abell 209", "MS2137"))
    assert refused(tmp_path) == "vflat-Mb-M200c.csv: line 3: name must be there once, not MS2137"
    (tmp_path / SUMMARY.name).write_text(text.replace("Vflat_kms", "V"))
    assert refused(tmp_path) == "vflat-Mb-M200c.csv: no column Vflat_kms in its first line"


def test_cuts_that_leave_no_profile_are_said(tmp_path):
    assert refused(put(tmp_path), radius_min=900) == (
        "clash_mistele2025: no row is left: 5 points in the files of those named (clusters), 1 with a mass that is not "
        "> 0, 0 with radius >= 900 kpc (radius_min)"
    )


def test_missing_profiles_begin_with_the_status(places, tmp_path):
    with pytest.raises(DataError, match=r"^needs-data: vflat-Mb-M200c.csv .7275 bytes"):
        ClashMistele().load()
    put(tmp_path)
    (tmp_path / "ms2137.csv").unlink()
    assert refused(tmp_path).startswith("needs-data: ms2137.csv (2997 bytes")
    assert own(tmp_path, clusters=["abell209"]).load().sizes["cluster"] == 1
    assert ClashMistele(clusters=["ms2137"]).sha256() == {
        file.name: file.sha256 for file in (SUMMARY, PROFILES["ms2137"], CORRELATIONS["ms2137"])
    }


def test_altered_profiles_are_refused_unless_they_are_the_users_own(tmp_path):
    with pytest.raises(DataError, match=r"^vflat-Mb-M200c.csv: .*is altered.*verify_sha256=false"):
        ClashMistele(path=put(tmp_path), clusters=PAIR).load()


def test_profiles_are_known_to_the_command_line():
    assert datasets()["clash_mistele2025"] == list(FILES) and len(FILES) == 41


@pytest.mark.parametrize(("mass", "one_halo"), [(-1e13, 2e13), (1e13, -2e13), (0, 1e13)])
def test_one_mass_that_is_not_positive_is_enough(tmp_path, mass, one_halo):
    put(tmp_path, [ROWS[0], ROWS[1], row(0.8, mass, 3e13, one_halo)])
    data = own(tmp_path, clusters=["abell209"]).load()
    assert [each["mass"] for each in json.loads(data.attrs["negative_masses"])] == [mass]
    assert own(tmp_path, clusters=["abell209"], negative_mass="drop").load().sizes["point"] == 2
