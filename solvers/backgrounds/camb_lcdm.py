"""CAMB's own flat ΛCDM background: a baseline that shares no code with ours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from solvers.backgrounds.base import Background, redshifts
from solvers.errors import InvalidInput
from solvers.inference.parameters import POSITIVE


@lru_cache(maxsize=64)
def _results(omega_m: float, ombh2: float, H0: float):
    import camb

    physical = omega_m * (H0 / 100.0) ** 2
    if physical < ombh2:
        raise InvalidInput(f"omega_m={omega_m:g}: holds less than the baryons, ombh2={ombh2:g}")
    parameters = camb.CAMBparams()
    neutrinos = {"mnu": 0.0, "num_massive_neutrinos": 0, "nnu": 3.046}
    parameters.set_cosmology(H0=H0, ombh2=ombh2, omch2=physical - ombh2, **neutrinos)
    return camb.get_background(parameters)


@dataclass(frozen=True, kw_only=True)
class CambLCDM(Background):
    """Flat ΛCDM from CAMB: photons at 2.7255 K, 3.046 massless neutrinos, baryons and cold dark matter.

    Distances and ages are CAMB's, not ours. Arrays of parameters are a loop.
    """

    domain: ClassVar = {"omega_m": POSITIVE, "ombh2": POSITIVE, "H0": POSITIVE}
    defaults: ClassVar = {"ombh2": 0.02237, "H0": 70.0}

    def ln_efunc(self, u, p):
        """ln E from CAMB's Hubble rate."""
        rates = _each(p, lambda camb: camb.hubble_parameter(np.expm1(u)))
        return np.log(rates / p["H0"])

    def comoving_distance(self, z, **theta):
        """CAMB's comoving radial distance [Mpc]."""
        z = _forward(z)
        return _each(self._checked(theta), lambda camb: camb.comoving_radial_distance(z))

    def age(self, z, **theta):
        """CAMB's age at each redshift [Gyr]."""
        z = _forward(z)
        return _each(self._checked(theta), lambda camb: [camb.physical_time(float(x)) for x in z])

    def w_eff(self, z, **theta):
        """−1."""
        return np.full(np.shape(self.efunc(z, **theta)), -1.0)


def _forward(z) -> np.ndarray:
    """Redshifts that CAMB may be asked for: below 0 its answers are wrong, and stay so."""
    z = redshifts(z)
    if np.any(z < 0):
        raise InvalidInput(f"z={z.min():g}: CAMB's distances and ages start at 0")
    return z


def _each(p: dict[str, Any], curve: Callable[[Any], Any]) -> np.ndarray:
    """The curve of every set of parameters, of shape P + (n_z,)."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(p[name]) for name in ("omega_m", "ombh2", "H0")))
    rows = [curve(_results(*map(float, point))) for point in zip(*(a.ravel() for a in arrays), strict=True)]
    return np.asarray(rows).reshape(*arrays[0].shape[:-1], -1)
