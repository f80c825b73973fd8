"""The Hubble diagram of SI §9A.6: where the source's simplex stopped, and where the minima are."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.supernovae import hubble_diagram, likelihood_of
from solvers import friedmann_limits
from solvers.backend import Backend
from solvers.backgrounds import Background, PowerLaw, SigmaBaryons
from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.published import paper_9a
from solvers.published.paper_9a import PUBLISHED_A_COS, PUBLISHED_CHI2, RESTARTS, SEARCHES, Stop
from solvers.supernovae import DenseLikelihood

SIGMA, LCDM = "sigma_baryons", "lcdm"
"""The models, by name, that the table of amplitudes compares."""

AMPLITUDES = (15.0, 30.0, 100.0, 1e5)
"""Where the exact χ² is tabulated, beside the published amplitude, the closing one and the limit."""


def hubble_diagram_published(
    catalog: Any,
    models: Mapping[str, Background],
    inference: Minimize,
    backend: Backend,
    profile: Sequence[str] = (),
    profile_points: int = 71,
) -> xr.DataTree:
    """Fit every model exactly, and repeat the published search for those of SI §9A.6.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()` and independent errors.
    models : mapping of str to Background
        The models; those that `solvers.published.paper_9a.SEARCHES` names are also searched that way.
    inference : Minimize
        How the exact best fits and profiles are found.
    backend : Backend
        How the exact χ² is computed.
    profile, profile_points
        As in `sims.supernovae.hubble_diagram`.

    Returns
    -------
    xarray.DataTree
        That of `sims.supernovae.hubble_diagram`, with `/tables/published_protocol`, for Σ with
        `/tables/restarts` and `/tables/amplitude`, and with `notes` for the reader.

    Raises
    ------
    InvalidInput
        Correlated errors, or a model that the published search does not fit.
    """
    if not isinstance(inference, Minimize):
        raise InvalidInput("inference: this experiment compares minima, choose inference=minimize")
    data, dense = likelihood_of(catalog)
    diagram = _diagram(data)
    searched = {name: models[name] for name in SEARCHES if name in models}
    for name, background in searched.items():
        _check(name, background)
    tree = hubble_diagram(catalog, models, inference, backend, profile, profile_points)
    exact = {name: float(tree[f"/models/{name}"]["chi2"].min()) for name in searched}
    sigma = searched.get(SIGMA)
    if sigma is not None:
        exact[SIGMA], _ = dense.evaluate(sigma, a_cos=PUBLISHED_A_COS)
    tables: dict[str, xr.Dataset] = {}
    notes: list[str] = []
    if searched:
        efuncs = {name: paper_9a.plain_efunc(background) for name, background in searched.items()}
        stops = {name: paper_9a.stop(SEARCHES[name], efuncs[name], diagram) for name in searched}
        tables["published_protocol"] = _published_protocol(stops, exact)
        notes += _stop_notes(stops, exact)
    if isinstance(sigma, SigmaBaryons):
        restarts = {name: paper_9a.stop(search, efuncs[SIGMA], diagram) for name, search in RESTARTS.items()}
        tables["restarts"] = _restarts(restarts)
        tables["amplitude"] = _amplitude(sigma, dense, exact.get(LCDM))
        notes += [f"{SIGMA}, same search but {name}: {_place(stop)}." for name, stop in restarts.items()]
        notes += _amplitude_notes(sigma, dense, tables["amplitude"])
    for name, table in tables.items():
        tree[f"/tables/{name}"] = xr.DataTree(table)
    tree.attrs["notes"] = json.dumps(json.loads(tree.attrs["notes"]) + notes)
    return tree


def _diagram(data: xr.Dataset) -> paper_9a.Diagram:
    if "variance" not in data:
        raise InvalidInput(
            "catalog.covariance: the published search takes independent errors. "
            "Set catalog.covariance=diagonal, or ask +experiment=pantheon_baryons."
        )
    magnitude, z, prefactor = (data[name].values for name in ("magnitude", "z", "z_prefactor"))
    variance = data["variance"].values
    return paper_9a.Diagram(z=z, z_prefactor=prefactor, modulus=magnitude, variance=variance)


def _check(name: str, background: Background) -> None:
    """Refuse a model in which the published search cannot move its parameters and find the others fixed."""
    moved, known = set(SEARCHES[name].parameters), set(background.domain)
    for parameter in sorted(moved - known):
        raise InvalidInput(f"models.{name}: has no {parameter}, which the published search moves")
    for parameter in sorted(known - moved - set(background.space.fixed)):
        raise InvalidInput(f"models.{name}.params.{parameter}: the published search needs a number here")


def _published_protocol(stops: Mapping[str, Stop], exact: Mapping[str, float]) -> xr.Dataset:
    published = [PUBLISHED_CHI2[name] for name in stops]
    exactly = f"exact chi2, offset free: the minimum; {SIGMA}: at a_cos = {PUBLISHED_A_COS}"
    density = "matter density where it stopped; NaN: not free"
    return xr.Dataset(
        {
            "model": variable("model", list(stops), "", "model"),
            "published_chi2": variable("model", published, "", "chi2 printed in SI 9A.6"),
            "exact_chi2": variable("model", [exact[name] for name in stops], "", exactly),
            **_columns("model", stops),
            "omega_m": variable("model", _values(stops, "omega_m"), "", density),
        }
    )


def _restarts(stops: Mapping[str, Stop]) -> xr.Dataset:
    lowest = [RESTARTS[name].walls["H0"][0] for name in stops]
    starts = [RESTARTS[name].start["offset"] for name in stops]
    return xr.Dataset(
        {
            "restart": variable("restart", list(stops), "", f"what was changed in the search for {SIGMA}"),
            "H0_wall": variable("restart", lowest, "km / (Mpc s)", "lower wall in H0"),
            "offset_start": variable("restart", starts, "mag", "offset at the start"),
            **_columns("restart", stops),
        }
    )


def _columns(dim: str, stops: Mapping[str, Stop]) -> dict[str, xr.Variable]:
    """What every stop of a simplex leaves in a table."""
    found = stops.values()
    return {
        "chi2": variable(dim, [stop.chi2 for stop in found], "", "chi2 where the simplex stopped"),
        "H0": variable(dim, _values(stops, "H0"), "km / (Mpc s)", "H0 where it stopped"),
        "a_cos": variable(dim, _values(stops, "a_cos"), "", "amplitude where it stopped; NaN: not free"),
        "offset": variable(dim, _values(stops, "offset"), "mag", "offset M where it stopped"),
        "wall_reached": variable(dim, [bool(stop.walls) for stop in found], "", "it stopped at a wall"),
        "wall": variable(dim, [_walls(stop) for stop in found], "", "that wall; empty: none"),
        "n_iterations": variable(dim, [stop.n_iterations for stop in found], "", "iterations of the simplex"),
    }


def _values(stops: Mapping[str, Stop], parameter: str) -> list[float]:
    return [stop.values.get(parameter, np.nan) for stop in stops.values()]


def _amplitude(sigma: SigmaBaryons, dense: DenseLikelihood, chi2_lcdm: float | None) -> xr.Dataset:
    """Exact χ² by amplitude; what it closes of the gap only where ΛCDM was asked for."""
    p, law = sigma.space.fixed, sigma.law
    kappa = law.g_dagger.kappa(p["H0"])
    closing = float(friedmann_limits.closure_amplitude(p["omega_b"], p["omega_r"], kappa, law))
    finite = sorted({PUBLISHED_A_COS, closing, *AMPLITUDES})
    limit = PowerLaw(params={"p": paper_9a.limit_index(law)})
    exact = [dense.evaluate(sigma, a_cos=a_cos)[0] for a_cos in finite] + [dense.evaluate(limit)[0]]
    amplitudes, chi2 = np.array([*finite, np.inf]), np.array(exact)
    variables = {
        "a_cos": variable("a_cos", amplitudes, "", "amplitude; infinite: the power law E = (1+z)^p"),
        "chi2": variable("a_cos", chi2, "", "exact chi2, offset free"),
        "is_closing": variable("a_cos", amplitudes == closing, "", "E(0) = 1 at this amplitude"),
    }
    if chi2_lcdm is not None:
        closed = paper_9a.gap_closed(chi2, dense.evaluate(sigma, a_cos=0.0)[0], chi2_lcdm)
        long_name = "fraction closed of the gap in exact chi2 between GR + baryons and LCDM"
        variables["gap_closed"] = variable("a_cos", closed, "", long_name)
    return xr.Dataset(variables)


def _walls(stop: Stop) -> str:
    return ", ".join(f"{name} = {wall:g}" for name, wall in stop.walls.items())


def _place(stop: Stop) -> str:
    values = ", ".join(f"{parameter} = {value:.5f}" for parameter, value in stop.values.items())
    where = f"at the wall {_walls(stop)}, not a minimum" if stop.walls else "away from its walls"
    return f"{stop.chi2:.3f} is where the simplex stopped {where} ({values})"


def _stop_notes(stops: Mapping[str, Stop], exact: Mapping[str, float]) -> list[str]:
    notes = []
    for name, stop in stops.items():
        where = f"at a_cos = {PUBLISHED_A_COS}" if name == SIGMA else "at the minimum"
        published = f"published chi2 {PUBLISHED_CHI2[name]}"
        notes.append(f"{name}: {published}; {_place(stop)}; exact chi2 {where} {exact[name]:.3f}.")
    if {"gr_baryons", "gr_free_matter"} <= set(exact):
        difference = abs(exact["gr_baryons"] - exact["gr_free_matter"])
        notes.append(f"gr_free_matter: its exact chi2 and that of gr_baryons differ by {difference:.1e}.")
    return notes


def _amplitude_notes(sigma: SigmaBaryons, dense: DenseLikelihood, table: xr.Dataset) -> list[str]:
    ends = SEARCHES[SIGMA].walls["H0"]
    low, high = (dense.evaluate(sigma, a_cos=PUBLISHED_A_COS, H0=H0)[0] for H0 in ends)
    above = table.sel(a_cos=slice(PUBLISHED_A_COS, None))
    trend = "falls monotonically" if np.all(np.diff(above["chi2"]) < 0) else "is not monotonic, it goes"
    first, last = above.isel(a_cos=0), above.isel(a_cos=-1)
    closed = ""
    if "gap_closed" in table:
        percent = [f"{100.0 * end['gap_closed'].item():.1f} %" for end in (first, last)]
        closed = f"; of the gap between GR + baryons and LCDM that closes {' and '.join(percent)}"
    return [
        f"{SIGMA}: with a free offset chi2 at a_cos = {PUBLISHED_A_COS} changes by {abs(high - low):.1e} "
        f"between H0 = {ends[0]:g} and H0 = {ends[1]:g}.",
        f"{SIGMA}: exact chi2 {trend} from {first['chi2'].item():.3f} at a_cos = {PUBLISHED_A_COS} "
        f"to {last['chi2'].item():.3f} for a_cos -> infinity{closed}.",
    ]
