"""Strong-lensing clusters by the acceleration of baryons that are a stated share of M500: Σ, MOND and baryons alone."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from outputs.tree import run_tree, variable
from sims.checks import checked_list
from sims.clusters.fox_notes import fox_notes
from sims.clusters.mass_ratio_tables import (
    SHARE,
    add_medians,
    answers_of,
    baryon_shares,
    constants_of,
    published_table,
    ratio_matrix,
    require_columns,
    solar_masses,
    statistics_of,
    statistics_table,
)
from sims.clusters.model_table import model_table, require_accelerations, require_models
from sims.sources import source_of
from solvers.clusters.enhancements import ClusterModel
from solvers.clusters.geometry import LensConstants
from solvers.clusters.mass_ratios import mass_ratio, stated_baryons
from solvers.errors import InvalidInput
from solvers.published.paper_13_clusters import F_SCAN, FOX, GAS, STATED


def fox(
    catalog: Any,
    models: Mapping[str, ClusterModel],
    f_baryon: float = STATED[0],
    concentration: float = STATED[1],
    gas: Sequence[Sequence[float]] = tuple(GAS),
    f_scan: Sequence[float] = tuple(F_SCAN),
    constants: str = "published",
) -> xr.DataTree:
    """Compare Σ(g) M_bar with the lensing mass inside 200 kpc, for M_bar = concentration f_baryon M500.

    Parameters
    ----------
    catalog : object
        M500 and lensing masses: `catalogs.fox2022.Fox2022`.
    models : mapping of str to ClusterModel
        Numbers for all parameters; beside one of Σ also MOND and the baryons alone.
    f_baryon, concentration : float
        Share of baryons in M500, and of these inside 200 kpc; > 0 and <= 1.
    gas : sequence of pairs
        Other values of both, for the table of SI §25.9.
    f_scan : sequence of float
        Other values of f_baryon, for that of SI §13.6.3.
    constants : {"published", "codata"}
        G, solar mass and kiloparsec: as the source rounds them, or as they are.

    Returns
    -------
    xarray.DataTree
        `/data`; `/models/NAME` with mass, Σ, ratio and needed amplitude along `cluster`; `/tables/models`,
        `statistics`, `gas`, `f_baryon`, `clusters`, and `published` where baryons are as SI §13.6.2 has them; `notes`.

    Raises
    ------
    InvalidInput
        A free parameter, Σ without MOND or baryons, a number out of its range, or data without these masses.
    """
    require_models(models)
    require_accelerations(models)
    constant = constants_of(constants)
    cases = baryon_shares(gas)
    scanned = [(float(f), concentration) for f in checked_list("sim.f_scan", f_scan, SHARE)]
    for key, share in (("f_baryon", f_baryon), ("concentration", concentration)):
        if share not in SHARE:
            raise InvalidInput(f"sim.{key}={share:g}: {SHARE}")
    data = catalog.load()
    require_columns(data, ("name", "z", "m500", "m_sl"), "fox2022")
    m500, m_sl = solar_masses(data, "m500"), solar_masses(data, "m_sl")
    answers = answers_of(models, stated_baryons(m500, f_baryon, concentration), m_sl, constant)
    statistics = statistics_of(answers, data)
    tables = {
        "models": model_table(models),
        "statistics": statistics_table(statistics),
        "gas": _gas_table(cases, models, m500, m_sl, constant),
        "f_baryon": _scan_table(scanned, models, m500, m_sl, constant),
        "clusters": ratio_matrix(answers, data),
    }
    is_stated = bool(np.allclose((f_baryon, concentration), STATED))
    if is_stated:
        tables["published"] = published_table(FOX, statistics)
    tree = run_tree(data=data, models=add_medians(answers, statistics), tables=tables)
    tree.attrs["datasets"] = json.dumps([source_of(data)])
    tree.attrs["notes"] = json.dumps(
        list(fox_notes(data, models, statistics, tables, constant, f_baryon * concentration, is_stated))
    )
    return tree


def _medians(
    cases: Sequence[tuple[float, float]],
    models: Mapping[str, ClusterModel],
    m500: np.ndarray,
    m_sl: np.ndarray,
    constants: LensConstants,
) -> dict[str, xr.Variable]:
    """Median ratio of every model for each pair of f_baryon and concentration."""
    m_bar = np.stack([stated_baryons(m500, *case) for case in cases])
    f_baryon, concentration = (np.array(values) for values in zip(*cases, strict=True))
    return {
        "case": variable("case", np.arange(len(cases)), "", "case"),
        "f_baryon": variable("case", f_baryon, "", "share of baryons in M500"),
        "concentration": variable("case", concentration, "", "share of these inside 200 kpc"),
    } | {
        name: variable("case", np.median(mass_ratio(model, m_bar, m_sl, constants), axis=-1), "", f"median of {name}")
        for name, model in models.items()
    }


def _printed(cases: Sequence[tuple[float, float]], table: Mapping[tuple[float, float], Any]) -> np.ndarray:
    """What is printed of each pair, shape (n_cases, n_columns); NaN where nothing is."""
    width = np.shape(next(iter(table.values())))
    return np.array(
        [
            next((value for key, value in table.items() if np.allclose(key, case)), np.full(width, np.nan))
            for case in cases
        ]
    )


def _gas_table(cases: Sequence[tuple[float, float]], *given: Any) -> xr.Dataset:
    printed = _printed(cases, GAS)
    return xr.Dataset(
        {
            **_medians(cases, *given),
            "printed_sigma": variable("case", printed[:, 0], "", "median of Σ as SI 25.9 prints it"),
            "printed_mond": variable("case", printed[:, 1], "", "median of MOND as SI 25.9 prints it"),
        }
    )


def _scan_table(cases: Sequence[tuple[float, float]], *given: Any) -> xr.Dataset:
    printed = _printed(cases, {(f, STATED[1]): median for f, median in F_SCAN.items()})
    words = "median of Σ as SI 13.6.3 prints it"
    return xr.Dataset({**_medians(cases, *given), "printed": variable("case", printed, "", words)})
