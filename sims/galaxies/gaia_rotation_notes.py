"""What the stars say of the models, what was left out, and what they do not measure."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.galaxies.milky_way_notes import baryon_notes
from solvers.galaxies.base import RotationModel
from solvers.galaxies.medians import BinnedMedians
from solvers.galaxies.milky_way import EILERS, MilkyWayBaryons
from solvers.published import paper_11

ASYMMETRIC_DRIFT = (
    "A median azimuthal velocity is no circular velocity: stars lag behind it (asymmetric drift, here not corrected), "
    "so a model that is above the stars may still be right"
)


def gaia_notes(
    data: xr.Dataset,
    stars: xr.Dataset,
    bins: BinnedMedians,
    tables: Mapping[str, xr.Dataset],
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, MilkyWayBaryons],
    error: str,
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data, stars : xarray.Dataset
        The catalogue, and the stars of it that were used.
    bins : BinnedMedians
        Of their azimuthal velocity.
    tables : mapping of str to xarray.Dataset
        Of the run.
    models, baryons : mapping
        As predicted.
    error : str
        How the standard errors of the medians were found.
    """
    yield ASYMMETRIC_DRIFT + "."
    yield from _counts(data, stars, bins)
    yield from _sun(data)
    how = {"bootstrap": "bootstrap over the stars of the bin", "normal": "1.2533 σ/√n, too large for tails"}[error]
    yield f"Errors of the medians: {how}; errors of distances and of the Sun's own motion, common to all, are not in."
    table = tables["stars"]
    for name in baryons:
        rows = np.flatnonzero(table["baryons"].values == name)
        key, bias, scatter, rms = (table[c].values[rows] for c in ("model", "rar_bias", "rar_scatter", "bins_rms"))
        words = ", ".join(f"{k} {b:+.3f} ± {s:.3f}" for k, b, s in zip(key, bias, scatter, strict=True))
        yield f"{name}, log10(g_obs/g_pred) over {table['n'].values[0]} stars, mean ± scatter [dex]: {words}."
        ranked = ", ".join(f"{key[i]} {rms[i]:.1f}" for i in np.argsort(rms))
        yield f"{name}, RMS of the medians in {bins.n.size} bins about the models [km/s]: {ranked}."
    yield (
        f"Printed star-level bias and scatter (SI §5.5): {paper_11.STAR_BIAS:+g} and {paper_11.STAR_SCATTER:g} dex for "
        f"{paper_11.STARS} stars. They need the author's star files, which are not public: not verified. These are "
        "other stars."
    )
    yield from _printed(tables["printed"])
    yield from baryon_notes(baryons)


def _counts(data: xr.Dataset, stars: xr.Dataset, bins: BinnedMedians) -> Iterator[str]:
    steps = json.loads(data.attrs.get("steps", "[]"))
    told = "; ".join(f"{each['step']}: {each['rows']}" for each in steps)
    yield (
        f"Stars: {told}; within sim.edges and sim.height_max: {stars.sizes['star']}, of which {bins.n_dropped} are in "
        f"bins with fewer than sim.min_stars and enter the accelerations only."
    )
    backwards = int((stars["v_phi"].values <= 0).sum())
    if backwards:
        yield f"{backwards} stars with v_phi <= 0 have no log10(g_obs/g_pred) and are in the medians only."


def _sun(data: xr.Dataset) -> Iterator[str]:
    velocity = json.loads(data.attrs.get("cuts", "{}")).get("sun_velocity")
    if velocity is not None:
        yield (
            f"Near the Sun v_phi moves one to one with the Sun's own velocity along the rotation, here {velocity[1]:g} "
            "km/s; the proper motion of Sgr A* and a distance of 8.122 kpc give about 246. Which model is nearest to "
            "the stars follows from this choice and from the drift: it is no test of the models."
        )


def _printed(table: xr.Dataset) -> Iterator[str]:
    rows = [
        f"{r:g} kpc: {p:g}, here {v:.1f} ± {e:.1f}"
        for r, p, v, e in zip(*(table[c].values for c in ("radius", "printed", "v_phi", "v_phi_err")), strict=True)
        if np.isfinite(v)
    ]
    if rows:
        yield f"Median v_phi that SI §27.5 prints [km/s]: {'; '.join(rows)}."
    line = ", ".join(f"{EILERS(radius):.1f}" for radius in table["radius"].values)
    radii = ", ".join(f"{radius:g}" for radius in table["radius"].values)
    yield (
        f"SI §27.5 quotes {paper_11.EILERS_QUOTED:g} km/s of Eilers et al. at {radii} kpc; the line of SI §11.3 gives "
        f"{line}."
    )
