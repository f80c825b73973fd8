"""What a detector sees: known averages of the antenna pattern, and detection probabilities against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from solvers.errors import InvalidInput
from solvers.gw import detection
from solvers.gw.detection import (
    HORIZON_PER_RANGE,
    HorizonDetector,
    detection_probability,
    isotropic_orientation_factor,
    orientation_factor,
    published_snr,
)

DETECTOR = HorizonDetector(d_horizon=362.368)


@pytest.fixture(scope="module")
def theta():
    """Θ of a million random orientations."""
    return isotropic_orientation_factor(np.random.default_rng(3).random((4, 1_000_000)))


def test_published_snr_of_a_light_system_at_the_edge():
    # 12 Msun at 10 Gpc is at the published threshold.
    assert published_snr(0.435 * 12.0, 1e4, 5000.0, 5.0 / 3.0) == pytest.approx(0.5 * 5.22 ** (5.0 / 3.0), rel=1e-14)


def test_overhead_and_face_on_is_the_maximum():
    assert orientation_factor(1.0, 0.3, 1.1, 1.0) == pytest.approx(1.0, abs=1e-15)
    assert orientation_factor(1.0, 0.0, 0.0, 0.0) == pytest.approx(0.5, abs=1e-15)
    assert orientation_factor(0.0, np.pi / 4.0, 0.7, 0.2) == pytest.approx(0.0, abs=1e-15)


@given(*(st.floats(-1.0, 1.0) for _ in range(2)), *(st.floats(-10.0, 10.0) for _ in range(2)))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_orientation_is_that_of_the_antenna_pattern(cos_theta, cos_iota, phi, psi):
    a, b = 0.5 * (1.0 + cos_theta**2) * np.cos(2 * phi), cos_theta * np.sin(2 * phi)
    f_plus = a * np.cos(2 * psi) - b * np.sin(2 * psi)
    f_cross = a * np.sin(2 * psi) + b * np.cos(2 * psi)
    expected = np.hypot(f_plus * (1.0 + cos_iota**2) / 2.0, f_cross * cos_iota)
    found = orientation_factor(cos_theta, phi, psi, cos_iota)
    assert found == pytest.approx(expected, abs=1e-14)
    assert found <= 1.0 + 1e-14


def test_means_of_theta(theta):
    # ⟨F²⟩ = 1/5 for each polarisation, ⟨((1+c²)/2)²⟩ = 7/15 and ⟨c²⟩ = 1/3.
    assert np.mean(theta**2) == pytest.approx(4.0 / 25.0, abs=5e-4)
    assert np.mean(theta**3) ** (-1.0 / 3.0) == pytest.approx(HORIZON_PER_RANGE, abs=0.005)
    nodes, weight = detection._orientation_rule(detection._ORDER)
    assert weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert nodes**2 @ weight == pytest.approx(4.0 / 25.0, abs=1e-7)
    assert (nodes**3 @ weight) ** (-1.0 / 3.0) == pytest.approx(HORIZON_PER_RANGE, abs=1e-4)


@pytest.mark.parametrize("rho", [2.0, 6.0, 8.0, 10.0, 14.0, 20.0, 40.0, 200.0])
def test_detection_probability_is_that_of_brute_force(rho, theta):
    given_theta = special.ndtr(rho * theta - 8.0)
    error = np.std(given_theta) / np.sqrt(theta.size)
    assert detection_probability(rho) == pytest.approx(given_theta.mean(), abs=4.0 * error + 3e-5 * given_theta.mean())
    seen = rho * theta + np.random.default_rng(4).standard_normal(theta.size) > 8.0
    assert detection_probability(rho) == pytest.approx(seen.mean(), abs=4.0 * np.std(seen) / np.sqrt(seen.size) + 1e-6)


@pytest.mark.parametrize("threshold", [4.0, 8.0, 20.0])
def test_detection_probability_does_not_depend_on_the_rule(threshold):
    theta, weight = detection._orientation_rule((40, 28, 20, 36))
    rho = threshold * np.geomspace(0.01, 100.0, 200)
    other = special.ndtr(rho[:, np.newaxis] * theta - threshold) @ weight
    np.testing.assert_allclose(detection_probability(rho, threshold), other, rtol=1e-4)


def test_detection_probability_at_its_ends():
    assert detection_probability(0.0) == pytest.approx(special.ndtr(-8.0), rel=1e-6)
    far = detection_probability([7000.0, 8000.0, 16_000.0, 1e7, np.inf])
    assert np.all(np.diff(far) >= 0)
    assert far[-1] == 1.0
    assert 1.0 - far[2] == pytest.approx((1.0 - detection_probability(7991.9999)) * (7992.0 / 16_000.0) ** 2, rel=1e-3)
    assert np.all(np.diff(detection_probability(np.linspace(0.0, 500.0, 20_001))) > 0)
    assert detection_probability(np.zeros((2, 3))).shape == (2, 3)


def test_what_is_no_snr_is_refused():
    for rho in (-1.0, np.nan):
        with pytest.raises(InvalidInput, match="optimal_snr: must be >= 0"):
            detection_probability(rho)
    with pytest.raises(InvalidInput, match="threshold=0: must be > 0"):
        detection_probability(1.0, 0.0)


@given(m1=st.floats(1.0, 300.0), q=st.floats(0.02, 1.0), z=st.floats(0.0, 3.0), distance=st.floats(1.0, 3e4))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_optimal_snr_is_that_of_the_redshifted_chirp_mass(m1, q, z, distance):
    m2 = q * m1
    chirp = (m1 * m2) ** 0.6 / (m1 + m2) ** 0.2 * (1.0 + z)
    expected = 8.0 * (chirp / 1.2188) ** (5.0 / 6.0) * 362.368 / distance
    assert DETECTOR.optimal_snr(m1, m2, z, distance) == pytest.approx(expected, rel=1e-13)
    lossy = HorizonDetector(d_horizon=362.368, loss_mass=250.0)
    loss = (1.0 + ((m1 + m2) * (1.0 + z) / 250.0) ** 2) ** -0.75
    assert lossy.optimal_snr(m1, m2, z, distance) == pytest.approx(expected * loss, rel=1e-13)


def test_neutron_stars_at_the_horizon_have_snr_8():
    assert DETECTOR.optimal_snr(1.4, 1.4, 0.0, 362.368) == pytest.approx(8.0, rel=2e-5)
    assert DETECTOR.loss(1e6) == 1.0
