"""Clusters of a configuration as lenses, with all that the experiments on them need of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from outputs.targets import BadRequest, coerce, missing_keys
from solvers.clusters.baryons import ClusterBaryons
from solvers.clusters.einstein_radius import SEARCH_GRID, Crossings, Surface, crossings, mean_convergence
from solvers.clusters.gas import Clumping, GasShape, PressureProfile
from solvers.clusters.geometry import LensConstants, arcsec
from solvers.clusters.lens import ClusterLens
from solvers.errors import InvalidInput

_PARTS: dict[type, dict[str, type]] = {
    ClusterLens: {"gas": GasShape},
    GasShape: {"pressure": PressureProfile, "clumping": Clumping},
}
"""Keys that are nodes of their own."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PreparedLens:
    """A cluster in a cosmology.

    Parameters
    ----------
    name : str
        Its name, for messages.
    lens : ClusterLens
        As configured.
    baryons : ClusterBaryons
        Its gas and stars.
    sigma_crit : float
        Critical surface density [Msun/kpc²].
    D_l : float
        Angular-diameter distance [kpc].
    kappa_ext : float
        Convergence of all sheets.
    radius : ndarray
        Grid between whose ends crossings are looked for [kpc].
    start : float or None
        Inside this radius [kpc] Σ is continued as a power law.
    """

    name: str
    lens: ClusterLens
    baryons: ClusterBaryons
    sigma_crit: float
    D_l: float
    kappa_ext: float
    radius: np.ndarray
    start: float | None

    def crossings(self, surface: Surface) -> Crossings:
        """All R with κ̄ = 1 [kpc] of a surface density [Msun/kpc²].

        Raises
        ------
        InvalidInput
            A mean convergence that is above 1 at the end of the grid.
        """
        at, sheet, start = self.radius, self.kappa_ext, self.start
        try:
            return crossings(surface, self.sigma_crit, kappa_ext=sheet, radius=at, start=start)
        except InvalidInput as error:
            raise InvalidInput(f"clusters.{self.name}: {error} (sim.search_range)") from None

    def theta_e(self, surface: Surface) -> float:
        """Einstein radius [arcsec]; NaN where there is none."""
        return self.angle(self.crossings(surface).outermost)

    def angle(self, length: Any) -> Any:
        """Angle [arcsec] of a length [kpc]."""
        return arcsec(length, self.D_l)

    def kappa(self, surface: Surface, radius: np.ndarray) -> np.ndarray:
        """Convergence with all sheets at R [kpc]."""
        return surface(radius) / self.sigma_crit + self.kappa_ext

    def mean_kappa(self, surface: Surface, radius: np.ndarray) -> np.ndarray:
        """Mean convergence inside R [kpc], increasing, with all sheets."""
        start = None if self.start is None else min(self.start, float(radius[0]))
        return mean_convergence(surface, radius, self.sigma_crit, kappa_ext=self.kappa_ext, start=start)


def built(key: str, node: Any, kind: type) -> Any:
    """An object from a node that need not name its class, or the object that the node has become already.

    Parameters
    ----------
    key : str
        Where the node stands, which messages start with.
    node : mapping or object
        As in the configuration.
    kind : type
        Its class.

    Raises
    ------
    InvalidInput
        A key that is unknown or lacking, or a value that is wrong.
    """
    if isinstance(node, kind):
        return node
    if not isinstance(node, Mapping):
        raise InvalidInput(f"{key}: must be a mapping of the keys of {kind.__name__}")
    try:
        own = coerce(key, {name: value for name, value in node.items() if name != "_target_"}, kind)
        parts = {name: built(f"{key}.{name}", own[name], part) for name, part in _parts(kind) if name in own}
        return kind(**own | parts)
    except BadRequest as error:
        raise InvalidInput(str(error)) from error
    except InvalidInput as error:
        text = str(error)
        raise (error if text.startswith(f"{key}.") else InvalidInput(f"{key}.{text}")) from None
    except TypeError as error:
        raise InvalidInput(f"{key}: give {absent}" if (absent := missing_keys(error)) else f"{key}: {error}") from None


def prepared_lenses(
    clusters: Mapping[str, Any],
    cosmology: Any,
    constants: LensConstants,
    *,
    kappa_ext: float = 0.0,
    radius: np.ndarray = SEARCH_GRID,
    start: float | None = None,
) -> dict[str, PreparedLens]:
    """Every cluster by its name.

    Parameters
    ----------
    clusters : mapping of str to ClusterLens or mapping
        A mapping has the keys of `ClusterLens`.
    cosmology : object
        As in `solvers.clusters.lens.hubble_parameter`.
    constants : LensConstants
        c, G and the kiloparsec.
    kappa_ext : float
        Convergence that all clusters have beside their own.
    radius, start
        As in `PreparedLens`.

    Raises
    ------
    InvalidInput
        No clusters, or one that is not right.
    """
    if not clusters:
        raise InvalidInput("clusters: name at least one")
    if not hasattr(cosmology, "luminosity_distance") or not hasattr(cosmology, "efunc"):
        raise InvalidInput(
            "cosmology: must have luminosity_distance and efunc, as solvers.clusters.geometry.FlatMatter"
        )
    return {
        name: _prepared(name, node, cosmology, constants, kappa_ext=kappa_ext, radius=radius, start=start)
        for name, node in clusters.items()
    }


def _prepared(
    name: str, node: Any, cosmology: Any, constants: LensConstants, *, kappa_ext: float, **grid: Any
) -> PreparedLens:
    lens: ClusterLens = built(f"clusters.{name}", node, ClusterLens)
    if not lens.kappa_ext + kappa_ext < 1:
        raise InvalidInput(
            f"clusters.{name}.kappa_ext={lens.kappa_ext:g}: must be < 1 with sim.kappa_ext={kappa_ext:g}"
        )
    return PreparedLens(
        name=name,
        lens=lens,
        baryons=lens.baryons(cosmology, constants),
        sigma_crit=lens.sigma_crit(cosmology, constants),
        D_l=lens.distances(cosmology).D_l,
        kappa_ext=lens.kappa_ext + kappa_ext,
        **grid,
    )


def _parts(kind: type) -> list[tuple[str, type]]:
    return list(_PARTS.get(kind, {}).items())
