"""CAMB's own flat ΛCDM background: a baseline that shares no code with ours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from solvers.backgrounds.base import Background, redshifts
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE, Interval

_ORDER = ("omega_m", "ombh2", "mnu", "nnu", "H0")


_TAU = 0.0544
"""Optical depth (Planck 2018), which no distance depends on."""


@lru_cache(maxsize=64)
def _results(omega_m: float, ombh2: float, mnu: float, nnu: float, H0: float):
    import camb

    parameters = camb.CAMBparams()
    neutrinos = {"mnu": mnu, "num_massive_neutrinos": int(mnu > 0), "nnu": nnu}
    try:
        # Cold dark matter is what is left once CAMB has said what its neutrinos weigh.
        parameters.set_cosmology(H0=H0, ombh2=ombh2, omch2=0.0, tau=_TAU, **neutrinos)
        parameters.omch2 = omega_m * (H0 / 100.0) ** 2 - ombh2 - parameters.omnuh2
        results = camb.get_background(parameters) if parameters.omch2 >= 0 else None
    except (camb.CAMBError, ValueError) as error:
        given = f"omega_m={omega_m:g}, ombh2={ombh2:g}, mnu={mnu:g}, nnu={nnu:g}, H0={H0:g}"
        raise InvalidInput(f"CAMB refuses {given}: {error}") from error
    if results is None:
        parts = f"the baryons, ombh2={ombh2:g}, and the neutrinos, mnu={mnu:g}, at H0={H0:g}"
        raise InvalidInput(f"omega_m={omega_m:g}: holds less than {parts}")
    return results


@dataclass(frozen=True, kw_only=True)
class CambLCDM(Background):
    """Flat ΛCDM from CAMB: photons at 2.7255 K, neutrinos, baryons and cold dark matter.

    `omega_m` is all matter of today, a massive neutrino included; `ombh2` the baryons in it; `mnu` [eV] the mass of
    one neutrino (0: none is massive); `nnu` the effective number of neutrinos. Distances and ages are CAMB's, not
    ours. Arrays of parameters are a loop, some 5 ms for each set.
    """

    domain: ClassVar = {
        "omega_m": POSITIVE,
        "ombh2": POSITIVE,
        "mnu": NON_NEGATIVE,
        "nnu": Interval(1.0, 10.0),
        "H0": POSITIVE,
    }
    defaults: ClassVar = {"ombh2": 0.02237, "mnu": 0.06, "nnu": 3.044, "H0": 67.36}
    units: ClassVar = {**Background.units, "mnu": "eV"}

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
    arrays = np.broadcast_arrays(*(np.atleast_1d(p[name]) for name in _ORDER))
    rows = [curve(_results(*map(float, point))) for point in zip(*(a.ravel() for a in arrays), strict=True)]
    return np.asarray(rows).reshape(*arrays[0].shape[:-1], -1)
