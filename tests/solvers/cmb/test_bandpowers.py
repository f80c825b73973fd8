"""Bandpowers against explicit sums, inverses and least squares by NumPy, and on Planck against published numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from solvers.cmb import bandpowers as module
from solvers.cmb.bandpowers import BandpowerProblem, Bandpowers
from solvers.cmb.base import CmbModel
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.cmb.tabulated import TabulatedSpectra
from solvers.inference.least_squares import LeastSquares
from solvers.inference.parameters import REAL

OPTIMUM = {
    "l1": 210.9618,
    "spacing": 1.55,
    "compression": 0.04506,
    "A0": 5000.0,
    "p": 0.55,
    "a_high": 0.35,
    "a_low": 0.02,
    "l_crit": 1300.0,
    "delta_l": 80.0,
    "l_damp": 1791.548,
    "q": 2.5,
}
DOCUMENT = OPTIMUM | {"l1": 211.0, "compression": 0.0, "A0": 5700.0, "p": 0.6, "l_damp": 2000.0, "q": 2.0}


class Lines(CmbModel):
    """TT, TE and EE that are straight lines in ℓ; a negative level has no spectrum."""

    domain = {"level": REAL, "slope": REAL}
    defaults = {"level": 100.0, "slope": 0.0}
    predicts = ("TT", "TE", "EE")

    def _d_ell(self, ell, spectrum, p):
        level, slope = (np.asarray(p[name], dtype=float)[..., np.newaxis] for name in ("level", "slope"))
        shift = {"TT": 0.0, "TE": 5.0, "EE": -5.0}[spectrum]
        return np.where(level < 0, np.nan, level + shift + slope * (ell - 150.0))


FREE = {"level": {"prior": {"min": 50, "max": 150}}, "slope": {"prior": {"min": -1, "max": 1}}}


def curves(made_up, *shape):
    rng = np.random.default_rng(len(shape))
    return {name: rng.uniform(50.0, 150.0, (*shape, made_up.multipole.size)) for name in ("EE", "TT", "BB", "TE")}


def by_hand(made_up, level, slope):
    rest = [level + {"TT": 0.0, "TE": 5.0, "EE": -5.0}[name] for name in made_up.spectrum]
    return made_up.window.sum(axis=1) * rest + slope * made_up.window @ (made_up.multipole - 150.0)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 4)])
def test_predictions_are_sums_over_the_windows(made_up, shape):
    given_curves = curves(made_up, *shape)
    predicted = made_up.predict(given_curves)
    assert predicted.shape == (*shape, 24)
    for i, name in enumerate(made_up.spectrum):
        exact = np.sum(given_curves[name] * made_up.window[i], axis=-1)
        np.testing.assert_allclose(predicted[..., i], exact, rtol=1e-13)


def test_curves_of_different_shapes_broadcast(made_up):
    given_curves = curves(made_up, 3)
    mixed = given_curves | {"TE": given_curves["TE"][0]}
    np.testing.assert_array_equal(made_up.predict(mixed)[0], made_up.predict(given_curves)[0])
    assert made_up.predict(mixed).shape == (3, 24)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3)])
def test_chi2_is_that_of_the_inverse(made_up, shape):
    prediction = made_up.predict(curves(made_up, *shape))
    rest = made_up.value - prediction
    exact = np.einsum("...i,ij,...j->...", rest, np.linalg.inv(made_up.covariance), rest)
    assert np.shape(made_up.chi2(prediction)) == shape
    np.testing.assert_allclose(made_up.chi2(prediction), exact, rtol=1e-11)


def test_the_factor_is_cholesky_s(made_up):
    np.testing.assert_allclose(made_up.factor @ made_up.factor.T, made_up.covariance, rtol=1e-12, atol=1e-12)
    assert np.all(np.triu(made_up.factor, 1) == 0.0)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_the_amplitude_is_that_of_generalised_least_squares(made_up, shape):
    prediction = made_up.predict(curves(made_up, *shape))
    inverse = np.linalg.inv(made_up.covariance)
    norm = np.einsum("...i,ij,...j->...", prediction, inverse, prediction)
    value, sigma = made_up.amplitude(prediction)
    assert np.shape(value) == np.shape(sigma) == shape
    np.testing.assert_allclose(value, prediction @ inverse @ made_up.value / norm, rtol=1e-11)
    np.testing.assert_allclose(sigma, norm**-0.5, rtol=1e-11)


def test_the_free_amplitude_is_a_numerical_minimum(made_up):
    prediction = 3.0 * made_up.predict(curves(made_up))
    found = optimize.minimize_scalar(lambda a: float(made_up.chi2(a * prediction)), bracket=(0.1, 1.0), tol=1e-12)
    value, sigma = made_up.amplitude(prediction)
    assert value == pytest.approx(found.x, rel=1e-6)
    assert made_up.chi2_free_amplitude(prediction) == pytest.approx(found.fun, rel=1e-12)
    away = made_up.chi2((value + sigma) * prediction) - made_up.chi2_free_amplitude(prediction)
    assert away == pytest.approx(1.0, abs=1e-9)


def test_the_error_of_the_amplitude_is_its_scatter(made_up):
    prediction = made_up.predict(curves(made_up))
    noise = np.random.default_rng(4).multivariate_normal(np.zeros(24), made_up.covariance, 500)
    drawn = [replace(made_up, value=prediction + row).amplitude(prediction)[0] for row in noise]
    sigma = made_up.amplitude(prediction)[1]
    assert np.mean(drawn) == pytest.approx(1.0, abs=4.0 * sigma / np.sqrt(500))
    assert np.std(drawn) == pytest.approx(sigma, rel=0.12)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-6, 1e6), st.sampled_from([-1.0, 1.0]), st.integers(0, 100))
def test_a_factor_of_the_prediction_goes_into_its_amplitude(made_up, size, sign, seed):
    prediction = np.random.default_rng(seed).uniform(20.0, 200.0, 24)
    value, sigma = made_up.amplitude(prediction)
    scaled, its_sigma = made_up.amplitude(sign * size * prediction)
    assert scaled == pytest.approx(sign * value / size, rel=1e-10)
    assert its_sigma == pytest.approx(sigma / size, rel=1e-10)
    free = made_up.chi2_free_amplitude(prediction)
    assert made_up.chi2_free_amplitude(sign * size * prediction) == pytest.approx(free, rel=1e-8)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.floats(-3.0, 3.0))
def test_a_free_amplitude_is_never_worse(made_up, seed, factor):
    prediction = np.random.default_rng(seed).normal(80.0, 60.0, (3, 24))
    assert np.all(made_up.chi2_free_amplitude(prediction) <= made_up.chi2(factor * prediction) * (1.0 + 1e-12))


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_chi2_has_no_unit(made_up, unit):
    prediction = made_up.predict(curves(made_up))
    other = replace(made_up, value=unit * made_up.value, covariance=unit**2 * made_up.covariance)
    assert other.chi2(unit * prediction) == pytest.approx(float(made_up.chi2(prediction)), rel=1e-9)


def test_predictions_that_are_no_numbers_have_infinite_chi2(made_up):
    prediction = made_up.predict(curves(made_up, 3))
    prediction[0, 5], prediction[2, 7] = np.nan, np.inf
    for chi2 in (made_up.chi2(prediction), made_up.chi2_free_amplitude(prediction)):
        assert np.isfinite(chi2).tolist() == [False, True, False]
        assert chi2[0] == chi2[2] == np.inf
    assert np.isnan(made_up.amplitude(prediction)[0]).tolist() == [True, False, True]


def test_no_factor_helps_a_prediction_of_zeros(made_up):
    zeros = np.zeros((2, 24))
    value, sigma = made_up.amplitude(zeros)
    assert np.all(np.isnan(value))
    assert np.all(sigma == np.inf)
    np.testing.assert_allclose(made_up.chi2_free_amplitude(zeros), made_up.chi2(zeros), rtol=1e-14)


@pytest.mark.parametrize("rows", [[4, 2, 11], np.arange(24) % 3 == 0, slice(5, 9)])
def test_a_selection_keeps_its_part_of_everything(made_up, rows):
    part = made_up.select(rows)
    index = np.arange(24)[rows]
    prediction = made_up.predict(curves(made_up))
    np.testing.assert_allclose(part.predict(curves(made_up)), prediction[index], rtol=1e-14)
    rest = (made_up.value - prediction)[index]
    exact = rest @ np.linalg.inv(made_up.covariance[np.ix_(index, index)]) @ rest
    assert part.chi2(prediction[index]) == pytest.approx(exact, rel=1e-10)
    assert part.n_data == index.size
    np.testing.assert_array_equal(part.ell, made_up.ell[index])
    np.testing.assert_array_equal(part.spectrum, made_up.spectrum[index])


def test_an_empty_selection_is_refused(made_up):
    with pytest.raises(ValueError, match="^none of 24 bandpowers is left$"):
        made_up.select(made_up.spectrum == "BB")


def test_spectra_come_in_the_order_of_the_data(made_up):
    assert made_up.spectra == ("TT", "TE", "EE")
    assert made_up.n_data == 24


def broken(name, value):
    return lambda data: replace(data, **{name: value(getattr(data, name))})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (broken("ell", lambda x: x[1:]), r"ell: shape \(23,\) does not fit 24 bandpowers and 251 multipoles, must be"),
        (broken("window", lambda x: x.T), r"window: shape \(251, 24\) does not fit 24 bandpowers"),
        (broken("multipole", lambda x: x[1:]), r"window: shape \(24, 251\) does not fit 24 bandpowers and 250"),
        (broken("covariance", lambda x: x[1:]), r"covariance: shape \(23, 24\) does not fit"),
        (broken("spectrum", lambda x: x[:2]), r"spectrum: shape \(2,\) does not fit"),
        (broken("spectrum", lambda x: np.where(x == "TE", "ET", x)), "spectrum='ET': unknown"),
        (broken("value", lambda x: np.where(x == x[3], np.nan, x)), "value: every entry must be a finite number"),
        (broken("window", lambda x: np.where(x == 0.0, np.inf, x)), "window: every entry must be a finite number"),
        (broken("covariance", lambda x: np.full_like(x, np.nan)), "covariance: every entry must be a finite number"),
        (broken("covariance", lambda x: x + np.triu(x, 1)), "covariance: not symmetric"),
        (broken("covariance", lambda x: x - 50.0 * np.eye(24)), "covariance: not positive definite"),
        (broken("multipole", lambda x: x + 0.5), "multipole: must be consecutive whole numbers"),
        (broken("multipole", lambda x: 2 * x), "multipole: must be consecutive whole numbers"),
        (broken("multipole", lambda x: x - 30), "ell=0: multipoles start at 2"),
    ],
)
def test_what_is_no_set_of_bandpowers_is_refused(made_up, change, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        change(made_up)
    assert "\n" not in str(caught.value)


def test_small_entries_must_be_symmetric_too():
    covariance = np.diag([1.0, 1e-10])
    covariance[0, 1] = 1e-6
    with pytest.raises(ValueError, match="^covariance: not symmetric$"):
        Bandpowers(["TT", "TT"], [30, 31], [30, 31], np.eye(2), [1.0, 1.0], covariance)


def test_curves_that_do_not_fit_are_refused(made_up):
    with pytest.raises(ValueError, match="^spectrum='TE': the data have it; given: TT, EE$"):
        made_up.predict({"TT": np.ones(251), "EE": np.ones(251)})
    with pytest.raises(ValueError, match=r"^EE: shape \(250,\) does not fit 251 multipoles"):
        made_up.predict({"TT": np.ones(251), "TE": np.ones(251), "EE": np.ones(250)})
    with pytest.raises(ValueError, match=r"^prediction: shape \(3, 23\) does not fit 24 bandpowers$"):
        made_up.chi2(np.ones((3, 23)))


def test_lists_and_strings_of_a_catalogue_are_taken():
    one = Bandpowers(np.array(["TT"], dtype=object), [30], [30], [[1]], [5], [[4]])
    assert one.chi2([1.0]) == pytest.approx(4.0)
    assert one.amplitude([10.0]) == (pytest.approx(0.5), pytest.approx(0.2))


@pytest.mark.parametrize("free_amplitude", [False, True])
def test_a_problem_is_the_chi2_of_its_models_curves(made_up, free_amplitude):
    problem = BandpowerProblem(Lines(params=FREE, free_amplitude=free_amplitude), made_up)
    exact = by_hand(made_up, 90.0, 0.3)
    inverse = np.linalg.inv(made_up.covariance)
    best = exact @ inverse @ made_up.value / (exact @ inverse @ exact) if free_amplitude else 1.0
    rest = made_up.value - best * exact
    np.testing.assert_allclose(problem.prediction(level=90.0, slope=0.3), exact, rtol=1e-12)
    assert problem.chi2(level=90.0, slope=0.3) == pytest.approx(rest @ inverse @ rest, rel=1e-10)
    function = problem.function(["slope", "level"])
    assert isinstance(function([0.3, 90.0]), float)
    assert function(np.array([0.3, 90.0])) == pytest.approx(rest @ inverse @ rest, rel=1e-10)


def test_a_problem_says_what_it_is(made_up):
    problem = BandpowerProblem(Lines(params=FREE), made_up)
    assert problem.space.names == ("level", "slope")
    assert (problem.n_data, problem.n_analytic) == (24, 0)
    counted = Lines(params=FREE, free_amplitude=True, n_fitted_elsewhere=6)
    assert BandpowerProblem(counted, made_up).n_analytic == 7


@pytest.mark.parametrize("free_amplitude", [False, True])
@pytest.mark.parametrize("shape", [(0,), (1,), (3,), (2, 3), (2, 1, 2)])
def test_results_have_the_shape_of_the_parameters(made_up, shape, free_amplitude):
    problem = BandpowerProblem(Lines(params=FREE, free_amplitude=free_amplitude), made_up)
    level = np.linspace(60.0, 140.0, int(np.prod(shape))).reshape(shape)
    chi2, prediction = problem.chi2(level=level, slope=0.1), problem.prediction(level=level, slope=0.1)
    assert chi2.shape == shape
    assert prediction.shape == (*shape, 24)
    for index in np.ndindex(shape):
        assert chi2[index] == pytest.approx(float(problem.chi2(level=level[index], slope=0.1)), rel=1e-10)
        np.testing.assert_allclose(prediction[index], problem.prediction(level=level[index], slope=0.1), rtol=1e-12)


def test_parameters_of_different_shapes_broadcast(made_up):
    problem = BandpowerProblem(Lines(params=FREE), made_up)
    chi2 = problem.chi2(level=np.array([[90.0], [110.0]]), slope=np.array([-0.1, 0.0, 0.1]))
    assert chi2.shape == (2, 3)
    assert chi2[1, 2] == pytest.approx(float(problem.chi2(level=110.0, slope=0.1)), rel=1e-12)


def test_long_arrays_are_cut_in_blocks_and_equal_a_loop(made_up, monkeypatch):
    level = np.linspace(60.0, 140.0, 2 * module._CHUNK + 3)
    sizes, d_ell = [], Lines.d_ell

    def counted(self, ell, spectrum="TT", **theta):
        sizes.append(np.size(theta["level"]))
        return d_ell(self, ell, spectrum, **theta)

    monkeypatch.setattr(Lines, "d_ell", counted)
    problem = BandpowerProblem(Lines(params=FREE), made_up)
    chi2 = problem.chi2(level=level, slope=0.0)
    assert max(sizes) == module._CHUNK
    assert sum(sizes) == 3 * level.size
    for i in (0, module._CHUNK - 1, module._CHUNK, 2 * module._CHUNK, level.size - 1):
        assert chi2[i] == pytest.approx(float(problem.chi2(level=level[i], slope=0.0)), rel=1e-10)


@pytest.mark.parametrize("free_amplitude", [False, True])
def test_a_model_without_a_spectrum_has_infinite_chi2(made_up, free_amplitude):
    problem = BandpowerProblem(Lines(params=FREE, free_amplitude=free_amplitude), made_up)
    assert problem.chi2(level=-1.0, slope=0.0) == np.inf
    assert np.isfinite(problem.chi2(level=np.array([-1.0, 100.0]), slope=0.0)).tolist() == [False, True]
    assert problem.function(["level", "slope"])([-1.0, 0.0]) == np.inf


@pytest.mark.parametrize("free_amplitude", [False, True])
@pytest.mark.parametrize("shape", [(), (1,), (2, 40)])
def test_residuals_are_white_and_their_squares_add_to_chi2(made_up, shape, free_amplitude):
    problem = BandpowerProblem(Lines(params=FREE, free_amplitude=free_amplitude), made_up)
    level = np.linspace(60.0, 140.0, int(np.prod(shape))).reshape(shape)
    residuals = problem.residuals(level=level, slope=0.1)
    assert residuals.shape == (*shape, 24)
    np.testing.assert_allclose(np.sum(residuals**2, axis=-1), problem.chi2(level=level, slope=0.1), rtol=1e-12)
    prediction = problem.prediction(level=level, slope=0.1)
    if free_amplitude:
        prediction = made_up.amplitude(prediction)[0][..., np.newaxis] * prediction
    exact = np.linalg.solve(np.linalg.cholesky(made_up.covariance), (made_up.value - prediction)[..., np.newaxis])
    np.testing.assert_allclose(residuals, exact[..., 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("free_amplitude", [False, True])
def test_without_a_spectrum_residuals_are_not_numbers_and_without_a_factor_they_are_those_of_zeros(
    made_up, free_amplitude
):
    problem = BandpowerProblem(Lines(params=FREE, free_amplitude=free_amplitude), made_up)
    residuals = problem.residuals(level=np.array([100.0, -1.0]), slope=0.0)
    assert np.isfinite(residuals).all(axis=-1).tolist() == [True, False]
    assert np.isnan(residuals[1]).all()
    np.testing.assert_array_equal(made_up.fitted(np.zeros(24)), np.zeros(24))
    nothing = TabulatedSpectra(table={name: np.zeros(300) for name in made_up.spectra}, free_amplitude=free_amplitude)
    of_nothing = BandpowerProblem(nothing, made_up)
    np.testing.assert_allclose(of_nothing.residuals(), made_up.whiten(made_up.value), rtol=1e-14)
    assert of_nothing.chi2() == pytest.approx(np.sum(of_nothing.residuals() ** 2), rel=1e-13)


def test_a_linear_model_is_fitted_by_least_squares_as_by_the_normal_equations(made_up):
    problem = BandpowerProblem(Lines(params=FREE), made_up)
    shift = by_hand(made_up, 0.0, 0.0)
    design = np.stack([by_hand(made_up, 1.0, 0.0) - shift, by_hand(made_up, 0.0, 1.0) - shift], axis=-1)
    inverse = np.linalg.inv(made_up.covariance)
    covariance = np.linalg.inv(design.T @ inverse @ design)
    fit, n_agree = LeastSquares(points=64, starts=4).fit(problem, np.random.default_rng(1))
    np.testing.assert_allclose(fit.values, covariance @ design.T @ inverse @ (made_up.value - shift), rtol=1e-7)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-5)
    assert n_agree == 4


def test_a_spectrum_that_the_model_lacks_is_refused(made_up):
    model = SigmaPeaks(params=OPTIMUM)
    with pytest.raises(ValueError, match="^spectrum='TE': the data have it, but SigmaPeaks predicts TT$"):
        BandpowerProblem(model, made_up)
    assert BandpowerProblem(model, made_up.select(made_up.spectrum == "TT")).n_data == 8


def test_planck_has_the_published_chi2_for_cambs_lcdm(planck_tt, lcdm):
    curve = {"TT": lcdm["TT"][np.isin(lcdm["ell"], planck_tt.multipole)]}
    prediction = planck_tt.predict(curve)
    assert planck_tt.n_data == 215
    assert planck_tt.chi2(prediction) == pytest.approx(206.1305, abs=0.5)
    value, sigma = planck_tt.amplitude(prediction)
    assert value == pytest.approx(1.0, abs=3.0 * sigma)
    assert planck_tt.chi2_free_amplitude(prediction) < planck_tt.chi2(prediction)


def test_all_of_planck_has_the_chi2_of_an_explicit_inverse(planck_all, lcdm):
    inside = np.isin(lcdm["ell"], planck_all.multipole)
    curves = {name: lcdm[name][inside] for name in ("TT", "TE", "EE")}
    exact = np.array([row @ curves[name] for name, row in zip(planck_all.spectrum, planck_all.window, strict=True)])
    rest = planck_all.value - exact
    chi2 = planck_all.chi2(planck_all.predict(curves))
    assert planck_all.n_data == 613
    assert chi2 == pytest.approx(rest @ np.linalg.solve(planck_all.covariance, rest), rel=1e-8)
    assert chi2 / 613 == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    ("params", "chi2", "free"),
    [
        (OPTIMUM, pytest.approx(18969388.5, rel=1e-4), pytest.approx(3.7e4, rel=0.02)),
        (DOCUMENT, pytest.approx(20289236.5, rel=1e-4), None),
        (OPTIMUM | {"w0": 35.0, "w1": 0.015}, pytest.approx(9.9e6, rel=0.01), pytest.approx(4.7e4, rel=0.02)),
        (OPTIMUM | {"w1": 0.0}, pytest.approx(2.7e5, rel=0.02), None),
    ],
)
def test_the_peak_model_has_the_published_chi2_on_planck(planck_tt, params, chi2, free):
    assert BandpowerProblem(SigmaPeaks(params=params), planck_tt).chi2() == chi2
    if free is not None:
        assert BandpowerProblem(SigmaPeaks(params=params, free_amplitude=True), planck_tt).chi2() == free


def test_with_its_widths_free_the_peak_model_has_one_minimum_on_planck(planck_tt):
    """In the ranges of its source it stops at six of their ends, far above ΛCDM's 206."""
    bounds = {
        "l1": (200, 240),
        "spacing": (1.35, 1.55),
        "compression": (0, 0.08),
        "A0": (5000, 7000),
        "p": (0.55, 0.85),
        "a_high": (0.35, 0.55),
        "a_low": (0.02, 0.15),
        "l_crit": (900, 1300),
        "delta_l": (80, 300),
        "l_damp": (1400, 2200),
        "q": (1.5, 2.5),
        "w0": (20, 200),
        "w1": (0, 0.01),
        "plateau": (0, 20000),
    }
    model = SigmaPeaks(params={name: {"prior": {"min": low, "max": high}} for name, (low, high) in bounds.items()})
    problem = BandpowerProblem(model, planck_tt)
    fit, n_agree = LeastSquares(points=256, starts=3).fit(problem, np.random.default_rng(0))
    assert fit.chi2 == pytest.approx(2691.28203, abs=1e-4)
    assert n_agree == 3
    assert fit.converged
    at_bound = {name: value for name, value, flag in zip(bounds, fit.values, fit.at_bound, strict=True) if flag}
    assert at_bound == {
        "compression": 0.0,
        "A0": 5000.0,
        "a_high": 0.35,
        "delta_l": 300.0,
        "l_damp": 1400.0,
        "plateau": 0.0,
    }
    # No lower χ² in reach of a minimiser that looks at nothing but χ².
    function = problem.function(model.space.names)
    low, high = np.array(list(bounds.values()), dtype=float).T
    nelder_mead = optimize.minimize(
        function, fit.values, method="Nelder-Mead", bounds=np.stack([low, high], axis=-1), options={"maxfev": 1500}
    )
    assert nelder_mead.fun >= fit.chi2 - 1e-3
