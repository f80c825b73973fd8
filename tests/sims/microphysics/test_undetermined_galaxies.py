"""Galaxies in which a mechanism has no value: they are counted and named, and never the best of a search."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from sims.galaxies.synthetic import SyntheticSample
from sims.microphysics.fit import microphysics_fit
from sims.microphysics.unified import unified_kernel
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import Newtonian
from solvers.inference.differential_evolution import DifferentialEvolution
from solvers.inference.parameters import REAL
from solvers.microphysics.improvement import Place
from solvers.microphysics.mechanism import Mechanism

BARYONS = Baryons(squares="unsigned")
FIRST = "synthetic0000"


@dataclass(frozen=True, kw_only=True)
class Breaking(Mechanism):
    """K = a, and no value in the first galaxy above a limit."""

    takes: ClassVar = frozenset()
    domain: ClassVar = {"a": REAL, "above": REAL}
    defaults: ClassVar = {"a": 0.5, "above": 1.0}

    def kernel(self, curves, systems, p):
        """K at the points."""
        breaks = (curves.galaxy == 0) & (curves.names[0] == FIRST) & (p["a"] > p["above"])
        return np.where(breaks, np.nan, p["a"])


def _prior(low, high):
    return {"prior": {"min": low, "max": high}}


def _fitted(params, search, **changed):
    return microphysics_fit(
        SyntheticSample(n_galaxies=5),
        {"breaking": Breaking(params=params)},
        BARYONS,
        Place(limit=10.0),
        DifferentialEvolution(),
        search=search,
        **changed,
    )


def test_points_without_a_value_are_counted_and_are_not_the_best():
    tree = _fitted({"a": _prior(0.0, 2.0)}, ["grid"])
    model = tree["models/breaking"].to_dataset()
    assert np.isnan(model["grid_objective"].values).tolist() == [False, False, False, True, True]
    assert model["best_fit"].values.max() <= 1.0
    (line,) = (each for each in json.loads(tree.attrs["notes"]) if "points of the grid" in each)
    assert "at 2 a galaxy has no value" in line


@pytest.mark.parametrize("search", ["grid", "differential_evolution"])
def test_a_search_without_any_value_is_refused_in_one_line(search):
    with pytest.raises(InvalidInput, match="^models.breaking: at all points .* some galaxy has no value$"):
        _fitted({"a": _prior(1.5, 2.0)}, [search])


def test_evolution_keeps_to_what_has_a_value():
    tree = _fitted({"a": _prior(0.0, 2.0)}, ["differential_evolution"])
    assert tree["models/breaking/best_fit"].values.max() <= 1.0


def test_numbers_are_evaluated_over_the_others_with_a_note():
    tree = _fitted({"a": 1.5}, [])
    assert tree["tables/optima/n_undetermined"].values.tolist() == [1]
    assert np.isfinite(tree["models/breaking/improvement_of_mean"])
    assert any(f"1 galaxies have no value and are in no mean ({FIRST})" in n for n in json.loads(tree.attrs["notes"]))


def test_models_are_ranked_over_the_galaxies_that_all_of_them_have():
    models = {"breaking": Breaking(params={"a": 1.5}), "newton": Newtonian()}
    tree = unified_kernel(SyntheticSample(n_galaxies=5), models, BARYONS)
    table = tree["tables/changes"].to_dataset()
    assert table["n"].values.tolist() == [4, 5]
    notes = "\n".join(json.loads(tree.attrs["notes"]))
    assert f"breaking: 1 galaxies have no value and are in no mean ({FIRST})" in notes
    common = tree["models/newton/rms"].values[1:].mean()
    assert "Mean RMS [km/s] of 4 galaxies, in which all models have a value" in notes
    assert f"newton {common:.2f}" in notes


def test_a_model_without_any_value_is_refused():
    models = {"breaking": Breaking(params={"a": -2.0}), "newton": Newtonian()}
    with (
        pytest.raises(InvalidInput, match="^models.breaking: has no value in any galaxy$"),
        np.errstate(invalid="ignore"),
    ):
        unified_kernel(SyntheticSample(n_galaxies=3), models, BARYONS)
