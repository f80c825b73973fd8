"""The polarisation sketch against its formulas at 30 digits, its limits, and its maxima beside those of ΛCDM."""

import mpmath
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from solvers.cmb.sigma_peaks import SigmaPeaks, step_asymmetry
from solvers.cmb.sigma_polarization import SigmaPolarization
from solvers.errors import InvalidInput

SKETCH = SigmaPolarization()
ELL = np.array([2.0, 80.0, 150.5, 311.0, 700.0, 1300.0, 2400.0, 6000.0])
TEMPERATURE = [211.0, 538.05, 865.1, 1192.15, 1519.2, 1846.25, 2173.3, 2500.35]
UNUSUAL = {"l1": 150.0, "spacing": 0.7, "a_high": -0.6, "a_low": 1.7, "l_crit": 500.0, "delta_l": 400.0}
UNUSUAL |= {"ee_centre_factor": 0.8, "ee_amplitude": 7.0, "ee_slope": -0.3, "ee_even": 0.9, "ee_odd": 0.4}
UNUSUAL |= {"ee_width": 20.0, "ee_width_slope": 0.1, "ee_bump": 3.0, "ee_bump_l": 90.0, "ee_bump_width": 30.0}
UNUSUAL |= {"ee_l_damp": 1200.0, "te_ee_share": 0.9, "te_amplitude": -12.0, "te_slope": 1.5, "te_phase": 2.0}
UNUSUAL |= {"te_width": 30.0, "te_width_slope": 0.0, "te_l_damp": 1400.0, "bb_lensing": 0.4, "bb_l_damp": 700.0}
UNUSUAL |= {"bb_tensor": 0.03, "bb_tensor_l": 60.0, "bb_tensor_width": 15.0}


def exact(params, ell, n_modes):
    """EE, BB and TE at one multipole and 30 digits."""
    p = {name: mpmath.mpf(value) for name, value in (SigmaPolarization.defaults | params).items()}
    ell, te = mpmath.mpf(ell), mpmath.mpf(0)
    ee = p["ee_bump"] * mpmath.exp(-(((ell - p["ee_bump_l"]) / p["ee_bump_width"]) ** 2))
    centre = p["l1"]
    for n in range(1, n_modes + 1):
        shifted = p["ee_centre_factor"] * centre
        between = centre + p["te_ee_share"] * (shifted - centre)
        # ½(1 + tanh x) is the logistic function of 2x.
        a = p["a_high"] + (p["a_low"] - p["a_high"]) / (1 + mpmath.exp(-2 * (shifted - p["l_crit"]) / p["delta_l"]))
        parity = 1 - p["ee_odd"] * a if n % 2 else 1 + p["ee_even"] * a
        for which, at in (("ee", shifted), ("te", between)):
            factor = parity if which == "ee" else mpmath.cos(n * p["te_phase"])
            amplitude = p[f"{which}_amplitude"] * factor / mpmath.power(n, p[f"{which}_slope"])
            width = p[f"{which}_width"] + p[f"{which}_width_slope"] * at
            mode = amplitude * mpmath.exp(-(((ell - at) / width) ** 2) / 2)
            ee, te = (ee + mode, te) if which == "ee" else (ee, te + mode)
        centre += p["l1"] * p["spacing"]
    bb = p["bb_lensing"] * (ell / 1000) ** 2 * mpmath.exp(-((ell / p["bb_l_damp"]) ** 2))
    bb += p["bb_tensor"] * mpmath.exp(-(((ell - p["bb_tensor_l"]) / p["bb_tensor_width"]) ** 2))
    ee, te = (value * mpmath.exp(-((ell / p[f"{n}_l_damp"]) ** 2)) for n, value in (("ee", ee), ("te", te)))
    return {"EE": max(ee, mpmath.mpf("0.01")), "BB": max(bb, mpmath.mpf("0.001")), "TE": te}


@pytest.mark.parametrize("params", [{}, UNUSUAL], ids=["defaults", "unusual"])
@pytest.mark.parametrize("n_modes", [1, 3, 8])
def test_spectra_agree_with_mpmath(params, n_modes):
    model = SigmaPolarization(params=params, n_modes=n_modes)
    with mpmath.workdps(30):
        rows = [exact(params, ell, n_modes) for ell in ELL]
        expected = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    for spectrum, values in expected.items():
        np.testing.assert_allclose(model.d_ell(ELL, spectrum), values, rtol=1e-12, atol=1e-13)


def test_the_maxima_of_ee_are_those_of_the_sketch():
    ell = np.arange(2.0, 2001.0)
    spline = CubicSpline(ell, SKETCH.d_ell(ell, "EE"))
    found = spline.derivative().roots(extrapolate=False)
    found = found[spline(found, 2) < 0]
    # Reference values; with a(ℓ) at the temperature centre the fourth height would be 0.15.
    np.testing.assert_allclose(found, [309, 805, 1292, 1779], rtol=0, atol=0.5)
    np.testing.assert_allclose(spline(found), [1.08, 0.52, 0.22, 0.13], rtol=0, atol=5e-3)


# Maxima of lensed ΛCDM, and how far the sketch lies below them.
@pytest.mark.parametrize(
    ("ell", "lcdm", "factor"), [(395, 21.6, 35), (688, 37.7, 143), (990, 42.4, 402), (1299, 30.5, 136)]
)
def test_the_sketch_lies_far_below_lcdm(ell, lcdm, factor):
    assert lcdm / SKETCH.d_ell(ell, "EE")[0] == pytest.approx(factor, rel=0.015)


def test_centres_are_shifted_from_those_of_temperature():
    np.testing.assert_allclose(SKETCH.centres("EE"), 1.5 * np.array(TEMPERATURE), rtol=1e-14)
    np.testing.assert_allclose(SKETCH.centres("TE"), 1.2 * np.array(TEMPERATURE), rtol=1e-14)
    for share, spectrum_factor in ((0.0, 1.0), (1.0, 1.5)):
        found = SKETCH.centres("TE", te_ee_share=share)
        np.testing.assert_allclose(found, spectrum_factor * np.array(TEMPERATURE), rtol=1e-14)


def test_the_temperature_model_has_the_same_centres_and_asymmetry():
    step = {
        name: SigmaPolarization.defaults[name] for name in ("l1", "spacing", "a_high", "a_low", "l_crit", "delta_l")
    }
    peaks = SigmaPeaks(params={**step, "A0": 1.0, "p": 0.0, "l_damp": 1e9, "q": 2.0})
    np.testing.assert_allclose(SKETCH.centres("EE"), 1.5 * peaks.centres(), rtol=1e-14)
    np.testing.assert_array_equal(step_asymmetry(ELL, step), peaks.asymmetry(ELL))


def test_the_asymmetry_of_ee_is_that_at_its_own_centre():
    # A sharp step between a temperature centre, 538, and the EE centre of that mode, 807.
    found = SKETCH.amplitudes("EE", l_crit=700.0, delta_l=1e-3, ee_slope=0.0, ee_amplitude=1.0)
    np.testing.assert_allclose(found[:3], [1 - 0.15 * 0.35, 1 + 0.5 * 0.02, 1 - 0.15 * 0.02], rtol=1e-14)


@pytest.mark.parametrize("slope", [0.0, 1.2])
def test_without_asymmetry_amplitudes_of_ee_are_a_power_law(slope):
    power_law = 1.125 * np.arange(1.0, 9.0) ** -slope
    for off in ({"a_high": 0.0, "a_low": 0.0}, {"ee_even": 0.0, "ee_odd": 0.0}):
        np.testing.assert_allclose(SKETCH.amplitudes("EE", ee_slope=slope, **off), power_law, rtol=1e-14)


def test_amplitudes_of_te_change_sign_every_fourth_mode():
    root = np.sqrt(0.5)
    expected = [root, 0.0, -root, -1.0, -root, 0.0, root, 1.0]
    np.testing.assert_allclose(SKETCH.amplitudes("TE", te_slope=0.0), 100.0 * np.array(expected), atol=1e-12)


def test_an_extreme_asymmetry_leaves_no_amplitude_of_ee_negative():
    for a in (-1.0, 2.0):
        assert np.all(SKETCH.amplitudes("EE", a_high=a, a_low=a, ee_even=1.0, ee_odd=0.5) >= 0)


def test_lensing_is_largest_where_it_is_damped_and_the_tensor_bump_at_its_centre():
    ell = np.arange(2.0, 4001.0)
    lensing = SKETCH.d_ell(ell, "BB", bb_tensor=0.0)
    assert ell[np.argmax(lensing)] == 1500.0
    assert lensing.max() == pytest.approx(0.05 * 1.5**2 / np.e, rel=1e-14)
    tensor = SKETCH.d_ell(ell, "BB", bb_lensing=0.0, bb_tensor=0.5)
    assert ell[np.argmax(tensor)] == 80.0
    assert tensor.max() == 0.5
    assert tensor[ell == 130.0][0] == pytest.approx(0.5 / np.e, rel=1e-14)


def test_powers_have_a_floor_and_the_cross_spectrum_has_none():
    far = np.array([8000.0, 2e4])
    np.testing.assert_array_equal(SKETCH.d_ell(far, "EE"), [0.01, 0.01])
    np.testing.assert_array_equal(SKETCH.d_ell(far, "BB"), [0.001, 0.001])
    assert np.all(np.abs(SKETCH.d_ell(far, "TE")) < 1e-6)
    assert SKETCH.d_ell(np.arange(2.0, 2001.0), "TE").min() < -20.0
    np.testing.assert_array_equal(SKETCH.d_ell(ELL, "EE", ee_amplitude=0.0, ee_bump=0.0), np.full(ELL.size, 0.01))
    np.testing.assert_array_equal(SKETCH.d_ell(ELL, "TE", te_amplitude=0.0), np.zeros(ELL.size))


def test_te_follows_the_sign_of_its_amplitude():
    np.testing.assert_array_equal(SKETCH.d_ell(ELL, "TE", te_amplitude=-100.0), -SKETCH.d_ell(ELL, "TE"))


METHODS = {
    **{f"d_ell {s}": (lambda model, s=s, **theta: model.d_ell(ELL, s, **theta), ELL.size) for s in ("EE", "BB", "TE")},
    **{f"centres {s}": (lambda model, s=s, **theta: model.centres(s, **theta), 8) for s in ("EE", "TE")},
    **{f"amplitudes {s}": (lambda model, s=s, **theta: model.amplitudes(s, **theta), 8) for s in ("EE", "TE")},
}
VARYING = [
    {"ee_amplitude": [0.0, 1.0, 5.0]},
    {"bb_tensor": [[0.0, 1.0]]},
    {"l1": [[200.0, 210.0, 240.0]], "te_ee_share": [[0.0], [0.4]], "ee_slope": 2.0},
    {name: [value, 0.9 * value] for name, value in SigmaPolarization.defaults.items()},
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("arrays", VARYING, ids=lambda arrays: "-".join(list(arrays)[:3]))
def test_parameter_arrays_come_before_the_last_axis(method, arrays):
    function, n = METHODS[method]
    arrays = {name: np.array(value) for name, value in arrays.items()}
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    full = {name: np.broadcast_to(array, shape) for name, array in arrays.items()}
    found = function(SKETCH, **arrays)
    assert found.shape == (*shape, n)
    for index in np.ndindex(shape):
        single = function(SKETCH, **{name: float(array[index]) for name, array in full.items()})
        np.testing.assert_allclose(found[index], single, rtol=1e-13, atol=1e-14)


def test_whole_numbers_are_numbers():
    np.testing.assert_array_equal(SKETCH.d_ell(ELL, "TE", te_slope=1), SKETCH.d_ell(ELL, "TE", te_slope=1.0))


def test_every_parameter_moves_a_spectrum():
    ell = np.array([85.0, 160.0, 330.0, 800.0, 1290.0])
    before = {spectrum: SKETCH.d_ell(ell, spectrum) for spectrum in SKETCH.predicts}
    for name, value in SigmaPolarization.defaults.items():
        after = {spectrum: SKETCH.d_ell(ell, spectrum, **{name: 0.9 * value}) for spectrum in SKETCH.predicts}
        moved = {
            spectrum for spectrum in SKETCH.predicts if not np.allclose(after[spectrum], before[spectrum], rtol=1e-6)
        }
        if name in ("l1", "spacing", "ee_centre_factor"):
            assert moved == {"EE", "TE"}, name
        elif name.partition("_")[0] in ("ee", "bb", "te"):
            assert moved == {name[:2].upper()}, name
        else:
            assert moved == {"EE"}, name


def test_no_parameter_needs_to_be_given_and_all_are_known():
    assert SigmaPolarization.defaults.keys() == SigmaPolarization.domain.keys()
    assert SKETCH.space.names == ()
    assert SKETCH.units.keys() <= SKETCH.domain.keys()


def test_temperature_is_not_predicted():
    with pytest.raises(InvalidInput, match=r"^spectrum='TT': the model predicts EE, BB, TE$"):
        SKETCH.d_ell(ELL)
    for method in (SKETCH.centres, SKETCH.amplitudes):
        with pytest.raises(InvalidInput, match=r"^spectrum='BB': only EE and TE have modes$"):
            method("BB")


@pytest.mark.parametrize("spectrum", SigmaPolarization.predicts)
def test_multipoles_below_two_are_refused(spectrum):
    with pytest.raises(InvalidInput, match=r"^ell=1: multipoles start at 2"):
        SKETCH.d_ell([200.0, 1.0], spectrum)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"n_modes": 0}, "n_modes=0: must be >= 1"),
        ({"params": {"ee_odd": 0.6}}, "params.ee_odd=0.6: must be >= 0 and <= 0.5"),
        ({"params": {"te_ee_share": 1.1}}, "params.te_ee_share=1.1: must be >= 0 and <= 1"),
        ({"params": {"te_width": 0.0}}, "params.te_width=0: must be > 0"),
        ({"params": {"bb_lensing": -0.1}}, "params.bb_lensing=-0.1: must be >= 0"),
        (
            {"params": {"ee_centre_facto": 1.0}},
            "params.ee_centre_facto: unknown parameter; did you mean ee_centre_factor?",
        ),
    ],
)
def test_illegal_models_cannot_be_built(settings_, message):
    with pytest.raises(ValueError) as error:
        SigmaPolarization(**settings_)
    assert str(error.value).startswith(message)


def test_illegal_values_are_refused():
    for function, _ in METHODS.values():
        with pytest.raises(InvalidInput, match=r"^l1=1: must be >= 2$"):
            function(SKETCH, l1=np.array([200.0, 1.0]))
