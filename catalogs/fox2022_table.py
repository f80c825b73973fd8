"""Parse Table 1 of Fox et al. 2022 as VizieR has it, by the byte-by-byte description in its ReadMe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.errors import DataError
from catalogs.files import exists, hash_file

__all__ = ["read_models"]

_UNITS = {"m500": 1e14, "m200": 1e14, "m_sl": 1e12, "m_sl_err_upper": 1e12, "m_sl_err_lower": 1e12}  # Msun


def read_models(path: Path, labels: Mapping[str, str | None], address: str) -> tuple[dict[str, NDArray[Any]], str]:
    """Every lens model of the table, in the order of the file.

    Parameters
    ----------
    path : pathlib.Path
        The table; its ReadMe lies beside it.
    labels : mapping of str to str or None
        Label in the ReadMe of each of cluster, z, m500, m200, m_sl, m_sl_err_upper, m_sl_err_lower and spec_z; None:
        not read.
    address : str
        Where the ReadMe is published.

    Returns
    -------
    dict of str to numpy.ndarray
        name, z, m500, m200 (1e14 Msun), m_sl, m_sl_err (1e12 Msun) and spec_z (lower case); NaN: not given.
    str
        The sha256 of the ReadMe.

    Raises
    ------
    DataError
        If the ReadMe is missing (the message begins with ``needs-data``) or describes another table, a label, a unit
        or every flag "yes" is missing, or a redshift or a mass is not > 0.
    """
    readme = path.parent / "ReadMe"
    if not exists(readme):
        raise DataError(
            f"needs-data: ReadMe is not beside {path}; the bytes of the columns of {path.name} are told in it only. "
            f"Get it: {address}/ReadMe"
        )
    sha256 = hash_file(readme)
    table = _table(path, readme)
    for name, label in labels.items():
        if label is not None and label not in table.colnames:
            there = ", ".join(table.colnames)
            raise DataError(f"label_{name}={label!r}: no such column of {path.name} in its ReadMe; there are {there}")
    columns = {name: _numbers(path, table, labels[name], _UNITS.get(name)) for name in ("z", *_UNITS)}
    lines = np.isnan(columns["z"])
    if lines.any():
        raise DataError(f"{path.name}: line {np.flatnonzero(lines)[0] + 1}: {labels['z']} must be a finite number")
    errors = np.stack([columns.pop("m_sl_err_upper"), columns.pop("m_sl_err_lower")])
    given = np.isfinite(errors)
    count = given.sum(axis=0)
    mean = np.where(given, errors, 0).sum(axis=0) / np.maximum(count, 1)
    flags = np.char.lower(_texts(table, labels["spec_z"]))
    if not (flags == "yes").any():
        found = ", ".join(repr(str(flag)) for flag in np.unique(flags)[:5])
        raise DataError(f"{path.name}: no flag 'yes' in the column {labels['spec_z']}, found {found}. Set label_spec_z")
    names = _texts(table, labels["cluster"])
    if (names == "").any():
        raise DataError(
            f"{path.name}: line {np.flatnonzero(names == '')[0] + 1}: {labels['cluster']} must not be empty"
        )
    return {"name": names, **columns, "m_sl_err": np.where(count > 0, mean, np.nan), "spec_z": flags}, sha256


def _table(path: Path, readme: Path) -> Any:
    from astropy.io import ascii as tables

    try:
        table = tables.read(str(path), format="cds", readme=str(readme))
    except (ValueError, KeyError, IndexError, OSError) as error:  # astropy's InconsistentTableError is a ValueError
        why = " ".join(str(error).split())
        raise DataError(f"{path.name}: not the table that {readme} describes: {why}") from error
    if len(table) == 0:
        raise DataError(f"{path.name}: no row in it")
    return table


def _texts(table: Any, label: str | None) -> NDArray[np.str_]:
    column = table[label]
    texts = np.asarray(column.filled("") if hasattr(column, "filled") else column, dtype=str)
    return np.array([" ".join(text.split()) for text in texts.tolist()])


def _numbers(path: Path, table: Any, label: str | None, solar_masses: float | None) -> NDArray[np.float64]:
    """A column of numbers > 0 or NaN, of masses in that many Msun."""
    from astropy import units as u

    if label is None:
        return np.full(len(table), np.nan)
    column = table[label]
    if column.dtype.kind not in "if":
        raise DataError(f"{path.name}: the column {label} must hold numbers")
    values = np.array(column, dtype=np.float64)
    values[np.asarray(getattr(column, "mask", np.zeros(values.size)), dtype=bool)] = np.nan
    if solar_masses is not None:
        try:
            factor = u.Unit(column.unit).to(u.solMass) / solar_masses
        except (TypeError, ValueError) as error:
            unit = f"{column.unit}" if column.unit is not None else "none"
            raise DataError(f"{path.name}: the unit of {label} must be a mass, not {unit}, in its ReadMe") from error
        values = values * float(f"{factor:.12g}")  # exactly 1 for the expected unit: a cut in mass is strict
    bad = np.flatnonzero(values <= 0)
    if bad.size:
        raise DataError(f"{path.name}: line {bad[0] + 1}: {label} must be > 0, not {column[bad[0]]}")
    return values
