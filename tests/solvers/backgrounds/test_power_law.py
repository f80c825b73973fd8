"""E = (1+z)^p: closed forms of its distances and its age."""

import numpy as np
import pytest
from astropy import units

from solvers.backgrounds import PowerLaw

HUBBLE_DISTANCE = 299792.458 / 70.0
Z = np.array([-0.3, 1e-3, 0.5, 2.3, 1100.0])


@pytest.mark.parametrize("p", [0.0, 0.4, 0.711, 6.0 / 7.0, 1.0, 1.5, 2.0])
def test_distances_have_a_closed_form(p):
    model = PowerLaw(params={"p": p})
    integral = np.log1p(Z) if p == 1.0 else ((1.0 + Z) ** (1.0 - p) - 1.0) / (1.0 - p)
    np.testing.assert_allclose(model.comoving_distance(Z), HUBBLE_DISTANCE * integral, rtol=1e-10)
    np.testing.assert_allclose(model.efunc(Z), (1.0 + Z) ** p, rtol=1e-13)


@pytest.mark.parametrize("p", [0.8, 6.0 / 7.0, 1.0, 1.5])
def test_age_is_one_over_p_hubble_times(p):
    z = np.array([0.0, 1.0, 10.0])
    hubble_time = (1.0 / (70.0 * units.km / units.s / units.Mpc)).to_value(units.Gyr)
    np.testing.assert_allclose(PowerLaw(params={"p": p}).age(z), hubble_time / p * (1 + z) ** -p, rtol=1e-10)
