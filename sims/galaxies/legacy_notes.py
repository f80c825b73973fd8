"""That the published scatter is one about a curve, what it is about the data, and why winding improves galaxies."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from solvers.galaxies.base import RotationModel
from solvers.galaxies.burr_kernel import BurrKernel
from solvers.galaxies.legacy_path_kernel import LegacyPathKernel
from solvers.published import paper_12


def legacy_notes(
    models: Mapping[str, RotationModel], tables: Mapping[str, xr.Dataset], min_points: int, v_flat: float
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    models : mapping of str to RotationModel
        As predicted.
    tables : mapping of str to xarray.Dataset
        Of the run.
    min_points : int
        Of a galaxy that may improve.
    v_flat : float
        From which a spiral is massive [km/s].
    """
    scatters, improved = tables["scatters"], tables["improved"]
    yield (
        f"The published RAR scatter of {paper_12.SCATTER[150]:g} dex (SI §12.3) measures the model against a curve, "
        "g_bar/(1 - exp(-sqrt(g_bar/3.826e-10 m/s2))), not against data: no observed rotation is compared with "
        "anything in it (model_about_curve). What tests a model is model_about_data."
    )
    yield from _of_samples(scatters)
    yield from _unwound(models, scatters)
    yield from _holdout(tables["holdout"])
    yield from _improved(models, improved, min_points, v_flat)
    observed = [name for name, model in models.items() if model.uses_observed]
    if observed:
        yield f"{', '.join(observed)}: takes observed rotation as an input."


def _of_samples(table: xr.Dataset) -> Iterator[str]:
    for head in _heads(table):
        rows = [table.isel(row=i) for i in range(table.sizes["row"]) if _head(table, i) == head]
        first = rows[0]
        values = "; ".join(
            f"{row['model'].item()} {row['model_about_data'].item():.4f} (about the curve "
            f"{row['model_about_curve'].item():.4f}{_printed(row['printed'].item())})"
            for row in sorted(rows, key=lambda row: row["model_about_data"].item())
        )
        yield (
            f"{_named(head)}: {first['n_galaxies'].item()} galaxies and "
            f"{first['n_points'].item()} points: scatter about the data [dex]: {values}. Data about the curve: "
            f"{first['data_about_curve'].item():.4f}."
        )
        for row in rows:
            if row["model_about_best_curve"].item() < 1e-4:
                yield (
                    f"{_named(head)}: {row['model'].item()} is such a curve. With its own scale it has no scatter "
                    f"about it, and {row['model_about_data'].item():.4f} dex about the data: the one says nothing of "
                    "the other."
                )


def _named(head: tuple[str, int]) -> str:
    """A sample in words."""
    baryons, lost = head
    return f"{baryons}, without the first {lost} of Table 1" if lost else f"{baryons}, all of Table 1"


def _printed(value: float) -> str:
    return "" if np.isnan(value) else f", printed {value:.4f}"


def _heads(table: xr.Dataset) -> list[tuple[str, int]]:
    return list(dict.fromkeys(_head(table, i) for i in range(table.sizes["row"])))


def _head(table: xr.Dataset, i: int) -> tuple[str, int]:
    return str(table["baryons"].values[i]), int(table["lost"].values[i])


def pairs(models: Mapping[str, RotationModel]) -> Iterator[tuple[str, str]]:
    """Names of models that differ by winding alone, the one without first."""
    for name, model in models.items():
        if isinstance(model, LegacyPathKernel | BurrKernel) and model.winding is not None:
            for other, plain in models.items():
                if type(plain) is type(model) and plain.winding is None and _same(plain, model):
                    yield other, name


def _same(plain: RotationModel, wound: RotationModel) -> bool:
    return replace(wound, winding=None, label=plain.label, params=plain.params) == plain and (  # type: ignore[call-arg]
        dict(plain.space.fixed) == dict(wound.space.fixed)
    )


def _unwound(models: Mapping[str, RotationModel], table: xr.Dataset) -> Iterator[str]:
    for plain, wound in pairs(models):
        if not isinstance(models[wound], LegacyPathKernel):
            continue
        for head in _heads(table):
            here = [i for i in range(table.sizes["row"]) if _head(table, i) == head]
            one, two = (next(table.isel(row=i) for i in here if table["model"].values[i] == m) for m in (plain, wound))
            curve, data = ((one[key].item(), two[key].item()) for key in ("model_about_curve", "model_about_data"))
            yield (
                f"{_named(head)}: winding brings {plain} closer to the curve, {curve[0]:.4f} to "
                f"{curve[1]:.4f} dex, and its scatter about the data from {data[0]:.4f} to {data[1]:.4f}, a change of "
                f"{data[1] - data[0]:+.4f}."
            )


def _holdout(table: xr.Dataset) -> Iterator[str]:
    for i in range(table.sizes["row"]):
        row = table.isel(row=i)
        if i == 0 or row["part"].item() != "test" or row["model"].item() != table["model"].values[0]:
            continue
        train = table.isel(row=i - 1)
        yield (
            f"{_named(_head(table, i))}, 80/20 split of SI §5.4, "
            f"{row['model'].item()}: about the curve {train['model_about_curve'].item():.4f} dex in "
            f"{train['n_part'].item()} training and {row['model_about_curve'].item():.4f} in "
            f"{row['n_part'].item()} test galaxies (printed: {paper_12.HOLDOUT:g}); about the data "
            f"{row['model_about_data'].item():.4f} in the test."
        )


def _improved(models: Mapping[str, RotationModel], table: xr.Dataset, min_points: int, v_flat: float) -> Iterator[str]:
    for choice in dict.fromkeys(map(str, table["baryons"].values)):
        rows = {
            str(table["model"].values[i]): table.isel(row=i)
            for i in range(table.sizes["row"])
            if table["baryons"].values[i] == choice
        }
        first = next(iter(rows.values()))
        shares = "; ".join(
            f"{name} {100 * row['improved'].item():.1f} % ({100 * row['massive_improved'].item():.1f} %)"
            for name, row in rows.items()
        )
        yield (
            f"{choice}: of {first['n_galaxies'].item()} galaxies with at least {min_points} points (of "
            f"{first['n_massive'].item()} with V_flat >= {v_flat:g} km/s) the RMS is smaller than by the baryons alone "
            f"in: {shares}."
        )
        for plain, wound in pairs(models):
            if isinstance(models[wound], BurrKernel):
                gain = 100 * (rows[wound]["massive_improved"].item() - rows[plain]["massive_improved"].item())
                yield (
                    f"{choice}: winding adds {gain:.1f} points in massive spirals (printed: "
                    f"{100 * paper_12.MASSIVE_GAIN:.0f}). It only takes enhancement away, which helps where stars of "
                    "this mass-to-light ratio exceed what is observed already."
                )
