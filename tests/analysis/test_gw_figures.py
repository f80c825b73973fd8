"""Figures of gravitational-wave events: what they apply to, and that what they draw are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, draw_first, figures_of, setting
from analysis.figures.gw_events import run_looks, scientific
from outputs.tree import run_tree, variable

FIGURES = ("mass_distance", "null_correlations", "epsilon_by_run")
CONFIG = """
sim: {true_mass: 60.0, run: O4a, observed_r: 0.5}
gap: {lower: 100.0, upper: null}
models: {flat: {label: a flat one}, rare: {label: a rare one}}
"""
PUBLISHED = r"published, $\epsilon = 3.4 \times 10^{-7}$"
TRACK = r"$60\,M_\odot\,C(d_L)$, $\epsilon = 3.4 \times 10^{-7}$"
BAR = "median of a bin, all events"
GAP = r"lower edge of the mass gap, 100 $M_\odot$"


def _events(intervals=True, epsilon=None):
    columns = {
        "total_mass_source": ([20.0, 110.0, 60.0, 130.0, 70.0], "solMass"),
        "luminosity_distance": ([400.0, 3000.0, 1500.0, 6000.0, 2500.0], "Mpc"),
        "gps": ([5.0, 2.0, 1.0, 4.0, 6.0], "s"),
    }
    if intervals:
        columns |= {
            "total_mass_source_lower": ([-2.0, -10.0, np.nan, 0.0, -5.0], "solMass"),
            "total_mass_source_upper": ([3.0, 20.0, np.nan, 30.0, 5.0], "solMass"),
            "luminosity_distance_lower": ([-390.0, -1000.0, np.nan, -2000.0, -900.0], "Mpc"),
            "luminosity_distance_upper": ([200.0, 1000.0, np.nan, 3000.0, 900.0], "Mpc"),
        }
    if epsilon is not None:
        columns |= {"epsilon": (epsilon, ""), "epsilon_comoving": (1.6 * np.array(epsilon), "")}
    data = {name: variable("event", np.array(values), unit, name) for name, (values, unit) in columns.items()}
    return xr.Dataset(data | {"run": variable("event", ["O4a", "O3b", "O3b", "O4a", "O4a"], "", "run")})


def _epsilon_table():
    columns = {"epsilon": [4e-7, 6e-7, 5e-7], "epsilon_cv": [np.nan, 12.34, 345.6]}
    columns |= {"epsilon_comoving": [7e-7, 9e-7, 8e-7], "epsilon_comoving_cv": [np.nan, 10.0, 20.0]}
    runs = {"run": variable("run", ["O3b", "O4a", "all"], "", "run")}
    return xr.Dataset(runs | {name: variable("run", values, "", name) for name, values in columns.items()})


def _bins():
    columns = {"bin_low": [0.0, 500.0, 1000.0], "bin_high": [500.0, 1000.0, 8000.0]}
    data = {name: variable("bin", values, "Mpc", name) for name, values in columns.items()}
    mass = [[1.0, 2.0, 3.0], [20.0, np.nan, 90.0]]
    return xr.Dataset(
        data
        | {
            "bin": variable("bin", [250.0, 750.0, 4500.0], "Mpc", "mid-point"),
            "run": variable("run", ["O4a", "all"], "", "run"),
            "median_mass": variable(("run", "bin"), mass, "solMass", "median"),
        }
    )


def _tracks(epsilons=(3.4e-7,)):
    distance = np.geomspace(10.0, 15_000.0, 20)
    mass = 60.0 * np.exp(np.array(epsilons)[:, np.newaxis] * distance / 2.2e-3)
    return xr.Dataset(
        {
            "luminosity_distance": variable("luminosity_distance", distance, "Mpc", "distance"),
            "epsilon": variable("epsilon", list(epsilons), "", "gain"),
            "effective_mass": variable(("epsilon", "luminosity_distance"), mass, "solMass", "apparent mass"),
        }
    )


def _catalogues(r):
    return xr.Dataset({"r": variable("catalogue", r, "", "Pearson's r of catalogues of 79 events")})


NULLS = {"flat": np.linspace(0.0, 0.8, 401), "rare": np.linspace(-0.2, 0.3, 200)}


def _nulls(own=True):
    columns = {"p": [0.376, 0.0], "p_err": [0.024, 0.0], "p_limit": [0.42, 0.0149]}
    names = {"null": variable("null", list(NULLS), "", "population")}
    table = xr.Dataset(names | {k: variable("null", v, "", "P(r >= 0.500) for 79 events") for k, v in columns.items()})
    more = {f"p_run{k[1:]}": variable("null", v, "", "P(r >= 0.900) for 5 events") for k, v in columns.items()}
    return table.assign(more) if own else table


def _tree(data=None, models=None, tables=None, config=CONFIG):
    tree = run_tree(data=data, models=models, tables=tables)
    tree.attrs = {"config": config, "content_hash": "1234"}
    return tree


def _selection(data=None, own=True):
    return _tree(data, {name: _catalogues(r) for name, r in NULLS.items()}, {"nulls": _nulls(own)})


def _coherence(epsilon=(np.nan, 4e-7, np.nan, 5e-7, 7e-7), epsilons=(3.4e-7,), intervals=True, config=CONFIG):
    tables = {"bins": _bins(), "epsilon": _epsilon_table()}
    return _tree(_events(intervals, epsilon), {"coherence": _tracks(epsilons)}, tables, config)


RUNS = {
    "coherence": _coherence,
    "selection": lambda: _selection(_events()),
    "no events": _selection,
    "events": lambda: _tree(_events(intervals=False)),
    "no gap events": lambda: _coherence(epsilon=[np.nan] * 5),
    "no nulls": lambda: _tree(models={"flat": _catalogues(NULLS["flat"])}),
    "no catalogues": lambda: _tree(models={"flat": _tracks()}, tables={"nulls": _nulls()}),
    "one r": lambda: _tree(models={"flat": xr.Dataset({"r": variable((), 0.5, "", "r")})}, tables={"nulls": _nulls()}),
    "no runs": lambda: _tree(_events().drop_vars("run")),
    "nothing": _tree,
}
EXPECTED = {
    "coherence": ["mass_distance", "epsilon_by_run"],
    "selection": ["null_correlations", "mass_distance"],
    "no events": ["null_correlations"],
    "events": ["mass_distance"],
    "no gap events": ["mass_distance"],
}


def _figure(tree, name):
    (module,) = (m for m in figures_of(tree) if m.__name__.endswith(name))
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _names(tree):
    return [module.__name__.rpartition(".")[2] for module in figures_of(tree)]


def _legend(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def _line(panel, label):
    (line,) = (line for line in panel.lines if line.get_label() == label)
    return line


def _bars(panel, label):
    """Ends of the horizontal error bars of that label."""
    (bars,) = (each for each in panel.containers if each.get_label() == label)
    return np.array([ends[:, 0] for ends in bars.lines[2][0].get_segments() if ends.size])


def _texts(panel):
    return [text.get_text() for text in panel.texts]


@pytest.fixture(scope="module")
def real(executed, gwtc_needed):
    """Runs of the real catalogue with few resamples and catalogues."""
    few = ("sim.n_catalogues=100", "sim.parent_events=2000", "models=[gw_paper,gw_power_law]")
    coherence = executed("gwtc_coherence", "sim.n_resamples=100")
    return {"coherence": coherence, "selection": executed("gwtc_selection", *few)}


@pytest.fixture(scope="module")
def gwtc_needed(loaded):
    """Without the catalogue the test skips with the line that says how to get it."""
    from catalogs.gwtc import Gwtc

    loaded(Gwtc())


@pytest.mark.parametrize("name", RUNS)
def test_the_figures_of_a_run_are_those_it_has_the_numbers_for(name):
    assert _names(RUNS[name]()) == EXPECTED.get(name, [])


@pytest.mark.parametrize("name", ["coherence", "selection"])
def test_real_runs_have_them_and_draw_the_first_by_themselves(real, tmp_path, name):
    assert _names(real[name]) == EXPECTED[name]
    assert draw_first(real[name], tmp_path) == tmp_path / f"{EXPECTED[name][0]}.png"


@pytest.mark.parametrize(("name", "figure"), [(name, each) for name, listed in EXPECTED.items() for each in listed])
def test_the_same_run_gives_the_same_image(tmp_path, name, figure):
    (module,) = (m for m in figures_of(RUNS[name]()) if m.__name__.endswith(figure))
    first, second = (draw(module, RUNS[name](), tmp_path / folder, ["png"])[0] for folder in "ab")
    assert first.name == f"{figure}.png"
    assert first.read_bytes() == second.read_bytes()


def test_runs_stand_in_the_order_of_time_and_look_different():
    looks = run_looks(_events())
    assert list(looks) == ["O3b", "O4a"]
    assert list(run_looks(_events().drop_vars("gps"))) == ["O4a", "O3b"]
    for key in ("color", "marker"):
        assert looks["O3b"][key] != looks["O4a"][key]


def test_settings_are_those_of_the_configuration_or_the_default():
    tree = _tree()
    assert setting(tree, "gap.lower") == 100.0
    assert setting(tree, "gap.upper", 3.0) == 3.0
    assert setting(tree, "nowhere.at.all", "x") == "x"


def test_small_numbers_are_written_as_mathematics():
    assert [scientific(x) for x in (3.4e-7, 1e-6)] == [r"3.4 \times 10^{-7}", r"1 \times 10^{-6}"]


def test_every_event_stands_at_its_mass_and_distance_under_its_run():
    tree = _coherence()
    figure = _figure(tree, "mass_distance")
    (panel,) = figure.axes
    data = tree["data"].to_dataset()
    for run, n in (("O3b", 2), ("O4a", 3)):
        own, line = data.isel(event=data["run"].values == run), _line(panel, f"{run}, N = {n}")
        np.testing.assert_array_equal(line.get_xdata(), own["luminosity_distance"])
        np.testing.assert_array_equal(line.get_ydata(), own["total_mass_source"])
    assert (panel.get_xscale(), panel.get_yscale()) == ("log", "log")
    assert panel.get_xlabel().endswith("[Mpc]")
    assert panel.get_ylabel().endswith(r"[$M_\odot$]")
    assert set(_legend(figure)) == {"O3b, N = 2", "O4a, N = 3", "90 % intervals", GAP, BAR, TRACK}


def test_intervals_end_where_the_catalogue_says():
    (panel,) = _figure(_coherence(), "mass_distance").axes
    horizontal, vertical = panel.containers[1].lines[2]
    ends = np.array([segment[:, 0] for segment in horizontal.get_segments()])
    np.testing.assert_allclose(ends, [[10.0, 600.0], [4000.0, 9000.0], [1600.0, 3400.0]])
    ends = np.array([segment[:, 1] for segment in vertical.get_segments()])
    np.testing.assert_allclose(ends, [[18.0, 23.0], [130.0, 160.0], [65.0, 75.0]])


def test_a_long_interval_does_not_push_the_events_aside():
    (panel,) = _figure(_coherence(), "mass_distance").axes
    low, high = panel.get_xlim()
    assert low == pytest.approx(400.0 / 3.0)
    assert high == pytest.approx(1.15 * 9000.0)


def test_medians_are_those_of_all_events_over_their_bins():
    (panel,) = _figure(_coherence(), "mass_distance").axes
    (bars,) = (each for each in panel.containers if each.get_label() == BAR)
    np.testing.assert_array_equal(bars.lines[0].get_ydata(), [20.0, np.nan, 90.0])
    np.testing.assert_array_equal(bars.lines[0].get_xdata(), [250.0, 750.0, 4500.0])
    np.testing.assert_allclose(_bars(panel, BAR), [[0.25, 500.0], [1000.0, 8000.0]])


def test_a_bin_whose_middle_is_out_of_sight_is_drawn():
    tree = _coherence(intervals=False)
    tree["data/luminosity_distance"][0] = 499.0
    (panel,) = _figure(tree, "mass_distance").axes
    assert panel.get_xlim()[0] > 250.0
    assert _bars(panel, BAR)[0, 1] == 500.0


def test_tracks_and_gap_are_those_of_the_run():
    tree = _coherence(epsilons=(1e-7, 3.4e-7))
    (panel,) = _figure(tree, "mass_distance").axes
    np.testing.assert_array_equal(_line(panel, TRACK).get_ydata(), tree["models/coherence/effective_mass"][1])
    other = _line(panel, TRACK.replace("3.4 ", "1 "))
    np.testing.assert_array_equal(other.get_ydata(), tree["models/coherence/effective_mass"][0])
    assert other.get_linestyle() != _line(panel, TRACK).get_linestyle()
    assert set(_line(panel, GAP).get_ydata()) == {100.0}


def test_what_a_run_does_not_have_is_left_out():
    tree = _tree(_events(intervals=False), config="sim: {}")
    assert _legend(_figure(tree, "mass_distance")) == ["O3b, N = 2", "O4a, N = 3"]


def test_every_event_of_the_real_catalogue_is_inside_of_the_panel(real):
    (panel,) = _figure(real["coherence"], "mass_distance").axes
    drawn = [line for line in panel.lines if ", N = " in line.get_label()]
    assert sum(line.get_xdata().size for line in drawn) == 165
    for values, (low, high) in (("get_xdata", panel.get_xlim()), ("get_ydata", panel.get_ylim())):
        every = np.concatenate([getattr(line, values)() for line in drawn])
        assert low < every.min() < every.max() < high
    assert _line(panel, TRACK).get_ydata()[0] == pytest.approx(60.0, rel=2e-3)


def test_the_dark_part_of_a_distribution_is_its_probability():
    panel, *_ = _figure(_selection(), "null_correlations").axes
    for i, r in enumerate(NULLS.values()):
        every, tail = (patch.get_data() for patch in panel.patches[2 * i : 2 * i + 2])
        area, above = (np.sum(part.values - part.baseline) for part in (every, tail))
        assert above / area == pytest.approx(np.mean(r >= 0.5), abs=1e-12)
        assert every.edges[0] < r.min() < r.max() < every.edges[-1]
    highest = max(np.max(patch.get_data().values - patch.get_data().baseline) for patch in panel.patches)
    assert highest < 1.0


def test_rows_have_their_labels_and_the_probabilities_of_the_table():
    figure = _figure(_selection(), "null_correlations")
    panel, printed, own = figure.axes
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a flat one", "a rare one"]
    assert panel.get_xlabel() == "Pearson's r of catalogues of 79 events"
    tails = ["0.376 ± 0.024", "< 0.015 (95 %)"]
    assert _texts(printed) == ["P(r ≥ 0.500)\n79 events", *tails]
    assert _texts(own) == ["P(r ≥ 0.900)\n5 events", *tails]
    heights = [text.get_position()[1] for text in printed.texts[1:]]
    np.testing.assert_allclose(heights, panel.get_yticks())
    assert len(_figure(_selection(own=False), "null_correlations").axes) == 2


def test_both_observed_correlations_are_lines():
    tree = _selection(_events())
    figure = _figure(tree, "null_correlations")
    panel, *_ = figure.axes
    r = np.corrcoef(tree["data/luminosity_distance"], tree["data/total_mass_source"])[0, 1]
    assert set(_line(panel, "printed r = 0.500").get_xdata()) == {0.5}
    own = _line(panel, f"r = {r:.3f} of O4a, N = 5")
    assert set(own.get_xdata()) == {r}
    assert own.get_linestyle() != "-"
    low, high = panel.get_xlim()
    assert low < 0.5 < r < high
    assert len(_legend(figure)) == 5


def test_the_printed_r_is_that_of_the_source_where_the_run_has_none():
    tree = _selection()
    tree.attrs["config"] = "models: {}\n"
    assert "printed r = 0.639" in _legend(_figure(tree, "null_correlations"))


def test_a_single_catalogue_is_drawn():
    tree = _tree(models={"flat": _catalogues([0.5])}, tables={"nulls": _nulls()})
    panel, *_ = _figure(tree, "null_correlations").axes
    assert panel.patches[1].get_data().values.max() > 0.0


def test_probabilities_of_the_real_run_are_in_its_figure(real):
    tree = real["selection"]
    figure = _figure(tree, "null_correlations")
    row = tree["tables/nulls"].sel(null="gw_power_law")
    assert _texts(figure.axes[1])[0] == "P(r ≥ 0.639)\n79 events"
    assert float(_texts(figure.axes[1])[2].split(" ± ")[0]) == pytest.approx(row["p"].item(), abs=1e-3)
    assert any("r = 0.653 of O4a, N = 86" in label for label in _legend(figure))


def test_epsilon_of_every_gap_event_stands_under_its_run_and_under_all():
    tree = _coherence()
    figure = _figure(tree, "epsilon_by_run")
    expected = {"epsilon": ("luminosity", [4.0, 6.0, 5.0]), "epsilon_comoving": ("comoving", [7.0, 9.0, 8.0])}
    for panel, (column, (distance, medians)) in zip(figure.axes, expected.items(), strict=True):
        assert panel.get_title() == f"over the {distance} distance"
        values = 1e7 * tree[f"data/{column}"].values
        points = [line for line in panel.lines if line.get_linestyle() == "None"]
        for x, (line, own) in enumerate(zip(points, (values[[1]], values[3:], values[[1, 3, 4]]), strict=True)):
            np.testing.assert_allclose(line.get_ydata(), own)
            np.testing.assert_array_equal(np.round(line.get_xdata()), x)
            assert np.unique(line.get_xdata()).size == own.size
        bars = [line for line in panel.lines if line.get_linestyle() == "-"]
        np.testing.assert_allclose([line.get_ydata()[0] for line in bars], medians)
        assert set(_line(panel, PUBLISHED).get_ydata()) == {3.4}
        assert [label.get_text() for label in panel.get_xticklabels()] == ["O3b", "O4a", "all"]
    assert _texts(figure.axes[0]) == ["N = 1\nno CV", "N = 2\nCV 12.3 %", "N = 3\nCV 346 %"]
    assert set(_legend(figure)) == {"median", PUBLISHED}
    assert figure.axes[0].get_yscale() == "log"


def test_negative_epsilon_is_drawn_on_a_linear_axis():
    figure = _figure(_coherence(epsilon=(np.nan, -2e-7, np.nan, 5e-7, np.nan)), "epsilon_by_run")
    panel = figure.axes[0]
    low, high = panel.get_ylim()
    assert panel.get_yscale() == "linear"
    assert low < -3.2 < 8.0 < high


def test_a_run_without_gap_events_has_a_place_that_says_so():
    figure = _figure(_coherence(epsilon=(np.nan, np.nan, np.nan, 5e-7, 6e-7)), "epsilon_by_run")
    assert _texts(figure.axes[0])[0] == "N = 0"
    assert set(_legend(figure)) == {"median", PUBLISHED}


def test_the_real_runs_of_the_gap_stand_in_their_order(real):
    figure = _figure(real["coherence"], "epsilon_by_run")
    panel = figure.axes[0]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["O3a", "O3b", "O4a", "all"]
    assert _texts(panel) == ["N = 5\nCV 15.5 %", "N = 1\nno CV", "N = 13\nCV 70.4 %", "N = 19\nCV 60.3 %"]
    low, high = panel.get_ylim()
    epsilon = 1e7 * real["coherence"]["data/epsilon_comoving"].values
    assert low < np.nanmin(epsilon) < np.nanmax(epsilon) < high


@pytest.mark.parametrize(("name", "figure"), [*zip(("coherence", "selection", "coherence"), FIGURES, strict=True)])
def test_no_text_of_a_real_figure_overlaps_another_or_is_cut(real, name, figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn = _figure(real[name], figure)
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    texts = [text for panel in drawn.axes for text in panel.texts] + list(drawn.legends[0].get_texts())
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    for i, box in enumerate(boxes):
        assert 0 <= box.x0 < box.x1 <= drawn.bbox.x1
        assert 0 <= box.y0 < box.y1 <= drawn.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :]), texts[i].get_text()
