"""ΛCDM straight from CAMB, seeded bandpowers, and the published data where they are found."""

import numpy as np
import pytest

from solvers.cmb.bandpowers import Bandpowers


@pytest.fixture(scope="session")
def lcdm():
    """Multipoles 2…3000, and D_ℓ [μK²] of Planck 2018's ΛCDM by name."""
    import camb

    threads, camb.config.ThreadNum = camb.config.ThreadNum, 1
    try:
        parameters = camb.set_params(
            H0=67.36,
            ombh2=0.02237,
            omch2=0.12,
            mnu=0.06,
            tau=0.0544,
            As=1e-10 * np.exp(3.044),
            ns=0.9649,
            lmax=3000,
            lens_potential_accuracy=1,
            halofit_version="mead2020",
        )
        spectra = camb.get_results(parameters).get_cmb_power_spectra(CMB_unit="muK")
    finally:
        camb.config.ThreadNum = threads
    ell = np.arange(2, 3001)
    lensed, unlensed = spectra["total"][ell], spectra["unlensed_scalar"][ell]
    return {
        "ell": ell,
        "TT": lensed[:, 0],
        "EE": lensed[:, 1],
        "TE": lensed[:, 3],
        "TT unlensed": unlensed[:, 0],
    }


@pytest.fixture(scope="session")
def without_cdm():
    """Multipoles 2…1500 and the unlensed D_ℓ [μK²] of the same universe without cold dark matter."""
    import camb

    threads, camb.config.ThreadNum = camb.config.ThreadNum, 1
    try:
        universe = {"H0": 67.36, "ombh2": 0.02237, "omch2": 0.0, "mnu": 0.0, "tau": 0.0544}
        parameters = camb.set_params(As=1e-10 * np.exp(3.044), ns=0.9649, lmax=1600, **universe)
        results = camb.get_results(parameters)
        spectra = results.get_cmb_power_spectra(CMB_unit="muK", spectra=["unlensed_scalar"])
    finally:
        camb.config.ThreadNum = threads
    ell = np.arange(2, 1501)
    return ell, spectra["unlensed_scalar"][ell, 0]


@pytest.fixture(scope="session")
def made_up():
    """24 bandpowers of TT, TE and EE in mixed order, with windows of random weights and a full covariance."""
    rng = np.random.default_rng(31)
    multipole, n = np.arange(30, 281), 24
    spectrum = np.array(["TT", "TE", "EE"])[np.arange(n) % 3]
    window = np.zeros((n, multipole.size))
    for i in range(n):
        first = 30 * (i // 3)
        window[i, first : first + 35] = rng.dirichlet(np.full(35, 5.0))
    modes = rng.normal(0.0, 3.0, (n, 6))
    covariance = np.diag(rng.uniform(1.0, 9.0, n)) + modes @ modes.T
    value = 100.0 + rng.multivariate_normal(np.zeros(n), covariance)
    return Bandpowers(spectrum, window @ multipole, multipole, window, value, covariance)


def bandpowers(data):
    names = ("spectrum", "ell", "multipole", "window", "bandpower", "covariance")
    return Bandpowers(*(data[name].values for name in names))


@pytest.fixture(scope="session")
def planck_tt(plik_lite):
    """The 215 bandpowers of TT."""
    return bandpowers(plik_lite(spectra=["TT"]).load())


@pytest.fixture(scope="session")
def planck_all(plik_lite):
    """All 613 bandpowers of TT, TE and EE."""
    return bandpowers(plik_lite(spectra=["TT", "TE", "EE"]).load())


@pytest.fixture(scope="session")
def planck_unbinned(loaded):
    """Planck's TT multipole by multipole from ℓ = 30, as bandpowers of one multipole with independent errors."""
    from catalogs.planck_spectrum import PlanckSpectrum

    return bandpowers(loaded(PlanckSpectrum(binning="full")))
