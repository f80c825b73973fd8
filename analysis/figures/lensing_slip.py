"""Slip and lensing over dynamical mass against Σ, by what sources the potentials, with the measured bound."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import label_of, models_with, panels_of, setting, table_of

RANK = 36
_WORDS = {
    "si": r"as printed: $\rho+3p$, $\rho+p$",
    "rho_only": r"linearised: $\rho+3p$, $\rho$",
    "covariant_sign": r"the same, $\Theta$ with one sign",
    "no_slip": "no slip",
}
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":")
_RANGES = {"eta": (0.15, 1.15), "lens_over_dyn": (0.575, 1.075)}
"""The same numbers on both scales: M_lens/M_dyn = (1 + η)/2."""
_AS = {"fitted": r"$\Sigma = M_\mathrm{dyn}/M_\mathrm{b}$", "bare": r"$\Sigma$ of the action"}
_LIMITS = {"eta": "eta_limit", "lens_over_dyn": "lens_over_dyn_limit"}


def applies(tree: xr.DataTree) -> bool:
    """A run with slip and mass ratios over Σ by variant, and the bounds on them."""
    curves, bounds = table_of(tree, "curves"), table_of(tree, "bounds")
    has_curves = curves is not None and all(name in curves for name in ("sigma", "variant", *_LIMITS))
    return has_curves and bounds is not None and all(name in bounds for name in ("variant", *_LIMITS.values()))


def draw(tree: xr.DataTree) -> Figure:
    """η on the left, M_lens/M_dyn on the right; thick where the clusters of the first Σ of the run are."""
    curves, bounds = table_of(tree, "curves"), table_of(tree, "bounds")
    assert curves is not None and bounds is not None
    figure, panels = panels_of(2, (4.4, 3.9))
    labels = (r"slip $\eta = \Psi/\Phi$", r"$M_\mathrm{lens}/M_\mathrm{dyn}$")
    for panel, (name, limit), label in zip(panels, _LIMITS.items(), labels, strict=True):
        for i, variant in enumerate(curves["variant"].values):
            own = curves[name].sel(variant=variant)
            style: dict[str, Any] = {"color": f"C{i % 7}", "zorder": 3}
            panel.plot(curves["sigma"], own, ls=_DASHES[i % 4], label=_WORDS.get(str(variant), str(variant)), **style)
            end = float(bounds[limit].values[bounds["variant"].values == variant][0])
            edge = panel.get_yaxis_transform()
            panel.plot([0.985, 1.0], [end, end], color=f"C{i % 7}", lw=3.0, solid_capstyle="butt", transform=edge)
        _draw_clusters(panel, tree, curves, name)
        panel.set(xscale="log", xlabel=r"$\Sigma$ of the action", ylabel=label)
        panel.set_xlim(float(curves["sigma"].min()), float(curves["sigma"].max()))
        panel.set_ylim(*_RANGES[name])
        ticks = [tick for tick in (1, 2, 3, 5, 10, 20, 50, 100) if panel.get_xlim()[0] <= tick <= panel.get_xlim()[1]]
        panel.set_xticks(ticks, [str(tick) for tick in ticks])
        panel.set_xticks([], minor=True)
    panels[0].plot([], [], color="0.3", lw=3.0, label=r"limit of large $\Sigma$, at the edge")
    _draw_bound(panels[0], tree)
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper left", ncols=3)
    return figure


def _draw_bound(panel: Axes, tree: xr.DataTree) -> None:
    eta, error = (float(setting(tree, f"sim.{key}", default)) for key, default in (("eta", 1.0), ("eta_err", 0.1)))
    words = rf"$\eta = {eta:g} \pm {error:g}$, as quoted"
    panel.axhspan(eta - error, eta + error, color="0.88", lw=0, zorder=0, label=words)


def _draw_clusters(panel: Axes, tree: xr.DataTree, curves: xr.Dataset, name: str) -> None:
    """The piece of every curve on which the clusters lie."""
    found = models_with(tree, "bare_sigma", "variant")
    chosen = next((key for key, model in found.items() if model.sizes["variant"] == curves.sizes["variant"]), None)
    if chosen is None:
        return
    for i, variant in enumerate(curves["variant"].values):
        bare = found[chosen]["bare_sigma"].sel(variant=variant).values
        grid = np.geomspace(bare.min(), bare.max(), 60)
        own = np.interp(
            grid, curves["sigma"].values, curves[name].sel(variant=variant).values, left=np.nan, right=np.nan
        )
        words = _AS.get(setting(tree, "sim.sigma_is", ""), "")
        label = f"{bare.size} clusters by {label_of(tree, chosen)}, {words}" if i == 0 else None
        panel.plot(grid, own, color=f"C{i % 7}", lw=6.5, alpha=0.3, solid_capstyle="butt", label=label, zorder=2)
