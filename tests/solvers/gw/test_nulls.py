"""The nulls against closed forms and brute force: what is drawn fast is what is detected among all systems."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.integrate import quad

from solvers.errors import InvalidInput
from solvers.gw.base import BLOCK, Events
from solvers.gw.detection import detection_probability
from solvers.gw.nulls import HorizonNull, PaperNull
from solvers.gw.proposals import HorizonSampler

GWTC_3 = {"alpha": 3.4, "m_min": 5.08, "m_max": 86.85, "delta_m": 4.83, "peak_fraction": 0.038, "peak_mean": 33.7}
GWTC_3 |= {"peak_width": 3.6, "beta": 1.08, "kappa": 2.9}
NULLS = {
    "power law": HorizonNull(),
    "peak, loss": HorizonNull(params={"m_max": 65.0, "peak_fraction": 0.05}, high_mass_loss=True),
    "gwtc-3": HorizonNull(params=GWTC_3),
    "gwtc-3, joint, loss": HorizonNull(params=GWTC_3, smoothing="joint", high_mass_loss=True),
    "near": HorizonNull(params={"m_min": 1.0, "m_max": 3.0, "beta": -0.5, "threshold": 5.0}),
}
COLUMNS = ("mass_1_source", "mass_2_source", "total_mass_source", "chirp_mass_source", "luminosity_distance")
COLUMNS += ("redshift", "snr")
SAMPLERS = [NULLS["gwtc-3"].sampler(compiled=compiled) for compiled in (False, True)]


def same_bits(first, second):
    return all(np.array_equal(getattr(first, c), getattr(second, c), equal_nan=True) for c in COLUMNS)


def test_paper_systems_follow_their_distributions():
    events = PaperNull().systems(200_000, np.random.default_rng(5))
    ends = 5.0**-1.3, 100.0**-1.3
    mass, distance = events.total_mass_source, events.luminosity_distance
    assert stats.kstest((ends[0] - mass**-1.3) / (ends[0] - ends[1]), "uniform").pvalue > 0.01
    assert stats.kstest((distance / 1e4) ** 3, "uniform").pvalue > 0.01
    np.testing.assert_allclose(events.snr, 5000.0 * (0.435 * mass) ** (5.0 / 3.0) / distance, rtol=1e-13)
    np.testing.assert_allclose(events.chirp_mass_source, 0.435 * mass, rtol=1e-15)
    assert np.all(np.isnan([events.mass_1_source, events.mass_2_source, events.redshift]))


@pytest.mark.parametrize("alpha", [1.0, 1.0 + 1e-10, 0.0, -2.0])
def test_paper_masses_have_any_slope(alpha):
    mass = PaperNull(params={"alpha": alpha}).systems(50_000, np.random.default_rng(6)).total_mass_source
    whole = quad(lambda m: m**-alpha, 5.0, 100.0)[0]
    below = quad(lambda m: m**-alpha, 5.0, 40.0)[0] / whole
    assert np.mean(mass < 40.0) == pytest.approx(below, abs=0.01)
    assert np.all((mass >= 5.0) & (mass <= 100.0))


@pytest.mark.parametrize("norm", [5000.0, 500.0])
def test_paper_fraction_detected_is_the_integral(norm):
    model = PaperNull(params={"norm": norm})

    def seen(mass):
        return mass**-2.3 * min(1.0, norm * (0.435 * mass) ** (5.0 / 3.0) / 8.0 / 1e4) ** 3

    edge = (8e4 / norm) ** 0.6 / 0.435
    parts = ((5.0, min(edge, 100.0)), (min(edge, 100.0), 100.0))
    exact = sum(quad(seen, *part)[0] for part in parts) / quad(lambda m: m**-2.3, 5.0, 100.0)[0]
    fraction = model.detected_fraction(1_000_000, np.random.default_rng(7))
    assert fraction == pytest.approx(exact, abs=4.0 * np.sqrt(exact / 1e6))
    if norm == 5000.0:
        assert fraction == pytest.approx(0.4108, abs=0.002)


def test_detected_events_are_those_above_the_threshold():
    events = PaperNull().detected(5000, np.random.default_rng(8))
    assert len(events) == 5000
    assert events.snr.min() > 8.0
    horizon = HorizonNull().detected(3000, np.random.default_rng(8))
    assert len(horizon) == 3000
    assert horizon.snr.min() > 8.0
    assert np.all(horizon.mass_2_source <= horizon.mass_1_source)
    np.testing.assert_array_equal(horizon.total_mass_source, horizon.mass_1_source + horizon.mass_2_source)


@pytest.mark.parametrize("name", NULLS)
def test_fast_draws_are_what_brute_force_detects(name):
    model, rng = NULLS[name], np.random.default_rng(9)
    threshold, parts = model.space.fixed["threshold"], []
    for _ in range(4):
        systems = model.systems(150_000, rng)
        parts.append(systems.rows(systems.snr > threshold))
    brute = Events.concatenate(parts)
    fast = model.detected(30_000, np.random.default_rng(10))
    for column in COLUMNS:
        assert stats.ks_2samp(getattr(brute, column), getattr(fast, column)).pvalue > 1e-3, column
    fraction = model.detected_fraction(300_000, np.random.default_rng(11))
    assert fraction == pytest.approx(len(brute) / 600_000, abs=4.5 * np.sqrt(len(brute)) / 600_000)


@pytest.mark.parametrize("name", ["power law", "gwtc-3, joint, loss"])
def test_fraction_detected_is_the_mean_detection_probability(name):
    model = NULLS[name]
    masses, redshifts, detector = model.parts()
    u = np.random.default_rng(12).random((3, 400_000))
    m1, m2 = masses.sample(u[0], u[1])
    z = redshifts.sample(u[2])
    probability = detection_probability(detector.optimal_snr(m1, m2, z, redshifts.luminosity_distance(z)))
    error = np.std(probability) / np.sqrt(probability.size)
    fraction = model.detected_fraction(400_000, np.random.default_rng(13))
    assert fraction == pytest.approx(probability.mean(), abs=4.0 * error + 0.02 * probability.mean())


@pytest.mark.parametrize("name", NULLS)
def test_no_system_is_better_than_the_bound_of_its_cell(name):
    sampler = NULLS[name].sampler()
    u = np.random.default_rng(14).random((3, 300_000))
    # Half of the systems are at the upper ends, where the bound is tight.
    u[:, ::2] = 1.0 - 1e-4 * u[:, ::2]
    u[2] = 1.0 - u[2]
    m1, m2 = sampler.masses.sample(u[0], u[1])
    z = sampler.redshifts.sample(u[2])
    best = sampler.detector.optimal_snr(m1, m2, z, sampler.redshifts.luminosity_distance(z))
    rows = np.searchsorted(sampler.masses.primary.nodes, m1, side="right") - 1
    columns = np.searchsorted(sampler.redshifts.table.nodes, z, side="right") - 1
    bound = sampler.bound[np.minimum(rows, 511), np.minimum(columns, 255)]
    assert np.all(special.ndtr(best - sampler.detector.threshold) <= bound)


@pytest.mark.parametrize("name", NULLS)
def test_compiled_equals_plain_for_equal_random_numbers(name):
    masses, redshifts, detector = NULLS[name].parts()
    uniforms = np.random.default_rng(15).random((9, 100_000))
    plain = HorizonSampler(masses, redshifts, detector).events(uniforms)
    compiled = HorizonSampler(masses, redshifts, detector, compiled=True).events(uniforms)
    assert len(plain) == len(compiled) > 500
    for column in COLUMNS:
        np.testing.assert_allclose(getattr(compiled, column), getattr(plain, column), rtol=1e-12)


@given(u=st.lists(st.sampled_from([0.0, 1e-300, 1e-16, 0.5, 1.0 - 2.0**-53]), min_size=9, max_size=9))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_compiled_equals_plain_at_the_ends_of_the_random_numbers(u):
    uniforms = np.array(u)[:, np.newaxis]
    plain, compiled = (sampler.events(uniforms) for sampler in SAMPLERS)
    assert len(plain) == len(compiled)
    for column in COLUMNS:
        np.testing.assert_allclose(getattr(compiled, column), getattr(plain, column), rtol=1e-9)


@pytest.mark.parametrize("model", [PaperNull(), NULLS["gwtc-3"]], ids=["paper", "horizon"])
@pytest.mark.parametrize("compiled", [False, True])
def test_one_seed_gives_the_same_bits_however_events_are_taken(model, compiled):
    whole = model.detected(3000, np.random.default_rng(16), compiled=compiled)
    assert same_bits(whole, model.detected(3000, np.random.default_rng(16), compiled=compiled))
    stream = model.stream(np.random.default_rng(16), compiled=compiled)
    assert same_bits(whole, Events.concatenate([stream.take(n) for n in (1, 79, 1900, 1020)]))
    assert not same_bits(whole, model.detected(3000, np.random.default_rng(17), compiled=compiled))


def test_keywords_are_parameters_too():
    scan = PaperNull(params={"norm": {"scan": [500.0, 5000.0]}})
    by_keyword = scan.detected(100, np.random.default_rng(18), norm=500.0)
    assert same_bits(by_keyword, PaperNull(params={"norm": 500.0}).detected(100, np.random.default_rng(18)))
    with pytest.raises(InvalidInput, match="norm: not fixed by params"):
        scan.detected(100, np.random.default_rng(18))
    with pytest.raises(InvalidInput, match="m_min=60: must be below m_max=50"):
        HorizonNull().detected(1, np.random.default_rng(18), m_min=60.0)
    with pytest.raises(InvalidInput, match="kappa: must be one number"):
        HorizonNull().detected(1, np.random.default_rng(18), kappa=np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PaperNull(params={"m_min": 200.0}), "params.m_min=200: must be below m_max=100"),
        (lambda: HorizonNull(params={"m_max": 4.0}), "params.m_min=5: must be below m_max=4"),
        (lambda: HorizonNull(params={"peak_fraction": 1.5}), "params.peak_fraction=1.5: must be >= 0 and <= 1"),
        (lambda: HorizonNull(params={"kapa": 1.0}), "params.kapa: unknown parameter; did you mean kappa"),
        (lambda: HorizonNull(smoothing="none"), "smoothing='none': must be one of conditional, joint"),
        (lambda: PaperNull(params={"chirp_factor": 0.6}), "params.chirp_factor=0.6"),
    ],
)
def test_wrong_parameters_are_one_line(build, message):
    with pytest.raises(ValueError, match=message) as raised:
        build()
    assert "\n" not in str(raised.value)


def test_wrong_requests_are_one_line():
    rng = np.random.default_rng(19)
    with pytest.raises(InvalidInput, match="n=0: must be >= 1"):
        PaperNull().detected(0, rng)
    with pytest.raises(InvalidInput, match="n_draws=0: must be >= 1"):
        PaperNull().detected_fraction(0, rng)


def test_a_blind_detector_is_refused(monkeypatch):
    rng = np.random.default_rng(20)
    monkeypatch.setattr("solvers.gw.base._PATIENCE", 10 * BLOCK)
    for model in (PaperNull(params={"norm": 1e-9}), HorizonNull(params={"d_horizon": 1e-6, "threshold": 50.0})):
        with pytest.raises(InvalidInput, match=f"detected: none of {10 * BLOCK} systems"):
            model.detected(1, rng)


def test_noise_alone_is_detected_as_often_as_noise():
    blind = HorizonNull(params={"d_horizon": 1e-9, "threshold": 3.0})
    assert blind.detected_fraction(100_000, np.random.default_rng(21)) == pytest.approx(special.ndtr(-3.0), rel=1e-4)
    noise = blind.detected(50_000, np.random.default_rng(22)).snr
    assert stats.kstest(special.ndtr(-noise) / special.ndtr(-3.0), "uniform").pvalue > 0.01
