"""What a run on CLASH clusters says: who fits and by how much, which amplitude is wanted, what is left out."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from sims.clusters.clash_degeneracy import degeneracy_notes, has_square_root_limit
from sims.clusters.clash_tables import reference_sigma
from sims.clusters.model_table import is_mond, is_sigma, model_notes
from sims.likelihoods.clash import ClashAccelerations, ClashMasses
from solvers.clusters.enhancements import ClusterModel, LawEnhancement, effective_amplitude

PRINTED_SCALE = (2.02e-9, 0.11e-9)
"""g‡ [m/s²] of g_obs = √(g‡ g_bar) in Tian+ 2020, abstract, and its error."""

PRINTED_SLOPE, PRINTED_SCATTER = 0.51, 0.064
"""Slope of the relation, and its intrinsic scatter of 14.7 % in dex, from the same."""


def clash_notes(
    likelihood: ClashAccelerations | ClashMasses,
    models: Mapping[str, ClusterModel],
    answers: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
) -> Iterator[str]:
    """Sentences with the numbers of this run.

    Parameters
    ----------
    likelihood : ClashAccelerations or ClashMasses
        The data.
    models : mapping of str to ClusterModel
        As confronted.
    answers : mapping of str to xarray.Dataset
        Of `/models`.
    tables : mapping of str to xarray.Dataset
        Of the run.
    """
    accelerations = isinstance(likelihood, ClashAccelerations)
    if "fit" in tables:
        yield from _who_fits(answers, tables["fit"])
    if "amplitude" in tables:
        yield from _amplitude(models, tables["amplitude"])
    yield from _deep_limit(models, answers)
    yield from degeneracy_notes(models, answers, likelihood.points.g_bar)
    if "radii" in tables:
        yield from _trend(models, tables["radii"])
    if isinstance(likelihood, ClashAccelerations):
        yield from _accelerations(likelihood, models, answers)
        yield from _brightest_galaxies(likelihood, models, answers)
    else:
        yield from _masses(likelihood)
    yield from model_notes(models)
    yield (
        "Both catalogues of CLASH are lensing of the same 20 clusters: chi2 of this run must not be added to that of "
        f"catalog={'clash_mistele' if accelerations else 'clash_tian'}."
    )
    yield (
        "Observed masses and accelerations are what lensing gives with light bent as in GR; they are compared with "
        "Σ g_bar, as if light and matter saw the same Σ. With a slip (SI §25) they would not be the same."
    )


def _who_fits(answers: Mapping[str, xr.Dataset], table: xr.Dataset) -> Iterator[str]:
    """All models by χ² per point, with their bias."""
    order = np.argsort(table["chi2_per_point"].values, kind="stable")
    parts = []
    for i in order:
        row = table.isel(model=i)
        name = str(row["model"].values)
        free = int(answers[name]["n_free"])
        words = f"{name} {float(row['chi2_per_point']):.2f}"
        if "residual_mean" in table:
            words += f" ({float(row['residual_mean']):+.3f} dex"
        else:
            words += f" (observed masses {float(row['factor']):.2f} ± {float(row['factor_err']):.2f} of the predicted"
        parts.append(words + (f", {free} fitted)" if free else ")"))
    n = int(next(iter(answers.values()))["n_data"])
    bias = " and mean residual" if "residual_mean" in table else ""
    yield f"chi2 per point{bias} over {n} points: {'; '.join(parts)}."
    none = [str(name) for name, x in zip(table["model"].values, table["chi2_per_point"].values, strict=True) if x < 1.5]
    if not none:
        yield "No model of this run has less than 1.5 of chi2 per point."


def _amplitude(models: Mapping[str, ClusterModel], table: xr.Dataset) -> Iterator[str]:
    """Which A the data want, beside the bare and the effective one."""
    reference = reference_sigma(models)
    if reference is None:
        return
    name, law = reference[0], reference[1].law
    rows = [table.isel(radius_bin=i) for i in range(table.sizes["radius_bin"])]
    best, err = (float(rows[0][key]) for key in ("amplitude_wanted", "amplitude_err"))
    yield (
        f"B{table['amplitude_wanted'].attrs['long_name'][1:]}, h of {name}: {best:.2f} ± {err:.2f} over all radii, "
        f"where chi2 per point is {float(rows[0]['chi2_per_point_at_best']):.2f}. The bare amplitude is "
        f"{law.amplitude.sphere:.2f}, the effective one {effective_amplitude(law):.2f}. By radius: "
        + ", ".join(
            f"{row['radius_bin'].values!s} kpc {float(row['amplitude_wanted']):.2f} ± {float(row['amplitude_err']):.2f}"
            for row in rows[1:]
        )
        + "."
    )


def _deep_limit(models: Mapping[str, ClusterModel], answers: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """A² g† of every Σ, which is all that weak fields know of it."""
    parts = []
    for name, model in models.items():
        has_limit = isinstance(model, LawEnhancement) and is_sigma(model) and has_square_root_limit(model.law)
        if not has_limit or "parameter_value" not in answers[name]:
            continue
        value = dict(
            zip(answers[name]["parameter"].values, map(float, answers[name]["parameter_value"].values), strict=True)
        )
        fitted = (
            f" (A = {value['amplitude']:.3g}, g† = {value['g_dagger']:.2e} m/s² fitted)" if model.space.free else ""
        )
        parts.append(f"{name} {value['amplitude'] ** 2 * value['g_dagger'] / 1e-9:.2f}{fitted}")
    if parts:
        yield (
            "For g_bar well below g†, Σ g_bar = A √(g† g_bar), of which the data determine A² g† alone; in 1e-9 m/s²: "
            f"{', '.join(parts)}. Tian+ 2020 print {PRINTED_SCALE[0] / 1e-9:.2f} ± {PRINTED_SCALE[1] / 1e-9:.2f} for a "
            "relation of this form."
        )


def _trend(models: Mapping[str, ClusterModel], table: xr.Dataset) -> Iterator[str]:
    """How the residual of every Σ runs with the radius."""
    key = "residual_mean" if "residual_mean" in table else "median_ratio"
    bins = [str(name) for name in table["radius_bin"].values]
    for name in (str(each) for each in table["model"].values):
        if not is_sigma(models[name]) or len(bins) < 2:
            continue
        values = table[key].sel(model=name).values
        shown = ", ".join(f"{value:+.3f}" if key == "residual_mean" else f"{value:.2f}" for value in values)
        what = "mean residual in dex" if key == "residual_mean" else "median of observed over predicted mass"
        yield f"{name}: {what} at {', '.join(bins)} kpc: {shown}."


def _accelerations(
    likelihood: ClashAccelerations, models: Mapping[str, ClusterModel], answers: Mapping[str, xr.Dataset]
) -> Iterator[str]:
    for name, model in models.items():
        answer = answers[name]
        if not is_mond(model) or model.space.fixed.get("amplitude") != 1.0 or "g_dagger" not in model.space.names:
            continue
        if "best_fit" in answer and answer["best_fit"].ndim == 1:
            row = answer.sel(param="g_dagger")
            yield (
                f"{name}: a0 = ({float(row['best_fit']) / 1e-9:.2f} ± {float(row['sigma']) / 1e-9:.2f})e-9 m/s². "
                f"Tian+ 2020 print ({PRINTED_SCALE[0] / 1e-9:.2f} ± {PRINTED_SCALE[1] / 1e-9:.2f})e-9 for "
                "g_obs = √(g‡ g_bar), which lacks the Newtonian end of this function, and galaxies have 0.12e-9."
            )
    slopes = [f"{name} {float(a['mean_slope']):.2f}" for name, a in answers.items() if "mean_slope" in a]
    if slopes:
        yield (
            f"Mean slope d ln g/d ln g_bar at the points: {', '.join(slopes)}; Tian+ 2020 print {PRINTED_SLOPE} for "
            f"the data, with an intrinsic scatter of {PRINTED_SCATTER} dex beside the errors."
        )
    if likelihood.errors == "both":
        values = [float(a["log_determinant"]) for a in answers.values() if "log_determinant" in a]
        if values:
            yield (
                "errors=both: the variance has the error of g_bar times the model's slope, so chi2 has the logarithm "
                f"of the variance over that of g_obs alone, here {min(values):.2f} to {max(values):.2f} in sum; "
                "errors=observed leaves both out."
            )
    yield (
        "Errors are taken as independent between the radii of a cluster; they are not, and no covariance is published. "
        "chi2 and the errors of fitted parameters are therefore too sharp."
    )
    yield (
        "Masses in spheres stand on both sides and the baryons are counted, so that of the caveats of the comparison "
        "with Fox+ 2022 none (cylinder against sphere, a share of M500 for the baryons, M500 itself) applies here."
    )


def _brightest_galaxies(
    likelihood: ClashAccelerations, models: Mapping[str, ClusterModel], answers: Mapping[str, xr.Dataset]
) -> Iterator[str]:
    """How the innermost points compare with the others."""
    data = likelihood.data()
    if "is_bcg" not in data:
        return
    bcg = data["is_bcg"].values
    if not bcg.any() or bcg.all():
        return
    parts = [
        f"{name} {answers[name]['residual_dex'].values[bcg].mean():+.3f} and "
        f"{answers[name]['residual_dex'].values[~bcg].mean():+.3f}"
        for name, model in models.items()
        if "residual_dex" in answers[name] and is_sigma(model)
    ]
    if parts:
        radius = data["radius"].values[bcg]
        yield (
            f"{int(bcg.sum())} points are brightest galaxies at {radius.min():.0f} to {radius.max():.0f} kpc; mean "
            f"residual in dex there and at the other points: {'; '.join(parts)}. catalog.bcg=false leaves them out."
        )


def _masses(likelihood: ClashMasses) -> Iterator[str]:
    clusters, data = likelihood.rows.clusters, likelihood.data()
    n = {key: int(clusters[key].values.sum()) for key in clusters if str(key).startswith("n_")}
    used = int((clusters["n_compared"].values > 0).sum())
    gas_fraction = "m500" in clusters
    if gas_fraction:
        yield (
            f"baryons=gas_fraction: {n['n_compared']} masses of {used} clusters, their baryons a share of the M500 of "
            "the same profile: the baryons follow the observed masses, with their noise, and the caveat that M500 is "
            "itself a lensing mass applies in full."
        )
    else:
        yield (
            f"baryons=accelerations: {n['n_compared']} masses of {used} clusters lie between the radii at which "
            f"Tian+ 2020 have baryons; {n['n_inside']} inside and {n['n_outside']} outside them are left out, nothing "
            "is extrapolated. Errors of these baryons do not enter chi2."
        )
        alone = [
            str(name)
            for name, of in zip(clusters["cluster"].values, clusters["baryons_of"].values, strict=True)
            if not of
        ]
        if alone or likelihood.rows.unmatched:
            yield (
                f"Clusters in one catalogue alone: {len(alone)} with masses ({', '.join(alone) or 'none'}), "
                f"{len(likelihood.rows.unmatched)} with baryons ({', '.join(likelihood.rows.unmatched) or 'none'})."
            )
    if n["n_negative"]:
        yield f"{n['n_negative']} masses that noise has made negative are kept: residuals are in mass, not in its log."
    common = 0.5 * (data["mass_syst_upper"].values + data["mass_syst_lower"].values)
    share = float(np.median(common / data["mass_err"].values))
    yield (
        "Statistical errors are correlated within a cluster, as published. Systematic ones, in the median "
        f"{share:.2f} of the statistical, are "
        + ("added as fully correlated within a cluster." if likelihood.systematic == "common" else "not in chi2.")
    )
