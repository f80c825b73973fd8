"""Correlations: NumPy's definition, mpmath's p-values, resampling in a loop, and the tables of the event list."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.gw import correlation
from solvers.gw.correlation import (
    BIN_EDGES,
    binned_correlation,
    bootstrap_interval,
    pearson,
    r_p_value,
    spearman,
)

# n, r, p, Spearman's coefficient and its p, binned r and its p.
TABLE = {
    ("by_catalog", "O3a"): (50, 0.692311, 2.558398e-08, 0.776169, 3.542042e-11, 0.660282, 0.106479),
    ("by_catalog", "O3b"): (29, 0.685704, 4.037920e-05, 0.801333, 1.760552e-07, 0.928823, 0.00741897),
    ("by_catalog", "O4a"): (86, 0.652967, 9.544292e-12, 0.791682, 1.149512e-19, 0.992962, 7.950323e-06),
    ("by_gps", "O3a"): (40, 0.695973, 6.165823e-07, 0.777611, 3.577978e-09, 0.656374, 0.109309),
    ("by_gps", "O3b"): (29, 0.685704, 4.037920e-05, 0.801333, 1.760552e-07, 0.928823, 0.00741897),
    ("by_gps", "O4a"): (85, 0.643096, 3.211690e-11, 0.784240, 6.896302e-19, 0.993226, 7.228209e-06),
    (): (165, 0.658728, 6.799242e-22, 0.765626, 4.777181e-33, 0.988724, 2.577395e-05),
}
BINS = {
    ("by_catalog", "O3a"): ([5, 11, 14, 8, 9, 2, 1], [21.7, 21.8, 57.85, 88.55, 70.7, 125.15, 76.7]),
    ("by_catalog", "O3b"): ([3, 6, 11, 1, 6, 2, 0], [17.58, 23.595, 47.1, 65.3, 77.0, 76.5, np.nan]),
    ("by_catalog", "O4a"): ([4, 3, 24, 14, 14, 23, 4], [11.9, 19.0, 29.8, 57.15, 68.0, 83.0, 128.5]),
    ("by_gps", "O3a"): ([2, 10, 9, 7, 9, 2, 1], [14.65, 21.5, 57.2, 92.7, 70.7, 125.15, 76.7]),
    ("by_gps", "O4a"): ([3, 3, 24, 14, 14, 23, 4], [14.19, 19.0, 29.8, 57.15, 68.0, 83.0, 128.5]),
    (): ([12, 20, 49, 23, 29, 27, 5], [18.04, 20.95, 43.3, 60.0, 70.7, 83.0, 125.0]),
}


def exact_p(r, n):
    """Twice the tail of the density of r for independent Gaussian variables, ∝ (1−r²)^(n/2−2)."""
    with mpmath.workdps(40):
        power = mpmath.mpf(n) / 2 - 2
        tail = mpmath.quad(lambda t: (1 - t * t) ** power, [abs(mpmath.mpf(r)), 1])
        return float(2 * tail / mpmath.beta(mpmath.mpf(1) / 2, power + 1))


def ranks(x):
    return np.array([np.sum(x < v) + (np.sum(x == v) + 1) / 2 for v in x])


def columns(frame):
    return frame["luminosity_distance"].to_numpy(), frame["total_mass_source"].to_numpy()


def test_the_list_holds_each_event_once_and_165_pass_the_cut(gwtc, events):
    assert len(gwtc) == gwtc["commonName"].nunique() == 219
    assert len(events()) == 165


@pytest.mark.parametrize("run", TABLE, ids=str)
def test_correlations_of_the_event_list(run, events):
    n, r, p, rho, p_rho, binned, p_binned = TABLE[run]
    distance, mass = columns(events(*run))
    assert distance.size == n
    assert pearson(distance, mass) == (pytest.approx(r, abs=6e-7), pytest.approx(p, rel=3e-7))
    assert spearman(distance, mass) == (pytest.approx(rho, abs=6e-7), pytest.approx(p_rho, rel=3e-7))
    found = binned_correlation(distance, mass)
    assert (found.r, found.p_value) == (pytest.approx(binned, abs=6e-7), pytest.approx(p_binned, rel=1e-5))


@pytest.mark.parametrize("run", BINS, ids=str)
def test_bins_of_the_event_list(run, events):
    found = binned_correlation(*columns(events(*run)))
    np.testing.assert_array_equal(found.centre, [250, 750, 1500, 2500, 3500, 5000, 8000])
    np.testing.assert_array_equal(found.n, BINS[run][0])
    np.testing.assert_allclose(found.median, BINS[run][1], rtol=1e-12)
    assert found.n_outside == 0


def test_the_published_p_value_is_that_of_the_published_r():
    assert r_p_value(0.639, 79) == pytest.approx(2.34e-10, rel=2e-3)
    assert r_p_value(0.639, 79) == pytest.approx(2.33e-10, rel=0.05)


@pytest.mark.parametrize("n", [4, 5, 7, 29, 79, 165, 2000])
@pytest.mark.parametrize("r", [-0.99, -0.3, 0.0, 1e-3, 0.215, 0.639])
def test_the_p_value_of_r_agrees_with_mpmath(r, n):
    if n < 2000 or abs(r) < 0.5:
        assert r_p_value(r, n) == pytest.approx(exact_p(r, n), rel=1e-11)


def test_three_points_have_the_arcsine_law():
    r = np.array([0.0, 0.5, -0.9, 1.0])
    np.testing.assert_allclose(r_p_value(r, 3), 1 - 2 / np.pi * np.arcsin(np.abs(r)), atol=1e-15)


def test_p_values_broadcast_and_are_nan_for_too_few_points():
    found = r_p_value([[0.2], [np.nan]], [2, 3, 10])
    np.testing.assert_array_equal(np.isnan(found), [[True, False, False], [True, True, True]])


@pytest.mark.parametrize("n", [3, 4, 12, 200])
def test_coefficients_are_those_of_the_definition(n):
    rng = np.random.default_rng(n)
    x = rng.normal(size=n)
    y = np.round(0.5 * x + rng.normal(size=n), 1)  # rounded, so that ranks are tied
    r, p = pearson(x, y)
    assert r == pytest.approx(np.mean((x - x.mean()) * (y - y.mean())) / x.std() / y.std(), rel=1e-12)
    assert p == pytest.approx(float(r_p_value(r, n)), rel=1e-9)
    rho, p = spearman(x, y)
    assert rho == pytest.approx(np.corrcoef(ranks(x), ranks(y))[0, 1], rel=1e-12)
    assert p == pytest.approx(float(r_p_value(rho, n)), rel=1e-9)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 30), scale=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3))
@settings(deadline=None, derandomize=True)
def test_units_and_exchange_change_nothing(seed, n, scale, shift):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    r, p = pearson(x, y)
    assert pearson(scale * x + shift, -y) == (pytest.approx(-r, abs=1e-8), pytest.approx(p, rel=1e-5, abs=1e-7))
    assert pearson(y, x) == (pytest.approx(r, abs=1e-12), pytest.approx(p, abs=1e-10))
    assert spearman(np.exp(x), y)[0] == pytest.approx(spearman(x, y)[0], abs=1e-12)


@pytest.mark.parametrize("coefficient", [pearson, spearman])
@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1.0], [2.0]), ([1.0, 2.0], [3.0, 5.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])]
)
def test_a_run_with_too_few_events_has_no_correlation(coefficient, x, y):
    assert np.isnan(coefficient(x, y)).all()
    assert np.isnan(coefficient(y, x)).all()


def test_resamples_are_those_of_a_loop():
    x, y = np.random.default_rng(1).normal(size=(2, 9))
    found = bootstrap_interval(x, y, np.random.default_rng(5), level=0.68, n_resamples=500)
    rng = np.random.default_rng(5)
    rows = [rng.integers(0, 9, 9) for _ in range(500)]
    r = [np.corrcoef(x[row], y[row])[0, 1] for row in rows]
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(r, [16.0, 84.0])), rel=1e-10)
    assert (found.level, found.n_resamples, found.n_undefined) == (0.68, 500, 0)


def test_the_number_drawn_at_a_time_changes_nothing(monkeypatch):
    x, y = np.random.default_rng(2).normal(size=(2, 7))
    once = bootstrap_interval(x, y, np.random.default_rng(3), n_resamples=300)
    monkeypatch.setattr(correlation, "_BLOCK", 50)
    assert bootstrap_interval(x, y, np.random.default_rng(3), n_resamples=300) == once


def test_the_interval_is_that_of_fisher_for_many_gaussian_points():
    rng = np.random.default_rng(11)
    x, noise = rng.normal(size=(2, 2000))
    y = 0.6 * x + 0.8 * noise
    r, _ = pearson(x, y)
    found = bootstrap_interval(x, y, rng, n_resamples=4000)
    expected = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) / np.sqrt(2000 - 3))
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.004)


def test_resamples_of_one_point_are_counted_as_undefined():
    # Of 27 resamples of three points 3 hold a single one; 0.1 is not the mean of three 0.1 in floats.
    found = bootstrap_interval([0.1, 0.7, 1.3], [0.1, 2.0, 1.0], np.random.default_rng(0), n_resamples=20_000)
    assert found.n_undefined / found.n_resamples == pytest.approx(1 / 9, abs=0.01)
    assert -1 <= found.low <= found.high <= 1


@pytest.mark.parametrize("x", [[1.0, 2.0], [1.0, 1.0, 1.0]])
def test_no_correlation_has_no_interval(x):
    found = bootstrap_interval(x, list(range(len(x))), np.random.default_rng(0), n_resamples=10)
    assert np.isnan([found.low, found.high]).all()
    assert found.n_undefined == 10


def test_the_interval_of_o4a_holds_r_and_not_zero(events):
    distance, mass = columns(events("by_catalog", "O4a"))
    found = bootstrap_interval(distance, mass, np.random.default_rng(42))
    assert 0.40 < found.low < 0.50 < 0.653 < found.high < 0.87


def test_a_bin_holds_its_left_edge_and_events_in_no_bin_are_counted():
    found = binned_correlation([0.0, 499.0, 500.0, 9999.0, 10000.0, 2e4], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    np.testing.assert_array_equal(found.n, [2, 1, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(found.median, [1.5, 4.0, np.nan, np.nan, np.nan, np.nan, 8.0])
    assert found.n_outside == 2
    assert found.r == pytest.approx(np.corrcoef([250.0, 750.0, 8000.0], [1.5, 4.0, 8.0])[0, 1], rel=1e-13)


def test_bins_are_unweighted_and_on_their_mid_points():
    distance = np.repeat([10.0, 990.0, 1010.0], [100, 1, 1])
    found = binned_correlation(distance, np.repeat([5.0, 7.0, 12.0], [100, 1, 1]))
    assert found.r == pytest.approx(np.corrcoef([250.0, 750.0, 1500.0], [5.0, 7.0, 12.0])[0, 1], rel=1e-13)


@pytest.mark.parametrize("distance", [[], [100.0], [100.0, 600.0]])
def test_two_bins_have_no_correlation(distance):
    found = binned_correlation(distance, np.arange(len(distance), dtype=float))
    assert np.isnan([found.r, found.p_value]).all()
    assert found.n.sum() == len(distance)


def test_edges_of_the_source():
    assert BIN_EDGES == (0, 500, 1000, 2000, 3000, 4000, 6000, 10000)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pearson([1.0, 2.0], [1.0]), "y: 1 of them for 2 x; both must be lists of one length"),
        (lambda: spearman([[1.0, 2.0]], [[1.0, 2.0]]), "y: 2 of them for 2 x; both must be lists of one length"),
        (lambda: pearson([1.0, np.nan, 3.0], [1.0, 2.0, 3.0]), "x: 1 of 3 are not finite"),
        (lambda: pearson([1.0, 2.0], [np.inf, np.nan]), "y: 2 of 2 are not finite"),
        (lambda: r_p_value([0.5, 1.5], 10), "r=[0.5, 1.5]: must be from -1 to 1"),
        (lambda: bootstrap_interval([1.0], [1.0], RNG, level=1.0), "level=1.0: must be above 0 and below 1"),
        (lambda: bootstrap_interval([1.0], [1.0], RNG, n_resamples=0), "n_resamples=0: must be >= 1"),
        (lambda: binned_correlation([1.0], [np.nan]), "mass: 1 of 1 are not finite"),
        (
            lambda: binned_correlation([1.0], [1.0, 2.0]),
            "mass: 2 of them for 1 distance; both must be lists of one length",
        ),
        (lambda: binned_correlation([1.0], [1.0], [0.0]), "edges=[0.0]: must be at least two increasing numbers"),
        (
            lambda: binned_correlation([1.0], [1.0], [0.0, 2.0, 2.0]),
            "edges=[0.0, 2.0, 2.0]: must be at least two increasing numbers",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
