"""Figures of the microphysics: what they apply to, and that what they draw are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.patches import Rectangle

from analysis.figures import STYLE, draw, figures_of
from outputs.tree import run_tree, variable

CONFIG = """
models: {newton: {label: GR}, rough: {label: a rough one}, pair: {label: a pair}}
baryons: {one: {upsilon_disk: 1.0, upsilon_bulge: 1.0}}
"""
BARYONS = ["one", "two"]
N_GALAXIES, N_POINTS = 9, 15
V_FLAT = np.linspace(40.0, 240.0, N_GALAXIES)
FIGURES = ["mechanism_kernels", "mechanism_improvement", "success_criteria"]
CRITERIA = ["rar_scatter", "parameters", "solar_system", "domains", "origin"]


def _data():
    index = np.repeat(np.arange(N_GALAXIES), N_POINTS)
    radius = np.tile(np.linspace(0.5, 20.0, N_POINTS), N_GALAXIES)
    required = np.stack([0.1 * radius - 0.3, 0.1 * radius])
    stacked = {name: np.stack([values, values]) for name, values in (("v_flat", V_FLAT), ("radius", V_FLAT / 10.0))}
    return xr.Dataset(
        {
            "baryons": variable("baryons", BARYONS, "", "baryons"),
            "name": variable("galaxy", [f"G{i}" for i in range(N_GALAXIES)], "", "name"),
            "galaxy_index": variable("point", index, "", "galaxy"),
            "radius": variable("point", radius, "kpc", "radius"),
            "v_bar": variable(("baryons", "point"), np.full((2, index.size), 50.0), "km/s", "rotation"),
            "required_excess": variable(("baryons", "point"), required, "", "K"),
            "system_sigma_v": variable(("baryons", "galaxy"), 0.15 * stacked["v_flat"], "km/s", "dispersion"),
            **{f"system_{k}": variable(("baryons", "galaxy"), v, "", k) for k, v in stacked.items()},
        }
    )


def _model(k, gain):
    points = np.full((2, N_GALAXIES * N_POINTS), k)
    return xr.Dataset(
        {
            "baryons": variable("baryons", BARYONS, "", "baryons"),
            "excess": variable(("baryons", "point"), points, "", "K"),
            "mean_excess": variable(("baryons", "galaxy"), np.full((2, N_GALAXIES), k), "", "mean K"),
            "improvement": variable(("baryons", "galaxy"), np.stack([gain, 0.5 * gain]), "percent", "improvement"),
        }
    )


def _models():
    gain = np.linspace(-200.0, 60.0, N_GALAXIES)
    return {
        "newton": _model(0.0, 0.0 * gain),
        "rough": _model(0.6, gain),
        "pair": _model(0.2, np.linspace(-40.0, 90.0, N_GALAXIES)),
    }


def _tables():
    names = ["newton", "rough", "pair"]
    cases = [(b, m, 10.0 * i, -5.0 * i, 30.0 * i) for b in BARYONS for i, m in enumerate(names)]
    keys = ("baryons", "model", "improvement_of_mean", "mean_improvement", "improved")
    harness = {k: variable("case", list(v), "", k) for k, v in zip(keys, zip(*cases, strict=True), strict=True)}
    near = {
        "model": variable("model", names, "", "model"),
        "distance": variable("distance", [1.0, 1e3], "AU", "distance"),
        "excess": variable(("model", "distance"), [[0.0, 0.0], [0.6, 0.6], [1e-9, 1e-6]], "", "K"),
    }
    verdicts = [
        ["fails", "passes", "fails", "fails", "not computed"],
        ["passes", "fails", "passes", "fails", "not computed"],
    ]
    values = [[0.1722, 3.0, 0.63, 1.0, np.nan], [0.09, 5.0, 1.5e-14, 2.0, np.nan]]
    criteria = {
        "model": variable("model", names[1:], "", "model"),
        "criterion": variable("criterion", CRITERIA, "", "criterion"),
        "number": variable("criterion", np.arange(1, 6), "", "number"),
        "threshold": variable("criterion", [0.1, 4.0, 1e-10, 3.0, np.nan], "", "threshold"),
        "value": variable(("model", "criterion"), values, "", "value"),
        "verdict": variable(("model", "criterion"), verdicts, "", "verdict"),
    }
    return {"harness": xr.Dataset(harness), "solar_system": xr.Dataset(near), "criteria": xr.Dataset(criteria)}


def _tree(**changed):
    tree = run_tree(**{"data": _data(), "models": _models(), "tables": _tables()} | changed)
    tree.attrs = {"config": CONFIG, "content_hash": "1234"}
    return tree


def _without(name):
    return {key: table for key, table in _tables().items() if key != name}


def _figure(name, tree=None):
    tree = _tree() if tree is None else tree
    (module,) = (m for m in figures_of(tree) if m.__name__.endswith(f".{name}"))
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _names(tree):
    return [module.__name__.rpartition(".")[2] for module in figures_of(tree)]


def test_figures_apply_to_the_runs_that_have_what_they_draw():
    assert _names(_tree()) == FIGURES
    assert _names(_tree(data=None)) == FIGURES[1:]
    assert _names(_tree(models=None)) == FIGURES[2:]
    assert _names(_tree(tables=None)) == []
    assert _names(_tree(tables=_without("harness"))) == [FIGURES[0], FIGURES[2]]
    assert _names(_tree(tables=_without("solar_system"))) == FIGURES[1:]
    assert _names(_tree(tables=_without("criteria"))) == FIGURES[:2]


@pytest.mark.parametrize("name", FIGURES)
def test_every_format_is_written(name, tmp_path):
    tree = _tree()
    (module,) = (m for m in figures_of(tree) if m.__name__.endswith(f".{name}"))
    for path in draw(module, tree, tmp_path, ("png", "pdf")):
        assert path.stat().st_size > 5000


def test_k_is_drawn_beside_what_was_observed_in_three_galaxies():
    figure = _figure("mechanism_kernels")
    radius = np.linspace(0.5, 20.0, N_POINTS)
    titles = [panel.get_title() for panel in figure.axes[:3]]
    assert [title.split(",")[0] for title in titles] == ["G1", "G4", "G7"]
    for panel in figure.axes[:3]:
        curves = {line.get_label(): line for line in panel.get_lines()}
        np.testing.assert_allclose(curves["observed"].get_ydata(), 0.7 + 0.1 * radius)
        np.testing.assert_allclose(curves["a rough one"].get_ydata(), 1.6)
        np.testing.assert_allclose(curves["a pair"].get_ydata(), 1.2)
        assert "GR" not in curves
        low, high = panel.get_ylim()
        assert low < 0.75
        assert high > 2.7


def test_galaxies_are_drawn_over_both_proxies_and_the_dispersion_is_called_not_measured():
    figure = _figure("mechanism_kernels")
    expected = 0.7 + 0.1 * np.linspace(0.5, 20.0, N_POINTS).mean()
    for panel, x in zip(figure.axes[3:5], (V_FLAT, V_FLAT / 10.0), strict=True):
        points = panel.get_lines()[0]
        np.testing.assert_allclose(points.get_xdata(), x)
        np.testing.assert_allclose(points.get_ydata(), expected)
    above = next(iter(figure.axes[3].child_axes))
    assert "0.15" in above.get_xlabel()
    assert "not measured" in above.get_xlabel()


def test_near_the_sun_zeros_are_named_and_the_criterion_is_marked():
    panel = _figure("mechanism_kernels").axes[5]
    assert panel.get_title() == "zero or not computed: GR"
    drawn = [tuple(line.get_ydata()) for line in panel.get_lines()]
    assert (1e-9, 1e-6) in drawn
    assert (1e-10,) in drawn


def test_every_galaxy_is_drawn_both_means_are_and_those_beyond_are_counted():
    figure = _figure("mechanism_improvement")
    assert len(figure.axes) == 2
    assert "one" in figure.axes[0].get_title()
    for panel, factor in zip(figure.axes, (1.0, 0.5), strict=True):
        lines = panel.get_lines()
        (dots,) = (line for line in lines if len(line.get_xdata()) == N_GALAXIES and line.get_ydata().max() < 0.5)
        np.testing.assert_allclose(dots.get_xdata(), factor * np.linspace(-200.0, 60.0, N_GALAXIES))
        marks = {line.get_marker(): [] for line in lines}
        for line in lines:
            if len(line.get_xdata()) == 1:
                marks[line.get_marker()].append(float(line.get_xdata()[0]))
        assert marks["D"] == [10.0, 20.0]
        assert marks["o"] == [-5.0, -10.0]
        texts = [text.get_text() for text in panel.texts]
        assert ("← 2" in texts) is (factor == 1.0)
        assert {"30 %", "60 %"} <= set(texts)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["a rough one", "a pair"]


def test_every_cell_says_its_verdict_in_words_and_only_failures_are_hatched():
    panel = _figure("success_criteria").axes[0]
    texts = [text.get_text() for text in panel.texts]
    assert texts[:5] == ["fails: 0.172 dex", "passes: 3", "fails: 0.63", "fails: 1 met", "not computed"]
    assert texts[5:] == ["passes: 0.090 dex", "fails: 5", "passes: 1.5e-14", "fails: 2 met", "not computed"]
    cells = {patch.get_xy(): patch for patch in panel.patches if isinstance(patch, Rectangle) and patch.get_fill()}
    hatched = [bool(cells[i % 5, i // 5].get_hatch()) for i in range(10)]
    assert hatched == [text.startswith("fails") for text in texts]
    headings = [label.get_text() for label in panel.get_xticklabels()]
    assert headings[0] == "1. scatter in galaxies\n≤ 0.1 dex"
    assert headings[2].endswith("< 1e-10")
