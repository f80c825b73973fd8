"""Configuration files that cannot change under a running sweep: Hydra reads them again for every cell."""

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

from outputs.remembered import cache_folder
from outputs.request import CONF


def frozen_conf(arguments: list[str]) -> str:
    """The folder that Hydra composes from: `conf/`, or for a sweep a copy that later edits cannot reach.

    Parameters
    ----------
    arguments : list of str
        The command line.
    """
    if not {"-m", "--multirun"} & set(arguments):
        return str(CONF)
    files = [path for path in sorted(CONF.rglob("*")) if path.suffix in (".yaml", ".py")]
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(CONF)).encode() + path.read_bytes())
    name = f"conf-{digest.hexdigest()[:16]}"
    try:
        return str(_copy(files, cache_folder() / name))
    except OSError:
        # No place that lasts: the copy still outlives this sweep's cells.
        return str(_copy(files, Path(tempfile.mkdtemp()) / name))


def _copy(files: list[Path], frozen: Path) -> Path:
    if frozen.is_dir():
        return frozen
    frozen.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=frozen.parent))
    for path in files:
        copy = temporary / path.relative_to(CONF)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    with contextlib.suppress(OSError):
        temporary.rename(frozen)
    shutil.rmtree(temporary, ignore_errors=True)
    return frozen
