"""The figure of accelerations and masses of clusters: what it applies to, and that it draws the run's own numbers."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, figures_of
from analysis.figures.cluster_accelerations import binned_mean
from outputs.tree import run_tree, variable

CONFIG = "models: {sigma: {label: Σ}, mond: {label: MOND}}\n"
N = 30


def _tree(data, models):
    tree = run_tree(data=xr.Dataset(data), models={name: xr.Dataset(each) for name, each in models.items()})
    tree.attrs = {"config": CONFIG, "content_hash": "1234"}
    return tree


def _accelerations(bcg=True):
    g_bar = np.geomspace(1e-11, 2e-10, N)
    data = {
        "radius": variable("row", np.geomspace(600.0, 14.0, N), "kpc", "radius"),
        "g_bar": variable("row", g_bar, "m/s2", "by the baryons"),
        "g_obs": variable("row", 6.0 * g_bar, "m/s2", "seen"),
        "log10_g_bar_err": variable("row", np.full(N, 0.05), "dex", "error"),
        "log10_g_obs_err": variable("row", np.full(N, 0.1), "dex", "error"),
        "is_bcg": variable("row", (np.arange(N) > 20) & bcg, "", "brightest galaxy"),
    }
    curve = np.geomspace(8e-12, 3e-10, 50)
    models = {
        name: {
            "curve_g_bar": variable("curve_g_bar", curve, "m/s2", "by the baryons"),
            "curve_g": variable("curve_g_bar", factor * curve, "m/s2", "by the model"),
            "residual_dex": variable("row", np.full(N, np.log10(6.0 / factor)), "dex", "residual"),
        }
        for name, factor in {"sigma": 5.0, "mond": 2.0}.items()
    }
    return _tree(data, models)


def _masses(negative=False, names=("sigma", "mond")):
    radius, predicted = np.geomspace(200.0, 4000.0, N), np.geomspace(1e14, 1e15, N)
    ratio = np.linspace(0.5, 2.0, N)
    if negative:
        ratio[-1] = -1.0
    data = {
        "radius": variable("row", radius, "kpc", "radius"),
        "mass": variable("row", ratio * predicted, "solMass", "mass"),
        "mass_err": variable("row", 0.1 * predicted, "solMass", "error"),
    }
    own = {
        "mass_predicted": variable("row", predicted, "solMass", "by the model"),
        "mass_ratio": variable("row", ratio, "", "observed over predicted"),
    }
    return _tree(data, dict.fromkeys(names, own))


def _drawn(tree):
    (module,) = figures_of(tree)
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _lines(panel):
    return {line.get_label(): line.get_xydata() for line in panel.get_lines()}


@pytest.mark.parametrize("tree", [_accelerations(), _masses(), _masses(negative=True)])
def test_runs_on_clash_have_this_figure_alone(tree, tmp_path):
    assert [module.__name__.rpartition(".")[2] for module in figures_of(tree)] == ["cluster_accelerations"]
    (path,) = draw(figures_of(tree)[0], tree, tmp_path, ("png",))
    assert path.stat().st_size > 10_000


def test_another_run_has_it_not(small_run):
    from analysis import open_run

    assert "cluster_accelerations" not in {each.__name__.rpartition(".")[2] for each in figures_of(open_run(small_run))}


@pytest.mark.parametrize("missing", ["is_bcg", "g_obs"])
def test_a_run_without_its_columns_has_none(missing):
    tree = _accelerations()
    tree["data"] = xr.DataTree(tree["data"].to_dataset().drop_vars(missing))
    assert not figures_of(tree)


def test_curves_and_residuals_are_those_of_the_run():
    tree = _accelerations()
    top, bottom = _drawn(tree).axes
    curve = tree["models/sigma"]
    assert _lines(top)["Σ"] == pytest.approx(np.column_stack([curve["curve_g_bar"], curve["curve_g"]]))
    heights = {round(float(np.mean(line.get_ydata())), 6) for line in bottom.get_lines()}
    assert {round(np.log10(6.0 / factor), 6) for factor in (5.0, 2.0)} | {0.0} == heights
    for panel in (top, bottom):
        assert "m/s²" in panel.get_ylabel() or "dex" in panel.get_ylabel()
    assert "m/s²" in bottom.get_xlabel()


@pytest.mark.parametrize("bcg", [True, False])
def test_brightest_galaxies_have_their_own_points(bcg):
    _, labels = _drawn(_accelerations(bcg)).axes[0].get_legend_handles_labels()
    assert ("brightest galaxies" in labels) is bcg


def test_masses_have_a_panel_for_each_model_and_say_what_is_off():
    panels = [panel for panel in _drawn(_masses(negative=True)).axes if panel.get_visible()]
    assert [panel.get_title() for panel in panels] == ["Σ", "MOND"]
    assert [panel.texts[0].get_text() for panel in panels] == ["1 off the scale"] * 2
    assert all(panel.get_yscale() == "symlog" for panel in panels)
    plain = _drawn(_masses()).axes
    assert all(panel.get_yscale() == "log" and not panel.texts for panel in plain)


def test_medians_of_masses_are_those_of_equal_bins():
    tree = _masses()
    panel = _drawn(tree).axes[0]
    ratio = tree["models/sigma/mass_ratio"].values
    expected = [np.median(part) for part in np.split(ratio, 5)]
    assert any(line.get_ydata() == pytest.approx(expected) for line in panel.get_lines() if len(line.get_ydata()) == 5)


def test_seven_models_hide_the_panel_that_is_left():
    panels = _drawn(_masses(names=tuple(f"m{i}" for i in range(7)))).axes
    assert [panel.get_visible() for panel in panels] == [True] * 7 + [False]


def test_means_of_bins_have_the_error_of_a_mean():
    x = np.arange(12.0)[::-1]
    at, mean, error = binned_mean(x, x**2, 3)
    assert at == pytest.approx([1.5, 5.5, 9.5])
    assert mean == pytest.approx([3.5, 31.5, 91.5])
    assert error[0] == pytest.approx(np.std([0.0, 1.0, 4.0, 9.0], ddof=1) / 2.0)
    assert np.isnan(binned_mean(np.array([1.0]), np.array([2.0]))[2]).all()
