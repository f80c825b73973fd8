"""Points of CLASH clusters as a likelihood takes them: accelerations as they are, masses with baryons beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.clash_baryons import interpolated_baryons, m500_of_profile
from solvers.clusters.geometry import CODATA
from solvers.errors import InvalidInput

BARYONS = ("accelerations", "gas_fraction")
_SHORT = {"abell": "a", "macsj": "macs"}
"""How the two catalogues abbreviate differently."""

_ACCELERATIONS = ("radius", "g_bar", "g_obs", "log10_g_bar_err", "log10_g_obs_err", "cluster_index", "name")
_MASSES = ("radius", "mass", "mass_err", "mass_syst_upper", "mass_syst_lower", "correlation", "cluster_index", "name")
FRACTIONS = {"f_gas": 0.11, "f_bcg": 0.004, "f_icl": 0.006}
"""Gas inside R500, brightest galaxy and intracluster light over M500 (`clusters.md` §4)."""

_COLUMNS = {
    "baryons_of": ("", "name of the cluster in the catalogue of the baryons; empty: none"),
    "n_compared": ("", "masses compared"),
    "n_inside": ("", "masses left out inside the first radius of its baryons"),
    "n_outside": ("", "masses left out outside their last"),
    "n_negative": ("", "masses compared that are not > 0"),
    "z": ("", "redshift"),
    "m500": ("solMass", "M500 of the profile itself"),
    "r500": ("kpc", "R500 of the same"),
}


def short_name(name: str) -> str:
    """The name of a cluster as both catalogues would have it: `A209` and `abell209` are `a209`."""
    name = "".join(letter for letter in name.lower() if letter.isalnum())
    for long, short in _SHORT.items():
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name


def acceleration_rows(data: xr.Dataset) -> xr.Dataset:
    """A catalogue of accelerations along `row`.

    Raises
    ------
    InvalidInput
        The data are no accelerations of clusters.
    """
    _need(data, _ACCELERATIONS, "accelerations.", "accelerations of clusters", "clash_tian")
    return data.rename(point="row")


@dataclass(frozen=True, eq=False)
class MassRows:
    """Masses that can be compared, with the baryons inside the same radii.

    Parameters
    ----------
    data : xarray.Dataset
        Along `row`, with `m_bar` and `g_bar`; without the correlation.
    correlation : ndarray
        Of the statistical errors of these rows, shape (n_rows, n_rows).
    clusters : xarray.Dataset
        Along `cluster`: where the baryons come from, and what was left out.
    unmatched : tuple of str
        Clusters of the catalogue of the baryons that have no mass profile.
    """

    data: xr.Dataset
    correlation: np.ndarray
    clusters: xr.Dataset
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """Baryons of one cluster at its radii, NaN where there are none, and what to say of them."""

    m_bar: np.ndarray
    table: dict[str, Any] = field(default_factory=dict)


def mass_rows(data: xr.Dataset, baryons_at: Callable[[str, np.ndarray, np.ndarray], _Found]) -> MassRows:
    """The masses of a catalogue at which there are baryons.

    Parameters
    ----------
    data : xarray.Dataset
        A catalogue of masses inside radii with the correlation of their errors.
    baryons_at : callable
        Baryons of a cluster by its name, its radii [kpc] and its masses [Msun]: `InterpolatedBaryons`, `ShareOfM500`.

    Raises
    ------
    InvalidInput
        The data are no masses of clusters, or no mass is left.
    """
    _need(data, _MASSES, "", "mass profiles with their correlation", "clash_mistele, or clash_tian for accelerations")
    index, radius, mass = (data[name].values for name in ("cluster_index", "radius", "mass"))
    m_bar, table = np.full(radius.size, np.nan), []
    for i, name in enumerate(data["name"].values):
        own = index == i
        found = baryons_at(str(name), radius[own], mass[own])
        m_bar[own] = found.m_bar
        kept = np.isfinite(found.m_bar)
        counts = {"n_compared": int(kept.sum()), "n_negative": int((mass[own][kept] <= 0).sum())}
        table.append(counts | found.table)
    rows = np.flatnonzero(np.isfinite(m_bar))
    if rows.size == 0:
        raise InvalidInput("accelerations: no mass lies between the radii of the baryons of its cluster")
    columns = {
        key: variable("cluster", [row[key] for row in table], *words)
        for key, words in _COLUMNS.items()
        if key in table[0]
    }
    kept = data.drop_vars("correlation").rename(point="row").isel(row=rows)
    kept["m_bar"] = variable("row", m_bar[rows], "solMass", "mass of the baryons inside the radius")
    g_bar = CODATA.acceleration(m_bar[rows], radius[rows])
    kept["g_bar"] = variable("row", g_bar, "m / s2", "acceleration by the baryons")
    return MassRows(
        data=kept.assign_attrs(n_rows=rows.size),
        correlation=data["correlation"].values[np.ix_(rows, rows)],
        clusters=xr.Dataset({"cluster": variable("cluster", data["name"].values, "", "cluster"), **columns}),
        unmatched=tuple(getattr(baryons_at, "unmatched", lambda names: ())(data["name"].values)),
    )


class InterpolatedBaryons:
    """Baryons of the same clusters from measured accelerations, between the radii of those alone.

    Parameters
    ----------
    data : xarray.Dataset
        A catalogue of accelerations.

    Raises
    ------
    InvalidInput
        The data are no accelerations of clusters.
    """

    def __init__(self, data: xr.Dataset) -> None:
        self.data = acceleration_rows(data)
        self._index = {short_name(str(name)): i for i, name in enumerate(data["name"].values)}

    def __call__(self, name: str, radius: np.ndarray, mass: np.ndarray) -> _Found:
        """Baryons of one cluster; none if it is in the other catalogue alone."""
        i = self._index.get(short_name(name))
        if i is None:
            return _Found(np.full(radius.size, np.nan), {"baryons_of": "", "n_inside": 0, "n_outside": 0})
        own = self.data["cluster_index"].values == i
        at = self.data["radius"].values[own]
        try:
            m_bar = interpolated_baryons(radius, at, self.data["g_bar"].values[own])
        except InvalidInput as error:
            raise InvalidInput(f"accelerations: {self.data['name'].values[i]}: {error}") from None
        inside, outside = int((radius < at[0]).sum()), int((radius > at[-1]).sum())
        table = {"baryons_of": str(self.data["name"].values[i]), "n_inside": inside, "n_outside": outside}
        return _Found(m_bar, table)

    def unmatched(self, names: np.ndarray) -> list[str]:
        """Clusters with accelerations that are not among these names."""
        known = {short_name(str(name)) for name in names}
        return [str(self.data["name"].values[i]) for key, i in self._index.items() if key not in known]


class ShareOfM500:
    """Gas, brightest galaxy and intracluster light as shares of the M500 that the mass profile itself has.

    Parameters
    ----------
    redshifts : mapping of str to float
        Of the clusters by name, >= 0.
    fractions : mapping of str to float
        f_gas, f_bcg and f_icl of `ClusterBaryons`.
    H0, Om0 : float
        Hubble constant [km/s/Mpc] and matter density behind the critical density.

    Raises
    ------
    InvalidInput
        An unknown fraction.

    References
    ----------
    `clusters.md` §4.
    """

    def __init__(self, redshifts: Mapping[str, float], fractions: Mapping[str, float], H0: float, Om0: float) -> None:
        for key in fractions:
            if key not in FRACTIONS:
                raise InvalidInput(f"sim.fractions.{key}: must be one of {', '.join(FRACTIONS)}")
        self._z = {short_name(name): z for name, z in redshifts.items()}
        self._fractions: dict[str, Any] = dict(fractions)
        self._H0, self._Om0 = H0, Om0

    def __call__(self, name: str, radius: np.ndarray, mass: np.ndarray) -> _Found:
        """Baryons of one cluster at all its radii."""
        z = self._z.get(short_name(name))
        if isinstance(z, bool) or not isinstance(z, int | float) or not z >= 0:
            raise InvalidInput(f"sim.redshifts.{name}={z}: baryons=gas_fraction needs a redshift >= 0 of every cluster")
        rho_crit = critical_density(float(z), self._H0, self._Om0)
        try:
            m500 = m500_of_profile(radius, mass, rho_crit)
        except InvalidInput as error:
            raise InvalidInput(f"catalog: {name}: {error}; leave it out by catalog.clusters") from None
        model = ClusterBaryons(m500=m500, rho_crit=rho_crit, **self._fractions)
        return _Found(model.enclosed_mass(radius), {"z": float(z), "m500": m500, "r500": model.r500})


def _need(data: xr.Dataset, names: tuple[str, ...], key: str, what: str, instead: str) -> None:
    missing = [name for name in names if name not in data]
    if missing:
        where = key.rstrip(".") or "catalog"
        raise InvalidInput(f"{where}: holds no {what} ({', '.join(missing)} missing); choose {instead}")
