"""The 1,818,845 Gaia stars that the theory's author processed (SI 27): radii, heights and azimuthal velocities.

The file could not be had: only its size and hash are public. What is known of how it was made does not speak for it:
the public script that writes its column v_phi_signed takes the proper motions in right ascension and declination as
those in Galactic longitude and latitude, takes missing radial velocities as 0, and has another Sun (8.2 kpc, 0.025 kpc,
244.24 km/s) than SI 27.3 says. `catalogs.gaia_plane` transforms measured stars instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catalogs import checks
from catalogs.csv_tables import read_csv, refuse_lines
from catalogs.errors import DataError
from catalogs.files import DataFile, find
from catalogs.gaia_stars import StarCuts, Step

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "GaiaProcessed"]

STARS = DataFile(
    "gaia",
    "gaia_processed_signed.csv",
    "525bdb24872ef3d4896bca7cd8dd86ff152719df3b09ec3e09146a172b1e4fa8",
    593788200,
    "https://gea.esac.esa.int/archive/",
)
FILES = (STARS,)
_NUMBERS = {"R_cyl": "radius", "z": "height", "v_phi_signed": "v_phi", "v_phi_err": "v_phi_err"}


@dataclass(frozen=True, kw_only=True)
class GaiaProcessed(StarCuts):
    """Which stars of a table in the format of SI 27.2 to use.

    Parameters
    ----------
    path : str, optional
        Folder that holds the file under its name there.
    verify_sha256 : bool
        False accepts a user's own table; its hash is recorded all the same.
    radius_min, radius_max, height_max, v_phi_err_max
        As in `catalogs.gaia_stars.StarCuts`.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
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
            Along ``star``: source_id, row_index, radius (R_cyl), height (z), v_phi (v_phi_signed) and v_phi_err; units
            and attributes as `catalogs.gaia_stars.StarCuts.dataset` says. The column v_phi of the file has no sign and
            is not read.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, or if no star is
            left.
        """
        path, sha256 = self._source()
        table = read_csv(path, sha256, tuple(_NUMBERS), ("source_id",))
        refuse_lines(path, table["R_cyl"] <= 0, "R_cyl must be > 0", table["R_cyl"])
        refuse_lines(path, table["v_phi_err"] < 0, "v_phi_err must be >= 0", table["v_phi_err"])
        rows = np.arange(table["source_id"].size)
        columns = {
            "source_id": table["source_id"],
            "row_index": rows,
            **{name: table[column] for column, name in _NUMBERS.items()},
        }
        steps: list[Step] = [{"step": "stars in the file", "rows": rows.size}]
        attrs = {
            "name": "gaia_processed",
            "title": "Gaia stars as processed by the author of the theory",
            "reference": "SI 27; Gaia Collaboration 2023, A&A 674, A1, doi:10.1051/0004-6361/202243940",
            "sha256": json.dumps({STARS.name: sha256}),
        }
        return self.dataset(columns, steps, path.name, attrs)

    def _source(self) -> tuple[Path, str]:
        try:
            find(STARS, self.path)
        except DataError as error:
            own = f"With catalog.verify_sha256=false your own CSV of source_id, {', '.join(_NUMBERS)} will do"
            raise DataError(f"needs-data: {error}. No other catalogue stands in for it. {own}") from error
        return checks.checked_files(FILES, self.path, self.verify_sha256)[STARS]
