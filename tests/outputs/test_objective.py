"""The number that a cell returns to its sweeper."""

import numpy as np
import pytest
import xarray as xr
from omegaconf import OmegaConf

from outputs.hashing import content_hash
from outputs.objective import finished_value, objective_value, worst_value
from outputs.request import prepare
from outputs.targets import BadRequest
from outputs.tree import run_tree, scalar, variable


@pytest.fixture(scope="module")
def tree():
    """A run with scalars of every kind."""
    model = {
        "chi2": scalar(12.5, "", "chi2"),
        "converged": scalar(True, "", "whether"),
        "n_data": scalar(7, "", "rows"),
        "missing": scalar(np.nan, "", "unknown"),
        "name": scalar("text", "", "a name"),
        "z": variable("z", [1.0], "", "redshift"),
    }
    return run_tree(models={"lcdm": xr.Dataset(model)})


@pytest.mark.parametrize(
    ("path", "expected"),
    [("chi2", 12.5), ("converged", 1.0), ("n_data", 7.0), ("missing", np.nan)],
)
def test_a_scalar_is_found_by_its_path(tree, path, expected):
    for objective in (f"models/lcdm/{path}", f"/models/lcdm/{path}"):
        value = objective_value(tree, objective)
        assert type(value) is float
        np.testing.assert_equal(value, expected)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("models/lcdm/chi3", "the run has no such variable; did you mean models/lcdm/chi2"),
        ("models/lcdm", "the run has no such variable"),
        ("", "the run has no such variable"),
        ("models/lcdm/z", "has dimensions z; it must be a single number"),
        ("models/lcdm/name", "is text; it must be a single number"),
    ],
)
def test_what_is_no_single_number_is_said(tree, objective, expected):
    with pytest.raises(BadRequest, match=f"objective={objective}: {expected}") as refused:
        objective_value(tree, objective)
    assert refused.value.exit_code == 2


def test_a_finished_run_is_asked_too(small_run):
    from analysis import open_run

    expected = open_run(small_run)["models/lcdm/chi2"].item()
    assert finished_value(small_run.parent, "models/lcdm/chi2") == expected


@pytest.mark.parametrize(
    ("sweeper", "expected"),
    [
        ({"direction": "maximize"}, -np.inf),
        ({"direction": ["maximize"]}, -np.inf),
        ({"direction": "minimize"}, np.inf),
        ({"direction": ["minimize", "maximize"]}, np.inf),
        ({"max_batch_size": None}, np.inf),
    ],
    ids=str,
)
def test_the_worst_value_has_the_sign_that_the_sweeper_dislikes(sweeper, expected):
    assert worst_value(OmegaConf.create(sweeper)) == expected


def test_the_objective_is_text_or_nothing_and_no_part_of_the_content(composed):
    without, named = (
        prepare(composed("+experiment=background", f"objective={o}")) for o in ("null", "models/lcdm/age")
    )
    assert (without.config["objective"], named.config["objective"]) == (None, "models/lcdm/age")
    assert without.content_hash == named.content_hash
    assert content_hash({"objective": "a"}, {}) == content_hash({}, {})
    with pytest.raises(BadRequest, match="objective=.*must be text"):
        prepare(composed("+experiment=background", "objective=[1]"))
