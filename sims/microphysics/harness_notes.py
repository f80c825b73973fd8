"""What a reader of the harness must know: two meanings of improvement, proxies for inputs, who passes what."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from sims.microphysics.harness_sample import Sample
from solvers.galaxies import metrics
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.microphysics.criteria import VERDICTS, Thresholds
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.probes import Probe, SolarSystem, cancelling_excess, excess_at_points
from solvers.microphysics.resonance import Resonance
from solvers.microphysics.systems import SOURCE_DISPERSION, systems_of
from solvers.microphysics.time_coherence import TIME_CLIP, TimeCoherence, time_coherence
from solvers.microphysics.unified import Unified

_SAME = 1e-6
"""Difference of the scatters of a galaxy [dex] that no reader could see."""

_ASKED = ("at most {:g} dex", "fewer than {:g} numbers", "|K(1 AU)| below {:g}", "all of {:g} domains", "a statement")
"""What the criteria ask, with their thresholds."""

_Models = Mapping[str, EnhancementModel]


def harness_notes(
    tree: xr.DataTree,
    samples: Mapping[str, Sample],
    models: _Models,
    probes: Mapping[str, Probe],
    solar_system: SolarSystem,
    thresholds: Thresholds,
    reference: str,
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    tree : xarray.DataTree
        The run without its notes.
    samples : mapping of str to Sample
        Of each choice of the baryons.
    models : mapping of str to EnhancementModel
        As predicted.
    probes : mapping of str to Probe
        Places.
    solar_system : SolarSystem
        Distances to the Sun.
    thresholds : Thresholds
        Of the criteria.
    reference : str
        Name of general relativity.
    """
    data, summary = tree["data"].to_dataset(), tree["tables/harness"].to_dataset()
    first = next(iter(samples))
    rows = summary.isel(case=np.flatnonzero(summary["baryons"].values == first))
    yield from _sizes(data, samples)
    yield from _inputs(data, samples[first], models)
    yield from _improvements(rows, first, reference)
    yield from _undetermined(tree, samples, models)
    yield from _scatters(rows, tree, first, reference)
    yield from _verdicts(tree["tables/criteria"].to_dataset())
    yield from _domains(rows, tree["tables/milky_way"].to_dataset(), thresholds.cluster_excess, reference)
    yield from _other_baryons(summary, first)
    yield from _places(tree, models, probes, solar_system)
    yield from _milky_way(tree["tables/milky_way"].to_dataset(), models)
    yield from _resonances(samples[first], models, probes["earth"])


def _sizes(data: xr.Dataset, samples: Mapping[str, Sample]) -> Iterator[str]:
    """How many galaxies there are, and who was left out, by name."""
    steps = json.loads(data.attrs.get("steps", "[]"))
    if steps:
        yield "Galaxies (points): " + "; ".join(f"{s['step']}: {s['galaxies']} ({s['rows']})" for s in steps) + "."
    for name, sample in samples.items():
        out = [
            f"without {', '.join(names)} ({why})"
            for names, why in ((sample.too_few, "too few points"), (sample.dropped, "V_bar² <= 0 somewhere"))
            if names
        ]
        yield (
            f"{name}: {sample.curves.n_galaxies} galaxies, {sample.curves.radius.size} points"
            + "".join(f", {words}" for words in out)
            + "."
        )


def _inputs(data: xr.Dataset, sample: Sample, models: _Models) -> Iterator[str]:
    """What stands for dispersion, size and mass."""
    mechanisms = {name: model for name, model in models.items() if isinstance(model, Mechanism)}
    proxied = [n for n, m in mechanisms.items() if m.inputs == "source" and m.sigma_v is None and "sigma_v" in m.takes]
    if proxied:
        median = np.nanmedian(data["system_sigma_v"].values[0])
        yield (
            f"No dispersion is measured: sigma_v is {SOURCE_DISPERSION:g} of the median of the last ten observed "
            f"velocities (median {median:.1f} km/s), so that K of {', '.join(proxied)} takes the observed rotation as "
            'an input, and whatever goes "with sigma_v" goes with the rotation.'
        )
    assumed = [f"{n} {m.sigma_v:g}" for n, m in mechanisms.items() if m.sigma_v is not None and "sigma_v" in m.takes]
    if assumed:
        yield f"Dispersion of all galaxies as it was set, not measured [km/s]: {', '.join(assumed)}."
    if any(model.inputs == "source" and "radius" in model.takes for model in mechanisms.values()):
        size, photometric = data["system_radius"].values[0], data["r_disk"].values[sample.galaxies]
        yield (
            'The size that the source calls "R_disk" is the last radius of the rotation curve: median '
            f"{np.nanmedian(size):.2f} kpc, where the photometric scale lengths have {np.nanmedian(photometric):.2f} "
            "kpc."
        )
    systems, names = systems_of(sample.curves), np.array(sample.curves.names)
    stated = names[np.abs(systems.sigma_v - SOURCE_DISPERSION * systems.v_flat) > 1e-9]
    if proxied and stated.size:
        yield f"{', '.join(stated)}: too few points for that fraction, sigma_v is the source's 25 km/s."
    if any(isinstance(model, TimeCoherence | Unified) for model in mechanisms.values()):
        yield from _clips(sample.curves, systems.sigma_v)


def _clips(curves: Curves, sigma_v: np.ndarray) -> Iterator[str]:
    """Where the times of the chain are at their ends."""
    chain = time_coherence(curves.radius, np.sqrt(curves.v_bar_squared), curves.at_points(sigma_v))
    geom, noise = int(chain.is_geom_clipped.sum()), int(chain.is_noise_clipped.sum())
    yield (
        f"Chain of coherence times: tau_geom is at an end of its clip ({TIME_CLIP[0]:g} to {TIME_CLIP[1]:g}) at {geom} "
        f"of {curves.radius.size} points, tau_noise at {noise}; where tau_geom is, K depends on sigma_v alone."
    )


def _improvements(rows: xr.Dataset, baryons: str, reference: str) -> Iterator[str]:
    """Both meanings of the word, side by side."""
    parts = [
        f"{row['model']} {row['improvement_of_mean']:+.1f} and {row['mean_improvement']:+.1f}"
        for row in _rows(rows)
        if row["model"] != reference
    ]
    yield (
        f'{baryons}: "improvement" over {reference} has two meanings, of the mean RMS and the mean over galaxies, of '
        f"one and the same run [%]: {'; '.join(parts)}."
    )


def _undetermined(tree: xr.DataTree, samples: Mapping[str, Sample], models: _Models) -> Iterator[str]:
    """Galaxies in which a model has no RMS, by name."""
    names = tree["data"].to_dataset()["name"].values
    for name in models:
        rms = tree[f"models/{name}"].to_dataset()["rms"]
        for baryons, sample in samples.items():
            without = names[sample.galaxies & np.isnan(rms.sel(baryons=baryons).values)]
            if without.size:
                yield (
                    f"{baryons}, {name}: {without.size} galaxies have no RMS and are in no mean, in no verdict either: "
                    f"{', '.join(map(str, without))}."
                )


def _scatters(rows: xr.Dataset, tree: xr.DataTree, baryons: str, reference: str) -> Iterator[str]:
    """What the scatter cannot see, and why the source's bars do not compare."""
    own = {str(row["model"]): row for row in _rows(rows)}
    by = {name: tree[f"models/{name}"].to_dataset()["rar_scatter"].sel(baryons=baryons).values for name in own}
    far = {name: np.abs(scatter - by[reference]) for name, scatter in by.items() if name != reference}
    same = [name for name, each in far.items() if (each < _SAME).any() and not (each >= _SAME).any()]
    for name in same:
        yield (
            f"{name}: K is one number for a galaxy and cannot change its scatter, that of {reference} in every galaxy "
            f"({own[name]['rar_scatter']:.4f} dex on average); over all points it is "
            f"{own[name]['pooled_scatter']:.4f} beside {own[reference]['pooled_scatter']:.4f} dex, with a bias of "
            f"{own[name]['pooled_bias']:+.4f} beside {own[reference]['pooled_bias']:+.4f} dex."
        )
    yield (
        "Two bars of the source are other statistics and no criterion here: its 0.087 dex is the scatter of the model "
        'about its own mean curve, not of the data about the model; its "8 %, 88.9 %" of clusters are not what '
        "SI §5.6 gives (14.9 %, 2 of 2)."
    )


def _verdicts(checks: xr.Dataset) -> Iterator[str]:
    """Who passes which criterion."""
    for i, criterion in enumerate(checks["criterion"].values):
        found = checks["verdict"].values[:, i]
        parts = [
            f"{verdict}: {', '.join(checks['model'].values[found == verdict])}"
            for verdict in VERDICTS
            if (found == verdict).any()
        ]
        asked = _ASKED[i].format(checks["threshold"].values[i])
        yield f"Criterion {i + 1}, {criterion} ({asked}): {'; '.join(parts)}."
    counts = np.sum(checks["verdict"].values[:, :4] == VERDICTS[0], axis=1)
    best = counts.max(initial=0)
    names = ", ".join(checks["model"].values[counts == best])
    yield (
        f"No model passes all of the first four criteria; the most are {best} ({names})."
        if best < 4
        else f"All of the first four criteria are passed by {names}."
    )


def _domains(rows: xr.Dataset, galaxy: xr.Dataset, cluster_excess: float, reference: str) -> Iterator[str]:
    """Criterion 4 part by part."""
    own = {str(row["model"]): row for row in _rows(rows) if row["model"] != reference}
    better = [name for name, row in own.items() if row["improvement_of_mean"] > 0]
    nearer = [name for name in own if galaxy["improvement"].sel(model=name).values[0] > 0]
    enough = [name for name, row in own.items() if row["k_cluster"] >= cluster_excess]
    yield (
        f"Criterion 4 part by part: the mean RMS of the galaxies is improved by {', '.join(better) or 'no model'}; the "
        f"RMS of the Milky Way at {galaxy['sigma_v'].values[0]:g} km/s by {', '.join(nearer) or 'no model'}; K of the "
        f'cluster reaches {cluster_excess:g}, for the "several" of the source, in {", ".join(enough) or "no model"}.'
    )
    computed = {name: row["k_cluster"] for name, row in own.items() if np.isfinite(row["k_cluster"])}
    if computed:
        largest = max(computed, key=computed.__getitem__)
        yield f"The largest K of the cluster is {computed[largest]:.3g} ({largest})."


def _other_baryons(summary: xr.Dataset, first: str) -> Iterator[str]:
    """That the mass-to-light ratio moves the reference as well."""
    for name in dict.fromkeys(map(str, summary["baryons"].values)):
        if name == first:
            continue
        own = [row for row in _rows(summary) if row["baryons"] == name]
        ranked = sorted(own, key=lambda row: row["mean_rms"])
        words = ", ".join(f"{row['model']} {row['mean_rms']:.2f}" for row in ranked)
        yield f"{name}, which the criteria do not judge, mean RMS [km/s]: {words}."


def _places(
    tree: xr.DataTree, models: _Models, probes: Mapping[str, Probe], solar_system: SolarSystem
) -> Iterator[str]:
    """K near the Sun, and the noise in a published value of it."""
    for name, model in models.items():
        if isinstance(model, Pairing) and not isinstance(model, BurrPairing):
            exact, naive = probes["earth"].excess(model), cancelling_excess(model, probes["earth"])
            if abs(naive - exact) > 1e-6 * abs(exact):
                yield (
                    f"{name}: K(1 AU) = {exact:.4e}; with 1 - exp(-x) as the source computes it, {naive:.4e}, whose "
                    "difference is rounding noise."
                )
    for name, model in models.items():
        if isinstance(model, TimeCoherence):
            largest = float(tree["tables/solar_system/excess"].sel(model=name).max())
            near, far = solar_system.distance[0], solar_system.distance[-1]
            yield (
                f"{name}: at most K = {largest:.3e} at {near:g} to {far:g} AU (limit {solar_system.limit:g}), by its "
                "factor (R/10 pc)^4, which nothing derives."
            )


def _milky_way(galaxy: xr.Dataset, models: _Models) -> Iterator[str]:
    """The mechanisms in order of their RMS, and the other models beside them."""
    mechanisms = [name for name, model in models.items() if isinstance(model, Mechanism)]
    others = [name for name in models if name not in mechanisms]
    for i, sigma_v in enumerate(galaxy["sigma_v"].values if mechanisms else ()):
        rms = dict(zip(map(str, galaxy["model"].values), galaxy["rms"].values[:, i], strict=True))
        ranked, beside = (
            ", ".join(f"{name} {rms[name]:.1f}" for name in sorted(names, key=rms.__getitem__))
            for names in (mechanisms, others)
        )
        yield (
            f"Milky Way, mechanisms with the assumed sigma_v = {sigma_v:g} km/s, RMS [km/s]: {ranked}; beside them, "
            f"whatever sigma_v is: {beside}."
        )


def _resonances(sample: Sample, models: _Models, earth: Probe) -> Iterator[str]:
    """That the sum is not the integral, and what the numerical floors decide."""
    for name, model in models.items():
        if not isinstance(model, Resonance):
            continue
        both = {q: replace(model, quadrature=q) for q in ("rect256", "integral")}
        k = {q: excess_at_points(each, sample.curves) for q, each in both.items()}
        rms = {
            q: metrics.summary(metrics.rms(sample.curves, each.velocity(sample.curves))).mean
            for q, each in both.items()
        }
        there = k["integral"] > 0
        if not there.any():
            continue
        more = 100.0 * (k["rect256"][there] / k["integral"][there] - 1.0)
        yield (
            f"{name}: the source's sum over 256 wavelengths exceeds its integral by {more.min():.2f} to "
            f"{more.max():.2f} % (median {np.median(more):.2f} %) at the points of the sample; mean RMS "
            f"{rms['rect256']:.3f} and {rms['integral']:.3f} km/s."
        )
        yield (
            f"{name}: its K(1 AU) = {earth.excess(model):.3e} is set by the shortest wavelength (0.1 kpc) and by the "
            "floor of R (1e-3 kpc), not by the mechanism. For alpha = 2 K depends logarithmically on that wavelength."
        )


def _rows(table: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Rows of a table along `case`."""
    for i in range(table.sizes["case"]):
        yield {str(key): table[key].values[i] for key in table.data_vars}
