"""From a catalogue of rotation curves to what solvers take, for one choice of the baryons."""

import numpy as np
import xarray as xr

from solvers.constants import KPC_M
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons, photometric_mass
from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves

KILOPARSECS = {"astropy": KPC_M, "published": PUBLISHED_KPC_M}
"""Lengths of a kiloparsec by name [m]."""

_BILLION = 1e9
"""Of the units in which catalogues give luminosities and masses [Lsun, Msun]."""

_NEEDED = ("galaxy_index", "radius", "v_obs", "v_obs_err", "v_gas", "v_disk", "v_bulge", "name", "r_disk")


def curves_of(data: xr.Dataset, baryons: Baryons, kiloparsec: str = "astropy") -> tuple[Curves, np.ndarray]:
    """The rotation curves whose V_bar² the policy of `baryons` keeps.

    Parameters
    ----------
    data : xarray.Dataset
        Of `catalogs.sparc.Sparc`: along `point` and `galaxy`.
    baryons : Baryons
        Mass-to-light ratios, and what becomes of V_bar² <= 0.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².

    Returns
    -------
    curves : Curves
        Galaxies that have points left, in the order of the catalogue.
    kept : ndarray of bool
        Which points of the catalogue they are, shape (n_points,).

    Raises
    ------
    InvalidInput
        A catalogue of something else, an unknown kiloparsec, or no point is left.
    """
    missing = [name for name in _NEEDED if name not in data]
    if missing:
        raise InvalidInput(f"catalog: holds no rotation curves ({', '.join(missing)} missing); try sparc")
    if kiloparsec not in KILOPARSECS:
        raise InvalidInput(f"sim.kiloparsec={kiloparsec!r}: must be one of {', '.join(KILOPARSECS)}")
    column = {name: data[name].values for name in _NEEDED}
    v_bar_squared = baryons.v_squared(column["v_gas"], column["v_disk"], column["v_bulge"])
    kept = baryons.kept(v_bar_squared, column["galaxy_index"])
    if not kept.any():
        raise InvalidInput(f"baryons: no galaxy is left (negative={baryons.negative})")
    left, galaxy = np.unique(column["galaxy_index"][kept], return_inverse=True)
    curves = Curves(
        names=tuple(map(str, column["name"][left])),
        galaxy=galaxy,
        radius=column["radius"][kept],
        v_obs=column["v_obs"][kept],
        v_obs_err=column["v_obs_err"][kept],
        v_bar_squared=np.maximum(v_bar_squared[kept], 0.0),
        v_bulge_squared=baryons.upsilon_bulge * column["v_bulge"][kept] ** 2,
        r_disk=column["r_disk"][left],
        baryonic_mass=_masses(data, left),
        kpc=KILOPARSECS[kiloparsec],
    )
    return curves, kept


def _masses(data: xr.Dataset, left: np.ndarray) -> np.ndarray | None:
    """Baryonic masses [Msun]; None where the catalogue has none."""
    if not {"luminosity", "m_hi"} <= set(data.data_vars):
        return None
    return _BILLION * photometric_mass(data["luminosity"].values[left], data["m_hi"].values[left])
