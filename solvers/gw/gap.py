"""Events in the pair-instability gap against the others: their distances and their spins. Msun, Mpc.

A p-value above its threshold is a failure to reject, not equality: with 11 events in the gap these tests do not
show that two distributions are the same. A side without events has NaN for medians, fractions and p-values.

References
----------
SI §10.4 for distances, §10.5 for spins.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from solvers.errors import InvalidInput
from solvers.gw.p_values import fisher_p_value, ks_p_value


@dataclass(frozen=True, eq=False)
class GapSplit:
    """Which events lie in the gap. Made by `MassGap.split`.

    Parameters
    ----------
    gap, normal : ndarray of bool
        In the gap, and below it, shape (n_events,); an event above an upper limit is neither.
    """

    gap: np.ndarray
    normal: np.ndarray

    @property
    def n_gap(self) -> int:
        """Events in the gap."""
        return int(np.count_nonzero(self.gap))

    @property
    def n_normal(self) -> int:
        """Events below it."""
        return int(np.count_nonzero(self.normal))

    @property
    def n_above(self) -> int:
        """Events above the upper limit."""
        return self.gap.size - self.n_gap - self.n_normal

    def sides(self, values) -> tuple[np.ndarray, np.ndarray]:
        """Values of the events in the gap and of those below it, shapes (n_gap,) and (n_normal,).

        Raises
        ------
        InvalidInput
            Not one value for each event.
        """
        values = np.asarray(values, dtype=float)
        if values.shape != self.gap.shape:
            raise InvalidInput(f"values: {values.size} of them for {self.gap.size} events")
        return values[self.gap], values[self.normal]


@dataclass(frozen=True, kw_only=True)
class MassGap:
    """The gap in total source-frame mass.

    Parameters
    ----------
    lower : float
        Smallest mass in the gap [Msun], > 0; it belongs to the gap.
    upper : float, optional
        Largest mass in it [Msun], > `lower`; None for no limit, as in SI §10.2. 260 in SI §10.4.

    Raises
    ------
    ValueError
        A number out of its range.
    """

    lower: float = 100.0
    upper: float | None = None

    def __post_init__(self) -> None:
        if not (self.lower > 0 and math.isfinite(self.lower)):
            raise ValueError(f"lower={self.lower}: must be > 0")
        if self.upper is not None and not (self.upper > self.lower and math.isfinite(self.upper)):
            raise ValueError(f"upper={self.upper}: must be > lower={self.lower}, or null for no limit")

    def split(self, mass) -> GapSplit:
        """Split events by their total source-frame masses, finite [Msun], shape (n_events,).

        Raises
        ------
        InvalidInput
            A mass that is not finite.
        """
        mass = np.asarray(mass, dtype=float)
        if mass.ndim != 1 or not np.all(np.isfinite(mass)):
            raise InvalidInput("mass: must be a list of finite numbers; cut the events without a total mass first")
        highest = math.inf if self.upper is None else self.upper
        return GapSplit((mass >= self.lower) & (mass <= highest), mass < self.lower)


@dataclass(frozen=True)
class DistanceTest:
    """Are the events in the gap farther away?

    Parameters
    ----------
    n_gap, n_normal : int
        Events of either side.
    median_gap, median_normal : float
        Medians of the distance [Mpc].
    mann_whitney_u, mann_whitney_p : float
        U of the gap, and the p-value of the alternative that its distances are greater.
    """

    n_gap: int
    n_normal: int
    median_gap: float
    median_normal: float
    mann_whitney_u: float
    mann_whitney_p: float


@dataclass(frozen=True)
class SpinTest:
    """Do the effective spins of the gap differ? All p-values are two-sided.

    Parameters
    ----------
    n_gap, n_normal : int
        Events of either side that have a spin.
    n_missing_gap, n_missing_normal : int
        Events without one, left out.
    median_gap, median_normal : float
        Medians of χ_eff.
    threshold : float
        Signed χ_eff above which a spin is high.
    n_high_gap, n_high_normal : int
        High spins.
    ks_statistic, ks_p : float
        Two-sample Kolmogorov–Smirnov test, exact.
    mann_whitney_u, mann_whitney_p : float
        U of the gap and its p-value.
    fisher_p : float
        Fisher's exact test on the numbers of high spins.
    """

    n_gap: int
    n_normal: int
    n_missing_gap: int
    n_missing_normal: int
    median_gap: float
    median_normal: float
    threshold: float
    n_high_gap: int
    n_high_normal: int
    ks_statistic: float
    ks_p: float
    mann_whitney_u: float
    mann_whitney_p: float
    fisher_p: float

    @property
    def fraction_high_gap(self) -> float:
        """High spins in the gap over its events with a spin."""
        return self.n_high_gap / self.n_gap if self.n_gap else math.nan

    @property
    def fraction_high_normal(self) -> float:
        """High spins below the gap over the events there with a spin."""
        return self.n_high_normal / self.n_normal if self.n_normal else math.nan


def distance_test(distance, split: GapSplit) -> DistanceTest:
    """Medians and a one-sided Mann–Whitney test of the distances.

    Parameters
    ----------
    distance : array_like
        Finite luminosity distances [Mpc], shape (n_events,).
    split : GapSplit
        The sides.

    Returns
    -------
    DistanceTest
        p is exact for up to 8 events on a side without ties, else the normal approximation with corrections for
        continuity and ties.

    Raises
    ------
    InvalidInput
        Not one distance for each event, or one that is not finite.

    References
    ----------
    SI §10.4.
    """
    gap, normal = split.sides(distance)
    if not np.all(np.isfinite(distance)):
        raise InvalidInput("distance: must be finite; cut the events without one first")
    u, p = _mann_whitney(gap, normal, "greater")
    return DistanceTest(gap.size, normal.size, _median(gap), _median(normal), u, p)


def spin_test(chi_eff, split: GapSplit, threshold: float = 0.3) -> SpinTest:
    """Medians, high spins and three two-sided tests of the effective spins.

    Parameters
    ----------
    chi_eff : array_like
        Signed χ_eff, shape (n_events,); NaN where an event has none.
    split : GapSplit
        The sides.
    threshold : float
        A spin is high if χ_eff > threshold.

    Returns
    -------
    SpinTest
        The p-value of U as in `distance_test`.

    Raises
    ------
    InvalidInput
        Not one spin for each event.

    References
    ----------
    SI §10.5; it has no test on the numbers of high spins.
    """
    gap, normal = split.sides(chi_eff)
    n_gap, n_normal = gap.size, normal.size
    gap, normal = gap[np.isfinite(gap)], normal[np.isfinite(normal)]
    high_gap, high_normal = (int(np.count_nonzero(side > threshold)) for side in (gap, normal))
    ks_statistic, ks_p = _kolmogorov_smirnov(gap, normal)
    u, p = _mann_whitney(gap, normal, "two-sided")
    return SpinTest(
        n_gap=gap.size,
        n_normal=normal.size,
        n_missing_gap=n_gap - gap.size,
        n_missing_normal=n_normal - normal.size,
        median_gap=_median(gap),
        median_normal=_median(normal),
        threshold=threshold,
        n_high_gap=high_gap,
        n_high_normal=high_normal,
        ks_statistic=ks_statistic,
        ks_p=ks_p,
        mann_whitney_u=u,
        mann_whitney_p=p,
        fisher_p=fisher_p_value(high_gap, gap.size, high_normal, normal.size),
    )


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if values.size else math.nan


def _mann_whitney(gap: np.ndarray, normal: np.ndarray, alternative: str) -> tuple[float, float]:
    if not (gap.size and normal.size):
        return math.nan, math.nan
    found = stats.mannwhitneyu(gap, normal, alternative=alternative)
    return float(found.statistic), float(found.pvalue)


def _kolmogorov_smirnov(gap: np.ndarray, normal: np.ndarray) -> tuple[float, float]:
    if not (gap.size and normal.size):
        return math.nan, math.nan
    # Not SciPy's: its exact p-value gives way to the asymptotic one, with a warning, where rounding takes it above 1.
    ends = np.concatenate((gap, normal))
    below_gap, below_normal = (np.searchsorted(np.sort(side), ends, side="right") / side.size for side in (gap, normal))
    statistic = float(np.max(np.abs(below_gap - below_normal)))
    return statistic, ks_p_value(statistic, gap.size, normal.size)
