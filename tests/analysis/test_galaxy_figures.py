"""Figures of rotation curves: what they apply to, and that what they draw are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.errors import NotInRun
from analysis.figures import STYLE, draw, draw_first, figures_of, line_styles
from analysis.figures.radial_acceleration import track
from analysis.figures.rotation_curves import binned, title_of
from analysis.figures.rotation_gallery import galaxies_shown
from outputs.tree import run_tree, variable

FIGURES = ("radial_acceleration", "rotation_gallery", "rotation_residuals", "galaxy_differences")
CONFIG = """
baryons: {heavy: {upsilon_disk: 1.0, upsilon_bulge: 1.4}, light: {upsilon_disk: 0.5, upsilon_bulge: 0.7}}
models: {sigma: {label: Σ}, mond: {label: MOND}, newton: {label: GR}}
"""
FACTORS = {"sigma": 1.05, "mond": 0.9, "newton": 0.5}
"""V/V_obs of the models at the first galaxy; it falls by the number of the galaxy."""
N_GALAXIES, N_POINTS, LEFT_OUT = 12, 20, 7
DATA = "observed, median and central 68 %"


def _data(choices=("heavy", "light"), n_galaxies=N_GALAXIES):
    galaxy = np.repeat(np.arange(n_galaxies), N_POINTS)
    radius = np.tile(np.linspace(0.5, 10.0, N_POINTS), n_galaxies)
    v_obs = (60.0 + 10.0 * galaxy) * np.tanh(radius)
    g_obs = v_obs**2 / radius * 3.24e-14
    g_bar = np.array([g_obs**2 / 2e-10 / (1.0 + i) for i in range(len(choices))])
    left_out = galaxy == LEFT_OUT
    points = {"radius": (radius, "kpc"), "v_obs": (v_obs, "km/s"), "v_obs_err": (0.05 * v_obs, "km/s")}
    names = [f"G{i:02d}" for i in range(n_galaxies)]
    return xr.Dataset(
        {name: variable("point", values, unit, name) for name, (values, unit) in points.items()}
        | {
            "galaxy_index": variable("point", galaxy, "", "row of the galaxy"),
            "name": variable("galaxy", names, "", "name"),
            "r_disk": variable("galaxy", np.linspace(1.0, 3.0, n_galaxies), "kpc", "scale length"),
            "baryons": variable("baryons", list(choices), "", "mass-to-light ratios"),
            "g_bar": variable(("baryons", "point"), np.where(left_out, np.nan, g_bar), "m/s2", "by the baryons"),
            "g_obs": variable(("baryons", "point"), np.where(left_out, np.nan, [g_obs] * len(choices)), "m/s2", "seen"),
        }
    )


def _model(data, factor, rms_unit="km/s"):
    galaxy = data["galaxy_index"].values
    v = np.where(galaxy == LEFT_OUT, np.nan, data["v_obs"].values * factor * 0.98**galaxy)
    velocity = np.array([v * 0.95**i for i in range(data.sizes["baryons"])])
    squares = (velocity - data["v_obs"].values) ** 2
    rms = [[np.sqrt(row[galaxy == i].mean()) for i in range(data.sizes["galaxy"])] for row in squares]
    return xr.Dataset(
        {
            "baryons": data["baryons"],
            "velocity": variable(("baryons", "point"), velocity, "km/s", "rotation"),
            "rms": variable(("baryons", "galaxy"), rms, rms_unit, "RMS"),
        }
    )


def _table(models, ties=0):
    first, *others = models
    rows = [(b, s, other) for b in models[first]["baryons"].values for s in ("scatter", "rms") for other in others]
    columns = {"baryons": [r[0] for r in rows], "statistic": [r[1] for r in rows], "model_b": [r[2] for r in rows]}
    wins = {"a": [], "b": []}
    for choice, _, other in rows:
        a, b = (models[name]["rms"].sel(baryons=choice).values for name in (first, other))
        wins["a"].append(int((a < b).sum()))
        wins["b"].append(int((a > b).sum()))
    columns |= {"model_a": [first] * len(rows), "wins_a": wins["a"], "wins_b": wins["b"], "ties": [ties] * len(rows)}
    columns["pair"] = list(range(len(rows)))
    return xr.Dataset({name: variable("pair", values, "", name) for name, values in columns.items()})


def _tree(data=None, names=tuple(FACTORS), ties=0, config=CONFIG, rms_unit="km/s"):
    data = _data() if data is None else data
    models = {name: _model(data, FACTORS[name], rms_unit) for name in names}
    tree = run_tree(data=data, models=models, tables={"head_to_head": _table(models, ties)})
    tree.attrs = {"config": config, "content_hash": "1234"}
    return tree


def _synthetic():
    """A run of a sample that is drawn, built in Python."""
    from sims.galaxies.rotation import rotation
    from sims.galaxies.synthetic import SyntheticSample
    from solvers.backend import Backend
    from solvers.galaxies.baryons import Baryons
    from solvers.galaxies.base import Newtonian
    from solvers.galaxies.law_rotation import LawRotation

    choices = {"true": Baryons(upsilon_disk=0.5, upsilon_bulge=0.7), "heavy": Baryons()}
    tree = rotation(SyntheticSample(n_galaxies=20), {"sigma": LawRotation(), "newton": Newtonian()}, choices, Backend())
    tree.attrs |= {"config": CONFIG, "content_hash": "1234"}
    return tree


def _without(*paths):
    tree = _tree()
    for path in paths:
        group, _, name = path.rpartition("/")
        tree[group] = xr.DataTree(tree[group].to_dataset().drop_vars(name))
    return tree


RUNS = {
    "all": _tree,
    "one model": lambda: _tree(names=("sigma",)),
    "one choice": lambda: _tree(_data(("light",))),
    "few galaxies": lambda: _tree(_data(n_galaxies=2)),
    "synthetic": _synthetic,
    "no accelerations": lambda: _without("data/g_bar"),
    "no rms": lambda: _without("models/sigma/rms", "models/mond/rms", "models/newton/rms"),
    "no curves": lambda: _without("data/v_obs"),
}
EXPECTED = dict.fromkeys(("all", "one choice", "few galaxies", "synthetic"), list(FIGURES)) | {
    "one model": list(FIGURES[:3]),
    "no accelerations": ["rotation_gallery", "galaxy_differences"],
    "no rms": ["radial_acceleration", "rotation_residuals"],
    "no curves": ["galaxy_differences"],
}
DRAWN = [(name, figure) for name, listed in EXPECTED.items() for figure in listed]


def _module(tree, name):
    (module,) = (m for m in figures_of(tree) if m.__name__.endswith(name))
    return module


def _figure(tree, name, **chosen):
    with matplotlib.rc_context(fname=STYLE):
        return _module(tree, name).draw(tree, **chosen)


def _names(tree):
    return [module.__name__.rpartition(".")[2] for module in figures_of(tree)]


def _panels(figure):
    """Panels in sight, without scales of colours."""
    return [panel for panel in figure.axes if panel.get_visible() and panel.get_label() != "<colorbar>"]


def _line(panel, label):
    (line,) = (line for line in panel.lines if line.get_label() == label)
    return line


def _bars(panel, label):
    (bars,) = (each for each in panel.containers if each.get_label() == label)
    return bars.lines[0].get_xydata()


def _texts(panel):
    return [text.get_text() for text in panel.texts]


def _legend(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


@pytest.fixture(scope="module")
def real(executed, loaded):
    from catalogs.sparc import Sparc

    loaded(Sparc())
    return executed("sparc_rar")


@pytest.mark.parametrize("name", RUNS)
def test_the_figures_of_a_run_are_those_it_has_the_numbers_for(name):
    assert _names(RUNS[name]()) == EXPECTED[name]


def test_the_real_run_draws_the_radial_acceleration_by_itself(real, tmp_path):
    assert _names(real) == list(FIGURES)
    assert draw_first(real, tmp_path) == tmp_path / "radial_acceleration.png"


@pytest.mark.parametrize("figure", FIGURES)
def test_the_same_run_gives_the_same_image(tmp_path, figure):
    first, second = (draw(_module(_tree(), figure), _tree(), tmp_path / folder, ["png"])[0] for folder in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_bins_hold_every_point_once_and_are_wide_and_full_enough():
    x = np.array([0.0, 0.1, 0.2, 1.0, 1.1, 1.2, 9.0, np.nan, 5.0])
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, np.inf])
    found = binned(x, y, 0.5, fewest=3)
    np.testing.assert_allclose(found.x, [0.1, 1.15])
    np.testing.assert_allclose(found.median, [2.0, 5.5])
    np.testing.assert_allclose(found.low, [np.percentile(y[:3], 16), np.percentile(y[3:7], 16)])
    np.testing.assert_allclose(found.high, [np.percentile(y[:3], 84), np.percentile(y[3:7], 84)])
    assert binned(x, y, 100.0, fewest=1).x.size == 1
    assert binned(x, y, 0.5, fewest=50).x.size == 1
    assert binned(x[:0], y[:0], 0.5).x.size == 0


def test_a_choice_of_the_baryons_has_its_ratios_where_the_configuration_has_them():
    tree = _tree()
    assert title_of(tree, "heavy") == r"heavy: $\Upsilon_\mathrm{disk} = 1$, $\Upsilon_\mathrm{bulge} = 1.4$"
    tree.attrs["config"] = "models: {}"
    assert title_of(tree, "heavy") == "heavy"


def test_every_point_is_in_one_cell_of_its_panel():
    figure = _figure(_tree(), "radial_acceleration")
    for panel in _panels(figure):
        counts = panel.collections[0].get_array()
        assert counts.sum() == (N_GALAXIES - 1) * N_POINTS
        assert (panel.get_xscale(), panel.get_yscale()) == ("log", "log")
        assert _texts(panel) == [f"{N_GALAXIES - 1} galaxies, {(N_GALAXIES - 1) * N_POINTS} points"]
    norms = {panel.collections[0].norm for panel in _panels(figure)}
    assert {(norm.vmin, norm.vmax) for norm in norms} == {
        (1.0, max(p.collections[0].get_array().max() for p in _panels(figure)))
    }
    assert _legend(figure)[:3] == [DATA, r"$g_\mathrm{obs} = g_\mathrm{bar}$", "Σ"]


def test_medians_of_the_acceleration_follow_the_relation_of_the_points():
    for i, panel in enumerate(_panels(_figure(_tree(), "radial_acceleration"))):
        x, y = _bars(panel, DATA).T
        # Bins have a median of an even number of points between two of them.
        np.testing.assert_allclose(y, np.sqrt(2e-10 * (1.0 + i) * x), rtol=0.02)


def test_a_model_s_track_is_its_velocity_squared_over_the_observed_one():
    data = _data()
    model = xr.Dataset({"velocity": data["v_obs"] * 0.5})
    found = track(data.sel(baryons="heavy"), model)
    np.testing.assert_allclose(10.0**found.median, 0.25 * np.sqrt(2e-10 * 10.0**found.x), rtol=0.02)
    assert np.all((found.low <= found.median) & (found.median <= found.high))


def test_newton_is_the_line_of_equal_accelerations(real):
    for panel in _panels(_figure(real, "radial_acceleration")):
        x, y = _line(panel, "GR, baryons").get_xydata().T
        np.testing.assert_allclose(y, x, rtol=1e-3)


def test_points_without_baryons_are_counted_and_not_shown():
    data = _data()
    data["g_bar"][0, 3] = 0.0
    panel, other = _panels(_figure(_tree(data), "radial_acceleration"))
    assert _texts(panel)[0].endswith("\nnot shown: 1 with $g_\\mathrm{bar} = 0$")
    assert panel.collections[0].get_array().sum() == other.collections[0].get_array().sum() - 1
    figure = _figure(_tree(data), "rotation_residuals")
    assert _texts(figure.axes[1])[0].endswith("1 without a place on this axis")


def test_the_gallery_has_the_ends_and_the_middle_by_the_rms_of_the_first_model():
    tree = _tree()
    rms = tree["models/sigma/rms"].values[0]
    order = [f"G{i:02d}" for i in np.argsort(rms) if np.isfinite(rms[i])]
    assert len(order) == N_GALAXIES - 1
    assert galaxies_shown(tree) == [*order[:3], *order[4:7], *order[-3:]]
    assert sorted(galaxies_shown(_tree(_data(n_galaxies=4)))) == ["G00", "G01", "G02", "G03"]


def test_the_gallery_takes_names_and_another_choice_of_the_baryons():
    tree = _tree()
    figure = _figure(tree, "rotation_gallery", names=["G05", "G02"], baryons="light")
    panels = _panels(figure)
    rms = tree["models/sigma/rms"].values[1]
    for panel, row in zip(panels, (5, 2), strict=True):
        assert panel.get_title() == f"G{row:02d} ({np.sum(rms < rms[row]) + 1} of {N_GALAXIES - 1})"
        own = slice(row * N_POINTS, (row + 1) * N_POINTS)
        np.testing.assert_allclose(_bars(panel, "measured")[:, 1], tree["data/v_obs"].values[own])
        for name, label in (("sigma", "Σ"), ("mond", "MOND"), ("newton", "GR")):
            np.testing.assert_allclose(_line(panel, label).get_ydata(), tree[f"models/{name}/velocity"].values[1, own])
        assert _texts(panel) == [f"{tree[f'models/{name}/rms'].values[1, row]:.1f}" for name in FACTORS]
        colors = [text.get_color() for text in panel.texts]
        assert colors == [line_styles(tree)[name]["color"] for name in FACTORS]
    assert figure.legends[0].get_title().get_text().startswith("light: ")
    assert _legend(figure) == ["measured", "Σ", "MOND", "GR"]


def test_the_gallery_refuses_what_the_run_does_not_hold():
    with pytest.raises(NotInRun, match=r"^names=G7: no galaxy .* try G"):
        galaxies_shown(_tree(), ["G7"])
    with pytest.raises(NotInRun, match=f"names=G{LEFT_OUT:02d}"):
        galaxies_shown(_tree(), [f"G{LEFT_OUT:02d}"])
    with pytest.raises(NotInRun, match="baryons=dark: the run has heavy, light"):
        galaxies_shown(_tree(), baryons="dark")


def test_points_of_a_galaxy_that_are_left_out_are_not_in_its_panel():
    tree = _tree()
    for name in FACTORS:
        tree[f"models/{name}/velocity"].values[0, :3] = np.nan
    (panel,) = _panels(_figure(tree, "rotation_gallery", names=["G00"]))
    assert _bars(panel, "measured").shape == (N_POINTS - 3, 2)
    assert np.isfinite(_line(panel, "Σ").get_ydata()).all()


def test_residuals_are_those_of_the_first_model_and_medians_of_all():
    tree = _tree()
    figure = _figure(tree, "rotation_residuals")
    panels = np.array(_panels(figure)).reshape(2, 2)
    used = tree["data/galaxy_index"].values != LEFT_OUT
    for row, expected in zip(panels, tree["models/sigma/velocity"].values, strict=True):
        residual = np.log10(tree["data/v_obs"].values / expected)[used]
        for panel in row:
            points = next(line for line in panel.lines if line.get_marker() == ".")
            np.testing.assert_allclose(points.get_ydata(), residual)
            low, high = panel.get_ylim()
            for label in ("Σ", "MOND", "GR"):
                y = _line(panel, label).get_ydata()
                assert low < y.min() < y.max() < high
        radius = tree["data/radius"] / tree["data/r_disk"].values[tree["data/galaxy_index"]]
        np.testing.assert_allclose(row[0].lines[1].get_xdata(), radius.values[used])
    assert panels[1, 0].get_title(loc="left").endswith(f"; {N_GALAXIES - 1} galaxies, {used.sum()} points")
    assert _legend(figure) == ["Σ, central 68 % of a bin", "Σ", "MOND", "GR"]


def test_points_beyond_the_axis_of_residuals_are_counted(real):
    for panel in _panels(_figure(real, "rotation_residuals")):
        y = next(line for line in panel.lines if line.get_marker() == ".").get_ydata()
        low, high = panel.get_ylim()
        assert _texts(panel) == [f"points of Σ not shown: {np.sum((y < low) | (y > high))} above or below"]


def test_bars_on_either_side_are_the_galaxies_that_a_model_wins():
    tree = _tree()
    figure = _figure(tree, "galaxy_differences")
    panels = np.array(_panels(figure)).reshape(2, 2)
    for row, other in zip(panels, ("mond", "newton"), strict=True):
        for panel, choice in zip(row, (0, 1), strict=True):
            a, b = (tree[f"models/{name}/rms"].values[choice] for name in ("sigma", other))
            left, right = (patch.get_data().values.sum() for patch in panel.patches)
            assert (left, right) == (np.sum(a < b), np.sum(a > b))
            label = {"mond": "MOND", "newton": "GR"}[other]
            assert _texts(panel) == [f"Σ better: {left:.0f}", f"{label} better: {right:.0f}"]
    assert figure.get_supxlabel() == "RMS of Σ − RMS of the other model [km/s]"


def test_galaxies_beyond_the_axis_are_counted(real):
    panels = _panels(_figure(real, "galaxy_differences"))
    assert _texts(panels[0])[0].startswith("Σ better: 153\n← ")
    assert _texts(panels[1])[1].startswith("Σ, older g† better: 61")
    for panel in panels:
        seen = sum(patch.get_data().values.sum() for patch in panel.patches)
        beyond = [line for text in _texts(panel) for line in text.split("\n") if "beyond" in line]
        assert seen + sum(int(line.replace("←", "").split()[0]) for line in beyond) == 174


def test_ties_are_said_and_a_statistic_without_unit_is_drawn_as_a_ratio():
    tree = _tree(ties=3, rms_unit="")
    figure = _figure(tree, "galaxy_differences")
    assert all(_texts(panel)[2] == "ties: 3" for panel in _panels(figure))
    a, b = (tree[f"models/{name}/rms"].values[0] for name in ("sigma", "newton"))
    edges = _panels(figure)[2].patches[0].get_data().edges
    assert edges[-1] == 0.0
    assert edges[0] <= -np.nanmax(np.abs(np.log10(a / b))) * (1.0 - 1e-12)
    assert figure.get_supxlabel().startswith(r"$\log_{10}$ of RMS of Σ over")


def test_a_fit_to_what_was_put_in_leaves_no_residual():
    figure = _figure(_synthetic(), "rotation_residuals")
    for panel in _panels(figure)[:2]:
        assert np.abs(_line(panel, "Σ").get_ydata()).max() < 0.03
        assert _line(panel, "GR").get_ydata().max() > 0.1


def _no_overlaps(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for panel in figure.axes for text in (panel.title, panel._left_title, *panel.texts)]
    texts += [axis.label for panel in figure.axes for axis in (panel.xaxis, panel.yaxis)]
    texts += [text for legend in figure.legends for text in (legend.get_title(), *legend.get_texts())]
    texts = [text for text in texts if text.get_text() and text.get_visible()]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    for i, box in enumerate(boxes):
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1, texts[i].get_text()
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1, texts[i].get_text()
        overlapping = [texts[j].get_text() for j in range(i + 1, len(boxes)) if box.overlaps(boxes[j])]
        assert not overlapping, (texts[i].get_text(), overlapping)


@pytest.mark.parametrize("figure", FIGURES)
def test_no_text_of_a_real_figure_overlaps_another_or_is_cut(real, figure):
    _no_overlaps(_figure(real, figure))


@pytest.mark.parametrize(("name", "figure"), [each for each in DRAWN if not each[0].startswith("no ")])
def test_no_text_of_a_made_up_figure_overlaps_another_or_is_cut(name, figure):
    _no_overlaps(_figure(RUNS[name](), figure))


def test_a_gallery_of_one_galaxy_has_room_for_its_legend(real):
    _no_overlaps(_figure(real, "rotation_gallery", names=["NGC2403"]))


def test_the_galaxies_of_the_gallery_are_chosen_at_the_command_line(tmp_path, monkeypatch, capsys):
    import analysis.__main__ as command

    tree = _synthetic()
    monkeypatch.setattr(command, "open_run", lambda _: tree)
    chosen = ["plot", str(tmp_path), "--out", str(tmp_path), "--format", "png", "--baryons", "heavy"]
    assert command.main([*chosen, "--galaxies", "synthetic0003,synthetic0001"]) == 0
    assert (tmp_path / "rotation_gallery.png").exists()
    assert command.main([*chosen, "--galaxies", "synthetic0003,nowhere"]) == 2
    assert "names=nowhere: no galaxy of that name" in capsys.readouterr().err
