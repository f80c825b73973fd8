"""p(ln M_c) of binaries against one integral over the mass ratio, and against binaries that are drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from solvers.gw.chirp_mass import RATIOS, STEP, ChirpMassDensity, primary_mass
from solvers.gw.populations import BinaryMasses

GWTC_3 = {"alpha": 3.4, "m_min": 5.08, "m_max": 86.85, "delta_m": 4.83, "peak_fraction": 0.038, "peak_mean": 33.7}
GWTC_3 |= {"peak_width": 3.6, "beta": 1.08}
POPULATIONS = {
    "power law": BinaryMasses(alpha=2.3, m_min=5.0, m_max=50.0),
    "peak": BinaryMasses(alpha=2.6, m_min=5.0, m_max=110.0, peak_fraction=0.13),
    "gwtc-3": BinaryMasses(**GWTC_3),
    "gwtc-3, joint": BinaryMasses(**GWTC_3, smoothing="joint"),
    "light companions": BinaryMasses(alpha=0.0, m_min=5.0, m_max=30.0, beta=-1.0),
    "steep, half in the peak": BinaryMasses(alpha=6.0, m_min=5.0, m_max=200.0, peak_fraction=0.5),
}
EQUAL = 2.0**-0.2
"""Chirp mass over the mass of both of two equal bodies."""


def exact(masses, ln_mass):
    """∫ p(m₁) p(q|m₁) m₁ dq at a fixed chirp mass, by adaptive integration in ln q."""

    def integrand(ln_q):
        q = np.exp(ln_q)
        m1 = np.exp(ln_mass) * ((1.0 + q) / q**3) ** 0.2
        return float(np.exp(masses.log_density_primary(m1) + masses.log_density_ratio(q, m1)) * m1 * q)

    ln_ratio = np.linspace(-6.0, 0.0, 20_001)
    q = np.exp(ln_ratio)
    m1 = np.exp(ln_mass) * ((1.0 + q) / q**3) ** 0.2
    inside = ln_ratio[(m1 <= masses.m_max) & (q * m1 >= masses.m_min)]
    return quad(integrand, inside[0], 0.0, limit=200)[0] if inside.size else 0.0


@pytest.mark.parametrize("name", POPULATIONS)
def test_density_is_the_integral_over_the_mass_ratio(name):
    masses = POPULATIONS[name]
    table = ChirpMassDensity(masses)
    rows = np.arange(12, len(table.ln_mass), 11)
    expected = np.array([exact(masses, x) for x in table.ln_mass[rows]])
    # Twenty cells of the mass ratio resolve all but the ends.
    np.testing.assert_allclose(table.density[rows], expected, rtol=0.02, atol=1e-3 * expected.max())


@pytest.mark.parametrize("name", POPULATIONS)
def test_binaries_that_are_drawn_follow_it(name):
    table, n = ChirpMassDensity(POPULATIONS[name]), 400_000
    m1, m2 = POPULATIONS[name].sample(*np.random.default_rng(31).random((2, n)))
    ln_mass, ratio = np.log((m1 * m2) ** 0.6 / (m1 + m2) ** 0.2), m2 / m1
    edges = np.append(table.ln_mass - 0.5 * STEP, table.ln_mass[-1] + 0.5 * STEP)
    drawn = np.searchsorted(np.sort(ln_mass), edges) / n
    below = np.append(0.0, np.cumsum(table.density) * STEP)
    assert np.abs(drawn - below).max() < 0.004 + 1.95 / np.sqrt(n)
    both = np.histogram2d(ln_mass, ratio, bins=[edges, np.linspace(0.0, 1.0, len(RATIOS) + 1)])[0] / n
    assert np.abs(both.cumsum(axis=0) - table.weight.cumsum(axis=0)).max() < 0.004 + 1.95 / np.sqrt(n)


@pytest.mark.parametrize("name", POPULATIONS)
def test_probabilities_add_up_to_one(name):
    table = ChirpMassDensity(POPULATIONS[name])
    assert table.weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert table.density.sum() * STEP == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(table.weight.sum(axis=1), table.density * STEP, rtol=1e-12)
    assert np.all(table.weight >= 0)
    np.testing.assert_allclose(np.diff(table.ln_mass), STEP, rtol=1e-9)


@pytest.mark.parametrize("name", POPULATIONS)
def test_it_ends_with_two_equal_bodies_of_the_least_and_the_largest_mass(name):
    masses = POPULATIONS[name]
    table = ChirpMassDensity(masses)
    low, high = np.log(EQUAL * masses.m_min), np.log(EQUAL * masses.m_max)
    assert table.ln_mass[0] == pytest.approx(low + 0.5 * STEP, abs=1e-12)
    assert high <= table.ln_mass[-1] + 0.5 * STEP < high + 2.0 * STEP
    assert np.all(table.density[table.ln_mass > high] == 0.0)
    assert np.all(table(np.array([-np.inf, low - 1e-9, high + 1.5 * STEP, np.inf])) == 0.0)
    np.testing.assert_array_equal(table(table.ln_mass), table.density)
    middle = 0.5 * (table.ln_mass[1:] + table.ln_mass[:-1])
    np.testing.assert_allclose(table(middle), 0.5 * (table.density[1:] + table.density[:-1]), rtol=1e-9)
    assert table(middle.reshape(2, -1) if middle.size % 2 == 0 else middle[1:].reshape(2, -1)).ndim == 2


def test_cells_that_no_mass_ratio_reaches_are_empty():
    masses = BinaryMasses(alpha=1.0, m_min=10.0, m_max=20.0)
    table = ChirpMassDensity(masses)
    m1, m2 = masses.sample(*np.random.default_rng(32).random((2, 100_000)))
    assert table.weight[:, RATIOS < 0.5].sum() == 0.0
    assert (m2 / m1).min() >= 0.5
    # Heavy systems need bodies of nearly the same mass.
    heavy = table.ln_mass > np.log(EQUAL * 19.0)
    assert table.weight[heavy][:, RATIOS < 0.9].sum() == 0.0


@given(m1=st.floats(1.0, 300.0), q=st.floats(1e-3, 1.0))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_primary_mass_inverts_the_chirp_mass(m1, q):
    m2 = q * m1
    assert primary_mass((m1 * m2) ** 0.6 / (m1 + m2) ** 0.2, q) == pytest.approx(m1, rel=1e-13)


@given(
    m_max=st.floats(30.0, 200.0),
    alpha=st.floats(0.0, 6.0),
    peak_fraction=st.floats(0.0, 0.5),
    delta_m=st.sampled_from([0.0, 4.0]),
    log_step=st.floats(-8.0, -2.0),
)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_it_is_continuous_in_the_largest_mass(m_max, alpha, peak_fraction, delta_m, log_step):
    step, x = 10.0**log_step, np.linspace(1.0, 5.5, 1001)
    settings_ = {"alpha": alpha, "m_min": 5.0, "peak_fraction": peak_fraction, "delta_m": delta_m}
    first, second = (ChirpMassDensity(BinaryMasses(m_max=end, **settings_))(x) for end in (m_max, m_max + step))
    assert np.abs(second - first).max() < 2.0 * step + 1e-12
