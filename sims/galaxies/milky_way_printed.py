"""What SI §11 prints of the Milky Way beside what the models give."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.galaxies.base import Newtonian, RotationModel
from solvers.galaxies.curves import Curves
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.milky_way import MilkyWayBaryons
from solvers.galaxies.nfw import ScaleNfwHalo
from solvers.laws import MondRar, Sigma
from solvers.published.paper_11 import EARLIER_RMS, RADII, RMS, SOLAR, VELOCITY


def column_of(model: RotationModel) -> str | None:
    """The column of SI §11.4 that prints this model, whatever its parameters; None where none does."""
    if isinstance(model, LawRotation):
        return next((name for law, name in ((Sigma, "sigma"), (MondRar, "mond")) if type(model.law) is law), None)
    return next((name for kind, name in ((Newtonian, "gr"), (ScaleNfwHalo, "nfw")) if type(model) is kind), None)


def printed_row(model: RotationModel, baryons: MilkyWayBaryons, line: str) -> tuple[float, float]:
    """Printed RMS and difference at 8 kpc of a model against a line [km/s]; NaN where there are none."""
    column = column_of(model)
    if baryons.table == "earlier":
        return (EARLIER_RMS if (column, line) == ("sigma", "eilers") else np.nan), np.nan
    if column is None:
        return np.nan, np.nan
    return RMS.get(line, {}).get(column, np.nan), SOLAR.get(line, {}).get(column, np.nan)


def printed_table(models: Mapping[str, RotationModel], at_printed: Mapping[str, Curves]) -> xr.Dataset:
    """Each printed velocity beside the computed ones.

    Parameters
    ----------
    models : mapping of str to RotationModel
        Those that SI §11.4 prints become rows; several of one column stand below each other.
    at_printed : mapping of str to Curves
        The radii of SI §11.4, for each of the baryons by name.

    Returns
    -------
    xarray.Dataset
        Along `case`: radius, model, printed and the velocity for each of the baryons [km/s].
    """
    known = {name: column for name, model in models.items() if (column := column_of(model)) is not None}
    computed = {key: {name: models[name].velocity(curves) for name in known} for key, curves in at_printed.items()}
    cases = [(i, name) for name in known for i in range(len(RADII))]
    columns = {
        "radius": variable("case", np.array([RADII[i] for i, _ in cases]), "kpc", "galactocentric radius"),
        "model": variable("case", np.array([name for _, name in cases], dtype=str), "", "model"),
        "printed": variable(
            "case", np.array([VELOCITY[known[name]][i] for i, name in cases]), "km/s", "velocity as SI 11.4 prints it"
        ),
    }
    for key, velocities in computed.items():
        values = np.array([velocities[name][i] for i, name in cases])
        columns[key] = variable("case", values, "km/s", f"velocity with the baryons {key}")
    return xr.Dataset({"case": variable("case", np.arange(len(cases)), "", "case"), **columns})
