"""Mass profiles of 20 CLASH clusters, deprojected from weak lensing without a model of the halo (Mistele+ 2025).

Radii in kpc, masses in Msun, densities in Msun/kpc3. The statistical errors of the masses of a cluster are correlated;
deprojection subtracts noise from noise, so that far out a mass can fall outwards or be negative.
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
from catalogs.clash_mistele_files import CLUSTERS, CORRELATIONS, PROFILES, SUMMARY
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
from catalogs.named_rows import read_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "ClashMistele"]

FILES = (SUMMARY, *PROFILES.values(), *CORRELATIONS.values())
_MPC = 1000.0  # kpc
_TOLERANCE = 1e-12  # of a unit diagonal and of symmetry; the published matrices have 2e-16
_SMALLEST = 1e-10  # smallest accepted eigenvalue; the published matrices have 0.12 and more


def _quantity(column: str, name: str, units: str, text: str) -> dict[str, tuple[str, str, str]]:
    """The columns of a quantity and of its three errors: name, units and long name of the variable of each."""
    stem, unit = column.split("_", 1)
    return {
        column: (name, units, text),
        f"{stem}_stat_err_{unit}": (f"{name}_err", units, f"statistical error of the {text}"),
        f"{stem}_syst_err_up_{unit}": (f"{name}_syst_upper", units, f"upper systematic error of the {text}"),
        f"{stem}_syst_err_down_{unit}": (f"{name}_syst_lower", units, f"lower systematic error of the {text}"),
    }


_POINT = {
    **_quantity("M_Msun", "mass", "solMass", "mass in the sphere of that radius"),
    **_quantity("M2hsub_Msun", "mass_one_halo", "solMass", "mass in the sphere without that of other haloes"),
    **_quantity("ρ_Msun_Mpc3", "density", "solMass / kpc3", "density"),
}
_MASSES = ("M_Msun", "M2hsub_Msun")
_MASS_ERRORS = tuple(f"{mass.split('_')[0]}_stat_err_Msun" for mass in _MASSES)
_LOG_MASS = "dex(solMass)"
_CLUSTER = {
    "Vflat_kms": ("v_flat", "km / s", "circular velocity where it is flat"),
    "Vflat_stat_err_kms": ("v_flat_err", "km / s", "statistical error of v_flat"),
    "log10_Mb_beta_Msun": ("log10_m_bar_beta", _LOG_MASS, "log10 of the baryonic mass, gas as a beta profile"),
    "log10_Mb_r4tail_Msun": ("log10_m_bar_r4tail", _LOG_MASS, "log10 of the baryonic mass, gas falling as r^-4"),
    "log10_M200c_Msun": ("log10_m200", _LOG_MASS, "log10 of M200 of the deprojected profile"),
    "log10_M200c_stat_err_Msun": ("log10_m200_err", "dex", "statistical error of log10 M200"),
    "log10_M200c_NFW_Msun": ("log10_m200_nfw", _LOG_MASS, "log10 of M200 of a fitted NFW halo"),
}
_NOTE = (
    "the correlation is that of the statistical errors of mass, from noise alone; between clusters it is 0 by "
    "construction of the table here; systematic errors are common to the radii of a cluster"
)


@dataclass(frozen=True, kw_only=True)
class ClashMistele:
    """Which deprojected profiles of CLASH clusters to use.

    Parameters
    ----------
    clusters : sequence of str, optional
        Names of their files, such as ``abell209``, in any order; None: all 20.
    radius_min, radius_max : float, optional
        Radii from one up to the other are kept (inclusive), kpc, >= 0; None: no cut.
    negative_mass : {"keep", "drop"}
        What to do with points of which a mass is not > 0. They are listed in the attributes in both cases. To drop
        them favours upward noise.
    path : str, optional
        Folder that holds the files under their published names.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    clusters: Sequence[str] | None = None
    radius_min: float | None = None
    radius_max: float | None = None
    negative_mass: str = "keep"
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "clusters", require_names(self.clusters))
        if self.clusters is not None:
            chosen_names(self.clusters, CLUSTERS, "Mistele et al. 2025")
        require_range("radius_min", self.radius_min, "radius_max", self.radius_max, "kpc")
        require(self.negative_mass in ("keep", "drop"), "negative_mass", self.negative_mass, "must be keep or drop")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hash of every file in use, by name; of the files themselves if `verify_sha256` is False."""
        if self.verify_sha256:
            return {file.name: file.sha256 for file in self._files()}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen points, cluster by cluster and outwards in each.

        Returns
        -------
        xarray.Dataset
            Along ``point``: row_index (0-based row in the file of its cluster), cluster_index (row along ``cluster``),
            radius (kpc), mass and mass_one_halo (Msun) and density (Msun/kpc3), each with ``_err``, ``_syst_upper`` and
            ``_syst_lower``. Along ``point`` and ``other_point``: correlation, of the statistical errors of mass. Along
            ``cluster``: name, n_points, v_flat, v_flat_err, log10_m_bar_beta, log10_m_bar_r4tail, log10_m200,
            log10_m200_err and log10_m200_nfw (NaN: not given). Every variable has ``units`` and ``long_name``;
            attributes name the source, the hashes, the cuts, as JSON ``steps`` (what each cut left) and
            ``negative_masses`` (cluster, radius and mass of every such point, before the cuts).

        Raises
        ------
        DataError
            If a file is missing (the message begins with ``needs-data``), altered or malformed, the radii of a cluster
            do not increase, its correlation matrix is singular or of another size, or no point is left.
        """
        import xarray as xr

        sources = self._sources()
        clusters = self._clusters()
        tables = [_profile(sources[PROFILES[name]][0]) for name in clusters]
        matrices = [
            _correlation(sources[CORRELATIONS[name]][0], name, table["radius"].size)
            for name, table in zip(clusters, tables, strict=True)
        ]
        sizes = [table["radius"].size for table in tables]
        points = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
        index = np.repeat(np.arange(len(clusters)), sizes)
        rows, steps = self._kept(points)
        present, new_index = np.unique(index[rows], return_inverse=True)
        summary = _summary(sources[SUMMARY][0], [clusters[i] for i in present])
        along_point = {
            "row_index": (np.concatenate([np.arange(size) for size in sizes])[rows], "", "0-based row in the file"),
            "cluster_index": (new_index, "", "row of the point's cluster"),
            "radius": (points["radius"][rows], "kpc", "radius of the sphere"),
            **{name: (points[name][rows], units, text) for name, units, text in _POINT.values()},
        }
        along_cluster = {
            "name": (np.array([clusters[i] for i in present]), "", "name of the cluster, that of its file"),
            "n_points": (np.bincount(new_index), "", "number of points of the cluster"),
            **{name: (summary[name], units, text) for name, units, text in _CLUSTER.values()},
        }
        matrix = _block_diagonal(matrices)[np.ix_(rows, rows)]
        told = {"units": "", "long_name": "correlation of the statistical errors of mass"}
        attrs = {
            "name": "clash_mistele2025",
            "title": "deprojected weak-lensing mass profiles of CLASH clusters",
            "reference": "Mistele et al. 2025, https://zenodo.org/records/15476959",
            "note": _NOTE,
            "sha256": json.dumps({file.name: sha256 for file, (_, sha256) in sources.items()}),
            "cuts": json.dumps(self._cuts()),
            "steps": json.dumps(steps),
            "negative_masses": json.dumps(_negative(points, [clusters[i] for i in index])),
            "n_clusters": present.size,
            "n_rows_file": index.size,
            "n_rows": rows.size,
        }
        return xr.Dataset(
            {
                **variables("point", along_point),
                "correlation": (("point", "other_point"), matrix, told),
                **variables("cluster", along_cluster),
            },
            attrs=attrs,
        )

    def _clusters(self) -> tuple[str, ...]:
        return tuple(name for name in CLUSTERS if self.clusters is None or name in self.clusters)

    def _files(self) -> tuple[DataFile, ...]:
        clusters = self._clusters()
        return (SUMMARY, *(PROFILES[name] for name in clusters), *(CORRELATIONS[name] for name in clusters))

    def _sources(self) -> dict[DataFile, tuple[Path, str]]:
        own = "The files of chosen clusters alone will do with catalog.clusters=[...]"
        return needed(self._files(), self.path, self.verify_sha256, own)

    def _cuts(self) -> dict[str, Any]:
        keys = ("radius_min", "radius_max", "negative_mass")
        return {"clusters": named(self.clusters), **{key: getattr(self, key) for key in keys}}

    def _kept(self, points: dict[str, NDArray[np.float64]]) -> tuple[NDArray[np.int64], list[dict[str, Any]]]:
        radius, bad = points["radius"], _not_positive(points)
        which = "points in the files" if self.clusters is None else "points in the files of those named (clusters)"
        kept = Steps(radius.size, f"{which}, {int(bad.sum())} with a mass that is not > 0")
        if (low := self.radius_min) is not None:
            kept.cut(f"with radius >= {low:g} kpc (radius_min)", radius >= low)
        if (high := self.radius_max) is not None:
            kept.cut(f"with radius <= {high:g} kpc (radius_max)", radius <= high)
        if self.negative_mass == "drop":
            kept.cut("with masses > 0 (negative_mass)", ~bad)
        return kept.rows("clash_mistele2025"), kept.steps


def _negative(points: dict[str, NDArray[np.float64]], clusters: list[str]) -> list[dict[str, Any]]:
    """Cluster, radius (kpc) and mass (Msun) of every point with a mass that is not > 0."""
    radius, mass = points["radius"], points["mass"]
    return [
        {"cluster": clusters[i], "radius": float(radius[i]), "mass": float(mass[i])}
        for i in np.flatnonzero(_not_positive(points))
    ]


def _not_positive(points: dict[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    return (points["mass"] <= 0) | (points["mass_one_halo"] <= 0)


def _profile(path: Path) -> dict[str, NDArray[np.float64]]:
    """The columns of a profile by name of variable; lengths in kpc."""
    table = read_rows(path, ("r_Mpc", *_POINT))
    radius = table.numbers("r_Mpc", above=0)
    table.refuse(np.diff(radius, prepend=0) <= 0, "r_Mpc must increase from line to line", radius)
    columns = {"radius": radius * _MPC}
    for column, (name, units, _) in _POINT.items():
        values = table.numbers(column, above=0 if column in _MASS_ERRORS else -np.inf)
        columns[name] = values / _MPC**3 if units.endswith("kpc3") else values
    return columns


def _correlation(path: Path, cluster: str, size: int) -> NDArray[np.float64]:
    """A correlation matrix, symmetric, with a unit diagonal and positive definite."""
    try:
        matrix = np.loadtxt(path, delimiter=",", ndmin=2)
    except ValueError as error:
        raise DataError(f"{path.name}: {cluster}: not a matrix: {' '.join(str(error).split())}") from error
    if matrix.shape != (size, size):
        shape = "x".join(map(str, matrix.shape))
        raise DataError(f"{path.name}: {cluster}: the correlation matrix is {shape}, must be {size}x{size}")
    if not np.isfinite(matrix).all():
        raise DataError(f"{path.name}: {cluster}: the correlation matrix has a value that is not finite")
    if np.abs(matrix - matrix.T).max() > _TOLERANCE:
        raise DataError(f"{path.name}: {cluster}: the correlation matrix is not symmetric")
    if np.abs(np.diagonal(matrix) - 1).max() > _TOLERANCE:
        raise DataError(f"{path.name}: {cluster}: the diagonal of the correlation matrix must be 1")
    matrix = (matrix + matrix.T) / 2
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest < _SMALLEST:
        raise DataError(
            f"{path.name}: {cluster}: the correlation matrix is singular or not positive definite: "
            f"its smallest eigenvalue is {smallest:.3g}, must be at least {_SMALLEST:g}"
        )
    return matrix


def _block_diagonal(matrices: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    whole = np.zeros((sum(map(len, matrices)),) * 2)
    start = 0
    for matrix in matrices:
        end = start + len(matrix)
        whole[start:end, start:end] = matrix
        start = end
    return whole


def _summary(path: Path, clusters: list[str]) -> dict[str, NDArray[np.float64]]:
    """The columns of the table of all clusters, by name of variable, in the order of `clusters`."""
    table = read_rows(path, ("name", *_CLUSTER))
    known = [name.replace(" ", "").lower() for name in table.texts("name", once=True).tolist()]
    absent = [name for name in clusters if name not in known]
    if absent:
        raise DataError(f"{path.name}: no row for {', '.join(absent)}")
    rows = [known.index(name) for name in clusters]
    return {name: table.numbers(column, blank=True)[rows] for column, (name, *_) in _CLUSTER.items()}
