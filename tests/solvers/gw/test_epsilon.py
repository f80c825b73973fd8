"""ε of events: mpmath, the limits of its slope, NumPy's line, and the cross-catalogue table of SI §10.6."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.gw.coherence_gain import CoherenceGain
from solvers.gw.epsilon import event_epsilon, spread, universality_slope
from solvers.gw.gap import MassGap

HEAVIEST = "GW231123_135430"

# Median of ε, its CV [%] with ddof 0 and 1, and median and CV [%] over the comoving distance.
TABLE = {
    ("by_catalog", "O3a"): (5.080075e-07, 15.50345, 17.33338, 7.569313e-07, 17.26744),
    ("by_catalog", "O3b"): (1.064450e-06, np.nan, np.nan, 1.330562e-06, np.nan),
    ("by_catalog", "O4a"): (3.252938e-07, 70.37231, 73.24583, 5.366791e-07, 56.29267),
    (): (3.439637e-07, 60.29751, 61.94980, 5.562525e-07, 48.00698),
}
TABLE |= {("by_gps", run): TABLE["by_catalog", run] for run in ("O3a", "O3b", "O4a")}


@pytest.fixture(scope="session")
def gap_events(events):
    """Mass, luminosity distance, redshift and names of the events in the gap, of a run or of all."""

    def _gap_events(*run):
        frame = events(*run)
        inside = frame[MassGap().split(frame["total_mass_source"].to_numpy()).gap]
        names = ("total_mass_source", "luminosity_distance", "redshift", "commonName")
        return tuple(inside[name].to_numpy() for name in names)

    return _gap_events


def exact_epsilon(mass, distance, true_mass=60.0):
    with mpmath.workdps(40):
        ratio, distance = mpmath.mpf(mass) / mpmath.mpf(true_mass), mpmath.mpf(distance)
        return float(ratio ** (mpmath.mpf("2.2") / (1000 * distance)) - 1)


@pytest.mark.parametrize("run", TABLE, ids=str)
def test_epsilon_of_the_event_list(run, gap_events):
    mass, distance, redshift, _ = gap_events(*run)
    found = event_epsilon(mass, distance, redshift)
    median, cv, cv_sample, median_comoving, cv_comoving = TABLE[run]
    along, comoving = spread(found.luminosity), spread(found.comoving)
    assert along.median == pytest.approx(median, rel=2e-7)
    assert (100 * along.cv, 100 * along.cv_sample) == pytest.approx((cv, cv_sample), rel=5e-7, nan_ok=True)
    assert comoving.median == pytest.approx(median_comoving, rel=2e-7)
    assert 100 * comoving.cv == pytest.approx(cv_comoving, rel=5e-7, nan_ok=True)
    assert along.n == mass.size
    assert found.n_dropped == np.count_nonzero(found.is_loss) == 0
    exact = [exact_epsilon(m, d) for m, d in zip(mass, distance, strict=True)]
    np.testing.assert_allclose(found.luminosity, exact, rtol=1e-14)
    np.testing.assert_allclose(found.comoving, found.luminosity * (1 + redshift), rtol=1e-6)


def test_the_cross_catalogue_table(gap_events):
    medians = [
        spread(event_epsilon(*gap_events("by_catalog", run)[:3]).luminosity).median for run in ("O3a", "O3b", "O4a")
    ]
    found = spread(medians)
    assert found.mean == pytest.approx(6.326e-7, abs=5e-11)
    assert 100 * found.cv == pytest.approx(49.69, abs=5e-3)
    assert 100 * found.cv_sample == pytest.approx(60.86, abs=5e-3)
    assert found.cv < 0.5 < found.cv_sample
    assert (found.low, found.high) == pytest.approx((3.253e-7, 1.0644e-6), rel=1e-4)


def test_slopes_of_the_event_list(gap_events):
    mass, distance, redshift, names = gap_events("by_catalog", "O4a")
    epsilon = event_epsilon(mass, distance, redshift).luminosity
    found = universality_slope(distance, epsilon)
    assert (found.n, found.slope, found.slope_err) == (
        13,
        pytest.approx(-1.09, abs=5e-3),
        pytest.approx(0.27, abs=5e-3),
    )
    found = universality_slope(distance, epsilon, leave_out=HEAVIEST, names=list(names))
    assert (found.n, found.slope, found.slope_err) == (
        12,
        pytest.approx(-0.50, abs=5e-3),
        pytest.approx(0.18, abs=5e-3),
    )
    assert universality_slope(distance, epsilon, leave_out=list(names).index(HEAVIEST)) == found
    assert 100 * spread(epsilon[names != HEAVIEST]).cv == pytest.approx(20.7, abs=0.05)
    mass, distance, redshift, _ = gap_events("by_catalog", "O3a")
    found = universality_slope(distance, event_epsilon(mass, distance, redshift).luminosity)
    assert (found.n, found.slope, found.slope_err) == (5, pytest.approx(0.02, abs=5e-3), pytest.approx(0.47, abs=5e-3))


def test_the_tighter_comoving_epsilon_is_in_the_distances_alone(gap_events):
    _, distance, redshift, _ = gap_events("by_catalog", "O4a")
    assert spread(1 / distance).cv == pytest.approx(0.31, abs=5e-3)
    assert spread((1 + redshift) / distance).cv == pytest.approx(0.21, abs=5e-3)


# Errors of 30 %: around the medians of O4a, and around distances that spread by 20 %, which look as spread as O4a's.
@pytest.mark.parametrize(("width", "expected"), [(None, -0.44), (0.2, -0.69)])
def test_errors_of_the_distance_alone_tilt_a_constant_epsilon(width, expected, gap_events):
    medians, rng, slopes = gap_events("by_catalog", "O4a")[1], np.random.default_rng(5), []
    for _ in range(500):
        distance = medians if width is None else 4000.0 * np.exp(width * rng.normal(size=medians.size))
        mass = CoherenceGain().effective_mass(60.0, 3.25e-7, distance)
        seen = distance * np.exp(0.3 * rng.normal(size=medians.size))
        slopes.append(universality_slope(seen, event_epsilon(mass, seen, np.zeros(seen.size)).luminosity).slope)
    assert np.mean(slopes) == pytest.approx(expected, abs=0.03)


DISTANCES = st.lists(st.integers(100, 10_000), min_size=4, max_size=20, unique=True)


@given(epsilon=st.floats(1e-8, 5e-6), distance=DISTANCES, length=st.floats(0.5, 10.0))
@settings(deadline=None, derandomize=True)
def test_a_constant_epsilon_is_found_with_slope_zero(epsilon, distance, length):
    gain, distance = CoherenceGain(coherence_length=length), np.array(distance, dtype=float)
    mass = gain.effective_mass(60.0, epsilon, distance)
    found = event_epsilon(mass, distance, np.zeros(distance.size), gain)
    np.testing.assert_allclose(found.luminosity, epsilon, rtol=1e-11)
    assert spread(found.luminosity).cv < 1e-11
    assert universality_slope(distance, found.luminosity).slope == pytest.approx(0.0, abs=1e-7)


@given(mass=st.floats(61.0, 300.0), distance=DISTANCES)
@settings(deadline=None, derandomize=True)
def test_masses_that_ignore_the_distance_have_slope_minus_one(mass, distance):
    masses = np.full(len(distance), mass)
    found = event_epsilon(masses, distance, np.zeros(len(distance)))
    slope = universality_slope(distance, found.luminosity)
    assert slope.slope == pytest.approx(-1.0, abs=1e-4)
    assert slope.slope_err < 1e-4


@pytest.mark.parametrize("n", [4, 13, 50])
def test_the_line_is_that_of_numpy(n):
    rng = np.random.default_rng(n)
    distance = rng.uniform(500.0, 7000.0, n)
    epsilon = 1e-6 * np.exp(rng.normal(size=n))
    values, covariance = np.polyfit(np.log(distance), np.log(epsilon), 1, cov=True)
    found = universality_slope(distance, epsilon)
    assert found.slope == pytest.approx(values[0], rel=1e-9)
    assert found.slope_err == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-9)


def test_losses_are_kept_or_dropped_and_counted():
    mass, distance = [30.0, 60.0, 120.0], [1000.0, 1000.0, 1000.0]
    kept = event_epsilon(mass, distance, [0.2] * 3)
    assert list(np.sign(kept.luminosity)) == list(np.sign(kept.comoving)) == [-1, 0, 1]
    np.testing.assert_array_equal(kept.is_loss, [True, True, False])
    assert kept.n_dropped == 0
    dropped = event_epsilon(mass, distance, [0.2] * 3, drop_losses=True)
    np.testing.assert_array_equal(np.isnan(dropped.luminosity), [True, True, False])
    np.testing.assert_array_equal(np.isnan(dropped.comoving), [True, True, False])
    assert dropped.n_dropped == 2
    assert (spread(dropped.luminosity).n, spread(dropped.luminosity).n_undefined) == (1, 2)
    assert (universality_slope(distance, kept.luminosity).n_excluded, dropped.luminosity[2]) == (2, kept.luminosity[2])


def test_a_missing_redshift_leaves_the_luminosity_distance():
    found = event_epsilon([120.0, 120.0], [1000.0, 1000.0], [np.nan, -1.0])
    assert np.isfinite(found.luminosity).all()
    assert np.isnan(found.comoving).all()


def test_the_true_mass_and_the_length_enter():
    found = event_epsilon([120.0], [1000.0], [0.0], CoherenceGain(coherence_length=1.1), true_mass=30.0)
    assert found.luminosity[0] == pytest.approx(math.expm1(math.log(4.0) * 1.1e-6), rel=1e-14)


@given(values=st.lists(st.floats(1e-8, 1e-5), min_size=2, max_size=30))
@settings(deadline=None, derandomize=True)
def test_spread_is_that_of_the_definition(values):
    found = spread([*values, np.nan])
    mean = math.fsum(values) / len(values)
    squares = math.fsum((v - mean) ** 2 for v in values)
    assert (found.n, found.n_undefined) == (len(values), 1)
    assert found.mean == pytest.approx(mean, rel=1e-13)
    assert found.median == pytest.approx(sorted(values)[len(values) // 2], rel=1e-13) or len(values) % 2 == 0
    assert found.cv == pytest.approx(math.sqrt(squares / len(values)) / mean, rel=1e-9, abs=1e-14)
    assert found.cv_sample == pytest.approx(math.sqrt(squares / (len(values) - 1)) / mean, rel=1e-9, abs=1e-14)
    assert (found.low, found.high) == (min(values), max(values))


def test_one_number_has_no_scatter_and_none_has_nothing():
    found = spread([3e-7, np.nan])
    assert (found.n, found.median, found.mean) == (1, 3e-7, 3e-7)
    assert math.isnan(found.cv)
    assert math.isnan(found.cv_sample)
    assert np.isnan([spread([]).median, spread([np.nan]).mean, spread([]).cv, spread([]).low]).all()


@pytest.mark.parametrize(
    ("distance", "epsilon", "has_slope", "has_error"),
    [
        ([], [], False, False),
        ([1.0], [1.0], False, False),
        ([1.0, 2.0], [1.0, 3.0], True, False),
        ([1.0, 2.0, 3.0], [1.0, 3.0, 4.0], True, False),
        ([1.0, 2.0, 3.0, 5.0], [1.0, 3.0, 4.0, 5.0], True, True),
        ([2.0, 2.0, 2.0, 2.0], [1.0, 3.0, 4.0, 5.0], False, False),
    ],
)
def test_few_events_have_no_slope_or_no_error(distance, epsilon, has_slope, has_error):
    found = universality_slope(distance, epsilon)
    assert (np.isfinite(found.slope), np.isfinite(found.slope_err)) == (has_slope, has_error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: event_epsilon([1.0], [1.0], [0.0], true_mass=0.0), "true_mass=0.0: must be > 0"),
        (
            lambda: event_epsilon([1.0], [1.0, 2.0], [0.0]),
            "luminosity_distance, redshift: 2 and 1 of them for 1 mass; all must be lists of one length",
        ),
        (
            lambda: universality_slope([1.0, 2.0], [1.0]),
            "epsilon: 1 of them for 2 distance; both must be lists of one length",
        ),
        (lambda: universality_slope([1.0], [1.0], leave_out=1), "leave_out=1: must be from 0 to 0"),
        (lambda: universality_slope([1.0], [1.0], leave_out=-1), "leave_out=-1: must be from 0 to 0"),
        (
            lambda: universality_slope([1.0], [1.0], leave_out="GW1"),
            "leave_out=GW1: must be one of the names of the 1 events",
        ),
        (
            lambda: universality_slope([1.0], [1.0], leave_out="GW1", names=["GW2"]),
            "leave_out=GW1: must be one of the names of the 1 events",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
