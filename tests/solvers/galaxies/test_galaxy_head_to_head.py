"""Who wins: the published counts with both labels, ties, swapped sides, and resampled galaxies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.head_to_head import CHI2_TIE, bootstrap_share, compare
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.metrics import rar_scatter, rms
from solvers.galaxies.splits import source_random_state
from solvers.laws import MondRar, Sigma

VALUES = arrays(float, 20, elements=st.sampled_from([0.0, 1.0, 1.02, 1.5, 2.0, np.nan]))


@pytest.fixture(scope="session")
def statistic(curves, rounded_g_dagger):
    """A statistic of a model in every galaxy, by the model's name."""
    data = curves()
    models = {form: LawRotation(law=Sigma(g_dagger=rounded_g_dagger(form))) for form in ("4sqrtpi", "2e")}
    models |= {"mond": LawRotation(law=MondRar()), "gr": Newtonian()}
    return lambda name, function: function(data, models[name].velocity(data))


@pytest.mark.parametrize(
    ("a", "b", "function", "wins"),
    [
        ("4sqrtpi", "2e", rms, (153, 21)),
        ("4sqrtpi", "2e", rar_scatter, (98, 76)),
        ("4sqrtpi", "mond", rms, (122, 52)),
        ("4sqrtpi", "mond", rar_scatter, (90, 84)),
        ("2e", "mond", rms, (68, 106)),
        ("2e", "mond", rar_scatter, (97, 77)),
        ("4sqrtpi", "gr", rms, (107, 67)),
    ],
)
def test_published_counts_are_of_these_two_sides(a, b, function, wins, statistic):
    found = compare(a, statistic(a, function), b, statistic(b, function))
    assert (found.wins_a, found.wins_b, found.ties, found.n_undefined) == (*wins, 0, 0)
    assert str(found) == f"{a} {wins[0]}–{wins[1]} {b}"
    assert found.share_a == wins[0] / 174


@settings(max_examples=100, deadline=None)
@given(a=VALUES, b=VALUES)
def test_swapped_sides_swap_the_wins(a, b):
    one, other = compare("a", a, "b", b), compare("b", b, "a", a)
    assert (one.wins_a, one.wins_b, one.ties) == (other.wins_b, other.wins_a, other.ties)
    assert one.wins_a + one.wins_b + one.ties + one.n_undefined == 20
    np.testing.assert_array_equal(one.difference, -other.difference)


def test_a_tie_is_of_equal_values_or_within_the_tolerance():
    a, b = np.array([1.0, 0.95, 1.05, 0.94, 1.06, 0.0, 0.0]), np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    strict, loose = compare("a", a, "b", b), compare("a", a, "b", b, relative_tie=CHI2_TIE + 1e-12)
    np.testing.assert_array_equal(strict.outcome, [0, 1, -1, 1, -1, 0, 1])
    np.testing.assert_array_equal(loose.outcome, [0, 0, 0, 1, -1, 0, 1])
    np.testing.assert_array_equal(compare("a", a, "b", b, relative_tie=0.0).outcome, strict.outcome)
    assert str(loose) == "a 2–1 b, 4 ties"


def test_the_tie_of_ratios_has_b_in_the_denominator():
    assert compare("a", [0.951], "b", [1.0], relative_tie=CHI2_TIE).ties == 1
    assert compare("b", [1.0], "a", [0.951], relative_tie=CHI2_TIE).wins_b == 1


def test_galaxies_without_a_value_are_counted_and_in_no_share():
    found = compare("a", [1.0, np.nan, np.inf, 2.0], "b", [2.0, 1.0, 1.0, np.inf], relative_tie=0.05)
    assert (found.wins_a, found.wins_b, found.n_undefined, found.share_a) == (1, 0, 3, 1.0)
    assert np.isnan(found.difference[1:]).all()
    assert str(found) == "a 1–0 b, 3 undetermined"
    assert np.isnan(compare("a", [np.nan], "b", [1.0]).share_a)


def test_resampling_is_reproducible_and_as_wide_as_a_binomial(statistic):
    found = compare("4sqrtpi", statistic("4sqrtpi", rms), "mond", statistic("mond", rms))
    first, again = (bootstrap_share(found, np.random.default_rng(1)) for _ in range(2))
    assert first == again
    assert first != bootstrap_share(found, np.random.default_rng(2))
    many = bootstrap_share(found, np.random.default_rng(3), n_resamples=20_000)
    share = found.share_a
    assert many.mean == pytest.approx(share, abs=0.002)
    assert many.sd == pytest.approx(np.sqrt(share * (1 - share) / 174), rel=0.03)
    assert many.low == pytest.approx(share - 1.96 * many.sd, abs=0.01)
    assert many.high == pytest.approx(share + 1.96 * many.sd, abs=0.01)


def test_the_generator_of_the_source_draws_one_resample_after_the_other():
    found = compare("a", np.arange(171.0), "b", np.r_[np.arange(1.0, 98.0), np.arange(96.0, 170.0)])
    assert (found.wins_a, found.wins_b) == (97, 74)
    won = found.outcome == 1
    rng = np.random.RandomState(42)  # the generator that the source names
    expected = [won[rng.choice(171, size=171, replace=True)].mean() for _ in range(1000)]
    drawn = bootstrap_share(found, source_random_state())
    assert (drawn.mean, drawn.sd) == (pytest.approx(np.mean(expected)), pytest.approx(np.std(expected)))
    assert (drawn.low, drawn.high) == tuple(np.percentile(expected, [2.5, 97.5]))
    assert drawn.sd == pytest.approx(0.038, abs=0.001)


def test_ties_win_for_neither_side():
    assert compare("a", [1.0, 1.0, 1.0, 0.0], "b", [1.0, 1.0, 1.0, 1.0]).share_a == 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare("a", [1.0], "b", [1.0, 2.0]), "b: 2 galaxies, must be 1 as a has"),
        (lambda: compare("a", [1.0], "a", [2.0]), "label_a='a': both sides have this name, give them two"),
        (lambda: compare("a", [1.0, -2.0, np.nan], "b", [1.0] * 3), "a=-2: must be >= 0"),
        (lambda: compare("a", 1.0, "b", [1.0]), "a: has shape (), must be one number a galaxy"),
        (
            lambda: compare("a", [1.0], "b", [1.0], relative_tie=-0.1),
            "relative_tie=-0.1: must be >= 0, or None for equal values only",
        ),
        (
            lambda: bootstrap_share(compare("a", [np.nan], "b", [1.0]), np.random.default_rng(0)),
            "a, b: no galaxy has a value of both",
        ),
        (
            lambda: bootstrap_share(compare("a", [1.0], "b", [1.0]), np.random.default_rng(0), n_resamples=0),
            "n_resamples=0: must be >= 1",
        ),
        (
            lambda: bootstrap_share(compare("a", [1.0], "b", [1.0]), np.random.default_rng(0), level=1.0),
            "level=1.0: must be above 0 and below 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput) as error:
        call()
    assert str(error.value) == message
