"""Which of two models describes more galaxies better, with both sides named; smaller values are better.

The published 153–21 and 98–76 are Σ with one g† against Σ with another, not against MOND: a count without its two
labels says nothing.

References
----------
SI §5.2 (RMS and scatter: strictly smaller wins), §20.4, §20.5 (χ²: ties within 5 %; bootstrap of the win share).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

CHI2_TIE = 0.05
"""|χ²_a/χ²_b − 1| up to which the published comparison of χ² calls a tie."""

_ROUNDING = 1e-12
"""Relative difference below which two values are one: a constant factor on V leaves the scatter of log V as it was."""

A_WINS, TIE, B_WINS, UNDEFINED = 1, 0, -1, -2
"""Outcomes in a galaxy; `UNDEFINED` where one of the two has no value."""


@dataclass(frozen=True, eq=False)
class HeadToHead:
    """Two models, galaxy by galaxy.

    Parameters
    ----------
    label_a, label_b : str
        The two sides.
    outcome : ndarray of int
        `A_WINS`, `TIE`, `B_WINS` or `UNDEFINED`, shape (n_galaxies,).
    difference : ndarray
        Value of a − value of b, in the unit of the values, shape (n_galaxies,); negative where a is
        better, NaN where undetermined.
    """

    label_a: str
    label_b: str
    outcome: np.ndarray
    difference: np.ndarray

    def _count(self, outcome: int) -> int:
        return int(np.count_nonzero(self.outcome == outcome))

    @property
    def wins_a(self) -> int:
        """Galaxies that a describes better."""
        return self._count(A_WINS)

    @property
    def wins_b(self) -> int:
        """Galaxies that b describes better."""
        return self._count(B_WINS)

    @property
    def ties(self) -> int:
        """Galaxies that neither describes better."""
        return self._count(TIE)

    @property
    def n_undefined(self) -> int:
        """Galaxies where a or b has no value; in no share."""
        return self._count(UNDEFINED)

    @property
    def share_a(self) -> float:
        """Galaxies that a wins, of all that were compared, ties included; NaN where none was."""
        compared = self.outcome != UNDEFINED
        return float(np.mean(self.outcome[compared] == A_WINS)) if compared.any() else float("nan")

    def __str__(self) -> str:
        ties = f", {self.ties} ties" if self.ties else ""
        undefined = f", {self.n_undefined} undetermined" if self.n_undefined else ""
        return f"{self.label_a} {self.wins_a}–{self.wins_b} {self.label_b}{ties}{undefined}"


@dataclass(frozen=True)
class WinShare:
    """What resampling the galaxies says of the share that a wins.

    Parameters
    ----------
    mean, sd : float
        Over the resamples; the published ± is one standard deviation.
    low, high : float
        Ends of the percentile interval.
    level : float
        Probability between them.
    n_resamples : int
        How many were drawn.
    """

    mean: float
    sd: float
    low: float
    high: float
    level: float
    n_resamples: int


def compare(label_a: str, a: Any, label_b: str, b: Any, *, relative_tie: float | None = None) -> HeadToHead:
    """Wins of two models by one statistic.

    Parameters
    ----------
    label_a, label_b : str
        Their names.
    a, b : array_like
        RMS [km/s], scatter [dex] or χ² of each galaxy, >= 0, shape (n_galaxies,); not finite: undetermined.
    relative_tie : float, optional
        Ties where |a/b − 1| is up to this (`CHI2_TIE` for χ²), >= 0. With b in the denominator, as published, the
        sides are not quite alike: a = 0.95 b ties and b = 0.95 a does not. None: values that are equal to 1e-12 tie.

    Raises
    ------
    InvalidInput
        Lists of other lengths, a negative value, a negative tolerance, or two sides of one name.
    """
    a, b = _column(label_a, a), _column(label_b, b)
    if label_a == label_b:
        raise InvalidInput(f"label_a={label_a!r}: both sides have this name, give them two")
    if a.shape != b.shape:
        raise InvalidInput(f"{label_b}: {b.size} galaxies, must be {a.size} as {label_a} has")
    if relative_tie is not None and not relative_tie >= 0:
        raise InvalidInput(f"relative_tie={relative_tie}: must be >= 0, or None for equal values only")
    has_both = np.isfinite(a) & np.isfinite(b)
    difference = np.where(has_both, a, np.nan) - np.where(has_both, b, np.nan)
    # In units of b, so that no division by a χ² of 0 is needed.
    alike = np.abs(difference) <= (_ROUNDING if relative_tie is None else relative_tie) * b
    outcome = np.where(alike, TIE, np.where(difference < 0, A_WINS, B_WINS))
    return HeadToHead(label_a, label_b, np.where(has_both, outcome, UNDEFINED), difference)


def bootstrap_share(
    found: HeadToHead,
    rng: np.random.Generator | np.random.RandomState,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> WinShare:
    """Mean, standard deviation and percentiles of the share that a wins over resamples of the galaxies.

    Parameters
    ----------
    found : HeadToHead
        Of which the galaxies that were compared are resampled, with replacement.
    rng : numpy.random.Generator or numpy.random.RandomState
        `solvers.galaxies.splits.source_random_state()` draws what the source drew.
    n_resamples : int
        Resamples, >= 1.
    level : float
        Probability inside the interval, above 0 and below 1.

    Raises
    ------
    InvalidInput
        No galaxy was compared, or a number out of its range.

    References
    ----------
    SI §20.5: 1000 resamples, RandomState(42).
    """
    if not 0 < level < 1:
        raise InvalidInput(f"level={level}: must be above 0 and below 1")
    if n_resamples < 1:
        raise InvalidInput(f"n_resamples={n_resamples}: must be >= 1")
    is_won = found.outcome[found.outcome != UNDEFINED] == A_WINS
    if is_won.size == 0:
        raise InvalidInput(f"{found.label_a}, {found.label_b}: no galaxy has a value of both")
    draw = rng.integers if isinstance(rng, np.random.Generator) else rng.randint
    # Row by row: the source draws one resample after the other.
    shares = np.array([np.mean(is_won[draw(0, is_won.size, is_won.size)]) for _ in range(n_resamples)])
    low, high = np.quantile(shares, (0.5 - level / 2.0, 0.5 + level / 2.0))
    return WinShare(float(shares.mean()), float(shares.std()), float(low), float(high), level, n_resamples)


def _column(label: str, values: Any) -> np.ndarray:
    values = np.asarray(values.get() if hasattr(values, "get") else values, dtype=float)
    if values.ndim != 1:
        raise InvalidInput(f"{label}: has shape {values.shape}, must be one number a galaxy")
    if np.any(values < 0):
        raise InvalidInput(f"{label}={np.nanmin(values):g}: must be >= 0")
    return values
