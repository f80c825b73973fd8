"""CAMB behind the contract: equal to our closed form, to astropy, and to CAMB asked directly."""

import astropy.units as u
import camb
import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM

from solvers.backgrounds import CambLCDM, DarkEnergy
from solvers.errors import InvalidInput

Z = np.array([0.01, 0.5, 1.0, 2.3, 10.0])
MASSLESS = {"mnu": 0.0, "nnu": 3.046}
RADIATION = 4.1837027e-5
"""Ω_r h² of photons at 2.7255 K and 3.046 massless neutrinos."""
PLANCK = CambLCDM(params={"omega_m": 0.3153})


def test_the_radiation_density_is_that_of_its_temperature():
    a_over_c2 = 4 * 5.670374419e-8 / 299792458.0**3
    critical = 3 * (100e3 / 3.0856775814913673e22) ** 2 / (8 * np.pi * 6.6743e-11)
    photons = a_over_c2 * 2.7255**4 / critical
    assert photons * (1 + 3.046 * 7 / 8 * (4 / 11) ** (4 / 3)) == pytest.approx(RADIATION, rel=1e-4)


@pytest.mark.parametrize("H0", [67.0, 75.0])
@pytest.mark.parametrize("omega_m", [0.25, 0.334])
def test_without_masses_camb_is_our_closed_form(omega_m, H0):
    peer = CambLCDM(params={"omega_m": omega_m, "H0": H0, **MASSLESS})
    model = DarkEnergy(params={"omega_m": omega_m, "omega_r": RADIATION / (H0 / 100) ** 2, "H0": H0})
    for method in ("efunc", "hubble", "comoving_distance", "luminosity_distance"):
        np.testing.assert_allclose(getattr(peer, method)(Z), getattr(model, method)(Z), rtol=1e-8)
    np.testing.assert_allclose(peer.distance_modulus(Z), model.distance_modulus(Z), rtol=0, atol=1e-7)
    np.testing.assert_allclose(peer.comoving_distance([1100.0]), model.comoving_distance([1100.0]), rtol=5e-6)
    # CAMB integrates its ages to a few 1e-5 only.
    np.testing.assert_allclose(peer.age(Z), model.age(Z), rtol=5e-5)
    assert np.all(peer.w_eff(Z) == -1.0)


@pytest.mark.parametrize("masses", [MASSLESS, {"mnu": 0.06}, {"mnu": 0.3}], ids=str)
def test_distances_are_those_of_astropy(masses):
    model = CambLCDM(params={"omega_m": 0.3153, **masses})
    mnu, nnu = masses["mnu"], masses.get("nnu", 3.044)
    asked = camb.CAMBparams()
    asked.set_cosmology(H0=67.36, mnu=mnu, num_massive_neutrinos=int(mnu > 0), nnu=nnu)
    # Matter does not hold the neutrinos in astropy.
    cold = 0.3153 - asked.omnuh2 / 0.6736**2
    oracle = FlatLambdaCDM(67.36, cold, Tcmb0=2.7255, Neff=nnu, m_nu=[0.0, 0.0, mnu] * u.eV)
    # astropy's fit to the energy of massive neutrinos is good to 1e-2 of it (0.0014 of all energy today for 0.06 eV).
    rtol = 1e-6 if mnu == 0 else 1e-2 * 0.0014 * mnu / 0.06
    z = np.append(Z, 1100.0)
    np.testing.assert_allclose(model.comoving_distance(z), oracle.comoving_distance(z).value, rtol=rtol)
    np.testing.assert_allclose(model.efunc(Z), oracle.efunc(Z), rtol=2 * rtol)


def test_a_mass_is_seen_in_the_distances_while_all_matter_is_kept():
    light, heavy = (CambLCDM(params={"omega_m": 0.3153, "mnu": mnu}) for mnu in (0.0, 0.6))
    difference = heavy.comoving_distance(Z) / light.comoving_distance(Z) - 1.0
    assert np.all(np.abs(difference) > 1e-8)
    assert np.all(np.abs(difference) < 1e-3)
    assert light.efunc(0.0) == pytest.approx(1.0, rel=1e-12)
    assert heavy.efunc(0.0) == pytest.approx(1.0, rel=1e-12)


def test_the_defaults_are_planck_2018():
    asked = camb.CAMBparams()
    asked.set_cosmology(H0=67.36, ombh2=0.02237, omch2=0.1200, mnu=0.06, tau=0.0544)
    results = camb.get_background(asked)
    np.testing.assert_allclose(PLANCK.comoving_distance(Z), results.comoving_radial_distance(Z), rtol=2e-4)
    h2 = 0.6736**2
    assert (0.02237 + 0.1200 + asked.omnuh2) / h2 == pytest.approx(0.3153, abs=2e-4)
    # Planck 2018, table 2: 13.797 ± 0.023 Gyr, and 13872.8 ± 25 Mpc to the last scattering at z = 1089.92.
    assert PLANCK.age(0.0).item() == pytest.approx(13.797, abs=0.023)
    assert PLANCK.comoving_distance([1089.92]).item() == pytest.approx(13872.8, abs=25.0)


def test_parameters_reach_camb():
    asked = camb.CAMBparams()
    asked.set_cosmology(H0=68.0, ombh2=0.03, omch2=0.1, mnu=0.2, num_massive_neutrinos=1, nnu=3.5, tau=0.06)
    results = camb.get_background(asked)
    omega_m = (0.03 + 0.1 + asked.omnuh2) / 0.68**2
    model = CambLCDM(params={"omega_m": omega_m, "ombh2": 0.03, "H0": 68.0, "mnu": 0.2, "nnu": 3.5})
    np.testing.assert_allclose(model.comoving_distance(Z), results.comoving_radial_distance(Z), rtol=1e-12)
    np.testing.assert_allclose(model.hubble(Z), results.hubble_parameter(Z), rtol=1e-12)


def test_matter_must_hold_the_baryons_and_the_neutrinos():
    with pytest.raises(InvalidInput, match=r"^omega_m=0\.01: holds less than the baryons, ombh2=0\.02237, and"):
        CambLCDM(params={"omega_m": 0.01}).efunc(0.0)
    with pytest.raises(InvalidInput, match=r"and the neutrinos, mnu=5, at H0=67.36"):
        CambLCDM(params={"omega_m": 0.1, "mnu": 5.0}).efunc(0.0)


def test_what_camb_refuses_is_the_users_error():
    with pytest.raises(InvalidInput, match=r"CAMB refuses omega_m=0.3, .* H0=0.5: H0 is the value in km/s/Mpc"):
        CambLCDM(params={"omega_m": 0.3, "H0": 0.5}).efunc(0.0)


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


def test_it_may_be_fitted_to_supernovae_as_any_other_model(executed):
    freed = "models.lcdm_camb.params.omega_m={prior: {min: 0.1, max: 0.6}, ref: 0.3}"
    tree = executed("pantheon_baryons", "models=[lcdm,lcdm_camb]", "profile=[]", freed)
    ours, peer = (tree[f"models/{name}"] for name in ("lcdm", "lcdm_camb"))
    assert peer["converged"].item()
    assert peer["chi2"].item() == pytest.approx(ours["chi2"].item(), abs=0.01)
    best, sigma = (peer[name].sel(param="omega_m").item() for name in ("best_fit", "sigma"))
    assert best == pytest.approx(ours["best_fit"].sel(param="omega_m").item(), abs=0.02 * sigma)
    fixed = executed("pantheon_baryons", "models=[lcdm_camb]", "profile=[]")["models/lcdm_camb"]
    assert fixed["chi2"].item() > peer["chi2"].item()
