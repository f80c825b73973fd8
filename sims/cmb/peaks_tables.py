"""Tables of the CMB peaks: every source of numbers beside the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.cmb.coherence_scaling import coherence_length_of, interference_multipoles
from solvers.cmb.peaks import peak_ratios

TARGETS, PLANCK = "targets", "planck"
"""Names of the source's hard-coded targets and of Planck among the sources."""


@dataclass(frozen=True, eq=False)
class Source:
    """Peaks of one source, from the first; positions, heights [μK²], ratios of odd to even ones, errors if any."""

    ell: np.ndarray
    height: np.ndarray
    ratio: np.ndarray | None = None
    height_err: np.ndarray | None = None
    ratio_err: np.ndarray | None = None
    ratio_err_correlated: np.ndarray | None = None

    def ratios(self) -> np.ndarray:
        """Its own ratios, or those of its heights."""
        return peak_ratios(self.height) if self.ratio is None else self.ratio


def peaks_table(sources: Mapping[str, Source], n_peaks: int) -> xr.Dataset:
    """Positions and heights along (source, peak); NaN where a source has no such peak."""
    dims = ("source", "peak")
    height = _stack([source.height for source in sources.values()], n_peaks)
    error = _stack([_or_none(source.height_err) for source in sources.values()], n_peaks)
    return xr.Dataset(
        {
            "source": variable("source", list(sources), "", "whose peaks"),
            "peak": variable("peak", np.arange(1, n_peaks + 1), "", "peak number"),
            "ell": variable(dims, _stack([source.ell for source in sources.values()], n_peaks), "", "multipole"),
            "height": variable(dims, height, "uK2", "height; of a peak model the amplitude of a mode"),
            "height_err": variable(dims, error, "uK2", "standard deviation of the height"),
            **_errors(dims, height, list(sources)),
        }
    )


def ratios_table(sources: Mapping[str, Source], n_ratios: int) -> xr.Dataset:
    """Ratios of odd to even heights along (source, pair), and how far they are from the targets and from Planck."""
    dims = ("source", "pair")
    ratio = _stack([source.ratios() for source in sources.values()], n_ratios)
    error = _stack([_or_none(source.ratio_err) for source in sources.values()], n_ratios)
    correlated = _stack([_or_none(source.ratio_err_correlated) for source in sources.values()], n_ratios)
    return xr.Dataset(
        {
            "source": variable("source", list(sources), "", "whose peaks"),
            "pair": variable("pair", [f"P{2 * i + 1}/P{2 * i + 2}" for i in range(n_ratios)], "", "ratio of heights"),
            "ratio": variable(dims, ratio, "", "ratio of heights"),
            "ratio_err": variable(dims, error, "", "standard deviation of the ratio, windows as if independent"),
            "ratio_err_correlated": variable(dims, correlated, "", "the same with the covariance between windows"),
            **_errors(dims, ratio, list(sources)),
        }
    )


def mechanism_table(
    sources: Mapping[str, Source], answers: Mapping[str, xr.Dataset], distance: float, coherence_length: float
) -> xr.Dataset:
    """Peak positions by the source's mechanism, ℓ_n = nπD/ℓ₀, beside those of the peak models and of Planck."""
    n = np.arange(1, len(sources[PLANCK].ell) + 1)
    columns = {
        "n": variable("n", n, "", "peak number"),
        "interference": variable(
            "n",
            interference_multipoles(n, distance, coherence_length),
            "",
            f"n pi D / l0 with D = {distance:g} Mpc, l0 = {coherence_length:g} Mpc",
        ),
        PLANCK: variable("n", sources[PLANCK].ell, "", "peaks of the template that was fitted to Planck"),
    }
    for name in sources:
        if name in answers and "mode_ell" in answers[name]:
            columns[name] = variable("n", answers[name]["mode_ell"].values[: n.size], "", f"centres of {name}")
    return xr.Dataset(columns)


def scales_table(answers: Mapping[str, xr.Dataset], distance: float) -> xr.Dataset:
    """Lengths that the source names, by its own formula, and those of a Boltzmann code."""
    rows: dict[str, float] = {}
    seen = set()
    for name, answer in answers.items():
        if "mode_ell" in answer and answer["mode_ell"].ndim == 1:
            values = answer["parameter_value"].to_series()
            rows[f"pi D / l_crit, {name}"] = coherence_length_of(float(values["l_crit"]), distance)
            rows[f"pi D / l_1, {name}"] = coherence_length_of(float(values["l1"]), distance)
        if "rdrag" in answer and answer["rdrag"].ndim == 0 and answer["rdrag"].item() not in seen:
            seen.add(answer["rdrag"].item())
            rows[f"sound horizon at the drag epoch (BAO), {name}"] = answer["rdrag"].item()
            rows[f"sound horizon at last scattering, {name}"] = answer["rstar"].item()
            rows[f"comoving distance of last scattering, {name}"] = 1000.0 * answer["DAstar"].item()
    return xr.Dataset(
        {
            "scale": variable("scale", list(rows), "", f"what; D = {distance:g} Mpc is the source's path"),
            "length": variable("scale", np.array(list(rows.values()), dtype=float), "Mpc", "length"),
        }
    )


def _or_none(values: np.ndarray | None) -> np.ndarray:
    return np.array([]) if values is None else values


def _stack(rows: list[np.ndarray], n: int) -> np.ndarray:
    table = np.full((len(rows), n), np.nan)
    for row, values in zip(table, rows, strict=True):
        row[: min(n, len(values))] = values[:n]
    return table


def _errors(dims: tuple[str, str], values: np.ndarray, sources: list[str]) -> dict[str, xr.Variable]:
    found = {}
    for reference, words in ((TARGETS, "the source's targets"), (PLANCK, "Planck")):
        away = 100.0 * (values / values[sources.index(reference)] - 1.0)
        found[f"from_{reference}"] = variable(dims, away, "percent", f"difference from {words}")
    return found
