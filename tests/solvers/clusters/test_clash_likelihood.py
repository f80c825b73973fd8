"""χ² on accelerations and correlated masses of clusters, and the baryons beside masses, in other hands."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.clash_baryons import interpolated_baryons, m500_of_profile
from solvers.clusters.clash_likelihood import AccelerationProblem, MassProblem
from solvers.clusters.clash_points import AccelerationPoints, MassPoints
from solvers.clusters.enhancements import ClusterModel, LawEnhancement, NoEnhancement
from solvers.errors import InvalidInput
from solvers.inference.least_squares import LeastSquares
from solvers.inference.minimize import Minimize
from solvers.laws import MondRar, MondSimple

G_SI, MSUN, KPC = 6.6743e-11, 1.988409870698051e30, 3.0856775814913673e19
FREE = {"amplitude": {"prior": {"min": 0.0, "max": 100.0}, "ref": 4.4}}
BOTH = FREE | {"g_dagger": {"prior": {"dist": "loguniform", "min": 1e-11, "max": 1e-7}, "ref": 1e-10}}


class Bent(ClusterModel):
    """A model that gives nothing but its enhancement, Σ = 3 (g/1e-10)^(−0.3)."""

    def enhancement(self, g_bar, **theta):
        return 3.0 * (np.asarray(g_bar) / 1e-10) ** -0.3

    def surface_density(self, baryons, constants=None, **theta):
        raise NotImplementedError


def points(n=12, seed=1, **changes):
    rng = np.random.default_rng(seed)
    g_bar = np.geomspace(1e-11, 3e-10, n)
    columns = {
        "g_bar": g_bar,
        "g_obs": g_bar * rng.uniform(3.0, 9.0, n),
        "g_bar_err": rng.uniform(0.03, 0.08, n),
        "g_obs_err": rng.uniform(0.05, 0.15, n),
    }
    return AccelerationPoints(**(columns | changes))


def masses(sizes=(4, 1, 5), seed=2, **changes):
    rng, n = np.random.default_rng(seed), sum(sizes)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    mixing = rng.normal(size=(n, 2 * n))
    covariance = mixing @ mixing.T
    correlation = covariance / np.sqrt(np.outer(np.diagonal(covariance), np.diagonal(covariance)))
    g_bar, m_bar = rng.uniform(1e-11, 1e-10, n), rng.uniform(1e13, 6e13, n)
    columns = {
        "g_bar": g_bar,
        "m_bar": m_bar,
        "mass": m_bar * rng.uniform(-1.0, 9.0, n),
        "mass_err": rng.uniform(2e13, 2e14, n),
        "correlation": np.where(cluster[:, None] == cluster, correlation, 0.0),
        "cluster": cluster,
        "common_err": np.zeros(n),
    }
    return MassPoints(**(columns | changes))


def sigma(g_bar, amplitude=4.442882938158366, g_dagger=9.59253e-11):
    """The law, written again."""
    return 1.0 + amplitude * np.sqrt(g_dagger / g_bar) * g_dagger / (g_dagger + g_bar)


def log_slope(function, g, step=1e-6):
    return (math.log(function(g * math.exp(step))) - math.log(function(g * math.exp(-step)))) / (2.0 * step)


@pytest.mark.parametrize("scatter", [0.0, 0.07])
def test_observed_errors_give_a_sum_of_squares(scatter):
    data = points(errors="observed", scatter=scatter)
    problem = AccelerationProblem(LawEnhancement(), data)
    residual = np.log10(data.g_obs / (data.g_bar * sigma(data.g_bar)))
    expected = float(np.sum(residual**2 / (data.g_obs_err**2 + scatter**2)))
    assert float(problem.chi2()) == pytest.approx(expected, rel=1e-5)
    assert np.sum(problem.residuals() ** 2) == pytest.approx(float(problem.chi2()), rel=1e-14)
    assert float(problem.log_determinant()) == 0.0


@pytest.mark.parametrize("scatter", [0.0, 0.07])
def test_chi2_with_both_errors_is_the_normal_density_up_to_a_constant_of_the_data(scatter):
    data = points(scatter=scatter)
    own = data.g_obs_err**2 + scatter**2
    constant = float(np.sum(np.log(2.0 * math.pi * own)))
    for amplitude in (0.0, 4.44, 30.0):
        model = LawEnhancement(params={"amplitude": amplitude, "g_dagger": 9.59253e-11})
        slope = [log_slope(lambda g: g * sigma(g, amplitude), g) for g in data.g_bar]  # noqa: B023
        sd = np.sqrt(own + (np.array(slope) * data.g_bar_err) ** 2)
        predicted = np.log10(data.g_bar * sigma(data.g_bar, amplitude))
        log_density = stats.norm(predicted, sd).logpdf(np.log10(data.g_obs)).sum()
        problem = AccelerationProblem(model, data)
        assert float(problem.chi2()) + constant == pytest.approx(-2.0 * log_density, rel=1e-7)
        assert problem.residuals is None


def test_chi2_with_both_errors_is_what_the_unknown_true_acceleration_leaves():
    """−2 ln ∫ N(x; t, err_bar) N(y; f(t), err_obs) dt over a uniform prior of t, by quadrature."""
    data = points(4, g_bar_err=np.full(4, 0.02))
    expected = 0.0
    for x, y, sx, sy in zip(np.log10(data.g_bar), np.log10(data.g_obs), data.g_bar_err, data.g_obs_err, strict=True):

        def density(t, x=x, y=y, sx=sx, sy=sy):
            return stats.norm.pdf(x, t, sx) * stats.norm.pdf(y, t + math.log10(sigma(10.0**t)), sy)

        expected -= 2.0 * math.log(integrate.quad(density, x - 8 * sx, x + 8 * sx, epsabs=0, epsrel=1e-11)[0])
    expected -= float(np.sum(np.log(2.0 * math.pi * data.g_obs_err**2)))
    assert float(AccelerationProblem(LawEnhancement(), data).chi2()) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("model", [LawEnhancement(), LawEnhancement(law=MondSimple()), LawEnhancement(law=MondRar())])
def test_slopes_are_central_differences(model):
    data = points()
    expected = [log_slope(lambda g: g * float(model.enhancement(g)), g, 1e-5) for g in data.g_bar]
    assert AccelerationProblem(model, data).slope() == pytest.approx(expected, abs=1e-9)


def test_a_model_without_a_slope_of_its_own_has_one():
    assert AccelerationProblem(Bent(), points()).slope() == pytest.approx(np.full(12, 0.7), abs=1e-9)
    assert AccelerationProblem(NoEnhancement(), points()).slope() == pytest.approx(np.ones(12), abs=1e-12)


def test_mass_chi2_is_the_normal_density_with_the_dense_covariance():
    data = masses()
    problem = MassProblem(LawEnhancement(), data)
    predicted = data.m_bar * sigma(data.g_bar)
    dense = np.zeros((10, 10))
    for i in range(10):
        for j in range(10):
            if data.cluster[i] == data.cluster[j]:
                dense[i, j] = data.correlation[i, j] * data.mass_err[i] * data.mass_err[j]
    unit = 1e14
    density = stats.multivariate_normal(predicted / unit, dense / unit**2)
    highest = density.logpdf(predicted / unit)
    assert float(problem.chi2()) == pytest.approx(2.0 * (highest - density.logpdf(data.mass / unit)), rel=1e-4)
    assert np.sum(problem.residuals() ** 2) == pytest.approx(float(problem.chi2()), rel=1e-13)
    assert (data.mass < 0).any()


def test_common_errors_are_one_unknown_number_of_each_cluster():
    """χ² at the best nuisance δ of each cluster, with the penalty δ²."""
    common = np.linspace(1e13, 5e13, 10)
    data, plain = masses(common_err=common), masses()
    predicted = data.m_bar * sigma(data.g_bar, g_dagger=LawEnhancement().law.g_dagger.m_s2)
    inverse = np.linalg.inv(plain.covariance)
    shift = np.array([[s if c == k else 0.0 for s, c in zip(common, data.cluster, strict=True)] for k in range(3)])

    def penalised(delta):
        left = data.mass - predicted - delta @ shift
        return left @ inverse @ left + delta @ delta

    lowest = optimize.minimize(penalised, np.zeros(3), tol=1e-12).fun
    assert float(MassProblem(LawEnhancement(), data).chi2()) == pytest.approx(lowest, rel=1e-6)


def test_correlation_between_clusters_is_not_read():
    data = masses()
    strange = np.where(data.correlation == 0, 0.5, data.correlation)
    other = masses(correlation=strange)
    assert np.array_equal(data.covariance, other.covariance)


def test_factor_on_the_masses_is_the_minimum_over_it():
    data = masses()
    problem = MassProblem(LawEnhancement(), data)
    factor, error = problem.factor()
    inverse, predicted = np.linalg.inv(data.covariance), problem.prediction()

    def chi2(f):
        left = data.mass - f * predicted
        return left @ inverse @ left

    assert factor == pytest.approx(optimize.minimize_scalar(chi2).x, rel=1e-6)
    assert chi2(factor + error) - chi2(factor) == pytest.approx(1.0, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20), st.floats(1e-11, 1e-8)), min_size=1, max_size=6), st.booleans())
def test_arrays_of_parameters_give_what_single_ones_give(theta, of_masses):
    model = LawEnhancement(params=BOTH)
    problem = MassProblem(model, masses()) if of_masses else AccelerationProblem(model, points())
    amplitude, g_dagger = (np.array(column).reshape(-1, 1) for column in zip(*theta, strict=True))
    found = problem.chi2(amplitude=amplitude, g_dagger=g_dagger)
    assert found.shape == amplitude.shape
    single = [float(problem.chi2(amplitude=a, g_dagger=g)) for a, g in theta]
    assert found.ravel() == pytest.approx(single, rel=1e-12)
    assert problem.function(("amplitude", "g_dagger"))(theta[0]) == pytest.approx(single[0], rel=1e-14)


def test_more_parameters_than_a_block_holds():
    problem = MassProblem(LawEnhancement(params=FREE), masses())
    amplitude = np.linspace(0.0, 9.0, 5000)
    found = problem.chi2(amplitude=amplitude)
    assert found[[0, 4095, 4096, -1]] == pytest.approx(
        [problem.chi2(amplitude=a) for a in amplitude[[0, 4095, 4096, -1]]]
    )


def test_best_amplitude_is_that_of_an_independent_minimiser():
    data = points(errors="observed")
    model = LawEnhancement(params=FREE | {"g_dagger": 9.59253e-11})

    def chi2(amplitude):
        return np.sum((np.log10(data.g_obs / data.g_bar / sigma(data.g_bar, amplitude)) / data.g_obs_err) ** 2)

    expected = optimize.minimize_scalar(chi2, bounds=(0, 100), method="bounded", options={"xatol": 1e-9})
    problem = AccelerationProblem(model, data)
    fit = Minimize().fit(problem.function(("amplitude",)), model.space.free)
    squares, _ = LeastSquares(points=64, starts=4).fit(problem, np.random.default_rng(1))
    assert fit.chi2 == pytest.approx(expected.fun, rel=1e-8)
    assert fit.values[0] == pytest.approx(expected.x, abs=1e-3 * fit.sigma[0] + 1e-6)
    assert squares.values[0] == pytest.approx(expected.x, abs=1e-3 * fit.sigma[0] + 1e-6)


def test_best_amplitude_of_masses_is_a_linear_problem():
    """M − M_bar = A h M_bar is linear in A."""
    data = masses(mass=np.abs(masses().mass))
    model = LawEnhancement(params=FREE | {"g_dagger": 9.59253e-11})
    column = data.m_bar * (sigma(data.g_bar, 1.0) - 1.0)
    inverse = np.linalg.inv(data.covariance)
    variance = 1.0 / (column @ inverse @ column)
    fit = Minimize().fit(MassProblem(model, data).function(("amplitude",)), model.space.free)
    assert fit.values[0] == pytest.approx(variance * (column @ inverse @ (data.mass - data.m_bar)), rel=1e-5)
    assert fit.sigma[0] == pytest.approx(math.sqrt(variance), rel=1e-4)


@pytest.mark.parametrize("errors", ["observed", "both"])
def test_a_known_amplitude_is_recovered_within_its_error(errors):
    """Pulls of 40 made-up samples, their mean within three of its errors of 0."""
    model = LawEnhancement(params=FREE | {"g_dagger": 9.59253e-11})
    rng, pulls = np.random.default_rng(3), []
    for _ in range(40):
        blank = points(60, errors=errors)
        true = 10.0 ** rng.uniform(-11.0, -9.7, 60)
        seen = true * 10.0 ** (blank.g_bar_err * rng.normal(size=60) * (errors == "both"))
        g_obs = true * sigma(true, 6.0) * 10.0 ** (blank.g_obs_err * rng.normal(size=60))
        data = points(60, errors=errors, g_bar=seen, g_obs=g_obs)
        fit = Minimize().fit(AccelerationProblem(model, data).function(("amplitude",)), model.space.free)
        pulls.append((fit.values[0] - 6.0) / fit.sigma[0])
    assert abs(np.mean(pulls)) < 3.0 / math.sqrt(40)
    assert 0.7 < np.std(pulls) < 1.35


def test_a_second_parameter_that_nothing_depends_on_at_a_bound_does_not_stop_the_fit():
    model = LawEnhancement(params=BOTH)
    problem = AccelerationProblem(model, points())
    fit = Minimize().fit(problem.function(("amplitude", "g_dagger")), model.space.free)
    assert np.isfinite(fit.values).all()
    assert problem.function(("amplitude", "g_dagger"))((0.0, math.nan)) == math.inf


def test_scatter_needed_brings_chi2_to_the_number_of_points():
    data = points()
    problem = AccelerationProblem(NoEnhancement(), data)
    needed = problem.scatter_needed()
    assert np.sum(problem.residual() ** 2 / (problem.variance() + needed**2)) == pytest.approx(12.0, rel=1e-9)
    assert AccelerationProblem(NoEnhancement(), points(g_obs=data.g_bar)).scatter_needed() == 0.0


@pytest.mark.parametrize("kind", [points, masses])
def test_some_points_are_those_points(kind):
    data = kind()
    rows = np.arange(data.n_data) % 2 == 0
    problem = AccelerationProblem if kind is points else MassProblem
    part = data.take(rows)
    assert np.array_equal(part.g_bar, data.g_bar[rows])
    if kind is masses:
        assert np.array_equal(part.covariance, data.covariance[np.ix_(rows, rows)])
    assert problem(LawEnhancement(), part).n_data == rows.sum()


def test_baryons_between_two_radii_are_a_power_law():
    at, g_bar = np.array([100.0, 400.0]), np.array([1e-10, 2e-11])
    mass = interpolated_baryons([100.0, 200.0, 400.0, 99.0, 401.0], at, g_bar)
    ends = g_bar * (at * KPC) ** 2 / G_SI / MSUN
    assert mass[[0, 2]] == pytest.approx(ends, rel=1e-5)
    assert mass[1] == pytest.approx(math.sqrt(ends[0] * ends[1]), rel=1e-5)
    assert np.isnan(mass[3:]).all()


def test_m500_of_a_singular_isothermal_sphere_is_the_closed_form():
    """M = k r: M500 = k^1.5 sqrt(3/(4π 500 ρ_c))."""
    rho, k = critical_density(0.3), 8e11
    radius = np.geomspace(200.0, 5000.0, 12)
    expected = k**1.5 * math.sqrt(3.0 / (2000.0 * math.pi * rho))
    assert m500_of_profile(radius, k * radius, rho) == pytest.approx(expected, rel=1e-12)
    noisy = np.append(k * radius, [-1e15])
    assert m500_of_profile(np.append(radius, 6000.0), noisy, rho) == pytest.approx(expected, rel=1e-12)


def test_m500_of_a_model_is_its_own():
    model = ClusterBaryons(m500=1e15, rho_crit=critical_density(0.4))
    radius = np.geomspace(100.0, 4000.0, 400)
    total = model.enclosed_mass(radius) / float(model.enclosed_mass(model.r500)) * 1e15
    assert m500_of_profile(radius, total, model.rho_crit) == pytest.approx(1e15, rel=1e-4)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: points(g_bar=np.zeros(12)), "g_bar: must be > 0 everywhere"),
        (lambda: points(g_obs=-np.ones(12)), "g_obs: must be > 0 everywhere"),
        (lambda: points(g_obs_err=np.zeros(12)), "g_obs_err: must be > 0 everywhere"),
        (lambda: points(g_bar_err=-np.ones(12)), "g_bar_err: must be >= 0 everywhere"),
        (lambda: points(g_bar_err=np.ones(3)), "g_bar_err: shape (3,) must be that of g_bar, (n,) with n >= 1"),
        (lambda: points(g_obs=np.full(12, np.nan)), "g_obs: must be finite everywhere"),
        (lambda: points(errors="none"), "errors='none': must be one of observed, both"),
        (lambda: points(scatter=-0.1), "scatter=-0.1: must be >= 0 dex"),
        (lambda: masses(g_bar=-np.ones(10)), "g_bar: must be > 0 everywhere"),
        (lambda: masses(m_bar=np.zeros(10)), "m_bar: must be > 0 everywhere"),
        (lambda: masses(common_err=-np.ones(10)), "common_err: must be >= 0 everywhere"),
        (lambda: masses(cluster=np.zeros(9)), "cluster: shape (9,) does not fit 10 masses"),
        (lambda: masses(correlation=np.ones((10, 10))), "correlation: not positive definite ("),
        (lambda: interpolated_baryons([1.0], [2.0, 1.0], [1.0, 1.0]), "at_radius: must be > 0 and increase from each "),
        (lambda: interpolated_baryons([1.0], [1.0, 2.0], [1.0, 0.0]), "g_bar: must be > 0 everywhere"),
        (lambda: interpolated_baryons([0.0], [1.0, 2.0], [1.0, 1.0]), "radius: must be > 0 everywhere"),
        (lambda: interpolated_baryons([1.0], [1.0, 2.0], [1.0]), "at_radius, g_bar: shapes (2,) and (1,) must be one"),
        (lambda: m500_of_profile([1.0, 2.0], [1e15, 2e15], 136.0), "mass: no M500, the mean density does not fall"),
        (lambda: m500_of_profile([1.0, 2.0], [1e15, -1.0], 136.0), "mass: no M500, the mean density does not fall"),
        (lambda: m500_of_profile([2.0, 1.0], [1e15, 1.0], 136.0), "radius: must be > 0 and increase"),
        (lambda: m500_of_profile([1.0, 2.0], [1e15, 1.0], 0.0), "rho_crit=0.0: must be > 0"),
    ],
)
def test_bad_input_is_one_clear_line(build, message):
    with pytest.raises(InvalidInput) as error:
        build()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
