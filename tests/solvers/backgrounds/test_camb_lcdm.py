"""CAMB behind the contract: equal to our closed form, and to CAMB asked directly."""

import camb
import numpy as np
import pytest

from solvers.backgrounds import CambLCDM, DarkEnergy

Z = np.array([0.01, 0.5, 1.0, 2.3, 10.0])


@pytest.mark.parametrize("H0", [67.0, 75.0])
@pytest.mark.parametrize("omega_m", [0.25, 0.334])
def test_camb_agrees_with_the_closed_form_to_a_few_1e_6(omega_m, H0):
    peer = CambLCDM(params={"omega_m": omega_m, "H0": H0})
    model = DarkEnergy(params={"omega_m": omega_m, "omega_r": 4.18e-5 / (H0 / 100) ** 2, "H0": H0})
    for method in ("efunc", "hubble", "comoving_distance", "luminosity_distance"):
        np.testing.assert_allclose(getattr(peer, method)(Z), getattr(model, method)(Z), rtol=4e-6)
    np.testing.assert_allclose(peer.distance_modulus(Z), model.distance_modulus(Z), rtol=0, atol=1e-5)
    # CAMB integrates its ages to a few 1e-5 only.
    np.testing.assert_allclose(peer.age(Z), model.age(Z), rtol=5e-5)
    assert np.all(peer.w_eff(Z) == -1.0)


def test_parameters_reach_camb():
    asked = camb.CAMBparams()
    asked.set_cosmology(
        H0=68.0, ombh2=0.03, omch2=0.3 * 0.68**2 - 0.03, mnu=0.0, num_massive_neutrinos=0, nnu=3.046, tau=0.06
    )
    results = camb.get_background(asked)
    model = CambLCDM(params={"omega_m": 0.3, "ombh2": 0.03, "H0": 68.0})
    np.testing.assert_allclose(model.comoving_distance(Z), results.comoving_radial_distance(Z), rtol=1e-12)
    np.testing.assert_allclose(model.hubble(Z), results.hubble_parameter(Z), rtol=1e-12)


def test_matter_must_hold_the_baryons():
    with pytest.raises(ValueError, match=r"^omega_m=0\.01: holds less than the baryons, ombh2=0\.02237$"):
        CambLCDM(params={"omega_m": 0.01}).efunc(0.0)


@pytest.mark.parametrize("method", ["comoving_distance", "luminosity_distance", "age"])
def test_the_future_is_refused_and_leaves_no_trace_in_camb(method):
    model = CambLCDM(params={"omega_m": 0.31})
    before = getattr(model, method)(Z)
    with pytest.raises(ValueError, match="^z"):
        getattr(model, method)([0.5, -0.2])
    np.testing.assert_array_equal(getattr(model, method)(Z), before)


def test_arrays_of_parameters_are_a_loop():
    omega_m = np.array([[0.25, 0.3]])
    found = CambLCDM(params={"omega_m": 0.3}).comoving_distance(Z, omega_m=omega_m)
    assert found.shape == (1, 2, 5)
    for value, row in zip(omega_m[0], found[0], strict=True):
        np.testing.assert_array_equal(row, CambLCDM(params={"omega_m": float(value)}).comoving_distance(Z))
