"""CAMB behind the contract: equal to CAMB asked directly and to recorded numbers, whatever the number of threads."""

import os
import subprocess
import sys
from pathlib import Path

import camb
import numpy as np
import pytest
from scipy.interpolate import KroghInterpolator

from solvers.cmb.base import SPECTRA
from solvers.cmb.camb_spectrum import DERIVED, CambSpectrum
from solvers.errors import InvalidInput

PLANCK = {"H0": 67.36, "ombh2": 0.02237, "omch2": 0.12, "mnu": 0.06, "omk": 0.0, "tau": 0.0544}
PLANCK |= {"ln10As": 3.044, "ns": 0.9649}
QUICK = {"lmax": 120, "lens_potential_accuracy": 0}
"""Settings for what does not depend on them."""


@pytest.fixture(scope="module")
def lensed():
    """The spectra of Planck's ΛCDM."""
    return CambSpectrum(params=PLANCK)


@pytest.fixture(scope="module")
def unlensed():
    return CambSpectrum(params=PLANCK, lensed=False)


@pytest.fixture
def calculations(monkeypatch):
    """The list of CAMB's calculations from here on."""
    asked, get_results = [], camb.get_results

    def counted(parameters):
        asked.append(parameters)
        return get_results(parameters)

    monkeypatch.setattr(camb, "get_results", counted)
    return asked


def test_the_defaults_are_planck_s(lensed):
    some = {name: PLANCK[name] for name in ("H0", "ombh2", "omch2", "ln10As", "ns")}
    assert CambSpectrum(params=some).identity() == lensed.identity()
    assert lensed.lensed
    assert lensed.lmax == 3000


@pytest.mark.parametrize("spectrum", ["TT", "EE", "TE"])
def test_lensed_spectra_are_those_of_camb_asked_directly(lensed, lcdm, spectrum):
    np.testing.assert_array_equal(lensed.d_ell(lcdm["ell"], spectrum), lcdm[spectrum])


def test_unlensed_spectra_are_those_of_camb_asked_directly(unlensed, lcdm):
    np.testing.assert_allclose(unlensed.d_ell(lcdm["ell"]), lcdm["TT unlensed"], rtol=1e-14)


# Recorded with CAMB 2.0.5; its versions agree to about 1e-4.
@pytest.mark.parametrize(
    ("ell", "d_ell"),
    [
        (2, 1021.22795),
        (10, 818.42148),
        (30, 1055.88232),
        (100, 2701.15965),
        (220, 5729.46874),
        (500, 2446.70790),
        (1000, 1060.91537),
        (1500, 687.46493),
        (2000, 230.87586),
        (2500, 78.47248),
    ],
)
def test_recorded_values_of_lensed_tt(lensed, ell, d_ell):
    assert lensed.d_ell(ell) == pytest.approx(d_ell, rel=5e-4)


@pytest.mark.parametrize(
    ("kind", "spectrum", "ell", "d_ell"),
    [
        (
            "lensed",
            "TT",
            [220.306813, 535.993395, 812.815010, 1126.396528, 1421.167862, 1725.578305, 2008.934601],
            [5729.497850, 2591.681060, 2539.037473, 1239.576611, 816.925371, 396.989125, 230.976779],
        ),
        (
            "unlensed",
            "TT",
            [220.523373, 536.408186, 814.340893, 1129.451874, 1426.880237, 1739.239143, 2038.410573, 2347.860099],
            [5738.441759, 2604.722379, 2584.104995, 1263.944093, 844.384711, 403.954963, 234.708983, 108.666516],
        ),
        (
            "lensed",
            "EE",
            [140.062891, 394.631291, 687.863267, 990.254678, 1298.528888, 1607.346063, 1919.299688, 2229.162933],
            [1.123275, 21.591342, 37.744457, 42.360716, 30.510790, 20.724460, 11.242833, 6.126032],
        ),
    ],
)
def test_recorded_maxima_between_whole_multipoles(request, kind, spectrum, ell, d_ell):
    model, ell = request.getfixturevalue(kind), np.array(ell)
    np.testing.assert_allclose(model.d_ell(ell, spectrum), d_ell, rtol=5e-4)
    # They are maxima.
    for side in (-3.0, 3.0):
        assert np.all(model.d_ell(ell + side, spectrum) < model.d_ell(ell, spectrum))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("zstar", 1089.90667),
        ("rstar", 144.443124),
        ("thetastar", 1.041198155),
        ("DAstar", 13.8727795),
        ("zdrag", 1059.93203),
        ("rdrag", 147.102717),
    ],
)
def test_recorded_derived_numbers(lensed, name, value):
    derived = lensed.derived()
    assert tuple(derived) == DERIVED
    assert derived[name] == pytest.approx(value, rel=1e-5)
    assert isinstance(derived[name], float)


def test_the_angle_is_that_of_its_length_and_distance(lensed):
    derived = lensed.derived()
    angle = derived["rstar"] / (1000.0 * derived["DAstar"])
    assert derived["thetastar"] == pytest.approx(100.0 * angle, rel=1e-4)


def test_spectra_come_in_cambs_order(lensed, unlensed):
    ell = np.arange(2, 2501)
    lensed_by_name, unlensed_by_name = ({s: m.d_ell(ell, s) for s in SPECTRA} for m in (lensed, unlensed))
    assert lensed.predicts == SPECTRA == ("TT", "EE", "BB", "TE")
    # Scalars have no B modes before lensing; the correlation has both signs and is bounded by the powers.
    assert np.all(unlensed_by_name["BB"] == 0.0)
    assert np.all(lensed_by_name["BB"] > 0.0)
    assert lensed_by_name["BB"].max() < 0.2
    for by_name in (lensed_by_name, unlensed_by_name):
        assert by_name["TT"].max() > 5000.0 > 50.0 > by_name["EE"].max() > 10.0
        assert by_name["TE"].min() < -10.0 < 10.0 < by_name["TE"].max()
        assert np.all(by_name["TE"] ** 2 < by_name["TT"] * by_name["EE"])


def test_lensing_smooths_the_peaks(lensed, unlensed):
    ell = np.array([1421.0, 1656.0])
    contrast = {model.lensed: np.divide(*model.d_ell(ell)) for model in (lensed, unlensed)}
    assert contrast[True] < 0.95 * contrast[False]


@pytest.mark.parametrize("spectrum", ["TT", "TE"])
def test_between_whole_multipoles_a_spectrum_is_smooth(lensed, spectrum):
    whole = np.arange(400, 420)
    curve = lensed.d_ell(whole, spectrum)
    for i in range(6, 13):
        # A polynomial through eight neighbours.
        near = slice(i - 3, i + 5)
        exact = KroghInterpolator(whole[near] - whole[i], curve[near])([0.25, 0.5, 0.9])
        np.testing.assert_allclose(lensed.d_ell(whole[i] + np.array([0.25, 0.5, 0.9]), spectrum), exact, rtol=1e-5)
    mixed = lensed.d_ell([400.0, 400.5, 401.0], spectrum)
    np.testing.assert_allclose(mixed[[0, 2]], curve[:2], rtol=1e-12)
    np.testing.assert_allclose(
        lensed.d_ell([2.0, 2.5, 2999.5, 3000.0], spectrum)[[0, 3]], lensed.d_ell([2, 3000], spectrum)
    )


def test_multipoles_may_come_in_any_order(lensed):
    np.testing.assert_array_equal(lensed.d_ell([500, 2, 500]), lensed.d_ell([2, 500])[[1, 0, 1]])


@pytest.mark.parametrize("ell", [3000.5, 3001, 1e5])
def test_beyond_lmax_nothing_is_made_up(lensed, ell):
    with pytest.raises(InvalidInput) as error:
        lensed.d_ell([2.0, ell])
    assert str(error.value) == f"lmax=3000: D_ell is asked for at {ell:g}; raise lmax"
    with pytest.raises(InvalidInput, match="^lmax=3000: D_ell is asked for at 3001"):
        lensed.tabulate(3001)


def test_below_two_there_is_nothing(lensed):
    with pytest.raises(InvalidInput, match="^ell=1: multipoles start at 2"):
        lensed.d_ell([1, 2])


def test_a_table_holds_every_spectrum_and_the_derived_numbers(lensed):
    table = lensed.tabulate(50)
    assert list(table) == [*SPECTRA, *DERIVED]
    for spectrum in SPECTRA:
        np.testing.assert_array_equal(table[spectrum], lensed.d_ell(np.arange(2, 51), spectrum))
    assert {name: float(table[name]) for name in DERIVED} == lensed.derived()


def test_one_calculation_gives_everything(calculations):
    settings = {"lmax": 130, "lens_potential_accuracy": 0}
    models = [CambSpectrum(params=PLANCK, lensed=lensed, **settings) for lensed in (True, False)]
    for model in models:
        for spectrum in SPECTRA:
            model.d_ell([2, 100], spectrum)
            model.d_ell([2.5, 100], spectrum)
        model.derived()
        model.tabulate(130)
    assert len(calculations) == 1
    assert not np.array_equal(*(model.d_ell([100]) for model in models))
    # Also where the parameters come as arguments.
    free = {"prior": {"min": 60, "max": 80}}
    CambSpectrum(params=PLANCK | {"H0": free}, **settings).d_ell([100], H0=np.array([67.36]))
    assert len(calculations) == 1


def test_arrays_of_parameters_are_a_loop(calculations):
    freed = {name: {"prior": {"min": 0.01, "max": 100}} for name in ("H0", "ombh2")}
    model = CambSpectrum(params=PLANCK | freed, **QUICK)
    assert model.space.names == ("H0", "ombh2")
    H0, ombh2, ell = np.array([[60.0, 75.0]]), np.array([[0.02]]), np.array([2.0, 50.5, 120.0])
    found = model.d_ell(ell, "EE", H0=H0, ombh2=ombh2)
    assert found.shape == (1, 2, 3)
    assert len(calculations) == 2
    for i, value in enumerate(H0[0]):
        fixed = CambSpectrum(params=PLANCK | {"H0": value, "ombh2": 0.02}, **QUICK)
        np.testing.assert_array_equal(found[0, i], fixed.d_ell(ell, "EE"))
        np.testing.assert_array_equal(found[0, i], model.d_ell(ell, "EE", H0=float(value), ombh2=0.02))
    assert len(calculations) == 2
    with pytest.raises(InvalidInput, match="^H0=-1: must be > 0$"):
        model.d_ell(ell, H0=np.array([70.0, -1.0]), ombh2=0.02)
    with pytest.raises(InvalidInput, match="^ombh2: not fixed by params, give its value$"):
        model.d_ell(ell, H0=70.0)


def test_parameters_reach_camb(calculations):
    other = {"H0": 70.0, "ombh2": 0.021, "omch2": 0.11, "mnu": 0.2, "omk": 0.01, "tau": 0.07, "ln10As": 3.1, "ns": 0.95}
    CambSpectrum(params=other, halofit_version="takahashi", **QUICK).d_ell([100])
    (asked,) = calculations
    assert (asked.H0, asked.ombh2, asked.omch2, asked.omk) == (70.0, 0.021, 0.11, 0.01)
    assert asked.omnuh2 == pytest.approx(0.2 / 94.07 * (3.044 / 3) ** 0.75, rel=1e-3)
    assert asked.num_nu_massive == 1
    assert asked.Reion.optical_depth == 0.07
    assert asked.InitPower.As == pytest.approx(1e-10 * np.exp(3.1), rel=1e-14)
    assert asked.InitPower.ns == 0.95
    assert asked.NonLinearModel.halofit_version == "takahashi"
    assert not asked.WantTensors


def test_without_mass_no_neutrino_is_massive(calculations):
    CambSpectrum(params=PLANCK | {"mnu": 0.0}, **QUICK).d_ell([100])
    assert calculations[0].num_nu_massive == 0
    assert calculations[0].omnuh2 == 0.0


@pytest.mark.parametrize("threads", [0, 3])
def test_the_number_of_threads_is_left_as_it_was(monkeypatch, threads):
    seen, get_results = [], camb.get_results

    def watched(parameters):
        seen.append(camb.config.ThreadNum)
        return get_results(parameters)

    monkeypatch.setattr(camb, "get_results", watched)
    before = camb.config.ThreadNum
    try:
        camb.config.ThreadNum = threads
        CambSpectrum(params=PLANCK, lmax=140 + threads, lens_potential_accuracy=0).d_ell([100])
        assert seen == [1]
        assert camb.config.ThreadNum == threads
        with pytest.raises(InvalidInput):
            CambSpectrum(params=PLANCK | {"H0": 0.5}, **QUICK).d_ell([100])
        assert camb.config.ThreadNum == threads
    finally:
        camb.config.ThreadNum = before


SCRIPT = """
import hashlib
import numpy as np
from solvers.cmb.camb_spectrum import CambSpectrum
model = CambSpectrum(params={params}, lmax=200)
print(hashlib.sha256(b"".join(np.asarray(value).tobytes() for value in model.tabulate(200).values())).hexdigest())
"""


def test_the_bytes_do_not_depend_on_the_number_of_threads():
    root = Path(__file__).resolve().parents[3]
    printed = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "PYTHONPATH": str(root)}
        script = [sys.executable, "-c", SCRIPT.format(params=PLANCK)]
        printed.add(subprocess.run(script, env=environment, capture_output=True, text=True, check=True).stdout)
    (digest,) = printed
    assert len(digest.strip()) == 64


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"H0": 0.5}, "H0 is the value in km/s/Mpc, your value looks very small"),
        ({"ombh2": 1e-8}, "Error in Fortran called from calc_transfer: Reionization did not converge to optical depth"),
        ({"ln10As": 800.0}, "Lensing requires a realistically normalized spectrum, you have"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
@pytest.mark.filterwarnings("error")
def test_what_camb_refuses_is_the_users_error(params, reason):
    with pytest.raises(InvalidInput) as error:
        CambSpectrum(params=PLANCK | params, **QUICK).d_ell([100])
    given = ", ".join(f"{name}={value:g}" for name, value in (PLANCK | params).items())
    assert str(error.value).startswith(f"CAMB refuses {given}: {reason}")
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


def test_an_unknown_halofit_is_refused():
    with pytest.raises(InvalidInput, match="^CAMB refuses H0=67.36, .*: .*nonsense") as error:
        CambSpectrum(params=PLANCK, halofit_version="nonsense", **QUICK).d_ell([100])
    assert "\n" not in str(error.value)


def test_a_lensed_spectrum_that_is_not_a_number_is_refused_with_a_hint():
    universe = PLANCK | {"omch2": 0.0, "mnu": 0.0}
    model = CambSpectrum(params=universe, lmax=200)
    for spectrum in SPECTRA:
        with pytest.raises(InvalidInput) as error:
            model.d_ell([100], spectrum)
        message = str(error.value)
        assert message.startswith(
            f"CAMB gives no possible lensed spectrum {spectrum} for H0=67.36, ombh2=0.02237, omch2=0,"
        )
        assert message.endswith("; try lens_potential_accuracy=0")
    # The same calculation has good spectra before lensing, and the hint helps.
    unlensed = CambSpectrum(params=universe, lmax=200, lensed=False).d_ell([10, 100])
    helped = CambSpectrum(params=universe, lmax=200, lens_potential_accuracy=0).d_ell([10, 100])
    np.testing.assert_allclose(helped, unlensed, rtol=0.01)


@pytest.mark.parametrize(("lensed", "kind"), [(True, "lensed"), (False, "unlensed")])
@pytest.mark.parametrize("spectrum", ["TT", "EE"])
def test_a_power_below_zero_is_refused(lensed, kind, spectrum):
    model = CambSpectrum(params=PLANCK | {"ln10As": -10.0}, lensed=lensed, **QUICK)
    with pytest.raises(InvalidInput, match=f"^CAMB gives no possible {kind} spectrum {spectrum} for .* ns=0.9649$"):
        model.d_ell([100], spectrum)


def test_without_cold_dark_matter_spectra_are_those_of_camb_asked_directly(without_cdm):
    ell, d_ell = without_cdm
    universe = PLANCK | {"omch2": 0.0, "mnu": 0.0}
    model = CambSpectrum(params=universe, lensed=False, lmax=1600, lens_potential_accuracy=0)
    np.testing.assert_allclose(model.d_ell(ell), d_ell, rtol=2e-3)


@pytest.mark.parametrize(
    "change",
    [
        *({"params": PLANCK | {name: 1.01 * value + 0.001}} for name, value in PLANCK.items()),
        {"lensed": False},
        {"lmax": 2999},
        {"lens_potential_accuracy": 2},
        {"halofit_version": "mead"},
    ],
    ids=[*PLANCK, "lensed", "lmax", "lens_potential_accuracy", "halofit_version"],
)
def test_every_parameter_and_setting_is_part_of_the_identity(lensed, change):
    other = CambSpectrum(**({"params": PLANCK} | change)).identity()
    assert other != lensed.identity()
    assert (
        other.keys()
        == lensed.identity().keys()
        == {*PLANCK, "camb", "revision", "lensed", "lmax", "lens_potential_accuracy", "halofit_version"}
    )
    changed = [name for name, value in other.items() if value != lensed.identity()[name]]
    assert len(changed) == 1


def test_the_identity_names_camb_and_does_not_care_how_a_value_is_given(lensed, monkeypatch):
    free = CambSpectrum(params=PLANCK | {"H0": {"prior": {"min": 60, "max": 80}}}, label="other", free_amplitude=True)
    assert free.identity(H0=np.float64(67.36)) == lensed.identity() == free.identity(H0=np.array(67.36))
    assert lensed.identity()["camb"] == camb.__version__
    with pytest.raises(InvalidInput, match="^H0: not fixed by params"):
        free.identity()
    monkeypatch.setattr("solvers.cmb.camb_spectrum.version", lambda name: "0.0")
    assert lensed.identity()["camb"] == "0.0"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lmax": 99}, "lmax=99: must be from 100 to 10000"),
        ({"lmax": 10_001}, "lmax=10001: must be from 100 to 10000"),
        ({"lens_potential_accuracy": -1}, "lens_potential_accuracy=-1: must be >= 0"),
        ({"n_fitted_elsewhere": -1}, "n_fitted_elsewhere=-1: must be >= 0"),
        ({"params": PLANCK | {"H0": 0.0}}, "params.H0=0: must be > 0"),
        ({"params": PLANCK | {"omk": 1.5}}, "params.omk=1.5: must be >= -1 and <= 1"),
        ({"params": PLANCK | {"tau": 0.0}}, "params.tau=0: must be > 0 and <= 1"),
        ({"params": PLANCK | {"omch2": -0.1}}, "params.omch2=-0.1: must be >= 0"),
        ({"params": PLANCK | {"ns": None}}, "params.ns: missing, give a number or a prior"),
        (
            {"params": PLANCK | {"As": 2e-9}},
            "params.As: unknown parameter; known: H0, ln10As, mnu, ns, ombh2, omch2, omk, tau",
        ),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        CambSpectrum(**({"params": PLANCK} | settings))
    assert str(error.value) == message


_IN_ORDER = """
import hashlib, sys
from solvers.cmb.camb_spectrum import CambSpectrum
lcdm = {"H0": 67.36, "ombh2": 0.02237, "omch2": 0.12, "ln10As": 3.044, "ns": 0.9649}
models = {
    "lcdm": CambSpectrum(params=lcdm, lmax=3000),
    "baryons": CambSpectrum(params={**lcdm, "omch2": 0.0, "mnu": 0.0}, lensed=False, lens_potential_accuracy=0),
}
for name in sys.argv[1:]:
    digest = hashlib.sha256(models[name].tabulate(models[name].lmax)["TT"].tobytes()).hexdigest()
print(digest)
"""


def test_what_was_computed_before_changes_no_digit():
    """CAMB keeps tables between calculations, and interpolates in them."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", _IN_ORDER, *names],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for names in (["baryons"], ["lcdm", "baryons"])
    }
    assert len(digests) == 1
