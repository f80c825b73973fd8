"""The Milky Way of SI §11: its baryons, two observed curves, and both as `Curves`. kpc, km/s, Msun."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from array_api_compat import array_namespace

from solvers.constants import KPC_M
from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.galaxies.mass_profiles import Hernquist, MassProfile, MiyamotoNagai, PublishedBulge
from solvers.galaxies.nfw import PUBLISHED_G_MILKY_WAY

R_DISK = 2.6
"""Scale length of the disk that enters the window [kpc] (SI §11.6); no component has it."""

TABLES: Mapping[str, Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "stated": {
            "bulge": (9e9, 0.5),
            "thin_disk": (5.5e10, 2.5, 0.3),
            "thick_disk": (1.0e10, 2.5, 0.9),
            "hi": (1.0e10, 7.0, 0.1),
            "h2": (1.0e9, 1.5, 0.05),
        },
        "earlier": {
            "bulge": (5e9, 0.6),
            "thin_disk": (4.5e10, 3.0, 0.3),
            "thick_disk": (1.0e10, 2.5, 0.9),
            "hi": (1.1e10, 7.0, 0.1),
            "h2": (1.2e9, 1.5, 0.05),
        },
    }
)
"""Mass [Msun], a and, of disks, b [kpc] of the components: SI §11.2, and what gave the 16.2 km/s of SI §11.7."""

BULGES: Mapping[str, type[MassProfile]] = MappingProxyType({"hernquist": Hernquist, "as_published": PublishedBulge})
"""The bulge as SI §11.2 names it, and as its numbers were computed."""

STARS = ("bulge", "thin_disk", "thick_disk")
"""Components that are stars."""


@dataclass(frozen=True, kw_only=True)
class MilkyWayBaryons:
    """The components and their rotation.

    Parameters
    ----------
    table : {"stated", "earlier"}
        Which of `TABLES`.
    bulge : {"hernquist", "as_published"}
        A true Hernquist sphere, or the formula that made the published table.
    G : float
        Gravitational constant [kpc (km/s)²/Msun].

    Raises
    ------
    ValueError
        An unknown word, or G that is not positive.

    References
    ----------
    SI §11.2, §11.7. The stars of the stated table add up to 7.4e10 Msun, not to the 6.16e10 that the text quotes.
    """

    table: str = "stated"
    bulge: str = "hernquist"
    G: float = PUBLISHED_G_MILKY_WAY

    def __post_init__(self) -> None:
        for name, words in (("table", TABLES), ("bulge", BULGES)):
            if getattr(self, name) not in words:
                raise ValueError(f"{name}={getattr(self, name)!r}: must be one of {', '.join(words)}")
        if not (self.G > 0 and math.isfinite(self.G)):
            raise ValueError(f"G={self.G}: must be > 0")

    @property
    def components(self) -> dict[str, MassProfile]:
        """Profiles by name, the bulge first."""
        rows = TABLES[self.table]
        bulge = BULGES[self.bulge](mass=rows["bulge"][0], a=rows["bulge"][1])
        disks = {name: row for name, row in rows.items() if name != "bulge"}
        return {"bulge": bulge} | {n: MiyamotoNagai(mass=m, a=a, b=b) for n, (m, a, b) in disks.items()}

    @property
    def stellar_mass(self) -> float:
        """Mass of bulge, thin and thick disk [Msun]."""
        return sum(self.components[name].mass for name in STARS)

    def v_squared_by_component(self, radius: Any) -> dict[str, Any]:
        """V² of each component in the mid-plane [(km/s)²] at radii >= 0 [kpc], each of their shape."""
        return {name: profile.v_squared(radius, self.G) for name, profile in self.components.items()}

    def v_squared(self, radius: Any) -> Any:
        """V_bar² in the mid-plane [(km/s)²] at radii >= 0 [kpc], of their shape."""
        return sum(self.v_squared_by_component(radius).values())


@dataclass(frozen=True, kw_only=True)
class ObservedLine:
    """An observed curve that the source gives as a straight line, V = v0 + slope (R − r0), without errors.

    Parameters
    ----------
    v0, slope, r0 : float
        [km/s], [km/s/kpc], [kpc].
    """

    v0: float
    slope: float
    r0: float

    def __call__(self, radius: Any) -> Any:
        """V [km/s] at radii [kpc], of their shape."""
        return self.v0 + self.slope * (radius - self.r0)


MCGAUGH = ObservedLine(v0=233.3, slope=-1.7, r0=8.0)
"""McGaugh/GRAVITY (SI §11.3)."""

EILERS = ObservedLine(v0=229.0, slope=-1.7, r0=8.122)
"""Eilers et al. 2019 (SI §11.3)."""


def milky_way_curves(
    radius: Any,
    v_obs: Any,
    *,
    baryons: MilkyWayBaryons | None = None,
    v_obs_err: Any = None,
    r_disk: float = R_DISK,
    kpc: float = KPC_M,
) -> Curves:
    """One galaxy with these radii, for every model of rotation.

    Parameters
    ----------
    radius : ndarray
        R > 0 in increasing order [kpc], shape (n,).
    v_obs : callable or ndarray
        A line such as `MCGAUGH`, or observed velocities [km/s], shape (n,).
    baryons : MilkyWayBaryons, optional
        Those of SI §11.2 with a Hernquist bulge where left out.
    v_obs_err : ndarray, optional
        Errors [km/s], shape (n,); NaN where left out, as the lines have none.
    r_disk : float
        Scale length that enters the window [kpc].
    kpc : float
        A kiloparsec in metres.

    Raises
    ------
    InvalidInput
        A radius that is not positive: g = V²/R has no value at R = 0.

    References
    ----------
    SI §11.3, §11.6.
    """
    xp = array_namespace(radius)
    if bool(xp.any(~(radius > 0))):
        raise InvalidInput("radius: has a value that is not positive, must be > 0 kpc")
    radius = radius * 1.0
    baryons = MilkyWayBaryons() if baryons is None else baryons
    by_component = baryons.v_squared_by_component(radius)
    return Curves(
        names=("Milky Way",),
        galaxy=xp.zeros(radius.shape, dtype=xp.int64),
        radius=radius,
        v_obs=v_obs(radius) if callable(v_obs) else v_obs,
        v_obs_err=xp.full_like(radius, xp.nan) if v_obs_err is None else v_obs_err,
        v_bar_squared=sum(by_component.values()),
        v_bulge_squared=by_component["bulge"],
        r_disk=xp.asarray([r_disk]),
        kpc=kpc,
        baryonic_mass=xp.asarray([float(sum(part.mass for part in baryons.components.values()))]),
    )
