"""Five controls for each of 62 counter-rotating galaxies, as the theory's author matched them: identities, no values.

The author matched seven properties, the morphology among them, in MaNGA DynPop, and found no difference in the fraction
of dark matter. That fraction has to come from another catalogue.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catalogs.checks import is_number, require
from catalogs.cluster_sources import Steps, needed, require_place, variables
from catalogs.files import DataFile
from catalogs.named_rows import NamedRows, read_rows

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["FILES", "CounterRotationControls"]

CONTROLS = DataFile(
    "counter_rotation",
    "dynpop_crd_matched_controls.csv",
    "8312755f1364d188fee04bb82209a4e7b0a4f84d11c86a21efe7416d104674e8",
    18426,
    "https://github.com/lrspeiser/sigmagravity",
)
FILES = (CONTROLS,)
_NOTE = (
    "identities of galaxies only: neither the fractions of dark matter nor the seven matched properties are in the file"
)
_COLUMNS = {
    "case_id": ("case_mangaid", "MaNGA ID of the counter-rotating galaxy"),
    "case_plate_ifu": ("case_plateifu", "its plate and fibre bundle"),
    "control_id": ("control_mangaid", "MaNGA ID of the control"),
    "control_plate_ifu": ("control_plateifu", "its plate and fibre bundle"),
}


@dataclass(frozen=True, kw_only=True)
class CounterRotationControls:
    """Which matched controls to use.

    Parameters
    ----------
    n_controls : int, optional
        Of each case the nearest ones, >= 1; None: all five.
    path : str, optional
        Folder that holds the file under its name here.
    verify_sha256 : bool
        False accepts a user's own version of the file; its hash is recorded all the same.

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    n_controls: int | None = None
    path: str | None = None
    verify_sha256: bool = True

    def __post_init__(self) -> None:
        number = self.n_controls
        legal = number is None or (isinstance(number, int) and is_number(number) and number >= 1)
        require(legal, "n_controls", number, "must be a whole number >= 1, or null for all")
        require_place(self.path, self.verify_sha256)

    def sha256(self) -> dict[str, str]:
        """The registered hash of the file, by name; of the file itself if `verify_sha256` is False."""
        if self.verify_sha256:
            return {CONTROLS.name: CONTROLS.sha256}
        return {CONTROLS.name: self._source()[1]}

    def load(self) -> xr.Dataset:
        """The chosen pairs, in the order of the file.

        Returns
        -------
        xarray.Dataset
            Along ``pair``: row_index (0-based row of the file), case_id, case_plate_ifu, control_id, control_plate_ifu,
            match_rank (1: nearest), standardized_distance. Every variable has ``units`` and ``long_name``; attributes
            name the source, the hash, the cuts, what each of them left, the number of cases, and in ``note`` what the
            table is not.

        Raises
        ------
        DataError
            If the file is missing (the message begins with ``needs-data``), altered or malformed, a case has a control
            twice, or a galaxy is its own control.
        """
        import xarray as xr

        path, sha256 = self._source()
        rows = read_rows(path)
        columns = {name: (rows.texts(column), "", text) for name, (column, text) in _COLUMNS.items()}
        rank = rows.numbers("match_rank", least=1)
        rows.refuse(rank != np.floor(rank), "match_rank must be a whole number", rank)
        distance = rows.numbers("standardized_distance", least=0)
        _refuse_wrong_pairs(rows, columns["case_id"][0], columns["control_id"][0])
        kept = Steps(rank.size, "pairs in the file")
        if self.n_controls is not None:
            kept.cut(f"with a rank up to {self.n_controls} (n_controls)", rank <= self.n_controls)
        chosen = kept.rows(path.name)
        along: dict[str, tuple[Any, str, str]] = {
            "row_index": (chosen, "", "0-based row in the file"),
            **{name: (values[chosen], unit, text) for name, (values, unit, text) in columns.items()},
            "match_rank": (rank[chosen].astype(np.int64), "", "place among the controls of its case, 1: nearest"),
            "standardized_distance": (distance[chosen], "", "distance in the matched properties, each over its spread"),
        }
        attrs = {
            "name": "counter_rotation_controls",
            "title": "matched controls of counter-rotating MaNGA galaxies",
            "reference": "research/derivation_audit of the theory's author; Zhu et al. 2023, MNRAS 522, 6326",
            "note": _NOTE,
            "sha256": json.dumps({CONTROLS.name: sha256}),
            "cuts": json.dumps({"n_controls": self.n_controls}),
            "steps": json.dumps(kept.steps),
            "n_cases": int(np.unique(columns["case_id"][0][chosen]).size),
            "n_rows_file": rank.size,
            "n_rows": chosen.size,
        }
        return xr.Dataset(variables("pair", along), attrs=attrs)

    def _source(self) -> tuple[Path, str]:
        own = "Without it set controls=null: nothing is then matched but the mass"
        return needed(FILES, self.path, self.verify_sha256, own)[CONTROLS]


def _refuse_wrong_pairs(rows: NamedRows, cases: np.ndarray, controls: np.ndarray) -> None:
    rows.refuse(cases == controls, "control_mangaid must not be the case itself", controls)
    pairs = np.array([f"{case} {control}" for case, control in zip(cases, controls, strict=True)])
    _, first = np.unique(pairs, return_index=True)
    rows.refuse(~np.isin(np.arange(pairs.size), first), "a case must have a control once", pairs)
