"""What a run on the unified kernel says: what its two forms do, where its sweep is best, and who does better."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from sims.microphysics.harness_sample import Sample
from sims.microphysics.published_sample import has_published_inputs, observed_inputs
from solvers.galaxies.base import RotationModel
from solvers.microphysics.missing_ratio import CoherenceRise
from solvers.microphysics.unified import AdditiveUnified, MultiplicativeUnified, Unified
from solvers.published.unified_kernel import CASES, PARAMETERS, SWEEP

_WORDS = {
    "mean_rms": ("mean RMS", "km/s", ".2f"),
    "n_improved": ("improved", "galaxies", ".0f"),
    "mean_change": ("mean change", "km/s", "+.3f"),
    "median_change": ("median change", "km/s", "+.3f"),
    "improved": ("improved fraction", "", ".3f"),
}


def unified_notes(
    models: Mapping[str, RotationModel],
    sample: Sample,
    base: np.ndarray,
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
    at_home: bool,
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    models : mapping of str to RotationModel
        As predicted, cases among them.
    sample : Sample
        The galaxies.
    base : ndarray
        RMS of general relativity [km/s], of every galaxy.
    answers : mapping of str to xarray.Dataset
        `/models/NAME`.
    tables : mapping of str to xarray.Dataset
        Of the run.
    at_home : bool
        The sample is the one of the published numbers.
    """
    changes = tables["changes"]
    rows = {str(name): changes.isel(case=i) for i, name in enumerate(changes["model"].values)}
    yield (
        f"General relativity with baryons alone has a mean RMS of {base.mean():.3f} km/s over {base.size} galaxies; "
        "changes are against it."
    )
    for names, why in ((sample.too_few, "too few points"), (sample.dropped, "V_bar^2 <= 0 somewhere")):
        if names:
            yield f"Left out for {why}: {', '.join(names)}."
    yield from _undetermined(sample, answers)
    for name, model in models.items():
        case = _case_of(model) if at_home else None
        if case is not None:
            yield f"{name}: {_beside(rows[name], CASES[case])}."
        if isinstance(model, AdditiveUnified):
            yield (
                f"{name}: adds F_missing, a ratio of two K of about 10, to a kernel as if it were one, which makes K "
                f"{float(rows[name]['mean_k']):.2f} in the mean."
            )
    yield from _sweeps(models, rows, tables, at_home)
    yield from _ranking(sample, answers)
    taken: dict[str, list[str]] = {}
    for name, model in models.items():
        taken.setdefault(observed_inputs(model), []).append(name)
    for words, takers in taken.items():
        if words:
            yield f"{', '.join(takers)}: {words}."


def _undetermined(sample: Sample, answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    for name, answer in answers.items():
        none = ~np.isfinite(answer["rms"].values[sample.galaxies])
        if none.any():
            yield (
                f"{name}: {int(none.sum())} galaxies have no value and are in no mean "
                f"({', '.join(np.array(sample.curves.names)[none])})."
            )


def _case_of(model: RotationModel) -> str | None:
    """The published case whose numbers, inputs and rise a model has."""
    if not isinstance(model, Unified) or not has_published_inputs(model) or model.rise != CoherenceRise():
        return None
    for case, numbers in PARAMETERS.items():
        own = model.space.fixed
        if set(numbers) <= set(own) and all(own[key] == value for key, value in numbers.items()):
            return case
    return None


def _beside(row: xr.Dataset, published: Mapping[str, float]) -> str:
    parts = []
    for key, value in published.items():
        words, unit, digits = _WORDS[key]
        parts.append(f"{words} {float(row[key]):{digits}} (published {value:{digits}}){' ' if unit else ''}{unit}")
    return ", ".join(parts)


def _sweeps(
    models: Mapping[str, RotationModel],
    rows: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
    at_home: bool,
) -> Iterator[str]:
    for key, table in tables.items():
        if not key.startswith("sweep_"):
            continue
        name = key.removeprefix("sweep_")
        # A point at which a galaxy has no value is of another sample.
        whole = table["n"] == table["n"].max()
        change, improved = table["mean_change"].where(whole, np.inf), table["improved"].where(whole, -np.inf)
        best, most = change.argmin(...), improved.argmax(...)
        low, n_points = change.isel(best), change.size
        words = " (as published)" if at_home and _is_published_sweep(models[name], table) else ""
        yield (
            f"{name}: of {n_points} points of the sweep{words} "
            f"{int((change < 0).sum())} lower the mean RMS; best {low.item():+.3f} km/s in the mean, "
            f"{table['median_change'].isel(best).item():+.3f} in the median, "
            f"{100 * table['improved'].isel(best).item():.1f} % improved, at {_at(low)}; largest share "
            f"{100 * table['improved'].isel(most).item():.1f} % at {_at(change.isel(most))}."
        )
        if not whole.all():
            yield (
                f"{name}: at {int((~whole).sum())} points of the sweep more galaxies have no value than at the others; "
                "they are not compared."
            )
        ends = [str(dim) for dim, i in best.items() if table.sizes[dim] > 1 and int(i) in (0, table.sizes[dim] - 1)]
        if ends:
            yield f"{name}: the best of the sweep is at an end of it in {', '.join(ends)}."
        alone = _roughness_alone(models[name], models)
        if alone is not None and int(rows[alone]["n"]) == int(table["n"].max()):
            yield _beside_roughness(name, rows[alone], table, low, best, improved)


def _beside_roughness(
    name: str, alone: xr.Dataset, table: xr.Dataset, low: xr.DataArray, best: Any, improved: xr.DataArray
) -> str:
    return (
        f"{name}: roughness alone (extra_amp = 0) has {float(alone['mean_change']):+.3f} km/s in the mean, "
        f"{float(alone['median_change']):+.3f} in the median and {100 * float(alone['improved']):.1f} % "
        f"improved: the ratio F adds {low.item() - float(alone['mean_change']):+.3f} km/s in the mean and "
        f"{100 * (table['improved'].isel(best).item() - float(alone['improved'])):+.1f} points; "
        f"{int((improved > float(alone['improved'])).sum())} of {improved.size} points of the sweep "
        "improve more galaxies than it does."
    )


def _is_published_sweep(model: RotationModel, table: xr.Dataset) -> bool:
    """The published values, of the published product."""
    if not isinstance(model, MultiplicativeUnified) or not has_published_inputs(model):
        return False
    same = set(SWEEP) == set(table["mean_change"].dims) and all(
        np.array_equal(np.sort(table[key].values), values) for key, values in SWEEP.items()
    )
    return same and model.rise == CoherenceRise() and model.space.fixed["f_amp"] == 1.0


def _roughness_alone(product: RotationModel, models: Mapping[str, RotationModel]) -> str | None:
    """The model without F that is otherwise the product."""
    if not isinstance(product, MultiplicativeUnified):
        return None
    for name, model in models.items():
        if not isinstance(model, MultiplicativeUnified) or model.space.fixed["extra_amp"] != 0:
            continue
        if (model.rise, model.inputs, model.sigma_v) == (product.rise, product.inputs, product.sigma_v):
            return name
    return None


def _at(cell: Any) -> str:
    return ", ".join(f"{name} = {cell[name].item():g}" for name in cell.coords)


def _ranking(sample: Sample, answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """Mean RMS of everything, in order, of the galaxies in which all have a value."""
    rms = {name: answer["rms"].values[sample.galaxies] for name, answer in answers.items()}
    common = np.all([np.isfinite(values) for values in rms.values()], axis=0)
    if not common.any():
        yield "In no galaxy have all models a value: their mean RMS do not compare."
        return
    means = {name: float(values[common].mean()) for name, values in rms.items()}
    words = ", ".join(f"{name} {means[name]:.2f}" for name in sorted(means, key=means.__getitem__))
    yield f"Mean RMS [km/s] of {int(common.sum())} galaxies, in which all models have a value, lowest first: {words}."
