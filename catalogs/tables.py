"""Parse published text files into checked, read-only arrays.

The readers of whole files remember their last results by path and sha256, so that another cut of the
same file does not parse it again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.errors import DataError

__all__ = ["parse_number", "read_numbers", "read_square_matrix", "read_table", "read_words", "refuse_rows"]


@lru_cache(maxsize=4)
def read_table(path: Path, sha256: str, label: str, numbers: tuple[str, ...]) -> Mapping[str, NDArray[Any]]:
    """Columns of a whitespace-separated table with one header line.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    sha256 : str
        Hash of its present content: what is remembered is valid for it.
    label : str
        The text column that names a row.
    numbers : tuple of str
        Numeric columns.

    Returns
    -------
    mapping of str to numpy.ndarray
        Each column, shape ``(n_rows,)``, read-only: str for `label`, float64 for `numbers`.

    Raises
    ------
    DataError
        If a column or every row is missing, a line is cut short or a value is not a finite number.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path, sep=r"\s+", dtype=str, keep_default_na=False)
    except ValueError as error:  # pandas' parser errors and wrong encodings are ValueErrors
        raise DataError(f"{path.name}: not a table: {_one_line(error)}") from error
    missing = [name for name in (label, *numbers) if name not in frame.columns]
    if missing:
        raise DataError(f"{path.name}: no column {', '.join(missing)} in its first line")
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path.name}: line 2 has more values than the header has columns")
    if frame.empty:
        raise DataError(f"{path.name}: no row below its first line")
    labels = frame[label].to_numpy(dtype=str)
    # pandas fills a line that ends early with empty text
    refuse_rows(path, labels, frame.iloc[:, -1].to_numpy() == "", "has too few values")
    columns = {label: labels}
    for name in numbers:
        values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64)
        refuse_rows(path, labels, ~np.isfinite(values), f"{name} must be a finite number", frame[name])
        columns[name] = values
    for array in columns.values():
        array.setflags(write=False)
    return MappingProxyType(columns)


def refuse_rows(path: Path, labels: NDArray[Any], bad: Any, what: str, values: Any = None) -> None:
    """Raise for the first bad row of a table, or return if there is none.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    labels : numpy.ndarray
        Name of each row, shape ``(n_rows,)``.
    bad : array_like of bool
        Which rows are refused, shape ``(n_rows,)``.
    what : str
        What is wrong with them.
    values : sequence, optional
        The refused values, shape ``(n_rows,)``.

    Raises
    ------
    DataError
        If any row is bad. The message names file, line, label and value.
    """
    rows = np.flatnonzero(bad)
    if rows.size == 0:
        return
    value = "" if values is None else f", not {values[rows[0]]}"
    more = f" (and {rows.size - 1} more such lines)" if rows.size > 1 else ""
    raise DataError(f"{path.name}: line {rows[0] + 2} ({labels[rows[0]]}): {what}{value}{more}")


@lru_cache(maxsize=2)
def read_square_matrix(path: Path, sha256: str, tolerance: float) -> NDArray[np.float64]:
    """A symmetric matrix from a file that holds N and then N*N values, one a line.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    sha256 : str
        Hash of its present content: what is remembered is valid for it.
    tolerance : float
        Largest accepted ``abs(C[i, j] - C[j, i])``, in the unit of the file.

    Returns
    -------
    numpy.ndarray
        Shape ``(N, N)``, float64, the mean of C and its transpose, read-only.

    Raises
    ------
    DataError
        If values are missing, surplus or not finite, or if the matrix is not symmetric.
    """
    values = _read_values(path)
    size = int(values[0])
    if size < 1 or size != values[0]:
        raise DataError(f"{path.name}: line 1 is {values[0]:g}, must be the number of rows")
    if values.size - 1 != size * size:
        raise DataError(f"{path.name}: {values.size - 1} values after line 1, must be {size}*{size} = {size * size}")
    matrix = values[1:].reshape(size, size)
    skew = np.abs(matrix - matrix.T)
    row, column = np.unravel_index(np.argmax(skew), skew.shape)
    if skew[row, column] > tolerance:
        raise DataError(
            f"{path.name}: not symmetric: row {row}, column {column} is {matrix[row, column]:g} "
            f"but its mirror is {matrix[column, row]:g}, must agree to {tolerance:g}"
        )
    matrix = (matrix + matrix.T) / 2
    matrix.setflags(write=False)
    return matrix


@lru_cache(maxsize=8)
def read_numbers(
    path: Path, sha256: str, columns: tuple[str, ...], positive: tuple[str, ...] = (), header: bool = False
) -> Mapping[str, NDArray[np.float64]]:
    """Columns of a table that holds nothing but numbers.

    Parameters
    ----------
    path : pathlib.Path
        The file; what follows a ``#`` is a comment.
    sha256 : str
        Hash of its present content: what is remembered is valid for it.
    columns : tuple of str
        Name of every column, in order.
    positive : tuple of str
        Columns in which every number must be > 0.
    header : bool
        The first line holds these names, with or without a ``#`` before them.

    Returns
    -------
    mapping of str to numpy.ndarray
        Each column, shape ``(n_rows,)``, float64, read-only.

    Raises
    ------
    DataError
        If the header is another one, a line has another number of values, one is not a finite number or not
        positive, or there is no row.
    """
    rows = []
    for line, words in read_words(path, columns if header else None):
        if len(words) != len(columns):
            raise DataError(f"{path.name}: line {line} has {len(words)} values, must be {', '.join(columns)}")
        rows.append(
            [
                parse_number(path, line, name, word, 0.0 if name in positive else -math.inf)
                for name, word in zip(columns, words, strict=True)
            ]
        )
    table = np.array(rows).T
    table.setflags(write=False)
    return MappingProxyType(dict(zip(columns, table, strict=True)))


def read_words(path: Path, header: tuple[str, ...] | None = None) -> list[tuple[int, list[str]]]:
    """Number and words of every line that holds more than a comment.

    Parameters
    ----------
    path : pathlib.Path
        The file; what follows a ``#`` is a comment.
    header : tuple of str, optional
        What the first line must say, with or without a ``#`` before it; it is no row.

    Returns
    -------
    list of tuple of (int, list of str)
        The number of the line, from 1, and its words.

    Raises
    ------
    DataError
        If the file is not text, has another first line or no row.
    """
    try:
        lines = list(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not a text file: {error}") from error
    if header is not None:
        if not lines or lines[0][1].lstrip(" #").split() != list(header):
            raise DataError(f"{path.name}: the first line must be {' '.join(header)}")
        lines = lines[1:]
    rows = [(i, words) for i, line in lines if (words := line.split("#")[0].split())]
    if not rows:
        raise DataError(f"{path.name}: no row in it")
    return rows


def parse_number(path: Path, line: int, name: str, word: str, above: float = -math.inf) -> float:
    """A finite number from one word of a text file.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    line : int
        Its line, from 1.
    name : str
        What the number is.
    word : str
        How it is written.
    above : float
        It must be greater.

    Returns
    -------
    float

    Raises
    ------
    DataError
        If it is not. The message names file, line, number and word.
    """
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not above < number < math.inf:
        allowed = "a finite number" if above == -math.inf else f"a finite number > {above:g}"
        raise DataError(f"{path.name}: line {line}: {name} must be {allowed}, not {word}")
    return number


def _read_values(path: Path) -> NDArray[np.float64]:
    import pandas as pd

    values: NDArray[np.float64]
    try:
        values = pd.read_csv(path, header=None, dtype=np.float64)[0].to_numpy()
    except ValueError:  # read again, slowly, to say where
        try:
            text = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)[0]
        except ValueError as error:
            raise DataError(f"{path.name}: not a list of values: {_one_line(error)}") from error
        values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        where = f"line {bad[0] + 1}"
        if bad[0] > 0 and np.isfinite(values[0]) and values[0] >= 1:
            row, column = divmod(int(bad[0]) - 1, int(values[0]))
            where += f" (row {row}, column {column})"
        raise DataError(f"{path.name}: {where} is not a finite number")
    return values


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
