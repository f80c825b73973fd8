"""Binaries with a coherence gain: without one they are those of the null, with one they are what SI §10.1 says."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from solvers.gw.coherent_population import CoherentPopulation
from solvers.gw.nulls import HorizonNull

PARAMS = {"alpha": 2.6, "m_max": 110.0, "peak_fraction": 0.13, "kappa": 1.0, "d_horizon": 470.0, "loss_mass": 600.0}
PARAMS |= {"z_max": 3.0}
PLAIN = CoherentPopulation(params=PARAMS, high_mass_loss=True)
COLUMNS = ("mass_1_source", "mass_2_source", "total_mass_source", "chirp_mass_source", "luminosity_distance")
COLUMNS += ("redshift", "snr")
cosmology = FlatLambdaCDM(67.66, 0.31108, Tcmb0=0.0)


def with_gain(epsilon, target="mass", loss=True, n=20_000):
    """Systems of one seed, whatever the gain."""
    model = replace(PLAIN, params={**PARAMS, "epsilon": epsilon}, gain_target=target, high_mass_loss=loss)
    return model.systems(n, np.random.default_rng(61))


def gain(epsilon, distance):
    return (1.0 + epsilon) ** (1000.0 * distance / 2.2)


@pytest.mark.parametrize(("target", "loss"), [("mass", True), ("strain", False)])
def test_without_a_gain_it_is_the_null(target, loss):
    null = HorizonNull(params=PARAMS, high_mass_loss=loss)
    model = replace(PLAIN, high_mass_loss=loss, gain_target=target)
    first, second = null.detected(3000, np.random.default_rng(62)), model.detected(3000, np.random.default_rng(63))
    for column in COLUMNS:
        assert stats.ks_2samp(getattr(first, column), getattr(second, column)).pvalue > 1e-3, column
    n = 100_000
    share = [each.detected_fraction(n, np.random.default_rng(64)) for each in (null, model)]
    assert share[0] == pytest.approx(share[1], abs=4.5 * np.sqrt(2.0 * share[1] / n))


@pytest.mark.parametrize("epsilon", [-2e-7, 3.4e-7, 1e-6])
def test_masses_appear_times_the_gain_of_their_distance(epsilon):
    true, seen = with_gain(0.0), with_gain(epsilon)
    factor = gain(epsilon, true.luminosity_distance)
    np.testing.assert_array_equal(seen.luminosity_distance, true.luminosity_distance)
    np.testing.assert_array_equal(seen.redshift, true.redshift)
    for column in COLUMNS[:4]:
        np.testing.assert_allclose(getattr(seen, column), factor * getattr(true, column), rtol=1e-9)
    np.testing.assert_allclose(seen.total_mass_source, seen.mass_1_source + seen.mass_2_source, rtol=1e-15)


def test_a_system_is_detected_as_what_it_appears_to_be():
    # Without a loss the SNR goes as M_c^(5/6): what is left after the noise grows by C^(5/6).
    plain, first, second = (with_gain(epsilon, loss=False) for epsilon in (0.0, 3.4e-7, 6e-7))
    powers = [gain(epsilon, plain.luminosity_distance) ** (5.0 / 6.0) - 1.0 for epsilon in (3.4e-7, 6e-7)]
    signals = [(each.snr - plain.snr) / power for each, power in zip((first, second), powers, strict=True)]
    near = plain.luminosity_distance > 500.0
    np.testing.assert_allclose(signals[0][near], signals[1][near], rtol=1e-9, atol=1e-9)
    heavier = gain(3.4e-7, plain.luminosity_distance)
    m1, m2 = heavier * plain.mass_1_source, heavier * plain.mass_2_source
    best = PLAIN.detector.optimal_snr(m1, m2, plain.redshift, plain.luminosity_distance)
    lossy = with_gain(3.4e-7).snr - with_gain(0.0).snr
    without = PLAIN.detector.optimal_snr(
        plain.mass_1_source, plain.mass_2_source, plain.redshift, plain.luminosity_distance
    )
    theta = lossy[near] / (best - without)[near]
    assert np.all((theta > -1e-6) & (theta < 1.0 + 1e-6))
    assert np.mean(theta**2) == pytest.approx(4.0 / 25.0, abs=0.006)


@pytest.mark.parametrize("epsilon", [3.4e-7, 1e-6])
def test_an_amplified_strain_looks_nearer_with_its_detector_frame_masses(epsilon):
    true, seen = with_gain(0.0, "strain", loss=False), with_gain(epsilon, "strain", loss=False)
    factor = gain(epsilon, true.luminosity_distance)
    np.testing.assert_allclose(seen.luminosity_distance, true.luminosity_distance / factor, rtol=1e-9)
    for column in COLUMNS[:4]:
        np.testing.assert_allclose(
            getattr(seen, column) * (1.0 + seen.redshift), getattr(true, column) * (1.0 + true.redshift), rtol=1e-9
        )
    z = np.linspace(1e-4, 3.0, 30_001)
    by_astropy = np.interp(seen.luminosity_distance, cosmology.luminosity_distance(z).value, z)
    far = seen.luminosity_distance > 1.0
    np.testing.assert_allclose(seen.redshift[far], by_astropy[far], rtol=2e-4)
    half = with_gain(0.5 * epsilon, "strain", loss=False)
    less = gain(0.5 * epsilon, true.luminosity_distance)
    ratio, far = (factor - 1.0) / (less - 1.0), true.luminosity_distance > 500.0
    # Of the SNR only the signal is amplified, by C.
    np.testing.assert_allclose((seen.snr - true.snr)[far], (ratio * (half.snr - true.snr))[far], rtol=1e-6, atol=1e-6)


def test_a_weakened_strain_may_look_farther_than_the_volume():
    true, seen = with_gain(0.0, "strain"), with_gain(-3e-7, "strain")
    beyond = seen.luminosity_distance > cosmology.luminosity_distance(3.0).value * 1.001
    assert beyond.mean() > 0.1
    assert np.all(seen.redshift[beyond] > 3.0)
    for column in COLUMNS:
        assert np.all(np.isfinite(getattr(seen, column))), column
    np.testing.assert_allclose(
        (seen.total_mass_source * (1.0 + seen.redshift))[beyond],
        (true.total_mass_source * (1.0 + true.redshift))[beyond],
        rtol=1e-9,
    )
    assert np.all(seen.snr[beyond] < 20.0)


def test_detected_events_are_above_the_threshold_and_bit_for_bit_those_of_the_seed():
    model = replace(PLAIN, params={**PARAMS, "epsilon": 3.4e-7})
    first, second, other = (model.detected(500, np.random.default_rng(seed)) for seed in (65, 65, 66))
    assert first.snr.min() > 8.0 and len(first) == 500
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(first, column), getattr(second, column))
    assert not np.array_equal(first.snr, other.snr)
    compiled = model.detected(500, np.random.default_rng(65), compiled=True)
    np.testing.assert_allclose(compiled.snr, first.snr, rtol=1e-9)


@given(z=st.floats(1e-3, 3.0))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_redshift_of_a_distance_inverts_the_distance(z):
    distance = PLAIN.volume.distance(z)
    assert distance == pytest.approx(cosmology.luminosity_distance(z).value, rel=2e-4)
    assert PLAIN.volume.redshift(distance) == pytest.approx(z, rel=1e-5)


def test_the_volume_is_dv_dz_over_1_plus_z_and_ends():
    def by_astropy(z):
        return cosmology.differential_comoving_volume(z).value / (1.0 + z)

    z = np.linspace(0.05, 3.0, 40)
    expected = by_astropy(z) / quad(by_astropy, 0.0, 3.0)[0]
    np.testing.assert_allclose(PLAIN.volume.density(z), expected, rtol=1e-3)
    assert np.all(PLAIN.volume.density(np.array([-0.1, 3.0001, 10.0])) == 0.0)
    edge = PLAIN.volume.distance(3.0)
    around = PLAIN.volume.redshift(edge * np.array([0.999, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 1.1, 3.0]))
    assert np.all(np.diff(around) >= 0)
    assert np.all(around[3:] > 3.0)
    assert around[3] == pytest.approx(3.0, rel=1e-8)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"gain_target": "both"}, "gain_target='both': must be one of mass, strain"),
        ({"coherence_length": 0.0}, "coherence_length=0.0: must be > 0"),
        ({"params": {"epsilon": 1e-3}}, "params.epsilon=0.001: must be >= -1e-05 and <= 1e-05"),
        ({"params": {"epsilo": 1e-7}}, "params.epsilo: unknown parameter; did you mean epsilon?"),
    ],
)
def test_wrong_parameters_are_one_line(settings_, message):
    with pytest.raises(ValueError) as raised:
        CoherentPopulation(**settings_)
    assert str(raised.value) == message
