"""What selection alone does to the correlation of mass with distance: r of catalogues that a model draws."""

from typing import NamedTuple

import numpy as np
from scipy import special

from solvers.errors import InvalidInput
from solvers.gw.base import EventModel, Events

_CHUNK = 2**17
"""Events that are held at a time; r does not depend on it."""

_CONFIDENCE = 0.95


class TailProbability(NamedTuple):
    """P(r >= observed) in a null, from catalogues drawn from it.

    Parameters
    ----------
    probability : float
        Fraction of the catalogues with r at or above the observed one.
    error : float
        Its Monte Carlo standard error √(P(1−P)/n); 0 where no catalogue or every one reaches it, which says nothing.
    upper_limit : float
        95 % upper limit (Clopper & Pearson 1934) of the probability: 3/n where no catalogue reaches it.
    n_catalogues : int
        Number of catalogues.
    """

    probability: float
    error: float
    upper_limit: float
    n_catalogues: int


def null_correlations(
    model: EventModel, *, n_catalogues: int, n_events: int, rng: np.random.Generator, compiled: bool = False, **theta
) -> np.ndarray:
    """Pearson's r of distance and mass in independent catalogues of a fixed size.

    All events are independent, none is drawn twice. The same seed gives the same bits.

    Parameters
    ----------
    model : EventModel
        Population and detector.
    n_catalogues : int
        Number of catalogues, >= 1.
    n_events : int
        Detected events in each, >= 3.
    rng : numpy.random.Generator
        Source of the random numbers.
    compiled : bool
        Take the compiled form where there is one.
    **theta
        Parameters that the model does not fix, numbers.

    Returns
    -------
    ndarray
        r of (luminosity_distance, total_mass_source), shape (n_catalogues,).

    Raises
    ------
    InvalidInput
        Fewer catalogues or events, or a model that practically never detects anything.
    """
    if n_catalogues < 1:
        raise InvalidInput(f"n_catalogues={n_catalogues}: must be >= 1")
    if n_events < 3:
        raise InvalidInput(f"n_events={n_events}: must be >= 3")
    stream = model.stream(rng, compiled=compiled, **theta)
    rows = max(1, _CHUNK // n_events)
    sizes = [min(rows, n_catalogues - start) for start in range(0, n_catalogues, rows)]
    return np.concatenate([_correlations(stream.take(size * n_events), size) for size in sizes])


def parent_correlation(
    model: EventModel, n: int, rng: np.random.Generator, *, compiled: bool = False, **theta
) -> float:
    """Pearson's r of distance and mass in one catalogue of n detected events, in the limit that of the null itself."""
    return float(null_correlations(model, n_catalogues=1, n_events=n, rng=rng, compiled=compiled, **theta)[0])


def paper_catalogues(
    model: EventModel, *, n_systems: int = 100_000, n_catalogues: int = 1000, rng: np.random.Generator, **theta
) -> np.ndarray:
    """The published procedure: of each catalogue all events that are detected among a fixed number of systems.

    In `PaperNull` a catalogue has some 41 000 events: the scatter of r is that of such catalogues, not of 79 events.

    Parameters
    ----------
    model : EventModel
        Population and detector.
    n_systems : int
        Systems in each catalogue, detected or not, >= 1.
    n_catalogues : int
        Number of catalogues, >= 1.
    rng : numpy.random.Generator
        Source of the random numbers.
    **theta
        Parameters that the model does not fix, numbers.

    Returns
    -------
    ndarray
        r, shape (n_catalogues,); NaN for a catalogue with fewer than 3 events.

    References
    ----------
    SI §10.3.
    """
    for name, number in (("n_systems", n_systems), ("n_catalogues", n_catalogues)):
        if number < 1:
            raise InvalidInput(f"{name}={number}: must be >= 1")
    threshold = model.bound(theta)["threshold"]
    r = np.full(n_catalogues, np.nan)
    for i in range(n_catalogues):
        events = model.systems(n_systems, rng, **theta)
        seen = events.rows(events.snr > threshold)
        if len(seen) >= 3:
            r[i] = _correlations(seen, 1)[0]
    return r


def tail_probability(r, observed: float) -> TailProbability:
    """P(r >= observed), with its Monte Carlo error and an upper limit.

    Parameters
    ----------
    r : array_like
        r of the null's catalogues, shape (n,), n >= 1.
    observed : float
        Observed r.

    Raises
    ------
    InvalidInput
        No catalogue, or one without r.
    """
    r = np.asarray(r, dtype=float)
    if r.ndim != 1 or not r.size or not np.all(np.isfinite(r)):
        raise InvalidInput(f"r: {np.count_nonzero(~np.isfinite(r))} of {r.size} catalogues have none; all must")
    n, count = r.size, int(np.count_nonzero(r >= observed))
    limit = float(special.betaincinv(count + 1, n - count, _CONFIDENCE)) if count < n else 1.0
    probability = count / n
    return TailProbability(probability, float(np.sqrt(probability * (1.0 - probability) / n)), limit, n)


def _correlations(events: Events, n_catalogues: int) -> np.ndarray:
    """r of equal catalogues one after the other; NaN where all masses or all distances are equal."""
    distance, mass = (
        column.reshape(n_catalogues, -1) for column in (events.luminosity_distance, events.total_mass_source)
    )
    distance, mass = (x - x.mean(axis=1, keepdims=True) for x in (distance, mass))
    products = (np.einsum("ij,ij->i", x, y) for x, y in ((distance, mass), (distance, distance), (mass, mass)))
    both, first, second = products
    norm = np.sqrt(first * second)
    return both / np.where(norm > 0, norm, np.nan)
