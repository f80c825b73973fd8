"""The Σ background as a Cobaya `Theory`: Hubble rates and distances for Cobaya's own likelihoods.

Distances in Mpc, H in km/s/Mpc (or 1/Mpc on request), H0 in km/s/Mpc. Distances have a relative error below 1e-10.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from cobaya.log import LoggedError
from cobaya.theory import Theory

from solvers.backgrounds import SigmaBaryons
from solvers.constants import C_KM_S
from solvers.laws import CriticalAcceleration, Law
from solvers.spectral import ChebyshevInterval

__all__ = ["SigmaBaryonsTheory"]

_PRODUCTS = ("Hubble", "angular_diameter_distance", "comoving_radial_distance")
_PER_UNIT = {"km/s/Mpc": 1.0, "1/Mpc": 1.0 / C_KM_S}
_RESOLVED, _MOST_NODES = 1e-11, 2048


class SigmaBaryonsTheory(Theory):
    """Flat Σ-Friedmann background, E² = Ω_b (1+z)³ [1 + A h(E/κ)] + Ω_r (1+z)⁴ (SI 9A.2).

    Input parameters are omega_b, a_cos, omega_r and H0 [km/s/Mpc]; the last two are fixed unless the run says
    otherwise. H0 is a parameter of the model: H(z=0) = H0 E(0) is the derived parameter `hubble_today`.

    A parameter out of its range is an error, which Cobaya turns into zero likelihood unless `stop_at_error` is set.

    Parameters
    ----------
    law : str
        Module and class of the enhancement law, also one of your own.
    form, mode : str
        The critical acceleration, as in `solvers.laws.CriticalAcceleration`.
    g_dagger : float, optional
        g† [m/s²], in place of the form.
    """

    law: str = "solvers.laws.Sigma"
    form: str = "4sqrtpi"
    mode: str = "proportional"
    g_dagger: float | None = None
    speed: float = 1000.0
    params: ClassVar = {
        "omega_b": None,
        "a_cos": None,
        "omega_r": {"value": 0.0, "latex": r"\Omega_\mathrm{r}"},
        "H0": {"value": 70.0, "latex": "H_0"},
        "hubble_today": {"derived": True, "latex": "H(z{=}0)"},
    }

    def initialize(self) -> None:
        """Build the law and the background; an unknown option stops here.

        Raises
        ------
        LoggedError
            A law, form or mode that does not exist.
        """
        try:
            acceleration = CriticalAcceleration(form=str(self.form), mode=self.mode, value=self.g_dagger)
            # Every point brings its own values of both.
            params = {"omega_b": 1.0, "a_cos": 0.0}
            self.background = SigmaBaryons(params=params, law=_law_class(self.law)(g_dagger=acceleration))
        except (ValueError, TypeError, ImportError, AttributeError) as error:
            raise LoggedError(self.log, "%s", error) from error
        self._z, self._wants_hubble = np.zeros(1), False
        self._interval: ChebyshevInterval | None = None

    def must_provide(self, **requirements: Any) -> None:
        """Add to the redshifts at which everything is computed; may be called several times.

        Raises
        ------
        LoggedError
            A requirement without redshifts, or with some that are negative or not finite.
        """
        super().must_provide(**requirements)
        for name in _PRODUCTS:
            if name not in requirements:
                continue
            options = requirements[name]
            if not isinstance(options, Mapping) or "z" not in options:
                raise LoggedError(self.log, "%s: needs redshifts, as in {'z': [0.5, 1]}; got %r", name, options)
            z = np.atleast_1d(np.asarray(options["z"], dtype=float))
            if not np.all((z >= 0) & np.isfinite(z)):
                raise LoggedError(self.log, "%s: redshifts must be finite and not negative", name)
            self._z = np.union1d(self._z, z)
            self._wants_hubble |= name == "Hubble"
        if self._z[-1] > 0:
            self._resolve(32)

    def calculate(self, state: dict[str, Any], want_derived: bool = True, **values: float) -> None:
        """H and comoving distance of one point at every redshift that was asked for."""
        hubble = self.background.hubble(self._z if self._wants_hubble else self._z[:1], **values)
        state["Hubble"] = hubble
        p = self.background.bind(values)
        state["comoving_radial_distance"] = C_KM_S / p["H0"] * self._integral(p)
        if want_derived:
            state["derived"] = {"hubble_today": float(hubble[0])}

    def get_Hubble(self, z: Any, units: str = "km/s/Mpc") -> np.ndarray:
        """H at redshifts that were asked for [km/s/Mpc], or H/c [1/Mpc].

        Parameters
        ----------
        z : float or array_like
            Redshifts, shape (n_z,).
        units : {"km/s/Mpc", "1/Mpc"}
            Unit of the result.

        Returns
        -------
        ndarray
            Shape (n_z,), (1,) for a single number.
        """
        if units not in _PER_UNIT:
            raise LoggedError(self.log, "units=%r: must be one of %s", units, ", ".join(_PER_UNIT))
        return self._at("Hubble", z) * _PER_UNIT[units]

    def get_comoving_radial_distance(self, z: Any) -> np.ndarray:
        """Comoving distance at redshifts that were asked for [Mpc], shape (n_z,)."""
        return self._at("comoving_radial_distance", z)

    def get_angular_diameter_distance(self, z: Any) -> np.ndarray:
        """Angular diameter distance at redshifts that were asked for [Mpc], shape (n_z,)."""
        return self._at("comoving_radial_distance", z) / (1.0 + np.atleast_1d(np.asarray(z, dtype=float)))

    def _at(self, product: str, z: Any) -> np.ndarray:
        wanted = np.atleast_1d(np.asarray(z, dtype=float))
        rows = np.minimum(np.searchsorted(self._z, wanted), len(self._z) - 1)
        if not np.array_equal(self._z[rows], wanted):
            raise LoggedError(self.log, "%s: not every redshift in %s was among the requirements", product, wanted)
        return self.current_state[product][rows]

    def _resolve(self, n_nodes: int) -> None:
        u = np.log1p(self._z)
        self._interval = ChebyshevInterval(0.0, float(u[-1]), n_nodes)
        self._matrix = self._interval.integration_matrix(u)
        self._matrix[0] = 0.0

    def _integral(self, p: Mapping[str, Any]) -> np.ndarray:
        """∫ dz/E, on as many nodes as the least smooth point so far has asked for."""
        if self._interval is None:
            return np.zeros_like(self._z)
        while True:
            nodes = self._interval.nodes
            rate = np.exp(nodes - self.background.ln_efunc(nodes, p))
            error = float(self._interval.tail(rate))
            if error <= _RESOLVED:
                return self._matrix @ rate
            if not self._interval.n_nodes < _MOST_NODES:
                raise ArithmeticError(f"distances not resolved with {_MOST_NODES} nodes (relative error {error:.1e})")
            self._resolve(2 * self._interval.n_nodes)


def _law_class(path: str) -> type[Law]:
    """The law named by its module and class."""
    module, _, name = path.rpartition(".")
    law = getattr(import_module(module), name)
    if not (isinstance(law, type) and issubclass(law, Law)):
        raise TypeError(f"law={path}: must be a subclass of solvers.laws.Law")
    return law
