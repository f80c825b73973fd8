"""The radial acceleration relation of 20 CLASH clusters: 84 points from 14 to 600 kpc (Tian+ 2020, Figure 2).

In each cluster the innermost point is the brightest galaxy, the others lie at 100, 200, 400 and 600 kpc as far as they
were measured. Accelerations are in m/s2, their errors in dex; radii in kpc.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import require
from catalogs.cluster_sources import (
    Steps,
    chosen_names,
    named,
    needed,
    require_names,
    require_place,
    require_range,
    variables,
)
from catalogs.errors import DataError
from catalogs.files import DataFile
from catalogs.tables import parse_number, read_words

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "ClashTian"]

POINTS = DataFile(
    "clash_tian2020",
    "fig2.dat",
    "1286f24d91a37e6c28903166d9493b3a84c9de9f82d36700ab13e9e2b2a0f85b",
    3612,
    "https://cdsarc.cds.unistra.fr/ftp/J/ApJ/896/70/fig2.dat",
)
FILES = (POINTS,)
_COLUMNS = ("cluster", "radius", "log10_g_bar", "log10_g_obs", "log10_g_bar_err", "log10_g_obs_err")
_POSITIVE = ("radius", "log10_g_bar_err", "log10_g_obs_err")
_BCG_RADIUS = 50.0  # kpc; brightest galaxies lie at 14 to 30 kpc, the next points at 100 kpc


@dataclass(frozen=True, kw_only=True)
class ClashTian:
    """Which points of the acceleration relation of CLASH clusters to use.

    Parameters
    ----------
    clusters : sequence of str, optional
        Their names as in the file, in any order; None: all.
    radius_min, radius_max : float, optional
        Radii from one up to the other are kept (inclusive), kpc, >= 0; None: no cut.
    bcg : bool
        False leaves out the points of the brightest galaxies.
    path : str, optional
        Folder that holds the file under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    clusters: Sequence[str] | None = None
    radius_min: float | None = None
    radius_max: float | None = None
    bcg: bool = True
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "clusters", require_names(self.clusters))
        require_range("radius_min", self.radius_min, "radius_max", self.radius_max, "kpc")
        require(isinstance(self.bcg, bool), "bcg", self.bcg, "must be true or false")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file, by name; of the file itself if `verify_sha256` is False."""
        return {POINTS.name: POINTS.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen points, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``point``: row_index (0-based row of the file), cluster_index (row along ``cluster``), radius (kpc),
            g_bar and g_obs (m/s2), log10_g_bar and log10_g_obs (dex(m/s2)) with log10_g_bar_err and log10_g_obs_err
            (dex), is_bcg. Along ``cluster``: name and n_points. Every variable has ``units`` and ``long_name``;
            attributes name the source, the hash, the cuts and, as JSON ``steps``, what each of them left.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, the radii of a
            cluster do not increase, a cluster that was asked for is unknown, or no point is left.
        """
        import xarray as xr

        path, sha256 = self._source()
        names, table = _read(path)
        rows, steps = self._kept(path, names, table["radius"])
        kept, first, index = np.unique(names[rows], return_index=True, return_inverse=True)
        order = np.argsort(first)  # clusters in the order of the file
        index = np.argsort(order)[index]
        column = {name: values[rows] for name, values in table.items()}
        along_point = {
            "row_index": (rows, "", "0-based row in the file"),
            "cluster_index": (index, "", "row of the point's cluster"),
            "radius": (column["radius"], "kpc", "distance from the centre of the cluster"),
            "g_bar": (10 ** column["log10_g_bar"], "m / s2", "acceleration by the baryons"),
            "g_obs": (10 ** column["log10_g_obs"], "m / s2", "total acceleration, from lensing"),
            "log10_g_bar": (column["log10_g_bar"], "dex(m / s2)", "log10 of the acceleration by the baryons"),
            "log10_g_obs": (column["log10_g_obs"], "dex(m / s2)", "log10 of the total acceleration, from lensing"),
            "log10_g_bar_err": (column["log10_g_bar_err"], "dex", "error of log10 g_bar"),
            "log10_g_obs_err": (column["log10_g_obs_err"], "dex", "error of log10 g_obs"),
            "is_bcg": (column["radius"] < _BCG_RADIUS, "", "the point is the brightest galaxy of its cluster"),
        }
        along_cluster = {
            "name": (kept[order], "", "name of the cluster in the file"),
            "n_points": (np.bincount(index), "", "number of points of the cluster"),
        }
        attrs = {
            "name": "clash_tian2020",
            "title": "radial acceleration relation of CLASH clusters",
            "reference": "Tian, Umetsu, Ko, Donahue & Chiu 2020, ApJ 896, 70, doi:10.3847/1538-4357/ab8e3d, Figure 2",
            "sha256": json.dumps({POINTS.name: sha256}),
            "cuts": json.dumps(self._cuts()),
            "steps": json.dumps(steps),
            "n_clusters": kept.size,
            "n_rows_file": names.size,
            "n_rows": rows.size,
        }
        return xr.Dataset({**variables("point", along_point), **variables("cluster", along_cluster)}, attrs=attrs)

    def _source(self) -> tuple[Path, str]:
        own = f"With catalog.verify_sha256=false your own lines of {' '.join(_COLUMNS)} will do"
        return needed(FILES, self.path, self.verify_sha256, own)[POINTS]

    def _cuts(self) -> dict[str, Any]:
        keys = ("radius_min", "radius_max", "bcg")
        return {"clusters": named(self.clusters), **{key: getattr(self, key) for key in keys}}

    def _kept(
        self, path: Path, names: NDArray[np.str_], radius: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], list[dict[str, Any]]]:
        kept = Steps(names.size, "points in the file")
        if self.clusters is not None:
            chosen_names(self.clusters, list(dict.fromkeys(names.tolist())), path.name)
            kept.cut("of the clusters named (clusters)", np.isin(names, self.clusters))
        if (low := self.radius_min) is not None:
            kept.cut(f"with radius >= {low:g} kpc (radius_min)", radius >= low)
        if (high := self.radius_max) is not None:
            kept.cut(f"with radius <= {high:g} kpc (radius_max)", radius <= high)
        if not self.bcg:
            kept.cut("that are no brightest galaxy (bcg)", radius >= _BCG_RADIUS)
        return kept.rows(path.name), kept.steps


def _read(path: Path) -> tuple[NDArray[np.str_], dict[str, NDArray[np.float64]]]:
    """Name of the cluster of each point, and the columns of numbers."""
    names, rows = [], []
    outermost: dict[str, float] = {}
    for line, words in read_words(path):
        if len(words) != len(_COLUMNS):
            raise DataError(f"{path.name}: line {line} has {len(words)} values, must be {', '.join(_COLUMNS)}")
        cluster, *texts = words
        numbers = [
            parse_number(path, line, name, text, 0.0 if name in _POSITIVE else -np.inf)
            for name, text in zip(_COLUMNS[1:], texts, strict=True)
        ]
        if numbers[0] <= outermost.get(cluster, 0.0):
            further = f"radius of {cluster} must increase from line to line"
            raise DataError(f"{path.name}: line {line}: {further}, not {texts[0]} after {outermost[cluster]:g}")
        outermost[cluster] = numbers[0]
        names.append(cluster)
        rows.append(numbers)
    return np.array(names), dict(zip(_COLUMNS[1:], np.array(rows).T, strict=True))
