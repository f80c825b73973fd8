"""The summary of a run: its models, posteriors and other tables, and what must be known of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

from analysis.findings import findings
from analysis.interval_table import interval_table
from analysis.posterior_table import posterior_table
from analysis.rounding import decimals, with_error
from solvers.inference.information import akaike_weights

_MAX_ROWS = 40
_MAX_MATRIX = 16


def present_run(tree: xr.DataTree, folder: Path | None = None) -> None:
    """Print the summary of a run; with a folder, also draw its first figure there and say where it is.

    Parameters
    ----------
    tree : xarray.DataTree
        The run.
    folder : Path, optional
        Where the figure goes.
    """
    print_summary(tree)
    if folder is not None:
        from analysis.figures import draw_first

        figure = draw_first(tree, folder)
        if figure is not None:
            print(f"figure: {figure}")


def print_summary(tree: xr.DataTree, console: Console | None = None) -> None:
    """Print the tables of models and posteriors, the other tables and the findings of a run."""
    console = console or Console(width=None if Console().is_terminal else 200, highlight=False)
    console.print(f"[bold]{tree.attrs['experiment']}[/]  {_sample(tree)}")
    if "comparison" in tree.children:
        console.print(_models_table(tree))
        for line in _scans(tree):
            console.print(line)
    tables = [interval_table(tree), posterior_table(tree)]
    if "tables" in tree.children:
        for name, node in tree["tables"].children.items():
            dataset = node.to_dataset()
            tables += [_plain_table(name, dataset), *_matrices(name, dataset)]
    for table in tables:
        if table is not None:
            console.print(table)
    for sentence in findings(tree):
        console.print(f"• {sentence}", soft_wrap=True, markup=False)


def _sample(tree: xr.DataTree) -> str:
    import json

    parts = []
    for source in json.loads(tree.attrs["datasets"]):
        cuts = ", ".join(f"{key} {value}" for key, value in source["cuts"].items() if value is not None)
        parts.append(f"{source['name']}: {source['rows']} rows ({cuts})")
    return "; ".join(dict.fromkeys(parts))


def _models_table(tree: xr.DataTree) -> Table:
    weights = _weights(tree)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", no_wrap=True)
    for heading in ("chi2", "dof", "Δchi2", "AIC", "BIC", "weight"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("best fit")
    table.add_column("flags")
    for name in tree["comparison"].coords["model"].values:
        model = tree[f"models/{name}"].to_dataset()
        if model["chi2"].ndim:
            continue
        delta = model["chi2"].item() - _lowest(tree)
        table.add_row(
            str(name),
            f"{model['chi2'].item():.3f}",
            f"{model['dof'].item():.0f}",
            f"{delta:.3f}",
            f"{model['aic'].item():.3f}",
            f"{model['bic'].item():.3f}",
            f"{weights[str(name)]:.2g}",
            _best_fit(model),
            _flags(model),
        )
    return table


def _weights(tree: xr.DataTree) -> dict[str, float]:
    """Akaike weights, of a scan that of its lowest cell: they go with the differences beside them."""
    aic = {name: float(node["aic"].min()) for name, node in tree["models"].children.items() if "aic" in node}
    return dict(zip(aic, akaike_weights(np.array(list(aic.values()))), strict=True))


def _lowest(tree: xr.DataTree) -> float:
    return min(float(node["chi2"].min()) for node in tree["models"].children.values() if "chi2" in node)


def _best_fit(model: xr.Dataset) -> str:
    if "best_fit" not in model:
        return ""
    parts = []
    for name in model["param"].values:
        row = model.sel(param=name, param_=name)
        value, sigma = row["best_fit"].item(), row["sigma"].item()
        if np.isfinite(sigma) and "minos_lower" in row:
            low, high, digits = row["minos_lower"].item(), row["minos_upper"].item(), decimals(sigma)
            parts.append(f"{name} = {value:.{digits}f} {low:+.{digits}f} {high:+.{digits}f}")
        else:
            parts.append(f"{name} = {with_error(value, sigma)}")
    return ", ".join(parts)


def _flags(model: xr.Dataset) -> str:
    flags = []
    if "at_bound" in model:
        flags += [f"{name} at bound" for name in model["param"].values[model["at_bound"].values]]
        flags += [f"{name} flat" for name in model["param"].values[model["is_flat"].values]]
    if not bool(model["converged"]):
        flags.append("not converged")
    return ", ".join(flags)


def _scans(tree: xr.DataTree) -> list[str]:
    lines = []
    for name, node in tree["models"].children.items():
        model = node.to_dataset()
        if "chi2" in model and model["chi2"].ndim:
            where = model["chi2"].argmin(...)
            best = model["chi2"].isel(where)
            cell = ", ".join(f"{dim} = {best[dim].item():g}" for dim in model["chi2"].dims)
            lines.append(
                f"{name}: {model['chi2'].size} cells scanned over {', '.join(map(str, model['chi2'].dims))}; "
                f"lowest chi2 {best.item():.3f} at {cell}"
            )
    return lines


def _plain_table(name: str, dataset: xr.Dataset) -> Table | None:
    """A table of one dimension as it stands; none for tables of more."""
    if len(dataset.dims) != 1:
        return None
    (dim,) = dataset.dims
    shown, rows = min(dataset.sizes[dim], _MAX_ROWS), dataset.sizes[dim]
    title = name if shown == rows else f"{name} (the first {shown} of {rows})"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    columns = [str(dim), *map(str, dataset.data_vars)]
    for column in columns:
        unit = dataset[column].attrs.get("units", "")
        heading = f"{column}\n\\[{unit}]" if unit else column
        table.add_column(heading, justify="right", no_wrap=column == str(dim))
    for i in range(shown):
        table.add_row(*(_cell(dataset[column].values[i]) for column in columns))
    return table


def _matrices(name: str, dataset: xr.Dataset) -> Iterator[Table]:
    """Variables of two short dimensions, a table each."""
    for key, array in dataset.data_vars.items():
        if array.ndim != 2 or array.dtype.kind != "f" or max(array.shape) > _MAX_MATRIX:
            continue
        unit = f" \\[{array.attrs['units']}]" if array.attrs.get("units") else ""
        rows, columns = (dataset[dim].values for dim in array.dims)
        table = Table(title=f"{name}: {key}{unit}", title_justify="left", box=None, pad_edge=False, header_style="bold")
        table.add_column(str(array.dims[0]), no_wrap=True)
        for heading in columns:
            table.add_column(
                f"{array.dims[1]} {heading}" if np.issubdtype(columns.dtype, np.number) else str(heading),
                justify="right",
            )
        for row, values in zip(rows, array.values, strict=True):
            if not np.isnan(values).all():
                table.add_row(str(row), *("" if np.isnan(value) else f"{value:.5g}" for value in values))
        yield table


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.7g}"
    return "yes" if value is np.True_ else "no" if value is np.False_ else str(value)
