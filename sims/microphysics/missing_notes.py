"""What a run on F_missing says: which share is 9 %, how far every model is from a mean, and what is not determined."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.microphysics.missing_sample import NO_DEMAND, MissingSample
from sims.microphysics.missing_tables import OPTIMUM, PUBLISHED
from solvers.microphysics.missing_models import ConstantRatio, MassRatio, MissingModel, VelocityRatio
from solvers.microphysics.missing_problem import names_in
from solvers.published.mass_coherence import BOXES, PARAMETERS, SHARE, TEXT, published_of

_FEW = 1e-4
"""RMS of two fits that differ by less than this fraction are called the same."""

_SATURATED, _SHARE_OF_SAMPLE = 0.01, 0.1
"""A prediction within the first of its largest value in all but the second of the galaxies counts as a constant."""


def missing_notes(
    sample: MissingSample,
    inputs: str,
    sigma_v: float | None,
    at_home: bool,
    models: Mapping[str, MissingModel],
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    sample : MissingSample
        The galaxies.
    inputs : str
        Where their numbers come from.
    sigma_v : float, optional
        Dispersion of all galaxies [km/s], where it was set.
    at_home : bool
        Sample and inputs are those of the published fits.
    models, answers : mapping
        As fitted.
    tables : mapping of str to xarray.Dataset
        Of the run.
    """
    yield from _target(sample, tables)
    yield from _inputs(sample, inputs, sigma_v, tables["correlations"])
    if "fits" in tables:
        yield from _ranking(sample, models, tables["fits"])
        yield from _published(models, tables["fits"], at_home)
    yield from _saturated(models, answers)
    if "combinations" in tables:
        yield from _combinations(tables["combinations"], at_home)
    yield from _text(models)


def _target(sample: MissingSample, tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    ratio = sample.target.ratio
    none = [name for name, value in zip(sample.curves.names, ratio, strict=True) if not np.isfinite(value)]
    few = int((sample.curves.n_points < sample.fewest_points).sum())
    yield (
        f"F_missing of {ratio.size} galaxies: {int(sample.is_fitted.sum())} are fitted; {few} have fewer than "
        f"{sample.fewest_points} points; in {len(none)} {NO_DEMAND}, F has no value there"
        + (f" ({', '.join(none)})." if none else ".")
    )
    fitted, everything = (tables["target"].isel(case=i) for i in (0, 1))
    yield (
        f"The {100 * SHARE:.0f} % that roughness is said to explain is 1 over the mean of F: "
        f"{100 * float(everything['share_of_mean']):.1f} % for the {int(everything['n'])} galaxies with a value, "
        f"{100 * float(fitted['share_of_mean']):.1f} % for the {int(fitted['n'])} fitted. Of one galaxy the share is "
        f"1/F: in the mean over galaxies {100 * float(fitted['mean_share']):.0f} %, in the median "
        f"{100 * float(fitted['median_share']):.1f} %. F is a ratio of two K, not a kernel."
    )


def _inputs(sample: MissingSample, inputs: str, sigma_v: float | None, table: xr.Dataset) -> Iterator[str]:
    found = {str(q): float(r) for q, r in zip(table["quantity"].values, table["pearson"].values, strict=True)}
    seen = ", ".join(f"{name} {r:+.3f}" for name, r in found.items() if np.isfinite(r))
    if seen:
        yield f"Correlation of F with {seen}."
    if inputs == "source":
        systems = sample.fitted_systems
        own = sample.curves.r_disk[sample.is_fitted]
        dispersion = (
            f"sigma_v is {float(np.median(systems.sigma_v / systems.v_flat)):.2f} of the observed v_flat"
            if sigma_v is None
            else f"sigma_v was set to {sigma_v:g} km/s for all galaxies"
        )
        yield (
            f"No measured dispersion, scale length or baryonic mass enters: {dispersion}, the size is the last "
            f"radius of the curve (median {np.median(systems.radius):.2f} kpc; the photometric scale length has "
            f"{np.median(own):.2f}), the mass is v_flat^2 R/G. What goes with them goes with the rotation, which F "
            "is made of."
        )


def _ranking(sample: MissingSample, models: Mapping[str, MissingModel], fits: xr.Dataset) -> Iterator[str]:
    best = fits.isel(case=np.flatnonzero(fits["parameters"].values == OPTIMUM))
    i = int(np.argmin(best["rms"].values))
    if isinstance(models[str(best["model"].values[i])], ConstantRatio):
        yield f"No model has a smaller RMS than a constant F ({best['rms'].values[i]:.3f})."
    else:
        constants = [isinstance(models[str(name)], ConstantRatio) for name in best["model"].values]
        yield (
            f"No model has an RMS that is lower than that of a constant F ({best['rms'].values[constants].min():.3f}) "
            f"by more than {100 * best['gain'].values[i]:.1f} % ({best['model'].values[i]}: "
            f"{best['rms'].values[i]:.3f}, r = {best['correlation'].values[i]:.3f})."
        )
    ratio = sample.target.ratio[sample.is_fitted]
    skewness = float(np.mean((ratio - ratio.mean()) ** 3) / ratio.std() ** 3)
    yield (
        "F has no measured errors. chi2 is n RMS^2 in units of the variance of F, so that errors and AIC are those of "
        "a Gaussian scatter as large as the sample's; delta_aic_scatter fits the scatter as well (n ln RMS^2). Neither "
        f"is more than a ranking: F has a skewness of {skewness:.1f}, no Gaussian."
    )


def _published(models: Mapping[str, MissingModel], fits: xr.Dataset, at_home: bool) -> Iterator[str]:
    rms = {
        (str(name), str(which)): float(value)
        for name, which, value in zip(fits["model"].values, fits["parameters"].values, fits["rms"].values, strict=True)
    }
    for name, model in models.items():
        if (name, PUBLISHED) not in rms:
            continue
        optimum, published = rms[name, OPTIMUM], rms[name, PUBLISHED]
        other = _other_box(model)
        if not at_home:
            verdict = "they belong to other galaxies or other inputs"
        elif other:
            verdict = f"they are those of a fit with {other}"
        elif published > optimum * (1.0 + _FEW):
            verdict = "they are not the optimum of this box"
        elif published < optimum * (1.0 - _FEW):
            verdict = "lower than the best of this box"
        else:
            verdict = "the same RMS"
        known = ", ".join(f"{key} = {value:g}" for key, value in (published_of(model) or {}).items())
        yield f"{name}: RMS {published:.4f} with the published {known}, {optimum:.4f} at best: {verdict}."


def _other_box(model: MissingModel) -> str:
    """The ends that the published fit had where a model has others, in words; empty where it has the same."""
    own = {free.name: (free.low, free.high) for free in model.space.free}
    parts = [
        f"{name} from {low:g} to {high:g}"
        for name, (low, high) in BOXES[type(model)].items()
        if own.get(name) != (low, high)
    ]
    return ", ".join(parts)


def _saturated(models: Mapping[str, MissingModel], answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """Fits that are a constant to all but a few galaxies."""
    for name, model in models.items():
        if isinstance(model, ConstantRatio) or "prediction" not in answers[name]:
            continue
        prediction = answers[name]["prediction"].values
        lower = int((prediction < (1.0 - _SATURATED) * prediction.max()).sum())
        if lower < _SHARE_OF_SAMPLE * prediction.size:
            yield (
                f"{name}: at its best it is a constant, {prediction.max():.3f}, to {100 * _SATURATED:.0f} % in all but "
                f"{lower} of {prediction.size} galaxies."
            )


def _combinations(table: xr.Dataset, at_home: bool) -> Iterator[str]:
    for i in range(table.sizes["case"]):
        name, formula, before, best = (table[key].values[i] for key in ("model", "combination", "published", "optimum"))
        if np.isnan(best):
            yield f"{name}: only {formula} enters, and it is not determined: the model is saturated in all galaxies."
            continue
        known = f" (published {before:.4g})" if at_home and np.isfinite(before) else ""
        yield (
            f"{name}: only {formula} enters, {best:.4g} at best{known}; AIC counts all of its parameters. A number for "
            f"one of them (models.{name}.params.{names_in(formula)[-1]}=...) gives errors of the others in it."
        )


def _text(models: Mapping[str, MissingModel]) -> Iterator[str]:
    for kind, keys in ((MassRatio, (("K_max", "k_max"), ("R_eff", "factor"))), (VelocityRatio, (("v_ref", "v_ref"),))):
        if any(isinstance(model, kind) for model in models.values()):
            said = "; ".join(f"{text} {TEXT[text]} against {PARAMETERS[kind][key]:g}" for text, key in keys)
            of_size = " of the last radius" if kind is MassRatio else " km/s"
            yield f"The text of the source and its own fit differ: {said}{of_size}."
