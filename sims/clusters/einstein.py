"""Lensing profiles and Einstein radii of clusters by fixed models, and what they depend on."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.checks import checked_list
from sims.clusters.einstein_notes import einstein_notes
from sims.clusters.einstein_predictive import PredictiveCases, predictive_tables
from sims.clusters.einstein_shapes import isothermal_table, triaxial_cases, triaxial_tables
from sims.clusters.einstein_tables import (
    crossing_table,
    extent_table,
    gas_table,
    lens_table,
    radius_table,
    shortcut_table,
)
from sims.clusters.lens_nodes import PreparedLens, built, prepared_lenses
from sims.clusters.model_table import model_table, require_models
from solvers.clusters.einstein_radius import Crossings
from solvers.clusters.enhancements import LensModel
from solvers.clusters.geometry import CONSTANTS, LensConstants
from solvers.clusters.lens import cosmology_with
from solvers.errors import InvalidInput
from solvers.inference.parameters import POSITIVE

Found = dict[str, dict[str, Crossings]]
"""Crossings by model and cluster."""


def einstein(
    models: Mapping[str, LensModel],
    clusters: Mapping[str, Any],
    cosmology: Any,
    radius_range: Mapping[str, Any],
    search_range: Mapping[str, Any],
    cluster: str,
    radius: Sequence[float] | None = None,
    constants: str = "published",
    start: float | None = None,
    kappa_ext: float = 0.0,
    extents: Sequence[float] = (1.0, 2.0, 5.0),
    triaxial: Mapping[str, Any] | None = None,
    predictive: Mapping[str, Any] | None = None,
    isothermal: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> xr.DataTree:
    """Predict what every model makes clusters do to light; nothing is fitted.

    Parameters
    ----------
    models : mapping of str to LensModel
        Numbers for all parameters; beside Σ also MOND and the baryons.
    clusters : mapping of str to ClusterLens or mapping
        By name; a mapping has the keys of `solvers.clusters.lens.ClusterLens`.
    cosmology : object
        Distances and R500: `solvers.clusters.geometry.FlatMatter`, `solvers.clusters.lens.NamedCosmology` or a
        background of this suite. Of FlatMatter c is that of the constants, if it is not given.
    radius_range : mapping
        `min`, `max`, `num` and `log` of the radii of the profiles [kpc], > 0, if `radius` is None.
    search_range : mapping
        The same of the grid between whose ends crossings are looked for [kpc].
    cluster : str
        The cluster of the tables `extent`, `gas` and `triaxial`.
    radius : sequence of float, optional
        Radii of the profiles [kpc], > 0.
    constants : {"published", "codata"}
        c, G and the kiloparsec.
    start : float, optional
        Inside this radius [kpc] Σ is continued as a power law; 1e-4 of the first one by default.
    kappa_ext : float
        Convergence of a sheet, < 1, added to that of every cluster.
    extents : sequence of float
        Where the baryons may end [R500], > 0.
    triaxial, predictive, isothermal : mapping, optional
        Keys of `TriaxialCases` and `IsothermalCases` in `sims.clusters.einstein_shapes`, and of `PredictiveCases`; None
        leaves them out.
    seed : int
        Of the draws of `predictive`.

    Returns
    -------
    xarray.DataTree
        `/models/NAME` with Einstein radii along `cluster` and profiles along (`cluster`, `radius`); `/tables`; `notes`.

    Raises
    ------
    InvalidInput
        No clusters or models, a free parameter, Σ alone, an unknown name, or a number out of its range.
    """
    require_models(models)
    if constants not in CONSTANTS:
        raise InvalidInput(f"sim.constants={constants!r}: must be one of {', '.join(CONSTANTS)}")
    numbers = CONSTANTS[constants]
    at = _radii("radius_range", radius_range) if radius is None else _radii("radius", radius)
    grid = _radii("search_range", search_range)
    if grid.size < 2 or np.diff(np.log(grid)).max() > 0.35:
        raise InvalidInput("sim.search_range: steps must be below a factor 1.4; give more radii, log: true")
    if start is not None and not 0 < start <= grid[0]:
        raise InvalidInput(f"sim.start={start:g}: must be > 0 and <= the first radius of sim.search_range, {grid[0]:g}")
    if not kappa_ext < 1:
        raise InvalidInput(f"sim.kappa_ext={kappa_ext:g}: must be < 1; a sheet of 1 has no Einstein radius")
    at_redshift = cosmology_with(cosmology, numbers)
    lenses = prepared_lenses(clusters, at_redshift, numbers, kappa_ext=kappa_ext, radius=grid, start=start)
    if cluster not in lenses:
        raise InvalidInput(f"sim.cluster={cluster!r}: must be one of {', '.join(lenses)}")
    shapes = None if triaxial is None else triaxial_cases(triaxial, models)
    population = None if predictive is None else built("sim.predictive", predictive, PredictiveCases)
    toy = {} if isothermal is None else {"isothermal": isothermal_table(isothermal)}
    ends = checked_list("sim.extents", extents, POSITIVE)
    found, answers = _answers(models, lenses, at, numbers)
    tables = {
        "models": model_table(models),
        "lenses": lens_table(lenses, at_redshift),
        "theta_e": radius_table(answers),
        "shortcut": shortcut_table(models, lenses, numbers),
        "extent": extent_table(models, lenses[cluster], ends, numbers),
        "gas": gas_table(models, lenses[cluster], numbers),
        **crossing_table(found, lenses),
    }
    if shapes is not None:
        tables |= triaxial_tables(models, lenses, cluster, numbers, shapes)
    if population is not None:
        tables |= predictive_tables(lenses, seed, population)
    tables |= toy
    tree = run_tree(models=answers, tables=tables)
    tree.attrs["notes"] = json.dumps(list(einstein_notes(models, lenses, cluster, answers, tables)))
    return tree


def _radii(key: str, values: Any) -> np.ndarray:
    radii = checked_list(f"sim.{key}", values, POSITIVE)
    if not (np.diff(radii) > 0).all():
        raise InvalidInput(f"sim.{key}: must increase from each radius to the next")
    return radii


def _answers(
    models: Mapping[str, LensModel],
    lenses: Mapping[str, PreparedLens],
    radius: np.ndarray,
    constants: LensConstants,
) -> tuple[Found, dict[str, xr.Dataset]]:
    found: Found = {}
    answers = {}
    for name, model in models.items():
        surfaces = {key: model.surface_density(lens.baryons, constants) for key, lens in lenses.items()}
        found[name] = {key: lens.crossings(surfaces[key]) for key, lens in lenses.items()}
        kappa = np.stack([lens.kappa(surfaces[key], radius) for key, lens in lenses.items()])
        mean = np.stack([lens.mean_kappa(surfaces[key], radius) for key, lens in lenses.items()])
        alpha = np.stack([lens.angle(radius * row) for lens, row in zip(lenses.values(), mean, strict=True)])
        answers[name] = _dataset(found[name], lenses, radius, kappa, mean, alpha)
    return found, answers


def _dataset(
    found: Mapping[str, Crossings],
    lenses: Mapping[str, PreparedLens],
    radius: np.ndarray,
    kappa: np.ndarray,
    mean: np.ndarray,
    alpha: np.ndarray,
) -> xr.Dataset:
    outermost = np.array([each.outermost for each in found.values()])
    theta_e = [lens.angle(r) for lens, r in zip(lenses.values(), outermost, strict=True)]
    numbers = [each.radius.size for each in found.values()]
    both = ("cluster", "radius")
    return xr.Dataset(
        {
            "cluster": variable("cluster", list(lenses), "", "cluster"),
            "radius": variable("radius", radius, "kpc", "projected radius"),
            "einstein_radius": variable("cluster", outermost, "kpc", "outermost R with mean convergence 1; NaN: none"),
            "theta_e": variable("cluster", theta_e, "arcsec", "the same as an angle"),
            "n_crossings": variable("cluster", numbers, "", "radii with mean convergence 1"),
            "kappa": variable(both, kappa, "", "convergence, with sheets"),
            "mean_kappa": variable(both, mean, "", "mean convergence inside R, with sheets"),
            "tangential_shear": variable(both, mean - kappa, "", "tangential shear"),
            "deflection": variable(both, alpha, "arcsec", "reduced deflection, with sheets"),
        }
    )
