"""Stars of the Milky Way with an azimuthal velocity: the cuts and the dataset that their loaders share.

Radii and heights in kpc, velocities in km/s. An azimuthal velocity is no circular velocity: stars on less than circular
orbits lag behind it (asymmetric drift), and nothing here corrects for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs import checks
from catalogs.errors import DataError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["NOTE", "Columns", "StarCuts", "Step"]

Columns = Mapping[str, NDArray[Any]]
Step = dict[str, Any]
"""``step``, what was done, and ``rows``, what it left."""

NOTE = "an azimuthal velocity is no circular velocity: the asymmetric drift is not corrected"

_DESCRIBED = {
    "source_id": ("", "Gaia's identifier of the star"),
    "row_index": ("", "0-based row in the file"),
    "radius": ("kpc", "cylindrical galactocentric radius"),
    "height": ("kpc", "height above the Galactic plane"),
    "v_phi": ("km / s", "azimuthal velocity, positive in the direction of rotation"),
    "v_phi_err": ("km / s", "error of the azimuthal velocity"),
    "v_radius": ("km / s", "velocity away from the Galactic axis"),
    "v_height": ("km / s", "velocity towards the north Galactic pole"),
    "distance": ("kpc", "distance from the Sun, 1 / parallax"),
    "parallax_over_error": ("", "parallax over its error"),
}


@dataclass(frozen=True, kw_only=True)
class StarCuts:
    """Which stars of a table to use.

    Parameters
    ----------
    radius_min, radius_max : float, optional
        Stars with a galactocentric radius from one (inclusive) to below the other are kept, kpc, >= 0; None: no cut.
    height_max : float, optional
        Stars nearer than it to the plane, on either side, are kept (strict), kpc, > 0; None: no cut.
    v_phi_err_max : float, optional
        Stars with an error of the azimuthal velocity below it are kept (strict), km/s, > 0; None: no cut.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    radius_min: float | None = None
    radius_max: float | None = None
    height_max: float | None = None
    v_phi_err_max: float | None = None

    def __post_init__(self) -> None:
        self.require_cut("radius_min", zero=True)
        for key in ("radius_max", "height_max", "v_phi_err_max"):
            self.require_cut(key)
        if self.radius_min is not None and self.radius_max is not None:
            below = f"must be below radius_max={self.radius_max!r}"
            checks.require(self.radius_min < self.radius_max, "radius_min", self.radius_min, below)

    def require_cut(self, key: str, zero: bool = False) -> None:
        """Refuse a cut that is neither null nor a finite number > 0, or >= 0 if `zero`."""
        value = getattr(self, key)
        legal = value is None or (checks.is_number(value) and (value > 0 or (zero and value == 0)))
        checks.require(legal, key, value, f"must be a finite number {'>=' if zero else '>'} 0, or null for no cut")

    def dataset(self, columns: Columns, steps: Sequence[Step], source: str, attrs: Mapping[str, Any]) -> xr.Dataset:
        """The stars that the cuts leave, in their order.

        Parameters
        ----------
        columns : mapping of str to numpy.ndarray
            source_id, row_index, radius, height, v_phi and v_phi_err, and more that are known here; one row a star.
        steps : sequence of Step
            What was done before, the first one the rows of the file.
        source : str
            The file, for the messages.
        attrs : mapping
            Title, hashes and what else the loader says of the stars; ``cuts`` here are those of the loader.

        Returns
        -------
        xarray.Dataset
            Along ``star``: the columns. Every variable has ``units`` and ``long_name``. To the attributes are added, as
            JSON, ``cuts`` and ``steps`` (what each step left), and ``note``, ``n_rows_file`` and ``n_rows``.

        Raises
        ------
        DataError
            If a star stands there twice, or none is left.
        """
        import xarray as xr

        ids = columns["source_id"]
        found, first = np.unique(ids, return_index=True)
        if found.size < ids.size:
            again = np.setdiff1d(np.arange(ids.size), first)
            more = f" (and {again.size - 1} more such rows)" if again.size > 1 else ""
            raise DataError(f"{source}: source_id {ids[again[0]]} stands there twice{more}")
        keep = np.ones(ids.size, dtype=bool)
        done = list(steps)
        for text, passes in self._passes(columns):
            keep &= passes
            done.append({"step": text, "rows": int(keep.sum())})
        if not keep.any():
            counts = ", ".join(f"{each['rows']} {each['step']}" for each in done)
            raise DataError(f"{source}: no star is left: {counts}")
        cuts = {key: getattr(self, key) for key in ("radius_min", "radius_max", "height_max", "v_phi_err_max")}
        added = {
            "note": NOTE,
            "cuts": json.dumps({**attrs.get("cuts", {}), **cuts}),
            "steps": json.dumps(done),
            "n_rows_file": int(done[0]["rows"]),
            "n_rows": int(keep.sum()),
        }
        variables = {
            name: ("star", columns[name][keep], {"units": units, "long_name": text})
            for name, (units, text) in _DESCRIBED.items()
            if name in columns
        }
        return xr.Dataset(variables, attrs={**attrs, **added})

    def _passes(self, columns: Columns) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        if (low := self.radius_min) is not None:
            yield f"with radius >= {low:g} kpc (radius_min)", columns["radius"] >= low
        if (high := self.radius_max) is not None:
            yield f"with radius < {high:g} kpc (radius_max)", columns["radius"] < high
        if (height := self.height_max) is not None:
            yield f"with abs(height) < {height:g} kpc (height_max)", np.abs(columns["height"]) < height
        if (error := self.v_phi_err_max) is not None:
            yield f"with v_phi_err < {error:g} km/s (v_phi_err_max)", columns["v_phi_err"] < error
