"""Blind fits: the amplitude and scatters of the seeded splits, its optimum, and what random splits do by themselves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.blind_fit import blind_fit, fit_amplitude, random_changes, scatters
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.metrics import EVERY_POINT, PooledCut, log_velocity_ratio
from solvers.galaxies.power_law_kernel import GatedPowerLaw, MinimalPowerLaw, ScriptPowerLaw
from solvers.galaxies.splits import morphology_class, plain_split, source_random_state, stratified_split

PARTS = ("training", "validation", "test")
MINIMAL = MinimalPowerLaw(params={"amplitude": 0.591})


@pytest.fixture(scope="session")
def stratified(curves, table1):
    """The 174 galaxies and their split by classes."""
    data = curves()
    codes = morphology_class(table1["hubble_type"].loc[list(data.names)])
    return data, stratified_split(data.names, codes, source_random_state())


@pytest.fixture(scope="session")
def plain(curves):
    """The 175 galaxies and their split without classes."""
    data = curves(negative="drop_points")
    return data, plain_split(data.names, source_random_state())


def test_the_blind_fit_of_the_specification(stratified):
    found = blind_fit(MINIMAL, *stratified)
    assert found.amplitude == pytest.approx(0.45724, abs=5e-6)
    assert [round(float(found.by_part[part].scatter), 4) for part in PARTS] == [0.1239, 0.1196, 0.1118]
    assert [found.by_part[part].n_galaxies for part in PARTS] == [120, 26, 26]
    assert found.change == pytest.approx(0.11179314836940385 / 0.12390564784873005 - 1.0, rel=1e-9)


def test_the_amplitude_is_the_minimum_of_the_squares(stratified):
    data, split = stratified
    cut = PooledCut().points(data) & np.isin(data.galaxy, split.training)

    def squares(amplitude):
        return np.sum(log_velocity_ratio(data, MINIMAL.velocity(data, amplitude=amplitude))[cut] ** 2)

    best = minimize_scalar(squares, bounds=(0.1, 2.0), method="bounded", options={"xatol": 1e-12})
    assert fit_amplitude(MINIMAL, data, split.training) == pytest.approx(best.x, rel=1e-6)


def test_the_fit_looks_at_no_other_galaxy(stratified):
    data, split = stratified
    seen = np.isin(data.galaxy, split.training)
    spoiled = replace(data, v_obs=np.where(seen, data.v_obs, 7.0 * data.v_obs))
    assert fit_amplitude(MINIMAL, spoiled, split.training) == fit_amplitude(MINIMAL, data, split.training)


@pytest.mark.parametrize("amplitude", [1e-2, 0.6, 40.0])
def test_an_exact_amplitude_is_found(amplitude, stratified):
    data, split = stratified
    exact = replace(data, v_obs=MINIMAL.velocity(data, amplitude=amplitude))
    found = blind_fit(MINIMAL, exact, split, cut=EVERY_POINT)
    assert found.amplitude == pytest.approx(amplitude, rel=1e-11)
    assert max(float(part.scatter) for part in found.by_part.values()) < 1e-12


def test_other_models_have_an_amplitude_as_well(stratified):
    data, split = stratified
    exact = replace(data, v_obs=LawRotation().velocity(data, amplitude=1.3))
    assert fit_amplitude(LawRotation(), exact, split.training) == pytest.approx(1.3, rel=1e-11)


def test_nothing_fitted_in_the_split_without_classes(plain):
    # Entry blind[gated][175] of the reference values; the script kernel is in the claims table.
    found = scatters(GatedPowerLaw(g_floor=1e-12), *plain)
    expected = [0.10529628635771737, 0.08742163429392596, 0.10187350961447518]
    np.testing.assert_allclose([found[part].scatter for part in PARTS], expected, rtol=1e-10)
    found = scatters(ScriptPowerLaw(), *plain)
    assert [round(float(found[part].scatter), 6) for part in PARTS] == [0.107931, 0.087243, 0.104302]


def test_nothing_fitted_in_the_split_by_classes(stratified):
    found = scatters(ScriptPowerLaw(), *stratified)
    assert [round(float(found[part].scatter), 4) for part in PARTS] == [0.1064, 0.1117, 0.0917]


def test_random_splits_of_a_model_with_nothing_fitted(plain):
    # Entry blind_null_pct of the reference values: quantiles 2.5, 16, 50, 84 and 97.5 %.
    changes = random_changes(GatedPowerLaw(), plain[0], 122, 27, np.random.default_rng(0), n_splits=2000)
    found = 100 * np.quantile(changes, (0.025, 0.16, 0.5, 0.84, 0.975))
    np.testing.assert_allclose(found, [-25.1, -14.8, -1.4, 13.6, 29.4], atol=2.5)
    assert found[1] < 5.8 < found[3]
    again = random_changes(GatedPowerLaw(), plain[0], 122, 27, np.random.default_rng(0), n_splits=2000)
    np.testing.assert_array_equal(changes, again)


def test_a_random_change_is_that_of_its_split(plain):
    from solvers.galaxies.splits import random_split

    data, _ = plain
    split = random_split(data.n_galaxies, 100, 40, np.random.default_rng(8))
    for fitted, change in ((None, None), ("amplitude", blind_fit(MINIMAL, data, split).change)):
        if change is None:
            found = scatters(MINIMAL, data, split)
            change = found["test"].scatter / found["training"].scatter - 1.0
        drawn = random_changes(MINIMAL, data, 100, 40, np.random.default_rng(8), n_splits=1, fitted=fitted)
        assert drawn[0] == pytest.approx(change, rel=1e-10)


def test_what_makes_no_sense_is_refused(stratified):
    data, split = stratified
    with pytest.raises(InvalidInput, match="amplitude: the enhancement is not proportional to it"):
        fit_amplitude(GatedPowerLaw(k_max=0.5), data, split.training)
    with pytest.raises(InvalidInput, match="p: the enhancement is not proportional to it"):
        fit_amplitude(GatedPowerLaw(), data, split.training, name="p")
    with pytest.raises(InvalidInput, match="training: these galaxies have no point that the cut leaves"):
        fit_amplitude(MINIMAL, data, np.array([], dtype=int))
    slower = replace(data, v_obs=0.5 * Newtonian().velocity(data))
    with pytest.raises(InvalidInput, match=r"amplitude: no minimum of the squares between 0.0001 and 10000"):
        fit_amplitude(MINIMAL, slower, split.training)
    with pytest.raises(InvalidInput, match="n_splits=0: must be >= 1"):
        random_changes(MINIMAL, data, 10, 10, np.random.default_rng(0), n_splits=0)
