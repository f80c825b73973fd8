"""The figure of slip: what it applies to, and that what it draws are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, figures_of
from outputs.tree import run_tree, variable

CONFIG = "sim: {eta: 0.9, eta_err: 0.05, sigma_is: fitted}\nmodels: {mond: {label: MOND}, sigma: {label: Σ}}"
SIGMA = np.linspace(1.0, 10.0, 50)
VARIANTS = ["si", "no_slip"]


def _curves(sigma=SIGMA):
    eta = np.stack([(2 * sigma - 1) / (3 * sigma - 2), np.ones(sigma.size)], axis=1)
    along = ("sigma", "variant")
    return xr.Dataset(
        {
            "sigma": variable("sigma", sigma, "", "Sigma"),
            "variant": variable("variant", VARIANTS, "", "sources"),
            "eta": variable(along, eta, "", "slip"),
            "lens_over_dyn": variable(along, (1 + eta) / 2, "", "ratio"),
        }
    )


def _bounds():
    columns = {"variant": VARIANTS, "eta_limit": [2 / 3, 1.0], "lens_over_dyn_limit": [5 / 6, 1.0]}
    return xr.Dataset({name: variable("case", values, "", name) for name, values in columns.items()})


def _models():
    bare = np.array([[2.0, 3.0, 5.0], [4.0, 7.0, 13.0]])
    return {
        name: xr.Dataset(
            {
                "variant": variable("variant", variants, "", "sources"),
                "bare_sigma": variable(("variant", "cluster"), values, "", "Sigma"),
            }
        )
        for name, variants, values in (("mond", ["no_slip"], bare[1:]), ("sigma", VARIANTS, bare))
    }


def _tree(config=CONFIG, **changed):
    parts = {"models": _models(), "tables": {"curves": _curves(), "bounds": _bounds()}} | changed
    tree = run_tree(**parts)
    tree.attrs = {"config": config, "content_hash": "1234"}
    return tree


RUNS = {
    "all": _tree,
    "no models": lambda: _tree(models={}),
    "no bounds": lambda: _tree(tables={"curves": _curves()}),
    "no curves": lambda: _tree(tables={"bounds": _bounds()}),
    "other curves": lambda: _tree(tables={"curves": _curves().drop_vars("eta"), "bounds": _bounds()}),
    "nothing": lambda: _tree(models={}, tables={}),
}


def _figure(tree):
    (module,) = figures_of(tree)
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _line(panel, label):
    (line,) = (line for line in panel.lines if line.get_label() == label)
    return line


@pytest.mark.parametrize("name", RUNS)
def test_the_figure_applies_to_runs_with_curves_and_bounds(name):
    found = [module.__name__.rpartition(".")[2] for module in figures_of(RUNS[name]())]
    assert found == (["lensing_slip"] if name in ("all", "no models") else [])


def test_lines_are_the_curves_of_the_run():
    left, right = _figure(_tree()).axes
    for panel, name in ((left, "eta"), (right, "lens_over_dyn")):
        curves = _curves()
        lines = [line for line in panel.lines if len(line.get_xdata()) == SIGMA.size]
        for line, variant in zip(lines, VARIANTS, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), SIGMA)
            np.testing.assert_array_equal(line.get_ydata(), curves[name].sel(variant=variant))
        assert (panel.get_xscale(), panel.get_xlim()) == ("log", (1.0, 10.0))


def test_limits_stand_at_the_edge():
    for panel, limits in zip(_figure(_tree()).axes, ([2 / 3, 1.0], [5 / 6, 1.0]), strict=True):
        ends = [line.get_ydata()[0] for line in panel.lines if list(line.get_xdata()) == [0.985, 1.0]]
        assert ends == limits


def test_the_band_is_the_measured_slip_of_the_request():
    left, right = _figure(_tree()).axes
    (band,) = left.patches
    assert (band.get_y(), band.get_height()) == pytest.approx((0.85, 0.1))
    assert band.get_label() == r"$\eta = 0.9 \pm 0.05$, as quoted" and not right.patches


def test_clusters_are_marked_on_the_curve_as_far_as_it_goes():
    panel = _figure(_tree()).axes[0]
    wide = [line for line in panel.lines if line.get_linewidth() == 6.5]
    assert [line.get_xdata()[[0, -1]].tolist() for line in wide] == [
        pytest.approx([2.0, 5.0]),
        pytest.approx([4.0, 13.0]),
    ]
    x, y = wide[0].get_data()
    np.testing.assert_allclose(y, (2 * x - 1) / (3 * x - 2), atol=2e-3)
    beyond = wide[1].get_xdata() > 10.0
    assert np.isnan(wide[1].get_ydata()[beyond]).all() and (wide[1].get_ydata()[~beyond] == 1.0).all()
    assert wide[0].get_label().startswith("3 clusters by Σ,")


def test_a_run_without_models_marks_no_clusters():
    assert not [line for line in _figure(_tree(models={})).axes[0].lines if line.get_linewidth() == 6.5]


def test_the_same_run_gives_the_same_image(tmp_path):
    (module,) = figures_of(_tree())
    first, second = (draw(module, _tree(), tmp_path / folder, ["png"])[0] for folder in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_the_real_run_draws_it_by_itself(executed, loaded):
    from catalogs.fox2022 import Fox2022

    loaded(Fox2022())
    found = figures_of(executed("lensing_slip"))
    assert found[0].__name__.endswith("lensing_slip")
