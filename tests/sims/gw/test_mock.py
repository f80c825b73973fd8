"""The experiment gwtc_mock: a catalogue that is drawn, written, and read by the other experiments as a real one."""

import json

import numpy as np
import pytest

from catalogs.events_of_run import EventsOfRun
from outputs.file import write_run
from outputs.request import execute, prepare
from sims.gw.coherence_notes import CONTRADICTION, PHYSICS
from sims.gw.hierarchical import measured
from solvers.gw.coherent_population import CoherentPopulation

N = 40
FEW = (f"sim.n_events={N}", "seed=3")
MASSES = ("mass_1_source", "mass_2_source", "total_mass_source", "chirp_mass_source")
FIXED = {"alpha": 2.6, "m_max": 110, "peak_fraction": 0.13, "kappa": 0}


def fixed(name, epsilon):
    """An override that leaves nothing of a population free."""
    values = ", ".join(f"{key}: {value}" for key, value in {"epsilon": epsilon, **FIXED}.items())
    return f"models.{name}.params={{{values}}}"


@pytest.fixture(scope="module")
def run(composed, tmp_path_factory):
    """A mock catalogue in a file."""
    overrides = ["+experiment=gwtc_mock", *FEW]
    return write_run(execute(prepare(composed(*overrides)), overrides), tmp_path_factory.mktemp("mock"))


@pytest.fixture(scope="module")
def from_run(executed, run):
    """Answer an experiment with the mock catalogue as its events."""
    return lambda experiment, *more: executed(experiment, "catalog=events_of_run", f"catalog.path={run.parent}", *more)


@pytest.fixture(scope="module")
def tree(executed):
    return executed("gwtc_mock", *FEW)


def test_the_file_holds_what_was_drawn(run, tree):
    events = EventsOfRun(path=str(run)).load()
    assert events.sizes["event"] == N
    assert set(events["run"].values) == {"O4a"}
    assert set(EventsOfRun(path=str(run), run_label="by_gps").load()["run"].values) == {"O4a"}
    for key in (*MASSES, "luminosity_distance", "redshift", "network_matched_filter_snr"):
        np.testing.assert_array_equal(events[key].values, tree["data"][key].values)
        assert events[key].attrs["units"] == tree["data"][key].attrs["units"]
    assert events["network_matched_filter_snr"].values.min() > 8.0
    assert len(set(events["name"].values)) == N
    assert np.isnan(tree["data"]["chi_eff"].values).all()


def test_intervals_are_offsets_from_the_median_as_in_a_catalogue(tree):
    for key in (*MASSES, "luminosity_distance", "redshift"):
        median, low, high = (tree["data"][f"{key}{end}"].values for end in ("", "_lower", "_upper"))
        assert np.all((low < 0) & (high > 0) & (median + low > 0)), key
    events = measured(tree["data"].to_dataset(), CoherentPopulation(params={"z_max": 3.0}))
    assert len(events) == N
    np.testing.assert_allclose(
        np.exp(events.ln_mass), (tree["data"]["chirp_mass_source"] * (1.0 + tree["data"]["redshift"])).values, rtol=1e-5
    )
    ends = events.distance_at(np.array([0.0, -1.6448536269514722, 1.6448536269514722])).T
    offsets = [tree["data"][f"luminosity_distance_{side}"].values for side in ("lower", "upper")]
    np.testing.assert_allclose(ends[1:] - ends[0], offsets, rtol=1e-9)


def test_the_drawn_values_lie_in_their_intervals_about_as_often_as_they_should(tree):
    data = tree["data"]
    for key in ("luminosity_distance", "total_mass_source"):
        median, low, high = (data[f"{key}{end}"].values for end in ("", "_lower", "_upper"))
        inside = np.abs(data[f"drawn_{key}"].values - median - 0.5 * (low + high)) < 0.5 * (high - low)
        assert inside.mean() > 0.7, key


def test_the_gain_is_in_the_masses_and_not_in_the_distances(executed):
    plain, gained = (
        executed("gwtc_mock", "sim.n_events=400", f"models.gw_mock.params.epsilon={epsilon}") for epsilon in (0, 3.4e-7)
    )
    r = [
        np.corrcoef(each["data"]["drawn_luminosity_distance"], np.log(each["data"]["drawn_total_mass_source"]))[0, 1]
        for each in (plain, gained)
    ]
    assert r[1] > r[0] + 0.1
    assert (
        gained["data"]["drawn_total_mass_source"].max() > 220.0 * 1.2 > plain["data"]["drawn_total_mass_source"].max()
    )


def test_physics_is_told_and_that_it_is_no_observation(tree):
    notes = json.loads(tree.attrs["notes"])
    assert notes[:2] == [PHYSICS, CONTRADICTION]
    assert f"{N} events drawn from gw_mock with epsilon = 3.4e-07 (gain_target: mass), no observation" in notes[2]


def test_coherence_reads_it(from_run, run):
    found = from_run("gwtc_coherence", "sim.n_resamples=50")
    assert list(found["tables/correlation"]["run"].values) == ["O4a", "all"]
    events = EventsOfRun(path=str(run)).load()
    r = np.corrcoef(events["luminosity_distance"], events["total_mass_source"])[0, 1]
    assert found["tables/correlation"]["r"].sel(run="O4a").item() == pytest.approx(r, rel=1e-12)
    (source,) = json.loads(found.attrs["datasets"])
    assert source["name"] == "events_of_run"


def test_selection_reads_it(from_run):
    found = from_run("gwtc_selection", "sim.n_catalogues=20", "sim.parent_events=200", "models=[gw_power_law]")
    assert found["data"].sizes["event"] == N
    assert f"({N} events)" in found["models/gw_power_law/r_run"].attrs["long_name"] or np.isfinite(
        found["tables/nulls"]["p_run"].item()
    )


def test_hierarchical_reads_it_and_finds_the_gain_in_it(from_run):
    names = ("gw_no_coherence", "gw_published_coherence")
    overrides = [fixed(name, epsilon) for name, epsilon in zip(names, (0.0, 3.4e-7), strict=True)]
    found = from_run("gwtc_hierarchical", "inference=minimize", f"models=[{','.join(names)}]", *overrides)
    assert found["data"].sizes["event"] == N
    chi2 = {name: found[f"models/{name}/chi2"].item() for name in names}
    assert chi2["gw_published_coherence"] < chi2["gw_no_coherence"] - 20.0
    assert json.loads(found.attrs["notes"])[:2] == [PHYSICS, CONTRADICTION]


def test_one_seed_gives_one_catalogue(composed, tree):
    def again(*more):
        overrides = ["+experiment=gwtc_mock", *FEW, *more]
        return execute(prepare(composed(*overrides)), overrides).attrs["result_hash"]

    assert again() == tree.attrs["result_hash"]
    assert again("seed=4") != tree.attrs["result_hash"]
    assert again("sim.ln_mass_err=0.07") != tree.attrs["result_hash"]


def test_an_amplified_strain_may_be_drawn_too(executed):
    found = executed("gwtc_mock", *FEW, "models.gw_mock.gain_target=strain", "models.gw_mock.params.epsilon=1e-7")
    assert "gain_target: strain" in " ".join(json.loads(found.attrs["notes"]))
    assert np.all(np.isfinite(found["data"]["total_mass_source"]))
