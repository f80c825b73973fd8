"""CAMB's own flat ΛCDM background: a baseline that shares no code with ours."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from solvers.backgrounds.base import Background
from solvers.inference.parameters import POSITIVE


@lru_cache(maxsize=32)
def _results(omega_m: float, ombh2: float, H0: float):
    import camb

    physical = omega_m * (H0 / 100.0) ** 2
    if physical < ombh2:
        raise ValueError(f"omega_m={omega_m:g}: holds less than the baryons, ombh2={ombh2:g}")
    parameters = camb.CAMBparams()
    parameters.set_cosmology(
        H0=H0, ombh2=ombh2, omch2=physical - ombh2, mnu=0.0, num_massive_neutrinos=0, nnu=3.046, tau=0.06
    )
    return camb.get_background(parameters)


@dataclass(frozen=True, kw_only=True)
class CambLCDM(Background):
    """Flat ΛCDM from CAMB: photons at 2.7255 K, 3.046 massless neutrinos, baryons and cold dark matter.

    Parameters are single numbers. Distances and ages are CAMB's, not ours.
    """

    domain: ClassVar = {"omega_m": POSITIVE, "ombh2": POSITIVE, "H0": POSITIVE}
    defaults: ClassVar = {"ombh2": 0.02237, "H0": 70.0}

    def ln_efunc(self, u, p):
        """ln E from CAMB's Hubble rate."""
        rate = self._camb(p).hubble_parameter(np.expm1(u))
        return np.log(np.asarray(rate) / p["H0"])

    def comoving_distance(self, z, **theta):
        """CAMB's comoving radial distance [Mpc]."""
        return self._camb(self._checked(theta)).comoving_radial_distance(np.atleast_1d(z))

    def age(self, z, **theta):
        """CAMB's age at each redshift [Gyr]."""
        results = self._camb(self._checked(theta))
        return np.array([results.physical_time(float(redshift)) for redshift in np.atleast_1d(z)])

    def w_eff(self, z, **theta):
        """−1."""
        return np.full(np.shape(np.atleast_1d(z)), -1.0)

    @staticmethod
    def _camb(p):
        return _results(float(p["omega_m"]), float(p["ombh2"]), float(p["H0"]))
