"""Sentences that the experiments on masses inside 200 kpc share, with the numbers of a run."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.clusters.model_table import is_sigma
from solvers.clusters.enhancements import ClusterModel
from solvers.clusters.mass_ratios import RatioStatistics
from solvers.published.paper_13_clusters import setting_of

CHANCE = 0.05
"""p-value below which a correlation is called one (SI §13.6.4)."""


def settings_of(models: Mapping[str, ClusterModel]) -> dict[str, str]:
    """The first model of the run of every setting that published numbers name."""
    found: dict[str, str] = {}
    for name, model in models.items():
        found.setdefault(setting_of(model), name)
    found.pop("", None)
    return found


def sample_note(data: xr.Dataset) -> Iterator[str]:
    """What the catalogue is, how many clusters of it are used, and what it says of itself."""
    # What a title has in brackets is said in full in the note.
    title, note = data.attrs["title"].partition(" (")[0], data.attrs.get("note")
    yield f"Sample: {data.sizes['cluster']} clusters used, of {title}." + (f" Note: {note}." if note else "")


def ranking_notes(models: Mapping[str, ClusterModel], statistics: Mapping[str, RatioStatistics]) -> Iterator[str]:
    """Who is closest to the lensing masses in the median, and how far each scatters."""
    ranked = sorted(statistics, key=lambda name: abs(np.log10(statistics[name].median)))
    words = ", ".join(f"{name} {statistics[name].median:.3f}{_scatter(statistics[name])}" for name in ranked)
    yield f"Medians of mass over lensing mass, the closest to 1 first: {words}."
    tightest = min(statistics, key=lambda name: statistics[name].scatter)
    if len(statistics) > 1 and np.isfinite(statistics[tightest].scatter):
        yield f"The smallest scatter has {tightest}, {statistics[tightest].scatter:.3f} dex."
    amplitudes = {float(m.space.fixed["amplitude"]) for m in models.values() if is_sigma(m)}
    if len(amplitudes) > 1:
        yield (
            f"Σ stands here with {len(amplitudes)} amplitudes, {min(amplitudes):.4g} to {max(amplitudes):.4g}; where "
            "it comes in this order depends on which is taken."
        )


def _scatter(found: RatioStatistics) -> str:
    return f" (scatter {found.scatter:.3f} dex)" if np.isfinite(found.scatter) else ""


def redshift_note(statistics: Mapping[str, RatioStatistics]) -> Iterator[str]:
    """Correlation of the ratio with the redshift, where there are enough clusters."""
    known = {name: found for name, found in statistics.items() if np.isfinite(found.spearman)}
    if not known:
        return
    words = ", ".join(f"{name} {found.spearman:+.2f} (p = {found.spearman_p:.2f})" for name, found in known.items())
    trends = [name for name, found in known.items() if min(found.spearman_p, found.pearson_p) < CHANCE]
    verdict = f"{', '.join(trends)} with p < {CHANCE:g}" if trends else f"none with p < {CHANCE:g}, nor of Pearson's"
    yield f"Rank correlation of the ratio with redshift: {words}; {verdict}."


def error_note(data: xr.Dataset, statistics: Mapping[str, RatioStatistics]) -> Iterator[str]:
    """Distances in errors of the lensing masses, where these have any."""
    if "m_sl_err" not in data or not np.isfinite(data["m_sl_err"].values).any():
        return
    share = 100 * data["m_sl_err"].values / data["m_sl"].values
    words = ", ".join(f"{name} {found.mean_pull:+.1f}" for name, found in statistics.items())
    yield (
        f"{np.isfinite(share).sum()} of {share.size} lensing masses have an error ({np.nanmin(share):.1f} to "
        f"{np.nanmax(share):.1f} % of the mass). Mean of (mass - lensing mass)/error over these: {words}. Errors "
        "of the baryons are not in it."
    )
