"""The experiment gwtc_recovery: the epsilon of a mock catalogue and what the fit says of it."""

import json

import numpy as np
import pytest

from outputs.request import execute, prepare
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS
from solvers.errors import InvalidInput

FIXED = {"alpha": 2.6, "m_max": 110, "peak_fraction": 0.13, "kappa": 0}
FEW = tuple(f"models.gw_coherence.params.{key}={value}" for key, value in FIXED.items())
FEW += ("sim.n_events=25",)
TINY = ("inference.n_live=100", "inference.n_eff=100", "inference.max_evaluations=700")


@pytest.fixture(scope="module")
def trees(executed):
    """By the epsilon that was put in."""
    return {
        float(epsilon): executed("gwtc_recovery", *FEW, *TINY, "seed=1", f"population.params.epsilon={epsilon}")
        for epsilon in ("0", "3.4e-7")
    }


def test_recovered_says_whether_the_interval_holds_the_truth(trees):
    for epsilon, tree in trees.items():
        node, row = tree["models/gw_coherence"], tree["tables/epsilon"].to_dataset().sel(model="gw_coherence")
        low, high = row["epsilon_low"].item(), row["epsilon_high"].item()
        assert node["true_epsilon"].item() == epsilon
        assert node["recovered"].item() == int(low <= epsilon <= high)
        assert (node["epsilon_low"].item(), node["epsilon_high"].item()) == (low, high)
        assert low < node["epsilon_median"].item() == row["epsilon"].item() < high
        draws = tree["models/gw_coherence/posterior"]["epsilon"].values
        np.testing.assert_allclose([low, high], np.quantile(draws, [0.05, 0.95]))
        assert json.loads(tree.attrs["notes"])[:2] == [PHYSICS, CONTRADICTION]
        words = "holds" if node["recovered"].item() else "misses"
        assert f"which {words} the {epsilon:g} of the mock catalogue" in " ".join(json.loads(tree.attrs["notes"]))


def test_25_events_of_a_known_population_tell_the_published_gain_from_none(trees):
    for epsilon, tree in trees.items():
        node = tree["models/gw_coherence"]
        half = 0.5 * (node["epsilon_high"].item() - node["epsilon_low"].item())
        assert half < 3.4e-7
        assert node["epsilon_median"].item() == pytest.approx(epsilon, abs=3.0 * half)
    medians = [tree["models/gw_coherence/epsilon_median"].item() for tree in trees.values()]
    assert medians[0] < 1.7e-7 < medians[1]


def test_the_catalogue_is_that_of_the_seed(trees, composed):
    overrides = ["+experiment=gwtc_recovery", *FEW, *TINY, "seed=1", "population.params.epsilon=0"]
    again = execute(prepare(composed(*overrides)), overrides)
    assert again.attrs["result_hash"] == trees[0.0].attrs["result_hash"]
    assert again.attrs["result_hash"] != trees[3.4e-7].attrs["result_hash"]
    assert again["data"].sizes["event"] == 25


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("inference=minimize",), "models: none has a posterior of epsilon; free it, and take inference=nautilus or"),
        (("models.gw_coherence.params.epsilon=0",), "models: none has a posterior of epsilon; free it"),
        (("population.params.alpha={prior: {min: 0, max: 3}}",), "params.alpha: a mock catalogue needs a number"),
        (("sim.n_events=-1",), "sim.n_events=-1: must be >= 1"),
    ],
)
def test_what_cannot_be_recovered_is_one_line(executed, overrides, words):
    with pytest.raises(InvalidInput, match=words) as raised:
        executed("gwtc_recovery", *FEW, *overrides)
    assert "\n" not in str(raised.value)
