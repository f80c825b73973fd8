"""A seeded synthetic Hubble diagram, models with priors, and the published data where they are found."""

import os

import numpy as np
import pytest

from catalogs.errors import DataError
from catalogs.pantheon_plus import PantheonPlus
from solvers.backgrounds import CambLCDM, DarkEnergy, GRBaryons, GRMatter, PowerLaw, SigmaBaryons
from solvers.laws import CriticalAcceleration, MondSimple, Sigma
from solvers.supernovae import DenseLikelihood


class Diagram:
    """200 supernovae, some of them observed twice, with a full covariance."""

    def __init__(self):
        rng = np.random.default_rng(2011)
        z = np.exp(rng.uniform(np.log(0.01), np.log(2.26), 190))
        self.z = np.concatenate([z, z[:10]])
        self.z_prefactor = self.z + rng.normal(0.0, 1e-3, 200)
        modes = rng.normal(0.0, 0.02, (200, 12))
        self.covariance = np.diag(rng.uniform(0.1, 0.25, 200) ** 2) + modes @ modes.T
        # A smooth curve near ΛCDM, no cosmology's own: 5 log10 of (1+z)(1+z/4) ln(1+z).
        curve = 5.0 * np.log10((1.0 + self.z) * (1.0 + 0.25 * self.z) * np.log1p(self.z))
        self.magnitude = 24.0 + curve + rng.multivariate_normal(np.zeros(200), self.covariance)

    @property
    def columns(self):
        return self.magnitude, self.z, self.z_prefactor


@pytest.fixture(scope="session")
def diagram():
    return Diagram()


@pytest.fixture(scope="session")
def dense(diagram):
    return DenseLikelihood.from_covariance(*diagram.columns, diagram.covariance)


def prior(low, high):
    return {"prior": {"min": low, "max": high}}


SIGMA_2E = Sigma(g_dagger=CriticalAcceleration(form="2e"))
FIXED_SI = Sigma(g_dagger=CriticalAcceleration(mode="fixed_SI"))
EVOLVING = Sigma(g_dagger=CriticalAcceleration(mode="evolving"))
BARYONS = {"omega_b": 0.05, "a_cos": prior(0.1, 1e5)}
PRIORS = {
    "flat": DarkEnergy(params={"omega_m": prior(0.05, 0.9)}),
    "curved": DarkEnergy(params={"omega_m": prior(0.1, 0.6), "omega_k": prior(-0.3, 0.3)}),
    "wcdm": DarkEnergy(params={"omega_m": prior(0.1, 0.6), "w0": prior(-1.8, -0.4)}),
    "cpl": DarkEnergy(params={"omega_m": prior(0.1, 0.6), "w0": prior(-1.5, -0.5), "wa": prior(-1, 0.5)}),
    "baryons": GRBaryons(params={"omega_b": prior(0.01, 0.1), "omega_r": prior(0, 1e-3)}),
    "matter": GRMatter(params={"omega_m": 0.3}),
    "power": PowerLaw(params={"p": prior(0.2, 2.0)}),
    "sigma": SigmaBaryons(params=BARYONS, law=SIGMA_2E),
    "sigma radiation": SigmaBaryons(params={**BARYONS, "omega_r": prior(0, 1e-3)}, law=SIGMA_2E),
    "sigma fixed_SI": SigmaBaryons(params={**BARYONS, "H0": prior(40, 100)}, law=FIXED_SI),
    "sigma evolving": SigmaBaryons(params=BARYONS, law=EVOLVING),
    "mond": SigmaBaryons(params=BARYONS, law=MondSimple()),
    "camb": CambLCDM(params={"omega_m": 0.3}),
}


@pytest.fixture(scope="session", params=list(PRIORS))
def background(request):
    """Every background, with priors on what supernovae can see."""
    return PRIORS[request.param]


@pytest.fixture(scope="session")
def priors():
    return PRIORS


@pytest.fixture(scope="session")
def points():
    """A function that draws parameters from the priors of a background, log-uniform over decades."""

    def draw(background, n, seed=0):
        rng = np.random.default_rng(seed)
        drawn = {}
        for p in background.space.free:
            t = rng.random(n)
            log = p.is_logarithmic
            drawn[p.name] = p.low * (p.high / p.low) ** t if log else p.low + (p.high - p.low) * t
        return [{name: float(values[i]) for name, values in drawn.items()} for i in range(n if drawn else 1)]

    return draw


@pytest.fixture(scope="session")
def pantheon():
    """A function that loads cuts of the published data as a likelihood; absent data skip or fail."""
    loaded = {}

    def load(**cuts):
        key = tuple(cuts.items())
        if key not in loaded:
            try:
                data = PantheonPlus(**cuts).load()
            except DataError as error:
                if os.environ.get("SIGMA_REQUIRE_DATA") == "1":
                    pytest.fail(str(error), pytrace=False)
                pytest.skip(str(error))
            columns = (data[name].values for name in ("magnitude", "z", "z_prefactor"))
            if "covariance" in data:
                likelihood = DenseLikelihood.from_covariance(*columns, data["covariance"].values)
            else:
                likelihood = DenseLikelihood.from_variance(*columns, data["variance"].values)
            loaded[key] = likelihood
        return loaded[key]

    return load
