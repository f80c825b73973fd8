"""Files of unfinished chains, which are whole at any moment."""

import os
from collections.abc import Callable
from pathlib import Path


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its name, sync it and put it in place: a process that is killed leaves the one before.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    write : callable
        Writes all of it to the path that it is given. What an earlier attempt left there is removed before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last, because nautilus insists on it.
    working = path.with_name(f"{path.stem}.writing{path.suffix}")
    working.unlink(missing_ok=True)
    write(working)
    with working.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(working, path)
