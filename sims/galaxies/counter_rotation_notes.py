"""What a run on counter-rotation says: what is an input, what the test can tell with the data at hand."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from solvers.published import paper_6_4


def counter_rotation_notes(
    data: xr.Dataset, tables: Mapping[str, xr.Dataset], boost: float, mond_boost: float, mass_width: float
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        Galaxies.
    tables : mapping of str to xarray.Dataset
        Of the run.
    boost, mond_boost, mass_width : float
        As given.
    """
    yield (
        f"S0 = {boost - 1.0:.3g}, Σ of a normal disk less 1, is an input, and so is MOND's {mond_boost:g}: SI §6.4 "
        "gives neither the acceleration nor the radius of the disk, and the law only scales the one number down."
    )
    yield from _symmetry(tables["curves"], boost)
    yield from _tables(tables)
    yield from _sample(data, tables)
    yield from _matched(tables)
    yield from _like_mass(tables, mass_width)
    yield from _unmatched(tables)
    yield f"Data: {data.attrs['note']}."


def _symmetry(curves: xr.Dataset, boost: float) -> Iterator[str]:
    laws = [str(law) for law in curves["law"].values]
    if "linear" in laws:
        yield (
            f"The printed law, 1 − f, is not the same for f and 1 − f: it gives Σ = {boost:g} for a disk in which no "
            "star counter-rotates and 1 for one in which all do, although the second is the first seen from behind."
        )
    if "symmetric" in laws:
        yield (
            f"With (1 − 2f)², which is symmetric, Σ is {boost:g} at both ends and 1 at f = 0.5, where the "
            f"printed law has {1.0 + 0.5 * (boost - 1.0):.4g}. MOND and general relativity do not depend on f."
        )


def _tables(tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    shares, environments = tables["counter_rotation"], tables["environment"]
    if "sigma_linear" in shares:
        off = np.abs(shares["sigma_linear"].values - shares["printed"].values)
        yield f"Table 1 of SI §6.4 follows from the linear law within {off.max():.4f}."
    off = environments["sigma"].values - environments["printed"].values
    missed = [
        f"{name} {value:+.3f}"
        for name, value in zip(environments["environment"].values, off, strict=True)
        if abs(value) > 0.0051
    ]
    yield (
        "Table 3 of SI §6.4, 1 + S0 C with its own coherence C: "
        + (f"computed minus printed is {', '.join(missed)}; the other rows agree." if missed else "all rows agree.")
    )


def _sample(data: xr.Dataset, tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    own, other = (tables["groups"].isel(case=i) for i in (0, 1))
    listed = int(data.attrs["n_counter_rotating_listed"])
    yield (
        f"Counter-rotating galaxies with a fraction of dark matter: {own['n'].item()} of the {listed} in the list (SI: "
        f"{paper_6_4.N_CASES}), normal ones {other['n'].item()} (SI: {paper_6_4.N_CONTROLS}). Means "
        f"{own['mean'].item():.3f} and {other['mean'].item():.3f} (SI: {paper_6_4.F_DM_MEAN['counter-rotating']} and "
        f"{paper_6_4.F_DM_MEAN['normal']}), medians {own['median'].item():.3f} and {other['median'].item():.3f} (SI: "
        f"{paper_6_4.F_DM_MEDIAN['counter-rotating']} and {paper_6_4.F_DM_MEDIAN['normal']})."
    )
    if data.attrs["name"] == "counter_rotation":
        yield (
            "The printed means, medians and p are of the whole catalogue, SDSSDR17_MaNGA_JAM.fits, which is not here: "
            "these data can neither confirm nor refute them (catalog=manga_dynpop reads it)."
        )


def _matched(tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """The test that matches the morphology too, which is the one to go by."""
    row = _row(tables["tests"], "listed controls")
    audit = (
        f"The author's later audit, {paper_6_4.AUDIT_CASES} galaxies with {paper_6_4.AUDIT_CONTROLS} controls each "
        f"matched in {paper_6_4.AUDIT_PROPERTIES} properties, has {paper_6_4.AUDIT_DIFFERENCE:+.3f} (95 % "
        f"{paper_6_4.AUDIT_LOW:+.3f} to {paper_6_4.AUDIT_HIGH:+.3f}): no effect."
    )
    n = int(row["n_cases"])
    if not np.isfinite(row["difference"]):
        yield (
            f"Matched in morphology, the default test: not possible here, {n} counter-rotating galaxies have a listed "
            f"control with a fraction of dark matter. {audit}"
        )
        return
    low, high = row["low"], row["high"]
    inside = "inside" if low <= paper_6_4.MATCHED_DIFFERENCE <= high else "outside"
    zero = "holds 0" if low <= 0 <= high else "does not hold 0"
    yield (
        f"Matched in morphology, the default test: {n} counter-rotating galaxies with {int(row['n_controls'])} listed "
        f"controls differ by {row['difference']:+.3f} (95 % {low:+.3f} to {high:+.3f}, p = {row['p']:.2g}; median of "
        f"the differences {row['median_difference']:+.3f}), which {zero}; the printed "
        f"{paper_6_4.MATCHED_DIFFERENCE:+.3f} is {inside} it. {audit}"
    )


def _like_mass(tables: Mapping[str, xr.Dataset], width: float) -> Iterator[str]:
    row = _row(tables["tests"], "like mass")
    if np.isfinite(row["difference"]):
        yield (
            f"Matched in mass alone (|Δ log10 M| < {width:g}, median of all that match): {row['difference']:+.3f} "
            f"(95 % {row['low']:+.3f} to {row['high']:+.3f}, p = {row['p']:.2g}) of {int(row['n_cases'])} pairs; "
            f"printed {paper_6_4.MATCHED_DIFFERENCE:+.3f}, p = {paper_6_4.P_PAIRED:g}."
        )
    else:
        yield f"Matched in mass alone (|Δ log10 M| < {width:g}): {int(row['n_cases'])} pairs, too few for a test."


def _unmatched(tables: Mapping[str, xr.Dataset]) -> Iterator[str]:
    table = tables["tests"]
    own = table.isel(case=np.flatnonzero(table["matching"].values == "unmatched"))
    tests = ", ".join(
        f"{test} {p:.2g}" + (f" (printed {printed:g})" if np.isfinite(printed) else "")
        for test, p, printed in zip(own["test"].values, own["p"].values, own["printed_p"].values, strict=True)
    )
    first = own.isel(case=0)
    yield (
        f"Unmatched, as in SI §6.4.1, p of {int(first['n_cases'])} against {int(first['n_controls'])}: {tests}; "
        f"difference of the means {first['difference'].item():+.3f} (95 % {first['low'].item():+.3f} to "
        f"{first['high'].item():+.3f}). These compare mostly early types with galaxies of every kind, so that a "
        "difference between types counts as one of rotation."
    )


def _row(table: xr.Dataset, matching: str) -> dict[str, float]:
    (i,) = np.flatnonzero(table["matching"].values == matching)
    own = table.isel(case=i)
    return {
        key: float(own[key]) for key in ("n_cases", "n_controls", "difference", "low", "high", "median_difference", "p")
    }
