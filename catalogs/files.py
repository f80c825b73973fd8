"""Where a registered data file lies on this machine, and whether it is the right one.

Looking for a file never uses the network and never imports the package that ships it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalogs.errors import DataError

__all__ = ["DataFile", "cache_folder", "exists", "find", "hash_file", "locate", "verify"]


@dataclass(frozen=True)
class DataFile:
    """One file of a data set, as its authors published it.

    Parameters
    ----------
    dataset : str
        Name of the data set, also the folder of the file below ``$SIGMA_DATA_DIR``.
    name : str
        File name.
    sha256 : str
        Hash of the published file, 64 hexadecimal digits.
    n_bytes : int
        Its size, byte.
    url : str
        Official address.
    package : tuple of str, optional
        ``(package, path inside it)`` of a Python package that ships the file.
    """

    dataset: str
    name: str
    sha256: str
    n_bytes: int
    url: str
    package: tuple[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.n_bytes} bytes, sha256 {self.sha256})"


def cache_folder() -> Path:
    """The folder of downloaded data: ``$SIGMA_CACHE_DIR``, else the user's cache of the system."""
    if chosen := os.environ.get("SIGMA_CACHE_DIR"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("sigma_gravity"))


def exists(path: Path) -> bool:
    """True if something of that name is there, also a dangling link or what may not be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # it cannot be looked at; reading it says why, a later place would hide it
        return True
    return True


def _places(file: DataFile, folder: str | None) -> Iterator[tuple[str, Path]]:
    if folder is not None:
        yield "path", Path(folder).expanduser() / file.name
        return
    if root := os.environ.get("SIGMA_DATA_DIR"):
        yield "SIGMA_DATA_DIR", Path(root).expanduser() / file.dataset / file.name
    if file.package is not None:
        package, inside = file.package
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):  # a broken installation ships nothing
            spec = None
        for root in (spec and spec.submodule_search_locations) or ():
            yield f"package {package}", Path(root) / inside
    yield "cache", cache_folder() / file.dataset / file.name


def locate(file: DataFile, folder: str | None = None) -> tuple[str, Path] | None:
    """The first place that holds a file of this name, unverified.

    Parameters
    ----------
    file : DataFile
        What to look for.
    folder : str, optional
        The only folder to look in. Without it: ``$SIGMA_DATA_DIR/<dataset>``, the package that
        ships the file, the user's cache.

    Returns
    -------
    tuple of (str, pathlib.Path) or None
        The kind of place (``path``, ``SIGMA_DATA_DIR``, ``package NAME``, ``cache``) and the path.
    """
    return next(((kind, path) for kind, path in _places(file, folder) if exists(path)), None)


def find(file: DataFile, folder: str | None = None) -> Path:
    """Path of a data file, in the order of `locate`; its content is not looked at.

    Raises
    ------
    DataError
        If no place holds it. The message says how to get it.
    """
    place = locate(file, folder)
    if place is not None:
        return place[1]
    if folder is not None:
        raise DataError(
            f"{file} is not in the folder {folder}. Get it: python -m catalogs fetch {file.dataset} --path {folder}"
        )
    root = os.environ.get("SIGMA_DATA_DIR")
    pip = 'pip install -e ".[data]", or ' if file.package else ""
    raise DataError(
        f"{file} of {file.dataset} was not found. Get it: {pip}python -m catalogs fetch "
        f"{file.dataset}, or put it in $SIGMA_DATA_DIR/{file.dataset}/ "
        f"(SIGMA_DATA_DIR is {root or 'not set'})"
    )


def hash_file(path: Path) -> str:
    """The sha256 of a file, 64 hexadecimal digits.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"{path.name}: {path} cannot be read ({error.strerror or error}). Make it readable for you, or remove it"
        ) from error


def verify(path: Path, file: DataFile) -> str:
    """The sha256 of a file, after checking that it is the registered one.

    Raises
    ------
    DataError
        If the content differs or cannot be read. The message says how to get a good copy.
    """
    found = hash_file(path)
    if found != file.sha256:
        raise DataError(
            f"{file.name}: {path} is altered: expected {file.n_bytes} bytes, sha256 "
            f"{file.sha256}; found {path.stat().st_size} bytes, sha256 {found}. Remove it and get "
            f"a good copy: python -m catalogs fetch {file.dataset}. "
            "To use your own version of it: catalog.verify_sha256=false"
        )
    return found
