"""The critical acceleration: the three forms in m/s², and how each mode follows H0."""

import math

import numpy as np
import pytest
from astropy import constants, units

from solvers.laws import CriticalAcceleration

KAPPA = {"2e": 0.18393972058572117, "4sqrtpi": 0.14104739588693907, "6": 1.0 / 6.0}


@pytest.mark.parametrize(("form", "kappa"), KAPPA.items())
def test_kappa_of_each_form(form, kappa):
    assert CriticalAcceleration(form=form).kappa(70.0) == pytest.approx(kappa, rel=1e-15)


@pytest.mark.parametrize(("form", "kappa"), KAPPA.items())
def test_acceleration_is_kappa_c_h0_in_astropy_units(form, kappa):
    rate = 67.4 * units.km / units.s / units.Mpc
    exact = (kappa * constants.c * rate).to_value(units.m / units.s**2)
    assert CriticalAcceleration(form=form, H0=67.4).m_s2 == pytest.approx(exact, rel=1e-14)


# The printed values use c = 2.998e8 m/s and Mpc = 3.086e22 m, hence the tolerance.
@pytest.mark.parametrize(("form", "printed"), [("2e", 1.2509e-10), ("4sqrtpi", 9.592e-11), ("6", 1.1334e-10)])
def test_printed_accelerations_at_70(form, printed):
    assert CriticalAcceleration(form=form).m_s2 == pytest.approx(printed, rel=1e-4)


@pytest.mark.parametrize("mode", ["proportional", "evolving"])
def test_kappa_does_not_follow_the_models_h0(mode):
    g_dagger = CriticalAcceleration(form="2e", mode=mode)
    assert g_dagger.kappa(40.0) == g_dagger.kappa(100.0) == 1.0 / (2.0 * math.e)


@pytest.mark.parametrize("mode", ["proportional", "evolving"])
def test_a_given_value_is_turned_into_kappa_at_its_own_h0(mode):
    value = CriticalAcceleration(form="6", H0=50.0).m_s2
    g_dagger = CriticalAcceleration(mode=mode, H0=50.0, value=value)
    assert g_dagger.m_s2 == value
    assert g_dagger.kappa(91.0) == pytest.approx(1.0 / 6.0, rel=1e-14)


@pytest.mark.parametrize("settings", [{}, {"value": 1.2e-10}])
def test_fixed_acceleration_gives_kappa_as_one_over_the_models_h0(settings):
    g_dagger = CriticalAcceleration(mode="fixed_SI", H0=70.0, **settings)
    rates = np.array([35.0, 70.0, 140.0])
    exact = (g_dagger.m_s2 * units.m / units.s**2 / constants.c / (rates * units.km / units.s / units.Mpc)).to("")
    np.testing.assert_allclose(g_dagger.kappa(rates), exact.value, rtol=1e-14)
    assert g_dagger.kappa(35.0) == pytest.approx(4.0 * g_dagger.kappa(140.0), rel=1e-14)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "2pi"}, "form='2pi': must be one of 2e, 4sqrtpi, 6"),
        ({"mode": "fixed"}, "mode='fixed': must be one of proportional, fixed_SI, evolving"),
        ({"H0": 0.0}, "H0=0.0: must be a positive number"),
        ({"H0": math.nan}, "H0=nan: must be a positive number"),
        ({"value": -1e-10}, "value=-1e-10: must be a positive number"),
        ({"value": math.inf}, "value=inf: must be a positive number"),
    ],
)
def test_illegal_settings_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        CriticalAcceleration(**settings)
    assert str(error.value) == message
