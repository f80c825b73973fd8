"""Every statistic of SI §10 for one sample of events."""

from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.gw.coherence_gain import CoherenceGain
from solvers.gw.correlation import binned_correlation, bootstrap_interval, pearson, spearman
from solvers.gw.epsilon import event_epsilon, spread, universality_slope
from solvers.gw.gap import MassGap, distance_test, spin_test

COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "correlation": {
        "n": ("", "events"),
        "r": ("", "Pearson's r of total mass and luminosity distance"),
        "r_p": ("", "its two-sided p-value"),
        "r_low": ("", "lower end of the bootstrap interval of r"),
        "r_high": ("", "its upper end"),
        "rho": ("", "Spearman's rank correlation"),
        "rho_p": ("", "its two-sided p-value"),
        "binned_r": ("", "r of the median mass in bins of distance against their mid-points"),
        "binned_p": ("", "its p-value, seven bins at most"),
    },
    "gap": {
        "n_normal": ("", "events below the gap"),
        "n_gap": ("", "events in the gap"),
        "distance_normal": ("Mpc", "median luminosity distance below the gap"),
        "distance_gap": ("Mpc", "median luminosity distance in the gap"),
        "distance_u": ("", "Mann-Whitney U of the distances, gap against normal"),
        "distance_p": ("", "one-sided p-value of U, gap events more distant"),
    },
    "spins": {
        "n_spin": ("", "events with a spin"),
        "spin_normal": ("", "median chi_eff below the gap"),
        "spin_gap": ("", "median chi_eff in the gap"),
        "high_spin_normal": ("percent", "events below the gap with a high chi_eff"),
        "high_spin_gap": ("percent", "events in the gap with a high chi_eff"),
        "ks_d": ("", "two-sample Kolmogorov-Smirnov D of chi_eff"),
        "ks_p": ("", "its exact p-value"),
        "spin_u": ("", "Mann-Whitney U of chi_eff"),
        "spin_p": ("", "its two-sided p-value"),
        "fisher_p": ("", "Fisher's exact p-value of the numbers of high spins"),
    },
    "epsilon": {
        "epsilon": ("", "median epsilon of gap events over the luminosity distance"),
        "epsilon_cv": ("percent", "its coefficient of variation, ddof = 0"),
        "epsilon_comoving": ("", "median over the comoving distance"),
        "epsilon_comoving_cv": ("percent", "its coefficient of variation, ddof = 0"),
        "slope": ("", "slope of ln epsilon on ln d, gap events"),
        "slope_err": ("", "its standard error"),
        "slope_without": ("", "the slope without the most massive event"),
        "slope_without_err": ("", "its standard error"),
    },
}
"""Unit and words of every statistic, by table."""


def run_statistics(
    events: xr.Dataset,
    gap: MassGap,
    gain: CoherenceGain,
    true_mass: float,
    spin_threshold: float,
    level: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    """The statistics of `COLUMNS` by name, NaN where the sample does not determine one.

    Parameters
    ----------
    events : xarray.Dataset
        Along `event`, of one run.
    gap : MassGap
        The gap in total mass.
    gain : CoherenceGain
        Length of a period.
    true_mass : float
        Assumed true total mass of gap events [Msun].
    spin_threshold : float
        Above it chi_eff is high.
    level, n_resamples : float, int
        Of the bootstrap interval of r.
    rng : numpy.random.Generator
        Of the bootstrap.
    """
    mass, distance = events["total_mass_source"].values, events["luminosity_distance"].values
    split = gap.split(mass)
    return (
        _correlation(mass, distance, level, n_resamples, rng)
        | _gap(distance, split)
        | _spins(events["chi_eff"].values, split, spin_threshold)
        | _epsilon(events, split, gain, true_mass)
    )


def _correlation(
    mass: np.ndarray, distance: np.ndarray, level: float, n_resamples: int, rng: np.random.Generator
) -> dict[str, float]:
    (r, r_p), (rho, rho_p) = pearson(distance, mass), spearman(distance, mass)
    interval = bootstrap_interval(distance, mass, rng, level=level, n_resamples=n_resamples)
    binned = binned_correlation(distance, mass)
    return {
        "n": mass.size,
        "r": r,
        "r_p": r_p,
        "r_low": interval.low,
        "r_high": interval.high,
        "rho": rho,
        "rho_p": rho_p,
        "binned_r": binned.r,
        "binned_p": binned.p_value,
    }


def _gap(distance: np.ndarray, split: Any) -> dict[str, float]:
    test = distance_test(distance, split)
    return {
        "n_normal": split.n_normal,
        "n_gap": split.n_gap,
        "distance_normal": test.median_normal,
        "distance_gap": test.median_gap,
        "distance_u": test.mann_whitney_u,
        "distance_p": test.mann_whitney_p,
    }


def _spins(chi_eff: np.ndarray, split: Any, threshold: float) -> dict[str, float]:
    test = spin_test(chi_eff, split, threshold)
    return {
        "n_spin": test.n_normal + test.n_gap,
        "spin_normal": test.median_normal,
        "spin_gap": test.median_gap,
        "high_spin_normal": 100.0 * test.fraction_high_normal,
        "high_spin_gap": 100.0 * test.fraction_high_gap,
        "ks_d": test.ks_statistic,
        "ks_p": test.ks_p,
        "spin_u": test.mann_whitney_u,
        "spin_p": test.mann_whitney_p,
        "fisher_p": test.fisher_p,
    }


def _epsilon(events: xr.Dataset, split: Any, gain: CoherenceGain, true_mass: float) -> dict[str, float]:
    inside = events.isel(event=np.flatnonzero(split.gap))
    mass, distance = inside["total_mass_source"].values, inside["luminosity_distance"].values
    found = event_epsilon(mass, distance, inside["redshift"].values, gain, true_mass)
    luminosity, comoving = spread(found.luminosity), spread(found.comoving)
    slope = universality_slope(distance, found.luminosity)
    heaviest = int(np.argmax(mass)) if mass.size else None
    without = universality_slope(distance, found.luminosity, leave_out=heaviest)
    return {
        "epsilon": luminosity.median,
        "epsilon_cv": 100.0 * luminosity.cv,
        "epsilon_comoving": comoving.median,
        "epsilon_comoving_cv": 100.0 * comoving.cv,
        "slope": slope.slope,
        "slope_err": slope.slope_err,
        "slope_without": without.slope,
        "slope_without_err": without.slope_err,
    }


def statistics_tables(statistics: dict[str, dict[str, float]]) -> dict[str, xr.Dataset]:
    """The statistics of several runs as tables along `run`."""
    runs = variable("run", list(statistics), "", "observing run")
    return {
        table: xr.Dataset(
            {
                "run": runs,
                **{
                    name: variable("run", [float(row[name]) for row in statistics.values()], unit, words)
                    for name, (unit, words) in columns.items()
                },
            }
        )
        for table, columns in COLUMNS.items()
    }
