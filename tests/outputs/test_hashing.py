"""What is the same has the same hash, and what differs in one number, name or line of code has another."""

import struct

import numpy as np
import pytest
import xarray as xr

from outputs.file import read_run, read_tree, write_run
from outputs.hashing import IRRELEVANT, content_hash, result_hash, source_files
from solvers.laws import Sigma


def _tree(**changed):
    parts = {
        "numbers": ("x", np.array([1.0, 2.0, 3.0])),
        "counts": ("x", np.array([1, 2, 3])),
        "flags": ("x", np.array([True, False, True])),
        "names": ("x", np.array(["a", "b", "ü"])),
        "grid": (("x", "y"), np.arange(6.0).reshape(3, 2)),
    }
    dataset = xr.Dataset({key: value for key, value in (parts | changed).items() if value is not None})
    return xr.DataTree.from_dict({"/": xr.Dataset(), "/models/a": dataset})


ORIGINAL = result_hash(_tree())

CHANGES = {
    "the last bit of a number": {"numbers": ("x", np.array([1.0, 2.0, np.nextafter(3.0, 4.0)]))},
    "a NaN for a number": {"numbers": ("x", np.array([1.0, np.nan, 3.0]))},
    "an infinity for a number": {"numbers": ("x", np.array([1.0, np.inf, 3.0]))},
    "the order of numbers": {"numbers": ("x", np.array([2.0, 1.0, 3.0]))},
    "a count": {"counts": ("x", np.array([1, 2, 4]))},
    "a flag": {"flags": ("x", np.array([True, True, True]))},
    "a letter": {"names": ("x", np.array(["a", "b", "u"]))},
    "where one word ends": {"names": ("x", np.array(["ab", "", "ü"]))},
    "integers for floats": {"numbers": ("x", np.array([1, 2, 3]))},
    "a dimension's name": {"grid": (("x", "z"), np.arange(6.0).reshape(3, 2))},
    "one variable less": {"flags": None},
    "a variable's name": {"flags": None, "flag": ("x", np.array([True, False, True]))},
    "one variable more": {"more": 0.0},
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_result_hash_changes_with(name):
    assert result_hash(_tree(**CHANGES[name])) != ORIGINAL


def test_the_result_hash_changes_with_the_group():
    moved = xr.DataTree.from_dict({"/": xr.Dataset(), "/models/b": _tree()["models/a"].to_dataset()})
    assert result_hash(moved) != ORIGINAL


def test_the_result_hash_tells_a_coordinate_of_another_value():
    trees = [xr.DataTree(xr.Dataset({"a": ("x", [1.0])}, coords={"x": [value]})) for value in (0.0, 1.0)]
    assert result_hash(trees[0]) != result_hash(trees[1])


@pytest.mark.parametrize("shapes", [((2, 3), (3, 2)), ((1, 6), (6, 1))])
@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_the_result_hash_tells_shapes_apart(shapes, kind):
    values = np.arange(6.0) if kind == "numbers" else np.array(list("abcdef"))
    first, second = (xr.DataTree(xr.Dataset({"a": (("x", "y"), values.reshape(shape))})) for shape in shapes)
    assert result_hash(first) != result_hash(second)


def test_attributes_and_the_order_of_variables_do_not_enter_the_result_hash():
    tree = _tree()
    tree.attrs["created"] = "now"
    tree["models/a"].attrs["label"] = "A"
    tree["models/a/numbers"].attrs["units"] = "Mpc"
    assert result_hash(tree) == ORIGINAL
    dataset = _tree()["models/a"].to_dataset()
    reversed_order = xr.Dataset({name: dataset[name] for name in reversed(list(dataset.data_vars))})
    assert result_hash(xr.DataTree.from_dict({"/": xr.Dataset(), "/models/a": reversed_order})) == ORIGINAL


def test_all_kinds_of_nan_are_one():
    quiet, payload = struct.pack("<d", np.nan), struct.pack("<Q", 0xFFF8_0000_0000_0123)
    hashes = set()
    for bits in (quiet, payload):
        values = np.frombuffer(bits + struct.pack("<d", 1.0), dtype="<f8")
        hashes.add(result_hash(_tree(numbers=None, odd=("w", values))))
    assert len(hashes) == 1


def test_byte_order_and_memory_layout_do_not_enter_the_result_hash():
    grid = np.arange(6.0).reshape(3, 2)
    assert result_hash(_tree(grid=(("x", "y"), np.asfortranarray(grid)))) == ORIGINAL
    assert result_hash(_tree(grid=(("x", "y"), grid.astype(">f8")))) == ORIGINAL
    assert result_hash(_tree(counts=("x", np.array([1, 2, 3], dtype="int32")))) == ORIGINAL


def test_the_result_hash_survives_writing_and_reading(tmp_path, small_run):
    odd = _tree(numbers=("x", np.array([np.nan, -np.inf, -0.0])), one=3.5, word="scalar text", none=("e", np.zeros(0)))
    odd.attrs["schema_version"] = 1
    path = write_run(odd, tmp_path)
    assert result_hash(read_tree(path)) == result_hash(odd)
    stored = read_run(small_run)
    assert result_hash(stored) == stored.attrs["result_hash"]


CONFIG = {
    "experiment": "e",
    "seed": 0,
    "resume": False,
    "figure": True,
    "hydra": {"job": 1},
    "catalog": {"path": "there", "z_min": 0.01},
    "models": {"a": {"params": {"H0": 70.0}}},
}
DATA = {"table.dat": "0" * 64}


@pytest.mark.parametrize(
    "change",
    [
        {"resume": True},
        {"figure": False},
        {"objective": "models/lcdm/chi2"},
        {"hydra": {"job": 2}},
        {"catalog": {"path": "elsewhere", "z_min": 0.01}},
        {"catalog": {"path": None, "z_min": 0.01}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_cannot_change_a_number_does_not_enter_the_content_hash(change):
    assert content_hash(CONFIG | change, DATA) == content_hash(CONFIG, DATA)
    assert {"hydra", "resume", "figure", "objective", "catalog.path"} == set(IRRELEVANT)


@pytest.mark.parametrize(
    "change",
    [
        {"experiment": "f"},
        {"seed": 1},
        {"catalog": {"path": "there", "z_min": 0.02}},
        {"models": {"a": {"params": {"H0": 70.5}}}},
        {"models": {"b": {"params": {"H0": 70.0}}}},
        {"path": "a key of that name elsewhere"},
        {"models": {"a": {"params": {"H0": 70.0}, "path": "x", "resume": 1}}},
    ],
    ids=str,
)
def test_every_other_key_enters_the_content_hash(change):
    assert content_hash(CONFIG | change, DATA) != content_hash(CONFIG, DATA)


def test_the_order_of_keys_does_not_enter_the_content_hash():
    assert content_hash(dict(reversed(CONFIG.items())), DATA) == content_hash(CONFIG, DATA)


@pytest.mark.parametrize("data", [{}, {"table.dat": "1" * 64}, {"other.dat": "0" * 64}], ids=str)
def test_the_data_enter_the_content_hash(data):
    assert content_hash(CONFIG, data) != content_hash(CONFIG, DATA)


def test_foreign_source_enters_the_content_hash(tmp_path):
    source = tmp_path / "mine.py"
    hashes = set()
    for text in ("a = 1\n", "a = 2\n"):
        source.write_text(text, encoding="utf-8")
        hashes.add(content_hash(CONFIG, DATA, [source]))
    assert len(hashes | {content_hash(CONFIG, DATA)}) == 3


def test_source_files_are_found_where_there_are_any():
    assert "sigma.py" in {path.name for path in source_files(Sigma)}
    assert source_files(print) == set()
