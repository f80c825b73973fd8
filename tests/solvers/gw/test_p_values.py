"""p-values from statistics alone: every arrangement of small samples, SciPy on data, and the printed numbers."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from solvers.errors import InvalidInput
from solvers.gw.p_values import fisher_p_value, ks_p_value, mann_whitney_p_value


def arrangements(n, m):
    """Every split of the ranks 1 … n+m into a first and a second sample."""
    everything = range(1, n + m + 1)
    for first in combinations(everything, n):
        yield first, [rank for rank in everything if rank not in first]


def largest_step(first, second):
    """D as an exact fraction."""
    ends = sorted([*first, *second])
    return max(
        abs(Fraction(sum(a <= t for a in first), len(first)) - Fraction(sum(b <= t for b in second), len(second)))
        for t in ends
    )


def test_the_printed_tests_agree_with_the_printed_sizes():
    assert mann_whitney_p_value(586, 11, 68, "greater") == pytest.approx(1.37e-3, rel=2e-3)
    assert mann_whitney_p_value(459, 11, 68) == pytest.approx(0.23146, abs=5e-6)
    assert ks_p_value(0.243316, 11, 68) == pytest.approx(0.5453, abs=5e-5)
    assert ks_p_value(0.243, 11, 68) == ks_p_value(182 / 748, 11, 68) == pytest.approx(0.545262, abs=5e-7)
    assert fisher_p_value(3, 11, 3, 68) == pytest.approx(0.03257, abs=5e-6)
    assert fisher_p_value(3, 13, 3, 70) == pytest.approx(0.046296, abs=5e-7)


def test_no_other_step_prints_the_same_d():
    assert [k for k in range(749) if f"{k / 748:.3f}" == "0.243"] == [182]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (3, 3), (4, 6), (6, 4), (5, 3)])
def test_ks_counts_every_arrangement(n, m):
    steps = [largest_step(*split) for split in arrangements(n, m)]
    for step in {Fraction(0), *steps}:
        expected = Fraction(sum(d >= step for d in steps), len(steps))
        assert ks_p_value(float(step), n, m) == pytest.approx(float(expected), rel=1e-15)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60), m=st.integers(1, 60), shift=st.floats(-2.0, 2.0))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_ks_is_that_of_scipy(seed, n, m, shift):
    rng = np.random.default_rng(seed)
    found = stats.ks_2samp(rng.normal(size=n), rng.normal(shift, size=m), method="exact")
    assert ks_p_value(found.statistic, n, m) == pytest.approx(found.pvalue, rel=1e-9)


def test_ks_of_samples_far_apart_does_not_round_to_zero():
    assert ks_p_value(1.0, 300, 400) == pytest.approx(2 / math.comb(700, 300), rel=1e-15)


@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 80), m=st.integers(1, 80))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_the_normal_approximation_of_u_is_that_of_scipy(alternative, seed, n, m):
    rng = np.random.default_rng(seed)
    found = stats.mannwhitneyu(rng.normal(size=n), rng.normal(size=m), alternative=alternative, method="asymptotic")
    assert mann_whitney_p_value(found.statistic, n, m, alternative) == pytest.approx(found.pvalue, rel=1e-10)


@pytest.mark.parametrize(("n", "m"), [(6, 6), (4, 9)])
def test_the_normal_approximation_of_u_is_near_every_arrangement(n, m):
    u = np.array([sum(a > b for a in first for b in second) for first, second in arrangements(n, m)])
    for value in np.unique(u):
        assert mann_whitney_p_value(value, n, m, "greater") == pytest.approx(np.mean(u >= value), abs=0.015)


@given(n=st.integers(1, 15), m=st.integers(1, 60), data=st.data())
@settings(deadline=None, derandomize=True, max_examples=50)
def test_fisher_sums_the_tables_that_are_no_likelier(n, m, data):
    high_n, high_m = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    total = high_n + high_m
    ways = [math.comb(n, k) * math.comb(m, total - k) for k in range(min(n, total) + 1) if total - k <= m]
    here = math.comb(n, high_n) * math.comb(m, high_m)
    expected = sum(way for way in ways if way <= here) / sum(ways)
    assert fisher_p_value(high_n, n, high_m, m) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(0, 5), (5, 0)])
def test_fisher_needs_both_sides(n, m):
    assert math.isnan(fisher_p_value(0, n, 0, m))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ks_p_value(1.1, 3, 4), "statistic=1.1: must be from 0 to 1"),
        (lambda: ks_p_value(math.nan, 3, 4), "statistic=nan: must be from 0 to 1"),
        (lambda: ks_p_value(0.5, 0, 4), "n_first=0: must be >= 1"),
        (lambda: mann_whitney_p_value(1.0, 3, 0), "n_second=0: must be >= 1"),
        (lambda: mann_whitney_p_value(13.0, 3, 4), "u=13.0: must be from 0 to 12"),
        (lambda: mann_whitney_p_value(1.0, 3, 4, "less"), "alternative='less': must be one of two-sided, greater"),
        (lambda: fisher_p_value(4, 3, 0, 5), "n_high_gap=4: must be from 0 to 3"),
        (lambda: fisher_p_value(1, 3, -1, 5), "n_high_normal=-1: must be from 0 to 5"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
