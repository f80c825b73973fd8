"""Posteriors of a run as a table: means, the samplers' own diagnostics, evidences."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from rich.table import Table

from analysis.posteriors import models_with_posterior, sampler_of
from analysis.rounding import with_error

DIAGNOSTICS = {
    "r_hat": "R-hat",
    "autocorrelation_time": "autocorrelation time",
    "effective_samples": "effective samples",
    "n_divergences": "divergences",
}
"""What the table and the findings call the diagnostics that decide whether a sampler converged."""

_FORMATS = {"r_hat": ".4f", "autocorrelation_time": ".1f", "effective_samples": ".0f", "n_divergences": ".0f"}
_EVIDENCE_DECIMALS = 3


def posterior_table(tree: xr.DataTree) -> Table | None:
    """One row for each model and parameter; None for a run without posteriors.

    Parameters
    ----------
    tree : xarray.DataTree
        A run.
    """
    names = models_with_posterior(tree)
    if not names:
        return None
    best = _best_evidence(tree)
    title = "posteriors, mean ± standard deviation"
    if best is not None:
        title += "; Δ ln Z is the ln of the Bayes factor against the best model"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("parameter", no_wrap=True)
    table.add_column("posterior", no_wrap=True)
    table.add_column("sampler")
    values = {name: diagnostic_values(tree["models"].children[name].to_dataset()) for name in names}
    shown = [words for words in DIAGNOSTICS.values() if any(words in own for own in values.values())]
    for heading in (*shown, "ln Z", *(["Δ ln Z"] if best is not None else [])):
        table.add_column(heading, justify="right")
    table.add_column("converged")
    for name in names:
        diagnostics = [values[name].get(words, "") for words in shown]
        for row in _rows(name, tree["models"].children[name], diagnostics, best):
            table.add_row(*row)
    return table


def diagnostic_values(model: xr.Dataset) -> dict[str, str]:
    """The diagnostics that a model has, by what they are called, as they are printed."""
    found = {key: float(model[key]) for key in DIAGNOSTICS if key in model}
    return {DIAGNOSTICS[key]: f"{value:{_FORMATS[key]}}" for key, value in found.items() if np.isfinite(value)}


def _rows(name: str, node: xr.DataTree, diagnostics: list[str], best: float | None) -> Iterator[list[str]]:
    """Rows of one model; what belongs to all its parameters stands in the first."""
    model = node.to_dataset()
    own = [sampler_of(node), *diagnostics, _evidence(model)]
    if best is not None:
        own.append(f"{model['log_evidence'].item() - best:.2f}" if "log_evidence" in model else "")
    own.append("yes" if bool(model["posterior_converged"]) else "no")
    for i, parameter in enumerate(model["posterior_mean"]["param"].values):
        row = model.sel(param=parameter)
        text = with_error(row["posterior_mean"].item(), row["posterior_sd"].item())
        yield [name if i == 0 else "", str(parameter), text, *(own if i == 0 else [""] * len(own))]


def _evidence(model: xr.Dataset) -> str:
    if "log_evidence" not in model:
        return ""
    return f"{model['log_evidence'].item():.{_EVIDENCE_DECIMALS}f} ± {model['log_evidence_error'].item():.1g}"


def _best_evidence(tree: xr.DataTree) -> float | None:
    """The largest ln Z of a run; None where there are not two to compare."""
    found = [float(node["log_evidence"]) for node in tree["models"].children.values() if "log_evidence" in node]
    return max(found) if len(found) > 1 else None
