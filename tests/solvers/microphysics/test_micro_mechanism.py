"""What every mechanism answers: parameters of each galaxy, single places, K = 0, two at once, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.microphysics.combined import COMBINATIONS, Combined
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.resonance import Resonance
from solvers.microphysics.roughness import Roughness
from solvers.microphysics.time_coherence import TimeCoherence
from solvers.microphysics.unified import AdditiveUnified, MultiplicativeUnified

ROUGH, PAIR = Roughness(), Pairing()
PARTS = {"rough": ROUGH, "pair": PAIR}
SUM, PRODUCT = (Combined(parts=PARTS, combination=each) for each in COMBINATIONS)

# Each with three values of its parameters, one a galaxy.
MODELS = {
    "roughness": (ROUGH, {"K0": [0.2, 0.774, 3.0], "gamma": [-0.2, 0.1, 1.0], "beta_sigma": [0.8, 1.5, 2.0]}),
    "pairing": (
        PAIR,
        {
            "amplitude": [0.5, 1.0, 5.0],
            "sigma_c": [15.0, 25.0, 40.0],
            "gamma_sigma": [1.5, 2.0, 3.0],
            "ell_pair": [2.0, 5.0, 20.0],
            "p": [0.5, 1.0, 3.0],
        },
    ),
    "pairing_burr": (
        BurrPairing(),
        {"amplitude": [1, 3, 5], "ell_pair": [2, 9, 20], "p": [0.5, 0.757, 2], "n_coh": [0.2, 0.5, 2]},
    ),
    "resonance": (
        Resonance(),
        {"amplitude": [0.5, 1, 2], "alpha": [1.0, 2.0, 3.0], "lam_cut": [100, 500, 2000], "beta_Q": [0.5, 1.0, 1.5]},
    ),
    "resonance_integral": (Resonance(quadrature="integral"), {"amplitude": [0.5, 1, 2], "alpha": [1.0, 2.0, 3.0]}),
    "time_coherence": (
        TimeCoherence(),
        {"amplitude": [0.5, 1, 30], "p": [0.5, 0.757, 1], "n_coh": [0.3, 0.5, 1], "alpha_length": [0.01, 0.037, 0.1]},
    ),
    "unified_additive": (
        AdditiveUnified(),
        {"k_max": [0.0, 1.0, 19.6], "psi0": [1e-9, 7e-8, 1e-5], "gamma": [0.1, 0.5, 1.0], "factor": [1, 1.3, 4]},
    ),
    "unified_multiplicative": (
        MultiplicativeUnified(),
        {"extra_amp": [0.0, 0.25, 1.0], "f_amp": [0.5, 1, 2], "f_max": [1, 3, 9], "sigma_gate": [10, 20, 40]},
    ),
}
EVERY = {**{name: model for name, (model, _) in MODELS.items()}, "sum": SUM, "product": PRODUCT}
# What makes K vanish.
WITHOUT = {
    "roughness": {"K0": 0.0},
    "pairing": {"amplitude": 0.0},
    "pairing_burr": {"amplitude": 0.0},
    "resonance": {"amplitude": 0.0},
    "resonance_integral": {"amplitude": 0.0},
    "time_coherence": {"amplitude": 0.0},
}


def one_galaxy(curves, i):
    """That galaxy alone."""
    return curves.rows(curves.galaxy == i)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_of_each_galaxy_are_numbers_one_after_the_other(name, galaxies):
    model, values = MODELS[name]
    theta = {key: np.asarray(value, float) for key, value in values.items()}
    together = model.v_squared(galaxies, **theta)
    for i in range(3):
        alone = model.v_squared(galaxies, **{key: float(value[i]) for key, value in theta.items()})
        here = galaxies.galaxy == i
        np.testing.assert_allclose(together[here], alone[here], rtol=1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_a_grid_is_its_rows(name, galaxies):
    model, values = MODELS[name]
    theta = {key: np.array([[np.roll(value, k)] * 2 for k in range(4)], float) for key, value in values.items()}
    grid = model.v_squared(galaxies, **theta)
    assert grid.shape == (4, 2, 24)
    for k in range(4):
        row = model.v_squared(galaxies, **{key: value[k, 0] for key, value in theta.items()})
        np.testing.assert_allclose(grid[k], [row, row], rtol=1e-14)


def test_the_exponent_of_the_gate_may_be_that_of_each_galaxy(galaxies):
    gamma = np.array([0.0, 1.0, 2.0])
    together = MultiplicativeUnified().v_squared(galaxies, gamma_gate=gamma)
    for i in range(3):
        alone = MultiplicativeUnified().v_squared(galaxies, gamma_gate=float(gamma[i]))
        here = galaxies.galaxy == i
        np.testing.assert_allclose(together[here], alone[here], rtol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_a_galaxy_alone_is_what_it_is_among_others(name, galaxies):
    together = EVERY[name].excess(galaxies)
    for i in range(3):
        np.testing.assert_allclose(
            EVERY[name].excess(one_galaxy(galaxies, i)), together[galaxies.galaxy == i], rtol=1e-14
        )


@pytest.mark.parametrize("name", WITHOUT)
def test_without_an_amplitude_there_is_general_relativity(name, galaxies):
    model, _ = MODELS[name]
    for answer in (model.excess(galaxies, **WITHOUT[name]), model.excess_at(8.0, 200.0, 30.0, **WITHOUT[name])):
        assert np.all(answer == 0.0)
    velocity = model.velocity(galaxies, **WITHOUT[name])
    np.testing.assert_array_equal(velocity, Newtonian().velocity(galaxies))


@pytest.mark.parametrize("name", EVERY)
def test_velocities_are_those_of_the_baryons_enhanced(name, galaxies):
    model = EVERY[name]
    excess = model.excess(galaxies)
    assert excess.shape == (24,) and np.all(excess > 0) and np.all(np.isfinite(excess))
    np.testing.assert_allclose(model.enhancement(galaxies), 1.0 + excess, rtol=1e-15)
    expected = np.sqrt(galaxies.v_bar_squared) * np.sqrt(1.0 + excess)
    np.testing.assert_allclose(model.velocity(galaxies), expected, rtol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_points_without_baryons_have_a_finite_enhancement_and_no_velocity(name, galaxies):
    still = replace(galaxies, v_bar_squared=np.where(np.arange(24) % 7 == 0, 0.0, galaxies.v_bar_squared))
    with np.errstate(divide="ignore"):
        assert np.isfinite(EVERY[name].enhancement(still)).all()
        assert np.all(EVERY[name].velocity(still)[still.v_bar_squared == 0] == 0.0)


@pytest.mark.parametrize("name", EVERY)
def test_a_single_place_is_a_galaxy_of_one_point(name, galaxies):
    model = EVERY[name]
    one = replace(
        one_galaxy(galaxies, 0).rows(np.arange(12) == 4), v_obs=np.array([150.0]), v_bar_squared=np.array([150.0**2])
    )
    expected = replace(model, sigma_v=12.0).excess(one)
    assert float(model.excess_at(one.radius[0], 150.0, 12.0)) == pytest.approx(expected[0], rel=1e-14, abs=0)


@pytest.mark.parametrize("name", EVERY)
def test_places_broadcast_and_do_not_know_of_each_other(name):
    model = EVERY[name]
    radius, v = np.array([0.1, 3.0, 40.0]), np.array([[30.0], [200.0]])
    found = model.excess_at(radius, v, 15.0)
    assert found.shape == (2, 3)
    alone = [[float(model.excess_at(r, speed, 15.0)) for r in radius] for (speed,) in v]
    np.testing.assert_allclose(found, alone, rtol=1e-14)
    assert model.excess_at(3.0, 200.0, 15.0).shape == ()


def test_the_model_itself_is_left_as_it_is():
    model = Pairing(inputs="photometric", sigma_v=40.0)
    assert float(model.excess_at(5.0, 100.0, 10.0)) == pytest.approx(0.5449315162315, rel=1e-12, abs=0)
    assert (model.inputs, model.sigma_v) == ("photometric", 40.0)
    # There, masses are those of a single point: v² R/G.
    deep = AdditiveUnified(inputs="photometric", sigma_v=40.0)
    assert deep.excess_at(5.0, 100.0, 10.0) == AdditiveUnified().excess_at(5.0, 100.0, 10.0)
    with pytest.raises(InvalidInput, match="^sigma_v=-1: must be a finite number > 0, km/s$"):
        model.excess_at(5.0, 100.0, -1.0)


def test_small_excesses_keep_their_digits():
    tiny = Pairing(params={"amplitude": 1e-12, "ell_pair": 20.0, "p": 1.5})
    once = Pairing(params={"ell_pair": 20.0, "p": 1.5})
    assert float(tiny.excess_at(5e-9, 30.0, 10.0)) == pytest.approx(
        1e-12 * float(once.excess_at(5e-9, 30.0, 10.0)), rel=1e-14, abs=0
    )
    both = {"pair": tiny, "again": tiny}
    for combination in COMBINATIONS:
        found = float(Combined(parts=both, combination=combination).excess_at(5e-9, 30.0, 10.0))
        assert found == pytest.approx(2.0 * float(tiny.excess_at(5e-9, 30.0, 10.0)), rel=1e-14, abs=0)


@pytest.mark.parametrize("name", EVERY)
def test_the_proxies_are_observed_and_photometry_is_not(name, galaxies):
    model = EVERY[name]
    assert model.uses_observed is True
    photometric = replace(model, inputs="photometric", sigma_v=20.0)
    assert photometric.uses_observed is False
    others = replace(galaxies, v_obs=1.5 * galaxies.v_obs)
    np.testing.assert_array_equal(photometric.excess(galaxies), photometric.excess(others))
    assert not np.array_equal(model.excess(galaxies), model.excess(others))


@pytest.mark.parametrize("name", EVERY)
def test_every_mechanism_says_where_it_comes_from(name):
    assert isinstance(EVERY[name], Mechanism)
    assert len(EVERY[name].origin) > 10 and EVERY[name].origin != Mechanism.origin


@pytest.mark.parametrize("kind", [Roughness, Pairing, BurrPairing, Resonance, TimeCoherence, MultiplicativeUnified])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"inputs": "observed"}, "inputs='observed': must be one of source, photometric"),
        ({"inputs": "photometric"}, "sigma_v: inputs=photometric has no proxy for the dispersion, give it in km/s"),
        ({"sigma_v": 0.0}, "sigma_v=0: must be a finite number > 0, km/s"),
    ],
)
def test_wrong_inputs_are_refused_when_the_model_is_made(kind, changed, message):
    with pytest.raises(InvalidInput) as caught:
        kind(**changed)
    assert str(caught.value) == message


def test_an_unknown_parameter_names_the_nearest(galaxies):
    with pytest.raises(InvalidInput, match="^sigma_k: unknown parameter; did you mean sigma_c"):
        PAIR.excess(galaxies, sigma_k=20.0)
    free = Pairing(params={"amplitude": {"prior": {"min": 0.0, "max": 5.0}}})
    with pytest.raises(InvalidInput, match="^amplitude: not fixed by params, give its value$"):
        free.excess(galaxies)
    np.testing.assert_array_equal(free.excess(galaxies, amplitude=1.0), PAIR.excess(galaxies))


def test_the_sum_and_the_product_are_those_of_the_parts(galaxies):
    rough, pair = ROUGH.excess(galaxies), PAIR.excess(galaxies)
    np.testing.assert_allclose(SUM.excess(galaxies), rough + pair, rtol=1e-14)
    np.testing.assert_allclose(PRODUCT.enhancement(galaxies), (1 + rough) * (1 + pair), rtol=1e-14)
    three = Combined(parts={**PARTS, "burr": BurrPairing()}, combination="product")
    expected = (1 + rough) * (1 + pair) * (1 + BurrPairing().excess(galaxies))
    np.testing.assert_allclose(three.enhancement(galaxies), expected, rtol=1e-14)


@given(sigma_v=st.floats(1.0, 1e3), radius=st.floats(1e-9, 100.0), v=st.floats(1.0, 1e3))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_the_product_exceeds_the_sum_by_the_product_of_both(sigma_v, radius, v):
    rough, pair, added, multiplied = (float(each.excess_at(radius, v, sigma_v)) for each in (ROUGH, PAIR, SUM, PRODUCT))
    assert added == pytest.approx(rough + pair, rel=1e-14, abs=0)
    assert multiplied == pytest.approx(added + rough * pair, rel=1e-14, abs=0)


# reference/galaxies.json, microphysics_aggregates, "mp[rough+pair]", "mp[rough*pair]"
def test_both_at_once_in_the_solar_system_and_in_clusters():
    optimised = Pairing(params={"amplitude": 5.0, "sigma_c": 15.0, "gamma_sigma": 3.0, "ell_pair": 20.0, "p": 1.5})
    expected = {"sum": (0.6313209135525067, 0.4744832781995469), "product": (0.6313209135525166, 0.4744912847930798)}
    for combination, numbers in expected.items():
        model = Combined(parts={"rough": ROUGH, "pair": optimised}, combination=combination)
        found = (float(model.excess_at(5e-9, 29.78, 10.0)), float(model.excess_at(200.0, 1500.0, 1000.0)))
        assert found == pytest.approx(numbers, rel=1e-14, abs=0)


def test_the_inputs_of_the_parts_do_not_count(galaxies):
    parts = {name: replace(part, inputs="photometric", sigma_v=5.0) for name, part in PARTS.items()}
    np.testing.assert_array_equal(Combined(parts=parts).excess(galaxies), SUM.excess(galaxies))
    mine = Combined(parts=parts, sigma_v=17.0).excess(galaxies)
    expected = sum(replace(part, sigma_v=17.0).excess(galaxies) for part in PARTS.values())
    np.testing.assert_allclose(mine, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"combination": "ratio"}, "combination='ratio': must be one of sum, product"),
        ({"parts": {}}, "parts: name at least two mechanisms"),
        ({"parts": {"rough": ROUGH}}, "parts: name at least two mechanisms"),
        ({"parts": {"rough": ROUGH, "newton": Newtonian()}}, "parts.newton: is no mechanism"),
        (
            {"parts": {"rough": ROUGH, "pair": Pairing(params={"p": {"prior": {"min": 0.5, "max": 3.0}}})}},
            "parts.pair.params.p: give a number",
        ),
        (
            {"parts": {"rough": Roughness(params={"K0": {"scan": [0.1, 1.0]}}), "pair": PAIR}},
            "parts.rough.params.K0: give a number",
        ),
    ],
)
def test_parts_that_do_not_combine_are_one_line(changed, message):
    with pytest.raises(InvalidInput) as caught:
        Combined(**{"parts": PARTS, **changed})
    assert str(caught.value) == message
