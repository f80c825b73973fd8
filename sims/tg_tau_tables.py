"""Tables of TG-τ that need no grid: all samples side by side, the printed point, distance duality."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.tg_tau_samples import FRW, TG_TAU, Sample, chi2_at, free_parameters
from solvers.published import paper_9
from solvers.published.paper_9 import PUBLISHED
from solvers.tg_tau import UNITS, duality_expanding, duality_static

PRINTED_ROW = "published"
"""Row of the table of samples that holds the printed numbers."""


def samples_table(samples: Mapping[str, Sample]) -> xr.Dataset:
    """χ² and estimates of all models on all samples, with the printed row first."""
    first = next(iter(samples.values()))
    rows = [_printed_row(), *(_row(sample) for sample in samples.values())]
    names = [PRINTED_ROW, *samples]
    columns: dict[str, Any] = {"sample": variable("sample", names, "", "sample; published: as printed in SI 9")}
    columns["n_data"] = variable("sample", [row["n_data"] for row in rows], "", "number of supernovae")
    for key, units, long_name in _columns(first):
        columns[key] = variable("sample", [row.get(key, np.nan) for row in rows], units, long_name)
    return xr.Dataset(columns)


def _columns(sample: Sample) -> Iterable[tuple[str, str, str]]:
    yield f"chi2_{TG_TAU}", "", "chi2 of TG-tau at its exact minimum"
    yield "H_sigma", UNITS["H_sigma"], "H_Sigma; NaN where the magnitudes are no distance moduli"
    yield "H_sigma_err", UNITS["H_sigma"], "its standard deviation"
    yield "alpha_SB", "", "exponent of the dimming"
    yield "alpha_SB_err", "", "its standard deviation"
    for name, model in sample.models.items():
        if name == TG_TAU:
            continue
        yield f"chi2_{name}", "", f"chi2 of {name} at its minimum"
        for parameter in free_parameters(model):
            yield f"{parameter}_{name}", "", f"{parameter} of {name} in its own unit"
            yield f"{parameter}_{name}_err", "", "its standard deviation"
        yield f"intercept_{name}", "mag", f"intercept of {name}; with m_b_corr it holds the absolute magnitude"
        yield f"intercept_{name}_err", "mag", "its standard deviation"
        yield f"delta_aic_{name}", "", f"AIC of TG-tau minus that of {name}: below 0 where TG-tau is preferred"
    yield f"weight_{TG_TAU}", "", "Akaike weight of TG-tau among all models"


def _row(sample: Sample) -> dict[str, float]:
    row: dict[str, float] = {"n_data": sample.likelihood.n_data}
    static = sample.models[TG_TAU]
    row |= {"alpha_SB": sample.fit.alpha_SB, "H_sigma": sample.fit.H_sigma if sample.anchored else np.nan}
    row |= {f"{name}_err": static["sigma"].sel(param=name).item() for name in free_parameters(static)}
    for name, model in sample.models.items():
        row[f"chi2_{name}"] = float(model["chi2"].min())
        if name == TG_TAU:
            continue
        row[f"delta_aic_{name}"] = float(static["aic"] - model["aic"].min())
        for parameter in free_parameters(model):
            row[f"{parameter}_{name}"] = model["best_fit"].sel(param=parameter).item()
            row[f"{parameter}_{name}_err"] = model["sigma"].sel(param=parameter).item()
        if "intercept" in model:
            row[f"intercept_{name}"] = model["intercept"].item()
            row[f"intercept_{name}_err"] = model["intercept_sigma"].item()
    row[f"weight_{TG_TAU}"] = float(sample.comparison["akaike_weight"].sel(model=TG_TAU).min())
    return row


def _printed_row() -> dict[str, float]:
    printed = {
        f"chi2_{TG_TAU}": "chi2 TG-tau",
        "H_sigma": "H_sigma",
        "H_sigma_err": "sigma(H_sigma)",
        "alpha_SB": "alpha_SB",
        "alpha_SB_err": "sigma(alpha_SB)",
        f"chi2_{FRW}": "chi2 FRW",
        f"omega_m_{FRW}": "omega_m",
        f"omega_m_{FRW}_err": "sigma(omega_m)",
        f"intercept_{FRW}": "intercept",
        f"intercept_{FRW}_err": "sigma(intercept)",
        f"delta_aic_{FRW}": "delta AIC",
        f"weight_{TG_TAU}": "weight TG-tau",
    }
    return {"n_data": paper_9.PUBLISHED_N} | {key: PUBLISHED[name] for key, name in printed.items()}


def published_point_table(samples: Mapping[str, Sample]) -> xr.Dataset:
    """χ² of TG-τ at the printed H_Σ and α_SB, on every sample of distance moduli."""
    moduli = {name: sample for name, sample in samples.items() if sample.anchored}
    at = [chi2_at(sample, PUBLISHED["H_sigma"], PUBLISHED["alpha_SB"]) for sample in moduli.values()]
    full = [sample.likelihood.factor.ndim == 2 for sample in moduli.values()]
    printed = [PUBLISHED["chi2 TG-tau"]] * len(at)
    return xr.Dataset(
        {
            "sample": variable("sample", list(moduli), "", "sample"),
            "full_covariance": variable("sample", full, "", "errors are correlated; no: the plotting errors, squared"),
            "published_chi2": variable("sample", printed, "", "as printed in SI 9, for STAT+SYS"),
            "chi2": variable("sample", at, "", "chi2 at the printed H_Sigma and alpha_SB"),
        }
    )


def information_table(samples: Mapping[str, Sample]) -> xr.Dataset:
    """χ², AIC, BIC and Akaike weights of every model on every sample."""
    index = xr.Variable("sample", list(samples), {"units": "", "long_name": "sample"})
    return xr.concat([sample.comparison for sample in samples.values()], index, combine_attrs="override")


def duality_table(exponents: Mapping[str, float]) -> xr.Dataset:
    """D_L/[(1+z)² D_A] for both readings of D_A, for each named α_SB."""
    z = np.array([1.0, 2.0])
    columns: dict[str, Any] = {
        "z": variable("z", z, "", "redshift"),
        "published": variable("z", [PUBLISHED["eta(1)"], PUBLISHED["eta(2)"]], "", "as printed in SI 9"),
    }
    for name, alpha in exponents.items():
        text = f"alpha_SB = {alpha:.4f} ({name})"
        columns[f"expanding_{name}"] = variable("z", duality_expanding(z, alpha), "", f"D_A = D/(1+z), {text}")
        columns[f"static_{name}"] = variable("z", duality_static(z, alpha), "", f"D_A = D, {text}")
    return xr.Dataset(columns)
