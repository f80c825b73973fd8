"""The door: a run from the command line, its file, and the commands that read it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis import open_run, open_sweep

ROOT = Path(__file__).resolve().parents[2]
MAIN = "+experiment=pantheon_baryons"
OMEGA_B = "models.sigma_baryons.params.omega_b"


def test_a_run_prints_its_path_last_and_draws_its_figure(command, on_small, tmp_path):
    done = command("run.py", MAIN, *on_small, "figure=true")
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.splitlines()[-1])
    assert path.name == "run.h5"
    assert path.parent.parent == tmp_path / "outputs" / "runs" / "pantheon_baryons"
    assert (path.parent / "hubble_diagram.png").stat().st_size > 10_000
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["hubble_diagram.png", "run.h5"]


def test_help_lists_every_experiment_with_a_line(command):
    done = command("run.py", "--help")
    assert done.returncode == 0
    for path in (ROOT / "conf" / "experiment").glob("*.yaml"):
        line = path.read_text(encoding="utf-8").splitlines()[1].lstrip("# ")
        assert path.stem in done.stdout
        assert line in done.stdout


def test_the_commands_on_a_finished_run(command, small_run, tmp_path):
    shown = command("-m", "analysis", "show", str(small_run))
    assert shown.returncode == 0, shown.stderr
    assert "sigma_baryons" in shown.stdout
    plotted = command("-m", "analysis", "plot", str(small_run), "--out", str(tmp_path))
    names = {Path(line).name for line in plotted.stdout.splitlines()}
    figures = ("hubble_diagram", "chi2_profile", "expansion_history")
    assert names == {f"{name}.{suffix}" for name in figures for suffix in ("png", "pdf")}
    again = command("-m", "analysis", "rerun", str(small_run))
    assert again.returncode == 0, again.stdout
    assert "every number agrees, bit for bit" in again.stdout


@pytest.fixture
def sweep(command, on_small, tmp_path):
    """Run a sweep of the main experiment and return its exit status, its streams and its folder."""

    def _sweep(*arguments):
        done = command("run.py", "-m", MAIN, *on_small, "profile=[]", *arguments)
        folders = sorted((tmp_path / "outputs" / "sweeps" / "pantheon_baryons").iterdir())
        return done, folders[-1]

    return _sweep


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_sweep_is_one_dataset_with_the_swept_key_as_dimension(sweep, launcher):
    done, folder = sweep(f"hydra/launcher={launcher}", f"{OMEGA_B}=0.03,0.05", "law.g_dagger.form=2e,6")
    assert done.returncode == 0, done.stderr
    dataset = open_sweep(folder)
    assert dataset.sizes[OMEGA_B] == 2
    assert list(dataset["law.g_dagger.form"].values) == ["2e", "6"]
    assert dataset["chi2"].notnull().all()
    cell = next(folder.glob("omega_b=0.05,form=6-*/run.h5"))
    chi2 = open_run(cell)["models/sigma_baryons/chi2"].item()
    assert dataset["chi2"].sel({OMEGA_B: 0.05, "law.g_dagger.form": "6", "model": "sigma_baryons"}).item() == chi2


def test_launchers_give_the_same_bits(sweep):
    hashes = []
    for launcher in ("basic", "joblib"):
        _, folder = sweep(f"hydra/launcher={launcher}", f"{OMEGA_B}=0.03,0.05")
        hashes.append([open_run(path).attrs["result_hash"] for path in sorted(folder.glob("*/run.h5"))])
    assert hashes[0] == hashes[1]


def test_a_failed_cell_is_printed_kept_and_named_and_the_others_finish(sweep):
    done, folder = sweep(f"{OMEGA_B}=0.03,-1,0.05")
    assert done.returncode == 1
    assert f"{OMEGA_B}=-1: must be > 0" in done.stderr
    assert "1 cells not finished: omega_b=-1-" in done.stderr
    (failed,) = folder.glob("omega_b=-1-*")
    assert "Traceback" in (failed / "traceback.txt").read_text(encoding="utf-8")
    assert not (failed / "run.h5").exists()
    dataset = open_sweep(folder)
    assert list(dataset["status"].values) == ["failed", "done", "done"]
    assert dataset["chi2"].sel({OMEGA_B: -1.0}).isnull().all()


def test_resume_computes_only_what_is_not_finished(sweep):
    _, first = sweep(f"{OMEGA_B}=0.03,0.05")
    done, second = sweep(f"{OMEGA_B}=0.03,0.05,0.07", "resume=true")
    assert done.stdout.count("finished before") == 2
    assert open_sweep(second).sizes[OMEGA_B] == 3
    shared = next(first.glob("omega_b=0.03-*/run.h5"))
    linked = next(second.glob("omega_b=0.03-*/run.h5"))
    assert shared.samefile(linked)
    again, _ = sweep(f"{OMEGA_B}=0.03,0.05")
    assert "finished before" not in again.stdout


def test_a_changed_setting_is_another_content(sweep):
    sweep(f"{OMEGA_B}=0.03,0.05")
    done, _ = sweep(f"{OMEGA_B}=0.03,0.05", "resume=true", "catalog.z_min=0.05")
    assert "finished before" not in done.stdout


def test_a_swept_launcher_that_would_be_ignored_is_refused(monkeypatch, tmp_path):
    from outputs import sweep as module

    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "a.yaml").write_text(
        "defaults:\n  - override /hydra/launcher: joblib\n", encoding="utf-8"
    )
    monkeypatch.setattr("outputs.request.CONF", tmp_path)
    from omegaconf import OmegaConf

    config = OmegaConf.create(
        {"hydra": {"overrides": {"task": ["+experiment=a,b"], "hydra": []}, "sweep": {"dir": "x"}}}
    )
    with pytest.raises(SystemExit) as stop:
        module.Door().on_multirun_start(config)
    assert stop.value.code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_interrupt_keeps_finished_cells_and_leaves_no_part(on_small, tmp_path):
    arguments = [sys.executable, str(ROOT / "run.py"), "-m", MAIN, *on_small, f"{OMEGA_B}=range(0.01,0.09,0.001)"]
    process = subprocess.Popen(
        arguments,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has them ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60.0
    while not list(tmp_path.rglob("run.h5")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "interrupted" in errors
    assert "Traceback" not in errors
    finished = list(tmp_path.rglob("run.h5"))
    assert finished
    assert all(open_run(path).attrs["schema_version"] == 1 for path in finished)
    assert not list(tmp_path.rglob(".run.h5.*"))


def test_overrides_are_recorded(small_run):
    assert json.loads(open_run(small_run).attrs["overrides"])[0] == MAIN


def test_a_law_of_ones_own_is_one_class_and_one_target(command, on_small, tmp_path):
    module = tmp_path / "my_laws.py"
    module.write_text(
        "from dataclasses import dataclass\nfrom solvers.laws import Law\n\n\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Steep(Law):\n"
        "    def h(self, x):\n        return 1.0 / (1.0 + x) ** 2\n",
        encoding="utf-8",
    )
    env = {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
    done = command("run.py", MAIN, *on_small, "profile_points=5", "law._target_=my_laws.Steep", env=env)
    assert done.returncode == 0, done.stderr
    path = done.stdout.splitlines()[-1]
    refused = command("-m", "analysis", "rerun", path, env=env)
    assert refused.returncode == 2
    assert "law._target_=my_laws.Steep: not defined in sims, solvers, catalogs" in refused.stderr
    allowed = command("-m", "analysis", "rerun", path, "--allow", "my_laws", env=env)
    assert allowed.returncode == 0, allowed.stderr + allowed.stdout


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), ValueError("no number")], ids=type)
def test_an_interrupt_that_a_library_has_wrapped_is_still_one(capsys, cause):
    from hydra.errors import HydraException

    from outputs import door

    def main():
        try:
            raise cause
        except BaseException as error:
            raise HydraException("composition failed") from error

    assert door._status(main) == (130 if isinstance(cause, KeyboardInterrupt) else 2)
    assert ("interrupted" in capsys.readouterr().err) == isinstance(cause, KeyboardInterrupt)
