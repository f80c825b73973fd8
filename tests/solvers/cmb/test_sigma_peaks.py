"""The Σ peak model against its formulas at 30 digits, its limits, and the numbers of its published parameters."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from solvers.cmb.sigma_peaks import SigmaPeaks, sum_of_modes
from solvers.errors import InvalidInput

STEP = {"a_high": 0.35, "a_low": 0.02, "l_crit": 1300.0, "delta_l": 80.0}
OPTIMUM = {"l1": 210.9618, "spacing": 1.55, "compression": 0.04506, "A0": 5000.0, "p": 0.55, **STEP}
OPTIMUM |= {"l_damp": 1791.548, "q": 2.5}
DOCUMENT = {"l1": 211.0, "spacing": 1.55, "A0": 5700.0, "p": 0.6, **STEP, "l_damp": 2000.0, "q": 2.0}
UNUSUAL = {"l1": 150.0, "spacing": 0.7, "compression": -0.3, "A0": 3.0, "p": -0.4, "a_high": -0.6, "a_low": 1.7}
UNUSUAL |= {"l_crit": 500.0, "delta_l": 400.0, "w0": 3.0, "w1": 0.0, "l_damp": 900.0, "q": 0.6, "plateau": 70.0}
CASES = {"optimum": OPTIMUM, "document": DOCUMENT, "unusual": UNUSUAL}

ELL = np.array([2.0, 20.0, 31.5, 211.0, 540.0, 1300.0, 2500.0])
PEAKS = SigmaPeaks(params=OPTIMUM)


def exact(params, n_modes=8):
    """Centre, a, amplitude, height and width of every mode, and D(ℓ), at 30 digits; centres step by step."""
    p = {name: mpmath.mpf(value) for name, value in (SigmaPeaks.defaults | params).items()}

    def asymmetry(ell):
        # ½(1 + tanh x) is the logistic function of 2x.
        step = 1 / (1 + mpmath.exp(-2 * (ell - p["l_crit"]) / p["delta_l"]))
        return p["a_high"] + (p["a_low"] - p["a_high"]) * step

    def damping(ell):
        return mpmath.exp(-mpmath.power(ell / p["l_damp"], p["q"]))

    modes, centre = [], p["l1"]
    for n in range(1, n_modes + 1):
        if n > 1:
            centre += p["l1"] * p["spacing"] * (1 - p["compression"] * (n - 2))
        a = asymmetry(centre)
        amplitude = p["A0"] / mpmath.power(n, p["p"]) * (1 + a if n % 2 else 1 - a / 2)
        width = p["w0"] + p["w0"] * p["w1"] * centre
        modes.append((centre, a, amplitude, amplitude * damping(centre), width))

    def spectrum(ell):
        total = p["plateau"] * mpmath.power(ell / mpmath.mpf(20), mpmath.mpf("0.3")) * mpmath.exp(-ell / 100)
        for centre, _, amplitude, _, width in modes:
            total += amplitude * mpmath.exp(-(((ell - centre) / width) ** 2) / 2)
        return max(total * damping(ell), mpmath.mpf(1))

    return [list(column) for column in zip(*modes, strict=True)], spectrum


def plain(ell, params, n_modes=8):
    """D(ℓ) for parameters of shape P, written as its formula is printed, one mode after the other."""
    p = {
        name: np.asarray(value, dtype=float)[..., np.newaxis] for name, value in (SigmaPeaks.defaults | params).items()
    }
    total = p["plateau"] * (ell / 20.0) ** 0.3 * np.exp(-ell / 100.0)
    for n in range(1, n_modes + 1):
        centre = p["l1"] * (1.0 + p["spacing"] * ((n - 1) - p["compression"] * (n - 1) * (n - 2) / 2.0))
        step = 0.5 * (1.0 + np.tanh((centre - p["l_crit"]) / p["delta_l"]))
        a = p["a_high"] * (1.0 - step) + p["a_low"] * step
        amplitude = p["A0"] * float(n) ** -p["p"] * (1.0 + a if n % 2 else 1.0 - 0.5 * a)
        width = p["w0"] * (1.0 + p["w1"] * centre)
        total = total + amplitude * np.exp(-0.5 * ((ell - centre) / width) ** 2)
    return np.maximum(total * np.exp(-((ell / p["l_damp"]) ** p["q"])), 1.0)


def maxima(model, **theta):
    """Positions and heights of the maxima of a spectrum above its floor, by a spline through whole multipoles."""
    ell = np.arange(2.0, 2501.0)
    spline = CubicSpline(ell, model.d_ell(ell, **theta))
    roots = spline.derivative().roots(extrapolate=False)
    # Where the floor begins, the spline rings.
    roots = roots[(spline(roots, 2) < 0) & (spline(roots) > 2.0)]
    return roots, spline(roots)


def cases():
    return pytest.mark.parametrize("params", [pytest.param(p, id=name) for name, p in CASES.items()])


@cases()
@pytest.mark.parametrize("n_modes", [1, 2, 5])
def test_modes_and_spectrum_agree_with_mpmath(params, n_modes):
    model = SigmaPeaks(params=params, n_modes=n_modes)
    with mpmath.workdps(30):
        (centres, asymmetry, amplitudes, heights, widths), spectrum = exact(params, n_modes)
        d_ell = [float(spectrum(mpmath.mpf(ell))) for ell in ELL]
    np.testing.assert_allclose(model.centres(), np.array(centres, dtype=float), rtol=1e-14)
    np.testing.assert_allclose(model.asymmetry(model.centres()), np.array(asymmetry, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(model.amplitudes(), np.array(amplitudes, dtype=float), rtol=1e-13)
    np.testing.assert_allclose(model.heights(), np.array(heights, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(model.widths(), np.array(widths, dtype=float), rtol=1e-14)
    np.testing.assert_allclose(model.d_ell(ELL), d_ell, rtol=1e-12)


@cases()
@pytest.mark.parametrize("n_modes", [1, 2, 5, 8])
def test_the_spectrum_is_the_plain_formula(params, n_modes):
    n_modes = min(n_modes, 5 if params is UNUSUAL else 8)
    model = SigmaPeaks(params=params, n_modes=n_modes)
    ell = np.arange(2.0, 3001.0)
    np.testing.assert_allclose(model.d_ell(ell), plain(ell, params, n_modes), rtol=1e-13)


WIDE = {
    "l1": (150, 300),
    "spacing": (1.0, 2.0),
    "compression": (-0.1, 0.1),
    "A0": (500, 1e6),
    "p": (-3, 3),
    "a_high": (-1, 2),
    "a_low": (-1, 2),
    "l_crit": (10, 3000),
    "delta_l": (10, 3000),
    "l_damp": (50, 5000),
    "q": (0.2, 5),
    "w0": (20, 200),
    "w1": (0, 0.01),
    "plateau": (0, 20000),
}
"""Ranges of the fit with all parameters free."""


@pytest.mark.parametrize("shape", [(), (1,), (70,), (3, 5)])
def test_over_wide_ranges_the_spectrum_is_the_plain_formula(shape):
    rng = np.random.default_rng(6)
    theta = {name: rng.uniform(low, high, shape)[()] for name, (low, high) in WIDE.items()}
    model = SigmaPeaks(params={name: {"prior": {"min": low, "max": high}} for name, (low, high) in WIDE.items()})
    ell = np.arange(30.0, 2509.0)
    found = model.d_ell(ell, **theta)
    assert found.shape == (*shape, ell.size)
    np.testing.assert_allclose(found, plain(ell, theta), rtol=1e-13)


def test_the_result_is_the_callers_own():
    first = PEAKS.d_ell(ELL, w0=np.array([40.0, 50.0]))
    kept = first.copy()
    first *= 0.0
    np.testing.assert_array_equal(PEAKS.d_ell(ELL, w0=np.array([40.0, 50.0])), kept)


@pytest.mark.parametrize("width", [1e-150, 1e-5, 0.5, 30.0, 1e5, 1e200])
def test_a_mode_of_any_width_has_its_amplitude_at_its_centre_and_ends_far_away(width):
    ell = np.arange(2.0, 2001.0)
    found = sum_of_modes(ell, np.array([500.0, 1500.0]), np.array([7.0, -3.0]), np.array([width, width]))
    x = 1000.0 / width if width < 1e150 else 0.0
    other = np.exp(-0.5 * min(x, 50.0) ** 2)
    np.testing.assert_allclose(found[[498, 1498]], [7.0 - 3.0 * other, 7.0 * other - 3.0], rtol=1e-14)
    if width < 10.0:
        np.testing.assert_allclose(found[[0, 998]], 0.0, atol=1e-300)


def test_arrays_of_modes_broadcast_and_no_point_gives_an_empty_array():
    centres, amplitudes, widths = (
        np.array([[300.0, 700.0], [310.0, 730.0]]),
        np.array([2.0, 3.0]),
        np.full((3, 1, 1), 40.0),
    )
    found = sum_of_modes(ELL, centres, amplitudes, widths)
    assert found.shape == (3, 2, ELL.size)
    exact = [
        2.0 * np.exp(-0.5 * ((ELL - a) / 40.0) ** 2) + 3.0 * np.exp(-0.5 * ((ELL - b) / 40.0) ** 2) for a, b in centres
    ]
    np.testing.assert_allclose(found, np.broadcast_to(exact, found.shape), rtol=1e-12, atol=1e-300)
    assert sum_of_modes(ELL, np.ones((0, 2)), amplitudes, np.ones(2)).shape == (0, ELL.size)


# Reference values of the CMB table: heights, ratios of successive ones, and centres of eight modes.
@pytest.mark.parametrize(
    ("params", "heights", "ratios", "centres"),
    [
        (
            OPTIMUM,
            [6717.9588, 2681.6386, 3158.6842, 1391.5895, 1204.6423, 770.0086, 506.6150, 302.0026],
            [2.5052, 2.2698, 1.5645],
            [210.9618, 537.9526, 850.2092, 1147.7316, 1430.5197, 1698.5737, 1951.8935, 2190.4790],
        ),
        (
            DOCUMENT,
            [7609.8276, 2885.8847, 3301.2436, 1452.9152, 1244.7769, 821.3550, 555.3896, 339.5322],
            [2.6369, 2.2722, 1.5155],
            [211.0, 538.05, 865.1, 1192.15, 1519.2, 1846.25, 2173.3, 2500.35],
        ),
    ],
    ids=["optimum", "document"],
)
def test_reference_values(params, heights, ratios, centres):
    model = SigmaPeaks(params=params)
    found = model.heights()
    np.testing.assert_allclose(found, heights, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found[0:6:2] / found[1:6:2], ratios, rtol=0, atol=1e-4)
    np.testing.assert_allclose(model.centres(), centres, rtol=0, atol=1e-4)


def test_the_published_ratios_are_those_of_the_optimum():
    heights = PEAKS.heights()
    np.testing.assert_allclose(heights[0:6:2] / heights[1:6:2], [2.505, 2.270, 1.564], rtol=0, atol=1e-3)


def test_the_optimum_overpredicts_the_sources_own_heights_by_up_to_a_half():
    excess = 100.0 * (PEAKS.heights()[:7] / [5800.0, 2420.0, 2550.0, 1100.0, 800.0, 520.0, 350.0] - 1.0)
    np.testing.assert_allclose(excess, [16, 11, 24, 27, 51, 48, 45], rtol=0, atol=0.5)


@pytest.mark.parametrize(
    ("params", "theta", "ell", "height"),
    [
        (OPTIMUM, {}, [260.25589], [19351.53455]),
        (DOCUMENT, {}, [245.38587], [20845.03486]),
        (OPTIMUM, {"w0": 35.0, "w1": 0.015}, [254, 701], None),
        (OPTIMUM, {"w1": 0.0}, [31.6, 210.5, 537.4, 849.3, 1146.3, 1428.5, 1696.0, 1948.7, 2186.7], None),
    ],
    ids=["optimum", "document", "narrowest widths", "widths that do not grow"],
)
def test_the_summed_spectrum_has_a_maximum_for_each_mode_only_if_widths_do_not_grow(params, theta, ell, height):
    found, heights = maxima(SigmaPeaks(params=params), **theta)
    assert len(found) == len(ell)
    rounding = [0.5 if float(value).is_integer() else 0.05 for value in ell]
    assert np.all(np.abs(found - ell) <= rounding)
    if height is not None:
        np.testing.assert_allclose(found, ell, rtol=0, atol=1e-4)
        np.testing.assert_allclose(heights, height, rtol=1e-9)


def test_widths_at_the_optimum_and_at_their_narrowest():
    narrow = PEAKS.widths(w0=35.0, w1=0.015)
    assert narrow[0] > 145
    assert narrow[2] > 480
    assert PEAKS.widths()[0] == pytest.approx(282.332025, rel=1e-9)


@given(compression=st.floats(-1e3, 1.0 / 6.0, exclude_max=True), l1=st.floats(2.0, 1e4), spacing=st.floats(1e-3, 10.0))
@settings(deadline=None, derandomize=True)
def test_the_first_centre_is_l1_and_centres_never_turn_back(compression, l1, spacing):
    centres = PEAKS.centres(compression=compression, l1=l1, spacing=spacing)
    assert centres[0] == l1
    assert np.all(np.diff(centres) >= 0)
    assert centres[1] == pytest.approx(l1 * (1.0 + spacing), rel=1e-15)


@pytest.mark.parametrize("n_modes", [3, 4, 8])
def test_centres_that_turn_back_are_refused_exactly_there(n_modes):
    limit = 1.0 / (n_modes - 2)
    below = float(np.nextafter(limit, 0.0))
    message = rf"compression={limit:g}: the centres of {n_modes} modes turn back, must be < {limit:g}$"
    model = SigmaPeaks(params=OPTIMUM, n_modes=n_modes)
    assert np.all(np.diff(model.centres(compression=below)) >= 0)
    for method in (model.centres, model.amplitudes, model.heights, model.widths):
        with pytest.raises(InvalidInput, match="^" + message):
            method(compression=limit)
        with pytest.raises(InvalidInput, match="^" + message):
            method(compression=np.array([0.0, limit, 0.01]))
    for method in (model.d_ell, model.asymmetry):
        with pytest.raises(InvalidInput, match="^" + message):
            method(ELL, compression=limit)
    for node in (
        limit,
        {"prior": {"min": 0.0, "max": limit}},
        {"scan": [limit, 0.0]},
        {"scan": {"min": 0.0, "max": limit, "num": 3}},
    ):
        with pytest.raises(ValueError, match=rf"^params\.{message}"):
            SigmaPeaks(params=OPTIMUM | {"compression": node}, n_modes=n_modes)
    for node in (below, {"prior": {"min": 0.0, "max": below}}, {"scan": [below, 0.0]}):
        assert SigmaPeaks(params=OPTIMUM | {"compression": node}, n_modes=n_modes).n_modes == n_modes


@pytest.mark.parametrize("n_modes", [1, 2])
def test_two_modes_have_no_compression(n_modes):
    model = SigmaPeaks(params=OPTIMUM | {"compression": 5.0}, n_modes=n_modes)
    np.testing.assert_array_equal(model.centres(), PEAKS.centres()[:n_modes])


@pytest.mark.parametrize("ell", [1.999, 0.0, -5.0, np.nan, np.inf])
def test_multipoles_below_two_are_refused(ell):
    for method in (PEAKS.d_ell, PEAKS.asymmetry):
        with pytest.raises(InvalidInput, match=rf"^ell={ell:g}: multipoles start at 2"):
            method([200.0, ell])


@pytest.mark.parametrize("ell", [[], [[200.0]]])
def test_multipoles_are_a_list(ell):
    with pytest.raises(InvalidInput, match="^ell: give a list of multipoles$"):
        PEAKS.d_ell(ell)
    assert PEAKS.d_ell(2).shape == PEAKS.asymmetry(1300.0).shape == (1,)


METHODS = {
    "centres": (SigmaPeaks.centres, 8),
    "amplitudes": (SigmaPeaks.amplitudes, 8),
    "heights": (SigmaPeaks.heights, 8),
    "widths": (SigmaPeaks.widths, 8),
    "asymmetry": (lambda model, **theta: model.asymmetry(ELL, **theta), ELL.size),
    "d_ell": (lambda model, **theta: model.d_ell(ELL, **theta), ELL.size),
}
VARYING = [
    {"A0": [0.0, 5000.0, 1e5]},
    {"w0": [35.0, 60.0]},
    {"plateau": [[1.0, 2.0]]},
    {"l1": [[200.0, 210.0, 240.0]], "compression": [[0.0], [0.1]], "q": 2.0},
    {name: [value, 1.1 * value] for name, value in OPTIMUM.items()},
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("arrays", VARYING, ids=lambda arrays: "-".join(arrays))
def test_parameter_arrays_come_before_the_last_axis(method, arrays):
    function, n = METHODS[method]
    arrays = {name: np.array(value) for name, value in arrays.items()}
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    full = {name: np.broadcast_to(array, shape) for name, array in arrays.items()}
    found = function(PEAKS, **arrays)
    assert found.shape == (*shape, n)
    for index in np.ndindex(shape):
        single = function(PEAKS, **{name: float(array[index]) for name, array in full.items()})
        np.testing.assert_allclose(found[index], single, rtol=1e-13)


def test_whole_numbers_are_numbers():
    as_floats = PEAKS.d_ell(ELL, p=1.0, q=2.0, A0=5000.0)
    np.testing.assert_array_equal(PEAKS.d_ell(ELL.tolist(), p=1, q=2, A0=5000), as_floats)
    np.testing.assert_array_equal(PEAKS.d_ell(ELL, p=np.array([1, 2]), q=2)[0], as_floats)


@given(
    w0=st.floats(1e-3, 1e3),
    w1=st.floats(0.0, 1.0),
    plateau=st.floats(0.0, 1e5),
    n_modes=st.integers(1, 12),
)
@settings(deadline=None, derandomize=True)
def test_heights_see_neither_widths_nor_plateau_nor_the_number_of_modes(w0, w1, plateau, n_modes):
    model = SigmaPeaks(params=OPTIMUM, n_modes=n_modes)
    n = min(n_modes, 8)
    found = model.heights(w0=w0, w1=w1, plateau=plateau, compression=0.01)[:n]
    np.testing.assert_array_equal(found, PEAKS.heights(compression=0.01)[:n])


@given(A0=st.floats(1e-6, 1e9))
@settings(deadline=None, derandomize=True)
def test_ratios_of_heights_do_not_see_the_amplitude(A0):
    found, expected = PEAKS.heights(A0=A0), PEAKS.heights()
    np.testing.assert_allclose(found[1:] / found[0], expected[1:] / expected[0], rtol=1e-14)


def test_a_narrow_step_is_sharp():
    ell = np.array([2.0, 1299.0, 1300.0, 1301.0, 1e4])
    for delta_l in (1e-3, 1e-300):
        np.testing.assert_allclose(PEAKS.asymmetry(ell, delta_l=delta_l), [0.35, 0.35, 0.185, 0.02, 0.02], rtol=1e-15)


def test_a_wide_step_is_the_mean_everywhere():
    np.testing.assert_allclose(PEAKS.asymmetry(ELL, delta_l=1e12), np.full(ELL.size, 0.185), rtol=1e-8)


@pytest.mark.parametrize("p", [0.0, 0.55, 3.0])
def test_without_asymmetry_amplitudes_are_a_power_law(p):
    found = PEAKS.amplitudes(a_high=0.0, a_low=0.0, p=p)
    np.testing.assert_allclose(found, 5000.0 * np.arange(1.0, 9.0) ** -p, rtol=1e-14)


def test_the_parity_rule_takes_the_asymmetry_at_the_centre_of_a_mode():
    # A sharp step between the second and the third centre.
    found = PEAKS.amplitudes(p=0.0, l_crit=700.0, delta_l=1e-3)
    np.testing.assert_allclose(found[:4], 5000.0 * np.array([1.35, 0.825, 1.02, 0.99]), rtol=1e-14)


def test_without_damping_a_height_is_an_amplitude():
    np.testing.assert_allclose(PEAKS.heights(l_damp=1e9), PEAKS.amplitudes(), rtol=1e-14)


def test_an_extreme_asymmetry_leaves_no_amplitude_negative():
    for a in (-1.0, 2.0):
        assert np.all(PEAKS.amplitudes(a_high=a, a_low=a) >= 0)


def test_without_modes_the_plateau_remains_and_the_floor_holds_below_it():
    found = PEAKS.d_ell([20.0, 1500.0, 1e5], A0=0.0, l_damp=1e9)
    np.testing.assert_allclose(found, [500.0 * np.exp(-0.2), 1.0, 1.0], rtol=1e-14)


def test_it_predicts_temperature_only():
    with pytest.raises(InvalidInput, match=r"^spectrum='EE': the model predicts TT$"):
        PEAKS.d_ell(ELL, "EE")
    with pytest.raises(InvalidInput, match=r"^spectrum='BB': peaks predicts TT$"):
        SigmaPeaks(params=OPTIMUM, label="peaks").d_ell(ELL, "BB")


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"n_modes": 0}, "n_modes=0: must be >= 1"),
        ({"n_fitted_elsewhere": -1}, "n_fitted_elsewhere=-1: must be >= 0"),
        ({"params": OPTIMUM | {"l1": 1.0}}, "params.l1=1: must be >= 2"),
        ({"params": OPTIMUM | {"spacing": 0.0}}, "params.spacing=0: must be > 0"),
        ({"params": OPTIMUM | {"a_high": -1.5}}, "params.a_high=-1.5: must be >= -1 and <= 2"),
        ({"params": OPTIMUM | {"a_low": 2.5}}, "params.a_low=2.5: must be >= -1 and <= 2"),
        ({"params": OPTIMUM | {"delta_l": 0.0}}, "params.delta_l=0: must be > 0"),
        ({"params": OPTIMUM | {"w1": -0.1}}, "params.w1=-0.1: must be >= 0"),
        ({"params": OPTIMUM | {"p": float("nan")}}, "params.p=nan: must be a finite number"),
        ({"params": OPTIMUM | {"l_dmp": 1.0}}, "params.l_dmp: unknown parameter; did you mean l_damp?"),
        ({"params": {**OPTIMUM, "q": None}}, "params.q: missing, give a number or a prior"),
    ],
)
def test_illegal_models_cannot_be_built(settings_, message):
    with pytest.raises(ValueError) as error:
        SigmaPeaks(**({"params": OPTIMUM} | settings_))
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ({"q": 0.0}, "q=0: must be > 0"),
        ({"A0": [1.0, -1.0]}, "A0=-1: must be >= 0"),
        ({"l1": np.array([200.0, np.nan])}, "l1=nan: must be >= 2"),
        ({"l_dmp": 200.0}, "l_dmp: unknown parameter; did you mean l_damp?"),
    ],
)
def test_illegal_values_are_refused(theta, message):
    for function, _ in METHODS.values():
        with pytest.raises(InvalidInput) as error:
            function(PEAKS, **theta)
        assert str(error.value) == message
