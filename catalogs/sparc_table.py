"""SPARC's Table 1: one row a galaxy, 19 fields.

The byte ranges that the head of the file gives do not fit its rows: every scale length comes out wrong with them. Rows
are split on white space. Where the flat velocity or the HI radius was not measured the file has 0, and NaN stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalogs.errors import DataError
from catalogs.tables import parse_number, read_words

__all__ = ["FIELDS", "Field", "read_galaxies"]

_Rule = tuple[Callable[[float], bool], str]
_POSITIVE: _Rule = (lambda x: x > 0, "a finite number > 0")
_NOT_NEGATIVE: _Rule = (lambda x: x >= 0, "a finite number >= 0")
_ANGLE: _Rule = (lambda x: 0 < x <= 90, "a number > 0 and <= 90")


def _whole(first: int, last: int) -> _Rule:
    return (lambda x: first <= x <= last and x == int(x), f"a whole number from {first} to {last}")


class Field(NamedTuple):
    """A number of Table 1: name in the file; name, unit and long name of the variable; what it may be."""

    label: str
    name: str
    units: str
    long_name: str
    rule: _Rule
    is_whole: bool = False


FIELDS = (
    Field("T", "hubble_type", "", "Hubble type: 0 S0, 1 Sa, 2 Sab, ... 10 Im, 11 BCD", _whole(0, 11), True),
    Field("D", "distance", "Mpc", "distance", _POSITIVE),
    Field("e_D", "distance_err", "Mpc", "error of the distance", _NOT_NEGATIVE),
    Field(
        "f_D",
        "distance_method",
        "",
        "distance from: 1 Hubble flow, 2 tip of the red giant branch, 3 Cepheids, 4 Ursa Major cluster, 5 supernova",
        _whole(1, 5),
        True,
    ),
    Field("Inc", "inclination", "deg", "inclination", _ANGLE),
    Field("e_Inc", "inclination_err", "deg", "error of the inclination", _NOT_NEGATIVE),
    Field("L[3.6]", "luminosity", "1e9 solLum", "luminosity at 3.6 um", _POSITIVE),
    Field("e_L[3.6]", "luminosity_err", "1e9 solLum", "error of the luminosity", _NOT_NEGATIVE),
    Field("Reff", "r_eff", "kpc", "effective radius at 3.6 um", _POSITIVE),
    Field("SBeff", "sb_eff", "solLum / pc2", "effective surface brightness at 3.6 um", _POSITIVE),
    Field("Rdisk", "r_disk", "kpc", "scale length of the disk at 3.6 um", _POSITIVE),
    Field("SBdisk", "sb_disk", "solLum / pc2", "central surface brightness of the disk at 3.6 um", _POSITIVE),
    Field("MHI", "m_hi", "1e9 solMass", "mass of neutral hydrogen", _NOT_NEGATIVE),
    Field("RHI", "r_hi", "kpc", "radius at which neutral hydrogen has 1 solMass / pc2", _NOT_NEGATIVE),
    Field("Vflat", "v_flat", "km / s", "velocity of the flat part of the curve", _NOT_NEGATIVE),
    Field("e_Vflat", "v_flat_err", "km / s", "error of the velocity of the flat part", _NOT_NEGATIVE),
    Field("Q", "quality", "", "quality of the curve: 1 high, 2 medium, 3 low", _whole(1, 3), True),
)
"""The numbers of a row, in order, between the galaxy's name and the references."""

_LABELS = ("Galaxy", *(field.label for field in FIELDS), "Ref.")
_NOT_MEASURED = {"r_hi": "r_hi", "v_flat": "v_flat", "v_flat_err": "v_flat"}


@lru_cache(maxsize=2)
def read_galaxies(path: Path, sha256: str) -> Mapping[str, NDArray[Any]]:
    """The columns of Table 1, in the order of the file.

    Parameters
    ----------
    path : pathlib.Path
        The file; the rows begin after its last line of dashes, or with the first line if it has none.
    sha256 : str
        Hash of its present content: what is remembered is valid for it.

    Returns
    -------
    mapping of str to numpy.ndarray
        ``name``, those of `FIELDS`, ``reference`` and ``line`` (of the file, from 1), each of shape ``(n_galaxies,)``,
        read-only. NaN: not measured.

    Raises
    ------
    DataError
        If there is no row, a row has not 19 fields, a value is not legal, or a galaxy stands there twice. The message
        names file, line, galaxy and column.
    """
    lines = read_words(path)
    rules = [i for i, (_, words) in enumerate(lines) if words[0].startswith("----")]
    rows = lines[rules[-1] + 1 :] if rules else lines
    if not rows:
        raise DataError(f"{path.name}: no row below its last line of dashes")
    seen: dict[str, int] = {}
    for line, words in rows:
        if len(words) != len(_LABELS):
            has = f"has {len(words)} values, must be {len(_LABELS)}: {', '.join(_LABELS)}"
            raise DataError(f"{path.name}: line {line} ({words[0]}) {has}")
        if words[0] in seen:
            raise DataError(f"{path.name}: line {line}: galaxy {words[0]} stands in line {seen[words[0]]} already")
        seen[words[0]] = line
    columns: dict[str, NDArray[Any]] = {
        "name": np.array([words[0] for _, words in rows]),
        "reference": np.array([words[-1] for _, words in rows]),
        "line": np.array([line for line, _ in rows], dtype=np.int64),
    }
    for i, field in enumerate(FIELDS, 1):
        values = np.array([_number(path, line, words[0], field, words[i]) for line, words in rows])
        columns[field.name] = values.astype(np.int64) if field.is_whole else values
    absent = {name: columns[measured] == 0 for name, measured in _NOT_MEASURED.items()}
    for name, rows_without in absent.items():
        columns[name][rows_without] = np.nan
    for array in columns.values():
        array.setflags(write=False)
    return MappingProxyType(columns)


def _number(path: Path, line: int, galaxy: str, field: Field, word: str) -> float:
    legal, allowed = field.rule
    number = parse_number(path, line, f"{field.label} of {galaxy}", word)
    if not legal(number):
        raise DataError(f"{path.name}: line {line}: {field.label} of {galaxy} must be {allowed}, not {word}")
    return number
