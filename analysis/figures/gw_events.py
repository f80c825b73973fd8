"""What the figures of gravitational-wave events have in common: the events, the look of each run, and settings."""

from typing import Any

import numpy as np
import xarray as xr

_MARKERS = "osD^vP<>"
_RUNS = ("O1", "O2", "O1+O2", "O3a", "O3b", "O4a", "O4b")
"""Runs whose look is the same in all figures, whichever others are there."""


def events_of(tree: xr.DataTree, *names: str) -> xr.Dataset | None:
    """A run's `/data` where it has these columns along `event`; None where it has not."""
    data = tree.children.get("data")
    if data is None or any(name not in data or data[name].dims != ("event",) for name in names):
        return None
    return data.to_dataset()


def run_looks(events: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Colour and marker of each observing run, in the order of time."""
    runs = events["run"].values
    if "gps" in events:
        runs = runs[np.argsort(events["gps"].values, kind="stable")]
    names = dict.fromkeys(map(str, runs))
    places = {name: i for i, name in enumerate(dict.fromkeys([*_RUNS, *names]))}
    return {name: {"color": f"C{places[name] % 7}", "marker": _MARKERS[places[name] % len(_MARKERS)]} for name in names}


def scientific(value: float) -> str:
    """A number as mathematics for a label, such as 3.4 × 10⁻⁷."""
    mantissa, exponent = f"{value:.6e}".split("e")
    return rf"{float(mantissa):g} \times 10^{{{int(exponent)}}}"
