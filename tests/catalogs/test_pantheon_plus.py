"""The Pantheon+ loader: its cuts, its refusals, and the known facts of the published files."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.errors import DataError
from catalogs.files import hash_file
from catalogs.pantheon_plus import COVARIANCE, FILES, TABLE, PantheonPlus


def own(folder, **cuts):
    return PantheonPlus(path=folder, verify_sha256=False, **cuts)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"z_column": "zX"}, "z_column='zX': must be one of zHD, zCMB, zHEL"),
        ({"prefactor": 1}, "prefactor=1: must be one of zHEL, zHD, zCMB"),
        ({"magnitude": "mB"}, "magnitude='mB': must be one of m_b_corr, MU_SH0ES"),
        ({"covariance": "full"}, "covariance='full': must be one of stat_sys, diagonal"),
        ({"z_min": 3, "z_max": 2}, "z_min=3: must be below z_max=2"),
        ({"z_min": 2.0, "z_max": 2.0}, "z_min=2.0: must be below z_max=2.0"),
        ({"z_min": -0.1}, "z_min=-0.1: must be >= 0"),
        ({"z_min": float("nan")}, "z_min=nan: must be a finite number"),
        ({"z_min": "0.01"}, "z_min='0.01': must be a finite number"),
        ({"z_max": float("inf")}, "z_max=inf: must be a finite number, or null for no cut"),
        ({"calibrators": 1}, "calibrators=1: must be true or false"),
        ({"verify_sha256": "no"}, "verify_sha256='no': must be true or false"),
        ({"path": ""}, "path='': must be a folder, or null to search"),
    ],
)
def test_request_is_checked_when_it_is_made(request_, message):
    with pytest.raises(DataError) as error:
        PantheonPlus(**request_)
    assert str(error.value) == message


@settings(deadline=None)
@given(data=st.data())
def test_table_and_covariance_are_cut_by_the_same_rows(write, data):
    size = data.draw(st.integers(2, 8))
    z = data.draw(st.lists(st.floats(0.002, 2.0), min_size=size, max_size=size))
    calibrator = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    z_min, z_max = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(1.01, 2.5))))
    keep_calibrators = data.draw(st.booleans())
    matrix = write.matrix(size)
    expected = [i for i in range(size) if z_min < z[i] <= z_max and (keep_calibrators or not calibrator[i])]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), write.rows(z, calibrator), matrix)
        catalog = own(folder, z_min=z_min, z_max=z_max, calibrators=keep_calibrators)
        if not expected:
            with pytest.raises(DataError, match="none of its"):
                catalog.load()
            return
        rows = catalog.load()
    assert rows.row_index.values.tolist() == expected
    assert rows.cid.values.tolist() == [f"sn{i}" for i in expected]
    assert rows.z.values.tolist() == [z[i] for i in expected]
    for a, i in enumerate(expected):
        for b, j in enumerate(expected):
            assert rows.covariance.values[a, b] == (matrix[i, j] + matrix[j, i]) / 2


def test_lower_cut_is_strict_and_upper_cut_is_inclusive(small):
    rows = own(small, z_min=0.01, z_max=0.5).load()
    assert rows.row_index.values.tolist() == [1, 3]


@pytest.mark.parametrize(("column", "shift"), [("zHD", 0.0), ("zCMB", 0.001), ("zHEL", -0.0005)])
def test_any_redshift_can_be_the_hubble_diagram_or_the_prefactor(small, column, shift):
    rows = own(small, z_min=0, z_column=column).load()
    assert rows.z.values == pytest.approx(rows.z_hd.values + shift)
    rows = own(small, z_min=0, prefactor=column).load()
    assert rows.z_prefactor.values == pytest.approx(rows.z_hd.values + shift)


def test_magnitude_comes_with_its_own_error(small):
    rows = own(small, z_min=0).load()
    assert rows.magnitude.values[0] == 20 and rows.magnitude_err.values[0] == 0.1
    rows = own(small, z_min=0, magnitude="MU_SH0ES").load()
    assert rows.magnitude.values[0] == 39 and rows.magnitude_err.values[0] == 0.2


def test_diagonal_needs_no_covariance_file(small):
    (Path(small) / COVARIANCE.name).unlink()
    catalog = own(small, covariance="diagonal")
    rows = catalog.load()
    assert "covariance" not in rows
    assert rows.variance.values == pytest.approx(rows.magnitude_err.values**2)
    assert list(catalog.sha256()) == [TABLE.name]


@pytest.mark.parametrize("covariance", ["stat_sys", "diagonal"])
def test_dataset_describes_itself(small, covariance):
    catalog = own(small, covariance=covariance, calibrators=False)
    rows = catalog.load()
    units = {"magnitude": "mag", "magnitude_err": "mag", "covariance": "mag2", "variance": "mag2"}
    for name, variable in rows.data_vars.items():
        assert variable.attrs["units"] == units.get(name, "")
        assert variable.attrs["long_name"]
    assert rows.attrs["name"] == "pantheon_plus"
    assert rows.attrs["n_rows_file"] == 5 and rows.attrs["n_rows"] == rows.sizes["row"] == 2
    assert json.loads(rows.attrs["sha256"]) == catalog.sha256()
    assert json.loads(rows.attrs["cuts"]) == {
        "z_column": "zHD",
        "z_min": 0.01,
        "z_max": None,
        "calibrators": False,
    }
    assert all(isinstance(value, str | int) for value in rows.attrs.values())


def test_writing_to_a_dataset_changes_no_later_one(small):
    first = own(small, z_min=0).load()
    expected = first.copy(deep=True)
    for name in first.data_vars:
        first[name].values[...] = first[name].values[::-1].copy()
    assert own(small, z_min=0).load().identical(expected)


def test_file_that_changed_is_parsed_again(small, write):
    assert own(small).load().sizes["row"] == 3
    write(Path(small), write.rows([0.3, 0.4], [0, 0]), write.matrix(2))
    assert own(small).load().sizes["row"] == 2


def test_altered_file_is_refused_unless_it_is_the_users_own(small):
    with pytest.raises(DataError, match=r"Pantheon\+SH0ES.dat.*altered.*verify_sha256=false"):
        PantheonPlus(path=small).load()
    assert own(small).sha256() == {file.name: hash_file(Path(small) / file.name) for file in FILES}


def test_registered_hash_needs_no_file(places):
    catalog = PantheonPlus(path=str(places))
    assert catalog.sha256() == {file.name: file.sha256 for file in FILES}
    with pytest.raises(DataError, match=r"Pantheon\+SH0ES.dat .579283 bytes.* is not in"):
        catalog.load()


def edited(rows, row, old, new):
    return [line.replace(old, new) if i == row else line for i, line in enumerate(rows)]


BAD_TABLES = {
    "missing column": (lambda h, r: (h.replace("zHEL", "zhel"), r), "no column zHEL"),
    "text": (lambda h, r: (h, edited(r, 1, "21", "abc")), r"line 3 \(sn1\): m_b_corr.*not abc"),
    "nan": (lambda h, r: (h, edited(r, 2, "22", "nan")), r"line 4 \(sn2\): m_b_corr.*not nan"),
    "infinite": (lambda h, r: (h, edited(r, 0, "0.3", "inf")), r"line 2 \(sn0\): zHD.*not inf"),
    "short line": (lambda h, r: (h, edited(r, 2, " 0 0.5", "")), r"line 4 \(sn2\): has too few"),
    "long line": (lambda h, r: (h, edited(r, 1, "0.5", "0.5 7")), "not a table:.*line 3"),
    "long lines": (lambda h, r: (h, [line + " 7" for line in r]), "line 2 has more values"),
    "flag": (lambda h, r: (h, edited(r, 1, " 0 0.5", " 2 0.5")), r"IS_CALIBRATOR must be 0 or 1"),
    "error": (lambda h, r: (h, edited(r, 0, " 0.1 ", " 0 ")), "m_b_corr_err_DIAG must be > 0"),
    "truncated": (lambda h, r: (h, r[:2]), "has 2 rows but .*cov is for 3"),
    "no row": (lambda h, r: (h, []), "no row below its first line"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_bad_table_is_one_line_that_says_where(tmp_path, write, case):
    change, message = BAD_TABLES[case]
    header = "CID zHD zCMB zHEL m_b_corr m_b_corr_err_DIAG MU_SH0ES MU_SH0ES_ERR_DIAG "
    header, rows = change(header + "IS_CALIBRATOR x1", write.rows([0.3, 0.4, 0.6], [0, 0, 0]))
    folder = write(tmp_path, rows, write.matrix(3), header=header)
    with pytest.raises(DataError, match=message) as error:
        own(folder).load()
    assert TABLE.name in str(error.value) and "\n" not in str(error.value)


def test_column_that_is_not_used_may_be_missing(tmp_path, write):
    header = "CID zHD zCMB zHEL m_b_corr m_b_corr_err_DIAG a b IS_CALIBRATOR x1"
    folder = write(tmp_path, write.rows([0.3], [0]), [[1.0]], header=header)
    assert own(folder).load().sizes["row"] == 1
    with pytest.raises(DataError, match="no column MU_SH0ES, MU_SH0ES_ERR_DIAG"):
        own(folder, magnitude="MU_SH0ES").load()


BAD_MATRICES = {
    "too few": ([["1.0", "0"], ["0"]], 2, r"3 values after line 1, must be 2\*2 = 4"),
    "too many": ([["1.0", "0", "0", "1", "5"]], 2, "5 values after line 1"),
    "nan": ([["1.0", "0"], ["nan", "1"]], 2, r"line 4 \(row 1, column 0\) is not a finite"),
    "text": ([["1.0", "x"], ["0", "1"]], 2, r"line 3 \(row 0, column 1\) is not a finite"),
    "asymmetric": ([["1.0", "0"], ["1e-5", "1"]], 2, "not symmetric: row [01], column [01]"),
    "size": ([["1.0", "0"], ["0", "1"]], 1.5, "line 1 is 1.5"),
    "other size": ([["1.0"]], 1, "has 2 rows but .*cov is for 1"),
}


@pytest.mark.parametrize("case", BAD_MATRICES)
def test_bad_covariance_is_one_line_that_says_where(tmp_path, write, case):
    values, size, message = BAD_MATRICES[case]
    flat = [v for line in values for v in line]
    folder = write(tmp_path, write.rows([0.3, 0.4], [0, 0]), flat, size=size)
    with pytest.raises(DataError, match=message) as error:
        own(folder).load()
    assert COVARIANCE.name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00\x80\n\x81"])
def test_empty_or_binary_file_is_one_line(small, file, content):
    (Path(small) / file.name).write_bytes(content)
    with pytest.raises(DataError, match=file.name.replace("+", r"\+")) as error:
        own(small).load()
    assert "\n" not in str(error.value)


def test_rounding_asymmetry_is_averaged_away(tmp_path, write):
    flat = [1.0, 0.2, 0.2 + 1e-7, 1.0]
    folder = write(tmp_path, write.rows([0.3, 0.4], [0, 0]), flat, size=2)
    matrix = own(folder).load().covariance.values
    assert matrix[0, 1] == matrix[1, 0] == pytest.approx(0.2 + 5e-8, abs=1e-15)


def test_cuts_that_leave_nothing_are_said(small):
    with pytest.raises(DataError, match="z_column='zHD', z_min=5.*zHD goes from 0.005 to 1") as error:
        own(small, z_min=5).load()
    assert TABLE.name in str(error.value)


@pytest.mark.parametrize(
    ("cuts", "n_rows", "n_calibrators"),
    [
        ({}, 1590, 10),
        ({"calibrators": False}, 1580, 0),
        ({"z_column": "zCMB", "z_max": 2.5}, 1588, None),
        ({"z_column": "zHEL"}, 1583, None),
        ({"z_min": 0}, 1701, 77),
    ],
)
def test_published_sample_sizes(need, cuts, n_rows, n_calibrators):
    need(*FILES)
    rows = PantheonPlus(**cuts).load()
    assert rows.sizes == {"row": n_rows, "row_": n_rows}
    if n_calibrators is not None:
        assert int(rows.is_calibrator.sum()) == n_calibrators
    assert rows.attrs["n_rows_file"] == 1701
    assert json.loads(rows.attrs["sha256"]) == {file.name: file.sha256 for file in FILES}


def test_published_covariance_agrees_with_an_independent_reading(need):
    need(*FILES)
    from catalogs.files import find

    with find(COVARIANCE).open() as stream:
        size = int(stream.readline())
        raw = np.array(stream.read().split(), dtype=np.float64).reshape(size, size)
    rows = PantheonPlus().load()
    index = rows.row_index.values
    assert np.abs(rows.covariance.values - raw[index][:, index]).max() <= 3e-8
    assert (rows.covariance.values == rows.covariance.values.T).all()


def test_published_modulus_is_the_magnitude_and_a_constant(need):
    need(TABLE)
    magnitude = PantheonPlus(covariance="diagonal").load().magnitude
    modulus = PantheonPlus(covariance="diagonal", magnitude="MU_SH0ES").load().magnitude
    assert (modulus - magnitude).values == pytest.approx(19.253, abs=1e-3)
