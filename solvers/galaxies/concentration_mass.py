"""NFW halos on a relation of concentration and mass: one parameter of each galaxy, or none. kpc, km/s, Msun."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from solvers.galaxies.curves import Curves
from solvers.galaxies.flat_velocity import median_flat_velocity
from solvers.galaxies.nfw import LOG_MASS, Halo

PUBLISHED_RHO_CRIT = 140.0
"""Critical density of the source's scripts [Msun/kpc³], rounded from 136.0."""

PUBLISHED_G_SCRIPT = 4.3e-6
"""G of the script behind "ΛCDM c-M" [kpc (km/s)²/Msun], rounded more than `PUBLISHED_G_NFW`."""


@dataclass(frozen=True, kw_only=True)
class ConcentrationMass:
    """log10 c = `intercept` + `slope` log10(M200/M0), M0 = 1e12 Msun or 1e12 Msun/h.

    Parameters
    ----------
    intercept, slope : float
        Of the line; SI §17.5 prints 0.905 and −0.101 (Dutton & Macciò 2014).
    with_h : bool
        Whether M0 is 1e12 Msun/h, as printed, or 1e12 Msun.

    Raises
    ------
    ValueError
        A number that is not finite.
    """

    intercept: float = 0.905
    slope: float = -0.101
    with_h: bool = True

    def __post_init__(self) -> None:
        for name in ("intercept", "slope"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name}={getattr(self, name)}: must be a finite number")

    def concentration(self, log10_m200: Any, h: float) -> Any:
        """c of log10 M200/Msun, in its shape, for H0 = 100 h km/s/Mpc."""
        return 10.0 ** (self.intercept + self.slope * (log10_m200 - 12.0 + (math.log10(h) if self.with_h else 0.0)))


PRINTED_RELATION = ConcentrationMass()
"""As SI §17.5 prints it: c = 8.04 at 1e12 Msun/h."""

SCRIPT_RELATION = ConcentrationMass(intercept=0.804, with_h=False)
"""What the script behind SI §17.5 has: c = 6.37 at 1e12 Msun."""


@dataclass(frozen=True, kw_only=True)
class CmNfw(Halo):
    """NFW halos on the relation, log10 M200/Msun of each galaxy free.

    Parameters
    ----------
    relation : ConcentrationMass
        c of M200.

    References
    ----------
    SI §17.5 describes this model; its numbers are of `PublishedCmNfw`, where nothing is fitted.
    """

    domain: ClassVar = {"log10_m200": LOG_MASS}

    relation: ConcentrationMass = PRINTED_RELATION

    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V² [(km/s)²], shape (..., n_points)."""
        log10_m200 = self.parameters_at(curves, theta)["log10_m200"]
        c = self.relation.concentration(log10_m200, self.H0 / 100.0)
        return curves.v_bar_squared + self.halo_v_squared(curves.radius, 10.0**log10_m200, c)


@dataclass(frozen=True, kw_only=True)
class PublishedCmNfw(Halo):
    """The halos behind "ΛCDM c-M": M200 = 1e12 Msun (v_flat/100 km/s)³ of the observed curve, nothing fitted.

    References
    ----------
    SI §17.5 (scatter 0.078, bias +0.119); the formulas are those of the script behind it.
    """

    uses_observed: ClassVar[bool] = True

    G: float = PUBLISHED_G_SCRIPT
    rho_crit: float | None = PUBLISHED_RHO_CRIT
    relation: ConcentrationMass = SCRIPT_RELATION

    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V² [(km/s)²], shape (n_points,)."""
        self.parameters_at(curves, theta)
        log10_m200 = 12.0 + 3.0 * curves.xp.log10(median_flat_velocity(curves) / 100.0)
        c = curves.at_points(self.relation.concentration(log10_m200, self.H0 / 100.0))
        m200 = curves.at_points(10.0**log10_m200)
        return curves.v_bar_squared + self.halo_v_squared(curves.radius, m200, c)
