"""Fixtures that more than one room needs: a cache of their own, catalogues, configurations, the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig
from xarray import DataTree

import outputs.door  # noqa: F401  (registers the resolvers of conf/config.yaml)
from outputs.file import write_run
from outputs.request import CONF, execute, prepare

ROOT = Path(__file__).resolve().parent.parent
N_SMALL = 60


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory) -> Iterator[Path]:
    """A folder for what tests compute; data that were fetched to the user's cache are found in it as links."""
    from outputs.remembered import cache_folder

    folder = tmp_path_factory.mktemp("cache")
    for fetched in cache_folder().glob("*"):
        if fetched.is_dir() and fetched.name != "computed":
            (folder / fetched.name).symlink_to(fetched, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGMA_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def small_catalog(tmp_path_factory) -> Path:
    """A folder with a made-up Pantheon+ of 60 rows, drawn from flat ΛCDM with Om0 = 0.3."""
    from astropy.cosmology import FlatLambdaCDM

    folder = tmp_path_factory.mktemp("pantheon")
    rng = np.random.default_rng(7)
    z = np.sort(rng.uniform(0.015, 1.5, N_SMALL))
    mixing = rng.normal(size=(N_SMALL, 10)) * 0.02
    covariance = mixing @ mixing.T + np.diag(rng.uniform(0.08, 0.15, N_SMALL) ** 2)
    modulus = FlatLambdaCDM(70.0, 0.3).distmod(z).value
    magnitude = modulus - 19.25 + np.linalg.cholesky(covariance) @ rng.normal(size=N_SMALL)
    error = np.sqrt(np.diagonal(covariance))
    columns = "CID zHD zCMB zHEL m_b_corr m_b_corr_err_DIAG MU_SH0ES MU_SH0ES_ERR_DIAG IS_CALIBRATOR"
    rows = [columns]
    for i in range(N_SMALL):
        numbers = (z[i], z[i], z[i] + 1e-4, magnitude[i], error[i], magnitude[i] + 19.253, error[i])
        rows.append(f"SN{i} " + " ".join(f"{x:.8f}" for x in numbers) + f" {int(i < 2)}")
    (folder / "Pantheon+SH0ES.dat").write_text("\n".join(rows) + "\n", encoding="utf-8")
    values = "\n".join(f"{x:.10f}" for x in covariance.ravel())
    (folder / "Pantheon+SH0ES_STAT+SYS.cov").write_text(f"{N_SMALL}\n{values}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def on_small(small_catalog) -> list[str]:
    """Overrides that put an experiment on the small catalogue."""
    return [f"catalog.path={small_catalog}", "catalog.verify_sha256=false", "figure=false"]


@pytest.fixture(scope="session")
def composed() -> Callable[..., DictConfig]:
    """Compose a configuration in this process."""

    def _composed(*overrides: str) -> DictConfig:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose("config", overrides=list(overrides))

    return _composed


@pytest.fixture(scope="session")
def small_run(composed, on_small, tmp_path_factory) -> Path:
    """A finished run of the main experiment on the small catalogue."""
    folder = tmp_path_factory.mktemp("run")
    overrides = ["+experiment=pantheon_baryons", *on_small, "profile_points=9"]
    return write_run(execute(prepare(composed(*overrides)), overrides), folder)


@pytest.fixture(scope="session")
def executed(composed, on_small) -> Callable[..., DataTree]:
    """Answer an experiment in this process, once for equal overrides; supernovae are the small catalogue."""
    answered: dict[tuple[str, ...], DataTree] = {}

    def _executed(experiment: str, *overrides: str) -> DataTree:
        key = (experiment, *overrides)
        if key not in answered:
            local = on_small if experiment.startswith("pantheon") else []
            typed = [f"+experiment={experiment}", *local, *overrides]
            answered[key] = execute(prepare(composed(*typed)), typed)
        return answered[key]

    return _executed


@pytest.fixture
def command(tmp_path) -> Callable[..., subprocess.CompletedProcess]:
    """Run a command of the suite in an empty folder: `command("run.py", …)` or `command("-m", "analysis", …)`."""

    def _command(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
        script = [str(ROOT / "run.py"), *arguments[1:]] if arguments[0] == "run.py" else arguments
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(env or {})}
        return subprocess.run(
            [sys.executable, *script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )

    return _command


@pytest.fixture(scope="session")
def loaded() -> Callable:
    """The data of a catalogue; without its files a test skips with the line that says how to get them, or fails."""
    from catalogs.errors import DataError

    def _loaded(catalog):
        try:
            return catalog.load()
        except DataError as error:
            if os.environ.get("SIGMA_REQUIRE_DATA") == "1":
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))

    return _loaded


@pytest.fixture(scope="session")
def pantheon_plus(loaded):
    """The real supernovae."""
    from catalogs.pantheon_plus import PantheonPlus

    loaded(PantheonPlus())
    return PantheonPlus


@pytest.fixture(scope="session")
def plik_lite(loaded):
    """Planck's real bandpowers."""
    from catalogs.plik_lite import PlikLite

    loaded(PlikLite())
    return PlikLite


def written(folder: Path) -> list[str]:
    """Every file and folder below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def nothing_written(tmp_path) -> Callable[[], None]:
    """Assert that a command left nothing in its folder."""

    def _nothing_written() -> None:
        assert json.dumps(written(tmp_path)) == "[]"

    return _nothing_written
