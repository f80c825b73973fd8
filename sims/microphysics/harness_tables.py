"""Tables of the harness: samples, domains, criteria."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.case_table import case_table
from sims.microphysics.harness_sample import Sample
from solvers.galaxies import metrics
from solvers.galaxies.base import EnhancementModel
from solvers.microphysics import criteria
from solvers.microphysics.galaxy_improvement import improvement, improvement_of_sample
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.probes import MilkyWayProbe, Probe, SolarSystem

_HARNESS = (
    ("baryons", "", "mass-to-light ratios"),
    ("model", "", "model"),
    ("n", "", "galaxies in the RMS and the improvements"),
    ("mean_rms", "km/s", "mean over galaxies of the RMS of V_obs - V"),
    ("median_rms", "km/s", "its median"),
    ("improvement_of_mean", "percent", "improvement of the mean: 100 (1 - mean RMS/mean RMS of general relativity)"),
    ("mean_improvement", "percent", "mean improvement: mean over galaxies of 100 (1 - RMS/RMS of general relativity)"),
    ("improved", "percent", "galaxies with a smaller RMS than by general relativity"),
    ("rar_scatter", "", "mean over galaxies of the scatter of log10(g_obs/g_pred) within one, dex"),
    ("pooled_scatter", "", "scatter of log10(g_obs/g_pred) over the points of all galaxies, dex"),
    ("pooled_bias", "", "mean of log10(g_obs/g_pred) over the points of all galaxies, dex"),
    ("k_1au", "", "K of the probe earth; NaN where not computed"),
    ("k_cluster", "", "K of the probe cluster; NaN where not computed"),
    ("mw_rms", "km/s", "RMS of the Milky Way's line minus the model, at the first dispersion"),
)


def harness_table(
    samples: Mapping[str, Sample],
    velocities: Mapping[str, Mapping[str, np.ndarray]],
    answers: Mapping[str, xr.Dataset],
    reference: str,
    places: xr.Dataset,
    galaxy: xr.Dataset,
) -> xr.Dataset:
    """Every model on every choice of the baryons, one row each; what depends on no baryons is repeated.

    Parameters
    ----------
    samples : mapping of str to Sample
        What each choice of the baryons leaves.
    velocities : mapping
        V by model and baryons [km/s].
    answers : mapping of str to xarray.Dataset
        `/models/NAME`.
    reference : str
        Name of general relativity.
    places, galaxy : xarray.Dataset
        `/tables/probes` and `/tables/milky_way`.
    """
    rows = []
    for key, sample in samples.items():
        own = {name: answer.sel(baryons=key).isel(galaxy=sample.galaxies) for name, answer in answers.items()}
        for name, answer in own.items():
            gain = improvement_of_sample(answer["rms"].values, own[reference]["rms"].values)
            rms, scatter = (metrics.summary(answer[each].values) for each in ("rms", "rar_scatter"))
            pooled = metrics.velocity_scatter(sample.curves, velocities[name][key], cut=metrics.EVERY_POINT)
            rows.append(
                (key, name, gain.n, rms.mean, rms.median, gain.of_mean, gain.mean, gain.share)
                + (scatter.mean, float(pooled.acceleration_scatter), -2.0 * float(pooled.bias))
                + tuple(places["excess"].sel(model=name, probe=probe).item() for probe in ("earth", "cluster"))
                + (galaxy["rms"].sel(model=name).values[0],)
            )
    return case_table(rows, _HARNESS)


def milky_way_table(
    models: Mapping[str, EnhancementModel], milky_way: MilkyWayProbe, reference: str, kpc: float
) -> xr.Dataset:
    """RMS and improvement of every model at every dispersion, along (`model`, `sigma_v`).

    Parameters
    ----------
    models : mapping of str to EnhancementModel
        All of them.
    milky_way : MilkyWayProbe
        Where they are compared.
    reference : str
        Name of general relativity.
    kpc : float
        A kiloparsec in metres.
    """
    rms = np.array([[milky_way.rms(model, s, kpc) for s in milky_way.sigma_v] for model in models.values()])
    gain = improvement(rms, rms[[list(models).index(reference)]])
    along = ("model", "sigma_v")
    return xr.Dataset(
        {
            "model": variable("model", list(models), "", "model"),
            "sigma_v": variable("sigma_v", list(milky_way.sigma_v), "km/s", "dispersion, of mechanisms alone"),
            "rms": variable(along, rms, "km/s", f"line minus model over {len(milky_way.radius)} radii"),
            "improvement": variable(along, gain, "percent", "100 (1 - RMS/RMS of general relativity)"),
        }
    )


def probes_table(models: Mapping[str, EnhancementModel], probes: Mapping[str, Probe]) -> xr.Dataset:
    """K of every model at every probe, and what the probes are."""
    excess = [[probe.excess(model) for probe in probes.values()] for model in models.values()]
    stated = {
        "radius": ("kpc", "radius"),
        "v": ("km/s", "rotation by general relativity"),
        "sigma_v": ("km/s", "dispersion"),
    }
    return xr.Dataset(
        {
            "model": variable("model", list(models), "", "model"),
            "probe": variable("probe", list(probes), "", "place"),
            "excess": variable(("model", "probe"), excess, "", "K; NaN where not computed"),
            **{k: variable("probe", [getattr(p, k) for p in probes.values()], *w) for k, w in stated.items()},
        }
    )


def solar_system_table(models: Mapping[str, EnhancementModel], solar_system: SolarSystem) -> xr.Dataset:
    """K of every model at every distance to the Sun, beside what the source allows its chain of coherence times."""
    excess = [solar_system.excess(model) for model in models.values()]
    return xr.Dataset(
        {
            "model": variable("model", list(models), "", "model"),
            "distance": variable("distance", list(solar_system.distance), "AU", "distance to the Sun"),
            "excess": variable(("model", "distance"), excess, "", "K; NaN where not computed"),
            "limit": variable((), solar_system.limit, "", "largest K that the source allows the chain"),
        }
    )


def criteria_table(
    models: Mapping[str, EnhancementModel],
    reference: str,
    thresholds: criteria.Thresholds,
    summary: xr.Dataset,
    galaxy: xr.Dataset,
) -> xr.Dataset:
    """The five checks of every model but the reference, along (`model`, `criterion`).

    Parameters
    ----------
    models : mapping of str to EnhancementModel
        All of them.
    reference : str
        Name of general relativity.
    thresholds : Thresholds
        Of the criteria.
    summary, galaxy : xarray.Dataset
        `/tables/harness`, of whose baryons the first are judged, and `/tables/milky_way`, of whose dispersions the
        first is.
    """
    judged = {name: model for name, model in models.items() if name != reference}
    first = summary["baryons"].values[0]
    rows = {
        str(summary["model"].values[i]): {str(key): summary[key].values[i] for key in summary.data_vars}
        for i in np.flatnonzero(summary["baryons"].values == first)
    }
    checks = [
        _checks(model, rows[name], float(galaxy["improvement"].sel(model=name).values[0]), thresholds)
        for name, model in judged.items()
    ]
    along = ("model", "criterion")
    words = {
        "value": "what was found; NaN where there is no number",
        "verdict": "passes, fails or not computed",
        "sentence": "what was found, in words",
    }
    columns = {key: [[getattr(check, key) for check in row] for row in checks] for key in words}
    limits = [check.threshold for check in checks[0]]
    return xr.Dataset(
        {
            "model": variable("model", list(judged), "", "model"),
            "criterion": variable("criterion", list(criteria.CRITERIA), "", "criterion"),
            "number": variable("criterion", np.arange(1, len(criteria.CRITERIA) + 1), "", "number in the source"),
            "threshold": variable("criterion", limits, "", "what is asked; NaN where there is no number"),
            **{key: variable(along, columns[key], "", text) for key, text in words.items()},
        }
    )


def _checks(
    model: EnhancementModel, row: Mapping[str, float], milky_way: float, thresholds: criteria.Thresholds
) -> list[criteria.Check]:
    domains = criteria.Domains(galaxies=row["improvement_of_mean"], milky_way=milky_way, cluster=row["k_cluster"])
    return [
        criteria.scatter_check(row["rar_scatter"], row["pooled_scatter"], thresholds.rar_scatter),
        criteria.parameters_check(criteria.parameter_names(model), thresholds.n_parameters),
        criteria.solar_check(row["k_1au"], thresholds.solar_excess),
        criteria.domains_check(domains, thresholds.cluster_excess),
        criteria.origin_check(model.origin if isinstance(model, Mechanism) else None),
    ]


def verdicts_table(checks: xr.Dataset) -> xr.Dataset:
    """The verdicts alone, one row a model and one column a criterion."""
    columns = {
        str(name): variable("model", checks["verdict"].sel(criterion=name).values, "", f"verdict on {name}")
        for name in checks["criterion"].values
    }
    return xr.Dataset({"model": variable("model", checks["model"].values, "", "model"), **columns})


def origins_table(models: Mapping[str, EnhancementModel]) -> xr.Dataset:
    """What every mechanism is said to come from, how many numbers it has, and whether it takes observed rotation."""
    mechanisms = {name: model for name, model in models.items() if isinstance(model, Mechanism)}
    counts = [len(criteria.parameter_names(model) or ()) for model in mechanisms.values()]
    columns = {
        "origin": ([model.origin for model in mechanisms.values()], "as the source states it"),
        "n_parameters": (counts, "numbers of the mechanism"),
        "inputs": ([model.inputs for model in mechanisms.values()], "where dispersion, size and mass come from"),
        "uses_observed": ([model.uses_observed for model in mechanisms.values()], "whether observed rotation enters"),
    }
    return xr.Dataset(
        {
            "model": variable("model", list(mechanisms), "", "mechanism"),
            **{key: variable("model", values, "", text) for key, (values, text) in columns.items()},
        }
    )
