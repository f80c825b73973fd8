"""What is published of mock events: intervals that hold the truth as often as they say, and the errors put in."""

import numpy as np
import pytest
from scipy import special, stats
from scipy.integrate import quad

from solvers.errors import InvalidInput
from solvers.gw.base import Events
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.detection import isotropic_orientation_factor
from solvers.gw.distance_posterior import DistancePosterior
from solvers.gw.event_errors import MeasuredEvents
from solvers.gw.mock_intervals import LEVELS, published_intervals
from solvers.gw.populations import MergerRedshifts

END = special.ndtri(0.95)
PARAMS = {"alpha": 2.6, "m_max": 110.0, "peak_fraction": 0.13, "kappa": 0.0, "d_horizon": 470.0, "loss_mass": 600.0}
PARAMS |= {"z_max": 3.0}
MODEL = CoherentPopulation(params=PARAMS, high_mass_loss=True)
CELLS = DistancePosterior(MODEL)
COLUMNS = ("mass_1_source", "mass_2_source", "total_mass_source", "chirp_mass_source", "luminosity_distance")
COLUMNS += ("redshift",)


def seen(m1, m2, n, seed):
    """n detected systems of given detector-frame masses, their redshifts from the prior of the analysis."""
    rng, size = np.random.default_rng(seed), 300_000
    z = MergerRedshifts(kappa=0.0, z_max=3.0, background=MODEL.background).sample(1.0 - rng.random(size))
    distance = MODEL.volume.distance(z)
    best = MODEL.detector.optimal_snr(m1 / (1.0 + z), m2 / (1.0 + z), z, distance)
    snr = best * isotropic_orientation_factor(rng.random((4, size))) + rng.standard_normal(size)
    rows = np.flatnonzero(snr > 8.0)[:n]
    assert len(rows) == n
    return z[rows], distance[rows], snr[rows]


@pytest.fixture(scope="module")
def drawn():
    """Detected events of the population, with what is published of them."""
    events = MODEL.detected(700, np.random.default_rng(71))
    return events, published_intervals(events, MODEL, np.random.default_rng(72))


@pytest.mark.parametrize(("m1", "m2"), [(11.0, 8.0), (40.0, 30.0), (160.0, 90.0)])
def test_true_redshifts_are_uniform_in_their_posteriors(m1, m2):
    z, _, snr = seen(m1, m2, 1000, 73)
    rank = [np.interp(x, CELLS.edges, CELLS.below(m1, m2, rho)) for x, rho in zip(z, snr, strict=True)]
    assert stats.kstest(rank, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("snr", "masses"), [(9.0, (40.0, 30.0)), (25.0, (160.0, 90.0))])
def test_the_posterior_is_the_integral_over_the_orientation(snr, masses):
    theta = isotropic_orientation_factor(np.random.default_rng(74).random((4, 20_000)))

    def density(z):
        distance = MODEL.volume.distance(z)
        best = MODEL.detector.optimal_snr(masses[0] / (1.0 + z), masses[1] / (1.0 + z), z, distance)
        return MODEL.volume.density(z) * np.mean(np.exp(-0.5 * (snr - best * theta) ** 2))

    below = CELLS.below(*masses, snr)
    assert below[0] == 0.0 and below[-1] == 1.0 and np.all(np.diff(below) >= 0)
    grid = np.linspace(0.0, 3.0, 1501)[1:]
    values = np.cumsum([density(z) for z in grid])
    ends = np.interp([0.05, 0.5, 0.95], values / values[-1], grid)
    np.testing.assert_allclose(np.interp(ends, CELLS.edges, below), [0.05, 0.5, 0.95], atol=0.012)
    median = CELLS.median(np.array([masses[0]]), np.array([masses[1]]), np.array([snr]))
    assert median.item() == pytest.approx(MODEL.volume.distance(ends[1]).item(), rel=0.01)


def test_the_published_interval_holds_the_truth_as_often_as_it_says():
    # Masses in the detector's frame are given, so that the population is the prior of the analysis.
    m1, m2, n = 40.0, 30.0, 700
    z, distance, snr = seen(m1, m2, n, 75)
    light, heavy = m1 / (1.0 + z), m2 / (1.0 + z)
    chirp = (light * heavy) ** 0.6 / (light + heavy) ** 0.2
    events = Events(light, heavy, light + heavy, chirp, distance, z, snr)
    found = published_intervals(events, MODEL, np.random.default_rng(76), ln_mass_err=0.02)
    for column in ("redshift", "luminosity_distance"):
        median, low, high = getattr(found, column)
        truth = getattr(events, column)
        inside = np.mean((low < truth) & (truth < high))
        assert inside == pytest.approx(0.9, abs=3.5 * np.sqrt(0.09 / n)), column
        assert np.mean(truth < median) == pytest.approx(0.5, abs=3.5 * np.sqrt(0.25 / n)), column


def test_intervals_are_in_order_and_of_one_system(drawn):
    events, found = drawn
    for column in COLUMNS:
        median, low, high = getattr(found, column)
        assert np.all((low > 0) & (low < median) & (median < high)), column
        assert getattr(found, column).shape == (3, len(events))
    np.testing.assert_allclose(found.total_mass_source, found.mass_1_source + found.mass_2_source, rtol=1e-12)
    np.testing.assert_allclose(
        found.mass_2_source / found.mass_1_source, [events.mass_2_source / events.mass_1_source] * 3
    )
    np.testing.assert_allclose(MODEL.volume.redshift(found.luminosity_distance), found.redshift, rtol=1e-5)
    assert LEVELS == (0.5, 0.05, 0.95)


def test_the_unknown_orientation_hides_some_40_percent_of_the_distance(drawn):
    _, low, high = drawn[1].luminosity_distance
    assert np.median(np.log(high / low)) / (2.0 * END) == pytest.approx(0.4, abs=0.08)


@pytest.mark.parametrize("ln_mass_err", [0.1, 0.2])
def test_the_error_of_the_mass_comes_back(ln_mass_err, drawn):
    events = drawn[0].rows(slice(300))
    found = published_intervals(events, MODEL, np.random.default_rng(77), ln_mass_err)
    measured = MeasuredEvents.from_intervals(
        found.chirp_mass_source, found.luminosity_distance, events.snr, MODEL.volume.redshift
    )
    assert np.median(measured.ln_mass_err) == pytest.approx(ln_mass_err, rel=0.07)
    away = measured.ln_mass - np.log(events.chirp_mass_source * (1.0 + events.redshift))
    assert np.std(away) == pytest.approx(ln_mass_err, rel=4.0 / np.sqrt(2.0 * 300))
    # The prior M_det² moves the posterior by twice its variance.
    assert np.mean(away) == pytest.approx(2.0 * ln_mass_err**2, abs=4.0 * ln_mass_err / np.sqrt(300) + 0.01)


def test_the_usual_error_of_the_mass_comes_back(drawn):
    events, found = drawn
    measured = MeasuredEvents.from_intervals(
        found.chirp_mass_source, found.luminosity_distance, events.snr, MODEL.volume.redshift
    )
    assert np.median(measured.ln_mass_err) == pytest.approx(0.06, rel=0.07)


def test_one_seed_gives_the_same_bits(drawn):
    events = drawn[0].rows(slice(20))
    first, second, other = (published_intervals(events, MODEL, np.random.default_rng(s)) for s in (78, 78, 79))
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(first, column), getattr(second, column))
    assert not np.array_equal(first.total_mass_source, other.total_mass_source)


@pytest.mark.parametrize("error", [0.0, -0.1, np.nan, np.inf])
def test_an_error_that_is_not_positive_is_one_line(error, drawn):
    with pytest.raises(InvalidInput, match="^ln_mass_err=.*: must be > 0$"):
        published_intervals(drawn[0], MODEL, np.random.default_rng(80), error)


def test_the_median_over_the_prior_of_a_faint_signal_is_where_the_volume_is():
    # An SNR of 0 says nothing but that the source is not near: the posterior tends to the prior.
    blind = DistancePosterior(CoherentPopulation(params={**PARAMS, "d_horizon": 1e-6}))
    below = blind.below(40.0, 30.0, 0.0)
    for edge in (0.5, 1.5, 2.5):
        expected = quad(lambda z: float(MODEL.volume.density(z)), 0.0, edge)[0]
        assert np.interp(edge, blind.edges, below) == pytest.approx(expected, abs=2e-3)
