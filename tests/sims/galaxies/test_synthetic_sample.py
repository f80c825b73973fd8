"""Drawn galaxies in the columns of SPARC: the same seed, the same bits, and fits that find what was put in."""

import json

import numpy as np
import pytest

from sims.galaxies.fits import fits
from sims.galaxies.rotation import rotation
from sims.galaxies.sample import curves_of
from sims.galaxies.synthetic import SyntheticSample
from solvers.backend import Backend
from solvers.constants import G_KPC
from solvers.errors import InvalidInput
from solvers.galaxies.baryons import Baryons
from solvers.galaxies.base import Newtonian
from solvers.galaxies.batched_fit import BatchedFit, Range
from solvers.galaxies.law_rotation import LawRotation, ScaleRotation
from solvers.galaxies.nfw import NfwHalo
from solvers.laws import MondRar

TRUE = Baryons(upsilon_disk=0.5, upsilon_bulge=0.7)
FREE = {"prior": {"min": 0.1, "max": 5.0}}
BOX = {"amplitude": Range(low=0.01, high=5.0, log=True), "xi": Range(low=0.1, high=50.0, log=True)}
SIGMA = ScaleRotation(params={"amplitude": FREE, "xi": FREE})
EXACT = {"relative_error": 0.0, "error_floor": 1e-6}


def drawn(baryons=TRUE, **settings):
    data = SyntheticSample(**settings).load()
    return data, curves_of(data, baryons)[0]


def test_the_same_seed_has_the_same_bits():
    first, second, other = (SyntheticSample(seed=seed).load() for seed in (3, 3, 4))
    assert first.identical(second)
    assert not np.array_equal(first["r_disk"], other["r_disk"])


def test_the_columns_are_those_of_rotation_curves():
    data, curves = drawn(n_galaxies=40)
    assert data.sizes["galaxy"] == curves.n_galaxies == 40 == data.attrs["n_galaxies"]
    assert data.sizes["point"] == curves.radius.size == data["n_points"].sum() == data.attrs["n_rows"]
    np.testing.assert_array_equal(curves.n_points, data["n_points"])
    assert len(set(data["name"].values)) == 40
    for name in ("radius", "v_obs", "v_obs_err", "v_true", "v_gas", "v_disk"):
        assert np.all(data[name] > 0) and data[name].attrs["units"] in ("kpc", "km/s")
    for i in range(40):
        assert np.all(np.diff(curves.radius[curves.galaxy == i]) > 0)
    (step,) = json.loads(data.attrs["steps"])
    assert step == {"step": "drawn", "rows": data.sizes["point"], "galaxies": 40}
    assert json.loads(data.attrs["cuts"])["seed"] == 0


@pytest.mark.parametrize(
    "model",
    [LawRotation(), LawRotation(law=MondRar()), Newtonian(), NfwHalo(params={"log10_m200": 11.5, "c": 8.0})],
    ids=["sigma", "mond", "newton", "nfw"],
)
def test_the_rotation_is_that_of_the_model_at_the_true_ratios(model):
    data, curves = drawn(model=model, upsilon_disk=0.5, upsilon_bulge=0.7)
    np.testing.assert_allclose(model.velocity(curves), data["v_true"], rtol=1e-12)


def test_columns_of_stars_are_for_a_ratio_of_one():
    half, whole = (SyntheticSample(upsilon_disk=u, upsilon_bulge=u).load() for u in (0.5, 1.0))
    for name in ("v_disk", "v_bulge"):
        np.testing.assert_allclose(half[name] ** 2, 2.0 * whole[name] ** 2, rtol=1e-12)
    # the same stars rotate as fast, whatever light they give
    np.testing.assert_array_equal(half["v_gas"], whole["v_gas"])
    np.testing.assert_allclose(half["v_true"], whole["v_true"], rtol=1e-12)


def test_galaxies_are_as_heavy_as_said():
    # at the last point most of the mass of stars and gas is inside: about G M/R, log10 M between 7.5 and 12
    _, curves = drawn(n_galaxies=200)
    last = np.cumsum(curves.n_points).astype(int) - 1
    mass = curves.v_bar_squared[last] * curves.radius[last] / G_KPC
    assert 7.5 < np.log10(mass).min() < np.log10(mass).max() < 12.0
    assert 0.05 < np.mean(curves.v_bulge_squared[last] > 0) < 0.5


def test_errors_are_as_stated_and_data_scatter_by_them():
    data = SyntheticSample(n_galaxies=300, relative_error=0.05, error_floor=3.0).load()
    truth, error = data["v_true"].values, data["v_obs_err"].values
    np.testing.assert_allclose(error, np.hypot(0.05 * truth, 3.0), rtol=1e-12)
    pull = (data["v_obs"].values - truth) / error
    bright = truth > 30.0  # where no velocity is kept above zero
    n = bright.sum()
    assert abs(pull[bright].mean()) < 4.0 / np.sqrt(n)
    assert pull[bright].std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2.0 * n))


def test_without_errors_fits_find_exactly_what_was_put_in():
    model = LawRotation(params={"amplitude": 1.2, "xi_over_rd": 0.9})
    data, curves = drawn(model=model, n_galaxies=25, **EXACT)
    found = BatchedFit().fit(SIGMA, curves, BOX)
    length = 0.9 * data["r_disk"].values
    inside = (length > 0.11) & (length < 45.0)
    assert inside.sum() > 20
    assert found.chi2.max() < 1e-6
    np.testing.assert_allclose(found.values[0, inside], 1.2, rtol=1e-3)
    np.testing.assert_allclose(found.values[1, inside], length[inside], rtol=5e-3)
    assert not found.at_bound[:, inside].any()


def test_with_errors_fits_find_what_was_put_in_within_them():
    model = LawRotation(params={"amplitude": 1.2, "xi_over_rd": 0.9})
    _, curves = drawn(model=model, n_galaxies=80, seed=5)
    truth = curves.sum_by_galaxy(((curves.v_obs - model.velocity(curves)) / curves.v_obs_err) ** 2)
    found = BatchedFit().fit(SIGMA, curves, BOX)
    gain = truth - found.chi2
    assert gain.min() > -1e-9
    # 2 on average for two parameters, with a standard deviation of 2; bounds take some of it
    free = ~found.at_bound.any(axis=0)
    assert free.sum() > 40
    assert gain.mean() == pytest.approx(2.0, abs=4.0 * 2.0 / np.sqrt(80))
    dof = curves.n_points.sum() - 160
    assert found.chi2.sum() == pytest.approx(dof, abs=4.0 * np.sqrt(2.0 * dof))
    # one amplitude for all of them, from the curvature of χ² about it
    common = np.linspace(1.0, 1.4, 401)
    each = LawRotation(params={"amplitude": FREE, "xi_over_rd": 0.9})
    rows = [np.sum(((curves.v_obs - each.velocity(curves, amplitude=a)) / curves.v_obs_err) ** 2) for a in common]
    best, error = common[np.argmin(rows)], np.ptp(common[np.array(rows) < min(rows) + 1.0]) / 2.0
    assert error < 0.02 and abs(best - 1.2) < 4.0 * error
    # and one length
    common = np.linspace(0.5, 1.4, 181)
    each = LawRotation(params={"amplitude": 1.2, "xi_over_rd": FREE})
    rows = [np.sum(((curves.v_obs - each.velocity(curves, xi_over_rd=x)) / curves.v_obs_err) ** 2) for x in common]
    best, error = common[np.argmin(rows)], np.ptp(common[np.array(rows) < min(rows) + 1.0]) / 2.0
    assert error < 0.1 and abs(best - 0.9) < 4.0 * error


def test_halos_are_found_as_well():
    truth = NfwHalo(params={"log10_m200": 11.4, "c": 9.0})
    _, curves = drawn(model=truth, n_galaxies=12, **EXACT)
    free = {"log10_m200": {"prior": {"min": 6, "max": 14}}, "c": FREE}
    box = {"log10_m200": Range(low=6.0, high=14.0), "c": Range(low=1.0, high=50.0)}
    found = BatchedFit().fit(NfwHalo(params=free), curves, box)
    np.testing.assert_allclose(found.values[0], 11.4, rtol=1e-4)
    np.testing.assert_allclose(found.values[1], 9.0, rtol=1e-3)


def test_sparc_rar_takes_it_and_the_truth_has_no_scatter():
    models = {"sigma": LawRotation(), "mond": LawRotation(law=MondRar()), "newton": Newtonian()}
    tree = rotation(SyntheticSample(n_galaxies=20, **EXACT), models, {"true": TRUE, "other": Baryons()}, Backend())
    table = tree["tables/rotation_true"].to_dataset()
    assert table["mean_rms"].sel(model="sigma") < 1e-5 < 1.0 < table["mean_rms"].sel(model="mond")
    assert table["mean_rar_scatter"].sel(model="sigma") < 1e-6
    assert tree["tables/rotation_other"]["mean_rms"].values.min() > 1.0
    assert set(tree["tables/head_to_head"]["wins_b"].values[:4]) == {0}
    assert json.loads(tree.attrs["datasets"])[0]["name"] == "synthetic"
    assert "drawn: 20" in tree.attrs["notes"]


def test_sparc_fits_takes_it_and_prefers_the_truth():
    halo = NfwHalo(params={"log10_m200": {"prior": {"min": 6, "max": 14}}, "c": {"prior": {"min": 1, "max": 50}}})
    models = {
        "sigma": ScaleRotation(
            params={
                "amplitude": {"prior": {"dist": "loguniform", "min": 0.01, "max": 5.0}},
                "xi": {"prior": {"dist": "loguniform", "min": 0.1, "max": 50.0}},
            }
        ),
        "nfw": halo,
    }
    tree = fits(SyntheticSample(n_galaxies=30, seed=2), models, {"true": TRUE}, BatchedFit(), Backend(), n_resamples=50)
    table = tree["tables/fits_true"].to_dataset()
    assert table["mean_chi2_red"].sel(model="sigma").item() == pytest.approx(1.0, abs=0.25)
    assert table["mean_chi2_red"].sel(model="sigma") < table["mean_chi2_red"].sel(model="nfw")


@pytest.mark.parametrize("experiment", ["sparc_rar", "sparc_fits"])
def test_the_catalogue_is_chosen_by_its_name(experiment, executed):
    tree = executed(experiment, "catalog=sparc_synthetic", "catalog.n_galaxies=8", "catalog.seed=1")
    assert tree["data"].sizes["galaxy"] == 8
    again = executed(experiment, "catalog=sparc_synthetic", "catalog.n_galaxies=8", "catalog.seed=1", "figure=false")
    for name in tree["models"]:
        assert tree[f"models/{name}"].to_dataset().identical(again[f"models/{name}"].to_dataset())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_galaxies": 0}, "n_galaxies=0: must be > 0"),
        ({"upsilon_disk": 0.0}, "upsilon_disk=0.0: must be > 0"),
        ({"upsilon_bulge": -1.0}, "upsilon_bulge=-1.0: must be > 0"),
        ({"relative_error": -0.1}, "relative_error=-0.1: must be >= 0"),
        ({"error_floor": 0.0}, "error_floor=0.0: must be > 0"),
        (
            {"model": LawRotation(params={"amplitude": FREE})},
            "model.params.amplitude: a sample is drawn with numbers",
        ),
        (
            {"model": LawRotation(params={"amplitude": {"scan": {"min": 0, "max": 3, "num": 4}}})},
            "model.params.amplitude: a sample is drawn with numbers",
        ),
    ],
    ids=str,
)
def test_settings_out_of_their_range_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        SyntheticSample(**settings)
    assert str(error.value) == message


def test_a_model_without_a_number_is_refused():
    class Nowhere(Newtonian):
        def enhancement(self, curves, **theta):
            return -1.0 + 0.0 * curves.radius

    with pytest.raises(InvalidInput, match="gives no rotation for this sample"):
        SyntheticSample(model=Nowhere()).load()
