"""The intervals of profile likelihoods as a table: where χ² has risen by what Wilks' theorem asks."""

import numpy as np
import xarray as xr
from rich.table import Table

from analysis.rounding import decimals


def interval_table(tree: xr.DataTree) -> Table | None:
    """One row for each profiled parameter; an end that the prior sets is marked; None without profiles.

    Parameters
    ----------
    tree : xarray.DataTree
        A run.
    """
    models = tree.children.get("models")
    nodes = {} if models is None else models.children
    found = {name: node.to_dataset() for name, node in nodes.items() if "interval" in node}
    if not found:
        return None
    table = Table(title="profile intervals; * is the end of the prior", title_justify="left", box=None, pad_edge=False)
    table.add_column("model")
    table.add_column("parameter")
    for level in next(iter(found.values()))["level"].values:
        table.add_column(f"{100.0 * level:.1f} %", justify="right")
    for name, model in found.items():
        for i, parameter in enumerate(model["param"].values):
            one = model.sel(param=parameter)
            cells = [_interval(one.isel(level=j)) for j in range(one.sizes["level"])]
            table.add_row(name if i == 0 else "", str(parameter), *cells)
    return table


def _interval(one: xr.Dataset) -> str:
    ends, is_open = one["interval"].values, one["interval_is_open"].values
    width = float(np.ptp(ends))
    digits = decimals(0.5 * width) + 1 if width > 0 else 6
    marks = ["*" if flag else "" for flag in is_open]
    return " to ".join(f"{end:.{digits}f}{mark}" for end, mark in zip(ends, marks, strict=True))
