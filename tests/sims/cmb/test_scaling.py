"""The coherence length against the size of a structure: one power law through the source's three points."""

import numpy as np
import pytest

from solvers.errors import InvalidInput

NAMES = ("galaxy", "cluster", "cmb")
SIZE, LENGTH = np.array([0.02, 1.0, 400.0]), np.array([0.005, 0.2, 60.0])


@pytest.fixture(scope="module")
def tree(executed):
    return executed("coherence_scaling")


def test_the_slope_is_that_of_the_specification_and_of_a_polynomial_fit(tree):
    model = tree["models/power_law"].to_dataset()
    slope, intercept = np.polyfit(np.log(SIZE), np.log(LENGTH), 1)
    assert model["slope"].item() == pytest.approx(0.94872, abs=1e-5)
    assert model["slope"].item() == pytest.approx(slope, rel=1e-12)
    assert model["length_at_1_mpc"].item() == pytest.approx(0.2028, abs=5e-5)
    assert model["length_at_1_mpc"].item() == pytest.approx(np.exp(intercept), rel=1e-12)
    assert model["length_at_1_mpc"].attrs["units"] == "Mpc"
    assert model["decades"].item() == pytest.approx(4.30, abs=0.005)


def test_one_degree_of_freedom_gives_no_error(tree, notes_of):
    model = tree["models/power_law"].to_dataset()
    assert model["scaling_dof"].item() == 1
    assert np.isnan(model["slope_err"].item())
    assert not {"chi2", "converged"} & set(model.data_vars)
    assert "comparison" not in tree.children


def test_residuals_and_points_are_kept(tree):
    data = tree["data"].to_dataset()
    assert list(data["structure"].values) == ["galaxy", "cluster", "cmb"]
    np.testing.assert_array_equal(data["size"], SIZE)
    np.testing.assert_array_equal(data["length"], LENGTH)
    model = tree["models/power_law"].to_dataset()
    fit = model["length_at_1_mpc"].item() * SIZE ** model["slope"].item()
    np.testing.assert_allclose(data["residual"], np.log(LENGTH / fit), rtol=1e-10)
    assert data["residual"].sum().item() == pytest.approx(0.0, abs=1e-12)


def test_the_published_slope_is_that_of_galaxy_and_cluster_alone(tree):
    table = tree["tables/pairs"].to_dataset()
    pairs = dict(zip(table["pair"].values, table["slope"].values, strict=True))
    expected = {"galaxy to cluster": 0.943, "galaxy to cmb": 0.948, "cluster to cmb": 0.952}
    assert list(pairs) == list(expected)
    for pair, slope in expected.items():
        assert pairs[pair] == pytest.approx(slope, abs=5e-4), pair


def test_what_is_printed_says_where_the_source_differs(tree, notes_of):
    first, second, third = notes_of(tree)
    assert first.startswith("Slope 0.94872, l0(1 Mpc) = 0.2028 Mpc; the source prints 0.94, which this fit does not")
    assert "leave 1 degree of freedom" in second
    assert "no measure of significance" in second
    assert third == "The sizes span 4.30 decades; the source says 8."


def test_a_slope_that_rounds_to_the_published_one_is_not_blamed(executed, notes_of):
    first = notes_of(executed("coherence_scaling", "sim.published_slope=0.95"))[0]
    assert first == "Slope 0.94872, l0(1 Mpc) = 0.2028 Mpc; the source prints 0.95."


def test_a_fourth_point_gives_an_error(executed, notes_of):
    tree = executed("coherence_scaling", "+points.group={size: 10.0, length: 2.5}")
    model = tree["models/power_law"].to_dataset()
    x, y = np.log([*SIZE, 10.0]), np.log([*LENGTH, 2.5])
    (slope, _), covariance = np.polyfit(x, y, 1, cov="unscaled")
    residual = y - np.polyval(np.polyfit(x, y, 1), x)
    assert model["slope"].item() == pytest.approx(slope, rel=1e-12)
    assert model["slope_err"].item() == pytest.approx(np.sqrt(covariance[0, 0] * (residual**2).sum() / 2), rel=1e-9)
    assert tree["tables/pairs"].sizes["pair"] == 6
    assert notes_of(tree, "leave 2 degrees of freedom")


def test_points_on_a_power_law_give_its_exponent(executed):
    points = [f"points.{name}.length={3.0 * size**0.7:.15g}" for name, size in zip(NAMES, SIZE, strict=True)]
    model = executed("coherence_scaling", *points)["models/power_law"]
    assert model["slope"].item() == pytest.approx(0.7, rel=1e-12)
    assert model["length_at_1_mpc"].item() == pytest.approx(3.0, rel=1e-12)


REFUSED = {
    "points.cmb.size=-1": "points.cmb.size=-1: must be a number > 0 (Mpc)",
    "points.cmb.length=0": "points.cmb.length=0: must be a number > 0 (Mpc)",
    "points.cmb.size=null": "points.cmb.size=None: must be a number > 0 (Mpc)",
    "points.cmb.size=large": "points.cmb.size=large: must be a number > 0 (Mpc)",
    "points.cmb.size=true": "points.cmb.size=True: must be a number > 0 (Mpc)",
    "~points.cmb.length": "points.cmb.length=None: must be a number > 0 (Mpc)",
    "points.cmb=3": "points.cmb.size=None: must be a number > 0 (Mpc)",
    "+points.cmb.lenght=3": "points.cmb.lenght: unknown key; did you mean length?",
    "points.cmb.size=1.0": "size=[0.02, 1.0, 1.0]: must all be different",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_cannot_be_answered_is_one_line(executed, override):
    with pytest.raises(InvalidInput) as refused:
        executed("coherence_scaling", override)
    assert str(refused.value) == REFUSED[override]
    assert refused.value.exit_code == 2


def test_one_point_is_no_line(executed):
    with pytest.raises(InvalidInput, match="at least two systems"):
        executed("coherence_scaling", "~points.cmb", "~points.cluster")
