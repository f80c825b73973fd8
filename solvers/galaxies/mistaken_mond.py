"""An error of the source: MOND with μ taken at g_bar instead of g. km/s, kpc; a0 in m/s²."""

from dataclasses import dataclass
from typing import Any, ClassVar

from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves
from solvers.inference.parameters import NON_NEGATIVE


@dataclass(frozen=True, kw_only=True)
class MistakenMond(RotationModel):
    """g = g_bar + a0, so V² = V_bar² + a0 R: **not MOND**, and here to reproduce SI §17.5 only.

    MOND's equation is μ(g/a0) g = g_bar. With μ(x) = x/(1+x) but x = g_bar/a0 it becomes g = g_bar + a0, which rises
    without end and does not reduce to Newton's law. MOND is `LawRotation` with `solvers.laws.MondRar`, `MondSimple`
    or `MondStandard`.

    References
    ----------
    SI §17.5 ("MOND", scatter 0.142, bias +0.244).
    """

    domain: ClassVar = {"a0": NON_NEGATIVE}
    defaults: ClassVar = {"a0": 1.2e-10}
    units: ClassVar = {"a0": "m / s2"}

    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V_bar² + a0 R [(km/s)²], shape (..., n_points)."""
        p = self.parameters_at(curves, theta)
        return curves.v_bar_squared + p["a0"] * curves.radius * curves.kpc * 1e-6
