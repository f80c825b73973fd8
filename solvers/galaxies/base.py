"""What every model of rotation answers: V² at the points of rotation curves, in (km/s)².

A parameter is a number, or has an array of shape (..., n_galaxies): all galaxies and a grid of values at once.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from solvers.galaxies.curves import Curves
from solvers.inference.parametrised import Parametrised


@dataclass(frozen=True, kw_only=True)
class RotationModel(Parametrised, ABC):
    """A model of rotation curves.

    A subclass gives `v_squared`; parameters that `params` fixes need not be given again, others are keyword arguments.
    `uses_observed` is True where the model takes something of the observed rotation as input.
    """

    uses_observed: ClassVar[bool] = False

    @abstractmethod
    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V² of the model [(km/s)²], shape (..., n_points).

        Parameters
        ----------
        curves : Curves
            Radii, baryons, and for some models what was observed.
        **theta
            Parameters that are not fixed: numbers, or shape (..., n_galaxies).
        """

    def velocity(self, curves: Curves, **theta: Any) -> Any:
        """V of the model [km/s], shape (..., n_points); NaN where V² is negative."""
        return curves.xp.sqrt(self.v_squared(curves, **theta))

    def parameters_at(self, curves: Curves, theta: dict[str, Any]) -> dict[str, Any]:
        """Every parameter by name, at the points.

        Raises
        ------
        InvalidInput
            One unknown, missing or illegal.
        """
        return {name: curves.at_points(value) for name, value in self.checked(theta).items()}

    def checked(self, theta: dict[str, Any]) -> dict[str, Any]:
        """Every parameter by name, as given: a number, or of the galaxies.

        Raises
        ------
        InvalidInput
            One unknown, missing or illegal.
        """
        joined = self.joined(theta)
        self.check_domain(theta)
        return joined


@dataclass(frozen=True, kw_only=True)
class EnhancementModel(RotationModel):
    """V² = V_bar² Σ: baryons, enhanced. A subclass gives `enhancement`."""

    @abstractmethod
    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """Σ = 1 + K, shape (..., n_points); where V_bar = 0 any finite number."""

    def v_squared(self, curves: Curves, **theta: Any) -> Any:
        """V_bar² Σ; 0 where V_bar is."""
        return curves.v_bar_squared * self.enhancement(curves, **theta)


@dataclass(frozen=True, kw_only=True)
class Newtonian(EnhancementModel):
    """General relativity with baryons only, in its Newtonian limit: Σ = 1."""

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """1 at every point."""
        self.parameters_at(curves, theta)
        return curves.xp.ones_like(curves.radius)
