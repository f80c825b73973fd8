"""Comma-separated tables: what is read, exactly, and what is refused."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.csv_tables import read_csv, refuse_lines
from catalogs.errors import DataError
from catalogs.files import hash_file

BIG = 4161585441691080449  # a float64 would round it


def read(path, content, numbers=("a", "b"), ids=("id",)):
    packed = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(packed) if path.suffix == ".gz" and content[:1] != "!" else packed)
    return read_csv(path, hash_file(path), numbers, ids)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_columns_are_found_by_name(tmp_path, name):
    table = read(tmp_path / name, f"b,c,id,a\n1.5,x,{BIG},-2e3\n.25,,7,4\n")
    assert list(table) == ["id", "a", "b"]
    assert table["id"].tolist() == [BIG, 7] and table["id"].dtype == np.int64
    assert table["a"].tolist() == [-2000.0, 4.0] and table["b"].tolist() == [1.5, 0.25]
    assert not any(values.flags.writeable for values in table.values())


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_numbers_come_back_to_their_last_digits(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    table = read(path, "a\n" + "".join(f"{value!r}\n" for value in values), ("a",), ())
    np.testing.assert_allclose(table["a"], values, rtol=3e-16, atol=0)


BAD = {
    "missing column": ("id,a\n1,2\n", "no column b in its first line"),
    "missing id": ("a,b\n1,2\n", "no column id in its first line"),
    "no row": ("id,a,b\n", "no row below its first line"),
    "empty": ("", "not a table: No columns to parse from file"),
    "text": ("id,a,b\n1,2,3\n2,x,4\n", "line 3: a must be a finite number, not 'x'"),
    "two texts": ("id,a,b\n1,y,3\n2,x,4\n", r"line 2: a must be a finite number, not 'y' \(and 1 more such lines\)"),
    "nothing": ("id,a,b\n1,2,3\n2,,4\n", "line 3: a must be a finite number, not ''"),
    "nan": ("id,a,b\n1,2,nan\n", "line 2: b must be a finite number, not 'nan'"),
    "infinite": ("id,a,b\n1,inf,3\n", "line 2: a must be a finite number, not 'inf'"),
    "cut short": ("id,a,b\n1,2,3\n2,5\n", "line 3: b must be a finite number, not ''"),
    "blank line": ("id,a,b\n1,2,3\n\n2,x,4\n", "line 3: id must be a whole number, not ''"),
    "id in parts": ("id,a,b\n1.5,2,3\n", "line 2: id must be a whole number, not '1.5'"),
    "id too big": (f"id,a,b\n{2**63},2,3\n", "line 2: id must be a whole number, not '9223372036854775808'"),
    "no id": ("id,a,b\n1,2,3\n,2,3\n", "line 3: id must be a whole number, not ''"),
    "too many": ("id,a,b\n1,2,3\n1,2,3,4\n", "not a table: .*Expected 3 fields in line 3, saw 4"),
    "too many everywhere": ("id,a,b\n1,2,3,4\n1,2,3,4\n", "line 2 has more values than its first line has names"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_table_is_one_line(tmp_path, case):
    content, message = BAD[case]
    with pytest.raises(DataError, match=f"^t.csv: {message}$") as error:
        read(tmp_path / "t.csv", content)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_are_one_line(tmp_path):
    with pytest.raises(DataError, match="^t.csv: not a table: "):
        read(tmp_path / "t.csv", b"\xff\xfe\x00\x80\n\x81")


@pytest.mark.parametrize("content", ["!not gzipped", None])
def test_no_whole_gzip_file_is_one_line(tmp_path, content):
    path = tmp_path / "t.csv.gz"
    whole = gzip.compress(b"id,a,b\n" + b"1,2,3\n" * 50_000)
    path.write_bytes(content.encode() if content else whole[: len(whole) // 2])
    with pytest.raises(DataError, match="^t.csv.gz: not a whole file"):
        read_csv(path, hash_file(path), ("a", "b"), ("id",))


def test_refused_lines_are_counted(tmp_path):
    values = np.array([1.0, -2.0, 3.0, -4.0])
    refuse_lines(tmp_path / "t.csv", values < -9, "a must be > 0", values)
    with pytest.raises(DataError, match=r"^t.csv: line 3: a must be > 0, not -2.0 \(and 1 more such lines\)$"):
        refuse_lines(tmp_path / "t.csv", values < 0, "a must be > 0", values)
