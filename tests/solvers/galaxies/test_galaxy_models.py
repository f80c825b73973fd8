"""Kernels, halos and the mistaken MOND as models of made-up galaxies: forms, limits, shapes and what is refused."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.burr_kernel import BurrKernel
from solvers.galaxies.concentration_mass import (
    PRINTED_RELATION,
    SCRIPT_RELATION,
    CmNfw,
    ConcentrationMass,
    PublishedCmNfw,
)
from solvers.galaxies.curves import PUBLISHED_KPC_M, Curves
from solvers.galaxies.dynamical_field import DynamicalField, coupling, field_profile
from solvers.galaxies.flat_velocity import mean_flat_velocity, median_flat_velocity
from solvers.galaxies.gates import PHYSICAL_WINDING, small_radius_gate
from solvers.galaxies.law_rotation import LawRotation
from solvers.galaxies.mistaken_mond import MistakenMond
from solvers.galaxies.nfw import NfwHalo, ScaleNfwHalo, critical_density, nfw_mass
from solvers.galaxies.power_law_kernel import GatedPowerLaw, MinimalPowerLaw, ScriptPowerLaw


def made_up(v_bar=None, radius=None, v_obs=None):
    """Three galaxies of 5, 1 and 2 points."""
    radius = np.array([0.2, 1.0, 4.0, 9.0, 20.0, 3.0, 0.5, 6.0]) if radius is None else np.asarray(radius, float)
    v_bar = np.array([20.0, 60.0, 110.0, 100.0, 80.0, 30.0, 15.0, 40.0]) if v_bar is None else np.asarray(v_bar, float)
    v_obs = np.array([25.0, 80.0, 150.0, 160.0, 140.0, 50.0, 20.0, 70.0]) if v_obs is None else np.asarray(v_obs, float)
    return Curves(
        names=("a", "b", "c"),
        galaxy=np.array([0, 0, 0, 0, 0, 1, 2, 2]),
        radius=radius,
        v_obs=v_obs,
        v_obs_err=np.full(8, 3.0),
        v_bar_squared=v_bar**2,
        v_bulge_squared=np.zeros(8),
        r_disk=np.array([3.0, 1.0, 2.0]),
        kpc=PUBLISHED_KPC_M,
    )


CURVES = made_up()

PRIOR = {"prior": {"min": 1.0, "max": 50.0}}

NFW = NfwHalo(params={"log10_m200": 11.0, "c": 8.0})

# Each model with its parameters and three values of each, one a galaxy.
MODELS = {
    "gated": (
        GatedPowerLaw(),
        {"amplitude": [0.3, 0.5, 1.0], "p": [0.1, 0.757, 2.0], "n_coh": [0.0, 0.5, 2.0], "l0": [1.0, 5.0, 9.0]},
    ),
    "minimal": (
        MinimalPowerLaw(params={"amplitude": 0.591}),
        {"amplitude": [0.3, 0.5, 1.0], "p": [0.5, 0.75, 1.0], "l0": [1.0, 5.0, 9.0]},
    ),
    "script": (ScriptPowerLaw(), {"amplitude": [0.3, 0.6, 1.0], "p": [0.5, 0.75, 1.0], "n_coh": [0.0, 0.5, 1.0]}),
    "burr": (BurrKernel(winding=PHYSICAL_WINDING), {"amplitude": [0.3, 0.6, 1.0], "l0": [1, 5, 9], "p": [0.5, 1, 2]}),
    "mistaken_mond": (MistakenMond(), {"a0": [0.0, 1.2e-10, 2e-10]}),
    "nfw": (NFW, {"log10_m200": [9.0, 11.5, 12.5], "c": [1.0, 8.0, 40.0]}),
    "cm_nfw": (CmNfw(params={"log10_m200": 11.0}), {"log10_m200": [9.0, 11.5, 12.5]}),
    "scale_nfw": (ScaleNfwHalo(), {"log10_mass": [11.0, 12.0, 12.5], "r_s": [5.0, 20.0, 40.0]}),
    "dynamical": (DynamicalField(), {"amplitude": [0.0, 1.7, 3.0], "xi_over_rd": [0.0, 0.5, 1.0]}),
}


@pytest.mark.parametrize("name", MODELS)
def test_parameters_of_each_galaxy_are_numbers_one_after_the_other(name):
    model, values = MODELS[name]
    theta = {key: np.asarray(value, float) for key, value in values.items()}
    together = model.v_squared(CURVES, **theta)
    for i in range(3):
        alone = model.v_squared(CURVES, **{key: float(value[i]) for key, value in theta.items()})
        here = CURVES.galaxy == i
        np.testing.assert_allclose(together[here], alone[here], rtol=1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_a_grid_is_its_rows(name):
    model, values = MODELS[name]
    theta = {key: np.array([np.roll(value, k) for k in range(4)], float) for key, value in values.items()}
    grid = model.v_squared(CURVES, **theta)
    assert grid.shape == (4, 8)
    rows = [model.v_squared(CURVES, **{key: value[k] for key, value in theta.items()}) for k in range(4)]
    np.testing.assert_allclose(grid, rows, rtol=1e-14)


@pytest.mark.parametrize("name", [*MODELS, "published_cm_nfw"])
def test_no_model_lets_the_baryons_pull_less(name):
    model = PublishedCmNfw() if name == "published_cm_nfw" else MODELS[name][0]
    v_squared = model.v_squared(CURVES)
    assert v_squared.shape == (8,) and np.all(v_squared >= CURVES.v_bar_squared)


@pytest.mark.parametrize("name", ["gated", "minimal", "script", "burr", "dynamical"])
def test_without_an_amplitude_there_is_no_enhancement(name):
    model, _ = MODELS[name]
    np.testing.assert_array_equal(model.enhancement(CURVES, amplitude=0.0), np.ones(8))


@pytest.mark.parametrize("name", ["gated", "minimal", "script", "burr"])
@given(factor=st.floats(0.0, 1e3))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_kernels_are_proportional_to_their_amplitude(name, factor):
    model, _ = MODELS[name]
    once = model.enhancement(CURVES, amplitude=1.0) - 1.0
    np.testing.assert_allclose(model.enhancement(CURVES, amplitude=factor) - 1.0, factor * once, rtol=1e-9, atol=1e-12)


# reference/galaxies.json, gates, "K_powerlaw(R, g; 0.591, 0.757, 0.5, 4.993, 1.2e-10)"
@pytest.mark.parametrize(
    ("radius", "g", "kernel"),
    [
        (1.0, 1e-10, 0.6079364746929),
        (8.0, 1e-10, 0.4205849692609),
        (20.0, 1e-11, 1.733002832606),
        (0.2, 1e-9, 0.01721229887709),
    ],
)
def test_gated_kernel_of_the_reference(radius, g, kernel):
    v_bar = math.sqrt(g * radius * PUBLISHED_KPC_M * 1e-6)
    curves = made_up(radius=np.full(8, radius), v_bar=np.full(8, v_bar))
    np.testing.assert_allclose(GatedPowerLaw().enhancement(curves) - 1.0, kernel, rtol=1e-11)


@given(power=st.floats(0.1, 3.0), factor=st.floats(0.1, 10.0))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_kernels_are_powers_of_the_acceleration(power, factor):
    faster = made_up(v_bar=np.sqrt(factor * CURVES.v_bar_squared))
    for model in (GatedPowerLaw(params={"p": power}), MinimalPowerLaw(params={"amplitude": 1.0, "p": power})):
        ratio = (model.enhancement(faster) - 1) / (model.enhancement(CURVES) - 1)
        np.testing.assert_allclose(ratio, factor**-power, rtol=1e-9)


def test_the_minimal_kernel_is_what_the_source_prints():
    expected = 0.591 * (1.2e-10 / CURVES.g_bar) ** 0.75 * 5.0 / (5.0 + CURVES.radius)
    np.testing.assert_allclose(MinimalPowerLaw(params={"amplitude": 0.591}).enhancement(CURVES) - 1, expected)
    gate = small_radius_gate(CURVES.radius)
    same = GatedPowerLaw(params={"amplitude": 0.591, "p": 0.75, "n_coh": 1.0, "l0": 5.0})
    np.testing.assert_allclose(same.enhancement(CURVES) - 1, expected * gate)


def test_the_kernel_of_the_scripts_written_out():
    v_flat = np.array([150.0, 50.0, 45.0])[CURVES.galaxy]
    v_bar = np.sqrt(CURVES.v_bar_squared)
    l_eff = CURVES.radius * (20 / np.maximum(v_flat, 10)) * np.minimum(20 / np.maximum(0.1 * v_bar + 10, 5), 2)
    g_bar = np.maximum(CURVES.g_bar, 1e-12)
    kernel = math.exp(-0.5) * (1.2e-10 / g_bar) ** 0.75 * (l_eff / (l_eff + CURVES.radius)) ** 0.5
    kernel = kernel * (1 - np.exp(-((CURVES.radius / 0.5) ** 2)))
    np.testing.assert_allclose(ScriptPowerLaw().enhancement(CURVES) - 1, kernel, rtol=1e-13)


def test_the_kernel_of_the_scripts_sees_what_was_observed():
    faster = made_up(v_obs=2 * CURVES.v_obs)
    assert np.all(ScriptPowerLaw().enhancement(faster) < ScriptPowerLaw().enhancement(CURVES))
    slow = made_up(v_obs=np.full(8, 3.0))
    floor = made_up(v_obs=np.full(8, 10.0))
    np.testing.assert_array_equal(ScriptPowerLaw().enhancement(slow), ScriptPowerLaw().enhancement(floor))
    np.testing.assert_array_equal(GatedPowerLaw().enhancement(faster), GatedPowerLaw().enhancement(CURVES))


def test_bounds_act_only_where_they_are_given():
    still = made_up(v_bar=[0.0, 1e-3, 110.0, 100.0, 80.0, 30.0, 15.0, 40.0])
    free = GatedPowerLaw(params={"p": 2.0}).enhancement(still)
    assert free[0] == 1.0 and free[1] > 1e6
    bounded = GatedPowerLaw(params={"p": 2.0}, k_max=100.0).enhancement(still)
    assert bounded[1] == 101.0
    np.testing.assert_array_equal(bounded[2:], free[2:])
    floored = GatedPowerLaw(params={"p": 2.0}, g_floor=1e-12).enhancement(still)
    assert floored[0] > 1.0 and np.all(np.isfinite(floored))
    np.testing.assert_array_equal(floored[2:], free[2:])
    np.testing.assert_array_equal(GatedPowerLaw().v_squared(still)[0], 0.0)


def test_flat_velocities_are_of_the_last_three_points_or_of_those_there_are():
    np.testing.assert_array_equal(median_flat_velocity(CURVES), [150.0, 50.0, 45.0])
    np.testing.assert_allclose(mean_flat_velocity(CURVES), [150.0, 50.0, 45.0])
    np.testing.assert_allclose(mean_flat_velocity(made_up(v_obs=np.arange(8.0) ** 2)), [29 / 3, 25.0, 42.5])


def test_the_burr_kernel_and_its_gates():
    radius = CURVES.radius
    rise = 0.6 * (1 - (1 + (radius / 4.993) ** 0.75) ** -0.5)
    bare = BurrKernel(params={"r_small": 0.0}).enhancement(CURVES) - 1
    np.testing.assert_allclose(bare, rise, rtol=1e-13)
    soft = BurrKernel().enhancement(CURVES) - 1
    np.testing.assert_allclose(soft, rise / (1 + (0.1 / radius) ** 2), rtol=1e-13)
    wound = BurrKernel(winding=PHYSICAL_WINDING).enhancement(CURVES) - 1
    np.testing.assert_allclose(wound, soft * PHYSICAL_WINDING(radius, np.sqrt(CURVES.v_bar_squared)), rtol=1e-11)


def test_the_mistaken_mond_adds_an_acceleration():
    v_squared = MistakenMond().v_squared(CURVES)
    np.testing.assert_allclose(CURVES.acceleration(v_squared), CURVES.g_bar + 1.2e-10, rtol=1e-14)
    np.testing.assert_array_equal(MistakenMond().v_squared(CURVES, a0=0.0), CURVES.v_bar_squared)
    assert MistakenMond().v_squared(made_up(v_bar=np.zeros(8)))[4] > 0


@pytest.mark.parametrize("mass_scale", [1e-12, 1.0, 3.7, 1e15])
def test_the_dynamical_field_is_an_identity(mass_scale):
    original = LawRotation().velocity(CURVES)
    again = DynamicalField(mass_scale=mass_scale).velocity(CURVES)
    assert np.max(np.abs(again - original)) < 1e-10
    assert coupling(0.0, mass_scale) == 1.0 and field_profile(1.0, mass_scale) == 0.0
    assert coupling(field_profile(0.4, mass_scale), mass_scale) == 1.0


@given(sigma=st.floats(1.0, 1e6), mass_scale=st.floats(1e-6, 1e6))
@settings(deadline=None, derandomize=True)
def test_the_coupling_of_the_field_is_sigma(sigma, mass_scale):
    assert coupling(field_profile(sigma, mass_scale), mass_scale) == pytest.approx(sigma, rel=1e-15)


@pytest.mark.parametrize("t", [1e-300, 1e-12, 1e-6, 3e-3, 0.0099999, 0.01, 0.0100001, 0.3, 1.0, 10.0, 1e3, 1e9])
def test_the_mass_of_a_halo_agrees_with_mpmath(t):
    with mpmath.workdps(700):
        exact = mpmath.log1p(mpmath.mpf(t)) - mpmath.mpf(t) / (1 + mpmath.mpf(t))
        exact = float(exact)
    assert nfw_mass(t) == pytest.approx(exact, rel=2e-13, abs=0)
    if exact > 0:
        assert abs(float(nfw_mass(t)) / exact - 1) < 2e-13


def test_the_direct_difference_is_worse():
    t = 1e-6
    exact = t * t / 2 - 2 * t**3 / 3
    assert abs((math.log(1 + t) - t / (1 + t)) / exact - 1) > 1e-6
    assert abs(nfw_mass(t) / exact - 1) < 1e-11


@given(t=st.floats(1e-8, 1e6), factor=st.floats(1.001, 100.0))
@settings(deadline=None, derandomize=True)
def test_the_mass_of_a_halo_grows_and_is_below_its_limits(t, factor):
    mass = nfw_mass(t)
    assert 0 < mass < nfw_mass(factor * t)
    assert mass <= min(t * t / 2, math.log1p(t))


# galpy 1.12.1, NFWPotential(amp=3, a=20).vcirc(R)**2 at these radii
def test_the_halo_agrees_with_galpy():
    radius = np.array([0.01, 0.3, 1.0, 5.0, 8.122, 25.0, 200.0])
    galpy = [
        3.747501405500389e-05,
        0.0011028737059794545,
        0.003513349651153153,
        0.013886130788525847,
        0.01920963518935851,
        0.030644959279292786,
        0.022332065455611918,
    ]
    np.testing.assert_allclose(3.0 / radius * nfw_mass(radius / 20.0), galpy, rtol=1e-13)


@given(log10_m200=st.floats(7.0, 15.0), c=st.floats(0.5, 60.0), H0=st.floats(50.0, 100.0))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_m200_is_200_critical_densities_inside_r200(log10_m200, c, H0):
    halo, m200 = replace(NFW, H0=H0), 10.0**log10_m200
    r200 = halo.r200(m200)
    assert m200 / (4 / 3 * math.pi * r200**3) == pytest.approx(200 * halo.critical_density, rel=1e-12)
    assert halo.halo_v_squared(r200, m200, c) == pytest.approx(halo.G * m200 / r200, rel=1e-12)
    # 10 H0 r200 is V200.
    assert halo.halo_v_squared(r200, m200, c) == pytest.approx((10 * H0 / 1000 * r200) ** 2, rel=1e-11)


def test_the_critical_density_of_the_spec_and_of_the_scripts():
    assert critical_density(70.0, 4.30091e-6) == pytest.approx(135.9932, rel=1e-6)
    assert NFW.critical_density == critical_density(70.0, 4.30091e-6)
    assert PublishedCmNfw().critical_density == 140.0


def test_a_scale_radius_or_a_concentration_say_the_same():
    r_s = NFW.r200(1e12) / 8.0
    by_scale = ScaleNfwHalo(G=NFW.G).v_squared(CURVES, log10_mass=12.0, r_s=float(r_s), c=8.0)
    np.testing.assert_allclose(NFW.v_squared(CURVES, log10_m200=12.0, c=8.0), by_scale, rtol=1e-13)


def test_concentrations_of_the_two_relations():
    assert PRINTED_RELATION.concentration(12.0 - math.log10(0.7), 0.7) == pytest.approx(8.03526, rel=1e-6)
    assert SCRIPT_RELATION.concentration(12.0, 0.7) == SCRIPT_RELATION.concentration(12.0, 0.5)
    assert SCRIPT_RELATION.concentration(12.0, 0.7) == pytest.approx(6.37, abs=0.005)
    on_relation = CmNfw(params={"log10_m200": 11.3}).v_squared(CURVES)
    c = float(PRINTED_RELATION.concentration(11.3, 0.7))
    np.testing.assert_allclose(NFW.v_squared(CURVES, log10_m200=11.3, c=c), on_relation, rtol=1e-14)


def test_the_published_halo_has_its_mass_from_the_observed_curve():
    expected = replace(NFW, G=4.3e-6, rho_crit=140.0).v_squared(
        CURVES,
        log10_m200=12 + 3 * np.log10(np.array([1.5, 0.5, 0.45])),
        c=10 ** (0.804 - 0.303 * np.log10(np.array([1.5, 0.5, 0.45]))),
    )
    np.testing.assert_allclose(PublishedCmNfw().v_squared(CURVES), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MinimalPowerLaw(), "params.amplitude: missing"),
        (lambda: GatedPowerLaw(params={"p": -0.1}), "params.p=-0.1: must be >= 0"),
        (lambda: GatedPowerLaw(params={"l0": 0.0}), "params.l0=0: must be > 0"),
        (lambda: GatedPowerLaw(params={"l_0": 5.0}), "params.l_0: unknown parameter; did you mean l0?"),
        (lambda: ScriptPowerLaw(params={"l0": 5.0}), "params.l0: unknown parameter"),
        (lambda: GatedPowerLaw(g_floor=-1.0), "g_floor=-1.0: must be >= 0"),
        (lambda: GatedPowerLaw(k_max=0.0), "k_max=0.0: must be > 0"),
        (lambda: BurrKernel(params={"n_coh": 0.0}), "params.n_coh=0: must be > 0"),
        (lambda: MistakenMond(params={"a0": -1e-10}), "params.a0=-1e-10: must be >= 0"),
        (lambda: NfwHalo(params={"log10_m200": 40.0, "c": 8.0}), "params.log10_m200=40: must be >= 0 and <= 20"),
        (lambda: replace(NFW, G=0.0), "G=0.0: must be > 0"),
        (lambda: replace(NFW, rho_crit=math.nan), "rho_crit=nan: must be > 0"),
        (lambda: ScaleNfwHalo(G=-1.0), "G=-1.0: must be > 0"),
        (lambda: ScaleNfwHalo(params={"r_s": 0.0}), "params.r_s=0: must be > 0"),
        (lambda: ConcentrationMass(slope=math.inf), "slope=inf: must be a finite number"),
        (lambda: DynamicalField(mass_scale=0.0), "mass_scale=0.0: must be > 0"),
        (lambda: GatedPowerLaw().enhancement(CURVES, p=np.array([0.5, -1.0, 0.5])), "p=-1: must be >= 0"),
        (lambda: GatedPowerLaw().enhancement(CURVES, p=np.ones(2)), "a parameter of shape (2,)"),
        (lambda: NfwHalo(params={"log10_m200": 12.0, "c": PRIOR}).v_squared(CURVES), "c: not fixed by params"),
        (lambda: PublishedCmNfw().v_squared(CURVES, log10_m200=12.0), "log10_m200: unknown parameter"),
        (lambda: MistakenMond().v_squared(CURVES, a0=math.nan), "a0=nan: must be >= 0"),
    ],
)
def test_what_is_illegal_is_refused(build, message):
    with pytest.raises((ValueError, InvalidInput)) as error:
        build()
    assert str(error.value).startswith(message)


@pytest.mark.gpu
@pytest.mark.parametrize("name", [*MODELS, "published_cm_nfw"])
def test_a_gpu_agrees(name):
    cupy = pytest.importorskip("cupy")
    model, values = (PublishedCmNfw(), {}) if name == "published_cm_nfw" else MODELS[name]
    theta = {key: np.asarray(value, float) for key, value in values.items()}
    on_gpu = model.velocity(CURVES.on(cupy), **{key: cupy.asarray(value) for key, value in theta.items()})
    np.testing.assert_allclose(cupy.asnumpy(on_gpu), model.velocity(CURVES, **theta), rtol=1e-12)
