"""The small cosmological predictions, each formula beside the table that the source prints for it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.checks import checked_list
from solvers import predictions
from solvers.backgrounds import Background, SigmaBaryons
from solvers.errors import InvalidInput
from solvers.inference.parameters import NON_NEGATIVE, POSITIVE
from solvers.laws import Law
from solvers.tg_tau import cell_loss

_CELL = 0.2
"""Length of the cell that ξ belongs to in the source's code [Mpc]."""

_SAME = 1e-9
"""Relative difference below which two expansion histories are one."""


def small_predictions(
    law: Law,
    models: Mapping[str, Background],
    z: Sequence[float],
    ell: Sequence[float],
    luminosity_distance: Sequence[float],
    z_star: float = 2.0,
    t_rec: float = 380.0,
    H_sigma: float = 72.0,
) -> xr.DataTree:
    """K(z), shifts of CMB lensing and BAO, the redshift gate and an evolving g†.

    Parameters
    ----------
    law : Law
        The law; its g† enters.
    models : mapping of str to Background
        Expansion histories for g†(z) = g† E(z). Free parameters are at their reference value.
    z, ell, luminosity_distance : sequence of float
        Redshifts >= 0, multipoles > 0, luminosity distances >= 0 [Mpc] of the tables.
    z_star : float
        z_* of K(z), > 0.
    t_rec : float
        Age at recombination [kyr], > 0.
    H_sigma : float
        H_Σ of SI §9 [km/s/Mpc], > 0, which ξ is made of.

    Returns
    -------
    xarray.DataTree
        `/tables/coherence`, `lensing`, `coefficients`, `redshift_gate`, `evolving_g_dagger`, and `notes`.

    Raises
    ------
    InvalidInput
        A number out of its range, or a model with a scan.
    """
    redshifts = checked_list("z", z, NON_NEGATIVE)
    multipoles = checked_list("ell", ell, POSITIVE)
    distances = checked_list("luminosity_distance", luminosity_distance, NON_NEGATIVE)
    for name, value in (("sim.z_star", z_star), ("sim.t_rec", t_rec), ("sim.H_sigma", H_sigma)):
        checked_list(name, [value], POSITIVE)
    tables = {
        "coherence": _coherence(redshifts, z_star),
        "lensing": _lensing(multipoles),
        "coefficients": _coefficients(law, t_rec),
        "redshift_gate": _gate(distances, H_sigma),
    }
    notes = _coherence_notes(tables["coherence"], z_star) + _coefficient_notes(tables["coefficients"], t_rec)
    notes += _gate_notes(H_sigma)
    if models:
        tables["evolving_g_dagger"] = _evolving(redshifts, law, models)
        notes += _evolving_notes(tables["evolving_g_dagger"], models)
    tree = run_tree(tables=tables)
    tree.attrs["notes"] = json.dumps(notes)
    return tree


def _printed(axis: np.ndarray, published: Mapping[float, float]) -> list[float]:
    return [published.get(float(value), np.nan) for value in axis]


def _coherence(z: np.ndarray, z_star: float) -> xr.Dataset:
    published = _printed(z, predictions.PUBLISHED_COHERENCE)
    return xr.Dataset(
        {
            "z": variable("z", z, "", "redshift"),
            "published": variable("z", published, "", "K(z)/K(0) as printed in SI 17.7; NaN: not printed"),
            "formula": variable("z", predictions.coherence_ratio(z, z_star), "", "K(z)/K(0) by the formula"),
            "square_root": variable("z", np.sqrt(1.0 + z), "", "(1+z)^(1/2)"),
        }
    )


def _lensing(ell: np.ndarray) -> xr.Dataset:
    shift = predictions.lensing_shift(ell)
    return xr.Dataset(
        {
            "ell": variable("ell", ell, "", "multipole"),
            "published": variable(
                "ell", _printed(ell, predictions.PUBLISHED_LENSING), "percent", "as printed in SI 17.7"
            ),
            "shift": variable("ell", 100.0 * shift, "percent", "shift of the CMB lensing spectrum, 1e-4 ell^(-1/2)"),
        }
    )


def _coefficients(law: Law, t_rec: float) -> xr.Dataset:
    found = predictions.coefficients(law.g_dagger.m_s2, law.g_dagger.H0, t_rec)
    printed = [predictions.LENSING_COEFFICIENT, predictions.PUBLISHED_BAO]
    printed += [np.nan] * (len(found) - len(printed))
    dimensionless = [quantity.unit.is_equivalent("") for quantity in found.values()]
    return xr.Dataset(
        {
            "expression": variable("expression", list(found), "", "the first two as printed in SI 17.7, others near"),
            "published": variable("expression", printed, "", "pure number that the source prints for it"),
            "value": variable("expression", [q.value for q in found.values()], "", "value (in its unit)"),
            "unit": variable("expression", [q.unit.to_string() for q in found.values()], "", "unit; empty: none"),
            "dimensionless": variable("expression", dimensionless, "", "it is a pure number"),
        }
    )


def _gate(distance: np.ndarray, H_sigma: float) -> xr.Dataset:
    per_mpc = float(cell_loss(H_sigma, 1.0))
    return xr.Dataset(
        {
            "luminosity_distance": variable("luminosity_distance", distance, "Mpc", "luminosity distance"),
            "as_printed": variable(
                "luminosity_distance", predictions.redshift_gate(distance), "", "G_z with xi = 4.8e-5 per Mpc"
            ),
            "per_cell": variable(
                "luminosity_distance",
                predictions.redshift_gate(distance, per_mpc),
                "",
                f"G_z with that loss in every {_CELL:g} Mpc, H_Sigma/c per Mpc",
            ),
        }
    )


def _evolving(z: np.ndarray, law: Law, models: Mapping[str, Background]) -> xr.Dataset:
    today = law.g_dagger.m_s2
    columns: dict[str, Any] = {"z": variable("z", z, "", "redshift")}
    for name, background in models.items():
        background = _evolved(background)
        theta = _reference(name, background)
        efunc, first = background.efunc(z, **theta), background.efunc(0.0, **theta)[0]
        g_dagger = predictions.evolving_g_dagger(today, efunc)
        columns[f"efunc_{name}"] = variable("z", efunc, "", f"E of {name}, which has g_dagger(z) where g_dagger enters")
        columns[f"g_dagger_{name}"] = variable("z", g_dagger, "m / s2", f"g_dagger E(z) of {name}")
        if isinstance(background, SigmaBaryons):
            away = efunc / predictions.einstein_de_sitter(z, first) - 1.0
            columns[f"from_eds_{name}"] = variable("z", away, "", "E/[E(0) (1+z)^(3/2)] - 1")
    return xr.Dataset(columns)


def _evolved(background: Background) -> Background:
    """The same model with g†(z) = g† E(z), if g† enters."""
    if not isinstance(background, SigmaBaryons):
        return background
    law = background.law
    return replace(background, law=replace(law, g_dagger=replace(law.g_dagger, mode="evolving")))


def _reference(name: str, background: Background) -> dict[str, float]:
    for axis in background.space.axes:
        raise InvalidInput(f"models.{name}.params.{axis}.scan: this table takes one value, give a number")
    return {parameter.name: parameter.ref for parameter in background.space.free}


def _coherence_notes(table: xr.Dataset, z_star: float) -> list[str]:
    peak = predictions.coherence_peak(z_star)
    notes = [
        f"K(z)/K(0): the formula is largest at z = {peak:.4g} ({predictions.coherence_ratio(peak, z_star):.4f}); the "
        f"published table is largest at z = {_largest():g} and calls z = 2 its peak."
    ]
    at = table.sel(z=[z for z in table["z"].values if z in predictions.PUBLISHED_COHERENCE])
    if at.sizes["z"]:
        rows = zip(*(at[key].values for key in ("z", "published", "formula", "square_root")), strict=True)
        values = "; ".join(f"z = {z:g}: {p:g}, {f:.4f}, {s:.4f}" for z, p, f, s in rows)
        near = [
            f"{z:g}" for z, p, s in zip(at["z"], at["published"], at["square_root"], strict=True) if abs(p - s) < 0.01
        ]
        follows = f" The published numbers are (1+z)^(1/2) at z = {', '.join(near)} only." if near else ""
        notes.append(f"K(z)/K(0) published, by the formula, and (1+z)^(1/2): {values}.{follows}")
    return notes


def _largest() -> float:
    return max(predictions.PUBLISHED_COHERENCE, key=lambda z: predictions.PUBLISHED_COHERENCE[z])


def _coefficient_notes(table: xr.Dataset, t_rec: float) -> list[str]:
    def words(expression: str) -> str:
        row = table.sel(expression=expression)
        return f"{expression} = {row['value'].item():.3g} {row['unit'].item()}".rstrip()

    lensing, bao, *_ = table["expression"].values
    return [
        f"CMB lensing: {words(lensing)} is no pure number, the published 1e-4 does not follow from it; "
        f"{words('g_dagger / (c H0)')}. The 0.001 % at ell = 100 is the arithmetic of the 1e-4.",
        f"BAO: {words(bao)} (t_rec = {t_rec:g} kyr) is no pure number, the published 3e-5 does not follow from it; "
        f"{words('g_dagger t_rec / c')}, {words('H0 t_rec')}.",
    ]


def _gate_notes(H_sigma: float) -> list[str]:
    xi, per_mpc = float(cell_loss(H_sigma, _CELL)), float(cell_loss(H_sigma, 1.0))
    return [
        f"Redshift gate: xi = 4.8e-5 is printed per Mpc; in the source's code it is the pure number {xi:.4g} per cell "
        f"of {_CELL:g} Mpc (H_Sigma = {H_sigma:g} km/s/Mpc), {per_mpc:.4g} per Mpc.",
        "Redshift gate: the observed xi = (4.8 +/- 0.3)e-5 is that expression with the fitted H_Sigma of SI 9, no "
        "second measurement.",
    ]


def _evolving_notes(table: xr.Dataset, models: Mapping[str, Background]) -> list[str]:
    notes = []
    for name in models:
        if f"from_eds_{name}" in table:
            away = float(np.abs(table[f"from_eds_{name}"]).max())
            law = f"{name} with g_dagger(z) = g_dagger E(z): h is constant in z"
            if away > _SAME:
                notes.append(f"{law}; radiation moves E by up to {away:.1e} from E(0) (1+z)^(3/2).")
                continue
            notes.append(
                f"{law}, so E is that of Einstein-de Sitter for every amplitude (largest relative difference from "
                f"E(0) (1+z)^(3/2) here {away:.1e}) and the supernova chi2 is that of GR + baryons; SI 9A and SI 19.6 "
                "exclude each other."
            )
    return notes
