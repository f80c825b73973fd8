"""Figures of clusters as lenses: what they apply to, and that what they draw are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.errors import NotInRun
from analysis.figures import STYLE, draw, figures_of
from outputs.tree import run_tree, variable

CONFIG = "models: {low: {label: a low one}, high: {label: a high one}}"
RADIUS = np.geomspace(1.0, 1000.0, 31)
QUANTITIES = ("kappa", "mean_kappa", "tangential_shear", "deflection")


def _model(strength, einstein=True):
    # Isothermal spheres, of which two clusters differ by a factor.
    radii = np.array([10.0, 20.0]) * strength
    mean = radii[:, np.newaxis] / RADIUS
    values = dict(zip(QUANTITIES, (0.5 * mean, mean, 0.5 * mean, mean * RADIUS), strict=True))
    columns = {
        "cluster": variable("cluster", ["first", "second"], "", "cluster"),
        "radius": variable("radius", RADIUS, "kpc", "radius"),
        **{name: variable(("cluster", "radius"), value, "", name) for name, value in values.items()},
        "theta_e": variable("cluster", radii, "arcsec", "Einstein radius"),
        "einstein_radius": variable("cluster", radii if einstein else radii * np.nan, "kpc", "Einstein radius"),
    }
    return xr.Dataset(columns)


def _triaxial():
    axes = {
        "normalisation": variable("normalisation", ["volume", "global"], "", "kept"),
        "q_los": variable("q_los", [0.7, 1.0, 1.3], "", "ratio"),
    }
    dims = ("normalisation", "q_los")
    theta = variable(dims, [[18.0, 20.0, 22.0], [20.0, 20.0, 20.0]], "arcsec", "Einstein radius of first")
    kappa = variable(dims, [[0.4, 0.5, 0.6], [0.5, 0.5, 0.5]], "", "convergence of first")
    return xr.Dataset({**axes, "theta_e": theta, "kappa": kappa})


def _spread():
    columns = {name: variable("normalisation", values, "", name) for name, values in (("theta_e", [0.2, 0.0]),)}
    kappa = variable("normalisation", [0.4, 0.0], "", "kappa")
    names = variable("normalisation", ["volume", "global"], "", "kept")
    return xr.Dataset({"normalisation": names, **columns, "kappa": kappa})


def _tree(**parts):
    tree = run_tree(**parts)
    tree.attrs = {"config": CONFIG, "content_hash": "1234"}
    return tree


def _models(**options):
    return {"low": _model(1.0, **options), "high": _model(3.0, **options)}


RUNS = {
    "both": lambda: _tree(models=_models(), tables={"triaxial": _triaxial(), "triaxial_spread": _spread()}),
    "profiles": lambda: _tree(models=_models()),
    "shapes": lambda: _tree(tables={"triaxial": _triaxial()}),
    "no radii": lambda: _tree(models={"low": _model(1.0).drop_vars("einstein_radius")}),
    "nothing": _tree,
}
EXPECTED = {
    "both": ["lens_profiles", "triaxial_spread"],
    "profiles": ["lens_profiles"],
    "shapes": ["triaxial_spread"],
}


def _figure(tree, name, **choices):
    (module,) = (each for each in figures_of(tree) if each.__name__.endswith(name))
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree, **choices)


def _shown(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


@pytest.mark.parametrize("run", RUNS)
def test_figures_apply_where_their_numbers_are(run):
    names = [module.__name__.rpartition(".")[2] for module in figures_of(RUNS[run]())]
    assert names == EXPECTED.get(run, [])


def test_every_quantity_of_the_first_cluster_has_a_panel_with_the_profiles_of_the_run():
    tree = RUNS["both"]()
    panels = _shown(_figure(tree, "lens_profiles"))
    assert len(panels) == 4
    assert panels[0].get_title(loc="left") == "first"
    for panel, name in zip(panels, QUANTITIES, strict=True):
        lines = {line.get_label(): line for line in panel.get_lines()}
        for key, label in (("low", "a low one"), ("high", "a high one")):
            expected = tree[f"models/{key}"][name].sel(cluster="first")
            np.testing.assert_array_equal(lines[label].get_ydata(), expected)


def test_dots_are_at_the_einstein_radius_where_the_mean_convergence_is_one():
    panel = _shown(_figure(RUNS["both"](), "lens_profiles"))[1]
    dots = [line.get_xydata()[0] for line in panel.get_lines() if line.get_marker() == "o" and line.get_xydata().size]
    np.testing.assert_allclose(dots, [[10.0, 1.0], [30.0, 1.0]], rtol=0.03)


def test_lenses_without_an_einstein_radius_have_no_dot():
    panel = _shown(_figure(_tree(models=_models(einstein=False)), "lens_profiles"))[1]
    assert not [line for line in panel.get_lines() if line.get_marker() == "o" and line.get_xydata().size]


def test_chosen_clusters_have_four_panels_each_in_their_order():
    panels = _shown(_figure(RUNS["both"](), "lens_profiles", names=["second", "first"]))
    assert [panels[i].get_title(loc="left") for i in (0, 4)] == ["second", "first"]
    assert len(panels) == 8


def test_an_unknown_cluster_is_refused_with_the_known_ones():
    with pytest.raises(NotInRun, match="names=third: no cluster of that name is in this run; try .*first"):
        _figure(RUNS["both"](), "lens_profiles", names=["third"])


def test_negative_shear_leaves_a_gap_that_is_named():
    model = _model(1.0).assign(deflection=_model(1.0)["kappa"])
    model["tangential_shear"][:, 5:9] = -0.1
    panels = _shown(_figure(_tree(models={"low": model}), "lens_profiles"))
    assert np.isnan(panels[2].get_lines()[0].get_ydata()[5:9]).all()
    assert [text.get_text() for text in panels[2].texts] == ["gaps in lines: negative"]
    assert not panels[0].texts


@pytest.mark.parametrize("run", ["both", "shapes"])
def test_each_normalisation_is_a_line_over_the_axis_ratio(run):
    tree = RUNS[run]()
    left, right = _shown(_figure(tree, "triaxial_spread"))
    for panel, name in ((left, "theta_e"), (right, "kappa")):
        for line, kept in zip(panel.get_lines(), ("volume", "global"), strict=True):
            np.testing.assert_array_equal(line.get_xdata(), [0.7, 1.0, 1.3])
            np.testing.assert_array_equal(line.get_ydata(), _triaxial()[name].sel(normalisation=kept))
    words = [text.get_text().strip() for text in left.texts]
    assert words == (["20 %", "0 %"] if run == "both" else [])
    assert left.get_ylabel().endswith("[arcsec]")


@pytest.mark.parametrize("name", ["lens_profiles", "triaxial_spread"])
def test_figures_are_written_as_files(name, tmp_path):
    tree = RUNS["both"]()
    (module,) = (each for each in figures_of(tree) if each.__name__.endswith(name))
    (path,) = draw(module, tree, tmp_path, ("png",), {"names": ["second"]})
    assert path.name == f"{name}.png"
    assert path.stat().st_size > 10_000
