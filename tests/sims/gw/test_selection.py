"""The experiment gwtc_selection: nulls beside the printed r, with what is wrong with each."""

import json

import numpy as np
import pytest

from solvers.errors import InvalidInput
from solvers.gw.nulls import HorizonNull

pytestmark = pytest.mark.usefixtures("gwtc_needed")

FEW = ("sim.n_catalogues=400", "sim.parent_events=20000", "models=[gw_paper,gw_power_law,gw_gwtc3_loss]")


@pytest.fixture(scope="module")
def tree(executed):
    return executed("gwtc_selection", *FEW)


@pytest.mark.parametrize(
    ("name", "r", "p"), [("gw_paper", 0.21, 0.0), ("gw_power_law", 0.62, 0.43), ("gw_gwtc3_loss", 0.46, 0.02)]
)
def test_r_and_its_tail_are_those_of_the_specification(tree, name, r, p):
    row = tree["tables/nulls"].sel(null=name)
    assert row["parent_r"].item() == pytest.approx(r, abs=0.025)
    assert row["p"].item() == pytest.approx(p, abs=0.05 + 2.0 * row["p_err"].item())


def test_the_table_is_counted_from_the_catalogues_in_the_file(tree):
    table = tree["tables/nulls"]
    for name in table["null"].values:
        r = tree[f"models/{name}/r"].values
        assert r.shape == (400,)
        assert table["p"].sel(null=name).item() == np.mean(r >= 0.639)
        assert table["p_err"].sel(null=name).item() == pytest.approx(
            np.sqrt(np.mean(r >= 0.639) * np.mean(r < 0.639) / 400)
        )


def test_where_no_catalogue_reaches_r_the_limit_says_how_little_that_is(tree):
    row = tree["tables/nulls"].sel(null="gw_paper")
    assert row["p"].item() == 0.0
    assert row["p_limit"].item() == pytest.approx(3.0 / 400, rel=0.01)


def test_the_defects_of_the_published_null_are_told(tree):
    notes = " ".join(json.loads(tree.attrs["notes"]))
    for words in ("detects 41 % of all systems", "M_c^(5/3)", "selection alone can produce", "phase of its signal"):
        assert words in notes


def test_the_same_seed_gives_the_same_catalogues_compiled_or_not(executed):
    few = ("sim.n_catalogues=5", "sim.parent_events=500", "models=[gw_peak]")
    first, second = (executed("gwtc_selection", *few, f"backend={name}") for name in ("numba", "numpy"))
    np.testing.assert_allclose(first["models/gw_peak/r"], second["models/gw_peak/r"], rtol=1e-9)


def test_the_published_procedure_may_be_added(executed):
    few = ("sim.n_catalogues=2", "sim.parent_events=500", "models=[gw_paper]", "sim.paper_n_catalogues=20")
    table = executed("gwtc_selection", *few)["tables/nulls"]
    assert table["paper_r"].item() == pytest.approx(0.2145, abs=4.0 * 0.0045 / np.sqrt(20))


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("sim.run=O5", "sim.run=O5: no event is of this run; known: O3a, O3b, O4a, all"),
        ("sim.observed_r=2", "sim.observed_r=2.*: must be from -1 to 1"),
        ("models.gw_paper.params.norm={scan: [500, 5000]}", "models.gw_paper.params.norm: give a number"),
    ],
)
def test_what_cannot_be_answered_is_one_line(executed, override, words):
    with pytest.raises(InvalidInput, match=words):
        executed("gwtc_selection", *FEW, override)


@pytest.mark.parametrize("name", ["gw_power_law", "gw_peak", "gw_steep", "gw_loss", "gw_slow_rate", "gw_gwtc3"])
def test_the_horizon_of_every_population_is_that_of_160_mpc(composed, name):
    from outputs.request import prepare

    model = prepare(composed("+experiment=gwtc_selection", f"models=[{name}]")).arguments["models"][name]
    assert isinstance(model, HorizonNull)
    assert model.space.fixed["d_horizon"] == pytest.approx(160.0 * 2.2648, rel=1e-12)
