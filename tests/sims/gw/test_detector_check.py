"""Is the detector of a model the one that saw the events? Published distances over expected ones."""

from dataclasses import replace

import numpy as np
import pytest

from sims.gw.detector_check import detector_notes, detector_table
from sims.gw.mock import mock_events
from solvers.gw.coherent_population import CoherentPopulation

MODEL = CoherentPopulation(params={"d_horizon": 470.0, "loss_mass": 600.0, "z_max": 3.0}, high_mass_loss=True)


@pytest.fixture(scope="module")
def events():
    """A mock catalogue of the model itself."""
    return mock_events("models.own", MODEL, 300, np.random.default_rng(3), 0.06)


def _with(**changed):
    return replace(MODEL, params={**MODEL.params, **changed})


def test_the_detector_that_drew_the_events_has_ratios_of_one(events):
    table = detector_table(events, {"own": MODEL})
    ratios = table["distance_ratio"].sel(model="own")
    assert ratios.sel(bin="all").item() == pytest.approx(1.0, abs=0.03)
    assert table["n_events"].sel(bin="all").item() == 300 == int(table["n_events"].values[:-1].sum())
    (note,) = detector_notes(table)
    assert "multiply" not in note


def test_a_short_sighted_detector_is_told_by_how_much(events):
    table = detector_table(events, {"own": MODEL, "short": _with(d_horizon=235.0)})
    ratio = table["distance_ratio"].sel(model="short", bin="all").item()
    # Nearly as the horizon: distances near their end in redshift are less than proportional to it.
    assert 1.7 < ratio < 2.1
    notes = list(detector_notes(table))
    assert len(notes) == 2 and f"multiply params.d_horizon by {ratio:.2f}" in notes[1]
    assert notes[1].startswith("short: ")
