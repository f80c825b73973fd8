"""Runs side by side: their models' χ² and best fits, and what differs in their configurations."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from omegaconf import OmegaConf
from rich.table import Table

from analysis.errors import NotInRun
from analysis.reading import read_results
from outputs.file import config_of, read_run, run_path


def compare_runs(paths: list[Path]) -> tuple[xr.Dataset, dict[str, list[Any]]]:
    """Put the results of several runs along one dimension.

    Parameters
    ----------
    paths : list of Path
        Run files or their folders, two or more.

    Raises
    ------
    NotInRun
        A run without chi2.

    Returns
    -------
    results : xarray.Dataset
        As in `open_sweep`, along `run` (numbered from 1).
    differences : dict of str to list
        Configuration keys that are not the same in all runs, with the value in each.
    """
    files = [run_path(path) for path in paths]
    found = [read_results(path) for path in files]
    for path, dataset in zip(files, found, strict=True):
        if "chi2" not in dataset:
            raise NotInRun(f"{path}: has no chi2 to compare")
    results = xr.concat(
        found,
        xr.IndexVariable("run", np.arange(1, len(files) + 1)),
        join="outer",
        combine_attrs="override",
    )
    configs = [OmegaConf.to_container(config_of(read_run(path))) for path in files]
    return results, _differences(configs)


def _differences(configs: list[Any]) -> dict[str, list[Any]]:
    """Keys that differ; a model that is not in all runs is one row, not its keys."""
    models = [dict(config.get("models", {})) for config in configs]
    shared = set.intersection(*map(set, models))
    flat = [
        dict(_flat({**config, "models": {name: own[name] for name in own if name in shared}}))
        for config, own in zip(configs, models, strict=True)
    ]
    rows = {"models": [", ".join(own) for own in models]}
    rows |= {key: [row.get(key, "") for row in flat] for key in dict.fromkeys(key for row in flat for key in row)}
    return {key: row for key, row in rows.items() if any(value != row[0] for value in row)}


def comparison_tables(results: xr.Dataset, differences: Mapping[str, list[Any]]) -> list[Table]:
    """The two tables that `python -m analysis compare` prints."""
    runs = [str(number) for number in results["run"].values]
    chi2 = Table(title="chi2 (difference to run 1)", title_justify="left", box=None, pad_edge=False)
    chi2.add_column("model")
    for run in runs:
        chi2.add_column(f"run {run}", justify="right")
    lowest = results["chi2"].min([d for d in results["chi2"].dims if d not in ("run", "model")])
    for model in results["model"].values:
        values = lowest.sel(model=model).values
        chi2.add_row(str(model), *(_difference(value, values[0], i) for i, value in enumerate(values)))
    config = Table(title="configuration", title_justify="left", box=None, pad_edge=False)
    config.add_column("key")
    for run in runs:
        config.add_column(f"run {run}")
    for key, row in differences.items():
        config.add_row(key, *(str(value) for value in row))
    return [chi2, config]


def _difference(value: float, first: float, position: int) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.3f}" if position == 0 or np.isnan(first) else f"{value:.3f} ({value - first:+.3f})"


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, node
