"""Rotation by an enhancement law: reference functions, the limits of the closed form, and what turns it off."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.constants import G_KPC
from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves
from solvers.galaxies.law_rotation import LawRotation, ScaleRotation
from solvers.laws import CoherenceWindow, CriticalAcceleration, MondRar, MondSimple, MondStandard, Sigma

G_DAGGER = 9.598924e-11
SIGMA = Sigma(g_dagger=CriticalAcceleration(value=G_DAGGER))
LAWS = {"sigma": SIGMA, "rar": MondRar(), "simple": MondSimple(), "standard": MondStandard()}

# reference/galaxies.json, functions
H = {1e-6: 999.999000001, 1e-4: 99.9900009999, 0.01: 9.90099009901, 0.1: 2.87479787288, 0.5: 0.9428090415821}
H |= {1.0: 0.5, 2.0: 0.2357022603955, 10.0: 0.0287479787288, 100.0: 0.000990099009901, 1e4: 9.99900009999e-07}
W = {1e-12: 4.999999999996e-13, 1e-9: 4.99999999625e-10, 1e-6: 4.999996250003e-07, 1e-3: 0.0004996253122268}
W |= {0.1: 0.04653741075441, 1.0: 0.2928932188135, 3.0: 0.5, 10.0: 0.6984886554222, 1e6: 0.9990000005}
BURR = {1e-9: 8.891395864341e-08, 1e-3: 0.002799903383897, 0.2: 0.12262801305, 1.0: 0.2928932188135}
BURR |= {4.0: 0.4889189154706, 100.0: 0.8249187901809}
NU = {
    "rar": {1e-12: 1000000.5, 1e-6: 1000.500083333, 0.01: 10.50833194478, 0.1: 3.688586157792, 1.0: 1.581976706869},
    "simple": {1e-6: 1000.500125, 0.01: 10.51249219725, 0.1: 3.701562118716, 1.0: 1.61803398875, 10.0: 1.09160797831},
    "standard": {1e-6: 1000.00025, 0.01: 10.02503117163, 0.1: 3.2422973641, 1.0: 1.272019649514, 10.0: 1.004938779906},
}


def at(x=None, ratio=None, g_dagger=G_DAGGER, v_bar_squared=None, radius=None, galaxy=None, r_disk=None):
    """Points with g_bar = x g† at R = `ratio` ξ, where ξ = (2/3) R_d and R_d = 3 kpc."""
    if radius is None:
        radius = 2.0 * np.asarray(ratio, dtype=float)
    radius = np.broadcast_to(np.asarray(radius, float), np.broadcast_shapes(np.shape(radius), np.shape(x))).ravel()
    if v_bar_squared is None:
        v_bar_squared = np.asarray(x, dtype=float) * g_dagger * radius * PUBLISHED_KPC_M / 1e6
    galaxy = np.zeros(radius.size, dtype=int) if galaxy is None else np.asarray(galaxy)
    n = int(galaxy.max()) + 1
    return Curves(
        names=tuple(f"g{i}" for i in range(n)),
        galaxy=galaxy,
        radius=radius,
        v_obs=np.full(radius.size, 100.0),
        v_obs_err=np.ones(radius.size),
        v_bar_squared=np.broadcast_to(np.asarray(v_bar_squared, dtype=float), radius.shape),
        v_bulge_squared=np.zeros(radius.size),
        r_disk=np.full(n, 3.0) if r_disk is None else np.asarray(r_disk, dtype=float),
        kpc=PUBLISHED_KPC_M,
    )


NO_WINDOW = {"amplitude": 1.0, "xi_over_rd": 0.0}


def three(seed=0):
    """Three galaxies of 5, 1 and 2 points."""
    rng = np.random.default_rng(seed)
    galaxy = np.array([0, 0, 0, 0, 0, 1, 2, 2])
    radius, square = rng.uniform(0.1, 30.0, 8), rng.uniform(5.0, 200.0, 8) ** 2
    return at(radius=radius, v_bar_squared=square, galaxy=galaxy, r_disk=rng.uniform(0.5, 6.0, 3))


# spec galaxies §9.1: relative 1e-12, including R/xi = 1e-12
def test_the_enhancement_function_is_that_of_the_reference():
    found = LawRotation(law=SIGMA, params=NO_WINDOW).enhancement(at(list(H), 1.0))
    np.testing.assert_allclose(found, 1.0 + np.array(list(H.values())), rtol=1e-12)


@pytest.mark.parametrize(("p", "window"), [(1.0, W), (0.75, BURR)], ids=["power", "burr"])
def test_the_window_is_that_of_the_reference_without_loss_deep_inside(p, window):
    law = replace(SIGMA, window=CoherenceWindow(p=p))
    curves = at(1e-60, list(window))
    # h is 1e30 here, so that the 1 of Σ takes no digit from W
    found = (LawRotation(law=law).enhancement(curves) - 1.0) / law.h(curves.g_bar / G_DAGGER) / math.sqrt(3.0)
    np.testing.assert_allclose(found, list(window.values()), rtol=1e-12)


@pytest.mark.parametrize("name", NU)
def test_mond_is_its_nu_function(name):
    law, expected = LAWS[name], NU[name]
    found = LawRotation(law=law).enhancement(at(list(expected), 1.0, law.g_dagger.m_s2))
    np.testing.assert_allclose(found, list(expected.values()), rtol=1e-12)


@given(
    x=st.floats(1e-8, 1e8),
    ratio=st.floats(1e-3, 1e6),
    a=st.floats(0.0, 5.0),
    f=st.floats(0.0, 1.0),
    sigma_v=st.floats(0.0, 50.0),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_the_closed_form_agrees_with_mpmath(x, ratio, a, f, sigma_v):
    curves = at([x], [ratio])
    found = LawRotation(law=SIGMA).v_squared(curves, amplitude=a, coherence=f, sigma_v=sigma_v)
    with mpmath.workdps(40):
        v2, radius = mpmath.mpf(curves.v_bar_squared[0]), mpmath.mpf(curves.radius[0])
        x = v2 * 1000000 / (radius * mpmath.mpf(PUBLISHED_KPC_M)) / mpmath.mpf(G_DAGGER)
        window = 1 - (2 / (2 + radius)) ** mpmath.mpf(0.5)
        window *= mpmath.exp(-(mpmath.mpf(sigma_v) ** 2) / v2)
        expected = float(v2 * (1 + mpmath.mpf(f) * mpmath.mpf(a) * window / (mpmath.sqrt(x) * (1 + x))))
    assert found[0] == pytest.approx(expected, rel=3e-14)


def test_limits_of_the_enhancement():
    model = LawRotation(law=SIGMA, params=NO_WINDOW)
    # h(g†) = 1/2; sqrt(g†/g) far below and (g†/g)^(3/2) far above
    assert model.enhancement(at([1.0], 1.0))[0] == pytest.approx(1.5, rel=1e-14)
    assert model.enhancement(at([1e-14], 1.0))[0] == pytest.approx(1e7, rel=2e-7)
    assert model.enhancement(at([1e4], 1.0))[0] - 1.0 == pytest.approx(1e-6, rel=2e-4)


def test_the_deep_limit_is_a_tully_fisher_relation():
    # spec galaxies §4.1: V^4 = A^2 g† G M, log10(M/V^4) = 1.418
    mass, amplitude = 1e8, math.sqrt(3.0)
    radius = np.geomspace(1e5, 1e8, 5)
    curves = at(radius=radius, v_bar_squared=G_KPC * mass / radius)
    model = LawRotation(law=SIGMA, params={"amplitude": amplitude, "xi_over_rd": 0.0})
    g_dagger = G_DAGGER * PUBLISHED_KPC_M / 1e6  # (km/s)²/kpc
    assert g_dagger == pytest.approx(2962.23, abs=0.01)
    fourth = model.v_squared(curves) ** 2
    expected = amplitude**2 * g_dagger * G_KPC * mass
    np.testing.assert_allclose(fourth[-2:], expected, rtol=1e-3)
    assert np.all(np.diff(abs(fourth - expected)) < 0)
    assert math.log10(mass / fourth[-1]) == pytest.approx(1.418, abs=1e-3)


def test_sigma_diverges_and_the_acceleration_goes_to_zero():
    weak = np.array([1e-4, 1e-8, 1e-12, 1e-16])
    curves = at(weak, 1.0)
    model = LawRotation(law=SIGMA)
    sigma, square = model.enhancement(curves), model.v_squared(curves)
    np.testing.assert_allclose(sigma[1:] / sigma[:-1], 1e2, rtol=0.03)
    assert np.all(np.diff(square) < 0) and square[-1] < 1e-3


def test_towards_the_centre_the_enhancement_goes():
    inside = at([1e-3] * 4, [1e-2, 1e-4, 1e-6, 1e-8])
    excess = LawRotation(law=SIGMA).v_squared(inside) - inside.v_bar_squared
    np.testing.assert_allclose(excess[1:] / excess[:-1], 1e-4, rtol=0.01)


@pytest.mark.parametrize("name", LAWS)
def test_without_an_amplitude_or_coherence_it_is_newton(name):
    curves, model = three(), LawRotation(law=LAWS[name])
    newton = Newtonian().v_squared(curves)
    np.testing.assert_array_equal(newton, curves.v_bar_squared)
    np.testing.assert_array_equal(model.v_squared(curves, amplitude=0.0), newton)
    np.testing.assert_array_equal(model.v_squared(curves, coherence=0.0), newton)
    assert np.all(model.v_squared(curves) > newton)


# MondStandard.h squares x and is NaN below x = 1e-154
DEEP = list(LAWS)


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.filterwarnings("error")
def test_without_baryons_there_is_no_rotation(name):
    curves = at(radius=[0.1, 1.0, 9.0], v_bar_squared=[0.0, 400.0, 0.0])
    for dispersion in (0.0, 20.0):
        found = LawRotation(law=LAWS[name]).velocity(curves, sigma_v=dispersion)
        assert found[0] == found[2] == 0.0 and found[1] > 0


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("scale", [False, True], ids=["over_rd", "kpc"])
def test_numbers_values_of_galaxies_and_grids_agree(name, scale):
    curves, rng = three(), np.random.default_rng(1)
    length = "xi" if scale else "xi_over_rd"
    model = (
        ScaleRotation(law=LAWS[name], params={"xi": {"prior": {"min": 0, "max": 50}}})
        if scale
        else LawRotation(law=LAWS[name])
    )
    grid = {"amplitude": rng.uniform(0, 3, (4, 2, 3)), length: rng.uniform(0, 9, (4, 2, 3))}
    grid |= {"coherence": rng.uniform(0, 1, (4, 2, 3)), "sigma_v": rng.uniform(0, 40, (4, 2, 3))}
    whole = model.v_squared(curves, **grid)
    assert whole.shape == (4, 2, 8)
    for i, j in np.ndindex(4, 2):
        row = {key: value[i, j] for key, value in grid.items()}
        np.testing.assert_array_equal(model.v_squared(curves, **row), whole[i, j])
        for galaxy in range(3):
            mine = curves.galaxy == galaxy
            numbers = {key: float(value[galaxy]) for key, value in row.items()}
            # np.power of numbers and of arrays may differ in the last digit
            np.testing.assert_allclose(
                model.v_squared(curves.rows(mine), **numbers), whole[i, j][mine], rtol=1e-14, atol=0
            )


def test_parameters_of_params_and_of_the_call_are_the_same():
    curves, values = three(), {"amplitude": 1.1, "xi_over_rd": 0.4, "coherence": 0.8, "sigma_v": 15.0}
    given_, called = LawRotation(law=SIGMA, params=values), LawRotation(law=SIGMA)
    np.testing.assert_array_equal(given_.v_squared(curves), called.v_squared(curves, **values))
    law = replace(SIGMA, amplitude=replace(SIGMA.amplitude, disk=1.1), window=CoherenceWindow(xi_over_rd=0.4))
    moved = {"coherence": 0.8, "sigma_v": 15.0}
    np.testing.assert_array_equal(LawRotation(law=law).v_squared(curves, **moved), given_.v_squared(curves))


def test_what_params_do_not_give_is_that_of_the_law():
    assert LawRotation(law=SIGMA).space.fixed == {
        "amplitude": math.sqrt(3.0),
        "xi_over_rd": 2.0 / 3.0,
        "coherence": 1.0,
        "sigma_v": 0.0,
    }
    assert LawRotation(law=MondRar()).space.fixed["xi_over_rd"] == 0.0
    assert ScaleRotation(law=SIGMA, params={"xi": 2.0}).space.fixed["amplitude"] == math.sqrt(3.0)


def test_a_length_in_kpc_is_one_in_scale_lengths():
    curves = three()
    free = ScaleRotation(law=SIGMA, params={"xi": {"prior": {"min": 0, "max": 50}}})
    relative = np.array([0.2, 2.0 / 3.0, 3.0])
    np.testing.assert_allclose(
        free.v_squared(curves, xi=relative * curves.r_disk),
        LawRotation(law=SIGMA).v_squared(curves, xi_over_rd=relative),
        rtol=1e-14,
    )
    np.testing.assert_allclose(
        free.v_squared(curves, xi=curves.r_disk * 2 / 3), LawRotation(law=SIGMA).v_squared(curves)
    )


@pytest.mark.parametrize("length", [{"xi": 0.0}, {"xi": 1e-12}])
def test_no_length_is_no_window(length):
    curves = three()
    bare = LawRotation(law=SIGMA).v_squared(curves, xi_over_rd=0.0)
    np.testing.assert_allclose(ScaleRotation(law=SIGMA, params=length).v_squared(curves), bare, rtol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_coherence_is_one_minus_the_share_that_rotates_the_other_way(share):
    # SI §6.4.1: Sigma = 1 + 1.69 (1 - f) gives 2.69, 2.27, 1.84 (1.845), 1.00
    curves = at([0.3, 1.0, 3.0], [0.5, 1.0, 9.0])
    whole = LawRotation(law=SIGMA).enhancement(curves) - 1.0
    part = LawRotation(law=SIGMA, params={"coherence": 1.0 - share}).enhancement(curves) - 1.0
    np.testing.assert_allclose(part, (1.0 - share) * whole, rtol=1e-14, atol=1e-15)
    amplitude = 1.69 * (1.0 + 1.0)  # h(g†) = 1/2
    printed = {0.0: 2.69, 0.25: 2.27, 0.5: 1.84, 1.0: 1.00}
    model = LawRotation(law=SIGMA, params={"amplitude": amplitude, "xi_over_rd": 0.0, "coherence": 1.0 - share})
    assert model.enhancement(at([1.0], 1.0))[0] == pytest.approx(printed[share], abs=0.0051)


def test_dispersion_lowers_the_window_by_its_gaussian():
    curves = three()
    cold, warm = (LawRotation(law=SIGMA).enhancement(curves, sigma_v=s) - 1.0 for s in (0.0, 30.0))
    np.testing.assert_allclose(warm, cold * np.exp(-900.0 / curves.v_bar_squared), rtol=1e-12, atol=1e-15)
    hot = LawRotation(law=SIGMA).enhancement(curves, sigma_v=1e4)
    np.testing.assert_array_equal(hot, 1.0)
    # of each galaxy by itself
    each = LawRotation(law=SIGMA).enhancement(curves, sigma_v=np.array([0.0, 30.0, 0.0])) - 1.0
    np.testing.assert_allclose(each, np.where(curves.galaxy == 1, warm, cold), rtol=1e-12)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ScaleRotation(), "params.xi: missing, give a number or a prior"),
        (lambda: LawRotation(params={"amplitude": -1.0}), "params.amplitude=-1: must be >= 0"),
        (lambda: LawRotation(params={"coherence": 1.2}), "params.coherence=1.2: must be >= 0 and <= 1"),
        (lambda: LawRotation(params={"sigma_v": -2.0}), "params.sigma_v=-2: must be >= 0"),
        (lambda: LawRotation(params={"xi": 2.0}), "params.xi: unknown parameter; did you mean"),
    ],
)
def test_parameters_that_are_not_legal_are_refused(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert str(error.value).startswith(message.split("; did")[0])


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ({"amplitud": 1.0}, "amplitud: unknown parameter; did you mean amplitude"),
        ({"amplitude": np.array([1.0, -1.0, 1.0])}, "amplitude=-1: must be >= 0"),
        ({"amplitude": np.ones(2)}, "a parameter of shape (2,): the last axis must have 3 galaxies"),
    ],
)
def test_values_of_the_call_that_are_not_legal_are_refused(theta, message):
    with pytest.raises(InvalidInput) as error:
        LawRotation(law=SIGMA).velocity(three(), **theta)
    assert str(error.value).startswith(message)


@pytest.mark.gpu
@pytest.mark.parametrize("name", LAWS)
def test_a_gpu_agrees(name):
    cupy = pytest.importorskip("cupy")
    curves, model = three(), LawRotation(law=LAWS[name])
    found = model.velocity(curves.on(cupy), sigma_v=10.0)
    np.testing.assert_allclose(found.get(), model.velocity(curves, sigma_v=10.0), rtol=1e-13)
