"""SPARC: rotation curves of 175 disk galaxies with their mass models and what Table 1 says of each galaxy.

3391 points (Lelli, McGaugh & Schombert 2016). Radii in kpc, velocities in km/s. What the velocities of gas, disk and
bulge add up to is not said here: mass-to-light ratios and the treatment of negative squares are a model's choice.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import is_number, require
from catalogs.errors import DataError
from catalogs.sparc_curves import COLUMNS, Curves, Sources, read_curves, sources
from catalogs.sparc_files import CURVES, CURVES_NAME, CURVES_SHA256, SUFFIX, TABLE
from catalogs.sparc_table import FIELDS, read_galaxies

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "Sparc"]

FILES = (TABLE, *CURVES.values())
_Table = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Sparc:
    """Which galaxies of SPARC to use.

    Parameters
    ----------
    galaxies : sequence of str, optional
        Their names as in Table 1, in any order; None: all.
    min_points : int
        Galaxies with at least as many points are kept, >= 1.
    quality_max : int, optional
        Galaxies with a quality flag up to it are kept, 1 (high) to 3 (low); None: no cut.
    inclination_min, inclination_max : float, optional
        Galaxies with an inclination from one up to the other are kept (inclusive), 0 to 90 deg; None: no cut.
    drop_first : int
        How many galaxies are lost from the top of Table 1, >= 0. It serves one purpose: with 9 it repeats the error of
        the theory's author, whose reader skips 107 lines of a head that has 98.
    path : str, optional
        Folder that holds Table 1 under its published name, and the curves in ``rotmod``.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    galaxies: Sequence[str] | None = None
    min_points: int = 3
    quality_max: int | None = None
    inclination_min: float | None = None
    inclination_max: float | None = None
    drop_first: int = 0
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        if self.galaxies is not None:
            chosen = self.galaxies
            listed = isinstance(chosen, Sequence) and not isinstance(chosen, str)
            legal = listed and all(isinstance(name, str) for name in chosen) and len(set(chosen)) == len(chosen) > 0
            require(legal, "galaxies", chosen, "must be a list of names, each once, or null for all")
            object.__setattr__(self, "galaxies", tuple(chosen))  # a list would make the request unhashable
        for key, least in (("min_points", 1), ("drop_first", 0)):
            require(_is_whole(getattr(self, key), least), key, getattr(self, key), f"must be a whole number >= {least}")
        quality = self.quality_max
        legal = quality is None or (_is_whole(quality, 1) and quality <= 3)
        require(legal, "quality_max", quality, "must be 1, 2 or 3, or null for no cut")
        for key in ("inclination_min", "inclination_max"):
            value = getattr(self, key)
            legal = value is None or (is_number(value) and 0 <= value <= 90)
            require(legal, key, value, "must be a number from 0 to 90, deg, or null for no cut")
        if self.inclination_min is not None and self.inclination_max is not None:
            above = f"must not be above inclination_max={self.inclination_max!r}"
            require(self.inclination_min <= self.inclination_max, "inclination_min", self.inclination_min, above)
        require(isinstance(self.verify_sha256, bool), "verify_sha256", self.verify_sha256, "must be true or false")
        require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hashes of Table 1 and of all curves together, `catalogs.sparc_files.digest`, by name.

        No file is read for them; those of the files themselves if `verify_sha256` is False.
        """
        if self.verify_sha256:
            return {TABLE.name: TABLE.sha256, CURVES_NAME: CURVES_SHA256}
        return _hashes(sources(self.path, False))

    def load(self) -> xr.Dataset:
        """The chosen galaxies, file names sorted bytewise, and their points, in the order of the files.

        Returns
        -------
        xarray.Dataset
            Along ``point``: galaxy_index (row along ``galaxy``; the points of a galaxy are together), radius, v_obs,
            v_obs_err, v_gas, v_disk, v_bulge, surface_brightness_disk, surface_brightness_bulge. Along ``galaxy``:
            name, those of `catalogs.sparc_table.FIELDS`, reference, n_points, table_row (0-based row of Table 1). NaN:
            not measured (r_hi, v_flat, v_flat_err). Every variable has ``units`` and ``long_name``; attributes name the
            source, the hashes, the cuts, as JSON ``steps`` (what each cut left) and ``missing`` (galaxies without a
            value, before the cuts), and the numbers of points (n_rows) and galaxies.

        Raises
        ------
        DataError
            If a file is missing, altered or malformed, a galaxy has no curve or no row in Table 1, one that was asked
            for is unknown, or none is left.
        """
        import xarray as xr

        files = sources(self.path, self.verify_sha256)
        curves = read_curves(files.curves, files.curves_sha256)
        table = _matched(read_galaxies(files.table, files.table_sha256), curves.galaxies)
        missing = {name: int(np.isnan(table[name]).sum()) for name in ("r_hi", "v_flat")}
        keep, steps = self._kept(table, curves.n_points)
        variables = {
            **_along_point(curves, keep),
            **_along_galaxy({**table, "n_points": curves.n_points}, keep),
        }
        attrs = {
            "name": "sparc",
            "title": "SPARC rotation curves and mass models of disk galaxies",
            "reference": "Lelli, McGaugh & Schombert 2016, AJ 152, 157, doi:10.3847/0004-6256/152/6/157",
            "sha256": json.dumps(_hashes(files)),
            "cuts": json.dumps(self._cuts()),
            "steps": json.dumps(steps),
            "missing": json.dumps(missing),
            "n_galaxies_file": len(curves.galaxies),
            "n_galaxies": int(keep.sum()),
            "n_rows_file": len(curves.points),
            "n_rows": int(curves.n_points[keep].sum()),
        }
        return xr.Dataset(variables, attrs=attrs)

    def _cuts(self) -> dict[str, Any]:
        keys = ("min_points", "quality_max", "inclination_min", "inclination_max", "drop_first")
        galaxies = None if self.galaxies is None else sorted(self.galaxies)
        return {"galaxies": galaxies, **{key: getattr(self, key) for key in keys}}

    def _kept(self, table: _Table, n_points: NDArray[np.int64]) -> tuple[NDArray[np.bool_], list[dict[str, Any]]]:
        keep = np.ones(n_points.size, dtype=bool)
        steps = [{"step": "in the files", "rows": int(n_points.sum()), "galaxies": n_points.size}]
        for text, passes in self._passes(table, n_points):
            keep &= passes
            steps.append({"step": text, "rows": int(n_points[keep].sum()), "galaxies": int(keep.sum())})
        if not keep.any():
            counts = ", ".join(f"{each['galaxies']} {each['step']}" for each in steps)
            raise DataError(f"{TABLE.name}: no galaxy is left: {counts}")
        return keep, steps

    def _passes(self, table: _Table, n_points: NDArray[np.int64]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        if self.drop_first > 0:
            text = f"without the first {self.drop_first} of Table 1, an error on purpose (drop_first)"
            yield text, table["table_row"] >= self.drop_first
        if self.galaxies is not None:
            _refuse_unknown(self.galaxies, table["name"].tolist())
            yield "of those named (galaxies)", np.isin(table["name"], self.galaxies)
        yield f"with at least {self.min_points} points (min_points)", n_points >= self.min_points
        if self.quality_max is not None:
            yield f"with quality <= {self.quality_max} (quality_max)", table["quality"] <= self.quality_max
        if (low := self.inclination_min) is not None:
            yield f"with inclination >= {low:g} deg (inclination_min)", table["inclination"] >= low
        if (high := self.inclination_max) is not None:
            yield f"with inclination <= {high:g} deg (inclination_max)", table["inclination"] <= high


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _hashes(files: Sources) -> dict[str, str]:
    return {TABLE.name: files.table_sha256, CURVES_NAME: files.curves_sha256}


def _matched(table: _Table, galaxies: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """The rows of Table 1 in the order of the curves, with ``table_row``, the row that each has in the table."""
    rows = {name: row for row, name in enumerate(table["name"].tolist())}
    for galaxy in galaxies:
        if galaxy not in rows:
            raise DataError(f"{galaxy}{SUFFIX}: {TABLE.name} has no row for the galaxy {galaxy}")
    with_curve = set(galaxies)
    for galaxy, row in rows.items():
        if galaxy not in with_curve:
            where = f"line {table['line'][row]}: galaxy {galaxy} has no curve"
            raise DataError(f"{TABLE.name}: {where}, {CURVES_NAME.replace('*', galaxy)}")
    order = np.array([rows[galaxy] for galaxy in galaxies], dtype=np.int64)
    return {**{name: values[order] for name, values in table.items()}, "table_row": order}


def _refuse_unknown(chosen: Sequence[str], known: list[str]) -> None:
    for name in chosen:
        if name not in known:
            upper = {each.upper(): each for each in known}
            near = [upper[each] for each in difflib.get_close_matches(name.upper(), upper, n=3)]
            said = (
                f"did you mean {' or '.join(near)}?" if near else f"the first one is {known[0]}, the last {known[-1]}"
            )
            raise DataError(f"galaxies={list(chosen)}: no galaxy {name!r} in {TABLE.name}; {said}")


def _along_point(curves: Curves, keep: NDArray[np.bool_]) -> dict[str, Any]:
    points = curves.points[np.repeat(keep, curves.n_points)]
    index = np.repeat(np.arange(keep.sum()), curves.n_points[keep])
    variables: dict[str, Any] = {"galaxy_index": ("point", index, _attrs("", "row of the point's galaxy"))}
    for column, (name, *text) in zip(points.T, COLUMNS.values(), strict=True):
        variables[name] = ("point", column.copy(), _attrs(*text))
    return variables


def _along_galaxy(table: _Table, keep: NDArray[np.bool_]) -> dict[str, Any]:
    described = {
        "name": ("", "name of the galaxy"),
        **{field.name: (field.units, field.long_name) for field in FIELDS},
        "reference": ("", "references of the rotation curve, as abbreviated in Table 1"),
        "n_points": ("", "number of points of the curve"),
        "table_row": ("", "0-based row in Table 1"),
    }
    return {name: ("galaxy", table[name][keep], _attrs(*text)) for name, text in described.items()}


def _attrs(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name}
