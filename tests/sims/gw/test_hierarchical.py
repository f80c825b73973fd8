"""The experiment gwtc_hierarchical on the events of O4a: posterior of epsilon, evidences, and what they show."""

import json

import numpy as np
import pytest
import xarray as xr

from outputs.file import write_run
from outputs.tree import run_tree, variable
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS
from sims.gw.hierarchical_notes import APPROXIMATIONS, SHOWS
from solvers.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("gwtc_needed")

FIXED = {"alpha": 2.6, "m_max": 110, "peak_fraction": 0.13, "kappa": 0}
EPSILON_ALONE = tuple(f"models.gw_coherence.params.{key}={value}" for key, value in FIXED.items())
NO_GAIN = "models.gw_no_coherence.params={" + ", ".join(f"{key}: {value}" for key, value in FIXED.items()) + "}"
PUBLISHED = NO_GAIN.replace("no_coherence", "published_coherence")
TINY = ("inference.n_live=100", "inference.n_eff=100", "inference.max_evaluations=700")
ALL_MODELS = ("gw_coherence", "gw_no_coherence", "gw_published_coherence")


@pytest.fixture(scope="module")
def sampled(executed):
    """Epsilon alone is free; the others are fixed."""
    return executed("gwtc_hierarchical", *EPSILON_ALONE, NO_GAIN, PUBLISHED, *TINY)


@pytest.fixture(scope="module")
def on_grid(executed):
    return executed("gwtc_hierarchical", *EPSILON_ALONE, "models=[gw_coherence]", "inference=grid")


def test_the_events_are_the_84_black_holes_of_o4a(sampled):
    data = sampled["data"]
    assert data.sizes["event"] == 84
    assert set(data["run"].values) == {"O4a"}
    assert data["total_mass_source"].min() >= 10.0 and data["network_matched_filter_snr"].min() > 8.0
    for name in ALL_MODELS:
        assert sampled[f"models/{name}/n_data"].item() == 84


def test_the_table_is_that_of_the_draws(sampled):
    table = sampled["tables/epsilon"].to_dataset()
    draws = sampled["models/gw_coherence/posterior"]["epsilon"].values
    row = table.sel(model="gw_coherence")
    expected = np.quantile(draws, [0.05, 0.5, 0.95])
    np.testing.assert_allclose([row[key].item() for key in ("epsilon_low", "epsilon", "epsilon_high")], expected)
    assert row["p_positive"].item() == pytest.approx(np.mean(draws > 0))
    assert row["p_above_published"].item() == np.mean(draws > 3.4e-7)
    assert row["log_evidence"].item() == sampled["models/gw_coherence/log_evidence"].item()
    for name, epsilon in (("gw_no_coherence", 0.0), ("gw_published_coherence", 3.4e-7)):
        fixed = table.sel(model=name)
        assert fixed["epsilon"].item() == epsilon
        assert np.isnan(fixed["epsilon_low"].item()) and np.isnan(fixed["p_positive"].item())
        assert fixed["log_evidence"].item() == pytest.approx(-0.5 * sampled[f"models/{name}/chi2"].item())


def test_the_evidence_is_that_of_the_grid(sampled, on_grid):
    ends = [each["models/gw_coherence"] for each in (sampled, on_grid)]
    error = ends[0]["log_evidence_error"].item()
    assert ends[0]["log_evidence"].item() == pytest.approx(ends[1]["log_evidence"].item(), abs=4.0 * error + 0.01)
    mean, sd = (on_grid[f"models/gw_coherence/posterior_{key}"].item() for key in ("mean", "sd"))
    draws = sampled["models/gw_coherence/posterior"]["epsilon"].values
    assert draws.mean() == pytest.approx(mean, abs=0.5 * sd)
    # With the population held at what fits without a gain, none is asked for, and the published one excluded.
    assert abs(mean) < 3.0 * sd and mean + 5.0 * sd < 3.4e-7
    chi2 = {name: sampled[f"models/{name}/chi2"].item() for name in ALL_MODELS}
    assert chi2["gw_coherence"] <= chi2["gw_no_coherence"] + 0.05
    assert chi2["gw_published_coherence"] > chi2["gw_no_coherence"] + 50.0


def test_notes_say_what_it_shows_and_what_it_does_not(sampled):
    notes = json.loads(sampled.attrs["notes"])
    assert notes[:2] == [PHYSICS, CONTRADICTION]
    assert SHOWS in notes and APPROXIMATIONS in notes
    text = " ".join(notes)
    assert "84 events of O4a" in text and "of O4a: 84" in text
    assert "0 is inside, the published 3.4e-07 outside" in text
    table = sampled["tables/epsilon"].to_dataset()
    evidence = {name: table["log_evidence"].sel(model=name).item() for name in ALL_MODELS}
    for name in ("gw_coherence", "gw_published_coherence"):
        assert f"ln B = {evidence[name] - evidence['gw_no_coherence']:+.2f} ±" in text
    assert "depends on the width of its prior" in text


def test_the_source_of_the_events_is_recorded(sampled):
    (source,) = json.loads(sampled.attrs["datasets"])
    assert source["name"] == "gwtc"


def test_best_fits_alone_have_no_evidence(executed):
    tree = executed("gwtc_hierarchical", *EPSILON_ALONE, NO_GAIN, PUBLISHED, "inference=minimize")
    table = tree["tables/epsilon"].to_dataset()
    assert np.isnan(table["log_evidence"].values).all() and np.isnan(table["epsilon_low"].values).all()
    assert table["epsilon"].sel(model="gw_published_coherence").item() == 3.4e-7
    assert list(tree["comparison"]["model"].values) == list(ALL_MODELS)
    notes = json.loads(tree.attrs["notes"])
    assert SHOWS in notes and not any(note.startswith("ln B") for note in notes)


def test_free_populations_reach_their_best_fit(executed):
    tree = executed("gwtc_hierarchical", "models=[gw_no_coherence]", "inference=minimize")
    node = tree["models/gw_no_coherence"]
    best = dict(zip(node["param"].values, node["best_fit"].values, strict=True))
    assert best["alpha"] == pytest.approx(2.6, abs=0.3) and best["m_max"] == pytest.approx(110.0, abs=15.0)
    assert node["chi2"].item() == pytest.approx(-343.5, abs=3.0)


def test_a_free_epsilon_fits_no_worse_than_none(executed):
    chi2 = [
        executed("gwtc_hierarchical", f"models=[{name}]", "inference=minimize")[f"models/{name}/chi2"].item()
        for name in ("gw_coherence", "gw_no_coherence")
    ]
    assert chi2[0] <= chi2[1] + 0.1


def test_plain_and_compiled_agree(executed, on_grid):
    plain = executed("gwtc_hierarchical", *EPSILON_ALONE, "models=[gw_coherence]", "inference=grid", "backend=numpy")
    first, second = (tree["models/gw_coherence"]["posterior_density"].values for tree in (plain, on_grid))
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9 * second.max())


def written(folder, **without):
    """A run file with a dozen events that have no intervals, or more and less than that."""
    values = {"total_mass_source": 60.0, "chirp_mass_source": 25.0, "luminosity_distance": 1000.0, "redshift": 0.2}
    values |= {"network_matched_filter_snr": 12.0, "chi_eff": 0.0, "mass_1_source": 35.0, "mass_2_source": 25.0}
    values = {key: x for key, x in (values | without).items() if x is not None}
    units = {"redshift": "", "network_matched_filter_snr": "", "chi_eff": ""}
    columns = {"name": variable("event", np.array(list("abcdefghijkl")), "", "name")}
    for key, x in values.items():
        unit = "Mpc" if key.startswith("luminosity") else units.get(key, "solMass")
        columns[key] = variable("event", np.full(12, x), unit, key)
    path = write_run(run_tree(data=xr.Dataset(columns)), folder)
    few = "catalog.require=[total_mass_source,luminosity_distance]"
    fixed = ("models=[gw_no_coherence]", NO_GAIN, "inference=minimize")
    return ("gwtc_hierarchical", "catalog=events_of_run", f"catalog.path={path}", "sim.run=all", few, *fixed)


INTERVALS = {"chirp_mass_source_lower": -4.0, "chirp_mass_source_upper": 5.0, "luminosity_distance_lower": -400.0}
INTERVALS |= {"luminosity_distance_upper": 300.0}


def test_events_without_intervals_are_one_line(executed, tmp_path):
    with pytest.raises(InvalidInput, match="^catalog: no column chirp_mass_source_lower, .*medians and 90 % intervals"):
        executed(*written(tmp_path))
    with pytest.raises(InvalidInput, match="^events: 12 of 12 have no SNR, or no chirp mass or distance inside"):
        executed(*written(tmp_path, **{**INTERVALS, "luminosity_distance_lower": np.nan}))
    assert executed(*written(tmp_path / "whole", **INTERVALS))["data"].sizes["event"] == 12


def test_events_without_both_masses_are_one_line_or_do_without_them(executed, tmp_path):
    try:
        executed(*written(tmp_path, mass_1_source=None, **INTERVALS))
    except InvalidInput as error:
        assert "mass_1_source" in str(error)
