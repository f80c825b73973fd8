"""The gain per period ε of events whose true mass is assumed, its spread, and whether it is universal. Msun, Mpc.

One assumed mass for every event makes ε a function of M_eff and d alone. A constant ε is the claim; then ε does
not depend on d. If instead masses do not depend on distance, ln M_eff/M_true is the same at every d and ε ∝ 1/d.
`universality_slope` lies between 0 and −1 accordingly for exact distances; errors of the distances pull it
towards −1.

References
----------
SI §10.6, §10.7.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from solvers.errors import InvalidInput
from solvers.gw.coherence_gain import CoherenceGain

TRUE_MASS = 60.0
"""Total mass [Msun] that the source assumes for every event in the gap."""

_MIN_DOF = 2
"""Degrees of freedom from which the scatter about the line says something of the error of its slope."""


@dataclass(frozen=True, eq=False)
class EventEpsilon:
    """ε of events, NaN where it has no value or was dropped.

    Parameters
    ----------
    luminosity, comoving : ndarray
        ε over the luminosity distance and over the comoving distance d_L/(1+z), shape (n_events,).
    is_loss : ndarray of bool
        M_eff <= M_true, which means ε <= 0, shape (n_events,).
    n_dropped : int
        Losses that were dropped.
    """

    luminosity: np.ndarray
    comoving: np.ndarray
    is_loss: np.ndarray
    n_dropped: int


@dataclass(frozen=True)
class Spread:
    """Location and scatter of some numbers.

    Parameters
    ----------
    n, n_undefined : int
        Numbers used, and NaN left out.
    median, mean : float
        In their unit; NaN for n = 0.
    low, high : float
        The smallest and the largest.
    cv, cv_sample : float
        Standard deviation over mean as a fraction, with ddof = 0 (the source's) and ddof = 1; NaN for n < 2.
    """

    n: int
    n_undefined: int
    median: float
    mean: float
    low: float
    high: float
    cv: float
    cv_sample: float


@dataclass(frozen=True)
class Slope:
    """Slope of ln ε on ln d.

    Parameters
    ----------
    n, n_excluded : int
        Events used, and events without ε > 0. The event left out on request is in neither.
    slope : float
        0 for a constant ε, −1 for masses that do not depend on distance; NaN without two different distances.
    slope_err : float
        Its standard error from the scatter; NaN with fewer than two degrees of freedom.
    """

    n: int
    n_excluded: int
    slope: float
    slope_err: float


def event_epsilon(
    mass,
    luminosity_distance,
    redshift,
    gain: CoherenceGain | None = None,
    true_mass: float = TRUE_MASS,
    drop_losses: bool = False,
) -> EventEpsilon:
    """ε of each event if its true mass is the assumed one.

    Parameters
    ----------
    mass : array_like
        M_eff, total source-frame masses [Msun], > 0, shape (n_events,).
    luminosity_distance : array_like
        d_L [Mpc], > 0, shape (n_events,).
    redshift : array_like
        z > −1, shape (n_events,); NaN leaves the comoving ε undefined.
    gain : CoherenceGain, optional
        λ_coh; the default one if not given.
    true_mass : float
        M_true [Msun], > 0.
    drop_losses : bool
        Make ε of events with M_eff <= M_true NaN. SI §10.6 does, SI §10.7 does not.

    Returns
    -------
    EventEpsilon

    Raises
    ------
    InvalidInput
        A true mass that is not positive, or lists of other lengths.

    References
    ----------
    SI §10.6 takes d_L; SI §10.7 d_L/(1+z), which it calls the proper distance.
    """
    if not (true_mass > 0 and math.isfinite(true_mass)):
        raise InvalidInput(f"true_mass={true_mass}: must be > 0")
    gain = CoherenceGain() if gain is None else gain
    mass, distance, redshift = (np.asarray(x, dtype=float) for x in (mass, luminosity_distance, redshift))
    if mass.ndim != 1 or not mass.shape == distance.shape == redshift.shape:
        raise InvalidInput(
            f"luminosity_distance, redshift: {distance.size} and {redshift.size} of them for {mass.size} mass; "
            "all must be lists of one length"
        )
    is_loss = mass <= true_mass
    dropped = is_loss if drop_losses else np.zeros(mass.shape, dtype=bool)
    comoving = distance / np.where(redshift > -1, 1.0 + redshift, np.nan)
    luminosity, proper = (
        np.where(dropped, np.nan, gain.epsilon(mass, true_mass, path)) for path in (distance, comoving)
    )
    return EventEpsilon(luminosity, proper, is_loss, int(np.count_nonzero(dropped)))


def spread(values) -> Spread:
    """Median, mean and coefficient of variation, of ε over events or of the medians of runs.

    Parameters
    ----------
    values : array_like
        Numbers, shape (n,); NaN are left out and counted, as a run without events in the gap has no median.

    Returns
    -------
    Spread

    References
    ----------
    SI §10.6; its threshold for consistent runs is a CV of 0.5.
    """
    values = np.asarray(values, dtype=float).ravel()
    used = values[~np.isnan(values)]
    n, missing = used.size, values.size - used.size
    if n == 0:
        return Spread(0, missing, *[math.nan] * 6)
    mean = float(used.mean())
    cv, cv_sample = (float(used.std(ddof=ddof)) / mean if n > 1 and mean != 0 else math.nan for ddof in (0, 1))
    return Spread(n, missing, float(np.median(used)), mean, float(used.min()), float(used.max()), cv, cv_sample)


def universality_slope(
    distance, epsilon, *, leave_out: int | str | None = None, names: Sequence[str] | None = None
) -> Slope:
    """Least squares of ln ε on ln d.

    Parameters
    ----------
    distance : array_like
        d [Mpc], > 0, shape (n_events,).
    epsilon : array_like
        ε over the same distances, shape (n_events,); events without ε > 0 are excluded and counted.
    leave_out : int or str, optional
        Index or name of an event to leave out.
    names : sequence of str, optional
        Names of the events, for a `leave_out` by name.

    Returns
    -------
    Slope

    Raises
    ------
    InvalidInput
        Lists of other lengths, or an event that is not among them.

    References
    ----------
    A check of SI §10.6, which has none.
    """
    distance, epsilon = np.asarray(distance, dtype=float), np.asarray(epsilon, dtype=float)
    if distance.ndim != 1 or distance.shape != epsilon.shape:
        raise InvalidInput(
            f"epsilon: {epsilon.size} of them for {distance.size} distance; both must be lists of one length"
        )
    kept = np.ones(distance.size, dtype=bool)
    if leave_out is not None:
        kept[_index(leave_out, names, distance.size)] = False
    used = kept & (epsilon > 0) & (distance > 0) & np.isfinite(epsilon) & np.isfinite(distance)
    n = int(np.count_nonzero(used))
    excluded = int(np.count_nonzero(kept)) - n
    x, y = np.log(distance[used]), np.log(epsilon[used])
    if n < 2 or np.ptp(x) == 0:
        return Slope(n, excluded, math.nan, math.nan)
    line = stats.linregress(x, y)
    return Slope(n, excluded, float(line.slope), float(line.stderr) if n - 2 >= _MIN_DOF else math.nan)


def _index(event: int | str, names: Sequence[str] | None, n: int) -> int:
    if isinstance(event, str):
        known = [] if names is None else list(names)
        if known.count(event) != 1 or len(known) != n:
            raise InvalidInput(f"leave_out={event}: must be one of the names of the {n} events")
        return known.index(event)
    if not 0 <= event < n:
        raise InvalidInput(f"leave_out={event}: must be from 0 to {n - 1}")
    return event
