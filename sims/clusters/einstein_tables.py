"""Tables of lenses: distances and masses, Einstein radii of all models, and what the baryons change in them."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from scipy import optimize

from outputs.tree import variable
from sims.clusters.lens_nodes import PreparedLens
from solvers.clusters.einstein_radius import Crossings
from solvers.clusters.enhancements import ClusterModel, LawEnhancement, LensModel, NoEnhancement
from solvers.clusters.gas import TEMPERATURES
from solvers.clusters.geometry import LensConstants
from solvers.clusters.mass_ratios import RADIUS
from solvers.clusters.projection import cylinder_mass

_TOLERANCE = 1e-12


def lens_table(lenses: Mapping[str, PreparedLens], cosmology: Any) -> xr.Dataset:
    """What every cluster is and where; masses are those of the baryons inside 200 kpc."""
    columns = []
    for each in lenses.values():
        lens, own = each.lens, each.baryons
        distances = lens.distances(cosmology)
        z_s = float(np.ravel(lens.z_s)[0]) if lens.has_one_source else math.nan
        sphere = float(own.enclosed_mass(RADIUS))
        cylinder = cylinder_mass(NoEnhancement().surface_density(own), RADIUS)
        where = lens.m500, lens.z_l, z_s, own.r500, own.r_max, distances.D_l, distances.D_s, distances.D_ls
        columns.append((*where, lens.distance_ratio(cosmology), each.sigma_crit, each.kappa_ext, sphere, cylinder))
    words = (
        ("m500", "solMass", "M500"),
        ("z_l", "", "redshift of the cluster"),
        ("z_s", "", "redshift of the sources; NaN: a distribution"),
        ("r500", "kpc", "R500"),
        ("r_max", "kpc", "where projections end"),
        ("D_l", "kpc", "angular-diameter distance of the cluster"),
        ("D_s", "kpc", "of the sources; NaN: a distribution"),
        ("D_ls", "kpc", "from cluster to sources; NaN: a distribution"),
        ("distance_ratio", "", "mean of D_ls/D_s"),
        ("sigma_crit", "solMass / kpc2", "critical surface density"),
        ("kappa_ext", "", "convergence of sheets"),
        ("sphere_mass", "solMass", f"baryons in the sphere of {RADIUS:g} kpc"),
        ("cylinder_mass", "solMass", f"baryons in the cylinder of {RADIUS:g} kpc"),
    )
    rows = zip(words, zip(*columns, strict=True), strict=True)
    found = {key: variable("cluster", list(values), unit, text) for (key, unit, text), values in rows}
    return xr.Dataset({"cluster": variable("cluster", list(lenses), "", "cluster"), **found})


def radius_table(answers: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Einstein radii of all clusters by all models."""
    values = np.stack([answer["theta_e"].values for answer in answers.values()], axis=1)
    return xr.Dataset(
        {
            "cluster": next(iter(answers.values()))["cluster"].variable,
            "model": variable("model", list(answers), "", "model"),
            "theta_e": variable(("cluster", "model"), values, "arcsec", "Einstein radius; NaN: none"),
        }
    )


def crossing_table(
    found: Mapping[str, Mapping[str, Crossings]], lenses: Mapping[str, PreparedLens]
) -> dict[str, xr.Dataset]:
    """All crossings of those lenses that have more than one, as the table `crossings`; nothing where there is none."""
    rows = [
        (name, key, r, lenses[key].angle(r), downward)
        for name, by_cluster in found.items()
        for key, each in by_cluster.items()
        if each.radius.size > 1
        for r, downward in zip(each.radius, each.is_downward, strict=True)
    ]
    if not rows:
        return {}
    words = (
        ("model", "", "model"),
        ("cluster", "", "cluster"),
        ("crossing_radius", "kpc", "R with mean convergence 1"),
        ("crossing_angle", "arcsec", "the same as an angle"),
        ("is_downward", "", "whether the mean convergence falls below 1 there"),
    )
    columns = zip(words, zip(*rows, strict=True), strict=True)
    table = {key: variable("case", list(values), unit, text) for (key, unit, text), values in columns}
    return {"crossings": xr.Dataset({"case": variable("case", np.arange(len(rows)), "", "case"), **table})}


def extent_table(
    models: Mapping[str, LensModel], lens: PreparedLens, extents: np.ndarray, constants: LensConstants
) -> xr.Dataset:
    """Einstein radii of one cluster as its baryons, and what Σ(g) makes of them, end nearer or further out."""
    kinds = {name: model for name, model in models.items() if isinstance(model, ClusterModel)}
    values = [
        [lens.theta_e(model.surface_density(replace(lens.baryons, extent=float(e)), constants)) for e in extents]
        for model in kinds.values()
    ]
    return xr.Dataset(
        {
            "model": variable("model", list(kinds), "", "models in which the acceleration decides, and the baryons"),
            "extent": variable("extent", extents, "", "r_max/R500"),
            "theta_e": variable(("model", "extent"), np.reshape(values, (len(kinds), -1)), "arcsec", "Einstein radius"),
        }
    )


def gas_table(models: Mapping[str, LensModel], lens: PreparedLens, constants: LensConstants) -> xr.Dataset:
    """Einstein radii of one cluster for both laws of the temperature, with the clumping of the run and without."""
    own = lens.baryons.gas
    shapes = {
        f"{law}{', no clumping' if smooth else ''}": replace(
            own, temperature=law, clumping=replace(own.clumping, C0=1.0) if smooth else own.clumping
        )
        for law in TEMPERATURES
        for smooth in (False, True)
    }
    values = [
        [lens.theta_e(model.surface_density(replace(lens.baryons, gas=gas), constants)) for model in models.values()]
        for gas in shapes.values()
    ]
    return xr.Dataset(
        {
            "gas": variable("gas", list(shapes), "", "shape of the gas"),
            "model": variable("model", list(models), "", "model"),
            "theta_e": variable(("gas", "model"), values, "arcsec", "Einstein radius"),
        }
    )


def shortcut_table(
    models: Mapping[str, LensModel], lenses: Mapping[str, PreparedLens], constants: LensConstants
) -> xr.Dataset:
    """Radii where the mass in the sphere over πR² Σ_crit is 1, which is no Einstein radius; of models that have one."""
    kinds = {name: model for name, model in models.items() if isinstance(model, ClusterModel)}
    values = [[_shortcut(model, lens, constants) for model in kinds.values()] for lens in lenses.values()]
    words = "M(<r) in the sphere in place of the projected mass"
    return xr.Dataset(
        {
            "cluster": variable("cluster", list(lenses), "", "cluster"),
            "model": variable("model", list(kinds), "", "model"),
            "theta_shortcut": variable(("cluster", "model"), np.reshape(values, (len(lenses), -1)), "arcsec", words),
        }
    )


def _shortcut(model: ClusterModel, lens: PreparedLens, constants: LensConstants) -> float:
    def excess(r: Any) -> Any:
        mass = lens.baryons.enclosed_mass(r)
        if isinstance(model, LawEnhancement):
            mass = mass * model.enhancement(constants.acceleration(mass, r))
        return mass / (math.pi * np.square(r) * lens.sigma_crit) + lens.kappa_ext - 1.0

    above = excess(lens.radius) >= 0
    cells = np.flatnonzero(above[:-1] & ~above[1:])
    if not cells.size:
        return math.nan
    low, high = lens.radius[cells[-1]], lens.radius[cells[-1] + 1]
    return float(lens.angle(optimize.brentq(excess, low, high, rtol=_TOLERANCE)))
