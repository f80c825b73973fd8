"""What a run on slip says: where the printed numbers hold, where they contradict each other, what was assumed."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.clusters.caveats import caveat_notes
from sims.clusters.model_table import is_mond, is_sigma, model_notes
from sims.clusters.ratio_notes import sample_note
from solvers.clusters.enhancements import ClusterModel
from solvers.clusters.geometry import LensConstants
from solvers.clusters.slip import TYPICAL_SIGMA, VARIANTS, SlipVariant
from solvers.clusters.theta import SIGNS
from solvers.published import paper_25


def slip_notes(
    data: xr.Dataset,
    models: Mapping[str, ClusterModel],
    variants: Mapping[str, SlipVariant],
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
    bound: tuple[float, float],
    sigma_is: str,
    constants: LensConstants,
    shares: tuple[tuple[float, float], ...],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    data : xarray.Dataset
        Clusters.
    models, variants, answers, tables : mapping
        Of the run.
    bound : tuple of float
        A measured η and its error.
    sigma_is : str
        What Σ of the models is taken for.
    constants : LensConstants
        Of the run.
    shares : tuple of (float, float)
        Assumed baryon fraction and share inside 200 kpc; empty where gas and stars are measured.
    """
    yield from model_notes(models)
    yield from _identification(models, sigma_is)
    if "si" in variants:
        yield from _limits()
        yield from _printed()
    yield from _bounds(tables["bounds"], bound)
    yield from _clusters(models, answers, bound)
    yield from _readings(models, tables["readings"])
    yield from _sources(variants)
    yield from _of_theta()
    yield from _baselines(models)
    yield from sample_note(data)
    caveats = list(caveat_notes(constants, *(fraction * share for fraction, share in shares[:1])))
    yield from caveats if shares else caveats[:1]


def _identification(models: Mapping[str, ClusterModel], sigma_is: str) -> Iterator[str]:
    if not any(is_sigma(model) for model in models.values()):
        return
    if sigma_is == "fitted":
        yield (
            "sim.sigma_is=fitted: Σ of the models multiplies g_N, so that it is M_dyn/M_b, and under the printed "
            "sources Σ of the action is (Σ+2)/3 and M_lens/M_b = (5Σ+1)/6."
        )
    else:
        yield (
            "sim.sigma_is=bare: Σ of the models is that of the action; motions then see (3Σ−2) M_b under the printed "
            "sources, although the amplitude was fitted to motions that see Σ M_b."
        )


def _limits() -> Iterator[str]:
    si = VARIANTS["si"]
    below = si.sigma_at_eta(2.0 * paper_25.LOWEST_RATIO - 1.0)
    yield (
        f"For large Σ the printed η falls to {si.eta_limit:.4f} and M_lens/M_dyn to {si.lens_over_dyn_limit:.4f}: "
        f"below the stated {paper_25.LOWEST_RATIO:g} to 1 (SI §25.7) at every Σ of the action above {below:.3g}."
    )


def _printed() -> Iterator[str]:
    rows = (*paper_25.slip_table(), *paper_25.lens_over_dyn_table(), *paper_25.environment_table())
    off = [abs(row.computed - row.printed) for row in rows if row.unit == ""]
    yield (
        f"The {len(off)} values of η and M_lens/M_dyn in the tables of SI §25.5, §25.7 and §25.9 follow from the "
        f"printed sources within {max(off):.4f}."
    )


def _bounds(table: xr.Dataset, bound: tuple[float, float]) -> Iterator[str]:
    eta, error = bound
    parts = []
    for name, low, high in zip(table["variant"].values, table["lowest"].values, table["highest"].values, strict=True):
        if np.isnan(high):
            parts.append(f"{name} none")
        elif low > 1:
            parts.append(f"{name} {low:.4g} to {high:.4g}")
        else:
            parts.append(f"{name} {'any' if np.isinf(high) else f'up to {high:.4g}'}")
    printed = VARIANTS["si"]
    at = float(printed.eta(paper_25.SIGMA_OF_BOUND))
    yield (
        f"|η − {eta:g}| <= {error:g} allows these Σ of the action: {', '.join(parts)}. SI §25.9 says Σ <= "
        f"{paper_25.SIGMA_OF_BOUND:g}, where its own η is {at:.2f}, {abs(eta - at) / error:.1f} standard deviations "
        "off. The measured value is taken as quoted there and was not checked."
    )


def _clusters(
    models: Mapping[str, ClusterModel], answers: Mapping[str, xr.Dataset], bound: tuple[float, float]
) -> Iterator[str]:
    """Ranges of the clusters at hand, by the first variant."""
    eta, error = bound
    for name, answer in answers.items():
        if not is_sigma(models[name]):
            continue
        own = answer.isel(variant=0)
        sigma, bare, slip = (own[key].values for key in ("sigma", "bare_sigma", "eta"))
        ratio = own["m_lens"].values / own["m_dyn"].values
        met = int(np.count_nonzero(np.abs(slip - eta) <= error))
        low = int(np.count_nonzero(ratio < paper_25.LOWEST_RATIO))
        yield (
            f"{name}, {own['variant'].item()}, {sigma.size} clusters: Σ of the model {sigma.min():.2f} to "
            f"{sigma.max():.2f}, of the action {bare.min():.2f} to {bare.max():.2f} (SI §25.9: 2.5), η "
            f"{slip.min():.3f} to {slip.max():.3f}, M_lens/M_dyn {ratio.min():.3f} to {ratio.max():.3f}; {low} are "
            f"below {paper_25.LOWEST_RATIO:g}, and {met} have η within {eta:g} ± {error:g}."
        )


def _readings(models: Mapping[str, ClusterModel], table: xr.Dataset) -> Iterator[str]:
    """Which reading gives the printed medians."""
    for gas in dict.fromkeys(table["baryons"].values.tolist()):
        for name, model in models.items():
            rows = (table["baryons"].values == gas) & (table["model"].values == name)
            if not is_sigma(model):
                continue
            own = table.isel(case=np.flatnonzero(rows))
            said = [
                f"{reading} {median:.3f}" + (f" (printed {printed:.2f})" if np.isfinite(printed) else "")
                for reading, median, printed in zip(
                    own["reading"].values, own["median"].values, own["printed"].values, strict=True
                )
            ]
            words = "measured baryons" if gas == "measured" else f"baryons {gas} M500"
            yield f"{name}, {words}, medians over the measured mass, N = {own['n'].values[0]}: {', '.join(said)}."
    if any(is_sigma(model) for model in models.values()):
        ratio = float(VARIANTS["si"].lens_over_dyn(TYPICAL_SIGMA))
        yield (
            "SI §25.8 prints one median for Σ M_b and for (3Σ−2) M_b, which are two masses unless Σ = 1. The three "
            f"printed medians go together only where Σ is M_dyn/M_b; SI §25.9 multiplies by the constant {ratio:g}, "
            f"M_lens/M_dyn at Σ = {TYPICAL_SIGMA:g}, for every cluster."
        )


def _sources(variants: Mapping[str, SlipVariant]) -> Iterator[str]:
    """What SI §18, §24 and §25 say against each other of the two potentials."""
    at = {name: f"{name} {float(variant.eta(TYPICAL_SIGMA)):.3f}" for name, variant in variants.items()}
    yield (
        f"η at Σ = {TYPICAL_SIGMA:g} by what sources the potentials: {', '.join(at.values())}. SI §25.4 takes "
        "∇²Ψ = 4πG (ρ + p/c²) as the standard equation; the linearised one is G_00 = 2 ∇²Ψ, without p. An isotropic "
        "source gives ∂_i∂_j(Φ−Ψ) = 0, no slip, and then asks for ∇p = 0, as the Bianchi identity does; a public note "
        "of the same derivation has ρ − p. SI §24.6 and §5A.3 say that light and motions see the same Σ."
    )


def _of_theta() -> Iterator[str]:
    printed, covariant, action = (SIGNS[name] for name in ("printed", "covariant", "action"))
    root = float(np.sqrt(3.0))
    yield (
        f"Θ as printed gives A_eff/A = {printed.amplitude_ratio:g} (√3 fitted: bare "
        f"{printed.bare_amplitude(root):.4f}), with one sign for all components {covariant.amplitude_ratio:g} "
        f"({covariant.bare_amplitude(root):.4f}), and the variation of the action, for ∂Σ/∂g^μν = 0, Θ = 0 and "
        f"{action.amplitude_ratio:g} ({action.bare_amplitude(root):.4f}), ρ_eff = Σρ and η = 1. SI §22.4 divides Θ_00 "
        "by κc², where c² gives what it prints."
    )
    yield (
        "SI §22.3 keeps an anisotropic Θ_ij (its first term without the minus of L_m, and ∂g/∂g^ij called traceless, "
        "whose trace is g/2), SI §25.3 leaves it out, SI §18.1 calls Θ negligible: each variant here takes one of "
        "these, none adds them together, and the anisotropic part is in none."
    )


def _baselines(models: Mapping[str, ClusterModel]) -> Iterator[str]:
    names = [name for name, model in models.items() if is_mond(model)]
    if names:
        yield (
            f"{', '.join(names)}: MOND has no potentials of its own for light; its relativistic extensions are taken "
            "without slip, M_lens = M_dyn, as are the baryons alone."
        )
