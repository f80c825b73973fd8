"""One model on its data: global searches where there are several minima, and what is said of them."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.optimize import brute

from sims.fitting import fit_model
from solvers.errors import InvalidInput
from solvers.inference.differential_evolution import DifferentialEvolution
from solvers.inference.joint import JointProblem
from solvers.inference.least_squares import LeastSquares
from solvers.inference.minimize import Minimize
from solvers.inference.nuts_sampler import Nuts
from solvers.inference.parameters import Free, ParameterSpace

TIME = np.linspace(0.0, 3.0, 40)
NOISE = np.random.default_rng(4).normal(size=TIME.size)
HEIGHT = Free("height", 0.2, 3.0, 1.0, "h")
RATE = Free("rate", 0.5, 12.0, 2.0, r"\omega")


@dataclass
class Wave:
    """height·sin(rate·t) through 40 data with errors of 0.1, made with height 1.3 and rate 7.1."""

    free: tuple = (HEIGHT, RATE)
    fixed: dict = field(default_factory=dict)
    axes: dict = field(default_factory=dict)
    n_analytic = 0

    value = 1.3 * np.sin(7.1 * TIME) + 0.1 * NOISE
    n_data = TIME.size

    @property
    def space(self):
        return ParameterSpace(self.fixed, self.free, self.axes)

    def residuals(self, **theta):
        p = {name: np.asarray(values)[..., np.newaxis] for name, values in (self.fixed | theta).items()}
        return (self.value - p["height"] * np.sin(p["rate"] * TIME)) / 0.1

    def chi2(self, **theta):
        return np.sum(self.residuals(**theta) ** 2, axis=-1)

    def function(self, names):
        return lambda values: float(self.chi2(**dict(zip(names, values, strict=True))))


class Opaque(Wave):
    """The same, of which χ² alone is known."""

    residuals = None

    def chi2(self, **theta):
        return Wave().chi2(**theta)


class Nowhere(Wave):
    """A model without a prediction."""

    def chi2(self, **theta):
        return np.full(np.broadcast_shapes(*(np.shape(value) for value in theta.values())), np.inf)


GLOBAL = {
    "least_squares": LeastSquares(points=256, starts=8),
    "differential_evolution": DifferentialEvolution(population=10),
}


def fit(inference, problem=None, name="wave", profile=None, seed=0):
    return fit_model(name, problem or Wave(), inference, {"rate": "1 / s"}, profile or {}, seed)


@pytest.fixture(scope="module")
def lowest():
    """The lowest point by a fine grid, refined by a simplex."""
    ranges = [(p.low, p.high) for p in Wave.free]
    return brute(Wave().function(("height", "rate")), ranges, Ns=200)


def test_a_minimiser_alone_ends_in_the_minimum_next_to_its_start(lowest):
    answer = fit(Minimize())
    assert answer.theta["rate"] < 6.0
    assert answer.variables["chi2"].item() > 5.0 * Wave().function(("height", "rate"))(lowest)


@pytest.mark.parametrize("way", GLOBAL)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_global_search_finds_the_lowest_of_several_minima(lowest, way, seed):
    answer = fit(GLOBAL[way], seed=seed)
    np.testing.assert_allclose(list(answer.theta.values()), lowest, rtol=0, atol=2e-4)
    assert answer.variables["chi2"].item() == pytest.approx(float(Wave().chi2(**answer.theta)), rel=1e-12)
    assert bool(answer.variables["converged"])
    assert answer.variables["n_free"].item() == 2
    assert answer.variables["param"].values.tolist() == ["height", "rate"]


@pytest.mark.parametrize("way", GLOBAL)
def test_errors_of_a_good_fit_are_those_of_its_slopes(way):
    answer = fit(GLOBAL[way])
    height, rate = answer.theta.values()
    slopes = np.stack([np.sin(rate * TIME), height * TIME * np.cos(rate * TIME)]) / 0.1
    covariance = np.linalg.inv(slopes @ slopes.T)
    sigma = np.sqrt(np.diagonal(covariance))
    np.testing.assert_allclose(answer.variables["sigma"].values, sigma, rtol=1e-4 if way == "least_squares" else 0.02)
    assert np.abs(answer.variables["covariance"].values - covariance).max() < 0.05 * sigma.max() ** 2


def test_a_linear_model_is_the_solution_of_its_normal_equations():
    problem = Wave(free=(HEIGHT,), fixed={"rate": 7.1})
    answer = fit(LeastSquares(points=1, starts=1), problem)
    wave = np.sin(7.1 * TIME)
    assert answer.theta["height"] == pytest.approx(wave @ problem.value / (wave @ wave), rel=1e-9)
    assert answer.variables["sigma"].item() == pytest.approx(0.1 / np.sqrt(wave @ wave), rel=1e-5)


def test_least_squares_says_how_many_starts_agree_and_the_others_say_nothing():
    variables = fit(GLOBAL["least_squares"]).variables
    assert variables["n_starts"].item() == 8
    assert 2 <= variables["n_agree"].item() <= 8
    for other in (Minimize(), GLOBAL["differential_evolution"]):
        assert not {"n_starts", "n_agree"} & set(fit(other).variables)


@pytest.mark.parametrize("way", GLOBAL)
def test_the_same_seed_gives_the_same_bits(way):
    first, again = (fit(GLOBAL[way], seed=5).variables for _ in range(2))
    for key, value in first.items():
        np.testing.assert_array_equal(value.values, again[key].values)


@pytest.mark.parametrize("way", GLOBAL)
def test_an_end_of_a_range_is_flagged_and_exact(way):
    problem = Wave(free=(Free("height", 1.5, 3.0, 2.0, "h"), RATE))
    answer = fit(GLOBAL[way], problem)
    assert answer.theta["height"] == 1.5
    assert answer.variables["at_bound"].values.tolist() == [True, False]
    assert np.isnan(answer.variables["sigma"].values[0])
    assert answer.theta["rate"] == pytest.approx(7.1, abs=0.05)


def test_a_search_over_decades_is_one_of_the_logarithm():
    wide = Free("height", 1e-3, 1e3, 1.0, "h")
    assert wide.is_logarithmic
    answer = fit(GLOBAL["least_squares"], Wave(free=(wide, RATE)))
    assert answer.theta["height"] == pytest.approx(fit(GLOBAL["least_squares"]).theta["height"], rel=1e-6)
    narrow = fit(GLOBAL["least_squares"]).variables["sigma"].values
    np.testing.assert_allclose(answer.variables["sigma"].values, narrow, rtol=1e-4)


@pytest.mark.parametrize("way", GLOBAL)
def test_a_profile_may_be_asked_for_beside_a_search(way):
    variables = fit(GLOBAL[way], profile={"height": 5, "elsewhere": 5}).variables
    assert variables["profile_height"].dims == ("height",)
    np.testing.assert_allclose(variables["height"].values, np.linspace(0.2, 3.0, 5), rtol=1e-12)
    assert not any("elsewhere" in key for key in variables)


@pytest.mark.parametrize("way", GLOBAL)
def test_cells_of_a_scan_are_left_to_the_minimiser(way):
    problem = Wave(free=(HEIGHT,), axes={"rate": np.array([7.0, 7.1])})
    answer = fit(GLOBAL[way], problem)
    assert answer.theta is None
    assert answer.variables["chi2"].dims == ("rate",)
    expected = [fit(Minimize(), Wave(free=(HEIGHT,), fixed={"rate": rate})).variables["chi2"] for rate in (7.0, 7.1)]
    np.testing.assert_allclose(answer.variables["chi2"].values, np.array(expected, dtype=float), rtol=1e-9)
    assert not {"n_starts", "n_agree"} & set(answer.variables)


@pytest.mark.parametrize("way", GLOBAL)
def test_a_model_without_free_parameters_is_evaluated(way):
    problem = Wave(free=(), fixed={"height": 1.3, "rate": 7.1})
    answer = fit(GLOBAL[way], problem)
    assert answer.theta == {}
    assert answer.variables["chi2"].item() == pytest.approx((NOISE**2).sum(), rel=1e-12)
    assert not {"best_fit", "n_starts"} & set(answer.variables)


def test_residuals_of_several_data_sets_stand_one_after_the_other(lowest):
    joint = JointProblem({"first": Wave(), "second": Wave()})
    answer, alone = fit(GLOBAL["least_squares"], joint), fit(GLOBAL["least_squares"])
    assert answer.variables["n_data"].item() == 80
    assert answer.variables["chi2"].item() == pytest.approx(2.0 * alone.variables["chi2"].item(), rel=1e-9)
    np.testing.assert_allclose(list(answer.theta.values()), list(alone.theta.values()), rtol=1e-6)
    ratio = answer.variables["sigma"].values / alone.variables["sigma"].values
    np.testing.assert_allclose(ratio, np.sqrt(0.5), rtol=1e-4)


@pytest.mark.parametrize(
    "problem", [Opaque(), JointProblem({"first": Wave(), "second": Opaque()})], ids=["one", "joint"]
)
def test_least_squares_needs_residuals_of_every_part(problem):
    with pytest.raises(InvalidInput) as refused:
        fit(GLOBAL["least_squares"], problem)
    assert str(refused.value) == "inference: these data have no residuals to square, choose inference=minimize"
    assert bool(fit(GLOBAL["differential_evolution"], Opaque()).variables["converged"])


def test_a_sampler_of_other_densities_is_refused_by_name():
    with pytest.raises(InvalidInput, match="^inference: Nuts is for experiments with a density of their own; choose"):
        fit(Nuts())


def test_a_model_without_a_prediction_is_refused():
    with pytest.raises(InvalidInput, match="models.wave: its prediction does not exist at the data for it"):
        fit(Minimize(), Nowhere(free=(), fixed={"height": 1.3, "rate": 7.1}))


def test_no_more_data_than_parameters_is_refused():
    problem = Wave()
    problem.n_data = 2
    with pytest.raises(InvalidInput, match="models.wave: 2 data for 2 free parameters; widen the cuts"):
        fit(GLOBAL["least_squares"], problem)


@pytest.mark.parametrize("name", ["lcdm", "sigma_baryons"])
def test_supernovae_are_fitted_by_evolution_as_by_the_minimiser(executed, main_run, name):
    settings = [f"models=[{name}]", "profile=[]", "inference=differential_evolution", "inference.population=5"]
    model, expected = (tree[f"models/{name}"] for tree in (executed("pantheon_baryons", *settings), main_run))
    assert model["chi2"].item() == pytest.approx(expected["chi2"].item(), abs=1e-4)
    np.testing.assert_array_equal(model["at_bound"], expected["at_bound"])
    np.testing.assert_allclose(model["best_fit"], expected["best_fit"], rtol=1e-3)
    np.testing.assert_allclose(model["sigma"], expected["sigma"], rtol=0.02)


def test_supernovae_have_no_residuals_to_square(executed):
    with pytest.raises(InvalidInput, match="these data have no residuals to square, choose inference=minimize"):
        executed("pantheon_baryons", "models=[lcdm]", "inference=least_squares")


@pytest.mark.parametrize("way", GLOBAL)
def test_experiments_that_compare_minima_take_no_search(executed, way):
    with pytest.raises(InvalidInput, match="this experiment compares minima, choose inference=minimize"):
        executed("pantheon_baryons_published", f"inference={way}")
