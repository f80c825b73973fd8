"""Gravitational waves at the door: a mock catalogue that others read, and requests that are refused in one line."""

import sys
from pathlib import Path

import pytest

from analysis import open_run

MOCK, FIT, RECOVERY = (f"+experiment=gwtc_{name}" for name in ("mock", "hierarchical", "recovery"))
FIXED = "{epsilon: 0, alpha: 2.6, m_max: 110, peak_fraction: 0.13, kappa: 0}"
FEW = ("sim.n_events=30", "figure=false")

REFUSED = {
    "an unknown run": ([FIT, "sim.run=O9"], "sim.run=O9: no event is of this run; known: O3a, O3b, O4a, all"),
    "a null": (
        [FIT, "models=[gw_power_law]"],
        "models.gw_power_law: is no CoherentPopulation, which gwtc_hierarchical is about; choose of gw_coherence, "
        "gw_mock, gw_no_coherence, gw_published_coherence",
    ),
    "no models": ([FIT, "models=[]"], "models: the experiment needs one; choose models=NAME"),
    "a free detector": (
        [FIT, "models.gw_coherence.params.d_horizon={prior: {min: 300, max: 500}}"],
        "models.gw_coherence.params.d_horizon: belongs to the detector, must be a number",
    ),
    "events below the threshold": (
        [FIT, "sim.run=all", "catalog.snr_min=5"],
        "8 events have an SNR at or below the detector's threshold of 8; raise catalog.snr_min or lower",
    ),
    "a gain of the strain": (
        [FIT, "models.gw_coherence.gain_target=strain"],
        "models.gw_coherence.gain_target=strain: must be mass, others are for mocks only",
    ),
    "a gain of something else": (
        [FIT, "models.gw_coherence.gain_target=both"],
        "models.gw_coherence.gain_target='both': must be one of mass, strain",
    ),
    "a free mass ratio": (
        [FIT, "models.gw_coherence.params.beta={prior: {min: 0, max: 2}}"],
        "models.gw_coherence.params.beta: must be a number, mass ratios are no part of these data",
    ),
    "no path": ([FIT, "catalog=events_of_run"], "catalog.path=null: give the run.h5"),
    "a path that is not there": (
        [FIT, "catalog=events_of_run", "catalog.path=nowhere"],
        "catalog.path='nowhere': no run file; give a run.h5 or the folder that holds one",
    ),
    "the summary table that is not there": ([FIT, "catalog=gwtc4"], "needs-data: IGWN-GWTC4p0-1a206db3d_721-PE"),
    "two populations": (
        [MOCK, "models=[gw_mock,gw_no_coherence]"],
        "models=['gw_mock', 'gw_no_coherence']: a mock catalogue is drawn from one population, such as [gw_mock]",
    ),
    "a free population": (
        [MOCK, "models=[gw_coherence]"],
        "models.gw_coherence.params.epsilon: a mock catalogue",
    ),
    "fewer than no events": ([MOCK, "sim.n_events=-3"], "sim.n_events=-3: must be >= 1"),
    "half an event": ([MOCK, "sim.n_events=2.5"], "sim.n_events=2.5: must be a whole number"),
    "no error of the mass": ([MOCK, "sim.ln_mass_err=0"], "sim.ln_mass_err=0.0: must be > 0"),
    "a recovery of an open question": (
        [RECOVERY, "population.params.epsilon={prior: {min: 0, max: 1e-6}}"],
        "population.params.epsilon: a mock catalogue needs a number",
    ),
    "a recovery of nothing": ([RECOVERY, "~population"], "population: the experiment needs one"),
}


@pytest.fixture
def door(monkeypatch, capsys, tmp_path):
    """The door in this process, in an empty folder; a process of its own takes seconds to import."""
    import run
    from outputs import door as room

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")

    def _door(*arguments):
        monkeypatch.setattr(sys, "argv", ["run.py", *arguments])
        status = room.enter(run.main)
        return status, *capsys.readouterr()

    return _door


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_request_is_one_line_and_writes_nothing(door, nothing_written, name):
    arguments, expected = REFUSED[name]
    status, out, err = door(*arguments)
    assert status == 2, err
    assert expected in err
    assert len(err.strip().splitlines()) == 1
    assert out == ""
    nothing_written()


@pytest.mark.parametrize("override", ["population=gw_mock", "models@population=gw_power_law"])
def test_a_population_of_another_kind_is_one_line(door, override):
    status, _, err = door(RECOVERY, override, "sim.n_events=5")
    assert status == 2 and len(err.strip().splitlines()) == 1


def test_a_threshold_that_is_too_high_is_one_line(door):
    fixed = FIXED.replace("kappa", "threshold: 38.5, kappa")
    few = ("models=[gw_no_coherence]", f"models.gw_no_coherence.params={fixed}", "catalog.snr_min=38.5")
    status, _, err = door(FIT, *few, "inference=minimize", "figure=false")
    assert status == 2 and len(err.strip().splitlines()) == 1


def test_a_mock_catalogue_is_read_as_events_and_run_again_bit_for_bit(door, command):
    status, out, err = door(MOCK, *FEW, "models.gw_mock.params.epsilon=0")
    assert status == 0, err
    assert "no observation. Read it with catalog=events_of_run catalog.path=FOLDER" in out
    path = Path(out.splitlines()[-1])
    fixed = ("inference=minimize", "models=[gw_no_coherence]", f"models.gw_no_coherence.params={FIXED}")
    status, out, err = door(FIT, "catalog=events_of_run", f"catalog.path={path.parent}", "figure=false", *fixed)
    assert status == 0, err
    assert "In general relativity the masses" in out and "SI 17.3 sets the field to zero" in out
    found = open_run(out.splitlines()[-1])
    assert found["data"].sizes["event"] == 30
    assert str(found["data"]["name"].values[0]) == "mock00000"
    again = command("-m", "analysis", "rerun", str(path))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "every number agrees, bit for bit" in again.stdout
