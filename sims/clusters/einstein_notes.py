"""What must be known of the Einstein radii of a run: who gives what, what they depend on, and what is no test."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from sims.clusters.lens_caveats import BARYON_CAVEAT
from sims.clusters.lens_nodes import PreparedLens
from sims.clusters.model_table import is_mond, is_sigma, model_notes
from solvers.clusters.enhancements import LawEnhancement, LensModel, NoEnhancement, WindowedEnhancement
from solvers.clusters.population.criticism import CENTRAL

_ROUNDING = 1e-6


def einstein_notes(
    models: Mapping[str, LensModel],
    lenses: Mapping[str, PreparedLens],
    cluster: str,
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    models, lenses : mapping
        Of the run.
    cluster : str
        That of the tables of one cluster.
    answers : mapping of str to xarray.Dataset
        Profiles and Einstein radii of the models.
    tables : mapping of str to xarray.Dataset
        Of the run.
    """
    yield from model_notes(models)
    yield from _missing(answers)
    yield from _standing(models, lenses, answers)
    yield from _windows(models, answers)
    yield from _extent(models, cluster, tables["extent"])
    yield from _shortcut(answers, tables["shortcut"])
    yield from _gas(cluster, tables["gas"])
    if "triaxial" in tables:
        yield from _triaxial(tables["triaxial"], tables["triaxial_spread"])
    if "round_galaxy" in tables:
        yield from _round_galaxy(tables["round_galaxy"])
    yield from _predictive(lenses, tables)
    yield from _observed(lenses, answers)
    if "isothermal" in tables:
        yield from _isothermal(tables["isothermal"])
    yield BARYON_CAVEAT


def _missing(answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """Lenses without an Einstein radius, and those with several crossings."""
    none = [f"{n} in {c}" for n, a in answers.items() for c in _where(a, ~np.isfinite(a["theta_e"].values))]
    many = [f"{n} in {c}" for n, a in answers.items() for c in _where(a, a["n_crossings"].values > 1)]
    total = sum(answer.sizes["cluster"] for answer in answers.values())
    if none:
        yield f"No Einstein radius: {len(none)} of {total} (NaN): {', '.join(none)}."
    if many:
        yield (
            f"The mean convergence is 1 at several radii of {len(many)} of {total} lenses ({', '.join(many)}); the "
            "outermost is the Einstein radius, all are in the table crossings."
        )


def _standing(
    models: Mapping[str, LensModel], lenses: Mapping[str, PreparedLens], answers: Mapping[str, xr.Dataset]
) -> Iterator[str]:
    """Σ beside MOND and the baryons."""
    parts = [
        (is_sigma, "Σ"),
        (is_mond, "MOND"),
        (lambda model: isinstance(model, NoEnhancement), "baryons alone"),
    ]
    words = []
    for belongs, label in parts:
        names = [name for name, model in models.items() if belongs(model)]
        if names:
            words.append(f"{label}: " + ", ".join(f"{n} {_listed(answers[n]['theta_e'].values)}" for n in names))
    if words:
        yield f"Einstein radii of {', '.join(lenses)} [arcsec]: {'; '.join(words)}."


def _windows(models: Mapping[str, LensModel], answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """Which windows are 0 at the centre, and what they leave of the effect."""
    baryons = next((name for name, model in models.items() if isinstance(model, NoEnhancement)), None)
    windows = {name: model for name, model in models.items() if isinstance(model, WindowedEnhancement)}
    rising = [name for name, model in windows.items() if model.window == "rising"]
    others = [name for name in windows if name not in rising]
    centre = [f"1 at the centre for {', '.join(others)}"] if others else []
    if rising:
        where = "" if others else " at the centre"
        centre.append(f"0{where} for {', '.join(rising)}, which is the form that SI §13.1 prints")
    if centre:
        yield f"Windows in projection contain no acceleration. C is {' and '.join(centre)}."
    if baryons is None:
        return
    for name in rising:
        ratio = answers[name]["theta_e"].values / answers[baryons]["theta_e"].values
        if np.isfinite(ratio).any():
            yield f"{name}: Einstein radii are {_range(100.0 * (ratio - 1.0))} % larger than those of {baryons}."


def _extent(models: Mapping[str, LensModel], cluster: str, table: xr.Dataset) -> Iterator[str]:
    names = [str(name) for name in table["model"].values if isinstance(models[str(name)], LawEnhancement)]
    if names:
        words = "; ".join(f"{name} {_listed(table['theta_e'].sel(model=name).values)}" for name in names)
        yield (
            "Where the acceleration decides, mass grows with radius without limit, and the Einstein radius depends on "
            f"where the baryons end, here that of {cluster} [arcsec] for r_max = "
            f"{_listed(table['extent'].values, 'g')} R500: {words}."
        )


def _shortcut(answers: Mapping[str, xr.Dataset], table: xr.Dataset) -> Iterator[str]:
    short = table["theta_shortcut"].values
    true = np.stack([answers[str(name)]["theta_e"].values for name in table["model"].values], axis=1)
    if np.isfinite(short).any() and np.isfinite(true).any():
        yield (
            "The mass in the sphere in place of that in the cylinder would give "
            f"{_range(short)} arcsec where the projected mass gives {_range(true)}; the first is no Einstein radius."
        )


def _gas(cluster: str, table: xr.Dataset) -> Iterator[str]:
    values = table["theta_e"].values
    if np.isfinite(values).all():
        spread = np.ptp(values, axis=0) / values[0]
        name = str(table["model"].values[spread.argmax()])
        yield (
            f"Gas of one or of a falling temperature, with clumping or without, changes the Einstein radius of "
            f"{cluster} by up to {100.0 * spread.max():.1f} % ({name})."
        )


def _triaxial(table: xr.Dataset, spread: xr.Dataset) -> Iterator[str]:
    q = table["q_los"].values
    words = [
        f"{name} {100.0 * spread['theta_e'].values[i]:.0f} % and {100.0 * spread['kappa'].values[i]:.0f} %"
        for i, name in enumerate(spread["normalisation"].values)
    ]
    yield (
        f"Axis ratio {q.min():g} to {q.max():g} along the line of sight, {table['theta_e'].attrs['long_name']} and "
        f"{table['kappa'].attrs['long_name']} change by: {'; '.join(words)}."
    )
    if "global" in spread["normalisation"].values:
        change = np.max(np.abs([spread[key].sel(normalisation="global").values for key in ("theta_e", "kappa")]))
        if change < _ROUNDING:
            yield (
                "With the factor of SI §13.2 that conserves the mass (global) Σ(R) does not depend on the axis ratio "
                "along the line of sight: that remedy removes the effect that the same section reports."
            )


def _round_galaxy(table: xr.Dataset) -> Iterator[str]:
    kappa = np.stack([table[key].values for key in table.data_vars if str(key).startswith("kappa")])
    theta = table["theta_e"].values
    if np.isfinite(theta).all():
        yield (
            "Density not normalised (none) for gas and intracluster light, galaxy round: convergence changes by "
            f"{_range(100.0 * kappa, '.0f')} %, Einstein radius by {_range(100.0 * theta, '.0f')} %. "
            "SI §13.2 has 60 % and 20 to 30 %."
        )


def _predictive(lenses: Mapping[str, PreparedLens], tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    if "predictive" not in tables:
        return
    table = tables["predictive"]
    none, beyond = (int(table[key].sum()) for key in ("n_none", "n_beyond"))
    yield (
        "The predictive intervals take the numbers of the population as exact; the catalogue that SI §5.6 and §13.4 "
        f"fitted them to is not public. Draws without an Einstein radius, below all others: {none}; "
        f"with one beyond sim.search_range, above all others: {beyond}."
    )
    if "coverage" not in tables:
        yield "No cluster of this run has an observed Einstein radius: nothing here is a test of any model."
        return
    for row in range(tables["coverage"].sizes["set"]):
        own = tables["coverage"].isel(set=row)
        k, n = own["n_inside"].item(), own["n"].item()
        yield (
            f"{own['set'].item()}: {k} of {n} observed radii inside the central {100 * CENTRAL:.0f} %, 95 % interval "
            f"of the coverage {own['fraction_lower'].item():.2f} to {own['fraction_upper'].item():.2f}; as many or "
            f"more happen by chance with probability {own['chance'].item():.2f} if it is {CENTRAL:g}."
        )
    if "held out" not in tables["coverage"]["set"].values:
        yield "No observed cluster is marked as held out: the numbers of the population may have been fitted to it."


def _observed(lenses: Mapping[str, PreparedLens], answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    for i, (name, lens) in enumerate(lenses.items()):
        observed, error = lens.lens.theta_e, lens.lens.theta_e_err
        if observed is not None:
            found = {key: float(answer["theta_e"].values[i]) for key, answer in answers.items()}
            ranked = sorted(found, key=lambda key: (not np.isfinite(found[key]), abs(found[key] - observed)))
            yield (
                f"{name}, observed {observed:g}{'' if error is None else f' ± {error:g}'} arcsec, nearest first: "
                + ", ".join(f"{key} {found[key]:.1f}" for key in ranked)
                + "."
            )


def _isothermal(table: xr.Dataset) -> Iterator[str]:
    amplitude = float(table["amplitude"].values[0])
    found = table["theta_e_found"].values
    yield (
        f"The toy of SI §13.5 has the observed Einstein radius with A = {amplitude:.6g} whatever it is "
        f"({_listed(found)} arcsec here): its figure shows nothing that belongs to a cluster. MACS1149 and its "
        "observed Einstein radius are only in a file that is not public."
    )


def _where(answer: xr.Dataset, marked: np.ndarray) -> Sequence[str]:
    return [str(name) for name in answer["cluster"].values[marked]]


def _listed(values: np.ndarray, digits: str = ".1f") -> str:
    return ", ".join(format(float(value), digits) if np.isfinite(value) else "none" for value in values)


def _range(values: np.ndarray, digits: str = ".1f") -> str:
    """Both ends of what is finite, or one number where they are printed alike."""
    low, high = (format(float(end), digits) for end in (np.nanmin(values), np.nanmax(values)))
    return low if low == high else f"{low} to {high}"
