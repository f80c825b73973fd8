"""Configuration files that cannot change under a running sweep: Hydra reads them again for every cell."""

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

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
    import platformdirs

    files = [path for path in sorted(CONF.rglob("*")) if path.suffix in (".yaml", ".py")]
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(CONF)).encode() + path.read_bytes())
    frozen = Path(platformdirs.user_cache_dir("sigma_gravity")) / "conf" / digest.hexdigest()[:16]
    if not frozen.is_dir():
        frozen.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=frozen.parent))
        for path in files:
            copy = temporary / path.relative_to(CONF)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        with contextlib.suppress(OSError):
            temporary.rename(frozen)
        shutil.rmtree(temporary, ignore_errors=True)
    return str(frozen)
