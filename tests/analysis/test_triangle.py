"""The triangle of posteriors: groups of models, several runs, nothing left behind."""

import sys

import matplotlib
import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis.__main__ import main
from analysis.figures import draw, draw_first, figures_of, triangle
from outputs.file import write_run

pytest.importorskip("getdist")
pytestmark = pytest.mark.filterwarnings("ignore:The format attribute:DeprecationWarning")


@pytest.fixture
def files(sampled, sampled_run, gaussian, tmp_path):
    """Two runs with posteriors."""
    trees = [sampled_run, sampled({"lcdm": gaussian[0]("lcdm", nested=True)}, content_hash="5678")]
    return [str(write_run(tree, tmp_path / f"run{i}")) for i, tree in enumerate(trees)]


@pytest.fixture
def without_getdist(monkeypatch):
    for module in ("analysis.getdist_samples", "analysis.getdist_plotter"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "getdist", None)


def _is_drawn(path):
    image = matplotlib.image.imread(path)[..., :3]
    colours = np.unique((image * 255).astype(int).reshape(-1, 3), axis=0)
    return len(colours) > 50 and 0.002 < (image.mean(-1) < 0.6).mean() < 0.6


def _visible(figure):
    return [panel for part in figure.subfigs for panel in part.axes]


def test_it_applies_to_runs_with_posteriors(sampled_run, run_of):
    assert triangle in figures_of(sampled_run)
    assert not triangle.applies(run_of(1.0, 2.0))


def test_models_that_share_parameters_share_a_triangle(sampled_run):
    figure = triangle.draw(sampled_run)
    first, second = figure.subfigs
    assert [len(part.axes) for part in (first, second)] == [3, 1]
    assert [text.get_text() for text in first.legends[0].get_texts()] == ["flat ΛCDM", "wcdm"]
    (alone,) = second.axes
    assert alone.get_xlabel() == r"$\mathrm{a\_cos}$"
    line = alone.lines[0]
    assert line.get_xdata()[np.argmax(line.get_ydata())] == pytest.approx(20.0, abs=0.05)


def test_both_models_are_seen_where_both_have_the_parameter(sampled_run):
    panels = _visible(triangle.draw(sampled_run))
    lines = {panel: [line for line in panel.lines if len(line.get_xdata()) > 10] for panel in panels}
    assert sorted(len(found) for found in lines.values()) == [0, 1, 1, 2]


def test_it_is_drawn_the_same_each_time_and_leaves_the_session_alone(sampled_run, tmp_path):
    before = dict(matplotlib.rcParams), plt.get_fignums()
    first, second = (draw(triangle, sampled_run, tmp_path / folder, ["png", "pdf"]) for folder in "ab")
    assert (dict(matplotlib.rcParams), plt.get_fignums()) == before
    assert _is_drawn(first[0])
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_the_users_backend_survives_the_first_import(command):
    code = (
        "import matplotlib; matplotlib.use('svg'); import matplotlib.pyplot as plt; "
        "import analysis.getdist_plotter; print(matplotlib.get_backend(), plt.get_fignums())"
    )
    found = command("-c", code, env={"DISPLAY": ""})
    assert found.stdout.split() == ["svg", "[]"], found.stderr


def test_runs_together_are_one_triangle(files, tmp_path, capsys):
    assert main(["plot", *files, "--together", "--out", str(tmp_path / "figures"), "--format", "png"]) == 0
    path = tmp_path / "figures" / "triangle.png"
    assert capsys.readouterr().out.splitlines() == [f"run 1: {files[0]}", f"run 2: {files[1]}", str(path)]
    assert _is_drawn(path)


def test_runs_together_are_drawn_here_unless_told_otherwise(files, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plot", *files, "--together"]) == 0
    assert {path.name for path in tmp_path.glob("*.*")} == {"triangle.png", "triangle.pdf"}


def test_the_legend_says_which_run_a_posterior_is_of(sampled_run, sampled, gaussian):
    other = sampled({"lcdm": gaussian[0]("lcdm", nested=True)})
    entries = triangle.entries_of({"run 1": sampled_run, "run 2": other})
    assert [entry.label for entry in entries] == [
        "flat ΛCDM (run 1)",
        "wcdm (run 1)",
        "sigma (run 1)",
        "flat ΛCDM (run 2)",
    ]
    assert len({(entry.color, entry.ls) for entry in entries}) == 4


def test_a_long_legend_stands_outside_the_panels(sampled_run):
    figure = triangle.figure_of(triangle.entries_of({f"run {i}": sampled_run for i in range(3)}))
    figure.draw_without_rendering()
    for part, names in zip(figure.subfigs, (2, 1), strict=True):
        outside = bool(part.legends)
        assert outside == (names == 2)
        for legend in part.legends:
            assert all(not legend.get_window_extent().overlaps(panel.get_window_extent()) for panel in part.axes)


def test_a_run_without_posterior_cannot_join(files, run_of, tmp_path, capsys):
    bare = write_run(run_of(1.0, 2.0), tmp_path / "bare")
    assert main(["plot", files[0], str(bare), "--together", "--out", str(tmp_path / "no")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("run 2: no model has a posterior. Sample them: inference=emcee")
    assert not (tmp_path / "no").exists()


def test_without_getdist_the_other_figures_are_drawn_and_one_line_says_why(files, without_getdist, tmp_path, capsys):
    assert main(["plot", files[0], "--out", str(tmp_path / "figures")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no figure triangle: getdist")
    assert line.endswith('pip install -e ".[inference]"')
    assert main(["plot", *files, "--together"]) == 2
    assert capsys.readouterr().err.endswith('pip install -e ".[inference]"\n')


def test_without_getdist_a_run_still_ends_well(sampled_run, without_getdist, tmp_path):
    assert draw_first(sampled_run, tmp_path) is None
