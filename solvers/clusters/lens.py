"""One cluster as a lens: what lies where, its baryons, and the critical surface density. Msun, kpc, arcsec."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import numpy as np

from solvers.clusters.baryons import ClusterBaryons
from solvers.clusters.gas import GasShape
from solvers.clusters.geometry import (
    CODATA,
    FlatMatter,
    LensConstants,
    LensDistances,
    angular_diameter_distance,
    lens_distances,
    mean_critical_surface_density,
    mean_distance_ratio,
)
from solvers.constants import C_KM_S
from solvers.errors import InvalidInput

__all__ = ["ClusterLens", "NamedCosmology", "cosmology_with", "critical_density_in", "hubble_parameter"]


@dataclass(frozen=True, kw_only=True)
class NamedCosmology:
    """A cosmology that astropy has under a name, such as Planck18; with its radiation and neutrinos.

    Parameters
    ----------
    name : str
        As in `astropy.cosmology.available`.

    Raises
    ------
    InvalidInput
        A name that astropy does not have.
    """

    name: str = "Planck18"

    def __post_init__(self) -> None:
        from astropy.cosmology import realizations

        if self.name not in realizations.available:
            close = get_close_matches(self.name, realizations.available, 3, 0.0)
            raise InvalidInput(f"name={self.name!r}: astropy has no such cosmology; try {', '.join(close)}")

    @cached_property
    def _astropy(self) -> Any:
        from astropy.cosmology import realizations

        return getattr(realizations, self.name)

    @property
    def H0(self) -> float:
        """Hubble constant [km/s/Mpc]."""
        return float(self._astropy.H0.to_value("km / (Mpc s)"))

    @property
    def Ok0(self) -> float:
        """Ω_k today."""
        return float(self._astropy.Ok0)

    def efunc(self, z: Any) -> Any:
        """H(z)/H0 in the shape of `z`."""
        return self._astropy.efunc(z)

    def luminosity_distance(self, z: Any) -> np.ndarray:
        """D_L [Mpc] in the shape of `z`."""
        return np.asarray(self._astropy.luminosity_distance(z).to_value("Mpc"))


def hubble_parameter(cosmology: Any, z: float) -> float:
    """H(z) [km/s/Mpc].

    Parameters
    ----------
    cosmology : object
        An astropy FLRW, a background of this suite whose parameters are all fixed, `FlatMatter` or `NamedCosmology`.
    z : float
        Redshift >= 0.
    """
    H0 = cosmology.bind({})["H0"] if hasattr(cosmology, "bind") else cosmology.H0
    expansion = np.ravel(cosmology.efunc(np.array([float(z)])))[0]
    return float(np.ravel(getattr(H0, "value", H0))[0]) * float(expansion)


def critical_density_in(cosmology: Any, z: float, constants: LensConstants = CODATA) -> float:
    """ρ_c = 3H(z)²/(8πG) [Msun/kpc³]; parameters as of `hubble_parameter`."""
    return 3.0 * (hubble_parameter(cosmology, z) / 1000.0) ** 2 / (8.0 * math.pi * constants.G)


def cosmology_with(cosmology: Any, constants: LensConstants) -> Any:
    """The cosmology with the speed of light of `constants`, where it can have another one and none was given to it.

    That is `FlatMatter`, whose c is then CODATA's. All others have their own.
    """
    if isinstance(cosmology, FlatMatter) and cosmology.c == C_KM_S:
        return replace(cosmology, c=constants.c)
    return cosmology


@dataclass(frozen=True, kw_only=True)
class ClusterLens:
    """A cluster, the sources behind it and, where there is one, its observed Einstein radius.

    Parameters
    ----------
    m500 : float
        M500 [Msun], > 0.
    z_l : float
        Redshift of the cluster, > 0.
    z_s : float or sequence of float
        Redshift of the sources, > z_l; or several with `weights`, of which those in front of the cluster count as 0.
    weights : sequence of float, optional
        P(z_s) times the width of its bin, >= 0, one for each of several redshifts; need not add up to 1.
    f_gas, f_bcg, f_icl, a_bcg, a_icl, gas, extent
        As in `ClusterBaryons`.
    kappa_ext : float
        Convergence of a sheet in the line of sight, < 1.
    theta_e : float, optional
        Observed Einstein radius [arcsec], > 0.
    theta_e_err : float, optional
        Its error [arcsec], > 0.
    held_out : bool
        Whether the population that predicts this cluster was found without it.

    Raises
    ------
    InvalidInput
        A number out of its range, or an error without what it is the error of.

    References
    ----------
    SI §13.1; `clusters.md` §4, `lensing.md` §1.
    """

    m500: float
    z_l: float
    z_s: float | Sequence[float]
    weights: Sequence[float] | None = None
    f_gas: float = 0.11
    f_bcg: float = 0.004
    f_icl: float = 0.006
    a_bcg: float = 15.0
    a_icl: float = 100.0
    gas: GasShape = field(default_factory=GasShape)
    extent: float = 5.0
    kappa_ext: float = 0.0
    theta_e: float | None = None
    theta_e_err: float | None = None
    held_out: bool = False

    def __post_init__(self) -> None:
        if not (self.z_l > 0 and math.isfinite(self.z_l)):
            raise InvalidInput(f"z_l={self.z_l}: must be > 0")
        if not isinstance(self.gas, GasShape):
            raise InvalidInput("gas: must be a solvers.clusters.gas.GasShape")
        if not (self.kappa_ext < 1 and math.isfinite(self.kappa_ext)):
            raise InvalidInput(
                f"kappa_ext={self.kappa_ext}: must be finite and < 1; a sheet of 1 has no Einstein radius"
            )
        self._check_sources()
        for name in ("theta_e", "theta_e_err"):
            number = getattr(self, name)
            if number is not None and not (number > 0 and math.isfinite(number)):
                raise InvalidInput(f"{name}={number}: must be > 0 arcsec")
        if self.theta_e_err is not None and self.theta_e is None:
            raise InvalidInput(f"theta_e_err={self.theta_e_err:g}: give theta_e too")
        # Masses, fractions and lengths are checked where they are used.
        self._baryons(1.0)

    @property
    def has_one_source(self) -> bool:
        """Whether `z_s` is one redshift and not a distribution."""
        return self.weights is None

    def baryons(self, cosmology: Any, constants: LensConstants = CODATA) -> ClusterBaryons:
        """Gas and stars, with R500 by the critical density of this cosmology.

        Parameters
        ----------
        cosmology : object
            As in `hubble_parameter`.
        constants : LensConstants
            G.
        """
        return self._baryons(critical_density_in(cosmology, self.z_l, constants))

    def distances(self, cosmology: Any) -> LensDistances:
        """D_l, D_s and D_ls [kpc]; NaN for the last two where the sources are a distribution."""
        if self.has_one_source:
            return lens_distances(cosmology, self.z_l, float(self.z_s))  # type: ignore[arg-type]
        d_l = float(angular_diameter_distance(cosmology, self.z_l))
        return LensDistances(D_l=d_l, D_s=math.nan, D_ls=math.nan)

    def distance_ratio(self, cosmology: Any) -> float:
        """⟨D_ls/D_s⟩ over the sources."""
        return mean_distance_ratio(cosmology, self.z_l, *self._sources())

    def sigma_crit(self, cosmology: Any, constants: LensConstants = CODATA) -> float:
        """c²/(4πG)/(D_l ⟨D_ls/D_s⟩) [Msun/kpc²]."""
        return mean_critical_surface_density(cosmology, self.z_l, *self._sources(), constants)

    def _sources(self) -> tuple[np.ndarray, np.ndarray]:
        z_s = np.atleast_1d(np.asarray(self.z_s, dtype=float))
        return z_s, np.ones(1) if self.weights is None else np.asarray(self.weights, dtype=float)

    def _check_sources(self) -> None:
        try:
            z_s, weights = self._sources()
        except (TypeError, ValueError):
            raise InvalidInput(f"z_s={self.z_s}, weights={self.weights}: must be numbers, or lists of them") from None
        if self.weights is None and z_s.size != 1:
            raise InvalidInput(f"z_s={self.z_s}: several redshifts of sources need weights, one for each")
        if z_s.shape != weights.shape:
            raise InvalidInput(f"weights: {weights.size} of them for {z_s.size} redshifts of sources")
        if not (np.all(weights >= 0) and np.all(np.isfinite(weights)) and weights.sum() > 0):
            raise InvalidInput("weights: must be >= 0 and not all 0")
        if not (np.all(np.isfinite(z_s)) and np.all(z_s > 0)):
            raise InvalidInput(f"z_s={self.z_s}: must be > 0")
        if not (weights[z_s > self.z_l] > 0).any():
            raise InvalidInput(f"z_s={self.z_s}: sources must lie behind the lens at z_l={self.z_l:g}")

    def _baryons(self, rho_crit: float) -> ClusterBaryons:
        own = {item.name for item in fields(ClusterBaryons)} - {"rho_crit"}
        return ClusterBaryons(rho_crit=rho_crit, **{name: getattr(self, name) for name in own})
