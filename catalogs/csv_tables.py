"""Parse comma-separated tables of numbers, plain or gzipped, into checked, read-only columns."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.errors import DataError

__all__ = ["read_csv", "refuse_lines"]


@lru_cache(maxsize=4)
def read_csv(
    path: Path, sha256: str, numbers: tuple[str, ...], ids: tuple[str, ...] = ()
) -> Mapping[str, NDArray[Any]]:
    """Columns of a comma-separated table whose first line names them.

    Parameters
    ----------
    path : pathlib.Path
        The file; gzipped if its name ends in ``.gz``.
    sha256 : str
        Hash of its present content: what is remembered is valid for it.
    numbers : tuple of str
        Columns of finite numbers.
    ids : tuple of str
        Columns of whole numbers that a float64 would round.

    Returns
    -------
    mapping of str to numpy.ndarray
        Each column, shape ``(n_rows,)``, read-only: float64 for `numbers`, int64 for `ids`. Other columns of the
        file are let be.

    Raises
    ------
    DataError
        If the file is no such table, a column or every row is missing, or a value is not a finite number. The message
        names file, line and column.
    """
    import pandas as pd

    names = [*ids, *numbers]
    header = _frame(path, nrows=0, dtype=str).columns
    absent = [name for name in names if name not in header]
    if absent:
        raise DataError(f"{path.name}: no column {', '.join(absent)} in its first line")
    types: dict[str, Any] = {**dict.fromkeys(ids, np.int64), **dict.fromkeys(numbers, np.float64)}
    frame = None
    try:
        # every column: with some of them left out pandas takes lines with too many values without a word
        frame = _read(path, dtype=types, low_memory=False)
        columns = {name: frame[name].to_numpy() for name in names}
        legal = all(np.isfinite(columns[name]).all() for name in numbers)
    except (ValueError, OverflowError):
        legal = False
    if frame is None or not legal or not isinstance(frame.index, pd.RangeIndex):  # again, slowly, to say where
        columns = _located(path, ids, numbers)
    if columns[names[0]].size == 0:
        raise DataError(f"{path.name}: no row below its first line")
    for array in columns.values():
        array.setflags(write=False)
    return MappingProxyType(columns)


def refuse_lines(path: Path, bad: Any, what: str, values: Any) -> None:
    """Raise for the first bad row of such a table, or return if there is none.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    bad : array_like of bool
        Which rows are refused, shape ``(n_rows,)``.
    what : str
        What is wrong with them.
    values : sequence
        The refused values, shape ``(n_rows,)``.

    Raises
    ------
    DataError
        If any row is bad. The message names file, line and value.
    """
    rows = np.flatnonzero(bad)
    if rows.size:
        more = f" (and {rows.size - 1} more such lines)" if rows.size > 1 else ""
        raise DataError(f"{path.name}: line {rows[0] + 2}: {what}, not {values[rows[0]]}{more}")


def _read(path: Path, **how: Any) -> Any:
    import pandas as pd

    # a blank line must count, or the line that a message names would be another one
    return pd.read_csv(path, skip_blank_lines=False, **how)


def _frame(path: Path, **how: Any) -> Any:
    """A table of texts, or one line that says why the file is none."""
    try:
        return _read(path, keep_default_na=False, **how)
    except ValueError as error:  # pandas' parser errors and wrong encodings are ValueErrors
        raise DataError(f"{path.name}: not a table: {' '.join(str(error).split())}") from error
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path.name}: not a whole file ({' '.join(str(error).split())})") from error


def _located(path: Path, ids: tuple[str, ...], numbers: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    import pandas as pd

    frame = _frame(path, dtype=str)
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path.name}: line 2 has more values than its first line has names")
    columns: dict[str, NDArray[Any]] = {}
    for name in (*ids, *numbers):
        texts = frame[name].fillna("").to_numpy()  # a line that ends early
        whole, allowed = name in ids, "a whole number" if name in ids else "a finite number"
        values = np.array([_value(text, whole) for text in texts], dtype=np.float64 if not whole else object)
        bad = [value is None for value in values] if whole else ~np.isfinite(values)
        refuse_lines(path, bad, f"{name} must be {allowed}", [repr(text) for text in texts])
        columns[name] = values.astype(np.int64) if whole else values
    return columns


def _value(text: str, whole: bool) -> Any:
    try:
        if not whole:
            return float(text)
        return number if -(2**63) <= (number := int(text)) < 2**63 else None
    except ValueError:
        return None if whole else float("nan")
