"""One Hubble diagram with TG-τ and the expanding models on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.answers import estimates, parameter_values, statistics
from outputs.tree import scalar, variable
from sims.comparison import compare
from sims.supernovae import hubble_diagram, likelihood_of
from solvers.backend import Backend
from solvers.backgrounds import Background
from solvers.inference.information import aic, bic
from solvers.inference.minimize import Minimize
from solvers.supernovae import DenseLikelihood
from solvers.supernovae.intercept import intercept
from solvers.tg_tau import UNITS, StaticFit, TGTau, cell_loss, distance_modulus, fit

TG_TAU = "tg_tau"
"""Name of the static law among the models."""

FRW = "frw"
"""The model, by name, that the printed numbers belong to."""

_CURVE_POINTS = 200


@dataclass(frozen=True, eq=False)
class Sample:
    """A Hubble diagram and every model on it.

    Parameters
    ----------
    likelihood : DenseLikelihood
        The Hubble diagram.
    data : xarray.Dataset
        Its rows, with residuals.
    anchored : bool
        Magnitudes are distance moduli, so H_Σ is determined.
    fit : StaticFit
        TG-τ.
    models : dict of str to xarray.Dataset
        What goes to `/models`.
    comparison : xarray.Dataset
        What goes to `/comparison`.
    attrs : dict
        Datasets and notes of the expanding models' own run.
    """

    likelihood: DenseLikelihood
    data: xr.Dataset
    anchored: bool
    fit: StaticFit
    models: dict[str, xr.Dataset]
    comparison: xr.Dataset
    attrs: dict[str, Any]


def sample_of(
    catalog: Any, law: TGTau, models: Mapping[str, Background], inference: Minimize, backend: Backend
) -> Sample:
    """Fit every model to one catalogue.

    Parameters
    ----------
    catalog : object
        A catalogue as `sims.supernovae.hubble_diagram` takes it.
    law : TGTau
        The static law.
    models : mapping of str to Background
        What it is compared with, at least one.
    inference : Minimize
        How the expanding models are fitted.
    backend : Backend
        How their χ² is computed.
    """
    tree = hubble_diagram(catalog, models, inference, backend)
    data, likelihood = likelihood_of(catalog)
    anchored = data["magnitude"].attrs["long_name"].startswith("distance modulus")
    static = fit(law, likelihood, anchored)
    answers = {TG_TAU: _static_answer(law, static, likelihood, anchored)}
    for name, background in models.items():
        answers[name] = _with_intercept(tree[f"/models/{name}"].to_dataset(), background, likelihood)
    rows = tree["/data"].to_dataset()
    return Sample(
        likelihood=likelihood,
        data=_with_residual(rows, static.residual),
        anchored=anchored,
        fit=static,
        models=answers,
        comparison=compare(answers),
        attrs={str(key): value for key, value in tree.attrs.items()},
    )


def _static_answer(law: TGTau, static: StaticFit, likelihood: DenseLikelihood, anchored: bool) -> xr.Dataset:
    n, k = likelihood.n_data, len(static.names)
    variables: dict[str, Any] = {}
    if static.names:
        variables |= estimates(static.names, [UNITS[name] for name in static.names], static)
    variables |= statistics(
        (), chi2=static.chi2, n_data=n, n_free=k, aic=aic(static.chi2, k), bic=bic(static.chi2, k, n), converged=True
    )
    fitted = {"alpha_SB": static.alpha_SB}
    if anchored:
        fitted = {"H_sigma": static.H_sigma, **fitted}
        error = static.sigma[static.names.index("H_sigma")] if "H_sigma" in static.names else 0.0
        xi, xi_sigma = (float(cell_loss(hubble, law.cell, law.coherence)) for hubble in (static.H_sigma, error))
        variables["xi"] = scalar(xi, "", f"relative loss of energy in a cell of {law.cell:g} Mpc")
        variables["xi_sigma"] = scalar(xi_sigma, "", "its standard deviation, from that of H_sigma")
    variables |= parameter_values(fitted, UNITS)
    variables["offset"] = scalar(static.offset, "mag", "-5 log10 H_sigma, with the absolute magnitude if that is free")
    z = np.geomspace(likelihood.z.min(), likelihood.z.max(), _CURVE_POINTS)
    modulus = distance_modulus(z, 1.0, static.alpha_SB) + static.offset
    variables["z"] = variable("z", z, "", "redshift")
    variables["magnitude"] = variable("z", modulus, "mag", "predicted magnitude, offset included")
    return xr.Dataset(variables)


def _with_intercept(answer: xr.Dataset, background: Background, likelihood: DenseLikelihood) -> xr.Dataset:
    """Add the intercept of a model that has one set of parameters."""
    if "offset" not in answer:
        return answer
    theta = dict(zip(answer["parameter"].values.tolist(), answer["parameter_value"].values.tolist(), strict=True))
    names = answer["param"].values.tolist() if "param" in answer else []
    covariance = answer["covariance"].values if names else None
    value, sigma = intercept(likelihood, background, theta, names, covariance)
    return answer.assign(
        intercept=scalar(value, "mag", "best offset of the distance modulus from that of the model's H0"),
        intercept_sigma=scalar(sigma, "mag", "its standard deviation; NaN where a parameter has none"),
    )


def _with_residual(rows: xr.Dataset, residual: np.ndarray) -> xr.Dataset:
    """Put TG-τ's residuals before those of the other models."""
    names, columns = [TG_TAU], [residual]
    if "residual" in rows:
        names += rows["model"].values.tolist()
        columns += list(rows["residual"].values)
    return rows.drop_vars(["model", "residual"], errors="ignore").assign(
        model=variable("model", names, "", "model"),
        residual=variable(("model", "row"), np.stack(columns), "mag", "data minus best fit"),
    )


def chi2_at(sample: Sample, H_sigma: float, alpha_SB: float) -> float:
    """χ² of TG-τ at one point of its parameters, on distance moduli."""
    return fit(TGTau(H_sigma=H_sigma, alpha_SB=alpha_SB), sample.likelihood).chi2


def free_parameters(model: xr.Dataset) -> list[str]:
    """Names of the parameters that were fitted, with errors."""
    return model["param"].values.tolist() if "sigma" in model else []
