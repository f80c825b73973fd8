"""Matter, curvature, radiation and dark energy against astropy.cosmology."""

import numpy as np
import pytest
from astropy import cosmology

from solvers.backgrounds import DarkEnergy

Z = np.array([1e-3, 0.05, 0.5, 1.0, 2.3, 10.0])
OM, OR = 0.3, 1e-3
CASES = {
    "flat": {},
    "open": {"omega_k": 0.15},
    "closed": {"omega_k": -0.15},
    "wcdm": {"w0": -0.7},
    "phantom": {"w0": -1.4},
    "closed wcdm": {"w0": -0.7, "omega_k": -0.1},
    "cpl": {"w0": -0.9, "wa": -0.6},
    "open cpl": {"w0": -1.1, "wa": 0.4, "omega_k": 0.1},
}


def astropy_model(omega_m=OM, omega_k=0.0, w0=-1.0, wa=0.0, H0=70.0):
    """The same model of astropy, without its own radiation (Tcmb0 = 0)."""
    return cosmology.w0waCDM(H0, omega_m, 1.0 - omega_m - omega_k, w0=w0, wa=wa, Tcmb0=0.0)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("H0", [50.0, 70.0])
def test_distances_expansion_and_age_agree_with_astropy(case, H0):
    model, peer = DarkEnergy(params={"omega_m": OM, "H0": H0} | CASES[case]), astropy_model(H0=H0, **CASES[case])
    np.testing.assert_allclose(model.efunc(Z), peer.efunc(Z), rtol=1e-12)
    np.testing.assert_allclose(model.hubble(Z), peer.H(Z).value, rtol=1e-12)
    np.testing.assert_allclose(model.comoving_distance(Z), peer.comoving_transverse_distance(Z).value, rtol=1e-9)
    np.testing.assert_allclose(model.luminosity_distance(Z), peer.luminosity_distance(Z).value, rtol=1e-9)
    d_a = peer.angular_diameter_distance(Z).value
    np.testing.assert_allclose(model.angular_diameter_distance(Z), d_a, rtol=1e-9)
    np.testing.assert_allclose(model.distance_modulus(Z), peer.distmod(Z).value, rtol=0, atol=1e-8)
    np.testing.assert_allclose(model.age(Z), peer.age(Z).value, rtol=1e-7)
    np.testing.assert_allclose(model.w_eff(Z), peer.w(Z), rtol=1e-14)


def test_the_photons_of_astropy_are_our_radiation():
    peer = cosmology.LambdaCDM(70.0, OM, 0.6, Tcmb0=2.7255, Neff=0.0)
    model = DarkEnergy(params={"omega_m": OM, "omega_r": peer.Ogamma0, "omega_k": peer.Ok0})
    np.testing.assert_allclose(model.efunc(Z), peer.efunc(Z), rtol=1e-12)
    np.testing.assert_allclose(model.comoving_distance(Z), peer.comoving_transverse_distance(Z).value, rtol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_expansion_is_normalised_today(case):
    assert DarkEnergy(params={"omega_m": OM, "omega_r": OR} | CASES[case]).efunc(0.0)[0] == pytest.approx(1.0)


def test_a_closed_universe_without_a_big_bang_has_no_expansion_there():
    model = DarkEnergy(params={"omega_m": 0.1, "omega_k": -3.0})
    assert np.isnan(model.efunc(np.array([0.0, 3.0]))).tolist() == [False, True]


def test_distances_through_a_redshift_without_expansion_are_refused():
    with pytest.raises(ArithmeticError, match="not resolved"):
        DarkEnergy(params={"omega_m": 0.1, "omega_k": -3.0}).comoving_distance(3.0)


# Reference values of the background table.
@pytest.mark.parametrize(
    ("omega_m", "efunc", "distance", "modulus"),
    [
        (0.3, 1.760681686165901, 3303.828805887468, 44.10023765554372),
        (0.334, 1.8270194306574847, 3239.709846529257, 44.05768055760297),
    ],
)
def test_reference_values_of_flat_lcdm(omega_m, efunc, distance, modulus):
    model = DarkEnergy(params={"omega_m": omega_m})
    assert model.efunc([0.0, 1.0]) == pytest.approx([1.0, efunc], rel=1e-12)
    assert model.comoving_distance(1.0)[0] == pytest.approx(distance, rel=1e-9)
    assert model.distance_modulus(1.0)[0] == pytest.approx(modulus, abs=1e-9)
