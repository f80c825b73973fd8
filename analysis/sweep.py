"""A sweep as a tidy table and as a figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from analysis.errors import NotInRun
from analysis.figures import STYLE, save

QUIET = ("converged", "n_free", "dof", "aic", "bic")
"""Columns that the terminal leaves out and the CSV file has."""

_OF_PARAMETER = {"best_fit": "", "sigma": "_sigma", "posterior_mean": "_mean", "posterior_sd": "_sd"}
"""What a column is called after its parameter."""


def tidy(dataset: xr.Dataset) -> pd.DataFrame:
    """One row for each cell and model: swept keys, scanned keys, statistics, best fits.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `open_sweep`.

    Returns
    -------
    pandas.DataFrame
        Cells of a scan inside a run are rows of their own.
    """
    of_models = [str(name) for name, values in dataset.data_vars.items() if "model" in values.dims]
    leading = dataset["chi2" if "chi2" in dataset else of_models[0] if of_models else "status"]
    own = dataset["status"].dims
    dims = [*own, *(dim for dim in leading.dims if dim not in (*own, "model"))]
    dims += ["model"] if "model" in leading.dims else []
    dataset = dataset.reset_coords([name for name in dataset.coords if name not in dataset.dims])
    names = [name for name, values in dataset.data_vars.items() if set(values.dims) <= set(dims)]
    frame = dataset[names].to_dataframe(dim_order=dims)[names]
    for name, suffix in _OF_PARAMETER.items():
        for param in dataset["param"].values if name in dataset else ():
            values = dataset[name].sel(param=param, drop=True).broadcast_like(leading)
            frame[f"{param}{suffix}"] = values.transpose(*dims).values.ravel()
    return frame.dropna(axis="columns", how="all").reset_index()


def draw_sweep(dataset: xr.Dataset, variable: str, folder: Path, formats: tuple[str, ...]) -> list[Path]:
    """Draw one variable of a sweep: lines over one key, a heat map for each model over two.

    Parameters
    ----------
    dataset : xarray.Dataset
        From `open_sweep`.
    variable : str
        One of its variables along `model`.
    folder : Path
        Where the figure goes.
    formats : tuple of str
        File suffixes.

    Raises
    ------
    NotInRun
        The variable is not there, or the sweep has more than two numerical keys.
    """
    import matplotlib

    if variable not in dataset:
        raise NotInRun(f"{variable}: not in this sweep; known: {', '.join(map(str, dataset.data_vars))}")
    keys = [str(d) for d in dataset["status"].dims]
    array = dataset[variable]
    extra = [d for d in array.dims if d not in (*keys, "model")]
    if keys == ["cell"] or len(keys) > 2 or extra or "model" not in array.dims:
        dims = ", ".join(map(str, array.dims))
        raise NotInRun(f"{variable}: a figure needs one or two swept keys on a grid, and models; these are {dims}")
    with matplotlib.rc_context(fname=STYLE):
        figure = _lines(array, keys[0]) if len(keys) == 1 else _maps(array, keys)
        return save(figure, f"sweep_{variable}", folder, formats)


def _lines(array: xr.DataArray, key: str):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 4.0))
    panel = figure.subplots()
    for i, model in enumerate(array["model"].values):
        panel.plot(
            array[key],
            array.sel(model=model),
            marker="o",
            ms=4,
            ls=("-", "--", ":", "-.")[i % 4],
            label=model,
        )
    panel.set(xlabel=key, ylabel=str(array.name))
    panel.legend()
    return figure


def _maps(array: xr.DataArray, keys: list[str]):
    from matplotlib.figure import Figure

    models = array["model"].values
    columns = min(len(models), 2)
    rows = -(-len(models) // columns)
    figure = Figure(figsize=(4.8 * columns, 3.8 * rows))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    y, x = keys
    for panel, model in zip(panels, models, strict=False):
        values = array.sel(model=model).transpose(y, x).values
        image = panel.pcolormesh(
            np.arange(values.shape[1]), np.arange(values.shape[0]), values, cmap="cividis", shading="nearest"
        )
        panel.set_xticks(np.arange(values.shape[1]), [str(v) for v in array[x].values], rotation=30)
        panel.set_yticks(np.arange(values.shape[0]), [str(v) for v in array[y].values])
        panel.minorticks_off()
        panel.set(xlabel=x, ylabel=y, title=str(model))
        figure.colorbar(image, ax=panel, label=str(array.name))
    for panel in panels[len(models) :]:
        panel.set_visible(False)
    return figure
