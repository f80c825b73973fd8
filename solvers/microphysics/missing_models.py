"""Models of F_missing: functions of dispersion, size, mass and velocity of a galaxy, to be fitted galaxy by galaxy."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from solvers.errors import InvalidInput
from solvers.inference.parameters import POSITIVE, REAL
from solvers.inference.parametrised import Parametrised
from solvers.microphysics.missing_ratio import power_ratio
from solvers.microphysics.potential_depth import potential_depth, saturating
from solvers.microphysics.systems import Systems

__all__ = ["ConstantRatio", "DispersionRatio", "MassRatio", "MissingModel", "PowerRatio", "VelocityRatio"]

SIGMA_REF, RADIUS_REF = 14.76375, 12.35
"""Medians of σ_v [km/s] and size [kpc] of the 158 galaxies of the source (`microphysics.md` §7)."""


@dataclass(frozen=True, kw_only=True)
class MissingModel(Parametrised):
    """F of every galaxy. A subclass gives `ratio`, parameters with their legal values, and what is `degenerate`.

    References
    ----------
    `microphysics.md` §7.
    """

    degenerate: ClassVar[tuple[str, ...]] = ()
    """Combinations of parameters that alone enter, whatever the galaxies, as formulas."""

    def degenerate_in(self, systems: Systems) -> tuple[str, ...]:
        """Those that alone enter F of these galaxies."""
        return self.degenerate

    def predict(self, systems: Systems, **theta: Any) -> np.ndarray:
        """F, shape (..., n_galaxies), of parameters that are numbers or have the shape (...)."""
        joined = self.joined(theta)
        self.check_domain(theta)
        return self.ratio(systems, {name: np.asarray(value)[..., np.newaxis] for name, value in joined.items()})

    @abstractmethod
    def ratio(self, systems: Systems, p: dict[str, Any]) -> np.ndarray:
        """F of parameters of shape (..., 1)."""


@dataclass(frozen=True, kw_only=True)
class ConstantRatio(MissingModel):
    """The same F for all galaxies: what any other model has to beat."""

    domain: ClassVar = {"mean": REAL}

    def ratio(self, systems: Systems, p: dict[str, Any]) -> np.ndarray:
        """F."""
        return p["mean"] + np.zeros_like(systems.sigma_v)


@dataclass(frozen=True, kw_only=True)
class DispersionRatio(MissingModel):
    """A (σ_ref/σ_v)^a."""

    domain: ClassVar = {"amplitude": POSITIVE, "a": REAL}

    def degenerate_in(self, systems: Systems) -> tuple[str, ...]:
        """A (σ_ref/σ_v)^a where all galaxies have one dispersion."""
        return _of_one_dispersion(systems)

    def ratio(self, systems: Systems, p: dict[str, Any]) -> np.ndarray:
        """F."""
        return power_ratio(systems.sigma_v, systems.radius, p["amplitude"], p["a"], 0.0, SIGMA_REF, RADIUS_REF)


@dataclass(frozen=True, kw_only=True)
class PowerRatio(MissingModel):
    """A (σ_ref/σ_v)^a (R_ref/R)^b, the "functional form" of the source."""

    domain: ClassVar = {"amplitude": POSITIVE, "a": REAL, "b": REAL}

    def degenerate_in(self, systems: Systems) -> tuple[str, ...]:
        """A (σ_ref/σ_v)^a where all galaxies have one dispersion."""
        return _of_one_dispersion(systems)

    def ratio(self, systems: Systems, p: dict[str, Any]) -> np.ndarray:
        """F."""
        return power_ratio(systems.sigma_v, systems.radius, p["amplitude"], p["a"], p["b"], SIGMA_REF, RADIUS_REF)


@dataclass(frozen=True, kw_only=True)
class MassRatio(MissingModel):
    """K_max [1 − exp(−(Ψ/Ψ0)^γ)] with R_eff = factor × size (model 1 of the source).

    Parameters
    ----------
    ell0 : float
        ℓ0 [kpc], > 0.

    Raises
    ------
    InvalidInput
        An ℓ0 that is not positive.
    """

    degenerate: ClassVar = ("psi0 * factor**3",)
    domain: ClassVar = {"k_max": POSITIVE, "psi0": POSITIVE, "gamma": POSITIVE, "factor": POSITIVE}

    ell0: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.ell0 > 0 and np.isfinite(self.ell0)):
            raise InvalidInput(f"ell0={self.ell0}: must be > 0 kpc")

    def ratio(self, systems: Systems, p: dict[str, Any]) -> np.ndarray:
        """F."""
        if systems.mass is None:
            raise InvalidInput("mass: this catalogue has no baryonic masses, which the model needs")
        depth = potential_depth(systems.mass, p["factor"] * systems.radius, self.ell0)
        return saturating(depth, p["k_max"], p["psi0"], p["gamma"])


@dataclass(frozen=True, kw_only=True)
class VelocityRatio(MissingModel):
    """F_max {1 − exp[−((v/v_ref)²/Ψ0)^δ]} (model 2 of the source)."""

    degenerate: ClassVar = ("psi0 * v_ref**2",)
    domain: ClassVar = {"f_max": POSITIVE, "psi0": POSITIVE, "delta": POSITIVE, "v_ref": POSITIVE}
    units: ClassVar = {"v_ref": "km/s"}

    def ratio(self, systems: Systems, p: dict[str, Any]) -> np.ndarray:
        """F."""
        if np.isnan(systems.v_flat).any():
            raise InvalidInput("v_flat: has no value for some galaxies; the model needs inputs=source")
        return saturating((systems.v_flat / p["v_ref"]) ** 2, p["f_max"], p["psi0"], p["delta"])


def _of_one_dispersion(systems: Systems) -> tuple[str, ...]:
    """The factors of a power law that are one number if all galaxies have the same dispersion."""
    if np.ptp(systems.sigma_v) > 0:
        return ()
    return (f"amplitude * ({SIGMA_REF}/{float(systems.sigma_v[0])!r})**a",)
