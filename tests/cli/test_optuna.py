"""A search with Optuna's sweeper: its best value, its dataset, trials that fail."""

import numpy as np
import pytest
import yaml

from analysis import open_run, open_sweep

pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")

OMEGA_M = "models.lcdm.params.omega_m"
CHI2 = "objective=models/lcdm/chi2"


@pytest.fixture
def search(command, on_small, tmp_path):
    """Search with the seeded random sampler; return the finished command and the sweep's folder, if there is one."""

    def _search(n_trials, *arguments):
        sweeper = ["hydra/sweeper=optuna", "hydra/sweeper/sampler=random", "hydra.sweeper.sampler.seed=1"]
        sweeper += [f"hydra.sweeper.n_trials={n_trials}", "hydra.sweeper.n_jobs=1"]
        experiment = ["+experiment=pantheon_baryons", "models=[lcdm]", "profile=[]", *on_small]
        done = command("run.py", "-m", *experiment, *sweeper, *arguments)
        folders = sorted((tmp_path / "outputs" / "sweeps" / "pantheon_baryons").glob("*"))
        return done, folders[-1] if folders else None

    return _search


def _best(folder):
    return yaml.safe_load((folder / "optimization_results.yaml").read_text(encoding="utf-8"))


def test_the_best_trial_is_that_of_the_lowest_objective(search):
    done, folder = search(6, f"{OMEGA_M}=interval(0.1,0.6)", CHI2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(folder)
    dataset = open_sweep(folder)
    assert dataset["status"].dims == ("cell",)
    assert dataset.sizes == {"cell": 6, "model": 1}
    assert set(dataset["status"].values) == {"done"}
    chi2 = dataset["chi2"].sel(model="lcdm")
    best = _best(folder)
    assert best["best_value"] == chi2.min().item()
    assert best["best_params"] == {OMEGA_M: dataset[OMEGA_M][int(np.argmin(chi2.values))].item()}
    omega_m = dataset[OMEGA_M].values
    assert len(np.unique(omega_m)) == 6
    assert np.all((omega_m >= 0.1) & (omega_m <= 0.6))
    for i, path in enumerate(sorted(folder.glob("*/run.h5"))):
        assert open_run(path)["models/lcdm/chi2"].item() == chi2[i].item()

    again, resumed = search(6, f"{OMEGA_M}=interval(0.1,0.6)", CHI2, "resume=true")
    assert again.stdout.count("finished before") == 6
    assert _best(resumed) == best


def test_a_trial_that_fails_is_the_worst_and_one_asked_for_twice_is_computed_once(search):
    done, folder = search(5, f"{OMEGA_M}=choice(-1,0.3)", CHI2, "hydra.sweeper.direction=maximize")
    assert done.returncode == 1
    assert f"{OMEGA_M}=-1: must be >= 0" in done.stderr
    dataset = open_sweep(folder)
    assert list(dataset[OMEGA_M].values) == [-1.0, 0.3]
    assert list(dataset["status"].values) == ["failed", "done"]
    assert dataset["chi2"].sel(model="lcdm")[0].isnull()
    assert _best(folder)["best_value"] == dataset["chi2"].max().item()
    assert done.stdout.count("finished before") == 5 - 1 - done.stderr.count("failed: omega_m=-1")


def test_an_objective_that_is_not_there_fails_the_cell_and_keeps_its_run(search):
    done, folder = search(1, f"{OMEGA_M}=interval(0.1,0.6)", "objective=models/lcdm/chi3")
    assert done.returncode == 1
    assert "objective=models/lcdm/chi3: the run has no such variable; did you mean models/lcdm/chi2" in done.stderr
    assert "1 cells not finished" in done.stderr
    assert _best(folder)["best_value"] == np.inf
    (cell,) = (path.parent for path in folder.glob("*/traceback.txt"))
    assert (cell / "run.h5").exists()
    again, _ = search(1, f"{OMEGA_M}=interval(0.1,0.6)", CHI2, "resume=true")
    assert again.returncode == 0
    assert "finished before" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "objective=null: the sweeper needs the path of a number in the run"),
        ([CHI2, "hydra.sweeper.direction=[minimize,maximize]"], "hydra.sweeper.direction=['minimize', 'maximize']"),
    ],
)
def test_a_search_for_nothing_is_refused_before_it_begins(search, arguments, expected):
    done, folder = search(2, f"{OMEGA_M}=interval(0.1,0.6)", *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert folder is None
