"""Columns of a table of gravitational-wave events: found, brought to one unit each, and checked.

Masses are those of the source frame, in solMass; distances in Mpc; GPS times in s; the rest has no unit. ``_lower``
(<= 0) and ``_upper`` (>= 0) are offsets from a value to the ends of its 90% interval. A value that is not there is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.errors import DataError

__all__ = ["QUANTITIES", "Columns", "measured", "read_columns"]

Columns = dict[str, NDArray[Any]]

QUANTITIES = {
    "mass_1_source": ("solMass", "mass of the heavier body, source frame"),
    "mass_2_source": ("solMass", "mass of the lighter body, source frame"),
    "total_mass_source": ("solMass", "total mass, source frame"),
    "chirp_mass_source": ("solMass", "chirp mass, source frame"),
    "luminosity_distance": ("Mpc", "luminosity distance"),
    "redshift": ("", "redshift"),
    "network_matched_filter_snr": ("", "signal-to-noise ratio of the network's matched filter, or of the search"),
    "chi_eff": ("", "effective inspiral spin"),
}
"""What is measured of an event: unit and long name."""

_Rule = tuple[Callable[[NDArray[np.float64]], Any], str]
_POSITIVE: _Rule = (lambda v: v > 0, "a finite number > 0")
_RULES: dict[str, _Rule] = {
    "gps": (lambda v: v > -np.inf, "a finite number"),
    "version": (lambda v: (v > 0) & (v == np.floor(v)), "a whole number > 0"),
    "redshift": (lambda v: v >= 0, "a finite number >= 0"),
    "chi_eff": (lambda v: np.abs(v) <= 1, "a number from -1 to 1"),
    "_lower": (lambda v: v <= 0, "an offset <= 0"),
    "_upper": (lambda v: v >= 0, "an offset >= 0"),
}
_MASSES = (1e-2, 1e6)
_PLAUSIBLE = {  # a table with no value between these is in another unit; the nearest event is at 40 Mpc
    **{name: _MASSES for name, (unit, _) in QUANTITIES.items() if unit == "solMass"},
    "luminosity_distance": (30.0, 1e5),
    "gps": (1e8, 1e10),
}


def measured() -> tuple[str, ...]:
    """Every quantity and the ends of its interval, in the order of the datasets."""
    return tuple(f"{name}{end}" for name in QUANTITIES for end in ("", "_lower", "_upper"))


def read_columns(
    raw: Mapping[str, tuple[Any, Any]], names: Mapping[str, str], needed: Iterable[str], source: str
) -> Columns:
    """The known columns of a table, in the documented units.

    Parameters
    ----------
    raw : mapping of str to tuple of (array_like, object)
        Values, masked or NaN where there is none, and unit (None: not said) of each column, by its name in the file.
    names : mapping of str to str
        Name in the file of every column that is called otherwise here.
    needed : iterable of str
        Columns that must be there, by their names here; others may be absent.
    source : str
        The file, for the messages.

    Returns
    -------
    dict of str to numpy.ndarray
        Those of name, catalog, version, gps and `measured` that are there, each of shape ``(n_rows,)``.

    Raises
    ------
    DataError
        If a needed column or every row is missing, an event has no name, a value is not legal, or a unit is another
        one. The message names file, event and column.
    """
    absent = [names.get(name, name) for name in ("name", *needed) if names.get(name, name) not in raw]
    if absent:
        raise DataError(f"{source}: no column {', '.join(dict.fromkeys(absent))}")
    there = {name: raw[names.get(name, name)] for name in _known() if names.get(name, name) in raw}
    columns: Columns = {name: _text(there[name][0]) for name in ("name", "catalog") if name in there}
    events = columns["name"]
    if events.size == 0:
        raise DataError(f"{source}: no event in it")
    if not (events != "").all():
        raise DataError(f"{source}: row {np.flatnonzero(events == '')[0]} has no {names.get('name', 'name')}")
    for name, (values, unit) in there.items():
        if name in columns:
            continue
        column = names.get(name, name)
        numbers = _numbers(values, events, f"{source}: ", column)
        base = name.removesuffix("_lower").removesuffix("_upper")
        if unit is None and base in there:
            unit = there[base][1]
        numbers = _converted(numbers, unit, _unit_of(base), f"{source}: {column}")
        _check(numbers, name, events, source, column)
        columns[name] = numbers
    if "version" in columns:
        _refuse(np.isnan(columns["version"]), columns["version"], "a whole number > 0", events, source, "version")
        columns["version"] = columns["version"].astype(np.int64)
    return columns


def _known() -> tuple[str, ...]:
    return ("name", "catalog", "version", "gps", *measured())


def _unit_of(base: str) -> str:
    return QUANTITIES[base][0] if base in QUANTITIES else "s" if base == "gps" else ""


def _text(values: Any) -> NDArray[np.str_]:
    words = np.ma.asarray(values).tolist()
    plain = [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in words]
    return np.array(["" if word is None else str(word).strip("\0 \t\r\n") for word in plain], dtype=str)


def _numbers(values: Any, events: NDArray[np.str_], where: str, column: str) -> NDArray[np.float64]:
    array = np.ma.asarray(values)
    if array.dtype.kind in "fiu":
        return np.array(np.ma.filled(array.astype(np.float64), np.nan))
    numbers = np.full(events.size, np.nan)
    for i, word in enumerate(_text(array)):
        try:
            numbers[i] = float(word or "nan")
        except ValueError:
            raise DataError(f"{where}{events[i]}: {column} must be a finite number, not {word}") from None
    return numbers


def _converted(values: NDArray[np.float64], unit: Any, to: str, where: str) -> NDArray[np.float64]:
    if unit is None:
        return values
    from astropy import units as u

    try:
        return np.asarray(values * u.Unit(unit).to(u.Unit(to)))
    except (ValueError, TypeError):
        wanted = f"must be convertible to {to}" if to else "must have none"
        raise DataError(f"{where} is in the unit {str(unit)!r}, {wanted}") from None


def _check(values: NDArray[np.float64], name: str, events: NDArray[np.str_], source: str, column: str) -> None:
    legal, allowed = _RULES.get(name[-6:], _RULES.get(name, _POSITIVE))
    given = ~np.isnan(values)
    _refuse(given & ~(np.isfinite(values) & legal(values)), values, allowed, events, source, column)
    if name not in _PLAUSIBLE or not given.any():
        return
    least, most = values[given].min(), values[given].max()
    low, high = _PLAUSIBLE[name]
    if most < low or least > high:
        outside = f"below {low:g}" if most < low else f"above {high:g}"
        said = f"every value is {outside} (from {least:g} to {most:g})"
        raise DataError(f"{source}: {column}: {said}, it looks like another unit; must be in {_unit_of(name)}")


def _refuse(
    bad: NDArray[np.bool_], values: NDArray[Any], allowed: str, events: NDArray[np.str_], source: str, column: str
) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        more = f" (and {rows.size - 1} more such events)" if rows.size > 1 else ""
        raise DataError(f"{source}: {events[rows[0]]}: {column} must be {allowed}, not {values[rows[0]]:g}{more}")
