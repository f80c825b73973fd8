"""Tables of mean convergences: against Einstein radii without tables, and in NumPy and JAX alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.clusters.kernels import Window
from solvers.clusters.population.einstein_angle import einstein_angle
from solvers.clusters.population.lenses import Cluster, LensSettings, checked_clusters
from solvers.clusters.population.references import baryon_angle, mond_angle
from solvers.clusters.population.synthetic import direct_angle
from solvers.clusters.population.tables import TableGrid, convergence_tables, hermite
from solvers.errors import InvalidInput

TOYS = ((1.0e15, 0.20, 1.5), (1.5e15, 0.40, 2.0), (2.0e15, 0.55, 3.0))
# Einstein angles of the reference file, A = 4.6, ℓ0 = 200 kpc: baryons, interior, rising
REFERENCE = {0: (3.5672313111, 16.5196510595, 3.60981514997)}
PUBLISHED = LensSettings(constants="published")
LENSES = tuple(PUBLISHED.lens(*toy) for toy in TOYS)


@pytest.fixture(scope="module")
def tables():
    return {shape: convergence_tables(LENSES, Window(shape=shape)) for shape in ("interior", "rising")}


@pytest.mark.parametrize(
    ("amplitude", "shape", "column"), [(0.0, "interior", 0), (4.6, "interior", 1), (4.6, "rising", 2)]
)
def test_the_toy_has_the_angles_of_the_reference(tables, amplitude, shape, column):
    # the reference starts its integral at 0.05 kpc, worth 2e-6 of the baryons alone
    found = einstein_angle(tables[shape], 0, amplitude, 200.0)
    assert found == pytest.approx(REFERENCE[0][column], rel=3e-6)


@pytest.mark.parametrize("shape", ["interior", "rising"])
def test_tables_give_the_angle_without_tables_to_1e_7(tables, shape):
    rng = np.random.default_rng(3)
    off = []
    for _ in range(24):
        row = int(rng.integers(3))
        amplitude, ell0 = rng.uniform(0.0, 12.0), 200.0 * np.exp(0.7 * rng.normal())
        q, kappa = rng.uniform(0.7, 1.4), rng.normal(0.0, 0.05)
        exact = direct_angle(LENSES[row], amplitude, Window(shape=shape, ell0=ell0), q, kappa)
        off.append(float(einstein_angle(tables[shape], row, amplitude, ell0, q, kappa)) / exact - 1.0)
    assert np.abs(off).max() < 1e-7


def test_the_error_of_the_tables_falls_with_the_fourth_power_of_the_step():
    points = [(a, e) for a in (1.0, 4.6, 9.0) for e in (93.0, 137.0, 211.0, 420.0)]
    exact = np.array([direct_angle(LENSES[1], a, Window(ell0=e)) for a, e in points])
    worst = []
    for n in (20, 40, 80):
        tables = convergence_tables(LENSES[1:2], Window(), TableGrid(n_u=n, n_ell0=n))
        found = einstein_angle(tables, 0, *np.transpose(points))
        worst.append(np.abs(found / exact - 1.0).max())
    assert worst[0] > 8.0 * worst[1] > 64.0 * worst[2]


def test_slopes_in_the_tables_are_those_of_the_values(tables):
    each = tables["interior"]
    for axis, slope in ((1, 1), (0, 2)):
        grid = each.ln_u if axis == 1 else each.ln_ell0
        step = grid[1] - grid[0]
        numeric = np.gradient(each.windowed[1, 0], step, axis=axis, edge_order=2)
        inner = (slice(5, -5), slice(5, -5))
        np.testing.assert_allclose(each.windowed[1, slope][inner], numeric[inner], atol=4e-3)
    numeric = np.gradient(each.windowed[1, 2], each.ln_u[1] - each.ln_u[0], axis=1, edge_order=2)
    np.testing.assert_allclose(each.windowed[1, 3][5:-5, 5:-5], numeric[5:-5, 5:-5], atol=4e-3)
    assert (each.baryons[:, 1] < 0).all()


@given(st.floats(0.0, 1.0), st.lists(st.floats(-3.0, 3.0), min_size=4, max_size=4))
def test_hermite_is_exact_for_cubics(t, c):
    value = np.polynomial.Polynomial(c)
    slope = value.deriv()
    found = hermite(t, 2.0, (value(1.0), value(3.0)), (slope(1.0), slope(3.0)))
    assert found == pytest.approx(value(1.0 + 2.0 * t), abs=1e-11)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 12.0), st.floats(50.0, 900.0), st.floats(0.7, 1.4), st.floats(-0.15, 0.15))
def test_more_of_anything_that_lenses_gives_a_larger_angle(tables, amplitude, ell0, q, kappa):
    def angle(a, e, r, k):
        return float(einstein_angle(tables["interior"], 1, a, e, r, k))

    here = angle(amplitude, ell0, q, kappa)
    assert angle(amplitude + 0.1, ell0, q, kappa) > here
    assert angle(amplitude, 1.05 * ell0, q, kappa) > here
    assert angle(amplitude, ell0, q, kappa + 0.01) > here
    assert angle(amplitude, ell0, 1.01 * q, kappa) > here


def test_amplitudes_below_zero_count_as_zero_and_what_is_lacking_is_told_apart(tables):
    each = tables["interior"]
    none = einstein_angle(each, 0, [-3.0, 0.0], 200.0)
    assert none[0] == none[1]
    assert none[0] == pytest.approx(baryon_angle(LENSES[0]), rel=1e-7)
    ell0, kappa = [200.0, 200.0, 200.0, 1.0, 1e5, -1.0], [1.0, 1.5, -1e4, 0.0, 0.0, 0.0]
    lost = einstein_angle(each, 0, 4.6, ell0, 1.0, kappa)
    np.testing.assert_array_equal(lost, [np.inf, np.inf, -np.inf, np.nan, np.nan, np.nan])
    short = convergence_tables(LENSES[:1], Window(), TableGrid(u_max=40.0))
    assert einstein_angle(short, 0, 4.6, 200.0) == np.inf
    assert np.isnan(baryon_angle(PUBLISHED.lens(1e12, 0.3, 0.31)))


def test_mond_lies_between_baryons_alone_and_the_sigma_of_the_reference():
    # pointwise with A = 8.4 of Σ gives 42.44 for the first toy
    for lens in LENSES:
        assert baryon_angle(lens) < mond_angle(lens) < 42.0
    assert mond_angle(LENSES[0], a0=1e-25) == pytest.approx(baryon_angle(LENSES[0]), rel=1e-5)
    with pytest.raises(InvalidInput, match="a0"):
        mond_angle(LENSES[0], a0=0.0)


def test_mond_by_a_root_of_the_projected_mass_of_its_own_density():
    lens, constants = LENSES[0], PUBLISHED.numbers

    def enclosed(r):
        mass = lens.baryons.enclosed_mass(r)
        x = constants.G * mass / r**2 * 1e6 / constants.kpc / 1.2e-10
        return mass * (0.5 + np.sqrt(0.25 + 1.0 / x))

    # Of a shell at r = R cosh s the share 1 − tanh s is inside the cylinder.
    def cylinder(R):
        s = np.linspace(0.0, np.arccosh(lens.baryons.r_max / R), 8001)
        inside = enclosed(R * np.cosh(s))
        return inside[0] + np.trapezoid(1.0 - np.tanh(s), inside)

    found = mond_angle(lens, 1.2e-10, constants) / float(lens.angle(1.0))
    assert cylinder(found) / (np.pi * found**2 * lens.sigma_crit) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"z_s": 0.3}, "behind the lens"),
        ({"theta_e_err": 0.0}, "theta_e_err=0: must be > 0"),
        ({"m500": -1.0}, "m500=-1: must be > 0"),
        ({"theta_e": "x"}, "must be a number"),
        ({"mass": 1.0}, "nothing else"),
    ],
)
def test_illegal_clusters_are_named(change, words):
    good = {"m500": 1e15, "z_l": 0.3, "z_s": 2.0, "theta_e": 30.0, "theta_e_err": 2.0}
    with pytest.raises(InvalidInput, match=f"clusters.b.*{words}"):
        checked_clusters({"a": good, "b": good | change})


def test_a_population_has_two_clusters_and_a_known_window():
    good = {"m500": 1e15, "z_l": 0.3, "z_s": 2.0, "theta_e": 30.0, "theta_e_err": 2.0}
    assert checked_clusters({"a": good, "b": good})[1] == Cluster(name="b", **good)
    with pytest.raises(InvalidInput, match="at least two"):
        checked_clusters({"a": good})
    with pytest.raises(InvalidInput, match="interior, rising"):
        convergence_tables(LENSES, Window(shape="power"))
    with pytest.raises(InvalidInput, match="constants"):
        LensSettings(constants="mine")
    for wrong in ({"n_u": 4}, {"u_min": 0.0}, {"ell0_max": 1.0}):
        with pytest.raises(InvalidInput, match="grid"):
            TableGrid(**wrong)
