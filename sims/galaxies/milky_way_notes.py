"""What decides who describes the Milky Way best, and where SI §11 contradicts itself."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.galaxies.milky_way_printed import column_of
from solvers.galaxies.base import RotationModel
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.milky_way import MilkyWayBaryons, ObservedLine
from solvers.published import paper_11

_ROUNDED = 0.051
"""Largest difference from a number printed with one decimal that rounding explains [km/s]."""


def milky_way_notes(
    data: xr.Dataset,
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, MilkyWayBaryons],
    lines: Mapping[str, ObservedLine],
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        The measured table.
    models, baryons, lines : mapping
        As predicted.
    answers : mapping of str to xarray.Dataset
        Curves of the models.
    tables : mapping of str to xarray.Dataset
        Of the run.
    """
    forms = {name: m for name, m in models.items() if isinstance(m, LawRotation) and column_of(m) == "sigma"}
    yield from _printed_columns(models, baryons, tables)
    yield from _contradiction(forms, baryons, answers, tables)
    yield from _closest(models, forms, baryons, lines, tables["rms"])
    yield from baryon_notes(baryons)
    yield from _of_lines(lines)
    yield from _of_data(data, baryons, tables["measured"])


def _printed_columns(
    models: Mapping[str, RotationModel], baryons: Mapping[str, MilkyWayBaryons], tables: Mapping[str, xr.Dataset]
) -> Iterator[str]:
    """Which baryons give the printed velocities."""
    table = tables["printed"]
    for name in _stated(baryons):
        off = np.abs(table[name].values - table["printed"].values)
        largest = {str(m): off[table["model"].values == m].max() for m in dict.fromkeys(table["model"].values)}
        met = [m for m, worst in largest.items() if worst <= _ROUNDED]
        missed = [f"{m} by up to {worst:.2f} km/s" for m, worst in largest.items() if worst > _ROUNDED]
        if largest:
            yield (
                f"SI §11.4 with the baryons {name}: printed velocities met by {', '.join(met) or 'no model'}"
                + (f"; missed by {', '.join(missed)}." if missed else ".")
            )


def _contradiction(
    forms: Mapping[str, LawRotation],
    baryons: Mapping[str, MilkyWayBaryons],
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
) -> Iterator[str]:
    """Which g† made the printed Σ column."""
    table, rms = tables["printed"], tables["rms"]
    printed = ", ".join(f"{v:g}" for v in paper_11.VELOCITY["sigma"])
    if forms:
        yield (
            f"SI §11.6 states g† = c H0/(4√π) = {paper_11.G_DAGGER:.2e} m/s², but the Σ column of SI §11.4 ({printed} "
            "km/s) and its RMS (5.7 and 6.3 km/s) come from c H0/(2e) = 1.25e-10 m/s²: the table was made before g† "
            "was changed, and not computed again."
        )
    for name, model in forms.items():
        for key in baryons:
            rows = table["model"].values == name
            velocities = ", ".join(f"{v:.2f}" for v in table[key].values[rows])
            own = (rms["model"].values == name) & (rms["baryons"].values == key)
            errors = ", ".join(
                f"{r:.2f} ({line})" for r, line in zip(rms["rms"].values[own], rms["line"].values[own], strict=True)
            )
            trend = _trend(table[key].values[rows], answers[name].sel(baryons=key))
            yield (
                f"{name} (g† = {model.law.g_dagger.m_s2:.3e} m/s²), {key}: {velocities} km/s at 5, 8, 10 and 15 kpc; "
                f"RMS [km/s] {errors}; from 8 to 15 kpc it {trend}."
            )


def _trend(velocity: np.ndarray, curve: xr.Dataset) -> str:
    """What becomes of the velocities that SI §11.7 has rise from 227 to 230 km/s."""
    _, at_sun, _, end = velocity
    words = f"{'rises' if end > at_sun else 'falls'} by {abs(end - at_sun):.1f} km/s (printed: rises by 2.8)"
    radius, values = curve["radius"].values, curve["velocity"].values
    between = np.flatnonzero((radius > 8.0) & (radius < 15.0))
    if not between.size or values[between].min() >= min(at_sun, end):
        return words
    lowest = between[values[between].argmin()]
    return f"{words}, with {values[lowest]:.1f} km/s at {radius[lowest]:g} kpc the lowest"


def _closest(
    models: Mapping[str, RotationModel],
    forms: Mapping[str, LawRotation],
    baryons: Mapping[str, MilkyWayBaryons],
    lines: Mapping[str, ObservedLine],
    rms: xr.Dataset,
) -> Iterator[str]:
    """Who is closest at 8 kpc, for one form of g† at a time."""
    off = {
        tuple(map(str, key)): value
        for *key, value in zip(
            rms["baryons"].values, rms["line"].values, rms["model"].values, rms["difference"].values, strict=True
        )
    }
    others = [name for name in models if name not in forms]
    for line in lines:
        for form in forms:
            parts = []
            for key in _stated(baryons):
                ranked = sorted([form, *others], key=lambda name: abs(off[key, line, name]))
                words = ", ".join(f"{name} {off[key, line, name]:+.1f}" for name in ranked)
                parts.append(f"{key}: {ranked[0]} is closest ({words})")
            if parts:
                yield f"At 8 kpc, model minus the line {line} [km/s], {form} and the others, {'; '.join(parts)}."


def _stated(baryons: Mapping[str, MilkyWayBaryons]) -> list[str]:
    """Those of the components that SI §11.2 states, for which the table is printed."""
    return [name for name, each in baryons.items() if each.table == "stated"]


def baryon_notes(baryons: Mapping[str, MilkyWayBaryons]) -> Iterator[str]:
    """Masses and V_bar at 8 kpc of each choice beside what the source quotes."""
    for name, each in baryons.items():
        v_bar = np.sqrt(each.v_squared(np.array([paper_11.SOLAR_RADIUS])))[0]
        quoted = paper_11.EARLIER_STELLAR_MASS if each.table == "earlier" else paper_11.STELLAR_MASS
        yield (
            f"{name}: bulge and stellar disks add up to {each.stellar_mass:.3g} Msun (quoted: {quoted:.3g}), V_bar(8 "
            f"kpc) = {v_bar:.1f} km/s (SI §28.3 has {paper_11.V_BAR_MCMILLAN:g} for the same); the component table is "
            "what is used."
        )
        if each.bulge == "as_published":
            centre = np.sqrt(each.components["bulge"].v_squared(0.0, each.G))
            yield (
                f"{name}: its bulge, V² = GM/(R+a), lacks a factor R/(R+a) of a Hernquist sphere and leaves "
                f"{centre:.0f} km/s at R = 0."
            )


def _of_lines(lines: Mapping[str, ObservedLine]) -> Iterator[str]:
    yield (
        f"{', '.join(lines)}: straight lines without errors, no measurements: an RMS against them is a summary, not a "
        "likelihood."
    )
    if {"mcgaugh", "eilers"} <= set(lines):
        first, second = lines["mcgaugh"], lines["eilers"]
        yield (
            f"GRAVITY minus Eilers is {first.v0 - second.v0:.1f} km/s where each is quoted (R = {first.r0:g} and "
            f"{second.r0:g} kpc, SI §11.3) and {first(8.0) - second(8.0):.1f} km/s at 8 kpc (SI §11.5)."
        )


def _of_data(data: xr.Dataset, baryons: Mapping[str, MilkyWayBaryons], measured: xr.Dataset) -> Iterator[str]:
    for key in baryons:
        rows = np.flatnonzero(measured["baryons"].values == key)
        order = rows[np.argsort(measured["curve_chi2"].values[rows])]
        chi2, rms, names = (measured[name].values for name in ("curve_chi2", "rms", "model"))
        ranked = ", ".join(f"{names[i]} {chi2[i]:.0f} ({rms[i]:.2f})" for i in order)
        yield f"{data.sizes['row']} measured velocities, {key}, chi2 (RMS [km/s]): {ranked}."
    yield f"Errors of the measured velocities: {data.attrs['note']}; chi2 takes the mean of both and no systematic one."
