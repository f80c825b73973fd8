"""The experiment sparc_hierarchical: the reference posteriors, the published values beside, and the figure of both."""

import json

import matplotlib
import numpy as np
import pytest

from analysis.figures import STYLE, draw, hyper_posterior
from analysis.posteriors import models_with_posterior
from solvers.errors import InvalidInput
from solvers.inference.marginal import Marginal

# pooled hier[166][...] and hier[175][...] of the reference values: means and standard deviations of μ, β and σ.
REFERENCE = {
    "paper_fraction": (
        (0.8049990616308733, 0.23949768953936434, 0.42945673837874976),
        (0.04092092996348849, 0.04050216410553942, 0.035622099537852496),
    ),
    "recommended_fraction": (
        (0.8891840597064276, 0.16200261547358574, 0.24790360503441622),
        (0.023597025555527805, 0.02343323047020085, 0.017902059025939235),
    ),
    "recommended_tabulated": (
        (0.9154545609120613, 0.16096071433887632, 0.24499383757026488),
        (0.02294788797983348, 0.022833690224284806, 0.017078861146174427),
    ),
}
ALL_GALAXIES = (
    (0.7931989325402948, 0.243394191579199, 0.41909899938418166),
    (0.03925486244114514, 0.038877934248318174, 0.03417574013194867),
)
NAMES = ["mu", "beta", "sigma"]


@pytest.fixture(scope="module")
def tree(executed, loaded):
    from catalogs.sparc import Sparc

    loaded(Sparc())
    return executed("sparc_hierarchical")


@pytest.fixture(scope="module")
def notes(tree):
    return " ".join(json.loads(tree.attrs["notes"]))


@pytest.fixture(scope="module")
def one_case(executed, tree):
    """All galaxies, in one case."""
    return executed("sparc_hierarchical", "catalog.drop_first=0", "sim.errors=[fraction]", "~baryons.recommended")


def test_every_case_has_its_posterior(tree):
    names = ["paper_fraction", "paper_tabulated", "recommended_fraction", "recommended_tabulated"]
    assert models_with_posterior(tree) == names
    assert tree["tables/hyper/case"].values.tolist() == names
    assert tree["tables/hyper/n_galaxies"].values.tolist() == [116] * 4


@pytest.mark.parametrize("case", REFERENCE)
def test_posteriors_are_those_of_the_reference(tree, case):
    mean, sd = REFERENCE[case]
    model, row = tree[f"models/{case}"].to_dataset(), tree["tables/hyper"].to_dataset().set_coords("case")
    np.testing.assert_allclose(model["posterior_mean"].values, mean, atol=1e-4)
    np.testing.assert_allclose(model["posterior_sd"].values, sd, atol=2e-5)
    row = row.sel(case=case)
    assert [row[name].item() for name in NAMES] == model["posterior_mean"].values.tolist()
    assert model["param"].values.tolist() == NAMES
    assert bool(model["posterior_converged"])
    total = model["posterior_density"]
    for name in NAMES:
        total = total.integrate(name)
    assert total.item() == pytest.approx(1.0, abs=1e-12)


def test_the_whole_table_1_has_four_galaxies_more(one_case):
    mean, sd = ALL_GALAXIES
    model = one_case["models/paper_fraction"].to_dataset()
    np.testing.assert_allclose(model["posterior_mean"].values, mean, atol=1e-4)
    np.testing.assert_allclose(model["posterior_sd"].values, sd, atol=2e-5)
    assert one_case["tables/hyper/n_galaxies"].values.tolist() == [120]
    assert "catalog.drop_first=9 repeats" in one_case.attrs["notes"]


def test_published_values_and_errors_are_beside(tree):
    table = tree["tables/published"].to_dataset()
    assert table["printed"].values.tolist() == [0.802, 0.234, 0.366]
    assert table["printed_sd"].values.tolist() == [0.021, 0.024, 0.028]
    np.testing.assert_allclose(table["ratio_of_errors"], [0.5, 0.6, 0.8], atol=0.05)
    np.testing.assert_allclose(table["off"], [-0.07, -0.14, -1.78], atol=0.01)
    np.testing.assert_allclose(table["low"], [0.725, 0.160, 0.364], atol=0.002)
    np.testing.assert_allclose(table["high"], [0.885, 0.320, 0.506], atol=0.002)
    assert tree["tables/hyper/p_rising"].values[0] > 0.99999


def test_classes_that_are_printed_are_not_on_the_printed_line(tree, notes):
    table = tree["tables/classes"].to_dataset()
    assert table["n_galaxies"].values.tolist() == [25, 37, 28, 21, 5]
    np.testing.assert_allclose(table["p_of_printed_line"], [0.490785, 0.695904, 0.901023, 1.10614, 1.31126], atol=1e-5)
    assert table["printed"].values.tolist() == [0.49, 0.61, 0.72, 0.90, 1.31]
    np.testing.assert_allclose(table["p"], [0.486, 0.696, 0.906, 1.116, 1.326], atol=1e-3)
    assert np.flatnonzero(np.abs(table["off"]) > 0.006).tolist() == [1, 2, 3]
    assert "late 0.61 (line: 0.70), intermediate 0.72 (line: 0.90), early spiral 0.90 (line: 1.11)" in notes
    assert "rises by 0.205 from class to class" in notes
    assert "S0 to Sa galaxies: 5; SI §14.6 has 6" in notes


def test_notes_say_which_sample_it_is(notes):
    assert (
        "116 galaxies with at least 10 points at R > 0.5 kpc, of the 166 that are left without the first nine" in notes
    )
    assert "catalog.drop_first=0 takes them all" in notes
    assert "(0.5 times the error here, -0.1 sd off)" in notes
    assert "from 0.161 (recommended_tabulated) to 0.239 (paper_fraction)" in notes


def test_galaxies_have_classes_and_exponents_of_their_own(tree):
    codes = tree["data/morphology_class"].values
    exponent = tree["models/paper_fraction/galaxy_exponent"].values
    taken = np.isfinite(exponent)
    assert np.bincount(codes[taken]).tolist() == [25, 37, 28, 21, 5]
    assert exponent[taken].min() == 0.1 and exponent[taken].max() == 3.0
    assert codes[tree["data/name"].values == "NGC2403"].item() == 1


def test_a_finer_grid_gives_the_same(executed, one_case):
    fine = executed(
        "sparc_hierarchical",
        "catalog.drop_first=0",
        "sim.errors=[fraction]",
        "~baryons.recommended",
        "sim.points=41",
    )
    a, b = (each["tables/published"].to_dataset() for each in (one_case, fine))
    for name in ("mean", "sd", "low", "high"):
        np.testing.assert_allclose(a[name], b[name], atol=3e-4)


def test_the_kernel_and_the_prior_are_those_of_the_configuration(executed, one_case):
    small = ["catalog.drop_first=0", "sim.errors=[fraction]", "~baryons.recommended"]
    stronger = executed("sparc_hierarchical", *small, "kernel.params.amplitude=1.2")
    narrow = executed("sparc_hierarchical", *small, "prior.beta_sd=0.01")
    mean = [each["models/paper_fraction/posterior_mean"].values for each in (one_case, stronger, narrow)]
    assert abs(mean[1][0] - mean[0][0]) > 0.1
    assert mean[2][1] < 0.1 < mean[0][1]


def test_quantiles_of_a_gaussian_on_few_points():
    axis = np.linspace(-5.5, 5.5, 21)
    found = Marginal(axis, np.exp(-0.5 * axis**2))
    np.testing.assert_allclose(found.quantiles([0.025, 0.16, 0.5]), [-1.95996, -0.99446, 0.0], atol=2e-3)
    assert found.above(1.0) == pytest.approx(0.158655, abs=3e-4)
    assert (found.above(-9.0), found.above(9.0)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("axis", "density", "words"),
    [
        ([0.0, 1.0, 1.0, 2.0], np.ones(4), "must be at least four increasing numbers"),
        ([0.0, 1.0, 2.0], np.ones(3), "must be at least four increasing numbers"),
        ([0.0, 1.0, 2.0, 3.0], np.ones(3), "a density at each"),
        ([0.0, 1.0, 2.0, 3.0], np.zeros(4), "above 0 somewhere"),
        ([0.0, 1.0, 2.0, 3.0], np.array([1.0, -1.0, 1.0, 1.0]), "must be >= 0"),
    ],
)
def test_no_marginal_of_nothing(axis, density, words):
    with pytest.raises(InvalidInput, match=words):
        Marginal(np.array(axis), density)


def test_the_figure_marks_what_was_published(tree, one_case, tmp_path):
    assert hyper_posterior.applies(tree) and hyper_posterior.applies(one_case)
    with matplotlib.rc_context(fname=STYLE):
        figure = hyper_posterior.draw(tree)
    assert len(figure.axes) == 6
    marginals = [figure.axes[i] for i in (0, 2, 5)]
    for panel, value in zip(marginals, (0.802, 0.234, 0.366), strict=True):
        *curves, line = panel.lines
        assert len(curves) == 4
        assert list(line.get_xdata()) == [value, value]
        assert panel.get_xlim()[0] < value < panel.get_xlim()[1]
    pair = figure.axes[1]
    (point, *_) = pair.containers[0].lines
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (0.802, 0.234)
    axis, density = (marginals[0].lines[0].get_data()[i] for i in (0, 1))
    assert axis[np.argmax(density)] == pytest.approx(0.805, abs=0.01)
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "published"
    (path,) = draw(hyper_posterior, tree, tmp_path, ("png",))
    assert path.name == "hyper_posterior.png" and path.stat().st_size > 10_000


def test_regions_hold_their_share_of_the_mass(tree):
    density = hyper_posterior._densities(tree)["paper_fraction"]
    _, values = density.along("mu", "beta")
    for height, share in zip(hyper_posterior._heights(values), (0.954, 0.683), strict=True):
        assert values[values > height].sum() / values.sum() == pytest.approx(share, abs=2e-3)


REFUSED = {
    "other errors": ("sim.errors=[ten]", "sim.errors='ten': must be of fraction, tabulated"),
    "errors as a word": ("sim.errors=fraction", "sim.errors='fraction': must be a list of fraction, tabulated"),
    "no errors": ("sim.errors=[]", "sim.errors=[]: must be a list of"),
    "an even grid": ("sim.points=20", "points=20: must be odd and >= 13"),
    "a scan": ("kernel.params.l0={scan: [1, 5]}", "kernel.params.l0: give a number"),
    "no galaxy long enough": ("catalog.galaxies=[UGC07866]", "catalog: no galaxy has 10 points beyond 0.5 kpc"),
    "one class": ("catalog.galaxies=[NGC2403]", "classes: all are equal, there is no slope to find"),
    "another kiloparsec": ("sim.kiloparsec=mine", "sim.kiloparsec='mine': must be one of"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_answered_is_one_line(executed, tree, name):
    override, words = REFUSED[name]
    with pytest.raises(InvalidInput) as error:
        executed("sparc_hierarchical", override)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_kernel_without_an_exponent_is_refused(executed, tree):
    with pytest.raises(InvalidInput, match="kernel: must be a power-law kernel with an exponent p"):
        executed("sparc_hierarchical", "~kernel", "+kernel={_target_: solvers.galaxies.base.Newtonian}")
