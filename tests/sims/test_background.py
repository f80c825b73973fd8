"""Curves of the background experiment, against astropy and CAMB, and their dimensions."""

import json

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM, FlatwCDM

from solvers.errors import InvalidInput

Z = [0.1, 0.5, 1.0, 2.5]
COSMOLOGY = FlatLambdaCDM(70.0, 0.3, Tcmb0=0.0)
CURVES = {
    "efunc": COSMOLOGY.efunc,
    "hubble": lambda z: COSMOLOGY.H(z).to_value("km / (Mpc s)"),
    "comoving_distance": lambda z: COSMOLOGY.comoving_distance(z).to_value("Mpc"),
    "luminosity_distance": lambda z: COSMOLOGY.luminosity_distance(z).to_value("Mpc"),
    "angular_diameter_distance": lambda z: COSMOLOGY.angular_diameter_distance(z).to_value("Mpc"),
    "distance_modulus": lambda z: COSMOLOGY.distmod(z).to_value("mag"),
    "w_eff": lambda z: -np.ones_like(z),
    "age": lambda z: COSMOLOGY.age(z).to_value("Gyr"),
}


@pytest.fixture(scope="module")
def tree(executed):
    return executed("background", f"z={Z}")


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_of_lcdm_is_that_of_astropy(tree, name):
    curve = tree["models/lcdm"][name]
    assert curve.dims == ("z",)
    np.testing.assert_allclose(curve, CURVES[name](np.array(Z)), rtol=2e-9)


def test_every_model_has_every_curve_on_the_same_redshifts(tree):
    assert list(tree["models"].children) == ["gr_baryons", "sigma_baryons", "lcdm", "lcdm_camb_massless"]
    for node in tree["models"].children.values():
        assert set(node.data_vars) == set(CURVES)
        np.testing.assert_array_equal(node["z"], Z)


def test_redshifts_are_a_range_unless_they_are_listed(executed):
    short = ["models=[lcdm]", "sim.reference=null"]
    ranged = executed("background", *short, "z_range={min: 0.1, max: 10, num: 5, log: true}")["models/lcdm"]
    np.testing.assert_allclose(ranged["z"], np.geomspace(0.1, 10.0, 5), rtol=1e-14)
    even = executed("background", *short, "z_range.num=4")["models/lcdm"]
    np.testing.assert_allclose(even["z"], [0.0, 1.0, 2.0, 3.0], atol=1e-15)
    listed = executed("background", *short, f"z={[2.5, 0.1, 1.0]}")["models/lcdm"]
    np.testing.assert_array_equal(listed["z"], [2.5, 0.1, 1.0])
    np.testing.assert_allclose(listed["hubble"], COSMOLOGY.H(np.array([2.5, 0.1, 1.0])).value, rtol=1e-9)


def test_one_redshift_is_a_list_of_one(executed):
    one = executed("background", "z=1.0")["models/lcdm"]
    assert one.sizes["z"] == 1
    assert one["age"].item() == pytest.approx(COSMOLOGY.age(1.0).value, rel=1e-9)


def test_the_distance_to_here_is_nothing(executed):
    here = executed("background", "z=0")["models/lcdm"]
    assert here["comoving_distance"].item() == 0.0
    assert np.isnan(here["distance_modulus"].item())
    assert here["efunc"].item() == pytest.approx(1.0, rel=1e-15)


def test_scanned_parameters_are_the_first_axes(executed):
    tree = executed(
        "background",
        f"z={Z}",
        "models.lcdm.params.omega_m={scan: [0.2,0.3]}",
        "models.lcdm.params.H0={scan: [60,70,80]}",
    )
    model = tree["models/lcdm"]
    assert model["age"].dims == ("omega_m", "H0", "z")
    assert model["H0"].attrs["units"] == "km / (Mpc s)"
    for omega_m in (0.2, 0.3):
        for h0 in (60.0, 70.0, 80.0):
            row = model["luminosity_distance"].sel(omega_m=omega_m, H0=h0)
            expected = FlatLambdaCDM(h0, omega_m, Tcmb0=0.0).luminosity_distance(Z).value
            np.testing.assert_allclose(row, expected, rtol=1e-9)
    assert tree["models/gr_baryons/age"].dims == ("z",)


def test_camb_may_be_scanned_too(executed):
    scanned = "models.lcdm_camb_massless.params.H0={scan: [60,80]}"
    model = executed("background", f"z={Z}", scanned)["models/lcdm_camb_massless"]
    assert model["comoving_distance"].dims == ("H0", "z")
    expected = [FlatLambdaCDM(h, 0.3, Tcmb0=2.7255, Neff=3.046).comoving_distance(Z).value for h in (60.0, 80.0)]
    np.testing.assert_allclose(model["comoving_distance"], expected, rtol=1e-6)


def test_free_parameters_are_noted_and_put_at_their_reference(executed):
    tree = executed("background", f"z={Z}", "+models=wcdm")
    notes = json.loads(tree.attrs["notes"])
    assert notes == [
        "sigma_baryons: a_cos is free and was put at its reference value 8.83.",
        "lcdm: omega_m is free and was put at its reference value 0.3.",
        "wcdm: omega_m is free and was put at its reference value 0.3.",
        "wcdm: w0 is free and was put at its reference value -1.",
    ]
    expected = FlatwCDM(70.0, 0.3, w0=-1.0, Tcmb0=0.0).comoving_distance(Z).value
    np.testing.assert_allclose(tree["models/wcdm/comoving_distance"], expected, rtol=1e-9)


def test_fixed_models_need_no_note(executed):
    fixed = ["models.sigma_baryons.params.a_cos=8.83", "models.lcdm.params.omega_m=0.3"]
    assert json.loads(executed("background", f"z={Z}", *fixed).attrs["notes"]) == []


def test_camb_agrees_with_ours_when_both_have_radiation(executed):
    table = executed("background", f"z={Z}", "models.lcdm.params.omega_r=8.5382e-5")["tables/relative_to_reference"]
    assert list(table["model"].values) == ["gr_baryons", "sigma_baryons", "lcdm"]
    for key, tolerance in (("efunc", 1e-6), ("comoving_distance", 1e-6), ("age", 5e-5)):
        assert 0.0 < table[key].sel(model="lcdm").item() < tolerance
        assert table[key].sel(model="gr_baryons").item() > 0.05


def test_the_table_is_the_largest_relative_difference(tree):
    for key in ("efunc", "comoving_distance", "age"):
        ours, camb = (tree[f"models/{name}/{key}"].values for name in ("lcdm", "lcdm_camb_massless"))
        expected = np.abs(ours / camb - 1.0).max()
        assert tree["tables/relative_to_reference"][key].sel(model="lcdm").item() == pytest.approx(expected, rel=1e-12)


def test_without_a_reference_there_is_no_table(executed):
    assert "tables" not in executed("background", f"z={Z}", "sim.reference=null").children


def test_a_reference_that_is_not_there_is_said(executed):
    tree = executed("background", f"z={Z}", "sim.reference=lcdn")
    assert "tables" not in tree.children
    assert "sim.reference: lcdn is not among the models" in json.loads(tree.attrs["notes"])[-1]


def test_a_redshift_below_zero_moves_no_other_distance(executed):
    without = ["~models.lcdm_camb_massless", "sim.reference=null"]
    alone, beside = (executed("background", f"z={z}", *without) for z in ([1.0], [-0.5, 1.0]))
    distance = beside["models/lcdm/comoving_distance"]
    assert distance.sel(z=1.0).item() == pytest.approx(alone["models/lcdm/comoving_distance"].item(), rel=1e-12)
    assert distance.sel(z=-0.5).item() == pytest.approx(-_integral(-0.5), rel=1e-9)


def _integral(z):
    """D_C from 0 to z < 0, with the sign turned."""
    from scipy.integrate import quad

    return COSMOLOGY.hubble_distance.to_value("Mpc") * quad(lambda x: 1.0 / float(COSMOLOGY.efunc(x)), z, 0.0)[0]


def test_camb_is_not_asked_for_redshifts_below_zero(executed):
    with pytest.raises(InvalidInput, match="z=-0.5") as refused:
        executed("background", "z=[-0.5,1.0]")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("z=[]", "z=\\[\\]: must be a list"),
        ("z=[1,-1]", "z\\[1\\]=-1: must be > -1"),
        ("z=[1,far]", "z\\[1\\]='far': must be a number"),
        ("z_range.num=1", "z_range.num=1: must be"),
        ("z_range.max=-0.5", "z_range.min=0: must be below max=-0.5"),
        ("z_range={min: 0, max: 3, num: 5, log: true}", "z_range.min=0: must be > 0"),
        ("+z_range.step=1", "z_range.step: unknown key"),
    ],
)
def test_wrong_redshifts_are_one_line(executed, override, expected):
    with pytest.raises(InvalidInput, match=expected) as refused:
        executed("background", override)
    assert refused.value.exit_code == 2
