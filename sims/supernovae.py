"""Expansion histories on data: which one do supernovae, and others beside them, prefer, and by how much?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from sims.confrontation import confront_all
from sims.likelihoods.supernovae import Supernovae, likelihood_of
from solvers.backend import Backend
from solvers.backgrounds import Background

__all__ = ["expansion_history", "hubble_diagram", "likelihood_of"]


def hubble_diagram(
    catalog: Any,
    models: Mapping[str, Background],
    inference: Any,
    backend: Backend,
    profile: Sequence[str] = (),
    profile_points: int = 71,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Fit every model to the magnitudes of a supernova catalogue.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`, such as `catalogs.pantheon_plus.PantheonPlus`.
    models : mapping of str to Background
        The models; a model without free parameters is evaluated.
    inference : object
        `Minimize`, `Profile`, `Grid`, `Emcee` or `Nautilus`.
    backend : Backend
        How χ² is computed.
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
        `/data` with the residuals, `/models/NAME`, `/comparison`.
    """
    return expansion_history(
        {"sn": Supernovae(catalog=catalog)}, models, inference, backend, profile, profile_points, seed, checkpoint
    )


def expansion_history(
    likelihoods: Mapping[str, Any],
    models: Mapping[str, Background],
    inference: Any,
    backend: Backend,
    profile: Sequence[str] = (),
    profile_points: int = 71,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Fit every model to several data sets at once.

    Parameters
    ----------
    likelihoods : mapping of str to object
        Data sets under the contract of `sims.likelihoods`; their χ² add.
    models, inference, backend, profile, profile_points, seed, checkpoint
        As in `hubble_diagram`.

    Returns
    -------
    xarray.DataTree
        `/data/NAME` with the residuals (`/data` of a single data set), `/models/NAME` with the χ² of each data set,
        `/comparison`.
    """
    return confront_all(
        likelihoods,
        models,
        inference,
        compiled=backend.compiled,
        profile=profile,
        profile_points=profile_points,
        seed=seed,
        checkpoint=checkpoint,
    )
