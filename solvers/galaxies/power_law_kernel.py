"""Power-law kernels Σ = 1 + K, K = A0 (g†/g_bar)^p × a decay with radius. kpc, km/s; g in m/s².

The source prints one kernel (§15.2), made the numbers beside it with a second (§15.3) and calls a third the full
gated model (§5.4, §14.2). They give different results and are three models here. Where V_bar = 0, K is 0: for p < 1
V_bar² K vanishes there.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.coherence_kernels import power_decay
from solvers.galaxies.curves import Curves
from solvers.galaxies.flat_velocity import median_flat_velocity
from solvers.galaxies.gates import small_radius_gate
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE

LEGACY_G_DAGGER = 1.2e-10
"""g† of the power-law kernels [m/s²] (SI §15.2); not a fraction of c H0."""

SCRIPT_G_FLOOR = 1e-12
"""What the scripts behind SI §15.3 raise smaller g_bar to [m/s²]; one point of SPARC is below."""


@dataclass(frozen=True, kw_only=True)
class PowerLawKernel(EnhancementModel):
    """What the three kernels share: A0 (g†/g_bar)^p. A subclass gives `radial_decay`.

    Parameters
    ----------
    g_floor : float
        Smaller g_bar count as this [m/s²], >= 0; the source's runs of SI §15.3 have `SCRIPT_G_FLOOR`.
    k_max : float
        Larger K count as this, > 0; the source's hierarchical run (SI §14) has 100.

    Raises
    ------
    ValueError
        A bound out of its range.
    """

    domain: ClassVar = {"amplitude": NON_NEGATIVE, "p": NON_NEGATIVE, "g_dagger": POSITIVE}
    units: ClassVar = {"g_dagger": "m / s2", "l0": "kpc"}

    g_floor: float = 0.0
    k_max: float = math.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.g_floor >= 0 and math.isfinite(self.g_floor)):
            raise ValueError(f"g_floor={self.g_floor}: must be >= 0")
        if not self.k_max > 0:
            raise ValueError(f"k_max={self.k_max}: must be > 0")

    @abstractmethod
    def radial_decay(self, curves: Curves, p: dict[str, Any]) -> Any:
        """What multiplies A0 (g†/g_bar)^p, in [0, 1], shape (..., n_points), of parameters at the points."""

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """Σ = 1 + K, shape (..., n_points)."""
        p, xp = self.parameters_at(curves, theta), curves.xp
        g = curves.g_bar
        if self.g_floor > 0:
            g = xp.where(g > self.g_floor, g, self.g_floor)
        moving = g > 0
        power = (p["g_dagger"] / xp.where(moving, g, 1.0)) ** p["p"]
        kernel = xp.where(moving, p["amplitude"] * power * self.radial_decay(curves, p), 0.0)
        if math.isfinite(self.k_max):
            kernel = xp.where(kernel < self.k_max, kernel, self.k_max)
        return 1.0 + kernel


@dataclass(frozen=True, kw_only=True)
class GatedPowerLaw(PowerLawKernel):
    """K = A0 (g†/g_bar)^p (l0/(l0+R))^n S_small(R), the legacy kernel.

    References
    ----------
    SI §5.4 (values), §14.2 (form).
    """

    domain: ClassVar = {**PowerLawKernel.domain, "n_coh": NON_NEGATIVE, "l0": POSITIVE}
    defaults: ClassVar = {"amplitude": 0.591, "p": 0.757, "n_coh": 0.5, "l0": 4.993, "g_dagger": LEGACY_G_DAGGER}

    def radial_decay(self, curves: Curves, p: dict[str, Any]) -> Any:
        """(l0/(l0+R))^n S_small(R)."""
        return power_decay(curves.radius, p["l0"], p["n_coh"]) * small_radius_gate(curves.radius)


@dataclass(frozen=True, kw_only=True)
class MinimalPowerLaw(PowerLawKernel):
    """K = A0 (g†/g_bar)^p l0/(l0+R) as SI §15.2 prints it; the amplitude must be given.

    K is not what the numbers of SI §15.3 were made with: see `ScriptPowerLaw`.
    """

    domain: ClassVar = {**PowerLawKernel.domain, "l0": POSITIVE}
    defaults: ClassVar = {"p": 0.75, "l0": 5.0, "g_dagger": LEGACY_G_DAGGER}

    def radial_decay(self, curves: Curves, p: dict[str, Any]) -> Any:
        """l0/(l0+R)."""
        return p["l0"] / (p["l0"] + curves.radius)


@dataclass(frozen=True, kw_only=True)
class ScriptPowerLaw(PowerLawKernel):
    """The kernel behind the "gate-free" numbers: K = A0 (g†/g_bar)^p (l/(l+R))^n S_small, l ∝ R/(v_flat (V_bar + 100)).

    l = R (20/v_flat)(20/s) with s = V_bar/10 + 10 km/s. The observed v_flat is an input, so the model predicts less
    than its one amplitude suggests, and S_small is a gate.

    References
    ----------
    SI §15.3, §17.5; the formula is that of the scripts, `derivations/editorial_response` of the source.
    """

    uses_observed: ClassVar[bool] = True

    domain: ClassVar = {**PowerLawKernel.domain, "n_coh": NON_NEGATIVE}
    defaults: ClassVar = {"amplitude": math.exp(-0.5), "p": 0.75, "n_coh": 0.5, "g_dagger": LEGACY_G_DAGGER}

    g_floor: float = SCRIPT_G_FLOOR
    v_flat_floor: float = 10.0
    """Smaller v_flat count as this [km/s]."""

    def radial_decay(self, curves: Curves, p: dict[str, Any]) -> Any:
        """(l/(l+R))^n S_small(R); the first factor depends on R through V_bar alone."""
        xp = curves.xp
        v_flat = median_flat_velocity(curves)
        v_flat = curves.at_points(xp.where(v_flat > self.v_flat_floor, v_flat, self.v_flat_floor))
        # The source also bounds s from below by 5 and 20/s from above by 2; s >= 10 is within both.
        dispersion = 0.1 * xp.sqrt(curves.v_bar_squared) + 10.0
        l_over_r = (20.0 / v_flat) * (20.0 / dispersion)
        return power_decay(1.0, l_over_r, p["n_coh"]) * small_radius_gate(curves.radius)
