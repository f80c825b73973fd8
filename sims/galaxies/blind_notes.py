"""What a blind test shows, and why the published one cannot be repeated."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.galaxies.rotation_notes import counting_notes
from solvers.galaxies.base import EnhancementModel
from solvers.galaxies.curves import Curves
from solvers.published import paper_17

_RULES = {
    "stratified": "70/15/15 by morphology class, as the specification of this suite has it",
    "plain": "70/15/15 of all galaxies without classes, which gives the printed sizes for 175 galaxies",
    "by_type": "80/20, the test drawn from every Hubble type (SI §5.4)",
}


def blind_notes(
    data: xr.Dataset,
    samples: Mapping[str, tuple[Curves, np.ndarray]],
    models: Mapping[str, EnhancementModel],
    tables: Mapping[str, xr.Dataset],
    split: str,
    sha256: str,
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        The catalogue.
    samples : mapping of str to (Curves, ndarray)
        Of each choice of the baryons: what is left, and which points.
    models : mapping of str to EnhancementModel
        As judged.
    tables : mapping of str to xarray.Dataset
        Of the run.
    split : str
        Which rule.
    sha256 : str
        Of the locked specification.
    """
    yield from counting_notes(data, samples)
    yield (
        f"Split {split}: {_RULES[split]}. The specification was fitted to the training galaxies alone and locked "
        f"before the rotation of another galaxy was read; SHA-256 {sha256[:16]}, all of it in the attributes "
        "specification and specification_sha256."
    )
    for choice in samples:
        yield from _of_choice(choice, tables[f"blind_{choice}"], tables[f"parts_{choice}"])
    yield (
        "Scatter is that of log10 V over the points of all galaxies of a part (R > 0.5 kpc, V_bar and V_obs > 5 km/s, "
        "at least 3 points); in accelerations it is twice as large, and it is no RAR scatter within galaxies."
    )
    observed = [name for name, model in models.items() if model.uses_observed]
    if observed:
        yield (
            f"{', '.join(observed)}: takes the observed flat velocity of each galaxy as an input, of the test galaxies "
            "as well: with that input no test is blind."
        )
    yield from _published()


def _of_choice(choice: str, table: xr.Dataset, parts: xr.Dataset) -> Iterator[str]:
    sizes = "/".join(str(n) for n in parts["n_galaxies"].values)
    for i, name in enumerate(table["model"].values):
        row = table.isel(model=i)
        fitted = row["amplitude"].item()
        words = "nothing fitted" if np.isnan(fitted) else f"amplitude {fitted:.5f}"
        scatter = "/".join(f"{row[f'scatter_{part}'].item():.4f}" for part in parts["part"].values)
        yield (
            f"{choice}, {name} ({words}; {'/'.join(map(str, parts['part'].values))} {sizes} galaxies): {scatter} dex. "
            f"From training to test {100 * row['change'].item():+.1f} %; random splits of these sizes change by "
            f"{100 * row['change_16'].item():+.0f} to {100 * row['change_84'].item():+.0f} % (68 %), "
            f"{100 * row['change_2_5'].item():+.0f} to {100 * row['change_97_5'].item():+.0f} % (95 %)."
        )
    order = np.argsort(table["scatter_test"].values)
    ranked = ", ".join(f"{table['model'].values[i]} {table['scatter_test'].values[i]:.4f}" for i in order)
    yield f"{choice}, scatter of the test [dex], lowest first: {ranked}."
    fixed = np.isnan(table["amplitude"].values)
    if fixed.any():
        low, high = (100 * float(table[key].values[fixed][0]) for key in ("change_16", "change_84"))
        inside = "inside" if low <= 100 * paper_17.CHANGE <= high else "outside"
        yield (
            f"{choice}: the published {100 * paper_17.CHANGE:+.1f} % is {inside} the {low:+.0f} to {high:+.0f} % by "
            f"which {table['model'].values[fixed][0]} changes between random splits although nothing is fitted in it"
            + (": a change of this size says nothing about fitting." if inside == "inside" else ".")
        )


def _published() -> Iterator[str]:
    sizes = " + ".join(str(n) for n, _ in paper_17.PARTS.values())
    total = sum(n for n, _ in paper_17.PARTS.values())
    scatter = ", ".join(f"{part} {value:g}" for part, (_, value) in paper_17.PARTS.items())
    yield (
        f"SI §17.6 prints {scatter} dex. That cannot be repeated: there is no list of the split, no seed and no "
        f"script; {sizes} = {total} galaxies, but 174 are used elsewhere; the model_spec.json with the SHA-256 "
        f"{paper_17.SHA256}... is not in the repository, whose class of the protocol takes Python's hash(), which "
        "for text is another number in every process, and a permutation without classes."
    )
