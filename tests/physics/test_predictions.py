"""SI §16.2, §17.7 and §19.6: the formulas as printed, what they give, and what the source prints."""

import json

import numpy as np
import pytest
from astropy import units
from scipy.optimize import minimize_scalar

from outputs.request import execute, prepare
from outputs.tree import check_schema
from solvers import predictions
from solvers.backgrounds import GRBaryons, SigmaBaryons
from solvers.errors import InvalidInput
from solvers.laws import CriticalAcceleration, MondSimple, Sigma


@pytest.fixture(scope="module")
def run(composed):
    overrides = ["+experiment=small_predictions", "figure=false"]
    return execute(prepare(composed(*overrides)), overrides)


@pytest.mark.parametrize(("z", "ratio"), [(0.0, 1.0), (0.5, 1.7291), (1.0, 2.2627), (2.0, 2.5981), (5.0, 2.0272)])
def test_coherence_ratio(z, ratio):
    assert predictions.coherence_ratio(z) == pytest.approx(ratio, abs=1e-4)


@pytest.mark.parametrize("z_star", [0.5, 1.0, 2.0, 4.0])
def test_coherence_peak_is_the_maximum(z_star):
    found = minimize_scalar(lambda z: -predictions.coherence_ratio(z, z_star), bounds=(-0.9, 20.0), method="bounded")
    assert predictions.coherence_peak(z_star) == pytest.approx(found.x, abs=1e-4)
    assert predictions.coherence_peak(2.0) == pytest.approx(2.0, rel=1e-15)


def test_published_coherence_is_the_square_root_at_low_redshift_only():
    away = {z: abs(ratio - np.sqrt(1 + z)) for z, ratio in predictions.PUBLISHED_COHERENCE.items()}
    assert away[0.5] < 0.005
    assert away[1.0] < 0.005
    assert away[2.0] > 0.3
    assert away[5.0] > 1.0


def test_lensing_and_bao_as_printed():
    assert predictions.lensing_shift(100.0) == pytest.approx(1e-5, rel=1e-12)
    np.testing.assert_allclose(predictions.lensing_shift([1.0, 4.0]), [1e-4, 5e-5], rtol=1e-14)
    assert predictions.bao_shift() == 3e-5


@pytest.mark.parametrize(("distance", "gate"), [(0.0, 1.0), (1e3, 0.9531), (1e4, 0.6188)])
def test_redshift_gate(distance, gate):
    assert predictions.redshift_gate(distance) == pytest.approx(gate, abs=1e-4)


def test_printed_coefficients_have_units():
    g_dagger = CriticalAcceleration(form="4sqrtpi", H0=70.0).m_s2
    found = predictions.coefficients(g_dagger, 70.0, 380.0)
    assert found["g_dagger / (H0^2 / c)"].unit.is_equivalent(units.m**2 / units.s)
    assert found["g_dagger / (H0^2 / c)"].value == pytest.approx(5.59e33, rel=1e-3)
    assert found["g_dagger t_rec^2 / c"].unit.is_equivalent(units.s)
    assert found["g_dagger t_rec^2 / c"].value == pytest.approx(4.60e7, rel=1e-3)
    near = {"g_dagger / (c H0)": 0.14105, "g_dagger t_rec / c": 3.84e-6, "H0 t_rec": 2.72e-5}
    for name, value in near.items():
        assert found[name].unit.is_equivalent(units.dimensionless_unscaled)
        assert found[name].value == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize("law", [Sigma(), MondSimple()], ids=["sigma", "mond"])
@pytest.mark.parametrize("a_cos", [0.5, 8.83, 1e4])
def test_evolving_g_dagger_is_einstein_de_sitter(law, a_cos):
    evolving = type(law)(g_dagger=CriticalAcceleration(mode="evolving"))
    sigma = SigmaBaryons(params={"omega_b": 0.05, "a_cos": a_cos}, law=evolving)
    z = np.linspace(0.0, 10.0, 21)
    efunc = sigma.efunc(z)
    np.testing.assert_allclose(efunc, predictions.einstein_de_sitter(z, efunc[0]), rtol=1e-13)
    matter = GRBaryons(params={"omega_b": 0.05}).efunc(z)
    np.testing.assert_allclose(efunc / efunc[0], matter / matter[0], rtol=1e-13)


def test_evolving_g_dagger_scales_with_the_expansion():
    np.testing.assert_allclose(predictions.evolving_g_dagger(2.0, np.array([1.0, 3.0])), [2.0, 6.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: predictions.coherence_ratio(1.0, 0.0), "z_star=0"),
        (lambda: predictions.coherence_peak(-1.0), "z_star=-1"),
        (lambda: predictions.lensing_shift([10.0, 0.0]), "ell="),
        (lambda: predictions.redshift_gate(-1.0), "luminosity_distance"),
        (lambda: predictions.redshift_gate(1.0, -1.0), "xi"),
        (lambda: predictions.coefficients(1e-10, 70.0, -1.0), "t_rec=-1"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        call()
    assert caught.value.exit_code == 2


def test_the_run_has_every_table_and_obeys_the_schema(run):
    names = {"coherence", "lensing", "coefficients", "redshift_gate", "evolving_g_dagger"}
    assert set(run["tables"].children) == names
    assert all(len(run[f"tables/{name}"].to_dataset().dims) == 1 for name in names)
    assert check_schema(run) == []


def test_the_run_puts_the_printed_numbers_beside_the_formulas(run):
    table = run["tables/coherence"].to_dataset()
    for z, printed in predictions.PUBLISHED_COHERENCE.items():
        assert table["published"].sel(z=z).item() == printed
        assert table["formula"].sel(z=z).item() == pytest.approx(predictions.coherence_ratio(z), rel=1e-15)
    assert np.isnan(table["published"].sel(z=0.0).item())
    lensing = run["tables/lensing"].to_dataset().sel(ell=100.0)
    assert lensing["shift"].item() == pytest.approx(lensing["published"].item(), rel=1e-12)
    gate = run["tables/redshift_gate"].to_dataset()
    np.testing.assert_allclose(gate["as_printed"], [0.9531, 0.6188], atol=1e-4)
    assert np.abs(run["tables/evolving_g_dagger/from_eds_sigma_baryons"]).max() < 1e-13


def test_the_notes_name_each_defect(run):
    notes = " ".join(json.loads(run.attrs["notes"]))
    for words in (
        "5.59e+33 m2 / s is no pure number",
        "4.6e+07 s",
        "(1+z)^(1/2) at z = 0.5, 1 only",
        "per cell of 0.2 Mpc",
    ):
        assert words in notes
    assert "largest at z = 1 and calls z = 2 its peak" in notes


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sim.z_star=0", r"sim\.z_star"),
        ("z=[-2]", r"z\[0\]=-2"),
        ("ell=[0]", r"ell\[0\]=0"),
        ("luminosity_distance=[-1]", r"luminosity_distance\[0\]"),
        ("models.lcdm.params.H0={scan: [60,70]}", r"models\.lcdm\.params\.H0\.scan"),
    ],
)
def test_a_request_out_of_range_is_one_line(composed, override, message):
    with pytest.raises(InvalidInput, match=message):
        execute(prepare(composed("+experiment=small_predictions", override)), [])


def test_without_models_the_other_tables_remain(composed):
    request = ["+experiment=small_predictions", "~models.lcdm", "~models.sigma_baryons"]
    tree = execute(prepare(composed(*request)), request)
    assert "evolving_g_dagger" not in tree["tables"].children
