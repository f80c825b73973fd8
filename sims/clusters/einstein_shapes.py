"""What the shape of a cluster does to its lensing, by what is kept of the sphere; and the isothermal toy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.checks import checked_list
from sims.clusters.lens_nodes import PreparedLens, built
from solvers.clusters.einstein_radius import Surface, einstein_radius
from solvers.clusters.enhancements import LensModel, WindowedEnhancement
from solvers.clusters.geometry import CODATA, LensConstants
from solvers.clusters.isothermal_toy import closed_amplitude, isothermal_amplitude
from solvers.clusters.kernels import Window, enhanced_surface_density
from solvers.clusters.profiles import SingularIsothermalSphere
from solvers.clusters.triaxial import NORMALISATIONS, Triaxial
from solvers.clusters.triaxial_lens import round_galaxy_surface, triaxial_surface
from solvers.errors import InvalidInput
from solvers.inference.parameters import POSITIVE

_DISTANCE = 1e6
"""Of the lenses of the isothermal toy [kpc]; nothing depends on it."""


@dataclass(frozen=True, kw_only=True)
class TriaxialCases:
    """Which shapes, and by which model.

    Parameters
    ----------
    model : str
        By which, in the tables `triaxial` and `triaxial_spread`.
    q_los : sequence of float
        Axis ratios along the line of sight, > 0.
    q_p : float
        Axis ratio in the plane of the sky, > 0.
    normalisations : sequence of str
        What is kept of the sphere, of `solvers.clusters.triaxial.NORMALISATIONS`.
    radius : float
        Where the convergence is taken [kpc], > 0.
    round_galaxy : str, optional
        Model with a window for the table `round_galaxy`, in which the density is not normalised and the brightest
        galaxy stays round; None leaves it out.
    round_radius : sequence of float
        Radii of its convergence [kpc], > 0.
    """

    model: str = "cluster_uniform"
    q_los: Sequence[float] = (0.7, 0.85, 1.0, 1.15, 1.3)
    q_p: float = 1.0
    normalisations: Sequence[str] = NORMALISATIONS
    radius: float = 100.0
    round_galaxy: str | None = "cluster_window_interior"
    round_radius: Sequence[float] = (100.0, 300.0)


@dataclass(frozen=True, kw_only=True)
class IsothermalCases:
    """The toy of SI §13.5.

    Parameters
    ----------
    f_b : float
        θ_b/θ_E, 0 < f_b <= 1.
    ell0_fraction : float
        ℓ0/θ_E, > 0.
    theta_e : sequence of float
        Einstein radii taken as observed [arcsec], > 0.
    """

    f_b: float = 0.33
    ell0_fraction: float = 0.6
    theta_e: Sequence[float] = (10.0, 20.0, 35.0)


def triaxial_cases(node: Mapping[str, Any], models: Mapping[str, LensModel]) -> TriaxialCases:
    """What a configuration asks of `triaxial_tables`.

    Parameters
    ----------
    node : mapping
        Keys of `TriaxialCases`.
    models : mapping of str to LensModel
        Of the run.

    Raises
    ------
    InvalidInput
        An unknown key, model or normalisation, or a number out of its range.
    """
    cases: TriaxialCases = built("sim.triaxial", node, TriaxialCases)
    for key in ("q_los", "q_p", "radius", "round_radius"):
        checked_list(f"sim.triaxial.{key}", getattr(cases, key), POSITIVE)
    kept = cases.normalisations
    if isinstance(kept, str) or not kept or not set(kept) <= set(NORMALISATIONS):
        raise InvalidInput(f"sim.triaxial.normalisations={kept}: must be a list of {', '.join(NORMALISATIONS)}")
    _model("model", cases.model, models)
    if cases.round_galaxy is not None:
        windowed = _model("round_galaxy", cases.round_galaxy, models)
        if not isinstance(windowed, WindowedEnhancement):
            raise InvalidInput(f"sim.triaxial.round_galaxy={cases.round_galaxy}: must be a model with a window")
    return cases


def triaxial_tables(
    models: Mapping[str, LensModel],
    lenses: Mapping[str, PreparedLens],
    cluster: str,
    constants: LensConstants,
    cases: TriaxialCases,
) -> dict[str, xr.Dataset]:
    """Einstein radius and convergence as the axis along the line of sight changes.

    Parameters
    ----------
    models, lenses : mapping
        Of the run.
    cluster : str
        Whose shape changes in the tables `triaxial` and `triaxial_spread`.
    constants : LensConstants
        Of the run.
    cases : TriaxialCases
        From `triaxial_cases`.
    """
    q, at = np.array(cases.q_los, dtype=float), np.array([cases.radius])
    model, q_p, normalisations = cases.model, cases.q_p, cases.normalisations
    lens, chosen = lenses[cluster], models[model]

    def both(shape: Triaxial) -> tuple[float, float]:
        surface = triaxial_surface(chosen, lens.baryons, shape, constants)
        return lens.theta_e(surface), float(lens.kappa(surface, at)[0])

    values = np.array([[both(_shape(q_p, each, word)) for each in q] for word in normalisations])
    sphere = np.array(both(Triaxial()))
    spread = (values.max(axis=1) - values.min(axis=1)) / sphere
    place = f"at {at[0]:g} kpc"
    dims = ("normalisation", "q_los")
    axis = variable("normalisation", list(normalisations), "", "what is kept of the sphere")
    tables = {
        "triaxial": xr.Dataset(
            {
                "normalisation": axis,
                "q_los": variable("q_los", q, "", "axis ratio along the line of sight"),
                "theta_e": variable(dims, values[..., 0], "arcsec", f"Einstein radius of {cluster} by {model}"),
                "kappa": variable(dims, values[..., 1], "", f"convergence of {cluster} by {model} {place}"),
            }
        ),
        "triaxial_spread": xr.Dataset(
            {
                "normalisation": axis,
                "theta_e": variable("normalisation", spread[:, 0], "", "largest minus smallest, over that of a sphere"),
                "kappa": variable("normalisation", spread[:, 1], "", f"the same of the convergence {place}"),
            }
        ),
    }
    if cases.round_galaxy is not None:
        windowed, reach = models[cases.round_galaxy], np.array(cases.round_radius, dtype=float)
        assert isinstance(windowed, WindowedEnhancement)
        tables["round_galaxy"] = _round_galaxy(windowed, lenses, q, q_p, reach)
    return tables


def _round_galaxy(
    model: WindowedEnhancement, lenses: Mapping[str, PreparedLens], q_los: np.ndarray, q_p: float, radius: np.ndarray
) -> xr.Dataset:
    """Spreads of all clusters with a round galaxy in gas and light that are not round, density not normalised."""

    def values(lens: PreparedLens, shape: Triaxial) -> np.ndarray:
        surface = round_galaxy_surface(model, lens.baryons, shape)
        return np.append(lens.theta_e(surface), lens.kappa(surface, radius))

    spread = []
    for lens in lenses.values():
        found = np.stack([values(lens, _shape(q_p, q, "none")) for q in q_los])
        spread.append(np.ptp(found, axis=0) / values(lens, Triaxial(normalisation="none")))
    table = np.stack(spread)
    columns = {"theta_e": variable("cluster", table[:, 0], "", "largest minus smallest, over that of a sphere")}
    for i, r in enumerate(radius, start=1):
        columns[f"kappa_{r:g}"] = variable("cluster", table[:, i], "", f"the same of the convergence at {r:g} kpc")
    return xr.Dataset({"cluster": variable("cluster", list(lenses), "", "cluster"), **columns})


def isothermal_table(node: Mapping[str, Any]) -> xr.Dataset:
    """The amplitude that turns isothermal baryons of θ_b = f_b θ_E into the observed θ_E, for several θ_E.

    Parameters
    ----------
    node : mapping
        Keys of `IsothermalCases`.

    Raises
    ------
    InvalidInput
        An unknown key, or a number out of its range.

    References
    ----------
    SI §13.5.
    """
    cases: IsothermalCases = built("sim.isothermal", node, IsothermalCases)
    observed = checked_list("sim.isothermal.theta_e", cases.theta_e, POSITIVE)
    toy = cases.f_b, cases.ell0_fraction
    try:
        closed, taken = closed_amplitude(*toy), isothermal_amplitude(*toy)
    except InvalidInput as error:
        raise InvalidInput(f"sim.isothermal.{error}") from None
    solved = [_solved(*toy, taken, each) for each in observed]
    whole = np.ones(observed.size)
    return xr.Dataset(
        {
            "theta_e": variable("theta_e", observed, "arcsec", "Einstein radius taken as observed"),
            "amplitude": variable("theta_e", closed * whole, "", "A with which the toy has it, in closed form"),
            "amplitude_by_quadrature": variable("theta_e", taken * whole, "", "the same by quadrature"),
            "theta_e_found": variable("theta_e", solved, "arcsec", "Einstein radius of the toy with this A"),
        }
    )


def _solved(f_b: float, ell0_fraction: float, amplitude: float, theta_e: float) -> float:
    """Einstein radius of the toy by the search that all other lenses go through."""
    per_kpc = np.degrees(1.0 / _DISTANCE) * 3600.0
    length = theta_e / per_kpc
    sphere = SingularIsothermalSphere(velocity_dispersion=1000.0, G=CODATA.G)
    sigma_crit = float(sphere.projected_mass(1.0)) / (np.pi * f_b * length)
    window = Window(shape="rising", ell0=ell0_fraction * length)
    surface: Surface = enhanced_surface_density(sphere.surface_density, amplitude, window)
    return einstein_radius(surface, sigma_crit, radius=length * np.geomspace(0.01, 100.0, 241)) * per_kpc


def _model(key: str, name: str, models: Mapping[str, LensModel]) -> LensModel:
    if name not in models:
        without = "sim.triaxial=null" if key == "model" else "null"
        raise InvalidInput(f"sim.triaxial.{key}={name}: must be one of the models, {', '.join(models)}; or {without}")
    return models[name]


def _shape(q_p: Any, q_los: Any, normalisation: str) -> Triaxial:
    return Triaxial(q_p=float(q_p), q_los=float(q_los), normalisation=normalisation)
