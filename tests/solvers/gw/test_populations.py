"""Densities and samplers of masses and redshifts against scipy's integrals, closed forms and astropy's Planck18."""

import numpy as np
import pytest
from astropy.cosmology import Planck18
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit

from solvers.backgrounds import DarkEnergy, GRMatter
from solvers.errors import InvalidInput
from solvers.gw.nulls import planck18
from solvers.gw.populations import BinaryMasses, MergerRedshifts, power_law_integral, smoothing
from solvers.gw.tabulated import TabulatedDensity

GWTC_3 = {"alpha": 3.4, "m_min": 5.08, "m_max": 86.85, "peak_fraction": 0.038, "peak_mean": 33.7, "peak_width": 3.6}
GWTC_3 |= {"delta_m": 4.83, "beta": 1.08}
MASSES = {
    "power law": BinaryMasses(alpha=2.3, m_min=5.0, m_max=50.0),
    "peak": BinaryMasses(alpha=2.3, m_min=5.0, m_max=50.0, peak_fraction=0.1),
    "peak cut by the end": BinaryMasses(alpha=0.5, m_min=5.0, m_max=36.0, peak_fraction=0.4, beta=-1.0),
    "gwtc-3": BinaryMasses(**GWTC_3),
    "gwtc-3, joint": BinaryMasses(**GWTC_3, smoothing="joint"),
}
SMOOTH = {name: masses for name, masses in MASSES.items() if masses.delta_m > 0}


def integral(log_density, low, high, points=()):
    ends = [low, *sorted(p for p in points if low < p < high), high]
    pieces = zip(ends[:-1], ends[1:], strict=True)
    return sum(quad(lambda x: np.exp(log_density(x)), a, b, epsabs=1e-10, epsrel=1e-9)[0] for a, b in pieces)


@pytest.mark.parametrize("name", MASSES)
def test_primary_density_integrates_to_one(name):
    masses = MASSES[name]
    points = (6.0, 7.0, masses.m_min + masses.delta_m, 25.0, 34.0, 43.0)
    assert integral(masses.log_density_primary, masses.m_min, masses.m_max, points) == pytest.approx(1.0, abs=3e-8)


@pytest.mark.parametrize("name", MASSES)
@pytest.mark.parametrize("m1", [7.0, 10.0, 33.0])
def test_ratio_density_integrates_to_one(name, m1):
    masses = MASSES[name]
    low = masses.m_min / m1
    total = integral(lambda q: masses.log_density_ratio(q, m1), low, 1.0, [1.1 * low, 1.3 * low, 9.91 / m1])
    assert total == pytest.approx(1.0, abs=1e-6)


def test_both_masses_beside_their_support_have_no_density():
    masses = MASSES["power law"]
    assert np.all(masses.log_density_primary([4.999, 50.001, np.nan]) == -np.inf)
    assert np.all(masses.log_density_ratio([0.49, 1.001, 0.9], [10.0, 10.0, 51.0]) == -np.inf)
    assert np.all(MASSES["gwtc-3"].log_density_ratio([1.0, 1.0], [5.08, 5.0801]) == -np.inf)


def test_power_law_is_the_closed_form():
    masses, m1 = MASSES["power law"], np.array([5.0, 12.0, 50.0])
    norm = (5.0**-1.3 - 50.0**-1.3) / 1.3
    np.testing.assert_allclose(np.exp(masses.log_density_primary(m1)), m1**-2.3 / norm, rtol=1e-12)
    expected = 2.0 * 0.8 / (1.0 - (5.0 / 12.0) ** 2)
    assert np.exp(masses.log_density_ratio(0.8, 12.0)) == pytest.approx(expected, rel=1e-12)


def test_peak_is_a_truncated_normal_beside_the_power_law():
    masses, m1 = MASSES["peak cut by the end"], np.linspace(5.0, 36.0, 50)
    peak = stats.truncnorm((5.0 - 34.0) / 4.0, (36.0 - 34.0) / 4.0, 34.0, 4.0).pdf(m1)
    law = 0.5 * m1**-0.5 / (np.sqrt(36.0) - np.sqrt(5.0))
    np.testing.assert_allclose(np.exp(masses.log_density_primary(m1)), 0.6 * law + 0.4 * peak, rtol=1e-11)


def test_far_peaks_are_normalised_or_refused():
    far = BinaryMasses(alpha=1.0, m_min=30.0, m_max=40.0, peak_fraction=0.5, peak_mean=10.0, peak_width=2.0)
    assert integral(far.log_density_primary, 30.0, 40.0, [30.2, 30.5, 31.0, 33.0]) == pytest.approx(1.0, abs=1e-6)
    gone = BinaryMasses(alpha=1.0, m_min=30.0, m_max=40.0, peak_fraction=0.5, peak_mean=500.0, peak_width=2.0)
    with pytest.raises(InvalidInput, match="peak_mean=500: the peak lies outside"):
        gone.log_density_primary(35.0)


def test_smoothing_rises_from_zero_to_one():
    assert smoothing([4.0, 5.08, 9.91, 20.0], 5.08, 4.83).tolist() == [0.0, 0.0, 1.0, 1.0]
    assert smoothing(5.08 + 4.83 / 2.0, 5.08, 4.83) == pytest.approx(0.5, abs=1e-12)
    x = 1.3
    assert smoothing(5.0 + x, 5.0, 3.0) == pytest.approx(expit(-(3.0 / x + 3.0 / (x - 3.0))), rel=1e-13)
    assert np.all(np.diff(smoothing(np.linspace(5.08, 9.91, 2000), 5.08, 4.83)) >= 0)
    assert smoothing([4.9, 5.0, 5.1], 5.0, 0.0).tolist() == [0.0, 1.0, 1.0]


@given(exponent=st.floats(-6.0, 6.0), low=st.floats(0.5, 50.0), factor=st.floats(1.0, 100.0))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_power_law_integral_is_that_of_scipy(exponent, low, factor):
    found = power_law_integral(exponent, low, low * factor)
    exact = quad(lambda t: np.exp((exponent + 1.0) * t), np.log(low), np.log(low * factor), epsrel=1e-12)[0]
    # The logarithms of the ends are rounded.
    assert found == pytest.approx(exact, rel=1e-9, abs=1e-14 * (low * factor) ** (exponent + 1.0))


def test_power_law_integral_at_the_logarithm():
    assert power_law_integral(-1.0, 5.0, 50.0) == pytest.approx(np.log(10.0), rel=1e-14)
    assert power_law_integral(-1.0 + 1e-13, 5.0, 50.0) == pytest.approx(np.log(10.0), rel=1e-11)


@pytest.mark.parametrize("name", MASSES)
def test_samples_of_masses_follow_the_densities(name):
    masses = MASSES[name]
    m1, m2 = masses.sample(*np.random.default_rng(1).random((2, 200_000)))
    assert np.all((m1 >= masses.m_min) & (m1 <= masses.m_max) & (m2 >= masses.m_min) & (m2 <= m1))
    # The distribution function of m₁ from the density itself, not from the sampler's table.
    grid = np.linspace(masses.m_min, masses.m_max, 40_001)
    density = np.exp(masses.log_density_primary(grid))
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(grid)
    below = np.append(0.0, np.cumsum(steps))
    assert stats.kstest(m1, lambda x: np.interp(x, grid, below)).pvalue > 0.01
    # Given m₁, the distribution function of q is uniform.
    edges = np.linspace(0.0, 1.0, 401)
    chosen = slice(4000)
    q = masses.m_min / m1[chosen, np.newaxis] + edges * (m2[chosen] / m1[chosen] - masses.m_min / m1[chosen])[:, None]
    logs = masses.log_density_ratio(q, m1[chosen, np.newaxis])
    ranks = np.trapezoid(np.exp(logs), q, axis=1)
    assert stats.kstest(ranks, "uniform").pvalue > 0.01


def test_joint_smoothing_thins_light_primaries_by_what_it_takes_from_their_companions():
    conditional, joint = SMOOTH["gwtc-3"], SMOOTH["gwtc-3, joint"]

    def kept(m1):
        low = 5.08 / m1
        part = quad(lambda q: q**1.08 * smoothing(q * m1, 5.08, 4.83), low, 1.0, epsrel=1e-11)[0]
        return part / quad(lambda q: q**1.08, low, 1.0)[0]

    m1 = np.array([7.0, 9.0, 15.0, 60.0])
    ratio = np.exp(joint.log_density_primary(m1) - conditional.log_density_primary(m1))
    expected = np.array([kept(m) for m in m1])
    np.testing.assert_allclose(ratio / ratio[-1], expected / expected[-1], rtol=1e-5)
    assert joint.log_density_ratio(0.8, 15.0) == conditional.log_density_ratio(0.8, 15.0)


@pytest.mark.parametrize("kappa", [-3.0, 1.0, 2.7])
def test_redshift_density_is_that_of_astropy(kappa):
    redshifts, z = MergerRedshifts(kappa=kappa, z_max=1.9, background=planck18()), np.linspace(0.0, 1.9, 4001)
    volume = Planck18.differential_comoving_volume(z).value * (1.0 + z) ** (kappa - 1.0)
    exact = volume / np.trapezoid(volume, z)
    np.testing.assert_allclose(np.exp(redshifts.log_density(z)), exact, rtol=5e-5)
    assert integral(redshifts.log_density, 0.0, 1.9) == pytest.approx(1.0, abs=1e-9)
    assert np.all(redshifts.log_density([-0.1, 1.91]) == -np.inf)


def test_distances_are_those_of_astropy():
    redshifts, z = MergerRedshifts(kappa=2.7, z_max=1.9, background=planck18()), np.linspace(0.001, 1.9, 500)
    np.testing.assert_allclose(redshifts.luminosity_distance(z), Planck18.luminosity_distance(z).value, rtol=1e-5)
    exact = planck18().luminosity_distance(z)
    np.testing.assert_allclose(redshifts.luminosity_distance(z), exact, rtol=1e-7)
    assert np.all(np.isnan(redshifts.luminosity_distance([-0.1, 1.9001])))


def test_samples_of_redshifts_follow_the_density():
    redshifts = MergerRedshifts(kappa=2.7, z_max=1.9, background=planck18())
    z = redshifts.sample(np.random.default_rng(2).random(400_000))
    grid = np.linspace(0.0, 1.9, 20_001)
    density = np.exp(redshifts.log_density(grid))
    below = np.append(0.0, np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid)))
    assert stats.kstest(z, lambda x: np.interp(x, grid, below)).pvalue > 0.01


def test_redshifts_of_a_matter_universe_have_the_closed_volume():
    redshifts = MergerRedshifts(kappa=1.0, z_max=1.0, background=GRMatter(params={"omega_m": 1.0}))
    # D_M ∝ 1 − (1+z)^(−1/2), so that ∫ D_M²/E dz ∝ D_M³.
    edge = 1.0 - np.sqrt(0.5)
    assert redshifts.table.below(np.array(0.4)) == pytest.approx(((1.0 - 1.4**-0.5) / edge) ** 3, rel=2e-5)


@given(u=st.floats(0.0, 1.0, exclude_max=True))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_quantile_inverts_the_distribution(u):
    table = MASSES["gwtc-3"].primary
    assert table.below(table.quantile(np.array([u])))[0] == pytest.approx(u, abs=1e-12)


def test_table_of_a_straight_line_is_exact():
    table = TabulatedDensity.of(lambda x: 2.0 * x, np.array([0.0, 0.3, 1.0]))
    u = np.array([0.0, 0.05, 0.3, 0.9, 0.999])
    np.testing.assert_allclose(table.quantile(u), np.sqrt(u), rtol=1e-14)
    np.testing.assert_allclose(table.below(np.array([-1.0, 0.2, 0.5, 2.0])), [0.0, 0.04, 0.25, 1.0], rtol=1e-14)
    assert table.total == pytest.approx(1.0)


def test_tables_refuse_what_is_no_density():
    for density in (lambda x: -x, lambda x: 0.0 * x, lambda x: x * np.inf):
        with pytest.raises(InvalidInput, match="density: has no finite integral from 1 to 2"):
            TabulatedDensity.of(density, np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"m_min": 50.0}, "m_min=50: must be > 0 and below m_max=50"),
        ({"m_min": 0.0}, "m_min=0: must be > 0"),
        ({"smoothing": "both"}, "smoothing='both': must be one of conditional, joint"),
    ],
)
def test_masses_out_of_order_are_one_line(fields, message):
    with pytest.raises(InvalidInput, match=message):
        BinaryMasses(**{"alpha": 2.3, "m_min": 5.0, "m_max": 50.0} | fields)


def test_a_background_with_free_parameters_is_refused():
    free = DarkEnergy(params={"omega_m": {"prior": {"min": 0.1, "max": 0.5}}})
    with pytest.raises(InvalidInput, match="omega_m: not fixed"):
        MergerRedshifts(kappa=2.7, z_max=1.9, background=free).sample(np.array([0.5]))
