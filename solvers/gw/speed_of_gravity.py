"""GW170817 and a shift of the speed of gravity along a galactic path: the check of SI §17.3. kpc, Mpc, pc, s.

SI §17.3 sets c_gw = c between galaxies and calls a shift of 1e-6 over less than 1 kpc of galactic path
unmeasurable. The signal and its flash came 1.7 s apart, so what counts is the delay of that path, or the shift
averaged over the whole distance.
"""

import math
from dataclasses import dataclass

from solvers.constants import C_KM_S, KM_PER_MPC
from solvers.errors import InvalidInput

OBSERVED_DELAY = 1.7
"""Time between GW170817 and its gamma-ray burst [s]."""


@dataclass(frozen=True)
class SpeedOfGravity:
    """What a shifted speed over a short path does, against the bound.

    Parameters
    ----------
    delay : float
        Delay that the path adds [s].
    mean_shift : float
        |c_gw/c − 1| averaged over the distance of the source.
    bound : float
        Largest average that is allowed.
    factor : float
        `mean_shift` over `bound`.
    path_to_bound : float
        Length of such a path that reaches the bound [pc]; inf for a shift of 0.
    passes : bool
        `mean_shift` is below the bound.
    """

    delay: float
    mean_shift: float
    bound: float
    factor: float
    path_to_bound: float
    passes: bool


def speed_of_gravity(
    shift: float = 1e-6, path: float = 1.0, distance: float = 40.0, bound: float = 5e-16
) -> SpeedOfGravity:
    """Delay and mean shift of the speed of gravity for a source whose signal crosses a short path at another speed.

    Parameters
    ----------
    shift : float
        |c_gw/c − 1| on the path, >= 0 and well below 1: the delay is of first order in it.
    path : float
        Length of the path [kpc], > 0 and within `distance`.
    distance : float
        Distance of the source [Mpc], > 0.
    bound : float
        Bound on |c_gw/c − 1| over the whole distance, > 0.

    Returns
    -------
    SpeedOfGravity

    Raises
    ------
    InvalidInput
        A number out of its range.

    References
    ----------
    SI §17.3, from which the defaults are.
    """
    if not (shift >= 0 and math.isfinite(shift)):
        raise InvalidInput(f"shift={shift}: must be >= 0")
    for name, value in (("path", path), ("distance", distance), ("bound", bound)):
        _positive(name, value)
    if path > 1e3 * distance:
        raise InvalidInput(f"path={path}: must be within the distance of the source, {1e3 * distance:g} kpc")
    mean_shift = shift * path / (1e3 * distance)
    return SpeedOfGravity(
        delay=float(shift * path * 1e-3 * KM_PER_MPC / C_KM_S),
        mean_shift=mean_shift,
        bound=bound,
        factor=mean_shift / bound,
        path_to_bound=bound * distance * 1e6 / shift if shift > 0 else math.inf,
        passes=mean_shift < bound,
    )


def shift_of_delay(delay: float = OBSERVED_DELAY, distance: float = 40.0) -> float:
    """|c_gw/c − 1| whose delay over a distance [Mpc], > 0, is this time [s], >= 0 (SI §17.3)."""
    if not (delay >= 0 and math.isfinite(delay)):
        raise InvalidInput(f"delay={delay}: must be >= 0")
    _positive("distance", distance)
    return float(delay * C_KM_S / (distance * KM_PER_MPC))


def _positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise InvalidInput(f"{name}={value}: must be > 0")
