"""One model on its data: best fit or scan, profiles and posterior, as the variables of `/models/NAME`."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import axes, estimates, parameter_values, statistics
from outputs.posteriors import apart_from_draws
from outputs.progress import reporter, track
from outputs.tree import scalar, variable
from solvers.errors import InvalidInput
from solvers.inference.differential_evolution import DifferentialEvolution
from solvers.inference.information import aic, bic
from solvers.inference.least_squares import LeastSquares
from solvers.inference.minimize import BestFit, Minimize
from solvers.inference.problem import Problem
from solvers.inference.profile import LEVELS, Profile
from solvers.inference.scan import scan

_LOWER = 0.01
"""By how much χ² of a draw must be below the best fit's for a new fit to start there: not rounding, not tolerance."""


@dataclass(frozen=True)
class Answer:
    """What one model leaves in the file.

    Parameters
    ----------
    variables : dict
        Of `/models/NAME`.
    nodes : dict of str to xarray.Dataset
        Below it, by name (`posterior`, `sample_stats`).
    theta : dict or None
        Best values of the free parameters; None for a scan.
    """

    variables: dict[str, Any]
    nodes: dict[str, xr.Dataset] = field(default_factory=dict)
    theta: dict[str, float] | None = None


def fit_model(
    name: str,
    problem: Problem,
    inference: Any,
    units: Mapping[str, str],
    profile: Mapping[str, int],
    seed: int = 0,
    checkpoint: Path | None = None,
) -> Answer:
    """Fit, scan or sample one model.

    Parameters
    ----------
    name : str
        Of the model: for messages, for its own random numbers and its checkpoint.
    problem : Problem
        The model on its data.
    inference : object
        `Minimize`, `LeastSquares`, `DifferentialEvolution`, `Profile`, `Grid`, `Emcee` or `Nautilus`.
    units : mapping of str to str
        Of parameters that have one.
    profile : mapping of str to int
        Free parameters whose profile is wanted beside a best fit, with its number of points.
    seed : int
        Of the run.
    checkpoint : Path, optional
        Folder for unfinished chains.

    Raises
    ------
    InvalidInput
        No more data than free parameters, no prediction at the only point there is, or an inference that does not fit.
    """
    space, minimize = problem.space, getattr(inference, "minimize", inference)
    if not isinstance(minimize, Minimize):
        raise InvalidInput(
            f"inference: {type(inference).__name__} is for experiments with a density of their own; choose minimize, "
            "profile, least_squares, differential_evolution, grid, emcee or nautilus"
        )
    if space.axes:
        return Answer(_scanned(name, problem, minimize, units))
    variables: dict[str, Any] = {}
    nodes: dict[str, xr.Dataset] = {}
    theta: dict[str, float] = {}
    converged = True
    sampled = bool(space.free) and not isinstance(inference, Minimize | DifferentialEvolution | LeastSquares | Profile)
    if space.free:
        fit, more = _best_fit(name, problem, inference, minimize, seed)
        if sampled:
            from sims.posteriors import posterior_of

            found, nodes = posterior_of(name, problem, inference, fit, units, seed, checkpoint)
            fit = _from_best_draw(fit, nodes, problem, minimize)
        variables |= more
        theta, converged = dict(zip(space.names, map(float, fit.values), strict=True)), fit.converged
        variables |= estimates(space.names, [units.get(key, "") for key in space.names], fit)
    chi2 = float(problem.chi2(**theta))
    if not np.isfinite(chi2):
        raise InvalidInput(f"models.{name}: its prediction does not exist at the data for {theta or 'it'}")
    variables |= _statistics(name, problem, (), chi2, len(space.free), converged)
    variables |= parameter_values({**space.fixed, **theta}, units)
    profiles = _profiles(problem, inference, minimize, units, profile)
    if sampled:
        # Draws have their parameter's name, which an axis of the model above them would hide.
        apart = apart_from_draws(xr.Dataset(profiles), space.names)
        variables |= {str(key): values for key, values in apart.variables.items()} | found
    elif isinstance(inference, Profile):
        variables |= profiles | (_intervals(problem, inference, fit) if space.free else {})
    elif isinstance(inference, Minimize | DifferentialEvolution | LeastSquares):
        variables |= profiles
    else:
        variables["log_evidence"] = scalar(-0.5 * chi2, "", "ln of the likelihood exp(-chi2/2): nothing is free")
        variables["log_evidence_error"] = scalar(0.0, "", "none: nothing was integrated")
    return Answer(variables, nodes, theta)


def _best_fit(
    name: str, problem: Problem, inference: Any, minimize: Minimize, seed: int
) -> tuple[BestFit, dict[str, xr.Variable]]:
    """The lowest χ², after the global search of the inference where it has one, and what to say of that search."""
    names, free = problem.space.names, problem.space.free
    rng = np.random.default_rng([seed, *name.encode()])
    if isinstance(inference, LeastSquares):
        with reporter(f"fitting {name}") as report:
            fit, n_agree = inference.fit(problem, rng, report)
        return fit, {
            "n_starts": scalar(inference.starts, "", "points from which the solver was started"),
            "n_agree": scalar(n_agree, "", "starts that ended in the minimum that is given"),
        }
    start = None
    if isinstance(inference, DifferentialEvolution):
        with reporter(f"searching {name}") as report:
            found = inference.search(lambda x: problem.chi2(**dict(zip(names, x, strict=True))), free, rng, report)
        start = found.values
    return minimize.fit(problem.function(names), free, start), {}


def _from_best_draw(fit: BestFit, nodes: Mapping[str, xr.Dataset], problem: Problem, minimize: Minimize) -> BestFit:
    """The best fit, or the one from the best draw where the sampler has found a lower valley."""
    if "posterior" not in nodes:
        return fit
    log_likelihood = nodes["sample_stats"]["log_likelihood"].values
    if -2.0 * log_likelihood.max() >= fit.chi2 - _LOWER:
        return fit
    best = log_likelihood.argmax()
    start = np.array([nodes["posterior"][name].values.flat[best] for name in problem.space.names])
    again = minimize.fit(problem.function(problem.space.names), problem.space.free, start)
    return again if again.chi2 < fit.chi2 else fit


def _statistics(
    name: str, problem: Problem, dims: tuple[str, ...], chi2: Any, n_free: int, converged: Any
) -> dict[str, xr.Variable]:
    k = n_free + problem.n_analytic
    if problem.n_data <= k:
        raise InvalidInput(f"models.{name}: {problem.n_data} data for {k} free parameters; widen the cuts")
    return statistics(
        dims,
        chi2=chi2,
        n_data=problem.n_data,
        n_free=k,
        aic=aic(chi2, k),
        bic=bic(chi2, k, problem.n_data),
        converged=converged,
    )


def _scanned(name: str, problem: Problem, minimize: Minimize, units: Mapping[str, str]) -> dict[str, Any]:
    space = problem.space
    result = scan(problem, space, minimize, track=track)
    dims = tuple(space.axes)
    variables: dict[str, Any] = axes(space.axes, units)
    variables |= _statistics(name, problem, dims, result.chi2, len(space.free), result.converged)
    if space.free:
        own = (*dims, "param")
        variables |= {
            "param": variable("param", list(space.names), "", "free parameter"),
            "best_fit": variable(own, result.best_fit, "", "best fit (in the unit of each parameter)"),
            "at_bound": variable(own, result.at_bound, "", "the best fit is an end of the prior"),
        }
    return variables


def _profiles(
    problem: Problem, inference: Any, minimize: Minimize, units: Mapping[str, str], profile: Mapping[str, int]
) -> dict[str, xr.Variable]:
    """Profiles that were asked for by name, or all of them for an inference by profiles."""
    free = problem.space.names
    wanted: dict[tuple[str, ...], int] = {(key,): n_points for key, n_points in profile.items() if key in free}
    if isinstance(inference, Profile):
        pairs = itertools.combinations(free, 2) if inference.pairs else ()
        wanted = dict.fromkeys([*((key,) for key in free), *pairs], inference.points)
    variables: dict[str, xr.Variable] = {}
    for names, n_points in wanted.items():
        space = problem.space.profile_over(names, n_points)
        chi2 = scan(problem, space, minimize, track=track).chi2
        long_name = f"chi2 at fixed {', '.join(names)}, minimised over the rest"
        variables |= axes(space.axes, units)
        variables[f"profile_{'_'.join(space.axes)}"] = variable(list(space.axes), chi2, "", long_name)
    return variables


def _intervals(problem: Problem, inference: Profile, fit: BestFit) -> dict[str, xr.Variable]:
    ends, is_open = inference.intervals(problem, fit)
    dims = ("param", "level", "side")
    return {
        "level": variable("level", np.array(LEVELS), "", "probability by Wilks' theorem"),
        "side": variable("side", ["lower", "upper"], "", "end of the interval"),
        "interval": variable(dims, ends, "", "profile-likelihood interval (in the unit of each parameter)"),
        "interval_is_open": variable(dims, is_open, "", "chi2 does not rise so far before the end of the prior"),
    }
