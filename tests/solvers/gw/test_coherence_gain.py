"""The coherence gain: mpmath, the source's example, round trips, its limits, and what a gain of the strain does."""

import math

import mpmath
import numpy as np
import pytest
from astropy.cosmology import Planck18
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.gw.coherence_gain import CoherenceGain

GAIN = CoherenceGain()
Z = np.linspace(0.0, 3.0, 3001)
D_L = Planck18.luminosity_distance(Z).value

MASS = st.floats(1.0, 1e3)
DISTANCE = st.floats(10.0, 1e4)


def redshift_of(distance):
    return np.interp(distance, D_L, Z)


def exact_gain(epsilon, distance, length=2.2):
    with mpmath.workdps(50):
        epsilon, distance, length = map(mpmath.mpf, (epsilon, distance, length))
        return (1 + epsilon) ** (1000 * distance / length)


def exact_epsilon(effective_mass, mass, distance, length=2.2):
    with mpmath.workdps(50):
        effective_mass, mass, distance, length = map(mpmath.mpf, (effective_mass, mass, distance, length))
        return (effective_mass / mass) ** (length / (1000 * distance)) - 1


def test_the_example_of_the_source():
    assert GAIN.n_periods(3000.0) == pytest.approx(1.36364e6, rel=1e-5)
    assert GAIN.gain(3.4e-7, 3000.0) == pytest.approx(1.58984, abs=5e-6)
    assert GAIN.effective_mass(60.0, 3.4e-7, 3000.0) == pytest.approx(95.39, abs=5e-3)
    rounded = CoherenceGain(coherence_length=3e6 / 1.4e6)
    assert rounded.effective_mass(60.0, 3.4e-7, 3000.0) == pytest.approx(96.6, abs=0.05)


@pytest.mark.parametrize("distance", [0.01, 40.0, 3000.0, 1e4])
@pytest.mark.parametrize("epsilon", [-0.5, -3e-7, -1e-13, 1e-15, 3.4e-7, 1e-6, 1e-2])
def test_gain_agrees_with_mpmath(epsilon, distance):
    exact = exact_gain(epsilon, distance)
    logarithm = float(mpmath.log(exact))
    assert GAIN.ln_gain(epsilon, distance) == pytest.approx(logarithm, rel=1e-15, abs=0)
    # exp turns the relative error of its argument into this one.
    if 1e-300 < exact < 1e300:
        assert GAIN.gain(epsilon, distance) == pytest.approx(float(exact), rel=1e-15 * (1 + abs(logarithm)), abs=0)


@pytest.mark.parametrize("distance", [0.01, 40.0, 3000.0])
@pytest.mark.parametrize("ratio", [1e-4, 0.4, 1 - 2.0**-40, 1 + 2.0**-50, 1.01, 1.5, 1.6, 3.9, 2e4])
def test_epsilon_agrees_with_mpmath_also_for_nearly_equal_masses(ratio, distance):
    exact = float(exact_epsilon(64.0 * ratio, 64.0, distance))
    assert GAIN.epsilon(64.0 * ratio, 64.0, distance) == pytest.approx(exact, rel=1e-14, abs=0)


def test_the_direct_power_is_worse():
    n = GAIN.n_periods(3000.0)
    exact = float(exact_epsilon(95.0, 60.0, 3000.0))
    assert abs((95.0 / 60.0) ** (1.0 / n) - 1.0 - exact) > 1e-11 * exact
    assert abs(GAIN.epsilon(95.0, 60.0, 3000.0) - exact) < 1e-14 * exact


# Below ln C of 1e-3 the effective mass, a float, does not hold 12 digits of ε.
@given(mass=MASS, distance=DISTANCE, log_gain=st.floats(1e-3, 5.0), sign=st.sampled_from([-1.0, 1.0]))
@settings(deadline=None, derandomize=True)
def test_epsilon_comes_back_from_the_effective_mass(mass, distance, log_gain, sign):
    epsilon = np.expm1(sign * log_gain / GAIN.n_periods(distance))
    seen = GAIN.effective_mass(mass, epsilon, distance)
    assert GAIN.epsilon(seen, mass, distance) == pytest.approx(epsilon, rel=1e-12, abs=0)


@given(mass=MASS, seen=MASS, distance=DISTANCE, length=st.floats(1e-2, 1e2))
@settings(deadline=None, derandomize=True)
def test_the_effective_mass_comes_back_from_epsilon(mass, seen, distance, length):
    gain = CoherenceGain(coherence_length=length)
    epsilon = gain.epsilon(seen, mass, distance)
    assert np.sign(epsilon) == np.sign(seen - mass)
    assert gain.effective_mass(mass, epsilon, distance) == pytest.approx(seen, rel=1e-12)


@given(epsilon=st.floats(-1e-6, 1e-6), near=DISTANCE, far=DISTANCE)
@settings(deadline=None, derandomize=True)
def test_gains_of_two_paths_multiply(epsilon, near, far):
    both = GAIN.gain(epsilon, near) * GAIN.gain(epsilon, far)
    assert GAIN.gain(epsilon, near + far) == pytest.approx(both, rel=1e-13)


def test_no_gain_without_epsilon():
    np.testing.assert_array_equal(GAIN.gain(0.0, [1.0, 1e4]), 1.0)
    np.testing.assert_array_equal(GAIN.epsilon(60.0, 60.0, [1.0, 1e4]), 0.0)


def test_at_the_ends():
    assert GAIN.ln_gain(-1.0, 10.0) == -math.inf
    assert GAIN.gain(-1.0, 10.0) == 0.0
    assert GAIN.gain(1.0, 10.0) == math.inf


def test_a_lower_effective_mass_is_a_negative_epsilon():
    found = GAIN.epsilon([50.0, 60.0, 70.0], 60.0, 3000.0)
    assert list(np.sign(found)) == [-1, 0, 1]


def test_what_is_not_valid_is_nan_and_the_rest_is_not():
    distance = np.array([3000.0, 0.0, -1.0, np.nan, np.inf, 3000.0])
    epsilon = np.array([1e-7, 1e-7, 1e-7, 1e-7, 1e-7, -1.1])
    legal = np.array([True, False, False, False, False, False])
    np.testing.assert_array_equal(GAIN.valid(distance, epsilon=epsilon), legal)
    np.testing.assert_array_equal(np.isfinite(GAIN.ln_gain(epsilon, distance)), legal)
    np.testing.assert_array_equal(np.isfinite(GAIN.effective_mass(60.0, epsilon, distance)), legal)
    np.testing.assert_array_equal(np.isfinite(GAIN.n_periods(distance)), [True, False, False, False, False, True])
    masses = np.array([60.0, 0.0, -5.0, np.nan, np.inf])
    legal = np.array([True, False, False, False, False])
    np.testing.assert_array_equal(GAIN.valid(3000.0, mass=masses), legal)
    np.testing.assert_array_equal(GAIN.valid(3000.0, effective_mass=masses), legal)
    np.testing.assert_array_equal(np.isfinite(GAIN.epsilon(masses, 50.0, 3000.0)), legal)
    np.testing.assert_array_equal(np.isfinite(GAIN.epsilon(50.0, masses, 3000.0)), legal)
    np.testing.assert_array_equal(np.isfinite(GAIN.effective_mass(masses, 1e-7, 3000.0)), legal)


def test_arrays_broadcast():
    mass, distance = np.array([[40.0], [60.0]]), np.array([500.0, 1000.0, 4000.0])
    seen = GAIN.effective_mass(mass, 3e-7, distance)
    expected = [[float(GAIN.effective_mass(m, 3e-7, d)) for d in distance] for m in mass[:, 0]]
    np.testing.assert_array_equal(seen, expected)
    assert GAIN.epsilon(seen, mass, distance).shape == (2, 3)
    assert GAIN.valid(distance, mass=mass).shape == (2, 3)


def test_a_gain_of_the_mass_leaves_the_distance():
    mass, distance = GAIN.inferred(60.0, [3000.0, -1.0], np.nan, 3.4e-7, None)
    np.testing.assert_allclose(mass, [95.3907, np.nan], rtol=1e-6)
    np.testing.assert_array_equal(distance, [3000.0, np.nan])


def test_a_gain_of_the_strain_brings_the_source_nearer_and_leaves_its_detector_frame_mass():
    gain = CoherenceGain(gain_target="strain")
    far = np.array([1000.0, 3000.0, 8000.0])
    mass, near = gain.inferred(60.0, far, redshift_of(far), 3.4e-7, redshift_of)
    np.testing.assert_allclose(near, [far_ / float(exact_gain(3.4e-7, far_)) for far_ in far], rtol=1e-13)
    np.testing.assert_allclose(mass * (1 + redshift_of(near)), 60.0 * (1 + redshift_of(far)), rtol=1e-14)
    assert mass[1] == pytest.approx(67.40, abs=0.01)
    assert np.all(mass < gain.effective_mass(60.0, 3.4e-7, far))
    np.testing.assert_allclose(near * gain.gain(3.4e-7, far), far, rtol=1e-14)


def test_a_strain_without_gain_changes_nothing():
    mass, distance = CoherenceGain(gain_target="strain").inferred(60.0, 3000.0, redshift_of(3000.0), 0.0, redshift_of)
    assert (mass, distance) == (pytest.approx(60.0, rel=1e-15), 3000.0)


def test_a_strain_that_gives_no_distance_is_nan():
    gain = CoherenceGain(gain_target="strain")
    redshift = [0.5, 0.5, -1.0, np.nan, 0.5]
    mass, distance = gain.inferred([60.0, 0.0, 60.0, 60.0, 60.0], 3000.0, redshift, [0, 0, 0, 0, -1.0], redshift_of)
    np.testing.assert_array_equal(np.isfinite(mass), [True, False, False, False, False])
    np.testing.assert_array_equal(np.isfinite(distance), np.isfinite(mass))
    assert np.isnan(gain.inferred(60.0, -1.0, 0.5, 0.0, redshift_of)[0])


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"coherence_length": 0.0}, "coherence_length=0.0: must be > 0"),
        ({"coherence_length": math.nan}, "coherence_length=nan: must be > 0"),
        ({"coherence_length": math.inf}, "coherence_length=inf: must be > 0"),
        ({"gain_target": "phase"}, "gain_target='phase': must be one of mass, strain"),
    ],
)
def test_illegal_settings_are_refused(given_, message):
    with pytest.raises(ValueError) as error:
        CoherenceGain(**given_)
    assert str(error.value) == message
