"""Strong-lensing clusters of Fox, Mahler, Sharon & Remolina Gonzalez 2022: M500 and the lensing mass inside 200 kpc.

``table`` is Table 1 as VizieR has it, read by the description in the ReadMe beside it; no copy could be had here, so
that the labels of its columns are the user's to say. ``recovered51`` are 51 clusters rebuilt from a public file in
which columns of that table stand under other names. It lacks the flag for a spectroscopic constraint, which selects
the 42 clusters of the theory's paper: which they are is not known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import is_number, require
from catalogs.cluster_sources import Steps, needed, require_place, variables
from catalogs.files import DataFile
from catalogs.fox2022_table import read_models
from catalogs.named_rows import read_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "Fox2022"]

_CDS = "https://cdsarc.cds.unistra.fr/ftp/J/ApJ/928/87"
_AUTHOR = "https://github.com/lrspeiser/sigmagravity"
MODELS = DataFile(
    "fox2022",
    "table1.dat",
    "49217d91bfaef80e206271d93cc2b35d2b37e48661c00a3fa2b8de1b5fc93490",
    21534,
    f"{_CDS}/table1.dat",
)
RECOVERED = DataFile(
    "fox2022",
    "fox2022_recovered51.csv",
    "f834165789a95b7cd4f499a1bb95ea869d6e93956ab01825e462c91d0bde7a2d",
    2402,
    _AUTHOR,
)
ERRORS = DataFile(
    "fox2022",
    "fox2022_hff_subset.csv",
    "2de81b1f50dece09ef3d1164854ed6c0f5c084b6a92ea8b8b991f8133a2c7251",
    297,
    _AUTHOR,
)
FILES = (MODELS, RECOVERED, ERRORS)
_UNKNOWN = "unknown"
_NOTES = {
    "table": "the lensing mass is projected, in a cylinder; M500 is itself a dynamical mass",
    "recovered51": (
        "the spec-z flag is not recoverable, so that the 42 clusters of the theory's paper are not known; M500 of "
        "Abell 370 to 0.1 only; only M500 > 2e14 Msun; the lensing mass is projected, in a cylinder; M500 is itself a "
        "dynamical mass"
    ),
}
_LABELS = ("cluster", "z", "m500", "m200", "m_sl", "m_sl_err_upper", "m_sl_err_lower", "spec_z")
_OPTIONAL = ("m200", "m_sl_err_upper", "m_sl_err_lower")
_DESCRIBED = {
    "row_index": ("", "0-based row in the file"),
    "name": ("", "name of the cluster"),
    "program": ("", "observing programme"),
    "z": ("", "redshift of the cluster"),
    "m500": ("1e14 solMass", "mass inside R500"),
    "m200": ("1e14 solMass", "mass inside R200"),
    "m_sl": ("1e12 solMass", "strong-lensing mass, projected inside 200 kpc"),
    "m_sl_err": ("1e12 solMass", "error of the strong-lensing mass"),
    "spec_z": ("", "whether a spectroscopic redshift constrains the lens model, as flagged"),
}
_Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Fox2022:
    """Which clusters of Fox et al. 2022 to use.

    Parameters
    ----------
    sample : {"recovered51", "table"}
        The rebuilt clusters, or VizieR's table, which a user has to get.
    models : {"first", "all"}
        Of several lens models of a cluster the first row, or every one; ``recovered51`` has the first ones only.
    spec_z_only : bool
        Clusters with the flag "yes" are kept. ``recovered51`` has no flag: nothing is cut and the steps say so.
    m500_min : float, optional
        Clusters with a greater M500 are kept (strict), 1e14 Msun, >= 0; None: no cut.
    label_cluster, label_z, label_m500, label_m_sl, label_spec_z : str
        Labels of columns in the ReadMe of VizieR's table; a label that is not there is refused with the list of those
        that are.
    label_m200, label_m_sl_err_upper, label_m_sl_err_lower : str, optional
        The same; None: not read, NaN in the dataset.
    path : str, optional
        Folder that holds the files under their published names; for ``table`` also VizieR's ReadMe.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    sample: str = "recovered51"
    models: str = "first"
    spec_z_only: bool = True
    m500_min: float | None = 2.0
    label_cluster: str = "Cluster"
    label_z: str = "z"
    label_m500: str = "M500"
    label_m200: str | None = "M200"
    label_m_sl: str = "MSL"
    label_m_sl_err_upper: str | None = "E_MSL"
    label_m_sl_err_lower: str | None = "e_MSL"
    label_spec_z: str = "Spec"
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        known = isinstance(self.sample, str) and self.sample in _NOTES
        require(known, "sample", self.sample, "must be table or recovered51")
        require(self.models in ("first", "all"), "models", self.models, "must be first or all")
        only = "recovered51 has the first lens model of each cluster only; set sample=table, or models=first"
        require(self.models == "first" or self.sample == "table", "models", self.models, only)
        require(isinstance(self.spec_z_only, bool), "spec_z_only", self.spec_z_only, "must be true or false")
        low = self.m500_min
        legal = low is None or (is_number(low) and low >= 0)
        require(legal, "m500_min", low, "must be a finite number >= 0, 1e14 Msun, or null for no cut")
        for name in _LABELS:
            label = getattr(self, f"label_{name}")
            or_null = ", or null" if name in _OPTIONAL else ""
            legal = (isinstance(label, str) and label != "") or (label is None and name in _OPTIONAL)
            require(legal, f"label_{name}", label, f"must be the label of a column{or_null}")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hash of every file in use, by name; of the files themselves if `verify_sha256` is False."""
        if self.verify_sha256:
            return {file.name: file.sha256 for file in self._files()}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen clusters, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``cluster``: row_index (0-based row of the file), name, z, m500 and m200 (1e14 Msun), m_sl and
            m_sl_err (1e12 Msun, projected inside 200 kpc; the mean of both errors if there are two), spec_z (the flag;
            "unknown" in ``recovered51``) and, of ``recovered51``, program. NaN: not given. Every variable has
            ``units`` and ``long_name``; attributes name the source, the hashes, the cuts, as JSON ``steps`` what each
            of them left in its turn, and in ``note`` what the numbers are not.

        Raises
        ------
        DataError
            If a file is missing (the message begins with ``needs-data``), altered or malformed, a column or the flag
            is not there, a mass is not > 0, or no cluster is left.
        """
        import xarray as xr

        sources = self._sources()
        hashes = {file.name: sha256 for file, (_, sha256) in sources.items()}
        if self.sample == "table":
            path = sources[MODELS][0]
            labels = {name: getattr(self, f"label_{name}") for name in _LABELS}
            columns, hashes["ReadMe"] = read_models(path, labels, _CDS)
            title = "strong-lensing clusters of Fox+ 2022, Table 1"
        else:
            path = sources[RECOVERED][0]
            columns = _recovered(path, sources[ERRORS][0])
            title = (
                f"{columns['name'].size} recovered clusters of Fox+ 2022 with M500 > 2e14 Msun, not the 42 of the "
                "theory's paper (spec-z flag not recoverable)"
            )
        kept = self._kept(columns)
        rows = kept.rows(path.name)
        columns["row_index"] = np.arange(columns["name"].size)
        attrs = {
            "name": f"fox2022_{self.sample}",
            "title": title,
            "reference": "Fox, Mahler, Sharon & Remolina Gonzalez 2022, ApJ 928, 87, doi:10.3847/1538-4357/ac5024",
            "note": _NOTES[self.sample],
            "sha256": json.dumps(hashes),
            "cuts": json.dumps(self._cuts()),
            "steps": json.dumps(kept.steps),
            "n_rows_file": columns["name"].size,
            "n_rows": rows.size,
        }
        along = {name: (columns[name][rows], *text) for name, text in _DESCRIBED.items() if name in columns}
        return xr.Dataset(variables("cluster", along), attrs=attrs)

    def _files(self) -> tuple[DataFile, ...]:
        return (MODELS,) if self.sample == "table" else (RECOVERED, ERRORS)

    def _sources(self) -> dict[DataFile, tuple[Path, str]]:
        own = f"VizieR's ReadMe ({_CDS}/ReadMe) must lie beside it. catalog.sample=recovered51 needs neither"
        if self.sample != "table":
            own = f"catalog.sample=table reads VizieR's table instead, {_CDS}/table1.dat"
        return needed(self._files(), self.path, self.verify_sha256, own)

    def _cuts(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in ("sample", "models", "spec_z_only", "m500_min")}

    def _kept(self, columns: _Columns) -> Steps:
        names, m500 = columns["name"], columns["m500"]
        kept = Steps(names.size, "lens models in the file" if self.sample == "table" else "clusters in the file")
        if self.sample == "table" and self.models == "first":
            kept.cut("that are the first of their cluster (models)", np.isin(np.arange(names.size), _first(names)))
        kept.cut("with M500 and MSL", ~np.isnan(m500) & ~np.isnan(columns["m_sl"]))
        if self.spec_z_only and self.sample == "table":
            kept.cut("with a spectroscopic constraint (spec_z_only)", columns["spec_z"] == "yes")
        elif self.spec_z_only:
            kept.cut("without a cut in the spectroscopic constraint: flag not recoverable (spec_z_only)", True)
        if (low := self.m500_min) is not None:
            kept.cut(f"with M500 > {low:g}e14 Msun (m500_min)", m500 > low)
        return kept


def _first(names: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.unique(names, return_index=True)[1]


def _recovered(path: Path, errors: Path) -> _Columns:
    """The rebuilt clusters, with the six errors that survive."""
    table = read_rows(path)
    names = table.texts("cluster", once=True)
    masses = {"m500": "M500_1e14Msun", "m200": "M200_1e14Msun", "m_sl": "MSL200kpc_1e12Msun"}
    columns: _Columns = {
        "name": names,
        "program": table.texts("program"),
        "z": table.numbers("z_lens", above=0),
        **{name: table.numbers(column, above=0, blank=name == "m200") for name, column in masses.items()},
        "m_sl_err": np.full(names.size, np.nan),
        "spec_z": np.full(names.size, _UNKNOWN),
    }
    known = read_rows(errors)
    theirs = known.texts("cluster", once=True)
    mass = known.numbers("MSL_200kpc_1e12Msun", above=0)
    error = known.numbers("MSL_200kpc_err_1e12Msun", above=0)
    known.refuse(~np.isin(theirs, names), f"cluster must be one of {path.name}", theirs)
    rows = np.array([names.tolist().index(name) for name in theirs.tolist()], dtype=np.int64)
    ours = columns["m_sl"][rows]
    known.refuse(mass != ours, f"MSL_200kpc_1e12Msun must be that of {path.name}", mass)
    columns["m_sl_err"][rows] = error
    return columns
