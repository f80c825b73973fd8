"""Slip and mass ratios: the reference's numbers, closed forms, limits, inverses, bounds and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from solvers.clusters.slip import READINGS, VARIANTS, SlipVariant, mass_factor, slip_variant
from solvers.errors import InvalidInput
from solvers.published import paper_25

SIGMAS = st.floats(1.0, 1e6)
# lensing.md §6: sources of Φ and Ψ over ρ
SOURCES = {
    "si": (lambda s: 3 * s - 2, lambda s: 2 * s - 1),
    "rho_only": (lambda s: 3 * s - 2, lambda s: (3 * s - 1) / 2),
    "covariant_sign": (lambda s: 2 * s - 1, lambda s: (s + 1) / 2),
    "no_slip": (lambda s: s, lambda s: s),
}
# Σ; η of si, rho_only and covariant_sign, M_lens/M_dyn of si with Σ bare and with Σ fitted, of the reference file
REFERENCE = [
    (1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    (1.2, 0.875, 0.8125, 0.785714285714, 0.9375, 0.972222222222),
    (1.5, 0.8, 0.7, 0.625, 0.9, 0.944444444444),
    (2.0, 0.75, 0.625, 0.5, 0.875, 0.916666666667),
    (2.5, 0.727272727273, 0.590909090909, 0.4375, 0.863636363636, 0.9),
    (3.0, 0.714285714286, 0.571428571429, 0.4, 0.857142857143, 0.888888888889),
    (5.0, 0.692307692308, 0.538461538462, 0.333333333333, 0.846153846154, 0.866666666667),
    (10.0, 0.678571428571, 0.517857142857, 0.289473684211, 0.839285714286, 0.85),
]
LIMITS = {"si": (2 / 3, 5 / 6), "rho_only": (1 / 2, 3 / 4), "covariant_sign": (1 / 4, 5 / 8), "no_slip": (1.0, 1.0)}


@pytest.mark.parametrize(("sigma", "si", "rho_only", "covariant", "ratio", "ratio_fitted"), REFERENCE)
def test_slip_is_that_of_the_reference(sigma, si, rho_only, covariant, ratio, ratio_fitted):
    found = [VARIANTS[name].eta(sigma) for name in ("si", "rho_only", "covariant_sign")]
    np.testing.assert_allclose(found, [si, rho_only, covariant], rtol=1e-11)
    assert VARIANTS["si"].lens_over_dyn(sigma) == pytest.approx(ratio, rel=1e-11)
    assert VARIANTS["si"].lens_over_dyn(sigma, "fitted") == pytest.approx(ratio_fitted, rel=1e-11)
    assert VARIANTS["no_slip"].eta(sigma) == 1.0


@pytest.mark.parametrize("name", SOURCES)
@given(sigma=SIGMAS)
def test_masses_are_those_of_the_sources(name, sigma):
    variant = VARIANTS[name]
    phi, psi = (source(sigma) for source in SOURCES[name])
    assert variant.dynamical_mass(sigma) == pytest.approx(phi, rel=1e-13)
    assert variant.lensing_mass(sigma) == pytest.approx((phi + psi) / 2, rel=1e-13)
    assert variant.eta(sigma) == pytest.approx(psi / phi, rel=1e-13)
    assert variant.lens_over_dyn(sigma) == pytest.approx((phi + psi) / 2 / phi, rel=1e-13)


@pytest.mark.parametrize("name", SOURCES)
@given(sigma=SIGMAS)
def test_a_fitted_sigma_is_the_dynamical_mass(name, sigma):
    variant = VARIANTS[name]
    assert variant.dynamical_mass(sigma, "fitted") == pytest.approx(sigma, rel=1e-13)
    bare = variant.bare_sigma(sigma, "fitted")
    assert SOURCES[name][0](bare) == pytest.approx(sigma, rel=1e-12)
    assert variant.eta(sigma, "fitted") == pytest.approx(float(variant.eta(bare)), rel=1e-13)


@given(sigma=SIGMAS)
def test_the_inverse_of_the_printed_sources_is_that_of_the_specification(sigma):
    si = VARIANTS["si"]
    assert si.bare_sigma(sigma, "fitted") == pytest.approx((sigma + 2) / 3, rel=1e-13)
    assert si.lensing_mass(sigma, "fitted") == pytest.approx((5 * sigma + 1) / 6, rel=1e-13)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_met_at_both_ends(name):
    variant, (eta, ratio) = VARIANTS[name], LIMITS[name]
    for sigma_is in ("bare", "fitted"):
        assert variant.eta(1.0, sigma_is) == variant.lens_over_dyn(1.0, sigma_is) == 1.0
    assert (variant.eta_limit, variant.lens_over_dyn_limit) == pytest.approx((eta, ratio), rel=1e-15)
    np.testing.assert_allclose([variant.eta(1e12), variant.lens_over_dyn(1e12)], [eta, ratio], rtol=1e-11)


@pytest.mark.parametrize("name", LIMITS)
def test_slip_never_rises_with_sigma(name):
    eta = VARIANTS[name].eta(np.append(1.0, 1.0 + np.geomspace(1e-8, 1e8, 400)))
    assert (np.diff(eta) <= 1e-15).all()
    assert (eta >= VARIANTS[name].eta_limit).all()


@pytest.mark.parametrize("name", ["si", "rho_only", "covariant_sign"])
@given(fraction=st.floats(0.02, 0.98))
def test_sigma_at_a_slip_is_the_root(name, fraction):
    variant = VARIANTS[name]
    eta = 1.0 - fraction * (1.0 - variant.eta_limit)
    root = brentq(lambda s: SOURCES[name][1](s) / SOURCES[name][0](s) - eta, 1.0, 1e4, xtol=1e-13, rtol=1e-13)
    assert variant.sigma_at_eta(eta) == pytest.approx(root, rel=1e-9)


def test_the_quoted_bound_ends_long_before_the_printed_sigma():
    low, high = VARIANTS["si"].allowed_sigma(1.0, 0.1)
    assert (low, high) == (1.0, pytest.approx(8 / 7, rel=1e-13))
    assert VARIANTS["rho_only"].allowed_sigma(1.0, 0.1)[1] == pytest.approx(13 / 12)
    assert VARIANTS["covariant_sign"].allowed_sigma(1.0, 0.1)[1] == pytest.approx(14 / 13)
    assert VARIANTS["no_slip"].allowed_sigma(1.0, 0.1) == (1.0, math.inf)
    assert VARIANTS["si"].sigma_at_eta(0.7) == pytest.approx(4.0)  # M_lens/M_dyn = 0.85


def test_bounds_may_leave_a_range_all_or_nothing():
    si = VARIANTS["si"]
    low, high = si.allowed_sigma(0.75, 0.05)
    np.testing.assert_allclose([si.eta(low), si.eta(high)], [0.8, 0.7])
    assert si.allowed_sigma(0.75, 0.2) == (pytest.approx(si.sigma_at_eta(0.95)), math.inf)
    assert si.allowed_sigma(0.7, 5.0) == (1.0, math.inf)
    assert np.isnan(si.allowed_sigma(1.3, 0.1)).all()
    assert np.isnan(si.allowed_sigma(0.5, 0.1)).all()
    assert np.isnan(VARIANTS["no_slip"].allowed_sigma(0.8, 0.1)).all()


def test_readings_are_their_formulas():
    sigma = np.array([1.0, 1.7, 2.0, 12.0])
    formulas = [sigma, 3 * sigma - 2, (5 * sigma - 3) / 2, (5 * sigma + 1) / 6, 0.875 * sigma]
    for reading, expected in zip(READINGS, formulas, strict=True):
        np.testing.assert_allclose(mass_factor(reading, sigma), expected, rtol=1e-14)
    # the constant is the ratio at Σ = 2 and no other
    assert mass_factor("constant", 2.0) == VARIANTS["si"].lens_over_dyn(2.0) * 2.0


def test_printed_tables_follow_but_the_statements_do_not():
    rows = (*paper_25.slip_table(), *paper_25.lens_over_dyn_table(), *paper_25.environment_table())
    assert len(rows) == 16
    for row in rows:
        tolerance = 0.1 if row.unit == "%" else 0.006 if row.section != "25.7" else 0.0006
        assert abs(row.computed - row.printed) < tolerance, row
    by_name = {row.quantity: row for row in paper_25.statements()}
    assert by_name["slip at Sigma = 1.5"].computed == pytest.approx(20.0)
    assert by_name["slip at Sigma = 3"].computed == pytest.approx(28.57, abs=0.005)
    assert by_name["lowest M_lens/M_dyn"].computed == pytest.approx(0.8333, abs=5e-5)
    assert by_name["highest Sigma with eta within 1 +- 0.1"].computed == pytest.approx(1.142857, abs=1e-6)


@pytest.mark.parametrize("sigma", [0.99, 2 / 3, 0.0, -1.0, np.nan, np.inf, [2.0, 0.9]])
@pytest.mark.parametrize("method", ["bare_sigma", "dynamical_mass", "lensing_mass", "eta", "lens_over_dyn"])
def test_a_sigma_below_one_has_no_slip_to_speak_of(method, sigma):
    with pytest.raises(InvalidInput, match="^sigma: must be >= 1 and finite everywhere"):
        getattr(VARIANTS["si"], method)(sigma, "bare")


def test_unknown_words_are_refused_with_those_that_are_known():
    with pytest.raises(InvalidInput, match="^sigma_is='free': must be one of bare, fitted"):
        VARIANTS["si"].eta(2.0, "free")
    with pytest.raises(InvalidInput, match="^variants='gr': must be of si, rho_only, covariant_sign, no_slip"):
        slip_variant("gr")
    with pytest.raises(InvalidInput, match="^reading='other': must be one of naive, dynamical"):
        mass_factor("other", 2.0)
    with pytest.raises(InvalidInput, match="^sign='other'"):
        SlipVariant(sign="other", phi_pressure=3.0, psi_pressure=1.0, statement="")


@pytest.mark.parametrize(("eta", "error", "key"), [(1.0, 0.0, "eta_err"), (1.0, -0.1, "eta_err"), (0.0, 0.1, "eta")])
def test_measured_slips_must_be_positive(eta, error, key):
    with pytest.raises(InvalidInput, match=f"^{key}=.*must be > 0"):
        VARIANTS["si"].allowed_sigma(eta, error)
    for outside in (0.0, 1.01, -1.0, math.nan):
        with pytest.raises(InvalidInput, match="^eta=.*must be in 0 < eta <= 1"):
            VARIANTS["si"].sigma_at_eta(outside)
