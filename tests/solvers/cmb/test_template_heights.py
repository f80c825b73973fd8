"""Measured peak heights: recovered from made-up skies, their errors from the linear map, Planck's as published."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.cmb.bandpowers import Bandpowers
from solvers.cmb.peaks import find_peaks, find_troughs
from solvers.cmb.template_heights import template_heights

ELL = np.arange(2, 1301)
TEMPLATE = 3000.0 + 2000.0 * np.cos(2.0 * np.pi * (ELL - 220.25) / 300.0)
"""Peaks of height 5000 at 220.25 + 300k, troughs at 370.25 + 300k."""

WITHIN = {"n_peaks": 4, "edges": (100.0, 1200.0)}


def sky(factors, seed=5):
    """Bins of ten multipoles of the template times one factor per window, and two of EE that must not count."""
    rng = np.random.default_rng(seed)
    multipole = np.arange(80, 1220)
    first = np.arange(80, 1220, 10)
    n = first.size + 2
    window = np.zeros((n, multipole.size))
    for i, low in enumerate([*first, 300, 700]):
        window[i, low - 80 : low - 70] = rng.dirichlet(np.full(10, 5.0))
    ell = window @ multipole
    truth = window @ TEMPLATE[78:1218]
    scale = np.asarray(factors)[np.searchsorted([370.25, 670.25, 970.25], ell)]
    modes = rng.uniform(0.0, 10.0, (n, 2))
    covariance = np.diag(rng.uniform(30.0, 60.0, n) ** 2) + modes @ modes.T
    spectrum = np.array(["TT"] * first.size + ["EE", "EE"])
    value = np.where(spectrum == "TT", scale * truth, -1e6)
    return Bandpowers(spectrum, ell, multipole, window, value, covariance)


@pytest.fixture(scope="module")
def noisy():
    data = sky([1.0, 1.3, 0.8, 0.9])
    noise = np.random.default_rng(6).multivariate_normal(np.zeros(data.n_data), data.covariance)
    return replace(data, value=data.value + noise)


def test_heights_of_a_scaled_template_are_found_exactly():
    factors = np.array([1.1, 0.7, 2.0, 0.4])
    found = template_heights(sky(factors), ELL, TEMPLATE, **WITHIN)
    np.testing.assert_allclose(found.ell, [220.25, 520.25, 820.25, 1120.25], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.edges, [100.0, 370.25, 670.25, 970.25, 1200.0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.amplitude, factors, rtol=1e-10)
    np.testing.assert_allclose(found.height, 5000.0 * factors, rtol=1e-7)
    np.testing.assert_allclose(found.chi2, 0.0, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.ratio, [1.1 / 0.7, 5.0], rtol=1e-7)


def test_windows_hold_the_bandpowers_of_tt_by_their_effective_multipole(noisy):
    found = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    inside = [
        np.sum((noisy.spectrum == "TT") & (noisy.ell > low) & (noisy.ell < high))
        for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)
    ]
    assert found.n_data.tolist() == inside
    assert sum(inside) == np.sum((noisy.ell > 100.0) & (noisy.ell < 1200.0)) - 2


def test_every_window_is_a_least_squares_fit_of_its_own(noisy):
    found = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    binned = noisy.window @ TEMPLATE[78:1218]
    for i, (low, high) in enumerate(zip(found.edges[:-1], found.edges[1:], strict=True)):
        rows = np.flatnonzero((noisy.spectrum == "TT") & (noisy.ell > low) & (noisy.ell < high))
        inverse = np.linalg.inv(noisy.covariance[np.ix_(rows, rows)])
        norm = binned[rows] @ inverse @ binned[rows]
        factor = binned[rows] @ inverse @ noisy.value[rows] / norm
        rest = noisy.value[rows] - factor * binned[rows]
        assert found.amplitude[i] == pytest.approx(factor, rel=1e-9)
        assert found.height[i] == pytest.approx(5000.0 * factor, rel=1e-6)
        assert found.height_err[i] == pytest.approx(5000.0 * norm**-0.5, rel=1e-6)
        assert found.chi2[i] == pytest.approx(rest @ inverse @ rest, rel=1e-9)


@pytest.fixture(scope="module")
def linear_map(noisy):
    """Heights are linear in the bandpowers: what each one adds to them, shape (4, n)."""
    base = template_heights(noisy, ELL, TEMPLATE, **WITHIN).height
    columns = []
    for i in range(noisy.n_data):
        shifted = replace(noisy, value=noisy.value + 1e3 * (np.arange(noisy.n_data) == i))
        columns.append((template_heights(shifted, ELL, TEMPLATE, **WITHIN).height - base) / 1e3)
    return np.array(columns).T


def test_the_covariance_is_that_of_the_linear_map(noisy, linear_map):
    exact = linear_map @ noisy.covariance @ linear_map.T
    found = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    scale = np.outer(found.height_err, found.height_err)
    np.testing.assert_allclose(found.covariance / scale, exact / scale, rtol=0, atol=1e-7)
    assert np.max(np.abs(exact / scale - np.eye(4))) > 0.05


def test_errors_of_ratios_are_their_scatter(noisy, linear_map):
    found = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    rng = np.random.default_rng(12)
    noise = rng.multivariate_normal(np.zeros(noisy.n_data), noisy.covariance, 40_000)
    height = found.height + noise @ linear_map.T
    np.testing.assert_allclose(np.std(height[:, ::2] / height[:, 1::2], axis=0), found.ratio_err_correlated, rtol=0.02)
    apart = found.height + rng.normal(0.0, found.height_err, (40_000, 4))
    np.testing.assert_allclose(np.std(apart[:, ::2] / apart[:, 1::2], axis=0), found.ratio_err, rtol=0.02)
    relative = found.height_err / found.height
    np.testing.assert_allclose(found.ratio_err, found.ratio * np.hypot(relative[::2], relative[1::2]), rtol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_the_scale_of_the_template_does_not_matter(noisy, size):
    before = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    after = template_heights(noisy, ELL, size * TEMPLATE, **WITHIN)
    np.testing.assert_allclose(after.height, before.height, rtol=1e-9)
    np.testing.assert_allclose(after.covariance, before.covariance, rtol=1e-8, atol=1e-8 * before.covariance.max())
    np.testing.assert_allclose(size * after.amplitude, before.amplitude, rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_heights_and_errors_scale_with_the_sky_and_ratios_do_not(noisy, size):
    before = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    other = replace(noisy, value=size * noisy.value, covariance=size**2 * noisy.covariance)
    after = template_heights(other, ELL, TEMPLATE, **WITHIN)
    np.testing.assert_allclose(after.height, size * before.height, rtol=1e-9)
    np.testing.assert_allclose(after.height_err, size * before.height_err, rtol=1e-9)
    np.testing.assert_allclose(after.ratio, before.ratio, rtol=1e-9)
    np.testing.assert_allclose(after.ratio_err, before.ratio_err, rtol=1e-9)
    np.testing.assert_allclose(after.chi2, before.chi2, rtol=1e-6)


def test_a_template_between_the_multipoles_is_as_good(noisy):
    coarse = np.arange(2.0, 1300.0, 3.5)
    curve = 3000.0 + 2000.0 * np.cos(2.0 * np.pi * (coarse - 220.25) / 300.0)
    exact = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    found = template_heights(noisy, coarse, curve, **WITHIN)
    np.testing.assert_allclose(found.height, exact.height, rtol=1e-5)


def test_fewer_peaks_have_the_same_windows(noisy):
    whole = template_heights(noisy, ELL, TEMPLATE, **WITHIN)
    for n in (1, 2, 3):
        part = template_heights(noisy, ELL, TEMPLATE, n_peaks=n, edges=(100.0, 1200.0))
        np.testing.assert_allclose(part.edges, whole.edges[: n + 1], rtol=1e-12)
        np.testing.assert_allclose(part.height, whole.height[:n], rtol=1e-12)
        np.testing.assert_allclose(part.covariance, whole.covariance[:n, :n], rtol=1e-9)
        assert part.ratio.shape == (n // 2,)


def test_a_trough_before_the_first_peak_begins_its_window(noisy):
    found = template_heights(noisy, ELL, TEMPLATE, n_peaks=2, edges=(300.0, 1200.0))
    np.testing.assert_allclose(found.ell, [520.25, 820.25], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.edges, [370.25, 670.25, 970.25], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("last", "options", "message"),
    [
        (1300, {}, "n_peaks=7: the spectrum has 4 peaks between 100 and 1300; it ends at 1300, raise lmax"),
        (1300, {"edges": (100.0, 1200.0)}, "n_peaks=7: the spectrum has 4 peaks between 100 and 1200; it has no more"),
        (
            1185,
            WITHIN | {"edges": (100.0, 1185.0)},
            "template_ell: goes from 2 to 1185, the bandpowers need 100 to 1189; raise lmax",
        ),
        (1300, {"edges": (1200.0, 100.0)}, r"edges=\[1200.0, 100.0\]: must be two multipoles, the lower one first"),
        (1300, {"n_peaks": 0, "edges": (100.0, 1200.0)}, "n_peaks=0: must be >= 1"),
    ],
)
def test_a_template_or_a_request_that_does_not_do_is_refused(noisy, last, options, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        template_heights(noisy, ELL[: last - 1], TEMPLATE[: last - 1], **options)
    assert "\n" not in str(caught.value)


def test_a_template_that_begins_too_late_is_refused(noisy):
    message = "^template_ell: goes from 105 to 1300, the bandpowers need 100 to 1199$"
    with pytest.raises(ValueError, match=message):
        template_heights(noisy, ELL[103:], TEMPLATE[103:], **WITHIN)


def test_a_window_without_bandpowers_is_refused(noisy):
    rest = noisy.select((noisy.ell < 670.0) | (noisy.ell > 971.0))
    with pytest.raises(ValueError, match=r"^n_peaks=4: no bandpower of TT between 670\.25 and 970\.25$"):
        template_heights(rest, ELL, TEMPLATE, **WITHIN)
    with pytest.raises(ValueError, match=r"^n_peaks=4: no bandpower of TT between 100 and 370\.25$"):
        template_heights(noisy.select(noisy.spectrum == "EE"), ELL, TEMPLATE, **WITHIN)


def test_planck_has_the_published_heights(planck_tt, lcdm):
    found = template_heights(planck_tt, lcdm["ell"], lcdm["TT"])
    assert found.n_data.tolist() == [35, 29, 38, 33, 30, 19, 8]
    troughs = [411.18, 673.64, 1018.03, 1313.68, 1656.80, 1975.30]
    np.testing.assert_allclose(found.edges, [100.0, *troughs, 2200.0], rtol=0, atol=0.5)
    np.testing.assert_allclose(found.height, [5737.0, 2595.8, 2537.0, 1237.8, 814.3, 392.8, 231.6], rtol=1e-3)
    np.testing.assert_allclose(found.height_err, [25.19, 8.830, 6.977, 5.162, 4.605, 5.021, 8.864], rtol=5e-3)
    np.testing.assert_allclose(found.ratio, [2.2101, 2.0496, 2.0729], rtol=0, atol=2e-3)
    np.testing.assert_allclose(found.ratio_err, [0.012276, 0.010239, 0.028972], rtol=5e-3)
    assert np.all(np.abs(found.chi2 - found.n_data) < 4.0 * np.sqrt(2.0 * found.n_data))


def test_windows_of_planck_are_correlated_and_that_makes_its_ratios_sharper(planck_tt, lcdm):
    found = template_heights(planck_tt, lcdm["ell"], lcdm["TT"])
    correlation = found.covariance / np.outer(found.height_err, found.height_err)
    assert np.linalg.eigvalsh(correlation).min() > 0.0
    assert np.all(correlation > 0.0)
    np.testing.assert_allclose(found.ratio_err_correlated, [0.0122, 0.0085, 0.0258], rtol=0, atol=1e-4)


def test_planck_multipole_by_multipole_has_the_same_ratios(planck_unbinned, lcdm):
    found = template_heights(planck_unbinned, lcdm["ell"], lcdm["TT"])
    np.testing.assert_allclose(found.ratio, [2.211, 2.048, 2.057], rtol=0, atol=1e-3)
    np.testing.assert_allclose(found.ratio_err_correlated, found.ratio_err, rtol=1e-9)
    peaks, troughs = (find(lcdm["ell"], lcdm["TT"]) for find in (find_peaks, find_troughs))
    np.testing.assert_allclose(found.ell, peaks.ell[:7], rtol=1e-12)
    np.testing.assert_allclose(found.edges[1:-1], troughs.ell[:6], rtol=1e-12)
