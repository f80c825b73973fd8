"""The unified kernel: roughness with its rise in radius, and what it misses added or multiplied. km/s, kpc."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, REAL, Interval
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.missing_ratio import CoherenceRise, gated_ratio
from solvers.microphysics.potential_depth import potential_depth, saturating
from solvers.microphysics.systems import Systems
from solvers.microphysics.time_coherence import xi_chain

__all__ = ["AdditiveUnified", "MultiplicativeUnified", "Unified"]


_LEAST_VELOCITY = 1e-3
"""V_GR [km/s] up to which points do not count in means (`microphysics.md` §8)."""


@dataclass(frozen=True, kw_only=True)
class Unified(Mechanism):
    """What both forms share: K_rough C(R) with the mean over moving radii of `xi_chain`; arrays of NumPy.

    Parameters
    ----------
    rise : CoherenceRise
        C(R), K0 and γ.
    """

    origin: ClassVar[str] = "none stated: a product or a sum of fits"

    rise: CoherenceRise = field(default_factory=CoherenceRise)

    def rough(self, curves: Curves, systems: Systems) -> Any:
        """K_rough C(R) at the points."""
        v, sigma_v = np.sqrt(curves.v_bar_squared), curves.at_points(systems.sigma_v)
        moving = v > _LEAST_VELOCITY
        xi = np.where(moving, xi_chain(curves.radius, v, sigma_v), 0.0)
        mean = curves.sum_by_galaxy(xi) / np.maximum(curves.sum_by_galaxy(moving.astype(float)), 1.0)
        return curves.at_points(self.rise.rough(mean)) * self.rise(curves.radius)


@dataclass(frozen=True, kw_only=True)
class AdditiveUnified(Unified):
    """K = K_rough C(R) + K_max [1 − exp(−(Ψ/Ψ0)^γ)]: F_missing, a ratio, taken for a kernel as the source writes it.

    References
    ----------
    `microphysics.md` §8.
    """

    takes: ClassVar = frozenset({"sigma_v", "radius", "mass"})
    domain: ClassVar = {"k_max": NON_NEGATIVE, "psi0": POSITIVE, "gamma": POSITIVE, "factor": POSITIVE}
    defaults: ClassVar = {"k_max": 19.5793, "psi0": 7.34107e-8, "gamma": 0.136124, "factor": 1.33286}

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points."""
        if systems.mass is None:
            raise InvalidInput("mass: this catalogue has no baryonic masses, which the mechanism needs")
        mass, radius = curves.at_points(systems.mass), curves.at_points(systems.radius)
        depth = potential_depth(mass, p["factor"] * radius, self.rise.ell0)
        return self.rough(curves, systems) + saturating(depth, p["k_max"], p["psi0"], p["gamma"])


@dataclass(frozen=True, kw_only=True)
class MultiplicativeUnified(Unified):
    """K = K_rough C(R) [1 + f_amp extra_amp (F − 1)] with F of `gated_ratio`.

    `f_amp` is 1 in the source. `extra_amp` = 0 leaves roughness alone; `gamma_gate` = 0 is no gate.

    References
    ----------
    `microphysics.md` §8.
    """

    takes: ClassVar = frozenset({"sigma_v", "radius"})
    domain: ClassVar = {
        "extra_amp": NON_NEGATIVE,
        "f_amp": NON_NEGATIVE,
        "f_max": Interval(1.0),
        "gamma_gate": REAL,
        "sigma_gate": POSITIVE,
    }
    defaults: ClassVar = {"extra_amp": 0.25, "f_amp": 1.0, "f_max": 5.0, "gamma_gate": 1.0, "sigma_gate": 25.0}
    units: ClassVar = {"sigma_gate": "km/s"}

    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points."""
        ratio = gated_ratio(
            curves.at_points(systems.sigma_v),
            curves.at_points(systems.radius),
            **{name: p[name] for name in ("f_max", "sigma_gate", "gamma_gate")},
        )
        return self.rough(curves, systems) * (1.0 + p["f_amp"] * p["extra_amp"] * (ratio - 1.0))
