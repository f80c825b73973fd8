"""Many rotation curves as one array: medians and last points of galaxies, and masses that go where the galaxies go."""

import array_api_compat.numpy as compat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves

POINTS = ("radius", "v_obs", "v_obs_err", "v_bar_squared", "v_bulge_squared")
SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def drawn(n_points, seed=0, **changed):
    """Galaxies with these numbers of points, random columns and masses."""
    rng = np.random.default_rng(seed)
    whole = {
        "names": tuple(f"g{i}" for i in range(len(n_points))),
        "galaxy": np.repeat(np.arange(len(n_points)), n_points),
        "r_disk": rng.uniform(0.5, 5.0, len(n_points)),
        "baryonic_mass": rng.uniform(1e7, 1e11, len(n_points)),
        "kpc": PUBLISHED_KPC_M,
        **{name: rng.uniform(1.0, 100.0, int(np.sum(n_points))) for name in POINTS},
    }
    return Curves(**{**whole, **changed})


@given(n_points=SIZES, leading=st.sampled_from([(), (1,), (3,), (2, 4)]), seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=80)
def test_medians_are_those_of_loops(n_points, leading, seed):
    curves = drawn(n_points, seed)
    # with ties, and in no order
    values = np.random.default_rng(seed).integers(-4, 5, (*leading, curves.radius.size)) * 0.5
    found = curves.median_by_galaxy(values)
    assert found.shape == (*leading, curves.n_galaxies)
    for i in range(curves.n_galaxies):
        np.testing.assert_array_equal(found[..., i], np.median(values[..., curves.galaxy == i], axis=-1))


@given(n_points=SIZES, seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_last_is_the_end_of_each_galaxy(n_points, seed):
    curves = drawn(n_points, seed)
    assert curves.last.tolist() == [np.flatnonzero(curves.galaxy == i)[-1] for i in range(curves.n_galaxies)]
    assert curves.radius[curves.last].tolist() == [curves.radius[curves.galaxy == i][-1] for i in range(len(n_points))]


def test_medians_of_whole_numbers_may_be_halves_and_infinite_values_count():
    curves = drawn([4, 3])
    assert curves.median_by_galaxy(np.array([1, 2, 3, 9, 5, 5, 7])).tolist() == [2.5, 5.0]
    assert curves.median_by_galaxy(np.array([1.0, np.inf, np.inf, np.inf, -np.inf, 0, 7])).tolist() == [np.inf, 0.0]


def test_a_constant_within_a_galaxy_is_its_own_median():
    curves = drawn([5, 1, 8])
    own = np.array([0.1, -3.0, 7e-300])
    np.testing.assert_array_equal(curves.median_by_galaxy(curves.at_points(own)), own)


def test_a_median_with_an_undetermined_value_is_undetermined():
    curves = drawn([3, 2])
    values = np.array([1.0, np.nan, 3.0, 4.0, 5.0])
    assert np.isnan(curves.mean_by_galaxy(values)).tolist() == [True, False]
    assert np.isnan(curves.median_by_galaxy(values)).tolist() == [True, False]


@given(n_points=SIZES, seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_masses_stay_with_their_galaxies(n_points, seed):
    curves = drawn(n_points, seed)
    chosen = np.random.default_rng(seed).random(curves.radius.size) < 0.5
    if not chosen.any():
        return
    left = curves.rows(chosen)
    mass = dict(zip(curves.names, curves.baryonic_mass, strict=True))
    assert left.baryonic_mass.tolist() == [mass[name] for name in left.names]


def test_no_masses_stay_none():
    curves = drawn([3, 2], baryonic_mass=None)
    assert curves.baryonic_mass is None
    assert curves.rows(np.array([True, False, False, True, True])).baryonic_mass is None
    assert curves.on(compat).baryonic_mass is None


def test_arrays_of_another_module_are_the_same_numbers():
    curves = drawn([3, 2])
    other = curves.on(compat)
    for name in (*POINTS, "galaxy", "r_disk", "baryonic_mass", "last"):
        np.testing.assert_array_equal(getattr(other, name), getattr(curves, name))
    assert (other.names, other.kpc) == (curves.names, curves.kpc)
    np.testing.assert_array_equal(other.median_by_galaxy(other.v_obs), curves.median_by_galaxy(curves.v_obs))


@pytest.mark.parametrize("shape", [(1,), (3,), (5,), (2, 1)])
def test_masses_of_another_shape_are_one_line(shape):
    with pytest.raises(InvalidInput) as caught:
        drawn([3, 2], baryonic_mass=np.ones(shape))
    assert str(caught.value) == f"baryonic_mass: has shape {shape}, must have (2,)"
