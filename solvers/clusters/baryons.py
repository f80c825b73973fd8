"""Gas, brightest galaxy and intracluster light of a cluster: ρ in Msun/kpc³ and M(<r) in Msun. Radii in kpc."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from solvers.clusters.gas import GasShape
from solvers.clusters.geometry import FlatMatter
from solvers.clusters.profiles import Hernquist
from solvers.constants import G_KPC
from solvers.errors import InvalidInput

__all__ = ["ClusterBaryons", "critical_density", "r500"]

_INNERMOST, _OUTERMOST = 1e-8, 1e3
"""Range of the table of the gas mass in r/R500; inside, the cusp is a power law to 1e-8."""

_STEPS = 4000
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def critical_density(z: float, H0: float = 70.0, Om0: float = 0.3, G: float = G_KPC) -> float:
    """ρ_c = 3H(z)²/(8πG) [Msun/kpc³] of flat ΛCDM without radiation.

    Parameters
    ----------
    z : float
        Redshift >= 0.
    H0 : float
        Hubble constant [km/s/Mpc], > 0.
    Om0 : float
        Matter density, 0 to 1.
    G : float
        Gravitational constant [kpc (km/s)²/Msun], > 0.
    """
    hubble = H0 / 1000.0 * float(FlatMatter(H0=H0, Om0=Om0).efunc(z))
    return 3.0 * hubble**2 / (8.0 * math.pi * G)


def r500(m500: float, rho_crit: float) -> float:
    """R500 = (3 M500/(4π 500 ρ_c))^(1/3) [kpc] of a mass [Msun] > 0 at a critical density [Msun/kpc³] > 0.

    Raises
    ------
    InvalidInput
        A number that is not positive.
    """
    for name, number in (("m500", m500), ("rho_crit", rho_crit)):
        if not (number > 0 and math.isfinite(number)):
            raise InvalidInput(f"{name}={number}: must be > 0")
    return (3.0 * m500 / (2000.0 * math.pi * rho_crit)) ** (1.0 / 3.0)


@dataclass(frozen=True, kw_only=True)
class ClusterBaryons:
    """Hot gas of the mass f_gas M500 inside R500, and two Hernquist spheres in the middle.

    Parameters
    ----------
    m500 : float
        M500 [Msun], > 0.
    rho_crit : float
        Critical density at the redshift of the cluster [Msun/kpc³], > 0; see `critical_density`.
    f_gas, f_bcg, f_icl : float
        Mass of the gas inside R500, and of brightest galaxy and intracluster light in all, over M500; >= 0.
    a_bcg, a_icl : float
        Scale lengths of the galaxy and of the light [kpc], > 0.
    gas : GasShape
        Shape of the gas; what it does to the mass inside R500 is taken out.
    extent : float
        r_max/R500 > 0: where projections end. The baryons hardly depend on it, an enhanced profile does.

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    SI §13.1, which gives no formulas; `clusters.md` §4.
    """

    m500: float
    rho_crit: float
    f_gas: float = 0.11
    f_bcg: float = 0.004
    f_icl: float = 0.006
    a_bcg: float = 15.0
    a_icl: float = 100.0
    gas: GasShape = field(default_factory=GasShape)
    extent: float = 5.0

    def __post_init__(self) -> None:
        for name in ("m500", "rho_crit", "a_bcg", "a_icl", "extent"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InvalidInput(f"{name}={getattr(self, name)}: must be > 0")
        for name in ("f_gas", "f_bcg", "f_icl"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidInput(f"{name}={getattr(self, name)}: must be from 0 to 1")
        if self.extent > _OUTERMOST:
            raise InvalidInput(f"extent={self.extent}: must be <= {_OUTERMOST:g}")

    @cached_property
    def r500(self) -> float:
        """R500 [kpc]."""
        return r500(self.m500, self.rho_crit)

    @property
    def r_max(self) -> float:
        """Where projections end [kpc]."""
        return self.extent * self.r500

    @cached_property
    def bcg(self) -> Hernquist:
        """Brightest cluster galaxy."""
        return Hernquist(mass=self.f_bcg * self.m500, a=self.a_bcg)

    @cached_property
    def icl(self) -> Hernquist:
        """Intracluster light."""
        return Hernquist(mass=self.f_icl * self.m500, a=self.a_icl)

    def gas_density(self, r: Any) -> Any:
        """ρ_gas [Msun/kpc³] at r > 0 [kpc], in its shape."""
        x = np.asarray(r, dtype=float) / self.r500
        return self.f_gas * self.m500 / (4.0 * math.pi * self.r500**3 * self._integral_at_r500) * self.gas(x)

    def gas_mass(self, r: Any) -> Any:
        """M_gas(<r) [Msun] at 0 < r <= 1000 R500 [kpc], in its shape.

        Relative error below 1e-9 for r > 1e-6 R500, 3e-8 inside.

        Raises
        ------
        InvalidInput
            A radius out of that range.
        """
        x = np.asarray(r, dtype=float) / self.r500
        if not np.all((x > 0) & (x <= _OUTERMOST)):
            raise InvalidInput(f"r: must be > 0 and <= {_OUTERMOST * self.r500:g} kpc, {_OUTERMOST:g} R500")
        ln_integral, slope = self._ln_integral, self._first_slope
        u = np.log(x)
        first = float(ln_integral.x[0])
        inside = ln_integral(np.maximum(u, first)) + slope * np.minimum(u - first, 0.0)
        return self.f_gas * self.m500 / self._integral_at_r500 * np.exp(inside)

    def density(self, r: Any) -> Any:
        """ρ of all baryons [Msun/kpc³] at r > 0 [kpc], in its shape.

        Where the clumping stops to rise it has a kink (2.2 R500 for the default): a projection has a relative error of
        2e-8 for R < 0.1 R500 and up to 5e-7 near it.
        """
        return self.gas_density(r) + self.bcg.density(r) + self.icl.density(r)

    def enclosed_mass(self, r: Any) -> Any:
        """M(<r) of all baryons [Msun] at 0 < r <= 1000 R500 [kpc], in its shape."""
        return self.gas_mass(r) + self.bcg.enclosed_mass(r) + self.icl.enclosed_mass(r)

    @cached_property
    def _first_slope(self) -> float:
        """Slope of ln M_gas at the first radius of the table, where the gas is a power law."""
        return 3.0 - self.gas.pressure.gamma

    @cached_property
    def _ln_integral(self) -> CubicHermiteSpline:
        """ln ∫₀ˣ ρ x² dx of the shape, over ln x; its slopes are exact."""
        u = np.linspace(math.log(_INNERMOST), math.log(_OUTERMOST), _STEPS + 1)
        step = u[1] - u[0]
        nodes = np.exp(u[:-1, np.newaxis] + 0.5 * step * (1.0 + _NODES))
        first = self.gas(_INNERMOST) * _INNERMOST**3 / self._first_slope
        rings = 0.5 * step * ((self.gas(nodes) * nodes**3) @ _WEIGHTS)
        integral = first + np.append(0.0, np.cumsum(rings))
        return CubicHermiteSpline(u, np.log(integral), self.gas(np.exp(u)) * np.exp(3.0 * u) / integral)

    @cached_property
    def _integral_at_r500(self) -> float:
        return math.exp(float(self._ln_integral(0.0)))
