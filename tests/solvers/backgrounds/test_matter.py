"""Matter and radiation alone: closed forms of Einstein-de Sitter."""

import numpy as np
import pytest
from astropy import units

from solvers.backgrounds import GRBaryons, GRMatter

HUBBLE_DISTANCE = 299792.458 / 70.0
Z = np.array([1e-3, 0.1, 1.0, 2.3, 1100.0])


@pytest.mark.parametrize(("cls", "name"), [(GRBaryons, "omega_b"), (GRMatter, "omega_m")])
@pytest.mark.parametrize("omega", [0.05, 0.3, 1.0])
def test_distances_and_age_are_those_of_einstein_de_sitter(cls, name, omega):
    model = cls(params={name: omega})
    distance = 2.0 * HUBBLE_DISTANCE / np.sqrt(omega) * (1.0 - 1.0 / np.sqrt(1.0 + Z))
    np.testing.assert_allclose(model.comoving_distance(Z), distance, rtol=1e-10)
    hubble_time = (1.0 / (70.0 * units.km / units.s / units.Mpc)).to_value(units.Gyr)
    age = 2.0 / 3.0 * hubble_time / np.sqrt(omega) * (1.0 + Z) ** -1.5
    np.testing.assert_allclose(model.age(Z[:-1]), age[:-1], rtol=1e-11)
    np.testing.assert_allclose(model.efunc(Z), np.sqrt(omega) * (1 + Z) ** 1.5, rtol=1e-13)


@pytest.mark.parametrize(("cls", "name"), [(GRBaryons, "omega_b"), (GRMatter, "omega_m")])
def test_radiation_adds_its_fourth_power(cls, name):
    model = cls(params={name: 0.05, "omega_r": 1e-3})
    exact = np.sqrt(0.05 * (1 + Z) ** 3 + 1e-3 * (1 + Z) ** 4)
    np.testing.assert_allclose(model.efunc(Z), exact, rtol=1e-13)
    a = 1.0 / (1.0 + Z)
    root = np.sqrt(0.05 * a + 1e-3) - np.sqrt(0.05 + 1e-3)
    np.testing.assert_allclose(model.comoving_distance(Z), -2 * HUBBLE_DISTANCE / 0.05 * root, rtol=1e-10)


def test_matter_alone_leaves_no_third_component():
    assert np.all(np.isnan(GRBaryons(params={"omega_b": 0.05}).w_eff(Z)))


# Reference values of the background table.
def test_reference_values_of_baryons_alone():
    model = GRBaryons(params={"omega_b": 0.05})
    assert model.efunc([0.0, 1.0]) == pytest.approx([0.22360679774997896, 0.6324555320336759], rel=1e-12)
    assert model.comoving_distance(1.0)[0] == pytest.approx(11219.58965254669, rel=1e-9)
    assert model.distance_modulus(1.0)[0] == pytest.approx(46.75503484451885, abs=1e-9)
