"""How far a model of rotation is from the data: per galaxy, over a sample, and pooled over points. km/s, dex.

Two scatters are published, and must not be compared. `rar_scatter` is of accelerations within one galaxy, from which
the offset of the galaxy has gone: a model that is wrong by a constant factor has none, hence `rar_bias` beside it.
`velocity_scatter` is of velocities over the points of all galaxies, offsets included; in accelerations it is twice
as large. A statistic in which one point has no logarithm or no number is NaN, which means undetermined.

References
----------
SI §5.2, §5.3 (per galaxy), §15, §17 (pooled), §20.4 (χ²).
"""

from dataclasses import dataclass
from typing import Any

from array_api_compat import array_namespace

from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves


@dataclass(frozen=True)
class Summary:
    """Unweighted mean and median over galaxies.

    Parameters
    ----------
    mean, median : float
        Over the galaxies where the statistic is finite; NaN where it is nowhere.
    n, n_undefined : int
        Galaxies that are in them, and galaxies that are not.
    """

    mean: float
    median: float
    n: int
    n_undefined: int


@dataclass(frozen=True, kw_only=True)
class PooledCut:
    """Which points `velocity_scatter` takes; the defaults are the published ones.

    Parameters
    ----------
    radius : float
        R above it [kpc].
    v_bar, v_obs : float
        Velocities of baryons and data above these [km/s].
    min_points : int
        Galaxies with fewer points left go, >= 1.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    radius: float = 0.5
    v_bar: float = 5.0
    v_obs: float = 5.0
    min_points: int = 3

    def __post_init__(self) -> None:
        for name in ("radius", "v_bar", "v_obs"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be >= 0")
        if self.min_points < 1:
            raise ValueError(f"min_points={self.min_points}: must be >= 1")

    def points(self, curves: Curves) -> Any:
        """Which points are left, shape (n_points,); none where V_bar = 0."""
        xp = curves.xp
        left = (curves.radius > self.radius) & (curves.v_bar_squared > self.v_bar**2) & (curves.v_obs > self.v_obs)
        n_left = curves.sum_by_galaxy(xp.where(left, 1.0, 0.0))
        return left & curves.at_points(n_left >= self.min_points)


EVERY_POINT = PooledCut(radius=0.0, v_bar=0.0, v_obs=0.0, min_points=1)
"""No cut; but log V needs V_bar > 0 and V_obs > 0."""


@dataclass(frozen=True, eq=False)
class VelocityScatter:
    """Pooled scatter of log10(V_pred/V_obs).

    Parameters
    ----------
    scatter, bias : ndarray
        Standard deviation (ddof 0) and mean [dex in V], shape (...).
    n_points, n_galaxies : int
        Over which they were taken.
    """

    scatter: Any
    bias: Any
    n_points: int
    n_galaxies: int

    @property
    def acceleration_scatter(self) -> Any:
        """The same scatter in log10(g_pred/g_obs) [dex], twice as large; not `rar_scatter`, which has no offsets."""
        return 2.0 * self.scatter


def rms(curves: Curves, velocity: Any) -> Any:
    """√mean((V_obs − V)²) of each galaxy [km/s], shape (..., n_galaxies).

    Parameters
    ----------
    curves : Curves
        Data.
    velocity : ndarray
        V of a model [km/s], shape (..., n_points).
    """
    return curves.xp.sqrt(curves.mean_by_galaxy((curves.v_obs - velocity) ** 2))


def log_velocity_ratio(curves: Curves, velocity: Any) -> Any:
    """log10(V/V_obs) [dex in V], shape (..., n_points); NaN where either is not positive.

    Parameters
    ----------
    curves : Curves
        Data.
    velocity : ndarray
        V of a model [km/s], shape (..., n_points).
    """
    xp = curves.xp
    has_logarithm = (velocity > 0) & (curves.v_obs > 0)
    return xp.log10(xp.where(has_logarithm, velocity, xp.nan) / xp.where(has_logarithm, curves.v_obs, 1.0))


def rar_bias(curves: Curves, velocity: Any) -> Any:
    """Mean of log10(g_obs/g_pred) = 2 log10(V_obs/V) of each galaxy [dex], shape (..., n_galaxies); as `rms`.

    Negative where the model has too much acceleration; NaN as `log_velocity_ratio` at any point of the galaxy.
    """
    return curves.mean_by_galaxy(-2.0 * log_velocity_ratio(curves, velocity))


def rar_scatter(curves: Curves, velocity: Any) -> Any:
    """Standard deviation (ddof 0) of log10(g_obs/g_pred) of each galaxy [dex]; as `rar_bias`.

    A constant factor on V_obs or V leaves it as it is. 0 for a galaxy with one point.
    """
    residual = -2.0 * log_velocity_ratio(curves, velocity)
    centred = residual - curves.at_points(curves.mean_by_galaxy(residual))
    return curves.xp.sqrt(curves.mean_by_galaxy(centred**2))


def chi2(curves: Curves, velocity: Any, *, floor: float = 0.1) -> Any:
    """χ² = Σ ((V_obs − V)/max(eV, floor))² of each galaxy, shape (..., n_galaxies).

    Parameters
    ----------
    curves : Curves
        Data.
    velocity : ndarray
        V of a model [km/s], shape (..., n_points).
    floor : float
        Smallest error [km/s], >= 0; 0.1 as published.

    Raises
    ------
    InvalidInput
        A negative floor, or an error that is 0 without a floor.

    References
    ----------
    SI §20.4.
    """
    if not floor >= 0:
        raise InvalidInput(f"floor={floor}: must be >= 0")
    error = curves.xp.where(curves.v_obs_err > floor, curves.v_obs_err, floor)
    if not bool((error > 0).all()):
        raise InvalidInput(f"floor={floor}: must be > 0 where a v_obs_err is 0")
    return curves.sum_by_galaxy(((curves.v_obs - velocity) / error) ** 2)


def summary(values: Any) -> Summary:
    """Mean and median of a statistic over galaxies; those without it are counted.

    Parameters
    ----------
    values : ndarray
        Of each galaxy, shape (n_galaxies,); NaN where undetermined.
    """
    xp = array_namespace(values)
    found = values[xp.isfinite(values)]
    n = int(found.shape[0])
    mean, median = (float(xp.mean(found)), float(xp.median(found))) if n else (float("nan"), float("nan"))
    return Summary(mean, median, n, int(values.shape[0]) - n)


def velocity_scatter(
    curves: Curves, velocity: Any, *, cut: PooledCut | None = None, galaxies: Any = None
) -> VelocityScatter:
    """Standard deviation and mean of log10(V_pred/V_obs) over the points of all galaxies.

    Parameters
    ----------
    curves : Curves
        Data.
    velocity : ndarray
        V of a model [km/s], shape (..., n_points).
    cut : PooledCut, optional
        Which points are taken; None: the published cut. `EVERY_POINT` for no cut.
    galaxies : ndarray of bool, optional
        Which galaxies are taken, shape (n_galaxies,); None: all.

    Returns
    -------
    VelocityScatter
        NaN where the model has no positive velocity at one of the points.

    Raises
    ------
    InvalidInput
        No point is left.

    References
    ----------
    SI §15.2, §15.3, §17.5, §17.6.
    """
    points = (cut or PooledCut()).points(curves)
    if galaxies is not None:
        points = points & curves.at_points(galaxies)
    if not bool(points.any()):
        raise InvalidInput(f"cut={cut or PooledCut()}: leaves no point")
    xp = curves.xp
    residual = log_velocity_ratio(curves, velocity)[..., points]
    n_galaxies = int(xp.unique_values(curves.galaxy[points]).shape[0])
    return VelocityScatter(xp.std(residual, axis=-1), xp.mean(residual, axis=-1), int(residual.shape[-1]), n_galaxies)
