"""The Milky Way of SI §11: every reference value, the published table, galpy and derivatives of the potentials."""

import math

import mpmath
import numpy as np
import pytest

from solvers.constants import C_M_S, KM_PER_MPC
from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.curves import PUBLISHED_KPC_M
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.mass_profiles import Hernquist, MiyamotoNagai, PublishedBulge
from solvers.galaxies.milky_way import EILERS, MCGAUGH, MilkyWayBaryons, milky_way_curves
from solvers.galaxies.nfw import ScaleNfwHalo
from solvers.laws import CriticalAcceleration, MondRar, Sigma

H0 = 2.998e8 * 2.27e-18 / C_M_S * KM_PER_MPC
SIGMA = {form: LawRotation(law=Sigma(g_dagger=CriticalAcceleration(form=form, H0=H0))) for form in ("4sqrtpi", "2e")}
MODELS = {
    "GR": Newtonian(),
    "Sigma": SIGMA["4sqrtpi"],
    "Sigma 2e": SIGMA["2e"],
    "MOND": LawRotation(law=MondRar()),
    "NFW": ScaleNfwHalo(),
}

# reference/galaxies.json, milky_way: R_kpc, and "bulge_…|4sqrtpi" and "bulge_…|2e" at every second radius
RADIUS = np.array([0.1, 3.0, 6.0, 8.0, 9.0, 11.0, 13.0, 15.0, 25.0])
REFERENCE = {
    ("as_published", "GR"): "254.2856521376 218.8185407005 206.4025618846 190.7222078145 183.4318207871 170.450950418 "
    "159.4663455135 150.1412954877 119.0984626787",
    ("as_published", "MOND"): "254.2858841647 233.983878936 238.3971682955 233.0382128584 230.3958793239 "
    "225.7202411167 221.879125904 218.7375668291 209.2648230282",
    ("as_published", "NFW"): "254.9901846384 238.4646127386 240.4537630285 233.8985318897 230.8729126705 "
    "225.7564161957 221.7575211045 218.6012487215 209.048634959",
    ("as_published", "Sigma"): "254.2875319033 223.807984416 223.5843954318 219.0207937473 217.6333563543 "
    "216.406633932 216.5110826122 217.2666090783 222.0376697534",
    ("as_published", "Sigma 2e"): "254.2884476843 225.8783625365 229.565833588 227.5814843041 227.2762268491 "
    "227.7343190734 228.9665548835 230.4448292063 236.3217406612",
    ("hernquist", "GR"): "104.3369200381 215.1771995907 205.2895914777 190.0184620424 182.8461887001 170.0210123656 "
    "159.1329416846 149.8727128156 118.973409576",
    ("hernquist", "MOND"): "104.5682118464 230.672332284 237.4090421769 232.4131495861 229.873714779 225.3320361801 "
    "221.5729705194 218.4861393214 209.1348386581",
    ("hernquist", "NFW"): "106.042417277 235.1277206073 239.4990834452 233.3250491985 230.4078940701 225.4319799872 "
    "221.5178907994 218.416866058 208.9774154111",
    ("hernquist", "Sigma"): "104.3478388581 220.3068865644 222.5941059036 218.4287910837 217.1515309185 216.062076547 "
    "216.2443089927 217.0477759716 221.9142237434",
    ("hernquist", "Sigma 2e"): "104.3530504721 222.4246875019 228.6006805911 227.0020219511 226.8015528259 "
    "227.3887629948 228.6938988206 230.217595694 236.189832551",
}
# milky_way, rms: GR, Sigma, Sigma 2e, MOND, NFW at R = 5, 6, …, 15 kpc
RMS = {
    ("as_published", MCGAUGH): (
        53.093680569327226,
        11.497363951273835,
        5.696988066134029,
        2.133356389450035,
        2.78394839,
    ),
    ("as_published", EILERS): (
        49.183551297977914,
        7.661332188602405,
        6.2969767673406665,
        3.4299938193991397,
        4.52631186,
    ),
    ("hernquist", MCGAUGH): (53.6038472935093, 12.073995141100294, 6.088220051271083, 2.2795049578690203, 2.6101153438),
    ("hernquist", EILERS): (49.6816222108189, 8.237097685818682, 6.314869088363421, 2.7847027113010094, 3.9164306728),
}


def curves(radius, line=MCGAUGH, **baryons):
    return milky_way_curves(np.asarray(radius), line, baryons=MilkyWayBaryons(**baryons), kpc=PUBLISHED_KPC_M)


@pytest.mark.parametrize(("bulge", "model"), REFERENCE)
def test_every_model_of_the_reference(bulge, model):
    expected = [float(word) for word in REFERENCE[bulge, model].split()]
    np.testing.assert_allclose(MODELS[model].velocity(curves(RADIUS, bulge=bulge)), expected, rtol=1e-10)


@pytest.mark.parametrize(("bulge", "line"), RMS, ids=["published_mcgaugh", "published_eilers", "mcgaugh", "eilers"])
def test_rms_against_the_observed_lines(bulge, line):
    data = curves(np.arange(5, 16), line, bulge=bulge)
    found = [math.sqrt(np.mean((model.velocity(data) - data.v_obs) ** 2)) for model in MODELS.values()]
    assert found == pytest.approx(RMS[bulge, line], rel=1e-8)


def test_the_earlier_baryons():
    data = curves(np.arange(5.0, 16.0), EILERS, table="earlier", bulge="as_published")
    # claim mw-prior-rms
    assert np.sqrt(np.mean((SIGMA["2e"].velocity(data) - data.v_obs) ** 2)) == pytest.approx(16.2242, abs=5e-5)
    assert np.sqrt(data.v_bar_squared[3]) == pytest.approx(169.99, abs=0.005)


def test_the_observed_lines():
    # reference/galaxies.json, milky_way: obs_mcgaugh, obs_eilers
    np.testing.assert_allclose(MCGAUGH(np.array([0.1, 8.122, 25.0])), [246.73, 233.0926, 204.4], rtol=1e-12)
    np.testing.assert_allclose(EILERS(np.array([0.1, 8.0, 25.0])), [242.6374, 229.2074, 200.3074], rtol=1e-12)
    assert MCGAUGH(8.0) - EILERS(8.122) == pytest.approx(4.3) and MCGAUGH(8.0) - EILERS(8.0) == pytest.approx(4.0926)


def test_stars_add_up_to_more_than_the_text_says():
    assert MilkyWayBaryons().stellar_mass == pytest.approx(7.4e10)
    assert MilkyWayBaryons(table="earlier").stellar_mass == pytest.approx(6.0e10)


def test_components_add_up_and_know_their_bulge():
    baryons, radius = MilkyWayBaryons(bulge="as_published"), np.array([0.0, 0.5, 8.0])
    parts = baryons.v_squared_by_component(radius)
    assert list(parts) == ["bulge", "thin_disk", "thick_disk", "hi", "h2"]
    np.testing.assert_allclose(sum(parts.values()), baryons.v_squared(radius), rtol=1e-15)
    assert math.sqrt(parts["bulge"][0]) == pytest.approx(278.3, abs=0.1)
    assert MilkyWayBaryons().v_squared(0.0) == 0.0
    data = curves(radius[1:], bulge="as_published")
    np.testing.assert_array_equal(data.v_bulge_squared, parts["bulge"][1:])
    np.testing.assert_array_equal(data.v_bar_squared, baryons.v_squared(radius[1:]))


# galpy 1.12.1, vcirc(R)**2 of MiyamotoNagaiPotential(amp=2, a, b) and HernquistPotential(amp=4, a=0.5)
GALPY_RADIUS = np.array([0.01, 0.3, 1.0, 5.0, 8.122, 25.0, 200.0])
GALPY = [
    (
        MiyamotoNagai(mass=2.0, a=2.5, b=0.3),
        [9.11061286126078e-06, 0.008060513768040246, 0.07609420746564621, 0.2656839269030817]
        + [0.2080705715566571, 0.07851798217962348, 0.009997060720135327],
    ),
    (
        MiyamotoNagai(mass=2.0, a=1.5, b=0.05),
        [5.370414250127621e-05, 0.04574248503089931, 0.31866384706662343, 0.34856576085191265]
        + [0.2333799086467056, 0.07954092655316344, 0.00999909913013596],
    ),
    (
        Hernquist(mass=2.0, a=0.5),
        [0.07689350249903883, 0.9374999999999999, 0.8888888888888888, 0.33057851239669417]
        + [0.21851283105084013, 0.07689350249903883, 0.009950186876947284],
    ),
]


@pytest.mark.parametrize(("profile", "expected"), GALPY, ids=["miyamoto_nagai", "thin_miyamoto_nagai", "hernquist"])
def test_profiles_agree_with_galpy(profile, expected):
    np.testing.assert_allclose(profile.v_squared(GALPY_RADIUS, 1.0), expected, rtol=1e-14)


@pytest.mark.parametrize("radius", [0.01, 0.7, 8.0, 60.0])
def test_profiles_are_the_derivatives_of_their_potentials(radius):
    disk, sphere = MiyamotoNagai(mass=3.0, a=2.5, b=0.4), Hernquist(mass=3.0, a=0.5)
    with mpmath.workdps(30):
        flat = radius * mpmath.diff(lambda r: -3 / mpmath.sqrt(r**2 + mpmath.mpf("2.9") ** 2), radius)
        round_ = radius * mpmath.diff(lambda r: -3 / (r + mpmath.mpf("0.5")), radius)
    assert disk.v_squared(radius, 1.0) == pytest.approx(float(flat), rel=1e-13)
    assert sphere.v_squared(radius, 1.0) == pytest.approx(float(round_), rel=1e-13)
    assert PublishedBulge(mass=3.0, a=0.5).v_squared(radius, 1.0) == pytest.approx(3 / (radius + 0.5), rel=1e-15)


@pytest.mark.parametrize("profile", [MiyamotoNagai(mass=3.0, a=2.5, b=0.4), Hernquist(mass=3.0, a=0.5)])
def test_profiles_are_points_far_out_and_still_at_the_centre(profile):
    assert profile.v_squared(0.0, 2.0) == 0.0
    assert profile.v_squared(1e8, 2.0) == pytest.approx(6e-8, rel=1e-7)
    radius = np.array([[0.3, 2.0], [9.0, 40.0]])
    expected = [[profile.v_squared(r, 1.0) for r in row] for row in radius.tolist()]
    np.testing.assert_allclose(profile.v_squared(radius, 1.0), expected, rtol=1e-14)


def test_a_table_of_velocities_and_their_errors():
    radius = np.array([5, 6, 7])
    data = milky_way_curves(radius, np.array([230.0, 231.0, 229.0]), v_obs_err=np.array([2.0, 2.0, 3.0]))
    np.testing.assert_array_equal(data.v_obs, [230.0, 231.0, 229.0])
    np.testing.assert_array_equal(data.v_obs_err, [2.0, 2.0, 3.0])
    assert data.names == ("Milky Way",) and data.r_disk.tolist() == [2.6]
    assert np.all(np.isnan(milky_way_curves(radius, EILERS).v_obs_err))


@pytest.mark.parametrize("radius", [[0.0, 1.0], [1.0, -2.0], [math.nan, 3.0]])
def test_radii_without_an_acceleration_are_refused(radius):
    with pytest.raises(InvalidInput, match="radius: has a value that is not positive"):
        milky_way_curves(np.array(radius), MCGAUGH)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MilkyWayBaryons(bulge="plummer"), "bulge='plummer': must be one of hernquist, as_published"),
        (lambda: MilkyWayBaryons(table="later"), "table='later': must be one of stated, earlier"),
        (lambda: MilkyWayBaryons(G=0.0), "G=0.0: must be > 0"),
        (lambda: Hernquist(mass=-1.0, a=0.5), "mass=-1.0: must be >= 0"),
        (lambda: Hernquist(mass=1.0, a=0.0), "a=0.0: must be > 0"),
        (lambda: MiyamotoNagai(mass=1.0, a=1.0, b=math.inf), "b=inf: must be >= 0"),
    ],
)
def test_illegal_components_are_refused(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert str(error.value) == message
