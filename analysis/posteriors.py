"""Posteriors of a run, handed to the tools that cosmologists use: getdist and ArviZ."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from analysis.errors import NotInRun
from analysis.extras import optional
from analysis.figures import label_of, prior_of, symbol_of

if TYPE_CHECKING:
    from arviz import InferenceData
    from getdist import MCSamples

_GROUPS = ("posterior", "sample_stats", "weighted_posterior")


def to_getdist(run: xr.DataTree, model: str) -> "MCSamples":
    """A model's posterior as getdist samples, with labels and prior ranges from the stored configuration.

    Parameters
    ----------
    run : xarray.DataTree
        From `open_run`.
    model : str
        A model that was sampled or put on a grid.

    Returns
    -------
    getdist.MCSamples
        Of a chain its separate chains with sampler type "mcmc"; of a nested sampler the weighted points with sampler
        type "nested". Nothing is cut as burn-in. `loglikes` is −ln(likelihood × prior); of nested points without a
        stored prior it is −ln(likelihood). A grid becomes weighted points whose densities are those of the grid.

    Raises
    ------
    NotInRun
        No such model, or it has no posterior.
    NotInstalled
        getdist is not there.
    """
    node = _node(run, model)
    described = {"label": label_of(run, model), "name_tag": model, "settings": {"ignore_rows": 0}}
    module = optional("analysis.getdist_samples", "getdist")
    if "posterior" not in node.children:
        density = node["posterior_density"]
        return module.from_grid(density, **described, **_names(run, model, [str(dim) for dim in density.dims]))
    groups = _groups(node)
    names = [str(name) for name in groups["posterior"].data_vars]
    points = groups.get("weighted_posterior", groups["posterior"])
    samples = np.stack([points[name].values for name in names], axis=-1)
    described |= _names(run, model, names)
    if "weighted_posterior" in groups:
        return module.from_points(samples, points["log_weight"].values, _log_posterior(points), **described)
    return module.from_chains(samples, groups["sample_stats"]["lp"].values, **described)


def to_arviz(run: xr.DataTree, model: str) -> "InferenceData":
    """A model's posterior as ArviZ inference data.

    Parameters
    ----------
    run : xarray.DataTree
        From `open_run`.
    model : str
        A model that was sampled.

    Returns
    -------
    arviz.InferenceData
        `posterior` and `sample_stats` along (chain, draw); of a nested sampler also `weighted_posterior`.

    Raises
    ------
    NotInRun
        No such model, or it has no draws.
    NotInstalled
        ArviZ is not there.
    """
    node = _node(run, model)
    if "posterior" not in node.children:
        raise NotInRun(f"{model}: its posterior is a density on a grid, without draws; read posterior_density")
    return optional("arviz", "arviz").InferenceData(**_groups(node))


def models_with_posterior(run: xr.DataTree) -> list[str]:
    """Names of the models of a run that were sampled or put on a grid."""
    models = run.children.get("models")
    nodes: Mapping[str, xr.DataTree] = {} if models is None else models.children
    return [name for name, node in nodes.items() if "posterior" in node.children or "posterior_density" in node]


def sampler_of(node: xr.DataTree) -> str:
    """What made the posterior of `/models/NAME`: mcmc, nested or grid."""
    return str(node["posterior"].attrs["sampler"]) if "posterior" in node.children else "grid"


def _node(run: xr.DataTree, model: str) -> xr.DataTree:
    known = models_with_posterior(run)
    if model in known:
        return run["models"].children[model]
    models = run.children.get("models")
    if models is None or model not in models.children:
        names = ", ".join(models.children) if models is not None else "none"
        raise NotInRun(f"{model}: no such model in this run; known: {names}")
    others = f"; models that have one: {', '.join(known)}" if known else ""
    raise NotInRun(f"{model}: has no posterior in this run{others}. Sample it: inference=emcee, nautilus or grid")


def _groups(node: xr.DataTree) -> dict[str, xr.Dataset]:
    """The groups of draws, without what they would inherit: an axis of the model may bear a parameter's name."""
    return {name: node.children[name].to_dataset(inherit=False) for name in _GROUPS if name in node.children}


def _log_posterior(points: xr.Dataset) -> np.ndarray:
    total = points["log_likelihood"].values
    return total + points["log_prior"].values if "log_prior" in points else total


def _names(run: xr.DataTree, model: str, names: list[str]) -> dict[str, Any]:
    """Names, labels and hard ranges as getdist takes them."""
    ranges = {name: prior_of(run, model, name) for name in names}
    return {
        "names": names,
        "labels": [_label(symbol_of(run, model, name)) for name in names],
        "ranges": {name: ends for name, ends in ranges.items() if ends is not None},
    }


def _label(symbol: str) -> str:
    """LaTeX without dollars; a plain name stays upright."""
    if symbol.startswith("$"):
        return symbol.strip("$")
    return rf"\mathrm{{{symbol}}}".replace("_", r"\_")
