"""What a sampled model leaves in the file: draws in ArviZ's schema, and what they amount to."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable

SAMPLERS = ("mcmc", "nested")
"""Values of the attribute `sampler` of `/models/NAME/posterior`."""

AXIS = "_axis"
"""What `apart_from_draws` appends to the name of an axis."""

_DIAGNOSTICS = {
    "r_hat": "largest split R-hat of the parameters",
    "autocorrelation_time": "largest integrated autocorrelation time of the parameters, in steps",
    "effective_samples": "effective number of independent draws",
    "acceptance": "mean fraction of proposals that were accepted",
    "n_divergences": "divergent draws",
    "n_steps": "steps of every walker, burn-in included",
    "n_evaluations": "evaluations of the likelihood",
}


class Posterior(Protocol):
    """Draws as this module reads them (`solvers.inference.posterior.Posterior` is one)."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def samples(self) -> np.ndarray: ...
    @property
    def log_likelihood(self) -> np.ndarray: ...
    @property
    def log_prior(self) -> np.ndarray: ...
    @property
    def converged(self) -> bool: ...
    @property
    def diagnostics(self) -> Mapping[str, float]: ...
    @property
    def log_evidence(self) -> float: ...
    @property
    def log_evidence_error(self) -> float: ...
    @property
    def weighted(self) -> Mapping[str, np.ndarray]: ...


def posterior_nodes(posterior: Posterior, units: Mapping[str, str]) -> dict[str, xr.Dataset]:
    """Child groups of `/models/NAME`.

    Parameters
    ----------
    posterior : Posterior
        Draws of shape (n_chains, n_draws, n_params).
    units : mapping of str to str
        Units of the parameters, "" for those that are not there.

    Returns
    -------
    dict of str to xarray.Dataset
        `posterior` (one variable a parameter; attribute `sampler`, one of `SAMPLERS`) and `sample_stats` along
        (chain, draw); of a nested sampler also `weighted_posterior` along `sample`.
    """
    n_chains, n_draws, _ = posterior.samples.shape
    axes = {
        "chain": variable("chain", np.arange(n_chains), "", "chain"),
        "draw": variable("draw", np.arange(n_draws), "", "draw"),
    }
    statistics = {
        "lp": (posterior.log_likelihood + posterior.log_prior, "ln of likelihood times prior density"),
        "log_likelihood": (posterior.log_likelihood, "ln of the likelihood exp(-chi2/2)"),
        "log_prior": (posterior.log_prior, "ln of the prior density"),
    }
    along = ("chain", "draw")
    stats = {name: variable(along, values, "", long_name) for name, (values, long_name) in statistics.items()}
    sampler = {"sampler": "nested" if posterior.weighted else "mcmc"}
    nodes = {
        "posterior": xr.Dataset(axes | _draws(posterior.names, along, posterior.samples, units), attrs=sampler),
        "sample_stats": xr.Dataset(axes | stats, attrs=sampler),
    }
    if posterior.weighted:
        nodes["weighted_posterior"] = _weighted(posterior, units).assign_attrs(sampler)
    return nodes


def posterior_scalars(posterior: Posterior, units: Mapping[str, str]) -> dict[str, xr.Variable]:
    """Variables of `/models/NAME`: means, standard deviations, evidence, and whether to trust them.

    Parameters
    ----------
    posterior, units
        As in `posterior_nodes`.

    Returns
    -------
    dict of str to xarray.Variable
        `posterior_mean` and `posterior_sd` along `param` (as in `outputs.answers.estimates`),
        `posterior_converged`, each of the sampler's diagnostics, and `log_evidence` with its error if it is finite.
    """
    samples, weights = _points(posterior)
    mean = np.average(samples, axis=0, weights=weights)
    sd = np.sqrt(np.average((samples - mean) ** 2, axis=0, weights=weights))
    names, own = list(posterior.names), "(in the unit of each parameter)"
    found = {
        "param": variable("param", names, "", "free parameter"),
        "param_unit": variable("param", [units.get(name, "") for name in names], "", "unit of the parameter"),
        "posterior_mean": variable("param", mean, "", f"posterior mean {own}"),
        "posterior_sd": variable("param", sd, "", f"posterior standard deviation {own}"),
        "posterior_converged": scalar(bool(posterior.converged), "", "the sampler met its own criteria"),
    }
    for name, value in posterior.diagnostics.items():
        found[name] = scalar(float(value), "", _DIAGNOSTICS.get(name, name.replace("_", " ")))
    if np.isfinite(posterior.log_evidence):
        found["log_evidence"] = scalar(posterior.log_evidence, "", "ln of the evidence, likelihood exp(-chi2/2)")
        found["log_evidence_error"] = scalar(posterior.log_evidence_error, "", "error of log_evidence")
    return found


def apart_from_draws(model: xr.Dataset, names: Iterable[str]) -> xr.Dataset:
    """A model's own dataset with the axes that bear a sampled parameter's name renamed to `NAME_axis`.

    The groups below a model inherit its coordinates, and an inherited coordinate hides a variable of the same name:
    beside an axis `a_cos(a_cos)` the draws of `a_cos` would not be seen by ArviZ or `DataTree.to_dataset`.

    Parameters
    ----------
    model : xarray.Dataset
        Variables of `/models/NAME`.
    names : iterable of str
        The sampled parameters.
    """
    return model.rename({name: f"{name}{AXIS}" for name in names if name in model.dims})


def _draws(
    names: Iterable[str], dims: tuple[str, ...], samples: np.ndarray, units: Mapping[str, str]
) -> dict[str, xr.Variable]:
    return {
        name: variable(dims, np.ascontiguousarray(samples[..., i]), units.get(name, ""), f"draws of {name}")
        for i, name in enumerate(names)
    }


def _weighted(posterior: Posterior, units: Mapping[str, str]) -> xr.Dataset:
    points = posterior.weighted
    words = {
        "log_weight": "ln of the weight, not normalised",
        "log_likelihood": "ln of the likelihood exp(-chi2/2)",
        "log_prior": "ln of the prior density",
    }
    axis = {"sample": variable("sample", np.arange(len(points["samples"])), "", "point")}
    columns = {name: variable("sample", points[name], "", words[name]) for name in words if name in points}
    return xr.Dataset(axis | _draws(posterior.names, ("sample",), points["samples"], units) | columns)


def _points(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """All points, shape (n, n_params), and their weights; of a nested sampler those before they were redrawn."""
    if posterior.weighted:
        log_weight = posterior.weighted["log_weight"]
        return posterior.weighted["samples"], np.exp(log_weight - np.max(log_weight))
    samples = posterior.samples.reshape(-1, posterior.samples.shape[-1])
    return samples, np.ones(len(samples))
