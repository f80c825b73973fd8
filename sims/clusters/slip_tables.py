"""Tables of a run on slip: over Σ, of Θ, printed beside computed, measured bounds, and readings of SI §25.8."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.case_table import case_table
from sims.clusters.model_table import is_sigma
from solvers.clusters.enhancements import ClusterModel
from solvers.clusters.slip import READINGS, SlipVariant, mass_factor
from solvers.clusters.theta import SIGNS
from solvers.published import paper_25

_FITTED = float(np.sqrt(3.0))
"""The amplitude of disks, from which SI §22.6 finds the bare one."""


def sigma_table(axis: np.ndarray, variants: Mapping[str, SlipVariant], sigma_is: str) -> xr.Dataset:
    """η and the mass ratios of every variant over Σ, which is bare or fitted."""

    def along(method: str, text: str) -> xr.Variable:
        values = [getattr(variant, method)(axis, sigma_is) for variant in variants.values()]
        return variable(("sigma", "variant"), np.stack(values, axis=1), "", text)

    words = "of the action" if sigma_is == "bare" else "that multiplies g_N, M_dyn/M_b"
    table = {
        "sigma": variable("sigma", axis, "", f"Sigma {words}"),
        "variant": variable("variant", list(variants), "", "sources of the potentials"),
        "eta": along("eta", "slip Psi/Phi"),
        "lens_over_dyn": along("lens_over_dyn", "M_lens/M_dyn"),
        "lens_over_bar": along("lensing_mass", "M_lens over the baryons"),
    }
    if sigma_is == "bare":
        table["dyn_over_bar"] = along("dynamical_mass", "M_dyn over the baryons")
    return xr.Dataset(table)


def theta_table(axis: np.ndarray) -> dict[str, xr.Dataset]:
    """Θ by its sign, and ρ_eff/ρ and p_eff/ρc² over Σ."""
    rows = [
        (name, t.energy, t.pressure, t.amplitude_ratio, t.bare_amplitude(_FITTED), t.statement)
        for name, t in SIGNS.items()
    ]
    words = (
        ("sign", "", "sign of Theta"),
        ("theta_00", "", "Theta_00 over (Sigma - 1) rho c2"),
        ("pressure", "", "p over (Sigma - 1) rho c2"),
        ("amplitude_ratio", "", "A_eff/A"),
        ("bare_amplitude", "", "A of the action where sqrt(3) is fitted; SI 22.6 prints 1.15"),
        ("statement", "", "what it rests on"),
    )
    along = ("sigma", "sign")
    density, pressure = (
        np.stack([getattr(t, name)(axis) for t in SIGNS.values()], axis=1)
        for name in ("effective_density", "effective_pressure")
    )
    over_sigma = {
        "sigma": variable("sigma", axis, "", "Sigma of the action"),
        "sign": variable("sign", list(SIGNS), "", "sign of Theta"),
        "density": variable(along, density, "", "rho_eff/rho"),
        "pressure": variable(along, pressure, "", "p_eff/(rho c2)"),
    }
    return {"theta": case_table(rows, words), "theta_density": xr.Dataset(over_sigma)}


def printed_table() -> xr.Dataset:
    """What SI §25 prints beside what its own sources give."""
    rows = (
        *paper_25.slip_table(),
        *paper_25.lens_over_dyn_table(),
        *paper_25.environment_table(),
        *paper_25.statements(),
    )
    words = (
        ("section", "", "section of the SI"),
        ("quantity", "", "what is printed"),
        ("unit", "", "unit as printed"),
        ("printed", "", "printed value"),
        ("computed", "", "by the formula of the source"),
        ("remark", "", "what to know"),
    )
    return case_table(rows, words)


def bounds_table(variants: Mapping[str, SlipVariant], eta: float, eta_err: float) -> xr.Dataset:
    """Which bare Σ a measured η allows, and the limits for large Σ."""
    rows = []
    for name, variant in variants.items():
        low, high = variant.allowed_sigma(eta, eta_err)
        fitted = [1.0 + variant.k_phi * (each - 1.0) for each in (low, high)]
        rows.append((name, low, high, *fitted, variant.eta_limit, variant.lens_over_dyn_limit, variant.statement))
    met = f"within {eta:g} +- {eta_err:g}"
    words = (
        ("variant", "", "sources of the potentials"),
        ("lowest", "", f"lowest Sigma of the action with eta {met}; NaN: there is none"),
        ("highest", "", "highest such Sigma; infinite: none is too large"),
        ("lowest_fitted", "", "the lowest as M_dyn/M_b"),
        ("highest_fitted", "", "the highest as M_dyn/M_b"),
        ("eta_limit", "", "eta for large Sigma"),
        ("lens_over_dyn_limit", "", "M_lens/M_dyn for large Sigma"),
        ("statement", "", "what the variant is"),
    )
    return case_table(rows, words)


def readings_table(
    models: Mapping[str, ClusterModel],
    enhancements: Mapping[str, Sequence[np.ndarray]],
    baryons: Mapping[str, np.ndarray],
    observed: np.ndarray,
) -> xr.Dataset:
    """Median mass over the measured one by every reading of SI §25.8 and §25.9, for all assumed baryons.

    Parameters
    ----------
    models : mapping of str to ClusterModel
        Of the run; the readings are of Σ, any other has its own factor alone.
    enhancements : mapping of str to sequence of ndarray
        Σ of each model and choice of the baryons.
    baryons : mapping of str to ndarray
        Baryons inside 200 kpc [Msun].
    observed : ndarray
        Measured masses [Msun].
    """
    rows = []
    for i, (gas, mass) in enumerate(baryons.items()):
        for name, model in models.items():
            for reading in READINGS if is_sigma(model) else ("naive",):
                ratio = mass_factor(reading, enhancements[name][i]) * mass / observed
                printed = _printed_median(gas, reading) if is_sigma(model) else np.nan
                formula = READINGS[reading] if is_sigma(model) else "its own, without slip"
                rows.append((gas, name, reading, formula, ratio.size, float(np.median(ratio)), printed))
    words = (
        ("baryons", "", "baryon fraction times share inside 200 kpc, or measured"),
        ("model", "", "model"),
        ("reading", "", "what is taken for the mass"),
        ("factor", "", "over the baryons, Sigma as the model gives it"),
        ("n", "", "clusters"),
        ("median", "", "over the measured lensing mass"),
        ("printed", "", "for 42 clusters of Fox+ 2022; NaN: not printed"),
    )
    return case_table(rows, words)


def _printed_median(gas: str, reading: str) -> float:
    """As SI §25.8 and §25.9 print it for these baryons; NaN where they do not."""
    printed = {f"{fraction:g} x {share:g}": pair for (fraction, share), pair in paper_25.GAS_MEDIANS.items()}
    if gas not in printed:
        return np.nan
    dynamical, lensing = printed[gas]
    if gas == next(iter(printed)):
        return paper_25.FOX_MEDIANS.get(reading, lensing)
    return {"naive": dynamical, "constant": lensing, "fitted": lensing}.get(reading, np.nan)
