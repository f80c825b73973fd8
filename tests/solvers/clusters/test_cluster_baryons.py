"""The gas, the stars and their sum: closed forms, normalisation, and the first toy of the reference."""

import numpy as np
import pytest
from scipy import integrate, special

from solvers.clusters.baryons import ClusterBaryons, critical_density, r500
from solvers.clusters.gas import Clumping, GasShape, PressureProfile, temperature
from solvers.clusters.geometry import PAPER
from solvers.clusters.projection import projected_mass, surface_density
from solvers.errors import InvalidInput

SMOOTH = Clumping(C0=1.0)


def toy(**changes):
    return ClusterBaryons(m500=1e15, rho_crit=critical_density(0.2, G=PAPER.G), **changes)


def test_the_first_toy_has_the_numbers_of_the_reference():
    model = toy()
    assert model.rho_crit == pytest.approx(165.669400876, rel=1e-11)
    assert model.r500 == pytest.approx(1423.09216706, rel=1e-11)
    assert model.r_max == 5.0 * model.r500
    assert model.enclosed_mass(200.0) == pytest.approx(11293803184400.0, rel=1e-8)
    grid = np.append(np.geomspace(1e-4, 1.0, 20), 200.0)
    assert projected_mass(model.density, grid, model.r_max)[-1] == pytest.approx(20343285033300.0, rel=1e-6)
    assert surface_density(model.density, 100.0, model.r_max) == pytest.approx(153842383.331, rel=1e-6)


@pytest.mark.parametrize("law", ["isothermal", "temperature"])
@pytest.mark.parametrize("clumping", [SMOOTH, Clumping(), Clumping(C0=2.0, eta=0.5, Cmax=9.0)])
def test_the_gas_is_normalised_at_r500_whatever_its_shape(law, clumping):
    model = toy(gas=GasShape(temperature=law, clumping=clumping))
    assert model.gas_mass(model.r500) == pytest.approx(0.11e15, rel=1e-12)
    shell = integrate.quad(lambda r: 4 * np.pi * r**2 * model.gas_density(r), 0.0, model.r500, epsrel=1e-12, limit=400)
    assert shell[0] == pytest.approx(0.11e15, rel=1e-9)


def test_smooth_isothermal_gas_is_an_incomplete_beta_function():
    model, p = toy(gas=GasShape(clumping=SMOOTH)), PressureProfile()
    x = np.geomspace(1e-10, 900.0, 60)
    a, b = (3 - p.gamma) / p.alpha, (p.beta - 3) / p.alpha

    def share(x):
        y = (p.c500 * x) ** p.alpha
        return special.betainc(a, b, y / (1 + y))

    found, expected = model.gas_mass(x * model.r500), 0.11e15 * share(x) / share(1.0)
    np.testing.assert_allclose(found, expected, rtol=3e-8)
    np.testing.assert_allclose(found[x > 1e-6], expected[x > 1e-6], rtol=1e-9)


@pytest.mark.parametrize("law", ["isothermal", "temperature"])
def test_the_density_is_the_slope_of_the_mass(law):
    model = toy(gas=GasShape(temperature=law))
    r, step = np.geomspace(1e-3, 9000.0, 41), 1e-3
    slope = (model.enclosed_mass(r * np.exp(step)) - model.enclosed_mass(r * np.exp(-step))) / (2 * step)
    np.testing.assert_allclose(slope, 4 * np.pi * r**3 * model.density(r), rtol=2e-5)


def test_the_pressure_has_its_two_slopes_and_its_published_value():
    p = PressureProfile()
    assert p(1.0) == pytest.approx(
        8.403 * 1.177**-0.3081 * (1 + 1.177**1.051) ** (-(5.4905 - 0.3081) / 1.051), rel=1e-13
    )
    assert p(1e-9) / p(1e-8) == pytest.approx(10**0.3081, rel=1e-7)
    assert p(1e9) / p(1e8) == pytest.approx(10**-5.4905, rel=1e-7)


def test_the_temperature_falls_to_both_sides():
    assert temperature(0.0) == pytest.approx(1.35 * 0.45, rel=1e-14)
    assert temperature(1.0) == pytest.approx(1.35 * (1 + (1 / 0.6) ** 2) ** -0.45, rel=3e-3)
    x = np.geomspace(1e-3, 2.0, 200)
    assert 0.1 < x[np.argmax(temperature(x))] < 0.3
    # colder gas is denser at the same pressure
    warm, cold = GasShape(clumping=SMOOTH), GasShape(temperature="temperature", clumping=SMOOTH)
    np.testing.assert_allclose(cold(x) * temperature(x), warm(x), rtol=1e-14)


def test_clumping_lowers_the_density_by_its_root_and_has_a_ceiling():
    C = Clumping()
    assert C(0.0) == 1.0 and C(1.0) == 1.3 and C(50.0) == 2.5
    x = np.array([0.1, 1.0, 4.0])
    np.testing.assert_allclose(GasShape()(x) * np.sqrt(C(x)), GasShape(clumping=SMOOTH)(x), rtol=1e-14)
    # normalised, clumped gas is more concentrated
    assert toy().gas_mass(200.0) > toy(gas=GasShape(clumping=SMOOTH)).gas_mass(200.0)


def test_r500_encloses_five_hundred_times_the_critical_density():
    radius = r500(1e15, 165.0)
    assert 1e15 / (4 * np.pi / 3 * radius**3) == pytest.approx(500 * 165.0, rel=1e-14)


def test_the_kink_of_the_clumping_costs_a_projection_few_digits(monkeypatch):
    model = toy()
    R = model.r500 * np.array([1e-7, 1e-3, 0.09, 0.7, 1.76, 2.2, 2.25, 4.9])
    found = surface_density(model.density, R, model.r_max)
    monkeypatch.setattr("solvers.clusters.projection._SIGHT_PANELS", 2400)
    fine = surface_density(model.density, R, model.r_max)
    np.testing.assert_allclose(found, fine, rtol=5e-7)
    np.testing.assert_allclose(found[:3], fine[:3], rtol=2e-8)


def test_stars_alone_are_two_hernquist_spheres():
    model, r = toy(f_gas=0.0), np.array([[1.0, 20.0], [300.0, 2000.0]])
    expected = 4e12 * (r / (r + 15)) ** 2 + 6e12 * (r / (r + 100)) ** 2
    np.testing.assert_allclose(model.enclosed_mass(r), expected, rtol=1e-13)
    assert model.density(r).shape == r.shape


@pytest.mark.parametrize(
    "make",
    [
        lambda: toy(f_gas=-0.1),
        lambda: toy(a_bcg=0.0),
        lambda: toy(extent=0.0),
        lambda: toy(extent=1e4),
        lambda: ClusterBaryons(m500=0.0, rho_crit=165.0),
        lambda: r500(-1.0, 165.0),
        lambda: GasShape(temperature="cold"),
        lambda: PressureProfile(gamma=3.0),
        lambda: PressureProfile(beta=0.1),
        lambda: PressureProfile(c500=0.0),
        lambda: Clumping(C0=0.9),
        lambda: Clumping(eta=0.0),
        lambda: toy().gas_mass([0.0, 1.0]),
        lambda: toy().gas_mass(2e6),
    ],
)
def test_what_is_out_of_range_is_an_error(make):
    with pytest.raises(InvalidInput):
        make()
