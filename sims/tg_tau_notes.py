"""What a reader must know of TG-τ's numbers: which of them are nodes of a grid, which samples are weaker."""

from collections.abc import Iterable, Mapping

import numpy as np
import xarray as xr

from sims.tg_tau_published import Search
from sims.tg_tau_samples import FRW, TG_TAU, Sample
from solvers.published.paper_9 import PUBLISHED
from solvers.tg_tau import TGTau, cell_loss

_NEARBY = 0.01
"""Redshift below which peculiar velocities rule the errors."""


def node_notes(table: xr.Dataset, search: Search) -> list[str]:
    """What the printed numbers of TG-τ are."""

    def row(name: str, column: str) -> float:
        return table[column].sel(quantity=name).item()

    H_sigma, alpha, _ = search.node.values
    above = search.node.chi2 - search.exact.chi2
    unpenalised = list(search.nodes.values())[1]
    kept = "the same" if unpenalised.values == search.node.values else "another"
    free_H, free_alpha, shift = list(search.nodes.values())[2].values
    exact = ""
    if np.isfinite(row("delta AIC", "at_minimum")):
        weights = (row(f"weight {model}", "at_minimum") for model in ("TG-tau", "FRW"))
        exact = ", the two exact minima {:+.2f} with weights {:.3f} and {:.3f}".format(
            row("delta AIC", "at_minimum"), *weights
        )
    return [
        f"TG-tau: published chi2 {PUBLISHED['chi2 TG-tau']} is a node of a 31 x 21 grid, not a minimum: at "
        f"H_sigma = {H_sigma:g}, alpha_SB = {alpha:g} chi2 is {search.node.chi2:.3f}, {above:.1f} above the exact "
        f"minimum {search.exact.chi2:.3f}; without its penalty 2 (alpha_SB - 4)^2 the grid gives {kept} node.",
        f"Published Delta AIC = {PUBLISHED['delta AIC']:+} (TG-tau minus FRW) belongs to that node: the two grids give "
        f"{row('delta AIC', 'at_node'):+.2f}{exact}.",
        f"Published errors are finite differences of chi2 at the nodes: {search.errors[0]:.4f}, "
        f"{search.errors[1]:.5f} (TG-tau), {search.frw_errors[0]:.5f}, {search.frw_errors[1]:.5f} (FRW).",
        f"TG-tau on the grid with an intercept of its own ends at H_sigma = {free_H:g}, alpha_SB = {free_alpha:g}, "
        f"intercept = {shift:+.1f} mag: only intercept - 5 log10 H_sigma is determined.",
    ]


def sample_notes(table: xr.Dataset, found: Mapping[str, Sample]) -> list[str]:
    """What the comparison gives on each sample, and which of them are weaker."""
    notes = []
    if f"delta_aic_{FRW}" in table:
        by_sample = table[f"delta_aic_{FRW}"].sel(sample=list(found))
        values = ", ".join(f"{name} {value:+.2f}" for name, value in zip(found, by_sample.values, strict=True))
        notes.append(f"Delta AIC (TG-tau minus {FRW}) as fitted: {values}; below 0 TG-tau is preferred.")
    return notes + list(_diagnostic_notes(found))


def point_notes(point: xr.Dataset) -> list[str]:
    """Which errors the printed χ² was computed with."""
    words = {True: "full covariance", False: "independent errors"}
    values = ", ".join(
        f"{name} {chi2:.2f} ({words[bool(full)]})"
        for name, chi2, full in zip(*(point[key].values for key in ("sample", "chi2", "full_covariance")), strict=True)
    )
    printed = f"The source names STAT+SYS for its chi2 {PUBLISHED['chi2 TG-tau']}"
    return [f"{printed}; at the printed H_sigma and alpha_SB chi2 is: {values}."]


def _diagnostic_notes(found: Mapping[str, Sample]) -> Iterable[str]:
    for name, sample in found.items():
        rows = sample.data
        if sample.likelihood.factor.ndim == 1 or "is_calibrator" not in rows:
            continue
        near = rows["z_hd"].values < _NEARBY
        calibrator = near & rows["is_calibrator"].values
        if not calibrator.any():
            continue
        error = np.linalg.norm(sample.likelihood.factor, axis=1)
        others = error[near & ~calibrator]
        beside = f", other rows there {np.median(others):.2f} mag" if others.size else ""
        yield (
            f"{name}: a diagnostic, no result: {calibrator.sum()} of its {near.sum()} rows below z = {_NEARBY} are "
            f"Cepheid calibrators, whose covariance has no peculiar-velocity variance (median error "
            f"{np.median(error[calibrator]):.2f} mag{beside})."
        )


def law_notes(main: Sample, law: TGTau) -> list[str]:
    """Which readings of the law the numbers take."""
    notes = [
        "TG-tau: D takes the redshift of the Hubble diagram, all of (1+z)^alpha_SB that of catalog.prefactor.",
        "TG-tau: eta = (1+z)^(alpha_SB-1), as printed, takes D_A = D/(1+z); a static Euclidean D_A = D gives "
        "(1+z)^(alpha_SB-2).",
    ]
    if main.anchored:
        answer = main.models[TG_TAU]
        per_mpc = float(cell_loss(main.fit.H_sigma, 1.0))
        notes += [
            f"xi = {answer['xi'].item():.4g} +/- {answer['xi_sigma'].item():.2g} is a pure number per cell of "
            f"{law.cell:g} Mpc (SI 16.2 prints 4.8e-5 per Mpc); per Mpc it is H_sigma/c = {per_mpc:.4g}. It is "
            "H_sigma in other units, no second measurement.",
            f"H_sigma = {main.fit.H_sigma:.2f} km/s/Mpc restates the zero point of the distance moduli, "
            "which SH0ES set with Cepheids.",
        ]
    return notes
