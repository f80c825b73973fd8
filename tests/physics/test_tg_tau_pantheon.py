"""SI §9 on Pantheon+: four samples, the printed digits by the source's own grids, and what they are."""

import json

import numpy as np
import pytest

from outputs.tree import check_schema
from sims.tg_tau import tgtau
from solvers.backend import Backend
from solvers.backgrounds import DarkEnergy
from solvers.inference.minimize import Minimize
from solvers.published.paper_9 import PUBLISHED
from solvers.tg_tau import TGTau

MODERN = {"z_column": "zHD", "z_min": 0.01, "magnitude": "m_b_corr", "covariance": "stat_sys"}
SAMPLES = {
    "stat_sys": {"covariance": "stat_sys"},
    "hubble_flow": {**MODERN, "prefactor": "zHD"},
    "hubble_flow_zhel": {**MODERN, "prefactor": "zHEL"},
}
FRW = DarkEnergy(params={"omega_m": {"prior": {"min": 0.01, "max": 0.99}, "ref": 0.3}})


@pytest.fixture(scope="module")
def run(pantheon_plus):
    catalog = pantheon_plus(z_column="zCMB", z_min=0.001, prefactor="zCMB", magnitude="MU_SH0ES", covariance="diagonal")
    return tgtau(catalog, TGTau(), {"frw": FRW}, Minimize(), Backend(), SAMPLES)


@pytest.fixture(scope="module")
def samples(run):
    return run["/tables/samples"].to_dataset()


def test_the_experiment_asks_for_these_samples(composed):
    config = composed("+experiment=pantheon_tgtau")
    assert config.samples == SAMPLES
    prior = config.models.frw.params.omega_m.prior
    assert (prior.dist, prior.min, prior.max) == ("uniform", 0.01, 0.99)


@pytest.mark.parametrize(
    ("sample", "n", "chi2", "H_sigma", "alpha", "alpha_err", "frw", "omega_m", "delta"),
    [
        ("catalog", 1701, 811.377006, 71.882, 1.1195, 0.0150, 812.611972, 0.37980, -1.23),
        ("stat_sys", 1701, 1980.2434, 71.761, 1.1106, 0.0146, 1988.9913, 0.38094, -8.75),
        ("hubble_flow", 1590, 1412.1447, np.nan, 1.1479, 0.0149, 1403.7041, 0.3306, 8.44),
        ("hubble_flow_zhel", 1590, 1410.6824, np.nan, 1.1471, 0.0149, 1402.9191, 0.3316, 7.76),
    ],
)
def test_table_of_samples(samples, sample, n, chi2, H_sigma, alpha, alpha_err, frw, omega_m, delta):
    row = samples.sel(sample=sample)
    assert row["n_data"].item() == n
    assert row["chi2_tg_tau"].item() == pytest.approx(chi2, abs=1e-3)
    assert row["H_sigma"].item() == pytest.approx(H_sigma, abs=1e-3, nan_ok=True)
    assert row["alpha_SB"].item() == pytest.approx(alpha, abs=1e-4)
    assert row["alpha_SB_err"].item() == pytest.approx(alpha_err, abs=1e-4)
    assert row["chi2_frw"].item() == pytest.approx(frw, abs=1e-3)
    assert row["omega_m_frw"].item() == pytest.approx(omega_m, abs=1e-4)
    assert row["delta_aic_frw"].item() == pytest.approx(delta, abs=6e-3)


def test_errors_and_intercepts(samples):
    first, second = samples.sel(sample="catalog"), samples.sel(sample="stat_sys")
    assert first["H_sigma_err"].item() == pytest.approx(0.259, abs=1e-3)
    assert first["omega_m_frw_err"].item() == pytest.approx(0.0193, abs=1e-3)
    assert first["intercept_frw"].item() == pytest.approx(-0.07315, abs=1e-5)
    assert first["intercept_frw_err"].item() == pytest.approx(0.0079, abs=1e-4)
    assert second["intercept_frw"].item() == pytest.approx(-0.07105, abs=1e-5)
    assert first["weight_tg_tau"].item() == pytest.approx(0.650, abs=1e-3)


def test_printed_row_is_as_printed(samples):
    row = samples.sel(sample="published")
    assert (row["chi2_tg_tau"].item(), row["chi2_frw"].item(), row["delta_aic_frw"].item()) == (871.83, 812.62, 59.21)


@pytest.mark.parametrize(
    ("quantity", "at_node", "within"),
    [
        ("H_sigma", 72.0, 1e-9),
        ("sigma(H_sigma)", 0.2555, 1e-4),
        ("alpha_SB", 1.2, 1e-9),
        ("sigma(alpha_SB)", 0.01486, 1e-5),
        ("chi2 TG-tau", 871.8261128, 1e-6),
        ("AIC TG-tau", 875.8261128, 1e-6),
        ("omega_m", 0.380, 1e-9),
        ("sigma(omega_m)", 0.01950, 1e-5),
        ("intercept", -0.0731, 1e-4),
        ("sigma(intercept)", 0.00790, 1e-5),
        ("chi2 FRW", 812.6126, 1e-3),
        ("delta AIC", 59.21, 5e-3),
        ("weight FRW", 1.0, 1e-9),
        ("xi", 4.80332e-5, 1e-9),
        ("eta(1)", 1.1487, 1e-4),
        ("eta(2)", 1.24573, 1e-5),
    ],
)
def test_the_grids_give_the_printed_digits(run, quantity, at_node, within):
    row = run["/tables/published"].to_dataset().sel(quantity=quantity)
    assert row["at_node"].item() == pytest.approx(at_node, abs=within)
    assert row["published"].item() == PUBLISHED[quantity]


def test_exact_minimum_beside_the_printed_numbers(run):
    table = run["/tables/published"].to_dataset()["at_minimum"]
    expected = {"AIC TG-tau": 815.377, "delta AIC": -1.235, "weight TG-tau": 0.650, "eta(1)": 1.0863, "eta(2)": 1.1402}
    for quantity, value in expected.items():
        assert table.sel(quantity=quantity).item() == pytest.approx(value, abs=1e-3)


def test_the_penalty_does_not_move_the_node_and_an_intercept_does(run):
    table = run["/tables/search"].to_dataset()
    np.testing.assert_allclose(table["H_sigma"], [72.0, 72.0, 80.0])
    np.testing.assert_allclose(table["alpha_SB"], [1.2, 1.2, 1.2])
    np.testing.assert_allclose(table["intercept"], [0.0, 0.0, 0.2], atol=1e-12)
    np.testing.assert_allclose(table["score"][0], 887.5061128, atol=1e-6)
    np.testing.assert_allclose(table["above_minimum"][:2], 60.449, atol=1e-3)


def test_the_printed_chi2_is_diagonal(run):
    table = run["/tables/published_point"].to_dataset()
    np.testing.assert_allclose(table["chi2"], [871.826, 2077.140], atol=1e-3)
    assert table["full_covariance"].values.tolist() == [False, True]


def test_loss_in_a_cell(run):
    model = run["/models/tg_tau"]
    assert model["xi"].item() == pytest.approx(4.795e-5, abs=1e-8)
    assert model["xi_sigma"].item() == pytest.approx(0.017e-5, abs=1e-8)


def test_notes_say_what_the_numbers_are(run):
    notes = " ".join(json.loads(run.attrs["notes"]))
    for words in (
        "871.826, 60.4 above the exact minimum 811.377",
        "+59.21 (TG-tau minus FRW) belongs to that node: the two grids give +59.21, the two exact minima -1.23",
        "catalog -1.23, stat_sys -8.75, hubble_flow +8.44, hubble_flow_zhel +7.76",
        "stat_sys 2077.14 (full covariance)",
        "stat_sys: a diagnostic, no result: 67 of its 111 rows",
    ):
        assert words in notes


def test_the_experiment_runs_on_the_small_catalogue(executed):
    tree = executed("pantheon_tgtau")
    assert check_schema(tree) == []
    assert len(json.loads(tree.attrs["datasets"])) == 4
    assert set(tree["/models"].children) == {"tg_tau", "frw"}
