"""Dark-matter fractions of all MaNGA galaxies with JAM models (MaNGA DynPop, Zhu+ 2023), and the counter-rotators.

The catalogue is a FITS file that the user has to get; the counter-rotators are those of `catalogs.counter_rotation`.
The labels of its columns are as two public scripts use them; no copy of the file could be read here. Masses in Msun.
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
from catalogs.counter_rotation import COUNTER_ROTATORS
from catalogs.errors import DataError
from catalogs.files import DataFile
from catalogs.named_rows import read_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "MangaDynpop"]

MODELS = DataFile(
    "manga_dynpop",
    "SDSSDR17_MaNGA_JAM.fits",
    "04ca6385c646d1554f254ec7fb3227fcadb08d326d02a67e5863cac28bb8ce91",
    19157760,
    "https://doi.org/10.5281/zenodo.17518315",
)
FILES = (MODELS,)
_GALAXIES, _FITS = 1, 4
"""HDUs of the galaxies and of the JAM models with an NFW halo."""

_REPEATS = ("last", "first", "lowest_chi2", "all")
_MASS_IS = ("log10", "linear")
_LABELS = ("id", "mass", "f_dm", "plate_ifu", "chi2")


@dataclass(frozen=True, kw_only=True)
class MangaDynpop:
    """Which galaxies of MaNGA DynPop to use.

    Parameters
    ----------
    repeats : {"last", "first", "lowest_chi2", "all"}
        Which row of a galaxy observed more than once is kept, after the cuts; the theory's author keeps the last.
        ``lowest_chi2`` needs `label_chi2`.
    mass_is : {"log10", "linear"}
        Whether the column of masses has log10 of Msun or Msun.
    label_id, label_mass : str
        Columns of HDU 1.
    label_f_dm : str
        Column of HDU 4.
    label_plate_ifu : str, optional
        Column of HDU 1; None: not read, empty in the dataset.
    label_chi2 : str, optional
        Column of HDU 4; None: not read.
    path : str, optional
        Folder that holds the FITS file and the list of counter-rotators under their names.
    verify_sha256 : bool
        False accepts a user's own version of the files; their hashes are recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    repeats: str = "last"
    mass_is: str = "log10"
    label_id: str = "mangaid"
    label_mass: str = "nsa_elpetro_mass"
    label_f_dm: str = "fdm_Re"
    label_plate_ifu: str | None = "plateifu"
    label_chi2: str | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        require(self.repeats in _REPEATS, "repeats", self.repeats, f"must be one of {', '.join(_REPEATS)}")
        require(self.mass_is in _MASS_IS, "mass_is", self.mass_is, f"must be one of {', '.join(_MASS_IS)}")
        for name in _LABELS:
            label, optional = getattr(self, f"label_{name}"), name in ("plate_ifu", "chi2")
            legal = (isinstance(label, str) and label != "") or (label is None and optional)
            require(legal, f"label_{name}", label, f"must be the label of a column{', or null' if optional else ''}")
        needs = self.repeats != "lowest_chi2" or self.label_chi2 is not None
        require(needs, "repeats", self.repeats, "set label_chi2 to the column of chi2 in HDU 4, such as chi2_dof")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hashes of both files, by name; of the files themselves if `verify_sha256` is False."""
        if self.verify_sha256:
            return {file.name: file.sha256 for file in (MODELS, COUNTER_ROTATORS)}
        return {file.name: sha256 for file, (_, sha256) in self._sources().items()}

    def load(self) -> xr.Dataset:
        """The chosen galaxies, in the order of the file, as `catalogs.counter_rotation` has them.

        Returns
        -------
        xarray.Dataset
            Along ``galaxy``: row_index (0-based row of the HDUs), manga_id, plate_ifu, stellar_mass (Msun), f_dm
            (inside the effective radius, 0 to 1), is_counter_rotating and, with `label_chi2`, chi2. Every variable has
            ``units`` and ``long_name``; attributes name the source, the hashes, the cuts, what each of them left, the
            number of counter-rotators, and in ``note`` what the table is not.

        Raises
        ------
        DataError
            If a file is missing (the message begins with ``needs-data``), altered or malformed, a column is not there,
            the HDUs differ in length, or no galaxy is left.
        """
        import xarray as xr

        sources = self._sources()
        path = sources[MODELS][0]
        columns = self._columns(path)
        cases = read_rows(sources[COUNTER_ROTATORS][0]).texts("mangaid", once=True)
        ids, f_dm, log_mass = columns["manga_id"], columns["f_dm"], columns["log_mass"]
        kept = Steps(ids.size, "observations in the file")
        with np.errstate(invalid="ignore"):
            kept.cut("with 0 <= f_DM <= 1", np.isfinite(f_dm) & (f_dm >= 0) & (f_dm <= 1))
            kept.cut("with log10 M > 0", np.isfinite(log_mass) & (log_mass > 0))
        if self.repeats != "all":
            kept.cut(f"that are the {self.repeats} of their galaxy (repeats)", self._chosen(columns, kept.keep))
        rows = kept.rows(path.name)
        counter = np.isin(ids[rows], cases)
        along = {
            "row_index": (rows, "", "0-based row in the HDUs"),
            "manga_id": (ids[rows], "", "MaNGA ID of the galaxy"),
            "plate_ifu": (columns["plate_ifu"][rows], "", "plate and fibre bundle of the observation"),
            "stellar_mass": (10.0 ** log_mass[rows], "solMass", "stellar mass, NASA-Sloan Atlas, elliptical Petrosian"),
            "f_dm": (f_dm[rows], "", "fraction of dark matter inside the effective radius"),
            "is_counter_rotating": (counter, "", "in the list of Bevacqua et al. 2022"),
        }
        if "chi2" in columns:
            along["chi2"] = (columns["chi2"][rows], "", "of the JAM model, as the column has it")
        attrs = {
            "name": "manga_dynpop",
            "title": "dark-matter fractions of MaNGA galaxies with and without counter-rotation, the whole catalogue",
            "reference": "Zhu et al. 2023, MNRAS 522, 6326, doi:10.5281/zenodo.17518315; Bevacqua et al. 2022, "
            "MNRAS 511, 139",
            "note": "no morphology is read here: only the masses can be matched in it, or listed controls be looked up",
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
        own = "catalog=counter_rotation has a quarter of it"
        return needed((MODELS, COUNTER_ROTATORS), self.path, self.verify_sha256, own)

    def _columns(self, path: Path) -> dict[str, NDArray[Any]]:
        """Both HDUs, one row each of every observation."""
        from astropy.io import fits

        try:
            with fits.open(path, memmap=False) as hdus:
                if len(hdus) <= _FITS:
                    raise DataError(f"{path.name}: {len(hdus)} HDUs, must have one of number {_FITS}")
                galaxies, models = (
                    _table(path, hdus[number].data, number, labels)
                    for number, labels in (
                        (_GALAXIES, (self.label_id, self.label_mass, self.label_plate_ifu)),
                        (_FITS, (self.label_f_dm, self.label_chi2)),
                    )
                )
        except OSError as error:
            raise DataError(f"{path.name}: not a FITS file: {' '.join(str(error).split())}") from error
        ids, mass, f_dm = (
            _texts(galaxies[self.label_id]),
            _numbers(path, self.label_mass, galaxies[self.label_mass]),
            _numbers(path, self.label_f_dm, models[self.label_f_dm]),
        )
        if ids.size != f_dm.size:
            raise DataError(
                f"{path.name}: {ids.size} rows in HDU {_GALAXIES} and {f_dm.size} in {_FITS}, must be equal"
            )
        if (ids == "").any():
            raise DataError(f"{path.name}: row {np.flatnonzero(ids == '')[0]}: {self.label_id} must not be empty")
        with np.errstate(divide="ignore", invalid="ignore"):
            log_mass = mass if self.mass_is == "log10" else np.log10(mass)
        plate = np.full(ids.size, "") if self.label_plate_ifu is None else _texts(galaxies[self.label_plate_ifu])
        found = {"manga_id": ids, "log_mass": log_mass, "f_dm": f_dm, "plate_ifu": plate}
        if self.label_chi2 is not None:
            found["chi2"] = _numbers(path, self.label_chi2, models[self.label_chi2])
        return found

    def _chosen(self, columns: dict[str, NDArray[Any]], keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows stand for their galaxy, of those kept so far; of equal χ² the first."""
        rows = np.flatnonzero(keep)
        if self.repeats == "last":
            rows = rows[::-1]
        elif self.repeats == "lowest_chi2":
            rows = rows[np.argsort(columns["chi2"][rows], kind="stable")]
        chosen = np.zeros(keep.size, dtype=bool)
        chosen[rows[np.unique(columns["manga_id"][rows], return_index=True)[1]]] = True
        return chosen


def _table(path: Path, data: Any, number: int, labels: tuple[str | None, ...]) -> dict[str, NDArray[Any]]:
    """Columns of an HDU by their labels.

    Raises
    ------
    DataError
        If the HDU is no table, or a column is not there; the message lists those that are.
    """
    names = list(getattr(getattr(data, "columns", None), "names", ()))
    if not names:
        raise DataError(f"{path.name}: HDU {number} is no table")
    for label in labels:
        if label is not None and label not in names:
            raise DataError(f"{path.name}: no column {label} in HDU {number}; there are {', '.join(names)}")
    return {label: np.asarray(data[label]) for label in labels if label is not None}


def _texts(values: NDArray[Any]) -> NDArray[np.str_]:
    return np.char.strip(values.astype(str))


def _numbers(path: Path, label: str, values: NDArray[Any]) -> NDArray[np.float64]:
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise DataError(f"{path.name}: column {label} must have one number a row")
    return values.astype(np.float64)
