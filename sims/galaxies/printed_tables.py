"""What the source prints of galaxies beside what its formulas give: tables, the Solar System, the dynamical field."""

import json
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.galaxies.sample import curves_of
from sims.sources import source_of
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.dynamical_field import DynamicalField
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.metrics import rms
from solvers.galaxies.post_newtonian import post_newtonian_terms
from solvers.galaxies.solar_system import AU_KPC, burr_excess, gated_excess, law_excess
from solvers.laws import Law
from solvers.published.paper_6_7 import (
    Row,
    counter_rotation_table,
    derived_parameters,
    dimensional_errors,
    enhancement_table,
    environment_table,
)

_SUN_FROM_CENTRE = 8.122
_R_DISK = 2.6


def printed_tables(
    catalog: Any,
    law: Law,
    baryons: Baryons,
    kiloparsec: str = "astropy",
    n_galaxies: int = 50,
    mass_scale: float = 1.0,
) -> xr.DataTree:
    """Tables of SI §4, §6.4, §7 and §23.3, printed beside computed.

    Parameters
    ----------
    catalog : object
        Rotation curves, for the dynamical field.
    law : Law
        h, g†, amplitude and window.
    baryons : Baryons
        Mass-to-light ratios.
    kiloparsec : {"astropy", "published"}
        Which kiloparsec turns (km/s)²/kpc into m/s².
    n_galaxies : int
        The first of these are taken through the field, >= 1; 50 in the source.
    mass_scale : float
        M of the field, > 0; it drops out.

    Returns
    -------
    xarray.DataTree
        `/tables/printed`, `solar_system`, `post_newtonian`, `dynamical_field`, and `notes`.
    """
    if n_galaxies < 1:
        raise InvalidInput(f"sim.n_galaxies={n_galaxies}: must be >= 1")
    data = catalog.load()
    rows = (*counter_rotation_table(), *environment_table(), *enhancement_table(law), *derived_parameters(law))
    field, difference = _dynamical_field(data, law, baryons, kiloparsec, n_galaxies, mass_scale)
    tables = {
        "printed": _rows_table((*rows, *dimensional_errors())),
        "solar_system": _solar_system(law),
        "post_newtonian": _post_newtonian(),
        "dynamical_field": field,
    }
    tree = run_tree(tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(
        [
            *(f"SI {row.section}, {row.quantity}: {row.remark}." for row in dimensional_errors()),
            "The dynamical field (SI 23.3) returns the closed form it was made from, here within "
            f"{difference:.1e} km/s for any M: an identity, no solution of the field equation.",
            "Which radius enters the window in the Solar System is not stated in the source; both readings are given.",
            "Post-Newtonian budget (SI 4): its coefficients and ratios are not in the source, here all are 1.",
        ]
    )
    return tree


def _rows_table(rows: tuple[Row, ...]) -> xr.Dataset:
    words = {
        "section": "section of the SI",
        "quantity": "what is printed",
        "unit": "unit as printed",
        "printed": "printed value",
        "computed": "by the formula of the source",
        "remark": "what to know",
    }
    return xr.Dataset(
        {
            "row": variable("row", np.arange(len(rows)), "", "row"),
            **{key: variable("row", [getattr(row, key) for row in rows], "", text) for key, text in words.items()},
        }
    )


def _solar_system(law: Law) -> xr.Dataset:
    """Excess of gravity at 1 au by every kernel, and by what radius enters it."""
    to_sun = AU_KPC
    excess = {
        "closed form, W = 1": law_excess(law, 1.0, window_radius=np.inf, r_disk=_R_DISK),
        "closed form, R to the Sun": law_excess(law, 1.0, window_radius=to_sun, r_disk=_R_DISK),
        "closed form, R to the centre": law_excess(law, 1.0, window_radius=_SUN_FROM_CENTRE, r_disk=_R_DISK),
        "Burr kernel, R to the Sun": burr_excess(1.0, kernel_radius=to_sun),
        "Burr kernel and (g_dagger/g)^0.757": burr_excess(1.0, kernel_radius=to_sun, acceleration_exponent=0.757),
        "gated power law, R to the Sun": gated_excess(1.0, kernel_radius=to_sun),
    }
    return xr.Dataset(
        {
            "kernel": variable("kernel", list(excess), "", "kernel and the radius that enters it"),
            "excess": variable("kernel", [float(x) for x in excess.values()], "", "g/g_bar - 1 at 1 au"),
        }
    )


def _post_newtonian() -> xr.Dataset:
    """The budget of SI §4 for a galaxy and a cluster, its three coefficients 1."""
    velocity = np.array([200.0, 1000.0])
    terms = post_newtonian_terms(velocity)
    return xr.Dataset(
        {
            "velocity": variable("velocity", velocity, "km/s", "rotation or dispersion"),
            "budget": variable("velocity", np.asarray(terms.total), "", "sum of the three terms, all ratios 1"),
        }
    )


def _dynamical_field(
    data: xr.Dataset, law: Law, baryons: Baryons, kiloparsec: str, n_galaxies: int, mass_scale: float
) -> tuple[xr.Dataset, float]:
    curves, _ = curves_of(data, baryons, kiloparsec)
    curves = curves.rows(curves.galaxy < n_galaxies)
    closed = LawRotation(law=law).velocity(curves)
    field = DynamicalField(law=law, mass_scale=mass_scale).velocity(curves)
    difference = float(np.max(np.abs(field - closed)))
    table = xr.Dataset(
        {
            "of": variable("of", [f"first {curves.n_galaxies} galaxies"], "", "sample"),
            "mean_rms": variable("of", [float(rms(curves, field).mean())], "km/s", "mean RMS; printed 23.16"),
            "difference": variable("of", [difference], "km/s", "largest difference to the closed form"),
        }
    )
    return table, difference
