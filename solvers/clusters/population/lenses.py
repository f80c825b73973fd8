"""The clusters of a population: mass, redshifts and Einstein angle of each. Masses in Msun, angles in arcsec."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.clusters.baryons import ClusterBaryons
from solvers.clusters.geometry import (
    CONSTANTS,
    FlatMatter,
    LensConstants,
    arcsec,
    critical_surface_density,
    lens_distances,
)
from solvers.clusters.lens import critical_density_in
from solvers.errors import InvalidInput

__all__ = ["Cluster", "LensSettings", "PopulationLens", "checked_clusters"]

_KEYS = ("m500", "z_l", "z_s", "theta_e", "theta_e_err")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What is known of one lens.

    Parameters
    ----------
    name : str
        Its name.
    m500 : float
        M500 [Msun], > 0.
    z_l, z_s : float
        Redshifts of lens and source, 0 < z_l < z_s.
    theta_e, theta_e_err : float
        Observed Einstein angle and its standard deviation [arcsec], > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    name: str
    m500: float
    z_l: float
    z_s: float
    theta_e: float
    theta_e_err: float

    def __post_init__(self) -> None:
        for key in _KEYS:
            number = getattr(self, key)
            if not (number > 0 and math.isfinite(number)):
                raise InvalidInput(f"clusters.{self.name}.{key}={number:g}: must be > 0")
        if not self.z_s > self.z_l:
            raise InvalidInput(
                f"clusters.{self.name}.z_s={self.z_s:g}: the source must lie behind the lens at z_l={self.z_l:g}"
            )


def checked_clusters(clusters: Mapping[str, Any]) -> tuple[Cluster, ...]:
    """Clusters from a configuration, `NAME: {m500, z_l, z_s, theta_e, theta_e_err}`.

    Raises
    ------
    InvalidInput
        Fewer than two, a key that is missing, unknown or no number, or a number out of its range.
    """
    if not isinstance(clusters, Mapping) or len(clusters) < 2:
        raise InvalidInput("clusters: name at least two, each with " + ", ".join(_KEYS))
    return tuple(_checked(str(name), values) for name, values in clusters.items())


def _checked(name: str, values: Any) -> Cluster:
    given = set(values) if isinstance(values, Mapping) else set()
    if given != set(_KEYS):
        raise InvalidInput(f"clusters.{name}: must have {', '.join(_KEYS)}, and nothing else")
    for key in _KEYS:
        if isinstance(values[key], bool) or not isinstance(values[key], int | float):
            raise InvalidInput(f"clusters.{name}.{key}={values[key]!r}: must be a number")
    return Cluster(name=name, **{key: float(values[key]) for key in _KEYS})


@dataclass(frozen=True, kw_only=True)
class LensSettings:
    """What turns mass and redshifts into a lens.

    Parameters
    ----------
    baryons : callable
        `baryons(m500=…, rho_crit=…)` gives a `ClusterBaryons`.
    H0, Om0 : float
        Of distances and critical density: H0 > 0 [km/s/Mpc], 0 <= Om0 <= 1.
    constants : {"codata", "published"}
        c, G and the kiloparsec of the suite, or as rounded in SI §5A.4.

    Raises
    ------
    InvalidInput
        An unknown word, or a number out of its range.
    """

    baryons: Callable[..., ClusterBaryons] = ClusterBaryons
    H0: float = 70.0
    Om0: float = 0.3
    constants: str = "codata"

    def __post_init__(self) -> None:
        if self.constants not in CONSTANTS:
            raise InvalidInput(f"constants={self.constants!r}: must be one of {', '.join(CONSTANTS)}")
        _ = self.cosmology

    @property
    def cosmology(self) -> FlatMatter:
        """Flat, without radiation."""
        return FlatMatter(H0=self.H0, Om0=self.Om0, c=self.numbers.c)

    @property
    def numbers(self) -> LensConstants:
        """c, G and the kiloparsec."""
        return CONSTANTS[self.constants]

    def lens(self, m500: float, z_l: float, z_s: float) -> "PopulationLens":
        """The lens of a cluster of M500 [Msun] at z_l in front of a source at z_s.

        Raises
        ------
        InvalidInput
            A number out of its range.
        """
        at = lens_distances(self.cosmology, z_l, z_s)
        rho_crit = critical_density_in(self.cosmology, z_l, self.numbers)
        try:
            baryons = self.baryons(m500=m500, rho_crit=rho_crit)
        except InvalidInput as error:
            raise InvalidInput(f"lenses.baryons.{error}") from None
        return PopulationLens(baryons=baryons, sigma_crit=critical_surface_density(at, self.numbers), D_l=at.D_l)

    def lenses(self, clusters: Sequence[Cluster]) -> tuple["PopulationLens", ...]:
        """The lens of every cluster."""
        return tuple(self.lens(each.m500, each.z_l, each.z_s) for each in clusters)


@dataclass(frozen=True, kw_only=True)
class PopulationLens:
    """Baryons, critical surface density [Msun/kpc²] and distance D_l [kpc] of one lens."""

    baryons: ClusterBaryons
    sigma_crit: float
    D_l: float

    def angle(self, radius: Any) -> np.ndarray:
        """Angle [arcsec] of a length [kpc] at the lens."""
        return np.asarray(arcsec(np.asarray(radius, dtype=float), self.D_l))
