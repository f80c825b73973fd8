"""Tables of a population of clusters: predictions with baselines beside, criteria, clusters held out, the truth."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from outputs.posteriors import posterior_scalars
from outputs.tree import scalar, variable
from sims.clusters.population_sample import Sample
from solvers.clusters.geometry import LensConstants
from solvers.clusters.kernels import Window
from solvers.clusters.population import criticism
from solvers.clusters.population.criticism import Criterion
from solvers.clusters.population.fit import PopulationFit
from solvers.clusters.population.prior import PopulationPrior
from solvers.clusters.population.references import baryon_angle, mond_angle
from solvers.clusters.population.synthetic import SyntheticClusters, direct_angle
from solvers.clusters.population.tables import FITTED_WINDOWS

UNITS = {"ell0": "kpc"}
"""Of the parameters of the population."""

_BAD_K = 0.7


def prediction_table(
    sample: Sample,
    fits: Mapping[str, PopulationFit],
    prior: PopulationPrior,
    window: Window,
    constants: LensConstants,
    a0: float,
) -> xr.Dataset:
    """Angles of every cluster: observed, of baryons alone, of MOND, and of the first model in several senses.

    Parameters
    ----------
    sample : Sample
        The clusters.
    fits : mapping of str to PopulationFit
        The first is taken.
    window : Window
        That was fitted.
    prior : PopulationPrior
        Of the first; has γ where it is not free.
    constants : LensConstants
        Of the run.
    a0 : float
        MOND's acceleration [m/s²].
    """
    fit = next(iter(fits.values()))
    mean = {name: float(fit.draws(name).mean()) for name in fit.posterior.names}
    own = fit.clusters["theta_e"].reshape(-1, len(sample.clusters))
    ell0 = mean["ell0"] * (sample.r500 / 1000.0) ** mean.get("gamma", prior.loc("gamma"))
    by_window = {
        shape: [
            direct_angle(lens, max(mean["mu_A"], 0.0), replace(window, shape=shape, ell0=float(length)))
            for lens, length in zip(sample.lenses, ell0, strict=True)
        ]
        for shape in FITTED_WINDOWS
    }
    columns = {
        "theta_e": (sample.column("theta_e"), "observed"),
        "theta_e_err": (sample.column("theta_e_err"), "its standard deviation"),
        "baryons": ([baryon_angle(lens) for lens in sample.lenses], "baryons alone, A = 0"),
        "mond": (
            [mond_angle(lens, a0, constants) for lens in sample.lenses],
            "MOND with these baryons, nothing fitted",
        ),
        "own_amplitude": (own.mean(axis=0), "first model, with the amplitude fitted to the cluster itself"),
        **{
            shape: (values, f"population mean of A, l0 and gamma, q = 1, no external convergence, window {shape}")
            for shape, values in by_window.items()
        },
    }
    return xr.Dataset(
        {
            "cluster": variable("cluster", sample.names, "", "name"),
            **{key: variable("cluster", np.asarray(v), "arcsec", text) for key, (v, text) in columns.items()},
        }
    )


def criticism_table(found: Mapping[str, tuple[Criterion, Criterion]], fits: Mapping[str, PopulationFit]) -> xr.Dataset:
    """WAIC and leave-one-out deviance of every model, and their differences from the first.

    Parameters
    ----------
    found : mapping
        WAIC and LOO of each model.
    fits : mapping of str to PopulationFit
        Whose chains tell how much of WAIC is the noise of finite chains.
    """
    first = next(iter(found.values()))
    columns: dict[str, tuple[list[float], str]] = {}
    for i, (key, words) in enumerate((("waic", "WAIC"), ("loo", "leave-one-out deviance"))):
        each = [pair[i] for pair in found.values()]
        off = [criticism.difference(one, first[i]) for one in each]
        columns[key] = ([one.value for one in each], f"{words}, smaller is better")
        columns[f"{key}_error"] = ([one.error for one in each], "its error")
        columns[f"p_{key}"] = ([one.n_effective for one in each], "effective number of parameters by it")
        columns[f"{key}_difference"] = ([one.value for one in off], "minus that of the first model")
        columns[f"{key}_difference_error"] = ([one.error for one in off], "sqrt(N var(difference of a cluster))")
    chains = [_chain_error(fit) for fit in fits.values()]
    columns["waic_chain_error"] = (chains, "error of WAIC by finite chains, from the scatter between them")
    bad = [float((pair[1].pareto_k > _BAD_K).sum()) for pair in found.values()]
    columns["n_bad_k"] = (bad, "clusters with Pareto k above 0.7, for which both criteria are not reliable")
    return xr.Dataset(
        {
            "model": variable("model", list(found), "", "model"),
            **{key: variable("model", values, "", text) for key, (values, text) in columns.items()},
        }
    )


def _chain_error(fit: PopulationFit) -> float:
    """Standard deviation of WAIC over single chains, over the root of their number."""
    each = [criticism.waic(values).value for values in fit.log_likelihoods]
    return float(np.std(each, ddof=1) / np.sqrt(len(each)))


def hold_out_table(
    sample: Sample, predicted: Mapping[str, tuple[PopulationFit, np.ndarray]], constants: LensConstants, a0: float
) -> xr.Dataset:
    """Every cluster that was left out beside the central interval of its prediction.

    Parameters
    ----------
    sample : Sample
        The clusters.
    predicted : mapping
        The fit without the cluster and the angles that it predicts, by name.
    constants : LensConstants
        Of the run.
    a0 : float
        MOND's acceleration [m/s²].
    """
    rows = [sample.names.index(name) for name in predicted]
    observed = sample.column("theta_e")[rows]
    ends = np.array([criticism.central_interval(draws) for _, draws in predicted.values()])
    low, middle, high = ends.T
    shown = np.where(np.isfinite(ends), ends, np.nan).T
    lost = [criticism.missing(draws) for _, draws in predicted.values()]
    lenses = [sample.lenses[row] for row in rows]
    fits = [fit.posterior for fit, _ in predicted.values()]
    columns: dict[str, tuple[Any, str, str]] = {
        "observed": (observed, "arcsec", "Einstein angle"),
        "low": (shown[0], "arcsec", "lower end of the central 68 % with the error of the measurement; NaN: no angle"),
        "median": (shown[1], "arcsec", "its median"),
        "high": (shown[2], "arcsec", "its upper end"),
        "is_inside": ((low <= observed) & (observed <= high), "", "whether the observed angle is inside"),
        "relative_error": (np.abs(shown[1] / observed - 1.0), "", "|median/observed - 1|"),
        "baryons": ([baryon_angle(lens) for lens in lenses], "arcsec", "baryons alone"),
        "mond": ([mond_angle(lens, a0, constants) for lens in lenses], "arcsec", "MOND with these baryons"),
        "n_draws": ([draws.size for _, draws in predicted.values()], "", "draws of the prediction"),
        "n_none": ([each.none for each in lost], "", "of them without an Einstein radius, below all others"),
        "n_beyond": ([each.beyond for each in lost], "", "of them beyond the tables, above all others"),
        "n_outside": ([each.outside for each in lost], "", "of them with l0 outside of the tables, counted as none"),
        "mu_A": ([float(fit.samples[..., 0].mean()) for fit in fits], "", "posterior mean without the cluster"),
        "r_hat": ([fit.diagnostics["r_hat"] for fit in fits], "", "largest split R-hat of that fit"),
        "n_divergences": ([fit.diagnostics["n_divergences"] for fit in fits], "", "divergences of that fit"),
    }
    return xr.Dataset(
        {
            "cluster": variable("cluster", list(predicted), "", "left out"),
            **{key: variable("cluster", np.asarray(v), unit, text) for key, (v, unit, text) in columns.items()},
        }
    )


def coverage_table(held_out: xr.Dataset) -> xr.Dataset:
    """How many clusters are inside, with the exact binomial interval and the probability by chance."""
    found = criticism.coverage(int(held_out["is_inside"].sum()), held_out.sizes["cluster"])
    columns = {
        "n": (found.n, "clusters held out"),
        "n_inside": (found.n_inside, "of them inside the central 68 %"),
        "fraction": (found.n_inside / found.n, "that fraction"),
        "low": (found.low, "lower end of its exact binomial 95 % interval"),
        "high": (found.high, "upper end"),
        "chance": (found.chance, "probability of at least so many inside if the intervals hold 68 %"),
        "median_relative_error": (float(held_out["relative_error"].median()), "median of |median/observed - 1|"),
    }
    return xr.Dataset(
        {
            "prediction": variable("prediction", ["held out"], "", "kind of prediction"),
            **{key: variable("prediction", [value], "", text) for key, (value, text) in columns.items()},
        }
    )


def truth_table(synthetic: SyntheticClusters, fits: Mapping[str, PopulationFit]) -> xr.Dataset:
    """What every model finds of the population that a synthetic catalogue was made with.

    Parameters
    ----------
    synthetic : SyntheticClusters
        The population.
    fits : mapping of str to PopulationFit
        By model.
    """
    rows = [(model, name, fit.draws(name)) for model, fit in fits.items() for name in fit.posterior.names]
    truth = np.array([getattr(synthetic, name) for _, name, _ in rows])
    mean, sd = (np.array([getattr(draws, key)() for _, _, draws in rows]) for key in ("mean", "std"))
    columns = {
        "model": ([model for model, _, _ in rows], "model"),
        "param": ([name for _, name, _ in rows], "parameter of the population (l0 in kpc)"),
        "truth": (truth, "as drawn"),
        "mean": (mean, "posterior mean"),
        "sd": (sd, "posterior standard deviation"),
        "off": ((mean - truth) / sd, "mean minus truth, in standard deviations"),
    }
    return xr.Dataset(
        {
            "case": variable("case", np.arange(len(rows)), "", "case"),
            **{key: variable("case", np.asarray(values), "", text) for key, (values, text) in columns.items()},
        }
    )


def model_answer(fit: PopulationFit, found: tuple[Criterion, Criterion]) -> xr.Dataset:
    """Posterior of a population in numbers, and means and standard deviations of what each cluster has for itself.

    Parameters
    ----------
    fit : PopulationFit
        The model.
    found : tuple of Criterion
        Its WAIC and LOO.
    """
    words = {
        "A": ("", "amplitude of the cluster"),
        "q": ("", "axis ratio along the line of sight over those in the sky"),
        "kappa": ("", "external convergence"),
        "theta_e": ("arcsec", "Einstein angle"),
    }
    columns = {}
    for name, (unit, text) in words.items():
        draws = fit.clusters[name].reshape(-1, fit.clusters[name].shape[-1])
        columns[f"{name}_mean"] = variable("cluster", draws.mean(axis=0), unit, f"posterior mean, {text}")
        columns[f"{name}_sd"] = variable("cluster", draws.std(axis=0), unit, f"posterior standard deviation, {text}")
    waic, loo = found
    correlation = float(np.corrcoef(fit.draws("mu_A"), np.log(fit.draws("ell0")))[0, 1])
    return xr.Dataset(
        {
            **posterior_scalars(fit.posterior, UNITS),
            "correlation": scalar(correlation, "", "correlation of mu_A and ln(l0) in the posterior"),
            **columns,
            "waic": variable("cluster", waic.pointwise, "", "WAIC of the cluster, on the scale of deviance"),
            "loo": variable("cluster", loo.pointwise, "", "leave-one-out deviance of the cluster"),
            "pareto_k": variable(
                "cluster", loo.pareto_k, "", "shape of its importance weights; above 0.7 not reliable"
            ),
        }
    )
