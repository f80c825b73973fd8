"""What the posterior of the exponent says, and which of the published numbers do not hold."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from solvers.galaxies.exponent_likelihood import EXPONENTS
from solvers.galaxies.hierarchical_exponent import NAMES
from solvers.galaxies.splits import CLASS_NAMES
from solvers.published import paper_14

_SYMBOL = {"mu": "μ", "beta": "β", "sigma": "σ"}
_MET = 0.006
"""Largest difference from an exponent printed with two decimals that rounding of the line explains."""


def hierarchical_notes(
    data: xr.Dataset, answers: Mapping[str, xr.Dataset], tables: Mapping[str, xr.Dataset]
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        The catalogue.
    answers : mapping of str to xarray.Dataset
        Every case.
    tables : mapping of str to xarray.Dataset
        Of the run.
    """
    hyper, published, classes = tables["hyper"], tables["published"], tables["classes"]
    yield from _sample(data, hyper)
    yield from _cases(hyper)
    yield from _published(hyper, published)
    yield from _classes(classes)
    yield from _ends(answers)


def _sample(data: xr.Dataset, hyper: xr.Dataset) -> Iterator[str]:
    n, lost = int(hyper["n_galaxies"].values[0]), json.loads(data.attrs.get("cuts", "{}")).get("drop_first")
    words = f"Sample: {n} galaxies with at least 10 points at R > 0.5 kpc"
    if lost == 9:
        yield (
            f"{words}, of the {data.sizes['galaxy']} that are left without the first nine of Table 1. SI §14 has "
            f"{paper_14.GALAXIES}, which is what its reader leaves by skipping nine rows too many; that is the default "
            "here so that its numbers can be compared. catalog.drop_first=0 takes them all."
        )
    else:
        yield f"{words}; SI §14 has {paper_14.GALAXIES}, which catalog.drop_first=9 repeats (an error of its reader)."


def _cases(hyper: xr.Dataset) -> Iterator[str]:
    for i, name in enumerate(hyper["case"].values):
        row = hyper.isel(case=i)
        values = ", ".join(f"{_SYMBOL[key]} = {row[key].item():.3f} ± {row[f'{key}_sd'].item():.3f}" for key in NAMES)
        share = row["p_rising"].item()
        words = "above 0.9999" if share > 0.9999 else f"{share:.4f}"
        yield f"{name}: {values} from {row['n_galaxies'].item()} galaxies; probability of β > 0 {words}."
    slope = hyper["beta"].values
    if slope.size > 1:
        low, high = np.argmin(slope), np.argmax(slope)
        yield (
            f"The slope depends on baryons and errors: from {slope[low]:.3f} ({hyper['case'].values[low]}) to "
            f"{slope[high]:.3f} ({hyper['case'].values[high]}). It is one of exponents of a kernel with one amplitude "
            "for all galaxies: a mass-to-light ratio that changes along the classes could look the same."
        )


def _published(hyper: xr.Dataset, published: xr.Dataset) -> Iterator[str]:
    parts = []
    for i, name in enumerate(published["param"].values):
        row = published.isel(param=i)
        parts.append(
            f"{_SYMBOL[str(name)]} = {row['printed'].item():g} ± {row['printed_sd'].item():g} "
            f"({row['ratio_of_errors'].item():.1f} times the error here, {row['off'].item():+.1f} sd off)"
        )
    yield (
        f"SI §14.3 prints {', '.join(parts)}, to be compared with {hyper['case'].values[0]}. Its chains walk in 119 "
        "dimensions; here the galaxies' own exponents are integrated out and the other three are on a grid, so nothing "
        "is left to converge."
    )


def _classes(classes: xr.Dataset) -> Iterator[str]:
    off = np.abs(classes["off"].values) > _MET
    missed = [
        f"{name} {row['printed'].item():.2f} (line: {row['p_of_printed_line'].item():.2f})"
        for name, row in ((classes["class"].values[i], classes.isel({"class": i})) for i in np.flatnonzero(off))
    ]
    if missed:
        steps = np.diff(classes["p_of_printed_line"].values)
        words = f", which rises by {steps[0]:.3f} from class to class" if np.ptp(steps) < 1e-6 else ""
        yield (
            f"Exponents of classes printed in SI §14.3 that are not on its own line 0.802 + 0.234 z{words}: "
            f"{', '.join(missed)}."
        )
    early = classes["n_galaxies"].values[classes["class"].values == CLASS_NAMES[-1]]
    if early.size and early[0] != paper_14.EARLY_GALAXIES:
        yield f"S0 to Sa galaxies: {early[0]}; SI §14.6 has {paper_14.EARLY_GALAXIES}."


def _ends(answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    for name, answer in answers.items():
        exponent = answer["galaxy_exponent"].values
        low, high = (int(np.count_nonzero(exponent == end)) for end in EXPONENTS[[0, -1]])
        if low + high:
            yield (
                f"{name}: the likeliest exponent of {low + high} of {np.count_nonzero(np.isfinite(exponent))} galaxies "
                f"is an end of its range ({low} at {EXPONENTS[0]:g}, {high} at {EXPONENTS[-1]:g})."
            )
