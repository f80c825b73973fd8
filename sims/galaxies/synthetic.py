"""A sample of disk galaxies that is drawn: known baryons, a known law of rotation, errors as in SPARC."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.constants import G_KPC
from solvers.errors import InvalidInput
from solvers.galaxies.base import RotationModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.exponential_disk import exponential_disk_v_squared
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.mass_profiles import hernquist_v_squared

_LOG_MASS = (7.5, 11.2)
_BULGE_ABOVE = 10.3
_GAS_SCALE = 2.0


@dataclass(frozen=True, kw_only=True)
class SyntheticSample:
    """Galaxies in the columns of SPARC, for demonstrations and to see whether fits find what was put in.

    Stellar disks and gas are thin exponential disks, bulges Hernquist spheres; sizes, gas and bulges follow the stellar
    mass with scatter, roughly as in SPARC.

    Parameters
    ----------
    model : RotationModel
        What rules the rotation, numbers for all parameters.
    n_galaxies : int
        Galaxies, >= 1.
    upsilon_disk, upsilon_bulge : float
        True mass-to-light ratios [Msun/Lsun], > 0.
    relative_error, error_floor : float
        Error of a velocity: √((relative V)² + floor²), >= 0 and > 0 km/s.
    seed : int
        Of everything that is drawn.

    Raises
    ------
    ValueError
        A number out of its range, or a model with a free parameter.
    """

    model: RotationModel = field(default_factory=LawRotation)
    n_galaxies: int = 60
    upsilon_disk: float = 0.5
    upsilon_bulge: float = 0.7
    relative_error: float = 0.03
    error_floor: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("n_galaxies", "upsilon_disk", "upsilon_bulge", "error_floor"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be > 0")
        if not self.relative_error >= 0:
            raise ValueError(f"relative_error={self.relative_error}: must be >= 0")
        loose = [*self.model.space.axes, *self.model.space.names]
        if loose:
            raise ValueError(f"model.params.{loose[0]}: a sample is drawn with numbers")

    def load(self) -> xr.Dataset:
        """The sample, in the columns of `catalogs.sparc.Sparc.load` that the experiments read."""
        rng = np.random.default_rng([self.seed, *b"synthetic galaxies"])
        galaxies = self._galaxies(rng)
        galaxy = np.repeat(np.arange(self.n_galaxies), galaxies["n_points"])
        start = np.cumsum(galaxies["n_points"]) - galaxies["n_points"]
        place = (np.arange(galaxy.size) - start[galaxy] + 1.0) / galaxies["n_points"][galaxy]
        radius = galaxies["r_disk"][galaxy] * galaxies["extent"][galaxy] * place
        squares = self._squares(galaxies, galaxy, radius)
        truth = self._truth(galaxies, galaxy, radius, squares)
        error = np.hypot(self.relative_error * truth, self.error_floor)
        # A velocity that scatters below its error is not measured so in a catalogue of velocities > 0.
        v_obs = np.maximum(truth + error * rng.standard_normal(truth.size), 0.1 * error)
        return self._dataset(galaxies, galaxy, radius, squares, truth, v_obs, error)

    def _galaxies(self, rng: np.random.Generator) -> dict[str, Any]:
        n = self.n_galaxies
        log_mass = rng.uniform(*_LOG_MASS, n)
        has_bulge = (log_mass > _BULGE_ABOVE) & (rng.random(n) < 0.5)
        return {
            "stars": 10.0**log_mass,
            "bulge_share": np.where(has_bulge, rng.uniform(0.05, 0.5, n), 0.0),
            "r_disk": 2.5 * 10.0 ** (0.35 * (log_mass - 10.0) + 0.15 * rng.standard_normal(n)),
            "gas": 10.0 ** (9.6 + 0.6 * (log_mass - 10.0) + 0.25 * rng.standard_normal(n)),
            "extent": rng.uniform(3.0, 8.0, n),
            "n_points": rng.integers(6, 40, n),
        }

    def _squares(self, galaxies: dict[str, Any], galaxy: np.ndarray, radius: np.ndarray) -> dict[str, np.ndarray]:
        """V² [(km/s)²] of gas, disk and bulge as a catalogue has them: those of stars for a ratio of 1."""
        of = {name: values[galaxy] for name, values in galaxies.items()}
        disk = of["stars"] * (1.0 - of["bulge_share"]) / self.upsilon_disk
        bulge, size = of["stars"] * of["bulge_share"] / self.upsilon_bulge, 0.2 * of["r_disk"]
        return {
            "gas": exponential_disk_v_squared(radius, of["gas"], _GAS_SCALE * of["r_disk"]),
            "disk": exponential_disk_v_squared(radius, disk, of["r_disk"]),
            "bulge": hernquist_v_squared(radius, bulge, size, G_KPC),
        }

    def _truth(
        self, galaxies: dict[str, Any], galaxy: np.ndarray, radius: np.ndarray, squares: dict[str, np.ndarray]
    ) -> np.ndarray:
        bulge = self.upsilon_bulge * squares["bulge"]
        v_bar_squared = squares["gas"] + self.upsilon_disk * squares["disk"] + bulge
        curves = Curves(
            names=self._names(),
            galaxy=galaxy,
            radius=radius,
            v_obs=np.sqrt(v_bar_squared),
            v_obs_err=np.ones_like(radius),
            v_bar_squared=v_bar_squared,
            v_bulge_squared=bulge,
            r_disk=galaxies["r_disk"],
        )
        truth = self.model.velocity(curves)
        if not np.all(np.isfinite(truth)):
            raise InvalidInput("catalog.model: gives no rotation for this sample")
        return truth

    def _names(self) -> tuple[str, ...]:
        return tuple(f"synthetic{i:04d}" for i in range(self.n_galaxies))

    def _dataset(
        self,
        galaxies: dict[str, Any],
        galaxy: np.ndarray,
        radius: np.ndarray,
        squares: dict[str, np.ndarray],
        truth: np.ndarray,
        v_obs: np.ndarray,
        error: np.ndarray,
    ) -> xr.Dataset:
        points = {
            "galaxy_index": (galaxy, "", "row of the galaxy"),
            "radius": (radius, "kpc", "galactocentric radius"),
            "v_obs": (v_obs, "km/s", "observed rotation"),
            "v_obs_err": (error, "km/s", "its error"),
            "v_gas": (np.sqrt(squares["gas"]), "km/s", "rotation that the gas contributes"),
            "v_disk": (np.sqrt(squares["disk"]), "km/s", "rotation that the stellar disk contributes at M/L = 1"),
            "v_bulge": (np.sqrt(squares["bulge"]), "km/s", "rotation that the bulge contributes at M/L = 1"),
            "v_true": (truth, "km/s", "rotation without its error"),
        }
        rows = {
            "name": (list(self._names()), "", "name of the galaxy"),
            "r_disk": (galaxies["r_disk"], "kpc", "disk scale length"),
            "n_points": (galaxies["n_points"], "", "points of the curve"),
        }
        variables = {key: variable("point", values, unit, words) for key, (values, unit, words) in points.items()}
        variables |= {key: variable("galaxy", values, unit, words) for key, (values, unit, words) in rows.items()}
        attrs = {
            "name": "synthetic",
            "title": f"synthetic disk galaxies, {self.model.label or type(self.model).__name__}",
            "reference": "",
            "sha256": "{}",
            "cuts": json.dumps({"n_galaxies": self.n_galaxies, "seed": self.seed}),
            "steps": json.dumps([{"step": "drawn", "rows": int(galaxy.size), "galaxies": self.n_galaxies}]),
            "n_galaxies": self.n_galaxies,
            "n_rows": int(galaxy.size),
        }
        return xr.Dataset(variables, attrs=attrs)
