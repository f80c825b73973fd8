"""Is a file what it says: schema, units, data, and the numbers themselves?"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from outputs.file import UnreadableRun, config_of, read_run, read_tree
from outputs.hashing import result_hash
from outputs.request import execute, prepare
from outputs.targets import ROOMS
from outputs.tree import check_schema, variables


@dataclass(frozen=True)
class Check:
    """One question to a file and its answer."""

    question: str
    passed: bool
    detail: str = ""


def verify(path: Path, allow: Collection[str] = ()) -> list[Check]:
    """Check a run against the contract, its own hash and the data that are here now.

    Parameters
    ----------
    path : Path
        A run file or its folder.
    allow : collection of str
        Modules outside ours that the stored configuration may name.

    Returns
    -------
    list of Check

    Raises
    ------
    UnreadableRun
        Not a run.
    BadRequest
        The stored configuration names a class that is not ours.
    """
    tree = read_tree(path)
    problems = check_schema(tree)
    found = result_hash(tree)
    stored = str(tree.attrs.get("result_hash", "missing"))
    checks = [
        Check("schema and units", not problems, "; ".join(problems)),
        Check("result_hash", found == stored, "" if found == stored else f"file says {stored}, variables give {found}"),
    ]
    try:
        read_run(path)
    except UnreadableRun as error:
        return [*checks, Check("readable", False, str(error))]
    request = prepare(config_of(tree), allowed=(*ROOMS, *allow))
    return checks + _data_checks(tree, request.arguments.get("catalog"))


def _data_checks(tree: xr.DataTree, catalog: object) -> list[Check]:
    """Compare the hashes of the data in the file with the catalogue's, and those with the files here."""
    if not hasattr(catalog, "sha256") or not hasattr(catalog, "load"):
        return []
    registered = catalog.sha256()
    checks = []
    for source in json.loads(tree.attrs["datasets"]):
        for name, digest in source["sha256"].items():
            same = registered.get(name) == digest
            detail = "" if same else f"file says {digest}, the catalogue {registered.get(name)}"
            checks.append(Check(f"data {name}", same, detail))
    try:
        catalog.load()
    except ValueError as error:
        checks.append(Check("data files here", False, str(error)))
    else:
        checks.append(Check("data files here", True))
    return checks


@dataclass(frozen=True)
class Difference:
    """How one variable of a rerun differs from the stored one."""

    path: str
    detail: str


def rerun(path: Path, allow: Collection[str] = ()) -> tuple[xr.DataTree, list[Difference]]:
    """Execute the stored configuration again and compare every number.

    Parameters
    ----------
    path : Path
        A run file or its folder.
    allow : collection of str
        Modules outside ours that the stored configuration may name.

    Returns
    -------
    tree : xarray.DataTree
        The new run.
    differences : list of Difference
        Empty if every variable is the same, bit for bit.
    """
    stored = read_run(path)
    request = prepare(config_of(stored), allowed=(*ROOMS, *allow))
    fresh = execute(request, json.loads(stored.attrs["overrides"]))
    before, after = variables(stored), variables(fresh)
    differences = [Difference(key, "only in the stored run") for key in before.keys() - after.keys()]
    differences += [Difference(key, "only in the rerun") for key in after.keys() - before.keys()]
    for key in sorted(before.keys() & after.keys()):
        detail = _difference(before[key], after[key])
        if detail:
            differences.append(Difference(key, detail))
    return fresh, differences


def _difference(before: xr.Variable, after: xr.Variable) -> str:
    if before.dims != after.dims or before.shape != after.shape:
        return f"shape {dict(before.sizes)} became {dict(after.sizes)}"
    a, b = np.asarray(before.values), np.asarray(after.values)
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        if np.array_equal(a, b, equal_nan=True):
            return ""
        unlike = int(np.sum(np.isnan(a) != np.isnan(b)))
        if unlike:
            return f"NaN in {unlike} places on one side only"
        gap = np.abs(a - b)
        scale = np.maximum(np.abs(a), np.abs(b))
        relative = np.nanmax(np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0))
        return f"largest difference {np.nanmax(gap):.3g} ({relative:.3g} relative)"
    return "" if np.array_equal(a.astype(str), b.astype(str)) else "values differ"
