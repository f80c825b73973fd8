"""Global searches of functions with known minima, what is flagged, and the objective of the CMB peak model."""

import numpy as np
import pytest

from solvers.cmb.peak_objective import PeakObjective
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.inference.differential_evolution import DifferentialEvolution

SEARCH = DifferentialEvolution()
CENTRE = np.array([[0.3], [-0.2], [1.1]])


def sphere(x):
    return ((x - CENTRE[: len(x)]) ** 2).sum(axis=0) + 3.0


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum(axis=0) + 1.0


def rastrigin(x):
    return (x**2 - 10.0 * np.cos(2.0 * np.pi * x) + 10.0).sum(axis=0) + 5.0


def search(function, free, seed=1, settings=SEARCH):
    return settings.search(function, free, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("function", "ranges", "values", "minimum"),
    [
        (sphere, [(-2, 2)], [0.3], 3.0),
        (sphere, [(-2, 2), (-2, 2), (-3, 30)], [0.3, -0.2, 1.1], 3.0),
        (rosenbrock, [(-2, 2), (-1, 3)], [1.0, 1.0], 1.0),
        (rosenbrock, [(-5, 5), (-5, 5), (-5, 5)], [1.0, 1.0, 1.0], 1.0),
        (rastrigin, [(-5.12, 5.12), (-4, 5), (-5, 4)], [0.0, 0.0, 0.0], 5.0),
    ],
    ids=["parabola", "sphere", "rosenbrock", "rosenbrock in 3", "rastrigin"],
)
def test_minima_in_closed_form_are_found(free, function, ranges, values, minimum, seed):
    found = search(function, free(*ranges), seed)
    np.testing.assert_allclose(found.values, values, rtol=0, atol=1e-4)
    assert found.minimum == pytest.approx(minimum, abs=1e-7)
    assert found.minimum == pytest.approx(function(found.values[:, np.newaxis])[0], rel=1e-14)
    assert found.converged
    assert not found.at_bound.any()


def test_a_minimum_of_zero_is_found_too(free):
    found = search(lambda x: sphere(x) - 3.0, free((-2, 2), (-2, 2), (-3, 3)))
    np.testing.assert_allclose(found.values, CENTRE[:, 0], rtol=0, atol=1e-7)
    assert 0 <= found.minimum < 1e-14


@pytest.mark.parametrize(
    ("ranges", "values", "at_bound"),
    [
        ([(0.5, 2), (-2, 2), (-3, 3)], [0.5, -0.2, 1.1], [True, False, False]),
        ([(-2, 0.1), (-2, 2), (-3, 1.0)], [0.1, -0.2, 1.0], [True, False, True]),
    ],
)
def test_an_optimum_at_an_end_is_flagged(free, ranges, values, at_bound):
    found = search(sphere, free(*ranges))
    assert found.at_bound.tolist() == at_bound
    np.testing.assert_allclose(found.values, values, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.values[at_bound], np.array(values)[at_bound], rtol=0, atol=4e-6)


def test_an_optimum_near_an_end_is_not_flagged(free):
    found = search(sphere, free((0.299, 2), (-2, -0.199), (-3, 3)))
    assert not found.at_bound.any()


@pytest.mark.parametrize("centre", [0.3, 30.0, 3e4])
def test_ranges_over_decades_are_searched_in_their_logarithm(free, centre):
    parameters = free((0.1, 1e5), (-2, 2))
    assert parameters[0].is_logarithmic

    seen = []

    def function(x):
        seen.append(x[0].copy())
        return (np.log(x[0] / centre) / 0.1) ** 2 + x[1] ** 2 + 2.0

    found = search(function, parameters)
    np.testing.assert_allclose(found.values, [centre, 0.0], rtol=1e-4, atol=1e-3)
    # The first generation spreads evenly over the decades.
    first = np.log10(seen[0])
    assert np.ptp(first) > 5.0
    assert np.mean(first) == pytest.approx(2.0, abs=0.3)


def test_an_end_of_decades_is_flagged(free):
    parameters = free((0.1, 1e5), (1e-3, 7.0))
    found = search(lambda x: np.log(x[0]) - np.log(x[1]) + 20.0, parameters)
    assert found.at_bound.tolist() == [True, True]
    np.testing.assert_allclose(found.values, [0.1, 7.0], rtol=1e-6 * np.log(1e6))


def test_points_never_leave_their_ranges(free):
    parameters = free((0.1, 1e5), (-2.0, 0.5))

    def function(x):
        assert np.all((x[0] >= 0.1) & (x[0] <= 1e5) & (x[1] >= -2.0) & (x[1] <= 0.5))
        return x[0] + x[1]

    assert search(function, parameters).minimum == pytest.approx(-1.9, rel=1e-9)


def test_the_same_seed_gives_the_same_bits_and_another_one_the_same_minimum(free):
    parameters = free((-5.12, 5.12), (-5.12, 5.12))
    one, same, other = (search(rastrigin, parameters, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.values, same.values)
    assert (one.minimum, one.n_evaluations) == (same.minimum, same.n_evaluations)
    assert not np.array_equal(one.values, other.values)
    assert one.minimum == pytest.approx(other.minimum, abs=1e-7)


def test_evaluations_are_counted_and_whole_generations_are_asked_for(free):
    sizes = []

    def function(x):
        sizes.append(x.shape[1])
        return sphere(x)

    found = search(function, free((-2, 2), (-2, 2)), settings=DifferentialEvolution(population=8))
    assert found.n_evaluations == sum(sizes)
    assert sizes[0] == sizes[1] == 16


def test_the_report_is_told_of_every_generation(free):
    told = []
    settings = DifferentialEvolution(generations=5, tolerance=1e-12)
    settings.search(sphere, free((-2, 2)), np.random.default_rng(1), lambda done, of: told.append((done, of)))
    assert told == [(i, 5) for i in range(1, 6)]


def test_a_search_that_is_cut_short_says_so(free):
    parameters = free((-2, 2), (-1, 3))
    assert not search(rosenbrock, parameters, settings=DifferentialEvolution(generations=2)).converged
    assert search(rosenbrock, parameters).converged


def test_where_the_function_has_no_value_there_is_no_minimum(free):
    def function(x):
        return np.where(x[0] > 0.0, np.nan, sphere(x))

    found = search(function, free((-2, 2), (-2, 2)))
    assert found.minimum == pytest.approx(3.09, abs=1e-6)
    np.testing.assert_allclose(found.values, [0.0, -0.2], rtol=0, atol=1e-4)


def test_a_coarser_search_takes_fewer_evaluations(free):
    parameters = free((-2, 2), (-2, 2))
    fine = search(sphere, parameters)
    assert search(sphere, parameters, settings=DifferentialEvolution(tolerance=1e-2)).n_evaluations < fine.n_evaluations
    assert search(sphere, parameters, settings=DifferentialEvolution(population=5)).n_evaluations < fine.n_evaluations


BOUNDS = {
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
}


@pytest.mark.parametrize("seed", [1, 42, 2024])
def test_the_peak_model_has_one_optimum_with_eight_parameters_at_an_end(seed):
    model = SigmaPeaks(params={name: {"prior": {"min": low, "max": high}} for name, (low, high) in BOUNDS.items()})
    assert model.space.names == tuple(BOUNDS)
    found = search(PeakObjective().function(model, model.space.names, {}), model.space.free, seed)
    assert found.converged
    assert found.minimum == pytest.approx(1661.01, abs=0.05)
    values = dict(zip(BOUNDS, found.values, strict=True))
    at_bound = {name for name, flag in zip(BOUNDS, found.at_bound, strict=True) if flag}
    assert at_bound == {"spacing", "A0", "p", "a_high", "a_low", "l_crit", "delta_l", "q"}
    ends = {
        "spacing": 1.55,
        "A0": 5000,
        "p": 0.55,
        "a_high": 0.35,
        "a_low": 0.02,
        "l_crit": 1300,
        "delta_l": 80,
        "q": 2.5,
    }
    assert {name: values[name] for name in ends} == pytest.approx(ends, rel=1e-6)
    assert values["l1"] == pytest.approx(210.962, abs=0.02)
    assert values["compression"] == pytest.approx(0.04506, abs=1e-4)
    assert values["l_damp"] == pytest.approx(1791.55, abs=0.1)
    heights = model.heights(**values)
    np.testing.assert_allclose(heights[0:6:2] / heights[1:6:2], [2.5052, 2.2698, 1.5645], rtol=0, atol=1e-3)


def test_parameters_that_the_objective_does_not_see_can_be_free(free):
    fixed = {"l1": 211.0, "spacing": 1.55, "A0": 5700.0, "p": 0.6, "a_high": 0.35, "a_low": 0.02}
    fixed |= {"l_crit": 1300.0, "delta_l": 80.0, "l_damp": 2000.0, "q": 2.0}
    model = SigmaPeaks(params=fixed | {"w0": {"prior": {"min": 35, "max": 60}}})
    found = search(PeakObjective().function(model, ("w0",), {}), model.space.free)
    assert found.minimum == pytest.approx(6077.15, abs=0.05)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 0}, "population=0: must be >= 1"),
        ({"generations": 0}, "generations=0: must be >= 1"),
        ({"tolerance": 0.0}, "tolerance=0.0: must be > 0"),
        ({"tolerance": float("nan")}, "tolerance=nan: must be > 0"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        DifferentialEvolution(**settings)
    assert str(error.value) == message
