"""Counter-rotating disks: Σ by the share of counter-rotating stars, and whether such galaxies have less dark matter."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.case_table import case_table
from sims.checks import checked_list
from sims.galaxies.counter_rotation_notes import counter_rotation_notes
from sims.galaxies.counter_rotation_tests import cases_table, groups_table, matched, tests_table
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.counter_rotation import BOOST, LAWS, counter_rotating_boost, scaled_boost
from solvers.inference.parameters import POSITIVE, Interval
from solvers.published.paper_6_7 import (
    COUNTER_ROTATION,
    ENVIRONMENTS,
    MOND_BOOST,
    percent_above,
)

_N_CURVE = 101
_NEEDED = ("manga_id", "f_dm", "stellar_mass", "is_counter_rotating")


def counter_rotation(
    catalog: Any,
    fraction: Sequence[float],
    controls: Any = None,
    laws: Sequence[str] = tuple(LAWS),
    boost: float = BOOST,
    mond_boost: float = MOND_BOOST,
    mass_width: float = 0.2,
) -> xr.DataTree:
    """Tables 1 and 3 of SI §6.4 by both laws of coherence, and the tests of MaNGA's counter-rotating galaxies.

    Parameters
    ----------
    catalog : object
        `catalogs.counter_rotation.CounterRotation` or `catalogs.manga_dynpop.MangaDynpop`.
    fraction : sequence of float
        Counter-rotating shares, 0 to 1 and increasing.
    controls : object, optional
        `catalogs.counter_rotation_controls.CounterRotationControls`; None: only masses are matched.
    laws : sequence of str
        Of `solvers.galaxies.counter_rotation.LAWS`.
    boost, mond_boost : float
        Σ of a disk without counter-rotation, and MOND's ν of the same disk, >= 1. Both are inputs.
    mass_width : float
        Largest difference of log10 mass of a pair of like mass [dex], > 0.

    Returns
    -------
    xarray.DataTree
        `/data`; `/tables/counter_rotation`, `environment`, `shares`, `curves`, `tests`, `groups`, `cases` and `counts`;
        `notes`.

    Raises
    ------
    InvalidInput
        A number out of its range, an unknown law, a catalogue without the columns, a galaxy that is there twice, or
        fewer than two galaxies in a group.
    """
    for key, value in (("boost", boost), ("mond_boost", mond_boost)):
        if value not in Interval(1.0):
            raise InvalidInput(f"sim.{key}={value}: {Interval(1.0)}; 1 is baryons alone")
    if mass_width not in POSITIVE:
        raise InvalidInput(f"sim.mass_width={mass_width}: {POSITIVE}, dex")
    if isinstance(laws, str) or not laws or not set(laws) <= set(LAWS) or len(set(laws)) != len(laws):
        raise InvalidInput(f"sim.laws={laws!r}: must be a list of names, each once, of {', '.join(LAWS)}")
    axis = _axis(fraction)
    data = _checked(catalog.load())
    listed = None if controls is None else _checked_list(controls.load())
    found = matched(data, listed, mass_width)
    tables = {
        "counter_rotation": _printed_shares(laws, boost, mond_boost),
        "environment": _printed_environments(boost, mond_boost),
        "shares": _shares(axis, laws, boost, mond_boost),
        "curves": _curves(np.linspace(axis[0], axis[-1], _N_CURVE), laws, boost, mond_boost),
        "tests": tests_table(data, found),
        "groups": groups_table(data),
        "cases": cases_table(data, found),
        "counts": _counts(data, listed, found),
    }
    tree = run_tree(data=data, tables=tables)
    sources = [source_of(each) for each in (data, listed) if each is not None]
    tree.attrs["datasets"] = json.dumps(sources)
    tree.attrs["notes"] = json.dumps(list(counter_rotation_notes(data, tables, boost, mond_boost, mass_width)))
    return tree


def _axis(fraction: Sequence[float]) -> np.ndarray:
    axis = checked_list("sim.fraction", fraction, Interval(0.0, 1.0))
    if axis.size < 2 or not (np.diff(axis) > 0).all():
        raise InvalidInput("sim.fraction: must be two or more shares from 0 to 1 that increase")
    return axis


def _checked(data: xr.Dataset) -> xr.Dataset:
    absent = [name for name in _NEEDED if name not in data]
    if absent:
        raise InvalidInput(f"catalog: has no {', '.join(absent)}; use counter_rotation or manga_dynpop")
    names, count = np.unique(data["manga_id"].values, return_counts=True)
    if (count > 1).any():
        raise InvalidInput(
            f"catalog: {names[count > 1][0]} is there {count.max()} times; a test needs each galaxy once: "
            "catalog.repeats=last"
        )
    n_cases = int(data["is_counter_rotating"].values.sum())
    for what, number in (("counter-rotating", n_cases), ("normal", names.size - n_cases)):
        if number < 2:
            raise InvalidInput(f"catalog: {number} {what} galaxies; a test needs two or more in each group")
    return data


def _checked_list(listed: xr.Dataset) -> xr.Dataset:
    absent = [name for name in ("case_id", "control_id") if name not in listed]
    if absent:
        raise InvalidInput(f"controls: has no {', '.join(absent)}; use catalogs.counter_rotation_controls")
    return listed


def _printed_shares(laws: Sequence[str], boost: float, mond_boost: float) -> xr.Dataset:
    """Table 1 of SI §6.4 beside both laws, MOND and baryons."""
    rows = []
    for share, (printed, difference) in COUNTER_ROTATION.items():
        by_law = [float(counter_rotating_boost(share, law, boost)) for law in laws]
        percent = [percent_above(value, mond_boost) for value in by_law]
        rows.append((share, printed, *by_law, mond_boost, 1.0, difference, *percent))
    words = (
        ("fraction", "", "counter-rotating share"),
        ("printed", "", "Sigma as SI 6.4 prints it"),
        *((f"sigma_{law}", "", f"Sigma with the {law} coherence") for law in laws),
        ("mond", "", "MOND's nu, which does not depend on the motion"),
        ("baryons", "", "general relativity with baryons alone"),
        ("printed_difference", "percent", "Sigma against MOND as printed"),
        *((f"difference_{law}", "percent", f"against MOND with the {law} coherence") for law in laws),
    )
    return case_table(rows, words)


def _printed_environments(boost: float, mond_boost: float) -> xr.Dataset:
    """Table 3 of SI §6.4."""
    rows = []
    for name, (coherence, printed, difference) in ENVIRONMENTS.items():
        sigma = scaled_boost(coherence, boost)
        rows.append((name, coherence, printed, sigma, mond_boost, 1.0, difference, percent_above(sigma, mond_boost)))
    words = (
        ("environment", "", "environment"),
        ("coherence", "", "as SI 6.4 gives it"),
        ("printed", "", "Sigma as SI 6.4 prints it"),
        ("sigma", "", "1 + S0 times the coherence"),
        ("mond", "", "MOND's nu"),
        ("baryons", "", "general relativity with baryons alone"),
        ("printed_difference", "percent", "Sigma against MOND as printed"),
        ("difference", "percent", "Sigma against MOND"),
    )
    return case_table(rows, words)


def _shares(axis: np.ndarray, laws: Sequence[str], boost: float, mond_boost: float) -> xr.Dataset:
    """Σ at the shares of the request."""
    by_law = {f"sigma_{law}": counter_rotating_boost(axis, law, boost) for law in laws}
    return xr.Dataset(
        {
            "fraction": variable("fraction", axis, "", "counter-rotating share"),
            **{key: variable("fraction", values, "", f"Sigma, {key[6:]} coherence") for key, values in by_law.items()},
            "mond": variable("fraction", np.full(axis.size, mond_boost), "", "MOND's nu"),
            "baryons": variable("fraction", np.ones(axis.size), "", "general relativity with baryons alone"),
        }
    )


def _curves(axis: np.ndarray, laws: Sequence[str], boost: float, mond_boost: float) -> xr.Dataset:
    sigma = np.stack([counter_rotating_boost(axis, law, boost) for law in laws], axis=1)
    return xr.Dataset(
        {
            "fraction": variable("fraction", axis, "", "counter-rotating share"),
            "law": variable("law", list(laws), "", "coherence by the counter-rotating share"),
            "sigma": variable(("fraction", "law"), sigma, "", "Sigma"),
            "mond": variable("fraction", np.full(axis.size, mond_boost), "", "MOND's nu"),
            "baryons": variable("fraction", np.ones(axis.size), "", "general relativity with baryons alone"),
        }
    )


def _counts(data: xr.Dataset, listed: xr.Dataset | None, found: Mapping[str, Any]) -> xr.Dataset:
    """How many galaxies there are of every kind."""
    counter = int(data["is_counter_rotating"].values.sum())
    rows = [
        ("galaxies", data.sizes["galaxy"]),
        ("counter-rotating galaxies", counter),
        ("counter-rotating galaxies in the list", int(data.attrs["n_counter_rotating_listed"])),
        ("counter-rotating galaxies with a normal one of like mass", found["mass"].rows.size),
    ]
    if listed is not None:
        ids = set(data["manga_id"].values.tolist())
        there = np.array([control in ids for control in listed["control_id"].values.tolist()])
        rows += [
            ("matched controls listed", listed.sizes["pair"]),
            ("matched controls with a fraction of dark matter", int(there.sum())),
            ("counter-rotating galaxies with such a control", found["controls"].rows.size),
            ("their controls", int(found["controls"].n_controls.sum())),
        ]
    return case_table(rows, (("of", "", "what is counted"), ("n", "", "number")))
