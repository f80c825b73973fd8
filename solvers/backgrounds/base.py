"""What every expansion history answers. Distances in Mpc, H in km/s/Mpc, ages in Gyr."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers import distances
from solvers.constants import C_KM_S
from solvers.errors import InvalidInput
from solvers.inference.parametrised import Parametrised

CompiledEfunc = Callable[[Sequence[float], np.ndarray], None]


@dataclass(frozen=True, kw_only=True)
class Background(Parametrised, ABC):
    """An expansion history H(z) = H0 E(z) with named parameters.

    A subclass gives `domain` (legal values by name), `defaults`, and `ln_efunc`. Parameters that `params` fixes
    need not be given again; free ones are keyword arguments of every method, as numbers or as arrays of one shape P.
    Redshifts of shape (n_z,) then give results of shape P + (n_z,).
    """

    units: ClassVar[Mapping[str, str]] = {"H0": "km / (Mpc s)"}

    @abstractmethod
    def ln_efunc(self, u, p: Mapping[str, Any]):
        """ln E at u = ln(1+z).

        Parameters
        ----------
        u : ndarray
            Shape (n_z,).
        p : mapping
            Every parameter by name, broadcast against `u` (see `bind`).

        Returns
        -------
        ndarray
            Shape P + (n_z,); NaN where E² <= 0.
        """

    def w_eff(self, z, **theta):
        """Equation of state of everything beside matter and radiation; NaN where there is nothing."""
        return np.full(np.shape(self.efunc(z, **theta)), np.nan)

    def transverse(self, integral, p: Mapping[str, Any]):
        """Transverse comoving distance in c/H0 from the radial integral I (equal in flat space)."""
        return integral

    def compiled_efunc(self, names: Sequence[str], one_plus_z: np.ndarray) -> CompiledEfunc | None:
        """A fast E on fixed nodes as a function of the parameters `names`; None where there is none.

        Parameters
        ----------
        names : sequence of str
            Parameters that will vary, in the order of the values.
        one_plus_z : ndarray
            Increasing nodes, shape (n,).

        Returns
        -------
        callable or None
            `(values, out)` writes E on the nodes into `out`.
        """
        return None

    def bind(self, theta: Mapping[str, Any]) -> dict[str, Any]:
        """Join the fixed parameters with `theta`, arrays with a last axis for the redshifts.

        Raises
        ------
        InvalidInput
            A name that the model does not know, or one that is neither fixed nor given.
        """
        return {name: _with_axis(value) for name, value in self.joined(theta).items()}

    def efunc(self, z, **theta):
        """E(z) = H(z)/H0, shape P + (n_z,)."""
        u, p = np.log1p(redshifts(z)), self._checked(theta)
        shape = np.broadcast_shapes(*(np.shape(value) for value in p.values()), u.shape)
        return np.broadcast_to(np.exp(self.ln_efunc(u, p)), shape)

    def hubble(self, z, **theta):
        """H(z) [km/s/Mpc]."""
        return self._checked(theta)["H0"] * self.efunc(z, **theta)

    def comoving_distance(self, z, **theta):
        """Transverse comoving distance D_M [Mpc]."""
        p = self._checked(theta)
        integral, _ = distances.comoving_integral(lambda u: self.ln_efunc(u, p), redshifts(z))
        return C_KM_S / p["H0"] * self.transverse(integral, p)

    def luminosity_distance(self, z, **theta):
        """D_L = (1+z) D_M [Mpc]."""
        return (1.0 + redshifts(z)) * self.comoving_distance(z, **theta)

    def angular_diameter_distance(self, z, **theta):
        """D_A = D_M/(1+z) [Mpc]."""
        return self.comoving_distance(z, **theta) / (1.0 + redshifts(z))

    def distance_modulus(self, z, **theta):
        """μ [mag]; NaN at z = 0."""
        return distances.distance_modulus(self.luminosity_distance(z, **theta))

    def age(self, z, **theta):
        """Time since the beginning [Gyr]."""
        p = self._checked(theta)
        return distances.age(lambda u: self.ln_efunc(u, p), redshifts(z), p["H0"])

    def _checked(self, theta: Mapping[str, Any]) -> dict[str, Any]:
        p = self.bind(theta)
        self.check_domain(theta)
        return p


def _with_axis(value):
    return value if np.ndim(value) == 0 else np.asarray(value)[..., np.newaxis]


def redshifts(z) -> np.ndarray:
    """Redshifts as a vector.

    Raises
    ------
    InvalidInput
        None at all, more than one dimension, or one that is not a number above −1.
    """
    z = np.atleast_1d(np.asarray(z, dtype=float))
    if z.ndim != 1 or z.size == 0 or not np.all((z > -1.0) & np.isfinite(z)):
        raise InvalidInput("z: redshifts must be finite numbers above -1")
    return z
