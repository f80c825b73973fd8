"""TG-τ on a Hubble diagram: is light that tires in a static space as good as an expanding one?"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import xarray as xr

from outputs.tree import run_tree
from sims.tg_tau_notes import law_notes, node_notes, point_notes, sample_notes
from sims.tg_tau_published import published_table, search_of, search_table
from sims.tg_tau_samples import TG_TAU, sample_of
from sims.tg_tau_tables import duality_table, information_table, published_point_table, samples_table
from solvers.backend import Backend
from solvers.backgrounds import Background
from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.inference.parameters import nearest
from solvers.published.paper_9 import PUBLISHED
from solvers.tg_tau import TGTau

MAIN = "catalog"
"""Name of the configuration's own catalogue among the samples."""


def tgtau(
    catalog: Any,
    tg_tau: TGTau,
    models: Mapping[str, Background],
    inference: Minimize,
    backend: Backend,
    samples: Mapping[str, Mapping[str, Any]] | None = None,
) -> xr.DataTree:
    """Fit TG-τ exactly, with expanding models of the same freedom beside it, on several samples.

    Parameters
    ----------
    catalog : object
        A catalogue with `load()` and `sha256()`; a dataclass if there are `samples`.
    tg_tau : TGTau
        The static law.
    models : mapping of str to Background
        What it is compared with; each has a free intercept. `frw` is the one of the printed numbers.
    inference : Minimize
        How the expanding models are fitted.
    backend : Backend
        How their χ² is computed.
    samples : mapping of str to mapping, optional
        More samples, each by what differs from the catalogue.

    Returns
    -------
    xarray.DataTree
        `/data`, `/models/NAME` and `/comparison` of the catalogue; `/tables/samples`, `information`,
        `published_point` and `duality`; for distance moduli also `published` and `search`; `notes` for the reader.

    Raises
    ------
    InvalidInput
        No models, a name twice, or a sample that the catalogue cannot give.
    """
    if not isinstance(inference, Minimize):
        raise InvalidInput("inference: this experiment compares minima, choose inference=minimize")
    if not models:
        raise InvalidInput("models=[]: name at least one to compare TG-tau with, such as +models@models.frw=lcdm")
    if TG_TAU in models:
        raise InvalidInput(f"models.{TG_TAU}: this name is that of the static law, choose another")
    catalogs = {MAIN: catalog, **_others(catalog, samples or {})}
    found = {name: sample_of(entry, tg_tau, models, inference, backend) for name, entry in catalogs.items()}
    main = found[MAIN]
    tables = {"samples": samples_table(found), "information": information_table(found)}
    exponents = {"published": PUBLISHED["alpha_SB"], "fitted": main.fit.alpha_SB}
    notes = list(json.loads(main.attrs["notes"]))
    if main.anchored:
        search = search_of(main)
        tables["published"] = published_table(main, search, tg_tau)
        tables["search"] = search_table(search)
        notes += node_notes(tables["published"], search)
    else:
        notes.append("catalog.magnitude: no distance moduli, so H_sigma is not determined and no grid was searched.")
    notes += sample_notes(tables["samples"], found)
    if any(sample.anchored for sample in found.values()):
        tables["published_point"] = published_point_table(found)
        notes += point_notes(tables["published_point"])
    tables["duality"] = duality_table(exponents)
    notes += law_notes(main, tg_tau)
    tree = run_tree(data=main.data, models=main.models, comparison=main.comparison, tables=tables)
    sources = [json.loads(sample.attrs["datasets"])[0] for sample in found.values()]
    tree.attrs["datasets"] = json.dumps(sources)
    tree.attrs["notes"] = json.dumps(notes)
    return tree


def _others(catalog: Any, samples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Catalogues that differ from the first in what each sample says."""
    if samples and not dataclasses.is_dataclass(catalog):
        raise InvalidInput("samples: this catalogue cannot be changed, set samples={}")
    others = {}
    for name, changes in samples.items():
        if name in (MAIN, "published"):
            raise InvalidInput(f"samples.{name}: this name is taken, choose another")
        known = [field.name for field in dataclasses.fields(catalog)]
        for key in changes:
            if key not in known:
                raise InvalidInput(f"samples.{name}.{key}: unknown key{nearest(key, known)}")
        try:
            others[name] = dataclasses.replace(catalog, **changes)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"samples.{name}.{error}") from error
    return others
