"""Variables of `/models/NAME`: what a model that was confronted with data leaves in the file."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import xarray as xr

from outputs.tree import scalar, variable


class Fit(Protocol):
    """A best fit as `estimates` reads it (`solvers.inference.minimize.BestFit` is one)."""

    @property
    def values(self) -> np.ndarray: ...
    @property
    def sigma(self) -> np.ndarray: ...
    @property
    def covariance(self) -> np.ndarray: ...
    @property
    def lower(self) -> np.ndarray | None: ...
    @property
    def upper(self) -> np.ndarray | None: ...
    @property
    def at_bound(self) -> np.ndarray: ...
    @property
    def is_flat(self) -> np.ndarray: ...


def statistics(
    dims: Sequence[str], *, chi2: Any, n_data: int, n_free: int, aic: Any, bic: Any, converged: Any
) -> dict[str, xr.Variable]:
    """χ² and what it is worth, as scalars or along the scanned dimensions `dims`."""
    return {
        "chi2": variable(dims, chi2, "", "chi-squared at the best fit"),
        "n_data": scalar(n_data, "", "number of data"),
        "n_free": scalar(n_free, "", "free parameters, those minimised analytically included"),
        "dof": scalar(n_data - n_free, "", "degrees of freedom"),
        "aic": variable(dims, aic, "", "Akaike information criterion"),
        "bic": variable(dims, bic, "", "Bayesian information criterion chi2 + k ln N"),
        "converged": variable(dims, converged, "", "the minimiser reached its goal"),
    }


def estimates(names: Sequence[str], units: Sequence[str], fit: Fit) -> dict[str, xr.Variable]:
    """Best fit, errors and flags of the free parameters.

    Parameters
    ----------
    names, units : sequence of str
        Of the free parameters, at least one.
    fit : Fit
        The best fit.
    """
    axis = variable("param", list(names), "", "free parameter")
    own = "(in the unit of each parameter)"
    found = {
        "param": axis,
        "param_": variable("param_", list(names), "", "free parameter"),
        "param_unit": variable("param", list(units), "", "unit of the parameter"),
        "best_fit": variable("param", fit.values, "", f"best fit {own}"),
        "sigma": variable("param", fit.sigma, "", f"standard deviation {own}; NaN where there is none"),
        "covariance": variable(("param", "param_"), fit.covariance, "", f"covariance {own}"),
        "at_bound": variable("param", fit.at_bound, "", "the best fit is an end of the prior"),
        "is_flat": variable("param", fit.is_flat, "", "chi2 does not depend on it over the prior"),
    }
    if fit.lower is not None and fit.upper is not None:
        found["minos_lower"] = variable("param", fit.lower, "", f"lower MINOS error {own}")
        found["minos_upper"] = variable("param", fit.upper, "", f"upper MINOS error {own}")
    return found


def axes(scanned: Mapping[str, np.ndarray], units: Mapping[str, str]) -> dict[str, xr.Variable]:
    """Coordinates of scanned parameters."""
    return {
        name: variable(name, values, units.get(name, ""), f"scanned parameter {name}")
        for name, values in scanned.items()
    }


def parameter_values(values: Mapping[str, float], units: Mapping[str, str]) -> dict[str, xr.Variable]:
    """Every parameter of a model, fixed or at its best fit."""
    names = list(values)
    return {
        "parameter": variable("parameter", names, "", "parameter"),
        "parameter_unit": variable("parameter", [units.get(name, "") for name in names], "", "unit of the parameter"),
        "parameter_value": variable(
            "parameter",
            np.array([values[name] for name in names], dtype=float),
            "",
            "value, free parameters at the best fit (in the unit of each parameter)",
        ),
    }
