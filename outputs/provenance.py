"""Where a run comes from: versions, commit, machine."""

import importlib.metadata
import json
import platform
import subprocess
import sys
from pathlib import Path

PACKAGES = (
    "astropy",
    "camb",
    "gwpy",
    "h5netcdf",
    "h5py",
    "hydra-core",
    "iminuit",
    "numba",
    "numpy",
    "omegaconf",
    "pandas",
    "scipy",
    "xarray",
)
"""Distributions whose versions go into every file."""

HOME = Path(__file__).resolve().parent.parent


def provenance() -> dict[str, str | int]:
    """Attributes that say which code ran where."""
    commit, dirty = git_state()
    return {
        "suite_version": version("sigma-gravity"),
        "git_commit": commit,
        "git_dirty": int(dirty),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": json.dumps({name: version(name) for name in PACKAGES}),
    }


def version(distribution: str) -> str:
    """Version of an installed distribution, "not installed" if there is none."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def git_state() -> tuple[str, bool]:
    """Commit of the suite's own checkout and whether tracked files differ from it ("" outside a checkout)."""
    if not (HOME / ".git").exists():
        return "", False
    commands = (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
    try:
        commit, changes = (
            subprocess.run(
                ["git", "-C", str(HOME), *command],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout
            for command in commands
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"warning: the git state is not recorded ({error})", file=sys.stderr)
        return "", False
    return commit.strip(), bool(changes.strip())
