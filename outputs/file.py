"""One run, one HDF5 file: made in memory, written beside its name, synced, renamed."""

import contextlib
import io
import json
import os
import tempfile
import warnings
from pathlib import Path

import xarray as xr
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from outputs.tree import ROOT_ATTRIBUTES, SCHEMA_VERSION

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
        `/data`, `/models/NAME`, `/comparison`, `/tables/NAME`.

    Raises
    ------
    UnreadableRun
        No such file, not a run, of another schema, or without an attribute of the contract.
    """
    tree = read_tree(path)
    lacking = [name for name in ROOT_ATTRIBUTES if name not in tree.attrs]
    if lacking:
        raise UnreadableRun(f"{path}: not a whole run, it lacks {', '.join(lacking)}")
    if tree.attrs["schema_version"] != SCHEMA_VERSION:
        found = tree.attrs["schema_version"]
        raise UnreadableRun(f"{path}: schema_version {found}, this suite reads {SCHEMA_VERSION}")
    config_of(tree)
    for name in ("datasets", "overrides"):
        try:
            json.loads(tree.attrs[name])
        except (TypeError, ValueError):
            raise UnreadableRun(f"{path}: attribute {name} is no JSON") from None
    return tree


def read_tree(path: str | os.PathLike[str]) -> xr.DataTree:
    """Read a file as it is, without asking whether the contract holds (`verify` does).

    Raises
    ------
    UnreadableRun
        No such file, or not a run at all.
    """
    tree = _load(run_path(path))
    if "schema_version" not in tree.attrs:
        raise UnreadableRun(f"{path}: an HDF5 file, but not a run of this suite (no schema_version)")
    return tree


def config_of(tree: xr.DataTree) -> DictConfig:
    """The configuration stored in a run, as it stands: nothing is resolved.

    Raises
    ------
    UnreadableRun
        It is not there, or no mapping in YAML.
    """
    try:
        config = OmegaConf.create(str(tree.attrs["config"]))
    except (KeyError, YAMLError, OmegaConfBaseException) as error:
        raise UnreadableRun(f"the stored configuration cannot be read ({type(error).__name__})") from error
    if not isinstance(config, DictConfig):
        raise UnreadableRun("the stored configuration is not a mapping")
    return config


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
        with warnings.catch_warnings():
            # h5netcdf warns of a plain HDF5 file before it is refused in one line.
            warnings.simplefilter("ignore", UserWarning)
            return xr.load_datatree(io.BytesIO(path.read_bytes()), engine="h5netcdf")
    except OSError as error:
        if error.errno is not None:
            raise UnreadableRun(f"{path}: cannot be read ({error.strerror})") from error
        raise UnreadableRun(f"{path}: not a whole HDF5 file; run it again") from error
    except (ValueError, KeyError, RuntimeError) as error:
        raise UnreadableRun(f"{path}: not a readable run ({error})") from error
