"""Tables of a run on F_missing: the target, what it goes with, and every fit beside the published one."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from sims.case_table import case_table
from sims.microphysics.missing_sample import MissingSample
from solvers.microphysics.missing_models import ConstantRatio, MissingModel
from solvers.microphysics.missing_problem import monomial, names_in
from solvers.microphysics.systems import Systems
from solvers.published.mass_coherence import published_of

OPTIMUM, PUBLISHED = "optimum", "published"
_STEP, _UNMOVED = 1.1, 1e-9
"""A combination times the first, that moves no prediction by more than the second (relative), is not determined."""

_QUANTITIES = ("sigma_v", "v_flat", "size", "mass", "bulge_fraction")


def target_table(sample: MissingSample) -> xr.Dataset:
    """F_missing of those that are fitted and of all that have one, and what "a share of 9 %" may mean."""
    ratio, rough = sample.target.ratio, sample.target.k_rough
    chosen = {"fitted": sample.is_fitted, "all with a value": np.isfinite(ratio)}
    rows = []
    for name, own in chosen.items():
        f = ratio[own]
        share = 1.0 / f
        shares = (1.0 / f.mean(), share.mean(), float(np.median(share)))
        rows.append(
            (name, f.size, f.mean(), float(np.median(f)), f.std(), f.min(), f.max(), rough[own].mean(), *shares)
        )
    words = (
        ("galaxies", "", "which galaxies"),
        ("n", "", "how many"),
        ("mean", "", "mean of F_missing"),
        ("median", "", "median of F_missing"),
        ("sd", "", "standard deviation of F_missing, ddof = 0: RMS about the mean"),
        ("lowest", "", "smallest F_missing"),
        ("highest", "", "largest F_missing"),
        ("mean_k_rough", "", "mean K of roughness"),
        ("share_of_mean", "", "1 over the mean of F: the published share of roughness"),
        ("mean_share", "", "mean over galaxies of 1/F"),
        ("median_share", "", "median over galaxies of 1/F"),
    )
    return case_table(rows, words)


def correlation_table(sample: MissingSample) -> xr.Dataset:
    """Correlations of F with what the models take, over the fitted galaxies; NaN where there is no such number."""
    from scipy import stats

    data = sample.rows()
    ratio, rows = data["missing_ratio"].values, []
    for name in _QUANTITIES:
        values = data[name].values
        if not np.isfinite(values).all() or np.ptp(values) == 0:
            rows.append((name, np.nan, np.nan))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.ConstantInputWarning)
            rows.append((name, stats.pearsonr(values, ratio).statistic, stats.spearmanr(values, ratio).statistic))
    words = (
        ("quantity", "", "of a galaxy"),
        ("pearson", "", "correlation with F_missing"),
        ("spearman", "", "the same of the ranks"),
    )
    return case_table(rows, words)


def fit_table(
    models: Mapping[str, MissingModel], answers: Mapping[str, xr.Dataset], sample: MissingSample
) -> xr.Dataset | None:
    """Every model at its optimum and with the published parameters, against the constant; None if all are scans."""
    shown = {name: answer for name, answer in answers.items() if "rms" in answer}
    constants = [float(a["rms"]) for name, a in shown.items() if isinstance(models[name], ConstantRatio)]
    if not constants:
        return None
    constant, rows = min(constants), []
    for name, answer in shown.items():
        n, k = int(answer["n_data"]), determined(models[name], sample.fitted_systems)
        for which, ending in ((OPTIMUM, ""), (PUBLISHED, "_published")):
            if f"rms{ending}" not in answer:
                continue
            rms, r = float(answer[f"rms{ending}"]), float(answer[f"correlation{ending}"])
            criterion = n * np.log(rms**2) + 2.0 * (k + 1) if which == OPTIMUM else np.nan
            rows.append((name, which, k, rms, r, 1.0 - rms / constant, criterion))
    lowest = np.nanmin([row[-1] for row in rows])
    rows = [(*row[:-1], row[-1] - lowest) for row in rows]
    words = (
        ("model", "", "model of F_missing"),
        ("parameters", "", "its parameters: best in this run, or published"),
        ("n_determined", "", "free parameters less those that only enter in a combination"),
        ("rms", "", "root mean square of F - model"),
        ("correlation", "", "Pearson's, of F and the model"),
        ("gain", "", "1 - rms over that of the constant"),
        ("delta_aic_scatter", "", "n ln rms^2 + 2 (n_determined + 1), less the lowest: Gaussian scatter, fitted too"),
    )
    return case_table(rows, words)


def parameter_table(models: Mapping[str, MissingModel], answers: Mapping[str, xr.Dataset]) -> xr.Dataset | None:
    """Published and best parameters side by side; None where nothing is fitted."""
    rows = []
    for name, answer in answers.items():
        if "best_fit" not in answer or answer["best_fit"].ndim > 1:
            continue
        published: Mapping[str, float] = published_of(models[name]) or {}
        for free in models[name].space.free:
            own = answer.sel(param=free.name)
            rows.append(
                (
                    name,
                    free.name,
                    models[name].units.get(free.name, ""),
                    published.get(free.name, np.nan),
                    float(own["best_fit"]),
                    float(answer["sigma"].sel(param=free.name)),
                    free.low,
                    free.high,
                    bool(own["at_bound"]),
                    not bool(own["is_flat"]),
                )
            )
    if not rows:
        return None
    words = (
        ("model", "", "model of F_missing"),
        ("parameter", "", "free parameter"),
        ("unit", "", "its unit"),
        ("published", "", "published value; NaN where there is none (in the unit of the parameter)"),
        ("optimum", "", "best value in the box (in the unit of the parameter)"),
        ("sigma", "", "its standard deviation for a scatter as large as the sample's; NaN where there is none"),
        ("low", "", "lower end of its box"),
        ("high", "", "upper end of its box"),
        ("is_at_bound", "", "the best value is an end of the box"),
        ("is_determined", "", "chi2 depends on it alone"),
    )
    return case_table(rows, words)


def combination_table(
    models: Mapping[str, MissingModel], answers: Mapping[str, xr.Dataset], sample: MissingSample
) -> xr.Dataset | None:
    """Combinations that alone enter, as published and at the optimum; None where no model has one.

    Where a model is saturated its combination is not determined either and has no value at the optimum.
    """
    systems = sample.fitted_systems
    rows: list[tuple[Any, ...]] = []
    for name, answer in answers.items():
        if "rms" not in answer:
            continue
        optimum = dict(zip(answer["parameter"].values, answer["parameter_value"].values, strict=True))
        published = published_of(models[name])
        for formula in models[name].degenerate_in(systems):
            before = monomial(formula, published) if published else np.nan
            matters = _matters(models[name], systems, optimum, names_in(formula)[0])
            rows.append((name, formula, before, monomial(formula, optimum) if matters else np.nan))
    if not rows:
        return None
    words = (
        ("model", "", "model of F_missing"),
        ("combination", "", "its parameters enter as"),
        ("published", "", "with the published parameters (in their units)"),
        ("optimum", "", "at the best fit (in their units); no value: the model is saturated and does not depend on it"),
    )
    return case_table(rows, words)


def determined(model: MissingModel, systems: Systems) -> int:
    """Free parameters, less one for every combination of which two or more are free."""
    free = set(model.space.names)
    return len(free) - sum(max(len(free.intersection(names_in(each))) - 1, 0) for each in model.degenerate_in(systems))


def _matters(model: MissingModel, systems: Systems, theta: Mapping[str, float], name: str) -> bool:
    """Whether F of a galaxy goes with a parameter near the best fit."""
    free = {key: theta[key] for key in model.space.names}
    at = [model.predict(systems, **free)]
    if name not in free:
        return True
    at += [model.predict(systems, **free | {name: free[name] * factor}) for factor in (1.0 / _STEP, _STEP)]
    return bool(np.ptp(at, axis=0).max() > _UNMOVED * np.abs(at[0]).max())
