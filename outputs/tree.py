"""The one tree that every run returns: `/data`, `/models/NAME`, `/comparison`, `/tables/NAME`.

The schema is stated in `SCHEMA_VERSION` and `check_schema`; every variable carries `units` and `long_name`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

SCHEMA_VERSION = 1

ROOT_ATTRIBUTES = (
    "schema_version",
    "experiment",
    "created",
    "duration_s",
    "seed",
    "config",
    "overrides",
    "content_hash",
    "result_hash",
    "suite_version",
    "git_commit",
    "git_dirty",
    "python",
    "platform",
    "packages",
    "datasets",
)
"""Attributes of `/` in every file."""

MODEL_SCALARS = ("chi2", "n_data", "n_free", "dof", "aic", "bic", "converged")
"""Variables of every `/models/NAME` that was confronted with data."""


def variable(dims: str | Sequence[str], values: Any, units: str, long_name: str) -> xr.Variable:
    """A variable with its unit (astropy string, "" for none) and its name in words."""
    dims = (dims,) if isinstance(dims, str) else tuple(dims)
    return xr.Variable(dims, values, {"units": units, "long_name": long_name})


def scalar(value: Any, units: str, long_name: str) -> xr.Variable:
    """A variable without dimensions."""
    return variable((), value, units, long_name)


def run_tree(
    *,
    data: xr.Dataset | None = None,
    models: Mapping[str, xr.Dataset] | None = None,
    comparison: xr.Dataset | None = None,
    tables: Mapping[str, xr.Dataset] | None = None,
) -> xr.DataTree:
    """Assemble a run; parts that an experiment does not have are left out.

    Parameters
    ----------
    data : xarray.Dataset, optional
        Rows used.
    models : mapping of str to xarray.Dataset, optional
        One dataset a model, on its own axes.
    comparison : xarray.Dataset, optional
        Along `model`.
    tables : mapping of str to xarray.Dataset, optional
        Anything else.

    Returns
    -------
    xarray.DataTree
    """
    nodes: dict[str, xr.Dataset] = {"/": xr.Dataset()}
    if data is not None:
        nodes["/data"] = data
    nodes |= {f"/models/{name}": dataset for name, dataset in (models or {}).items()}
    if comparison is not None:
        nodes["/comparison"] = comparison
    nodes |= {f"/tables/{name}": dataset for name, dataset in (tables or {}).items()}
    return xr.DataTree.from_dict(nodes)


def variables(tree: xr.DataTree) -> dict[str, xr.Variable]:
    """Every variable and coordinate of a tree by its full path, sorted by path."""
    found = {}
    for node in tree.subtree:
        base = node.path.rstrip("/")
        for name, array in node.to_dataset(inherit=False).variables.items():
            found[f"{base}/{name}"] = array
    return dict(sorted(found.items()))


def check_schema(tree: xr.DataTree) -> list[str]:
    """What a tree lacks of the contract, one line each; empty if nothing.

    Parameters
    ----------
    tree : xarray.DataTree
        A finished run.
    """
    import astropy.units as u

    problems = [f"/: attribute {name} is missing" for name in ROOT_ATTRIBUTES if name not in tree.attrs]
    if tree.attrs.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        problems.append(f"/: schema_version {tree.attrs['schema_version']}, this suite reads {SCHEMA_VERSION}")
    for path, array in variables(tree).items():
        lacking = [attribute for attribute in ("units", "long_name") if attribute not in array.attrs]
        problems += [f"{path}: attribute {attribute} is missing" for attribute in lacking]
        try:
            u.Unit(array.attrs.get("units", ""))
        except ValueError:
            problems.append(f"{path}: units {array.attrs['units']!r} is no unit that astropy knows")
    models = tree.children.get("models")
    for name, node in models.children.items() if models is not None else ():
        absent = [key for key in MODEL_SCALARS if key not in node] if "chi2" in node else []
        if absent:
            problems.append(f"/models/{name}: {', '.join(absent)} missing")
    return problems
