"""χ² of Pantheon+ against the values of an independent implementation, printed to 1e-6."""

import numpy as np
import pytest
from scipy import optimize

from solvers.backgrounds import DarkEnergy, GRBaryons, PowerLaw, SigmaBaryons
from solvers.laws import CriticalAcceleration, Sigma
from solvers.supernovae.problem import confront


def sigma(a_cos, form="2e", mode="proportional", **more):
    law = Sigma(g_dagger=CriticalAcceleration(form=form, mode=mode))
    return SigmaBaryons(params={"omega_b": 0.05, "a_cos": a_cos, **more}, law=law)


def lcdm(omega_m):
    return DarkEnergy(params={"omega_m": omega_m})


PAPER = {
    "z_column": "zCMB",
    "prefactor": "zCMB",
    "magnitude": "MU_SH0ES",
    "covariance": "diagonal",
    "z_max": 2.5,
}
BARYONS = GRBaryons(params={"omega_b": 0.05})
LIMIT = PowerLaw(params={"p": 6.0 / 7.0})
CLOSURE = 285.147723343577
PI_ROOT_2 = 4.442882938158366

# Model, χ² with the heliocentric and with the Hubble-diagram redshift in the prefactor.
FULL = {
    "lcdm 0.3": (lcdm(0.3), 1406.067965, 1406.669619),
    "lcdm 0.334": (lcdm(0.334), 1402.936823, 1403.738845),
    "baryons": (BARYONS, 2101.145541, 2105.290196),
    "pi sqrt 2": (sigma(PI_ROOT_2), 1649.851740, 1652.758197),
    "8.4": (sigma(8.4, "4sqrtpi"), 1604.844469, 1607.584207),
    "8.83": (sigma(8.83), 1581.501402, 1584.162647),
    "closure": (sigma(CLOSURE), 1459.914139, 1461.969582),
    "1e5": (sigma(1e5), 1439.169302, 1441.047081),
    "limit": (LIMIT, 1436.399466, 1438.247392),
}


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("prefactor", ["zHEL", "zHD"])
def test_chi2_of_the_full_likelihood(pantheon, name, prefactor):
    model, z_hel, z_hd = FULL[name]
    likelihood = pantheon(prefactor=prefactor)
    chi2, offset = likelihood.evaluate(model)
    assert chi2 == pytest.approx(z_hel if prefactor == "zHEL" else z_hd, abs=1e-4)
    projected = confront(model, likelihood).projected
    assert float(projected.chi2(model)) == pytest.approx(chi2, abs=1e-6)
    assert projected.offset(model) == pytest.approx(offset, abs=1e-8)


@pytest.mark.parametrize(
    ("prefactor", "omega_m", "chi2"), [("zHEL", 0.3316, 1402.919128), ("zHD", 0.3306, 1403.704145)]
)
def test_best_flat_lcdm(pantheon, prefactor, omega_m, chi2):
    dense = pantheon(prefactor=prefactor)
    best = optimize.minimize_scalar(lambda m: dense.evaluate(lcdm(float(m)))[0], bounds=(0.2, 0.5), method="bounded")
    assert best.fun == pytest.approx(chi2, abs=1e-4)
    assert best.x == pytest.approx(omega_m, abs=1e-4)
    rise = dense.evaluate(lcdm(best.x + 0.018))[0] - best.fun
    assert rise == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("prefactor", "p", "chi2"), [("zHEL", 0.711, 1411.26), ("zHD", 0.710, 1412.58)])
def test_best_power_law(pantheon, prefactor, p, chi2):
    dense = pantheon(prefactor=prefactor)
    best = optimize.minimize_scalar(
        lambda x: dense.evaluate(PowerLaw(params={"p": float(x)}))[0], bounds=(0.5, 1.0), method="bounded"
    )
    assert best.fun == pytest.approx(chi2, abs=6e-3)
    assert best.x == pytest.approx(p, abs=6e-4)


def test_the_data_are_the_published_ones(pantheon):
    dense = pantheon(prefactor="zHEL")
    assert dense.n_data == 1590
    assert dense.information == pytest.approx(70470.7246, abs=1e-3)
    assert dense.log_marginalisation == pytest.approx(9.325075582, abs=1e-8)
    assert dense.log_det == pytest.approx(-6016.734587, abs=1e-5)


def test_chi2_only_falls_with_the_amplitude(pantheon):
    model = sigma(1.0)
    chi2 = confront(model, pantheon(prefactor="zHEL")).chi2(a_cos=np.geomspace(0.1, 1e12, 60))
    assert np.all(np.diff(chi2) < 0)
    assert chi2[-1] == pytest.approx(1436.3995, abs=0.05)


def test_an_evolving_acceleration_fits_as_badly_as_baryons_alone(pantheon):
    dense = pantheon(prefactor="zHEL")
    exact = dense.evaluate(BARYONS)[0]
    for a_cos in (0.0, 8.83, 1e5):
        assert dense.evaluate(sigma(a_cos, mode="evolving"))[0] == pytest.approx(exact, abs=1e-9)


def test_the_density_of_baryons_alone_does_not_matter(pantheon):
    dense = pantheon(prefactor="zHEL")
    exact = dense.evaluate(BARYONS)[0]
    assert dense.evaluate(GRBaryons(params={"omega_b": 0.9}))[0] == pytest.approx(exact, abs=1e-9)


def test_h0_matters_only_where_the_acceleration_is_held_in_si(pantheon):
    dense = pantheon(prefactor="zHEL")
    rates = (40.0, 70.0, 100.0)
    shape = [dense.evaluate(sigma(8.83), H0=rate)[0] for rate in rates]
    assert np.ptp(shape) < 1e-9
    held = [dense.evaluate(sigma(8.83, mode="fixed_SI"), H0=rate)[0] for rate in rates]
    assert np.min(np.abs(np.diff(held))) > 1.0
    assert held[1] == pytest.approx(shape[1], abs=1e-7)


# The paper's cuts: diagonal errors of MU_SH0ES, 0.01 < zCMB <= 2.5.
@pytest.mark.parametrize(
    ("model", "chi2"),
    [
        (BARYONS, 1294.891297),
        (sigma(8.83), 835.253806),
        (sigma(15.0), 803.689975),
        (sigma(30.0), 775.627812),
        (sigma(100.0), 749.071139),
        (sigma(CLOSURE), 737.803051),
        (sigma(1e5), 723.087648),
        (LIMIT, 721.259061),
    ],
)
def test_chi2_of_the_papers_cuts(pantheon, model, chi2):
    dense = pantheon(**PAPER)
    assert dense.n_data == 1588
    assert dense.evaluate(model)[0] == pytest.approx(chi2, abs=1e-4)
    assert float(confront(model, dense).chi2()) == pytest.approx(chi2, abs=1e-4)


def test_best_flat_lcdm_of_the_papers_cuts(pantheon):
    dense = pantheon(**PAPER)
    best = optimize.minimize_scalar(lambda m: dense.evaluate(lcdm(float(m)))[0], bounds=(0.2, 0.6), method="bounded")
    assert best.fun == pytest.approx(709.826580, abs=1e-4)
    assert best.x == pytest.approx(0.373913, abs=1e-5)


# g† = 9.592e-11 m/s² held: the printed digits of the acceleration limit the tolerance.
@pytest.mark.parametrize(("H0", "chi2"), [(40.0, 823.76), (70.0, 850.63), (100.0, 880.23)])
def test_a_fixed_acceleration_on_the_papers_cuts(pantheon, H0, chi2):
    law = Sigma(g_dagger=CriticalAcceleration(mode="fixed_SI", value=9.592e-11))
    model = SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83}, law=law)
    assert pantheon(**PAPER).evaluate(model, H0=H0)[0] == pytest.approx(chi2, abs=0.01)


@pytest.mark.parametrize(("H0", "chi2"), [(40.0, 836.52), (100.0, 835.46)])
def test_physical_radiation_breaks_the_independence_of_h0(pantheon, H0, chi2):
    model = sigma(8.83, omega_r=4.18e-5 / (H0 / 100.0) ** 2)
    assert pantheon(**PAPER).evaluate(model)[0] == pytest.approx(chi2, abs=6e-3)
