"""Ratios of masses: the numbers of the reference by closed forms, statistics by hand, and draws of their errors."""

import dataclasses
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from solvers.clusters.enhancements import LawEnhancement, NoEnhancement
from solvers.clusters.geometry import CODATA, PAPER
from solvers.clusters.mass_ratios import (
    amplitude_needed,
    draw_masses,
    enhancement_of,
    mass_ratio,
    ratio_statistics,
    stated_baryons,
)
from solvers.errors import InvalidInput
from solvers.laws import MondSimple, Sigma

G, MSUN, KPC, MPC, C = (mpmath.mpf(x) for x in ("6.674e-11", "1.989e30", "3.086e19", "3.086e22", "2.998e8"))
C_H0 = C * 70000 / MPC
NEW = float(C_H0 / (4 * mpmath.sqrt(mpmath.pi)))
OLD = float(C_H0 / (2 * mpmath.e))
BARE = LawEnhancement(law=Sigma(), params={"g_dagger": NEW})
MOND = LawEnhancement(law=MondSimple())
# m500, m_sl of clusters of the reference file, and their ratios: bare new, bare old, 8.4 new, MOND
REFERENCE = {
    "Abell 2744": (12.44, 179.69, 0.717320558484, 0.830991233635, 0.986246400693, 0.558033352811),
    "MACS J0416.1-2403": (11.53, 154.7, 0.803893554352, 0.936092015618, 1.12159834994, 0.610294969222),
    "SDSS J0957+0509": (10.62, 58.18, 2.05996943979, 2.41124101745, 2.91923575247, 1.52132772487),
    "SDSS J1420+3955": (6.55, 186.56, 0.533280469767, 0.637639385699, 0.820630476217, 0.328884964882),
}
masses = st.floats(1e10, 1e16)


def by_hand(m_bar, m_lens, amplitude, g_dagger):
    """Σ M_bar/M_lens in 30 digits with the constants of the source."""
    with mpmath.workdps(30):
        x = G * mpmath.mpf(m_bar) * MSUN / (200 * KPC) ** 2 / mpmath.mpf(g_dagger)
        return float((1 + mpmath.mpf(amplitude) / (mpmath.sqrt(x) * (1 + x))) * mpmath.mpf(m_bar) / m_lens)


@pytest.mark.parametrize("name", REFERENCE)
def test_ratios_of_clusters_are_those_of_the_reference(name):
    m500, m_sl, new, old, effective, mond = REFERENCE[name]
    m_bar = stated_baryons(m500 * 1e14)
    chosen = {
        "new": ({"g_dagger": NEW}, new),
        "old": ({"g_dagger": OLD}, old),
        "8.4": ({"amplitude": 8.4, "g_dagger": NEW}, effective),
    }
    for params, expected in chosen.values():
        model = LawEnhancement(law=Sigma(), params=params)
        assert mass_ratio(model, m_bar, m_sl * 1e12, PAPER) == pytest.approx(expected, rel=1e-11)
    assert mass_ratio(MOND, m_bar, m_sl * 1e12, PAPER) == pytest.approx(mond, rel=1e-11)
    assert mass_ratio(NoEnhancement(), m_bar, m_sl * 1e12, PAPER) == pytest.approx(6 * m500 / m_sl, rel=1e-13)


@given(masses, masses, st.floats(0.0, 20.0))
def test_ratios_are_those_of_thirty_digits(m_bar, m_lens, amplitude):
    model = LawEnhancement(law=Sigma(), params={"amplitude": amplitude, "g_dagger": NEW})
    assert mass_ratio(model, m_bar, m_lens, PAPER) == pytest.approx(by_hand(m_bar, m_lens, amplitude, NEW), rel=1e-12)


def test_masses_broadcast_and_constants_count():
    m_bar, m_lens = np.array([[1e13, 2e13, 7e13]]), np.array([[1e14], [2e14]])
    found = mass_ratio(BARE, m_bar, m_lens, CODATA)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found[0], 2 * found[1], rtol=1e-15)
    np.testing.assert_array_equal(found[0], [mass_ratio(BARE, m, 1e14, CODATA) for m in m_bar[0]])
    off = found[0] / mass_ratio(BARE, m_bar, 1e14, PAPER)[0] - 1
    assert (np.abs(off) > 1e-5).all()
    assert (np.abs(off) < 1e-2).all()


@given(st.floats(1e-3, 1.0), st.floats(1e-3, 1.0), masses)
def test_baryons_are_the_product(f_baryon, concentration, m500):
    assert stated_baryons(m500, f_baryon, concentration) == pytest.approx(f_baryon * concentration * m500, rel=1e-15)


@given(masses, masses)
def test_with_the_needed_amplitude_the_ratio_is_one(m_bar, m_lens):
    needed = float(amplitude_needed(BARE, m_bar, m_lens, PAPER))
    assert math.copysign(1, needed) == math.copysign(1, m_lens - m_bar) or needed == 0
    if needed >= 0:
        assert mass_ratio(BARE, m_bar, m_lens, PAPER, amplitude=needed) == pytest.approx(1.0, rel=1e-9)


def test_the_needed_amplitude_is_that_of_the_reference():
    m_bar, m_sl = np.array([11.5, 13.5, 4.5, 5.8]) * 1e12, np.array([179.7, 234.1, 65.0, 75.0]) * 1e12
    found = amplitude_needed(BARE, m_bar, m_sl, PAPER)
    np.testing.assert_allclose(found, [13.4037750718, 17.0566713469, 6.32478497624, 6.63085737246], rtol=1e-11)
    other = LawEnhancement(law=Sigma(), params={"amplitude": 8.4, "g_dagger": NEW})
    np.testing.assert_array_equal(found, amplitude_needed(other, m_bar, m_sl, PAPER))


def test_statistics_are_those_by_hand():
    ratio, z = np.array([0.5, 0.8, 1.0, 2.0, 1.9]), np.array([0.1, 0.2, 0.5, 0.3, 0.4])
    m_lens, error = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([np.nan, 0.1, np.nan, 0.5, np.nan])
    found = ratio_statistics(ratio, z, m_lens, error)
    log = [math.log10(x) for x in ratio]
    mean = sum(log) / 5
    squares = sum((x - mean) ** 2 for x in log)
    assert found.n == 5
    assert found.median == 1.0
    assert found.mean == pytest.approx(6.2 / 5, rel=1e-15)
    assert found.scatter == pytest.approx(math.sqrt(squares / 4), rel=1e-14)
    assert found.scatter_population == pytest.approx(math.sqrt(squares / 5), rel=1e-14)
    assert found.mean_abs_log == pytest.approx(sum(map(abs, log)) / 5, rel=1e-14)
    # both ends are strict
    assert found.within_factor_2 == 0.6
    # ranks 1 2 3 5 4 and 1 2 5 3 4
    assert found.spearman == pytest.approx(1 - 6 * (0 + 0 + 4 + 4 + 0) / (5 * 24), rel=1e-14)
    assert found.pearson == pytest.approx(np.corrcoef(ratio, z)[0, 1], rel=1e-13)
    t = found.pearson * math.sqrt(3 / (1 - found.pearson**2))
    assert found.pearson_p == pytest.approx(2 * stats.t.sf(abs(t), 3), rel=1e-12)
    assert found.n_with_error == 2
    assert found.mean_pull == pytest.approx((-0.2 * 2 / 0.1 + 1.0 * 4 / 0.5) / 2, rel=1e-14)


def test_of_few_clusters_there_is_no_correlation_and_of_one_no_scatter():
    one = ratio_statistics([1.5], [0.2])
    assert (one.n, one.median, one.mean, one.scatter_population, one.n_with_error) == (1, 1.5, 1.5, 0.0, 0)
    assert all(math.isnan(x) for x in (one.scatter, one.spearman, one.pearson, one.mean_pull))
    two = ratio_statistics([1.5, 1.0], [0.2, 0.3])
    assert two.scatter > 0
    assert math.isnan(two.spearman_p)
    same = ratio_statistics([1.5, 1.0, 2.0], [0.2, 0.2, 0.2])
    assert math.isnan(same.pearson)


@given(st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=12), st.floats(0.1, 10.0))
def test_a_common_factor_moves_the_level_and_not_the_scatter(ratios, factor):
    z = np.linspace(0.1, 0.9, len(ratios))
    one, other = ratio_statistics(ratios, z), ratio_statistics(factor * np.array(ratios), z)
    assert other.median == pytest.approx(factor * one.median, rel=1e-12)
    assert other.mean == pytest.approx(factor * one.mean, rel=1e-12)
    assert other.scatter == pytest.approx(one.scatter, rel=1e-6, abs=1e-9)
    np.testing.assert_allclose(other.scatter_population, one.scatter * math.sqrt(1 - 1 / one.n), rtol=1e-6, atol=1e-9)


def test_draws_have_the_moments_of_a_normal_that_is_cut_at_zero():
    mass, error, n = np.array([10.0, 1.0, 3.0]), np.array([0.5, 2.0, np.nan]), 200_000
    drawn = draw_masses(mass, error, n, np.random.default_rng(3))
    assert drawn.shape == (n, 3)
    assert (drawn > 0).all()
    assert (drawn[:, 2] == 3.0).all()
    for i in (0, 1):
        alpha = -mass[i] / error[i]
        rise = stats.norm.pdf(alpha) / stats.norm.sf(alpha)
        mean, sd = mass[i] + error[i] * rise, error[i] * math.sqrt(1 + alpha * rise - rise**2)
        assert drawn[:, i].mean() == pytest.approx(mean, abs=5 * sd / math.sqrt(n))
        assert drawn[:, i].std() == pytest.approx(sd, rel=0.01)
    assert abs(np.corrcoef(drawn[:, :2].T)[0, 1]) < 5 / math.sqrt(n)


def test_draws_come_from_the_generator_alone():
    given = (np.array([5.0, 6.0]), np.array([1.0, 2.0]), 7)
    first, again, other = (draw_masses(*given, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.isclose(first, other).any()
    rng = np.random.default_rng(1)
    draw_masses(*given, rng)
    assert not np.isclose(first, draw_masses(*given, rng)).any()


def test_ratios_of_draws_are_those_of_each_draw():
    rng = np.random.default_rng(5)
    m_bar = draw_masses(np.array([1e13, 2e13]), np.array([1e12, 4e12]), 6, rng)
    m_lens = draw_masses(np.array([1e14, 2e14]), np.array([np.nan, 1e13]), 6, rng)
    together = mass_ratio(BARE, m_bar, m_lens, PAPER)
    each = [
        [mass_ratio(BARE, m, x, PAPER) for m, x in zip(a, b, strict=True)] for a, b in zip(m_bar, m_lens, strict=True)
    ]
    np.testing.assert_array_equal(together, each)


WRONG = {
    "no baryons": (lambda: stated_baryons([1.0, 0.0]), "m500=0: must be > 0"),
    "a negative mass": (lambda: stated_baryons(-2.0), "m500=-2: must be > 0"),
    "no fraction": (lambda: stated_baryons(1.0, f_baryon=0.0), "f_baryon=0: must be > 0 and <= 1"),
    "percent": (lambda: stated_baryons(1.0, concentration=40.0), "concentration=40: must be > 0 and <= 1"),
    "a NaN": (lambda: mass_ratio(BARE, math.nan, 1.0), "m_bar=nan: must be > 0"),
    "no lens": (lambda: mass_ratio(BARE, 1.0, [1.0, -1.0]), "m_lens=-1: must be > 0"),
    "an infinite lens": (lambda: amplitude_needed(BARE, 1.0, math.inf), "m_lens=inf: must be > 0"),
    "no radius": (lambda: enhancement_of(BARE, 1.0, radius=0.0), "radius=0: must be > 0"),
    "no clusters": (lambda: ratio_statistics([], []), "ratio, z: shapes (0,) and (0,) must be"),
    "other redshifts": (lambda: ratio_statistics([1.0], [0.1, 0.2]), "ratio, z: shapes (1,) and (2,) must be"),
    "a ratio of 0": (lambda: ratio_statistics([0.0], [0.1]), "ratio=0: must be > 0"),
    "an error of 0": (lambda: ratio_statistics([1.0], [0.1], [1.0], [0.0]), "m_lens_err=0: must be > 0"),
    "other errors": (lambda: ratio_statistics([1.0], [0.1], [1.0], [1.0, 2.0]), "m_lens, m_lens_err: shapes (1,)"),
    "a negative mass drawn": (lambda: draw_masses([-1.0], [1.0], 3, None), "mass=-1: must be > 0"),
    "an error of -1": (lambda: draw_masses([1.0], [-1.0], 3, None), "error=-1: must be > 0"),
    "fewer errors": (lambda: draw_masses([1.0, 2.0], [1.0], 3, None), "mass, error: shapes (2,) and (1,) must be"),
    "no draws": (lambda: draw_masses([1.0], [1.0], 0, None), "n_draws=0: must be >= 1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_computed_with_is_refused_in_one_line(case):
    call, line = WRONG[case]
    with pytest.raises(InvalidInput) as refused:
        call()
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


def test_statistics_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ratio_statistics([1.0], [0.1]).n = 2
