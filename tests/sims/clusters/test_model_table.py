"""What runs of clusters say of their models, and the numbers of the caveats by other integrals."""

import math

import numpy as np
import pytest
from scipy import integrate

from sims.clusters.caveats import baryon_fraction, caveat_notes, cylinder_over_sphere
from sims.clusters.model_table import (
    is_mond,
    is_sigma,
    model_notes,
    model_table,
    require_accelerations,
    require_models,
)
from solvers.clusters.baryons import ClusterBaryons, critical_density
from solvers.clusters.enhancements import LawEnhancement, NoEnhancement, WindowedEnhancement
from solvers.clusters.geometry import CODATA, PAPER
from solvers.errors import InvalidInput
from solvers.laws import MondRar, MondSimple, Sigma

SIGMA = LawEnhancement(law=Sigma(), params={"amplitude": 8.4, "g_dagger": 9.6e-11}, label="Σ")
MOND, RAR, BARYONS = LawEnhancement(law=MondSimple()), LawEnhancement(law=MondRar()), NoEnhancement(label="GR")
WINDOW = WindowedEnhancement(window="rising")
FREE = LawEnhancement(params={"amplitude": {"prior": {"min": 0, "max": 20}}})
SCANNED = LawEnhancement(params={"g_dagger": {"scan": [1e-10, 2e-10]}})


def test_what_is_of_sigma_and_what_of_mond():
    assert [is_sigma(m) for m in (SIGMA, WINDOW, FREE, MOND, RAR, BARYONS)] == [True, True, True, False, False, False]
    assert [is_mond(m) for m in (SIGMA, WINDOW, FREE, MOND, RAR, BARYONS)] == [False, False, False, True, True, False]


def test_any_law_but_those_of_mond_is_one_of_sigma(root_law):
    own = LawEnhancement(law=root_law, params={"amplitude": 2.0})
    assert is_sigma(own) and not is_mond(own)
    assert is_mond(LawEnhancement(law=MondRar(), params={"amplitude": 8.4}))
    with pytest.raises(InvalidInput, match="^models: Σ is shown beside MOND"):
        require_models({"own": own, "c": BARYONS})
    (note,) = model_notes({"own": own})
    assert "own: A = 2, g† = " in note


def test_windows_are_no_models_of_accelerations():
    require_accelerations({"a": SIGMA, "b": MOND, "c": BARYONS})
    with pytest.raises(InvalidInput, match="^models.w: has no Σ of an acceleration; use cluster_sigma"):
        require_accelerations({"a": SIGMA, "w": WINDOW})


@pytest.mark.parametrize(
    ("models", "line"),
    [
        ({}, "models: name at least one"),
        ({"a": SIGMA}, "models: Σ is shown beside MOND; add cluster_mond_simple"),
        ({"a": WINDOW, "b": BARYONS}, "models: Σ is shown beside MOND; add cluster_mond_simple"),
        ({"a": SIGMA, "b": RAR}, "models: Σ is shown beside the baryons alone; add cluster_baryons"),
        ({"a": FREE, "b": MOND, "c": BARYONS}, "models.a.params.amplitude: give a number; nothing is fitted here"),
        ({"a": SCANNED, "b": MOND, "c": BARYONS}, "models.a.params.g_dagger: give a number; nothing is fitted here"),
    ],
)
def test_models_that_do_not_suffice_are_refused(models, line):
    with pytest.raises(InvalidInput) as refused:
        require_models(models)
    assert str(refused.value) == line


def test_models_that_suffice():
    require_models({"a": SIGMA, "b": MOND, "c": BARYONS})
    require_models({"b": MOND})
    require_models({"c": BARYONS})
    require_models({"a": FREE, "b": RAR, "c": BARYONS}, fixed=False)
    require_models({"a": SCANNED, "b": RAR, "c": BARYONS}, fixed=False)
    with pytest.raises(InvalidInput, match="g_dagger"):
        require_models({"a": SCANNED, "b": RAR, "c": BARYONS})


def test_the_table_has_the_numbers_of_each_model_and_none_where_there_are_none():
    table = model_table({"a": SIGMA, "b": MOND, "c": BARYONS, "d": FREE})
    np.testing.assert_array_equal(table["amplitude"], [8.4, 1.0, np.nan, np.nan])
    np.testing.assert_allclose(table["g_dagger"][:3], [9.6e-11, 1.2e-10, np.nan])
    assert list(table["label"].values) == ["Σ", "b", "GR", "d"]
    assert "window" not in table
    assert table["g_dagger"].attrs["units"] == "m/s2"


def test_windows_bring_their_columns():
    table = model_table({"a": SIGMA, "w": WINDOW})
    assert list(table["window"].values) == ["", "rising"]
    np.testing.assert_array_equal(table["ell0"], [np.nan, 200.0])
    np.testing.assert_array_equal(table["p"], [np.nan, 2.0])
    assert table["ell0"].attrs["units"] == "kpc"


def test_notes_name_amplitude_and_acceleration_of_every_sigma_alone():
    note, mond = model_notes({"a": SIGMA, "b": MOND, "w": WINDOW, "f": FREE, "c": BARYONS})
    assert "a: A = 8.4, g† = 9.6000e-11 m/s²; w: A = 4.6, window rising; f: A = free, g† = " in note
    assert "b:" not in note
    assert mond == "Amplitudes and accelerations of MOND in this run: b: A = 1, a0 = 1.2000e-10 m/s²."
    assert model_notes({"b": MOND, "c": BARYONS}) == [mond]
    assert model_notes({"c": BARYONS}) == []


def by_quadrature(m500, z, extent):
    """Cylinder over sphere at 200 kpc: M_eff(200) and the shells outside of it, of which a part is in it."""
    baryons = ClusterBaryons(m500=m500, rho_crit=critical_density(z), extent=extent)
    model = LawEnhancement(law=Sigma(), params={"amplitude": "effective"})

    def mass(r):
        own = float(baryons.enclosed_mass(r))
        return own * float(model.enhancement(CODATA.acceleration(own, r)))

    # by parts: ∫ (1 − √(1−R²/r²)) dM from R to r_max
    R, end = 200.0, baryons.r_max
    share = 1 - math.sqrt(1 - (R / end) ** 2)
    # r = R cosh t: minus d share/dr dr is dt/cosh² t
    inner = integrate.quad(lambda t: mass(R * math.cosh(t)) / math.cosh(t) ** 2, 0, math.acosh(end / R), epsrel=1e-10)
    return (mass(end) * share + inner[0]) / mass(R)


@pytest.mark.parametrize("extent", [1.0, 5.0])
@pytest.mark.parametrize("toy", [(1.0e15, 0.20), (1.5e15, 0.40), (2.0e15, 0.55)])
def test_the_cylinder_holds_what_quadrature_in_the_sphere_gives(toy, extent):
    assert cylinder_over_sphere(*toy, extent) == pytest.approx(by_quadrature(*toy, extent), rel=1e-5)


def test_the_first_toy_is_that_of_the_reference():
    """Projected over enclosed mass of the enhanced profile with A = 8.4."""
    expected = 327929052997000.0 / 116308503009000.0
    assert cylinder_over_sphere(1.0e15, 0.20, 5.0, constants=PAPER) == pytest.approx(expected, rel=1e-3)


def test_the_range_of_the_first_caveat():
    ratios = [cylinder_over_sphere(*toy, k) for toy in ((1.0e15, 0.2), (1.5e15, 0.4), (2.0e15, 0.55)) for k in (1, 5)]
    assert min(ratios) == pytest.approx(2.50, abs=0.01)
    assert max(ratios) == pytest.approx(3.00, abs=0.01)
    first, second, third = caveat_notes()
    assert "by the law of the paper with each of its two amplitudes (whatever `law` is here)" in first
    assert "holds 2.4 to 3.0 times as much as the sphere, as they end at 1 to 5 R500" in first
    assert "baryons of 0.06 M500 inside 200 kpc are taken" in second
    assert "has 0.010 to 0.011 M500" in second
    assert third.startswith("Caveat: M500 is itself")
    assert "baryons of 0.132 M500" in list(caveat_notes(PAPER, 0.22 * 0.6))[1]


def test_modelled_baryons_are_gas_and_two_spheres():
    share = baryon_fraction(1.0e15, 0.20)
    # Hernquist inside 200 kpc: (r/(r+a))²; and the gas of the specification
    stars = 0.004 * (200 / 215) ** 2 + 0.006 * (200 / 300) ** 2
    assert 0.004 < share - stars < 0.0055
    assert share == pytest.approx(11293803184400.0 / 1e15, rel=1e-3)
