"""The first model against every other one, galaxy by galaxy, both sides named."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from outputs.tree import variable
from solvers.galaxies.head_to_head import compare


def head_to_head_table(
    answers: Mapping[str, xr.Dataset],
    baryons: list[str],
    statistics: tuple[str, ...],
    relative_tie: float | None = None,
) -> xr.Dataset:
    """Wins of the first model and of each other one; smaller statistics win.

    Parameters
    ----------
    answers : mapping of str to xarray.Dataset
        Models with the statistics along (`baryons`, `galaxy`).
    baryons : list of str
        Choices of the baryons.
    statistics : tuple of str
        Names of variables.
    relative_tie : float, optional
        Relative difference up to which neither wins; None: only equal values tie.
    """
    first, *others = answers
    rows = []
    for name in baryons:
        for statistic in statistics:
            for other in others:
                a, b = (answers[key][statistic].sel(baryons=name).values for key in (first, other))
                found = compare(first, a, other, b, relative_tie=relative_tie)
                rows.append((name, statistic, first, found.wins_a, other, found.wins_b, found.ties, found.n_undefined))
    words = (
        ("baryons", "mass-to-light ratios"),
        ("statistic", "statistic of a galaxy, smaller wins"),
        ("model_a", "one side"),
        ("wins_a", "galaxies that it describes better"),
        ("model_b", "the other side"),
        ("wins_b", "galaxies that that one describes better"),
        ("ties", "galaxies that neither does"),
        ("undetermined", "galaxies without a value of both"),
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(words)
    return xr.Dataset(
        {
            "pair": variable("pair", np.arange(len(rows)), "", "comparison"),
            **{
                key: variable("pair", list(column), "", text)
                for (key, text), column in zip(words, columns, strict=True)
            },
        }
    )
