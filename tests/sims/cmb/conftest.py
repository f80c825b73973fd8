"""The CMB experiments on Planck's bandpowers, each answered once."""

import json

import pytest


@pytest.fixture(scope="session")
def cmb(executed, plik_lite):
    """Answer a CMB experiment; without Planck's files the test skips."""
    return executed


@pytest.fixture(scope="session")
def peaks_run(cmb):
    """Peaks as they come."""
    return cmb("cmb_peaks")


@pytest.fixture(scope="session")
def polarization_run(cmb):
    """Polarisation as it comes."""
    return cmb("cmb_polarization")


@pytest.fixture(scope="session")
def spectrum_run(cmb):
    """The whole spectrum, of models in which nothing but an overall factor is free."""
    names = "sigma_peaks_optimum,sigma_peaks_scaled,sigma_peaks_narrow,lcdm_cmb,lcdm_cmb_unlensed,baryons_cmb"
    return cmb("cmb_spectrum", f"models=[{names}]")


@pytest.fixture(scope="session")
def notes_of():
    """The notes of a run that hold a text."""

    def _notes_of(tree, text=""):
        return [note for note in json.loads(tree.attrs["notes"]) if text in note]

    return _notes_of
