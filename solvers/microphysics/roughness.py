"""Roughness: time coherence of orbits, one K for a whole system. km/s, kpc."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.systems import Systems

__all__ = ["XI_FLOOR", "Roughness", "rough_kernel", "xi_bounded"]

XI_FLOOR = 1e-6
"""What the source raises smaller Ξ to, so that K has a floor of its own."""


def xi_bounded(v: Any, sigma_v: Any, beta: Any) -> Any:
    """Ξ = τ_coh/T_orb = 1/(1 + 2π σ_v^β/v), from 0 to 1 whatever the radius.

    The rates 1/τ_geom = v/(2πR) and 1/τ_noise = σ_v^β/R add up, and R cancels with T_orb = 2πR/v. For β other than 1
    the numbers are those of km/s. It is another Ξ than `solvers.microphysics.time_coherence.xi_chain`.

    Parameters
    ----------
    v, sigma_v : array_like
        Rotation >= 0 and dispersion > 0 [km/s].
    beta : array_like
        Exponent.

    References
    ----------
    `microphysics.md` §2.
    """
    return v / (v + 2.0 * math.pi * sigma_v**beta)


def rough_kernel(xi: Any, K0: Any, gamma: Any) -> Any:
    """K = K0 max(Ξ, 1e-6)^γ (`microphysics.md` §2)."""
    return K0 * np.maximum(xi, XI_FLOOR) ** gamma


@dataclass(frozen=True, kw_only=True)
class Roughness(Mechanism):
    """K = K0 Ξ^γ with the median over radii of `xi_bounded` at v = V_GR; constant within a galaxy.

    The source names three parameters more (alpha_length, alpha_geom, tau_geom_method), which nothing uses. K0 and γ
    were fitted to another model's K, and γ ended on the lower bound of its range.
    """

    origin: ClassVar[str] = "stochastic metric fluctuations, coarse-grained; no field equation is solved"
    domain: ClassVar = {"K0": NON_NEGATIVE, "gamma": REAL, "beta_sigma": POSITIVE}
    defaults: ClassVar = {"K0": 0.774, "gamma": 0.1, "beta_sigma": 1.5}

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points, the same for all of a galaxy."""
        xi = xi_bounded(np.sqrt(curves.v_bar_squared), curves.at_points(systems.sigma_v), p["beta_sigma"])
        median = curves.at_points(curves.median_by_galaxy(xi))
        return rough_kernel(median, p["K0"], p["gamma"])
