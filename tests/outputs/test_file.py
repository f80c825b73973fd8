"""The run file: any HDF5 reader opens it, a name never stands for a part, and what is no run is said to be none."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from outputs.file import RUN_FILE, UnreadableRun, read_run, run_path, write_atomically, write_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree():
    values = xr.Variable("x", np.arange(3.0), {"units": "Mpc", "long_name": "distance"})
    nodes = {"/": xr.Dataset(attrs={"schema_version": 1}), "/models/a": xr.Dataset({"values": values})}
    return xr.DataTree.from_dict(nodes)


def test_h5py_xarray_and_our_reader_see_the_same_numbers(small_run):
    with h5py.File(small_run) as file:
        chi2 = file["models/lcdm/chi2"][()]
        residual = file["data/residual"][()]
        dimension = file["data/residual"].dims[0][0].name
    with xr.open_datatree(small_run, engine="h5netcdf") as tree:
        assert tree["models/lcdm/chi2"].item() == chi2
        np.testing.assert_array_equal(tree["data/residual"].values, residual)
    ours = read_run(small_run)
    assert ours["models/lcdm/chi2"].item() == chi2
    np.testing.assert_array_equal(ours["data/residual"].values, residual)
    assert dimension == "/data/model"


def test_a_folder_stands_for_the_run_in_it(small_run):
    assert run_path(small_run.parent) == small_run
    assert read_run(small_run.parent).identical(read_run(small_run))
    assert read_run(str(small_run)).attrs["experiment"] == "pantheon_baryons"


def test_reading_leaves_no_file_open(small_run):
    before = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else pytest.skip("no /proc")
    read_run(small_run)
    assert set(os.listdir("/proc/self/fd")) == before


def test_writing_makes_the_folder_and_nothing_but_the_file(tree, tmp_path):
    path = write_run(tree, tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / RUN_FILE
    assert [entry.name for entry in path.parent.iterdir()] == [RUN_FILE]
    assert path.stat().st_mode & 0o777 == 0o644


def test_writing_a_tree_twice_gives_the_same_bytes(tree, tmp_path):
    first, second = (write_run(tree, tmp_path / name).read_bytes() for name in "ab")
    assert first == second


class _Full:
    """A stream on a device that is full after the first bytes."""

    def __init__(self, stream):
        self._stream = stream

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()

    def write(self, content):
        self._stream.write(content[:100])
        self._stream.flush()
        raise OSError(errno.ENOSPC, "No space left on device")


def _raise(error):
    def _raising(*_, **__):
        raise error

    return _raising


def _break(monkeypatch, where, error):
    if where == "write":
        opened = os.fdopen
        monkeypatch.setattr(os, "fdopen", lambda *arguments: _Full(opened(*arguments)))
    else:
        monkeypatch.setattr(os, where, _raise(error))


INTERRUPTIONS = {
    "write": OSError(errno.ENOSPC, "No space left on device"),
    "fsync": OSError(errno.EIO, "Input/output error"),
    "replace": OSError(errno.ENOSPC, "No space left on device"),
    "chmod": KeyboardInterrupt(),
}


@pytest.mark.parametrize("where", INTERRUPTIONS)
def test_a_write_that_fails_half_way_leaves_nothing(tree, tmp_path, monkeypatch, where):
    _break(monkeypatch, where, INTERRUPTIONS[where])
    with pytest.raises(type(INTERRUPTIONS[where])):
        write_run(tree, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", INTERRUPTIONS)
def test_a_write_that_fails_keeps_the_older_run_whole(tree, tmp_path, monkeypatch, where):
    older = write_run(tree, tmp_path).read_bytes()
    _break(monkeypatch, where, INTERRUPTIONS[where])
    with pytest.raises(type(INTERRUPTIONS[where])):
        write_run(tree.assign(xr.Dataset({"more": 1.0})), tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [RUN_FILE]
    assert (tmp_path / RUN_FILE).read_bytes() == older


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits of POSIX")
def test_a_file_system_that_takes_no_more_bytes_leaves_nothing(small_run, tmp_path):
    script = (
        "import resource, sys\nfrom pathlib import Path\nfrom outputs.file import read_run, write_run\n"
        "tree = read_run(sys.argv[1])\nresource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    write_run(tree, Path(sys.argv[2]))\nexcept OSError as error:\n    sys.exit(error.errno)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-c", script, str(small_run), str(tmp_path)]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == errno.EFBIG, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_bytes_replace_what_was_there(tmp_path):
    path = tmp_path / "note"
    write_atomically(b"first", path)
    assert write_atomically(b"second", path).read_bytes() == b"second"


def _plain_hdf5(path):
    with h5py.File(path, "w") as file:
        file["numbers"] = np.arange(5.0)


def _other_netcdf(path):
    xr.Dataset({"a": ("x", [1.0])}, attrs={"title": "another program"}).to_netcdf(path, engine="h5netcdf")


def _part(fraction):
    def _write(path, whole):
        path.write_bytes(whole[: int(len(whole) * fraction)])

    return _write


FOREIGN = {
    "empty": lambda path, whole: path.write_bytes(b""),
    "text": lambda path, whole: path.write_text("chi2 = 1\n", encoding="utf-8"),
    "a tenth": _part(0.1),
    "half": _part(0.5),
    "all but the end": _part(0.99),
    "no superblock": lambda path, whole: path.write_bytes(b"\0" * 64 + whole[64:]),
    "plain HDF5": lambda path, whole: _plain_hdf5(path),
    "netCDF of another program": lambda path, whole: _other_netcdf(path),
}


@pytest.mark.filterwarnings("ignore:The 'phony_dims'")
@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_run_is_one_line_that_names_it(small_run, tmp_path, name):
    path = tmp_path / RUN_FILE
    FOREIGN[name](path, small_run.read_bytes())
    with pytest.raises(UnreadableRun) as refusal:
        read_run(path)
    assert refusal.value.exit_code == 2
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.filterwarnings("error")
def test_a_plain_hdf5_file_is_refused_without_a_warning(tmp_path):
    _plain_hdf5(tmp_path / RUN_FILE)
    with pytest.raises(UnreadableRun):
        read_run(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "", "folder"])
def test_a_path_without_a_run_says_what_to_give(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnreadableRun, match="no run file; give a run.h5 or the folder") as refusal:
        read_run(tmp_path / name)
    assert refusal.value.exit_code == 2
