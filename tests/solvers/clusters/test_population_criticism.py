"""Information criteria by hand and by ArviZ, binomial intervals by scipy's own test, central intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from solvers.clusters.population.criticism import Criterion, central_interval, coverage, difference, loo, missing, waic
from solvers.errors import InvalidInput

VALUES = np.array([[-1.0, -2.0, -0.5], [-1.5, -1.0, -0.7], [-0.8, -3.0, -0.6]])


def _log_likelihoods(n_draws=2000, n=12, shift=0.0, seed=4):
    """ln N(y_i | m, 1) for draws of m from its posterior, a model for which everything is regular."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    m = y.mean() + shift + rng.normal(size=n_draws) / np.sqrt(n)
    return stats.norm.logpdf(y[np.newaxis], m[:, np.newaxis], 1.0)


def test_waic_by_hand():
    pointwise = []
    for column in VALUES.T:
        lppd = np.log(np.exp(column).sum() / 3.0)
        mean = column.sum() / 3.0
        p = ((column - mean) ** 2).sum() / 2.0
        pointwise.append(-2.0 * (lppd - p))
    found = waic(VALUES)
    np.testing.assert_allclose(found.pointwise, pointwise, rtol=1e-14)
    assert found.value == pytest.approx(sum(pointwise))
    mean = sum(pointwise) / 3.0
    assert found.error == pytest.approx(np.sqrt(3.0 * sum((v - mean) ** 2 for v in pointwise) / 2.0))


def test_the_error_of_a_difference_is_by_cluster():
    first = Criterion(pointwise=np.array([1.0, 4.0, 2.0, 5.0]), n_effective=1.0, pareto_k=np.full(4, np.nan))
    second = Criterion(pointwise=np.array([0.0, 3.5, 3.0, 3.5]), n_effective=1.0, pareto_k=np.full(4, np.nan))
    # differences 1, 0.5, −1, 1.5: sum 2, mean 0.5, squares 0.25 + 0 + 2.25 + 1 = 3.5
    found = difference(first, second)
    assert found.value == pytest.approx(2.0)
    assert found.error == pytest.approx(np.sqrt(4.0 * 3.5 / 3.0))
    assert difference(second, first).value == -found.value
    assert difference(first, first).error == 0.0
    with pytest.raises(InvalidInput, match="4 and 3 data"):
        difference(first, waic(VALUES))


def test_both_are_those_of_arviz():
    arviz = pytest.importorskip("arviz")
    values = _log_likelihoods()
    data = arviz.from_dict(posterior={"m": np.zeros((1, 2000))}, log_likelihood={"y": values[np.newaxis]})
    theirs, ours = arviz.waic(data, scale="deviance"), waic(values)
    # ArviZ divides by the number, not by one less
    assert ours.n_effective == pytest.approx(theirs.p_waic * 2000.0 / 1999.0, rel=1e-10)
    assert ours.value == pytest.approx(theirs.elpd_waic + 2.0 * theirs.p_waic / 1999.0, rel=1e-10)
    assert ours.error == pytest.approx(theirs.se * np.sqrt(12.0 / 11.0), rel=1e-3)
    theirs, ours = arviz.loo(data, scale="deviance", reff=1.0, pointwise=True), loo(values)
    np.testing.assert_allclose(ours.pareto_k, theirs.pareto_k, atol=1e-10)
    assert ours.value == pytest.approx(theirs.elpd_loo, rel=1e-10)
    assert ours.n_effective == pytest.approx(theirs.p_loo, rel=1e-8)


def test_loo_of_a_normal_mean_is_exact():
    pytest.importorskip("arviz")
    n, rng = 12, np.random.default_rng(4)
    y = rng.normal(size=n)
    # with a flat prior the others predict y_i from N(mean of the others, 1 + 1/(n − 1))
    exact = [stats.norm.logpdf(y[i], np.delete(y, i).mean(), np.sqrt(1.0 + 1.0 / (n - 1))) for i in range(n)]
    found = loo(_log_likelihoods(n_draws=40_000))
    assert found.value == pytest.approx(-2.0 * sum(exact), abs=0.05)
    assert (found.pareto_k < 0.7).all()
    assert found.n_effective == pytest.approx(1.0, abs=0.3)


def test_criteria_of_what_is_no_table_of_finite_numbers():
    for wrong in (VALUES[0], VALUES[:1], VALUES[:, :1]):
        with pytest.raises(InvalidInput, match="shape"):
            waic(wrong)
    with pytest.raises(InvalidInput, match="no density"):
        waic(np.where(VALUES == -3.0, -np.inf, VALUES))


def test_two_of_two_happens_by_chance_with_046():
    found = coverage(2, 2)
    assert found.chance == pytest.approx(0.4624)
    # Clopper & Pearson for n of n: the lower end is (α/2)^(1/n)
    assert found.low == pytest.approx(0.025**0.5)
    assert found.high == 1.0
    assert coverage(0, 3).chance == 1.0
    assert coverage(0, 3).high == pytest.approx(1.0 - 0.025 ** (1.0 / 3.0))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_that_of_scipys_binomial_test(numbers):
    inside, n = numbers
    found = coverage(inside, n)
    exact = stats.binomtest(inside, n, 0.68, alternative="greater")
    assert found.chance == pytest.approx(exact.pvalue, rel=1e-9)
    interval = stats.binomtest(inside, n).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_illegal_counts():
    for wrong in ((3, 2), (-1, 2), (0, 0)):
        with pytest.raises(InvalidInput, match="n_inside"):
            coverage(*wrong)
    with pytest.raises(InvalidInput, match="share"):
        coverage(1, 2, share=1.0)


def test_the_central_interval_leaves_no_draw_out():
    draws = stats.norm.ppf((np.arange(20_001) + 0.5) / 20_001)
    assert central_interval(draws) == pytest.approx((-0.99446, 0.0, 0.99446), abs=1e-3)
    # one draw in five without an angle moves every quantile p to that of 1.25 p − 0.25
    wanted = (-np.inf, *stats.norm.ppf([0.375, 0.8]))
    for lost in (np.nan, -np.inf):
        with_lost = central_interval(np.append(draws, np.full(5000, lost)))
        assert with_lost == pytest.approx(wanted, abs=1e-3)
    low, middle, high = central_interval(np.append(draws, np.full(5000, np.inf)))
    assert (low, middle, high) == pytest.approx((*stats.norm.ppf([0.2, 0.625]), np.inf), abs=1e-3)
    assert central_interval([np.nan]) == (-np.inf, -np.inf, -np.inf)


def test_draws_without_an_angle_are_counted_by_what_they_lack():
    found = missing([[1.0, -np.inf, np.nan], [np.inf, -np.inf, -np.inf]])
    assert (found.none, found.beyond, found.outside, found.total) == (3, 1, 1, 5)
    assert missing(np.ones(4)).total == 0
