"""One run, one HDF5 file: made in memory, written beside its name, synced, renamed."""

import contextlib
import io
import os
import tempfile
from pathlib import Path

import xarray as xr

RUN_FILE = "run.h5"


class UnreadableRun(ValueError):
    """A path that is not a whole run file."""

    exit_code = 2


def write_run(tree: xr.DataTree, folder: Path) -> Path:
    """Write `run.h5` into a folder, so that a file of that name is always whole.

    Parameters
    ----------
    tree : xarray.DataTree
        The finished run.
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        No permission, no space left: nothing of the file is left behind.
    """
    content = tree.to_netcdf(engine="h5netcdf")
    assert content is not None
    folder.mkdir(parents=True, exist_ok=True)
    return write_atomically(bytes(content), folder / RUN_FILE)


def write_atomically(content: bytes, path: Path) -> Path:
    """Write bytes beside a name, sync, and rename; the name never stands for a part of them."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return path


def read_run(path: str | os.PathLike[str]) -> xr.DataTree:
    """Read a run into memory; no file stays open and no lock is taken.

    Parameters
    ----------
    path : path-like
        A `run.h5`, or the folder that holds one.

    Returns
    -------
    xarray.DataTree

    Raises
    ------
    UnreadableRun
        No such file, or not a run.
    """
    tree = _load(run_path(path))
    if "schema_version" not in tree.attrs:
        raise UnreadableRun(f"{path}: an HDF5 file, but not a run of this suite (no schema_version)")
    return tree


def run_path(path: str | os.PathLike[str]) -> Path:
    """The run file that a path means: itself, or `run.h5` in a folder.

    Raises
    ------
    UnreadableRun
        Nothing there.
    """
    given = Path(path)
    found = given / RUN_FILE if given.is_dir() else given
    if not found.is_file():
        raise UnreadableRun(f"{given}: no run file; give a {RUN_FILE} or the folder that holds one")
    return found


def _load(path: Path) -> xr.DataTree:
    try:
        return xr.load_datatree(io.BytesIO(path.read_bytes()), engine="h5netcdf")
    except OSError as error:
        if error.errno is not None:
            raise UnreadableRun(f"{path}: cannot be read ({error.strerror})") from error
        raise UnreadableRun(f"{path}: not a whole HDF5 file; run it again") from error
    except (ValueError, KeyError, RuntimeError) as error:
        raise UnreadableRun(f"{path}: not a readable run ({error})") from error
