"""Errors of events from published intervals, and the shape that an unknown orientation gives to a distance."""

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from solvers.errors import InvalidInput
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.detection import isotropic_orientation_factor
from solvers.gw.event_errors import MeasuredEvents
from solvers.gw.unoriented import ln_distance_quantiles

END = special.ndtri(0.95)
PROBABILITIES = np.array([0.001, 0.05, 0.16, 0.5, 0.84, 0.95, 0.999])
VOLUME = CoherentPopulation(params={"z_max": 3.0}).volume


@pytest.fixture(scope="module")
def theta():
    """Θ of 200 000 random orientations, sorted."""
    return np.sort(isotropic_orientation_factor(np.random.default_rng(41).random((4, 200_000))))


def measured(distance=((1000.0,), (600.0,), (1500.0,)), ln_mass=(3.0,), err=(0.06,), snr=(12.0,)):
    return MeasuredEvents(np.array(ln_mass), np.array(err), np.array(distance), np.array(snr))


def weighted_quantiles(values, weight, probability):
    rows = np.argsort(values)
    below = np.cumsum(weight[rows])
    return np.interp(probability, below / below[-1], values[rows])


@pytest.mark.parametrize("snr", [8.0, 10.3, 17.0, 50.0, 180.0])
def test_quantiles_of_the_distance_are_those_of_the_integral(snr, theta):
    # With u = Θ/r the posterior r² exp(−snr²(1−u)²/2) p(Θ) dr dΘ is that of Θ³ p(Θ) and of u⁻⁴ exp(−snr²(1−u)²/2).
    x = np.exp(np.linspace(np.log(0.005), np.log(1.75), 500))
    u = np.linspace(0.4, 1.0 + 9.0 / snr, 40_001)
    above = np.cumsum((u**-4 * np.exp(-0.5 * (snr * (1.0 - u)) ** 2))[::-1])[::-1]
    parts = theta[::40] ** 3
    below = np.array([parts @ np.interp(theta[::40] / r, u, above) for r in x])
    expected = np.interp(PROBABILITIES, below / (parts.sum() * above[0]), np.log(x))
    found = ln_distance_quantiles(np.array([snr]), PROBABILITIES)[0]
    np.testing.assert_allclose(found[1:], expected[1:] - expected[3], atol=0.012)
    assert found[0] == pytest.approx(expected[0] - expected[3], abs=0.12)


@pytest.mark.parametrize(("snr", "tolerance"), [(100.0, 0.02), (400.0, 0.01), (1e6, 0.01)])
def test_a_loud_signal_leaves_the_orientation_alone(snr, tolerance, theta):
    expected = np.log(weighted_quantiles(theta, theta**3, PROBABILITIES[1:-1]))
    found = ln_distance_quantiles(np.array([snr]), PROBABILITIES[1:-1])[0]
    np.testing.assert_allclose(found, expected - expected[2], atol=tolerance)


def test_quantiles_grow_with_the_probability_and_are_0_at_the_median():
    probability = np.linspace(0.0005, 0.9995, 201)
    found = ln_distance_quantiles(np.geomspace(8.0, 500.0, 97), probability)
    assert np.all(np.diff(found, axis=1) > 0)
    assert np.all(found[:, 100] == 0.0)
    assert np.all(np.sign(found) == np.sign(np.round(probability - 0.5, 12)))


def test_louder_signals_tell_their_distance_better_and_lower_ends_are_farther():
    found = ln_distance_quantiles(np.geomspace(8.0, 400.0, 30), np.array([0.05, 0.95]))
    assert np.all(np.diff(found[:, 1] - found[:, 0]) < 0)
    assert np.all(-found[:, 0] > found[:, 1])
    assert found.shape == (30, 2)


@given(
    median=st.floats(50.0, 1e4),
    down=st.floats(0.05, 0.9),
    up=st.floats(0.05, 3.0),
    snr=st.floats(8.0, 100.0),
)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_distances_meet_the_published_interval_and_grow_between(median, down, up, snr):
    low, high = median * (1.0 - down), median * (1.0 + up)
    events = measured(((median, 500.0), (low, 400.0), (high, 700.0)), (3.0, 3.0), (0.1, 0.1), (snr, 9.0))
    ends = events.distance_at(np.array([0.0, -END, END]))
    assert ends.shape == (2, 3)
    np.testing.assert_allclose(ends[0], [median, low, high], rtol=1e-9)
    np.testing.assert_allclose(ends[1], [500.0, 400.0, 700.0], rtol=1e-9)
    assert ends[0, 0] == median
    many = events.distance_at(np.linspace(-3.75, 3.75, 151))
    assert np.all(many > 0) and np.all(np.isfinite(many))
    assert np.all(np.diff(many, axis=1) > 0)


def test_an_event_alone_is_the_same_as_among_others():
    u, together = np.array([-2.0, 0.3, 2.0]), ((1000.0, 300.0), (500.0, 250.0), (1400.0, 390.0))
    both = measured(together, (3.0, 2.0), (0.06, 0.1), (12.0, 30.0)).distance_at(u)
    for i, snr in enumerate((12.0, 30.0)):
        alone = measured(tuple((row[i],) for row in together), snr=(snr,)).distance_at(u)
        np.testing.assert_array_equal(alone[0], both[i])


def intervals(ln_mass_err, spread, z=0.4):
    """Source-frame mass and distance of one event whose errors are small, by astropy's redshifts."""
    cosmology = FlatLambdaCDM(67.66, 0.31108, Tcmb0=0.0)
    distance = cosmology.luminosity_distance(z).value * np.exp(spread * END * np.array([0.0, -1.0, 1.0]))
    step = 1e-4
    slope = np.log1p(z + step) - np.log1p(z - step)
    slope /= np.log(cosmology.luminosity_distance(z + step) / cosmology.luminosity_distance(z - step)).value
    source_err = np.hypot(ln_mass_err, slope * spread)
    mass = 30.0 / (1.0 + z) * np.exp(source_err * END * np.array([0.0, -1.0, 1.0]))
    return mass[:, np.newaxis], distance[:, np.newaxis]


@pytest.mark.parametrize("ln_mass_err", [0.07, 0.1, 0.3])
@pytest.mark.parametrize("spread", [1e-3, 0.05])
def test_the_detector_frame_mass_and_its_error_come_back(ln_mass_err, spread):
    mass, distance = intervals(ln_mass_err, spread)
    events = MeasuredEvents.from_intervals(mass, distance, np.array([12.0]), VOLUME.redshift)
    assert np.exp(events.ln_mass.item()) == pytest.approx(30.0, rel=1e-3)
    assert events.ln_mass_err.item() == pytest.approx(ln_mass_err, rel=1e-2)
    np.testing.assert_array_equal(events.distance, distance)
    assert len(events) == 1


def test_errors_have_a_floor_where_the_distance_explains_the_interval():
    mass, distance = intervals(1e-3, 0.4)
    events = MeasuredEvents.from_intervals(mass, distance, np.array([12.0]), VOLUME.redshift)
    assert events.ln_mass_err.item() == 0.05


NO = np.array([[1000.0], [600.0], [1500.0]])
BAD = {
    "no event": lambda: measured(((), (), ()), (), (), ()),
    "no mass": lambda: measured(ln_mass=(np.nan,)),
    "no error": lambda: measured(err=(np.nan,)),
    "an error of 0": lambda: measured(err=(0.0,)),
    "no SNR": lambda: measured(snr=(np.nan,)),
    "no distance": lambda: measured(((np.nan,), (600.0,), (1500.0,))),
    "no upper end": lambda: measured(((1000.0,), (600.0,), (np.nan,))),
    "an infinite end": lambda: measured(((1000.0,), (600.0,), (np.inf,))),
    "a distance of 0": lambda: measured(((1000.0,), (0.0,), (1500.0,))),
    "ends reversed": lambda: measured(((1000.0,), (1500.0,), (600.0,))),
    "an end at the median": lambda: measured(((1000.0,), (1000.0,), (1500.0,))),
    "a mass interval that is missing": lambda: MeasuredEvents.from_intervals(
        np.array([[20.0], [np.nan], [22.0]]), NO, np.array([12.0]), VOLUME.redshift
    ),
    "a negative mass": lambda: MeasuredEvents.from_intervals(
        np.array([[-20.0], [18.0], [22.0]]), NO, np.array([12.0]), VOLUME.redshift
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_measured_event_is_one_line(name):
    with pytest.raises(InvalidInput, match="^events: (none is left|1 of 1 have no SNR)") as raised:
        BAD[name]()
    assert "\n" not in str(raised.value)


def test_the_row_that_is_wrong_is_named():
    with pytest.raises(InvalidInput, match=r"events: 2 of 3 .*\(the first in row 1\); leave them out"):
        measured(((1e3, 1e3, 1e3), (6e2, 6e2, 2e3), (2e3, np.nan, 3e3)), (3.0,) * 3, (0.1,) * 3, (9.0,) * 3)
