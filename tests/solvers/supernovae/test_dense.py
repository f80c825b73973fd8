"""The dense likelihood against formulas with an explicit inverse, a numerical offset, and astropy distances."""

import numpy as np
import pytest
from astropy import cosmology
from scipy import integrate, optimize

from solvers.backgrounds import DarkEnergy, PowerLaw
from solvers.supernovae import DenseLikelihood

LCDM = DarkEnergy(params={"omega_m": 0.3, "omega_k": 0.1})


@pytest.fixture(scope="module")
def residual(diagram):
    """m − 5 log10[(1+z_pre) I] with astropy's distances."""
    peer = cosmology.LambdaCDM(70.0, 0.3, 0.6, Tcmb0=0.0)
    integral = peer.comoving_transverse_distance(diagram.z).value * 70.0 / 299792.458
    return diagram.magnitude - 5.0 * np.log10((1.0 + diagram.z_prefactor) * integral)


@pytest.fixture(scope="module")
def brute(residual, diagram):
    inverse = np.linalg.inv(diagram.covariance)
    return lambda offset: float((residual - offset) @ inverse @ (residual - offset))


def test_chi2_and_offset_are_those_of_a_numerical_minimum_over_the_offset(dense, brute):
    found = optimize.minimize_scalar(brute, bounds=(20, 30), method="bounded", options={"xatol": 1e-9})
    chi2, offset = dense.evaluate(LCDM)
    assert chi2 == pytest.approx(found.fun, rel=1e-9)
    assert offset == pytest.approx(found.x, abs=1e-6)


def test_marginalising_over_the_offset_adds_a_constant(dense, brute):
    chi2, offset = dense.evaluate(LCDM)
    density, _ = integrate.quad(lambda m: np.exp(-0.5 * (brute(m) - chi2)), offset - 1, offset + 1, points=[offset])
    assert dense.log_marginalisation == pytest.approx(-2.0 * np.log(density), abs=1e-7)


def test_information_and_determinant_are_those_of_the_matrix(dense, diagram):
    inverse = np.linalg.inv(diagram.covariance)
    assert dense.information == pytest.approx(np.sum(inverse), rel=1e-10)
    assert dense.log_det == pytest.approx(np.sum(np.log(np.linalg.eigvalsh(diagram.covariance))), rel=1e-10)
    assert dense.n_data == 200


def test_whitening_squares_to_the_inverse_covariance(dense, diagram):
    vectors = np.random.default_rng(1).normal(size=(200, 3))
    exact = vectors.T @ np.linalg.inv(diagram.covariance) @ vectors
    np.testing.assert_allclose(dense.whiten(vectors).T @ dense.whiten(vectors), exact, rtol=1e-9, atol=1e-9)


def test_independent_errors_are_a_diagonal_covariance(diagram, residual):
    variance = np.diag(diagram.covariance)
    diagonal = DenseLikelihood.from_variance(*diagram.columns, variance)
    full = DenseLikelihood.from_covariance(*diagram.columns, np.diag(variance))
    chi2, offset = diagonal.evaluate(LCDM)
    mean = np.average(residual, weights=1 / variance)
    assert offset == pytest.approx(mean, abs=1e-9)
    assert chi2 == pytest.approx(np.sum((residual - mean) ** 2 / variance), rel=1e-9)
    assert chi2 == pytest.approx(full.evaluate(LCDM)[0], rel=1e-12)
    assert diagonal.information == pytest.approx(np.sum(1 / variance), rel=1e-12)
    assert diagonal.log_det == pytest.approx(np.sum(np.log(variance)), rel=1e-12)
    vectors = np.ones((200, 2))
    np.testing.assert_allclose(diagonal.whiten(vectors), full.whiten(vectors), rtol=1e-12)


def test_a_constant_in_the_magnitudes_moves_the_offset_only(dense, diagram):
    shifted = DenseLikelihood.from_covariance(diagram.magnitude + 7.5, *diagram.columns[1:], diagram.covariance)
    before, after = dense.evaluate(LCDM), shifted.evaluate(LCDM)
    assert after[0] == pytest.approx(before[0], abs=1e-8)
    assert after[1] - before[1] == pytest.approx(7.5, abs=1e-10)


class Scaled(PowerLaw):
    """Three times the expansion of a power law."""

    def ln_efunc(self, u, p):
        return super().ln_efunc(u, p) + np.log(3.0)


def test_a_scale_of_the_expansion_moves_the_offset_only(dense):
    before = dense.evaluate(PowerLaw(params={"p": 0.8}))
    after = dense.evaluate(Scaled(params={"p": 0.8}))
    assert after[0] == pytest.approx(before[0], abs=1e-8)
    assert after[1] - before[1] == pytest.approx(5.0 * np.log10(3.0), abs=1e-10)


def test_rows_can_come_in_any_order(dense, diagram):
    order = np.random.default_rng(3).permutation(200)
    columns = (column[order] for column in diagram.columns)
    shuffled = DenseLikelihood.from_covariance(*columns, diagram.covariance[np.ix_(order, order)])
    assert shuffled.evaluate(LCDM)[0] == pytest.approx(dense.evaluate(LCDM)[0], abs=1e-8)


def test_a_supernova_observed_twice_has_one_distance(dense, diagram):
    integral = dense.shape(LCDM) - 5.0 * np.log10(1.0 + diagram.z_prefactor)
    np.testing.assert_allclose(integral[190:], integral[:10], rtol=0, atol=1e-14)


def test_matrices_that_are_no_covariance_are_refused(diagram):
    broken = diagram.covariance.copy()
    broken[3, 3] = -1.0
    with pytest.raises(ValueError, match="^covariance: not positive definite"):
        DenseLikelihood.from_covariance(*diagram.columns, broken)
    with pytest.raises(ValueError, match=r"^covariance: shape \(199, 199\) does not fit 200 supernovae"):
        DenseLikelihood.from_covariance(*diagram.columns, diagram.covariance[1:, 1:])
    with pytest.raises(ValueError, match="covariance|NaN"):
        DenseLikelihood.from_covariance(*diagram.columns, np.full((200, 200), np.nan))


@pytest.mark.parametrize("bad", [0.0, -0.01, np.nan])
def test_variances_must_be_positive(diagram, bad):
    variance = np.full(200, 0.01)
    variance[7] = bad
    with pytest.raises(ValueError, match="^variance: every entry must be > 0$"):
        DenseLikelihood.from_variance(*diagram.columns, variance)


def test_columns_of_another_length_are_refused_when_the_likelihood_is_built(diagram):
    magnitude, z, z_prefactor = diagram.columns
    with pytest.raises(ValueError, match="variance"):
        DenseLikelihood.from_variance(magnitude, z, z_prefactor, np.full(199, 0.01))
    with pytest.raises(ValueError, match="z"):
        DenseLikelihood.from_covariance(magnitude, z[1:], z_prefactor, diagram.covariance)
