"""The BAO likelihood: against astropy and brute force, and on DESI DR2 against an independent implementation."""

import os

import numpy as np
import pytest
from astropy import cosmology
from scipy import optimize

from catalogs.desi_dr2 import DesiDR2
from catalogs.errors import DataError
from solvers.backgrounds import CambLCDM, DarkEnergy, GRBaryons, PowerLaw, SigmaBaryons
from solvers.bao import _CHUNK, BaoLikelihood, confront_bao
from solvers.constants import C_KM_S
from solvers.inference.minimize import Minimize
from solvers.laws import CriticalAcceleration, Sigma
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.problem import NODE_COUNTS, TOLERANCE, confront

Z = np.array([0.3, 0.5, 0.5, 0.9, 0.9, 1.5, 2.33, 2.33])
QUANTITY = np.array([f"D{kind}_over_rs" for kind in "VMHMHVHM"])
MIXING = np.random.default_rng(5).normal(0.0, 0.2, (8, 8))
COVARIANCE = MIXING @ MIXING.T + np.diag(np.linspace(0.01, 0.3, 8))


def prior(low, high):
    return {"prior": {"min": low, "max": high}}


def sigma(a_cos):
    law = Sigma(g_dagger=CriticalAcceleration(form="2e"))
    return SigmaBaryons(params={"omega_b": 0.05, "a_cos": a_cos}, law=law)


SIGMA = sigma(prior(0.1, 1e6))
LCDM = DarkEnergy(params={"omega_m": prior(0.05, 0.9)})
HARD = DarkEnergy(params={"omega_m": prior(0.05, 0.9), "w0": prior(-2.0, -0.3), "wa": prior(-3.0, 2.0)})
BARYONS = GRBaryons(params={"omega_b": 0.05})
FIXED = DarkEnergy(params={"omega_m": 0.3})
ANTIPODE = DarkEnergy(params={"omega_m": 0.05, "omega_k": -12.0, "w0": -0.3})


class Step(PowerLaw):
    def ln_efunc(self, u, p):
        return super().ln_efunc(u, p) + 0.3 * (u > np.log(1.7))


@pytest.fixture(scope="module")
def made_up():
    kinds = {"V": 29.0 * Z / (1.0 + 0.4 * Z), "M": 30.0 * Z / (1.0 + 0.3 * Z), "H": 30.0 / (1.0 + 0.7 * Z)}
    value = [kinds[name[1]][i] for i, name in enumerate(QUANTITY)]
    return BaoLikelihood.from_covariance(Z, QUANTITY, value, COVARIANCE)


@pytest.fixture(scope="module")
def desi():
    """The published points; absent data skip or fail."""
    try:
        data = DesiDR2().load()
    except DataError as error:
        (pytest.fail if os.environ.get("SIGMA_REQUIRE_DATA") == "1" else pytest.skip)(str(error))
    return BaoLikelihood.from_covariance(*(data[name].values for name in ("z", "quantity", "value", "covariance")))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (cosmology.FlatLambdaCDM(70.0, 0.3, Tcmb0=0.0), {"omega_m": 0.3}),
        (cosmology.LambdaCDM(55.0, 0.3, 0.9, Tcmb0=0.0), {"omega_m": 0.3, "omega_k": -0.2, "H0": 55.0}),
        (cosmology.Flatw0waCDM(70.0, 0.3, w0=-0.9, wa=0.4, Tcmb0=0.0), {"omega_m": 0.3, "w0": -0.9, "wa": 0.4}),
    ],
)
def test_chi2_is_that_of_astropys_distances_at_the_best_of_all_scales(made_up, theirs, ours):
    dm, dh = theirs.comoving_transverse_distance(Z).value, C_KM_S / theirs.H(Z).value
    distance = {"M": dm, "H": dh, "V": (Z * dm**2 * dh) ** (1 / 3)}
    mpc = np.array([distance[name[1]][i] for i, name in enumerate(QUANTITY)])
    inverse, rest = np.linalg.inv(COVARIANCE), lambda r_d: made_up.value - mpc / r_d
    best = optimize.minimize_scalar(lambda r: rest(r) @ inverse @ rest(r), bounds=(50, 400), options={"xatol": 1e-9})
    problem = confront_bao(DarkEnergy(params=ours), made_up)
    assert problem.chi2() == pytest.approx(best.fun, rel=1e-8)
    assert problem.r_d_H0() == pytest.approx(best.x * theirs.H0.value, rel=1e-6)
    np.testing.assert_allclose(problem.prediction(), mpc / best.x, rtol=1e-6)
    np.testing.assert_allclose(problem.residuals(), made_up.value - problem.prediction(), rtol=0, atol=0)


# χ² and c/(H0 r_d) of an independent implementation; its baryons have E(0) = 1, ours √Ω_b.
@pytest.mark.parametrize(
    ("model", "chi2", "scale"),
    [
        (DarkEnergy(params={"omega_m": 0.29746181953284373}), 10.271041002564957, 29.524633413739465),
        (sigma(8.83), 110.662930906065, 13.261349115287567),
        (sigma(285.147723343577), 381.140605613099, 30.99288945389157),
        (sigma(1e5), 651.6101796475439, 164.44820917319157),
        (PowerLaw(params={"p": 6.0 / 7.0}), 682.1636930945926, 29.958001153252976),
        (BARYONS, 1420.1832801937464, 40.65964502011173 * 0.05**0.5),
    ],
)
def test_desi_chi2_and_scale_are_those_of_an_independent_implementation(desi, model, chi2, scale):
    problem = confront_bao(model, desi)
    assert problem.chi2() == pytest.approx(chi2, rel=1e-6)
    assert problem.best_scale() == pytest.approx(scale, rel=1e-6)
    assert desi.evaluate(model) == pytest.approx((chi2, scale), rel=1e-9)


@pytest.mark.parametrize(
    ("model", "alone", "together"),
    [(LCDM, (0.2975, 10.27), (0.3042, 1416.1)), (SIGMA, (17.0, 62.9), (22.28, 1591.4))],
)
def test_best_fits_to_desi_alone_and_with_pantheon(desi, pantheon_plus, model, alone, together):
    data = pantheon_plus().load()
    columns = (data[name].values for name in ("magnitude", "z", "z_prefactor", "covariance"))
    bao = confront_bao(model, desi).function(model.space.names)
    supernovae = confront(model, DenseLikelihood.from_covariance(*columns)).function(model.space.names)
    fit = Minimize().fit(bao, model.space.free)
    assert (fit.values[0], fit.chi2) == pytest.approx(alone, rel=1e-3)
    fit = Minimize().fit(lambda values: supernovae(values) + bao(values), model.space.free)
    assert fit.values[0] == pytest.approx(together[0], rel=1e-3)
    assert fit.chi2 == pytest.approx(together[1], abs=0.05)


@pytest.mark.parametrize("model", [LCDM, HARD, SIGMA, CambLCDM(params={"omega_m": prior(0.2, 0.4)})])
def test_the_nodes_are_enough_over_the_prior(made_up, model):
    problem = confront_bao(model, made_up)
    assert problem.integration_error <= TOLERANCE
    rng = np.random.default_rng(1)
    for _ in range(8):
        theta = {p.name: float(rng.uniform(p.low, p.high)) for p in problem.space.free}
        assert float(problem.chi2(**theta)) == pytest.approx(made_up.evaluate(model, **theta)[0], abs=1e-6), theta
    assert (problem.n_nodes > NODE_COUNTS[0]) == (model is HARD)


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (_CHUNK + 3,)])
def test_results_have_the_shape_of_the_parameters(made_up, shape):
    problem = confront_bao(LCDM, made_up)
    omega_m = np.linspace(0.2, 0.4, int(np.prod(shape, dtype=int))).reshape(shape)
    for function, more in ((problem.chi2, ()), (problem.best_scale, ()), (problem.prediction, (8,))):
        result = function(omega_m=omega_m)
        assert result.shape == (*shape, *more)
        for index in list(np.ndindex(shape))[-4:]:
            np.testing.assert_allclose(result[index], function(omega_m=float(omega_m[index])), rtol=1e-12)


@pytest.mark.parametrize("model", [FIXED, sigma(8.83), BARYONS])
def test_h0_and_a_factor_of_the_expansion_are_part_of_the_scale(made_up, model):
    problem = confront_bao(model, made_up)
    chi2 = problem.chi2(H0=np.array([[50.0, 70.0, 90.0]]))
    np.testing.assert_allclose(chi2, np.full((1, 3), problem.chi2()), rtol=1e-12)
    baryons = confront_bao(BARYONS, made_up)
    assert baryons.chi2(omega_b=0.2) == pytest.approx(baryons.chi2(), rel=1e-12)
    assert baryons.best_scale(omega_b=0.2) == pytest.approx(2.0 * baryons.best_scale(), rel=1e-12)


def test_a_model_without_expansion_or_beyond_its_antipode_has_infinite_chi2(made_up):
    problem = confront_bao(DarkEnergy(params={"omega_m": 0.1, "omega_k": prior(-3.0, 0.5)}), made_up)
    assert np.isfinite(problem.chi2(omega_k=np.array([-3.0, 0.0]))).tolist() == [False, True]
    assert np.isnan(problem.best_scale(omega_k=-3.0)) and problem.function(("omega_k",))([-3.0]) == np.inf
    assert np.all(ANTIPODE.efunc(Z) > 0) and np.min(ANTIPODE.comoving_distance(Z)) < 0
    assert made_up.evaluate(ANTIPODE)[0] == np.inf
    with pytest.raises(ValueError, match="^DarkEnergy: distances exist at no corner of the prior$"):
        confront_bao(ANTIPODE, made_up)


def test_a_scale_that_would_be_negative_stops_at_zero(made_up):
    mirrored = BaoLikelihood.from_covariance(Z, QUANTITY, -made_up.value, COVARIANCE)
    problem = confront_bao(LCDM, mirrored)
    assert problem.chi2(omega_m=0.3) == pytest.approx(made_up.value @ np.linalg.inv(COVARIANCE) @ made_up.value)
    assert problem.best_scale(omega_m=0.3) == 0.0 and problem.r_d_H0(omega_m=0.3) == np.inf


def test_a_step_in_the_expansion_is_refused(made_up):
    with pytest.raises(ValueError, match="^Step: distances are not smooth enough, chi2 still changes by"):
        confront_bao(Step(params={"p": 0.8}), made_up)


def test_the_problem_says_what_it_is(made_up):
    problem = confront_bao(HARD, made_up)
    assert (problem.space.names, problem.n_data, problem.n_analytic) == (("omega_m", "w0", "wa"), 8, 1)
    broadcast = {"omega_m": np.array([[0.2], [0.3]]), "w0": [-1.2, -1.0, -0.9], "wa": 0.1}
    assert problem.residuals(**broadcast).shape == (2, 3, 8)
    chi2 = problem.function(("wa", "omega_m", "w0"))([0.1, 0.3, -0.9])
    assert isinstance(chi2, float) and chi2 == pytest.approx(problem.chi2(**broadcast)[1, 2], rel=1e-12)


def test_data_that_cannot_be_used_are_refused(made_up):
    columns = {"z": Z, "quantity": QUANTITY, "value": made_up.value, "covariance": np.eye(8)}
    for name, wrong, message in (
        ("quantity", "DM_over_rd", "^quantity='DM_over_rd': unknown; did you mean DM_over_rs"),
        ("z", 0.0, "^z, value: must be finite numbers, z > 0$"),
        ("value", np.nan, "^z, value: must be finite numbers, z > 0$"),
        ("covariance", np.nan, "^covariance: not symmetric, or not finite$"),
        ("covariance", [1.0, 0.1, *[0.0] * 6], "^covariance: not symmetric, or not finite$"),
        ("covariance", [-1.0, *[0.0] * 7], "^covariance: not positive definite"),
    ):
        altered = columns[name].copy()
        altered[0] = wrong
        with pytest.raises(ValueError, match=message):
            BaoLikelihood.from_covariance(**columns | {name: altered})
    with pytest.raises(ValueError, match=r"^z: shape \(7,\) does not fit 8 distances, must be \(8,\)$"):
        BaoLikelihood.from_covariance(**columns | {"z": Z[:7]})
