"""A chain that was killed goes on with `resume=true` and ends as if nothing had happened."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from analysis import open_run

ROOT = Path(__file__).resolve().parents[2]
CHAIN = [
    "+experiment=pantheon_baryons",
    "models=[wcdm]",
    "profile=[]",
    "inference=emcee",
    "inference.block=50",
    "inference.max_steps=2000",
    "inference.n_autocorrelation=1000",
]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_chain_resumes_bit_for_bit(command, on_small, tmp_path):
    arguments = [sys.executable, str(ROOT / "run.py"), *CHAIN, *on_small]
    process = subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120.0
    while not list(tmp_path.glob("outputs/unfinished/*/wcdm.h5")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert list(tmp_path.glob("outputs/unfinished/*/wcdm.h5"))
    assert not list(tmp_path.rglob("run.h5"))

    resumed = command("run.py", *CHAIN, *on_small, "resume=true")
    assert resumed.returncode == 0, resumed.stderr
    assert not (tmp_path / "outputs" / "unfinished").exists()
    whole = command("run.py", *CHAIN, *on_small)
    first, second = (open_run(done.stdout.splitlines()[-1]) for done in (resumed, whole))
    for name in ("omega_m", "w0"):
        chains = [run[f"models/wcdm/posterior/{name}"].values for run in (first, second)]
        np.testing.assert_array_equal(*chains)
    assert first.attrs["result_hash"] == second.attrs["result_hash"]


def test_without_resume_an_unfinished_chain_is_left_alone(command, on_small, tmp_path):
    left = tmp_path / "outputs" / "unfinished" / "0123456789.1"
    left.mkdir(parents=True)
    (left / "wcdm.h5").write_bytes(b"a chain")
    short = [text.replace("max_steps=2000", "max_steps=50") for text in CHAIN]
    assert command("run.py", *short, *on_small).returncode == 0
    assert (left / "wcdm.h5").read_bytes() == b"a chain"
