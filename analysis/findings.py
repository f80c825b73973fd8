"""What a reader must know of a run beside its numbers: bounds, flat directions, what did not converge."""

import json
from collections.abc import Iterator

import numpy as np
import xarray as xr


def findings(tree: xr.DataTree) -> list[str]:
    """One sentence each, from the flags and profiles in the file.

    Parameters
    ----------
    tree : xarray.DataTree
        A run.

    Returns
    -------
    list of str
    """
    sentences = []
    models = tree.children.get("models")
    for name, node in models.children.items() if models is not None else ():
        model = node.to_dataset()
        sentences += [*_of_model(name, model), *_unfinished(name, model)]
    return sentences + json.loads(tree.attrs.get("notes", "[]"))


def _of_model(name: str, model: xr.Dataset) -> Iterator[str]:
    chi2 = model.get("chi2")
    if chi2 is not None and chi2.ndim and not np.isfinite(chi2).all():
        missing = int((~np.isfinite(chi2)).sum())
        yield f"{name}: the model does not exist in {missing} cells of the scan; chi2 is infinite there."
    if "at_bound" in model and chi2 is None:
        yield from _bounds_of_search(name, model)
    elif "at_bound" in model and model["at_bound"].ndim > 1:
        for parameter in model["param"].values:
            cells = int(model["at_bound"].sel(param=parameter).sum())
            if cells:
                yield f"{name}: {parameter} ends at a bound of its prior in {cells} cells of the scan."
    elif "at_bound" in model:
        for parameter in model["param"].values[model["at_bound"].values]:
            value = model["best_fit"].sel(param=parameter).item()
            profile = f"profile_{parameter}"
            shape = _shape(model[profile]) if profile in model else "chi2 is lowest there"
            yield (
                f"{name}: {parameter} has no interior optimum. It ends at the bound {value:g} of its prior; {shape}."
            )
        flat = [str(parameter) for parameter in model["param"].values[model["is_flat"].values]]
        if len(flat) == 1:
            yield (
                f"{name}: {flat[0]} is not determined, chi2 does not depend on it (flat direction); "
                f"{model['best_fit'].sel(param=flat[0]).item():g} is as good as any other value."
            )
        elif flat:
            yield (
                f"{name}: {', '.join(flat)} are not determined one by one, chi2 is flat along a combination of them or "
                "does not depend on them; the values given are one choice of many."
            )
    if "n_agree" in model and model["n_starts"].item() > 1 and model["n_agree"].item() == 1:
        yield (
            f"{name}: only one of {model['n_starts'].item()} starts reached this minimum; another may be lower "
            "(inference.starts, inference.points)."
        )
    if "converged" in model and not bool(model["converged"].all()):
        failed = int((~model["converged"].astype(bool)).sum())
        where = f" in {failed} cells of the scan" if model["converged"].ndim else ""
        yield f"{name}: the fit did not converge{where}; do not use its numbers."


def _bounds_of_search(name: str, model: xr.Dataset) -> Iterator[str]:
    """Ends of ranges at which a search of something other than chi2 has stopped."""
    if model["at_bound"].ndim > 1 or not model["at_bound"].any():
        return
    ends = [
        f"{parameter} = {model['best_fit'].sel(param=parameter).item():g}"
        for parameter in model["param"].values[model["at_bound"].values]
    ]
    count = f"{len(ends)} of {model.sizes['param']}"
    yield f"{name}: {count} fitted parameters end at a bound of their range: {', '.join(ends)}."


def _unfinished(name: str, model: xr.Dataset) -> Iterator[str]:
    """A sampler or a grid that did not meet its own criteria."""
    if "posterior_converged" not in model or bool(model["posterior_converged"].all()):
        return
    from analysis.posterior_table import diagnostic_values

    seen = [f"{words} = {value}" for words, value in diagnostic_values(model).items()]
    if "n_steps" in model:
        seen.append(f"steps = {model['n_steps'].item():.0f}")
    if "log_evidence_error" in model:
        seen.append(f"error of ln Z = {model['log_evidence_error'].item():.2g}")
    what = "grid" if "posterior_density" in model else "sampler"
    why = f": {', '.join(seen)}" if seen else ""
    yield f"{name}: the {what} did not converge{why}; do not use its posterior."


def _shape(profile: xr.DataArray) -> str:
    axis = profile[profile.dims[0]].values
    chi2 = profile.values
    steps = np.diff(chi2)
    ends = f"from {chi2[0]:.3f} at {axis[0]:g} to {chi2[-1]:.3f} at {axis[-1]:g}"
    if np.all(steps < 0):
        return f"chi2 falls monotonically, {ends}"
    if np.all(steps > 0):
        return f"chi2 rises monotonically, {ends}"
    return f"its profile is not monotonic, lowest at {axis[np.argmin(chi2)]:g}"
