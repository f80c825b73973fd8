"""What a user may type: sets of models, second copies, numbers over priors, scans, one law for all."""

import numpy as np
import pytest
from hydra.errors import HydraException

from outputs.request import prepare
from solvers.backgrounds import DarkEnergy, SigmaBaryons

OMEGA_M = "models.lcdm.params.omega_m"
A_COS = "models.sigma_baryons.params.a_cos"


@pytest.fixture
def models(composed):
    """The built models of the main experiment with overrides."""
    return lambda *overrides: prepare(composed("+experiment=pantheon_baryons", *overrides)).arguments["models"]


DEFAULT = ["gr_baryons", "sigma_baryons", "gr_free_matter", "lcdm"]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], DEFAULT),
        (["models=[lcdm,wcdm]"], ["lcdm", "wcdm"]),
        (["models=[wcdm]"], ["wcdm"]),
        (["models=wcdm"], ["wcdm"]),
        (["+models=wcdm"], [*DEFAULT, "wcdm"]),
        (["+models=[wcdm,cpl]"], [*DEFAULT, "wcdm", "cpl"]),
        (["~models.lcdm"], DEFAULT[:-1]),
        (["~models.lcdm", "~models.gr_baryons"], ["sigma_baryons", "gr_free_matter"]),
        (["+models@models.sigma_b=sigma_baryons"], [*DEFAULT, "sigma_b"]),
        (["models=[lcdm]", "+models@models.again=lcdm"], ["lcdm", "again"]),
    ],
    ids=str,
)
def test_the_set_of_models(models, overrides, expected):
    assert sorted(models(*overrides)) == sorted(expected)


def test_the_list_of_models_is_their_order(models):
    assert list(models("models=[lcdm,gr_baryons,wcdm]")) == ["lcdm", "gr_baryons", "wcdm"]


def test_a_second_copy_has_its_own_parameters(models):
    key = "models.sigma_b.params.omega_b"
    found = models("+models@models.sigma_b=sigma_baryons", f"{key}=0.07")
    assert found["sigma_b"].space.fixed["omega_b"] == 0.07
    assert found["sigma_baryons"].space.fixed["omega_b"] == 0.05


def test_a_second_copy_may_have_its_own_law(models):
    found = models("+models@models.s2=sigma_baryons", "+law@models.s2.law=sigma", "models.s2.law.g_dagger.form=2e")
    assert found["s2"].law.g_dagger.form == "2e"
    assert found["sigma_baryons"].law.g_dagger.form == "4sqrtpi"


def test_a_file_may_begin_with_another_one_whose_copies_do_too(composed):
    overrides = ["models=[sigma_peaks_optimum,sigma_peaks_narrow]", "+models@models.again=sigma_peaks_narrow"]
    found = prepare(composed("+experiment=cmb_spectrum", *overrides)).arguments["models"]
    optimum, narrow, again = (found[name] for name in ("sigma_peaks_optimum", "sigma_peaks_narrow", "again"))
    assert narrow.space.fixed == optimum.space.fixed | {"w0": 35.0, "w1": 0.015}
    assert (optimum.free_amplitude, narrow.free_amplitude) == (False, True)
    assert narrow.n_fitted_elsewhere == optimum.n_fitted_elsewhere == 11
    assert narrow.label != optimum.label
    assert again == narrow


def test_a_file_may_free_what_the_one_that_it_begins_with_fixes(composed):
    overrides = ["models=[sigma_peaks,sigma_peaks_widths]"]
    found = prepare(composed("+experiment=cmb_spectrum", *overrides)).arguments["models"]
    source, freed = (found[name].space for name in ("sigma_peaks", "sigma_peaks_widths"))
    assert freed.free[:11] == source.free
    assert freed.names[11:] == tuple(source.fixed) == ("w0", "w1", "plateau")
    assert freed.fixed == {}


def test_one_law_is_that_of_every_copy(models):
    found = models("+models@models.s2=sigma_baryons", "law.g_dagger.form=2e")
    assert {found[name].law.g_dagger.form for name in ("s2", "sigma_baryons")} == {"2e"}
    assert found["s2"].law.g_dagger.kappa(70.0) == pytest.approx(1 / (2 * np.e), rel=1e-15)


def test_another_law_is_one_word(models):
    law = models("law=mond_rar")["sigma_baryons"].law
    assert law.h(1.0) == pytest.approx(1 / np.expm1(1.0), rel=1e-14)
    assert law.g_dagger.mode == "fixed_SI"


def test_a_number_takes_the_place_of_a_prior(models):
    space = models(f"{OMEGA_M}=0.31")["lcdm"].space
    assert space.fixed["omega_m"] == 0.31
    assert space.names == ()


def test_a_prior_takes_the_place_of_a_number(models):
    space = models("models.lcdm.params.H0={prior: {min: 60, max: 80}}")["lcdm"].space
    assert space.names == ("omega_m", "H0")
    assert (space.free[1].low, space.free[1].high, space.free[1].ref) == (60.0, 80.0, 70.0)


def test_one_end_of_a_prior_may_be_moved_alone(models):
    (parameter,) = models(f"{A_COS}.prior.max=100", f"{A_COS}.ref=5")["sigma_baryons"].space.free
    assert (parameter.low, parameter.high, parameter.ref) == (0.1, 100.0, 5.0)


def test_a_whole_parameter_may_be_replaced(models):
    space = models(f"~{OMEGA_M}", f"+{OMEGA_M}={{prior: {{min: 0.2, max: 0.4}}}}")["lcdm"].space
    assert space.free[0].ref == pytest.approx(0.3)


def test_a_parameter_left_out_of_the_file_may_be_added(models):
    model = models("+models.lcdm.params.omega_k=0.1")["lcdm"]
    assert isinstance(model, DarkEnergy)
    assert model.space.fixed["omega_k"] == 0.1


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (f"+{A_COS}.scan=[1,8.83,100]", [1.0, 8.83, 100.0]),
        (f"+{A_COS}.scan={{min: 1, max: 3, num: 3}}", [1.0, 2.0, 3.0]),
        (f"+{A_COS}.scan={{min: 1, max: 100, num: 3, log: true}}", [1.0, 10.0, 100.0]),
        (f"{A_COS}={{scan: [2]}}", [2.0]),
    ],
    ids=str,
)
def test_a_scan_beside_a_prior_wins(models, override, expected):
    space = models(override)["sigma_baryons"].space
    np.testing.assert_allclose(space.axes["a_cos"], expected, rtol=1e-14)
    assert space.names == ()


def test_a_number_may_become_a_scan(models):
    space = models("models.lcdm.params.H0={scan: [60,70]}")["lcdm"].space
    np.testing.assert_array_equal(space.axes["H0"], [60.0, 70.0])
    assert space.names == ("omega_m",)


def test_numbers_may_be_named_by_value(models):
    assert models(f"~{OMEGA_M}.prior", f"+{OMEGA_M}.value=0.25")["lcdm"].space.fixed["omega_m"] == 0.25


@pytest.mark.parametrize(
    "override", ["models=[lcdn]", "+models=nowhere", "law=sigmo", "models.lcdm.params.omega_q=1", "nothing=1"]
)
def test_an_unknown_name_is_refused_by_composition(composed, override):
    with pytest.raises(HydraException):
        composed("+experiment=pantheon_baryons", override)


def test_settings_of_the_published_experiment_are_differences_only(composed):
    published = prepare(composed("+experiment=pantheon_baryons_published"))
    main = prepare(composed("+experiment=pantheon_baryons"))
    assert published.arguments["catalog"].covariance == "diagonal"
    assert published.arguments["catalog"].magnitude == "MU_SH0ES"
    sigma = published.arguments["models"]["sigma_baryons"]
    assert isinstance(sigma, SigmaBaryons)
    assert sigma.law.g_dagger.form == "2e"
    assert published.config["models"]["lcdm"] == main.config["models"]["lcdm"]
