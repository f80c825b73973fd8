"""Roots of the Σ-Friedmann equation: against 30 digits, between the methods, for every legal parameter."""

from typing import ClassVar

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers import friedmann
from solvers.laws import CriticalAcceleration, MondRar, MondSimple, MondStandard, Sigma

LAW = Sigma()
TUPLES = st.tuples(
    st.floats(np.log(0.5), np.log(1101.0)),
    st.floats(1e-3, 1.0),
    st.one_of(st.just(0.0), st.floats(-3.0, 12.0).map(lambda exponent: 10.0**exponent)),
    st.one_of(st.just(0.0), st.floats(1e-6, 1e-3)),
    st.floats(-3.0, 1.0).map(lambda exponent: 10.0**exponent),
)


def random_points(n, seed):
    """u, Ω_b, A, Ω_r and κ, log-uniform over everything that is legal; some A and Ω_r are 0."""
    rng = np.random.default_rng(seed)
    return (
        rng.uniform(np.log(0.5), np.log(1101.0), n),
        rng.uniform(1e-3, 1.0, n),
        10.0 ** rng.uniform(-3, 12, n) * (rng.random(n) > 0.05),
        rng.choice([0.0, 8.5e-5], n),
        10.0 ** rng.uniform(-3, 1, n),
    )


def densities(u, omega_b, a_cos, omega_r, kappa):
    return omega_b * np.exp(3.0 * u), omega_r * np.exp(4.0 * u), a_cos, kappa


@given(point=TUPLES)
@settings(deadline=None, derandomize=True, max_examples=300)
def test_root_satisfies_the_equation_to_1e_12(point):
    u, omega_b, a_cos, omega_r, kappa = point
    efunc = np.exp(friedmann.ln_efunc(*point, LAW))
    h = np.sqrt(kappa / efunc) * kappa / (kappa + efunc)
    right = omega_b * np.exp(u) ** 3 * (1.0 + a_cos * h) + omega_r * np.exp(u) ** 4
    assert abs(efunc**2 - right) <= 1e-12 * right


@pytest.mark.parametrize("cls", [Sigma, MondRar, MondSimple, MondStandard])
def test_efunc_is_good_to_1e_13_against_30_digits(cls, exact_ln_efunc, exact_h):
    points = random_points(25, seed=1)
    found = friedmann.ln_efunc(*points, cls())
    for i, point in enumerate(zip(*points, strict=True)):
        with mpmath.workdps(40):
            exact = exact_ln_efunc(*point, h=exact_h[cls])
            error = float(mpmath.exp(mpmath.mpf(found[i]) - exact) - 1)
        assert abs(error) <= friedmann.ACCURACY, point


@given(point=TUPLES)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_the_four_methods_agree(point):
    arguments = densities(*point)
    newton = friedmann.newton(*arguments, LAW)
    assert friedmann.bracketed_newton(*arguments, LAW) == pytest.approx(newton, rel=1e-14, abs=1e-14)
    for relaxed in (False, True):
        iterated = friedmann.fixed_point(*arguments, LAW, relaxed=relaxed)
        assert iterated.ln_efunc == pytest.approx(newton, rel=1e-14, abs=1e-14)


def iterates(point, n):
    """F iterated on ½ ln(m+r), written out here."""
    matter, radiation, a_cos, kappa = densities(*point)
    y = [0.5 * np.log(matter + radiation)]
    for _ in range(n):
        efunc = np.exp(y[-1])
        enhancement = np.sqrt(kappa / efunc) * kappa / (kappa + efunc)
        y.append(0.5 * np.log(matter * (1.0 + a_cos * enhancement) + radiation))
    return np.array(y)


@given(point=TUPLES, n_steps=st.integers(1, 20))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_plain_iteration_contracts_alternates_and_bounds_its_error(point, n_steps):
    y = iterates(point, 21)
    steps = np.diff(y)
    large = np.abs(steps[:-1]) > 1e-7
    ratios = steps[1:][large] / steps[:-1][large]
    assert np.all(np.abs(ratios) <= 0.75 + 1e-7)
    assert np.all(ratios <= 1e-7)

    result = friedmann.fixed_point(*densities(*point), LAW, max_steps=n_steps)
    assert result.ln_efunc == pytest.approx(y[result.n_steps], rel=1e-14, abs=1e-14)
    root = friedmann.newton(*densities(*point), LAW)
    assert abs(result.ln_efunc - root) <= result.error + 1e-14 * (1.0 + abs(root))


def test_the_error_bound_holds_against_30_digits(exact_ln_efunc):
    for point in zip(*random_points(20, seed=2), strict=True):
        result = friedmann.fixed_point(*densities(*point), LAW, max_steps=8)
        true = abs(float(exact_ln_efunc(*point) - mpmath.mpf(float(result.ln_efunc))))
        assert true <= result.error + 1e-13


def test_the_relaxed_iteration_gains_a_factor_11_over_3_a_step():
    points = random_points(200, seed=3)
    root = friedmann.newton(*densities(*points), LAW)
    start = 0.5 * np.log(points[1] * np.exp(3 * points[0]) + points[3] * np.exp(4 * points[0]))
    for n_steps in (1, 5, 10):
        left = np.abs(friedmann.fixed_point(*densities(*points), LAW, relaxed=True, max_steps=n_steps).ln_efunc - root)
        assert np.all(left <= (3.0 / 11.0) ** n_steps * np.abs(start - root) + 1e-13)


def test_newton_needs_at_most_12_steps():
    class Counting(Sigma):
        n_calls: ClassVar[int] = 0

        def h(self, x):
            type(self).n_calls += 1
            return super().h(x)

    counts = []
    for point in zip(*random_points(200, seed=4), strict=True):
        Counting.n_calls = 0
        friedmann.newton(*densities(*point), Counting())
        counts.append(Counting.n_calls)
    assert min(counts) >= 1
    assert max(counts) <= 12


@given(point=TUPLES, shift=st.floats(-15.0, 15.0))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_the_root_is_unique(point, shift):
    """2y − ln S has the sign of the distance from the root, so no other start finds another root."""
    matter, radiation, a_cos, kappa = densities(*point)
    y = friedmann.ln_efunc(*point, LAW) + shift
    enhancement = 1.0 / (np.sqrt(np.exp(y) / kappa) * (1.0 + np.exp(y) / kappa))
    residual = 2.0 * y - np.log(matter * (1.0 + a_cos * enhancement) + radiation)
    assert residual * np.sign(shift) >= 2.0 * abs(shift) - 1e-12


RAR_CYCLE = (0.01 * 17.0**3, 8.5e-5 * 17.0**4, 3e10, 0.7)


def test_plain_newton_fails_on_a_steep_law_where_the_bracket_holds(exact_ln_efunc, exact_h):
    with pytest.raises(ArithmeticError, match="did not converge in 60 Newton steps"):
        friedmann.newton(*RAR_CYCLE, MondRar())
    found = friedmann.bracketed_newton(*RAR_CYCLE, MondRar())
    exact = exact_ln_efunc(np.log(17.0), 0.01, 3e10, 8.5e-5, 0.7, h=exact_h[MondRar])
    assert found == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("cls", [MondRar, MondSimple, MondStandard])
def test_mond_laws_are_solved_up_to_amplitudes_of_1e12(cls, exact_h):
    points = random_points(2000, seed=5)
    matter, radiation, a_cos, kappa = densities(*points)
    y = friedmann.ln_efunc(*points, cls())
    for i in range(0, 2000, 80):
        with mpmath.workdps(400):
            h = exact_h[cls](mpmath.exp(mpmath.mpf(y[i])) / mpmath.mpf(kappa[i]))
            right = mpmath.mpf(matter[i]) * (1 + mpmath.mpf(a_cos[i]) * h) + mpmath.mpf(radiation[i])
            assert abs(float(2 * mpmath.mpf(y[i]) - mpmath.log(right))) < 2e-13
    right = matter * (1.0 + a_cos * cls().h(np.exp(y) / kappa)) + radiation
    np.testing.assert_allclose(2.0 * y, np.log(right), rtol=0, atol=1e-13)


def test_an_increasing_law_is_refused():
    class Rising(Sigma):
        steepest_slope: ClassVar[float] = np.inf

        def h(self, x):
            return np.sqrt(x)

        def log_slope(self, x):
            return 0.5 * np.ones_like(x)

    with pytest.raises(ValueError, match="^Rising: h must decrease with acceleration$"):
        friedmann.ln_efunc(np.array([0.0, 1.0]), 0.05, 8.83, 0.0, 0.2, Rising())


@pytest.mark.parametrize("solver", [friedmann.newton, friedmann.bracketed_newton])
def test_numbers_that_are_not_finite_raise(solver):
    with pytest.raises(ValueError, match="Sigma: h must be a positive number"):
        solver(np.array([0.05, np.nan]), 0.0, 8.83, 0.18, LAW)


@pytest.mark.parametrize("cls", [Sigma, MondRar, MondSimple, MondStandard])
@pytest.mark.parametrize("mode", ["proportional", "evolving"])
def test_vectorised_equals_scalar(cls, mode):
    law = cls(g_dagger=CriticalAcceleration(mode=mode))
    points = random_points(50, seed=6)
    scalar = [float(friedmann.ln_efunc(*point, law)) for point in zip(*points, strict=True)]
    np.testing.assert_allclose(friedmann.ln_efunc(*points, law), scalar, rtol=1e-14, atol=1e-14)


def test_all_arguments_broadcast():
    u = np.array([0.0, 1.0])
    found = friedmann.ln_efunc(u, np.full((3, 1, 1), 0.05), np.full((4, 1), 8.83), 0.0, 0.2, LAW)
    assert found.shape == (3, 4, 2)
    np.testing.assert_allclose(found, np.broadcast_to(found[0, 0], found.shape), rtol=1e-15)
