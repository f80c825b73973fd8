"""Checks that the loaders share: of what was asked for, and of the files that answer it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from catalogs.errors import DataError
from catalogs.files import DataFile, find, hash_file, verify

__all__ = ["checked_files", "is_number", "require"]


def require(ok: bool, key: str, value: object, allowed: str) -> None:
    """Refuse a value of a request, or return if it is allowed.

    Parameters
    ----------
    ok : bool
        Whether it is allowed.
    key : str
        Its name.
    value : object
        What was given.
    allowed : str
        What would be right.

    Raises
    ------
    DataError
        If it is not allowed: ``key=value: allowed``.
    """
    if not ok:
        raise DataError(f"{key}={value!r}: {allowed}")


def is_number(value: object) -> bool:
    """True for a finite int or float; a bool is no number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def checked_files(
    files: Iterable[DataFile], folder: str | None, verify_sha256: bool
) -> dict[DataFile, tuple[Path, str]]:
    """Where each file lies and the hash of its content.

    Parameters
    ----------
    files : iterable of DataFile
        What to look for.
    folder : str, optional
        The only folder to look in, as in `catalogs.files.locate`.
    verify_sha256 : bool
        False accepts other content than the registered one.

    Returns
    -------
    dict of DataFile to tuple of (pathlib.Path, str)
        In the order of `files`.

    Raises
    ------
    DataError
        If a file is missing, cannot be read or, with `verify_sha256`, is altered.
    """
    sources = {}
    for file in files:
        path = find(file, folder)
        sources[file] = (path, verify(path, file) if verify_sha256 else hash_file(path))
    return sources
