"""Parse small comma-separated tables that mix texts with numbers, every field quoted or not."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalogs.errors import DataError

__all__ = ["NamedRows", "read_rows"]


class NamedRows(NamedTuple):
    """A table of texts: the file, the line of each row (from 1) and the fields of each column."""

    path: Path
    lines: NDArray[np.int64]
    columns: Mapping[str, list[str]]

    def texts(self, name: str, once: bool = False) -> NDArray[np.str_]:
        """A column of texts, none of them empty, shape ``(n_rows,)``.

        Parameters
        ----------
        name : str
            The column.
        once : bool
            Each text may be there once.

        Raises
        ------
        DataError
            If a text is empty or, with `once`, there again. The message names file and line.
        """
        texts = np.array([text.strip() for text in self._column(name)])
        self.refuse(texts == "", f"{name} must not be empty")
        if once:
            _, first = np.unique(texts, return_index=True)
            again = ~np.isin(np.arange(texts.size), first)
            self.refuse(again, f"{name} must be there once", texts)
        return texts

    def numbers(
        self, name: str, above: float = -math.inf, least: float = -math.inf, blank: bool = False
    ) -> NDArray[np.float64]:
        """A column of finite numbers, shape ``(n_rows,)``.

        Parameters
        ----------
        name : str
            The column.
        above, least : float
            Numbers must be > `above` and >= `least`.
        blank : bool
            A field may be empty or say NaN; it becomes NaN.

        Raises
        ------
        DataError
            If a number is none or not allowed. The message names file, line and column.
        """
        texts = np.array([text.strip() for text in self._column(name)])
        values = np.array([_number(text) for text in texts])
        absent = np.isin(np.char.lower(texts), ("", "nan"))
        bad = ~np.isfinite(values) & ~(absent & blank)
        self.refuse(bad, f"{name} must be a finite number", [repr(str(text)) for text in texts])
        self.refuse(values <= above, f"{name} must be > {above:g}", values)
        self.refuse(values < least, f"{name} must be >= {least:g}", values)
        return values

    def refuse(self, bad: NDArray[np.bool_], what: str, values: object = None) -> None:
        """Raise for the first bad row, or return if there is none.

        Parameters
        ----------
        bad : numpy.ndarray of bool
            Which rows are refused, shape ``(n_rows,)``.
        what : str
            What is wrong with them.
        values : sequence, optional
            The refused values, shape ``(n_rows,)``.

        Raises
        ------
        DataError
            If any row is bad.
        """
        rows = np.flatnonzero(bad)
        if rows.size:
            value = "" if values is None else f", not {list(values)[rows[0]]}"  # type: ignore[call-overload]
            more = f" (and {rows.size - 1} more such lines)" if rows.size > 1 else ""
            raise DataError(f"{self.path.name}: line {self.lines[rows[0]]}: {what}{value}{more}")

    def _column(self, name: str) -> list[str]:
        if name not in self.columns:
            raise DataError(f"{self.path.name}: no column {name} in its first line")
        return self.columns[name]


def read_rows(path: Path, header: tuple[str, ...] = ()) -> NamedRows:
    """A comma-separated table, its texts unparsed.

    Parameters
    ----------
    path : pathlib.Path
        The file; blank lines are no rows.
    header : tuple of str, optional
        Columns that must be there.

    Returns
    -------
    NamedRows

    Raises
    ------
    DataError
        If the file is no such table, a column or every row is missing, or a line has another number of fields.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            names = [name.strip() for name in next(reader, [])]
            rows = [(reader.line_num, row) for row in reader if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not a table: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise DataError(f"{path.name}: {path} cannot be read ({error.strerror or error})") from error
    absent = [name for name in header if name not in names]
    if absent:
        raise DataError(f"{path.name}: no column {', '.join(absent)} in its first line")
    for line, row in rows:
        if len(row) != len(names):
            raise DataError(f"{path.name}: line {line} has {len(row)} values, must be {len(names)} as its first line")
    if not rows:
        raise DataError(f"{path.name}: no row below its first line")
    columns = {name: [row[i] for _, row in rows] for i, name in enumerate(names)}
    return NamedRows(path, np.array([line for line, _ in rows], dtype=np.int64), columns)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
