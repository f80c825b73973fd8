"""Rotation curves at the door: requests that are refused in one line, and runs that are run again bit for bit."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from analysis import open_run
from catalogs.files import find
from catalogs.sparc import Sparc
from catalogs.sparc_files import TABLE

RAR, FITS = (f"+experiment=sparc_{name}" for name in ("rar", "fits"))
NEAREST = "no galaxy 'NGC2430' in MasterSheet_SPARC.mrt; did you mean NGC2403 or NGC4389 or NGC4183?"
NONE_OF_THESE = "catalog: holds no rotation curves (galaxy_index, radius, v_obs, v_obs_err, v_gas, v_disk, v_bulge, "
FIXED = "models.rotation_sigma: needs free parameters, such as rotation_sigma_fit; scans are not fitted"
SCAN = "{scan: {min: 0, max: 3, num: 4}}"

REFUSED = {
    "no disk": ([RAR, "baryons.paper.upsilon_disk=0"], "baryons.paper.upsilon_disk=0.0: must be > 0"),
    "a negative bulge": ([FITS, "baryons.paper.upsilon_bulge=-1"], "baryons.paper.upsilon_bulge=-1.0: must be > 0"),
    "unknown squares": (
        [RAR, "baryons.paper.squares=foo"],
        "baryons.paper.squares='foo': must be one of signed, unsigned",
    ),
    "an unknown policy": (
        [RAR, "baryons.recommended.negative=keep"],
        "baryons.recommended.negative='keep': must be one of drop_galaxy, drop_points, clip",
    ),
    "an unknown key of the baryons": (
        [RAR, "+baryons.paper.upsilon_gas=1"],
        "baryons.paper.upsilon_gas: unknown key",
    ),
    "no baryons": ([RAR, "~baryons"], "baryons: the experiment needs one"),
    "an unknown galaxy": ([RAR, "catalog.galaxies=[NGC2430]"], NEAREST),
    "an unknown galaxy to fit": ([FITS, "catalog.galaxies=[DDO154,NGC2430]"], NEAREST),
    "no galaxy left": ([RAR, "catalog.galaxies=[UGC01281]"], "baryons: no galaxy is left (negative=drop_galaxy)"),
    "a free parameter": (
        [RAR, "models=[rotation_sigma_fit]"],
        "models.rotation_sigma_fit.params.amplitude: give a number; +experiment=sparc_fits fits galaxies",
    ),
    "a scanned parameter": (
        [RAR, f"models.rotation_sigma.params.sigma_v={SCAN}"],
        "models.rotation_sigma.params.sigma_v: give a number; +experiment=sparc_fits fits galaxies",
    ),
    "nothing to fit": ([FITS, "models=[rotation_sigma]"], FIXED),
    "no parameters at all": ([FITS, "models=[rotation_newton]"], FIXED.replace("rotation_sigma:", "rotation_newton:")),
    "a scan beside a fit": (
        [FITS, f"models.rotation_sigma_fit.params.xi={SCAN}"],
        FIXED.replace("rotation_sigma:", "rotation_sigma_fit:"),
    ),
    "another kind of model": ([RAR, "models=[lcdm]"], "models.lcdm: is no RotationModel, which sparc_rar is about; "),
    "another kind to fit": ([FITS, "models=[lcdm]"], "models.lcdm: is no RotationModel, which sparc_fits is about; "),
    "no models": ([RAR, "models=[]"], "models: the experiment needs one; choose models=NAME"),
    "supernovae": ([RAR, "catalog=pantheon_plus"], f"{NONE_OF_THESE}name, r_disk missing); try sparc"),
    "supernovae to fit": ([FITS, "catalog=pantheon_plus"], f"{NONE_OF_THESE}name, r_disk missing); try sparc"),
    "an unknown kiloparsec": ([RAR, "sim.kiloparsec=foo"], "sim.kiloparsec='foo': must be one of astropy, published"),
    "an unknown kiloparsec to fit": (
        [FITS, "sim.kiloparsec=foo"],
        "sim.kiloparsec='foo': must be one of astropy, published",
    ),
    "a negative amplitude": (
        [RAR, "models.rotation_sigma.params.amplitude=-1"],
        "models.rotation_sigma.params.amplitude=-1: must be >= 0",
    ),
    "too much coherence": (
        [RAR, "models.rotation_sigma.params.coherence=1.5"],
        "models.rotation_sigma.params.coherence=1.5: must be >= 0 and <= 1",
    ),
    "an unknown parameter": (
        [RAR, "+models.rotation_sigma.params.xi=2"],
        "models.rotation_sigma.params.xi: unknown parameter",
    ),
    "no end of a range": (
        [FITS, "models.rotation_sigma_fit.params.xi.prior.min=0"],
        "models.rotation_sigma_fit.params.xi.prior.min=0: must be > 0 for a loguniform prior",
    ),
    "a grid of one point": ([FITS, "fit.points=1"], "fit.points=1: must be >= 2"),
    "half a start": ([FITS, "fit.starts=1.5"], "fit.starts=1.5: must be a whole number"),
    "a negative floor": ([FITS, "fit.error_floor=-1"], "fit.error_floor=-1.0: must be >= 0"),
    "no resamples": ([FITS, "catalog.galaxies=[DDO154]", "sim.n_resamples=0"], "n_resamples=0: must be >= 1"),
    "a folder without files": ([RAR, "catalog.path=nowhere"], "MasterSheet_SPARC.mrt (28259 bytes, sha256 "),
    "a sample of no galaxies": ([RAR, "catalog=sparc_synthetic", "catalog.n_galaxies=0"], "n_galaxies=0: must be > 0"),
}


@pytest.fixture(scope="module", autouse=True)
def sparc(loaded):
    return loaded(Sparc())


@pytest.fixture
def door(monkeypatch, capsys, tmp_path):
    """The door in this process, in an empty folder; a process of its own takes seconds to import."""
    import run
    from outputs import door as room

    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")

    def _door(*arguments):
        monkeypatch.setattr(sys, "argv", ["run.py", *arguments])
        status = room.enter(run.main)
        return status, *capsys.readouterr()

    return _door


@pytest.fixture(scope="session")
def copied(tmp_path_factory):
    """A copy of the data that may be broken."""
    folder, table = tmp_path_factory.mktemp("sparc"), find(TABLE)
    shutil.copyfile(table, folder / table.name)
    shutil.copytree(table.parent / "rotmod", folder / "rotmod", copy_function=shutil.copyfile)
    os.chmod(folder / "rotmod", 0o755)
    return folder


def refused(door, *arguments):
    """The one line of a request that leaves nothing behind."""
    status, out, err = door(*arguments)
    assert status == 2, err
    assert len(err.strip().splitlines()) == 1
    assert out == ""
    assert list(Path.cwd().iterdir()) == []
    return err


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_request_is_one_line_and_writes_nothing(door, name):
    arguments, expected = REFUSED[name]
    assert expected in refused(door, *arguments)


@pytest.mark.parametrize(
    ("experiment", "column", "word", "message"),
    [
        (RAR, 2, "x", "errV must be a finite number > 0, not x"),
        (RAR, 3, "nan", "Vgas must be a finite number, not nan"),
        (FITS, 0, "-1.0", "Rad must be a finite number > 0, not -1.0"),
    ],
)
def test_a_malformed_curve_names_file_line_and_column(door, copied, experiment, column, word, message):
    path = copied / "rotmod" / "DDO154_rotmod.dat"
    whole = path.read_text(encoding="utf-8")
    lines = whole.splitlines()
    number = next(i for i, line in enumerate(lines) if not line.startswith("#")) + 2
    words = lines[number].split()
    words[column] = word
    lines[number] = " ".join(words)
    own = ("catalog.verify_sha256=false", f"catalog.path={copied}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        err = refused(door, experiment, *own)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert f"DDO154_rotmod.dat: line {number + 1}: {message}" in err


def test_a_row_that_is_cut_short_names_its_line(door, copied):
    path = copied / "rotmod" / "NGC2403_rotmod.dat"
    whole = path.read_text(encoding="utf-8")
    lines = whole.splitlines()
    lines[-1] = " ".join(lines[-1].split()[:5])
    own = ("catalog.verify_sha256=false", f"catalog.path={copied}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        err = refused(door, RAR, *own)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert f"NGC2403_rotmod.dat: line {len(lines)} has 5 values, must be 8" in err


def test_an_altered_file_is_refused_where_hashes_are_checked(door, copied):
    path = copied / "rotmod" / "NGC2403_rotmod.dat"
    whole = path.read_text(encoding="utf-8")
    try:
        path.write_text(whole + "# mine\n", encoding="utf-8")
        assert "NGC2403_rotmod.dat" in refused(door, RAR, f"catalog.path={copied}")
    finally:
        path.write_text(whole, encoding="utf-8")


def test_fits_are_run_again_bit_for_bit(door, command):
    status, out, err = door(FITS, "catalog.galaxies=[DDO154,NGC2403,UGCA442]", "figure=false")
    assert status == 0, err
    path = out.splitlines()[-1]
    assert list(open_run(path)["data"]["name"].values) == ["DDO154", "NGC2403", "UGCA442"]
    again = command("-m", "analysis", "rerun", str(Path(path).resolve()))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "every number agrees, bit for bit" in again.stdout


def test_a_run_shows_counts_with_both_labels(door):
    status, out, err = door(RAR, "models=[rotation_sigma,rotation_sigma_2e]", "figure=false")
    assert status == 0, err
    assert "rotation_sigma 153-21 rotation_sigma_2e" in out
