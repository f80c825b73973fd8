"""Many rotation curves as one array: sums per galaxy, chosen points, parameters at points, shapes that are refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.constants import KPC_M
from solvers.errors import InvalidInput
from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves

POINTS = ("radius", "v_obs", "v_obs_err", "v_bar_squared", "v_bulge_squared")


def drawn(n_points, seed=0, **changed):
    """Galaxies with these numbers of points and random columns."""
    rng = np.random.default_rng(seed)
    n = int(np.sum(n_points))
    columns = {name: rng.uniform(1.0, 100.0, n) for name in POINTS}
    whole = {
        "names": tuple(f"g{i}" for i in range(len(n_points))),
        "galaxy": np.repeat(np.arange(len(n_points)), n_points),
        "r_disk": rng.uniform(0.5, 5.0, len(n_points)),
        **columns,
    }
    return Curves(**{**whole, **changed})


SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=8)


@given(n_points=SIZES, leading=st.sampled_from([(), (1,), (3,), (2, 4)]), seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_sums_and_means_are_those_of_loops(n_points, leading, seed):
    curves = drawn(n_points, seed)
    values = np.random.default_rng(seed).normal(size=(*leading, curves.radius.size))
    sums, means = curves.sum_by_galaxy(values), curves.mean_by_galaxy(values)
    assert sums.shape == means.shape == (*leading, curves.n_galaxies)
    for i in range(curves.n_galaxies):
        mine = values[..., curves.galaxy == i]
        np.testing.assert_allclose(sums[..., i], mine.sum(-1), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(means[..., i], mine.mean(-1), rtol=1e-12, atol=1e-12)
    assert curves.n_points.tolist() == n_points


@given(n_points=SIZES, seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_rows_are_the_chosen_points_of_the_galaxies_that_have_some(n_points, seed):
    curves = drawn(n_points, seed, kpc=PUBLISHED_KPC_M)
    chosen = np.random.default_rng(seed).random(curves.radius.size) < 0.5
    if not chosen.any():
        with pytest.raises(InvalidInput, match="^galaxies: no point is left$"):
            curves.rows(chosen)
        return
    left = curves.rows(chosen)
    expected = [name for i, name in enumerate(curves.names) if chosen[curves.galaxy == i].any()]
    assert list(left.names) == expected and left.kpc == PUBLISHED_KPC_M
    for name in POINTS:
        np.testing.assert_array_equal(getattr(left, name), getattr(curves, name)[chosen])
    owner = np.array(curves.names)[curves.galaxy[chosen]]
    np.testing.assert_array_equal(np.array(left.names)[left.galaxy], owner)
    scale = dict(zip(curves.names, curves.r_disk, strict=True))
    assert left.r_disk.tolist() == [scale[name] for name in expected]


def test_all_rows_are_the_same_curves():
    curves = drawn([3, 1, 2])
    same = curves.rows(np.ones(6, dtype=bool))
    assert same.names == curves.names
    for name in (*POINTS, "galaxy", "r_disk"):
        np.testing.assert_array_equal(getattr(same, name), getattr(curves, name))


def test_a_number_stays_one_and_values_of_galaxies_are_repeated():
    curves = drawn([3, 1, 2])
    assert curves.at_points(2.5) == 2.5 and np.ndim(curves.at_points(np.float64(2.5))) == 0
    np.testing.assert_array_equal(curves.at_points(np.array([7.0, 8.0, 9.0])), [7, 7, 7, 8, 9, 9])
    grid = np.arange(12.0).reshape(2, 2, 3)
    at = curves.at_points(grid)
    assert at.shape == (2, 2, 6)
    np.testing.assert_array_equal(at[1, 0], grid[1, 0][[0, 0, 0, 1, 2, 2]])


@pytest.mark.parametrize("shape", [(2,), (4,), (3, 1), (3, 2), (6,)])
def test_values_for_another_number_of_galaxies_are_refused(shape):
    with pytest.raises(InvalidInput, match="the last axis must have 3 galaxies$"):
        drawn([3, 1, 2]).at_points(np.ones(shape))


@pytest.mark.parametrize("kpc", [KPC_M, PUBLISHED_KPC_M])
def test_accelerations_are_in_m_s2(kpc):
    curves = drawn([2], radius=np.array([2.0, 8.0]), v_bar_squared=np.array([100.0**2, 0.0]), kpc=kpc)
    assert curves.g_bar[0] == pytest.approx(100e3**2 / (2.0 * kpc), rel=1e-15)
    assert curves.g_bar[1] == 0.0
    np.testing.assert_allclose(curves.g_obs, (curves.v_obs * 1e3) ** 2 / (curves.radius * kpc), rtol=1e-15)
    grid = np.ones((4, 5, 2))
    assert curves.acceleration(grid).shape == (4, 5, 2)


def test_the_two_kiloparsecs_differ_in_the_fourth_digit():
    assert drawn([1]).kpc == KPC_M
    ratio = PUBLISHED_KPC_M / KPC_M
    assert ratio - 1.0 == pytest.approx(1.05e-4, rel=0.02)
    # spec galaxies §1: 1 (km/s)²/kpc is 3.2404e-14 m/s²
    assert drawn([1], radius=np.ones(1)).acceleration(np.ones(1))[0] == pytest.approx(3.2404e-14, rel=2e-4, abs=0)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("shape", [(5,), (7,), (6, 1), (1, 6), ()])
def test_a_column_of_another_shape_is_refused_by_name(name, shape):
    with pytest.raises(InvalidInput) as error:
        drawn([3, 1, 2], **{name: np.ones(shape)})
    assert str(error.value) == f"{name}: has shape {shape}, must have (6,)"


def test_scale_lengths_of_another_number_of_galaxies_are_refused():
    with pytest.raises(InvalidInput, match=r"^r_disk: has shape \(2,\), must have \(3,\)$"):
        drawn([3, 1, 2], r_disk=np.ones(2))


def test_a_galaxy_without_points_is_refused_by_name():
    with pytest.raises(InvalidInput, match="^galaxies: no point of g1 is left$"):
        drawn([3, 1, 2], galaxy=np.array([0, 0, 0, 0, 2, 2]))


def test_no_points_at_all_are_refused():
    empty = {name: np.ones(0) for name in POINTS}
    with pytest.raises(InvalidInput, match="^galaxies: no point is left$"):
        drawn([1], galaxy=np.zeros(0, dtype=int), **empty)


def test_sparc_has_3366_points_in_174_galaxies(curves):
    sparc = curves()
    assert (sparc.n_galaxies, sparc.radius.size) == (174, 3366)
    assert sparc.n_points.sum() == 3366 and sparc.n_points.min() == 4
    np.testing.assert_array_equal(np.diff(sparc.galaxy) >= 0, True)


@pytest.mark.gpu
def test_a_gpu_agrees():
    cupy = pytest.importorskip("cupy")
    curves = drawn([3, 1, 2])
    there = curves.on(cupy)
    np.testing.assert_allclose(cupy.asnumpy(there.mean_by_galaxy(there.g_obs)), curves.mean_by_galaxy(curves.g_obs))
    assert replace(there, kpc=1.0).rows(there.radius > 0).names == curves.names
