"""The compiled solver of Σ's own law: equal to 30 digits and to the plain solver, warm starts included."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import friedmann
from solvers.compiled_friedmann import sigma_efunc
from solvers.laws import Sigma

PARAMETERS = {
    "omega_b": st.floats(1e-3, 1.0),
    "a_cos": st.one_of(st.just(0.0), st.just(1e12), st.floats(-3.0, 12.0).map(lambda e: 10.0**e)),
    "omega_r": st.one_of(st.just(0.0), st.floats(1e-6, 1e-3)),
    "kappa": st.floats(-3.0, 1.0).map(lambda exponent: 10.0**exponent),
}


def compiled(one_plus_z, omega_b, a_cos, omega_r, kappa):
    out = np.full(len(one_plus_z), np.nan)
    sigma_efunc(one_plus_z, omega_b, a_cos, omega_r, kappa, out)
    return out


@given(**PARAMETERS, z_max=st.floats(0.01, 1100.0), n=st.integers(1, 60))
@settings(deadline=None, derandomize=True, max_examples=400)
def test_compiled_equals_plain_to_1e_14(omega_b, a_cos, omega_r, kappa, z_max, n):
    one_plus_z = np.exp(np.linspace(0.0, np.log1p(z_max), n))
    plain = np.exp(friedmann.ln_efunc(np.log(one_plus_z), omega_b, a_cos, omega_r, kappa, Sigma()))
    # The plain solver returns ln E, so exp() alone adds |ln E| roundings.
    rounding = 1e-14 + 4e-16 * np.abs(np.log(plain))
    found = compiled(one_plus_z, omega_b, a_cos, omega_r, kappa)
    assert np.all(np.abs(found / plain - 1.0) <= rounding)


@pytest.mark.parametrize("one_plus_z", [[1.0], [0.5, 0.9, 1.0, 1101.0], [1.0, 1.0001, 1e4], [1.0, 1e-3 + 1.0]])
@pytest.mark.parametrize(("a_cos", "omega_r"), [(0.0, 0.0), (8.83, 8.5e-5), (285.1477, 0.0), (1e12, 8.5e-5)])
def test_uneven_spacings_agree_with_30_digits(one_plus_z, a_cos, omega_r, exact_ln_efunc):
    found = compiled(np.array(one_plus_z), 0.05, a_cos, omega_r, 0.18)
    for value, ratio in zip(found, one_plus_z, strict=True):
        with mpmath.workdps(35):
            u = mpmath.log(mpmath.mpf(ratio))
        exact = float(mpmath.exp(exact_ln_efunc(u, 0.05, a_cos, omega_r, 0.18)))
        assert value == pytest.approx(exact, rel=1e-14, abs=0)


@given(**PARAMETERS)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_residual_of_the_squared_equation_is_of_rounding_size(omega_b, a_cos, omega_r, kappa):
    ratio = np.geomspace(1.0, 3.3, 33)
    efunc = compiled(ratio, omega_b, a_cos, omega_r, kappa)
    h = np.sqrt(kappa / efunc) * kappa / (kappa + efunc)
    right = omega_b * ratio**3 * (1.0 + a_cos * h) + omega_r * ratio**4
    assert np.all(np.abs(efunc**2 / right - 1.0) < 2e-14)


def test_zero_amplitude_is_general_relativity():
    ratio = np.linspace(1.0, 3.0, 20)
    exact = np.sqrt(0.3 * ratio**3 + 1e-3 * ratio**4)
    np.testing.assert_allclose(compiled(ratio, 0.3, 0.0, 1e-3, 0.2), exact, rtol=1e-15)
