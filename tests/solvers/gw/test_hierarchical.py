"""The likelihood of masses, distances and selection against direct integration, Monte Carlo and its own score."""

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from solvers.errors import InvalidInput
from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.detection import detection_probability
from solvers.gw.event_errors import MeasuredEvents
from solvers.gw.hierarchical import HierarchicalProblem
from solvers.gw.mock_intervals import published_intervals
from solvers.gw.populations import BinaryMasses

DETECTOR = {"d_horizon": 470.0, "loss_mass": 600.0, "z_max": 3.0}
TRUTH = {"epsilon": 0.0, "alpha": 2.6, "m_max": 110.0, "peak_fraction": 0.13, "kappa": 0.0}
PRIOR = {"epsilon": (-3e-7, 1.2e-6), "alpha": (0.0, 6.0), "m_max": (30.0, 200.0), "peak_fraction": (0.0, 0.5)}
PRIOR |= {"kappa": (-6.0, 10.0)}
PUBLISHED = 3.4e-7


def population(**params):
    return CoherentPopulation(params={**DETECTOR, **params}, high_mass_loss=True)


FREE = population(**{key: {"prior": {"min": low, "max": high}} for key, (low, high) in PRIOR.items()})


def mock(n, seed, epsilon=0.0):
    model, rng = population(**{**TRUTH, "epsilon": epsilon}), np.random.default_rng(seed)
    events = model.detected(n, rng)
    found = published_intervals(events, model, rng)
    return MeasuredEvents.from_intervals(
        found.chirp_mass_source, found.luminosity_distance, events.snr, model.volume.redshift
    )


def rows(events, chosen):
    return MeasuredEvents(
        events.ln_mass[chosen], events.ln_mass_err[chosen], events.distance[:, chosen], events.snr[chosen]
    )


EVENTS = mock(9, 51)
PLAIN, COMPILED = (HierarchicalProblem(FREE, EVENTS, compiled=compiled) for compiled in (False, True))
POINTS = {
    "selection alone": TRUTH,
    "published gain": {"epsilon": PUBLISHED, "alpha": 1.3, "m_max": 60.0, "peak_fraction": 0.02, "kappa": -4.0},
    "loss": {"epsilon": -1e-7, "alpha": 3.0, "m_max": 150.0, "peak_fraction": 0.2, "kappa": 3.0},
}
cosmology = FlatLambdaCDM(67.66, 0.31108, Tcmb0=0.0)


class Exact:
    """Parts of the likelihood at one point, each by brute force."""

    def __init__(self, theta):
        self.theta, self.n = theta, 2**16
        self.masses = BinaryMasses(m_min=5.0, **{key: theta[key] for key in ("alpha", "m_max", "peak_fraction")})
        self.z = np.linspace(0.0, 3.0, 3001)[1:]
        self.distance = cosmology.luminosity_distance(self.z).value
        comoving = self.distance / (1.0 + self.z)
        self.growth = (1.0 + self.z) ** theta["kappa"] * comoving**2 / cosmology.efunc(self.z) / (1.0 + self.z)
        self.rate = np.sum(self.growth) / np.sum(self.growth / (1.0 + self.z) ** theta["kappa"])

    def ln_gain(self, distance):
        return 1000.0 * distance / 2.2 * np.log1p(self.theta["epsilon"])

    def density(self, ln_mass):
        """p(ln M_c) by a fine sum over ln q."""
        q = np.exp(np.linspace(-4.0, 0.0, 2001))
        weight = np.gradient(np.log(q)) * q * np.where(q == 1.0, 0.5, 1.0)
        m1 = np.exp(np.asarray(ln_mass))[..., np.newaxis] * ((1.0 + q) / q**3) ** 0.2
        density = np.exp(self.masses.log_density_primary(m1) + self.masses.log_density_ratio(q, m1))
        return (density * m1) @ weight

    @property
    def alpha(self):
        """Mean detection probability of quasi-random systems of the population, as they appear."""
        u = qmc.Sobol(3, seed=5).random(self.n)
        m1, m2 = self.masses.sample(u[:, 0], u[:, 1])
        below = np.append(0.0, np.cumsum(self.growth))
        z = np.interp(u[:, 2], below / below[-1], np.append(0.0, self.z))
        distance = np.interp(z, np.append(0.0, self.z), np.append(0.0, self.distance))
        gain = np.exp(self.ln_gain(distance))
        return detection_probability(FREE.detector.optimal_snr(m1 * gain, m2 * gain, z, distance)).mean()


@pytest.fixture(scope="module")
def exact():
    """Brute force at every point."""
    return {name: Exact(theta) for name, theta in POINTS.items()}


@given(**{key: st.floats(*ends) for key, ends in PRIOR.items()})
@settings(deadline=None, derandomize=True, max_examples=60)
def test_compiled_is_plain(**theta):
    plain, compiled = PLAIN.chi2(**theta).item(), COMPILED.chi2(**theta).item()
    assert np.isfinite(plain)
    assert compiled == pytest.approx(plain, rel=1e-12, abs=1e-11)
    assert COMPILED.detected_fraction(**theta) == pytest.approx(PLAIN.detected_fraction(**theta), rel=1e-12)


@pytest.mark.parametrize("name", POINTS)
def test_detected_fraction_is_the_mean_detection_probability(name, exact):
    assert PLAIN.detected_fraction(**POINTS[name]) == pytest.approx(exact[name].alpha, rel=0.006)


@pytest.mark.parametrize("epsilon", [0.0, PUBLISHED])
def test_detected_fraction_is_that_of_systems_that_are_drawn(epsilon):
    model, n = population(**{**TRUTH, "epsilon": epsilon}), 300_000
    drawn = model.detected_fraction(n, np.random.default_rng(52))
    found = HierarchicalProblem(model, EVENTS).detected_fraction()
    assert found == pytest.approx(drawn, abs=4.0 * np.sqrt(drawn / n) + 0.005 * drawn)


@pytest.mark.parametrize("name", ["published gain", "loss"])
def test_without_errors_it_is_the_density_times_the_rate_over_the_detected_fraction(name, exact):
    ln_mass, z = np.log([9.0, 21.0, 30.0]), np.array([0.1, 0.3, 0.6])
    distance = cosmology.luminosity_distance(z).value
    sharp = MeasuredEvents(
        ln_mass + np.log1p(z),
        np.full(3, 1e-5),
        distance * np.array([[1.0], [1.0 - 1e-6], [1.0 + 1e-6]]),
        np.full(3, 15.0),
    )

    def expected(part):
        logs = np.log(part.density(ln_mass - part.ln_gain(distance))) + part.theta["kappa"] * np.log1p(z)
        return np.sum(logs) - 3.0 * np.log(part.rate * part.alpha)

    problem = HierarchicalProblem(FREE, sharp)
    found = -0.5 * (problem.chi2(**POINTS[name]) - problem.chi2(**TRUTH))
    assert found == pytest.approx(expected(exact[name]) - expected(exact["selection alone"]), abs=0.05)


@pytest.mark.parametrize("name", ["published gain", "loss"])
@pytest.mark.parametrize("row", [0, 5])
def test_with_errors_it_is_the_mean_over_them(name, row, exact):
    u, v = np.linspace(-4.0, 4.0, 321)[:, np.newaxis], np.linspace(-4.5, 4.5, 181)
    distance = EVENTS.distance_at(u[:, 0])[row][:, np.newaxis]
    z, err = np.interp(distance, exact[name].distance, exact[name].z), EVENTS.ln_mass_err[row]
    # The prior, dV/dz/(1+z) and M_det² in ln M_det, is divided out.
    weight = np.exp(-0.5 * u**2 - 0.5 * v**2 - 2.0 * err * v)
    true = EVENTS.ln_mass[row] + err * v - np.log1p(z)

    def expected(part):
        grid = np.linspace(1.0, 5.5, 400)
        density = np.interp(true - part.ln_gain(distance), grid, part.density(grid))
        mean = np.sum(weight * (1.0 + z) ** part.theta["kappa"] * density) / np.sum(weight)
        return np.log(mean) - np.log(part.rate * part.alpha)

    problem = HierarchicalProblem(FREE, rows(EVENTS, slice(row, row + 1)))
    found = -0.5 * (problem.chi2(**POINTS[name]) - problem.chi2(**TRUTH))
    assert found == pytest.approx(expected(exact[name]) - expected(exact["selection alone"]), abs=0.05)


def test_without_a_gain_its_length_does_nothing():
    problems = [
        HierarchicalProblem(CoherentPopulation(params=FREE.params, high_mass_loss=True, coherence_length=x), EVENTS)
        for x in (2.2, 1e-3, 1e15)
    ]
    chi2 = [problem.chi2(**TRUTH).item() for problem in problems]
    assert chi2[0] == chi2[1] == chi2[2]
    # A gain over paths that are much shorter than a period is none.
    assert problems[2].chi2(**{**TRUTH, "epsilon": PUBLISHED}) == pytest.approx(chi2[0], abs=1e-6)
    # What counts is ε over the length.
    twice = {**TRUTH, "epsilon": np.expm1(2.0 * np.log1p(PUBLISHED))}
    longer = HierarchicalProblem(
        CoherentPopulation(params=FREE.params, high_mass_loss=True, coherence_length=4.4), EVENTS
    )
    assert longer.chi2(**twice) == pytest.approx(PLAIN.chi2(**{**TRUTH, "epsilon": PUBLISHED}).item(), abs=1e-8)


@pytest.mark.parametrize("problem", [PLAIN, COMPILED], ids=["plain", "compiled"])
def test_arrays_are_their_numbers(problem):
    columns = {key: np.linspace(low, high, 6).reshape(2, 3) for key, (low, high) in PRIOR.items()}
    columns["alpha"] = 2.0
    found = problem.chi2(**columns)
    function = problem.function(tuple(PRIOR))
    assert found.shape == (2, 3)
    for i in np.ndindex(2, 3):
        theta = {key: float(value if np.ndim(value) == 0 else value[i]) for key, value in columns.items()}
        assert found[i] == problem.chi2(**theta).item() == function([theta[key] for key in PRIOR])


@pytest.mark.parametrize("name", POINTS)
def test_events_add_up_in_any_order(name):
    theta, order = POINTS[name], np.random.default_rng(53).permutation(9)
    parts = [HierarchicalProblem(FREE, rows(EVENTS, part)).chi2(**theta) for part in (slice(4), slice(4, None))]
    whole = PLAIN.chi2(**theta).item()
    assert sum(parts) == pytest.approx(whole, rel=1e-12)
    assert HierarchicalProblem(FREE, rows(EVENTS, order)).chi2(**theta) == pytest.approx(whole, rel=1e-12)
    assert PLAIN.n_data == 9 and PLAIN.n_analytic == 0 and PLAIN.space.names == tuple(PRIOR)


def test_the_score_of_events_that_are_drawn_is_0_at_the_truth_alone():
    many, n_parts, step = mock(2000, 54), 25, 1e-9
    problems = [HierarchicalProblem(FREE, rows(many, slice(i, None, n_parts)), compiled=True) for i in range(n_parts)]

    def pull(epsilon):
        ends = ({**TRUTH, "epsilon": epsilon + sign * step} for sign in (-1.0, 1.0))
        low, high = (np.array([problem.chi2(**theta) for problem in problems]) for theta in ends)
        score = -0.5 * (high - low) / (2.0 * step)
        return score.mean() / (score.std(ddof=1) / np.sqrt(n_parts))

    assert abs(pull(0.0)) < 3.5
    assert pull(2e-8) < -3.5
    assert pull(-3e-8) > 3.5


IMPOSSIBLE = {"light": (1e-3, 1000.0), "heavy": (1e5, 1000.0), "far": (20.0, 2e4)}


@pytest.mark.parametrize("problem", [PLAIN, COMPILED], ids=["plain", "compiled"])
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_event_outside_the_population_is_unlikely_and_no_nan(name, problem):
    mass, distance = IMPOSSIBLE[name]
    ends = distance * np.array([[1.0], [0.8], [1.1]])
    event = MeasuredEvents(np.log([mass]), np.array([0.06]), ends, np.array([12.0]))
    alone = HierarchicalProblem(FREE, event, compiled=problem.compiled)
    assert np.isfinite(alone.chi2(**TRUTH))
    if name != "far":
        assert alone.chi2(**TRUTH) > 1000.0


@pytest.mark.parametrize("compiled", [False, True])
def test_an_event_beyond_the_volume_is_refused(compiled):
    ends = 1e6 * np.array([[1.0], [0.8], [1.1]])
    event = MeasuredEvents(np.log([20.0]), np.array([0.06]), ends, np.array([12.0]))
    with pytest.raises(InvalidInput, match="^events: row 0 lies beyond params.z_max=3; raise it$"):
        HierarchicalProblem(FREE, event, compiled=compiled).chi2(**TRUTH)


REFUSED = {
    "an event at the threshold": (
        lambda: HierarchicalProblem(
            FREE, MeasuredEvents(EVENTS.ln_mass, EVENTS.ln_mass_err, EVENTS.distance, np.r_[8.0, 7.0, EVENTS.snr[2:]])
        ),
        "2 events have an SNR at or below the detector's threshold of 8; raise catalog.snr_min or lower",
    ),
    "a free mass ratio": (
        lambda: HierarchicalProblem(population(beta={"prior": {"min": 0.0, "max": 2.0}}), EVENTS),
        "params.beta: mass ratios are no part of these data, must be a number",
    ),
    "a gain of the strain": (
        lambda: HierarchicalProblem(CoherentPopulation(gain_target="strain"), EVENTS),
        "gain_target=strain: the likelihood is that of mass",
    ),
    "a parameter that is none": (lambda: PLAIN.chi2(**TRUTH, kapa=1.0), "kapa"),
    "a parameter that is missing": (lambda: PLAIN.chi2(alpha=2.0), "epsilon"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_cannot_answer_is_one_line(name):
    build, message = REFUSED[name]
    with pytest.raises(InvalidInput) as raised:
        build()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key", ["z_max", "d_horizon", "threshold", "loss_mass"])
@pytest.mark.parametrize("value", [{"prior": {"min": 1.0, "max": 3.0}}, {"scan": [1.0, 2.0]}], ids=["free", "scan"])
def test_a_free_detector_is_one_line(key, value):
    with pytest.raises(ValueError, match=f"^params.{key}: belongs to the detector, must be a number$"):
        population(**{key: value})
