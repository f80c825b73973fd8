"""The DESI DR2 loader: its cuts, its refusals, and the known facts of the published files."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from catalogs.__main__ import datasets
from catalogs.desi_dr2 import COVARIANCE, FILES, MEAN, QUANTITIES, DesiDR2
from catalogs.errors import DataError
from catalogs.files import find, hash_file

HEADER = "# [z] [value at z] [quantity]"
ROWS = ["0.3 8.0 DV_over_rs", "0.5 13.5 DM_over_rs", "0.5 21.9 DH_over_rs", "2.33 8.6 DH_over_rs"]
MATRIX = [[0.01, 0, 0, 0], [0, 0.03, -0.02, 0], [0, -0.02, 0.18, 0.001], [0, 0, 0.001, 0.02]]


def put(folder, rows=ROWS, matrix=MATRIX, header=HEADER):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MEAN.name).write_text("\n".join([header, *rows]) + "\n")
    (folder / COVARIANCE.name).write_text("\n".join(" ".join(map(str, row)) for row in matrix) + "\n")
    return str(folder)


def own(folder, **cuts):
    return DesiDR2(path=str(folder), verify_sha256=False, **cuts)


@pytest.fixture
def points(tmp_path):
    """Folder of a good catalogue of four points."""
    return put(tmp_path / "points")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"z_min": 3, "z_max": 2}, "z_min=3: must be below z_max=2"),
        ({"z_min": 2.0, "z_max": 2.0}, "z_min=2.0: must be below z_max=2.0"),
        ({"z_min": -0.1}, "z_min=-0.1: must be a finite number >= 0"),
        ({"z_min": float("nan")}, "z_min=nan: must be a finite number >= 0"),
        ({"z_min": None}, "z_min=None: must be a finite number >= 0"),
        ({"z_min": True}, "z_min=True: must be a finite number >= 0"),
        ({"z_max": "2"}, "z_max='2': must be a finite number, or null for no cut"),
        ({"z_max": float("inf")}, "z_max=inf: must be a finite number, or null for no cut"),
        ({"verify_sha256": "no"}, "verify_sha256='no': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        DesiDR2(**request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("cuts", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"z_min": 0.3}, [1, 2, 3]),
        ({"z_max": 0.5}, [0, 1, 2]),
        ({"z_min": 0.4, "z_max": 2}, [1, 2]),
    ],
)
def test_points_and_covariance_are_cut_by_the_same_rows(points, cuts, rows):
    data = own(points, **cuts).load()
    assert data.row_index.values.tolist() == rows
    assert data.z.values.tolist() == [float(ROWS[i].split()[0]) for i in rows]
    assert data.value.values.tolist() == [float(ROWS[i].split()[1]) for i in rows]
    assert data.quantity.values.tolist() == [ROWS[i].split()[2] for i in rows]
    assert data.covariance.values.tolist() == np.array(MATRIX)[np.ix_(rows, rows)].tolist()
    assert data.value_err.values == pytest.approx(np.sqrt(np.diagonal(MATRIX))[rows])


def test_cuts_that_leave_nothing_are_said(points):
    with pytest.raises(DataError, match="none of its 4 rows is left by z_min=3, z_max=None; z goes from 0.3 to 2.33"):
        own(points, z_min=3).load()


def test_dataset_describes_itself(points):
    catalog = own(points, z_min=0.4)
    data = catalog.load()
    assert data.sizes == {"row": 3, "row_": 3}
    for variable in data.data_vars.values():
        assert variable.attrs["units"] == "" and variable.attrs["long_name"]
    assert data.attrs["name"] == "desi_dr2"
    assert data.attrs["n_rows_file"] == 4 and data.attrs["n_rows"] == 3
    assert json.loads(data.attrs["sha256"]) == catalog.sha256()
    assert json.loads(data.attrs["cuts"]) == {"z_min": 0.4, "z_max": None}
    assert "2503.14738" in data.attrs["reference"]
    assert all(isinstance(value, str | int) for value in data.attrs.values())


def test_comments_and_empty_lines_are_no_rows(tmp_path):
    data = own(put(tmp_path, ["", "# a comment", *ROWS[:1], f"{ROWS[1]} # another"], np.eye(2))).load()
    assert data.z.values.tolist() == [0.3, 0.5]


def test_altered_file_is_refused_unless_it_is_the_users_own(points):
    with pytest.raises(DataError, match="desi_gaussian_bao_ALL_GCcomb_mean.txt.*altered.*verify_sha256=false"):
        DesiDR2(path=points).load()
    assert own(points).sha256() == {file.name: hash_file(Path(points) / file.name) for file in FILES}


def test_registered_hash_needs_no_file(places):
    assert DesiDR2().sha256() == {file.name: file.sha256 for file in FILES}


BAD_POINTS = {
    "nan": ("0.5 nan DM_over_rs", "line 3: value must be a finite number > 0, not nan"),
    "infinite": ("inf 13.5 DM_over_rs", "line 3: z must be a finite number > 0, not inf"),
    "text": ("0.5 x DM_over_rs", "line 3: value must be a finite number > 0, not x"),
    "no distance": ("0.5 0 DM_over_rs", "line 3: value must be a finite number > 0, not 0"),
    "no redshift": ("-0.5 13 DM_over_rs", "line 3: z must be a finite number > 0, not -0.5"),
    "unknown": ("0.5 13.5 DA_over_rs", "line 3: quantity 'DA_over_rs' must be one of DM_over_rs, DH_over_rs, DV_over"),
    "too few": ("0.5 13.5", "line 3 has 2 values, must be z, value and quantity"),
    "too many": ("0.5 13.5 DM_over_rs 1", "line 3 has 4 values, must be z, value and quantity"),
}


@pytest.mark.parametrize("case", BAD_POINTS)
def test_bad_point_is_one_line_that_says_where(tmp_path, case):
    row, message = BAD_POINTS[case]
    with pytest.raises(DataError, match=message) as error:
        own(put(tmp_path, [ROWS[0], row], np.eye(2))).load()
    assert str(error.value).startswith(MEAN.name) and "\n" not in str(error.value)


BAD_MATRICES = {
    "too few rows": ([[1, 0]], "mean.txt has 2 rows but .*cov.txt is for 1 "),
    "too many rows": ([[1, 0], [0, 1], [0, 0]], "mean.txt has 2 rows but .*cov.txt is for 3 "),
    "short row": ([[1, 0], [0]], "line 2 has 1 values, must be 2, one a row"),
    "long row": ([[1, 0, 0], [0, 1]], "line 1 has 3 values, must be 2, one a row"),
    "nan": ([[1, 0], ["nan", 1]], "line 2: column 0 must be a finite number, not nan"),
    "text": ([[1, "x"], [0, 1]], "line 1: column 1 must be a finite number, not x"),
    "asymmetric": ([[1, 0], [1e-5, 1]], "not symmetric: row 0, column 1 is 0 but its mirror is 1e-05"),
    "no error": ([[1, 0], [0, 0]], "every entry of the diagonal must be > 0, not 0"),
}


@pytest.mark.parametrize("case", BAD_MATRICES)
def test_bad_covariance_is_one_line_that_says_where(tmp_path, case):
    matrix, message = BAD_MATRICES[case]
    with pytest.raises(DataError, match=message) as error:
        own(put(tmp_path, ROWS[:2], matrix)).load()
    assert COVARIANCE.name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("content", [b"", b"\n# only a comment\n", b"\xff\xfe\x00\x80\n\x81"])
def test_empty_or_binary_file_is_one_line(points, file, content):
    (Path(points) / file.name).write_bytes(content)
    with pytest.raises(DataError, match=file.name) as error:
        own(points).load()
    assert "\n" not in str(error.value)


def test_data_set_is_known_to_the_command_line():
    assert datasets()["desi_dr2"] == list(FILES)


def test_the_packages_own_name_leads_to_the_published_file(need, monkeypatch, tmp_path):
    if importlib.util.find_spec("cosmofit") is None:
        pytest.skip("cosmofit is not installed")
    monkeypatch.delenv("SIGMA_DATA_DIR", raising=False)
    monkeypatch.setenv("SIGMA_CACHE_DIR", str(tmp_path))
    need(*FILES)
    for file in FILES:
        assert find(file).name != file.name
        assert find(file).stat().st_size == file.n_bytes


def test_published_points_agree_with_an_independent_reading(need):
    need(*FILES)
    data = DesiDR2().load()
    z, value = np.loadtxt(find(MEAN), usecols=(0, 1)).T
    np.testing.assert_array_equal(data.z, z)
    np.testing.assert_array_equal(data.value, value)
    np.testing.assert_array_equal(data.quantity, np.loadtxt(find(MEAN), usecols=2, dtype=str, skiprows=1))
    np.testing.assert_array_equal(data.covariance, np.loadtxt(find(COVARIANCE)))
    assert data.sizes == {"row": 13, "row_": 13}
    assert set(data.quantity.values) == set(QUANTITIES)
    assert np.linalg.eigvalsh(data.covariance.values).min() > 0


# D_M/r_d and D_H/r_d with their errors, as printed in Table IV of arXiv:2503.14738.
@pytest.mark.parametrize(
    ("z", "dm", "dm_err", "dh", "dh_err"), [(0.51, 13.588, 0.167, 21.863, 0.425), (0.706, 17.351, 0.177, 19.455, 0.330)]
)
def test_published_points_are_those_of_the_paper(need, z, dm, dm_err, dh, dh_err):
    need(*FILES)
    data = DesiDR2(z_min=z - 0.01, z_max=z).load()
    assert data.quantity.values.tolist() == ["DM_over_rs", "DH_over_rs"]
    assert data.value.values == pytest.approx([dm, dh], abs=1e-3)
    assert data.value_err.values == pytest.approx([dm_err, dh_err], rel=0.02)
