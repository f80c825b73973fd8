"""Stars of the Milky Way: medians of the azimuthal velocity in bins of radius, and the acceleration star by star."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.case_table import case_table
from sims.checks import checked_list
from sims.galaxies.gaia_rotation_notes import ASYMMETRIC_DRIFT, gaia_notes
from sims.galaxies.milky_way_galaxy import Galaxy
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies import metrics
from solvers.galaxies.base import RotationModel
from solvers.galaxies.medians import BinnedMedians, binned_medians, bootstrap_error, normal_error, spread
from solvers.galaxies.milky_way import R_DISK, MilkyWayBaryons
from solvers.inference.parameters import NON_NEGATIVE
from solvers.published.paper_11 import EILERS_QUOTED, MEDIANS

ERRORS = ("bootstrap", "normal")
"""How the standard error of a median is found."""

_COLUMNS = ("source_id", "radius", "height", "v_phi", "v_phi_err")
_HALF_WIDTH = 0.25
"""Of the bins about the radii that SI §27.5 prints [kpc], which are no centres of its own bins."""


def gaia_rotation(
    catalog: Any,
    models: Mapping[str, RotationModel],
    baryons: Mapping[str, MilkyWayBaryons],
    edges: Sequence[float],
    height_max: float | None = 0.5,
    min_stars: int = 101,
    error: str = "bootstrap",
    n_resamples: int = 4000,
    r_disk: float = R_DISK,
    kiloparsec: str = "astropy",
    seed: int = 0,
) -> xr.DataTree:
    """Compare stars with every model; nothing is fitted, and the asymmetric drift is not corrected.

    Parameters
    ----------
    catalog : object
        Stars with an azimuthal velocity, such as `catalogs.gaia_plane.GaiaPlane`.
    models : mapping of str to RotationModel
        Numbers for all parameters.
    baryons : mapping of str to MilkyWayBaryons
        By name; all models on all of them.
    edges : sequence of float
        Of the left-closed bins [kpc], two or more. Stars elsewhere are left out.
    height_max : float, optional
        Stars nearer than it to the plane are used [kpc], > 0; None: all.
    min_stars : int
        Bins with fewer are left out, >= 2.
    error : {"bootstrap", "normal"}
        Standard error of a median: of resampled stars, or 1.2533 σ/√n.
    n_resamples : int
        Of the bootstrap, >= 2.
    r_disk : float
        Scale length that enters the window [kpc].
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².
    seed : int
        Of the bootstrap.

    Returns
    -------
    xarray.DataTree
        `/data` with the stars used; `/models/NAME` with the velocity at the bins along (`baryons`, `bin`);
        `/tables/bins`, `stars` (star-level RAR, and the bins) and `printed`; `notes`.

    Raises
    ------
    InvalidInput
        No models or baryons, a free parameter, a number out of its range, no star or no bin left, or no stars.
    """
    for key, chosen in (("models", models), ("baryons", baryons)):
        if not chosen:
            raise InvalidInput(f"{key}: name at least one")
    galaxy = Galaxy(baryons, models, r_disk, kiloparsec)
    limits = _edges(edges)
    error_of = _error_of(error, n_resamples, seed)
    _check(height_max, min_stars)
    data = catalog.load()
    stars = _chosen(data, limits, height_max)
    binned = partial(binned_medians, stars["radius"].values, stars["v_phi"].values, error_of=error_of)
    bins = binned(limits, min_count=min_stars)
    if not bins.n.size:
        raise InvalidInput(f"sim.min_stars={min_stars}: no bin has as many stars; the stars are {stars.sizes['star']}")
    centre = 0.5 * (bins.low + bins.high)
    answers = {name: _answer(galaxy, model, centre) for name, model in models.items()}
    tables = {
        "bins": _bin_table(bins, centre, error),
        "stars": _star_table(galaxy, answers, stars, bins),
        "printed": _printed(lambda ends: binned(ends, min_count=2)),
    }
    tree = run_tree(data=stars, models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(list(gaia_notes(data, stars, bins, tables, models, baryons, error)))
    return tree


def _edges(edges: Sequence[float]) -> np.ndarray:
    found = checked_list("sim.edges", edges, NON_NEGATIVE)
    if not (found.size >= 2 and (np.diff(found) > 0).all()):
        raise InvalidInput("sim.edges: must be two or more increasing radii, kpc")
    return found


def _error_of(error: str, n_resamples: int, seed: int) -> Callable[[np.ndarray], float]:
    if error not in ERRORS:
        raise InvalidInput(f"sim.error={error!r}: must be one of {', '.join(ERRORS)}")
    if n_resamples < 2:
        raise InvalidInput(f"sim.n_resamples={n_resamples}: must be >= 2")
    if error == "normal":
        return normal_error
    return partial(bootstrap_error, rng=np.random.default_rng(seed), n_resamples=n_resamples)


def _check(height_max: float | None, min_stars: int) -> None:
    if height_max is not None and not (height_max > 0 and np.isfinite(height_max)):
        raise InvalidInput(f"sim.height_max={height_max}: must be > 0 kpc, or null for all stars")
    if min_stars < 2:
        raise InvalidInput(f"sim.min_stars={min_stars}: must be >= 2")


def _chosen(data: xr.Dataset, edges: np.ndarray, height_max: float | None) -> xr.Dataset:
    missing = [name for name in _COLUMNS if name not in data]
    if missing:
        raise InvalidInput(f"catalog: holds no stars ({', '.join(missing)} missing); try gaia_plane")
    radius = data["radius"].values
    kept = (radius >= edges[0]) & (radius < edges[-1])
    if height_max is not None:
        kept &= np.abs(data["height"].values) < height_max
    if not kept.any():
        raise InvalidInput("sim.edges, sim.height_max: no star is left")
    stars = data[list(_COLUMNS)].isel(star=np.flatnonzero(kept))
    stars.attrs["note"] = ASYMMETRIC_DRIFT
    return stars


def _answer(galaxy: Galaxy, model: RotationModel, centre: np.ndarray) -> xr.Dataset:
    words = "circular velocity of the model at the centre of the bin"
    return xr.Dataset(
        {
            "baryons": galaxy.axis(),
            "bin": variable("bin", centre, "kpc", "centre of the bin of radius"),
            "velocity": variable(("baryons", "bin"), galaxy.velocity(model, centre), "km/s", words),
        }
    )


def _bin_table(bins: BinnedMedians, centre: np.ndarray, error: str) -> xr.Dataset:
    how = "bootstrap over stars" if error == "bootstrap" else "1.2533 sigma/sqrt(n)"
    columns = {
        "bin_low": (bins.low, "kpc", "lower end of the bin, inclusive"),
        "bin_high": (bins.high, "kpc", "its upper end"),
        "n": (bins.n, "", "stars"),
        "v_phi": (bins.median, "km/s", "median azimuthal velocity; no circular velocity (asymmetric drift)"),
        "v_phi_err": (bins.error, "km/s", f"standard error of the median, {how}"),
        "deviation": (bins.deviation, "km/s", "standard deviation of the stars"),
    }
    found = {key: variable("bin", values, unit, text) for key, (values, unit, text) in columns.items()}
    return xr.Dataset({"bin": variable("bin", centre, "kpc", "centre of the bin of radius"), **found})


def _star_table(
    galaxy: Galaxy, answers: Mapping[str, xr.Dataset], stars: xr.Dataset, bins: BinnedMedians
) -> xr.Dataset:
    """Star-level RAR of every model on all baryons, and its distance from the medians."""
    radius, v_phi = stars["radius"].values, stars["v_phi"].values
    rotating = v_phi > 0
    if not rotating.any():
        raise InvalidInput("catalog: no star that is left rotates with the disk (v_phi > 0)")
    rows = []
    for i, name in enumerate(galaxy.baryons):
        curves = galaxy.curves(name, radius[rotating], v_phi[rotating])
        for key, model in galaxy.models.items():
            velocity = model.velocity(curves)
            residual = -2.0 * metrics.log_velocity_ratio(curves, velocity)
            off = bins.median - answers[key]["velocity"].values[i]
            rows.append(
                (
                    name,
                    key,
                    velocity.size,
                    metrics.rar_bias(curves, velocity)[0],
                    metrics.rar_scatter(curves, velocity)[0],
                    np.median(residual),
                    spread(residual),
                    off.mean(),
                    np.sqrt((off**2).mean()),
                )
            )
    words = (
        ("baryons", "", "components of the Milky Way"),
        ("model", "", "model"),
        ("n", "", "stars with v_phi > 0"),
        ("rar_bias", "", "mean over stars of log10(g_obs/g_pred), dex; g_obs from v_phi, asymmetric drift included"),
        ("rar_scatter", "", "its standard deviation, dex"),
        ("rar_median", "", "its median, dex"),
        ("rar_spread", "", "1.4826 times its median absolute deviation, dex: not moved by the tail of slow stars"),
        ("bins_difference", "km/s", "mean over bins of the median minus the model"),
        ("bins_rms", "km/s", "root mean square of the same"),
    )
    return case_table(rows, words)


def _printed(medians_in: Callable[[np.ndarray], BinnedMedians]) -> xr.Dataset:
    """SI §27.5 beside these stars, at the same radii."""
    rows = []
    for radius, (median, error) in MEDIANS.items():
        found = medians_in(np.array([radius - _HALF_WIDTH, radius + _HALF_WIDTH]))
        own = (found.n[0], found.median[0], found.error[0]) if found.n.size else (0, np.nan, np.nan)
        rows.append((radius, median, error, EILERS_QUOTED, *own))
    words = (
        ("printed", "km/s", "median azimuthal velocity as SI 27.5 prints it"),
        ("printed_err", "km/s", "its error, as printed"),
        ("quoted_eilers", "km/s", "what SI 27.5 has for Eilers et al."),
        ("n", "", f"stars within {_HALF_WIDTH:g} kpc"),
        ("v_phi", "km/s", "their median azimuthal velocity; no circular velocity (asymmetric drift)"),
        ("v_phi_err", "km/s", "its standard error"),
    )
    radii, *columns = zip(*rows, strict=True)
    found_columns = {k: variable("radius", list(c), u, t) for (k, u, t), c in zip(words, columns, strict=True)}
    return xr.Dataset({"radius": variable("radius", list(radii), "kpc", "galactocentric radius"), **found_columns})
