"""Rotation by an enhancement law, Σ = 1 + f A W(R) h(g_bar/g†): the closed form of Σ-Gravity, and MOND's functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE, Interval
from solvers.laws import Law, Sigma

_TINY = 1e-300
"""In place of g/g† = 0, where h is infinite and V_bar² Σ is 0."""

_MOTION = {"coherence": Interval(0.0, 1.0), "sigma_v": NON_NEGATIVE}


@dataclass(frozen=True, kw_only=True)
class LawRotation(EnhancementModel):
    """Σ = 1 + f A W_eff(R) h(g_bar/g†), W_eff = W exp(−(σ_v/V_bar)²).

    `amplitude` is A and `xi_over_rd` the coherence length in disk scale lengths: both are those of the law unless
    `params` gives them. `coherence` is f, 1 minus the share of stars that rotate the other way; `sigma_v` is the
    velocity dispersion.

    Parameters
    ----------
    law : Law
        h, g†, amplitude of disks and window.

    References
    ----------
    SI §5.2, §5A.3 (closed form), §6.4.1 to §6.4.3 (coherence and dispersion), §20.2 (Burr window, p = 0.75).
    """

    domain: ClassVar = {"amplitude": NON_NEGATIVE, "xi_over_rd": NON_NEGATIVE, **_MOTION}
    units: ClassVar = {"sigma_v": "km/s"}

    law: Law = field(default_factory=Sigma)

    def __post_init__(self) -> None:
        unmoved = {"coherence": 1.0, "sigma_v": 0.0}
        object.__setattr__(self, "params", self._from_law() | unmoved | dict(self.params))
        super().__post_init__()

    def _from_law(self) -> dict[str, float]:
        return {"amplitude": self.law.amplitude.disk, "xi_over_rd": self.law.window.xi_over_rd}

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """Σ, shape (..., n_points)."""
        p = self.parameters_at(curves, theta)
        return self._enhancement(curves, p, p["xi_over_rd"] * curves.at_points(curves.r_disk))

    def _enhancement(self, curves: Curves, p: Mapping[str, Any], xi: Any) -> Any:
        xp, x = curves.xp, curves.g_bar / self.law.g_dagger.m_s2
        strength = p["coherence"] * p["amplitude"] * self.law.window.at(curves.radius, xi)
        if xp.any(xp.asarray(p["sigma_v"]) > 0):
            moving = curves.v_bar_squared > 0
            ratio = p["sigma_v"] ** 2 / xp.where(moving, curves.v_bar_squared, 1.0)
            strength = strength * xp.where(moving, xp.exp(-ratio), 0.0)
        return 1.0 + strength * self.law.h(xp.where(x > _TINY, x, _TINY))


@dataclass(frozen=True, kw_only=True)
class ScaleRotation(LawRotation):
    """The same with the coherence length `xi` in kpc, not in disk scale lengths; it must be given.

    References
    ----------
    SI §20, where A and ξ of each galaxy are fitted.
    """

    domain: ClassVar = {"amplitude": NON_NEGATIVE, "xi": NON_NEGATIVE, **_MOTION}
    units: ClassVar = {"xi": "kpc", "sigma_v": "km/s"}

    def _from_law(self) -> dict[str, float]:
        return {"amplitude": self.law.amplitude.disk}

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """Σ, shape (..., n_points)."""
        p = self.parameters_at(curves, theta)
        return self._enhancement(curves, p, p["xi"])
