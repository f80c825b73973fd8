"""What is slow to compute is computed once: kept bit for bit, by all that decides it, and never in the way."""

import errno
import io
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import catalogs.files
from outputs import remembered as module
from outputs.remembered import cache_folder, remembered

IDENTITY = {"version": "2.0", "H0": 67.36, "to": 2508, "lensed": True}


def awkward():
    """Arrays of every kind that a calculation may leave."""
    bits = np.random.default_rng(5).integers(0, 2**64, 1000, dtype=np.uint64)
    return {
        "any_bits": bits.view(np.float64),
        "special": np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324]),
        "scalar": np.asarray(147.1),
        "plane": np.arange(12.0).reshape(3, 4).T,
        "whole": np.arange(5),
        "none": np.array([]),
    }


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("SIGMA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Counted:
    """A calculation that counts how often it is done."""

    def __init__(self, arrays=None):
        self.arrays, self.times = arrays or {"x": np.arange(3.0)}, 0

    def __call__(self):
        self.times += 1
        return self.arrays


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def same_bits(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes(), name


def test_the_second_time_gives_the_same_bits_without_computing(folder):
    compute = Counted(awkward())
    first, second = (remembered("cmb", IDENTITY, compute) for _ in range(2))
    assert compute.times == 1
    same_bits(first, awkward())
    same_bits(second, awkward())


def test_numbers_come_back_as_arrays_both_times(folder):
    for _ in range(2):
        found = remembered("cmb", IDENTITY, lambda: {"x": 1.5, "y": [1, 2]})
        assert all(isinstance(array, np.ndarray) for array in found.values())
        assert found["x"].item() == 1.5


def test_the_order_of_an_identity_does_not_matter(folder):
    compute = Counted()
    remembered("cmb", IDENTITY, compute)
    remembered("cmb", dict(reversed(IDENTITY.items())), compute)
    assert compute.times == 1


@pytest.mark.parametrize(
    "other",
    [
        IDENTITY | {"version": "2.1"},
        IDENTITY | {"H0": np.nextafter(67.36, 68.0).item()},
        IDENTITY | {"to": 2509},
        IDENTITY | {"lensed": False},
        IDENTITY | {"more": None},
        {key: value for key, value in IDENTITY.items() if key != "to"},
    ],
)
def test_what_differs_in_anything_is_another_result(folder, other):
    remembered("cmb", IDENTITY, Counted())
    compute = Counted({"x": np.array([7.0])})
    same_bits(remembered("cmb", other, compute), compute.arrays)
    assert compute.times == 1
    same_bits(remembered("cmb", IDENTITY, Counted({"wrong": np.zeros(1)})), Counted().arrays)


def test_kinds_are_apart(folder):
    remembered("cmb", IDENTITY, Counted())
    compute = Counted()
    remembered("lensing", IDENTITY, compute)
    assert compute.times == 1


DAMAGES = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "without its end": lambda content: content[:-1],
    "other numbers": lambda content: content.replace(np.arange(3.0).tobytes(), bytes(range(24))),
    "another header": lambda content: content.replace(b"'<f8'", b"'<f8("),
    "zeros": lambda content: bytes(len(content)),
    "text": lambda content: b"not an archive",
    "a list of numbers": lambda content: _saved(np.arange(3.0)),
    "a pickle": lambda content: _saved(np.array([Bomb()], dtype=object)),
    "a pickle inside": lambda content: _archived(np.array([Bomb()], dtype=object)),
}


class Bomb:
    """Something that must not be unpickled."""

    exploded = False

    def __reduce__(self):
        return setattr, (Bomb, "exploded", True)


def _saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _archived(array):
    stream = io.BytesIO()
    np.savez(stream, x=array)
    return stream.getvalue()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_computed_again_and_replaced(folder, damage):
    compute = Counted()
    remembered("cmb", IDENTITY, compute)
    (path,) = files(folder)
    content = path.read_bytes()
    path.write_bytes(DAMAGES[damage](content))
    assert path.read_bytes() != content
    same_bits(remembered("cmb", IDENTITY, compute), compute.arrays)
    assert compute.times == 2
    same_bits(remembered("cmb", IDENTITY, compute), compute.arrays)
    assert compute.times == 2
    assert files(folder) == [path]
    assert not Bomb.exploded


def test_only_numbers_are_kept(folder):
    with pytest.raises(ValueError, match="allow_pickle"):
        remembered("cmb", IDENTITY, lambda: {"x": np.array([{}], dtype=object)})
    assert files(folder) == []


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_a_calculation_that_fails_leaves_nothing(folder, stop):
    def fail():
        raise stop

    with pytest.raises(stop):
        remembered("cmb", IDENTITY, fail)
    assert files(folder) == []
    compute = Counted()
    remembered("cmb", IDENTITY, compute)
    assert compute.times == 1


def _a_file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way", encoding="utf-8")


def _read_only(path):
    path.mkdir(parents=True)
    path.chmod(0o500)


def _full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("place", "make"),
    [("", _a_file), ("computed", _a_file), ("computed/cmb", _a_file), ("computed/cmb", _read_only)],
)
def test_without_a_place_to_keep_it_everything_is_computed_each_time_in_silence(folder, capfd, place, make):
    make(folder / place)
    compute = Counted(awkward())
    for _ in range(2):
        same_bits(remembered("cmb", IDENTITY, compute), compute.arrays)
    # Whoever may write everywhere finds the second one.
    assert compute.times == (1 if make is _read_only and os.access(folder / place, os.W_OK) else 2)
    assert capfd.readouterr() == ("", "")


def test_a_full_disk_is_no_error(folder, monkeypatch, capfd):
    monkeypatch.setattr(module, "write_atomically", _full)
    compute = Counted()
    for _ in range(2):
        same_bits(remembered("cmb", IDENTITY, compute), compute.arrays)
    assert compute.times == 2
    assert capfd.readouterr() == ("", "")
    assert files(folder) == []


def test_who_comes_while_another_computes_waits_for_its_result(folder):
    begun, compute = threading.Event(), Counted()

    def slowly():
        begun.set()
        time.sleep(0.5)
        return compute()

    first = threading.Thread(target=remembered, args=("cmb", IDENTITY, slowly))
    first.start()
    begun.wait(10.0)
    same_bits(remembered("cmb", IDENTITY, compute), compute.arrays)
    first.join()
    assert compute.times == 1
    assert [path.suffix for path in files(folder)] == [".npz"]


def test_the_claim_of_a_process_that_died_is_waited_for_once(folder, monkeypatch):
    remembered("cmb", IDENTITY, Counted())
    (path,) = files(folder)
    path.rename(path.with_suffix(".claim"))
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    compute = Counted()
    started = time.monotonic()
    same_bits(remembered("cmb", IDENTITY, compute), compute.arrays)
    assert time.monotonic() - started >= 0.3
    assert compute.times == 1
    assert files(folder) == [path]


def test_the_folder_is_the_chosen_one(folder, monkeypatch, tmp_path):
    remembered("cmb", IDENTITY, Counted())
    (path,) = files(tmp_path)
    assert path.parent == folder / "computed" / "cmb"
    monkeypatch.setenv("SIGMA_CACHE_DIR", str(tmp_path / "another"))
    compute = Counted()
    remembered("cmb", IDENTITY, compute)
    assert compute.times == 1
    assert (tmp_path / "another" / "computed" / "cmb" / path.name).is_file()


def test_the_folder_may_be_below_home_and_is_else_that_of_the_system(monkeypatch, tmp_path):
    import platformdirs

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SIGMA_CACHE_DIR", "~/mine")
    assert cache_folder() == tmp_path / "mine" == catalogs.files.cache_folder()
    of_system = Path(platformdirs.user_cache_dir("sigma_gravity"))
    monkeypatch.setenv("SIGMA_CACHE_DIR", "")
    assert cache_folder() == of_system == catalogs.files.cache_folder()
    monkeypatch.delenv("SIGMA_CACHE_DIR")
    assert cache_folder() == of_system == catalogs.files.cache_folder()


def test_tests_have_a_cache_of_their_own(own_cache):
    assert cache_folder() == own_cache
