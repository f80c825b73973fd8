"""144,000 bright Gaia DR3 stars with radial velocities, within 10 deg of the Galactic plane.

Twelve slices of 30 deg of longitude, 12,000 stars each, as the theory's author took them from the archive (RUWE < 1.2,
G < 10.8). The table has angles, parallaxes, proper motions and radial velocities; positions and velocities about the
centre are made here. The distance is 1 / parallax, of stars whose parallax is many times its error: `distance` is then
biased by about (error / parallax)**2, below 1% for a ratio above 10. The published parallaxes have a zero point of a
few -0.01 mas, which is corrected only if `parallax_zero_point` says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs import checks
from catalogs.csv_tables import read_csv, refuse_lines
from catalogs.errors import DataError
from catalogs.files import DataFile, find
from catalogs.gaia_stars import StarCuts, Step
from catalogs.galactocentric import Astrometry, Sun, azimuthal_error, cylindrical

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "GaiaPlane"]

STARS = DataFile(
    "gaia",
    "gaia_dr3_rvs_plane_144k.csv.gz",
    "2b70fc66f46fc6a06079f4626fcd895e222a51657292959cbf21401dc7ab372e",
    15340091,
    "https://gea.esac.esa.int/archive/",
)
FILES = (STARS,)
_ERRORS = ("parallax_error", "pmra_error", "pmdec_error", "radial_velocity_error")
_NUMBERS = (*Astrometry._fields, *_ERRORS, "ruwe")


@dataclass(frozen=True, kw_only=True)
class GaiaPlane(StarCuts):
    """Which of the stars to use, and from where they are seen.

    Parameters
    ----------
    parallax_over_error_min : float
        Stars with a ratio of parallax to its error above it are kept (strict), >= 0. Every star of the table passes 5.
    ruwe_max : float, optional
        Stars with a renormalised unit weight error below it are kept (strict), > 0; None: no cut.
    radial_velocity_error_max : float, optional
        Stars with an error of the radial velocity below it are kept (strict), km/s, > 0; None: no cut.
    parallax_zero_point : float
        Subtracted from every parallax, mas; -0.04 or so corrects Gaia's bright stars.
    sun_radius : float
        Distance of the Sun from the centre, kpc, > 0.
    sun_height : float
        Height of the Sun above the plane, kpc.
    sun_velocity : sequence of float
        Velocity of the Sun towards the centre, along the rotation (in total, not peculiar) and to the north, km/s.
    path : str, optional
        Folder that holds the file under its name here.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.
    radius_min, radius_max, height_max, v_phi_err_max
        As in `catalogs.gaia_stars.StarCuts`.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    parallax_over_error_min: float = 5.0
    ruwe_max: float | None = None
    radial_velocity_error_max: float | None = None
    parallax_zero_point: float = 0.0
    sun_radius: float = 8.122
    sun_height: float = 0.0208
    sun_velocity: Sequence[float] = (11.1, 232.24, 7.25)
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        ratio = self.parallax_over_error_min
        legal = checks.is_number(ratio) and ratio >= 0
        checks.require(legal, "parallax_over_error_min", ratio, "must be a finite number >= 0")
        self.require_cut("ruwe_max")
        self.require_cut("radial_velocity_error_max")
        for key in ("parallax_zero_point", "sun_radius", "sun_height"):
            checks.require(checks.is_number(getattr(self, key)), key, getattr(self, key), "must be a finite number")
        above = f"must be above sun_height={self.sun_height!r}, both in kpc"
        checks.require(self.sun_radius > abs(self.sun_height), "sun_radius", self.sun_radius, above)
        velocity = self.sun_velocity
        listed = isinstance(velocity, Sequence) and not isinstance(velocity, str) and len(velocity) == 3
        legal = listed and all(checks.is_number(value) for value in velocity)
        allowed = "must be three finite numbers: towards the centre, along the rotation, to the north, km/s"
        checks.require(legal, "sun_velocity", velocity, allowed)
        object.__setattr__(self, "sun_velocity", tuple(velocity))  # a list would make the request unhashable
        verify = self.verify_sha256
        checks.require(isinstance(verify, bool), "verify_sha256", verify, "must be true or false")
        checks.require(self.path != "", "path", self.path, "must be a folder, or null to search")

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file, by name; of the file itself if `verify_sha256` is False."""
        return {STARS.name: STARS.sha256 if self.verify_sha256 else self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen stars, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``star``: source_id, row_index, radius, height, v_phi, v_phi_err
            (`catalogs.galactocentric.azimuthal_error`), v_radius, v_height, distance and parallax_over_error; units and
            attributes as `catalogs.gaia_stars.StarCuts.dataset` says.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, or if no star is
            left.
        """
        path, sha256 = self._source()
        table = read_csv(path, sha256, _NUMBERS, ("source_id",))
        for name in (*_ERRORS, "ruwe"):
            refuse_lines(path, table[name] <= 0, f"{name} must be > 0", table[name])
        refuse_lines(path, np.abs(table["dec"]) > 90, "dec must be from -90 to 90", table["dec"])
        parallax = table["parallax"] - self.parallax_zero_point
        ratio = parallax / table["parallax_error"]
        keep, steps = self._measured(ratio, table["ruwe"], table["radial_velocity_error"])
        rows = np.flatnonzero(keep).astype(np.int64)
        chosen = {name: values[rows] for name, values in {**table, "parallax": parallax}.items()}
        stars = Astrometry(*(chosen[name] for name in Astrometry._fields))
        errors = stars._replace(**{name.removesuffix("_error"): chosen[name] for name in _ERRORS})
        towards, along, north = self.sun_velocity
        sun = Sun(self.sun_radius, self.sun_height, (towards, along, north))
        columns = {
            "source_id": chosen["source_id"],
            "row_index": rows,
            **cylindrical(stars, sun)._asdict(),
            "v_phi_err": azimuthal_error(stars, errors, sun),
            "distance": 1 / stars.parallax,
            "parallax_over_error": ratio[rows],
        }
        attrs = {
            "name": "gaia_plane",
            "title": "Gaia DR3 stars with radial velocities near the Galactic plane",
            "reference": "Gaia Collaboration 2023, A&A 674, A1, doi:10.1051/0004-6361/202243940",
            "sha256": json.dumps({STARS.name: sha256}),
            "cuts": self._own_cuts(),
        }
        return self.dataset(columns, steps, path.name, attrs)

    def _source(self) -> tuple[Path, str]:
        try:
            find(STARS, self.path)
        except DataError as error:
            own = "Or make it from Gaia's archive: a CSV of source_id, " + ", ".join(_NUMBERS)
            raise DataError(f"needs-data: {error}. {own}, with catalog.verify_sha256=false") from error
        return checks.checked_files(FILES, self.path, self.verify_sha256)[STARS]

    def _own_cuts(self) -> dict[str, Any]:
        keys = ("parallax_over_error_min", "ruwe_max", "radial_velocity_error_max", "parallax_zero_point")
        sun = {"sun_radius": self.sun_radius, "sun_height": self.sun_height, "sun_velocity": list(self.sun_velocity)}
        return {**{key: getattr(self, key) for key in keys}, **sun}

    def _measured(
        self, ratio: NDArray[np.float64], ruwe: NDArray[np.float64], velocity_error: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], list[Step]]:
        """Which stars are measured well enough, and how many each cut leaves."""
        least = self.parallax_over_error_min
        keep = ratio > least
        steps: list[Step] = [
            {"step": "stars in the file", "rows": ratio.size},
            {"step": f"with parallax over error > {least:g} (parallax_over_error_min)", "rows": int(keep.sum())},
        ]
        if (most := self.ruwe_max) is not None:
            keep &= ruwe < most
            steps.append({"step": f"with ruwe < {most:g} (ruwe_max)", "rows": int(keep.sum())})
        if (most := self.radial_velocity_error_max) is not None:
            keep &= velocity_error < most
            text = f"with radial_velocity_error < {most:g} km/s (radial_velocity_error_max)"
            steps.append({"step": text, "rows": int(keep.sum())})
        return keep, steps
