"""Supernova magnitudes against redshift, binned, with every model and the residuals to the best one."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures import label_of, line_styles, models_with

RANK = 10
_BINS = 24


def applies(tree: xr.DataTree) -> bool:
    """A run with magnitudes and with models that predict them."""
    data = tree.children.get("data")
    return data is not None and "magnitude" in data and bool(models_with(tree, "magnitude", "offset"))


def draw(tree: xr.DataTree) -> Figure:
    """Hubble diagram above, residuals to the model of lowest chi2 below."""
    models = models_with(tree, "magnitude", "offset")
    best = min(models, key=lambda name: models[name]["chi2"].item())
    data = tree["data"].to_dataset()
    residual = data["residual"].sel(model=best).values
    z, magnitude, error = _binned(data["z"].values, data["magnitude"].values, data["magnitude_err"].values)
    _, difference, _ = _binned(data["z"].values, residual, data["magnitude_err"].values)

    figure = Figure(figsize=(6.4, 5.6))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.1, 1.0))
    upper.errorbar(z, magnitude, error, fmt="o", ms=3, color="0.25", lw=0.9, zorder=5, label=_sample(data))
    lower.errorbar(z, difference, error, fmt="o", ms=3, color="0.25", lw=0.9, zorder=5)
    reference = models[best]
    for name, style in line_styles(tree).items():
        if name not in models:
            continue
        model = models[name]
        inside = model["z"].values >= data["z"].values.min()
        grid, curve = model["z"].values[inside], model["magnitude"].values[inside]
        upper.plot(grid, curve, label=f"{label_of(tree, name)}, χ² = {model['chi2'].item():.1f}", **style)
        at_grid = np.interp(grid, reference["z"].values, reference["magnitude"].values)
        lower.plot(grid, curve - at_grid, **style)
    upper.set_ylabel(f"{_axis_name(data)} [mag]")
    upper.legend(loc="upper left")
    lower.set(xscale="log", xlabel="redshift z", ylabel=f"minus {label_of(tree, best)} [mag]")
    lower.set_xlim(data["z"].values.min() * 0.95, data["z"].values.max() * 1.05)
    spread = float(np.max(np.abs(difference) + error))
    lower.set_ylim(-1.15 * max(spread, 0.2), 1.15 * max(spread, 0.2))
    return figure


def _sample(data: xr.Dataset) -> str:
    title = data.attrs.get("title", "supernovae").removesuffix(" type Ia supernovae")
    return f"{title}, N = {data.sizes['row']}, binned"


def _axis_name(data: xr.Dataset) -> str:
    return "magnitude $m_b$" if "m_b" in data["magnitude"].attrs["long_name"] else "distance modulus μ"


def _binned(z: np.ndarray, values: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, ...]:
    """Weighted means in bins of ln z."""
    edges = np.geomspace(z.min(), z.max() * (1 + 1e-9), _BINS + 1)
    which = np.digitize(z, edges) - 1
    weight = 1.0 / error**2
    total = np.bincount(which, weight, _BINS)
    filled = total > 0
    means = [np.bincount(which, weight * x, _BINS)[filled] / total[filled] for x in (z, values)]
    return means[0], means[1], total[filled] ** -0.5
