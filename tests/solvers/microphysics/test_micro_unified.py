"""The unified kernel: both forms by hand, its limits, photometric inputs, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.microphysics.missing_ratio import CoherenceRise
from solvers.microphysics.systems import systems_of
from solvers.microphysics.unified import AdditiveUnified, MultiplicativeUnified, Unified

FIT = {"k_max": 19.5793, "psi0": 7.34107e-8, "gamma": 0.136124, "factor": 1.33286}


def rough_by_hand(curves, sigma_v):
    """K_rough C(R) of `microphysics.md` §6 and §8 at the points, where τ_geom sits at its clip."""
    found = np.empty(curves.radius.size)
    for i in range(curves.n_galaxies):
        mine = curves.galaxy == i
        radius, v = curves.radius[mine], np.sqrt(curves.v_bar_squared[mine])
        noise = radius * 3.086e13 / sigma_v[i] ** 1.5
        xi = np.mean(1.0 / (1.0 / noise + 1e-20) * v / (2.0 * np.pi * radius * 3.086e13))
        found[mine] = 0.774 * xi**0.1 * (1.0 - (1.0 + (radius / 5.0) ** 0.757) ** -0.5)
    return found


def ratio_by_hand(sigma_v, radius, f_max=5.0, sigma_gate=25.0, gamma_gate=1.0):
    """F of the later form."""
    raw = 10.02 * (14.8 / sigma_v) ** 0.10 * (12.3 / radius) ** 0.31
    x = (sigma_gate / sigma_v) ** gamma_gate
    gate = np.maximum(x / (1.0 + x), 0.1) if gamma_gate > 0 else 1.0
    return 1.0 + np.minimum(raw - 1.0, f_max - 1.0) * gate


def missing_by_hand(mass, radius, k_max, psi0, gamma, factor):
    """K_max [1 − exp(−(Ψ/Ψ0)^γ)]."""
    depth = 4.30091e-6 * mass * 25.0 / ((factor * radius) ** 3 * 299792.458**2)
    return k_max * (1.0 - np.exp(-((depth / psi0) ** gamma)))


def test_the_sum_is_that_by_hand(galaxies):
    systems = systems_of(galaxies)
    missing = missing_by_hand(systems.mass, systems.radius, **FIT)
    expected = rough_by_hand(galaxies, systems.sigma_v) + missing[galaxies.galaxy]
    np.testing.assert_allclose(AdditiveUnified().excess(galaxies), expected, rtol=1e-12)
    assert AdditiveUnified().space.fixed == FIT


@pytest.mark.parametrize("gamma_gate", [0.0, 1.0, 2.0])
def test_the_product_is_that_by_hand(gamma_gate, galaxies):
    systems = systems_of(galaxies)
    changed = {"f_max": 4.0, "sigma_gate": 20.0, "gamma_gate": gamma_gate}
    ratio = ratio_by_hand(systems.sigma_v, systems.radius, **changed)
    expected = rough_by_hand(galaxies, systems.sigma_v) * (1.0 + 0.7 * 0.4 * (ratio[galaxies.galaxy] - 1.0))
    found = MultiplicativeUnified(params={**changed, "f_amp": 0.7, "extra_amp": 0.4}).excess(galaxies)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_roughness_alone_is_left_by_both(galaxies):
    rough = rough_by_hand(galaxies, systems_of(galaxies).sigma_v)
    left = (
        AdditiveUnified(params={"k_max": 0.0}),
        MultiplicativeUnified(params={"extra_amp": 0.0}),
        MultiplicativeUnified(params={"f_amp": 0.0}),
        MultiplicativeUnified(params={"f_max": 1.0}),
    )
    for model in left:
        np.testing.assert_allclose(model.excess(galaxies), rough, rtol=1e-12)


@given(extra=st.floats(0.0, 2.0), f_max=st.floats(1.0, 9.0), more=st.floats(1.01, 3.0))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_the_product_grows_with_its_amplitude_and_its_limit(extra, f_max, more, galaxies):
    model = MultiplicativeUnified()
    here = model.excess(galaxies, extra_amp=extra, f_max=f_max)
    rough = model.excess(galaxies, extra_amp=0.0)
    assert np.all(here >= rough) and np.all(here <= rough * (1.0 + extra * (f_max - 1.0)) * (1 + 1e-14))
    assert np.all(model.excess(galaxies, extra_amp=more * extra, f_max=f_max) >= here)
    assert np.all(model.excess(galaxies, extra_amp=extra, f_max=more * f_max) >= here)


def test_the_published_sum_is_about_ten_whatever_the_galaxy(galaxies):
    # A ratio of about ten is taken for a kernel of about ten.
    found = AdditiveUnified().excess(galaxies)
    assert np.all((found > 5.0) & (found < 20.0))


def test_the_rise_is_that_of_all_radii(galaxies):
    rise = CoherenceRise(K0=1.0, gamma=0.0, ell0=2.0, p=1.0, n_coh=1.0)
    expected = galaxies.radius / (galaxies.radius + 2.0)
    only = MultiplicativeUnified(rise=rise, params={"extra_amp": 0.0}).excess(galaxies)
    np.testing.assert_allclose(only, expected, rtol=1e-14)
    # ℓ0 of the rise is also that of the depth.
    systems = systems_of(galaxies)
    missing = missing_by_hand(systems.mass * (2.0 / 5.0) ** 2, systems.radius, **FIT)
    both = AdditiveUnified(rise=rise).excess(galaxies)
    np.testing.assert_allclose(both, expected + missing[galaxies.galaxy], rtol=1e-12)


def test_photometry_brings_its_own_size_and_mass(galaxies):
    sigma_v = np.full(3, 20.0)
    rough = rough_by_hand(galaxies, sigma_v)
    missing = missing_by_hand(galaxies.baryonic_mass, galaxies.r_disk, **FIT)
    found = AdditiveUnified(inputs="photometric", sigma_v=20.0).excess(galaxies)
    np.testing.assert_allclose(found, rough + missing[galaxies.galaxy], rtol=1e-12)
    ratio = ratio_by_hand(sigma_v, galaxies.r_disk)
    found = MultiplicativeUnified(inputs="photometric", sigma_v=20.0).excess(galaxies)
    np.testing.assert_allclose(found, rough * (1.0 + 0.25 * (ratio[galaxies.galaxy] - 1.0)), rtol=1e-12)


def test_the_sum_needs_masses_and_the_product_does_not(galaxies):
    without = replace(galaxies, baryonic_mass=None)
    message = "^mass: this catalogue has no baryonic masses, which the mechanism needs$"
    with pytest.raises(InvalidInput, match=message):
        AdditiveUnified(inputs="photometric", sigma_v=20.0).excess(without)
    # The source's masses are v² R/G of the curve.
    np.testing.assert_array_equal(AdditiveUnified().excess(without), AdditiveUnified().excess(galaxies))
    assert np.isfinite(MultiplicativeUnified(inputs="photometric", sigma_v=20.0).excess(without)).all()


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        (MultiplicativeUnified, {"f_max": 0.5}, r"params\.f_max=0\.5: must be >= 1"),
        (MultiplicativeUnified, {"extra_amp": -0.1}, r"params\.extra_amp=-0\.1: must be >= 0"),
        (MultiplicativeUnified, {"sigma_gate": 0.0}, r"params\.sigma_gate=0: must be > 0"),
        (AdditiveUnified, {"factor": 0.0}, r"params\.factor=0: must be > 0"),
        (AdditiveUnified, {"extra_amp": 1.0}, r"params\.extra_amp: unknown parameter"),
    ],
)
def test_parameters_that_are_not_legal_are_one_line(kind, params, message):
    assert issubclass(kind, Unified)
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        kind(params=params)
    assert "\n" not in str(caught.value)
