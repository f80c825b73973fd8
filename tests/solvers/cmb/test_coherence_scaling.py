"""The scaling law of the coherence length: the three systems of SI §8.3, SciPy's regression, and exact power laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from solvers.cmb.coherence_scaling import coherence_length_of, coherence_scaling, interference_multipoles
from solvers.errors import InvalidInput

SIZE, LENGTH = (0.02, 1.0, 400.0), (0.005, 0.2, 60.0)


def test_reference_values():
    found = coherence_scaling(SIZE, LENGTH)
    assert found.slope == pytest.approx(0.94872, abs=1e-5)
    assert found.length_at_1_mpc == pytest.approx(0.2028, abs=5e-5)
    assert found.decades == pytest.approx(4.30103, abs=1e-5)
    assert found.dof == 1
    slopes = dict(zip(map(tuple, found.pairs.tolist()), found.pair_slopes, strict=True))
    assert slopes == pytest.approx({(0, 1): 0.943, (0, 2): 0.948, (1, 2): 0.952}, abs=5e-4)
    assert found.endpoint_slope == slopes[0, 2]


def test_the_published_exponent_is_that_of_one_pair_and_the_sizes_span_half_the_published_decades():
    found = coherence_scaling(SIZE, LENGTH)
    assert [round(slope, 2) for slope in found.pair_slopes] == [0.94, 0.95, 0.95]
    assert round(found.slope, 2) == 0.95
    assert found.decades < 8 / 1.8


@pytest.mark.parametrize("n", [3, 4, 10])
def test_the_line_is_that_of_scipy(n):
    rng = np.random.default_rng(n)
    size = 10.0 ** rng.uniform(-3, 3, n)
    length = 0.3 * size**0.8 * np.exp(0.2 * rng.normal(size=n))
    found, oracle = coherence_scaling(size, length), stats.linregress(np.log(size), np.log(length))
    assert found.slope == pytest.approx(oracle.slope, rel=1e-12)
    assert np.log(found.length_at_1_mpc) == pytest.approx(oracle.intercept, rel=1e-12)
    expected = np.log(length) - oracle.intercept - oracle.slope * np.log(size)
    np.testing.assert_allclose(found.residuals, expected, atol=1e-12)
    np.testing.assert_allclose(np.log(length / found.length(size)), expected, atol=1e-12)
    assert found.dof == n - 2
    if n > 3:
        assert found.slope_err == pytest.approx(oracle.stderr, rel=1e-10)


@pytest.mark.parametrize("n", [2, 3])
def test_one_degree_of_freedom_gives_no_error(n):
    assert np.isnan(coherence_scaling(SIZE[:n], LENGTH[:n]).slope_err)


def test_two_systems_lie_on_their_line():
    found = coherence_scaling(SIZE[1:], LENGTH[1:])
    assert found.slope == pytest.approx(np.log(300.0) / np.log(400.0), rel=1e-14)
    assert found.slope == pytest.approx(found.endpoint_slope, rel=1e-14)
    assert found.length_at_1_mpc == pytest.approx(0.2, rel=1e-14)
    np.testing.assert_allclose(found.residuals, 0.0, atol=1e-14)
    assert found.dof == 0


@given(
    slope=st.floats(-3.0, 3.0),
    log_length=st.floats(-5.0, 5.0),
    log_size=st.lists(st.integers(-40, 40), min_size=2, max_size=8, unique=True),
)
@settings(deadline=None, derandomize=True)
def test_a_power_law_is_found_exactly(slope, log_length, log_size):
    size = 10.0 ** (np.array(log_size) / 10.0)
    found = coherence_scaling(size, 10.0**log_length * size**slope)
    assert found.slope == pytest.approx(slope, abs=1e-11)
    assert np.log10(found.length_at_1_mpc) == pytest.approx(log_length, abs=1e-10)
    np.testing.assert_allclose(found.residuals, 0.0, atol=1e-10)
    np.testing.assert_allclose(found.pair_slopes, slope, atol=1e-10)
    assert found.decades == pytest.approx(np.ptp(log_size) / 10.0, rel=1e-12)
    assert len(found.pairs) == len(found.pair_slopes) == len(size) * (len(size) - 1) // 2


@given(factor=st.floats(1e-3, 1e3), order=st.permutations([0, 1, 2]))
@settings(deadline=None, derandomize=True)
def test_neither_the_unit_of_length_nor_the_order_moves_the_slope(factor, order):
    plain = coherence_scaling(SIZE, LENGTH)
    found = coherence_scaling(np.array(SIZE)[order], factor * np.array(LENGTH)[order])
    assert found.slope == pytest.approx(plain.slope, rel=1e-12)
    assert found.length_at_1_mpc == pytest.approx(factor * plain.length_at_1_mpc, rel=1e-12)
    assert found.endpoint_slope == pytest.approx(plain.endpoint_slope, rel=1e-12)
    np.testing.assert_allclose(found.residuals, plain.residuals[order], atol=1e-12)


def test_interference_is_evenly_spaced():
    found = interference_multipoles([1, 2, 3], 4000.0, 60.0)
    np.testing.assert_allclose(found, [209, 419, 628], rtol=0, atol=0.5)
    np.testing.assert_allclose(found, found[0] * np.array([1.0, 2.0, 3.0]), rtol=1e-14)


def test_coherence_lengths_of_the_published_multipoles():
    np.testing.assert_allclose(coherence_length_of([1300.0, 211.0], 4000.0), [9.66644, 59.5563], rtol=0, atol=5e-5)


@given(n=st.floats(0.5, 10.0), distance=st.floats(1.0, 1e5), length=st.floats(1e-2, 1e4))
@settings(deadline=None, derandomize=True)
def test_the_first_interference_of_a_length_gives_it_back(n, distance, length):
    first = interference_multipoles(1, distance, length)
    assert coherence_length_of(first, distance) == pytest.approx(length, rel=1e-14)
    assert interference_multipoles(n, distance, length) == pytest.approx(n * first, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coherence_scaling([1.0], [1.0]), "size=[1.0]: a line needs at least two systems"),
        (lambda: coherence_scaling(1.0, 1.0), "size=[1.0]: a line needs at least two systems"),
        (lambda: coherence_scaling([], []), "size=[]: a line needs at least two systems"),
        (
            lambda: coherence_scaling([1.0, 2.0], [1.0]),
            "length: 1 of them for 2 size; both must be lists of one length",
        ),
        (
            lambda: coherence_scaling([[1.0, 2.0]], [[1.0, 2.0]]),
            "length: 2 of them for 2 size; both must be lists of one length",
        ),
        (lambda: coherence_scaling([1.0, 0.0], [1.0, 2.0]), "size=[1.0, 0.0]: must be > 0"),
        (lambda: coherence_scaling([1.0, 2.0], [1.0, float("nan")]), "length=[1.0, nan]: must be > 0"),
        (lambda: coherence_scaling([1.0, 3.0, 1.0], [1.0, 2.0, 3.0]), "size=[1.0, 3.0, 1.0]: must all be different"),
        (lambda: coherence_scaling(SIZE, LENGTH).length([1.0, -1.0]), "size=[1.0, -1.0]: must be > 0"),
        (lambda: interference_multipoles([0, 1], 4000.0, 60.0), "n=[0.0, 1.0]: must be > 0"),
        (lambda: interference_multipoles(1, -1.0, 60.0), "distance=-1.0: must be > 0"),
        (lambda: interference_multipoles(1, 4000.0, 0.0), "coherence_length=0.0: must be > 0"),
        (lambda: coherence_length_of(0.0, 4000.0), "ell=0.0: must be > 0"),
        (lambda: coherence_length_of(211.0, float("inf")), "distance=inf: must be > 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
    assert error.value.exit_code == 2
