"""The figure of counter-rotation: what it applies to, and that what it draws are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, figures_of
from outputs.tree import run_tree, variable

SHARES = np.linspace(0.0, 1.0, 21)
F_DM = np.array([0.5, 0.1, 0.3, 0.02, 0.9])
COUNTER = np.array([True, False, False, True, False])
LAWS = {"linear": 1.0 + 1.5 * (1.0 - SHARES), "symmetric": 1.0 + 1.5 * (1.0 - 2.0 * SHARES) ** 2}


def _data():
    columns = {"f_dm": F_DM, "is_counter_rotating": COUNTER}
    return xr.Dataset({name: variable("galaxy", values, "", name) for name, values in columns.items()})


def _curves():
    return xr.Dataset(
        {
            "fraction": variable("fraction", SHARES, "", "share"),
            "law": variable("law", list(LAWS), "", "law"),
            "sigma": variable(("fraction", "law"), np.stack(list(LAWS.values()), axis=1), "", "Sigma"),
            "mond": variable("fraction", np.full(SHARES.size, 2.2), "", "nu"),
            "baryons": variable("fraction", np.ones(SHARES.size), "", "baryons"),
        }
    )


def _table(**columns):
    return xr.Dataset({name: variable("case", values, "", name) for name, values in columns.items()})


TABLES = {
    "curves": _curves(),
    "counter_rotation": _table(fraction=[0.0, 1.0], printed=[2.5, 1.0]),
    "cases": _table(median_controls=[0.2, np.nan]),
    "tests": _table(
        matching=["listed controls", "like mass"], difference=[np.nan, -0.1], low=[np.nan, -0.3], high=[np.nan, 0.2]
    ),
}


def _tree(data=None, without=()):
    data = _data() if data is None else data
    tables = {name: table for name, table in TABLES.items() if name not in without}
    tree = run_tree(data=data, tables=tables)
    tree.attrs = {"config": "models: {}", "content_hash": "1234"}
    return tree


RUNS = {
    "all": _tree,
    "curves and data": lambda: _tree(without=("counter_rotation", "cases", "tests")),
    "no curves": lambda: _tree(without=("curves",)),
    "no fractions": lambda: _tree(_data().drop_vars("f_dm")),
}


def _figure(tree):
    (module,) = figures_of(tree)
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _line(panel, start):
    (line,) = (line for line in panel.lines if str(line.get_label()).startswith(start))
    return line


@pytest.mark.parametrize("name", RUNS)
def test_the_figure_applies_to_runs_with_curves_and_fractions(name):
    found = [module.__name__.rpartition(".")[2] for module in figures_of(RUNS[name]())]
    assert found == (["counter_rotation"] if name in ("all", "curves and data") else [])


def test_laws_mond_and_printed_points_are_those_of_the_run():
    panel = _figure(_tree()).axes[0]
    for label, values in (
        (r"$\Sigma = 1 + S_0$ $(1 - f)$", LAWS["linear"]),
        (r"$\Sigma = 1 + S_0$ $(1 - 2f)^2$", LAWS["symmetric"]),
        ("MOND", 2.2),
        ("GR, baryons", 1.0),
    ):
        np.testing.assert_array_equal(_line(panel, label).get_xdata(), SHARES)
        np.testing.assert_array_equal(_line(panel, label).get_ydata(), np.broadcast_to(values, SHARES.shape))
    np.testing.assert_array_equal(_line(panel, "SI 6.4").get_xydata(), [[0.0, 2.5], [1.0, 1.0]])


@pytest.mark.parametrize(("label", "values"), [("normal", F_DM[~COUNTER]), ("counter-rotating", F_DM[COUNTER])])
def test_shares_below_a_fraction_are_counts(label, values):
    line = _line(_figure(_tree()).axes[1], label)
    assert line.get_label() == f"{label}, N = {values.size}, median {np.median(values):.3f}"
    assert line.get_drawstyle() == "steps-pre"
    x, share = line.get_data()
    for fraction in (0.01, 0.05, 0.2, 0.4, 0.7, 0.95):
        drawn = share[np.searchsorted(x, fraction)]
        assert drawn == pytest.approx(np.mean(values < fraction))


def test_controls_are_drawn_where_there_are_any():
    assert "N = 1, median 0.200" in _line(_figure(_tree()).axes[1], "medians of listed controls").get_label()
    labels = [str(line.get_label()) for line in _figure(_tree(without=("cases",))).axes[1].lines]
    assert not [label for label in labels if "controls" in label]


def test_the_title_is_the_first_test_that_could_be_made():
    title = _figure(_tree()).axes[1].get_title(loc="right")
    assert title.startswith("like mass: mean") and title.endswith("(95 %: -0.300 to +0.200)")
    assert _figure(_tree(without=("tests",))).axes[1].get_title(loc="right") == ""


def test_the_same_run_gives_the_same_image(tmp_path):
    (module,) = figures_of(_tree())
    first, second = (draw(module, _tree(), tmp_path / folder, ["png"])[0] for folder in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_the_real_run_draws_it_by_itself(executed, loaded):
    from catalogs.counter_rotation import CounterRotation
    from catalogs.counter_rotation_controls import CounterRotationControls

    loaded(CounterRotation())
    loaded(CounterRotationControls())
    found = figures_of(executed("counter_rotation"))
    assert found[0].__name__.endswith("counter_rotation")
