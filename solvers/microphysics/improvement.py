"""By how much a mechanism brings rotation curves closer than general relativity does, for many parameters at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.base import Newtonian
from solvers.galaxies.curves import Curves
from solvers.microphysics.galaxy_improvement import improvement_along
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.probes import EARTH, Probe

__all__ = ["OBJECTIVES", "Improvement", "Place", "Score"]

OBJECTIVES = ("improvement_of_mean", "mean_improvement")
"""Of the mean RMS; or the mean over galaxies of the improvement of each. One run has 15.4 and 11.6 % (`microphysics.md`
§9)."""

_CELLS = 200_000
"""Points of curves times parameters that are computed at once: what fits into a cache."""


@dataclass(frozen=True, kw_only=True)
class Place(Probe):
    """A probe at which K has to be small; by default the Earth's orbit.

    Parameters
    ----------
    radius, v, sigma_v
        As `solvers.microphysics.probes.Probe` has them.
    limit : float
        Largest |K| that is allowed (exclusive), > 0.

    Raises
    ------
    InvalidInput
        A number out of its range.
    """

    radius: float = EARTH.radius
    v: float = EARTH.v
    sigma_v: float = EARTH.sigma_v
    limit: float = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.limit > 0 and np.isfinite(self.limit)):
            raise InvalidInput(f"limit={self.limit}: must be > 0")

    def excess_along(self, mechanism: Mechanism, theta: Mapping[str, Any]) -> np.ndarray:
        """K of free parameters of shape (n,), in that shape."""
        shape = np.broadcast_shapes((1,), *(np.shape(value) for value in theta.values()))
        at = {name: np.broadcast_to(value, shape) for name, value in theta.items()}
        return mechanism.excess_at(np.full(shape, self.radius), self.v, self.sigma_v, **at)

    def allows(self, excess: Any) -> np.ndarray:
        """Whether |K| is below the limit; False where it has no value."""
        return np.abs(excess) < self.limit


@dataclass(frozen=True, eq=False)
class Score:
    """What many parameters give, arrays of shape (n,), over the galaxies that have a value.

    Parameters
    ----------
    mean_rms, median_rms : ndarray
        Over galaxies [km/s].
    improvement_of_mean : ndarray
        Of the mean RMS over that of general relativity [%].
    mean_improvement : ndarray
        Mean over galaxies of the improvement of each [%].
    improved : ndarray
        Fraction of galaxies with a lower RMS.
    n_undetermined : ndarray of int
        Galaxies without a value, which are in none of these.
    """

    mean_rms: np.ndarray
    median_rms: np.ndarray
    improvement_of_mean: np.ndarray
    mean_improvement: np.ndarray
    improved: np.ndarray
    n_undetermined: np.ndarray


@dataclass(frozen=True, eq=False)
class Improvement:
    """A mechanism against general relativity on a sample.

    Parameters
    ----------
    curves : Curves
        The sample; every galaxy counts the same.
    """

    curves: Curves

    @cached_property
    def baseline(self) -> np.ndarray:
        """RMS of general relativity with baryons alone [km/s], shape (n_galaxies,)."""
        return np.asarray(metrics.rms(self.curves, Newtonian().velocity(self.curves)))

    def rms(self, mechanism: Mechanism, theta: Mapping[str, Any]) -> np.ndarray:
        """RMS [km/s] of free parameters of shape (n,), shape (n, n_galaxies)."""
        n = max((np.size(value) for value in theta.values()), default=1)
        step = max(1, _CELLS // self.curves.radius.size)
        rows = [self._block(mechanism, theta, slice(i, i + step), n) for i in range(0, n, step)]
        return np.concatenate(rows)

    def _block(self, mechanism: Mechanism, theta: Mapping[str, Any], own: slice, n: int) -> np.ndarray:
        columns = {name: np.broadcast_to(np.asarray(value, dtype=float), (n,))[own] for name, value in theta.items()}
        rows = next((column.size for column in columns.values()), 1)
        shape = (rows, self.curves.n_galaxies)
        at = {name: np.broadcast_to(column[:, np.newaxis], shape) for name, column in columns.items()}
        rms = np.asarray(metrics.rms(self.curves, mechanism.velocity(self.curves, **at)))
        return np.broadcast_to(rms, shape)

    def score(self, mechanism: Mechanism, theta: Mapping[str, Any]) -> Score:
        """What free parameters of shape (n,) give."""
        return self.of_rms(self.rms(mechanism, theta))

    def of_rms(self, rms: np.ndarray) -> Score:
        """The score of RMS [km/s] of shape (n, n_galaxies).

        Raises
        ------
        InvalidInput
            A galaxy that general relativity meets exactly, over which nothing can improve.
        """
        base = self.baseline
        if not (base > 0).all():
            raise InvalidInput("catalog: general relativity has an RMS of 0 in a galaxy; leave it out")
        found = improvement_along(rms, base)
        finite = np.isfinite(rms)
        # Of no value at all NumPy's median warns.
        median = np.nanmedian(np.where((found.n > 0)[..., np.newaxis], np.where(finite, rms, np.nan), 0.0), axis=-1)
        return Score(
            mean_rms=np.where(found.n > 0, np.where(finite, rms, 0.0).sum(axis=-1) / np.maximum(found.n, 1), np.nan),
            median_rms=np.where(found.n > 0, median, np.nan),
            improvement_of_mean=found.of_mean,
            mean_improvement=found.mean,
            improved=found.share / 100.0,
            n_undetermined=found.n_undetermined,
        )
