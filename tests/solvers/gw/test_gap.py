"""The gap: which events it holds, its tests against counting and NumPy, and the tables of the event list."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from solvers.errors import InvalidInput
from solvers.gw.gap import MassGap, distance_test, spin_test

# n and median distance of both sides, U of the gap and its p.
DISTANCES = {
    ("by_catalog", "O3a"): (5, 45, 3310.0, 1460.0, 195.0, 0.003999584),
    ("by_catalog", "O3b"): (1, 28, 1290.0, 1365.0, 14.0, 0.5238595),
    ("by_catalog", "O4a"): (13, 73, 4000.0, 2250.0, 735.5, 0.0008414093),
    ("by_gps", "O3a"): (5, 35, 3310.0, 1540.0, 145.0, 0.009860539),
    ("by_gps", "O4a"): (13, 72, 4000.0, 2275.0, 722.5, 0.0009614978),
    (): (19, 146, 3800.0, 1840.0, 2220.0, 1.068210e-05),
}
# Medians and per cent of high spins of both sides, D and its p, U and its p, Fisher's p.
SPINS = {
    ("by_catalog", "O3a"): (0.23, 0.05, 20.0, 6.6666667, 0.5111111, 0.1438341, 156.5, 0.1590533, 0.3530395),
    ("by_catalog", "O3b"): (-0.29, 0.03, 0.0, 0.0, 1.0, 0.06896552, 0.0, 0.1062781, 1.0),
    ("by_catalog", "O4a"): (0.06, 0.03, 23.076923, 4.2857143, 0.2362637, 0.4931030, 539.5, 0.2921532, 0.04629568),
    ("by_gps", "O3a"): (0.23, 0.05, 20.0, 8.5714286, 0.5142857, 0.1528614, 121.0, 0.1768305, 0.4270708),
    ("by_gps", "O4a"): (0.06, 0.03, 23.076923, 4.3478261, 0.2352285, 0.4958617, 530.5, 0.3004026, 0.04784243),
    (): (0.10, 0.04, 21.052632, 4.1958042, 0.3054840, 0.06911415, 1619.5, 0.1748512, 0.01829178),
}


def column(frame, name):
    return frame[name].to_numpy()


def counted_u(first, second):
    return np.sum(first[:, None] > second) + np.sum(first[:, None] == second) / 2


def normal_tail(u, first, second, both_sides):
    """p-value of U by the textbook's normal approximation with ties and continuity."""
    n, m = first.size, second.size
    ties = np.unique(np.concatenate([first, second]), return_counts=True)[1]
    total = n + m
    variance = n * m / 12 * (total + 1 - np.sum(ties**3 - ties) / (total * (total - 1)))
    away = u - n * m / 2
    if both_sides:
        return 2 * special.ndtr(-(abs(away) - 0.5) / math.sqrt(variance))
    return special.ndtr(-(away - 0.5) / math.sqrt(variance))


def largest_step(first, second):
    ends = np.concatenate([first, second])
    return max(abs(np.mean(first <= t) - np.mean(second <= t)) for t in ends)


@pytest.mark.parametrize("run", DISTANCES, ids=str)
def test_distances_of_the_event_list(run, events):
    frame = events(*run)
    split = MassGap().split(column(frame, "total_mass_source"))
    found = distance_test(column(frame, "luminosity_distance"), split)
    n_gap, n_normal, median_gap, median_normal, u, p = DISTANCES[run]
    assert (found.n_gap, found.n_normal, found.mann_whitney_u) == (n_gap, n_normal, u)
    assert (found.median_gap, found.median_normal) == (median_gap, median_normal)
    assert found.mann_whitney_p == pytest.approx(p, rel=5e-7)
    gap, normal = split.sides(column(frame, "luminosity_distance"))
    assert counted_u(gap, normal) == u
    assert normal_tail(u, gap, normal, both_sides=False) == pytest.approx(found.mann_whitney_p, rel=1e-10)


@pytest.mark.parametrize("run", SPINS, ids=str)
def test_spins_of_the_event_list(run, events):
    frame = events(*run)
    split = MassGap().split(column(frame, "total_mass_source"))
    found = spin_test(column(frame, "chi_eff"), split)
    median_gap, median_normal, high_gap, high_normal, step, ks_p, u, u_p, fisher = SPINS[run]
    assert (found.median_gap, found.median_normal) == pytest.approx((median_gap, median_normal), rel=1e-12)
    assert 100 * found.fraction_high_gap == pytest.approx(high_gap, rel=1e-7)
    assert 100 * found.fraction_high_normal == pytest.approx(high_normal, rel=1e-7)
    assert (found.ks_statistic, found.ks_p) == pytest.approx((step, ks_p), rel=5e-7)
    assert (found.mann_whitney_u, found.mann_whitney_p) == pytest.approx((u, u_p), rel=5e-7)
    assert found.fisher_p == pytest.approx(fisher, rel=5e-7)
    gap, normal = (side[np.isfinite(side)] for side in split.sides(column(frame, "chi_eff")))
    assert counted_u(gap, normal) == u
    assert normal_tail(u, gap, normal, both_sides=True) == pytest.approx(found.mann_whitney_p, rel=1e-10)
    assert largest_step(gap, normal) == pytest.approx(step, rel=5e-7)
    oracle = stats.ks_2samp(gap, normal, method="exact")
    assert (found.ks_statistic, found.ks_p) == pytest.approx((oracle.statistic, oracle.pvalue), rel=1e-12)


def test_o4a_has_three_events_without_a_spin_all_below_the_gap(events):
    frame = events("by_catalog", "O4a")
    found = spin_test(column(frame, "chi_eff"), MassGap().split(column(frame, "total_mass_source")))
    assert (found.n_gap, found.n_normal, found.n_missing_gap, found.n_missing_normal) == (13, 70, 0, 3)
    assert (found.n_high_gap, found.n_high_normal, found.threshold) == (3, 3, 0.3)


def test_no_event_lies_above_the_upper_limit(events):
    mass = column(events(), "total_mass_source")
    assert MassGap(upper=260.0).split(mass).n_above == 0
    assert MassGap(upper=260.0).split(mass).n_gap == MassGap().split(mass).n_gap == 19


def test_the_limits_belong_to_the_gap():
    mass = [99.9, 100.0, 260.0, 260.1]
    split = MassGap(upper=260.0).split(mass)
    np.testing.assert_array_equal(split.gap, [False, True, True, False])
    np.testing.assert_array_equal(split.normal, [True, False, False, False])
    assert (split.n_gap, split.n_normal, split.n_above) == (2, 1, 1)
    assert MassGap().split(mass).n_above == 0
    np.testing.assert_array_equal(split.sides(mass)[0], [100.0, 260.0])


def two_sides(gap, normal):
    values = np.concatenate([gap, normal])
    return values, MassGap().split(np.repeat([120.0, 60.0], [len(gap), len(normal)]))


def test_few_events_without_ties_have_an_exact_p_value():
    gap, normal = np.array([3.1, 9.0, 7.2]), np.array([1.0, 2.0, 4.0, 5.0, 8.0])
    found = distance_test(*two_sides(gap, normal))
    pool = np.concatenate([gap, normal])
    splits = [(pool[list(i)], np.delete(pool, i)) for i in combinations(range(8), 3)]
    u = np.array([counted_u(*split) for split in splits])
    assert found.mann_whitney_p == pytest.approx(np.mean(u >= counted_u(gap, normal)), rel=1e-12)


SAMPLES = st.lists(st.integers(-9, 9), min_size=1, max_size=20)


@given(gap=SAMPLES, normal=SAMPLES)
@settings(deadline=None, derandomize=True)
def test_statistics_are_those_of_counting(gap, normal):
    gap, normal = np.array(gap) / 10.0, np.array(normal) / 10.0
    found = spin_test(*two_sides(gap, normal))
    assert found.mann_whitney_u == counted_u(gap, normal)
    assert found.ks_statistic == pytest.approx(largest_step(gap, normal), rel=1e-12, abs=1e-15)
    assert (found.n_high_gap, found.n_high_normal) == (sum(gap > 0.3), sum(normal > 0.3))
    other = spin_test(*two_sides(normal, gap))
    assert other.mann_whitney_u == gap.size * normal.size - found.mann_whitney_u
    assert other.fisher_p == pytest.approx(found.fisher_p, rel=1e-9)


def test_the_exact_p_value_does_not_give_way_to_the_asymptotic_one(recwarn):
    found = spin_test(*two_sides([1.0, 2.0, 3.0, 4.0, 5.0], [1.5, 2.5, 3.5, 4.5, 5.5]))
    assert (found.ks_statistic, found.ks_p) == (pytest.approx(0.2), 1.0)
    assert not recwarn.list


@pytest.mark.parametrize(("gap", "normal"), [([], [1.0, 2.0]), ([3.0], []), ([], [])])
def test_an_empty_side_has_no_test(gap, normal):
    distance, spin = distance_test(*two_sides(gap, normal)), spin_test(*two_sides(gap, normal))
    assert (distance.n_gap, distance.n_normal) == (spin.n_gap, spin.n_normal) == (len(gap), len(normal))
    assert np.isnan([distance.mann_whitney_u, distance.mann_whitney_p]).all()
    assert np.isnan([spin.ks_statistic, spin.ks_p, spin.mann_whitney_u, spin.mann_whitney_p, spin.fisher_p]).all()
    assert math.isnan(distance.median_gap) == math.isnan(spin.fraction_high_gap) == (not gap)
    assert math.isnan(distance.median_normal) == math.isnan(spin.fraction_high_normal) == (not normal)


def test_a_side_whose_only_spin_is_missing_is_empty():
    found = spin_test(*two_sides([np.nan], [0.1, 0.5, np.nan]))
    assert (found.n_gap, found.n_missing_gap, found.n_normal, found.n_missing_normal) == (0, 1, 2, 1)
    assert math.isnan(found.fisher_p)
    assert found.fraction_high_normal == 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: MassGap().split([100.0, np.nan]),
            "mass: must be a list of finite numbers; cut the events without a total mass first",
        ),
        (lambda: MassGap().split([100.0]).sides([1.0, 2.0]), "values: 2 of them for 1 events"),
        (lambda: spin_test([], MassGap().split([100.0])), "values: 0 of them for 1 events"),
        (
            lambda: distance_test([1.0, np.nan], MassGap().split([100.0, 50.0])),
            "distance: must be finite; cut the events without one first",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"lower": 0.0}, "lower=0.0: must be > 0"),
        ({"lower": math.nan}, "lower=nan: must be > 0"),
        ({"upper": 100.0}, "upper=100.0: must be > lower=100.0, or null for no limit"),
        ({"upper": math.inf}, "upper=inf: must be > lower=100.0, or null for no limit"),
    ],
)
def test_illegal_limits_are_refused(limits, message):
    with pytest.raises(ValueError) as error:
        MassGap(**limits)
    assert str(error.value) == message
