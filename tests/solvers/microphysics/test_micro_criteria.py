"""Criteria of success: both outcomes of each, what is not computed, and the two meanings of improvement."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.errors import InvalidInput
from solvers.galaxies.base import Newtonian
from solvers.galaxies.law_rotation import LawRotation
from solvers.laws import MondRar
from solvers.microphysics import criteria
from solvers.microphysics.combined import Combined
from solvers.microphysics.criteria import FAILS, NOT_COMPUTED, PASSES, Check, Domains, Thresholds
from solvers.microphysics.galaxy_improvement import improvement, improvement_of_sample
from solvers.microphysics.pairing import BurrPairing, Pairing
from solvers.microphysics.resonance import Resonance
from solvers.microphysics.roughness import Roughness
from solvers.microphysics.time_coherence import TimeCoherence
from solvers.microphysics.unified import AdditiveUnified, MultiplicativeUnified

NAN = math.nan


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (criteria.scatter_check(0.0999, 0.3, 0.1), PASSES),
        (criteria.scatter_check(0.1, 0.3, 0.1), PASSES),
        (criteria.scatter_check(0.1001, 0.05, 0.1), FAILS),
        (criteria.scatter_check(NAN, 0.3, 0.1), NOT_COMPUTED),
        (criteria.parameters_check(("a", "b", "c"), 4), PASSES),
        (criteria.parameters_check(("a", "b", "c", "d"), 4), FAILS),
        (criteria.parameters_check((), 4), PASSES),
        (criteria.parameters_check(None, 4), NOT_COMPUTED),
        (criteria.solar_check(9.9e-11, 1e-10), PASSES),
        (criteria.solar_check(0.0, 1e-10), PASSES),
        (criteria.solar_check(1e-10, 1e-10), FAILS),
        (criteria.solar_check(-0.6, 1e-10), FAILS),
        (criteria.solar_check(NAN, 1e-10), NOT_COMPUTED),
        (criteria.origin_check("a condensate"), NOT_COMPUTED),
        (criteria.origin_check(None), NOT_COMPUTED),
    ],
)
def test_a_check_passes_fails_or_is_not_computed(check, verdict):
    assert check.verdict == verdict
    assert criteria.CRITERIA[check.number - 1] == check.name


@pytest.mark.parametrize(
    ("domains", "met", "verdict"),
    [
        ((10.0, 20.0, 6.0), 3, PASSES),
        ((10.0, 20.0, 5.0), 3, PASSES),
        ((10.0, 20.0, 4.99), 2, FAILS),
        ((-10.0, 20.0, 6.0), 2, FAILS),
        ((0.0, 20.0, 6.0), 2, FAILS),
        ((10.0, -1.0, 6.0), 2, FAILS),
        ((10.0, 20.0, NAN), 2, NOT_COMPUTED),
        ((-10.0, 20.0, NAN), 1, FAILS),
        ((NAN, NAN, NAN), 0, NOT_COMPUTED),
    ],
)
def test_one_domain_that_is_not_met_fails_whatever_is_known_of_the_others(domains, met, verdict):
    found = Domains(**dict(zip(("galaxies", "milky_way", "cluster"), domains, strict=True)))
    check = criteria.domains_check(found, 5.0)
    assert (check.value, check.threshold, check.verdict) == (met, 3.0, verdict)


@given(st.floats(1e-12, 100.0), st.floats(1e-12, 100.0))
def test_the_cluster_needs_what_is_configured(k, needed):
    check = criteria.domains_check(Domains(galaxies=1.0, milky_way=1.0, cluster=k), needed)
    assert (check.verdict == PASSES) is (k >= needed)


def test_sentences_hold_their_numbers():
    assert "0.1394 dex" in criteria.scatter_check(0.13938, 0.2928, 0.1).sentence
    assert "0.2928 dex" in criteria.scatter_check(0.13938, 0.2928, 0.1).sentence
    assert criteria.parameters_check(("K0", "gamma"), 4).sentence.startswith("2 numbers (K0, gamma)")
    assert "8.6207e-10" in criteria.solar_check(8.62069e-10, 1e-10).sentence
    assert "scale length" in criteria.solar_check(NAN, 1e-10).sentence
    sentence = criteria.domains_check(Domains(galaxies=15.44, milky_way=-2.0, cluster=NAN), 5.0).sentence
    assert sentence == (
        "galaxies passes (mean RMS improved by 15.4 %); Milky Way fails (RMS improved by -2.0 %); cluster not computed"
    )
    assert "a condensate" in criteria.origin_check("a condensate").sentence


PAIRING = ("amplitude", "sigma_c", "gamma_sigma", "ell_pair", "p")
RISE = ("rise.K0", "rise.gamma", "rise.ell0", "rise.p", "rise.n_coh")


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Newtonian(), ()),
        (Roughness(), ("K0", "gamma", "beta_sigma")),
        (Pairing(), PAIRING),
        (BurrPairing(), (*PAIRING, "n_coh")),
        (Resonance(), ("amplitude", "alpha", "lam_cut", "beta_Q")),
        (TimeCoherence(sigma_v=30.0), ("amplitude", "p", "n_coh", "alpha_length")),
        (AdditiveUnified(), ("k_max", "psi0", "gamma", "factor", *RISE)),
        (MultiplicativeUnified(), ("extra_amp", "f_amp", "f_max", "gamma_gate", "sigma_gate", *RISE)),
        (
            Combined(parts={"rough": Roughness(), "pair": Pairing()}),
            ("rough.K0", "rough.gamma", "rough.beta_sigma", *(f"pair.{name}" for name in PAIRING)),
        ),
        (LawRotation(law=MondRar()), None),
    ],
)
def test_parameters_are_those_of_the_mechanism_its_parts_and_its_rise(model, names):
    found = criteria.parameter_names(model)
    assert found == names if names is None else set(found) == set(names) and len(found) == len(names)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Thresholds(rar_scatter=0.0), "rar_scatter=0.0: must be > 0"),
        (lambda: Thresholds(n_parameters=0), "n_parameters=0: must be > 0"),
        (lambda: Thresholds(solar_excess=-1e-10), "solar_excess=-1e-10: must be > 0"),
        (lambda: Thresholds(cluster_excess=math.inf), "cluster_excess=inf: must be > 0"),
        (lambda: _check(name="origin"), "name='origin': is not the criterion 1"),
        (lambda: _check(number=6), "is not the criterion 6"),
        (lambda: _check(number=0, name="origin"), "is not the criterion 0"),
        (lambda: _check(verdict="wins"), "verdict='wins': must be one of passes, fails, not computed"),
    ],
)
def test_what_is_no_check_or_threshold_is_refused(build, words):
    with pytest.raises(InvalidInput, match=words):
        build()


def _check(**changed):
    given_ = {"number": 1, "name": "rar_scatter", "value": 0.1, "threshold": 0.1, "verdict": PASSES, "sentence": ""}
    return Check(**given_ | changed)


def test_improvement_has_two_meanings():
    # by hand: 100 (1 - 60/120) and the mean of 60, 0 and -100
    found = improvement_of_sample([40.0, 10.0, 10.0], [100.0, 10.0, 5.0])
    assert found.of_mean == pytest.approx(100.0 * (1.0 - 60.0 / 115.0), rel=1e-14)
    assert found.mean == pytest.approx((60.0 + 0.0 - 100.0) / 3.0, rel=1e-14)
    assert found.share == pytest.approx(100.0 / 3.0, rel=1e-14)
    assert (found.n, found.n_undetermined) == (3, 0)


def test_galaxies_without_a_value_are_counted_and_in_no_mean():
    rms, reference = np.array([8.0, np.nan, 3.0, 1.0]), np.array([10.0, 10.0, np.nan, 0.0])
    np.testing.assert_array_equal(improvement(rms, reference)[1:], [np.nan] * 3)
    found = improvement_of_sample(rms, reference)
    assert (found.n, found.n_undetermined) == (1, 3)
    assert found.of_mean == pytest.approx(20.0)
    assert found.mean == pytest.approx(20.0)
    none = improvement_of_sample([np.nan, np.nan], [1.0, 2.0])
    assert (none.n, none.n_undetermined) == (0, 2)
    assert all(math.isnan(value) for value in (none.of_mean, none.mean, none.share))


@given(st.lists(st.tuples(st.floats(0.1, 300.0), st.floats(0.1, 300.0)), min_size=1, max_size=20), st.floats(0.1, 10.0))
def test_improvements_know_no_unit_and_meet_where_all_galaxies_are_alike(pairs, factor):
    rms, reference = np.array(pairs).T
    one, two = improvement_of_sample(rms, reference), improvement_of_sample(factor * rms, factor * reference)
    assert one.of_mean == pytest.approx(two.of_mean, abs=1e-9)
    assert one.mean == pytest.approx(two.mean, abs=1e-9 * max(1.0, abs(one.mean)))
    same = improvement_of_sample(0.7 * reference, reference)
    assert same.of_mean == pytest.approx(30.0)
    assert same.mean == pytest.approx(30.0)
    assert same.share == 100.0
    itself = improvement_of_sample(reference, reference)
    assert (itself.of_mean, itself.mean, itself.share) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("rms", "words"), [([1.0], "1 galaxies, must be 2"), ([1.0, -1.0], "must be >= 0")])
def test_lists_that_do_not_fit_and_negative_values_are_refused(rms, words):
    with pytest.raises(InvalidInput, match=words):
        improvement_of_sample(rms, [1.0, 2.0])
