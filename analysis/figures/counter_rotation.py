"""Σ against the share of counter-rotating stars, and the dark matter of galaxies with and without them."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import panels_of, table_of

RANK = 37
_FORMULAS = {"linear": "$(1 - f)$, as printed", "symmetric": "$(1 - 2f)^2$, symmetric"}
_TICKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
_DASHES: tuple[Any, ...] = ("-", "--", "-.")


def applies(tree: xr.DataTree) -> bool:
    """A run with Σ by the counter-rotating share, and fractions of dark matter of both kinds of galaxies."""
    curves, data = table_of(tree, "curves"), tree.children.get("data")
    has_curves = curves is not None and all(name in curves for name in ("fraction", "law", "sigma", "mond"))
    return has_curves and data is not None and all(name in data for name in ("f_dm", "is_counter_rotating"))


def draw(tree: xr.DataTree) -> Figure:
    """Σ on the left, shares of galaxies below a fraction of dark matter on the right."""
    figure, panels = panels_of(2, (4.4, 4.1))
    _draw_laws(panels[0], tree)
    _draw_fractions(panels[1], tree)
    return figure


def _draw_laws(panel: Axes, tree: xr.DataTree) -> None:
    curves, printed = table_of(tree, "curves"), table_of(tree, "counter_rotation")
    assert curves is not None
    for i, law in enumerate(curves["law"].values):
        words = rf"$\Sigma = 1 + S_0$ {_FORMULAS.get(str(law), f'({law})')}"
        panel.plot(curves["fraction"], curves["sigma"].sel(law=law), color=f"C{i}", ls=_DASHES[i % 3], label=words)
    panel.plot(curves["fraction"], curves["mond"], color="0.4", ls=":", lw=2.0, label="MOND")
    if "baryons" in curves:
        panel.plot(curves["fraction"], curves["baryons"], color="0.4", lw=1.0, label="GR, baryons")
    if printed is not None:
        panel.plot(
            printed["fraction"],
            printed["printed"],
            "o",
            color="black",
            mfc="white",
            ms=6,
            zorder=4,
            clip_on=False,
            label="SI 6.4",
        )
    panel.set(xlabel="share $f$ of counter-rotating stars", ylabel=r"$\Sigma = g/g_\mathrm{bar}$", xlim=(0.0, 1.0))
    highest = float(max(curves["sigma"].max(), curves["mond"].max()))
    panel.set_ylim(0.9, 1.0 + 1.6 * (highest - 1.0))
    panel.legend(loc="upper right")


def _draw_fractions(panel: Axes, tree: xr.DataTree) -> None:
    """Cumulative, so that no bin hides how few galaxies there are; half of them are close to 0, which is stretched."""
    data, cases = tree["data"].to_dataset(), table_of(tree, "cases")
    counter = data["is_counter_rotating"].values.astype(bool)
    groups = [("normal", data["f_dm"].values[~counter], "0.45", "-")]
    if cases is not None and np.isfinite(cases["median_controls"].values).any():
        own = cases["median_controls"].values
        groups.append(("medians of listed controls", own[np.isfinite(own)], "C0", "--"))
    groups.append(("counter-rotating", data["f_dm"].values[counter], "C1", "-"))
    panel.set_xscale("function", functions=(lambda f: np.sqrt(np.maximum(f, 0.0)), np.square))
    for name, values, color, dash in groups:
        label = f"{name}, N = {values.size}, median {np.median(values):.3f}"
        # Before the first value no galaxy is below, between two of them as many as there are up to the lower one.
        share = np.arange(values.size + 1) / values.size
        panel.step(np.append(np.sort(values), 1.0), share, where="pre", color=color, ls=dash, label=label)
    panel.axhline(0.5, color="0.8", lw=0.8, zorder=0)
    panel.set(xlim=(0.0, 1.0), ylim=(0.0, 1.02), ylabel="share of galaxies below")
    panel.set_xlabel(r"dark matter inside $R_\mathrm{e}$, $f_\mathrm{DM}$ (scale of its root)")
    panel.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    panel.set_xticks([], minor=True)
    panel.legend(loc="lower right")
    _draw_test(panel, tree)


def _draw_test(panel: Axes, tree: xr.DataTree) -> None:
    """The first test of the run that could be made, above the panel."""
    tests = table_of(tree, "tests")
    if tests is None:
        return
    for i in range(tests.sizes["case"]):
        row = tests.isel(case=i)
        difference, low, high = (row[key].item() for key in ("difference", "low", "high"))
        if np.isfinite([difference, low, high]).all():
            matching = row["matching"].item()
            words = rf"{matching}: mean $\Delta f_\mathrm{{DM}} = {difference:+.3f}$ (95 %: {low:+.3f} to {high:+.3f})"
            panel.set_title(words, fontsize="small", loc="right")
            return
