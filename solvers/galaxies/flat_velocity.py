"""The flat part of observed rotation curves, as the source takes it: from the last three points. km/s."""

from typing import Any

from solvers.galaxies.curves import Curves

N_LAST = 3
"""Points at the end of a curve that the source takes for its flat part."""


def median_flat_velocity(curves: Curves, n_last: int = N_LAST) -> Any:
    """V_flat [km/s], the median of the last observed velocities, shape (n_galaxies,).

    Points must be in order of radius; a galaxy with fewer than `n_last` gives the median of those it has.
    A model that uses it takes the observed rotation as input.

    Parameters
    ----------
    curves : Curves
        What was observed.
    n_last : int
        How many velocities, three in most of the source, >= 1.

    References
    ----------
    SI §15.3 and §17.5, as in the scripts behind them.
    """
    return curves.xp.nanmedian(_last_velocities(curves, n_last), axis=0)


def mean_flat_velocity(curves: Curves) -> Any:
    """V_flat [km/s], the mean of the last three observed velocities, shape (n_galaxies,); see `median_flat_velocity`.

    References
    ----------
    SI §12.3, where v_flat >= 150 km/s makes a massive spiral.
    """
    return curves.xp.nanmean(_last_velocities(curves, N_LAST), axis=0)


def _last_velocities(curves: Curves, n_last: int) -> Any:
    """Shape (n_last, n_galaxies), NaN where a galaxy has fewer points."""
    xp = curves.xp
    back = xp.arange(n_last)[:, None]
    exists = back < curves.n_points
    return xp.where(exists, curves.v_obs[xp.where(exists, curves.last - back, 0)], xp.nan)
