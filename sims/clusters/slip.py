"""Gravitational slip by several sources of the potentials: over Σ, and of clusters whose lensing mass is measured."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.case_table import case_table
from sims.checks import checked_list
from sims.clusters.mass_ratio_tables import baryon_shares, constants_of, solar_masses
from sims.clusters.model_table import is_sigma, model_table, require_accelerations, require_models
from sims.clusters.slip_notes import slip_notes
from sims.clusters.slip_tables import bounds_table, printed_table, readings_table, sigma_table, theta_table
from sims.sources import source_of
from solvers.clusters.enhancements import ClusterModel
from solvers.clusters.mass_ratios import enhancement_of, stated_baryons
from solvers.clusters.slip import SIGMA_IS, VARIANTS, SlipVariant, slip_variant
from solvers.errors import InvalidInput
from solvers.inference.parameters import POSITIVE, Interval

_N_CURVE = 200


def lensing_slip(
    catalog: Any,
    models: Mapping[str, ClusterModel],
    sigma: Sequence[float],
    variants: Sequence[str] = tuple(VARIANTS),
    sigma_is: str = "fitted",
    eta: float = 1.0,
    eta_err: float = 0.1,
    gas: Sequence[Sequence[float]] = ((0.15, 0.4),),
    constants: str = "published",
) -> xr.DataTree:
    """Slip and mass ratios over Σ, and what every model gives clusters by every variant; nothing is fitted.

    Parameters
    ----------
    catalog : object
        `catalogs.fox2022.Fox2022`, or `catalogs.cluster_profiles.ClusterProfiles`, whose gas and stars are measured.
    models : mapping of str to ClusterModel
        Numbers for all parameters; beside Σ both MOND and baryons alone, which are taken without slip.
    sigma : sequence of float
        Σ of the tables, >= 1 and increasing.
    variants : sequence of str
        Of `solvers.clusters.slip.VARIANTS`.
    sigma_is : {"fitted", "bare"}
        What Σ of the models stands for: M_dyn/M_b, or Σ of the action.
    eta, eta_err : float
        A measured η and its error, > 0.
    gas : sequence of (float, float)
        Baryons over M500 and the share of them inside 200 kpc, both > 0 and <= 1; the first is used wherever one is.
        Not used where gas and stars are measured.
    constants : {"published", "codata"}
        Of `solvers.clusters.geometry.CONSTANTS`.

    Returns
    -------
    xarray.DataTree
        `/data`; `/models/NAME` with Σ, M_dyn, M_lens and η along (`variant`, `cluster`); `/tables/models`, `slip` (of
        bare Σ), `slip_fitted`, `curves`, `theta`, `theta_density`, `printed`, `bounds`, `masses`, `readings` and
        `clusters`; `notes`.

    Raises
    ------
    InvalidInput
        No models, a free parameter, an unknown variant or word, a number out of its range, or clusters without masses.
    """
    require_models(models)
    require_accelerations(models)
    chosen = _variants(variants)
    if sigma_is not in SIGMA_IS:
        raise InvalidInput(f"sim.sigma_is={sigma_is!r}: must be one of {', '.join(SIGMA_IS)}")
    used, pairs = constants_of(constants), baryon_shares(gas)
    for key, value in (("eta", eta), ("eta_err", eta_err)):
        if value not in POSITIVE:
            raise InvalidInput(f"sim.{key}={value}: {POSITIVE}")
    axis = _axis(sigma)
    data = catalog.load()
    cases = _baryons(data, pairs)
    enhancements = {
        name: [enhancement_of(model, mass, used) for mass in cases.values()] for name, model in models.items()
    }
    first = next(iter(cases.values()))
    answers = {
        name: _answer(data, first, sigmas[0], chosen if is_sigma(models[name]) else _without_slip(), sigma_is)
        for name, sigmas in enhancements.items()
    }
    observed = solar_masses(data, "m_sl")
    tables = {
        "models": model_table(models),
        "slip": sigma_table(axis, chosen, "bare"),
        "slip_fitted": sigma_table(axis, chosen, "fitted"),
        "curves": sigma_table(_curve(axis), chosen, "bare"),
        **theta_table(axis),
        "printed": printed_table(),
        "bounds": bounds_table(chosen, eta, eta_err),
        "masses": _masses(answers, observed),
        "readings": readings_table(models, enhancements, cases, observed),
        "clusters": _clusters(data, answers, observed),
    }
    tree = run_tree(data=data, models=answers, tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    shares = () if "measured" in cases else tuple(pairs)
    notes = slip_notes(data, models, chosen, answers, tables, (eta, eta_err), sigma_is, used, shares)
    tree.attrs["notes"] = json.dumps(list(notes))
    return tree


def _variants(names: Sequence[str]) -> dict[str, SlipVariant]:
    if isinstance(names, str) or not names or len(set(names)) != len(names):
        raise InvalidInput(f"sim.variants={names!r}: must be a list of names, each once, of {', '.join(VARIANTS)}")
    try:
        return {name: slip_variant(name) for name in names}
    except InvalidInput as error:
        raise InvalidInput(f"sim.{error}") from error


def _without_slip() -> dict[str, SlipVariant]:
    return {"no_slip": VARIANTS["no_slip"]}


def _axis(sigma: Sequence[float]) -> np.ndarray:
    axis = checked_list("sim.sigma", sigma, Interval(1.0))
    if axis.size < 2 or not (np.diff(axis) > 0).all():
        raise InvalidInput("sim.sigma: must be two or more numbers that increase")
    return axis


def _curve(axis: np.ndarray) -> np.ndarray:
    """Σ − 1 evenly in its logarithm, from the lowest Σ on: η falls fastest there."""
    reach = axis[-1] - axis[0]
    return np.append(axis[0], axis[0] + reach * np.geomspace(1e-4, 1.0, _N_CURVE - 1))


def _baryons(data: xr.Dataset, pairs: Sequence[tuple[float, float]]) -> dict[str, np.ndarray]:
    """Baryons of every cluster inside 200 kpc [Msun], by what is assumed of them."""
    if "m_sl" not in data:
        raise InvalidInput("catalog: holds no lensing masses m_sl; use fox2022 or cluster_profiles")
    if "m_gas" in data and "m_star" in data:
        return {"measured": solar_masses(data, "m_gas") + solar_masses(data, "m_star")}
    if "m500" not in data:
        raise InvalidInput("catalog: holds neither m500 nor m_gas and m_star; use fox2022 or cluster_profiles")
    m500 = solar_masses(data, "m500")
    return {f"{fraction:g} x {share:g}": stated_baryons(m500, fraction, share) for fraction, share in pairs}


def _answer(
    data: xr.Dataset, mass: np.ndarray, sigma: np.ndarray, variants: Mapping[str, SlipVariant], sigma_is: str
) -> xr.Dataset:
    def stacked(method: str) -> np.ndarray:
        return np.stack([getattr(variant, method)(sigma, sigma_is) for variant in variants.values()])

    bare = np.stack([variant.bare_sigma(sigma, sigma_is) for variant in variants.values()])
    along = ("variant", "cluster")
    return xr.Dataset(
        {
            "variant": variable("variant", list(variants), "", "sources of the potentials"),
            "cluster": variable("cluster", data["name"].values, "", "name of the cluster"),
            "m_bar": variable("cluster", mass, "solMass", "baryons inside 200 kpc"),
            "sigma": variable("cluster", sigma, "", f"Sigma of the model at 200 kpc, taken as {sigma_is}"),
            "bare_sigma": variable(along, bare, "", "Sigma of the action"),
            "m_dyn": variable(along, stacked("dynamical_mass") * mass, "solMass", "mass that motions see"),
            "m_lens": variable(along, stacked("lensing_mass") * mass, "solMass", "mass that light sees"),
            "eta": variable(along, stacked("eta"), "", "slip Psi/Phi"),
        }
    )


def _masses(answers: Mapping[str, xr.Dataset], observed: np.ndarray) -> xr.Dataset:
    """Medians of every model by every variant."""
    rows = []
    for name, answer in answers.items():
        for variant in answer["variant"].values:
            own = answer.sel(variant=variant)
            dyn, lens = own["m_dyn"].values, own["m_lens"].values
            rows.append(
                (
                    name,
                    str(variant),
                    observed.size,
                    *(float(np.median(x)) for x in (own["bare_sigma"], dyn / observed, lens / observed, own["eta"])),
                    float(np.median(lens / dyn)),
                    float(np.min(lens / dyn)),
                    float(np.max(lens / dyn)),
                )
            )
    words = (
        ("model", "", "model"),
        ("variant", "", "sources of the potentials"),
        ("n", "", "clusters"),
        ("bare_sigma", "", "median Sigma of the action"),
        ("dyn_ratio", "", "median M_dyn over the measured lensing mass"),
        ("lens_ratio", "", "median M_lens over the measured lensing mass"),
        ("eta", "", "median slip"),
        ("lens_over_dyn", "", "median M_lens/M_dyn"),
        ("lowest", "", "lowest M_lens/M_dyn"),
        ("highest", "", "highest M_lens/M_dyn"),
    )
    return case_table(rows, words)


def _clusters(data: xr.Dataset, answers: Mapping[str, xr.Dataset], observed: np.ndarray) -> xr.Dataset:
    """M_lens over the measured mass of each cluster, by model and variant."""
    ratios = {
        f"{name}, {variant}" if answer.sizes["variant"] > 1 else name: answer["m_lens"].sel(variant=variant).values
        / observed
        for name, answer in answers.items()
        for variant in answer["variant"].values
    }
    return xr.Dataset(
        {
            "cluster": variable("cluster", data["name"].values, "", "name of the cluster"),
            "answer": variable("answer", list(ratios), "", "model and variant"),
            "lens_ratio": variable(
                ("cluster", "answer"), np.stack(list(ratios.values()), axis=1), "", "M_lens over the measured mass"
            ),
        }
    )
