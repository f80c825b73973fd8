"""Places outside a sample of galaxies at which a mechanism is tried: kpc, km/s; distances to the Sun in au.

Three kinds: one place, such as the Earth's orbit or a cluster; a row of distances to the Sun; and the Milky Way with a
line in place of its observed rotation. A mechanism takes the dispersion that the probe states; models of other kinds
take none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from solvers.constants import KPC_M
from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.base import EnhancementModel, Newtonian
from solvers.galaxies.curves import Curves
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.milky_way import MCGAUGH, R_DISK, MilkyWayBaryons, ObservedLine, milky_way_curves
from solvers.galaxies.solar_system import AU_KPC, AU_M, GM_SUN
from solvers.inference.parameters import POSITIVE, parse_axis
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.pairing import BurrPairing, Pairing

__all__ = [
    "CLUSTER",
    "EARTH",
    "MilkyWayProbe",
    "Probe",
    "SolarSystem",
    "cancelling_excess",
    "excess_at_points",
    "with_dispersion",
]


def excess_at_points(model: EnhancementModel, curves: Curves) -> np.ndarray:
    """K = Σ − 1 of any model at the points of rotation curves, to all digits for a mechanism; shape (n_points,)."""
    return model.excess(curves) if isinstance(model, Mechanism) else model.enhancement(curves) - 1.0


def with_dispersion(model: EnhancementModel, sigma_v: float) -> EnhancementModel:
    """The model with one dispersion [km/s] for all galaxies if it is a mechanism; any other model as it is."""
    return replace(model, sigma_v=float(sigma_v)) if isinstance(model, Mechanism) else model


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One place, whose rotation by general relativity and dispersion are given.

    Parameters
    ----------
    radius : float
        R [kpc], > 0.
    v : float
        Rotation by general relativity [km/s], > 0.
    sigma_v : float
        Dispersion [km/s], > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    `microphysics.md` §9.
    """

    radius: float
    v: float
    sigma_v: float

    def __post_init__(self) -> None:
        for name, unit in (("radius", "kpc"), ("v", "km/s"), ("sigma_v", "km/s")):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise InvalidInput(f"{name}={value}: must be > 0 {unit}")

    def excess(self, model: EnhancementModel) -> float:
        """K of a model here; NaN where it depends on what a probe does not state.

        Of a mechanism it is `Mechanism.excess_at`, of general relativity 0. A law without a window takes g = v²/R; with
        one it also takes the scale length of a disk, which is not stated.
        """
        if isinstance(model, Mechanism):
            return float(model.excess_at(self.radius, self.v, self.sigma_v))
        if isinstance(model, Newtonian):
            return 0.0
        if isinstance(model, LawRotation) and model.space.fixed.get("xi_over_rd") == 0.0:
            return float(model.enhancement(self._curves())[0]) - 1.0
        return math.nan

    def _curves(self) -> Curves:
        """One galaxy of one point; its scale length, which is not known, is for models that do not look at it."""
        return Curves(
            names=("probe",),
            galaxy=np.array([0]),
            radius=np.array([self.radius]),
            v_obs=np.array([self.v]),
            v_obs_err=np.array([math.nan]),
            v_bar_squared=np.array([self.v**2]),
            v_bulge_squared=np.array([0.0]),
            r_disk=np.array([self.radius]),
        )


EARTH = Probe(radius=5e-9, v=29.78, sigma_v=10.0)
"""The source's "1 AU", 3 % farther out than one."""

CLUSTER = Probe(radius=200.0, v=1500.0, sigma_v=1000.0)
"""The source's cluster of galaxies."""


def cancelling_excess(model: Pairing, probe: Probe) -> float:
    """K of pairing with 1 − exp(−x) taken as it is written, whose digits cancel where x is small.

    It is here to show where a published number comes from; `Pairing` itself has all digits.

    Raises
    ------
    InvalidInput
        A rise of another form.

    References
    ----------
    `microphysics.md` §3.
    """
    if isinstance(model, BurrPairing):
        raise InvalidInput("model: has no exponential rise")
    p = model.space.fixed
    gate_and_amplitude = model.excess_at(np.inf, probe.v, probe.sigma_v)
    return float(gate_and_amplitude * (1.0 - math.exp(-((probe.radius / p["ell_pair"]) ** p["p"]))))


@dataclass(frozen=True, kw_only=True)
class SolarSystem:
    """Circular orbits about one solar mass.

    Parameters
    ----------
    distance : sequence of float
        To the Sun [au], > 0, increasing.
    sigma_v : float
        Dispersion [km/s], > 0.
    limit : float
        What the source allows K at all of them, > 0.

    Raises
    ------
    InvalidInput
        A number out of its range, or distances that do not increase.

    References
    ----------
    `microphysics.md` §5.
    """

    distance: Sequence[float] = (1.0, 10.0, 1e3, 1e4)
    sigma_v: float = 10.0
    limit: float = 1e-6

    def __post_init__(self) -> None:
        object.__setattr__(self, "distance", _increasing("distance", self.distance))
        for name, unit in (("sigma_v", " km/s"), ("limit", "")):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise InvalidInput(f"{name}={value}: must be > 0{unit}")

    @property
    def probes(self) -> tuple[Probe, ...]:
        """A probe at each distance, with v = √(GM/r)."""
        speed = [math.sqrt(GM_SUN / (d * AU_M)) / 1000.0 for d in self.distance]
        return tuple(
            Probe(radius=d * AU_KPC, v=v, sigma_v=self.sigma_v) for d, v in zip(self.distance, speed, strict=True)
        )

    def excess(self, model: EnhancementModel) -> np.ndarray:
        """K at every distance, NaN as `Probe.excess`; shape (n_distances,)."""
        return np.array([probe.excess(model) for probe in self.probes])


@dataclass(frozen=True, kw_only=True)
class MilkyWayProbe:
    """The Milky Way's baryons, a line in place of its rotation, and dispersions to try.

    Mechanisms that take a median over radii, the last radius or a flat velocity take those of `radius` and `line`.

    Parameters
    ----------
    baryons : MilkyWayBaryons
        Components.
    line : ObservedLine
        What stands for the observed rotation.
    radius : sequence of float
        Where the two are compared [kpc], > 0, increasing.
    sigma_v : sequence of float
        Dispersions [km/s], > 0. The first, 0.15 × 229 km/s by default, is the one by which a mechanism is judged.
    r_disk : float
        Scale length [kpc], > 0, for models with a window.

    Raises
    ------
    InvalidInput
        A number out of its range, or radii that do not increase.

    References
    ----------
    `microphysics.md` §9.
    """

    baryons: MilkyWayBaryons = field(
        default_factory=lambda: MilkyWayBaryons(table="stated", bulge="as_published", G=4.302e-6)
    )
    line: ObservedLine = MCGAUGH
    radius: Sequence[float] = tuple(float(r) for r in range(5, 16))
    sigma_v: Sequence[float] = (34.35, 20.0)
    r_disk: float = R_DISK

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", _increasing("radius", self.radius))
        object.__setattr__(self, "sigma_v", tuple(_checked("sigma_v", self.sigma_v)))
        if len(set(self.sigma_v)) < len(self.sigma_v):
            raise InvalidInput(f"sigma_v={list(self.sigma_v)}: names one dispersion twice")
        if not (self.r_disk > 0 and math.isfinite(self.r_disk)):
            raise InvalidInput(f"r_disk={self.r_disk}: must be > 0 kpc")

    def curves(self, kpc: float = KPC_M) -> Curves:
        """One galaxy, with the line as the observed rotation and a kiloparsec of so many metres."""
        return milky_way_curves(np.array(self.radius), self.line, baryons=self.baryons, r_disk=self.r_disk, kpc=kpc)

    def rms(self, model: EnhancementModel, sigma_v: float, kpc: float = KPC_M) -> float:
        """RMS of the line minus a model [km/s], a mechanism at this dispersion [km/s]."""
        curves = self.curves(kpc)
        return float(metrics.rms(curves, with_dispersion(model, sigma_v).velocity(curves))[0])


def _increasing(key: str, values: Any) -> tuple[float, ...]:
    found = _checked(key, values)
    if not (np.diff(found) > 0).all():
        raise InvalidInput(f"{key}: must increase from each value to the next")
    return tuple(map(float, found))


def _checked(key: str, values: Any) -> np.ndarray:
    try:
        return parse_axis(key, values, POSITIVE)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
