"""Medians in bins against numpy, and their errors against resampling by hand."""

from functools import partial

import numpy as np
import pytest

from solvers.errors import InvalidInput
from solvers.galaxies.medians import binned_medians, bootstrap_error, normal_error, spread


def by_hand(values, rng, n_resamples):
    """Standard deviation of the medians of resamples."""
    drawn = rng.integers(0, values.size, (n_resamples, values.size))
    return np.median(values[drawn], axis=1).std(ddof=1)


@pytest.mark.parametrize("n", [2, 3, 4, 9, 40, 101])
@pytest.mark.parametrize("kind", ["normal", "skewed"])
def test_drawn_medians_have_the_spread_of_resampled_ones(n, kind):
    rng = np.random.default_rng(n)
    values = np.sort(rng.normal(size=n) if kind == "normal" else rng.exponential(size=n))
    drawn, resampled = bootstrap_error(values, rng, 80_000), by_hand(values, rng, 80_000)
    assert drawn == pytest.approx(resampled, rel=0.04)


def test_both_errors_agree_for_normal_values():
    values = np.sort(np.random.default_rng(1).normal(0.0, 3.0, 200_000))
    expected = 1.2533141373155 * 3.0 / np.sqrt(values.size)
    assert normal_error(values) == pytest.approx(expected, rel=0.01)
    assert bootstrap_error(values, np.random.default_rng(2), 4000) == pytest.approx(expected, rel=0.1)
    assert spread(values) == pytest.approx(3.0, rel=0.01)


@pytest.mark.parametrize("min_count", [2, 50, 130])
def test_bins_are_those_of_a_loop(min_count):
    rng = np.random.default_rng(4)
    x, values, edges = rng.uniform(0.0, 10.0, 1000), rng.normal(size=1000), np.array([1.0, 2.0, 2.5, 5.0, 9.0])
    found = binned_medians(x, values, edges, min_count=min_count, error_of=normal_error)
    kept = [
        (low, high, own)
        for low, high in zip(edges[:-1], edges[1:], strict=True)
        if (own := values[(x >= low) & (x < high)]).size >= min_count
    ]
    assert found.low.tolist() == [low for low, _, _ in kept]
    assert found.high.tolist() == [high for _, high, _ in kept]
    assert found.n.tolist() == [own.size for *_, own in kept]
    assert found.median.tolist() == [np.median(own) for *_, own in kept]
    np.testing.assert_allclose(found.deviation, [own.std(ddof=1) for *_, own in kept], rtol=1e-12)
    np.testing.assert_allclose(found.error, [normal_error(own) for *_, own in kept], rtol=1e-12)
    assert found.n_dropped == ((x >= 1.0) & (x < 9.0)).sum() - found.n.sum()


def test_no_bin_with_enough_values_is_no_bin():
    found = binned_medians(np.array([1.5]), np.array([3.0]), np.array([1.0, 2.0]), min_count=2, error_of=normal_error)
    assert found.n.size == found.median.size == found.error.size == 0
    assert found.n_dropped == 1


@pytest.mark.parametrize(
    ("edges", "min_count", "words"), [([2.0, 1.0], 2, "increasing"), ([1.0, 2.0], 1, "min_count=1")]
)
def test_illegal_bins_are_refused(edges, min_count, words):
    rng = np.random.default_rng(0)
    error_of = partial(bootstrap_error, rng=rng, n_resamples=10)
    with pytest.raises(InvalidInput, match=words):
        binned_medians(np.ones(3), np.ones(3), np.array(edges), min_count=min_count, error_of=error_of)
