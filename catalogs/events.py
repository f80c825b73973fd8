"""Gravitational-wave events: the cuts, the counting and the dataset that their loaders share.

An observing run is told by the release that an event stands in (``by_catalog``, as in the literature's tables) or by
its time (``by_gps``). They differ: releases publish events of earlier runs again, and one event precedes O4a.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalogs import checks
from catalogs.errors import DataError
from catalogs.event_columns import QUANTITIES, Columns, measured

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["RELEASES", "WINDOWS", "EventCuts", "Step"]

RELEASES = {"1": "O1+O2", "2": "O3a", "3": "O3b", "4": "O4a"}
"""The run that each release of GWTC is named for."""

WINDOWS = {
    "O1": (1126051217, 1137254417),
    "O2": (1164556817, 1187733618),
    "O3a": (1238166018, 1253977218),
    "O3b": (1256655618, 1269363618),
    "O4a": (1368975618, 1389456018),
}
"""First and last GPS second of each run."""

NO_RUN = "none"
_LABELS = {"by_catalog": tuple(RELEASES.values()), "by_gps": (*WINDOWS, NO_RUN)}
_SNR, _MASS = "network_matched_filter_snr", "total_mass_source"

Step = dict[str, Any]
"""``step``, what was done, and ``rows``, what it left."""


@dataclass(frozen=True, kw_only=True)
class EventCuts:
    """Which events of a table to use.

    Parameters
    ----------
    snr_min : float, optional
        Events with a network signal-to-noise ratio above it are kept (strict), >= 0; None: no cut.
    mass_min, mass_max : float, optional
        Events with a total mass in the source frame from one up to the other are kept (inclusive), solMass, > 0;
        None: no cut.
    require : sequence of str
        Columns that must have a value: of `catalogs.event_columns.measured`. A cut requires its own besides.
    runs : sequence of str, optional
        Observing runs that are kept; None: all.
    run_label : {"by_catalog", "by_gps"}
        Which run an event belongs to: that of the release it stands in, or that of its time ("none" between the runs).

    Raises
    ------
    DataError
        If a value is not allowed. The message starts with ``key=value:``.
    """

    snr_min: float | None = 8.0
    mass_min: float | None = None
    mass_max: float | None = None
    require: Sequence[str] = (_MASS, "luminosity_distance", _SNR)
    runs: Sequence[str] | None = None
    run_label: str = "by_catalog"

    def __post_init__(self) -> None:
        for key, least in (("snr_min", ">= 0"), ("mass_min", "> 0"), ("mass_max", "> 0")):
            value = getattr(self, key)
            legal = value is None or (checks.is_number(value) and (value > 0 or (value == 0 and least == ">= 0")))
            checks.require(legal, key, value, f"must be a finite number {least}, or null for no cut")
        if self.mass_min is not None and self.mass_max is not None:
            above = f"must not be above mass_max={self.mass_max!r}"
            checks.require(self.mass_min <= self.mass_max, "mass_min", self.mass_min, above)
        known = isinstance(self.run_label, str) and self.run_label in _LABELS
        checks.require(known, "run_label", self.run_label, f"must be one of {', '.join(_LABELS)}")
        self._choose("require", measured(), "each of them with or without _lower, _upper: " + ", ".join(QUANTITIES))
        if self.runs is not None:
            labels = _LABELS[self.run_label]
            self._choose("runs", labels, f"the runs {self.run_label}: {', '.join(labels)}; or null for all")
            checks.require(len(self.runs) > 0, "runs", self.runs, "must name a run, or null for all")

    def _choose(self, key: str, known: Sequence[str], allowed: str) -> None:
        chosen = getattr(self, key)
        listed = isinstance(chosen, Sequence) and not isinstance(chosen, str)
        legal = listed and all(isinstance(name, str) and name in known for name in chosen)
        checks.require(
            legal and len(set(chosen)) == len(chosen), key, chosen, f"must be a list, each once, of {allowed}"
        )
        object.__setattr__(self, key, tuple(chosen))  # a list would make the request unhashable

    def needed(self) -> tuple[str, ...]:
        """The columns that the cuts and `require` look at."""
        cut = [_SNR] if self.snr_min is not None else []
        if self.mass_min is not None or self.mass_max is not None:
            cut.append(_MASS)
        return tuple(dict.fromkeys([*self.require, *cut]))

    def cuts(self) -> dict[str, Any]:
        """The cuts by name, as a file keeps them."""
        runs = None if self.runs is None else list(self.runs)
        plain = {key: getattr(self, key) for key in ("snr_min", "mass_min", "mass_max")}
        return {**plain, "require": list(self.require), "runs": runs, "run_label": self.run_label}

    def dataset(self, columns: Columns, steps: Sequence[Step], source: str, attrs: Mapping[str, Any]) -> xr.Dataset:
        """The events that the cuts leave, in their order.

        Parameters
        ----------
        columns : dict of str to numpy.ndarray
            From `catalogs.event_columns.read_columns`, one row an event.
        steps : sequence of Step
            What was done before, the first one the rows of the file.
        source : str
            The file, for the messages.
        attrs : mapping
            Title, hashes and what else the loader says of the events; ``cuts`` here are those of the loader.

        Returns
        -------
        xarray.Dataset
            Along ``event``: those of name, catalog, version, gps (s) and row_index that the table has,
            run_by_catalog, run_by_gps and run (the one of `run_label`), and each of `measured` that the table has.
            Every variable has ``units`` and ``long_name``. To the attributes are added, as JSON, ``cuts``, ``steps``
            (what each step left), ``missing`` (events without a value, by column, before the cuts) and ``run_counts``
            (events kept, by label and run), and ``n_rows_file`` and ``n_rows``.

        Raises
        ------
        DataError
            If no event is left, a column that the cuts look at is missing, or a release is not known.
        """
        import xarray as xr

        absent = [name for name in self.needed() if name not in columns]
        if absent:
            raise DataError(f"{source}: no column {', '.join(absent)}, which require or a cut asks for")
        columns = {**columns, **self._runs(columns, source)}
        missing = {name: int(np.isnan(columns[name]).sum()) for name in ("gps", *QUANTITIES) if name in columns}
        keep = np.ones(columns["name"].size, dtype=bool)
        done = list(steps)
        for text, passes in self._passes(columns):
            keep &= passes
            done.append({"step": text, "rows": int(keep.sum())})
        if not keep.any():
            raise DataError(
                f"{source}: no event is left: " + ", ".join(f"{each['rows']} {each['step']}" for each in done)
            )
        kept = {name: columns[name][keep] for name in _order() if name in columns}
        labels = [name for name in kept if name.startswith("run_by_")]
        added = {
            "cuts": json.dumps({**attrs.get("cuts", {}), **self.cuts()}),
            "steps": json.dumps(done),
            "missing": json.dumps(missing),
            "run_counts": json.dumps({name[4:]: dict(sorted(Counter(kept[name].tolist()).items())) for name in labels}),
            "n_rows_file": int(done[0]["rows"]),
            "n_rows": int(keep.sum()),
        }
        variables = {name: ("event", values, _described(name, self.run_label)) for name, values in kept.items()}
        return xr.Dataset(variables, attrs={**attrs, **added})

    def _runs(self, columns: Columns, source: str) -> Columns:
        nowhere = np.full(columns["name"].size, NO_RUN, dtype="<U5")
        release, time = nowhere.copy(), nowhere.copy()
        for i, label in enumerate(columns.get("catalog", ())):
            found = re.match(r"GWTC-(\d+)", label)
            release[i] = RELEASES.get(found[1], NO_RUN) if found else NO_RUN
            if release[i] == NO_RUN and self.run_label == "by_catalog":
                known = f"must begin with {', '.join(f'GWTC-{n}' for n in RELEASES)}, or take catalog.run_label=by_gps"
                raise DataError(f"{source}: {columns['name'][i]}: unknown label {str(label)!r} of a catalogue, {known}")
        gps = columns.get("gps", np.full(nowhere.size, np.nan))
        for run, (first, last) in WINDOWS.items():
            time[(gps >= first) & (gps <= last)] = run
        chosen = release if self.run_label == "by_catalog" else time
        return {"run_by_catalog": release, "run_by_gps": time, "run": chosen.copy()}

    def _passes(self, columns: Columns) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        if self.runs is not None:
            yield f"of {', '.join(self.runs)} {self.run_label} (runs)", np.isin(columns["run"], list(self.runs))
        for name in self.needed():
            yield f"with {name}", np.isfinite(columns[name])
        if self.snr_min is not None:
            yield f"with {_SNR} > {self.snr_min:g} (snr_min)", columns[_SNR] > self.snr_min
        if self.mass_min is not None:
            yield f"with {_MASS} >= {self.mass_min:g} (mass_min)", columns[_MASS] >= self.mass_min
        if self.mass_max is not None:
            yield f"with {_MASS} <= {self.mass_max:g} (mass_max)", columns[_MASS] <= self.mass_max


_TEXTS = {
    "name": ("", "name of the event"),
    "catalog": ("", "release that the event stands in"),
    "version": ("", "version of the event's entry"),
    "gps": ("s", "GPS time of the event"),
    "row_index": ("", "0-based row in the file"),
    "run_by_catalog": ("", "observing run that the release is named for"),
    "run_by_gps": ("", "observing run at the time of the event, none between the runs"),
}


def _order() -> tuple[str, ...]:
    return (*_TEXTS, "run", *measured())


def _described(name: str, run_label: str) -> dict[str, str]:
    if name == "run":
        units, text = "", f"observing run, {run_label}"
    elif name in _TEXTS:
        units, text = _TEXTS[name]
    else:
        base = name.removesuffix("_lower").removesuffix("_upper")
        units, text = QUANTITIES[base]
        if name != base:
            end = "lower (<= 0)" if name.endswith("_lower") else "upper (>= 0)"
            text = f"offset to the {end} end of the 90% interval: {text}"
    return {"units": units, "long_name": text}
