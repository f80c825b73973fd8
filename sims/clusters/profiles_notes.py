"""What gas and stars that were counted say of each model, and where SI §5A.2b and §6.2 do not come out."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.clusters.caveats import caveat_notes
from sims.clusters.model_table import is_sigma, model_notes
from sims.clusters.ratio_notes import error_note, ranking_notes, redshift_note, sample_note, settings_of
from solvers.clusters.enhancements import ClusterModel, LawEnhancement
from solvers.clusters.geometry import LensConstants
from solvers.clusters.mass_ratios import RatioStatistics
from solvers.laws import Sigma
from solvers.published.paper_13_clusters import AMPLITUDE_TYPED, G_DAGGER, OBSERVED_RATIO, STATED

_ABELL_2744, _ITS_M500 = "Abell 2744", 1.244e15
"""A cluster that Fox et al. (2022) have as well, and its M500 there [Msun]."""


def profiles_notes(
    data: xr.Dataset,
    models: Mapping[str, ClusterModel],
    statistics: Mapping[str, RatioStatistics],
    tables: Mapping[str, xr.Dataset],
    constants: LensConstants,
    n_draws: int,
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        The clusters.
    models : mapping of str to ClusterModel
        As predicted.
    statistics : mapping of str to RatioStatistics
        By model.
    tables : mapping of str to xarray.Dataset
        Of the run.
    constants : LensConstants
        Of the run.
    n_draws : int
        Draws behind the intervals.
    """
    yield from sample_note(data)
    yield from model_notes(models)
    yield from ranking_notes(models, statistics)
    yield from _intervals(data, tables["intervals"], n_draws)
    if "published" in tables:
        yield from _printed(models, statistics)
    if "amplitude" in tables:
        yield from _needed(tables["amplitude"])
    yield from redshift_note(statistics)
    yield from error_note(data, statistics)
    # The other caveats are of baryons as a share of M500.
    yield next(caveat_notes(constants))
    yield from _two_masses(data, tables["needed"])


def _intervals(data: xr.Dataset, table: xr.Dataset, n_draws: int) -> Iterator[str]:
    """What the errors of the masses leave of the medians."""
    words = ", ".join(
        f"{row['model'].item()} {row['middle'].item():.3f} ({row['low_68'].item():.3f} to "
        f"{row['high_68'].item():.3f}; 95 %: {row['low_95'].item():.3f} to {row['high_95'].item():.3f})"
        for row in (table.isel(model=i) for i in range(table.sizes["model"]))
    )
    drawn = (
        "gas, stars and lensing masses" if "m_sl_err" in data else "gas and stars only; the lensing masses have none"
    )
    yield f"Median of {n_draws} draws with the errors of {drawn} (68 %): {words}."
    reaches = [
        str(name) for name, high in zip(table["model"].values, table["high_95"].values, strict=True) if high >= 1
    ]
    yield f"Intervals of 95 % that reach 1: {', '.join(reaches) or 'none'}. Systematics are not drawn."


def _printed(models: Mapping[str, ClusterModel], statistics: Mapping[str, RatioStatistics]) -> Iterator[str]:
    """The numbers of SI §5A.2b beside those of the settings they belong to."""
    settings = settings_of(models)
    if "effective, new" in settings:
        own = statistics[settings["effective, new"]]
        yield (
            f"SI §5A.2b prints median 0.68, mean 0.72 and scatter 0.13 dex with A = 8.4: {settings['effective, new']} "
            f"has median {own.median:.3f}, mean {own.mean:.3f} and scatter {own.scatter_population:.3f} dex "
            f"({own.scatter:.3f} with n - 1); a median of {own.median:.3f} leaves a factor of {1 / own.median:.2f}."
        )
    typed = next((name for name, model in models.items() if _is_typed(model)), None)
    if typed is not None:
        median = statistics[typed].median
        same = "as the mean that is printed for A = 8.4" if round(median, 2) == 0.72 else "and 0.72 is not that either"
        yield f"With A = {AMPLITUDE_TYPED:g} the median is {median:.3f}, {same}."
    if "bare, new" in settings:
        yield f"With A = π√2 (SI: 0.39) the median is {statistics[settings['bare, new']].median:.3f}."


def _is_typed(model: ClusterModel) -> bool:
    """Whether it is Σ with the stated g† and the amplitude that a script of the author sets by hand."""
    if not (isinstance(model, LawEnhancement) and type(model.law) is Sigma and is_sigma(model)):
        return False
    fixed = model.space.fixed
    return bool(
        np.isclose(fixed["amplitude"], AMPLITUDE_TYPED) and np.isclose(fixed["g_dagger"], G_DAGGER["new"], rtol=2e-3)
    )


def _needed(table: xr.Dataset) -> Iterator[str]:
    """The amplitude that the clusters ask for, beside the "observed" ratio of SI §6.2."""
    seen = set()
    for i in range(table.sizes["model"]):
        row = {key: table[key].values[i] for key in table.variables}
        if (median := float(row["median"])) in seen:
            continue
        seen.add(median)
        yield (
            f"Amplitude with which the ratio is 1, by h and g† of {row['model']}: median {median:.2f} "
            f"({row['low_68']:.2f} to {row['high_68']:.2f} by the errors), {row['smallest']:.1f} to "
            f"{row['largest']:.1f} from cluster to cluster. Over √3 the median is {row['over_sqrt3']:.1f}; the "
            f'"observed" ratio of {OBSERVED_RATIO:g} in SI §6.2 is {AMPLITUDE_TYPED:.1f}/√3, with '
            f"{AMPLITUDE_TYPED:.1f} typed in a script."
        )


def _two_masses(data: xr.Dataset, needed: xr.Dataset) -> Iterator[str]:
    """Baryons of one cluster in this experiment and in the one on Fox's clusters."""
    names = data["name"].values.tolist()
    if _ABELL_2744 in names:
        here = float(needed["m_bar"].values[names.index(_ABELL_2744)])
        share = STATED[0] * STATED[1] * _ITS_M500
        yield (
            f"Caveat: for {_ABELL_2744} the baryons inside 200 kpc are {here:.3g} Msun here and {share:.3g} Msun in SI "
            f"§13.6 (clusters_fox), {share / here:.1f} times as much; SI §13.6 takes A = π√2 with them, SI §5A.2b "
            "8.4."
        )
