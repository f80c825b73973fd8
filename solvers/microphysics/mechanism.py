"""What every mechanism answers: its excess K = Σ − 1, at points of rotation curves and at a single place."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.microphysics.systems import Systems, check_inputs, systems_of

__all__ = ["Mechanism"]


@dataclass(frozen=True, kw_only=True)
class Mechanism(EnhancementModel):
    """g = g_GR (1 + K). A subclass gives `kernel`, parameters and their legal values, `origin`, and what it `takes`.

    Parameters
    ----------
    inputs : {"source", "photometric"}
        Where dispersion, size and mass of a galaxy come from (`solvers.microphysics.systems`).
    sigma_v : float, optional
        Velocity dispersion of all galaxies [km/s], > 0, in place of the proxy.

    Raises
    ------
    ValueError
        An unknown word, or a number out of its range.
    """

    origin: ClassVar[str] = "none stated"
    """What the source derives it from, in a few words."""

    takes: ClassVar[frozenset[str]] = frozenset({"sigma_v"})
    """Which numbers of `Systems` enter K; empty where it depends on radius and V_GR alone."""

    inputs: str = "source"
    sigma_v: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_inputs(self.inputs, self.sigma_v)

    @property
    def uses_observed(self) -> bool:  # type: ignore[override]
        """Whether something of the observed rotation is an input, as the source's proxies of σ_v and mass are."""
        observed = {"v_flat", "mass"} | ({"sigma_v"} if self.sigma_v is None else set())
        return self.inputs == "source" and not observed.isdisjoint(self.takes)

    @abstractmethod
    def kernel(self, curves: Curves, systems: Systems, p: dict[str, Any]) -> Any:
        """K at the points, shape (..., n_points), of parameters that are numbers or have that shape."""

    def excess(self, curves: Curves, **theta: Any) -> Any:
        """K, without the digits that 1 + K loses where it is small; shape (..., n_points)."""
        systems = systems_of(curves, self.inputs, self.sigma_v)
        return self.kernel(curves, systems, self.parameters_at(curves, theta))

    def enhancement(self, curves: Curves, **theta: Any) -> Any:
        """Σ = 1 + K, shape (..., n_points)."""
        return 1.0 + self.excess(curves, **theta)

    def excess_at(self, radius: Any, v: Any, sigma_v: float, **theta: Any) -> Any:
        """K of a system of one dispersion at radii, as if every radius were a system of one point.

        Parameters
        ----------
        radius : array_like
            R > 0 [kpc].
        v : array_like
            Rotation by general relativity there [km/s], >= 0, broadcast with `radius`; it also counts as v_flat.
        sigma_v : float
            Dispersion [km/s], > 0.
        **theta
            Parameters that `params` does not fix: numbers.

        Returns
        -------
        ndarray
            Of the shape of `radius` and `v`.
        """
        radius, v = np.broadcast_arrays(np.asarray(radius, dtype=float), np.asarray(v, dtype=float))
        shape, n = radius.shape, radius.size
        curves = Curves(
            names=tuple(map(str, range(n))),
            galaxy=np.arange(n),
            radius=radius.reshape(n),
            v_obs=v.reshape(n),
            v_obs_err=np.full(n, np.nan),
            v_bar_squared=v.reshape(n) ** 2,
            v_bulge_squared=np.zeros(n),
            r_disk=radius.reshape(n),
        )
        return replace(self, inputs="source", sigma_v=float(sigma_v)).excess(curves, **theta).reshape(shape)
