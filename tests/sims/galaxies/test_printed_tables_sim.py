"""The experiment sparc_tables: what the source prints of galaxies, beside what its formulas give."""

import json

import numpy as np
import pytest

from solvers.errors import InvalidInput


@pytest.fixture(scope="module")
def tables(loaded, executed):
    """The run, where the rotation curves are there."""
    from catalogs.sparc import Sparc

    loaded(Sparc())
    return executed("sparc_tables")


def test_the_field_returns_the_closed_form_for_any_scale(tables, executed):
    field = tables["tables/dynamical_field"].to_dataset().isel(of=0)
    assert field["mean_rms"].item() == pytest.approx(23.159, abs=5e-4)
    other = executed("sparc_tables", "sim.mass_scale=1e-20")["tables/dynamical_field"].to_dataset().isel(of=0)
    assert max(field["difference"].item(), other["difference"].item()) < 1e-10


@pytest.mark.parametrize(
    ("kernel", "excess", "rel"),
    [
        ("closed form, W = 1", 3.57e-12, 2e-3),
        ("closed form, R to the Sun", 4.99e-21, 2e-3),
        ("Burr kernel, R to the Sun", 5.2e-8, 1e-2),
        ("Burr kernel and (g_dagger/g)^0.757", 7.8e-14, 1e-2),
        ("gated power law, R to the Sun", 8.3e-23, 1e-2),
    ],
)
def test_the_solar_system_has_the_values_of_the_specification(tables, kernel, excess, rel):
    table = tables["tables/solar_system"].to_dataset()
    assert table["excess"].sel(kernel=kernel).item() == pytest.approx(excess, rel=rel)


def test_every_printed_row_has_its_section_and_dimensional_errors_are_said(tables):
    table = tables["tables/printed"].to_dataset()
    assert all(map(str, table["section"].values))
    at_g_dagger = [str(q).startswith("Sigma at g = 1 ") for q in table["quantity"].values]
    assert table["computed"].values[at_g_dagger] == pytest.approx([1.866], abs=5e-4)
    assert np.isfinite(table["printed"].values[at_g_dagger]).all()
    notes = " ".join(json.loads(tables.attrs["notes"]))
    assert "an identity, no solution" in notes and "unit" in notes


def test_no_galaxy_is_refused(executed):
    with pytest.raises(InvalidInput, match="^sim.n_galaxies=0: must be >= 1$"):
        executed("sparc_tables", "sim.n_galaxies=0")
