"""SI §9A.6: the printed digits by the source's own procedure, the exact values, and what the 835.2 is."""

import json
import os

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad

from catalogs.errors import DataError
from catalogs.pantheon_plus import PantheonPlus
from outputs.tree import variable, variables
from sims.supernovae_published import hubble_diagram_published
from solvers.backend import Backend
from solvers.backgrounds import DarkEnergy, GRBaryons, GRMatter, SigmaBaryons
from solvers.errors import InvalidInput
from solvers.inference.minimize import Minimize
from solvers.laws import CriticalAcceleration, MondSimple, Sigma
from solvers.published import paper_9a

CUTS = {"z_column": "zCMB", "z_min": 0.01, "z_max": 2.5, "prefactor": "zCMB"}
DATA = {"magnitude": "MU_SH0ES", "covariance": "diagonal"}
LAW = Sigma(g_dagger=CriticalAcceleration(form="2e"))


def free(low, high, ref):
    return {"prior": {"min": low, "max": high}, "ref": ref}


MODELS = {
    "gr_baryons": GRBaryons(params={"omega_b": 0.05}),
    "sigma_baryons": SigmaBaryons(params={"omega_b": 0.05, "a_cos": free(0.1, 1e6, 8.83)}, law=LAW),
    "gr_free_matter": GRMatter(params={"omega_m": free(0.01, 1.0, 0.3)}),
    "lcdm": DarkEnergy(params={"omega_m": free(0.01, 0.99, 0.3)}),
}


class Synthetic:
    """60 supernovae of flat ΛCDM with Ω_m = 0.3, without scatter."""

    def __init__(self, errors="variance"):
        self.errors = errors

    def sha256(self):
        return {"synthetic": self.errors}

    def load(self):
        z = np.geomspace(0.011, 2.2, 60)
        modulus = DarkEnergy(params={"omega_m": 0.3}).distance_modulus(z)
        columns = {"z": z, "z_prefactor": z, "magnitude": modulus}
        data = xr.Dataset({name: variable("row", column, "", name) for name, column in columns.items()})
        if self.errors == "variance":
            data["variance"] = variable("row", np.full(60, 0.04), "mag2", "variance")
        else:
            data["covariance"] = variable(("row", "row_"), 0.04 * np.eye(60), "mag2", "covariance")
        data.attrs = {"name": "synthetic", "sha256": "{}", "n_rows": 60, "cuts": "{}"}
        return data


def answer(catalog, models=MODELS):
    return hubble_diagram_published(catalog, models, Minimize(), Backend())


@pytest.fixture(scope="module")
def run():
    catalog = PantheonPlus(**CUTS, **DATA)
    try:
        catalog.load()
    except DataError as error:
        if os.environ.get("SIGMA_REQUIRE_DATA") == "1":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    return answer(catalog)


@pytest.fixture(scope="module")
def protocol(run):
    return run["/tables/published_protocol"].to_dataset()


@pytest.fixture(scope="module")
def synthetic_run():
    return answer(Synthetic())


def test_the_sample_is_the_published_one(run):
    assert run["/data"].sizes["row"] == 1588


@pytest.mark.parametrize(
    ("model", "printed", "computed"),
    [
        ("gr_baryons", "1294.6", 1294.576),
        ("sigma_baryons", "835.2", 835.217),
        ("gr_free_matter", "1294.6", 1294.576),
        ("lcdm", "710.5", 710.481),
    ],
)
def test_the_procedure_gives_the_printed_digits(protocol, model, printed, computed):
    row = protocol.sel(model=model)
    assert f"{row['chi2'].item():.1f}" == printed == f"{row['published_chi2'].item():.1f}"
    assert row["chi2"].item() == pytest.approx(computed, abs=0.01)


def test_sigma_stopped_on_the_wall_in_h0(protocol):
    row = protocol.sel(model="sigma_baryons")
    assert row["wall_reached"].item()
    assert row["wall"].item() == "H0 = 40"
    assert row["H0"].item() == pytest.approx(40.0, abs=1e-5)
    assert row["a_cos"].item() == pytest.approx(8.8318, abs=1e-3)
    assert row["offset"].item() == pytest.approx(-3.278, abs=1e-3)
    assert f"{row['a_cos'].item():.2f}" == str(paper_9a.PUBLISHED_A_COS)


def test_the_other_searches_stopped_in_the_open(protocol):
    others = protocol.drop_sel(model="sigma_baryons")
    assert not others["wall_reached"].any()
    assert protocol["omega_m"].sel(model="lcdm").item() == pytest.approx(0.3899, abs=1e-3)


@pytest.mark.parametrize(
    ("model", "chi2"),
    [
        ("gr_baryons", 1294.891297),
        ("sigma_baryons", 835.253806),
        ("gr_free_matter", 1294.891297),
        ("lcdm", 709.826580),
    ],
)
def test_exact_values_beside_the_procedure(protocol, model, chi2):
    assert protocol["exact_chi2"].sel(model=model).item() == pytest.approx(chi2, abs=1e-4)


def test_exact_best_fit_of_lcdm(run):
    assert run["/models/lcdm"]["best_fit"].item() == pytest.approx(0.373913, abs=1e-4)


def test_models_a_and_c_are_identical(run, protocol):
    exact = protocol["exact_chi2"]
    a, c = (exact.sel(model=model).item() for model in ("gr_baryons", "gr_free_matter"))
    assert a == pytest.approx(c, abs=1e-9)
    assert run["/models/gr_free_matter"]["is_flat"].item()


@pytest.mark.parametrize(
    ("restart", "chi2", "wall"),
    [("wall at H0 = 1", 810.82, "H0 = 1"), ("start at offset = -2", 803.67, "a_cos = 15")],
)
def test_one_choice_changed_gives_another_result(run, restart, chi2, wall):
    row = run["/tables/restarts"].to_dataset().sel(restart=restart)
    assert row["chi2"].item() == pytest.approx(chi2, abs=0.01)
    assert row["wall"].item() == wall


def test_where_the_search_with_the_far_wall_ended(run):
    row = run["/tables/restarts"].to_dataset().sel(restart="wall at H0 = 1")
    assert row["H0"].item() == pytest.approx(1.00001, abs=1e-5)
    assert row["a_cos"].item() == pytest.approx(13.09, abs=0.01)


@pytest.mark.parametrize(
    ("a_cos", "chi2"),
    [
        (8.83, 835.253806),
        (15.0, 803.689975),
        (30.0, 775.627812),
        (100.0, 749.071139),
        (285.147723343577, 737.803051),
        (1e5, 723.087648),
        (np.inf, 721.259061),
    ],
)
def test_exact_chi2_by_amplitude(run, a_cos, chi2):
    table = run["/tables/amplitude"].to_dataset()
    (row,) = np.flatnonzero(np.isclose(table["a_cos"], a_cos, rtol=1e-12))
    assert table["chi2"].values[row] == pytest.approx(chi2, abs=1e-4)


def test_exact_chi2_has_no_interior_minimum(run):
    table = run["/tables/amplitude"].to_dataset()
    assert np.all(np.diff(table["chi2"]) < 0)
    closed = table["gap_closed"].sel(a_cos=[8.83, np.inf]).values
    np.testing.assert_allclose(closed, [0.786, 0.980], atol=5e-4)
    (closing,) = np.flatnonzero(table["is_closing"])
    assert table["gap_closed"].values[closing] == pytest.approx(0.952, abs=5e-4)


def test_notes_say_what_the_published_number_is(run):
    notes = json.loads(run.attrs["notes"])
    stopped = "835.217 is where the simplex stopped at the wall H0 = 40, not a minimum"
    assert any(stopped in note for note in notes)
    assert any("falls monotonically from 835.254" in note and "721.259" in note for note in notes)


def test_trapezoids_agree_with_quadrature():
    grid, z = paper_9a.SEARCHES["sigma_baryons"].grid(2.3), np.array([0.0101, 0.1, 0.7, 2.3])
    for background, theta in ((MODELS["gr_baryons"], {}), (MODELS["sigma_baryons"], {"a_cos": 8.83})):

        def inverse(x, background=background, theta=theta):
            return 1.0 / background.efunc(x, **theta)[0]

        exact = [quad(inverse, 0.0, end, epsabs=0.0, epsrel=1e-12)[0] for end in z]
        found = paper_9a.trapezoid_integral(paper_9a.plain_efunc(background)(grid, **theta), grid, z)
        np.testing.assert_allclose(found, exact, rtol=5e-5)


def test_integral_is_linear_between_grid_points_and_lost_below_the_first():
    grid, efunc = np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.5, 0.25])
    found = paper_9a.trapezoid_integral(efunc, grid, np.array([0.1, 0.5, 0.75, 1.0, 2.0]))
    np.testing.assert_allclose(found, [0.0, 0.0, 0.375, 0.75, 3.75], rtol=1e-15)


@pytest.mark.parametrize("name", paper_9a.SEARCHES)
def test_grid_reaches_the_data_and_keeps_its_spacing(name):
    search, z_max = paper_9a.SEARCHES[name], 2.2613
    grid, last = search.grid(z_max), search.z_last or 1.1 * z_max
    assert grid[0] == search.z_first
    assert grid[-2] < z_max <= grid[-1]
    np.testing.assert_allclose(np.diff(grid), (last - search.z_first) / 1999, rtol=1e-9)


@pytest.mark.parametrize("form", ["2e", "4sqrtpi"])
@pytest.mark.parametrize("mode", ["proportional", "fixed_SI", "evolving"])
@pytest.mark.parametrize("a_cos", [0.0, 0.5, 15.0])
def test_plain_iteration_reaches_the_root(form, mode, a_cos):
    law = Sigma(g_dagger=CriticalAcceleration(form=form, mode=mode))
    sigma = SigmaBaryons(params={"omega_b": 0.05, "omega_r": 8.5e-5, "a_cos": a_cos}, law=law)
    z = np.linspace(0.0, 3.0, 31)
    plain = paper_9a.plain_efunc(sigma)(z, a_cos=a_cos, H0=45.0)
    np.testing.assert_allclose(plain, sigma.efunc(z, a_cos=a_cos, H0=45.0), rtol=1e-12)


def test_chi2_is_constant_on_and_outside_the_walls():
    z = np.array([0.1, 0.5, 1.0])
    lcdm = MODELS["lcdm"]
    modulus = lcdm.distance_modulus(z, omega_m=0.3)
    diagram = paper_9a.Diagram(z=z, z_prefactor=z, modulus=modulus, variance=np.ones(3))
    chi2 = paper_9a.chi2_function(paper_9a.SEARCHES["lcdm"], lcdm.efunc, diagram)
    assert chi2(np.array([70.0, 0.3, 0.0])) == pytest.approx(0.0, abs=1e-9)
    assert chi2(np.array([70.0, 0.3, 0.1])) == pytest.approx(0.03, rel=1e-3)
    for outside in ([50.0, 0.3, 0.0], [95.0, 0.3, 0.0], [70.0, 0.5, 0.0]):
        assert chi2(np.array(outside)) == paper_9a.PENALTY


def test_h0_and_offset_are_one_parameter():
    z = np.geomspace(0.02, 2.0, 20)
    diagram = paper_9a.Diagram(z=z, z_prefactor=z, modulus=44.0 + np.log(z), variance=np.full(20, 0.04))
    sigma = paper_9a.plain_efunc(MODELS["sigma_baryons"])
    chi2 = paper_9a.chi2_function(paper_9a.SEARCHES["sigma_baryons"], sigma, diagram)
    shifted = chi2(np.array([90.0, 8.0, -3.0 + 5.0 * np.log10(90.0 / 45.0)]))
    assert shifted == pytest.approx(chi2(np.array([45.0, 8.0, -3.0])), rel=1e-12)


def test_limit_of_large_amplitudes():
    assert paper_9a.limit_index(LAW) == pytest.approx(6.0 / 7.0, rel=1e-15)
    assert paper_9a.limit_index(MondSimple()) == pytest.approx(1.0, rel=1e-12)
    evolving = Sigma(g_dagger=CriticalAcceleration(mode="evolving"))
    assert paper_9a.limit_index(evolving) == pytest.approx(1.5, rel=1e-15)


def test_gap_closed_runs_from_gr_to_lcdm():
    np.testing.assert_allclose(paper_9a.gap_closed(np.array([9.0, 6.0, 3.0]), 9.0, 3.0), [0.0, 0.5, 1.0])


def test_every_variable_of_the_tables_is_labelled(synthetic_run):
    tables = {path: v for path, v in variables(synthetic_run).items() if path.startswith("/tables/")}
    assert {path.split("/")[2] for path in tables} == {"published_protocol", "restarts", "amplitude"}
    assert all({"units", "long_name"} <= set(array.attrs) for array in tables.values())


def test_search_recovers_lcdm_where_the_data_are_lcdm(synthetic_run):
    row = synthetic_run["/tables/published_protocol"].to_dataset().sel(model="lcdm")
    assert row["omega_m"].item() == pytest.approx(0.3, abs=5e-3)
    assert row["chi2"].item() == pytest.approx(0.0, abs=1e-2)


def test_same_request_gives_the_same_bits(synthetic_run):
    first, second = variables(synthetic_run), variables(answer(Synthetic()))
    assert list(first) == list(second)
    for path in first:
        np.testing.assert_array_equal(first[path].values, second[path].values, err_msg=path)


def test_without_sigma_only_the_searches_remain():
    tree = answer(Synthetic(), {"gr_baryons": MODELS["gr_baryons"]})
    assert list(tree["/tables"].children) == ["published_protocol"]


def test_without_lcdm_no_gap_is_given():
    tree = answer(Synthetic(), {"sigma_baryons": MODELS["sigma_baryons"]})
    assert "gap_closed" not in tree["/tables/amplitude"]


def test_correlated_errors_are_refused():
    with pytest.raises(InvalidInput, match=r"^catalog\.covariance: .*catalog\.covariance=diagonal"):
        answer(Synthetic("covariance"))


@pytest.mark.parametrize(
    ("name", "model", "message"),
    [
        ("gr_baryons", GRBaryons(params={"omega_b": free(0.01, 0.1, 0.05)}), r"params\.omega_b: .* a number"),
        ("lcdm", GRBaryons(params={"omega_b": 0.05}), r"lcdm: has no omega_m"),
    ],
)
def test_a_model_that_the_search_does_not_fit_is_refused(name, model, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        answer(Synthetic(), {name: model})
    assert caught.value.exit_code == 2
