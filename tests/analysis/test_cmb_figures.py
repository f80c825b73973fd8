"""Figures of the CMB: what they apply to, and that what they draw are the numbers of the run."""

import matplotlib
import numpy as np
import pytest
import xarray as xr

from analysis.figures import STYLE, draw, figures_of
from analysis.figures.bandpowers import Groups
from outputs.tree import run_tree, scalar, variable

CONFIG = "models: {camb: {label: CAMB's}, modes: {label: sum of modes}, other: {label: another}}\n"
ELL = np.arange(2, 401)
FIGURES = ("cmb_spectrum", "cmb_ratios", "cmb_polarization", "coherence_scaling")


def _rows(*spectra, d_ell=None, n=90):
    """Band powers at every fourth multipole, by default 100 μK² each."""
    ell = np.tile(np.arange(20.0, 20.0 + 4 * n, 4.0), len(spectra))
    values = np.full(ell.size, 100.0) if d_ell is None else d_ell
    error = np.linspace(2.0, 4.0, ell.size)
    columns = {
        "spectrum": variable("row", np.repeat(spectra, n), "", "spectrum"),
        "ell": variable("row", ell, "", "multipole"),
        "bandpower": variable("row", values / ell, "uK2", "band power"),
        "bandpower_err": variable("row", error / ell, "uK2", "its error"),
        "d_ell": variable("row", values, "uK2", "D_ell"),
        "d_ell_err": variable("row", error, "uK2", "its error"),
    }
    return xr.Dataset(columns, attrs={"title": "Made-up band powers"})


def _model(*spectra, height=100.0, **scalars):
    curves = {f"d_ell_{name}": variable("ell", height + 0.1 * ELL, "uK2", "D_ell") for name in spectra}
    numbers = {name: scalar(value, "", name) for name, value in scalars.items()}
    return xr.Dataset({"ell": variable("ell", ELL, "", "multipole")} | curves | numbers)


def _modes(**scalars):
    centres, heights = variable("mode", [100.0, 250.0], "", "centre"), variable("mode", [150.0, 120.0], "uK2", "height")
    return _model("TT", height=900.0, **scalars).assign(mode_ell=centres, mode_height=heights)


def _scanned():
    return _model().assign(d_ell_TT=variable(("x", "ell"), np.ones((3, ELL.size)), "uK2", "D_ell"))


def _peaks(sources=("targets", "planck", "modes")):
    n = len(sources)
    numbers = 100.0 + np.arange(2.0 * n).reshape(n, 2)
    error = np.where((np.array(sources) == "planck")[:, np.newaxis], 3.0, np.nan) * np.ones((n, 2))
    dims = ("source", "peak")
    return xr.Dataset(
        {
            "source": variable("source", list(sources), "", "source"),
            "peak": variable("peak", [1, 2], "", "peak"),
            "ell": variable(dims, numbers, "", "multipole"),
            "height": variable(dims, 2.0 * numbers, "uK2", "height"),
            "height_err": variable(dims, error, "uK2", "error"),
        }
    )


def _ratios():
    sources = ["targets", "planck", "modes", "camb", "other"]
    ratio = np.array([[2.4, 2.3], [2.2, 2.0], [2.5, 2.25], [2.21, 2.05], [2.6, np.nan]])
    error = np.where((np.array(sources) == "planck")[:, np.newaxis], 0.02, np.nan) * np.ones((5, 2))
    return xr.Dataset(
        {
            "source": variable("source", sources, "", "source"),
            "pair": variable("pair", ["P1/P2", "P3/P4"], "", "pair"),
            "ratio": variable(("source", "pair"), ratio, "", "ratio"),
            "ratio_err": variable(("source", "pair"), error, "", "error"),
        }
    )


def _scaling(error=np.nan):
    columns = {"size": [0.02, 1.0, 400.0], "length": [0.005, 0.2, 60.0], "residual": [0.01, -0.02, 0.01]}
    data = xr.Dataset({name: variable("structure", values, "Mpc", name) for name, values in columns.items()})
    data = data.assign(structure=variable("structure", ["galaxy", "cluster", "sky"], "", "structure"))
    numbers = {"slope": 0.9487, "slope_err": error, "length_at_1_mpc": 0.2028}
    fit = xr.Dataset({name: scalar(value, "", name) for name, value in numbers.items()})
    return data, {"power_law": fit}


def _tree(data=None, models=None, tables=None):
    tree = run_tree(data=data, models=models, tables=tables)
    tree.attrs = {"config": CONFIG, "content_hash": "1234"}
    return tree


ALL = ("TT", "EE", "TE", "BB")
POLARISED = {"camb": _model(*ALL)}
RUNS = {
    "peaks": (_rows("TT"), {"modes": _modes(), "camb": _model(*ALL, rdrag=147.0), "other": _model("TT")}, True),
    "spectrum": (_rows("TT"), {"modes": _modes(chi2=9.0), "camb": _model("TT", chi2=2.0)}, False),
    "polarisation": (_rows("TE", "EE"), POLARISED, False),
    "all spectra": (_rows("TT", "TE", "EE"), POLARISED, False),
    "scaling": (*_scaling(), False),
    "scanned": (_rows("TT"), {"modes": _scanned()}, False),
    "no BB": (_rows("EE"), {"camb": _model("EE", "TE")}, False),
    "no EE data": (_rows("TT"), {"camb": _model("EE", "TE", "BB")}, False),
    "no data": (None, POLARISED, False),
    "no models": (_rows("TT", "EE"), {}, False),
    "another power law": (_rows("TT"), {"power_law": _model(slope=1.0)}, False),
}
EXPECTED = {
    "peaks": ["cmb_spectrum", "cmb_ratios"],
    "spectrum": ["cmb_spectrum"],
    "polarisation": ["cmb_polarization"],
    "all spectra": ["cmb_spectrum", "cmb_polarization"],
    "scaling": ["coherence_scaling"],
}


def _run(name):
    data, models, has_tables = RUNS[name]
    return _tree(data, models, {"peaks": _peaks(), "ratios": _ratios()} if has_tables else None)


def _figure(tree, name):
    (module,) = (m for m in figures_of(tree) if m.__name__.endswith(name))
    with matplotlib.rc_context(fname=STYLE):
        return module.draw(tree)


def _legend(figure):
    """Labels of the figure's legend in one line each."""
    (legend,) = figure.legends
    return [" ".join(text.get_text().split()) for text in legend.get_texts()]


def _line(panel, label):
    (line,) = (line for line in panel.lines if line.get_label() == label)
    return line


def _points(panel, number=0):
    """The middle of error bars and their half lengths."""
    line, _, (bars,) = panel.containers[number].lines
    half = [0.5 * (ends[1, 1] - ends[0, 1]) for ends in bars.get_segments()]
    return line.get_xdata(), line.get_ydata(), np.array(half)


@pytest.mark.parametrize("name", RUNS)
def test_the_figures_of_a_run_are_those_it_has_the_numbers_for(name):
    names = [module.__name__.rpartition(".")[2] for module in figures_of(_run(name))]
    assert [each for each in names if each in FIGURES] == EXPECTED.get(name, [])


def test_they_do_not_apply_to_supernovae(executed):
    tree = executed("pantheon_baryons", "profile_points=9")
    assert not {module.__name__.rpartition(".")[2] for module in figures_of(tree)} & set(FIGURES)


@pytest.mark.parametrize(("name", "figure"), [(name, each) for name, listed in EXPECTED.items() for each in listed])
def test_the_same_run_gives_the_same_image(tmp_path, name, figure):
    (module,) = (m for m in figures_of(_run(name)) if m.__name__.endswith(figure))
    first, second = (draw(module, _run(name), tmp_path / folder, ["png"])[0] for folder in "ab")
    assert first.name == f"{figure}.png"
    assert first.read_bytes() == second.read_bytes()


def test_groups_are_weighted_means_of_consecutive_rows():
    error = np.array([1.0, 2.0, 1.0, 1.0, 5.0])
    groups = Groups(error, 3)
    np.testing.assert_allclose(groups.mean(np.array([1.0, 6.0, 4.0, 8.0, 7.0])), [2.0, 6.0, 7.0])
    np.testing.assert_allclose(groups.error, [1.25**-0.5, 2.0**-0.5, 5.0])


def test_few_rows_stay_as_they_are():
    rows = _rows("TT", n=100)
    groups = Groups(rows["d_ell_err"].values, 80)
    np.testing.assert_allclose(groups.mean(rows["ell"].values), rows["ell"], rtol=1e-14)
    np.testing.assert_allclose(groups.error, rows["d_ell_err"], rtol=1e-14)


def test_the_spectrum_shows_data_curves_and_peaks_as_the_run_has_them():
    tree = _run("peaks")
    figure = _figure(tree, "cmb_spectrum")
    upper, lower = figure.axes
    assert sorted(_legend(figure)) == [
        "CAMB's",
        "Made-up band powers, TT: N = 90",
        "another",
        "measured peak heights",
        "sum of modes",
        "sum of modes: amplitudes of its modes, which the source calls peaks",
        "targets of the source",
    ]
    assert (upper.get_yscale(), upper.get_ylabel()) == ("log", r"$D_\ell^{TT}$ [μK²]")
    assert lower.get_xlabel() == "multipole ℓ"
    for drawn, column in zip(_points(upper), ("ell", "d_ell", "d_ell_err"), strict=True):
        np.testing.assert_allclose(drawn, tree["data"][column], rtol=1e-12)
    for name, label in (("camb", "CAMB's"), ("modes", "sum of modes"), ("other", "another")):
        np.testing.assert_array_equal(_line(upper, label).get_ydata(), tree[f"models/{name}/d_ell_TT"])
    peaks = tree["tables/peaks"].to_dataset()
    for drawn, column in zip(_points(upper, 1), ("ell", "height", "height_err"), strict=True):
        np.testing.assert_allclose(drawn, peaks[column].sel(source="planck"), rtol=1e-12)
    targets = _line(upper, "targets of the source")
    np.testing.assert_array_equal(targets.get_ydata(), peaks["height"].sel(source="targets"))
    modes = _line(upper, "sum of modes: amplitudes of its modes, which the source calls peaks")
    np.testing.assert_array_equal(modes.get_xdata(), [100.0, 250.0])
    np.testing.assert_array_equal(modes.get_ydata(), [150.0, 120.0])


def test_nothing_is_outside_of_the_spectrum_s_panels():
    figure = _figure(_run("peaks"), "cmb_spectrum")
    for panel in figure.axes:
        low, high = panel.get_ylim()
        assert all(low <= np.min(line.get_ydata()) and np.max(line.get_ydata()) <= high for line in panel.lines)


def test_residuals_are_to_the_boltzmann_code_where_there_is_no_chi2():
    tree = _run("peaks")
    _, lower = _figure(tree, "cmb_spectrum").axes
    data = tree["data"].to_dataset()
    ell, residual, half = _points(lower)
    np.testing.assert_allclose(residual, (100.0 - (100.0 + 0.1 * ell)) / data["d_ell_err"], rtol=1e-10)
    np.testing.assert_allclose(half, 1.0)
    assert lower.get_ylabel() == "minus CAMB's\n[σ of a point, log beyond 5]"
    curve = lower.lines[1]  # of the sum of modes, 800 above
    assert (curve.get_xdata()[0], curve.get_xdata()[-1]) == (ell[0], ell[-1])
    np.testing.assert_allclose(curve.get_ydata()[::4], 800.0 / data["d_ell_err"], rtol=1e-10)


def test_residuals_are_to_the_lowest_chi2_and_those_of_the_run():
    tree = _run("spectrum")
    residual = np.linspace(-1.0, 1.0, 2 * 90).reshape(2, 90)
    rows = (
        tree["data"]
        .to_dataset()
        .assign(
            model=variable("model", ["modes", "camb"], "", "model"),
            residual=variable(("model", "row"), residual, "uK2", "residual"),
        )
    )
    run = _tree(rows, RUNS["spectrum"][1])
    figure = _figure(run, "cmb_spectrum")
    assert figure.axes[1].get_ylabel().startswith("minus CAMB's")
    np.testing.assert_allclose(_points(figure.axes[1])[1], residual[1] / rows["bandpower_err"], rtol=1e-12)
    assert _legend(figure) == ["Made-up band powers, TT: N = 90", "sum of modes, χ² = 9.0", "CAMB's, χ² = 2.0"] + [
        "sum of modes: amplitudes of its modes, which the source calls peaks"
    ]


def test_many_rows_are_grouped_and_the_legend_says_so():
    tree = _tree(_rows("TT", n=95 * 3), {"camb": _model("TT")})
    figure = _figure(tree, "cmb_spectrum")
    assert "Made-up band powers, TT: N = 285, in 72 groups" in _legend(figure)
    assert _points(figure.axes[0])[0].size == 72


def test_points_that_a_logarithm_cannot_show_are_counted():
    d_ell = np.full(90, 50.0)
    d_ell[[3, 70]] = -4.0
    figure = _figure(_tree(_rows("TT", d_ell=d_ell), {"camb": _model("TT")}), "cmb_spectrum")
    assert [text.get_text() for text in figure.axes[0].texts] == ["2 of 90 points are not above zero and not shown"]
    assert _points(figure.axes[0])[0].size == 88


def test_the_ratios_are_those_of_the_table_side_by_side():
    tree = _run("peaks")
    figure = _figure(tree, "cmb_ratios")
    (panel,) = figure.axes
    ratios = tree["tables/ratios"].to_dataset()
    labels = {
        "planck": "Made-up",
        "targets": "targets of the source",
        "modes": "sum of modes, amplitudes of its modes",
        "camb": "CAMB's",
        "other": "another (no P3/P4)",
    }
    assert set(_legend(figure)) == {*labels.values(), "Made-up ± 1σ"}
    places = [_points(panel, 0)[0]]
    np.testing.assert_allclose(_points(panel, 0)[1], ratios["ratio"].sel(source="planck"))
    np.testing.assert_allclose(_points(panel, 0)[2], 0.02)
    for source in list(labels)[1:]:
        line = _line(panel, labels[source])
        np.testing.assert_array_equal(line.get_ydata(), ratios["ratio"].sel(source=source))
        places.append(line.get_xdata())
        assert line.get_alpha() == {"modes": 1.0, "camb": 1.0, "other": 0.45}.get(source)
    assert len({x for pair in places for x in pair}) == 10
    np.testing.assert_array_equal(np.round(places), np.tile([0.0, 1.0], (5, 1)))
    np.testing.assert_allclose([bar.get_height() for bar in panel.patches], 0.04)
    assert [label.get_text() for label in panel.get_xticklabels()] == ["P1/P2", "P3/P4"]


def test_polarisation_has_a_panel_for_each_spectrum():
    figure = _figure(_run("polarisation"), "cmb_polarization")
    assert [panel.get_yscale() for panel in figure.axes] == ["log", "linear", "log"]
    assert [panel.get_ylabel() for panel in figure.axes] == [rf"$D_\ell^{{{s}}}$ [μK²]" for s in ("EE", "TE", "BB")]
    assert _legend(figure) == [f"Made-up band powers, {s}: N = 90, in 45 groups" for s in ("EE", "TE")] + ["CAMB's"]
    for panel, spectrum in zip(figure.axes, ("EE", "TE", "BB"), strict=True):
        np.testing.assert_array_equal(_line(panel, "CAMB's").get_ydata(), POLARISED["camb"][f"d_ell_{spectrum}"].values)
    rows = _rows("TE", "EE")
    both = Groups(rows["d_ell_err"].values[90:], 45)
    np.testing.assert_allclose(_points(figure.axes[0])[2], both.error, rtol=1e-12)
    assert [text.get_text() for text in figure.axes[2].texts] == ["no band powers in this run"]


def test_a_spectrum_that_is_zero_is_said_to_be():
    none = _model(*ALL)
    none["d_ell_BB"] = variable("ell", np.zeros(ELL.size), "uK2", "D_ell")
    figure = _figure(_tree(_rows("EE"), {"camb": none}), "cmb_polarization")
    texts = [text.get_text() for text in figure.axes[2].texts]
    assert texts == ["no band powers in this run", "CAMB's: BB = 0"]
    assert _legend(figure)[1:] == ["CAMB's"]
    assert not figure.axes[2].lines


def test_models_of_one_label_are_all_in_the_legend():
    models = {"camb": _model(*ALL), "copy": _model(*ALL, height=50.0)}
    run = _tree(_rows("TE", "EE"), models)
    run.attrs["config"] = CONFIG.replace("other: {label: another}", "copy: {label: CAMB's}")
    assert _legend(_figure(run, "cmb_polarization"))[2:] == ["CAMB's", "CAMB's"]


@pytest.mark.parametrize(("error", "slope"), [(np.nan, "0.949"), (0.012, r"0.949\pm0.012")])
def test_the_power_law_goes_through_its_numbers(error, slope):
    data, models = _scaling(error)
    upper, lower = _figure(_tree(data, models), "coherence_scaling").axes
    (text,) = (text.get_text() for text in upper.get_legend().get_texts())
    assert text == (
        rf"$\ell_0 = 0.203\,\mathrm{{Mpc}}\,(R/\mathrm{{Mpc}})^{{{slope}}}$" + "\n3 points over 4.3 decades in $R$"
    )
    line, points = upper.lines
    np.testing.assert_allclose(line.get_ydata(), 0.2028 * line.get_xdata() ** 0.9487)
    np.testing.assert_array_equal(points.get_xydata(), np.column_stack([data["size"], data["length"]]))
    np.testing.assert_array_equal(lower.lines[1].get_ydata(), data["residual"])
    assert [text.get_text() for text in upper.texts] == ["galaxy", "cluster", "sky"]
    assert (upper.get_xscale(), upper.get_yscale(), lower.get_xlabel()) == ("log", "log", "size $R$ [Mpc]")
