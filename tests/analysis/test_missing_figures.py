"""Figures of F_missing and of a search over a grid: what they apply to, and that they draw the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, draw_first, figures_of, missing_ratio, pairing_grid, unified_sweep
from outputs.tree import run_tree, scalar, variable

CONFIG = """
solar_system: {limit: 1.0e-10}
sim: {objective: improvement_of_mean}
models:
  flat: {label: constant}
  rising: {label: of the dispersion}
  searched: {label: a mechanism, params: {p: {prior: {min: 1.0, max: 3.0}, latex: p}, q: {prior: {min: 0.0, max: 1.0}}}}
"""
DISPERSION = np.geomspace(4.0, 50.0, 20)
OBSERVED = 80.0 / DISPERSION
PREDICTION = 60.0 / DISPERSION


def _model(prediction, published=None):
    found = {
        "rms": scalar(1.25, "", "RMS"),
        "correlation": scalar(0.5, "", "r"),
        "prediction": variable("row", prediction, "", "F of the model"),
    }
    if published is not None:
        found["prediction_published"] = variable("row", published, "", "F as published")
    return xr.Dataset(found)


def _missing(**models):
    data = {
        "missing_ratio": variable("row", OBSERVED, "", "F"),
        "sigma_v": variable("row", DISPERSION, "km/s", "dispersion"),
    }
    return _finished(run_tree(data=xr.Dataset(data), models=models))


def _finished(tree):
    tree.attrs = {"config": CONFIG, "content_hash": "1234", "experiment": "made_up"}
    return tree


def _grid(**changed):
    p, q = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])
    objective = np.array([[1.0, 6.0], [2.0, 5.0], [3.0, 4.0]])
    excess = np.array([[1e-9, 1e-9], [1e-11, 1e-9], [1e-12, 1e-12]])
    searches = [
        "grid",
        "grid, constrained",
        "differential_evolution",
        "differential_evolution, constrained",
        "published",
    ]
    table = {
        "p": variable("p", p, "", "p"),
        "q": variable("q", q, "kpc", "q"),
        "grid_objective": variable(("p", "q"), objective, "percent", "objective"),
        "grid_solar_excess": variable(("p", "q"), excess, "", "K"),
        "search": variable("search", searches, "", "search"),
        "param": variable("param", ["p", "q"], "", "parameter"),
        "best_fit": variable(("search", "param"), [[1, 1], [3, 1], [1.5, 0.9], [2.5, 0.8], [3, 1]], "", "best"),
    } | changed
    optima = {
        "model": variable("case", ["searched"] * 5, "", "model"),
        "search": variable("case", searches, "", "search"),
        "improvement_of_mean": variable("case", [6.0, 4.0, 6.5, 4.5, 4.0], "percent", "objective"),
    }
    models = {"searched": xr.Dataset({key: value for key, value in table.items() if value is not None})}
    return _finished(run_tree(models=models, tables={"optima": xr.Dataset(optima)}))


def _swept(**far):
    gate, amplitude = np.array([0.0, 1.0]), np.array([0.1, 0.2, 0.3])
    change = np.array([[-0.5, -0.2, 0.3], [-0.9, -1.0, -1.1]])
    table = {
        "gamma_gate": variable("gamma_gate", gate, "", "gate"),
        "extra_amp": variable("extra_amp", amplitude, "", "amplitude"),
        "mean_change": variable(("gamma_gate", "extra_amp"), change, "km/s", "change"),
        "improved": variable(("gamma_gate", "extra_amp"), 0.7 - 0.1 * change, "", "fraction"),
    }
    cases = {"searched": -0.6, "searched_alone": -0.8, "other": -0.1} | far
    changes = {
        "model": variable("case", list(cases), "", "model"),
        "mean_change": variable("case", list(cases.values()), "km/s", "change"),
        "improved": variable("case", np.full(len(cases), 0.75), "", "fraction"),
    }
    return _finished(run_tree(tables={"changes": xr.Dataset(changes), "sweep_searched": xr.Dataset(table)}))


def _drawn(module, tree):
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _names(tree):
    return [module.__name__.rpartition(".")[2] for module in figures_of(tree)]


def _panels(figure):
    return [panel for panel in figure.axes if panel.get_visible()]


def _texts(panel):
    return [text.get_text() for text in panel.texts]


def _line(panel, label):
    (line,) = (each for each in panel.lines if each.get_label() == label)
    return line


def test_runs_have_the_figures_for_which_they_have_the_numbers():
    both = {"flat": _model(np.full(20, 10.0)), "rising": _model(PREDICTION)}
    assert _names(_missing(**both)) == ["missing_ratio"]
    assert _names(_missing(flat=both["flat"])) == []
    assert _names(_grid()) == ["pairing_grid"]
    assert _names(_grid(grid_solar_excess=None)) == []
    assert _names(_swept()) == ["unified_sweep"]


def test_every_model_that_varies_has_a_panel_with_its_points():
    tree = _missing(flat=_model(np.full(20, 10.0)), rising=_model(PREDICTION, published=0.5 * PREDICTION))
    panel, last = _panels(_drawn(missing_ratio, tree))
    assert panel.get_title() == "of the dispersion"
    published = _line(panel, "published parameters").get_xydata()
    np.testing.assert_allclose(published, np.stack([0.5 * PREDICTION, OBSERVED], axis=-1))
    points = next(
        line
        for line in panel.lines
        if line.get_marker() == "o" and len(line.get_xdata()) == 20 and line.get_label() != "published parameters"
    )
    np.testing.assert_allclose(points.get_xydata(), np.stack([PREDICTION, OBSERVED], axis=-1))
    diagonal = _line(panel, "F as predicted")
    np.testing.assert_allclose(diagonal.get_xdata(), diagonal.get_ydata())
    assert _texts(panel) == ["RMS 1.25\nr = 0.500"]
    np.testing.assert_allclose(last.lines[0].get_xydata(), np.stack([DISPERSION, OBSERVED], axis=-1))
    for each in (panel, last):
        assert (each.get_xscale(), each.get_yscale()) == ("log", "log")
        low, high = each.get_ylim()
        assert low < OBSERVED.min() < OBSERVED.max() < high
    assert panel.get_xlim()[0] < 0.5 * PREDICTION.min()


def test_the_best_along_a_parameter_is_over_the_others_and_keeps_the_limit():
    model = _grid()["models/searched"].to_dataset()
    np.testing.assert_allclose(pairing_grid.best_along(model, "p"), (6.0, 5.0, 4.0))
    np.testing.assert_allclose(pairing_grid.best_along(model, "p", 1e-10), (np.nan, 2.0, 4.0))
    np.testing.assert_allclose(pairing_grid.best_along(model, "q", 1e-10), (3.0, 4.0))


def test_every_parameter_has_a_panel_with_its_marks():
    panels = _panels(_drawn(pairing_grid, _grid()))
    assert [panel.get_xlabel() for panel in panels] == ["$p$", "q [kpc]"]
    for panel, values, reached in zip(
        panels, ((1.5, 2.5, 3.0), (0.9, 0.8, 1.0)), ((6.0, 5.0, 4.0), (3.0, 6.0)), strict=True
    ):
        np.testing.assert_allclose(_line(panel, "grid").get_ydata(), reached)
        marks = [tuple(map(float, found.get_offsets()[0])) for found in panel.collections]
        assert marks == list(zip(values, (6.5, 4.5, 4.0), strict=True))
    assert any(r"10^{-10}" in line.get_label() for line in panels[0].lines)


def test_a_sweep_shows_its_points_and_the_cases_of_its_product():
    (panel,) = _panels(_drawn(unified_sweep, _swept(searched_full=12.9)))
    assert panel.get_title() == "a mechanism"
    np.testing.assert_allclose(_line(panel, "gamma_gate = 1").get_xdata(), (-0.9, -1.0, -1.1))
    np.testing.assert_allclose(_line(panel, "gamma_gate = 0").get_ydata(), (75.0, 72.0, 67.0))
    np.testing.assert_allclose(_line(panel, "alone").get_xydata(), [[-0.8, 75.0]])
    words = [text.get_text() for text in panel.get_legend().get_texts()]
    assert words == ["gamma_gate = 0", "gamma_gate = 1", "own numbers", "alone", "full: +12.9 km/s, 75 %"]
    # what is far away is said and does not stretch the axes
    assert panel.get_xlim()[1] < 1.0


@pytest.mark.parametrize(
    ("module", "tree"),
    [(missing_ratio, lambda: _missing(rising=_model(PREDICTION))), (pairing_grid, _grid), (unified_sweep, _swept)],
)
def test_the_same_run_gives_the_same_image(tmp_path, module, tree):
    first, second = (draw(module, tree(), tmp_path / folder, ["png"])[0] for folder in "ab")
    assert first.read_bytes() == second.read_bytes()


def _no_overlaps(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for panel in _panels(figure) for text in (panel.title, *panel.texts)]
    texts += [axis.label for panel in _panels(figure) for axis in (panel.xaxis, panel.yaxis)]
    texts += [text for legend in figure.legends for text in (legend.get_title(), *legend.get_texts())]
    texts = [text for text in texts if text.get_text()]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    for i, box in enumerate(boxes):
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1, texts[i].get_text()
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1, texts[i].get_text()
        overlapping = [texts[j].get_text() for j in range(i + 1, len(boxes)) if box.overlaps(boxes[j])]
        assert not overlapping, (texts[i].get_text(), overlapping)


@pytest.mark.parametrize(
    ("experiment", "module"),
    [("mass_coherence", missing_ratio), ("microphysics_fit", pairing_grid), ("unified_kernel", unified_sweep)],
)
def test_the_real_run_draws_it_by_itself_without_overlaps(executed, loaded, tmp_path, experiment, module):
    from catalogs.sparc import Sparc

    loaded(Sparc())
    tree = executed(experiment)
    assert draw_first(tree, tmp_path).stem == module.__name__.rpartition(".")[2]
    _no_overlaps(_drawn(module, tree))


def test_the_made_up_figures_have_no_overlaps():
    _no_overlaps(_drawn(missing_ratio, _missing(rising=_model(PREDICTION, published=PREDICTION))))
    _no_overlaps(_drawn(pairing_grid, _grid()))
    _no_overlaps(_drawn(unified_sweep, _swept()))
