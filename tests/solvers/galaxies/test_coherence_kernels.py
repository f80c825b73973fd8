"""Coherence kernels, gates and the ring: the reference values, mpmath, their limits and how they scale."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from solvers.errors import InvalidInput
from solvers.galaxies.coherence_kernels import (
    absorbed_length,
    burr_rise,
    gamma_density,
    gamma_mixture,
    power_decay,
)
from solvers.galaxies.gates import (
    EFFECTIVE_WINDING,
    PHYSICAL_WINDING,
    WindingGate,
    decay_gate,
    diluted_n_crit,
    dilution,
    orbital_period,
    redshift_gate,
    small_radius_gate,
)
from solvers.galaxies.ring_kernel import ring_kernel, ring_parameter
from solvers.laws import CoherenceWindow

RADIUS = st.floats(1e-9, 1e4)
LENGTH = st.floats(1e-2, 1e3)
EXPONENT = st.floats(0.05, 2.0)

# reference/galaxies.json, functions, "Kcoh(R/ell; n)" and "Burr(R/ell; p, n)"
POWER_DECAY = [
    (1e-9, 0.5, 0.9999999995),
    (0.2, 0.5, 0.9128709291753),
    (0.2, 2, 0.6944444444444),
    (1, 0.5, 0.7071067811865),
    (1, 2, 0.25),
    (4, 0.5, 0.4472135955),
    (4, 1, 0.2),
    (100, 0.5, 0.099503719021),
    (100, 2, 9.802960494069e-05),
]
BURR_RISE = [
    (1e-9, 0.75, 8.891395864341e-08),
    (1e-9, 0.757, 7.690772314295e-08),
    (1e-9, 2, 5e-19),
    (1e-9, 1, 4.99999999625e-10),
    (1e-3, 0.75, 0.002799903383897),
    (1e-3, 2, 4.999996250003e-07),
    (0.2, 0.757, 0.1214944047328),
    (1, 0.757, 0.2928932188135),
    (4, 0.75, 0.4889189154706),
    (4, 0.757, 0.4907499982552),
    (100, 1, 0.900496280979),
    (100, 2, 0.9900005000),
]
# functions, "gamma_mixture_survival(x=(R/ell)^p; n, beta)"
GAMMA_MIXTURE = [(0.1, 0.5, 1, 0.9534625892456), (0.1, 2, 3, 0.9365244536941), (1, 2, 3, 0.5625), (5, 2, 3, 0.140625)]
# functions, "ring(R,Rp)"
RING = [
    (5, 7, 1.064467203692),
    (0, 3, 2.094395102393),
    (1e-6, 1, 6.283185307181),
    (1, 1.000001, 31.78988930435),
    (8, 8.1, 1.606894773036),
    (2, 20, 0.3149491123035),
    (0.5, 50, 0.125666847913),
]


@pytest.mark.parametrize(("x", "n", "value"), POWER_DECAY)
def test_power_decay_of_the_reference(x, n, value):
    assert power_decay(x * 4.993, 4.993, n) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize(("x", "p", "value"), BURR_RISE)
def test_burr_rise_of_the_reference(x, p, value):
    assert burr_rise(x * 4.993, 4.993, p, 0.5) == pytest.approx(value, rel=1e-8 if p == 2 and x == 100 else 1e-10)


@pytest.mark.parametrize(("x", "n", "beta", "value"), GAMMA_MIXTURE)
def test_gamma_mixture_of_the_reference_is_the_integral(x, n, beta, value):
    assert gamma_mixture(x, n, beta) == pytest.approx(value, rel=1e-10)
    # λ = s², so that the density of n = 1/2 is smooth at 0.
    integral, _ = integrate.quad(lambda s: 2 * s * gamma_density(s * s, n, beta) * math.exp(-x * s * s), 0, 8)
    assert integral == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("x", [1e-12, 3e-9, 1e-3, 0.4, 1.0, 37.0, 1e6])
@pytest.mark.parametrize(("p", "n"), [(0.75, 0.5), (1.0, 2.0), (2.0, 0.05)])
def test_kernels_agree_with_mpmath(x, p, n):
    with mpmath.workdps(60):
        decay = (1 + mpmath.mpf(x)) ** -mpmath.mpf(n)
        rise = 1 - (1 + mpmath.mpf(x) ** mpmath.mpf(p)) ** -mpmath.mpf(n)
        mixture = (1 + mpmath.mpf(x) / 3) ** -mpmath.mpf(n)
    assert power_decay(x, 1.0, n) == pytest.approx(float(decay), rel=3e-14, abs=0)
    assert burr_rise(x, 1.0, p, n) == pytest.approx(float(rise), rel=1e-14, abs=0)
    assert gamma_mixture(x, n, 3.0) == pytest.approx(float(mixture), rel=3e-14, abs=0)


@given(radius=RADIUS, l0=LENGTH, p=EXPONENT, n=EXPONENT, factor=st.floats(1.001, 1e3))
@settings(deadline=None, derandomize=True)
def test_kernels_are_bounded_monotone_and_know_only_the_ratio(radius, l0, p, n, factor):
    decay, rise = power_decay(radius, l0, n), burr_rise(radius, l0, p, n)
    assert 0 < decay <= 1 and 0 < rise < 1
    assert power_decay(factor * radius, l0, n) <= decay and burr_rise(factor * radius, l0, p, n) >= rise
    assert power_decay(factor * radius, factor * l0, n) == pytest.approx(decay, rel=1e-12)
    assert burr_rise(factor * radius, factor * l0, p, n) == pytest.approx(rise, rel=1e-12)


@given(radius=RADIUS, l0=LENGTH, p=EXPONENT, n=EXPONENT, beta=st.floats(0.1, 10.0))
@settings(deadline=None, derandomize=True)
def test_a_mixture_of_rates_is_a_burr_kernel(radius, l0, p, n, beta):
    survived = gamma_mixture((radius / l0) ** p, n, beta)
    assert burr_rise(radius, absorbed_length(l0, p, beta), p, n) == pytest.approx(1 - survived, rel=1e-9, abs=1e-15)


def test_burr_rise_with_p_of_one_is_the_window_and_one_minus_the_decay():
    radius = np.geomspace(1e-8, 1e3, 40)
    np.testing.assert_allclose(burr_rise(radius, 1.7, 1.0, 0.5), CoherenceWindow().at(radius, 1.7), rtol=1e-14)
    np.testing.assert_allclose(1 - burr_rise(radius, 1.7, 1.0, 0.5), power_decay(radius, 1.7, 0.5), rtol=1e-13)


def test_kernels_at_the_centre_and_of_arrays():
    assert power_decay(0.0, 5.0, 0.5) == 1.0 and burr_rise(0.0, 5.0, 0.75, 0.5) == 0.0
    radius, l0 = np.array([[0.1], [3.0]]), np.array([1.0, 5.0, 20.0])
    for kernel in (lambda r, scale: power_decay(r, scale, 0.5), lambda r, scale: burr_rise(r, scale, 0.75, 0.5)):
        expected = [[float(kernel(r, scale)) for scale in l0] for r in radius[:, 0]]
        np.testing.assert_allclose(kernel(radius, l0), expected, rtol=1e-15)


# reference/galaxies.json, gates, "N_orbits(R,v,t=10)" and "G_wind(R,v; 10, 2)"
@pytest.mark.parametrize(
    ("radius", "v", "orbits", "gate"),
    [
        (8.0, 220.0, 44.75215679987, 0.04755664564018),
        (10.0, 60.0, 9.764106938153, 0.5119337273048),
        (15.0, 220.0, 23.86781695993, 0.1493266815654),
        (0.05, 10.0, 162.7351156359, None),
    ],
)
def test_winding_of_the_reference(radius, v, orbits, gate):
    assert PHYSICAL_WINDING.n_orbits(radius, v) == pytest.approx(orbits, rel=1e-12)
    if gate is not None:
        assert PHYSICAL_WINDING(radius, v) == pytest.approx(gate, rel=1e-12)


def test_winding_floors_are_explicit():
    bare = WindingGate(radius_floor=0.0, v_floor=0.0)
    assert PHYSICAL_WINDING.n_orbits(0.05, 0.2) == PHYSICAL_WINDING.n_orbits(0.1, 1.0)
    assert bare.n_orbits(0.05, 0.2) == pytest.approx(10.0 / orbital_period(0.05, 0.2))
    assert bare(0.05, 0.0) == 1.0
    assert EFFECTIVE_WINDING.n_crit == 150.0 and EFFECTIVE_WINDING.alpha == 1.0


@given(radius=st.floats(0.2, 100.0), v=st.floats(2.0, 400.0), n_crit=st.floats(1.0, 300.0), alpha=st.floats(0.5, 4.0))
@settings(deadline=None, derandomize=True)
def test_winding_is_a_half_at_the_critical_number_and_falls_with_orbits(radius, v, n_crit, alpha):
    gate = WindingGate(n_crit=n_crit, alpha=alpha)
    assert 0 < gate(radius, v) < 1
    assert gate(radius, 1.1 * v) < gate(radius, v) < gate(1.1 * radius, v)
    critical = WindingGate(n_crit=float(gate.n_orbits(radius, v)), alpha=alpha)
    assert critical(radius, v) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"n_crit": 0.0}, "n_crit=0.0: must be > 0"),
        ({"alpha": -1.0}, "alpha=-1.0: must be > 0"),
        ({"age": math.inf}, "age=inf: must be > 0"),
        ({"v_floor": -1.0}, "v_floor=-1.0: must be >= 0"),
        ({"radius_floor": math.nan}, "radius_floor=nan: must be >= 0"),
    ],
)
def test_illegal_winding_is_refused(settings_, message):
    with pytest.raises(ValueError) as error:
        WindingGate(**settings_)
    assert str(error.value) == message


def test_dilution_of_the_source():
    assert dilution(0.3, 5.0) == pytest.approx(0.06, rel=1e-6)
    assert diluted_n_crit(10.0, 0.3, 5.0) == pytest.approx(166.667, rel=1e-5)
    thin = np.array([1e-12, 1e-6])
    np.testing.assert_allclose(dilution(1.0, thin), 1 - thin / 2, rtol=1e-12)
    assert dilution(0.3, 5e3) == pytest.approx(0.3 / 5e3, rel=1e-14)


# reference/galaxies.json, gates, "S_small(R)"
@pytest.mark.parametrize(
    ("radius", "value"), [(1e-9, 4e-18), (0.1, 0.03921056084768), (0.5, 0.6321205588286), (2.0, 0.9999998874648)]
)
def test_small_radius_gate_of_the_reference(radius, value):
    assert small_radius_gate(radius) == pytest.approx(value, rel=1e-12)
    assert small_radius_gate(0.0) == 0.0 and small_radius_gate(1e3) == 1.0


def test_gates_that_decay():
    assert redshift_gate(0.0) == 1.0 and decay_gate(0.0, 3.0) == 1.0
    assert redshift_gate(1000.0) == pytest.approx(math.exp(-0.048), rel=1e-15)
    assert decay_gate(2.0, orbital_period(8.0, 220.0)) == pytest.approx(math.exp(-2 * 10 / 44.75215679987), rel=1e-12)


@pytest.mark.parametrize(("radius", "ring", "value"), RING)
def test_ring_of_the_reference_either_way_round(radius, ring, value):
    assert ring_kernel(radius, ring) == pytest.approx(value, rel=1e-10)
    assert ring_kernel(ring, radius) == ring_kernel(radius, ring)


def exact_ring(radius, ring):
    with mpmath.workdps(50):
        radius, ring = mpmath.mpf(radius), mpmath.mpf(ring)
        return float(4 / (radius + ring) * mpmath.ellipk(4 * radius * ring / (radius + ring) ** 2))


@pytest.mark.parametrize("ratio", [0.0, 1e-300, 1e-8, 0.1, 0.7, 0.999, 1 - 1e-9, 1 - 2.0**-53, 1 + 2.0**-52, 3.0, 1e12])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 7.3])
def test_ring_agrees_with_mpmath_up_to_the_diagonal(ratio, scale):
    radius = ratio * scale
    assert ring_kernel(radius, scale) == pytest.approx(exact_ring(radius, scale), rel=2e-15, abs=0)


def test_ring_is_the_integral_and_scipys_elliptic_integral_of_the_parameter():
    integral, _ = integrate.quad(lambda phi: 1 / math.sqrt(25 + 49 - 70 * math.cos(phi)), 0, 2 * math.pi)
    assert ring_kernel(5.0, 7.0) == pytest.approx(integral, rel=1e-12)
    assert ring_kernel(5.0, 7.0) == pytest.approx(4 / 12 * special.ellipk(ring_parameter(5.0, 7.0)), rel=1e-14)
    # The modulus in place of the parameter would be 6 % off.
    assert abs(4 / 12 * special.ellipk(math.sqrt(ring_parameter(5.0, 7.0))) / ring_kernel(5.0, 7.0) - 1) > 0.05


def test_the_parameter_formed_first_loses_the_diagonal():
    near = 1.0 + 1e-9
    exact = exact_ring(1.0, near)
    assert abs(4 / (1 + near) * special.ellipk(ring_parameter(1.0, near)) / exact - 1) > 1e-3
    close = 4 / (1 + near) * special.ellipkm1(((1 - near) / (1 + near)) ** 2)
    assert ring_kernel(1.0, near) == pytest.approx(close, rel=1e-14) == pytest.approx(exact, rel=1e-14)


def test_ring_diverges_on_the_diagonal_only():
    radius = np.array([1.0, 2.0, 0.0, 3.0])
    np.testing.assert_array_equal(np.isinf(ring_kernel(radius, np.array([1.0, 2.5, 0.0, 0.0]))), [1, 0, 1, 0])
    gap = 1e-12
    logarithm = -2.0 * math.log(gap / 8.0)
    assert ring_kernel(1.0, 1.0 + gap) == pytest.approx(logarithm, rel=1e-4)


@given(radius=RADIUS, ring=RADIUS, factor=st.floats(1e-3, 1e3))
@settings(deadline=None, derandomize=True)
def test_ring_scales_as_an_inverse_length_and_is_above_that_of_its_axis(radius, ring, factor):
    assume(abs(radius - ring) > 1e-6 * ring)
    value = ring_kernel(radius, ring)
    assert ring_kernel(factor * radius, factor * ring) == pytest.approx(value / factor, rel=1e-9)
    assert value >= 2 * math.pi / max(radius, ring) * (1 - 1e-14)
    assert 0 <= ring_parameter(radius, ring) <= 1


def test_a_ring_with_a_negative_radius_is_refused():
    with pytest.raises(InvalidInput, match="ring_radius: has a negative radius, must be >= 0"):
        ring_kernel(np.array([1.0, 2.0]), np.array([1.0, -2.0]))
    with pytest.raises(InvalidInput, match="radius: has a negative radius"):
        ring_kernel(-1.0, 2.0)
