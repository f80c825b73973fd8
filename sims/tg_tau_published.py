"""The numbers that SI §9 prints for TG-τ and FRW: by the source's own grids, and at the exact minima."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from outputs.tree import variable
from sims.tg_tau_samples import FRW, Sample, free_parameters
from solvers.inference.information import aic, akaike_weights
from solvers.published import paper_9
from solvers.published.paper_9 import PUBLISHED, Node
from solvers.tg_tau import UNITS, StaticFit, TGTau, cell_loss, duality_expanding, fit, full_fit


@dataclass(frozen=True)
class Search:
    """What the source's own procedure finds on one sample.

    Parameters
    ----------
    nodes : dict of str to Node
        Best nodes of the TG-τ grid by what was minimised; the first is the published one.
    errors : tuple of float
        Of (H_Σ, α_SB) at that node.
    frw : Node
        Best node of the grid in Ω_m.
    frw_errors : tuple of float
        Of (Ω_m, intercept) there.
    exact : StaticFit
        Exact minimum of TG-τ, both parameters free.
    """

    nodes: Mapping[str, Node]
    errors: tuple[float, float]
    frw: Node
    frw_errors: tuple[float, float]
    exact: StaticFit

    @property
    def node(self) -> Node:
        """The published node."""
        return next(iter(self.nodes.values()))


def search_of(sample: Sample) -> Search:
    """Repeat the source's searches on a sample of distance moduli."""
    quadratic = full_fit(sample.likelihood)
    nodes = {
        "chi2 + 2 (alpha_SB - 4)^2": paper_9.static_node(quadratic),
        "chi2": paper_9.static_node(quadratic, weight=0.0),
        "chi2, intercept free": paper_9.static_node(quadratic, 0.0, paper_9.INTERCEPT_GRID),
    }
    frw = paper_9.frw_node(sample.likelihood)
    return Search(
        nodes=nodes,
        errors=paper_9.static_errors(quadratic, nodes["chi2 + 2 (alpha_SB - 4)^2"]),
        frw=frw,
        frw_errors=paper_9.frw_errors(sample.likelihood, frw),
        exact=fit(TGTau(), sample.likelihood),
    )


def search_table(search: Search) -> xr.Dataset:
    """Where the source's grids end, by what they minimise."""
    nodes = list(search.nodes.values())
    H_sigma, alpha, shift = zip(*(node.values for node in nodes), strict=True)
    above = [node.chi2 - search.exact.chi2 for node in nodes]
    return xr.Dataset(
        {
            "minimised": variable("minimised", list(search.nodes), "", "what the grid search minimises"),
            "H_sigma": variable("minimised", list(H_sigma), UNITS["H_sigma"], "H_Sigma of the best node"),
            "alpha_SB": variable("minimised", list(alpha), "", "alpha_SB of the best node"),
            "intercept": variable(
                "minimised", list(shift), "mag", "intercept of the best node; 0 where it is not free"
            ),
            "chi2": variable("minimised", [node.chi2 for node in nodes], "", "chi2 there"),
            "score": variable("minimised", [node.score for node in nodes], "", "what was minimised, there"),
            "above_minimum": variable("minimised", above, "", "chi2 there minus that of the exact minimum"),
        }
    )


def published_table(sample: Sample, search: Search, law: TGTau) -> xr.Dataset:
    """Every printed number beside the source's own procedure and the exact minimum."""
    names = list(PUBLISHED)
    node = _at_node(search, law)
    minimum = _at_minimum(sample.models.get(FRW), search.exact, law)
    units = [paper_9.PUBLISHED_UNITS.get(name, "") for name in names]
    return xr.Dataset(
        {
            "quantity": variable("quantity", names, "", "quantity of SI 9"),
            "unit": variable("quantity", units, "", "its unit"),
            "published": variable("quantity", list(PUBLISHED.values()), "", "as printed (in its unit)"),
            "at_node": variable("quantity", [node[name] for name in names], "", "by the source's grids (in its unit)"),
            "at_minimum": variable(
                "quantity", [minimum[name] for name in names], "", "at the exact minima (in its unit)"
            ),
        }
    )


def _at_node(search: Search, law: TGTau) -> dict[str, float]:
    H_sigma, alpha, _ = search.node.values
    static = (H_sigma, search.errors[0], alpha, search.errors[1], search.node.chi2)
    omega_m, intercept = search.frw.values
    frw = (omega_m, search.frw_errors[0], intercept, search.frw_errors[1], search.frw.chi2)
    return _quantities(static, frw, law)


def _at_minimum(frw: xr.Dataset | None, exact: StaticFit, law: TGTau) -> dict[str, float]:
    static = (exact.H_sigma, exact.sigma[0], exact.alpha_SB, exact.sigma[1], exact.chi2)
    known = frw is not None and "intercept" in frw and free_parameters(frw) == ["omega_m"]
    expanding: Sequence[float] = [np.nan] * 5
    if frw is not None and known:
        keys = ("best_fit", "sigma", "intercept", "intercept_sigma", "chi2")
        expanding = [frw[key].item() for key in keys]
    return _quantities(static, expanding, law)


def _quantities(static: Sequence[float], frw: Sequence[float], law: TGTau) -> dict[str, float]:
    """All that SI §9 prints, from (value, error, value, error, χ²) of the two models."""
    criteria = (aic(static[4], 2), aic(frw[4], 2))
    weights = akaike_weights(np.array(criteria)) if np.isfinite(criteria[1]) else (np.nan, np.nan)
    alpha = static[2]
    values = (
        *(*static, criteria[0]),
        *(*frw, criteria[1]),
        criteria[0] - criteria[1],
        *weights,
        cell_loss(static[0], law.cell, law.coherence),
        duality_expanding(1.0, alpha),
        duality_expanding(2.0, alpha),
    )
    return {name: float(value) for name, value in zip(PUBLISHED, values, strict=True)}
