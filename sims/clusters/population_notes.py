"""What a reader must know of a population of clusters: what was fitted, what stands beside it, what is not public."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.clusters.lens_caveats import BARYON_CAVEAT
from solvers.clusters.kernels import Window
from solvers.clusters.population.criticism import coverage
from solvers.clusters.population.lenses import LensSettings
from solvers.clusters.population.prior import PopulationPrior

_PRINTED_SD = 0.4
_PRINTED_SCATTER = 1.5
_PRINTED_CLUSTERS = 10
"""Of SI §5.6 and §13.4: error of μ_A, σ_A and number of clusters."""

_SYMBOLS = {"mu_A": "μ_A", "sigma_A": "σ_A", "ell0": "ℓ0", "gamma": "γ"}
_FORMATS = {"ell0": ".0f"}


def population_notes(
    is_synthetic: bool,
    window: Window,
    lenses: LensSettings,
    models: Mapping[str, PopulationPrior],
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    is_synthetic : bool
        Whether the clusters were drawn.
    window : Window
        That was fitted.
    lenses : LensSettings
        Has the constants.
    models : mapping of str to PopulationPrior
        As fitted.
    answers, tables : mapping of str to xarray.Dataset
        Of the run.
    """
    predictions = tables["predictions"]
    n = predictions.sizes["cluster"]
    yield (
        "The catalogue behind SI §5.6 and §13.4 is not public: its μ_A = 4.6 ± 0.4, σ_A = 1.5, γ = 0.09 ± 0.10, "
        "ΔWAIC = 0.01 ± 2.5 and median error of 14.9 % cannot be recomputed."
    )
    if is_synthetic:
        yield (
            f"The {n} clusters of this run are drawn from a population of this model. It is a closure test of the "
            "method and says nothing about the sky or for the theory."
        )
    yield from _floor(answers, n)
    yield from _chains(answers)
    yield from _exponent(models, answers)
    yield from _truth(tables)
    yield from _window(window, models, answers, predictions)
    yield from _criteria(tables["criticism"], models, n)
    yield from _held_out(tables)
    yield from _missing(tables)
    yield BARYON_CAVEAT
    constants = lenses.numbers
    yield (
        f"Constants {lenses.constants}: c = {constants.c:.8g} km/s, G = {constants.G:.8g} kpc (km/s)²/Msun, "
        f"1 kpc = {constants.kpc:.8g} m."
    )


def _floor(answers: Mapping[str, xr.Dataset], n: int) -> Iterator[str]:
    """What the scatter alone leaves of the error of the mean."""
    least = _PRINTED_SCATTER / math.sqrt(_PRINTED_CLUSTERS)
    found = []
    for name, answer in answers.items():
        scatter = answer["posterior_mean"].sel(param="sigma_A").item()
        sd = answer["posterior_sd"].sel(param="mu_A").item()
        least_here, r = scatter / math.sqrt(n), answer["correlation"].item()
        found.append(
            f"{name}: {sd:.2f}, with a floor of {scatter:.2f}/√{n} = {least_here:.2f} (correlation of μ_A and ln ℓ0 "
            f"{r:+.2f})"
        )
    yield (
        f"The printed error of μ_A, {_PRINTED_SD:g}, is below σ_A/√{_PRINTED_CLUSTERS} = {least:.2f}, which "
        f"{_PRINTED_CLUSTERS} clusters with the printed scatter cannot beat even without errors of measurement. Here "
        f"{'; '.join(found)}."
    )


def _chains(answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    for name, answer in answers.items():
        values = ", ".join(
            f"{_SYMBOLS[p]} = {answer['posterior_mean'].sel(param=p).item():{_FORMATS.get(p, '.2f')}} ± "
            f"{answer['posterior_sd'].sel(param=p).item():{_FORMATS.get(p, '.2f')}}{' kpc' if p == 'ell0' else ''}"
            for p in map(str, answer["param"].values)
        )
        yield (
            f"{name}: {values}; R-hat {answer['r_hat'].item():.4f}, effective draws "
            f"{answer['effective_samples'].item():.0f} (worst of all coordinates), "
            f"{answer['n_divergences'].item():.0f} divergences."
        )
    lost = sum(int(answer["n_divergences"].item()) for answer in answers.values())
    yield (
        "The density is 0 where a cluster has no Einstein radius: a proposal there ends its trajectory as a divergence "
        f"and is among the {lost} divergences of these models, which are those after the warm-up."
    )


def _exponent(models: Mapping[str, PopulationPrior], answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """How much of the prior of γ the clusters leave."""
    for name, prior in models.items():
        if prior.gamma_is_free:
            sd, width = answers[name]["posterior_sd"].sel(param="gamma").item(), prior.scale("gamma")
            yield (
                f"{name}: the standard deviation of γ is {width:.2f} before and {sd:.2f} after the data, a ratio of "
                f"{sd / width:.2f}; where it is near 1 the clusters say nothing of γ."
            )


def _truth(tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    if "truth" not in tables:
        return
    table = tables["truth"]
    worst = int(np.abs(table["off"].values).argmax())
    name = f"{_SYMBOLS[str(table['param'].values[worst])]} of {table['model'].values[worst]}"
    within = "all within" if abs(table["off"].values[worst]) <= 2.0 else "not all within"
    yield (
        f"Against the population that was drawn, {within} 2 standard deviations: the farthest is {name}, "
        f"{table['off'].values[worst]:+.2f}."
    )


def _window(
    window: Window, models: Mapping[str, PopulationPrior], answers: Mapping[str, xr.Dataset], predictions: xr.Dataset
) -> Iterator[str]:
    middle = {key: float(np.nanmedian(predictions[key].values)) for key in predictions.data_vars}
    first = next(iter(answers.values()))["posterior_mean"]
    prior = next(iter(models.values()))
    gamma = first.sel(param="gamma").item() if prior.gamma_is_free else prior.loc("gamma")
    other = "rising" if window.shape == "interior" else "interior"
    yield (
        f"Median Einstein angle [arcsec]: observed {middle['theta_e']:.1f}, baryons alone {middle['baryons']:.1f}, "
        f"MOND (same baryons and r_max, a0 fixed) {middle['mond']:.1f}. With A = {first.sel(param='mu_A').item():.2f} "
        f"and ℓ0 = {first.sel(param='ell0').item():.0f} kpc (R500/1 Mpc)^{gamma:.2f} (γ "
        f"{'fitted' if prior.gamma_is_free else 'fixed'}) the window {window.shape}, which was fitted, gives "
        f"{middle[window.shape]:.1f}, the window {other} {middle[other]:.1f}. Σ is fitted to these angles, baryons "
        "alone and MOND are not."
    )
    yield (
        "SI §5.6 prints the window that is 0 in the centre (rising); its public triaxial script has the one that is 1 "
        f"there (interior). This run fits {window.shape}."
    )


def _criteria(table: xr.Dataset, models: Mapping[str, PopulationPrior], n: int) -> Iterator[str]:
    names = list(models)
    for i, name in enumerate(names[1:], start=1):
        parts = [
            f"{words} {table[f'{key}_difference'].values[i]:+.2f} ± {table[f'{key}_difference_error'].values[i]:.2f}"
            for key, words in (("waic", "ΔWAIC"), ("loo", "ΔLOO"))
        ]
        noise = float(np.hypot(*table["waic_chain_error"].values[[0, i]]))
        yield (
            f"{name} minus {names[0]}: {', '.join(parts)}; negative would favour {name}. These errors are the scatter "
            f"between clusters; finite chains add about {noise:.2f} to that of WAIC."
        )
    bad = ", ".join(f"{int(b)} of {n} ({name})" for name, b in zip(names, table["n_bad_k"].values, strict=True))
    yield (
        "Both criteria condition on what each cluster has for itself (A, q, κ_ext for one angle), so they hardly see "
        f"the population; Pareto k is above 0.7 for {bad}, where they are not reliable."
    )


def _held_out(tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    chance = coverage(2, 2).chance
    printed = f"2 of 2 inside the central 68 %, as SI §5.6 reports, happens by chance with probability {chance:.2f}"
    if "coverage" not in tables:
        yield f"No cluster was held out (sim.hold_out). {printed}."
        return
    row, each = tables["coverage"].isel(prediction=0), tables["hold_out"]
    yield (
        f"Held out and predicted: {row['n_inside'].item()} of {row['n'].item()} inside the central 68 %, exact 95 % "
        f"interval of the fraction {row['low'].item():.2f} to {row['high'].item():.2f}; at least so many by chance: "
        f"{row['chance'].item():.2f}. {printed}."
    )
    half = 0.5 * ((each["high"] - each["low"]) / each["median"]).values
    ended = half[np.isfinite(half)]
    wide = f"± {100.0 * ended.mean():.0f} % wide" if ended.size == half.size else "without an end for some"
    wrong = int(((each["r_hat"].values >= 1.01) | (each["n_divergences"].values > 0)).sum())
    yield (
        f"The predictions are off by {100.0 * row['median_relative_error'].item():.1f} % (median), and their central "
        f"intervals are {wide}; {wrong} of {each.sizes['cluster']} fits without a cluster "
        "did not converge."
    )


def _missing(tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    table = tables["predictions"]
    n = table.sizes["cluster"]
    for key, words in (("baryons", "baryons alone"), ("mond", "MOND"), ("rising", "the window rising")):
        lost = int(np.isnan(table[key].values).sum())
        if lost:
            yield f"{lost} of {n} clusters have no Einstein radius with {words}; they are NaN in the table."
    if "hold_out" in tables:
        table = tables["hold_out"]
        none, beyond, outside, draws = (int(table[key].sum()) for key in ("n_none", "n_beyond", "n_outside", "n_draws"))
        yield (
            f"Of {draws} draws of the predictions {none} have no Einstein radius, {outside} have ℓ0 outside of the "
            f"tables, both counted as angles below all others; {beyond} have it beyond the tables, above all others."
        )
