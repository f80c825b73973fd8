"""The source's objective against sums written out by hand, and its values at the published parameters."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.cmb.peak_objective import PeakObjective
from solvers.cmb.sigma_peaks import SigmaPeaks
from solvers.errors import InvalidInput

STEP = {"a_high": 0.35, "a_low": 0.02, "l_crit": 1300.0, "delta_l": 80.0}
OPTIMUM = {"l1": 210.9618, "spacing": 1.55, "compression": 0.04506, "A0": 5000.0, "p": 0.55, **STEP}
OPTIMUM |= {"l_damp": 1791.548, "q": 2.5}
DOCUMENT = {"l1": 211.0, "spacing": 1.55, "A0": 5700.0, "p": 0.6, **STEP, "l_damp": 2000.0, "q": 2.0}

OBJECTIVE = PeakObjective()
PEAKS = SigmaPeaks(params=OPTIMUM)
TERMS = {
    "positions": "weight_ell",
    "heights": "weight_height",
    "ratios": "weight_ratio",
    "equal_ratios": "weight_equal",
    "order": "order_penalty",
}


def by_hand(centres, heights, a_high, a_low):
    """The five terms with the source's numbers, one addend after the other."""
    positions = found = 0.0
    targets = [(220, 5800, 50), (537, 2420, 40), (810, 2550, 50), (1120, 1100, 40), (1420, 800, 50), (1720, 520, 50)]
    for centre, height, (ell, target, error) in zip(centres, heights, [*targets, (2000, 350, 60)], strict=False):
        positions += 0.5 * ((centre - ell) / 30) ** 2
        found += 0.3 * ((height - target) / error) ** 2
    first, second, third = (heights[i] / heights[i + 1] for i in (0, 2, 4))
    ratios = 200 * ((first - 2.397) / 0.05) ** 2 + 200 * ((second - 2.318) / 0.05) ** 2
    ratios += 200 * ((third - 1.538) / 0.05) ** 2
    equal = 50 * ((first - second) / 0.1) ** 2
    order = 1e6 if a_low >= a_high else 0.0
    return dict(zip(TERMS, (positions, found, ratios, equal, order), strict=True))


@given(
    l1=st.floats(150.0, 300.0),
    spacing=st.floats(1.0, 2.0),
    compression=st.floats(-0.1, 0.1),
    A0=st.floats(1e3, 1e4),
    a_high=st.floats(0.0, 0.6),
    a_low=st.floats(0.0, 0.6),
    q=st.floats(1.0, 3.0),
)
@settings(deadline=None, derandomize=True)
def test_terms_are_the_sums_of_the_source(**theta):
    found = OBJECTIVE.terms(PEAKS, **theta)
    expected = by_hand(PEAKS.centres(**theta), PEAKS.heights(**theta), theta["a_high"], theta["a_low"])
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12), name
    assert OBJECTIVE(PEAKS, **theta) == pytest.approx(sum(expected.values()), rel=1e-12)


@pytest.mark.parametrize(
    ("params", "value"), [(OPTIMUM, 1661.0096), (DOCUMENT, 6077.1457)], ids=["optimum", "document"]
)
def test_reference_values(params, value):
    assert OBJECTIVE(SigmaPeaks(params=params)) == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize(("term", "weight"), TERMS.items())
def test_a_weight_of_zero_switches_its_term_off_and_no_other(term, weight):
    theta = {"a_low": 0.4}
    every, without = (each.terms(PEAKS, **theta) for each in (OBJECTIVE, replace(OBJECTIVE, **{weight: 0.0})))
    assert every[term] > 0
    assert without == every | {term: 0.0}


@pytest.mark.parametrize("factor", [0.5, 3.0])
@pytest.mark.parametrize(("term", "weight"), TERMS.items())
def test_terms_are_proportional_to_their_weights(term, weight, factor):
    heavier = replace(OBJECTIVE, **{weight: factor * getattr(OBJECTIVE, weight)})
    theta = {"a_low": 0.4}
    assert heavier.terms(PEAKS, **theta)[term] == pytest.approx(factor * OBJECTIVE.terms(PEAKS, **theta)[term])


def test_the_penalty_is_for_asymmetries_that_do_not_fall():
    a_low = np.array([0.1, np.nextafter(0.35, 0.0), 0.35, 0.5])
    np.testing.assert_array_equal(OBJECTIVE.terms(PEAKS, a_low=a_low)["order"], [0.0, 0.0, 1e6, 1e6])


def test_targets_that_are_met_cost_nothing():
    centres, heights = PEAKS.centres()[:4], PEAKS.heights()[:4]
    # The terms of the ratios vanish together only where the first two are equal.
    objective = PeakObjective(
        ell=centres.tolist(), height=heights.tolist(), height_err=[1.0] * 4, ratio=[float(heights[0] / heights[1])]
    )
    assert objective.n_peaks == 4
    assert objective(PEAKS) == pytest.approx(0.0, abs=1e-20)
    assert objective.terms(PEAKS)["equal_ratios"] == 0.0


def test_widths_and_plateau_are_not_seen():
    assert OBJECTIVE(PEAKS, w0=60.0, w1=0.015, plateau=0.0) == OBJECTIVE(PEAKS)


@pytest.mark.parametrize(
    "arrays",
    [
        {"l1": [200.0, 220.0, 240.0]},
        {"w0": [35.0, 60.0]},
        {"A0": [[5000.0, 6000.0]], "a_low": [[0.1], [0.4]]},
    ],
    ids=lambda arrays: "-".join(arrays),
)
def test_everything_has_the_shape_of_the_parameters(arrays):
    arrays = {name: np.array(value) for name, value in arrays.items()}
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    full = {name: np.broadcast_to(array, shape) for name, array in arrays.items()}
    found, terms = OBJECTIVE(PEAKS, **arrays), OBJECTIVE.terms(PEAKS, **arrays)
    assert found.shape == shape
    assert {term.shape for term in terms.values()} == {shape}
    for index in np.ndindex(shape):
        single = {name: float(array[index]) for name, array in full.items()}
        assert found[index] == pytest.approx(OBJECTIVE(PEAKS, **single), rel=1e-12)


def test_a_function_takes_the_values_of_the_names_in_their_order():
    free = SigmaPeaks(params=OPTIMUM | {"q": {"prior": {"min": 1.5, "max": 2.5}}})
    function = OBJECTIVE.function(free, ("q", "l1"), {"A0": 6000.0})
    expected = OBJECTIVE(PEAKS, q=2.0, l1=230.0, A0=6000.0)
    assert function(np.array([2.0, 230.0])) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(function(np.array([[2.0, 1.7], [230.0, 210.0]]))[0], expected, rtol=1e-14)
    with pytest.raises(ValueError):
        function(np.array([2.0]))


def test_fewer_modes_than_targets_are_refused():
    with pytest.raises(InvalidInput, match=r"^n_modes=6: the objective compares 7 peaks$"):
        OBJECTIVE(SigmaPeaks(params=OPTIMUM, n_modes=6))
    assert OBJECTIVE(SigmaPeaks(params=OPTIMUM, n_modes=7)) == pytest.approx(OBJECTIVE(PEAKS), rel=1e-14)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"ell": ()}, "ell=(): must be a list of numbers > 0"),
        ({"ell": 220.0}, "ell=220.0: must be a list of numbers > 0"),
        ({"height": "5800"}, "height=5800: must be a list of numbers > 0"),
        ({"height": [[5800.0], [1.0, 2.0]]}, "height=[[5800.0], [1.0, 2.0]]: must be a list of numbers > 0"),
        ({"height_err": [50.0, 0.0]}, "height_err=[50.0, 0.0]: must be a list of numbers > 0"),
        ({"ratio": [2.4, float("inf")]}, "ratio=[2.4, inf]: must be a list of numbers > 0"),
        ({"ratio": [None]}, "ratio=[None]: must be a list of numbers > 0"),
        ({"ell": [220.0, 537.0]}, "height: 7 of them for 2 ell; lengths must agree"),
        ({"ratio": [2.4] * 4}, "ratio: 4 ratios need 8 heights"),
        ({"ell_err": 0.0}, "ell_err=0.0: must be > 0"),
        ({"ratio_err": float("nan")}, "ratio_err=nan: must be > 0"),
        ({"equal_err": float("inf")}, "equal_err=inf: must be > 0"),
        ({"weight_ratio": -1.0}, "weight_ratio=-1.0: must be >= 0"),
        ({"order_penalty": float("inf")}, "order_penalty=inf: must be >= 0"),
    ],
)
def test_bad_numbers_are_refused(settings_, message):
    with pytest.raises(ValueError) as error:
        PeakObjective(**settings_)
    assert str(error.value) == message


def test_a_list_of_any_kind_will_do():
    as_arrays = PeakObjective(ell=np.array(OBJECTIVE.ell), height=list(OBJECTIVE.height), ratio=np.array([2, 2, 1]))
    assert as_arrays(PEAKS) == pytest.approx(replace(OBJECTIVE, ratio=(2.0, 2.0, 1.0))(PEAKS), rel=1e-14)
