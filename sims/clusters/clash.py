"""The law of clusters on data that its source did not use: accelerations and masses of CLASH clusters from lensing."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from sims.clusters.clash_notes import clash_notes
from sims.clusters.clash_rows import InterpolatedBaryons, ShareOfM500, acceleration_rows, mass_rows
from sims.clusters.clash_settings import check_settings, require_accelerations_alone, require_masses_alone
from sims.clusters.clash_tables import amplitude_table, checked_edges, fit_table, radius_bins, radius_table
from sims.clusters.model_table import model_table, require_accelerations, require_models
from sims.confrontation import confront_all
from sims.likelihoods.clash import ClashAccelerations, ClashMasses
from sims.sources import source_of
from solvers.clusters.enhancements import ClusterModel
from solvers.errors import InvalidInput


def clash(
    catalog: Any,
    models: Mapping[str, ClusterModel],
    inference: Any,
    accelerations: Any = None,
    errors: str = "both",
    scatter: float = 0.0,
    baryons: str = "accelerations",
    systematic: str = "none",
    radius_edges: Sequence[float] = (0, 50, 150, 300, 500, 1000, 2000, 7000),
    fractions: Mapping[str, float] | None = None,
    redshifts: Mapping[str, float] | None = None,
    H0: float = 70.0,
    Om0: float = 0.3,
    profile: Sequence[str] = (),
    profile_points: int = 71,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> xr.DataTree:
    """Confront every model with one catalogue; the catalogue decides whether accelerations or masses are compared.

    Parameters
    ----------
    catalog : object
        `catalogs.clash_tian.ClashTian` or `catalogs.clash_mistele.ClashMistele`.
    models : mapping of str to ClusterModel
        The models; one without free parameters is evaluated. Beside Σ stand MOND and the baryons.
    inference : object
        `Minimize`, `LeastSquares`, `DifferentialEvolution`, `Profile`, `Grid`, `Emcee` or `Nautilus`.
    accelerations : object, optional
        A catalogue of accelerations; its g_bar are the baryons of the masses for `baryons="accelerations"`.
    errors, scatter
        Of accelerations, as in `solvers.clusters.clash_points.AccelerationPoints`.
    baryons : {"accelerations", "gas_fraction"}
        Baryons of the masses: measured and interpolated, or shares of the M500 of the mass profile.
    systematic : {"none", "common"}
        Of masses, as in `ClashMasses`.
    radius_edges : sequence of float
        Edges of the bins of the tables over the radius [kpc], >= 0 and increasing.
    fractions, redshifts, H0, Om0
        Of `baryons="gas_fraction"`, as in `ShareOfM500`.
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
        `/data` with the residuals, `/models/NAME`, `/comparison`; `/tables/models`, `fit`, `radii` and `amplitude`, of
        masses `clusters`; `notes`.

    Raises
    ------
    InvalidInput
        Data of another kind, an unknown word, a setting of the other kind of data that is not left at its default, no
        cluster in common, or Σ without MOND or the baryons beside it.
    """
    require_models(models, fixed=False)
    require_accelerations(models)
    edges = checked_edges(radius_edges)
    settings = {
        "errors": errors,
        "scatter": scatter,
        "baryons": baryons,
        "systematic": systematic,
        "fractions": fractions or {},
        "redshifts": redshifts or {},
        "H0": H0,
        "Om0": Om0,
    }
    check_settings(settings)
    loaded = catalog.load()
    sources = [source_of(loaded)]
    likelihood: ClashAccelerations | ClashMasses
    if "g_obs" in loaded:
        require_accelerations_alone(settings, loaded.attrs["name"])
        likelihood = ClashAccelerations(rows=acceleration_rows(loaded), errors=errors, scatter=scatter)
    else:
        require_masses_alone(settings, loaded.attrs["name"])
        provider = _baryons(settings, accelerations)
        likelihood = ClashMasses(rows=mass_rows(loaded, provider), systematic=systematic)
        sources = [source_of(likelihood.data())]
        if isinstance(provider, InterpolatedBaryons):
            sources.append(source_of(provider.data))
    tree = confront_all(
        {"clash": likelihood},
        models,
        inference,
        profile=profile,
        profile_points=profile_points,
        seed=seed,
        checkpoint=checkpoint,
    )
    bins = radius_bins(likelihood.data()["radius"].values, edges)
    answers = {name: node.to_dataset() for name, node in tree["models"].children.items()}
    tables = {
        "models": model_table(models),
        "fit": fit_table(answers),
        "radii": radius_table(answers, bins),
        "amplitude": amplitude_table(likelihood, models, bins),
    }
    if isinstance(likelihood, ClashMasses):
        tables["clusters"] = likelihood.rows.clusters
    for name, table in tables.items():
        if table is not None:
            tree[f"tables/{name}"] = xr.DataTree(table)
    tree.attrs["datasets"] = json.dumps(sources)
    own = clash_notes(likelihood, models, answers, {key: table for key, table in tables.items() if table is not None})
    tree.attrs["notes"] = json.dumps([*json.loads(tree.attrs["notes"]), *own])
    return tree


def _baryons(settings: Mapping[str, Any], accelerations: Any) -> InterpolatedBaryons | ShareOfM500:
    if settings["baryons"] == "gas_fraction":
        return ShareOfM500(*(settings[key] for key in ("redshifts", "fractions", "H0", "Om0")))
    if accelerations is None:
        raise InvalidInput("accelerations: masses need a catalogue of accelerations by the baryons, or gas_fraction")
    return InterpolatedBaryons(accelerations.load())
