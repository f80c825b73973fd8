"""The whole CMB spectrum: how good can a sum of modes get on measured bandpowers, given as much freedom as it has?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from outputs.tree import variable
from sims.confrontation import confront_all
from sims.likelihoods.bandpowers import CmbBandpowers
from solvers.cmb.base import CmbModel
from solvers.cmb.peaks import find_peaks
from solvers.cmb.sigma_peaks import SigmaPeaks


def spectrum(
    catalog: Any,
    models: Mapping[str, CmbModel],
    inference: Any,
    ell_min: float = 100.0,
    ell_max: float = 2500.0,
    profile: Sequence[str] = (),
    profile_points: int = 71,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """χ² of every model on CMB bandpowers, free parameters and overall factors at their best.

    Parameters
    ----------
    catalog : object
        CMB bandpowers, such as `catalogs.plik_lite.PlikLite`.
    models : mapping of str to CmbModel
        The models; each must predict every spectrum of the catalogue.
    inference : object
        `LeastSquares` for models with several minima, or `Minimize`, `DifferentialEvolution`, `Profile`, `Grid`,
        `Emcee`, `Nautilus`.
    ell_min, ell_max : float
        Where maxima of the spectra are counted.
    profile : sequence of str
        Free parameters whose profile χ² over the prior is added.
    profile_points : int
        Points of each profile, at least 2.
    seed : int
        Of everything that is drawn.
    checkpoint : Path, optional
        Folder for unfinished chains.

    Returns
    -------
    xarray.DataTree
        `/data` with the residuals, `/models/NAME` with D_ℓ and the maxima of TT, `/comparison`, and `notes`.
    """
    tree = confront_all(
        {"cmb": CmbBandpowers(catalog=catalog)},
        models,
        inference,
        profile=profile,
        profile_points=profile_points,
        seed=seed,
        checkpoint=checkpoint,
    )
    for name in models:
        node = tree[f"models/{name}"]
        if "d_ell_TT" in node:
            found = find_peaks(node["ell"].values, node["d_ell_TT"].values, ell_min=ell_min, ell_max=ell_max)
            node["maximum_ell"] = variable("maximum", found.ell, "", "multipole of a maximum of D_ell of TT")
            node["maximum_d_ell"] = variable("maximum", found.height, "uK2", "D_ell there")
    notes = [sentence for name, model in models.items() for sentence in _of_model(name, model, tree)]
    tree.attrs["notes"] = json.dumps([*json.loads(tree.attrs["notes"]), *notes, *_verdict(models, tree)])
    return tree


def _of_model(name: str, model: CmbModel, tree: xr.DataTree) -> Iterator[str]:
    answer = tree[f"models/{name}"].to_dataset()
    if "maximum_ell" not in answer:
        return
    ells = ", ".join(f"{ell:.0f}" for ell in answer["maximum_ell"].values) or "none"
    if isinstance(model, SigmaPeaks):
        yield (
            f"{name} is a parametrisation, no Boltzmann calculation: {len(model.domain) - 1} + 1 parameters, "
            f"{answer['n_free'].item()} of them counted as fitted. Maxima of its spectrum: l = {ells}."
        )
    elif model.space.free:
        beside = (
            f", beside {model.n_fitted_elsewhere} parameters that others fitted" if model.n_fitted_elsewhere else ""
        )
        yield f"{name}: {', '.join(model.space.names)} fitted here{beside}. Maxima of its spectrum: l = {ells}."
    elif model.n_fitted_elsewhere:
        yield (
            f"{name} was not fitted here: its {model.n_fitted_elsewhere} parameters were fitted by others, to more "
            f"data, and are counted, so its chi2 can only fall. Maxima of its spectrum: l = {ells}."
        )
    else:
        yield f"{name}: nothing was fitted. Maxima of its spectrum: l = {ells}."


def _verdict(models: Mapping[str, CmbModel], tree: xr.DataTree) -> Iterator[str]:
    """The best peak model beside the best of the others."""
    table = tree["comparison"].to_dataset()
    if set(table.dims) != {"model"}:
        return
    ours = [name for name, model in models.items() if isinstance(model, SigmaPeaks)]
    others = [name for name in models if name not in ours]
    if not ours or not others:
        return
    best, other = (min(names, key=lambda n: float(table["chi2"].sel(model=n))) for names in (ours, others))
    first, second = (table.sel(model=name) for name in (best, other))
    count = {name: int(tree[f"models/{name}/n_free"]) for name in (best, other)}
    yield (
        f"The best that the peak model does here: {best} with {count[best]} parameters has chi2 = "
        f"{float(first['chi2']):.1f}; {other} with {count[other]} has {float(second['chi2']):.1f}. Differences: chi2 "
        f"{float(first['chi2'] - second['chi2']):+.1f}, AIC {float(first['aic'] - second['aic']):+.1f}, BIC "
        f"{float(first['bic'] - second['bic']):+.1f}."
    )
