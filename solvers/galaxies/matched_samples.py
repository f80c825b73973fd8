"""Whether one group has lower values than another: unmatched tests, and pairs of cases with controls like them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from solvers.errors import InvalidInput

__all__ = ["MatchedPairs", "PairedTest", "TwoSampleTests", "listed_pairs", "mass_matched", "paired_test", "two_sample"]

LEVEL = 0.95
"""Of all intervals."""


@dataclass(frozen=True, kw_only=True)
class TwoSampleTests:
    """Two groups compared as they are.

    Attributes
    ----------
    n_cases, n_controls : int
        Sizes of the groups.
    difference, low, high : float
        Mean of the cases minus that of the controls, and its 95 % interval without the same variance in both.
    median_difference : float
        The same of the medians.
    ks_p, mann_whitney_p, t_p, welch_p : float
        Kolmogorov-Smirnov, two-sided; Mann-Whitney, cases lower; t with one variance and t with two, both two-sided.
    """

    n_cases: int
    n_controls: int
    difference: float
    low: float
    high: float
    median_difference: float
    ks_p: float
    mann_whitney_p: float
    t_p: float
    welch_p: float


@dataclass(frozen=True, kw_only=True)
class MatchedPairs:
    """Every case beside the median of its controls.

    Attributes
    ----------
    case, control : ndarray
        Values, shape (n_pairs,).
    rows : ndarray of int
        Which of the cases each pair is of, shape (n_pairs,); cases without a control are left out.
    n_controls : ndarray of int
        How many controls each median is of, shape (n_pairs,).
    n_distinct : int
        Different controls in all pairs together.
    """

    case: np.ndarray
    control: np.ndarray
    rows: np.ndarray
    n_controls: np.ndarray
    n_distinct: int


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """Mean of case minus control, its 95 % interval by Student's t, the median, and the two-sided p.

    Attributes
    ----------
    n_pairs : int
        Pairs.
    difference, low, high, median_difference, p : float
        NaN in `low`, `high` and `p` where all differences are the same.
    """

    n_pairs: int
    difference: float
    low: float
    high: float
    median_difference: float
    p: float


def two_sample(cases: Any, controls: Any) -> TwoSampleTests:
    """Tests of two groups of values, shapes (n_cases,) and (n_controls,).

    Raises
    ------
    InvalidInput
        Fewer than two values in a group, or one that is not finite.

    References
    ----------
    SI §5A.5, §6.4.1: KS, Mann-Whitney (less) and t.
    """
    from scipy import stats

    cases, controls = _group("cases", cases), _group("controls", controls)
    welch = stats.ttest_ind(cases, controls, equal_var=False)
    low, high = welch.confidence_interval(LEVEL)
    return TwoSampleTests(
        n_cases=cases.size,
        n_controls=controls.size,
        difference=float(cases.mean() - controls.mean()),
        low=float(low),
        high=float(high),
        median_difference=float(np.median(cases) - np.median(controls)),
        ks_p=float(stats.ks_2samp(cases, controls).pvalue),
        mann_whitney_p=float(stats.mannwhitneyu(cases, controls, alternative="less").pvalue),
        t_p=float(stats.ttest_ind(cases, controls).pvalue),
        welch_p=float(welch.pvalue),
    )


def mass_matched(
    cases: Any, case_log_mass: Any, controls: Any, control_log_mass: Any, width: float = 0.2
) -> MatchedPairs:
    """Each case with the median of all controls of nearly its mass, |Δ log10 M| < `width`.

    Parameters
    ----------
    cases, case_log_mass : array_like
        Values and log10 of masses, shape (n_cases,).
    controls, control_log_mass : array_like
        The same, shape (n_controls,).
    width : float
        In dex, > 0.

    Raises
    ------
    InvalidInput
        Fewer than two values in a group, one that is not finite, shapes that differ, or a width that is not positive.

    References
    ----------
    `clusters.md` §6.
    """
    cases, controls = _group("cases", cases), _group("controls", controls)
    own, theirs = (
        _alike(*each)
        for each in (("case_log_mass", case_log_mass, cases), ("control_log_mass", control_log_mass, controls))
    )
    if not (width > 0 and np.isfinite(width)):
        raise InvalidInput(f"width={width}: must be > 0 dex")
    near = np.abs(own[:, np.newaxis] - theirs) < width
    return _pairs(cases, controls, [np.flatnonzero(row) for row in near])


def listed_pairs(cases: Any, controls: Any, case_rows: Any, control_rows: Any) -> MatchedPairs:
    """Each case with the median of the controls that a list gives it.

    Parameters
    ----------
    cases, controls : array_like
        Values, shapes (n_cases,) and (n_controls,).
    case_rows, control_rows : array_like of int
        The list: row of the case and of the control of every pair, shape (n_listed,).

    Raises
    ------
    InvalidInput
        Fewer than two values in a group, one that is not finite, or rows that are not there or not paired.
    """
    cases, controls = _group("cases", cases), _group("controls", controls)
    case_rows, control_rows = np.asarray(case_rows, dtype=int), np.asarray(control_rows, dtype=int)
    if case_rows.ndim != 1 or case_rows.shape != control_rows.shape:
        raise InvalidInput("case_rows, control_rows: must be two lists of the same length")
    for name, rows, size in (("case_rows", case_rows, cases.size), ("control_rows", control_rows, controls.size)):
        if rows.size and not (rows.min() >= 0 and rows.max() < size):
            raise InvalidInput(f"{name}: must be rows from 0 to {size - 1}")
    return _pairs(cases, controls, [np.unique(control_rows[case_rows == i]) for i in range(cases.size)])


def paired_test(pairs: MatchedPairs) -> PairedTest:
    """Student's t of the differences of pairs.

    Raises
    ------
    InvalidInput
        Fewer than two pairs.
    """
    from scipy import stats

    difference = pairs.case - pairs.control
    if difference.size < 2:
        raise InvalidInput(f"pairs: {difference.size} cases have a control; a paired test needs two or more")
    low = high = p = float("nan")
    if np.ptp(difference) > 0:
        found = stats.ttest_1samp(difference, 0.0)
        p = float(found.pvalue)
        low, high = (float(end) for end in found.confidence_interval(LEVEL))
    return PairedTest(
        n_pairs=difference.size,
        difference=float(difference.mean()),
        low=low,
        high=high,
        median_difference=float(np.median(difference)),
        p=p,
    )


def _pairs(cases: np.ndarray, controls: np.ndarray, chosen: list[np.ndarray]) -> MatchedPairs:
    rows = np.array([i for i, found in enumerate(chosen) if found.size], dtype=int)
    used = [chosen[i] for i in rows]
    return MatchedPairs(
        case=cases[rows],
        control=np.array([np.median(controls[found]) for found in used], dtype=float),
        rows=rows,
        n_controls=np.array([found.size for found in used], dtype=int),
        n_distinct=int(np.unique(np.concatenate(used)).size) if used else 0,
    )


def _group(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or values.size < 2:
        raise InvalidInput(f"{name}: {values.size} values; a test needs two or more in each group")
    if not np.all(np.isfinite(values)):
        raise InvalidInput(f"{name}: values must be finite")
    return values


def _alike(name: str, values: Any, group: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.shape != group.shape:
        raise InvalidInput(f"{name}: {values.size} numbers for {group.size} values; one for each")
    if not np.all(np.isfinite(values)):
        raise InvalidInput(f"{name}: numbers must be finite")
    return values
