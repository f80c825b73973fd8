"""Distances and ages of any expansion history against mpmath.quad, for z from −1/2 to 1100."""

import mpmath
import numpy as np
import pytest
from astropy import cosmology, units

from solvers import distances, friedmann
from solvers.constants import C_KM_S, C_M_S, HUBBLE_TIME_GYR, KM_PER_MPC

KAPPA = 0.18393972058572117
Z = np.array([-0.5, -1e-3, 0.0, 1e-3, 0.1, 1.0, 3.0, 30.0, 1100.0])
BREAKS = [mpmath.mpf(b) for b in ("0", "1", "3", "5", "7.003")]


def exact_lcdm(u):
    return mpmath.sqrt(0.3 * mpmath.exp(3 * u) + 8.5e-5 * mpmath.exp(4 * u) + (1 - mpmath.mpf(0.3) - 8.5e-5))


def exact_integral(efunc, z):
    u = mpmath.log(1 + mpmath.mpf(z))
    inner = [b for b in BREAKS[1:] if b < u]
    return float(mpmath.quad(lambda v: mpmath.exp(v) / efunc(v), [0, *inner, u]))


def lcdm(u):
    return 0.5 * np.log(0.3 * np.exp(3 * u) + 8.5e-5 * np.exp(4 * u) + 1 - 0.3 - 8.5e-5)


def test_lcdm_integral_agrees_with_mpmath_to_1e_10():
    integral, error = distances.comoving_integral(lcdm, Z)
    exact = [exact_integral(exact_lcdm, z) for z in Z]
    np.testing.assert_allclose(integral, exact, rtol=1e-10, atol=0)
    assert 0 < error < 1e-12


@pytest.mark.parametrize("z", Z[Z != 0])
def test_a_redshift_of_order_one_alone_is_good_to_1e_13(z):
    integral, _ = distances.comoving_integral(lcdm, np.array([z]))
    assert integral[0] == pytest.approx(
        exact_integral(exact_lcdm, z), rel=1e-13 if 0.01 < abs(z) < 10 else 1e-12, abs=0
    )


@pytest.mark.parametrize(("a_cos", "omega_r"), [(8.83, 0.0), (8.83, 8.5e-5), (285.147723343577, 0.0), (1e6, 8.5e-5)])
def test_sigma_integral_agrees_with_mpmath_to_1e_10(a_cos, omega_r, exact_ln_efunc, sigma_2e):
    z = np.array([-0.5, 0.1, 1.0, 1100.0])

    def ln_efunc(u):
        return friedmann.ln_efunc(u, 0.05, a_cos, omega_r, KAPPA, sigma_2e)

    integral, _ = distances.comoving_integral(ln_efunc, z)
    with mpmath.workdps(15):
        # Gauss-Legendre on panels converges far below 1e-12 here; the root is the exact one at every node.
        nodes, weights = np.polynomial.legendre.leggauss(24)
        for target, found in zip(z, integral, strict=True):
            edges = np.linspace(0.0, np.log1p(target), 5)
            total = 0.0
            for low, high in zip(edges[:-1], edges[1:], strict=True):
                v = 0.5 * (high + low) + 0.5 * (high - low) * nodes
                e = [mpmath.exp(-exact_ln_efunc(x, 0.05, a_cos, omega_r, KAPPA, digits=16)) for x in v]
                total += 0.5 * (high - low) * np.sum(weights * np.exp(v) * np.array(e, dtype=float))
            assert found == pytest.approx(total, rel=1e-10, abs=0)


def test_today_is_exactly_zero_and_the_future_negative():
    integral, _ = distances.comoving_integral(lcdm, np.array([-0.3, 0.0, 0.0, 0.3]))
    assert integral[0] < 0 == integral[1] == integral[2] < integral[3]
    nothing, error = distances.comoving_integral(lcdm, np.zeros(3))
    np.testing.assert_array_equal(nothing, np.zeros(3))
    assert error == 0.0


def test_equal_redshifts_give_equal_integrals():
    z = np.array([0.3, 1.1, 0.3, 0.7, 0.3, 1.1, 0.3])
    for model in (lcdm, lambda u: 0.9 * u, lambda u: 1.5 * u - 1.4):
        integral, _ = distances.comoving_integral(model, z)
        assert len(set(integral[z == 0.3])) == len(set(integral[z == 1.1])) == 1


def test_a_step_in_the_expansion_raises():
    with pytest.raises(ArithmeticError, match="not resolved"):
        distances.comoving_integral(lambda u: u + 0.3 * (u > 0.4), np.array([1.0]))


def test_age_agrees_with_quad_and_astropy():
    z = np.array([-0.3, 0.0, 1.0, 10.0, 1100.0])
    hubble_time = (1 / (70 * units.km / units.s / units.Mpc)).to_value(units.Gyr)
    exact = []
    for redshift in z:
        start = mpmath.log(1 + mpmath.mpf(redshift))
        ends = [start + k for k in (0, 2, 5, 9, 15, 25, 60)]
        exact.append(hubble_time * float(mpmath.quad(lambda v: 1 / exact_lcdm(v), ends)))
    np.testing.assert_allclose(distances.age(lcdm, z, 70.0), exact, rtol=1e-11)
    peer = cosmology.FlatLambdaCDM(70.0, 0.3, Tcmb0=0.0)
    found = distances.age(lambda u: 0.5 * np.log(0.3 * np.exp(3 * u) + 0.7), np.array([0.5]), 70.0)
    assert found[0] == pytest.approx(peer.age(0.5).to_value(units.Gyr), rel=1e-9)


@pytest.mark.parametrize("omega_k", [-0.3, -1e-9, 1e-9, 0.3])
def test_curvature_agrees_with_its_series_and_its_closed_form(omega_k):
    integral = np.array([0.0, 1e-3, 0.7, 2.0])
    with mpmath.workdps(30):
        root = mpmath.sqrt(mpmath.mpf(omega_k))
        exact = [float((mpmath.sinh(root * i) / root).real) for i in integral]
    np.testing.assert_allclose(distances.curved(integral, omega_k), exact, rtol=1e-14)


def test_curvature_of_zero_is_flat_also_within_an_array():
    integral = np.array([0.5, 1.0])
    found = distances.curved(integral, np.array([[-0.2], [0.0], [0.2]]))
    np.testing.assert_array_equal(found[1], integral)
    assert np.all(found[0] < integral)
    assert np.all(found[2] > integral)


def test_modulus_is_25_at_one_megaparsec_and_undefined_where_there_is_no_distance():
    found = distances.distance_modulus([1.0, 10.0, 0.0, -1.0, np.nan])
    np.testing.assert_array_equal(found, [25.0, 30.0, np.nan, np.nan, np.nan])


def test_constants_are_the_defined_ones():
    assert (C_KM_S, C_M_S) == (299792.458, 299792458.0)
    assert pytest.approx(3.0856775814913673e19, rel=1e-15) == KM_PER_MPC
    assert pytest.approx(3.0856775814913673e19 / (365.25 * 86400e9), rel=1e-14) == HUBBLE_TIME_GYR
    assert distances.hubble_distance(70.0) == pytest.approx(4282.749400, rel=1e-12)
