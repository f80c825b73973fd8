"""Whether a run has the sample, the baryons and the inputs that published numbers of mechanisms belong to."""

import json
from typing import Any

import xarray as xr

from catalogs.sparc import Sparc
from solvers.galaxies.baryons import Baryons
from solvers.microphysics.mechanism import Mechanism
from solvers.microphysics.systems import SOURCE_DISPERSION

N_GALAXIES = 165
"""Galaxies of SPARC with six points or more, the published sample."""


def is_published_sample(data: xr.Dataset, baryons: Baryons, n_galaxies: int, n_published: int = N_GALAXIES) -> bool:
    """SPARC in its registered form, with the published mass-to-light ratios, and as many galaxies.

    Parameters
    ----------
    data : xarray.Dataset
        The catalogue, as loaded.
    baryons : Baryons
        Mass-to-light ratios.
    n_galaxies, n_published : int
        Galaxies of the run and of the publication.
    """
    is_sparc = data.attrs.get("name") == "sparc" and json.loads(data.attrs["sha256"]) == Sparc().sha256()
    ratios = (baryons.upsilon_disk, baryons.upsilon_bulge, baryons.squares)
    return is_sparc and ratios == (1.0, 1.0, "unsigned") and n_galaxies == n_published


def has_published_inputs(model: Any) -> bool:
    """A mechanism that takes dispersion, size and mass as the source does."""
    return isinstance(model, Mechanism) and model.inputs == "source" and model.sigma_v is None


def observed_inputs(model: Any) -> str:
    """What a model takes of the observed rotation curve, in words; empty where it takes nothing."""
    if not isinstance(model, Mechanism) or model.inputs != "source":
        return ""
    words = {
        "sigma_v": f"sigma_v is {SOURCE_DISPERSION:g} of the observed flat velocity",
        "v_flat": "v_flat is observed",
        "radius": "the size is the last radius that was observed",
        "mass": "the mass is v_flat^2 R/G of both",
    }
    if model.sigma_v is not None:
        words["sigma_v"] = ""
    return ", ".join(text for key, text in words.items() if key in model.takes and text)
