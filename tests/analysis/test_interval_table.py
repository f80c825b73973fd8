"""Profile intervals as they are printed."""

from io import StringIO

import pytest
from rich.console import Console

from analysis.interval_table import interval_table


@pytest.fixture
def printed():
    def _printed(tree):
        console = Console(file=StringIO(), width=160)
        console.print(interval_table(tree))
        return console.file.getvalue()

    return _printed


def test_intervals_are_printed_with_open_ends_marked(executed, printed):
    bounds = "models.lcdm.params.omega_m={prior: {min: 0.29, max: 0.95}}"
    tree = executed(
        "pantheon_baryons", "models=[lcdm]", "inference=profile", "inference.points=5", "profile=[]", bounds
    )
    node = tree["models/lcdm"]
    line = next(line for line in printed(tree).splitlines() if "omega_m" in line)
    lower = node["interval"].isel(param=0, level=0, side=0).item()
    assert f"{lower:.3f}"[:5] in line
    assert line.count("*") == int(node["interval_is_open"].sum())


def test_a_run_without_profiles_has_no_table(executed):
    assert interval_table(executed("pantheon_baryons", "models=[gr_baryons]", "profile=[]")) is None
