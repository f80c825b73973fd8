"""V_bar² of gas, disk and bulge: signs, mass-to-light ratios, and what becomes of negative squares."""

import math

import numpy as np
import pytest

from solvers.galaxies.baryons import Baryons

GAS, DISK, BULGE = np.array([-4.0, 4.0, -10.0]), np.array([3.0, -3.0, 20.0]), np.array([0.0, 5.0, -6.0])


def test_signed_squares_keep_the_sign_of_the_velocity():
    found = Baryons(upsilon_disk=0.5, upsilon_bulge=0.7).v_squared(GAS, DISK, BULGE)
    np.testing.assert_allclose(found, [-16 + 4.5, 16 - 4.5 + 17.5, -100 + 200 - 25.2], rtol=1e-15)


def test_plain_squares_do_not():
    found = Baryons(upsilon_disk=0.5, upsilon_bulge=0.7, squares="unsigned").v_squared(GAS, DISK, BULGE)
    np.testing.assert_allclose(found, [16 + 4.5, 16 + 4.5 + 17.5, 100 + 200 + 25.2], rtol=1e-15)


def test_gas_has_no_mass_to_light_ratio():
    heavy, light = (Baryons(upsilon_disk=u, upsilon_bulge=u).v_squared(GAS, DISK, BULGE) for u in (2.0, 1.0))
    np.testing.assert_allclose(heavy - light, DISK * abs(DISK) + BULGE * abs(BULGE))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_velocities_may_have_any_shape(shape):
    velocity = np.full(shape, -2.0)
    assert np.shape(Baryons().v_squared(velocity, velocity, velocity)) == shape
    np.testing.assert_array_equal(Baryons().v_squared(velocity, velocity, velocity), np.full(shape, -12.0))


@pytest.mark.parametrize(
    ("negative", "expected"),
    [
        ("drop_galaxy", [True, True, False, False, False, False, True]),
        ("drop_points", [True, True, False, True, True, False, True]),
        ("clip", [True] * 7),
    ],
)
def test_policies(negative, expected):
    squares, galaxy = np.array([1.0, 2.0, -1.0, 3.0, 4.0, 0.0, 5.0]), np.array([0, 0, 1, 1, 2, 2, 3])
    assert Baryons(negative=negative).kept(squares, galaxy).tolist() == expected


def test_no_number_is_no_positive_square():
    assert Baryons(negative="drop_points").kept(np.array([np.nan, 1.0]), np.array([0, 0])).tolist() == [False, True]


# reference/galaxies.json, ugc01281_vbar2: the four innermost points
@pytest.mark.parametrize(
    ("ratios", "expected"),
    [((1.0, 1.0), [-31.9725, -21.62, 27.2357, 62.64]), ((0.5, 0.7), [-33.0975, -27.92125, 13.13765, 28.8558])],
)
def test_ugc01281_has_two_negative_squares(ratios, expected, sparc_folder):
    radius, _, _, *components = np.loadtxt(sparc_folder / "rotmod" / "UGC01281_rotmod.dat").T[:6]
    found = Baryons(upsilon_disk=ratios[0], upsilon_bulge=ratios[1]).v_squared(*components)
    assert radius[:4].tolist() == [0.08, 0.23, 0.38, 0.54]
    np.testing.assert_allclose(found[:4], expected, rtol=1e-12)
    assert found.size == 25 and np.sum(found <= 0) == 2


@pytest.mark.parametrize("ratios", [(1.0, 1.0), (0.5, 0.7), (0.05, 0.05)])
def test_policies_on_sparc(ratios, curves):
    samples = {
        negative: curves(upsilon_disk=ratios[0], upsilon_bulge=ratios[1], negative=negative)
        for negative in ("drop_galaxy", "drop_points", "clip")
    }
    counts = {key: (each.n_galaxies, each.radius.size) for key, each in samples.items()}
    assert counts["clip"] == (175, 3391)
    assert np.sum(samples["clip"].v_bar_squared == 0) == 3391 - counts["drop_points"][1]
    for key in ("drop_galaxy", "drop_points"):
        assert np.all(samples[key].v_bar_squared > 0)
    if ratios != (0.05, 0.05):
        assert counts["drop_galaxy"] == (174, 3366) and counts["drop_points"] == (175, 3389)
    else:
        assert counts["drop_galaxy"][0] < 174 and counts["drop_galaxy"][1] < counts["drop_points"][1] < 3389


def test_plain_squares_are_positive_everywhere_and_change_48_galaxies(curves):
    signed, plain = curves(negative="clip"), curves(squares="unsigned")
    assert plain.n_galaxies == 175 and np.all(plain.v_bar_squared > 0)
    moved = np.unique(signed.galaxy[plain.v_bar_squared != signed.v_bar_squared])
    assert moved.size == 48
    assert np.all(plain.v_bar_squared >= signed.v_bar_squared)


@pytest.mark.parametrize("name", ["upsilon_disk", "upsilon_bulge"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_ratio_that_is_not_positive_is_refused(name, value):
    with pytest.raises(ValueError) as error:
        Baryons(**{name: value})
    assert str(error.value) == f"{name}={value}: must be > 0"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"squares": "foo"}, "squares='foo': must be one of signed, unsigned"),
        ({"negative": "keep"}, "negative='keep': must be one of drop_galaxy, drop_points, clip"),
    ],
)
def test_an_unknown_word_is_refused_with_those_there_are(setting, message):
    with pytest.raises(ValueError) as error:
        Baryons(**setting)
    assert str(error.value) == message
