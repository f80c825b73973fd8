"""The Σ background as an astropy cosmology: units, redshift-like inputs, `z_at_value`, input and output.

H in km/s/Mpc, distances in Mpc, times in Gyr, as astropy Quantities. All integrals are the suite's own (relative
error below 1e-10 for 1e-3 < z < 1e4), in one call for a whole vector of redshifts.
"""

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from astropy import units as u
from astropy.cosmology import FLRW, Parameter
from astropy.utils.exceptions import AstropyUserWarning

from solvers import distances
from solvers.backgrounds import SigmaBaryons as Background
from solvers.constants import C_M_S, KM_PER_MPC
from solvers.errors import InvalidInput
from solvers.friedmann_limits import closure_amplitude
from solvers.interop.astropy_parameters import (
    N_EFF,
    critical_kappa,
    derived,
    flag,
    non_negative,
    over_redshifts,
    photon_temperature,
    positive,
    redshift,
)
from solvers.laws import CriticalAcceleration, Sigma

__all__ = ["SigmaBaryons"]

_NORMALIZED = 1e-6
"""Largest abs(E(0) − 1) of a model that counts as normalised."""


@cache
def _warn_once() -> None:
    """Warn on the first call in a process."""
    warnings.warn(
        "SigmaBaryons: H0 is a parameter, not the Hubble constant: H(z=0) = H0 E(0), and densities (Ob0, Ode0, "
        "critical_density0) refer to 3 H0^2/(8 pi G). SigmaBaryons.normalized gives the model with E(0) = 1.",
        AstropyUserWarning,
        stacklevel=4,
    )


@dataclass(frozen=True, eq=False)
class SigmaBaryons(FLRW):
    """Flat Σ-Friedmann cosmology, E² = Ob0 (1+z)³ [1 + A_cos h(E/κ)] + Or0 (1+z)⁴ (SI 9A.2).

    H0 is a parameter: H(z=0) = H0 E(0), and E(0) = 1 only for `normalized` models. A model that is not normalised
    says so in a warning, once in a process.

    Parameters
    ----------
    H0 : float or Quantity
        H/E, > 0 [km/s/Mpc].
    Ob0 : float
        Baryon density in units of 3 H0²/8πG, > 0.
    A_cos : float
        Amplitude A of the enhancement, >= 0.
    Or0 : float
        Density of radiation (photons and 3.046 massless neutrinos) in the same units, >= 0.
    kappa : float, {"4sqrtpi", "2e", "6"} or Quantity
        κ = g†/(c H0) > 0: a number, the name of a published form, or g† as an acceleration. Kept as a number, so
        that a clone with another H0 keeps κ; give g† again to hold it in m/s².
    evolving : bool
        g†(z) = g† E(z) (SI §19.6 item 4); kept as 0 or 1.
    name, meta
        As in every astropy cosmology.

    Raises
    ------
    ValueError
        A parameter out of its range.

    Notes
    -----
    What astropy derives from its own parameters, every density in units of `critical_density0` = 3 H0²/8πG:

    - Om0 = Ob0; there is no dark matter (Odm0 = 0).
    - Ode0 = Ob0 A h(E(0)/κ), the density that the enhancement stands for; `w` and `de_density_scale` are its own, so
      that efunc² is the sum of astropy's components at every z. `w` is NaN for A_cos = 0.
    - Ogamma0 and Onu0 are the shares of Or0; Tcmb0 is the temperature of photons of that density (2.725 K for
      Or0 = 4.18e-5 (H0/100)^-2, 0 K for Or0 = 0), Neff = 3.046, and the neutrinos have no mass.
    - Ok0 = 0. The sum Otot0 is E(0)², 1 only if normalised: it is Otot(z) that is 1 at every z.

    Fractions of the true critical density today are Ob(0), Om(0), Ode(0). `h`, `hubble_time` and `hubble_distance`
    belong to the parameter H0.

    References
    ----------
    SI (9A.1), (9A.2).
    """

    # Hidden until the decorator has run: else FLRW's own H0 and Ob0 would become the defaults of these two.
    __dataclass_fields__: ClassVar[dict[str, Any]] = {}

    H0: Parameter = Parameter(doc="H/E: the Hubble constant if E(0) = 1.", unit="km/(s Mpc)", fvalidate=positive)
    Om0: Parameter = derived("Omega matter; the same as Ob0.")
    Ode0: Parameter = derived("Density of the enhancement at z=0 over 3 H0^2/(8 pi G).")
    Tcmb0: Parameter = derived("Temperature of the photons in Or0 at z=0.", "Kelvin")
    Neff: Parameter = derived("Number of effective neutrino species.")
    m_nu: Parameter = derived("Mass of neutrino species.", "eV")
    Ob0: Parameter = Parameter(doc="Omega baryon; baryon density over 3 H0^2/(8 pi G) at z=0.", fvalidate=positive)
    A_cos: Parameter = Parameter(doc="Amplitude of the enhancement.", fvalidate=non_negative)
    Or0: Parameter = Parameter(
        default=0.0, doc="Omega radiation; photons and massless neutrinos at z=0.", fvalidate=non_negative
    )
    kappa: Parameter = Parameter(default="4sqrtpi", doc="Critical acceleration over c H0.", fvalidate=critical_kappa)
    evolving: Parameter = Parameter(default=False, doc="Whether g-dagger follows E(z).", fvalidate=flag)

    def __post_init__(self) -> None:
        own = self.__dict__
        own.update(Om0=self.Ob0, Ode0=0.0, Ok0=0.0, Neff=N_EFF)
        own["Tcmb0"] = photon_temperature(self.Or0 * self.critical_density0)
        own["m_nu"] = np.zeros(3) * u.eV if self.Or0 > 0 else None
        super().__post_init__()
        own["Ode0"] = self.Ob0 * self.A_cos * self._enhancement(0.0)
        if not self.is_normalized:
            _warn_once()

    @classmethod
    def normalized(
        cls,
        H0: Any,
        Ob0: float,
        *,
        Or0: float = 0.0,
        kappa: Any = "4sqrtpi",
        evolving: bool = False,
        name: str | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> "SigmaBaryons":
        """The model with E(0) = 1, so that H0 is the Hubble constant: A_cos = (1 − Ob0 − Or0)/(Ob0 h(1/κ)).

        It does not warn.

        Parameters
        ----------
        H0, Ob0, Or0, kappa, evolving, name, meta
            As for the class, with Ob0 + Or0 <= 1.

        Raises
        ------
        ValueError
            More baryons and radiation than the critical density, or a parameter out of its range.
        """
        known = cls.parameters
        hubble, baryons = positive(None, known["H0"], H0), positive(None, known["Ob0"], Ob0)
        radiation = non_negative(None, known["Or0"], Or0)
        number = critical_kappa(SimpleNamespace(H0=hubble), known["kappa"], kappa)
        amplitude = float(closure_amplitude(baryons, radiation, number, Sigma()))
        if amplitude < 0:
            raise InvalidInput(f"Ob0 + Or0 = {baryons + radiation:g}: must be <= 1 for E(0) = 1")
        return cls(hubble, baryons, amplitude, radiation, number, evolving, name=name, meta=meta)

    @cached_property
    def background(self) -> Background:
        """The suite's own background that gives every number."""
        hubble = self.H0.value
        value, mode = self.kappa * C_M_S * hubble / KM_PER_MPC, "evolving" if self.evolving else "proportional"
        law = Sigma(g_dagger=CriticalAcceleration(value=value, H0=hubble, mode=mode))
        params = {"omega_b": self.Ob0, "a_cos": self.A_cos, "omega_r": self.Or0, "H0": hubble}
        return Background(params=params, law=law, label=self.name or "")

    @property
    def g_dagger(self) -> u.Quantity:
        """Critical acceleration κ c H0 [m/s²]; that at z = 0 in evolving mode is E(0) times it."""
        return self.background.law.g_dagger.m_s2 * u.m / u.s**2

    @property
    def is_flat(self) -> bool:
        """True."""
        return True

    @property
    def is_normalized(self) -> bool:
        """Whether E(0) = 1 (within 1e-6), so that H0 is the Hubble constant."""
        return bool(abs(self.efunc(0.0) - 1.0) <= _NORMALIZED)

    def clone(self, *, meta: Mapping[str, Any] | None = None, **kwargs: Any) -> "SigmaBaryons":
        """A copy with some parameters changed, as in every astropy cosmology; it need not have a name."""
        if self.name is not None or (meta is None and not kwargs):
            return super().clone(meta=meta, **kwargs)
        # astropy 8.0.2 joins the missing name with a text and raises TypeError.
        kwargs["meta"] = {**self.meta, **(meta or {})}
        return replace(self, **kwargs)

    def efunc(self, z: Any, /) -> Any:
        """E(z) = H(z)/H0; not 1 at z = 0 unless normalised."""
        return over_redshifts(self.background.efunc, z)

    def inv_efunc(self, z: Any, /) -> Any:
        """1/E(z)."""
        return 1.0 / self.efunc(z)

    def w(self, z: Any, /) -> Any:
        """Equation of state of the enhancement's density, between −1 and 0; NaN for A_cos = 0."""
        return over_redshifts(self.background.w_eff, z)

    def de_density_scale(self, z: Any, /) -> Any:
        """Density of the enhancement relative to z = 0, (1+z)³ h(E/κ) / h(E(0)/κ)."""
        return (1.0 + redshift(z)) ** 3 * self._enhancement(z) / self._enhancement(0.0)

    def absorption_distance(self, z: Any, /) -> Any:
        """∫ (1+z′)² dz′/E from 0 to z."""
        return self._integral(2, z)

    def _enhancement(self, z: Any) -> Any:
        """h(g/g†) at z."""
        acceleration = 1.0 if self.evolving else self.efunc(z)
        return self.background.law.h(acceleration / self.kappa) + 0.0 * redshift(z)[()]

    def _integral(self, power: int, z: Any) -> Any:
        """∫ (1+z′)^power dz′/E from 0 to z."""
        background = self.background
        p = background.bind({})

        def ln_ratio(v: np.ndarray) -> np.ndarray:
            return background.ln_efunc(v, p) - power * v

        return over_redshifts(lambda vector: distances.comoving_integral(ln_ratio, vector)[0], z)

    # Where astropy would call quad for each redshift.
    def _integral_comoving_distance_z1z2(self, z1: Any, z2: Any, /) -> u.Quantity:
        ends = np.stack(np.broadcast_arrays(redshift(z1), redshift(z2)))
        integral = self._integral(0, ends)
        return self.hubble_distance * (integral[1] - integral[0])

    def _lookback_time(self, z: Any, /) -> u.Quantity:
        return self.hubble_time * self._integral(-1, z)

    def _age(self, z: Any, /) -> u.Quantity:
        return over_redshifts(self.background.age, z) * u.Gyr


# FLRW carries its own signature, which input and output would read.
SigmaBaryons.__signature__ = None
SigmaBaryons.__signature__ = inspect.signature(SigmaBaryons)
