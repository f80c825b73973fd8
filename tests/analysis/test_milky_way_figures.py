"""Figures of the Milky Way: what they apply to, and that what they draw are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, figures_of
from outputs.tree import run_tree, variable

CONFIG = "models: {low: {label: a low one}, high: {label: a high one}}"
BARYONS = ["one", "two"]
RADIUS = np.linspace(1.0, 20.0, 30)


def _models(dim):
    values = {"low": 150.0 + 0.0 * RADIUS, "high": 240.0 - RADIUS}
    return {
        name: xr.Dataset(
            {
                "baryons": variable("baryons", BARYONS, "", "baryons"),
                dim: variable(dim, RADIUS, "kpc", "radius"),
                "velocity": variable(("baryons", dim), np.stack([v, v + 5.0]), "km/s", "rotation"),
            }
        )
        for name, v in values.items()
    }


def _measured(errors=True):
    columns = {"radius": [6.0, 10.0], "v_c": [230.0, 220.0], "v_c_err": [2.0, 3.0]}
    if errors:
        columns |= {"v_c_err_lower": [1.0, 2.0], "v_c_err_upper": [3.0, 4.0]}
    return xr.Dataset({name: variable("row", values, "km/s", name) for name, values in columns.items()})


def _lines():
    return xr.Dataset(
        {
            "line": variable("line", ["eilers"], "", "line"),
            "radius": variable("radius", RADIUS, "kpc", "radius"),
            "velocity": variable(("line", "radius"), [229.0 - RADIUS], "km/s", "line"),
        }
    )


def _stars():
    rng = np.random.default_rng(1)
    columns = {"radius": rng.uniform(5.0, 8.0, 500), "v_phi": rng.normal(220.0, 20.0, 500)}
    return xr.Dataset({name: variable("star", values, "", name) for name, values in columns.items()})


def _bins():
    columns = {"bin_low": [5.0, 6.0], "bin_high": [6.0, 8.0], "v_phi": [221.0, 219.0], "v_phi_err": [1.0, 2.0]}
    names = {"bin": variable("bin", [5.5, 7.0], "kpc", "centre")}
    return xr.Dataset(names | {name: variable("bin", values, "", name) for name, values in columns.items()})


def _tree(**parts):
    tree = run_tree(**parts)
    tree.attrs = {"config": CONFIG, "content_hash": "1234"}
    return tree


RUNS = {
    "curves": lambda: _tree(data=_measured(), models=_models("radius"), tables={"lines": _lines()}),
    "no lines": lambda: _tree(data=_measured(errors=False), models=_models("radius")),
    "stars": lambda: _tree(data=_stars(), models=_models("bin"), tables={"bins": _bins()}),
    "no data": lambda: _tree(models=_models("radius"), tables={"lines": _lines()}),
    "no models": lambda: _tree(data=_measured(), tables={"lines": _lines()}),
    "no bins": lambda: _tree(data=_stars(), models=_models("bin")),
    "stars without models": lambda: _tree(data=_stars(), tables={"bins": _bins()}),
    "nothing": _tree,
}
EXPECTED = {"curves": ["milky_way"], "no lines": ["milky_way"], "stars": ["gaia_rotation"]}


def _figure(tree):
    (module,) = figures_of(tree)
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


@pytest.mark.parametrize("name", RUNS)
def test_figures_apply_to_the_runs_that_have_what_they_draw(name):
    found = [module.__name__.rpartition(".")[2] for module in figures_of(RUNS[name]())]
    assert found == EXPECTED.get(name, [])


@pytest.mark.parametrize("name", EXPECTED)
def test_every_format_is_written(name, tmp_path):
    tree = RUNS[name]()
    (module,) = figures_of(tree)
    for path in draw(module, tree, tmp_path, ("png", "pdf")):
        assert path.stat().st_size > 5000


@pytest.mark.parametrize("name", EXPECTED)
def test_a_panel_for_each_of_the_baryons_has_its_own_curves(name):
    figure = _figure(RUNS[name]())
    panels = [panel for panel in figure.axes if panel.get_title() in BARYONS]
    assert [panel.get_title() for panel in panels] == BARYONS
    for i, panel in enumerate(panels):
        curves = {line.get_label(): line for line in panel.get_lines()}
        np.testing.assert_allclose(curves["a low one"].get_ydata(), 150.0 + 5.0 * i)
        np.testing.assert_allclose(curves["a high one"].get_ydata(), 240.0 - RADIUS + 5.0 * i)


def test_measured_velocities_have_their_two_errors_and_lines_are_drawn():
    panel = _figure(RUNS["curves"]()).axes[0]
    (bars,) = panel.containers
    (segments,) = (lines.get_segments() for lines in bars[2])
    np.testing.assert_allclose(segments[0][:, 1], [229.0, 233.0])
    np.testing.assert_allclose(segments[1][:, 1], [218.0, 224.0])
    (line,) = (each for each in panel.get_lines() if each.get_label() == "line eilers")
    np.testing.assert_allclose(line.get_ydata(), 229.0 - RADIUS)


def test_medians_are_drawn_over_their_bins_and_the_drift_is_named():
    figure = _figure(RUNS["stars"]())
    (bars,) = figure.axes[0].containers
    np.testing.assert_allclose(bars[0].get_ydata(), [221.0, 219.0])
    np.testing.assert_allclose(bars[0].get_xdata(), [5.5, 7.0])
    assert figure.axes[0].get_xlim() == (5.0, 8.0)
    assert any("asymmetric drift" in text.get_text() for text in figure.texts)
