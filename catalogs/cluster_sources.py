"""What the catalogues of clusters have in common: their files, a choice by name, and the steps of their cuts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import checked_files, is_number, require
from catalogs.errors import DataError
from catalogs.files import DataFile, find

__all__ = ["Steps", "chosen_names", "named", "needed", "require_names", "require_place", "require_range", "variables"]


class Steps:
    """Which rows are kept, and how many were left by each cut in its turn.

    Parameters
    ----------
    n_rows : int
        Rows before the first cut.
    text : str
        What they are.
    """

    def __init__(self, n_rows: int, text: str) -> None:
        self.keep = np.ones(n_rows, dtype=bool)
        self.steps: list[dict[str, Any]] = [{"step": text, "rows": n_rows}]

    def cut(self, text: str, passes: Any) -> None:
        """Keep rows that pass, shape ``(n_rows,)`` or one bool for all, and say in `text` which they are."""
        self.keep &= passes
        self.steps.append({"step": text, "rows": int(self.keep.sum())})

    def rows(self, name: str) -> NDArray[np.int64]:
        """The rows that are left, as indices.

        Raises
        ------
        DataError
            If none is left. The message names the file and what every cut left.
        """
        if not self.keep.any():
            counts = ", ".join(f"{each['rows']} {each['step']}" for each in self.steps)
            raise DataError(f"{name}: no row is left: {counts}")
        return np.flatnonzero(self.keep).astype(np.int64)


def needed(
    files: Iterable[DataFile], folder: str | None, verify_sha256: bool, instead: str
) -> dict[DataFile, tuple[Path, str]]:
    """Where each file lies and the hash of its content, as `catalogs.checks.checked_files`.

    Parameters
    ----------
    files : iterable of DataFile
        What to look for.
    folder : str, optional
        The only folder to look in.
    verify_sha256 : bool
        False accepts other content than the registered one.
    instead : str
        A sentence on what the user can do without the file.

    Raises
    ------
    DataError
        If a file is missing (the message begins with ``needs-data``), cannot be read or is altered.
    """
    files = tuple(files)
    try:
        for file in files:
            find(file, folder)
    except DataError as error:
        raise DataError(f"needs-data: {error}. {instead}") from error
    return checked_files(files, folder, verify_sha256)


def require_place(path: object, verify_sha256: object) -> None:
    """Refuse a folder or a switch that no catalogue takes."""
    legal = path is None or (isinstance(path, str) and path != "")
    require(legal, "path", path, "must be a folder, or null to search")
    require(isinstance(verify_sha256, bool), "verify_sha256", verify_sha256, "must be true or false")


def require_range(low_key: str, low: Any, high_key: str, high: Any, unit: str) -> None:
    """Refuse the ends of a range, numbers >= 0 or None, if one is not allowed or they are the wrong way round."""
    for key, value in ((low_key, low), (high_key, high)):
        legal = value is None or (is_number(value) and value >= 0)
        require(legal, key, value, f"must be a finite number >= 0, {unit}, or null for no cut")
    if low is not None and high is not None:
        require(low <= high, low_key, low, f"must not be above {high_key}={high!r}")


def require_names(chosen: Any) -> tuple[str, ...] | None:
    """The names of a choice of clusters as a tuple, None for all; anything else is refused."""
    if chosen is None:
        return None
    listed = isinstance(chosen, Sequence) and not isinstance(chosen, str)
    legal = listed and all(isinstance(name, str) for name in chosen) and len(set(chosen)) == len(chosen) > 0
    require(legal, "clusters", chosen, "must be a list of names, each once, or null for all")
    return tuple(chosen)


def chosen_names(chosen: Sequence[str], known: Sequence[str], where: str) -> None:
    """Refuse a choice with a name that is not known.

    Raises
    ------
    DataError
        In one line with the nearest names.
    """
    for name in chosen:
        if name not in known:
            upper = {each.upper(): each for each in known}
            near = [upper[each] for each in difflib.get_close_matches(name.upper(), upper, n=3)]
            said = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(known))}"
            raise DataError(f"clusters={list(chosen)}: no cluster {name!r} in {where}; {said}")


def named(chosen: Sequence[str] | None) -> list[str] | None:
    """A choice as the attribute ``cuts`` has it: sorted, None for all."""
    return None if chosen is None else sorted(chosen)


def variables(dim: str, described: Mapping[str, tuple[Any, str, str]]) -> dict[str, Any]:
    """Variables along one dimension from values, ``units`` and ``long_name`` of each."""
    return {
        name: (dim, values, {"units": units, "long_name": text}) for name, (values, units, text) in described.items()
    }
