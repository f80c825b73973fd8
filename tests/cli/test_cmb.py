"""The CMB from the command line: requests that cannot be answered are one line; CAMB is called once for all."""

from pathlib import Path

import pytest

from analysis import open_run, open_sweep

ROOT = Path(__file__).resolve().parents[2]
PEAKS, POLARIZATION = "+experiment=cmb_peaks", "+experiment=cmb_polarization"
SPECTRUM, SCALING = "+experiment=cmb_spectrum", "+experiment=coherence_scaling"

REFUSED = {
    "spectra that end too low": (
        [PEAKS, "models.lcdm_cmb.lmax=1500"],
        "models.lcdm_cmb: lmax=1500: D_ell is asked for at 2508; raise lmax",
    ),
    "centres that turn back": (
        [PEAKS, "models.sigma_peaks.params.compression=0.2"],
        "models.sigma_peaks.params.compression=0.2: the centres of 8 modes turn back, must be < 0.166667",
    ),
    "models of another kind": (
        [PEAKS, "models=[lcdm]"],
        "models.lcdm: is no CmbModel, which cmb_peaks is about; choose of baryons_cmb, lcdm_cmb, lcdm_cmb_unlensed, "
        "sigma_peaks, sigma_peaks_narrow, sigma_peaks_optimum, sigma_peaks_scaled",
    ),
    "spectra where distances are asked for": (
        ["+experiment=background", "models=[lcdm_cmb]"],
        "models.lcdm_cmb: is no Background, which background is about; choose of",
    ),
    "no template": (
        [PEAKS, "models=[sigma_peaks]"],
        "sim.template=lcdm_cmb: must be one of the models, without a scan",
    ),
    "a search from one point": (
        [PEAKS, "inference=minimize"],
        "inference: the objective has several minima, choose inference=differential_evolution",
    ),
    "supernovae": (
        [PEAKS, "catalog=pantheon_plus"],
        "catalog: holds no CMB bandpowers (spectrum, ell, bandpower, window missing); choose catalog=plik_lite",
    ),
    "supernovae where the spectrum is asked for": (
        [SPECTRUM, "catalog=pantheon_plus", "models=[sigma_peaks_optimum]"],
        "catalog: holds no CMB bandpowers",
    ),
    "no data": (
        [PEAKS, "catalog.path=nowhere"],
        "is not in the folder nowhere. Get it: python -m catalogs fetch plik_lite --path nowhere",
    ),
    "an unknown spectrum": (
        [PEAKS, "catalog.spectra=[XX]"],
        "catalog.spectra=['XX']: must be a list of at least one of TT, TE, EE, each once",
    ),
    "no temperature": ([PEAKS, "catalog.spectra=[EE]"], "catalog: holds EE, the heights of the peaks need TT"),
    "targets of other lengths": (
        [PEAKS, "peak_objective.ell=[220,537]"],
        "peak_objective.height: 7 of them for 2 ell; lengths must agree",
    ),
    "fewer modes than targets": (
        [PEAKS, "models.sigma_peaks.n_modes=5"],
        "models.sigma_peaks.n_modes=5: the objective compares 7 peaks, one mode each",
    ),
    "one edge": ([PEAKS, "sim.edges=[100]"], "sim.edges=[100.0]: must be two multipoles, the lower one first"),
    "a monopole": ([POLARIZATION, "sim.ell=[1.0]"], "sim.ell[0]=1: must be >= 2 and <= 2000"),
    "no maximum": ([POLARIZATION, "sim.n_maxima=0"], "sim.n_maxima=0: must be >= 1"),
    "temperature alone": (
        [POLARIZATION, "models=[sigma_peaks_optimum,lcdm_cmb]"],
        "models.sigma_peaks_optimum: predicts no EE, TE, BB",
    ),
    "a negative size": (
        [SCALING, "points.cmb.size=-1"],
        "points.cmb.size=-1: must be a number > 0 (Mpc)",
    ),
    "a key of points that is none": (
        [SCALING, "+points.cmb.sise=1"],
        "points.cmb.sise: unknown key; did you mean size?",
    ),
    "a design that is no power of two": (
        [SPECTRUM, "models=[sigma_peaks_optimum]", "inference.points=1000"],
        "inference.points=1000: must be a power of two",
    ),
    "more starts than points": (
        [SPECTRUM, "models=[sigma_peaks_optimum]", "inference.points=8"],
        "inference.starts=24: must be from 1 to points=8",
    ),
    "a population of nobody": ([PEAKS, "inference.population=0"], "inference.population=0: must be >= 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_request_is_one_line_and_writes_nothing(command, nothing_written, plik_lite, name):
    arguments, expected = REFUSED[name]
    done = command("run.py", *arguments)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    nothing_written()


def test_least_squares_without_residuals_is_one_line(command, on_small, nothing_written):
    done = command("run.py", "+experiment=pantheon_baryons", *on_small, "inference=least_squares")
    assert done.returncode == 2
    assert "inference: these data have no residuals to square, choose inference=minimize" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    nothing_written()


COUNTING = '''"""Loaded by every Python process: each call of CAMB is a line in a file."""

import os

import camb

_get_results = camb.get_results


def get_results(*arguments, **settings):
    with open(os.environ["CAMB_CALLS"], "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\\n")
    return _get_results(*arguments, **settings)


camb.get_results = get_results
'''


@pytest.fixture
def counted(command, plik_lite, tmp_path_factory):
    """Run a command with a cache of its own, empty at first; return it and how often it has called CAMB."""
    folder = tmp_path_factory.mktemp("counted")
    (folder / "sitecustomize.py").write_text(COUNTING, encoding="utf-8")
    calls = folder / "calls"
    environment = {"PYTHONPATH": f"{ROOT}:{folder}", "CAMB_CALLS": str(calls), "SIGMA_CACHE_DIR": str(folder / "cache")}

    def _counted(*arguments):
        calls.write_text("", encoding="utf-8")
        done = command(*arguments, env=environment)
        assert done.returncode == 0, done.stderr
        return done, len(calls.read_text(encoding="utf-8").splitlines())

    return _counted


A_HIGH, OMCH2 = "models.sigma_peaks.params.a_high", "models.lcdm_cmb.params.omch2"
SMALL = [PEAKS, "models=[sigma_peaks,lcdm_cmb]", "inference.population=3", "figure=false"]


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_sweep_of_the_peak_model_calls_camb_once(counted, tmp_path, launcher):
    values = [0.35, 0.36, 0.37, 0.38]
    swept = f"{A_HIGH}={','.join(map(str, values))}"
    _, calls = counted("run.py", "-m", *SMALL, f"hydra/launcher={launcher}", swept)
    assert calls == 1
    (folder,) = (tmp_path / "outputs" / "sweeps" / "cmb_peaks").iterdir()
    assert set(open_sweep(folder)["status"].values) == {"done"}
    cells = [open_run(path) for path in sorted(folder.glob("*/run.h5"))]
    objectives = [cell["models/sigma_peaks/objective"].item() for cell in cells]
    assert objectives == sorted(objectives)
    assert len({cell["models/lcdm_cmb/d_ell_TT"].values.tobytes() for cell in cells}) == 1


def test_another_process_calls_camb_for_what_is_new_only(counted):
    alone = [PEAKS, "models=[lcdm_cmb]", "models.lcdm_cmb.lens_potential_accuracy=0", "figure=false"]
    _, first = counted("run.py", *alone)
    done, second = counted("run.py", *alone, "seed=3")
    assert (first, second) == (1, 0)
    assert open_run(done.stdout.splitlines()[-1])["models/lcdm_cmb/maximum_ell"].size == 7
    _, swept = counted("run.py", "-m", *alone, f"{OMCH2}=0.115,0.12")
    assert swept == 1


def test_a_run_prints_its_notes_and_is_run_again_bit_for_bit(command, plik_lite):
    done = command("run.py", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "8 of 11 fitted parameters end at a bound of their range" in done.stdout
    assert "13 + 1 parameters" in done.stdout
    assert "is not in Planck" in done.stdout
    again = command("-m", "analysis", "rerun", done.stdout.splitlines()[-1])
    assert again.returncode == 0, again.stdout + again.stderr
    assert "every number agrees, bit for bit" in again.stdout
