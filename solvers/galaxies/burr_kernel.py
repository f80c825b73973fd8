"""The rising kernel behind "86 % of galaxies improve": Σ = 1 + A C(R), whatever the acceleration. kpc, km/s."""

from dataclasses import dataclass
from typing import Any, ClassVar

from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.coherence_kernels import burr_rise
from solvers.galaxies.curves import Curves
from solvers.galaxies.gates import WindingGate
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE


@dataclass(frozen=True, kw_only=True)
class BurrKernel(EnhancementModel):
    """K = A {1 − [1+(R/l0)^p]^(−n)}/(1+(r_small/R)²) G_wind(R, V_bar).

    Parameters
    ----------
    winding : WindingGate, optional
        The gate; none where it is left out.

    References
    ----------
    SI §12.3; the values are those of the run behind it. SI §6 (technical addenda) has the kernel without the two
    gates, `r_small` = 0.
    """

    domain: ClassVar = {
        "amplitude": NON_NEGATIVE,
        "l0": POSITIVE,
        "p": POSITIVE,
        "n_coh": POSITIVE,
        "r_small": NON_NEGATIVE,
    }
    defaults: ClassVar = {"amplitude": 0.6, "l0": 4.993, "p": 0.75, "n_coh": 0.5, "r_small": 0.1}
    units: ClassVar = {"l0": "kpc", "r_small": "kpc"}

    winding: WindingGate | None = None

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """Σ = 1 + K, shape (..., n_points)."""
        p, radius = self.parameters_at(curves, theta), curves.radius
        kernel = p["amplitude"] * burr_rise(radius, p["l0"], p["p"], p["n_coh"])
        kernel = kernel / (1.0 + (p["r_small"] / radius) ** 2)
        if self.winding is not None:
            kernel = kernel * self.winding(radius, curves.xp.sqrt(curves.v_bar_squared))
        return 1.0 + kernel
