"""The Milky Way with several choices of its baryons: what the experiments on it share."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.galaxies.sample import KILOPARSECS
from solvers.errors import InvalidInput
from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.milky_way import MilkyWayBaryons, milky_way_curves


class Galaxy:
    """The Milky Way by every model on all choices of its baryons.

    Parameters
    ----------
    baryons : mapping of str to MilkyWayBaryons
        By name.
    models : mapping of str to RotationModel
        Numbers for all parameters.
    r_disk : float
        Scale length that enters the window [kpc], > 0.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².

    Raises
    ------
    InvalidInput
        Baryons of other galaxies, a free parameter, a model that needs the observed rotation, or an illegal number.
    """

    def __init__(
        self,
        baryons: Mapping[str, MilkyWayBaryons],
        models: Mapping[str, RotationModel],
        r_disk: float,
        kiloparsec: str,
    ) -> None:
        for name, each in baryons.items():
            if not isinstance(each, MilkyWayBaryons):
                raise InvalidInput(f"baryons.{name}: must be solvers.galaxies.milky_way.MilkyWayBaryons")
        for name, model in models.items():
            loose = [*model.space.axes, *model.space.names]
            if loose:
                raise InvalidInput(f"models.{name}.params.{loose[0]}: give a number; nothing is fitted here")
            if getattr(model, "uses_observed", False):
                cure = f"; give models.{name}.sigma_v, km/s" if hasattr(model, "sigma_v") else ""
                raise InvalidInput(
                    f"models.{name}: takes the observed velocity as an input, which is compared here{cure}"
                )
        if kiloparsec not in KILOPARSECS:
            raise InvalidInput(f"sim.kiloparsec={kiloparsec!r}: must be one of {', '.join(KILOPARSECS)}")
        if not (r_disk > 0 and np.isfinite(r_disk)):
            raise InvalidInput(f"sim.r_disk={r_disk}: must be > 0 kpc")
        self.baryons, self.models, self.r_disk, self.kpc = baryons, models, r_disk, KILOPARSECS[kiloparsec]

    def curves(self, name: str, radius: np.ndarray, v_obs: Any = None, v_obs_err: Any = None) -> Curves:
        """Radii [kpc] with one of the baryons, observed velocities and errors [km/s], NaN where left out."""
        observed = np.full(radius.shape, np.nan) if v_obs is None else v_obs
        chosen = self.baryons[name]
        return milky_way_curves(radius, observed, v_obs_err=v_obs_err, baryons=chosen, r_disk=self.r_disk, kpc=self.kpc)

    def velocity(self, model: RotationModel, radius: np.ndarray) -> np.ndarray:
        """V of a model [km/s] at radii [kpc], shape (n_baryons, n_radii)."""
        return np.stack([model.velocity(self.curves(name, radius)) for name in self.baryons])

    def axis(self) -> xr.Variable:
        """Names of the baryons."""
        return variable("baryons", list(self.baryons), "", "components of the Milky Way")
