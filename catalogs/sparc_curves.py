"""SPARC's rotation curves: where their files lie, and what is in them.

Radii in kpc, velocities in km/s, surface brightnesses in solLum / pc2. The velocities of disk and bulge are those for a
mass-to-light ratio of 1 at 3.6 um; that of the gas has a helium factor of 1.33 in it, and is negative where the gas
pulls outwards.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import checked_files
from catalogs.errors import DataError
from catalogs.files import find, hash_file, verify
from catalogs.sparc_files import CURVES, CURVES_NAME, CURVES_SHA256, SUFFIX, TABLE, digest
from catalogs.tables import parse_number, read_words

__all__ = ["COLUMNS", "Curves", "Sources", "read_curves", "sources"]

COLUMNS = {
    "Rad": ("radius", "kpc", "galactocentric radius"),
    "Vobs": ("v_obs", "km / s", "observed rotation velocity"),
    "errV": ("v_obs_err", "km / s", "error of the observed rotation velocity"),
    "Vgas": ("v_gas", "km / s", "velocity of the gas with helium, negative where it pulls outwards"),
    "Vdisk": ("v_disk", "km / s", "velocity of the stellar disk for a mass-to-light ratio of 1"),
    "Vbul": ("v_bulge", "km / s", "velocity of the bulge for a mass-to-light ratio of 1"),
    "SBdisk": ("surface_brightness_disk", "solLum / pc2", "surface brightness of the disk at 3.6 um"),
    "SBbul": ("surface_brightness_bulge", "solLum / pc2", "surface brightness of the bulge at 3.6 um"),
}
"""Of each column of a file, in order: name, unit and long name of the variable."""

_ABOVE = tuple(0.0 if name in ("Rad", "Vobs", "errV") else -math.inf for name in COLUMNS)


class Sources(NamedTuple):
    """Where Table 1 and the curves lie, and the hashes of their contents."""

    table: Path
    table_sha256: str
    curves: tuple[tuple[str, Path], ...]
    curves_sha256: str


class Curves(NamedTuple):
    """Every curve: galaxies, numbers of points ``(n_galaxies,)``, and points ``(n_points, 8)`` by `COLUMNS`."""

    galaxies: tuple[str, ...]
    n_points: NDArray[np.int64]
    points: NDArray[np.float64]


def sources(folder: str | None, verify_sha256: bool) -> Sources:
    """The files to read: Table 1, wherever it is found, and every curve in ``rotmod`` beside it.

    Parameters
    ----------
    folder : str, optional
        The only folder to look in, as in `catalogs.files.locate`.
    verify_sha256 : bool
        False accepts other content than the published one, and other galaxies.

    Returns
    -------
    Sources
        ``curves`` are galaxy and path, file names sorted bytewise.

    Raises
    ------
    DataError
        If a file is missing, cannot be read or, with `verify_sha256`, is altered or none of the published ones.
    """
    table, table_sha256 = checked_files((TABLE,), folder, verify_sha256)[TABLE]
    there = {path.name.removesuffix(SUFFIX): path for path in sorted(table.parent.glob(CURVES_NAME))}
    if not verify_sha256:
        if not there:
            raise DataError(f"{table.parent}: no {CURVES_NAME} there, the rotation curves beside {TABLE.name}")
        hashes = {galaxy: hash_file(path) for galaxy, path in there.items()}
        return Sources(table, table_sha256, tuple(there.items()), digest(hashes))
    for galaxy, file in CURVES.items():
        # where the table lies is where the others must be: two places would be two versions
        verify(there[galaxy] if galaxy in there else find(file, str(table.parent)), file)
    if strange := [path for galaxy, path in there.items() if galaxy not in CURVES]:
        raise DataError(
            f"{strange[0].name}: {strange[0]} is none of the {len(CURVES)} published curves. Remove it. "
            "To use your own version of them: catalog.verify_sha256=false"
        )
    return Sources(table, table_sha256, tuple((galaxy, there[galaxy]) for galaxy in CURVES), CURVES_SHA256)


@lru_cache(maxsize=2)
def read_curves(files: tuple[tuple[str, Path], ...], sha256: str) -> Curves:
    """The points of every curve, those of a galaxy together and in the order of its file.

    Parameters
    ----------
    files : tuple of (str, pathlib.Path)
        Galaxy and file of each curve.
    sha256 : str
        Digest of their present content: what is remembered is valid for it.

    Returns
    -------
    Curves
        Read-only.

    Raises
    ------
    DataError
        If a line has not 8 numbers, one is not finite, a radius, velocity or error is not > 0, or the radii do not
        increase. The message names file, line and column.
    """
    tables = [_read_curve(path) for _, path in files]
    n_points = np.array([len(table) for table in tables], dtype=np.int64)
    points = np.concatenate(tables)
    for array in (n_points, points):
        array.setflags(write=False)
    return Curves(tuple(galaxy for galaxy, _ in files), n_points, points)


def _read_curve(path: Path) -> NDArray[np.float64]:
    lines = read_words(path)
    for line, words in lines:
        if len(words) != len(COLUMNS):
            columns = ", ".join(COLUMNS)
            raise DataError(f"{path.name}: line {line} has {len(words)} values, must be {len(COLUMNS)}: {columns}")
    try:
        table = np.array([list(map(float, words)) for _, words in lines])
        legal = bool(np.all((table > _ABOVE) & (table < math.inf)))
    except ValueError:
        legal = False
    if not legal:  # again, one by one, to say where
        table = np.array([_numbers(path, line, words) for line, words in lines])
    radii = table[:, 0]
    if (stalls := np.flatnonzero(np.diff(radii) <= 0)).size:
        i = int(stalls[0]) + 1
        before = f"must be above {radii[i - 1]:g}, the radius before it, not {radii[i]:g}"
        raise DataError(f"{path.name}: line {lines[i][0]}: Rad {before}")
    return table


def _numbers(path: Path, line: int, words: list[str]) -> list[float]:
    return [
        parse_number(path, line, name, word, above) for name, word, above in zip(COLUMNS, words, _ABOVE, strict=True)
    ]
