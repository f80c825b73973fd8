"""X-ray profiles of the gas of Abell 1689 and of Perseus, Abell 426 (ACCEPT; Cavagnolo+ 2009).

Radii in kpc, densities of electrons in cm^-3, temperatures in keV. The hydrostatic mass is a derivative of noisy bins
and negative in some: bin by bin it cannot be used. The author's models of stars and clumping are no measurement and are
not read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import require
from catalogs.cluster_sources import Steps, needed, require_place, require_range, variables
from catalogs.errors import DataError
from catalogs.files import DataFile
from catalogs.tables import parse_number, read_words

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CLUSTERS", "FILES", "Accept"]

_TABLE = "accept_profiles.dat.txt"
_URL = "https://github.com/lrspeiser/Geometry-Gated-Gravity/raw/0bbc741b143b/data"
CLUSTERS = {
    "ABELL_1689": DataFile(
        "clusters_accept",
        f"ABELL_1689/{_TABLE}",
        "720fb94f4e81b6a0351a295efec12f6bab2dd6f4e9d5f64c3febff14f3ccda9e",
        20460,
        f"{_URL}/ABELL_1689_profiles.dat.txt",
    ),
    "ABELL_0426": DataFile(
        "clusters_accept",
        f"ABELL_0426/{_TABLE}",
        "88b20916dd9c9e9ecd8fc774b8632b44d17e7db05d152b6d972248a06dc5d956",
        22110,
        f"{_URL}/ABELL_0426_profiles.dat.txt",
    ),
}
"""The file of each cluster, by its name in the table."""

FILES = tuple(CLUSTERS.values())
_REDSHIFTS = {"ABELL_1689": 0.183, "ABELL_0426": 0.0179}
_MPC = 1000.0  # kpc
_HEAD = (
    *("Name", "Rin", "Rout", "nelec", "neerr", "Kitpl", "Kflat", "Kerr", "Pitpl", "Pflat", "Perr", "Mgrav", "Merr"),
    *("Tx", "Txerr", "Lambda", "tcool5/2", "t52err", "tcool3/2", "t32err"),
)
_UNITS = "Mpc Mpc cm^-3 cm^-3 keV cm^2 keV cm^2 keV cm^2 dyne cm^-2 dyne cm^-2 dyne cm^-2 M_solar M_solar keV keV"
_UNITS += " ergs-cm^3/s Gyr Gyr Gyr Gyr"
_ENTROPY, _PRESSURE = "keV cm2", "dyn / cm2"
_COLUMNS = {
    "Rin": ("radius_inner", "kpc", "inner radius of the bin"),
    "Rout": ("radius_outer", "kpc", "outer radius of the bin"),
    "nelec": ("n_e", "1 / cm3", "density of electrons"),
    "neerr": ("n_e_err", "1 / cm3", "error of n_e"),
    "Kitpl": ("entropy", _ENTROPY, "entropy, temperature interpolated at the centre"),
    "Kflat": ("entropy_flat", _ENTROPY, "entropy, temperature constant at the centre"),
    "Kerr": ("entropy_err", _ENTROPY, "error of the entropy"),
    "Pitpl": ("pressure", _PRESSURE, "pressure n_e kT of the electrons, temperature interpolated at the centre"),
    "Pflat": ("pressure_flat", _PRESSURE, "pressure n_e kT of the electrons, temperature constant at the centre"),
    "Perr": ("pressure_err", _PRESSURE, "error of the pressure"),
    "Mgrav": ("m_grav", "solMass", "hydrostatic mass inside the bin's radius; negative where noise wins"),
    "Merr": ("m_grav_err", "solMass", "error of m_grav, >= 0 (the file gives it the sign of the mass)"),
    "Tx": ("kt", "keV", "temperature"),
    "Txerr": ("kt_err", "keV", "error of the temperature"),
    "Lambda": ("cooling_function", "erg cm3 / s", "cooling function"),
    "tcool5/2": ("t_cool_52", "Gyr", "cooling time of an enthalpy 5/2 n k T"),
    "t52err": ("t_cool_52_err", "Gyr", "error of t_cool_52"),
    "tcool3/2": ("t_cool_32", "Gyr", "cooling time of an energy 3/2 n k T"),
    "t32err": ("t_cool_32_err", "Gyr", "error of t_cool_32"),
}
_ANY_SIGN = ("Rin", "Mgrav", "Merr")


@dataclass(frozen=True, kw_only=True)
class Accept:
    """Which X-ray profile to use.

    Parameters
    ----------
    cluster : {"ABELL_1689", "ABELL_0426"}
        Its name in ACCEPT.
    radius_min, radius_max : float, optional
        Bins whose middle lies from one up to the other are kept (inclusive), kpc, >= 0; None: no cut.
    negative_mass : {"keep", "drop"}
        What to do with bins whose hydrostatic mass is not > 0. They are listed in the attributes in both cases.
    path : str, optional
        Folder that holds a folder of the cluster's name with the file under its published name.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    cluster: str = "ABELL_1689"
    radius_min: float | None = None
    radius_max: float | None = None
    negative_mass: str = "keep"
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        known = isinstance(self.cluster, str) and self.cluster in CLUSTERS
        require(known, "cluster", self.cluster, f"must be one of {', '.join(CLUSTERS)}")
        require_range("radius_min", self.radius_min, "radius_max", self.radius_max, "kpc")
        require(self.negative_mass in ("keep", "drop"), "negative_mass", self.negative_mass, "must be keep or drop")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file in use, by name; of the file itself if `verify_sha256` is False."""
        file = CLUSTERS[self.cluster]
        return {file.name: file.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen bins, outwards (the file has them inwards).

        Returns
        -------
        xarray.Dataset
            Along ``bin``: row_index (0-based row of the file), radius (middle), radius_inner, radius_outer (kpc), n_e
            (cm^-3), entropy and entropy_flat (keV cm2), pressure and pressure_flat (dyn/cm2), m_grav (Msun), kt (keV),
            cooling_function (erg cm3/s), t_cool_52 and t_cool_32 (Gyr), with ``_err`` of each but the second of a pair
            and cooling_function. No dimension: z. Every variable has ``units`` and ``long_name``; attributes name the
            source, the hash, the cuts, as JSON ``steps`` (what each cut left) and ``negative_masses`` (radius and mass
            of every such bin, before the cuts).

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, or of another
            cluster, bins overlap, a number that must be > 0 is not, or no bin is left.
        """
        import xarray as xr

        path, sha256 = self._source()
        columns = _read(path, self.cluster)
        radius = (columns["radius_inner"] + columns["radius_outer"]) / 2
        mass = columns["m_grav"]
        kept = Steps(radius.size, f"bins in the file, {int((mass <= 0).sum())} with a mass that is not > 0")
        if (low := self.radius_min) is not None:
            kept.cut(f"with radius >= {low:g} kpc (radius_min)", radius >= low)
        if (high := self.radius_max) is not None:
            kept.cut(f"with radius <= {high:g} kpc (radius_max)", radius <= high)
        if self.negative_mass == "drop":
            kept.cut("with a mass > 0 (negative_mass)", mass > 0)
        rows = kept.rows(path.name)
        along = {
            "row_index": (columns["row"][rows].astype(np.int64), "", "0-based row in the file"),
            "radius": (radius[rows], "kpc", "middle of the bin"),
            **{name: (columns[name][rows], units, text) for name, units, text in _COLUMNS.values()},
        }
        negative = [{"radius": float(radius[i]), "mass": float(mass[i])} for i in np.flatnonzero(mass <= 0)]
        file = CLUSTERS[self.cluster]
        attrs = {
            "name": f"accept_{self.cluster.lower()}",
            "title": f"X-ray profile of {self.cluster.replace('_', ' ')} (ACCEPT)",
            "reference": "Cavagnolo, Donahue, Voit & Sun 2009, ApJS 182, 12, doi:10.1088/0067-0049/182/1/12",
            "note": "the hydrostatic mass of single bins is not usable where it is negative",
            "sha256": json.dumps({file.name: sha256}),
            "cuts": json.dumps(self._cuts()),
            "steps": json.dumps(kept.steps),
            "negative_masses": json.dumps(negative),
            "n_rows_file": radius.size,
            "n_rows": rows.size,
        }
        told = {"units": "", "long_name": "redshift of the cluster"}
        return xr.Dataset({**variables("bin", along), "z": ((), _REDSHIFTS[self.cluster], told)}, attrs=attrs)

    def _source(self) -> tuple[Path, str]:
        file = CLUSTERS[self.cluster]
        own = f"With catalog.verify_sha256=false your own table of the columns {' '.join(_HEAD)} will do"
        return needed((file,), self.path, self.verify_sha256, own)[file]

    def _cuts(self) -> dict[str, Any]:
        keys = ("cluster", "radius_min", "radius_max", "negative_mass")
        return {key: getattr(self, key) for key in keys}


def _read(path: Path, cluster: str) -> dict[str, NDArray[np.float64]]:
    """The columns by name of variable and ``row``, the row in the file, outwards; lengths in kpc."""
    words = read_words(path, _HEAD)
    _refuse_units(path)
    numbers = []
    for line, (name, *texts) in words:
        if len(texts) != len(_COLUMNS):
            raise DataError(f"{path.name}: line {line} has {len(texts) + 1} values, must be {len(_HEAD)}")
        if name != cluster:
            raise DataError(f"{path.name}: line {line} is of {name}, must be of {cluster}")
        numbers.append(
            [
                parse_number(path, line, column, text, -np.inf if column in _ANY_SIGN else 0.0)
                for column, text in zip(_COLUMNS, texts, strict=True)
            ]
        )
    table = np.array(numbers)
    lines = np.array([line for line, _ in words])
    order = np.argsort(table[:, 0], kind="stable")
    table, lines = table[order], lines[order]
    inner, outer = table[:, 0], table[:, 1]
    for bad, what in (
        (inner < 0, "Rin must be >= 0"),
        (outer <= inner, "Rout must be > Rin"),
        (np.append(False, inner[1:] < outer[:-1]), "Rin must not be inside the next bin inwards"),
    ):
        for i in np.flatnonzero(bad)[:1]:
            raise DataError(f"{path.name}: line {lines[i]}: {what}, not {inner[i]:g} with Rout {outer[i]:g}")
    columns = {name: values.copy() for (name, *_), values in zip(_COLUMNS.values(), table.T, strict=True)}
    for name in ("radius_inner", "radius_outer"):
        columns[name] *= _MPC
    columns["m_grav_err"] = np.abs(columns["m_grav_err"])
    return {"row": order.astype(float), **columns}


def _refuse_units(path: Path) -> None:
    """Refuse a table whose second line does not give the units that are read."""
    second = path.read_text(encoding="utf-8").splitlines()[1:2]
    if not second or " ".join(second[0].lstrip(" #").split()) != _UNITS:
        raise DataError(f"{path.name}: line 2 must give the units ### {_UNITS}")
