"""What one choice of the baryons leaves of a catalogue, and what the mechanisms take from its rotation curves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.galaxies.sample import curves_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.curves import Curves
from solvers.microphysics.systems import systems_of

_SYSTEMS = {
    "sigma_v": ("km/s", "dispersion by proxy, a fraction of the flat velocity"),
    "v_flat": ("km/s", "flat velocity, the median of the last ten observed"),
    "radius": ("kpc", "size by proxy, the last radius of the rotation curve"),
    "mass": ("solMass", "mass by proxy, v_flat² R/G"),
}
"""Inputs of the mechanisms as the source takes them from rotation curves: unit and words."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Galaxies with enough points.

    Parameters
    ----------
    curves : Curves
        Their rotation curves.
    points : ndarray of bool
        Which points of the catalogue these are, shape (n_points,).
    galaxies : ndarray of bool
        Which galaxies of the catalogue, shape (n_galaxies,).
    too_few : tuple of str
        Galaxies that the baryons leave and that have too few points.
    dropped : tuple of str
        Galaxies that the policy of the baryons leaves out.
    """

    curves: Curves
    points: np.ndarray
    galaxies: np.ndarray
    too_few: tuple[str, ...]
    dropped: tuple[str, ...]


def sample_of(data: xr.Dataset, baryons: Baryons, kiloparsec: str, min_points: int) -> Sample:
    """The rotation curves with at least so many points.

    Parameters
    ----------
    data : xarray.Dataset
        As `sims.galaxies.sample.curves_of` takes it.
    baryons : Baryons
        Mass-to-light ratios, and what becomes of V_bar² <= 0.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².
    min_points : int
        What a galaxy needs after that, >= 1.

    Raises
    ------
    InvalidInput
        As `curves_of`, or no galaxy has as many points.
    """
    curves, kept = curves_of(data, baryons, kiloparsec)
    is_long = curves.n_points >= min_points
    if not is_long.any():
        raise InvalidInput(f"sim.min_points={min_points}: no galaxy has as many; the most are {curves.n_points.max()}")
    points = kept.copy()
    points[kept] = curves.at_points(is_long)
    names = data["name"].values
    left = curves.rows(curves.at_points(is_long))
    return Sample(
        curves=left,
        points=points,
        galaxies=np.isin(names, left.names),
        too_few=tuple(name for name, enough in zip(curves.names, is_long, strict=True) if not enough),
        dropped=tuple(map(str, names[~np.isin(names, curves.names)])),
    )


def with_systems(data: xr.Dataset, samples: Mapping[str, Sample]) -> xr.Dataset:
    """The catalogue with rotation by the baryons, K that was observed, and the source's proxies, NaN if left out."""
    along, at_points = ("baryons", "galaxy"), ("baryons", "point")
    found = {name: np.full((len(samples), data.sizes["galaxy"]), np.nan) for name in _SYSTEMS}
    v_bar, required = (np.full((len(samples), data.sizes["point"]), np.nan) for _ in range(2))
    for i, sample in enumerate(samples.values()):
        curves, systems = sample.curves, systems_of(sample.curves)
        for name in _SYSTEMS:
            found[name][i, sample.galaxies] = getattr(systems, name)
        v_bar[i, sample.points] = np.sqrt(curves.v_bar_squared)
        moving = curves.v_bar_squared > 0
        ratio = curves.v_obs**2 / np.where(moving, curves.v_bar_squared, 1.0)
        required[i, sample.points] = np.where(moving, ratio - 1.0, np.nan)
    proxies = {f"system_{name}": variable(along, found[name], *words) for name, words in _SYSTEMS.items()}
    return data.assign(proxies).assign(
        baryons=variable("baryons", list(samples), "", "mass-to-light ratios"),
        v_bar=variable(at_points, v_bar, "km/s", "rotation by the baryons, that of general relativity"),
        required_excess=variable(at_points, required, "", "K that was observed, (V_obs/V_bar)² - 1"),
    )
