"""Figures: which apply to a run, that something is drawn, and the same bytes for the same run."""

import matplotlib
import matplotlib.image
import numpy as np
import pytest

from analysis.figures import STYLE, draw, draw_first, figures_of, label_of, models_with

SCAN_1D = "models.sigma_baryons.params.a_cos={scan: [1,8.83,300]}"
SCAN_2D = "models.sigma_baryons.params.omega_b={scan: [0.03,0.05,0.07]}"
TWO_MODELS = ["models=[sigma_baryons,lcdm]", "profile=[]"]
RUNS = {
    "fits": ("pantheon_baryons", ["profile_points=9"]),
    "scan": ("pantheon_baryons", [*TWO_MODELS, SCAN_1D]),
    "scan over two": ("pantheon_baryons", [*TWO_MODELS, SCAN_1D, SCAN_2D]),
    "all scanned": ("pantheon_baryons", ["models=[sigma_baryons]", SCAN_1D]),
    "curves": ("background", ["z_range.num=21"]),
    "one redshift": ("background", ["z=[1.0]"]),
}
EXPECTED = {
    "fits": ["hubble_diagram", "chi2_profile", "expansion_history"],
    "scan": ["hubble_diagram", "chi2_profile", "expansion_history"],
    "scan over two": ["hubble_diagram", "surface", "expansion_history"],
    "all scanned": ["chi2_profile"],
    "curves": ["expansion_history"],
    "one redshift": ["expansion_history"],
}
INCHES = {
    ("fits", "hubble_diagram"): (6.4, 5.6),
    ("fits", "chi2_profile"): (5.4, 4.0),
    ("scan over two", "surface"): (5.4, 4.2),
    ("curves", "expansion_history"): (8.2, 3.9),
}


@pytest.fixture
def tree(executed):
    return lambda name: executed(RUNS[name][0], *RUNS[name][1])


def _names(modules):
    return [module.__name__.rpartition(".")[2] for module in modules]


@pytest.mark.parametrize("name", RUNS)
def test_the_figures_of_a_run_are_those_it_has_the_numbers_for(tree, name):
    assert _names(figures_of(tree(name))) == EXPECTED[name]


@pytest.mark.parametrize(("name", "figure"), INCHES)
def test_a_figure_has_its_size_and_is_not_blank(tree, tmp_path, name, figure):
    (module,) = (m for m in figures_of(tree(name)) if m.__name__.endswith(figure))
    (path,) = draw(module, tree(name), tmp_path, ["png"])
    assert path == tmp_path / f"{figure}.png"
    image = matplotlib.image.imread(path)
    dots = matplotlib.rc_params_from_file(STYLE)["savefig.dpi"]
    assert dots >= 100
    np.testing.assert_allclose([image.shape[1], image.shape[0]], dots * np.array(INCHES[name, figure]), atol=1)
    colours = np.unique((image[..., :3] * 255).astype(int).reshape(-1, 3), axis=0)
    assert len(colours) > 50
    dark = (image[..., :3].mean(-1) < 0.5).mean()
    assert 0.002 < dark < 0.6


@pytest.mark.parametrize(("name", "figure"), [("fits", "hubble_diagram"), ("curves", "expansion_history")])
def test_the_same_run_gives_the_same_bytes(tree, tmp_path, name, figure):
    (module,) = (m for m in figures_of(tree(name)) if m.__name__.endswith(figure))
    first, second = (draw(module, tree(name), tmp_path / folder, ["png", "pdf"]) for folder in "ab")
    assert [path.name for path in first] == [f"{figure}.png", f"{figure}.pdf"]
    assert first[1].read_bytes().startswith(b"%PDF")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_run_draws_its_first_figure_by_itself(tree, tmp_path):
    assert draw_first(tree("curves"), tmp_path) == tmp_path / "expansion_history.png"
    assert [path.name for path in tmp_path.iterdir()] == ["expansion_history.png"]


def test_a_run_without_figures_draws_none(made, tmp_path):
    fitted, made_up = made
    assert draw_first(made_up({"a": fitted(1.0, {})}), tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_drawing_leaves_the_style_of_the_session_alone(tree, tmp_path):
    before = dict(matplotlib.rcParams)
    draw_first(tree("curves"), tmp_path)
    assert dict(matplotlib.rcParams) == before
    assert STYLE.is_file()


def test_drawing_leaves_the_run_as_it_is(tree, tmp_path):
    from outputs.hashing import result_hash

    run = tree("fits")
    draw_first(run, tmp_path)
    assert result_hash(run) == run.attrs["result_hash"]


def test_ranks_are_all_different(tree):
    from importlib import import_module
    from pkgutil import iter_modules

    import analysis.figures

    modules = [import_module(f"analysis.figures.{m.name}") for m in iter_modules(analysis.figures.__path__)]
    ranks = [module.RANK for module in modules if hasattr(module, "RANK")]
    assert len(ranks) == len(set(ranks)) >= 4


def test_labels_are_those_of_the_configuration(tree):
    run = tree("fits")
    assert label_of(run, "lcdm") == "flat ΛCDM"
    assert label_of(run, "nowhere") == "nowhere"


def test_models_are_found_by_their_variables(tree):
    assert set(models_with(tree("scan"), "offset")) == {"lcdm"}
    assert set(models_with(tree("scan"), "chi2")) == {"lcdm", "sigma_baryons"}
    assert models_with(tree("scan"), "nothing") == {}


def _axes(tree, figure):
    (module,) = (m for m in figures_of(tree) if m.__name__.endswith(figure))
    return module.draw(tree).axes


def test_the_hubble_diagram_shows_every_model_and_its_chi2(tree):
    run = tree("fits")
    upper, lower = _axes(run, "hubble_diagram")
    texts = [text.get_text() for text in upper.get_legend().get_texts()]
    for name, node in run["models"].children.items():
        assert f"{label_of(run, name)}, χ² = {node['chi2'].item():.1f}" in texts
    assert lower.get_xscale() == "log"
    assert lower.get_ylabel() == "minus flat ΛCDM [mag]"


def test_the_profile_is_the_one_in_the_file(tree):
    run = tree("fits")
    (panel,) = _axes(run, "chi2_profile")
    profile = run["models/sigma_baryons/profile_a_cos"]
    np.testing.assert_array_equal(panel.lines[0].get_xdata(), profile["a_cos"])
    np.testing.assert_array_equal(panel.lines[0].get_ydata(), profile)
    assert panel.get_xscale() == "log"
    levels = sorted(line.get_ydata()[0] for line in panel.lines[1:])
    others = [run[f"models/{name}/chi2"].item() for name in ("gr_baryons", "gr_free_matter", "lcdm")]
    np.testing.assert_allclose(levels, sorted(others))


def test_expansion_histories_begin_at_one_on_the_right(tree):
    run = tree("curves")
    left, right = _axes(run, "expansion_history")
    for line, name in zip(left.lines, run["models"].children, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), run[f"models/{name}/efunc"])
    assert all(line.get_ydata()[0] == 1.0 for line in right.lines)


def test_a_scan_over_two_parameters_with_one_value_is_no_surface(executed, tmp_path):
    scan = ["models.lcdm.params.H0={scan: [70]}", "models.lcdm.params.omega_m={scan: [0.2,0.3]}"]
    run = executed("pantheon_baryons", "models=[lcdm]", *scan)
    draw_first(run, tmp_path)
