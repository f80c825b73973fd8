"""The figure of cluster masses: what it applies to, and that what it draws are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, cluster_masses, draw, figures_of
from outputs.tree import run_tree, variable

CONFIG = "models: {low: {label: a low one}, high: {label: a high one}}"
M_SL = np.array([60.0, 120.0, 200.0, 230.0])
Z = np.array([0.2, 0.3, 0.4, 0.6])
RATIOS = {"low": np.array([0.05, 0.06, 0.055, 0.07]), "high": np.array([0.8, 1.2, 2.5, 0.9])}


def _models(interval=False, dim="cluster"):
    models = {}
    for name, ratio in RATIOS.items():
        columns = {"mass": (ratio * M_SL * 1e12, "solMass"), "ratio": (ratio, "")}
        if interval:
            columns |= {"ratio_low": (0.9 * ratio, ""), "ratio_high": (1.2 * ratio, "")}
        models[name] = xr.Dataset({k: variable(dim, values, unit, k) for k, (values, unit) in columns.items()})
    return models


def _data(errors=False, **without):
    columns = {"m_sl": (M_SL, "1e12 solMass"), "z": (Z, "")}
    if errors:
        columns["m_sl_err"] = (np.array([3.0, np.nan, 5.0, np.nan]), "1e12 solMass")
    return xr.Dataset({k: variable("cluster", *v, k) for k, v in columns.items() if k not in without})


def _tree(**parts):
    tree = run_tree(**parts)
    tree.attrs = {"config": CONFIG, "content_hash": "1234"}
    return tree


RUNS = {
    "ratios": lambda: _tree(data=_data(), models=_models()),
    "errors": lambda: _tree(data=_data(errors=True), models=_models(interval=True)),
    "no redshift": lambda: _tree(data=_data(z=None), models=_models()),
    "no lensing mass": lambda: _tree(data=_data(m_sl=None), models=_models()),
    "no data": lambda: _tree(models=_models()),
    "no models": lambda: _tree(data=_data()),
    "along rows": lambda: _tree(data=_data(), models=_models(dim="row")),
}
DRAWN = ("ratios", "errors")


def _panels(name):
    tree = RUNS[name]()
    with matplotlib.rc_context(fname=STYLE):
        figure = cluster_masses.draw(tree)
    return figure, *figure.axes


def _bars(panel):
    """Points and the segments of the errors of each model."""
    return [(np.array(bars[0].get_data()), [lines.get_segments() for lines in bars[2]]) for bars in panel.containers]


@pytest.mark.parametrize("name", RUNS)
def test_the_figure_applies_to_runs_that_have_what_it_draws(name):
    found = [module.__name__.rpartition(".")[2] for module in figures_of(RUNS[name]())]
    assert found == (["cluster_masses"] if name in DRAWN else [])


@pytest.mark.parametrize("name", DRAWN)
def test_every_format_is_written(name, tmp_path):
    for path in draw(cluster_masses, RUNS[name](), tmp_path, ("png", "pdf")):
        assert path.stat().st_size > 5000


def test_masses_are_drawn_in_one_unit_on_both_axes():
    _, masses, _, _ = _panels("ratios")
    for ((x, y), _), ratio in zip(_bars(masses), RATIOS.values(), strict=True):
        np.testing.assert_allclose(x, M_SL / 100)
        np.testing.assert_allclose(y, ratio * M_SL / 100)
    assert masses.get_xscale() == masses.get_yscale() == "log"
    low, high = masses.get_ylim()
    assert low < 0.03
    assert high > 5.0
    (line,) = (each for each in masses.get_lines() if len(each.get_xdata()) == 2)
    np.testing.assert_array_equal(line.get_xdata(), line.get_ydata())


def test_ratios_over_redshift_have_their_medians_and_names():
    figure, _, redshifts, _ = _panels("ratios")
    for ((x, y), segments), ratio in zip(_bars(redshifts), RATIOS.values(), strict=True):
        np.testing.assert_array_equal(x, Z)
        np.testing.assert_allclose(y, ratio)
        assert segments == []
    levels = {line.get_ydata()[0] for line in redshifts.get_lines() if len(line.get_xdata()) == 2}
    assert levels == {1.0, *(np.median(ratio) for ratio in RATIOS.values())}
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["a low one (0.06)", "a high one (1.05)"]
    low, high = redshifts.get_ylim()
    assert low < 0.05
    assert high > 2.5


def test_errors_and_intervals_are_drawn_where_there_are_any():
    _, masses, redshifts, _ = _panels("errors")
    (_, (segments,)), _ = _bars(masses)
    found = {round(float(s[0, 0]), 6): round(float(s[1, 0]), 6) for s in segments if len(s)}
    assert found == {0.57: 0.63, 1.95: 2.05}
    (_, (segments,)), _ = _bars(redshifts)
    np.testing.assert_allclose([s[:, 1] for s in segments], np.outer(RATIOS["low"], [0.9, 1.2]))


def test_the_histogram_counts_every_cluster():
    _, _, _, spread = _panels("ratios")
    steps = [patch for patch in spread.patches if hasattr(patch, "get_data")]
    assert len(steps) == 2
    for patch, ratio in zip(steps, RATIOS.values(), strict=True):
        counts, edges, _ = patch.get_data()
        assert counts.sum() == 4
        np.testing.assert_allclose(np.diff(edges), 0.1)
        assert edges[0] <= np.log10(0.05)
        assert edges[-1] > np.log10(2.5)
        np.testing.assert_array_equal(counts, np.histogram(np.log10(ratio), edges)[0])
    assert spread.get_ylabel() == "clusters in a bin of 0.1 dex, of 4"


def test_models_keep_their_colours_in_all_panels():
    _, masses, redshifts, spread = _panels("ratios")
    points = [[bars[0].get_color() for bars in panel.containers] for panel in (masses, redshifts)]
    steps = [patch.get_edgecolor() for patch in spread.patches if hasattr(patch, "get_data")]
    assert points[0] == points[1]
    with matplotlib.rc_context(fname=STYLE):
        assert [matplotlib.colors.to_rgba(colour) for colour in points[0]] == steps
    assert len({bars[0].get_marker() for bars in masses.containers}) == 2
