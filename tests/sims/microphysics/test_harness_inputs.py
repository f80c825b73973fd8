"""Where mechanisms take dispersions and masses from, and what runs say of it."""

import json
import warnings

import pytest

from catalogs.sparc import Sparc
from solvers.errors import InvalidInput

SET = ["models=[rotation_newton,pairing,unified_additive]", "models.unified_additive.sigma_v=20"]


@pytest.fixture(scope="module", autouse=True)
def sparc(loaded):
    return loaded(Sparc())


def notes_of(executed, *overrides):
    return json.loads(executed("microphysics", *overrides).attrs["notes"])


def test_an_assumed_dispersion_and_the_proxies_are_told_apart(executed):
    notes = notes_of(executed, *SET)
    (proxied,) = (note for note in notes if note.startswith("No dispersion is measured"))
    assert "K of pairing takes the observed rotation" in proxied
    assert "Dispersion of all galaxies as it was set, not measured [km/s]: unified_additive 20." in notes
    assert any(note.startswith('The size that the source calls "R_disk"') for note in notes)


def test_nothing_is_said_of_sizes_that_no_model_takes(executed):
    notes = notes_of(executed, "models=[rotation_newton,pairing]")
    assert not any('"R_disk"' in note or note.startswith("Chain of") for note in notes)


def test_every_time_by_geometry_is_at_its_clip(executed):
    (chain,) = (note for note in notes_of(executed, "models=[rotation_newton,time_coherence]") if "tau_geom" in note)
    assert "(1e+06 to 1e+20) at 3345 of 3345 points, tau_noise at 0;" in chain


def test_photometric_masses_reach_galaxies_and_the_milky_way(executed):
    tree = executed("microphysics", *SET, "models.unified_additive.inputs=photometric")
    table = tree["tables/origins"].to_dataset()
    assert not bool(table["uses_observed"].sel(model="unified_additive"))
    assert tree["tables/milky_way"].to_dataset()["rms"].sel(model="unified_additive").notnull().all()


def test_the_milky_way_wants_a_dispersion_and_says_so(executed):
    with pytest.raises(InvalidInput, match=r"compared here; give models\.pairing\.sigma_v, km/s$"):
        executed("milky_way", "+models=pairing")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        tree = executed("milky_way", "+models=pairing", "models.pairing.sigma_v=34.35")
    assert "pairing" in tree["models"].children


def test_a_grid_of_five_parameters_has_a_limit(executed):
    chosen = ["models=[pairing_free]", "catalog.galaxies=[DDO154,NGC2403]"]
    with pytest.raises(InvalidInput, match=r"^fit\.points=32: must be <= 12 for 5 free parameters$"):
        executed("sparc_fits", *chosen)


def test_a_steep_gate_has_a_value_in_every_galaxy(executed):
    chosen = ["models=[rotation_newton,pairing]", "models.pairing.params.gamma_sigma=400"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        tree = executed("microphysics", *chosen)
    assert (tree["tables/harness"].to_dataset()["n"].values == 165).all()
