"""Θ by three statements: densities, pressures and amplitudes against their closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.clusters.theta import SIGNS, theta_of
from solvers.errors import InvalidInput

SIGMAS = st.floats(1.0, 1e6)
# ρ_eff/ρ and p_eff/ρc² of lensing.md §5, written as there
FORMULAS = {
    "printed": (lambda s: (3 * s - 1) / 2, lambda s: (s - 1) / 2, 3 / 2),
    "covariant": (lambda s: (s + 1) / 2, lambda s: (s - 1) / 2, 1 / 2),
    "action": (lambda s: s, lambda s: 0 * s, 1),
}


def test_the_three_statements_are_there():
    assert list(SIGNS) == list(FORMULAS)
    assert all(theta_of(name) is theta and theta.statement for name, theta in SIGNS.items())


@pytest.mark.parametrize("name", FORMULAS)
@given(sigma=SIGMAS)
def test_density_and_pressure_are_the_closed_forms(name, sigma):
    density, pressure, _ = FORMULAS[name]
    assert SIGNS[name].effective_density(sigma) == pytest.approx(density(sigma), rel=1e-14)
    assert SIGNS[name].effective_pressure(sigma) == pytest.approx(pressure(sigma), rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_density_only_renormalises_the_amplitude(name):
    theta, ratio = SIGNS[name], FORMULAS[name][2]
    enhancement = np.geomspace(1e-6, 1e3, 20)
    assert theta.amplitude_ratio == ratio
    np.testing.assert_allclose(theta.effective_density(1.0 + enhancement), 1.0 + ratio * enhancement, rtol=1e-14)


def test_the_bare_amplitude_of_disks_is_that_of_the_reference():
    assert SIGNS["printed"].bare_amplitude(np.sqrt(3.0)) == pytest.approx(1.15470053838, abs=1e-11)
    assert SIGNS["covariant"].bare_amplitude(np.sqrt(3.0)) == pytest.approx(2.0 * np.sqrt(3.0))
    assert SIGNS["action"].bare_amplitude(0.0) == 0.0


def test_components_follow_from_the_metric_by_their_statements():
    # Θ_μν = ½ g_μν (Σ−1) ρc² in signature (−+++) has one sign; the source writes −g_00 and +g_ij.
    metric = np.diag([-1.0, 1.0, 1.0, 1.0])
    both = 0.5 * metric
    assert (SIGNS["covariant"].energy, SIGNS["covariant"].pressure) == (both[0, 0], both[1, 1])
    assert (SIGNS["printed"].energy, SIGNS["printed"].pressure) == (-both[0, 0], both[1, 1])


def test_the_variation_of_the_action_leaves_nothing_to_add():
    # T_μν = −2 ∂L/∂g^μν + g_μν L for √−g L; with Σ in front and ∂Σ/∂g^μν = 0 it is Σ T_μν and nothing else.
    rng = np.random.default_rng(2)
    sigma, lagrangian = 2.7, rng.normal()
    derivative, metric = rng.normal(size=(2, 4, 4))
    stress = -2.0 * derivative + metric * lagrangian
    varied = -2.0 * sigma * derivative + metric * sigma * lagrangian
    np.testing.assert_allclose(varied - sigma * stress, 0.0, atol=1e-14)
    assert SIGNS["action"].energy == SIGNS["action"].pressure == 0.0


@pytest.mark.parametrize("sigma", [0.999, 0.0, -1.0, np.nan, np.inf, [1.0, 0.5]])
@pytest.mark.parametrize("method", ["effective_density", "effective_pressure"])
def test_a_sigma_below_one_is_refused(sigma, method):
    with pytest.raises(InvalidInput, match="^sigma: must be >= 1 and finite everywhere"):
        getattr(SIGNS["printed"], method)(sigma)


def test_other_bad_requests_are_refused():
    with pytest.raises(InvalidInput, match="^sign='minus': must be one of printed, covariant, action"):
        theta_of("minus")
    for fitted in (-1.0, np.nan, np.inf):
        with pytest.raises(InvalidInput, match="^fitted=.*must be >= 0"):
            SIGNS["printed"].bare_amplitude(fitted)
