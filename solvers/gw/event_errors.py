"""Masses and distances of events with their errors, from published medians and 90 % intervals. Msun, Mpc.

A signal gives the mass in the detector's frame, whose error has little to do with that of the distance; the
source-frame mass M = M_det/(1+z) has. So errors are independent in M_det, where they are log-normal, and in d_L. There
they have the shape that an unknown orientation gives them (`solvers.gw.unoriented`), above and below the median
stretched so that it meets the published interval: distances reach further down than up, and not far up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from solvers.errors import InvalidInput
from solvers.gw.unoriented import ln_distance_quantiles

_HALF_WIDTH = float(special.ndtri(0.95))
"""Standard deviations from the centre of a normal distribution to an end of its 90 % interval."""

_SMALLEST_ERR = 0.05
"""Smallest error of ln M_det: what is left of a rounded source-frame interval without its part from the redshift."""


@dataclass(frozen=True, eq=False)
class MeasuredEvents:
    """What a catalogue says of the chirp mass and the distance of its events.

    Parameters
    ----------
    ln_mass, ln_mass_err : ndarray
        ln of the detector-frame chirp mass [Msun] and its standard deviation, shape (n,).
    distance : ndarray
        Median, lower and upper end of the 90 % interval of the luminosity distance [Mpc], shape (3, n).
    snr : ndarray
        Observed signal-to-noise ratio of the network, shape (n,).

    Raises
    ------
    InvalidInput
        No event, or one without a mass, a distance or their intervals.
    """

    ln_mass: np.ndarray
    ln_mass_err: np.ndarray
    distance: np.ndarray
    snr: np.ndarray

    def __post_init__(self) -> None:
        if not len(self.ln_mass):
            raise InvalidInput("events: none is left")
        median, low, high = self.distance
        good = np.isfinite(self.ln_mass) & (self.ln_mass_err > 0) & np.isfinite(high) & (self.snr > 0)
        bad = ~(good & (low > 0) & (low < median) & (median < high))
        if bad.any():
            raise InvalidInput(
                f"events: {bad.sum()} of {bad.size} have no SNR, or no chirp mass or distance inside a 90 % interval "
                f"(the first in row {np.flatnonzero(bad)[0]}); leave them out"
            )

    def __len__(self) -> int:
        return len(self.ln_mass)

    @classmethod
    def from_intervals(
        cls, mass: np.ndarray, distance: np.ndarray, snr: np.ndarray, redshift_of: Callable[[np.ndarray], np.ndarray]
    ) -> "MeasuredEvents":
        """Events from the medians and the ends of their 90 % intervals.

        Parameters
        ----------
        mass : ndarray
            Median, lower and upper end of the source-frame chirp mass [Msun], shape (3, n).
        distance : ndarray
            The same of the luminosity distance [Mpc], shape (3, n).
        snr : ndarray
            Signal-to-noise ratio, shape (n,).
        redshift_of : callable
            Redshifts at distances [Mpc].
        """
        mass, distance = (np.asarray(ends, dtype=float) for ends in (mass, distance))
        ordered = (mass[1] > 0) & (mass[1] < mass[0]) & (mass[0] < mass[2])
        safe = np.where(np.isfinite(distance) & (distance > 0), distance, 1.0)
        ln_stretch = np.log1p(redshift_of(safe))
        with np.errstate(invalid="ignore", divide="ignore"):
            ln_mass = np.where(ordered, np.log(mass), np.nan)
        source_err, stretch_err = ((ends[2] - ends[1]) / (2.0 * _HALF_WIDTH) for ends in (ln_mass, ln_stretch))
        rest = source_err**2 - stretch_err**2
        # A source-frame interval that is not there must not pass as the smallest error.
        err = np.where(np.isfinite(rest), np.sqrt(np.maximum(rest, _SMALLEST_ERR**2)), np.nan)
        return cls(ln_mass[0] + ln_stretch[0], err, distance, np.asarray(snr, dtype=float))

    def distance_at(self, u: np.ndarray) -> np.ndarray:
        """d_L [Mpc] below which as much probability lies as below u of a standard normal, shape (n, n_u)."""
        shape = ln_distance_quantiles(self.snr, special.ndtr(u))
        low, high = ln_distance_quantiles(self.snr, np.array([0.05, 0.95])).T
        median = self.distance[0]
        above, below = np.log(self.distance[2] / median) / high, np.log(self.distance[1] / median) / low
        return median[:, np.newaxis] * np.exp(shape * np.where(shape > 0, above[:, np.newaxis], below[:, np.newaxis]))
