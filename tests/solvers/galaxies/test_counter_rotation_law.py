"""Σ by the counter-rotating share: the printed table, both laws, their symmetry and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.counter_rotation import LAWS, coherence, counter_rotating_boost
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.milky_way import milky_way_curves

SHARES = st.floats(0.0, 1.0)


@pytest.mark.parametrize(("share", "sigma"), [(0.0, 2.69), (0.25, 2.2675), (0.5, 1.845), (1.0, 1.0)])
def test_the_linear_law_gives_the_printed_table(share, sigma):
    assert counter_rotating_boost(share) == pytest.approx(sigma, abs=1e-12)


@pytest.mark.parametrize(("share", "sigma"), [(0.0, 2.69), (0.25, 1.4225), (0.5, 1.0), (0.75, 1.4225), (1.0, 2.69)])
def test_the_symmetric_law_has_its_minimum_at_one_half(share, sigma):
    assert counter_rotating_boost(share, "symmetric") == pytest.approx(sigma, abs=1e-12)


@given(share=SHARES)
def test_only_the_symmetric_law_is_the_same_from_behind(share):
    assert coherence(share, "symmetric") == pytest.approx(float(coherence(1.0 - share, "symmetric")), abs=1e-15)
    assert coherence(share) + coherence(1.0 - share) == pytest.approx(1.0, abs=1e-15)


@given(share=SHARES, boost=st.floats(1.0, 100.0))
def test_sigma_lies_between_baryons_and_a_normal_disk(share, boost):
    for law in LAWS:
        assert 0.0 <= coherence(share, law) <= 1.0
        assert 1.0 <= counter_rotating_boost(share, law, boost) <= boost * (1.0 + 1e-15)


def test_shares_may_be_an_array():
    shares = np.linspace(0.0, 1.0, 7)
    for law in LAWS:
        found = counter_rotating_boost(shares, law, 3.0)
        np.testing.assert_array_equal(found, [counter_rotating_boost(share, law, 3.0) for share in shares])


def test_the_coherence_is_that_of_rotation_curves():
    """Σ − 1 of a curve by the law scales with the coherence that a share leaves."""
    radius = np.array([2.0, 5.0, 9.0])
    curves = milky_way_curves(radius, np.full(radius.shape, np.nan))
    whole = LawRotation().enhancement(curves) - 1.0
    for law in LAWS:
        left = LawRotation(params={"coherence": float(coherence(0.3, law))}).enhancement(curves) - 1.0
        np.testing.assert_allclose(left / whole, coherence(0.3, law), rtol=1e-12)


@pytest.mark.parametrize("share", [-0.01, 1.01, np.nan, np.inf, [0.5, 2.0]])
def test_a_share_is_from_0_to_1(share):
    with pytest.raises(InvalidInput, match="^fraction: must be from 0 to 1"):
        counter_rotating_boost(share)


def test_other_bad_requests_are_refused():
    with pytest.raises(InvalidInput, match="^law='square': must be one of linear, symmetric"):
        coherence(0.5, "square")
    for boost in (0.9, np.nan, np.inf):
        with pytest.raises(InvalidInput, match="^boost=.*must be >= 1"):
            counter_rotating_boost(0.5, boost=boost)
