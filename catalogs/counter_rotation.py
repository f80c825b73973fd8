"""Dark-matter fractions of MaNGA galaxies, and which of them have a counter-rotating disk.

The fractions are a quality-cut quarter of MaNGA DynPop (Li+ 2024; JAM models of Zhu+ 2023), the counter-rotators those
of Bevacqua+ 2022 of which the ID survives, 62 of 64. Only 14 are in both: too few to test what the theory's paper says
of them. Masses in Msun, radii in kpc.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs.checks import require
from catalogs.cluster_sources import Steps, needed, require_place, variables
from catalogs.files import DataFile
from catalogs.named_rows import NamedRows, read_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "CounterRotation"]

FRACTIONS = DataFile(
    "counter_rotation",
    "manga_dynpop_li2024_subset.csv",
    "3a892ec22895c39056031203e0fdcd005f975b7dafe0b07fd454dff3ea408e6c",
    133552,
    "https://doi.org/10.5281/zenodo.17518315",
)
COUNTER_ROTATORS = DataFile(
    "counter_rotation",
    "crd_bevacqua_in_dynpop_62.csv",
    "3f390bbc957c7032ccac347b5dff8d1911d5d43b93be40a60a26d7612a741472",
    1328,
    "https://vizier.cds.unistra.fr/viz-bin/VizieR?-source=J/MNRAS/511/139",
)
FILES = (FRACTIONS, COUNTER_ROTATORS)
_REPEATS = ("last", "first", "all")
_NOTE = (
    "a quality-cut quarter of the catalogue of 10,296 galaxies; its chi2 is not in the file, so that of repeated "
    "observations the best fit cannot be chosen; no morphology in the file itself"
)


@dataclass(frozen=True, kw_only=True)
class CounterRotation:
    """Which galaxies with a dark-matter fraction to use.

    Parameters
    ----------
    repeats : {"last", "first", "all"}
        Which row of a galaxy observed more than once is kept; the theory's author keeps the last.
    path : str, optional
        Folder that holds the files under their names here.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    repeats: str = "last"
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        require(self.repeats in _REPEATS, "repeats", self.repeats, f"must be one of {', '.join(_REPEATS)}")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hashes of both files, by name; of the files themselves if `verify_sha256` is False."""
        if self.verify_sha256:
            return {file.name: file.sha256 for file in FILES}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen galaxies, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``galaxy``: row_index (0-based row of the file), manga_id, plate_ifu, stellar_mass (Msun), f_dm
            (inside the effective radius, 0 to 1), r_eff (kpc), quality, is_counter_rotating. Every variable has
            ``units`` and ``long_name``; attributes name the source, the hashes, the cuts, what each of them left, the
            number of counter-rotators, and in ``note`` what the table is not.

        Raises
        ------
        DataError
            If a file is missing (the message begins with ``needs-data``), altered or malformed, or no galaxy is left.
        """
        import xarray as xr

        sources = self._sources()
        path = sources[FRACTIONS][0]
        columns = _columns(read_rows(path))
        cases = read_rows(sources[COUNTER_ROTATORS][0]).texts("mangaid", once=True)
        ids, f_dm, mass = (columns[name][0] for name in ("manga_id", "f_dm", "stellar_mass"))
        kept = Steps(ids.size, "observations in the file")
        kept.cut("with 0 <= f_DM <= 1 and log10 M > 0", (f_dm >= 0) & (f_dm <= 1) & (mass > 1))
        if self.repeats != "all":
            kept.cut(f"that are the {self.repeats} of their galaxy (repeats)", self._chosen(ids, kept.keep))
        rows = kept.rows(path.name)
        counter = np.isin(ids[rows], cases)
        along = {
            "row_index": (rows, "", "0-based row in the file"),
            **{name: (values[rows], *text) for name, (values, *text) in columns.items()},
            "is_counter_rotating": (counter, "", "in the list of Bevacqua et al. 2022"),
        }
        attrs = {
            "name": "counter_rotation",
            "title": "dark-matter fractions of MaNGA galaxies with and without counter-rotation",
            "reference": "Li et al. 2024, MNRAS 529, 4633; Zhu et al. 2023, MNRAS 522, 6326; Bevacqua et al. 2022, "
            "MNRAS 511, 139",
            "note": _NOTE,
            "sha256": json.dumps({file.name: sha256 for file, (_, sha256) in sources.items()}),
            "cuts": json.dumps({"repeats": self.repeats}),
            "steps": json.dumps(kept.steps),
            "n_counter_rotating": int(counter.sum()),
            "n_counter_rotating_listed": cases.size,
            "n_rows_file": ids.size,
            "n_rows": rows.size,
        }
        return xr.Dataset(variables("galaxy", along), attrs=attrs)

    def _sources(self) -> dict[DataFile, tuple[Path, str]]:
        own = "The whole catalogue, SDSSDR17_MaNGA_JAM.fits, is at https://doi.org/10.5281/zenodo.17518315"
        return needed(FILES, self.path, self.verify_sha256, own)

    def _chosen(self, ids: NDArray[np.str_], keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows are the first or the last of their galaxy, of those kept so far."""
        rows = np.flatnonzero(keep)
        rows = rows[::-1] if self.repeats == "last" else rows
        chosen = np.zeros(ids.size, dtype=bool)
        chosen[rows[np.unique(ids[rows], return_index=True)[1]]] = True
        return chosen


def _columns(rows: NamedRows) -> dict[str, tuple[Any, str, str]]:
    """Values, units and long name by variable."""
    return {
        "manga_id": (rows.texts("MaNGAID"), "", "MaNGA ID of the galaxy"),
        "plate_ifu": (rows.texts("PlateIFU", once=True), "", "plate and fibre bundle of the observation"),
        "stellar_mass": (rows.numbers("M*[Msun]", above=0), "solMass", "stellar mass"),
        "f_dm": (rows.numbers("fDM(Reff)"), "", "fraction of dark matter inside the effective radius"),
        "r_eff": (rows.numbers("Reff[kpc]", above=0), "kpc", "effective radius"),
        "quality": (rows.numbers("QualityFlag"), "", "visual quality of the JAM model, as flagged"),
    }
