"""The peak finder against closed forms, mpmath, a numerical maximiser, Monte Carlo, and CAMB's published peaks."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar

from solvers.cmb.peak_objective import PeakObjective
from solvers.cmb.peaks import find_peaks, find_troughs, peak_ratio_covariance, peak_ratios
from solvers.cmb.sigma_peaks import SigmaPeaks

ELL = np.arange(2, 3001)
OPTIMUM = {
    "l1": 210.9618,
    "spacing": 1.55,
    "compression": 0.04506,
    "A0": 5000.0,
    "p": 0.55,
    "a_high": 0.35,
    "a_low": 0.02,
    "l_crit": 1300.0,
    "delta_l": 80.0,
    "l_damp": 1791.548,
    "q": 2.5,
}


def wave(ell, phase=0.0):
    """Maxima at 220, 520, 820, … + phase, of height 300; minima at 370, 670, … + phase, of height −100."""
    return 100.0 + 200.0 * np.cos(2.0 * np.pi * (ell - 220.0 - phase) / 300.0)


@pytest.mark.parametrize("phase", [0.0, 0.37, -0.5])
def test_extrema_of_a_wave_are_where_the_formula_has_them(phase):
    peaks, troughs = find_peaks(ELL, wave(ELL, phase)), find_troughs(ELL, wave(ELL, phase))
    np.testing.assert_allclose(peaks.ell, phase + np.arange(220.0, 2500.0, 300.0), rtol=0, atol=1e-5)
    np.testing.assert_allclose(troughs.ell, phase + np.arange(370.0, 2500.0, 300.0), rtol=0, atol=1e-5)
    np.testing.assert_allclose(peaks.height, 300.0, rtol=1e-8)
    np.testing.assert_allclose(troughs.height, -100.0, rtol=1e-8)
    assert (peaks.kind, troughs.kind, len(peaks), len(troughs)) == ("peaks", "troughs", 8, 8)


def test_a_single_gaussian_has_one_maximum_and_no_minimum():
    curve = 7.0 * np.exp(-0.5 * ((ELL - 1234.567) / 400.0) ** 2)
    peaks = find_peaks(ELL, curve)
    assert peaks.ell == pytest.approx([1234.567], abs=1e-6)
    assert peaks.height == pytest.approx([7.0], rel=1e-10)
    assert len(find_troughs(ELL, curve)) == 0


def test_gaussians_apart_each_have_their_own_maximum():
    centres, heights = np.array([220.3, 536.0, 812.8, 1126.4]), np.array([5700.0, 2600.0, 2540.0, 1240.0])
    curve = np.sum(heights * np.exp(-0.5 * ((ELL[:, np.newaxis] - centres) / 20.0) ** 2), axis=1)
    peaks = find_peaks(ELL, curve, ell_max=1200.0)
    np.testing.assert_allclose(peaks.ell, centres, rtol=0, atol=1e-4)
    np.testing.assert_allclose(peaks.height, heights, rtol=1e-6)


def test_a_cubic_is_found_exactly_on_uneven_samples():
    # (ℓ − 300)(ℓ − 600)(ℓ − 900): the derivative is zero at 600 ± √30000.
    ell = np.array([110.0, 150.0, 222.0, 310.0, 500.0, 560.0, 813.0, 900.0, 1001.5])
    curve = (ell - 300.0) * (ell - 600.0) * (ell - 900.0)
    assert find_peaks(ell, curve).ell == pytest.approx([600.0 - np.sqrt(3e4)], rel=1e-12)
    assert find_troughs(ell, curve).ell == pytest.approx([600.0 + np.sqrt(3e4)], rel=1e-12)
    assert find_peaks(ell, curve).height == pytest.approx([(9e4 - 3e4) * np.sqrt(3e4)], rel=1e-10)


@pytest.mark.parametrize("centre", [150.0, 220.0, 1000.0, 2499.0])
def test_a_maximum_on_a_sample_is_found_once(centre):
    peaks = find_peaks(ELL, -((ELL - centre) ** 2) / 7.0)
    assert peaks.ell == pytest.approx([centre], abs=1e-9)


def test_a_damped_wave_agrees_with_mpmath():
    def curve(x):
        return mpmath.exp(-((x / 1500) ** mpmath.mpf("1.3"))) * (1 + mpmath.cos(mpmath.pi * x / 151) / 2)

    peaks = find_peaks(ELL, [float(curve(mpmath.mpf(int(x)))) for x in ELL], ell_max=2400.0)
    assert len(peaks) == 7
    for ell, height in zip(peaks.ell, peaks.height, strict=True):
        exact = mpmath.findroot(lambda x: mpmath.diff(curve, x), float(round(ell)))
        assert ell == pytest.approx(float(exact), abs=1e-5)
        assert height == pytest.approx(float(curve(exact)), rel=1e-8)


@pytest.fixture(scope="module")
def rough():
    """Uneven samples of a smooth random curve of both signs."""
    rng = np.random.default_rng(8)
    ell = np.cumsum(rng.uniform(15.0, 30.0, 70)) + 80.0
    return ell, np.convolve(rng.normal(0.0, 100.0, 76), np.ones(7) / 7.0, mode="valid")


def brute_maxima(curve, sign):
    """Positions of the maxima of sign times a curve, from 100 to 1500."""
    ell = np.linspace(100.0, 1500.0, 20001)
    values = sign * curve(ell)
    rows = 1 + np.flatnonzero((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:]))
    options = {"method": "bounded", "options": {"xatol": 1e-9}}
    return [minimize_scalar(lambda x: -sign * curve(x), bounds=(ell[i - 1], ell[i + 1]), **options).x for i in rows]


def test_extrema_of_a_rough_curve_are_those_of_a_numerical_maximiser(rough):
    spline = CubicSpline(*rough)
    for sign, found in ((1.0, find_peaks(*rough, ell_max=1500.0)), (-1.0, find_troughs(*rough, ell_max=1500.0))):
        exact = brute_maxima(spline, sign)
        assert len(found) == len(exact) > 5
        np.testing.assert_allclose(found.ell, exact, rtol=0, atol=1e-5)
        np.testing.assert_allclose(found.height, spline(exact), rtol=0, atol=1e-8)


@pytest.mark.parametrize("correlated", [False, True])
def test_errors_are_the_scatter_of_peaks_of_noisy_spectra(correlated):
    rng = np.random.default_rng(99)
    ell = np.arange(100.0, 1000.0, 25.0)
    modes = rng.normal(0.0, 0.4, (ell.size, 3)) if correlated else np.zeros((ell.size, 3))
    covariance = np.diag(rng.uniform(0.2, 0.8, ell.size) ** 2) + modes @ modes.T
    found = find_peaks(ell, wave(ell, 10.0), covariance=covariance)
    noise = rng.multivariate_normal(np.zeros(ell.size), covariance, 3000)
    drawn = [find_peaks(ell, wave(ell, 10.0) + row) for row in noise]
    scatter = np.array([np.concatenate([each.ell, each.height]) for each in drawn])
    assert scatter.shape == (3000, 6)
    error = np.concatenate([found.ell_err, found.height_err])
    np.testing.assert_allclose(np.std(scatter, axis=0), error, rtol=0.05)
    correlation = found.covariance / np.outer(error, error)
    np.testing.assert_allclose(np.corrcoef(scatter.T), correlation, rtol=0, atol=0.07)


def test_gradients_are_those_of_finite_differences(rough):
    ell, curve = rough
    variance = np.zeros(ell.size)
    for i in range(20, 30):
        step = np.where(np.arange(ell.size) == i, 1e-3, 0.0)
        variance[:] = step**2
        found = find_peaks(ell, curve, ell_max=1500.0, covariance=variance)
        above = find_peaks(ell, curve + step, ell_max=1500.0)
        below = find_peaks(ell, curve - step, ell_max=1500.0)
        np.testing.assert_allclose(found.ell_err, np.abs(above.ell - below.ell) / 2.0, rtol=1e-4, atol=1e-9)
        np.testing.assert_allclose(found.height_err, np.abs(above.height - below.height) / 2.0, rtol=1e-4, atol=1e-9)


def test_the_samples_near_a_peak_carry_its_whole_error(lcdm):
    ell = lcdm["ell"][:900]
    curve, covariance = lcdm["TT"][:900], 25.0 * np.exp(-np.abs(np.subtract.outer(ell, ell)) / 40.0)
    found = find_peaks(ell, curve, covariance=covariance)
    spline, cardinal = CubicSpline(ell, curve), CubicSpline(ell, np.eye(ell.size))
    for i, position in enumerate(found.ell):
        basis, slope = cardinal(position), cardinal(position, 1) / spline(position, 2)
        assert found.height_err[i] == pytest.approx(np.sqrt(basis @ covariance @ basis), rel=1e-12)
        assert found.ell_err[i] == pytest.approx(np.sqrt(slope @ covariance @ slope), rel=1e-12)


def test_variances_are_a_diagonal_covariance(rough):
    variance = np.linspace(1.0, 4.0, 70)
    vector = find_troughs(*rough, ell_max=1500.0, covariance=variance)
    matrix = find_troughs(*rough, ell_max=1500.0, covariance=np.diag(variance))
    np.testing.assert_allclose(vector.covariance, matrix.covariance, rtol=1e-12, atol=1e-12)
    n = len(vector)
    np.testing.assert_array_equal(vector.ell_covariance, vector.covariance[:n, :n])
    np.testing.assert_array_equal(vector.height_covariance, vector.covariance[n:, n:])
    np.testing.assert_allclose(vector.height_err**2, np.diagonal(vector.height_covariance), rtol=1e-14)


def test_without_errors_there_are_none():
    peaks = find_peaks(ELL, wave(ELL))
    parts = (peaks.covariance, peaks.ell_covariance, peaks.height_covariance, peaks.ell_err, peaks.height_err)
    assert parts == (None,) * 5
    assert peaks.first(3).covariance is None


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-6, 1e9), st.sampled_from([-1.0, 1.0]))
def test_heights_and_errors_scale_with_the_spectrum_and_positions_do_not(rough, size, sign):
    ell, curve = rough
    before = find_peaks(ell, curve, ell_max=1500.0, covariance=np.ones(70))
    find = find_peaks if sign > 0 else find_troughs
    after = find(ell, sign * size * curve, ell_max=1500.0, covariance=np.full(70, size**2))
    np.testing.assert_allclose(after.ell, before.ell, rtol=1e-10)
    np.testing.assert_allclose(after.height, sign * size * before.height, rtol=1e-8, atol=1e-8 * size)
    np.testing.assert_allclose(after.ell_err, before.ell_err, rtol=1e-8)
    np.testing.assert_allclose(after.height_err, size * before.height_err, rtol=1e-8)


@pytest.mark.parametrize("floor", [1.0, 0.01])
def test_a_floor_has_no_extremum(floor):
    curve = np.maximum(500.0 * np.exp(-0.5 * ((ELL - 800.3) / 90.0) ** 2), floor)
    assert find_peaks(ELL, curve).ell == pytest.approx([800.3], abs=1e-4)
    assert len(find_troughs(ELL, curve)) == 0
    assert len(find_peaks(ELL, np.full(ELL.size, floor))) == 0


@pytest.mark.parametrize("centre", [150.0, 900.0])
def test_the_end_of_the_samples_is_no_maximum(centre):
    ell = np.arange(150.0, 901.0)
    assert len(find_peaks(ell, -((ell - centre) ** 2))) == 0


def test_two_equal_samples_may_hold_a_maximum():
    assert find_peaks(ELL, 900.0 - (ELL - 800.5) ** 2).ell == pytest.approx([800.5])


def test_only_what_is_inside_the_window_counts():
    assert find_peaks(ELL, wave(ELL), ell_min=220.0 + 1e-3, ell_max=820.0 - 1e-3).ell == pytest.approx([520.0])
    assert find_peaks(ELL, wave(ELL), ell_min=219.9, ell_max=820.1).ell == pytest.approx([220.0, 520.0, 820.0])
    assert len(find_peaks(ELL, -1.0 * ELL)) == 0


def test_the_first_ones_keep_their_covariance(rough):
    whole = find_peaks(*rough, ell_max=1500.0, covariance=np.linspace(1.0, 4.0, 70))
    part = whole.first(4)
    assert len(part) == 4
    np.testing.assert_array_equal(part.ell, whole.ell[:4])
    np.testing.assert_array_equal(part.height, whole.height[:4])
    np.testing.assert_array_equal(part.ell_covariance, whole.ell_covariance[:4, :4])
    np.testing.assert_array_equal(part.height_covariance, whole.height_covariance[:4, :4])
    np.testing.assert_array_equal(part.covariance[:4, 4:], whole.covariance[:4, len(whole) : len(whole) + 4])


@pytest.mark.parametrize(
    ("find", "last", "n", "message"),
    [
        (find_peaks, 1500, 7, "n_peaks=7: the spectrum has 5 peaks between 100 and 1500; it ends at 1500, raise lmax"),
        (find_peaks, 500, 2, "n_peaks=2: the spectrum has 1 peak between 100 and 500; it ends at 500, raise lmax"),
        (find_peaks, 3000, 9, "n_peaks=9: the spectrum has 8 peaks between 100 and 2500; it has no more there"),
        (find_troughs, 1000, 4, "n_troughs=4: the spectrum has 3 troughs between 100 and 1000; it ends at 1000, raise"),
        (find_troughs, 300, 1, "n_troughs=1: the spectrum has 0 troughs between 100 and 300; it ends at 300, raise"),
        (find_peaks, 3000, 0, "n_peaks=0: must be >= 1"),
    ],
)
def test_more_peaks_than_there_are_is_an_error_that_says_what_to_do(find, last, n, message):
    ell = np.arange(2, last + 1)
    with pytest.raises(ValueError) as caught:
        find(ell, wave(ell)).first(n)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ell", "d_ell", "options", "message"),
    [
        ([1, 2, 3, 4, 5], np.ones(5), {}, "ell=1: multipoles start at 2"),
        (np.arange(100, 110), np.ones(9), {}, r"d_ell: shape \(9,\) does not fit 10 multipoles"),
        ([100, 101, 103, 102, 104], np.ones(5), {}, "ell: multipoles must increase, 102 comes too late"),
        ([100, 101, 101, 102, 104], np.ones(5), {}, "ell: multipoles must increase, 101 comes too late"),
        (np.arange(100, 105), [1, 2, np.nan, 2, 1], {}, "d_ell: not finite at multipole 102"),
        (np.arange(100, 105), np.ones(5), {"ell_max": 102.0}, "ell: 3 multipoles between 100 and 102, at least 4 are"),
        (np.arange(2, 50), np.ones(48), {}, "ell: 0 multipoles between 100 and 2500, at least 4 are needed"),
        (np.arange(100, 105), np.ones(5), {"ell_min": 3e3}, "ell_min=3000: must be below ell_max=2500"),
        (np.arange(100, 105), np.ones(5), {"covariance": np.ones(4)}, r"covariance: shape \(4,\) does not fit 5"),
        (np.arange(100, 105), np.ones(5), {"covariance": -np.eye(5)}, "covariance: must be finite, with variances >="),
        (np.arange(100, 105), np.ones(5), {"covariance": np.full(5, np.nan)}, "covariance: must be finite"),
    ],
)
def test_samples_that_make_no_spectrum_are_refused(ell, d_ell, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        find_peaks(ell, d_ell, **options)


def test_ratios_and_their_errors_are_those_of_pairs():
    height = np.array([6.0, 3.0, 8.0, 2.0, 1.0])
    assert peak_ratios(height).tolist() == [2.0, 4.0]
    assert peak_ratios(np.stack([height, 2.0 * height])).shape == (2, 2)
    mixing = np.random.default_rng(2).normal(0.0, 0.01, (5, 5))
    covariance = mixing @ mixing.T + 1e-5 * np.eye(5)
    drawn = peak_ratios(np.random.default_rng(3).multivariate_normal(height, covariance, 200_000))
    np.testing.assert_allclose(peak_ratio_covariance(height, covariance), np.cov(drawn.T), rtol=0.03)


TT_PEAKS = [220.307, 535.993, 812.815, 1126.397, 1421.168, 1725.578, 2008.935]
TT_HEIGHTS = [5729.50, 2591.68, 2539.04, 1239.58, 816.93, 396.99, 230.98]
TT_TROUGHS = [411.177, 673.645, 1018.033, 1313.676, 1656.801, 1975.304]
TT_DEPTHS = [1723.47, 1802.66, 1041.80, 719.67, 385.64, 230.38]
UNLENSED_PEAKS = [220.523, 536.408, 814.341, 1129.452, 1426.880, 1739.239, 2038.411, 2347.860]
UNLENSED_HEIGHTS = [5738.44, 2604.72, 2584.10, 1263.94, 844.38, 403.95, 234.71, 108.67]
UNLENSED_TROUGHS = [411.149, 673.804, 1015.833, 1310.098, 1643.886, 1948.515, 2285.965]
UNLENSED_DEPTHS = [1707.25, 1785.59, 1009.57, 695.91, 364.62, 218.68, 106.36]
EE_PEAKS = [140.063, 394.631, 687.863, 990.255, 1298.529, 1607.346, 1919.300, 2229.163]
EE_HEIGHTS = [1.12327, 21.5913, 37.7445, 42.3607, 30.5108, 20.7245, 11.2428, 6.12603]


@pytest.mark.parametrize(
    ("name", "find", "ell", "height"),
    [
        ("TT", find_peaks, TT_PEAKS, TT_HEIGHTS),
        ("TT", find_troughs, TT_TROUGHS, TT_DEPTHS),
        ("TT unlensed", find_peaks, UNLENSED_PEAKS, UNLENSED_HEIGHTS),
        ("TT unlensed", find_troughs, UNLENSED_TROUGHS, UNLENSED_DEPTHS),
        ("EE", find_peaks, EE_PEAKS, EE_HEIGHTS),
    ],
)
def test_extrema_of_cambs_lcdm_are_the_published_ones(lcdm, name, find, ell, height):
    found = find(lcdm["ell"], lcdm[name])
    np.testing.assert_allclose(found.ell, ell, rtol=0, atol=0.5)
    np.testing.assert_allclose(found.height, height, rtol=3e-3)


@pytest.mark.parametrize(
    ("name", "ratios"), [("TT", [2.2107, 2.0483, 2.0578]), ("TT unlensed", [2.2031, 2.0445, 2.0903])]
)
def test_ratios_of_cambs_lcdm_are_the_published_ones(lcdm, name, ratios):
    found = find_peaks(lcdm["ell"], lcdm[name]).first(7)
    np.testing.assert_allclose(peak_ratios(found.height), ratios, rtol=1e-3)


def test_peaks_of_cambs_universe_without_cold_dark_matter_are_the_published_ones(without_cdm):
    found = find_peaks(*without_cdm).first(3)
    np.testing.assert_allclose(found.ell, [294.6, 777.7, 1223.7], rtol=0, atol=0.5)
    np.testing.assert_allclose(found.height, [14212.0, 5503.0, 2900.0], rtol=3e-3)


def test_te_has_peaks_and_troughs_of_both_signs_in_turn(lcdm):
    peaks, troughs = (find(lcdm["ell"], lcdm["TE"]) for find in (find_peaks, find_troughs))
    assert np.all(np.diff(np.sort(np.concatenate([peaks.ell, troughs.ell]))) > 100.0)
    kinds = np.argsort(np.concatenate([peaks.ell, troughs.ell])) < len(peaks)
    assert np.all(kinds[1:] != kinds[:-1])
    assert peaks.height.max() > 0 > peaks.height.min()
    assert troughs.height.max() < 0


@pytest.mark.parametrize(
    ("widths", "ell", "height"),
    [
        ({}, [260.256], [19351.5]),
        ({"w0": 35.0, "w1": 0.015}, [254.0, 701.0], None),
        ({"w1": 0.0}, [31.6, 210.5, 537.4, 849.3, 1146.3, 1428.5, 1696.0, 1948.7, 2186.7], None),
    ],
)
def test_maxima_of_the_summed_modes_are_fewer_than_modes_unless_these_are_narrow(widths, ell, height):
    found = find_peaks(ELL, SigmaPeaks(params=OPTIMUM | widths).d_ell(ELL), ell_min=2.0)
    np.testing.assert_allclose(found.ell, ell, rtol=0, atol=0.5)
    if height:
        np.testing.assert_allclose(found.height, height, rtol=1e-4)


def test_the_objective_takes_its_ratios_from_here():
    model = SigmaPeaks(params=OPTIMUM)
    np.testing.assert_allclose(peak_ratios(model.heights())[:3], [2.5052, 2.2698, 1.5645], atol=1e-3)
    assert PeakObjective()(model) == pytest.approx(1661.01, abs=0.05)
