"""Numbers of whole galaxies: the source's proxies by hand, photometric ones, fractions of bulges, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.baryons import photometric_mass
from solvers.galaxies.curves import Curves
from solvers.galaxies.flat_velocity import median_flat_velocity
from solvers.microphysics.systems import INPUTS, PUBLISHED_G, bulge_fraction, systems_of


def drawn(sizes, seed):
    """Galaxies with these numbers of points."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    return Curves(
        names=tuple(f"g{i}" for i in range(len(sizes))),
        galaxy=np.repeat(np.arange(len(sizes)), sizes),
        radius=rng.uniform(0.1, 30.0, n),
        v_obs=rng.uniform(5.0, 300.0, n),
        v_obs_err=np.ones(n),
        v_bar_squared=rng.uniform(0.0, 4e4, n),
        v_bulge_squared=np.zeros(n),
        r_disk=rng.uniform(0.5, 5.0, len(sizes)),
    )


@given(sizes=st.lists(st.integers(1, 25), min_size=1, max_size=6), seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_proxies_are_those_by_hand(sizes, seed):
    curves = drawn(sizes, seed)
    systems = systems_of(curves)
    for i, size in enumerate(sizes):
        mine = curves.galaxy == i
        flat, last = np.median(curves.v_obs[mine][-10:]), curves.radius[mine][-1]
        assert systems.v_flat[i] == flat and systems.radius[i] == last
        assert systems.sigma_v[i] == (0.15 * flat if size >= 6 else 25.0)
        assert systems.mass[i] == pytest.approx(flat**2 * last / 4.302e-6, rel=1e-15, abs=0)
    assert PUBLISHED_G == 4.302e-6


def test_a_dispersion_of_ones_own_is_that_of_all(galaxies):
    own, proxies = systems_of(galaxies, sigma_v=33.0), systems_of(galaxies)
    assert own.sigma_v.tolist() == [33.0] * 3
    for name in ("v_flat", "radius", "mass"):
        np.testing.assert_array_equal(getattr(own, name), getattr(proxies, name))


def test_photometric_numbers_are_those_of_the_catalogue(galaxies):
    systems = systems_of(galaxies, "photometric", 20.0)
    assert systems.sigma_v.tolist() == [20.0] * 3
    assert systems.radius.tolist() == [3.0, 0.8, 2.0] and systems.mass.tolist() == [4e10, 2e8, 5e9]
    assert np.isnan(systems.v_flat).all()
    assert systems_of(replace(galaxies, baryonic_mass=None), "photometric", 20.0).mass is None


def test_nothing_observed_enters_the_photometric_numbers(galaxies):
    others = replace(galaxies, v_obs=galaxies.v_obs[::-1])
    for name in ("sigma_v", "radius", "mass"):
        mine, theirs = (getattr(systems_of(each, "photometric", 20.0), name) for each in (galaxies, others))
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.filterwarnings("error")
def test_photometric_numbers_need_no_observed_velocity(galaxies):
    systems = systems_of(replace(galaxies, v_obs=np.full(24, np.nan)), "photometric", 20.0)
    assert systems.radius.tolist() == [3.0, 0.8, 2.0]


def test_photometric_mass_is_half_the_light_and_the_gas_with_helium():
    luminosity, m_hi = np.array([1e10, 2e9, 0.0]), np.array([1e9, 0.0, 3e8])
    np.testing.assert_allclose(photometric_mass(luminosity, m_hi), [6.33e9, 1e9, 3.99e8], rtol=1e-15)


@given(sizes=st.lists(st.integers(1, 15), min_size=1, max_size=5), n_last=st.integers(1, 20), seed=st.integers(0, 9))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_flat_velocity_is_the_median_of_the_last(sizes, n_last, seed):
    curves = drawn(sizes, seed)
    expected = [np.median(curves.v_obs[curves.galaxy == i][-n_last:]) for i in range(len(sizes))]
    assert median_flat_velocity(curves, n_last).tolist() == expected


def test_flat_velocity_is_of_three_where_nothing_is_said():
    curves = drawn([7, 2], 3)
    np.testing.assert_array_equal(median_flat_velocity(curves), median_flat_velocity(curves, 3))


def test_bulge_fraction_is_that_of_the_last_point(galaxies):
    last = np.array([11, 16, 23])
    expected = galaxies.v_bulge_squared[last] / galaxies.v_bar_squared[last]
    np.testing.assert_array_equal(bulge_fraction(galaxies), expected)
    assert np.all((expected > 0) & (expected < 1))


def test_bulge_fraction_is_undetermined_where_nothing_rotates(galaxies):
    still = replace(galaxies, v_bar_squared=np.where(np.arange(24) == 16, 0.0, galaxies.v_bar_squared))
    found = bulge_fraction(still)
    assert np.isnan(found[1]) and np.isfinite(found[[0, 2]]).all()
    assert bulge_fraction(replace(galaxies, v_bulge_squared=np.zeros(24))).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("inputs", "sigma_v", "message"),
    [
        ("measured", None, "inputs='measured': must be one of source, photometric"),
        ("photometric", None, "sigma_v: inputs=photometric has no proxy for the dispersion, give it in km/s"),
        ("photometric", 0.0, "sigma_v=0: must be a finite number > 0, km/s"),
        ("source", -5.0, "sigma_v=-5: must be a finite number > 0, km/s"),
        ("source", float("nan"), "sigma_v=nan: must be a finite number > 0, km/s"),
    ],
)
def test_a_wrong_word_or_dispersion_is_one_line(inputs, sigma_v, message, galaxies):
    with pytest.raises(InvalidInput) as caught:
        systems_of(galaxies, inputs, sigma_v)
    assert str(caught.value) == message
    assert INPUTS == ("source", "photometric")
