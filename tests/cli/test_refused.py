"""What a user reads when a request is wrong: one line, exit status 2, nothing written."""

import pytest

MAIN = "+experiment=pantheon_baryons"

REFUSED = {
    "no experiment": ([], "no experiment: add +experiment=NAME"),
    "unknown experiment": (["+experiment=pantheon_baryon"], "did you mean pantheon_baryons"),
    "unknown key": ([MAIN, "models.lcdm.params.omega_n=1"], "omega_m?"),
    "unknown key, added": ([MAIN, "+catalog.z_minimum=1"], "catalog.z_minimum: unknown key; did you mean z_min"),
    "unknown parameter": ([MAIN, "+models.lcdm.params.omega_q=1"], "models.lcdm.params.omega_q: unknown parameter"),
    "unknown model": ([MAIN, "models=[lcdn]"], "models=lcdn: there is no such file in conf/models; did you mean lcdm"),
    "unknown law": ([MAIN, "law=sigmo"], "law=sigmo: there is no such file in conf/law; did you mean sigma"),
    "wrong type": ([MAIN, "catalog.z_min=low"], "catalog.z_min='low': must be a number"),
    "wrong type at the top": ([MAIN, "seed=x"], "seed='x': must be a whole number"),
    "text for a parameter": ([MAIN, "models.lcdm.params.H0=fast"], "models.lcdm.params.H0='fast': must be a number"),
    "out of range": ([MAIN, "models.sigma_baryons.params.omega_b=-1"], "omega_b=-1: must be > 0"),
    "unknown choice": ([MAIN, "law.g_dagger.form=3e"], "law.g_dagger.form='3e': must be one of 2e, 4sqrtpi, 6"),
    "reversed prior": (
        [MAIN, "models.lcdm.params.omega_m={prior: {min: 0.9, max: 0.1}}"],
        "models.lcdm.params.omega_m.prior.min=0.9: must be below max=0.1",
    ),
    "no models": ([MAIN, "models=[]"], "models: the experiment needs one"),
    "no catalogue": ([MAIN, "~catalog"], "catalog: the experiment needs one"),
    "missing class": ([MAIN, "law._target_=solvers.laws.Sigmo"], "law._target_=solvers.laws.Sigmo: cannot be imported"),
    "broken grammar": ([MAIN, "models.lcdm.params.H0=[1"], "models.lcdm.params.H0=[1"),
    "bad redshift": (["+experiment=background", "z=[0.5,-2]"], "z[1]=-2: must be > -1"),
    "missing data": ([MAIN, "catalog.path=nowhere"], "is not in the folder nowhere. Get it: python -m catalogs fetch"),
    "unpickling rerun": (["--experimental-rerun=x"], "unpickles a file"),
    "likelihoods that are not asked for": ([MAIN, "+likelihood=bao"], "likelihood: pantheon_baryons takes none"),
    "no likelihoods": (["+experiment=sn_bao", "likelihood=[]"], "likelihood: the experiment needs one"),
    "a sampler where minima are compared": (
        ["+experiment=pantheon_tgtau", "inference=emcee"],
        "choose inference=minimize",
    ),
    "bad sweep": (["-m", MAIN, "models.lcdm.params.H1=1,2"], "models.lcdm.params.H1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_request_is_one_line_and_writes_nothing(command, nothing_written, name):
    arguments, expected = REFUSED[name]
    done = command("run.py", *arguments)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    nothing_written()


def _altered(folder, small_catalog, name, change):
    for path in small_catalog.iterdir():
        content = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(change(content) if path.name == name else content, encoding="utf-8")


def _replaced(line, column, value):
    def change(content):
        rows = content.splitlines()
        words = rows[line].split()
        words[column] = value
        return "\n".join([*rows[:line], " ".join(words), *rows[line + 1 :]]) + "\n"

    return change


TABLE, COVARIANCE = "Pantheon+SH0ES.dat", "Pantheon+SH0ES_STAT+SYS.cov"
BROKEN = {
    "NaN": (TABLE, _replaced(5, 1, "nan"), "zHD must be a finite number"),
    "cut short": (TABLE, lambda text: "\n".join(text.splitlines()[:40]) + "\n", "39 rows"),
    "covariance cut short": (COVARIANCE, lambda text: text[: len(text) // 2], "must be 60*60"),
    "covariance of another size": (COVARIANCE, lambda _: "2\n1\n0\n0\n1\n", "is for 2"),
    "not positive definite": (COVARIANCE, _replaced(1 + 61 * 30, 0, "-1.0"), "not positive definite"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_data_are_one_line(command, small_catalog, tmp_path_factory, nothing_written, name):
    file, change, expected = BROKEN[name]
    folder = tmp_path_factory.mktemp("broken")
    _altered(folder, small_catalog, file, change)
    done = command("run.py", MAIN, f"catalog.path={folder}", "catalog.verify_sha256=false")
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    nothing_written()


def test_altered_data_are_refused_by_their_hash(command, small_catalog, nothing_written):
    done = command("run.py", MAIN, f"catalog.path={small_catalog}")
    assert done.returncode == 2
    assert "is altered: expected 579283 bytes" in done.stderr
    nothing_written()


def test_a_folder_that_cannot_be_made_is_one_line(command, on_small, tmp_path):
    (tmp_path / "outputs").write_text("a file where the folder should be", encoding="utf-8")
    done = command("run.py", MAIN, *on_small)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "outputs" in done.stderr


@pytest.mark.parametrize("subcommand", ["show", "plot", "verify", "rerun"])
def test_an_unreadable_run_is_one_line(command, tmp_path, subcommand):
    path = tmp_path / "run.h5"
    path.write_bytes(b"not HDF5")
    done = command("-m", "analysis", subcommand, str(path))
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_run_that_was_cut_short_is_one_line(command, small_run, tmp_path):
    content = small_run.read_bytes()
    (tmp_path / "run.h5").write_bytes(content[: len(content) // 2])
    done = command("-m", "analysis", "show", "run.h5")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_sweep_that_is_not_there_is_one_line(command):
    done = command("-m", "analysis", "sweep", "nowhere")
    assert done.returncode == 2
    assert "nowhere: no sweep" in done.stderr
