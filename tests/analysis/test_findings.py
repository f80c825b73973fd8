"""What is said of a run beside its numbers: one sentence for each flag."""

import json

import numpy as np
import pytest
import xarray as xr

from analysis.findings import findings
from outputs.tree import variable


def _with_profile(model, name, axis, chi2):
    axis = np.array(axis)
    return model.assign({name: variable(name, axis, "", name), f"profile_{name}": variable(name, chi2, "", "profile")})


@pytest.fixture
def bound(made):
    """A run whose amplitude ends at the bound 100 of its prior, with a profile over 1, 10 and 100 if given."""
    fitted, made_up = made

    def _bound(*profile):
        model = fitted(5.0, {"a_cos": 100.0}, at_bound=["a_cos"])
        return made_up(
            {"sigma": _with_profile(model, "a_cos", [1.0, 10.0, 100.0], list(profile)) if profile else model}
        )

    return _bound


PROFILES = {
    (9.0, 7.0, 5.0): "chi2 falls monotonically, from 9.000 at 1 to 5.000 at 100",
    (5.0, 7.0, 9.0): "chi2 rises monotonically, from 5.000 at 1 to 9.000 at 100",
    (9.0, 4.0, 5.0): "its profile is not monotonic, lowest at 10",
    (9.0, 9.0, 5.0): "its profile is not monotonic, lowest at 100",
    (): "chi2 is lowest there",
}


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_best_fit_at_a_bound_is_said_with_the_shape_of_its_profile(bound, profile):
    (sentence,) = findings(bound(*profile))
    start = "sigma: a_cos has no interior optimum. It ends at the bound 100 of its prior; "
    assert sentence == f"{start}{PROFILES[profile]}."


def test_a_flat_direction_is_said(made):
    fitted, made_up = made
    (sentence,) = findings(made_up({"gr": fitted(5.0, {"omega_m": 0.3, "H0": 70.0}, is_flat=["omega_m"])}))
    assert sentence.startswith("gr: omega_m is not determined, chi2 does not depend on it (flat direction); 0.3 is")


def test_a_flat_combination_is_said_once(made):
    fitted, made_up = made
    (sentence,) = findings(made_up({"gr": fitted(5.0, {"omega_m": 0.3, "H0": 70.0}, is_flat=["omega_m", "H0"])}))
    assert sentence.startswith(
        "gr: omega_m, H0 are not determined one by one, chi2 is flat along a combination of them"
    )


def test_a_fit_that_did_not_converge_is_said(made):
    fitted, made_up = made
    (sentence,) = findings(made_up({"lcdm": fitted(5.0, {"omega_m": 0.3}, converged=False)}))
    assert sentence == "lcdm: the fit did not converge; do not use its numbers."


def test_cells_of_a_scan_that_did_not_converge_are_counted(made):
    fitted, made_up = made
    model = fitted(5.0, {}).assign(converged=variable("x", [True, False, False], "", "converged"))
    (sentence,) = findings(made_up({"a": model}))
    assert "did not converge in 2 cells of the scan" in sentence


def test_every_flag_of_every_model_has_a_sentence_and_the_notes_come_last(made):
    fitted, made_up = made
    models = {
        "a": fitted(1.0, {"x": 1.0, "y": 2.0}, at_bound=["x", "y"]),
        "b": fitted(2.0, {"x": 1.0, "y": 2.0}, at_bound=["y"], is_flat=["x"], converged=False),
    }
    found = findings(made_up(models, notes=json.dumps(["a note", "another"])))
    assert [text.partition(":")[0] for text in found[:5]] == ["a", "a", "b", "b", "b"]
    assert found[5:] == ["a note", "another"]


def _searched(values, at_bound, **more):
    """A model of which something other than χ² was lowered."""
    names = list(values)
    columns = {
        "param": variable("param", names, "", "free parameter"),
        "best_fit": variable("param", list(values.values()), "", "value"),
        "at_bound": variable("param", [name in at_bound for name in names], "", "an end of the range"),
        "objective": variable((), 12.5, "", "objective"),
        "converged": variable((), True, "", "converged"),
    }
    return xr.Dataset(columns | more)


@pytest.fixture
def searched(made):
    """A run whose comparison knows nothing of the model that was searched."""
    fitted, made_up = made

    def _run(model):
        tree = made_up({"lcdm": fitted(1.0, {})})
        tree["models/peaks"] = xr.DataTree(model)
        return tree

    return _run


def test_ends_at_which_a_search_has_stopped_are_listed(searched):
    model = _searched({"l1": 211.0, "spacing": 1.55, "A0": 5000.0}, at_bound=["spacing", "A0"])
    assert findings(searched(model)) == [
        "peaks: 2 of 3 fitted parameters end at a bound of their range: spacing = 1.55, A0 = 5000."
    ]


def test_a_search_that_has_stopped_inside_says_nothing(searched):
    assert findings(searched(_searched({"l1": 211.0}, at_bound=[]))) == []


def test_a_search_that_has_not_contracted_says_so(searched):
    model = _searched({"l1": 211.0}, [], converged=variable((), False, "", "converged"))
    assert findings(searched(model)) == ["peaks: the fit did not converge; do not use its numbers."]


@pytest.mark.parametrize(("n_starts", "n_agree", "is_said"), [(24, 1, True), (24, 2, False), (1, 1, False)])
def test_a_minimum_that_one_start_alone_has_reached_is_said(made, n_starts, n_agree, is_said):
    fitted, made_up = made
    counts = {"n_starts": variable((), n_starts, "", "starts"), "n_agree": variable((), n_agree, "", "agree")}
    found = findings(made_up({"peaks": fitted(5.0, {"x": 1.0}, sigma={"x": 0.1}).assign(counts)}))
    expected = (
        "peaks: only one of 24 starts reached this minimum; another may be lower (inference.starts, inference.points)."
    )
    assert found == ([expected] if is_said else [])


def test_a_clean_run_has_nothing_to_say(run_of):
    assert findings(run_of(1.0, 2.0)) == []


def test_a_run_without_models_has_only_its_notes(made):
    tree = made[1]({"a": made[0](1.0, {})})
    del tree["models"]
    tree.attrs["notes"] = json.dumps(["a note"])
    assert findings(tree) == ["a note"]


def test_the_main_experiment_says_that_sigma_runs_away_and_that_matter_is_flat(small_run):
    from analysis import open_run

    bound, flat = findings(open_run(small_run))
    assert bound.startswith("sigma_baryons: a_cos has no interior optimum. It ends at the bound 1e+06")
    assert "chi2 falls monotonically, from " in bound
    assert flat.startswith("gr_free_matter: omega_m is not determined")
