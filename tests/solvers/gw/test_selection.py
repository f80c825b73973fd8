"""What selection alone does to r: the published null, and the table of nulls with a horizon."""

import numpy as np
import pytest
from scipy import stats

from solvers.errors import InvalidInput
from solvers.gw.nulls import HorizonNull, PaperNull
from solvers.gw.selection import null_correlations, paper_catalogues, parent_correlation, tail_probability

GWTC_3 = {"alpha": 3.4, "m_min": 5.08, "m_max": 86.85, "delta_m": 4.83, "peak_fraction": 0.038, "peak_mean": 33.7}
GWTC_3 |= {"peak_width": 3.6, "beta": 1.08, "kappa": 2.9}
# r of the parent, its scatter for 79 events, P(r >= 0.639). The last two rows are the joint reading of the smoothing.
TABLE = {
    "power law": (HorizonNull(), 0.62, 0.059, 0.43),
    "10 % peak": (HorizonNull(params={"peak_fraction": 0.1}), 0.53, 0.067, 0.05),
    "steep": (HorizonNull(params={"alpha": 3.0, "m_max": 80.0, "peak_fraction": 0.03}), 0.67, 0.065, 0.72),
    "loss": (HorizonNull(params={"m_max": 65.0, "peak_fraction": 0.05}, high_mass_loss=True), 0.52, 0.082, 0.07),
    "slow growth": (HorizonNull(params={"kappa": 1.0}), 0.61, 0.062, 0.36),
    "gwtc-3": (HorizonNull(params=GWTC_3, smoothing="joint"), 0.62, 0.080, 0.41),
    "gwtc-3, loss": (HorizonNull(params=GWTC_3, smoothing="joint", high_mass_loss=True), 0.46, 0.090, 0.02),
}


def test_published_procedure_gives_the_published_number():
    r = paper_catalogues(PaperNull(), n_catalogues=300, rng=np.random.default_rng(42))
    assert r.mean() == pytest.approx(0.2145, abs=0.002)
    assert r.std() == pytest.approx(0.0045, abs=0.001)
    assert tail_probability(r, 0.639).probability == 0.0


def test_published_null_of_79_events_scatters_far_more():
    r = null_correlations(PaperNull(), n_catalogues=4000, n_events=79, rng=np.random.default_rng(1))
    assert r.mean() == pytest.approx(0.2165, abs=0.008)
    assert r.std() == pytest.approx(0.105, abs=0.005)
    assert r.max() < 0.639


@pytest.mark.parametrize(("norm", "r"), [(5000.0, 0.2145), (500.0, 0.48), (200.0, 0.72), (50.0, 0.76)])
def test_a_lower_normalisation_of_the_published_null_raises_r(norm, r):
    n = 8000 if norm == 50.0 else 100_000
    found = parent_correlation(PaperNull(params={"norm": norm}), n, np.random.default_rng(2))
    assert found == pytest.approx(r, abs=0.012)


def check_row(name, n_catalogues, in_r, in_p):
    model, r, scatter, probability = TABLE[name]
    rng = np.random.default_rng(3)
    found = null_correlations(model, n_catalogues=n_catalogues, n_events=79, rng=rng, compiled=True)
    assert parent_correlation(model, 50_000, rng, compiled=True) == pytest.approx(r, abs=in_r)
    assert found.mean() == pytest.approx(r, abs=in_r)
    assert found.std() == pytest.approx(scatter, abs=0.01)
    assert tail_probability(found, 0.639).probability == pytest.approx(probability, abs=in_p)
    events = model.detected(20_000, rng, compiled=True)
    assert 46.0 < np.median(events.total_mass_source) < 63.0
    assert 1850.0 < np.median(events.luminosity_distance) < 3450.0
    if name in ("power law", "10 % peak", "slow growth"):
        assert events.total_mass_source.max() <= 100.0


@pytest.mark.parametrize("name", TABLE)
def test_selection_alone_gives_the_correlation(name):
    check_row(name, 800, 0.02, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_selection_alone_gives_the_correlation_in_10_000_catalogues(name):
    check_row(name, 10_000, 0.012, 0.03)


@pytest.mark.parametrize(("loss", "r", "probability"), [(False, 0.647, 0.572), (True, 0.528, 0.093)])
def test_gwtc_3_as_in_the_literature_correlates_more_than_the_joint_reading(loss, r, probability):
    model = HorizonNull(params=GWTC_3, high_mass_loss=loss)
    found = null_correlations(model, n_catalogues=800, n_events=79, rng=np.random.default_rng(4), compiled=True)
    assert found.mean() == pytest.approx(r, abs=0.01)
    assert tail_probability(found, 0.639).probability == pytest.approx(probability, abs=0.05)


def test_compiled_and_plain_catalogues_are_the_same():
    model = TABLE["gwtc-3, loss"][0]
    request = {"n_catalogues": 40, "n_events": 79}
    plain = null_correlations(model, **request, rng=np.random.default_rng(5))
    compiled = null_correlations(model, **request, rng=np.random.default_rng(5), compiled=True)
    np.testing.assert_allclose(compiled, plain, rtol=1e-11)
    assert np.array_equal(plain, null_correlations(model, **request, rng=np.random.default_rng(5)))
    other = null_correlations(model, n_catalogues=200, n_events=79, rng=np.random.default_rng(6), compiled=True)
    first = null_correlations(model, n_catalogues=200, n_events=79, rng=np.random.default_rng(7))
    assert stats.ks_2samp(first, other).pvalue > 0.01


def test_r_is_that_of_scipy_and_does_not_depend_on_the_chunks(monkeypatch):
    model, seed = HorizonNull(), 8
    r = null_correlations(model, n_catalogues=7, n_events=20, rng=np.random.default_rng(seed))
    events = model.detected(140, np.random.default_rng(seed))
    for i in range(7):
        part = events.rows(slice(20 * i, 20 * i + 20))
        expected = stats.pearsonr(part.luminosity_distance, part.total_mass_source).statistic
        assert r[i] == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr("solvers.gw.selection._CHUNK", 45)
    chunked = null_correlations(model, n_catalogues=7, n_events=20, rng=np.random.default_rng(seed))
    assert np.array_equal(r, chunked)


def test_published_procedure_keeps_what_is_detected_of_each_catalogue():
    model, seed = PaperNull(params={"norm": 500.0}), 9
    r = paper_catalogues(model, n_systems=2000, n_catalogues=2, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    for found in r:
        events = model.systems(2000, rng)
        seen = events.rows(events.snr > 8.0)
        expected = stats.pearsonr(seen.luminosity_distance, seen.total_mass_source).statistic
        assert found == pytest.approx(expected, rel=1e-12)


def test_catalogues_of_too_few_events_have_no_r():
    r = paper_catalogues(PaperNull(params={"norm": 50.0}), n_systems=10, n_catalogues=3, rng=np.random.default_rng(10))
    assert np.all(np.isnan(r))
    with pytest.raises(InvalidInput, match="r: 3 of 3 catalogues have none"):
        tail_probability(r, 0.5)


def test_tail_probability_counts_and_limits():
    found = tail_probability([0.1, 0.639, 0.7, 0.2], 0.639)
    assert found[:2] == (0.5, 0.25)
    assert found.n_catalogues == 4
    assert found.upper_limit == pytest.approx(stats.beta.ppf(0.95, 3, 2), rel=1e-12)
    none = tail_probability(np.zeros(10_000), 0.639)
    assert none[:2] == (0.0, 0.0)
    assert none.upper_limit == pytest.approx(3.0 / 10_000, rel=2e-3)
    assert tail_probability([1.0], 0.5)[:3] == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: null_correlations(PaperNull(), n_catalogues=0, n_events=9, rng=rng), "n_catalogues=0: must be >="),
        (lambda rng: null_correlations(PaperNull(), n_catalogues=1, n_events=2, rng=rng), "n_events=2: must be >= 3"),
        (lambda rng: paper_catalogues(PaperNull(), n_systems=0, rng=rng), "n_systems=0: must be >= 1"),
        (lambda rng: tail_probability([], 0.5), "r: 0 of 0 catalogues have none"),
    ],
)
def test_wrong_requests_are_one_line(call, message):
    with pytest.raises(InvalidInput, match=message):
        call(np.random.default_rng(0))
