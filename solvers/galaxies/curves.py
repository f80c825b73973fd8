"""Rotation curves of many galaxies, their points one after the other. kpc, km/s; accelerations in m/s²."""

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from array_api_compat import array_namespace, numpy

from solvers.constants import KPC_M
from solvers.errors import InvalidInput

PUBLISHED_KPC_M = 3.086e19
"""The kiloparsec behind the published numbers of the galaxies [m]; other than `KPC_M` in the fourth digit."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Curves:
    """Observed rotation and what the baryons contribute; NumPy or CuPy arrays.

    Parameters
    ----------
    names : tuple of str
        Galaxies.
    galaxy : ndarray of int
        Number of the galaxy that each point belongs to, not decreasing, shape (n_points,).
    radius : ndarray
        R > 0 [kpc], shape (n_points,).
    v_obs, v_obs_err : ndarray
        Observed rotation and its error [km/s], shape (n_points,).
    v_bar_squared : ndarray
        Of all baryons [(km/s)²], >= 0, shape (n_points,).
    v_bulge_squared : ndarray
        Of the bulge alone [(km/s)²], shape (n_points,).
    r_disk : ndarray
        Photometric disk scale lengths [kpc], > 0, shape (n_galaxies,).
    kpc : float
        A kiloparsec in metres: of astropy, or `PUBLISHED_KPC_M`.
    baryonic_mass : ndarray, optional
        By photometry and the gas [Msun], shape (n_galaxies,).

    Raises
    ------
    InvalidInput
        Arrays of other shapes, no point, or a galaxy without points.
    """

    names: tuple[str, ...]
    galaxy: Any
    radius: Any
    v_obs: Any
    v_obs_err: Any
    v_bar_squared: Any
    v_bulge_squared: Any
    r_disk: Any
    kpc: float = KPC_M
    baryonic_mass: Any = None

    def __post_init__(self) -> None:
        n_points = self.galaxy.shape[0]
        if n_points == 0:
            raise InvalidInput("galaxies: no point is left")
        for name in ("radius", "v_obs", "v_obs_err", "v_bar_squared", "v_bulge_squared"):
            if getattr(self, name).shape != (n_points,):
                raise InvalidInput(f"{name}: has shape {getattr(self, name).shape}, must have ({n_points},)")
        for name in ("r_disk", "baryonic_mass"):
            values = getattr(self, name)
            if values is not None and values.shape != (len(self.names),):
                raise InvalidInput(f"{name}: has shape {values.shape}, must have ({len(self.names)},)")
        if bool((self.galaxy[1:] < self.galaxy[:-1]).any()):
            raise InvalidInput("galaxy: decreases, the points of a galaxy must be together and in order")
        if bool((self.n_points == 0).any()):
            empty = self.names[int(np.flatnonzero(np.asarray(to_numpy(self.n_points)) == 0)[0])]
            raise InvalidInput(f"galaxies: no point of {empty} is left")

    @cached_property
    def xp(self) -> ModuleType:
        """The module of the arrays: NumPy or CuPy through array-api-compat."""
        return array_namespace(self.radius)

    @property
    def n_galaxies(self) -> int:
        """Number of galaxies."""
        return len(self.names)

    @cached_property
    def n_points(self) -> Any:
        """Points of each galaxy, shape (n_galaxies,)."""
        return self.xp.bincount(self.galaxy, minlength=self.n_galaxies)

    @cached_property
    def _first(self) -> Any:
        """Row of the first point of each galaxy, shape (n_galaxies,)."""
        return self.xp.concat([self.n_points[:1] * 0, self.xp.cumulative_sum(self.n_points)[:-1]])

    @cached_property
    def last(self) -> Any:
        """Row of the last point of each galaxy, shape (n_galaxies,)."""
        return self.xp.astype(self.xp.cumulative_sum(self.n_points), self.galaxy.dtype) - 1

    @cached_property
    def g_bar(self) -> Any:
        """V_bar²/R [m/s²], shape (n_points,)."""
        return self.acceleration(self.v_bar_squared)

    @cached_property
    def g_obs(self) -> Any:
        """V_obs²/R [m/s²], shape (n_points,)."""
        return self.acceleration(self.v_obs**2)

    def acceleration(self, v_squared: Any) -> Any:
        """V²/R [m/s²] of V² [(km/s)²] at the points, shape (..., n_points)."""
        return v_squared * 1e6 / (self.radius * self.kpc)

    def at_points(self, value: Any) -> Any:
        """A parameter at the points: a number stays one, values of shape (..., n_galaxies) become (..., n_points)."""
        if np.ndim(value) == 0:
            return value
        if value.shape[-1] != self.n_galaxies:
            raise InvalidInput(
                f"a parameter of shape {value.shape}: the last axis must have {self.n_galaxies} galaxies"
            )
        return value[..., self.galaxy]

    def sum_by_galaxy(self, values: Any) -> Any:
        """Sums of values of shape (..., n_points) over the points of each galaxy, shape (..., n_galaxies)."""
        xp, n = self.xp, self.n_galaxies
        if xp is numpy:
            # The points of a galaxy are together; NumPy sums such pieces in a fraction of the time.
            return xp.add.reduceat(values, self._first, axis=-1)
        rows = xp.reshape(values, (-1, values.shape[-1]))
        places = self.galaxy + n * xp.arange(rows.shape[0])[:, None]
        sums = xp.bincount(xp.reshape(places, (-1,)), xp.reshape(rows, (-1,)), rows.shape[0] * n)
        return xp.reshape(sums, (*values.shape[:-1], n))

    def mean_by_galaxy(self, values: Any) -> Any:
        """Means of values of shape (..., n_points) over the points of each galaxy, shape (..., n_galaxies)."""
        return self.sum_by_galaxy(values) / self.n_points

    def median_by_galaxy(self, values: Any) -> Any:
        """Medians of values of shape (..., n_points) over the points of each galaxy, shape (..., n_galaxies).

        NaN where a value of the galaxy is.
        """
        xp = self.xp
        step = xp.arange(int(self.n_points.max()))
        exists = step < self.n_points[:, None]
        own = values[..., xp.where(exists, self._first[:, None] + step, 0)]
        # Places that are no points sort last, and the middle of the points is taken by their number.
        ordered = xp.sort(xp.where(exists, own, xp.inf), axis=-1)
        rows, n = xp.arange(self.n_galaxies), self.n_points
        median = 0.5 * (ordered[..., rows, (n - 1) // 2] + ordered[..., rows, n // 2])
        return xp.where(xp.any(xp.isnan(own) & exists, axis=-1), xp.nan, median)

    def rows(self, points: np.ndarray) -> "Curves":
        """The chosen points, and the galaxies that still have some.

        Parameters
        ----------
        points : ndarray of bool
            Shape (n_points,).
        """
        left, galaxy = np.unique(to_numpy(self.galaxy[points]), return_inverse=True)
        columns = ("radius", "v_obs", "v_obs_err", "v_bar_squared", "v_bulge_squared")
        return Curves(
            names=tuple(self.names[i] for i in left),
            galaxy=self.xp.asarray(galaxy),
            r_disk=self.r_disk[self.xp.asarray(left)],
            baryonic_mass=None if self.baryonic_mass is None else self.baryonic_mass[self.xp.asarray(left)],
            kpc=self.kpc,
            **{name: getattr(self, name)[points] for name in columns},
        )

    def on(self, xp: ModuleType) -> "Curves":
        """The same with arrays of another module, such as cupy."""
        columns = ["galaxy", "radius", "v_obs", "v_obs_err", "v_bar_squared", "v_bulge_squared", "r_disk"]
        columns += [] if self.baryonic_mass is None else ["baryonic_mass"]
        arrays = {name: xp.asarray(to_numpy(getattr(self, name))) for name in columns}
        return Curves(names=self.names, kpc=self.kpc, **arrays)


def to_numpy(array: Any) -> np.ndarray:
    """A NumPy array of an array that may be CuPy's."""
    return array.get() if hasattr(array, "get") else np.asarray(array)
