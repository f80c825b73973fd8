"""Tests of two groups and of pairs: against scipy's own, against permutations and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from solvers.errors import InvalidInput
from solvers.galaxies.matched_samples import MatchedPairs, listed_pairs, mass_matched, paired_test, two_sample

RNG = np.random.default_rng(11)
CASES, CONTROLS = RNG.beta(0.6, 3.0, 14), RNG.beta(0.8, 2.5, 300)


def test_unmatched_tests_are_those_of_their_definitions():
    found = two_sample(CASES, CONTROLS)
    n, m = CASES.size, CONTROLS.size
    assert (found.n_cases, found.n_controls) == (n, m)
    assert found.difference == pytest.approx(CASES.mean() - CONTROLS.mean())
    assert found.median_difference == pytest.approx(np.median(CASES) - np.median(CONTROLS))
    # Student's t with one variance, by hand
    pooled = ((n - 1) * CASES.var(ddof=1) + (m - 1) * CONTROLS.var(ddof=1)) / (n + m - 2)
    t = found.difference / np.sqrt(pooled * (1 / n + 1 / m))
    assert found.t_p == pytest.approx(special.betainc((n + m - 2) / 2, 0.5, 1 / (1 + t**2 / (n + m - 2))), rel=1e-10)
    # Welch's, by hand
    a, b = CASES.var(ddof=1) / n, CONTROLS.var(ddof=1) / m
    dof = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    half = stats.t.ppf(0.975, dof) * np.sqrt(a + b)
    assert (found.low, found.high) == pytest.approx((found.difference - half, found.difference + half), rel=1e-10)
    # the normal limit of the sum of ranks
    u = sum(case > control for case in CASES for control in CONTROLS)
    z = (u + 0.5 - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12)
    assert found.mann_whitney_p == pytest.approx(stats.norm.cdf(z), rel=1e-6)


def test_of_six_values_the_p_are_shares_of_all_orders():
    found = two_sample([0.1, 0.2, 0.3], [0.4, 0.5, 0.6])
    assert found.ks_p == pytest.approx(2 / math.comb(6, 3))
    assert found.mann_whitney_p == pytest.approx(1 / math.comb(6, 3))


def test_the_mann_whitney_test_asks_whether_the_cases_are_lower():
    lower = two_sample(np.linspace(0.0, 0.2, 20), np.linspace(0.3, 0.9, 40))
    higher = two_sample(np.linspace(0.3, 0.9, 40), np.linspace(0.0, 0.2, 20))
    assert lower.mann_whitney_p < 1e-6 and higher.mann_whitney_p > 1.0 - 1e-6
    assert lower.ks_p == pytest.approx(higher.ks_p) and lower.welch_p == pytest.approx(higher.welch_p)
    assert lower.difference == pytest.approx(-higher.difference)


def test_pairs_of_like_mass_have_the_median_of_all_that_match():
    pairs = mass_matched([0.1, 0.2, 0.9], [10.0, 11.0, 13.0], [0.3, 0.5, 0.8, 0.6], [10.1, 9.81, 10.25, 11.19], 0.25)
    assert pairs.rows.tolist() == [0, 1] and pairs.n_controls.tolist() == [2, 1]
    np.testing.assert_allclose(pairs.control, [0.4, 0.6])  # 10.25 is not closer than 0.25
    np.testing.assert_allclose(pairs.case, [0.1, 0.2])
    assert pairs.n_distinct == 3


def test_listed_pairs_count_a_control_once_in_each_case():
    pairs = listed_pairs([0.1, 0.2, 0.3], [0.5, 0.7, 0.0], [0, 0, 2, 0, 2], [0, 1, 1, 1, 2])
    assert pairs.rows.tolist() == [0, 2] and pairs.n_controls.tolist() == [2, 2] and pairs.n_distinct == 3
    np.testing.assert_allclose(pairs.control, [0.6, 0.35])
    none = listed_pairs([0.1, 0.2], [0.5, 0.7], [], [])
    assert none.rows.size == 0 and none.n_distinct == 0


@given(st.lists(st.floats(9.0, 12.0), min_size=2, max_size=12), st.floats(0.05, 0.5))
def test_pairs_of_like_mass_are_those_of_a_loop(masses, width):
    case_mass, masses = np.array([10.0, 10.6]), np.array(masses)
    controls = np.arange(masses.size) / 10.0
    pairs = mass_matched([0.4, 0.6], case_mass, controls, masses, width)
    expected = {i: controls[abs(masses - mass) < width] for i, mass in enumerate(case_mass)}
    assert pairs.rows.tolist() == [i for i, found in expected.items() if found.size]
    for i, control, number in zip(pairs.rows, pairs.control, pairs.n_controls, strict=True):
        assert control == pytest.approx(np.median(expected[i])) and number == expected[i].size


def test_the_paired_test_is_student_s():
    case, control = CASES, CONTROLS[:14]
    found = paired_test(_pairs(case, control))
    other = stats.ttest_rel(case, control)
    assert found.p == pytest.approx(other.pvalue, rel=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(other.confidence_interval(0.95)), rel=1e-10)
    assert found.difference == pytest.approx(np.mean(case - control))
    assert found.median_difference == pytest.approx(np.median(case - control)) and found.n_pairs == 14


def test_the_paired_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(400):
        case, control = rng.normal(0.3, 1.0, 10), rng.normal(0.0, 1.0, 10)
        found = paired_test(_pairs(case, control))
        inside += found.low <= 0.3 <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_a_constant_difference_has_no_interval():
    found = paired_test(_pairs(np.array([0.5, 0.75]), np.array([0.25, 0.5])))
    assert found.difference == 0.25 and np.isnan([found.low, found.high, found.p]).all()


@pytest.mark.parametrize("few", [[], [0.1]])
def test_a_group_needs_two_values(few):
    for call in (
        lambda: two_sample(few, CONTROLS),
        lambda: mass_matched(few, few, [0.1, 0.2], [10.0, 10.0]),
        lambda: listed_pairs(few, [0.1, 0.2], [0], [0]),
    ):
        with pytest.raises(InvalidInput, match=f"^cases: {len(few)} values; a test needs two or more in each group"):
            call()
    with pytest.raises(InvalidInput, match="^controls: "):
        two_sample(CASES, few)
    with pytest.raises(InvalidInput, match="^pairs: 1 cases have a control; a paired test needs two or more"):
        paired_test(_pairs(np.array([0.1]), np.array([0.2])))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_sample([0.1, np.nan], [0.1, 0.2]), "^cases: values must be finite"),
        (lambda: mass_matched([0.1, 0.2], [10.0], [0.1, 0.2], [10.0, 11.0]), "^case_log_mass: 1 numbers for 2 values"),
        (lambda: mass_matched([0.1, 0.2], [10, 11], [0.1, 0.2], [10, np.inf]), "^control_log_mass: .* finite"),
        (lambda: mass_matched([0.1, 0.2], [10, 11], [0.1, 0.2], [10, 11], 0.0), "^width=0.0: must be > 0 dex"),
        (lambda: listed_pairs([0.1, 0.2], [0.3, 0.4], [0, 2], [0, 1]), "^case_rows: must be rows from 0 to 1"),
        (lambda: listed_pairs([0.1, 0.2], [0.3, 0.4], [0], [-1]), "^control_rows: must be rows from 0 to 1"),
        (lambda: listed_pairs([0.1, 0.2], [0.3, 0.4], [0], [0, 1]), "^case_rows, control_rows: .* same length"),
    ],
)
def test_bad_groups_and_lists_are_refused(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()


def _pairs(case, control):
    rows = np.arange(case.size)
    return MatchedPairs(case=case, control=control, rows=rows, n_controls=rows + 1, n_distinct=case.size)
