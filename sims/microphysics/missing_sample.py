"""F_missing of every galaxy, and which galaxies are fitted."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.errors import InvalidInput
from solvers.galaxies.curves import Curves
from solvers.microphysics.missing_ratio import CoherenceRise, MissingRatio, missing_ratio
from solvers.microphysics.systems import Systems, bulge_fraction, systems_of

NO_DEMAND = "no point asks for more than the baryons give"

_WORDS: dict[str, tuple[str, str]] = {
    "name": ("", "galaxy"),
    "n_points": ("", "points of its rotation curve"),
    "n_positive": ("", "of them with K_req > 0"),
    "missing_ratio": ("", "F_missing, amplitude over k_rough; no value: no point with K_req > 0"),
    "amplitude": ("", "mean of K_req where it is positive over the mean of C"),
    "k_rough": ("", "K of roughness, K0 xi^gamma"),
    "xi_mean": ("", "mean over radii of xi of the chain of times"),
    "sigma_v": ("km/s", "velocity dispersion as the models take it"),
    "v_flat": ("km/s", "flat velocity as the models take it"),
    "size": ("kpc", "size as the models take it"),
    "mass": ("solMass", "baryonic mass as the models take it"),
    "bulge_fraction": ("", "share of the bulge in V_bar squared at the last radius"),
}


@dataclass(frozen=True, eq=False)
class MissingSample:
    """All galaxies, and which of them are fitted.

    Parameters
    ----------
    curves : Curves
        Rotation curves.
    systems : Systems
        Of all galaxies.
    target : MissingRatio
        Of all galaxies.
    is_fitted : ndarray of bool
        Enough points, and a ratio; shape (n_galaxies,).
    fewest_points : int
        How many points are enough.
    source : xarray.Dataset
        The catalogue.
    """

    curves: Curves
    systems: Systems
    target: MissingRatio
    is_fitted: np.ndarray
    fewest_points: int
    source: xr.Dataset

    @property
    def fitted_systems(self) -> Systems:
        """Of the galaxies that are fitted."""
        mass, own = self.systems.mass, self.is_fitted
        return Systems(
            sigma_v=self.systems.sigma_v[own],
            v_flat=self.systems.v_flat[own],
            radius=self.systems.radius[own],
            mass=None if mass is None else mass[own],
        )

    def rows(self) -> xr.Dataset:
        """The fitted galaxies, with the attributes of the catalogue."""
        columns = self._columns(self.is_fitted)
        used = xr.Dataset({key: variable("row", values, *_WORDS[key]) for key, values in columns.items()})
        cuts = json.loads(self.source.attrs["cuts"]) | {"fewest_points": self.fewest_points, "K_req > 0": "at a point"}
        return used.assign_attrs(self.source.attrs | {"n_rows": int(self.is_fitted.sum()), "cuts": json.dumps(cuts)})

    def left_out(self) -> xr.Dataset | None:
        """The other galaxies with the reason; None where all are fitted."""
        if self.is_fitted.all():
            return None
        columns = self._columns(~self.is_fitted)
        short = f"fewer than {self.fewest_points} points"
        few, none = columns["n_points"] < self.fewest_points, columns["n_positive"] == 0
        reasons = [
            "; ".join(text for text, holds in ((short, a), (NO_DEMAND, b)) if holds)
            for a, b in zip(few, none, strict=True)
        ]
        shown = {key: columns[key] for key in ("name", "n_points", "n_positive", "missing_ratio", "sigma_v")}
        table = {key: variable("galaxy", values, *_WORDS[key]) for key, values in shown.items()}
        return xr.Dataset({**table, "reason": variable("galaxy", reasons, "", "why it is not fitted")})

    def _columns(self, own: np.ndarray) -> dict[str, np.ndarray]:
        systems, target, curves = self.systems, self.target, self.curves
        columns = {
            "name": np.array(curves.names),
            "n_points": curves.n_points,
            "n_positive": target.n_positive,
            "missing_ratio": target.ratio,
            "amplitude": target.amplitude,
            "k_rough": target.k_rough,
            "xi_mean": target.xi_mean,
            "sigma_v": systems.sigma_v,
            "v_flat": systems.v_flat,
            "size": systems.radius,
            "mass": np.full(own.shape, np.nan) if systems.mass is None else systems.mass,
            "bulge_fraction": bulge_fraction(curves),
        }
        return {key: np.asarray(values)[own] for key, values in columns.items()}


def missing_sample(
    data: xr.Dataset, curves: Curves, inputs: str, sigma_v: float | None, rise: CoherenceRise, fewest_points: Any
) -> MissingSample:
    """F_missing of all galaxies of a catalogue.

    Parameters
    ----------
    data : xarray.Dataset
        The catalogue.
    curves : Curves
        Of it.
    inputs, sigma_v
        As in `solvers.microphysics.systems.systems_of`.
    rise : CoherenceRise
        C(R), K0 and gamma.
    fewest_points : int
        Galaxies with fewer points are not fitted, >= 1.

    Raises
    ------
    InvalidInput
        A number or word that is not legal, or fewer than two galaxies to fit.
    """
    if isinstance(fewest_points, bool) or not isinstance(fewest_points, int) or fewest_points < 1:
        raise InvalidInput(f"sim.fewest_points={fewest_points!r}: must be a whole number >= 1")
    try:
        systems = systems_of(curves, inputs, sigma_v)
    except InvalidInput as error:
        raise InvalidInput(f"sim.{error}") from error
    target = missing_ratio(curves, systems, rise)
    is_fitted = np.isfinite(target.ratio) & (curves.n_points >= fewest_points)
    if is_fitted.sum() < 2:
        raise InvalidInput(
            f"sim.fewest_points={fewest_points}: {is_fitted.sum()} of {is_fitted.size} galaxies have so many points "
            "and one with K_req > 0; two at least are fitted"
        )
    return MissingSample(curves, systems, target, is_fitted, fewest_points, data)
