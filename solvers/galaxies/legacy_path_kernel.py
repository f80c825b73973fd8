"""The kernel behind the published "RAR scatter" of 0.0854 dex: the gated power law with a length that varies.

kpc, km/s; g in m/s². The observed rotation is an input of the model.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from solvers.galaxies.curves import Curves
from solvers.galaxies.gates import WindingGate
from solvers.galaxies.power_law_kernel import LEGACY_G_DAGGER, GatedPowerLaw
from solvers.inference.parameters import NON_NEGATIVE

LEGACY_KPC_M = 3.0856776e19
"""The kiloparsec of the source's legacy run [m]; `dataclasses.replace(curves, kpc=LEGACY_KPC_M)` for its numbers."""

N_SMOOTHED = 7
"""Points of the boxcar through V_obs; shorter curves stay as they are."""

_BAR_RADIUS, _BAR_STEEPNESS = 3.0, 2.0


@dataclass(frozen=True, kw_only=True)
class LegacyPathKernel(GatedPowerLaw):
    """K = A0 (g†/g_bar)^p (l/(l+R))^n S_small(R) G_wind(R, v), l = l0 f_bulge f_shear f_bar.

    f_bulge = 1/(1 + B^`bulge`/(R + 0.1)) with B = V_bul²/V_bar² at each radius; f_shear = 1/(1 + `shear` v/R²) with v
    the observed rotation after a boxcar of seven points; f_bar = 1/(1 + exp(−2 (R/3 − 1)²)) in the galaxies named.
    R and v stand there as numbers in kpc and km/s: the formulas have no units that fit.

    Parameters
    ----------
    barred : tuple of str
        Galaxies with the factor of a bar; the source has two.
    winding : WindingGate, optional
        Of radius and smoothed V_obs; none where it is left out.

    References
    ----------
    SI §12.3 (0.0854 dex with `EFFECTIVE_WINDING`); the formula is that of the scripts behind it.
    """

    uses_observed: ClassVar[bool] = True

    domain: ClassVar = {**GatedPowerLaw.domain, "bulge": NON_NEGATIVE, "shear": NON_NEGATIVE}
    defaults: ClassVar = {
        "amplitude": 1.1,
        "p": 0.75,
        "n_coh": 0.5,
        "l0": 4.993,
        "g_dagger": LEGACY_G_DAGGER,
        "bulge": 1.759,
        "shear": 0.149,
    }

    barred: tuple[str, ...] = ("UGC02953", "UGC06787")
    winding: WindingGate | None = None

    def radial_decay(self, curves: Curves, p: dict[str, Any]) -> Any:
        """(l/(l+R))^n S_small(R) G_wind(R, v)."""
        v = smoothed_velocity(curves)
        decay = super().radial_decay(curves, p | {"l0": p["l0"] * self.length_factor(curves, v, p)})
        return decay if self.winding is None else decay * self.winding(curves.radius, v)

    def length_factor(self, curves: Curves, velocity: Any, p: dict[str, Any]) -> Any:
        """l/l0 in [0, 1], shape (..., n_points), of smoothed velocities [km/s] and parameters at the points."""
        xp, radius = curves.xp, curves.radius
        has_bulge = (curves.v_bulge_squared > 0) & (curves.v_bar_squared > 0)
        share = curves.v_bulge_squared / xp.where(has_bulge, curves.v_bar_squared, 1.0)
        bulge = xp.where(has_bulge, 1.0 / (1.0 + share ** p["bulge"] / (radius + 0.1)), 1.0)
        shear = 1.0 / (1.0 + p["shear"] * xp.abs(velocity) / radius**2)
        is_barred = curves.at_points(xp.asarray([name in self.barred for name in curves.names]))
        bar = 1.0 / (1.0 + xp.exp(-_BAR_STEEPNESS * (radius / _BAR_RADIUS - 1.0) ** 2))
        return bulge * shear * xp.where(is_barred, bar, 1.0)


def smoothed_velocity(curves: Curves) -> Any:
    """Mean of V_obs over seven neighbouring points of a galaxy [km/s], shape (n_points,).

    At the ends of a curve over those that exist; curves of fewer than seven points stay as they are. Points must be in
    order of radius.
    """
    xp, galaxy = curves.xp, curves.galaxy
    last = galaxy.shape[0] - 1
    row = xp.arange(last + 1)
    total, count = xp.zeros_like(curves.v_obs), xp.zeros_like(curves.v_obs)
    for step in range(-(N_SMOOTHED // 2), N_SMOOTHED // 2 + 1):
        neighbour = xp.clip(row + step, 0, last)
        is_there = (neighbour == row + step) & (galaxy[neighbour] == galaxy)
        total += xp.where(is_there, curves.v_obs[neighbour], 0.0)
        count += xp.where(is_there, 1.0, 0.0)
    return xp.where(curves.at_points(curves.n_points) < N_SMOOTHED, curves.v_obs, total / count)
